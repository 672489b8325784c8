"""The gazetteer's compressed form in the package, and the SQLite file that is expanded from it.

An archive holds the tables of the gazetteer column by column: whole numbers as differences with their bytes in planes,
texts one a line, the vertices of all shapes in one run. Keys, consonant skeletons and indexes are not in it; they are
made when it is expanded. It is a sequence of xz streams (``xz -d`` reads it), one for each column, the first of them
a header in JSON. ``data/build_gazetteer.py`` writes it, :mod:`geomap.gazetteer` expands it.
"""

from __future__ import annotations

import itertools
import json
import lzma
import sqlite3
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from geomap.spellings import fold_all, skeleton_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

Row = tuple[Any, ...]
Tables = dict[str, list[Row]]
"""Rows of each table of :data:`COLUMNS`, and of ``names``: (place, kind, name), sorted by place."""

FORM = 2
"""Number of the expanded form: raise it when SCHEMA, fold or skeleton changes, so that old caches are not read."""

KIND_NUMBERS = {"main": 0, "alternate": 1, "abbreviation": 2, "demonym": 3}
"""Kinds of stored names, as numbers."""

COORDINATE_SCALE = 100_000
"""Points are stored as whole numbers of 1e-5 degrees (about 1 m)."""

SHAPE_SCALE = 10_000
"""Vertices of shapes are stored as whole numbers of 1e-4 degrees (about 11 m, below the accuracy of the source)."""

FUZZY_POPULATION = 10_000
"""Inhabitants from which a place can be found by a fuzzy match; smaller ones only look alike."""

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE places (id INTEGER PRIMARY KEY, name TEXT, feature_code TEXT, country TEXT, admin1 TEXT,
                     lon INTEGER, lat INTEGER, population INTEGER, uncertainty_m INTEGER, source TEXT);
CREATE TABLE slugs (id INTEGER PRIMARY KEY, slug TEXT UNIQUE);
CREATE TABLE names (key TEXT, place INTEGER, kind INTEGER, name TEXT, PRIMARY KEY (key, place)) WITHOUT ROWID;
CREATE TABLE skeletons (skeleton TEXT, key TEXT, PRIMARY KEY (skeleton, key)) WITHOUT ROWID;
CREATE TABLE countries (iso TEXT PRIMARY KEY, place INTEGER, capital INTEGER, continent TEXT) WITHOUT ROWID;
CREATE TABLE shapes (rowid INTEGER PRIMARY KEY, place INTEGER, viewpoint INTEGER, level INTEGER, coarse INTEGER,
                     label TEXT, west REAL, south REAL, east REAL, north REAL, shape BLOB);
CREATE TABLE borders (a TEXT, b TEXT, viewpoint INTEGER, shape BLOB, PRIMARY KEY (a, b, viewpoint)) WITHOUT ROWID;
CREATE TABLE disputed (slug TEXT, viewpoint INTEGER, name TEXT, note TEXT, shape BLOB);
CREATE TEMP TABLE unsorted_names (key TEXT, place INTEGER, kind INTEGER, name TEXT);
CREATE TEMP TABLE unsorted_skeletons (skeleton TEXT, key TEXT);
"""

FINISH = """
INSERT INTO names SELECT key, place, kind, name FROM unsorted_names ORDER BY key, place;
INSERT INTO skeletons SELECT DISTINCT skeleton, key FROM unsorted_skeletons ORDER BY skeleton, key;
DROP TABLE unsorted_names;
DROP TABLE unsorted_skeletons;
CREATE INDEX places_divisions ON places (country, admin1) WHERE feature_code = 'ADM1';
CREATE INDEX shapes_places ON shapes (place, coarse);
CREATE INDEX shapes_boxes ON shapes (level, coarse, viewpoint, west, east, south, north);
"""

COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "places": (
        ("id", "steps"), ("feature_code", "text"), ("country", "text"), ("admin1", "text"), ("lon", "steps"),
        ("lat", "steps"), ("population", "whole"), ("uncertainty_m", "whole"), ("source", "text"),
    ),
    "other_names": (("place", "steps"), ("kind", "whole"), ("name", "text")),
    "slugs": (("id", "steps"), ("slug", "text")),
    "countries": (("iso", "text"), ("place", "whole"), ("capital", "whole"), ("continent", "text")),
    "shapes": (
        ("place", "steps"), ("viewpoint", "whole"), ("level", "whole"), ("coarse", "whole"), ("label", "text"),
        ("west", "steps"), ("south", "steps"), ("east", "steps"), ("north", "steps"), ("shape", "shape"),
    ),
    "borders": (("a", "text"), ("b", "text"), ("viewpoint", "whole"), ("shape", "shape")),
    "disputed": (("slug", "text"), ("viewpoint", "whole"), ("name", "text"), ("note", "text"), ("shape", "shape")),
}  # fmt: skip
"""Columns of each table in the archive, and how each is written: whole numbers as they are or as steps from one row to
the next, text one a line, shapes with those of the other tables. Names of places go with their alternates."""

_LZMA = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 24}
_FILTERS: dict[str, dict[str, Any]] = {
    "text": {**_LZMA, "lc": 4, "lp": 0, "pb": 0},
    "bytes": {**_LZMA, "lc": 0, "lp": 0, "pb": 0},
    "pairs": {**_LZMA, "lc": 0, "lp": 2, "pb": 2},
}
"""Settings that suit text, planes of bytes, and pairs of 16-bit numbers; 16 MB of memory to expand."""

_HEAD = struct.Struct("<BBI")
"""Start of a packed shape: area or line, width of the steps, number of parts."""

_NULL = "\0"
"""Stands for no value in a column of text."""

_BATCH = 40_000
"""Places whose names are folded and stored at once, which bounds the memory."""

_TOWN = "PPL"
"""Start of the feature codes of populated places."""


class ArchiveError(ValueError):
    """The bytes are no archive of a gazetteer."""


def town_reaches_m(population: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the uncertainties of towns' points, in metres.

    A town of 10,000 is about 2 km across, a city of a million about 20 km (10 m times the root of its people).
    """
    reaches: NDArray[np.int64] = np.rint(1000 + 10 * np.sqrt(population)).astype(np.int64)
    return reaches


class _Packed(NamedTuple):
    """A shape as numbers: rings of each part, vertices of each ring, its first vertex, the steps to the next ones."""

    areal: int
    wide: int
    """1 where a step does not fit 16 bits."""
    counts: NDArray[Any]
    lengths: NDArray[Any]
    starts: NDArray[Any]
    steps: NDArray[Any]

    @classmethod
    def read(cls, blob: bytes) -> _Packed:
        areal, wide, n_parts = _HEAD.unpack_from(blob)
        offset = _HEAD.size

        def take(dtype: str, count: int) -> NDArray[Any]:
            nonlocal offset
            values = np.frombuffer(blob, dtype, count, offset)
            offset += values.nbytes
            return values

        counts = take("<u4", n_parts)
        n_rings = int(counts.sum())
        lengths = take("<u4", n_rings).astype(np.int64)
        starts = take("<i4", 2 * n_rings).reshape(-1, 2).astype(np.int64)
        n_steps = int(lengths.sum()) - n_rings
        kind = "<i4" if wide else "<i2"
        steps = np.column_stack([take(kind, n_steps), take(kind, n_steps)]).astype(np.int64)
        return cls(areal, wide, counts, lengths, starts, steps)

    def write(self) -> bytes:
        kind = "<i4" if self.wide else "<i2"
        columns = (
            self.counts.astype("<u4"), self.lengths.astype("<u4"), self.starts.astype("<i4"),
            self.steps[:, 0].astype(kind), self.steps[:, 1].astype(kind),
        )  # fmt: skip
        return _HEAD.pack(self.areal, self.wide, len(self.counts)) + b"".join(column.tobytes() for column in columns)


def pack(geom: BaseGeometry) -> bytes:
    """Write a polygon or line as quantised differences between vertices.

    Shared vertices of neighbours stay equal, since each is rounded to the same grid (:data:`SHAPE_SCALE`). The form
    takes an eighth of the room of well-known binary.

    Parameters
    ----------
    geom
        Polygon, MultiPolygon, LineString or MultiLineString, EPSG:4326.
    """
    parts = [part for part in shapely.get_parts(geom) if not part.is_empty]
    areal = bool(parts) and parts[0].geom_type == "Polygon"
    rings_of = [list(shapely.get_rings(part)) if areal else [part] for part in parts]
    rings = [
        np.rint(shapely.get_coordinates(ring) * SHAPE_SCALE).astype(np.int64) for rings in rings_of for ring in rings
    ]
    rings = [ring[np.r_[True, (np.diff(ring, axis=0) != 0).any(axis=1)]] for ring in rings]
    steps = [np.diff(ring, axis=0) for ring in rings]
    wide = any(len(step) and np.abs(step).max() > np.iinfo(np.int16).max for step in steps)
    return _Packed(
        areal=int(areal),
        wide=int(wide),
        counts=np.array([len(rings) for rings in rings_of]),
        lengths=np.array([len(ring) for ring in rings]),
        starts=np.array([ring[0] for ring in rings]).reshape(-1, 2),
        steps=np.concatenate([np.empty((0, 2), np.int64), *steps]),
    ).write()


def unpack(blob: bytes) -> BaseGeometry:
    """Read what :func:`pack` wrote."""
    areal, _, counts, lengths, starts, steps = _Packed.read(blob)
    n_parts, n_rings = len(counts), len(lengths)
    ends = np.cumsum(lengths)
    firsts = ends - lengths
    flat = np.empty((int(ends[-1]) if n_rings else 0, 2), np.int64)
    inner = np.ones(len(flat), bool)
    inner[firsts] = False
    flat[inner] = steps
    flat[firsts] = starts
    # One running sum over everything; subtracting the sum before each ring makes every ring start at its own start.
    total = np.cumsum(flat, axis=0)
    before = np.zeros((n_rings, 2), np.int64)
    before[1:] = total[ends[:-1] - 1]
    coordinates = (total - np.repeat(before, lengths, axis=0)) / SHAPE_SCALE
    ring_ids = np.repeat(np.arange(n_rings), lengths)
    if not areal:
        lines = shapely.linestrings(coordinates, indices=ring_ids)
        return lines[0] if n_parts == 1 else shapely.multilinestrings(lines)
    rings = shapely.linearrings(coordinates, indices=ring_ids)
    polygons = shapely.polygons(rings[np.cumsum(counts) - counts])
    if n_rings > n_parts:
        parts = np.repeat(np.arange(n_parts), counts)
        polygons = np.array(
            [shapely.Polygon(rings[parts == i][0], list(rings[parts == i][1:])) for i in range(n_parts)], dtype=object
        )
    return polygons[0] if n_parts == 1 else shapely.multipolygons(polygons)


def write_archive(tables: Tables, meta: Mapping[str, str]) -> bytes:
    """Write the tables of a gazetteer as an archive.

    Parameters
    ----------
    tables
        Rows in the order of the columns of :data:`SCHEMA`, except ``names`` (place, kind, name), which hold all names
        but those under which ``places`` has a place. The same rows give the same bytes.
    meta
        What the gazetteer says of itself, each value in JSON.
    """
    sections = dict(_sections(tables))
    header = {"meta": dict(sorted(meta.items())), "sections": [(key, len(sections[key][1])) for key in sections]}
    head = json.dumps(header).encode()
    streams = [("text", struct.pack("<I", len(head)) + head), *sections.values()]
    return b"".join(lzma.compress(content, filters=[_FILTERS[kind]]) for kind, content in streams)


def expand_archive(archive: bytes, target: Path, advance: Callable[[float], object] = float) -> None:
    """Make the SQLite file of a gazetteer.

    Parameters
    ----------
    archive
        What :func:`write_archive` wrote.
    target
        An empty or missing file.
    advance
        Called with the share of the work (0 to 1) that was done since the last call.

    Raises
    ------
    ArchiveError
        When the bytes are no archive.
    OSError
        When the file cannot be written.
    """
    meta, sections = _read_sections(archive)
    advance(0.1)
    try:
        connection = sqlite3.connect(target, isolation_level=None)
        try:
            _fill(connection, meta, sections, advance)
        finally:
            connection.close()
    except sqlite3.Error as error:
        message = f"{target} cannot be written ({error})"
        raise OSError(message) from error


def _sections(tables: Tables) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """Yield name, kind of compression and bytes of each column."""
    alternates, others = _split_names(tables["names"])
    # A place's names stand side by side, since they are alike.
    spelled = [(row[1], *alternates.get(row[0], ())) for row in tables["places"]]
    if any("\t" in name for names in spelled for name in names):
        message = "a name of the gazetteer holds a tabulator"
        raise ValueError(message)
    lines = ["\t".join(names) for names in spelled]
    yield "spellings", ("text", _write_text(lines))
    shortened = {
        **tables,
        "places": _shorten_places(tables["places"]),
        "other_names": others,
        "shapes": [(*row[:5], *(round(value * SHAPE_SCALE) for value in row[5:9]), row[9]) for row in tables["shapes"]],
        "countries": [(iso, place, capital or 0, continent) for iso, place, capital, continent in tables["countries"]],
    }
    shapes: list[bytes] = []
    for table, columns in COLUMNS.items():
        values: Sequence[Sequence[Any]] = list(zip(*shortened[table], strict=True)) or [()] * len(columns)
        for (name, encoding), column in zip(columns, values, strict=True):
            if encoding == "shape":
                shapes += column
            elif encoding == "text":
                yield f"{table}.{name}", ("text", _write_text(column))
            else:
                yield f"{table}.{name}", ("bytes", _write_numbers(column, steps=encoding == "steps"))
    yield from _shape_sections(shapes)


def _split_names(names: Iterable[Row]) -> tuple[dict[int, list[str]], list[Row]]:
    alternates: dict[int, list[str]] = {}
    others = []
    for place, kind, name in names:
        if kind == KIND_NUMBERS["alternate"]:
            alternates.setdefault(place, []).append(name)
        else:
            others.append((place, kind, name))
    return alternates, others


def _shorten_places(rows: Sequence[Row]) -> list[Row]:
    """Leave out the names, and the part of the uncertainty that the population tells."""
    told = _told_reaches_m([row[2] for row in rows], [row[7] for row in rows])
    return [(row[0], *row[2:8], row[8] - reach, row[9]) for row, reach in zip(rows, told.tolist(), strict=True)]


def _told_reaches_m(codes: Sequence[str], population: Sequence[int]) -> NDArray[np.int64]:
    """Return the part of each uncertainty that the population tells, which the archive leaves out."""
    return np.where(_are_towns(codes), town_reaches_m(population), 0)


def _are_towns(codes: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([code.startswith(_TOWN) for code in codes], bool)


def _write_text(values: Iterable[str | None]) -> bytes:
    lines = [_NULL if value is None else value for value in values]
    text = "\n".join(lines)
    if text.count("\n") != max(len(lines) - 1, 0):
        message = "a text of the gazetteer holds a line break"
        raise ValueError(message)
    return text.encode()


def _read_text(content: bytes) -> list[str | None]:
    return [None if value == _NULL else value for value in content.decode().split("\n")]


def _write_numbers(values: Sequence[int] | NDArray[np.int64], *, steps: bool) -> bytes:
    numbers = np.asarray(values, np.int64)
    if steps:
        numbers = np.diff(numbers, prepend=0)
    # The sign goes to the lowest bit, so that small numbers of both signs have zeros in the higher bytes.
    unsigned = ((numbers << 1) ^ (numbers >> 63)).astype("<u8")
    return unsigned.view(np.uint8).reshape(-1, 8).T.tobytes()


def _read_numbers(content: bytes, *, steps: bool) -> NDArray[np.int64]:
    planes = np.frombuffer(content, np.uint8).reshape(8, -1)
    unsigned = np.ascontiguousarray(planes.T).view("<u8").ravel()
    numbers = (unsigned >> np.uint64(1)).astype(np.int64) ^ -(unsigned & np.uint64(1)).astype(np.int64)
    return np.cumsum(numbers) if steps else numbers


def _shape_sections(blobs: Sequence[bytes]) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """Take packed shapes apart: what each consists of, where its rings start, and the steps between vertices."""
    parts = [_Packed.read(blob) for blob in blobs]
    empty = np.empty((0, 2), np.int64)

    def join(arrays: Iterable[NDArray[Any]], first: NDArray[Any]) -> NDArray[np.int64]:
        return np.concatenate([first, *arrays]).astype(np.int64)

    starts = join((part.starts for part in parts), empty)
    numbers: dict[str, Sequence[int] | NDArray[np.int64]] = {
        "areal": [part.areal for part in parts],
        "wide": [part.wide for part in parts],
        "parts": [len(part.counts) for part in parts],
        "rings": join((part.counts for part in parts), empty[:, 0]),
        "vertices": join((part.lengths for part in parts), empty[:, 0]),
    }
    for name, values in numbers.items():
        yield f"shape.{name}", ("bytes", _write_numbers(values, steps=False))
    for name, column in zip(("x", "y"), starts.T, strict=True):
        yield f"shape.{name}", ("bytes", _write_numbers(column, steps=True))
    for name, wide, kind in (("narrow_steps", False, "<i2"), ("wide_steps", True, "<i4")):
        chosen = join((part.steps for part in parts if part.wide == wide), empty)
        yield f"shape.{name}", ("pairs", chosen.astype(kind).tobytes())


def _read_shapes(sections: Mapping[str, bytes]) -> Iterator[bytes]:
    """Put the packed shapes together again."""
    areal, wide, counts, rings, lengths = (
        _read_numbers(sections[f"shape.{name}"], steps=False)
        for name in ("areal", "wide", "parts", "rings", "vertices")
    )
    starts = np.column_stack([_read_numbers(sections[f"shape.{name}"], steps=True) for name in ("x", "y")])
    narrow = np.frombuffer(sections["shape.narrow_steps"], "<i2").reshape(-1, 2)
    far = np.frombuffer(sections["shape.wide_steps"], "<i4").reshape(-1, 2)
    at_part = at_ring = 0
    at_step = [0, 0]
    for is_areal, is_wide, n_parts in zip(areal.tolist(), wide.tolist(), counts.tolist(), strict=True):
        per_part = rings[at_part : at_part + n_parts]
        n_rings = int(per_part.sum())
        per_ring = lengths[at_ring : at_ring + n_rings]
        n_steps = int(per_ring.sum()) - n_rings
        first = at_step[is_wide]
        steps = (far if is_wide else narrow)[first : first + n_steps]
        yield _Packed(is_areal, is_wide, per_part, per_ring, starts[at_ring : at_ring + n_rings], steps).write()
        at_part += n_parts
        at_ring += n_rings
        at_step[is_wide] += n_steps


def _read_sections(archive: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    try:
        content = memoryview(lzma.decompress(archive))
        (size,) = struct.unpack_from("<I", content)
        header = json.loads(bytes(content[4 : 4 + size]))
        ends = list(itertools.accumulate((length for _, length in header["sections"]), initial=4 + size))
        names = [name for name, _ in header["sections"]]
        sections = {name: bytes(content[a:b]) for name, (a, b) in zip(names, itertools.pairwise(ends), strict=True)}
    except (lzma.LZMAError, struct.error, ValueError, KeyError, TypeError) as error:
        message = f"no archive of a gazetteer ({error})"
        raise ArchiveError(message) from error
    return header["meta"], sections


def _fill(
    connection: sqlite3.Connection,
    meta: Mapping[str, str],
    sections: Mapping[str, bytes],
    advance: Callable[[float], object],
) -> None:
    # The file is renamed into place when it is whole, so that no journal is needed.
    for setting in ("page_size = 4096", "journal_mode = OFF", "synchronous = OFF", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {setting}")
    connection.executescript(SCHEMA)
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO meta VALUES (?,?)", sorted(meta.items()))
    blobs = _read_shapes(sections)
    tables = {table: _read_columns(table, sections, blobs) for table in COLUMNS}
    for table in ("slugs", "countries", "shapes", "borders", "disputed"):
        _insert(connection, table, _lengthen(table, tables[table]))
    advance(0.1)
    _fill_names(connection, sections, tables, advance)
    for statement in FINISH.strip().splitlines():
        connection.execute(statement)
    connection.execute("COMMIT")
    advance(0.3)


def _read_columns(table: str, sections: Mapping[str, bytes], blobs: Iterator[bytes]) -> list[Sequence[Any]]:
    columns: list[Sequence[Any]] = []
    for name, encoding in COLUMNS[table]:
        if encoding == "shape":
            columns.append(list(itertools.islice(blobs, len(columns[0]))))
        elif encoding == "text":
            columns.append(_read_text(sections[f"{table}.{name}"]))
        else:
            columns.append(_read_numbers(sections[f"{table}.{name}"], steps=encoding == "steps").tolist())
    return columns


def _lengthen(table: str, columns: list[Sequence[Any]]) -> Iterator[Row]:
    """Yield the rows of a table of SQLite."""
    if table == "shapes":
        boxes = [(np.array(column) / SHAPE_SCALE).tolist() for column in columns[5:9]]
        return zip(range(1, len(columns[0]) + 1), *columns[:5], *boxes, columns[9], strict=True)
    if table == "countries":
        return zip(*columns[:2], [number or None for number in columns[2]], columns[3], strict=True)
    return zip(*columns, strict=True)


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    rows = iter(rows)
    if (first := next(rows, None)) is not None:
        values = ",".join("?" * len(first))
        statement = f"INSERT INTO {table} VALUES ({values})"  # noqa: S608 - names of our own
        connection.executemany(statement, itertools.chain([first], rows))


def _fill_names(
    connection: sqlite3.Connection,
    sections: Mapping[str, bytes],
    tables: Mapping[str, list[Sequence[Any]]],
    advance: Callable[[float], object],
) -> None:
    """Fill the tables of places, names and skeletons, some thousand places at a time."""
    spellings = sections["spellings"].decode().split("\n")
    ids, codes, *columns, population, reaches, source = tables["places"]
    reaches = (np.array(reaches) + _told_reaches_m(codes, population)).tolist()
    known = ~_are_towns(codes) | (np.array(population) >= FUZZY_POPULATION)
    for start in range(0, len(ids), _BATCH):
        batch = slice(start, start + _BATCH)
        names = [line.split("\t") for line in spellings[batch]]
        rest = (column[batch] for column in (codes, *columns, population, reaches, source))
        _insert(connection, "places", zip(ids[batch], [own for own, *_ in names], *rest, strict=True))
        counts = np.array([len(names_of) for names_of in names])
        kinds = np.full(counts.sum(), KIND_NUMBERS["alternate"])
        kinds[np.cumsum(counts) - counts] = KIND_NUMBERS["main"]
        flat = list(itertools.chain.from_iterable(names))
        _add_names(connection, flat, np.repeat(ids[batch], counts), kinds, np.repeat(known[batch], counts))
        advance(0.5 * len(names) / len(ids))
    if tables["other_names"][0]:
        places, other_kinds, others = tables["other_names"]
        of_known = np.isin(places, np.array(ids)[known]) & (np.array(other_kinds) <= KIND_NUMBERS["alternate"])
        _add_names(connection, others, np.array(places), np.array(other_kinds), of_known, own=False)


def _add_names(
    connection: sqlite3.Connection,
    names: Sequence[str],
    places: NDArray[np.int64],
    kinds: NDArray[np.int64],
    fuzzy: NDArray[np.bool_],
    *,
    own: bool = True,
) -> None:
    """Store names; those that the place (``own``: its main name) or the key tells are left out."""
    keys = fold_all(names)
    titles = "\n".join(keys).title().split("\n")
    main = KIND_NUMBERS["main"] if own else None
    numbers = kinds.tolist()
    stored = [
        None if kind == main else "" if name == title else name
        for kind, name, title in zip(numbers, names, titles, strict=True)
    ]
    _insert(connection, "unsorted_names", zip(keys, places.tolist(), numbers, stored, strict=True))
    found = list(set(itertools.compress(keys, fuzzy.tolist())))
    bones = zip(skeleton_all(found), found, strict=True)
    _insert(connection, "unsorted_skeletons", [pair for pair in bones if len(pair[0]) > 1 and " " not in pair[0]])
