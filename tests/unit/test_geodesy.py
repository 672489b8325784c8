"""Lengths, bearings and regions on the ellipsoid, against GeographicLib and against each other."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from geographiclib.geodesic import Geodesic
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Point, Polygon, box

from geomap import geodesy

WGS84 = Geodesic.WGS84
# Nouakchott, Tallinn, Auckland, Anchorage: both hemispheres, high and low latitude, both sides of the antimeridian.
PLACES = [(-15.98, 18.09), (24.75, 59.44), (174.76, -36.85), (-149.9, 61.22)]
PAIRS = [(a, b) for a in PLACES for b in PLACES if a != b]


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_distance_bearing_and_destination(a, b):
    expected = WGS84.Inverse(a[1], a[0], b[1], b[0])
    assert geodesy.distance(*a, *b) == pytest.approx(expected["s12"], abs=1e-3)
    assert geodesy.bearing(*a, *b) == pytest.approx(expected["azi1"] % 360, abs=1e-9)
    lon, lat = geodesy.destination(*a, geodesy.bearing(*a, *b), expected["s12"])
    assert (lon, lat) == pytest.approx(b, abs=1e-8)


def test_length_of_a_line_is_the_sum_of_its_geodesics():
    line = LineString(PLACES[:3])
    parts = [WGS84.Inverse(a[1], a[0], b[1], b[0])["s12"] for a, b in pairwise(PLACES[:3])]
    assert geodesy.length(line) == pytest.approx(sum(parts), rel=1e-9)


def test_area_of_a_one_degree_cell():
    corners = [(30, 60), (31, 60), (31, 61), (30, 61)]
    polygon = WGS84.Polygon()
    for lon, lat in corners:
        polygon.AddPoint(lat, lon)
    assert geodesy.area(Polygon(corners)) == pytest.approx(abs(polygon.Compute()[2]), rel=1e-9)


@pytest.mark.parametrize("radius_m", [1_000.0, 100_000.0, 1_000_000.0])
@pytest.mark.parametrize(("lon", "lat"), [(30.5, 50.45), (25.0, 60.0), (179.9, 65.0), (-179.9, -17.0), (0.0, 89.0)])
def test_a_circle_has_its_radius_everywhere(lon, lat, radius_m):
    circle = geodesy.circle(lon, lat, radius_m)
    assert circle.is_valid
    for azimuth in range(0, 360, 15):
        for share, inside in ((0.995, True), (1.005, False)):
            point = WGS84.Direct(lat, lon, azimuth, radius_m * share)
            assert circle.intersects(Point(point["lon2"], point["lat2"])) is inside


def test_a_ring_has_a_hole():
    ring = geodesy.ring(10, 60, 50_000, 80_000)
    for distance_m, inside in ((40_000, False), (65_000, True), (90_000, False)):
        assert ring.intersects(Point(geodesy.destination(10, 60, 123, distance_m))) is inside


def test_a_sector_keeps_to_its_bearing():
    sector = geodesy.sector(10, 60, 0, 45, inner_m=40_000, outer_m=60_000)
    for azimuth, distance_m, inside in (
        (0, 50_000, True),
        (40, 50_000, True),
        (-40, 50_000, True),
        (50, 50_000, False),
        (180, 50_000, False),
        (0, 30_000, False),
        (0, 70_000, False),
    ):
        assert sector.intersects(Point(geodesy.destination(10, 60, azimuth, distance_m))) is inside, (
            azimuth,
            distance_m,
        )


@pytest.mark.parametrize("width_m", [5_000.0, 50_000.0, 300_000.0])
@pytest.mark.parametrize(
    "line",
    [
        LineString([(20, 60), (38, 60)]),  # 1,000 km along the 60th parallel
        LineString([(20, 50), (24, 58), (30, 60), (29, 65)]),
        LineString([(-70, -55), (-70, -20)]),
    ],
    ids=["parallel", "winding", "meridian"],
)
def test_a_band_is_as_wide_as_it_should_be(line, width_m):
    band = geodesy.band(line, width_m)
    assert band.is_valid
    corners = list(line.segmentize(0.02).coords)
    for share in (0.1, 0.6):
        start = line.interpolate(share, normalized=True)
        for azimuth in range(0, 360, 45):
            for far in (0.5, 0.9, 1.1, 1.3):
                point = Point(geodesy.destination(start.x, start.y, azimuth, width_m * far))
                true = min(WGS84.Inverse(point.y, point.x, y, x)["s12"] for x, y in _nearest(corners, point))
                if abs(true - width_m) > 0.01 * width_m:
                    assert band.intersects(point) is (true < width_m)


def _nearest(corners, point, count=40):
    """The corners of a densified line that lie nearest to a point, with longitudes weighed by latitude."""
    scale = math.cos(math.radians(point.y))
    return sorted(corners, key=lambda xy: ((xy[0] - point.x) * scale) ** 2 + (xy[1] - point.y) ** 2)[:count]


def test_a_band_round_a_polygon_holds_the_polygon():
    square = box(10, 45, 12, 47)
    band = geodesy.band(square, 20_000)
    assert band.contains(square)
    assert band.intersects(Point(geodesy.destination(12, 46, 90, 19_000)))
    assert not band.intersects(Point(geodesy.destination(12, 46, 90, 21_000)))


def test_a_band_round_a_ring_of_coast_leaves_the_inside_out():
    loop = Point(20, 40).buffer(0.5).exterior
    assert not geodesy.band(loop, 10_000).intersects(Point(20, 40))


def test_a_band_across_the_antimeridian_is_cut():
    band = geodesy.band(MultiLineString([[(178, 66), (180, 66)], [(-180, 66), (-178, 66)]]), 50_000)
    assert isinstance(band, MultiPolygon)
    west, _, east, _ = band.bounds
    assert (west, east) == (-180, 180)
    assert band.intersects(Point(179.9, 66.2))
    assert band.intersects(Point(-179.9, 66.2))
    assert not band.intersects(Point(0, 66))


def test_distance_from_a_line_and_a_polygon():
    line = LineString([(20, 60), (38, 60)])
    expected = WGS84.Inverse(60, 29, 61, 29)["s12"]
    assert geodesy.distance_from(line, 29, 61) == pytest.approx(expected, rel=1e-3)
    assert geodesy.distance_from(box(10, 45, 12, 47), 11, 46) == 0
    assert geodesy.distance_from(box(10, 45, 12, 47), 13, 46) == pytest.approx(
        WGS84.Inverse(46, 12, 46, 13)["s12"], rel=1e-3
    )


def test_a_geodesic_is_dense_and_cut_at_the_antimeridian():
    line = geodesy.geodesic(170, 50, -160, 55, step_m=100_000)
    assert line.geom_type == "MultiLineString"
    assert line.bounds[0] == -180
    assert line.bounds[2] == 180
    assert geodesy.length(line) == pytest.approx(geodesy.distance(170, 50, -160, 55), rel=1e-6)
    # The great circle from Tallinn to Anchorage passes close to the pole.
    assert max(lat for _, lat in geodesy.geodesic(24.75, 59.44, -149.9, 61.22).coords) > 85


def test_midpoints():
    lon, lat = geodesy.midpoint(*PLACES[1], *PLACES[0])
    assert geodesy.distance(lon, lat, *PLACES[0]) == pytest.approx(geodesy.distance(lon, lat, *PLACES[1]), abs=0.01)
    line = LineString([(0, 0), (0, 1), (0, 10)])
    assert geodesy.midpoint_along(line) == pytest.approx((0, 5), abs=0.05)


def test_representative_points_lie_on_the_geometry():
    horseshoe = box(0, 0, 10, 10).difference(box(2, 2, 8, 10))
    assert horseshoe.intersects(Point(geodesy.representative_point(horseshoe)))
    fiji = MultiPolygon([box(177, -18, 180, -16), box(-180, -18, -179, -16)])
    lon, lat = geodesy.representative_point(fiji)
    assert 178 < lon < 180
    assert lat == pytest.approx(-17)


def test_covering_radius():
    lon, lat = 10.0, 60.0
    circle = geodesy.circle(lon, lat, 75_000)
    assert geodesy.covering_radius(circle, lon, lat) == pytest.approx(75_000, rel=1e-6)


@pytest.mark.parametrize("bearing", [0, 45, 90, 135, 180, 225, 270, 315])
def test_a_part_has_its_share_and_lies_in_its_direction(bearing):
    country = box(20, 45, 40, 52)
    part = geodesy.part(country, bearing, 1 / 3)
    assert geodesy.area(part) / geodesy.area(country) == pytest.approx(1 / 3, abs=0.02)
    towards = geodesy.bearing(*geodesy.representative_point(country), *geodesy.representative_point(part))
    assert abs((towards - bearing + 180) % 360 - 180) < 45


def test_a_part_of_a_country_across_the_antimeridian():
    country = MultiPolygon([box(160, 60, 180, 70), box(-180, 60, -170, 70)])
    east = geodesy.part(country, 90, 1 / 3)
    assert east.intersects(Point(-175, 65))
    assert not east.intersects(Point(165, 65))
    assert geodesy.area(east) / geodesy.area(country) == pytest.approx(1 / 3, abs=0.01)


def test_the_core_lies_in_the_middle():
    country = box(20, 45, 40, 52)
    core = geodesy.core(country, 1 / 3)
    assert geodesy.area(core) / geodesy.area(country) == pytest.approx(1 / 3, abs=0.01)
    assert core.intersects(country.centroid)
    assert not core.intersects(Point(20.5, 45.5))


def test_wrap_and_unwrap_undo_each_other():
    whole = box(170, 10, 190, 20)
    cut = geodesy.wrap(whole)
    assert cut.bounds[0] == -180
    assert cut.bounds[2] == 180
    assert geodesy.unwrap(cut).equals(whole)


def test_a_stretch_of_a_line_is_what_lies_in_a_direction():
    border = box(0, 0, 10, 10).segmentize(0.1).exterior
    east = geodesy.stretch(border, 5, 5, 90, 40)
    assert east.bounds[0] > 9.9


def test_a_line_without_length_has_a_round_band():
    area = geodesy.band(LineString([(30.5, 50.4), (30.5, 50.4)]), 10_000)
    assert area.is_valid
    assert area.contains(Point(30.5, 50.4))
    assert geodesy.distance(30.5, 50.4, *area.exterior.coords[0]) == pytest.approx(10_000, rel=0.01)
