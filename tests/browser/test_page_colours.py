"""The groups' colours on the page itself, as readers without full colour vision see them: the browser simulates it."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from PIL import Image

VISIONS = ("none", "protanopia", "deuteranopia", "tritanopia", "achromatopsia")
GROUPS = ("own", "governments", "report", "others")
SEEN_AT_A_GLANCE = 10
"""Distance in CIELAB from which two colours beside each other are told apart at a glance."""

SEEN_IN_GREY = 2
"""Distance from which two greys beside each other are no longer the same."""


def to_lab(color):
    channels = np.asarray(color, dtype=float) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    ratio = xyz / np.array([0.9505, 1.0, 1.089])
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_groups_stay_apart_on_the_page(visit, html, scheme):
    page = visit(html, color_scheme=scheme)
    session = page.context.new_cdp_session(page)
    boxes = {g: page.locator(f'label:has([data-off="g:{g}"]) svg').bounding_box() for g in GROUPS}
    apart = {}
    for vision in VISIONS:
        session.send("Emulation.setEmulatedVisionDeficiency", {"type": vision})
        picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        seen = {
            g: to_lab(picture[round(box["y"] + box["height"] / 2), round(box["x"] + box["width"] / 2)])
            for g, box in boxes.items()
        }
        apart[vision] = min(
            (float(np.linalg.norm(seen[a] - seen[b])), a, b) for a, b in itertools.combinations(GROUPS, 2)
        )
    # In grey, the angle of hatches and the place of plus signs tell the groups apart as well.
    enough = dict.fromkeys(VISIONS, SEEN_AT_A_GLANCE) | {"achromatopsia": SEEN_IN_GREY}
    assert {vision: found for vision, found in apart.items() if found[0] <= enough[vision]} == {}


def test_line_styles_are_told_apart_without_colour(visit, html):
    page = visit(html)
    dashes = page.eval_on_selector_all(
        "#legend fieldset:nth-of-type(2) path", "nodes => nodes.map(n => getComputedStyle(n).strokeDasharray)"
    )
    assert len(dashes) == 5
    # Possible and doubted share one style: in both, nobody vouches.
    assert len(set(dashes)) == 4
