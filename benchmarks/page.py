"""Measures the page in Chromium: size, time until it can be used, time of a frame while panning, heap.

Reports of 10 to 2,000 invented movements between random points are drawn, beside a bare Leaflet page that shows the
same base map and nothing else. Run with ``python benchmarks/page.py [COUNT ...]``.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import chromium  # noqa: E402 - found only after the path is set
from playwright.sync_api import sync_playwright  # noqa: E402
from shapely.geometry import Point  # noqa: E402

from geomap import maps  # noqa: E402
from geomap.model import Claim, Document, Footprint, Movement, Role  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser

COUNTS = (10, 100, 1_000, 2_000)
# Moves the map from frame to frame, as a dragging pointer does, and returns the median time of a frame in ms.
PAN = """() => new Promise((done) => {
  const times = []; let last = performance.now(); let n = 0;
  const step = (now) => {
    times.push(now - last); last = now;
    geomap.map._rawPanBy(L.point(n % 2 ? 60 : -60, 0)); geomap.map.fire("move");
    if (++n < 60) requestAnimationFrame(step); else done(times.sort((a, b) => a - b)[30]);
  };
  requestAnimationFrame(step);
})"""
# The page's own drawing of marks and panel is left out of the bare page by giving it nothing to draw.
NOTHING: dict[str, Any] = {"claims": [], "marks": [], "events": [], "contrasts": [], "reports": []}


def invent(count: int) -> SimpleNamespace:
    """Return a report of ``count`` movements between random points."""
    chance = random.Random(count)  # noqa: S311 - no secret
    sentences = [f"Column {number} moved from north to south." for number in range(count)]
    text = "\n".join(sentences)
    claims, start = [], 0
    for number, sentence in enumerate(sentences):
        end = start + len(sentence)
        ends = [Point(chance.uniform(-10, 60), chance.uniform(0, 60)) for _ in range(2)]
        places = [Footprint(kind="point", geometry=point, uncertainty_m=5_000.0, remarks="random") for point in ends]
        roles = [Role(start=start, end=end, text=name, footprint=f) for name, f in zip("ab", places, strict=True)]
        movement = Movement(
            kind="movement",
            direction="transfer",
            trigger=(start, end),
            evidence=(start, end),
            source=roles[0],
            goal=roles[1],
            rule="none",
        )
        claims.append(Claim(id=f"c{number}", movement=movement, certainty="asserted", rule="none"))
        start = end + 1
    return SimpleNamespace(
        document=Document(id="benchmark", text=text), toponyms=(), located=(), claimed=tuple(claims), grouped=()
    )


def empty_copy(page: str) -> str:
    """Return the same page with its base map only."""
    head, rest = page.split('id="data">', 1)
    block, tail = rest.split("</script>", 1)
    return f'{head}id="data">{maps.to_script_json({**json.loads(block), **NOTHING})}</script>{tail}'


def measure(html: str, browser: Browser, folder: Path) -> dict[str, float]:
    """Return megabytes, seconds until ready, milliseconds a frame, and megabytes of heap."""
    path = folder / "page.html"
    path.write_text(html, encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    begin = time.perf_counter()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready=yes]", timeout=120_000)
    ready = time.perf_counter() - begin
    frame = page.evaluate(PAN)
    heap = page.evaluate("performance.memory.usedJSHeapSize / 1e6")
    page.close()
    return {"MB": len(html.encode()) / 1e6, "ready s": ready, "frame ms": frame, "heap MB": heap}


def main() -> None:
    """Print one row for each number of movements, and one for the bare base map."""
    counts = [int(given) for given in sys.argv[1:]] or COUNTS
    executable = chromium.find()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=executable, args=chromium.arguments())
        for count in counts:
            begin = time.perf_counter()
            html = maps.render([invent(count)])
            made = time.perf_counter() - begin
            rows = {f"{count} movements": html, f"base map of {count}": empty_copy(html)}
            for name, shown in rows.items():
                figures = measure(shown, browser, Path(folder))
                print(f"{name:>20}  " + "  ".join(f"{key} {value:.2f}" for key, value in figures.items()))
            print(f"{'made in':>20}  {made:.2f} s")
        browser.close()


if __name__ == "__main__":
    main()
