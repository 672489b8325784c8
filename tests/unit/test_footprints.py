"""Footprints on real geography: where they are, where they are not, and what they say of themselves."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from shapely.geometry import Point, box

from geomap import footprints, geodesy
from geomap.gazetteer import Gazetteer
from geomap.model import Location
from geomap.settings import DEFAULTS, Settings

GOLD = Path(__file__).resolve().parents[3] / "shared" / "seed" / "gold_rich.json"


@pytest.fixture(scope="module")
def gazetteer():
    return Gazetteer.open(DEFAULTS)


@pytest.fixture(scope="module")
def place(gazetteer):
    def find(name, code=("PCL", "PPL"), country=None):
        return next(
            match.place
            for match in gazetteer.find(name)
            if match.place.feature_code.startswith(code) and country in {None, match.place.country}
        )

    return find


def location(footprint):
    return Location(start=0, end=1, text="x", kind="border", footprint=footprint)


def inside(footprint, lon, lat):
    return footprint.geometry.intersects(Point(lon, lat))


def check(footprint):
    """What holds for every located footprint."""
    assert footprint.geometry is not None
    assert footprint.geometry.is_valid
    west, south, east, north = footprint.geometry.bounds
    assert -180 <= west <= east <= 180
    assert -90 <= south <= north <= 90
    assert footprint.uncertainty_m > 0
    assert len(footprint.remarks) > 10
    return footprint


# Places


def test_a_town_is_a_point_with_an_uncertainty(gazetteer, place):
    footprint = check(footprints.of_place(place("Agadez"), gazetteer))
    assert footprint.kind == "point"
    assert geodesy.distance(*footprint.point, 7.99, 16.97) < 5_000


def test_a_country_is_an_area_and_never_its_centroid(gazetteer):
    footprint = check(footprints.of_place(gazetteer.country("NE"), gazetteer))
    assert footprint.kind == "area"
    assert inside(footprint, 7.99, 16.97)
    assert not inside(footprint, -0.04, 16.27)  # Gao, across the border
    assert footprint.viewpoint == "un"


def test_a_region_without_outline_is_a_circle(gazetteer):
    base = dataclasses.replace(gazetteer.country("NE"), id="geomap:nowhere", feature_code="RGN", uncertainty_m=40_000)
    footprint = check(footprints.of_place(base, gazetteer))
    assert footprint.kind == "area"
    assert geodesy.covering_radius(footprint.geometry, *footprint.point) == pytest.approx(40_000, rel=1e-3)


# Borders


def test_a_border_strip_is_as_wide_as_it_says(gazetteer):
    footprint = check(footprints.border("TR", "SY", gazetteer=gazetteer))
    line = gazetteer.land_border("TR", "SY")
    assert footprint.kind == "band"
    for near_by in (0.1, 0.5, 0.9):
        point = line.interpolate(near_by, normalized=True)
        assert inside(footprint, point.x, point.y)
    for lon, lat in ((36.72, 34.73), (32.85, 39.92)):  # Homs, Ankara
        assert not inside(footprint, lon, lat)
        assert geodesy.distance_from(line, lon, lat) > 50_000
    assert "50 km" in footprint.remarks
    assert "Turkey" in footprint.remarks or "Türkiye" in footprint.remarks


def test_a_side_of_a_border_leaves_the_other_country_out(gazetteer):
    syria = footprints.border("TR", "SY", gazetteer=gazetteer, side="SY")
    turkey = footprints.border("TR", "SY", gazetteer=gazetteer, side="TR")
    assert inside(syria, 37.95, 36.53)  # Manbij
    assert not inside(turkey, 37.95, 36.53)
    assert inside(turkey, 37.38, 37.06)  # Gaziantep
    assert not inside(syria, 37.38, 37.06)


def test_countries_without_a_common_border(gazetteer):
    footprint = footprints.border("TR", "JP", gazetteer=gazetteer)
    assert footprint.kind == "unlocated"
    assert footprint.geometry is None


def test_the_eastern_border_is_in_the_east(gazetteer):
    footprint = check(footprints.border("ML", gazetteer=gazetteer, bearing_deg=90))
    assert inside(footprint, 4.2, 17.0)  # towards Niger
    assert not inside(footprint, -11.4, 14.4)  # Kayes, in the west


def test_the_width_is_a_setting(gazetteer):
    settings = Settings(border_width_m=10_000)
    narrow = footprints.border("TR", "SY", gazetteer=gazetteer, settings=settings)
    wide = footprints.border("TR", "SY", gazetteer=gazetteer)
    assert geodesy.area(narrow.geometry) < geodesy.area(wide.geometry) / 3


def test_a_force_stands_on_its_own_side(gazetteer):
    strip = footprints.border("UA", "RU", gazetteer=gazetteer, partner_assumed=True)
    russian = footprints.for_force(location(strip), "RU", gazetteer)
    ukraine = gazetteer.geometry(gazetteer.country("UA"))
    assert russian.geometry.intersection(ukraine).area < 0.01 * russian.geometry.area
    assert inside(russian, 36.6, 50.5)  # Belgorod
    belarusian = footprints.for_force(location(strip), "BY", gazetteer)
    assert inside(belarusian, 30.9, 52.3)  # near Gomel
    assert not inside(belarusian, 36.6, 50.5)
    polish = footprints.for_force(location(strip), "PL", gazetteer)
    assert inside(polish, 23.47, 51.14)  # Chelm
    own = footprints.for_force(location(strip), "UA", gazetteer)
    assert inside(own, 36.3, 50.2)  # north of Kharkiv
    assert not inside(own, 36.6, 50.7)


def test_a_force_from_afar_may_be_on_both_sides_of_the_whole_border(gazetteer):
    strip = footprints.border("UA", "RU", gazetteer=gazetteer, partner_assumed=True)
    distant = footprints.for_force(location(strip), "US", gazetteer)
    assert inside(distant, 36.6, 50.5)
    assert inside(distant, 24.0, 50.4)
    assert inside(distant, 22.9, 50.0)


def test_a_named_border_stays_what_it_is_for_third_parties(gazetteer):
    strip = footprints.border("TR", "SY", gazetteer=gazetteer)
    assert footprints.for_force(location(strip), "US", gazetteer) == strip
    assert footprints.for_force(location(strip), None, gazetteer) == strip


# Near, parts, distances


def test_near_grows_with_the_place(gazetteer, place):
    village = footprints.near(footprints.of_place(place("Metula"), gazetteer), "Metula")
    capital = footprints.near(footprints.of_place(place("Kyiv", "PPL"), gazetteer), "Kyiv")
    assert check(village).uncertainty_m == pytest.approx(10_000, rel=0.3)
    assert check(capital).uncertainty_m > 2 * village.uncertainty_m


def test_outside_a_town_is_not_in_it(gazetteer, place):
    base = footprints.of_place(place("Kyiv", "PPL"), gazetteer)
    footprint = check(footprints.near(base, "Kyiv", "outside"))
    assert not inside(footprint, *base.point)


def test_near_a_country_is_outside_it(gazetteer):
    base = footprints.of_place(gazetteer.country("UA"), gazetteer)
    footprint = check(footprints.near(base, "Ukraine"))
    assert not inside(footprint, 30.52, 50.45)
    assert inside(footprint, 36.6, 50.45)


@pytest.mark.parametrize(
    ("iso", "bearing", "within", "without"),
    [
        ("SY", 0, (37.16, 36.2), (36.3, 33.5)),  # Aleppo; Damascus
        ("UA", 90, (38.5, 48.6), (24.0, 49.8)),  # Luhansk's oblast; Lviv
        ("IQ", 270, (41.0, 33.5), (47.8, 30.5)),  # Anbar; Basra
        ("ML", 0, (1.4, 20.2), (-8.0, 12.6)),  # Tessalit; Bamako
    ],
)
def test_parts_of_countries(gazetteer, iso, bearing, within, without):
    base = footprints.of_place(gazetteer.country(iso), gazetteer)
    footprint = check(footprints.part(base, iso, bearing))
    assert inside(footprint, *within)
    assert not inside(footprint, *without)
    assert geodesy.area(footprint.geometry) == pytest.approx(geodesy.area(base.geometry) / 3, rel=0.1)


def test_the_middle_of_a_country(gazetteer):
    base = footprints.of_place(gazetteer.country("ML"), gazetteer)
    footprint = check(footprints.part(base, "Mali", None))
    assert inside(footprint, -2.5, 17.5)
    assert not inside(footprint, -8.0, 12.6)


def test_fifty_kilometres_north_of_a_city(gazetteer, place):
    base = footprints.of_place(place("Kyiv", "PPL"), gazetteer)
    low, high = footprints.distance_bounds(50, None, 1_000, base)
    footprint = check(footprints.sector(base, "Kyiv", 0, low, high))
    assert footprint.kind == "sector"
    assert geodesy.distance(*base.point, *footprint.point) == pytest.approx(50_000, rel=0.15)
    assert geodesy.bearing(*base.point, *footprint.point) == pytest.approx(0, abs=0.1)
    assert inside(footprint, *geodesy.destination(*base.point, 30, 50_000))
    assert not inside(footprint, *geodesy.destination(*base.point, 90, 50_000))
    assert not inside(footprint, *base.point)


@pytest.mark.parametrize(
    ("words", "unit_m", "low", "high"),
    [
        ((50, None), 1_000, 45_000, 55_000),
        ((31, None), 1_000, 30_500, 31_500),
        ((300, None), 1_000, 250_000, 350_000),
        ((20, 30), 1_000, 15_000, 35_000),
        ((10, None), geodesy.MILE_M, 5 * geodesy.MILE_M, 15 * geodesy.MILE_M),
    ],
)
def test_numbers_are_as_precise_as_their_digits(words, unit_m, low, high):
    base = footprints.Footprint(kind="area", geometry=box(0, 0, 1, 1), point=(0.5, 0.5), uncertainty_m=1, remarks="x")
    assert footprints.distance_bounds(*words, unit_m, base) == pytest.approx((low, high))


def test_distances_from_an_area_start_at_its_edge(gazetteer):
    base = footprints.of_place(gazetteer.country("LK"), gazetteer)
    footprint = check(footprints.sector(base, "Sri Lanka", 180, 100_000, 120_000))
    edge = geodesy.distance_from(base.geometry, *footprint.point)
    assert 90_000 < edge < 130_000
    assert footprint.point[1] < 5.9


def test_within_a_distance(gazetteer, place):
    base = footprints.of_place(place("Agadez"), gazetteer)
    footprint = check(footprints.within(base, "Agadez", 100_000))
    assert inside(footprint, *base.point)
    assert geodesy.covering_radius(footprint.geometry, *base.point) == pytest.approx(100_000, rel=1e-3)


def test_a_ring_at_a_distance(gazetteer, place):
    base = footprints.of_place(place("Agadez"), gazetteer)
    footprint = check(footprints.ring(base, "Agadez", 40_000, 60_000))
    for azimuth in (0, 120, 240):
        assert inside(footprint, *geodesy.destination(*base.point, azimuth, 50_000))
    assert not inside(footprint, *base.point)


# Relations of two places


def test_between_halfway_and_road(gazetteer, place):
    gao, kidal = (footprints.of_place(place(name, "PPL", "ML"), gazetteer) for name in ("Gao", "Kidal"))
    middle = geodesy.midpoint(*gao.point, *kidal.point)
    far = geodesy.distance(*gao.point, *kidal.point)
    for make in (footprints.between, footprints.halfway, footprints.road):
        footprint = check(make(gao, kidal, ("Gao", "Kidal")))
        assert inside(footprint, *middle)
        assert geodesy.distance(*footprint.point, *middle) < 0.05 * far
        beyond = geodesy.destination(*gao.point, geodesy.bearing(*kidal.point, *gao.point), far / 2)
        assert not inside(footprint, *beyond)
    halfway = footprints.halfway(gao, kidal, ("Gao", "Kidal"))
    assert not inside(halfway, *gao.point)


def test_between_two_countries_is_the_gap(gazetteer):
    base = [footprints.of_place(gazetteer.country(code), gazetteer) for code in ("KR", "JP")]
    footprint = check(footprints.between(*base, ("South Korea", "Japan")))
    assert not inside(footprint, 139.7, 35.7)  # Tokyo


# The sea


def test_off_the_coast_is_at_sea(gazetteer):
    footprint = check(footprints.off_coast(gazetteer.country("LY"), gazetteer))
    assert inside(footprint, 15.0, 32.6)
    assert not inside(footprint, 15.0, 31.0)
    assert not inside(footprint, 15.0, 36.0)


def test_waters_east_of_an_island(gazetteer):
    footprint = check(footprints.off_coast(gazetteer.country("TW"), gazetteer, bearing_deg=90))
    assert inside(footprint, 122.8, 23.7)
    assert not inside(footprint, 119.5, 24.5)  # the strait, in the west
    assert not inside(footprint, 121.0, 23.7)  # the island


def test_the_coast_is_not_the_land_border(gazetteer):
    footprint = check(footprints.coast(gazetteer.country("SY"), gazetteer))
    assert inside(footprint, 35.88, 34.89)  # Tartus
    assert not inside(footprint, 41.2, 37.05)  # Qamishli


def test_a_landlocked_country_has_no_coast(gazetteer):
    assert footprints.coast(gazetteer.country("ML"), gazetteer).kind == "unlocated"


# Journeys


def test_the_length_of_a_journey_bounds_its_end(gazetteer):
    anchor = Point(7.99, 16.97)
    ground = gazetteer.geometry(gazetteer.country("NE"))
    area, arc = footprints.journey_limit(anchor, 300_000, ground)
    assert area.intersects(anchor)
    assert area.difference(ground.buffer(0.05)).is_empty
    for share in (0.1, 0.5, 0.9):
        point = arc.interpolate(share, normalized=True)
        assert geodesy.distance(7.99, 16.97, point.x, point.y) == pytest.approx(300_000, rel=0.01)


# The development set's own test points, where it is at hand


@pytest.mark.skipif(not GOLD.exists(), reason="the development set is not at hand")
def test_the_gold_points_of_the_seed(gazetteer):
    geometries = json.loads(GOLD.read_text(encoding="utf-8"))["geometries"]
    strip = location(footprints.border("UA", "RU", gazetteer=gazetteer, partner_assumed=True))
    russian = footprints.for_force(strip, "RU", gazetteer)
    near = footprints.border("BY", "UA", gazetteer=gazetteer, side="BY", width_m=DEFAULTS.near_m)
    area, _ = footprints.journey_limit(russian.geometry, 1_000_000, gazetteer.geometry(gazetteer.country("RU")))
    belarus = footprints.of_place(gazetteer.country("BY"), gazetteer)
    found = {
        "g_ua_border_ru_side": russian.geometry,
        "g_by_ua_border_by_side": near.geometry,
        "g_ru_bases_1000km": area,
        "g_by_country": belarus.geometry,
    }
    for name, geometry in found.items():
        tests = geometries[name]
        for lon, lat in tests.get("test_inside", []) + tests.get("test_should_intersect", []):
            assert geometry.intersects(Point(lon, lat)), (name, lon, lat)
        for lon, lat in tests.get("test_outside", []) + tests.get("test_must_not_be_within", []):
            assert not geometry.intersects(Point(lon, lat)), (name, lon, lat)
