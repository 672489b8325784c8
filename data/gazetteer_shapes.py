"""Shapes of the gazetteer: simplified coverage, countries, borders, and which unit belongs to which division."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import shapely.affinity
from gazetteer_sources import City, Division, Unit, polygons_of
from geographiclib.geodesic import Geodesic

from geomap.archives import SHAPE_SCALE

if TYPE_CHECKING:
    from collections.abc import Sequence

FINE_DEG = 0.01
"""Tolerance of the shapes that footprints are made of (shapely.coverage_simplify: square root of an area)."""

COARSE_DEG = 0.05
"""Tolerance of the base map."""

SAME_SHARE = 0.6
"""Share of a unit's places that must lie in one division for the unit to count as part of it."""

HALF_TURN_DEG = 180.0

VIEWPOINTS = ("un", "de_facto")

Shapes = np.ndarray[Any, np.dtype[np.object_]]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The world's admin-1 units at both levels of detail, on one grid, neighbours sharing their edges."""

    units: list[Unit]
    fine: Shapes
    coarse: Shapes


def simplify(units: list[Unit]) -> Coverage:
    """Simplify all units at once, so that no gap or overlap opens between neighbours."""
    polygons = polygons_of(units)
    return Coverage(
        units,
        _on_grid(shapely.coverage_simplify(polygons, FINE_DEG)),
        _on_grid(shapely.coverage_simplify(polygons, COARSE_DEG)),
    )


def _on_grid(shapes: Shapes) -> Shapes:
    on_grid: Shapes = shapely.transform(shapes, lambda xy: np.rint(xy * SHAPE_SCALE) / SHAPE_SCALE)
    return on_grid


def dissolve(shapes: Sequence[shapely.Geometry]) -> shapely.Geometry:
    """Unite neighbours that share their edges."""
    array = np.array(shapes, dtype=object)
    if len(array) == 1:
        return array[0]
    try:
        united = shapely.coverage_union_all(array)
    except shapely.errors.GEOSException:
        united = None
    if united is None or not united.is_valid:
        united = shapely.union_all(shapely.make_valid(array))
    return _polygonal(united)


def _polygonal(geom: shapely.Geometry) -> shapely.Geometry:
    parts = [part for part in shapely.get_parts(geom) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def countries(coverage: Coverage, shapes: Shapes, viewpoint: str) -> dict[str, shapely.Geometry]:
    """Dissolve the units into countries under one viewpoint."""
    members: dict[str, list[shapely.Geometry]] = defaultdict(list)
    for unit, shape in zip(coverage.units, shapes, strict=True):
        if owner := getattr(unit, viewpoint):
            members[owner].append(shape)
    return {owner: dissolve(members[owner]) for owner in sorted(members)}


def borders(coverage: Coverage, viewpoint: str) -> dict[tuple[str, str], shapely.Geometry]:
    """Return the line between each pair of countries: the edges that units of both share.

    The edges come from the simplified coverage itself, so that a border coincides with both countries' outlines.
    """
    owners = [getattr(unit, viewpoint) for unit in coverage.units]
    codes = {owner: i for i, owner in enumerate(sorted(set(owners)))}
    names = sorted(codes)
    edges, edge_owner = _edges(coverage.fine, np.array([codes[owner] for owner in owners]))
    order = np.lexsort((edge_owner, *edges.T[::-1]))
    edges, edge_owner = edges[order], edge_owner[order]
    same = (edges[1:] == edges[:-1]).all(axis=1) & (edge_owner[1:] != edge_owner[:-1])
    lines: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for i in np.flatnonzero(same):
        pair = names[edge_owner[i]], names[edge_owner[i + 1]]
        if all(pair):
            lines[pair].append(edges[i].reshape(2, 2) / SHAPE_SCALE)
    return {pair: shapely.line_merge(shapely.multilinestrings(np.array(lines[pair]))) for pair in sorted(lines)}


def _edges(shapes: Shapes, owners: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the segments of all shapes as whole numbers with ordered ends, and whose they are."""
    parts, of_shape = shapely.get_parts(shapes, return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    grid = np.rint(xy * SHAPE_SCALE).astype(np.int64)
    inner = of_ring[1:] == of_ring[:-1]
    a, b = grid[:-1][inner], grid[1:][inner]
    owner = owners[of_shape[of_part[of_ring[:-1][inner]]]]
    swap = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    ordered = np.where(swap[:, None], np.hstack([b, a]), np.hstack([a, b]))
    keep = (ordered[:, :2] != ordered[:, 2:]).any(axis=1)
    return ordered[keep], owner[keep]


def assign(units: list[Unit], divisions: list[Division], cities: list[City]) -> list[Division | None]:
    """Say which GeoNames division each unit is, or is a part of.

    A unit is a division by its GeoNames id or ISO 3166-2 code; otherwise it is part of the first-level division that
    most of its places belong to; otherwise of nothing known.
    """
    by_id = {division.id: division for division in divisions}
    by_iso = {division.iso: division for division in divisions if division.iso}
    first = {(d.country, d.admin1): d for d in divisions if d.admin2 is None}
    votes = _votes(units, cities)
    result: list[Division | None] = []
    for unit, vote in zip(units, votes, strict=True):
        named = by_id.get(int(unit.properties.get("gn_id") or 0)) or by_iso.get(unit.properties["iso_3166_2"])
        if named is not None and unit.key == unit.properties["adm1_code"] and named.country in {unit.un, unit.de_facto}:
            result.append(named)
            continue
        winner, count = vote.most_common(1)[0] if vote else (("", ""), 0)
        result.append(first.get(winner) if count >= SAME_SHARE * sum(vote.values()) else None)
    return result


def _votes(units: list[Unit], cities: list[City]) -> list[Counter[tuple[str, str]]]:
    tree = shapely.STRtree(polygons_of(units))
    points = shapely.points([city.lon for city in cities], [city.lat for city in cities])
    votes: list[Counter[tuple[str, str]]] = [Counter() for _ in units]
    for i_city, i_unit in tree.query(points, predicate="intersects").T:
        city = cities[i_city]
        votes[i_unit][city.country, city.admin1] += 1
    return votes


def reach_m(geom: shapely.Geometry, lon: float, lat: float, share: float = 0.95) -> int:
    """Return the radius, in metres, round a point that holds the parts which make up most of an area.

    Parameters
    ----------
    geom
        Polygon or line, EPSG:4326.
    lon, lat
        The point.
    share
        Least share of the area that the counted parts make up, nearest first: far islands do not count.
    """
    parts = list(shapely.get_parts(geom))
    sizes = [part.area or part.length for part in parts]
    reaches = [_farthest_m(part, lon, lat) for part in parts]
    total, counted = sum(sizes), 0.0
    for reach, size in sorted(zip(reaches, sizes, strict=True)):
        counted += size
        if counted >= share * total:
            return round(reach)
    return round(max(reaches, default=0.0))


def _farthest_m(part: shapely.Geometry, lon: float, lat: float) -> float:
    xy = shapely.get_coordinates(part)
    step = np.cos(np.radians(lat))
    # The farthest vertex on a plane is the farthest on the ellipsoid within the accuracy of the figure.
    apart = (xy[:, 0] - lon + HALF_TURN_DEG) % (2 * HALF_TURN_DEG) - HALF_TURN_DEG
    planar = np.hypot(apart * step, xy[:, 1] - lat)
    x, y = xy[int(planar.argmax())]
    return float(Geodesic.WGS84.Inverse(lat, lon, float(y), float(x))["s12"])


def centre(geom: shapely.Geometry, *, joined: bool = False) -> tuple[float, float]:
    """Return the centroid of the largest part, or a point inside it where the centroid is not.

    Parameters
    ----------
    geom
        Polygon or line, EPSG:4326.
    joined
        Put parts together that touch the antimeridian from both sides ("Pacific Ocean").
    """
    if joined and geom.geom_type == "MultiPolygon" and geom.bounds[::2] == (-HALF_TURN_DEG, HALF_TURN_DEG):
        east_of_it = [part.bounds[2] <= 0 for part in geom.geoms]
        geom = shapely.union_all(
            [shapely.affinity.translate(p, 2 * HALF_TURN_DEG * s) for p, s in zip(geom.geoms, east_of_it, strict=True)]
        )
    largest = max(shapely.get_parts(geom), key=lambda part: (part.area, part.length))
    point = largest.centroid
    if largest.geom_type == "Polygon" and not largest.contains(point):
        point = largest.point_on_surface()
    return _wrap(float(point.x)), float(point.y)


def _wrap(lon: float) -> float:
    return lon - 2 * HALF_TURN_DEG if lon > HALF_TURN_DEG else lon
