"""The offline base map: coasts, borders, provinces and names, cut to the surroundings of a story.

Near the story the outlines keep their detail; the rest of the world is coarse. Lines that two countries share are drawn
once, as a border; lines that only one has are coast. Everything is coded as whole numbers, each point as its
difference from the point before, which takes a quarter of the room of GeoJSON.
"""

from __future__ import annotations

import json
import os
import tempfile
from functools import lru_cache
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely
from shapely import affinity, make_valid
from shapely.geometry import Polygon, box

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geomap.gazetteer import Gazetteer
    from geomap.settings import Viewpoint

Bounds = tuple[float, float, float, float]
Outline = tuple[str, str, "BaseGeometry"]

SCALE = 1e-3
"""Degrees that one unit of a coded coordinate stands for near the story: 111 m."""
FAR_SCALE = 1e-2
_STEPS_ACROSS = 2_500
"""Details smaller than this part of the story's width are dropped: a third of a pixel on a wide screen."""
_FAR_DETAIL_DEG = 0.12
"""Details dropped far from the story: a pixel at zoom 4, where the far world is seen whole."""
_FAR_ISLAND_DEG2 = 0.05
_LAKE_STEPS = 200
"""Lakes smaller than so many squares of the smallest detail are left out: 14 steps across."""
_EDGE_DEG = 0.011
"""A line this near to the frame is where the outlines were cut, not a coast: they are rounded to 0.01 degrees."""
_NAMES_AT_ZOOM = ((120.0, 2.0), (25.0, 3.0), (6.0, 4.0), (1.0, 5.0), (0.0, 6.0))
"""Area of a country in square degrees, and the zoom from which its name is shown."""
_CAPITALS_AT_ZOOM = (4.0, 5.0)
_CELLS = 8
"""Columns and rows into which the story's surroundings are cut to name a country again in each."""
_CELL_SHARE = 0.2
"""Part of such a cell that a country must fill to be named in it."""
_REPEATED_AT_ZOOM = 5.0
_TURN_DEG = 360.0
_SMALL_DEG2 = 6.0
"""Countries smaller than this, in square degrees, name their capitals one zoom later."""
_WORLD_FORM = 3
"""Raised when the far world is drawn otherwise, so that a kept one is not used."""
_PROVINCES_UP_TO_DEG = 40.0
"""A story wider than this does not carry province lines: they would be shown only when zoomed far in."""


def build(gazetteer: Gazetteer, story: Bounds, viewpoint: Viewpoint = "un") -> dict[str, Any]:
    """Make the base map round a story.

    Parameters
    ----------
    gazetteer
        Has the outlines (Natural Earth) and the capitals (GeoNames).
    story
        West, south, east and north of what is drawn, in degrees; east may pass 180 where the story crosses the
        antimeridian.
    viewpoint
        Whose boundaries are drawn.

    Returns
    -------
    dict
        ``levels`` (near and far: land, coasts, borders, provinces, lakes), ``labels`` and ``disputed``, ready for
        JSON.
    """
    near = _widen(story)
    inside = _cut(gazetteer, "country", near, viewpoint)
    detail_deg = max(near[2] - near[0], near[3] - near[1]) / _STEPS_ACROSS
    far = _read_world(gazetteer, viewpoint)
    return {
        "scale": SCALE,
        "near": near,
        "levels": [
            far["level"] | {"lakes": _draw_lakes((-180.0, -85.0, 180.0, 85.0), FAR_SCALE, _FAR_DETAIL_DEG / 2, near)},
            _draw_near(inside, _provinces(gazetteer, near, viewpoint), near, detail_deg),
        ],
        "labels": _labels(gazetteer, far["labels"], inside, near),
        "disputed": _draw_disputed(gazetteer, near, detail_deg, viewpoint),
    }


def _read_world(gazetteer: Gazetteer, viewpoint: Viewpoint) -> dict[str, Any]:
    """Return the far world, the same for all stories: kept beside the gazetteer's file once it has been made."""
    kept = gazetteer.path.with_name(f"{gazetteer.path.stem}-world-{viewpoint}-{_WORLD_FORM}.json")
    try:
        found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = _draw_world(gazetteer, viewpoint)
        _keep(kept, json.dumps(found, separators=(",", ":")))
    return found


def _keep(path: Path, text: str) -> None:
    """Write a file whole, where that is allowed; it saves a second, nothing depends on it."""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except OSError:
        return


def _widen(story: Bounds) -> Bounds:
    """Return the surroundings of a story: half its size more on each side, at least three degrees."""
    west, south, east, north = story
    dx, dy = max(3.0, 0.6 * (east - west)), max(3.0, 0.5 * (north - south))
    west, east = (west - dx, east + dx) if east - west + 2 * dx < _TURN_DEG else (-180.0, 180.0)
    return (west, max(-85.0, south - dy), east, min(85.0, north + dy))


def _turns(near: Bounds) -> list[tuple[float, Bounds]]:
    """Split a box that may pass the antimeridian: each turn in degrees, and what lies in the box after it."""
    west, south, east, north = near
    split = [
        (turn, (max(-180.0, west - turn), south, min(180.0, east - turn), north))
        for turn in (-_TURN_DEG, 0.0, _TURN_DEG)
    ]
    return [(turn, bounds) for turn, bounds in split if bounds[0] < bounds[2]]


def _cut(
    gazetteer: Gazetteer, level: Literal["country", "province"], near: Bounds, viewpoint: Viewpoint
) -> list[Outline]:
    """Return the outlines in a box, those beyond the antimeridian shifted to where the box has them."""
    return [
        (code, name, affinity.translate(geom, xoff=turn) if turn else geom)
        for turn, bounds in _turns(near)
        for code, name, geom in gazetteer.outlines(level, bounds, viewpoint)
    ]


def _provinces(gazetteer: Gazetteer, near: Bounds, viewpoint: Viewpoint) -> list[Outline]:
    if near[2] - near[0] > _PROVINCES_UP_TO_DEG:
        return []
    return _cut(gazetteer, "province", near, viewpoint)


def _draw_near(
    countries: Sequence[Outline], provinces: Sequence[Outline], near: Bounds, detail_deg: float
) -> dict[str, Any]:
    outlines = _simplify(countries, detail_deg)
    coasts, borders = split_lines(outlines, near)
    inner = split_lines(_simplify(provinces, detail_deg), near)[1]
    return {
        "scale": SCALE,
        "land": encode_polygons(_unite(outlines), SCALE),
        "coasts": encode_lines(coasts, SCALE),
        "borders": encode_lines(borders, SCALE),
        "provinces": encode_lines(inner, SCALE),
        "lakes": _draw_lakes(near, SCALE, detail_deg),
    }


@lru_cache(maxsize=1)
def _read_lakes() -> list[BaseGeometry]:
    """Return the lakes of the world (Natural Earth 10 m; data/build_lakes.py), the largest first."""
    stored = json.loads((files("geomap") / "assets" / "lakes.json").read_text(encoding="utf-8"))
    scale = stored["scale"]
    rings = [[np.cumsum(np.reshape(ring, (-1, 2)), axis=0) * scale for ring in lake] for lake in stored["lakes"]]
    return [make_valid(Polygon(outer, holes)) for outer, *holes in rings]


def _draw_lakes(bounds: Bounds, scale: float, detail_deg: float, but: Bounds | None = None) -> list[list[list[int]]]:
    """Code the lakes that lie in a box and are large beside the detail; ``but`` leaves out those of another box."""
    drawn = []
    least_deg2 = _LAKE_STEPS * detail_deg**2
    for turn, part in _turns(bounds):
        inside, outside = box(*part), box(*but) if but else None
        drawn += [
            affinity.translate(lake.simplify(detail_deg), xoff=turn)
            for lake in _read_lakes()
            if lake.area >= least_deg2 and lake.intersects(inside) and not (outside and outside.contains(lake))
        ]
    return encode_polygons(drawn, scale)


def _draw_world(gazetteer: Gazetteer, viewpoint: Viewpoint) -> dict[str, Any]:
    countries = gazetteer.outlines("country", None, viewpoint)
    outlines = [_without_islets(geom) for geom in _simplify(countries, _FAR_DETAIL_DEG)]
    coasts, borders = split_lines(outlines)
    level = {
        "scale": FAR_SCALE,
        "land": encode_polygons(_unite(outlines), FAR_SCALE),
        "coasts": encode_lines(coasts, FAR_SCALE),
        "borders": encode_lines(borders, FAR_SCALE),
        "provinces": [],
    }
    labels = []
    for code, name, geom in sorted(countries, key=lambda outline: -outline[2].area):
        at = _label_point(geom)
        if at is not None:
            zoom = next(zoom for least, zoom in _NAMES_AT_ZOOM if geom.area >= least)
            labels.append([round(at.x, 2), round(at.y, 2), name, "country", zoom, code])
    return {"level": level, "labels": labels}


def _simplify(outlines: Sequence[Outline], detail_deg: float) -> list[BaseGeometry]:
    """Simplify neighbours together, so that their common border stays common."""
    polygons = [polygon for _, _, geom in outlines if (polygon := _polygons(geom)) is not None]
    if not polygons:
        return []
    simplified = shapely.coverage_simplify(polygons, detail_deg)
    return [geom for geom in simplified if not geom.is_empty]


def _polygons(geom: BaseGeometry) -> BaseGeometry | None:
    """Return the areas of a geometry, without the points and lines that a cut may leave."""
    # Twice, since a collection may hold a multipolygon beside the points and lines.
    flat = shapely.get_parts(shapely.get_parts(geom))
    parts = [part for part in flat if part.geom_type == "Polygon" and not part.is_empty]
    return shapely.multipolygons(parts) if parts else None


def _unite(outlines: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Make one area of all countries: half as much to draw, and no seams where two of them meet."""
    return [shapely.union_all(outlines)]


def _without_islets(geom: BaseGeometry) -> BaseGeometry:
    parts = getattr(geom, "geoms", [geom])
    kept = [part for part in parts if part.area >= _FAR_ISLAND_DEG2]
    return shapely.multipolygons(kept or [max(parts, key=lambda part: part.area)])


def split_lines(
    outlines: Sequence[BaseGeometry], frame: Bounds = (-180.0, -90.0, 180.0, 90.0)
) -> tuple[list[BaseGeometry], list[BaseGeometry]]:
    """Tell coasts from borders: a segment that two outlines share is a border, drawn once.

    Returns
    -------
    tuple
        Coast lines and border lines. The cuts along ``frame`` and along the antimeridian are neither.
    """
    segments = [_segments(ring) for geom in outlines for ring in _rings(geom)]
    if not segments:
        return [], []
    ends = np.rint(np.concatenate(segments) * 1e6).astype(np.int64)
    swap = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[swap] = ends[swap][:, [2, 3, 0, 1]]
    unique, counts = np.unique(ends, axis=0, return_counts=True)
    degrees = unique / 1e6
    west, south, east, north = frame
    on_edge = np.zeros(len(degrees), dtype=bool)
    for column, edge in ((0, west), (0, east), (0, -180.0), (0, 180.0), (1, south), (1, north)):
        on_edge |= (np.abs(degrees[:, column] - edge) < _EDGE_DEG) & (np.abs(degrees[:, column + 2] - edge) < _EDGE_DEG)
    coasts, borders = degrees[(counts == 1) & ~on_edge], degrees[(counts > 1) & ~on_edge]
    return _merge(coasts), _merge(borders)


def _rings(geom: BaseGeometry) -> Iterable[NDArray[np.float64]]:
    for part in getattr(geom, "geoms", [geom]):
        yield shapely.get_coordinates(part.exterior)
        for hole in part.interiors:
            yield shapely.get_coordinates(hole)


def _segments(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.hstack([ring[:-1], ring[1:]])


def _merge(segments: NDArray[np.float64]) -> list[BaseGeometry]:
    if not len(segments):
        return []
    merged = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(segments.reshape(-1, 2, 2))))
    return list(getattr(merged, "geoms", [merged]))


def _draw_disputed(gazetteer: Gazetteer, near: Bounds, detail_deg: float, viewpoint: Viewpoint) -> list[dict[str, Any]]:
    drawn = []
    seen = shapely.union_all([box(*bounds) for _, bounds in _turns(near)])
    for _, name, note, geom in gazetteer.disputed(viewpoint):
        if geom.geom_type not in {"Polygon", "MultiPolygon"} or not geom.intersects(seen):
            continue
        part = geom.simplify(detail_deg, preserve_topology=True)
        at = part.representative_point()
        coded = encode_polygons([part], SCALE)
        drawn.append({"name": name, "note": note, "at": [round(at.x, 3), round(at.y, 3)], "geom": coded})
    return drawn


def _labels(
    gazetteer: Gazetteer, world: Sequence[list[Any]], inside: Sequence[Outline], frame: Bounds
) -> list[list[Any]]:
    """Return names as ``[lon, lat, text, kind, zoom from which it is shown]``, the important ones first.

    A country near the story has its name in the part that is near: Russia's stands west of the Urals if the story does.
    """
    near = {code: _label_point(geom) for code, _, geom in sorted(inside, key=lambda outline: outline[2].area)}
    countries, capitals = [], []
    for lon, lat, name, kind, zoom, code in world:
        at = near.get(code)
        where = [lon, lat] if at is None else [round(at.x, 2), round(at.y, 2)]
        countries.append([*where, name, kind, zoom])
    for code, _, geom in inside:
        place = gazetteer.get(code)
        capital = gazetteer.capital(place.country) if place is not None and place.country else None
        if capital is not None:
            zoom = _CAPITALS_AT_ZOOM[geom.area < _SMALL_DEG2]
            row = [round(capital.lon, 3), round(capital.lat, 3), capital.name, "capital", zoom]
            capitals.append((capital.population, row))
    return countries + _repeat(inside, frame) + [row for _, row in sorted(capitals, key=lambda pair: -pair[0])]


def _repeat(inside: Sequence[Outline], frame: Bounds) -> list[list[Any]]:
    """Name each country again in every part of the frame: the page shows the first of them that is in view."""
    west, south, east, north = frame
    dx, dy = (east - west) / _CELLS, (north - south) / _CELLS
    found: list[tuple[float, list[Any]]] = []
    for column, row in product(range(_CELLS), repeat=2):
        left, low = west + column * dx, south + row * dy
        for _, name, geom in inside:
            part = shapely.clip_by_rect(geom, left, low, left + dx, low + dy)
            at = _label_point(part) if part.area > _CELL_SHARE * dx * dy else None
            if at is not None:
                found.append((part.area, [round(at.x, 2), round(at.y, 2), name, "country", _REPEATED_AT_ZOOM]))
    return [label for _, label in sorted(found, key=lambda pair: -pair[0])]


def _label_point(geom: BaseGeometry) -> BaseGeometry | None:
    polygons = _polygons(geom)
    if polygons is None:
        return None
    part = max(polygons.geoms, key=lambda part: part.area)
    centre = part.centroid
    return centre if part.contains(centre) else part.representative_point()


# --- coding -----------------------------------------------------------------------------------------------------------


def encode_arrays(lines: Sequence[NDArray[np.float64]], scale: float) -> list[list[int]]:
    """Code lines as whole units of ``scale``, each point as its difference from the point before.

    Points that fall together in these units are dropped; the first of each line always stays.
    """
    if not lines:
        return []
    lengths = np.array([len(line) for line in lines])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    units = np.rint(np.concatenate(lines)[:, :2] / scale).astype(np.int64)
    steps = np.diff(units, axis=0, prepend=units[:1])
    steps[starts] = units[starts]
    moved = (steps != 0).any(axis=1)
    moved[starts] = True
    kept = np.add.reduceat(moved, starts, dtype=np.int64)
    flat = steps[moved].ravel().tolist()
    ends = (2 * np.cumsum(kept)).tolist()
    return [flat[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def encode_lines(geoms: Iterable[BaseGeometry], scale: float) -> list[list[int]]:
    """Code all lines of some geometries; what shrinks to a point is dropped."""
    lines = [part for part in shapely.get_parts(list(geoms)) if part.geom_type == "LineString" and not part.is_empty]
    coded = encode_arrays([shapely.get_coordinates(line) for line in lines], scale)
    return [line for line in coded if len(line) >= 4]  # noqa: PLR2004 - two points of two numbers


def encode_polygons(geoms: Iterable[BaseGeometry], scale: float) -> list[list[list[int]]]:
    """Code all polygons of some geometries: for each its outer ring and its holes, unclosed."""
    polygons = [part for part in shapely.get_parts(list(geoms)) if part.geom_type == "Polygon" and not part.is_empty]
    rings = [[ring[:-1] for ring in _rings(polygon)] for polygon in polygons]
    coded = iter(encode_arrays([ring for group in rings for ring in group], scale))
    grouped = [[ring for _ in group if len(ring := next(coded)) >= 6] for group in rings]  # noqa: PLR2004 - a triangle
    return [group for group in grouped if group]
