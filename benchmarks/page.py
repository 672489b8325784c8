"""Measures the page in Chromium: size, time until the first picture, time of a frame while panning, heap.

An invented collection of 10 to 50,000 locations, a tenth as many movements among them, is drawn beside what folium and
GeoPandas make of the same points: one ``folium.Marker`` each, ``FastMarkerCluster``, and ``GeoDataFrame.explore()``.
A first table compares a small page with a bare Leaflet page that shows the same outlines and nothing else.

The others' pages load their scripts from networks; here Leaflet and its cluster plugin come from installed packages,
and the rest (jQuery, Bootstrap, icon fonts) is left out, which favours them. ``explore()`` imports matplotlib and
mapclassify, though it needs neither for plain points; where they are missing it gets empty ones. A page that is not
drawn in a minute is given up.

Each page is opened three times (those of the first table nine), all in turn, and the median counts. The first columns
hold on any machine; seconds depend on what else it does, so the load is printed too, and the processor time that the
page's process had taken by then.

Run with ``python benchmarks/page.py [COUNT ...] [--report FILE]``; it needs the package
``xstatic-leaflet-markercluster``.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import tempfile
import time
import types
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import chromium  # noqa: E402 - found only after the path is set
import corpora  # noqa: E402
import folium  # noqa: E402
import geopandas  # noqa: E402
from folium.plugins import FastMarkerCluster  # noqa: E402
from playwright.sync_api import TimeoutError as GivenUpError  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

import geomap  # noqa: E402
from geomap import maps  # noqa: E402
from geomap.settings import DEFAULTS  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from playwright.sync_api import Browser

COUNTS = (10, 1_000, 10_000, 50_000)
MOVEMENTS = 0.1
"""Movements for each location."""
ROUNDS = 3
ROUNDS_SMALL = 9
"""Small pages take so little that single runs differ by a fifth."""
PATIENCE_MS = 60_000
REST_MS = 500
"""What any page is left in peace for before it is moved: a frame of its loading is none of a pan."""
SMALL = ROOT / "data" / "reports" / "2022-02-16-border-of-ukraine.txt"
# Moves the map as a dragging pointer does, 40 pixels a frame, half a screen and back; gives the median and the longest
# time of a frame in ms. Leaflet's pages draw what comes into view when the pointer lets go: that frame counts too.
PAN = """() => new Promise((done) => {
  const map = window.geomap ? geomap.map : window[Object.keys(window).find((name) => name.startsWith("map_"))];
  const times = []; let last = performance.now(); let n = 0;
  const step = (now) => {
    times.push(now - last); last = now;
    if (++n > 62) { times.sort((a, b) => a - b); return done([times[31], times.at(-1)]); }
    if (n <= 60) { map._rawPanBy(L.point(n <= 15 || n > 45 ? 40 : -40, 0)); map.fire("move"); }
    if (n === 60) map.fire("moveend");
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""
# Asked once a frame, true at the third; not a promise, for which a page that hangs would be waited for without end.
DRAWN = "() => (window.frames_seen = (window.frames_seen ?? 0) + 1) > 2"
BARE = """<!doctype html><meta charset="utf-8"><title>bare</title><style>{css}
html, body, #map {{ height: 100%; margin: 0 }} #map {{ background: #dfe8ef }}</style><div id="map"></div>
<script>{js}</script><script>
const {{ levels, near, bounds }} = {data};
const map = window.map_bare = L.map("map", {{ zoomSnap: 0.25 }}).fitBounds(bounds);
const decode = (part, scale) => typeof part[0] !== "number" ? part.map((one) => decode(one, scale)) : part.reduce(
  ([line, x, y], n, i) => i % 2 ? (line.push([(y + n) * scale, x * scale]), [line, x, y + n]) : [line, x + n, y],
  [[], 0, 0])[0];
for (const level of levels) for (const [key, parts] of Object.entries(level)) {{
  if (key === "scale") continue;
  const areas = key === "land" || key === "lakes";
  L[areas ? "polygon" : "polyline"](decode(parts, level.scale), {{ weight: 1, color: "#888" }}).addTo(map);
}}
</script>"""

Row = dict[str, float]


def draw_bare(data: dict[str, Any]) -> str:
    """Return a page of Leaflet and the outlines of our page, with no marks, names or panel."""
    leaflet = files("js_lib_leaflet") / "static" / "js_lib_leaflet"
    return BARE.format(
        css=(leaflet / "leaflet.css").read_text(encoding="utf-8"),
        js=(leaflet / "leaflet.js").read_text(encoding="utf-8"),
        data=maps.to_script_json({**data["base"], "bounds": data["bounds"]}),
    )


def draw_markers(points: Sequence[tuple[float, float]]) -> str:
    """Return folium's page of one marker for each point (latitude, longitude)."""
    drawn = folium.Map(tiles=None, location=(30, 25), zoom_start=3, maxZoom=14)
    for point in points:
        folium.Marker(point).add_to(drawn)
    return inline(drawn.get_root().render())


def draw_clusters(points: Sequence[tuple[float, float]]) -> str:
    """Return folium's page of the same points, clustered; plain icons, since its own come from a network."""
    drawn = folium.Map(tiles=None, location=(30, 25), zoom_start=3, maxZoom=14)
    FastMarkerCluster(points, callback="function (row) { return L.marker(row); }").add_to(drawn)
    return inline(drawn.get_root().render())


def draw_explored(points: Sequence[tuple[float, float]], names: Sequence[str]) -> str:
    """Return GeoPandas' page of the same points, with their names as tooltips."""
    for name, members in {
        "matplotlib": ("colormaps", "colors"),
        "matplotlib.pyplot": (),
        "mapclassify": ("classify",),
    }.items():
        if name not in sys.modules:
            try:
                __import__(name)
            except ImportError:
                empty = types.ModuleType(name)
                for member in members:
                    setattr(empty, member, None)
                sys.modules[name] = empty
    lats, lons = zip(*points, strict=True)
    gdf = geopandas.GeoDataFrame({"name": names}, geometry=geopandas.points_from_xy(lons, lats), crs="EPSG:4326")
    return inline(gdf.explore(tiles=None).get_root().render())


def inline(page: str) -> str:
    """Put Leaflet and its cluster plugin, from installed packages, in place of links to networks."""
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


def measure(path: Path, browser: Browser, *, ours: bool) -> Row:
    """Return megabytes, seconds and processor time until the map is drawn, milliseconds of a frame, megabytes of heap.

    Raises
    ------
    GivenUpError
        If the page is not drawn in time.
    """
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    # A page that fails draws nothing, and fast.
    page.on("pageerror", lambda error: print(f"{path.name}: {error}", file=sys.stderr))
    page.route(re.compile("^https?:"), lambda route: route.abort())
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    try:
        begin = time.perf_counter()
        page.goto(path.as_uri())
        if ours:
            page.wait_for_selector("html[data-drawn=yes]")
        page.wait_for_function(DRAWN)
        ready = time.perf_counter() - begin
        spent = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        if ours:
            page.wait_for_selector("html[data-ready=yes]")
        page.wait_for_timeout(REST_MS)
        frame, longest = page.evaluate(PAN)
        heap = page.evaluate("performance.memory.usedJSHeapSize / 1e6")
    finally:
        page.close()
    return {
        "MB": path.stat().st_size / 1e6,
        "first picture s": ready,
        "its CPU s": spent["ProcessTime"],
        "frame ms": frame,
        "longest frame ms": longest,
        "heap MB": heap,
    }


def compare(pages: dict[str, Callable[[], str]], browser: Browser, rounds: int = ROUNDS) -> None:
    """Print a table of some pages, the first of them ours: the ratios to it first, then the figures."""
    with tempfile.TemporaryDirectory() as folder:
        paths, python_s, rows = {}, {}, {name: [] for name in pages}
        for number, (name, make) in enumerate(pages.items()):
            begin = time.process_time()
            paths[name] = Path(folder, f"{number}.html")
            paths[name].write_text(make(), encoding="utf-8")
            python_s[name] = time.process_time() - begin
        for _ in range(rounds):
            for name in pages:
                if rows[name] is not None:
                    try:
                        rows[name].append(measure(paths[name], browser, ours=name == next(iter(pages))))
                    except GivenUpError:
                        rows[name] = None
        medians = {
            name: {
                "Python s": python_s[name],
                **{key: statistics.median(row[key] for row in found) for key in found[0]},
            }
            for name, found in rows.items()
            if found
        }
    ours = medians[next(iter(pages))]
    compared = ("MB", "first picture s", "its CPU s", "frame ms")
    print(f"{'':>32}" + "".join(f"{'× ' + key:>18}" for key in compared) + "".join(f"{key:>18}" for key in ours))
    for name in pages:
        if name not in medians:
            print(f"{name:>32}  not drawn in {PATIENCE_MS / 1000:g} s")
            continue
        row = medians[name]
        ratios = "".join(f"{row[key] / ours[key]:>18.2f}" for key in compared)
        print(f"{name:>32}" + ratios + "".join(f"{figure:>18.2f}" for figure in row.values()))
    print(flush=True)


def compare_small(path: Path, browser: Browser) -> None:
    """Compare a small report's page with a bare one of the same outlines."""
    from geomap.gazetteer import Gazetteer

    report = geomap.extract(geomap.read(path))
    page = maps.render([report])
    data = maps.collect([report], Gazetteer.open(), DEFAULTS, maps.load_words("en"))
    print(f"a small report ({path.name}) beside a bare Leaflet page with the same outlines")
    compare({"geomap": lambda: page, "bare Leaflet": lambda: draw_bare(data)}, browser, ROUNDS_SMALL)


def compare_large(count: int, browser: Browser) -> None:
    """Compare a collection's page with what others make of its points."""
    movements = int(count * MOVEMENTS)
    reports = corpora.build(count, movements)
    places = [location.footprint.geometry for report in reports for location in report.located]
    names = [location.text for report in reports for location in report.located]
    points = [(place.y, place.x) for place in places]
    print(f"{count:,} locations, {movements:,} movements in {len(reports):,} reports")
    pages = {
        "geomap": lambda: maps.render(reports),
        "folium.Marker": lambda: draw_markers(points),
        "folium FastMarkerCluster": lambda: draw_clusters(points),
        "GeoDataFrame.explore()": lambda: draw_explored(points, names),
    }
    compare(pages, browser)


def main() -> None:
    """Print the tables."""
    given = sys.argv[1:]
    small = SMALL
    if "--report" in given:
        at = given.index("--report")
        small = Path(given[at + 1])
        del given[at : at + 2]
    print(f"load of the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    executable = chromium.find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=chromium.arguments())
        compare_small(small, browser)
        for count in [int(number) for number in given] or COUNTS:
            compare_large(count, browser)
        browser.close()


if __name__ == "__main__":
    main()
