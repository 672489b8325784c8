"""The base map: no land is missing near a story or far from it, also where a story crosses the antimeridian."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from geomap import basemaps
from geomap.gazetteer import Gazetteer

EUROPE = (20.0, 40.0, 40.0, 55.0)
OCEANS = (-79.0, 12.0, 63.0, 55.0)
PACIFIC = (144.0, -18.0, 210.0, 62.0)
CITIES = {
    "Brasilia": (-47.9, -15.8),
    "Denver": (-105.0, 39.7),
    "Asyut": (31.2, 27.2),
    "Nagpur": (79.1, 21.1),
    "Alice Springs": (133.9, -23.7),
    "Lyon": (4.8, 45.8),
    "Omsk": (73.4, 55.0),
    "Fairbanks": (-147.7, 64.8),
}


@pytest.fixture(scope="module")
def bases():
    gazetteer = Gazetteer.open()
    return {story: basemaps.build(gazetteer, story) for story in (EUROPE, OCEANS, PACIFIC)}


def decode(level):
    """Return the land of a level as one multipolygon of outer rings."""
    scale = level["scale"]
    rings = [np.cumsum(np.reshape(group[0], (-1, 2)), axis=0) * scale for group in level["land"]]
    return shapely.union_all([shapely.make_valid(shapely.Polygon(ring)) for ring in rings])


@pytest.mark.parametrize("story", [EUROPE, OCEANS, PACIFIC], ids=["Europe", "oceans", "Pacific"])
def test_land_is_drawn_near_and_far(bases, story):
    base = bases[story]
    far, near = map(decode, base["levels"])
    around = box(*base["near"])
    for name, (lon, lat) in CITIES.items():
        assert far.contains(Point(lon, lat)), f"{name} is missing far from the story"
        for turn in (0.0, 360.0):
            here = Point(lon + turn, lat)
            assert not around.contains(here) or near.contains(here), f"{name} is missing near the story"


def test_near_land_covers_what_the_far_land_covers(bases):
    far, near = map(decode, bases[OCEANS]["levels"])
    inside = far.intersection(box(*bases[OCEANS]["near"]))
    assert inside.difference(near).area < 0.01 * inside.area


def test_story_across_the_antimeridian_has_both_its_sides(bases):
    west, _, east, _ = bases[PACIFIC]["near"]
    assert west < 144.0
    assert east > 210.0
    near = decode(bases[PACIFIC]["levels"][1])
    assert near.contains(Point(178.0, 66.0))
    assert near.contains(Point(360.0 - 155.0, 65.0))


def test_antimeridian_is_no_coast(bases):
    for base in bases.values():
        for level in base["levels"]:
            for line in level["coasts"]:
                steps = np.cumsum(np.reshape(line, (-1, 2)), axis=0) * level["scale"]
                along = np.abs(np.abs(steps[:, 0]) - 180.0) < 0.005
                assert not (along[:-1] & along[1:] & (np.abs(np.diff(steps[:, 1])) > 0.5)).any()


def test_areas_of_a_mixed_geometry_are_kept():
    land = MultiPolygon([box(0, 0, 4, 4), box(6, 0, 9, 3)])
    mixed = shapely.geometrycollections([land, LineString([(4, 4), (6, 6)]), Point(10, 10)])
    assert basemaps._simplify([("x", "X", mixed)], 0.01)[0].area == pytest.approx(land.area)


def test_neighbours_are_one_land_with_a_border_in_it():
    countries = [("x", "X", box(0, 0, 2, 2)), ("y", "Y", box(2, 0, 4, 2)), ("z", "Z", box(6, 0, 7, 2))]
    level = basemaps._draw_near(countries, [], (-1.0, -1.0, 8.0, 3.0), 0.01)
    assert len(level["land"]) == 2
    assert decode(level).area == pytest.approx(10)
    assert len(level["borders"]) == 1


def test_a_country_is_named_again_where_its_name_is_out_of_view(bases):
    named = [label[:2] for label in bases[EUROPE]["labels"] if label[2] == "Ukraine"]
    assert len(named) > 2
    assert all(20.0 < lon < 41.0 and 44.0 < lat < 53.0 for lon, lat in named)


def test_lakes_lie_where_they_do():
    built = basemaps.build(Gazetteer.open(), (28.0, -5.0, 30.0, -1.0))
    far, near = built["levels"]
    decoded = [
        [[sum(ring[:i:2]) * near["scale"], sum(ring[1 : i + 1 : 2]) * near["scale"]] for i in range(1, len(ring), 2)]
        for (ring, *_) in near["lakes"]
    ]
    kivu, land = Point(29.1, -2.1), Point(28.5, -3.0)
    assert any(Polygon(ring).contains(kivu) for ring in decoded)
    assert not any(Polygon(ring).contains(land) for ring in decoded)
    # Far off only the great ones are kept, and none twice.
    assert 20 < len(far["lakes"]) < 300


def test_lakes_beyond_the_antimeridian_are_turned():
    west = basemaps._draw_lakes((-180.0, 50.0, -140.0, 70.0), basemaps.SCALE, 0.01)
    turned = basemaps._draw_lakes((180.0, 50.0, 220.0, 70.0), basemaps.SCALE, 0.01)
    assert len(west) == len(turned) > 0
    assert turned[0][0][0] - west[0][0][0] == 360_000
