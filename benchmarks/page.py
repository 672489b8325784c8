"""Measures the page in Chromium: size, time until it can be used, time of a frame while panning, heap.

Invented movements between random points are drawn, beside a bare Leaflet page that shows the same base map and nothing
else, and beside folium's pages of their starts: one ``folium.Marker`` each, and ``FastMarkerCluster``. folium's pages
load their scripts from networks; here Leaflet and its cluster plugin come from installed packages, and the rest
(jQuery, Bootstrap, icon fonts) is left out, which favours folium. A page that is not drawn in two minutes is given up.

Run with ``python benchmarks/page.py [COUNT ...]``; it needs the package ``xstatic-leaflet-markercluster``.
"""

from __future__ import annotations

import json
import random
import re
import sys
import tempfile
import time
from functools import partial
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import chromium  # noqa: E402 - found only after the path is set
import folium  # noqa: E402
from folium.plugins import FastMarkerCluster  # noqa: E402
from playwright.sync_api import TimeoutError as GivenUpError  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from shapely.geometry import Point  # noqa: E402

from geomap import maps  # noqa: E402
from geomap.model import Claim, Document, Footprint, Movement, Role  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from playwright.sync_api import Browser

COUNTS = (10, 1_000, 10_000, 50_000)
PATIENCE_MS = 120_000
# Moves the map from frame to frame, as a dragging pointer does, and returns the median time of a frame in ms.
PAN = """() => new Promise((done) => {
  const map = window.geomap ? geomap.map : window[Object.keys(window).find((name) => name.startsWith("map_"))];
  const times = []; let last = performance.now(); let n = 0;
  const step = (now) => {
    times.push(now - last); last = now;
    map._rawPanBy(L.point(n % 2 ? 60 : -60, 0)); map.fire("move");
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


def draw_markers(points: Sequence[tuple[float, float]]) -> str:
    """Return folium's page of one marker for each point (latitude, longitude)."""
    drawn = folium.Map(tiles=None, location=(30, 25), zoom_start=3, max_zoom=14)
    for point in points:
        folium.Marker(point).add_to(drawn)
    return inline(drawn.get_root().render())


def draw_clusters(points: Sequence[tuple[float, float]]) -> str:
    """Return folium's page of the same points, clustered; plain icons, since its own come from a network."""
    drawn = folium.Map(tiles=None, location=(30, 25), zoom_start=3, max_zoom=14)
    FastMarkerCluster(points, callback="function (row) { return L.marker(row); }").add_to(drawn)
    return inline(drawn.get_root().render())


def inline(page: str) -> str:
    """Put Leaflet and its cluster plugin, from installed packages, in place of folium's links to networks."""
    cluster = files("xstatic.pkg.leaflet_markercluster") / "data"
    leaflet = files("js_lib_leaflet") / "static" / "js_lib_leaflet"
    known = {
        "leaflet.js": leaflet / "leaflet.js",
        "leaflet.css": leaflet / "leaflet.css",
        "leaflet.markercluster.js": cluster / "leaflet.markercluster.js",
        "MarkerCluster.css": cluster / "MarkerCluster.css",
        "MarkerCluster.Default.css": cluster / "MarkerCluster.Default.css",
    }

    def read(link: re.Match[str]) -> str:
        name = link["url"].rpartition("/")[2]
        if name not in known:
            return ""
        tag = "script" if name.endswith(".js") else "style"
        return f"<{tag}>{known[name].read_text(encoding='utf-8')}</{tag}>"

    return re.sub(r'<(?:script|link)[^>]*(?:src|href)="(?P<url>https:[^"]+)"[^>]*>(?:</script>)?', read, page)


def measure(html: str, browser: Browser, folder: Path) -> dict[str, float]:
    """Return megabytes, seconds until the map is drawn, milliseconds a frame, and megabytes of heap."""
    path = folder / "page.html"
    path.write_text(html, encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    page.route(re.compile("^https?:"), lambda route: route.abort())
    try:
        begin = time.perf_counter()
        page.goto(path.as_uri())
        if "data-ready" in html or "dataset.ready" in html:
            page.wait_for_selector("html[data-ready=yes]")
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        ready = time.perf_counter() - begin
        frame = page.evaluate(PAN)
        heap = page.evaluate("performance.memory.usedJSHeapSize / 1e6")
    finally:
        page.close()
    return {"MB": len(html.encode()) / 1e6, "first picture s": ready, "frame ms": frame, "heap MB": heap}


def report(name: str, make: Callable[[], str], browser: Browser) -> None:
    """Print one row: the time of Python and what the browser measured."""
    begin = time.perf_counter()
    html = make()
    row = {"Python s": time.perf_counter() - begin}
    with tempfile.TemporaryDirectory() as folder:
        try:
            row |= measure(html, browser, Path(folder))
            told = ""
        except GivenUpError:
            row["MB"] = len(html.encode()) / 1e6
            told = f"  not drawn in {PATIENCE_MS / 1000:g} s"
    print(f"{name:>26}  " + "  ".join(f"{key} {value:.2f}" for key, value in row.items()) + told, flush=True)


def main() -> None:
    """Print for each number of movements the figures of our page, of its bare base map, and of folium's."""
    counts = [int(given) for given in sys.argv[1:]] or COUNTS
    executable = chromium.find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=chromium.arguments())
        for count in counts:
            invented = invent(count)
            starts = [claim.movement.source.footprint.geometry for claim in invented.claimed]
            points = [(point.y, point.x) for point in starts]
            html = maps.render([invented])
            report(f"{count} movements", partial(maps.render, [invented]), browser)
            report("the base map alone", partial(empty_copy, html), browser)
            report("folium.Marker", partial(draw_markers, points), browser)
            report("folium FastMarkerCluster", partial(draw_clusters, points), browser)
        browser.close()


if __name__ == "__main__":
    main()
