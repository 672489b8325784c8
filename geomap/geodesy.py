"""Lengths, bearings, rings, sectors and bands on the WGS84 ellipsoid.

All coordinates are longitude, latitude in degrees (EPSG:4326), all lengths geodesic and in metres, all bearings in
degrees clockwise from true north. Geodesics are Karney's (2013, "Algorithms for geodesics", J. Geodesy 87), as PROJ
implements them. Bands are buffers in azimuthal equidistant projections centred on short stretches of the line: such a
projection keeps distances from its centre, so that a band is right at any latitude and over any length.

A geometry that crosses the antimeridian is always returned cut there, as a multi-geometry within -180 to 180 degrees.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Geod, Proj
from shapely import affinity
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Point, Polygon, box

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

# NGA.STND.0036 (2014): the ellipsoid of GPS and of EPSG:4326.
GEOD = Geod(ellps="WGS84")
# The international mile (1959 agreement) and nautical mile (1929 Monaco conference), exact by definition.
MILE_M = 1_609.344
NAUTICAL_MILE_M = 1_852.0
# Length of one degree of a meridian, for tolerances in degrees only (mean of the WGS84 quadrant, 10,001,966 m / 90).
DEGREE_M = 111_133.0

# A regular polygon of 120 corners lies within 0.035 % of its circle.
_CORNERS = 120
# Round the ends and corners of a band fewer will do: 0.12 % of its width.
_BAND_CORNERS = 64
# The parts of a line in a cell of this size share one projection: within 300 km of its centre distances are right to
# 0.04 %, and within 500 km, where bands of 200 km end, to 0.1 %.
_CELL_DEG = 4.0
# Cells overlap by this much, so that rounding leaves no gap between them.
_OVERLAP_DEG = 0.05
# Edges are straight in longitude and latitude, not in the projection; shorter ones differ by less.
_EDGE_DEG = 0.9
# Nearer to the Equator than this, a band runs round no pole.
_POLAR_DEG = 80.0
# A band's edge may be this much (as a share of its width) off because the line was thinned first.
_THINNING = 0.005
# Bands are made in steps of these shares of their width, and thinned between by this share of it: a coast's band then
# differs from one that is made at once by less than 0.1 % of its area.
_AREA_STEPS = (1 / 16, 1 / 4, 1)
_LINE_STEPS = (1 / 4, 1)
_SMOOTHING = 0.002
# Distances on the ellipsoid and on a sphere agree to within 0.56 %; this leaves twice that to both sides.
_SPHERE_SHARE = 0.975
_HALF_TURN = 180.0
# Two corners nearer to each other than this, in degrees (0.1 mm), are one.
_SAME_DEG = 1e-9
_WORLD = box(-180.0, -90.0, 180.0, 90.0)


def distance(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Return the length in metres of the geodesic between two points."""
    return float(GEOD.inv(lon1, lat1, lon2, lat2)[2])


def bearing(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Return the initial bearing from the first point to the second, 0 to 360 degrees."""
    return float(GEOD.inv(lon1, lat1, lon2, lat2)[0]) % 360.0


def destination(lon: float, lat: float, bearing_deg: float, distance_m: float) -> tuple[float, float]:
    """Return the point (lon, lat) that lies so far off in that direction."""
    to_lon, to_lat, _ = GEOD.fwd(lon, lat, bearing_deg, distance_m)
    return float(to_lon), float(to_lat)


def length(geometry: BaseGeometry) -> float:
    """Return the geodesic length in metres of a line (of a polygon: its perimeter)."""
    return float(GEOD.geometry_length(geometry))


def area(geometry: BaseGeometry) -> float:
    """Return the geodesic area of a polygon in square metres."""
    return abs(float(GEOD.geometry_area_perimeter(shapely.orient_polygons(geometry))[0]))


def midpoint(lon1: float, lat1: float, lon2: float, lat2: float) -> tuple[float, float]:
    """Return the point (lon, lat) half-way along the geodesic."""
    forward, _, far = GEOD.inv(lon1, lat1, lon2, lat2)
    return destination(lon1, lat1, forward, far / 2)


def geodesic(lon1: float, lat1: float, lon2: float, lat2: float, *, step_m: float = 50_000.0) -> BaseGeometry:
    """Draw the geodesic between two points as a line with a corner at least every ``step_m`` metres.

    Returns
    -------
    LineString or MultiLineString
        Cut at the antimeridian if it crosses it.
    """
    far = distance(lon1, lat1, lon2, lat2)
    between = GEOD.npts(lon1, lat1, lon2, lat2, max(1, math.ceil(far / step_m) - 1))
    return wrap(LineString(_continuous(np.array([(lon1, lat1), *between, (lon2, lat2)]))))


def circle(lon: float, lat: float, radius_m: float) -> BaseGeometry:
    """Return the disc of points no farther than ``radius_m`` metres from a point."""
    return wrap(_closed(_arc(lon, lat, radius_m, 0.0, 360.0)))


def ring(lon: float, lat: float, inner_m: float, outer_m: float) -> BaseGeometry:
    """Return the points between ``inner_m`` and ``outer_m`` metres from a point."""
    outer = circle(lon, lat, outer_m)
    return outer if inner_m <= 0 else outer.difference(circle(lon, lat, inner_m))


def sector(
    lon: float, lat: float, bearing_deg: float, half_angle_deg: float, *, inner_m: float, outer_m: float
) -> BaseGeometry:
    """Return the part of a ring that lies within ``half_angle_deg`` of a bearing."""
    low, high = bearing_deg - half_angle_deg, bearing_deg + half_angle_deg
    near = _arc(lon, lat, inner_m, high, low) if inner_m > 0 else np.array([(lon, lat)])
    return wrap(_closed(np.concatenate([_arc(lon, lat, outer_m, low, high), near])))


def _arc(lon: float, lat: float, radius_m: float, start_deg: float, stop_deg: float) -> NDArray[np.float64]:
    count = max(2, math.ceil(_CORNERS * abs(stop_deg - start_deg) / 360.0) + 1)
    azimuths = np.linspace(start_deg, stop_deg, count)
    lons, lats, _ = GEOD.fwd(np.full(count, lon), np.full(count, lat), azimuths, np.full(count, radius_m))
    return np.column_stack([lons, lats])


def _continuous(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Let longitudes run on beyond 180 degrees instead of jumping to -180."""
    unwrapped = points.copy()
    unwrapped[:, 0] = np.unwrap(points[:, 0], period=360.0)
    return unwrapped


def _closed(points: NDArray[np.float64]) -> BaseGeometry:
    """Make a polygon of a ring of points given in order round it, also where it holds a pole."""
    ends_where_it_began = bool((np.abs(points[0] - points[-1]) < _SAME_DEG).all())
    corners = points if ends_where_it_began else np.concatenate([points, points[:1]])
    corners = _continuous(corners)
    first, last = corners[0], corners[-1]
    if abs(last[0] - first[0]) > _HALF_TURN:
        # Once round the Earth: in longitude and latitude the pole is an edge, not a point.
        pole = math.copysign(90.0, corners[:, 1].mean())
        corners = np.concatenate([corners, [(last[0], pole), (first[0], pole)]])
    polygon = Polygon(corners)
    return polygon if polygon.is_valid else shapely.make_valid(polygon)


def wrap(geometry: BaseGeometry) -> BaseGeometry:
    """Cut a geometry whose longitudes run beyond -180 or 180 degrees, and shift its parts back within."""
    west, _, east, _ = geometry.bounds if not geometry.is_empty else (0.0, 0.0, 0.0, 0.0)
    if west >= -_HALF_TURN and east <= _HALF_TURN:
        return geometry
    parts = []
    for turn in range(math.floor((west + 180.0) / 360.0), math.ceil((east - 180.0) / 360.0) + 1):
        shifted = affinity.translate(geometry, xoff=-360.0 * turn)
        part = shifted.intersection(_WORLD)
        if not part.is_empty and (part.area > 0 or geometry.area == 0):
            parts.append(part)
    # Less than once round the Earth, the shifted parts cannot overlap.
    return _collect(shapely.get_parts(parts)) if east - west < 2 * _HALF_TURN else shapely.union_all(parts)


def unwrap(geometry: BaseGeometry) -> BaseGeometry:
    """Join the parts of a geometry that was cut at the antimeridian; longitudes may then pass 180 degrees.

    The parts west of the widest gap between them are shifted by 360 degrees, if that makes the whole narrower.
    """
    west, _, east, _ = geometry.bounds
    if east - west < _HALF_TURN:
        return geometry
    parts = shapely.get_parts(geometry)
    bounds = shapely.bounds(parts)
    order = np.argsort(bounds[:, 0])
    gap, cut, reach = 360.0 - (east - west), None, -math.inf
    for at in order:
        if bounds[at, 0] - reach > gap and reach > -math.inf:
            gap, cut = bounds[at, 0] - reach, bounds[at, 0]
        reach = max(reach, bounds[at, 2])
    if cut is None:
        return geometry
    moved = [
        affinity.translate(part, xoff=360.0) if box_[0] < cut else part
        for part, box_ in zip(parts, bounds, strict=True)
    ]
    # Only parts that end at the antimeridian can be halves of one; to join all the islands as well takes long.
    halves = [part for part in moved if part.bounds[0] == _HALF_TURN or part.bounds[2] == _HALF_TURN]
    whole = [part for part in moved if part.bounds[0] != _HALF_TURN and part.bounds[2] != _HALF_TURN]
    return _collect([*whole, *shapely.get_parts(shapely.union_all(halves))])


def _collect(parts: Sequence[BaseGeometry]) -> BaseGeometry:
    """Put parts together that do not overlap."""
    if all(part.geom_type == "Polygon" for part in parts):
        return MultiPolygon(list(parts)) if len(parts) > 1 else parts[0]
    return shapely.union_all(parts)


@lru_cache(maxsize=1_024)
def _projection(lat: float) -> Proj:
    """Make the projection centred on a latitude and the meridian of Greenwich; any other meridian is a shift away."""
    return Proj(proj="aeqd", lon_0=0.0, lat_0=lat, ellps="WGS84", units="m")


def _project(geometry: BaseGeometry, lon: float, lat: float) -> BaseGeometry:
    projection = _projection(lat)

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(projection((points[:, 0] - lon + 180.0) % 360.0 - 180.0, points[:, 1]))

    return shapely.transform(geometry, move)


def _unproject(geometry: BaseGeometry, lon: float, lat: float) -> BaseGeometry:
    """Return a geometry of the projection centred on (lon, lat) in degrees; its longitudes may pass 180."""
    projection = _projection(lat)

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        lons, lats = projection(points[:, 0], points[:, 1], inverse=True)
        return np.column_stack([lons + lon, lats])

    return shapely.transform(geometry, move)


def band(geometry: BaseGeometry, width_m: float) -> BaseGeometry:
    """Return all points no farther than ``width_m`` metres from a geometry (a polygon's inside included).

    Parameters
    ----------
    geometry
        Point, line, polygon or a collection of one kind.
    width_m
        Greatest distance, in metres; more than 0.

    Returns
    -------
    Polygon or MultiPolygon
        Right to about 0.5 % of the width.
    """
    # Lines may cross themselves when thinned, areas may not.
    is_area = geometry.geom_type in {"Polygon", "MultiPolygon"}
    thin = geometry.simplify(width_m * _THINNING / DEGREE_M, preserve_topology=is_area)
    strips = [_strip(cell, width_m) for cell in _cells(thin)]
    try:
        return shapely.union_all(strips)
    except shapely.errors.GEOSException:
        # Projected back, an outline may cross itself by less than a millimetre; to test each takes as long as to join.
        return shapely.union_all(shapely.make_valid(strips))


def _edges(geometry: BaseGeometry) -> BaseGeometry:
    return geometry.boundary if geometry.geom_type in {"Polygon", "MultiPolygon"} else geometry


def _cells(geometry: BaseGeometry) -> Iterator[BaseGeometry]:
    """Cut a geometry along a grid, whose cells are small enough for one projection."""
    if geometry.is_empty:
        return
    if geometry.geom_type not in {"Point", "MultiPoint"} and not geometry.length:
        # A line between two places at the same point; the buffer of a line without length is empty.
        geometry = Point(shapely.get_coordinates(geometry)[0])
    if geometry.geom_type in {"Point", "MultiPoint"}:
        yield from shapely.get_parts(geometry)
        return
    dense = shapely.segmentize(geometry, _EDGE_DEG)
    _, south, _, north = dense.bounds
    for row in range(math.floor(south / _CELL_DEG), math.floor(north / _CELL_DEG) + 1):
        low, high = row * _CELL_DEG, (row + 1) * _CELL_DEG
        level = shapely.clip_by_rect(dense, -_HALF_TURN, low - _OVERLAP_DEG, _HALF_TURN, high + _OVERLAP_DEG)
        if level.is_empty:
            continue
        step = _CELL_DEG / math.cos(math.radians((low + high) / 2))
        west, _, east, _ = level.bounds
        for column in range(math.floor(west / step), math.floor(east / step) + 1):
            left, right = column * step - _OVERLAP_DEG, (column + 1) * step + _OVERLAP_DEG
            cell = shapely.clip_by_rect(level, left, low - _OVERLAP_DEG, right, high + _OVERLAP_DEG)
            if not cell.is_empty:
                yield cell


def _strip(cell: BaseGeometry, width_m: float) -> BaseGeometry:
    west, south, east, north = cell.bounds
    # Centres on whole degrees of latitude are shared by many cells: to make a projection costs more than to use it.
    lon, lat = (west + east) / 2, float(round((south + north) / 2))
    flat = _grown(_project(cell, lon, lat), width_m)
    if max(-south, north) + width_m / DEGREE_M < _POLAR_DEG:
        return wrap(_unproject(flat, lon, lat))
    # Round a pole longitudes jump.
    parts = []
    for polygon in shapely.get_parts(flat):
        rings = [wrap(_closed(_turned(_unproject(edge, lon, lat)))) for edge in (polygon.exterior, *polygon.interiors)]
        parts.append(rings[0].difference(shapely.union_all(rings[1:])) if len(rings) > 1 else rings[0])
    return shapely.union_all(parts)


def _grown(flat: BaseGeometry, width_m: float) -> BaseGeometry:
    """Buffer in steps, each from an outline that the one before has smoothed; at once, a coast takes many times longer.

    A buffer of a buffer is the buffer of the sum of their widths.
    """
    done = 0.0
    for share in _AREA_STEPS if flat.area > 0 else _LINE_STEPS:
        flat = flat.buffer(share * width_m - done, quad_segs=_BAND_CORNERS // 4)
        done = share * width_m
        if share < 1:
            flat = flat.simplify(width_m * _SMOOTHING, preserve_topology=False)
    return flat


def _turned(edge: BaseGeometry) -> NDArray[np.float64]:
    """Return the corners of a ring, their longitudes between -180 and 180 degrees."""
    points = shapely.get_coordinates(edge)
    return np.column_stack([(points[:, 0] + 180.0) % 360.0 - 180.0, points[:, 1]])


def distance_from(geometry: BaseGeometry, lon: float, lat: float) -> float:
    """Return the distance in metres from a point to the nearest point of a geometry; 0 inside a polygon."""
    if geometry.geom_type in {"Polygon", "MultiPolygon"} and geometry.intersects(Point(lon, lat)):
        return 0.0
    # Long edges are straight in longitude and latitude, not in the projection; corners every half degree keep them so.
    flat = _project(shapely.segmentize(_edges(geometry), 0.5), lon, lat)
    return float(flat.distance(Point(0.0, 0.0)))


def midpoint_along(geometry: BaseGeometry) -> tuple[float, float]:
    """Return the point (lon, lat) half-way along a line, or half-way along the parts of one in their order."""
    parts = list(shapely.get_parts(geometry))
    lengths = [float(GEOD.line_length(*shapely.get_coordinates(part).T)) for part in parts]
    left = sum(lengths) / 2
    for part, own in zip(parts, lengths, strict=True):
        if left <= own:
            return _along(part, left)
        left -= own
    end = parts[-1].coords[-1]
    return float(end[0]), float(end[1])


def _along(line: BaseGeometry, metres: float) -> tuple[float, float]:
    points = shapely.get_coordinates(line)
    azimuths, _, steps = GEOD.inv(points[:-1, 0], points[:-1, 1], points[1:, 0], points[1:, 1])
    ends = np.cumsum(steps)
    at = min(int(np.searchsorted(ends, metres)), len(steps) - 1)
    before = float(ends[at] - steps[at])
    return destination(float(points[at, 0]), float(points[at, 1]), float(azimuths[at]), metres - before)


def representative_point(geometry: BaseGeometry) -> tuple[float, float]:
    """Return a point (lon, lat) that stands for a geometry: on it, and as central as may be.

    The middle of a line along its course; of a polygon the centroid, or a point inside where the centroid is not.
    """
    if geometry.geom_type == "Point":
        return float(geometry.x), float(geometry.y)
    if geometry.geom_type in {"LineString", "MultiLineString"}:
        return midpoint_along(geometry)
    whole = unwrap(geometry)
    centre = whole.centroid
    if not whole.intersects(centre):
        centre = max(shapely.get_parts(whole), key=lambda part: part.area).representative_point()
    return (float(centre.x) + 180.0) % 360.0 - 180.0, float(centre.y)


def covering_radius(geometry: BaseGeometry, lon: float, lat: float) -> float:
    """Return the radius in metres of the smallest circle round (lon, lat) that holds a geometry."""
    points = shapely.get_coordinates(geometry)
    if len(points) == 0:
        return 0.0
    # To find the few points that may be farthest, a sphere will do.
    apart = _central_angles(points, lon, lat)
    points = points[apart >= apart.max() * _SPHERE_SHARE]
    count = len(points)
    _, _, far = GEOD.inv(np.full(count, lon), np.full(count, lat), points[:, 0], points[:, 1])
    return float(np.max(far))


def _central_angles(points: NDArray[np.float64], lon: float, lat: float) -> NDArray[np.float64]:
    """Return the angles between points and one point, as seen from the middle of a sphere (haversine formula)."""
    turned = np.radians(points - (lon, lat))
    along = np.cos(np.radians(points[:, 1])) * math.cos(math.radians(lat)) * np.sin(turned[:, 0] / 2) ** 2
    half: NDArray[np.float64] = np.sqrt(np.clip(np.sin(turned[:, 1] / 2) ** 2 + along, 0.0, 1.0))
    return np.arcsin(half)


def stretch(line: BaseGeometry, lon: float, lat: float, bearing_deg: float, half_angle_deg: float) -> BaseGeometry:
    """Return the part of a line that lies within ``half_angle_deg`` of a bearing as seen from a point."""
    kept: list[LineString] = []
    for part in shapely.get_parts(line):
        points = shapely.get_coordinates(part)
        count = len(points)
        azimuths, _, _ = GEOD.inv(np.full(count, lon), np.full(count, lat), points[:, 0], points[:, 1])
        inside = np.abs((np.asarray(azimuths) - bearing_deg + 180.0) % 360.0 - 180.0) <= half_angle_deg
        kept.extend(_runs(points, inside))
    return MultiLineString(kept) if kept else line


def _runs(points: NDArray[np.float64], inside: NDArray[np.bool_]) -> Iterable[LineString]:
    """Yield the unbroken stretches of points that are inside."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start > 1:
            yield LineString(points[start:stop])


def part(geometry: BaseGeometry, bearing_deg: float, share: float) -> BaseGeometry:
    """Return the part of a polygon that lies farthest in one direction and makes up ``share`` of its area.

    Areas are compared in a cylindrical equal-area projection true at the polygon's own latitude, where parallels and
    meridians are straight: so the northern part is bounded by a parallel, the eastern one by a meridian.
    """
    whole = unwrap(geometry)
    scale = math.cos(math.radians(whole.centroid.y)) or 1.0
    turn = math.radians(bearing_deg)

    def flat(points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Project to a plane of equal area, turned so that the bearing points up."""
        x, y = points[:, 0] * scale, np.degrees(np.sin(np.radians(points[:, 1]))) / scale
        return np.column_stack([x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)])

    def back(points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Undo the projection."""
        x = points[:, 0] * math.cos(turn) + points[:, 1] * math.sin(turn)
        y = -points[:, 0] * math.sin(turn) + points[:, 1] * math.cos(turn)
        return np.column_stack([x / scale, np.degrees(np.arcsin(np.clip(np.radians(y * scale), -1.0, 1.0)))])

    plane = shapely.transform(whole, flat)
    cut = _quantile(plane, share)
    west, _, east, north = plane.bounds
    return wrap(shapely.transform(plane.intersection(box(west, cut, east, north)), back))


def core(geometry: BaseGeometry, share: float) -> BaseGeometry:
    """Return the part of a polygon nearest to its centroid that makes up about ``share`` of its area."""
    whole = unwrap(geometry)
    lon, lat = whole.centroid.x, whole.centroid.y
    goal = area(whole) * share
    low, high = 0.0, covering_radius(whole, lon, lat)
    for _ in range(12):
        middle = (low + high) / 2
        if area(whole.intersection(_disc(lon, lat, middle))) < goal:
            low = middle
        else:
            high = middle
    return wrap(whole.intersection(_disc(lon, lat, high)))


def _disc(lon: float, lat: float, radius_m: float) -> BaseGeometry:
    """Like :func:`circle`, but not cut at the antimeridian."""
    return _closed(_arc(lon, lat, radius_m, 0.0, 360.0))


def _quantile(plane: BaseGeometry, share: float) -> float:
    """Find the height above which a plane polygon has that share of its area."""
    coarse = plane.simplify(math.sqrt(plane.area) / 500.0)
    west, low, east, high = coarse.bounds
    top, goal = high, coarse.area * share
    for _ in range(20):
        middle = (low + high) / 2
        if shapely.clip_by_rect(coarse, west, middle, east, top).area > goal:
            low = middle
        else:
            high = middle
    return float(low + high) / 2


def outline(corners: Iterable[tuple[float, float]]) -> BaseGeometry:
    """Return the polygon with these corners (lon, lat), given in order round it."""
    return wrap(_closed(np.array(list(corners))))
