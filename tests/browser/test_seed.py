"""The page of the report that the project began with, where that report is at hand: its text is not ours to keep.

What the page must show of it is compared with drawings of the two border strips and of the reach of the journey that
lie beside it, since a picture of the page would hold the report's words.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from conftest import DESKTOP

from geomap import maps, marks

ROOT = Path(__file__).resolve().parents[2]
SEED = (ROOT / os.environ.get("SHARED", "../shared") / "seed").resolve()
pytestmark = pytest.mark.skipif(not (SEED / "report.txt").is_file(), reason="the seed report is not at hand")


@pytest.fixture(scope="module")
def seed():
    import geomap

    return geomap.extract(geomap.read(SEED / "report.txt"))


@pytest.fixture(scope="module")
def drawn(seed):
    from geomap.gazetteer import Gazetteer

    return marks.draw(seed, Gazetteer.open())


@pytest.fixture(scope="module")
def wanted():
    from shapely import make_valid
    from shapely.geometry import shape

    features = json.loads((SEED / "geometries.geojson").read_text(encoding="utf-8"))["features"]
    return {feature["properties"]["id"]: make_valid(shape(feature["geometry"])) for feature in features}


def overlap(one, other):
    """Return the share of two areas that both hold."""
    return one.intersection(other).area / one.union(other).area


@pytest.mark.parametrize("name", ["g_ua_border_ru_side", "g_by_ua_border_by_side"])
def test_both_border_strips_are_drawn_on_their_side(drawn, wanted, name):
    zones = [mark.geometry for mark in drawn if mark.kind == "zone"]
    assert max(overlap(zone, wanted[name]) for zone in zones) > 0.5


def test_the_journey_is_bounded(drawn, wanted):
    (limit,) = [mark for mark in drawn if mark.kind == "limit"]
    assert limit.label == "1,000 km"
    assert overlap(limit.geometry, wanted["g_ru_bases_1000km"]) > 0.85


def test_nothing_is_a_pin_and_governments_are_nowhere(drawn):
    assert [mark.label for mark in drawn if mark.kind == "point"] == []
    assert not {"Moscow", "Minsk"} & {mark.label for mark in drawn}


def test_page_is_small_and_says_who_contradicts_whom(visit, seed):
    html = maps.render([seed])
    assert len(html.encode()) <= 1_000_000
    page = visit(html, viewport=DESKTOP)
    for kind in ("zone", "limit", "arc", "open-end", "short-arrow"):
        assert page.locator(f"path.k-{kind}").count() > 0, kind
    assert page.locator(".card .sides").count() > 0
    assert page.locator(".labels text", has_text="1,000 km").count() == 1
