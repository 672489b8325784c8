"""The page looks as it did: pictures of the hand-made report's page beside those that were looked at and kept.

``GEOMAP_WRITE_SNAPSHOTS=1 python -m pytest tests/browser/test_snapshot.py`` keeps new ones; look at them before they are
committed. The report is hand-made, so that the pictures do not depend on what the language model finds.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SNAPSHOTS = Path(__file__).parent / "snapshots"
LOOKS = {
    "light": {"viewport": {"width": 1400, "height": 900}},
    "dark-phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
CELL = 8
"""Pixels of a cell; within one, edges may be smoothed otherwise."""
FAR = 16
"""Difference of a cell's mean from which it counts as another, of 255."""
SHARE = 0.001
"""Share of cells that may be others: a word or a line moved is more, smoothing is none."""
PROBE = """() => {
  const ruler = document.createElement("canvas").getContext("2d");
  ruler.font = "14px system-ui, sans-serif";
  return ruler.measureText("Wijdte of 0123 Щиголь").width;
}"""


def read_cells(content):
    picture = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), dtype=np.float64)
    height, width = (side - side % CELL for side in picture.shape[:2])
    cells = picture[:height, :width].reshape(height // CELL, CELL, width // CELL, CELL, 3)
    return cells.mean(axis=(1, 3))


def share_apart(one, other):
    """Return the share of cells that differ; all of them when the sizes do."""
    if one.shape != other.shape:
        return 1.0
    return float((np.abs(one - other).max(axis=2) > FAR).mean())


@pytest.mark.parametrize("name", LOOKS)
def test_page_looks_as_it_did(visit, html, name):
    page = visit(html, reduced_motion="reduce", **LOOKS[name])
    page.wait_for_timeout(300)
    width = page.evaluate(PROBE)
    taken = page.screenshot()
    kept, facts = SNAPSHOTS / f"{name}.png", SNAPSHOTS / "fonts.json"
    if os.environ.get("GEOMAP_WRITE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        Image.open(io.BytesIO(taken)).convert("RGB").quantize(256, kmeans=2).save(kept, optimize=True)
        facts.write_text(json.dumps({"probe_px": width}) + "\n", encoding="utf-8")
    if abs(json.loads(facts.read_text(encoding="utf-8"))["probe_px"] - width) > 0.5:
        pytest.skip("this machine's fonts are not those of the snapshots")
    assert kept.stat().st_size <= 300_000
    assert share_apart(read_cells(taken), read_cells(kept.read_bytes())) <= SHARE


def test_a_hidden_mark_would_be_noticed(visit, html):
    page = visit(html, reduced_motion="reduce", **LOOKS["light"])
    page.wait_for_timeout(300)
    before = read_cells(page.screenshot())
    assert share_apart(before, read_cells(page.screenshot())) == 0
    page.evaluate("document.querySelectorAll('.k-zone').forEach((node) => { node.style.display = 'none'; })")
    assert share_apart(before, read_cells(page.screenshot())) > SHARE
