"""The offline base map as SVG, which a browser draws without a script having to read, project or clip it.

Units are thousandths of a degree of longitude in the spherical Mercator projection, x to the east and y to the south
of where the equator meets the prime meridian: whole numbers, fine enough for the nearest zoom. The page's script only
scales and shifts the whole.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from geomap.basemaps import SCALE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_PARTS = {"land": "land", "lakes": "lake", "provinces": "province", "coasts": "coast", "borders": "border"}
"""Part of a level and its class in the style sheet, in the order of drawing."""
_WIDTHS = {"border": 1.0}
"""Widths of lines in pixels of the screen, at every zoom; all others have that of the whole.

Up to a pixel a browser draws a line several times as fast as a wider one.
"""
_LINE = 'vector-effect="non-scaling-stroke"'
_AREAS = frozenset({"land", "lakes"})
_FARTHEST_LAT = 85.0
_TURN = 360_000


def draw(base: Mapping[str, Any]) -> str:
    """Draw a base map.

    Parameters
    ----------
    base
        What :func:`geomap.basemaps.build` made.

    Returns
    -------
    str
        SVG: the far world three times, once for each turn round the globe, then the surroundings of the story, then
        the disputed areas. The page may wait with the first of these, ``#far``.
    """
    far, near = base["levels"]
    west, south, east, north = base["near"]
    (left, top), (right, bottom) = _project(np.array([(west, north), (east, south)])).tolist()
    look = f'class="contested" {_LINE} fill-opacity=".6" stroke-dasharray="4 3"'
    disputed = "".join(
        f'<path {look} d="{_trace(_rings(one["geom"]), SCALE, close=True)}"/>' for one in base["disputed"]
    )
    # Whatever is drawn twice is named once: the far world is as large as all the rest.
    return (
        f'<g id="far"><g id="far-world" transform="scale({far["scale"] / SCALE:g})">{_draw_level(far)}</g>'
        f'<use href="#far-world" x="{-_TURN}"/><use href="#far-world" x="{_TURN}"/></g>'
        f'<path class="sea" d="M{left} {top}H{right}V{bottom}H{left}z"/>{_draw_level(near)}'
        f'<g id="disputed-areas">{disputed}</g>'
        f'<use href="#disputed-areas" x="{-_TURN}"/><use href="#disputed-areas" x="{_TURN}"/>'
    )


def _draw_level(level: Mapping[str, Any]) -> str:
    drawn = []
    for part, name in _PARTS.items():
        lines = _rings(level[part]) if part in _AREAS else level[part]
        if lines:
            width = f' stroke-width="{_WIDTHS[name]}"' if name in _WIDTHS else ""
            path = _trace(lines, level["scale"], close=part in _AREAS)
            drawn.append(f'<path class="{name}" {_LINE}{width} d="{path}"/>')
    return "".join(drawn)


def _rings(polygons: Sequence[Sequence[Sequence[int]]]) -> list[Sequence[int]]:
    return list(chain.from_iterable(polygons))


def _project(degrees: NDArray[np.float64], scale: float = SCALE) -> NDArray[np.int64]:
    """Return longitudes and latitudes in whole units of ``scale`` degrees of the projected map, y down."""
    lat = np.radians(np.clip(degrees[:, 1], -_FARTHEST_LAT, _FARTHEST_LAT))
    projected = np.column_stack([degrees[:, 0], -np.degrees(np.arctanh(np.sin(lat)))])
    return np.rint(projected / scale).astype(np.int64)


def _trace(lines: Sequence[Sequence[int]], scale: float, *, close: bool) -> str:
    """Return coded lines (:func:`geomap.basemaps.encode_arrays`) as the data of an SVG path."""
    if not lines:
        return ""
    lengths = np.array([len(line) // 2 for line in lines])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    steps = np.fromiter(chain.from_iterable(lines), dtype=np.int64).reshape(-1, 2)
    run = np.cumsum(steps, axis=0)
    at = _project((run - np.repeat(run[starts] - steps[starts], lengths, axis=0)) * scale, scale)
    moved = np.diff(at, axis=0, prepend=at[:1])
    moved[starts] = at[starts]
    written = [f"{x} {y}" for x, y in moved.tolist()]
    end = "z" if close else ""
    traced = (
        f"M{written[start]}l{' '.join(written[start + 1 : start + length])}{end}"
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True)
    )
    return "".join(traced).replace(" -", "-")
