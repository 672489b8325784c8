"""Names of places: from a name to candidate places, from the embedded SQLite file.

The gazetteer joins GeoNames (places, divisions, alternate names), Natural Earth (polygons of divisions, from which
countries and borders are dissolved) and tables of geomap's own (regions, waters, facilities, demonyms). It travels
in the package as one compressed file and is expanded once into the user's cache; look-ups then read SQLite pages on
demand, so that there is nothing to load. ``data/build_gazetteer.py`` makes the file.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sqlite3
import struct
import sys
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import shapely

from geomap.archives import (
    COORDINATE_SCALE,
    FORM,
    KIND_NUMBERS,
    ArchiveError,
    expand_archive,
    unpack,
)
from geomap.errors import DataError
from geomap.model import Place
from geomap.settings import DEFAULTS, Settings
from geomap.shapes import folders, kept
from geomap.spellings import LONGEST_NAME, fold, latinise, skeleton

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

NameKind = Literal["main", "alternate", "abbreviation", "demonym", "fuzzy"]
OutlineLevel = Literal["country", "province"]
Bounds = tuple[float, float, float, float]

__all__ = ["Disputed", "Gazetteer", "Match", "NameKind", "Outline", "expand", "fold", "is_minor"]

FUZZY_FLOOR = 0.72
"""Least similarity (0 to 1) of a fuzzy match; below it, names that share their consonants only look alike."""

COARSE_SPAN_DEG = 6.0
"""Width of a map from which the outlines simplified to 0.05 degrees serve (below a pixel on a 1000 px page)."""

_KINDS: tuple[NameKind, ...] = ("main", "alternate", "abbreviation", "demonym")
"""Kinds of stored names, at the numbers that archives.KIND_NUMBERS gives them."""

_VIEWPOINTS = {"un": 1, "de-facto": 2}
_QUALITY: dict[NameKind, float] = {"main": 1.0, "alternate": 0.9, "abbreviation": 1.0, "demonym": 0.9, "fuzzy": 0.0}
_FUZZY_BEST = 0.85
"""Quality of a fuzzy match with likeness 1: below every stored name."""

_KNOWN_CODES = {"CONT", "RGN", "OCN", "SEA", "GULF", "STRT"}
"""Feature codes whose places have no inhabitants of their own to be ranked by, yet are meant before a village."""

_INHABITED = ("PPL", "ADM", "PCL", "CONT", "TERR", "STLMT")
"""Starts of the feature codes of towns, divisions, states and continents."""

_KNOWN_QUALITY = 0.85
"""Quality from which that holds: any stored name, no fuzzy one."""

_LONGEST_ID = 12
"""Digits of a GeoNames id, at most; longer ones do not fit SQLite's integers."""

_COARSE_DEG = 0.05
"""Tolerance, in degrees, of the coarse outlines in the file; wider pixels are simplified further."""

_THREE_DECIMALS_DEG = 0.005
"""Degrees a pixel up to which outlines keep three decimals (100 m), else two (1 km)."""

_SQLITE_HEAD = struct.Struct(">16sH10xI")
_SQLITE_MARK = b"SQLite format 3\0"
"""Mark, page size and number of pages at the start of a database (SQLite's documentation of its file format)."""

_SHORT = 3
"""Letters; in names as short as this, other case or full stops mean another word ("Us" and "U.S.")."""


class Match(NamedTuple):
    """A place that a name may mean, and how the name fits it."""

    place: Place
    name: str
    """The name as the gazetteer writes it."""
    kind: NameKind
    quality: float
    """1 for the main name, letter for letter; less for alternates and for the likeness of fuzzy matches."""


class Outline(NamedTuple):
    """One area of the base map."""

    id: str
    name: str
    geometry: BaseGeometry


class Disputed(NamedTuple):
    """An area that the map hatches and labels, since states disagree on whose it is."""

    id: str
    name: str
    note: str
    geometry: BaseGeometry


@dataclass(frozen=True, slots=True)
class _Asset:
    """The compressed gazetteer in the package, and what it expands to."""

    path: Path
    sha256: str


class Gazetteer:
    """Look-ups in one gazetteer file, read-only.

    Use :meth:`open`; it keeps one object per file. Each thread gets a connection of its own.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.identity = _identity(path)
        self._local = threading.local()
        self._candidates = functools.lru_cache(maxsize=8192)(self._read_candidates)
        self._geometry = functools.lru_cache(maxsize=256)(self._read_geometry)
        self._place = functools.lru_cache(maxsize=4096)(self._read_place)
        self._border = functools.lru_cache(maxsize=256)(self._read_border)
        self._meta()

    @staticmethod
    def open(settings: Settings = DEFAULTS) -> Gazetteer:
        """Return the gazetteer that the settings name, or the embedded one.

        The embedded one is expanded into the user's cache at the first call.

        Raises
        ------
        DataError
            When the file is missing, damaged or not a gazetteer.
        """
        path = settings.gazetteer
        if path is None:
            path = expand()
        elif not path.is_file():
            message = f"no gazetteer file at {path}: give an existing file, or none for the embedded one"
            raise DataError(message)
        return _opened(path.resolve())

    def find(self, name: str, *, fuzzy: bool = False) -> list[Match]:
        """Return the places that a name may mean.

        Parameters
        ----------
        name
            As the text writes it, without a possessive ending. Abbreviations must keep their case ("US", not "us").
        fuzzy
            Also look for other transliterations when no stored name fits.

        Returns
        -------
        list of Match
            Best match first: main names before alternates, then the more populous place. Empty when nothing fits.
        """
        key = fold(name)
        if not key or len(name) > LONGEST_NAME:
            return []
        matches = [
            Match(place, spelled, kind, _quality(name, spelled, kind))
            for place, spelled, kind in self._candidates(key)
            if kind != "abbreviation" or _same_case(name, spelled)
        ]
        if not matches and fuzzy:
            return self._find_fuzzy(key)
        return sorted(matches, key=_rank)

    def get(self, place_id: str) -> Place | None:
        """Return the place with this id (``geonames:703448``, ``geomap:donbas``), or None."""
        number = self._number(place_id)
        return None if number is None else self._place(number)

    def geometry(self, place: Place, viewpoint: str = "un") -> BaseGeometry | None:
        """Return the polygon or line of a place (EPSG:4326), or None for a bare point.

        Parameters
        ----------
        place
            A place of this gazetteer.
        viewpoint
            Whose boundaries; matters for countries only.
        """
        number = self._number(place.id)
        return None if number is None else self._geometry(number, _VIEWPOINTS[viewpoint])

    def country(self, iso2: str) -> Place | None:
        """Return the country or territory with this ISO 3166-1 alpha-2 code, or None."""
        rows = self._rows("SELECT place, capital FROM countries WHERE iso = ?", iso2.upper())
        return self._place(rows[0][0]) if rows else None

    def countries(self) -> list[Place]:
        """Return all countries and territories, by ISO code."""
        return [place for (n,) in self._rows("SELECT place FROM countries ORDER BY iso") if (place := self._place(n))]

    def capital(self, iso2: str) -> Place | None:
        """Return the capital of a country, or None where there is none."""
        rows = self._rows("SELECT capital FROM countries WHERE iso = ? AND capital IS NOT NULL", iso2.upper())
        return self._place(rows[0][0]) if rows else None

    def admin1(self, iso2: str, code: str) -> Place | None:
        """Return a first-level division by country and GeoNames code (``"UA", "07"``), or None."""
        rows = self._rows(
            "SELECT id FROM places WHERE feature_code = 'ADM1' AND country = ? AND admin1 = ? ORDER BY id",
            iso2.upper(),
            code,
        )
        return self._place(rows[0][0]) if rows else None

    def demonym(self, word: str) -> Place | None:
        """Return the country or region that an adjective or people word names ("Syrians"), or None."""
        key = fold(word)
        if not key or len(word) > LONGEST_NAME or not word[:1].isupper():
            return None
        rows = self._rows(
            "SELECT p.* FROM names n JOIN places p ON p.id = n.place WHERE n.key = ? AND n.kind = ?",
            key,
            KIND_NUMBERS["demonym"],
        )
        places = [self._make_place(row) for row in rows]
        # A country before a division of the same people word ("Georgian").
        return min(places, key=lambda p: (not p.feature_code.startswith("PCL"), -p.population), default=None)

    def neighbours(self, iso2: str, viewpoint: str = "un") -> tuple[str, ...]:
        """Return the ISO codes of the countries that share a land border, in alphabetical order."""
        code = iso2.upper()
        rows = self._rows(
            "SELECT a, b FROM borders WHERE (a = ? OR b = ?) AND viewpoint IN (0, ?)",
            code,
            code,
            _VIEWPOINTS[viewpoint],
        )
        return tuple(sorted({a if b == code else b for a, b in rows}))

    def land_border(self, a: str, b: str | None = None, viewpoint: str = "un") -> BaseGeometry | None:
        """Return the land border of one country, or between two, as a line (EPSG:4326), or None when there is none.

        Parameters
        ----------
        a, b
            ISO 3166-1 alpha-2 codes; without ``b``, all land borders of ``a``.
        viewpoint
            "un" or "de-facto": whose boundaries.
        """
        return self._border(a.upper(), b.upper() if b else None, _VIEWPOINTS[viewpoint])

    def outlines(
        self, level: OutlineLevel, bbox: Bounds | None = None, viewpoint: str = "un", precision: int | None = None
    ) -> list[Outline]:
        """Return the base map: simplified areas, cut to a box, rounded to a grid.

        Parameters
        ----------
        level
            Countries, or their provinces.
        bbox
            West, south, east, north in degrees; without it, the whole world.
        viewpoint
            Whose boundaries the countries have.
        precision
            Decimals of a degree; by default as many as the box needs on a page 1500 pixels wide.

        Returns
        -------
        list of Outline
            Areas that meet the box, largest first within a country, neighbours sharing their edges.
        """
        west, south, east, north = bbox or (-180.0, -90.0, 180.0, 90.0)
        coarse = east - west >= COARSE_SPAN_DEG
        rows = self._rows(
            "SELECT place, label, shape FROM shapes WHERE level = ? AND coarse = ? AND viewpoint IN (0, ?) "
            "AND west <= ? AND east >= ? AND south <= ? AND north >= ? ORDER BY rowid",
            0 if level == "country" else 1,
            int(coarse),
            _VIEWPOINTS[viewpoint],
            east, west, north, south,
        )  # fmt: skip
        shapes = np.array([unpack(row[2]) for row in rows], dtype=object)
        pixel = (east - west) / 1500
        if len(shapes) and pixel > _COARSE_DEG:
            shapes = shapely.coverage_simplify(shapes, pixel)
        decimals = precision if precision is not None else (2 if pixel > _THREE_DECIMALS_DEG else 3)
        cut = shapely.clip_by_rect(_valid(shapes), west, south, east, north)
        rounded = _valid(shapely.transform(cut, lambda xy: np.round(xy, decimals)))
        return [
            Outline(self._ref(row[0]), row[1], geom)
            for row, geom in zip(rows, rounded, strict=True)
            if not geom.is_empty
        ]

    def disputed(self, viewpoint: str = "un") -> list[Disputed]:
        """Return the areas on which states disagree, each with a note that names the facts."""
        rows = self._rows(
            "SELECT slug, name, note, shape FROM disputed WHERE viewpoint IN (0, ?) ORDER BY name",
            _VIEWPOINTS[viewpoint],
        )
        return [Disputed(slug, name, note, unpack(shape)) for slug, name, note, shape in rows]

    def info(self) -> dict[str, Any]:
        """Return what the gazetteer holds: sources with versions and licences, rows of each table, viewpoints."""
        meta = self._meta()
        tables = ("places", "names", "shapes", "borders", "countries", "disputed")
        rows = {table: self._rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables}  # noqa: S608 - names of our own
        return {**meta, "path": str(self.path), "rows": rows, "viewpoints": list(_VIEWPOINTS)}

    def _find_fuzzy(self, key: str) -> list[Match]:
        from rapidfuzz.distance import JaroWinkler

        bones = skeleton(key)
        if len(bones) < len("ab"):
            return []
        latin = latinise(key)
        keys = {row[0] for row in self._rows("SELECT key FROM skeletons WHERE skeleton = ?", bones)}
        scored = {other: JaroWinkler.similarity(latin, latinise(other)) for other in keys}
        best: dict[str, Match] = {}
        for other, likeness in sorted(scored.items(), key=lambda item: (-item[1], item[0]))[:20]:
            if likeness < FUZZY_FLOOR:
                break
            for place, spelled, kind in self._candidates(other):
                if kind in {"main", "alternate"}:
                    match = Match(place, spelled, "fuzzy", round(_FUZZY_BEST * likeness, 4))
                    best.setdefault(place.id, match)
        return sorted(best.values(), key=_rank)

    def _read_candidates(self, key: str) -> tuple[tuple[Place, str, NameKind], ...]:
        rows = self._rows(
            "SELECT n.kind, n.name, p.* FROM names n JOIN places p ON p.id = n.place WHERE n.key = ?", key
        )
        found = []
        for kind, stored, *columns in rows:
            place = self._make_place(columns)
            # The file leaves out names that it can tell from the place or from the key.
            spelled = place.name if stored is None else stored or key.title()
            found.append((place, spelled, _KINDS[kind]))
        return tuple(found)

    def _rows(self, sql: str, *values: object) -> list[Any]:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        try:
            if connection is None:
                uri = f"{self.path.as_uri()}?mode=ro&immutable=1"
                connection = sqlite3.connect(uri, uri=True, cached_statements=64)
                self._local.connection = connection
            return connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            message = f"{self.path} cannot be read as a gazetteer ({error}); delete it to have it made anew"
            raise DataError(message) from error

    def _meta(self) -> dict[str, Any]:
        return {key: json.loads(value) for key, value in self._rows("SELECT key, value FROM meta ORDER BY key")}

    def _read_place(self, number: int) -> Place | None:
        rows = self._rows("SELECT * FROM places WHERE id = ?", number)
        return self._make_place(rows[0]) if rows else None

    def _make_place(self, columns: Sequence[Any]) -> Place:
        number, name, code, country, admin1, lon, lat, population, uncertainty, source = columns
        return Place(
            id=self._ref(number),
            name=name,
            feature_code=code,
            country=country,
            admin1=admin1,
            lon=lon / COORDINATE_SCALE,
            lat=lat / COORDINATE_SCALE,
            population=population,
            uncertainty_m=float(uncertainty),
            source=source,
        )

    def _ref(self, number: int) -> str:
        if number > 0:
            return f"geonames:{number}"
        return str(self._slugs()[number])

    @functools.lru_cache(maxsize=4)  # noqa: B019 - gazetteers live as long as the process
    def _slugs(self) -> dict[int, str]:
        return dict(self._rows("SELECT id, slug FROM slugs"))

    def _number(self, place_id: str) -> int | None:
        scheme, _, key = place_id.partition(":")
        if scheme == "geonames" and key.isascii() and key.isdigit() and len(key) < _LONGEST_ID:
            return int(key)
        return self._numbers().get(place_id)

    @functools.lru_cache(maxsize=4)  # noqa: B019 - the same
    def _numbers(self) -> dict[str, int]:
        return {slug: number for number, slug in self._slugs().items()}

    @kept
    def _read_geometry(self, number: int, viewpoint: int) -> BaseGeometry | None:
        rows = self._rows(
            "SELECT shape FROM shapes WHERE place = ? AND coarse = 0 AND viewpoint IN (0, ?)", number, viewpoint
        )
        return shapely.make_valid(unpack(rows[0][0])) if rows else None

    def _read_border(self, a: str, b: str | None, viewpoint: int) -> BaseGeometry | None:
        if b is None:
            rows = self._rows(
                "SELECT shape FROM borders WHERE (a = ? OR b = ?) AND viewpoint IN (0, ?) ORDER BY a, b",
                a,
                a,
                viewpoint,
            )
        else:
            first, second = sorted((a, b))
            rows = self._rows(
                "SELECT shape FROM borders WHERE a = ? AND b = ? AND viewpoint IN (0, ?)", first, second, viewpoint
            )
        if not rows:
            return None
        lines = shapely.multilinestrings(shapely.get_parts([unpack(row[0]) for row in rows]))
        return shapely.line_merge(lines)


def is_minor(place: Place) -> bool:
    """Whether a place is a natural feature, road or building of which only GeoNames' full dump knows.

    There are seven million of them, so that hardly a name is none of theirs; :mod:`geomap.geonames` brings them in.
    The waters, regions and facilities of the embedded gazetteer are chosen by hand and are none of them.
    """
    listed = place.source == "geomap"  # those of its rows that GeoNames has too carry GeoNames' ids
    return place.id.startswith("geonames:") and not listed and not place.feature_code.startswith(_INHABITED)


def expand() -> Path:
    """Return the embedded gazetteer as a file that SQLite can read, made at the first call.

    It lies in ``$GEOMAP_CACHE``, else in the user's cache folder, else (not writable) in a temporary one. The name
    holds the hash of the content, so that another version never reads it; writing goes through a temporary file and
    a rename, so that an interrupted or a second process does no harm.

    Raises
    ------
    DataError
        When the package's file is missing or damaged.
    """
    asset = _asset()
    name = f"gazetteer-{asset.sha256[:16]}-{FORM}.sqlite"
    choices = folders()
    for folder in choices:
        path = folder / name
        if _is_whole(path):
            return path
    for folder in choices:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return _expand_into(folder / name, asset)
        except OSError:
            continue
    message = f"no folder to expand the gazetteer into (tried {', '.join(map(str, choices))}): set GEOMAP_CACHE"
    raise DataError(message)


def _asset() -> _Asset:
    folder = resources.files("geomap") / "assets"
    try:
        facts = json.loads((folder / "gazetteer.json").read_text("utf-8"))
        return _Asset(path=Path(str(folder / "gazetteer.xz")), sha256=facts["sha256"])
    except (OSError, ValueError, KeyError) as error:
        message = "the gazetteer is missing from this installation of geomap: install it again"
        raise DataError(message) from error


def _is_whole(path: Path) -> bool:
    """Whether a file is a SQLite database of the length that its head tells, and not cut short."""
    try:
        with path.open("rb") as file:
            mark, page_size, pages = _SQLITE_HEAD.unpack(file.read(_SQLITE_HEAD.size))
            return bool(mark == _SQLITE_MARK and page_size * pages == path.stat().st_size)
    except (OSError, struct.error):
        return False


def _expand_into(path: Path, asset: _Asset) -> Path:
    try:
        archive = asset.path.read_bytes()
    except OSError as error:
        message = f"{asset.path} is missing ({error}): install geomap again"
        raise DataError(message) from error
    if hashlib.sha256(archive).hexdigest() != asset.sha256:
        message = f"{asset.path} is damaged (its content does not fit its hash): install geomap again"
        raise DataError(message)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".part")
    os.close(descriptor)
    try:
        with _progress() as advance:
            expand_archive(archive, Path(temporary), advance)
        Path(temporary).replace(path)
    except ArchiveError as error:
        message = f"{asset.path} is damaged ({error}): install geomap again"
        raise DataError(message) from error
    finally:
        Path(temporary).unlink(missing_ok=True)
    return path


@contextmanager
def _progress() -> Iterator[Callable[[float], object]]:
    """Show a progress line on a terminal; yield what to call with the share of the work that was done."""
    if not sys.stderr.isatty():
        yield float
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Preparing the gazetteer (once)", total=1.0)
        yield lambda share: progress.advance(task, share)


def _identity(path: Path) -> str:
    """Return a text that changes when the file does."""
    try:
        found = path.stat()
    except OSError:
        return str(path)
    return f"{path.name} {found.st_size} {found.st_mtime_ns}"


@functools.lru_cache(maxsize=8)
def _opened(path: Path) -> Gazetteer:
    return Gazetteer(path)


def _valid(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Mend the few shapes that rounding made invalid, in place of checking whether to mend each."""
    bad = ~shapely.is_valid(shapes)
    # By structure, since collapsed edges beside areas cannot be mended line by line.
    shapes[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    return shapes


def _same_case(name: str, stored: str) -> bool:
    """Whether an abbreviation is written as one: ``US`` and ``U.S.``, not ``us``; ``CALIF.`` in a headline."""
    letters = [char for char in name if char.isalpha()]
    wanted = [char for char in stored if char.isalpha()]
    return letters == wanted or (len(letters) > len("IN") and "".join(letters).isupper())


def _quality(name: str, stored: str, kind: NameKind) -> float:
    quality = _QUALITY[kind]
    if name == stored:
        return quality
    if len(stored) <= _SHORT and kind != "abbreviation":
        return quality / 2
    return quality - 0.02


def _rank(match: Match) -> tuple[bool, bool, float, int, str]:
    """Order matches: what is widely known before villages of the same name, then by fit and population."""
    place = match.place
    code = place.feature_code
    known = match.quality >= _KNOWN_QUALITY and (code.startswith("PCL") or code in _KNOWN_CODES) and not is_minor(place)
    capital = match.quality >= _KNOWN_QUALITY and code == "PPLC"
    return (not known, not capital, -round(match.quality, 1), -place.population, place.id)
