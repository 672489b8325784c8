"""The groups' colours stay apart for all readers: distances in CIELAB, with and without colour vision."""

from __future__ import annotations

import itertools
import re
from importlib.resources import files

import numpy as np
import pytest

# Simulation at full severity: Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color
# vision deficiency" (2009), table of matrices for linear RGB.
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
GROUPS = ("own", "governments", "report", "others")


def palettes():
    css = (files("geomap") / "assets" / "page.css").read_text(encoding="utf-8")
    found = {
        name: re.search(rf"--{name}: light-dark\((#\w{{6}}), (#\w{{6}})\)", css).groups() for name in (*GROUPS, "land")
    }
    return [({group: found[group][theme] for group in GROUPS}, found["land"][theme]) for theme in (0, 1)]


def to_linear(code):
    channels = np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def to_lab(linear):
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    ratio = xyz / np.array([0.9505, 1.0, 1.089])
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def luminance(code):
    return float(np.array([0.2126, 0.7152, 0.0722]) @ to_linear(code))


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("vision", VISIONS)
def test_groups_stay_apart(theme, vision):
    colours, _ = palettes()[theme]
    seen = {
        group: to_lab(np.clip(np.array(VISIONS[vision]) @ to_linear(code), 0, 1)) for group, code in colours.items()
    }
    for one, other in itertools.combinations(GROUPS, 2):
        # A distance of 10 in CIELAB is seen at a glance, beside each other.
        assert np.linalg.norm(seen[one] - seen[other]) > 10, (one, other)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_groups_stand_out_from_the_land(theme):
    colours, paper = palettes()[theme]
    for group, code in colours.items():
        light, dark = sorted([luminance(code), luminance(paper)], reverse=True)
        assert (light + 0.05) / (dark + 0.05) > 3, group
