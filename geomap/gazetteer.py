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
import lzma
import os
import re
import sqlite3
import struct
import sys
import tempfile
import threading
import unicodedata
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import shapely

from geomap.errors import DataError
from geomap.model import Place
from geomap.settings import DEFAULTS, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

NameKind = Literal["main", "alternate", "abbreviation", "demonym", "fuzzy"]
OutlineLevel = Literal["country", "province"]
Bounds = tuple[float, float, float, float]

KINDS: tuple[NameKind, ...] = ("main", "alternate", "abbreviation", "demonym")
"""Kinds of stored names; the number in the file is the index here."""

COORDINATE_SCALE = 100_000
"""Points are stored as whole numbers of 1e-5 degrees (about 1 m)."""

SHAPE_SCALE = 10_000
"""Vertices of shapes are stored as whole numbers of 1e-4 degrees (about 11 m, below the accuracy of the source)."""

LONGEST_NAME = 120
"""Characters; no name of a place is longer, so that longer strings are not looked up."""

FUZZY_FLOOR = 0.72
"""Least similarity (0 to 1) of a fuzzy match; below it, names that share their consonants only look alike."""

COARSE_SPAN_DEG = 6.0
"""Width of a map from which the outlines simplified to 0.05 degrees serve (below a pixel on a 1000 px page)."""

_VIEWPOINTS = {"un": 1, "de-facto": 2}
_QUALITY: dict[NameKind, float] = {"main": 1.0, "alternate": 0.9, "abbreviation": 1.0, "demonym": 0.9, "fuzzy": 0.0}
_FUZZY_BEST = 0.85
"""Quality of a fuzzy match with likeness 1: below every stored name."""

_KNOWN_CODES = {"CONT", "RGN", "OCN", "SEA", "GULF", "STRT"}
"""Feature codes whose places have no inhabitants of their own to be ranked by, yet are meant before a village."""

_KNOWN_QUALITY = 0.85
"""Quality from which that holds: any stored name, no fuzzy one."""

_LONGEST_ID = 12
"""Digits of a GeoNames id, at most; longer ones do not fit SQLite's integers."""

_COARSE_DEG = 0.05
"""Tolerance, in degrees, of the coarse outlines in the file; wider pixels are simplified further."""

_THREE_DECIMALS_DEG = 0.005
"""Degrees a pixel up to which outlines keep three decimals (100 m), else two (1 km)."""

_SHORT = 3
"""Letters; in names as short as this, other case or full stops mean another word ("Us" and "U.S.")."""


# Letters that Unicode does not decompose into a base letter and a mark.
_LETTERS = str.maketrans(
    {
        "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ə": "a", "ħ": "h",
        "ŧ": "t", "ŋ": "ng", "ɓ": "b", "ɗ": "d", "ƙ": "k", "&": " and ",
    }
)  # fmt: skip
_DROPPED = re.compile(r"['’‘ʻʼʿʾ`´ʹʺ′″“”\".·ˈ]")
_SPACED = re.compile(r"[^\w]+")
_SAINT = re.compile(r"\b(?:saint|sankt|sint|san?kt)\b")
_SAINTE = re.compile(r"\bsainte\b")
_FORT = re.compile(r"\bft\b")
_MOUNT = re.compile(r"\bmt\b")

_CYRILLIC = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "є": "e", "ж": "zh", "з": "z", "и": "i",
        "і": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
        "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e",
        "ю": "yu", "я": "ya", "ј": "y", "љ": "l", "њ": "n", "ђ": "d", "ћ": "c", "џ": "dz", "ў": "u",
    }
)  # fmt: skip
# Spellings of one sound in the usual romanisations of Arabic, Persian, Ukrainian and Russian names.
_SOUNDS = (
    ("shch", "s"), ("sch", "s"), ("tch", "c"), ("kh", "k"), ("gh", "g"), ("dh", "d"), ("th", "t"), ("sh", "s"),
    ("zh", "z"), ("ch", "c"), ("ph", "f"), ("dj", "j"), ("ts", "s"), ("ck", "k"), ("q", "k"), ("x", "ks"), ("c", "k"),
    ("g", "k"), ("z", "s"), ("j", "s"), ("v", "f"), ("d", "t"), ("b", "p"),
)  # fmt: skip
_ARTICLE = re.compile(r"\b(?:al|el|ad|ed|ar|er|as|es|ash|esh|at|et|az|ez|an|en|ul|oul)\b ?")
_VOWELS = re.compile(r"[aeiouywh ]")
_DOUBLED = re.compile(r"(.)\1+")


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
    size: int


def fold(name: str) -> str:
    """Return the key under which a name is stored and looked up.

    Case, diacritics, apostrophes and full stops fall away, hyphens become spaces, a leading article is dropped, and
    "Saint" becomes "St", so that ``Saint-Étienne`` and ``St. Etienne`` are one key.

    Parameters
    ----------
    name
        Any text; at most :data:`LONGEST_NAME` characters are read.

    Returns
    -------
    str
        Lower-case words with single spaces; empty when the text holds no letter or digit.
    """
    text = name[: LONGEST_NAME + 1]
    if not text.isascii():
        # Decomposing can bring capitals back (mathematical letters), so that case is folded after it as well.
        text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.casefold()).casefold())
        text = "".join(char for char in text if not unicodedata.combining(char)).translate(_LETTERS)
    else:
        text = text.lower().replace("&", " and ")
    text = _SPACED.sub(" ", _DROPPED.sub("", text).replace("_", " ")).strip()
    if "s" in text:
        text = _SAINTE.sub("ste", _SAINT.sub("st", text))
    if text.startswith("the ") and len(text) > len("the ??"):
        text = text[4:]
    return _MOUNT.sub("mount", _FORT.sub("fort", text))


def skeleton(key: str) -> str:
    """Return the consonants of a folded name, with the spellings of one sound made equal.

    Transliterations differ in vowels and in a few consonants (``Kharkov``, ``Charkiw``), so that names with one
    skeleton are candidates for a fuzzy match.
    """
    text = _ARTICLE.sub("", key.translate(_CYRILLIC)) or key
    for spelling, sound in _SOUNDS:
        if spelling in text:
            text = text.replace(spelling, sound)
    return _DOUBLED.sub(r"\1", text[:1] + _VOWELS.sub("", text[1:]))


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
    kind = "<i4" if wide else "<i2"
    head = struct.pack("<BBI", areal, wide, len(parts))
    counts = np.array([len(rings) for rings in rings_of], dtype="<u4").tobytes()
    lengths = np.array([len(ring) for ring in rings], dtype="<u4").tobytes()
    starts = np.array([ring[0] for ring in rings], dtype="<i4").tobytes()
    flat = np.concatenate(steps).astype(kind) if steps else np.empty((0, 2), kind)
    # Longitudes and latitudes apart: the bytes of one kind compress better together.
    return head + counts + lengths + starts + flat[:, 0].tobytes() + flat[:, 1].tobytes()


def unpack(blob: bytes) -> BaseGeometry:
    """Read what :func:`pack` wrote."""
    areal, wide, n_parts = struct.unpack_from("<BBI", blob)
    offset = struct.calcsize("<BBI")

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


class Gazetteer:
    """Look-ups in one gazetteer file, read-only.

    Use :meth:`open`; it keeps one object per file. Each thread gets a connection of its own.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
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
        rows = self._rows("SELECT p.* FROM names n JOIN places p ON p.id = n.place WHERE n.key = ? AND n.kind = 3", key)
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
        latin = key.translate(_CYRILLIC)
        keys = {row[0] for row in self._rows("SELECT key FROM skeletons WHERE skeleton = ?", bones)}
        scored = {other: JaroWinkler.similarity(latin, other.translate(_CYRILLIC)) for other in keys}
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
            found.append((place, spelled, KINDS[kind]))
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
        number, name, code, country, admin1, _, lon, lat, population, uncertainty, source = columns
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
    name = f"gazetteer-{asset.sha256[:16]}.sqlite"
    folders = _cache_folders()
    for folder in folders:
        path = folder / name
        if path.is_file() and path.stat().st_size == asset.size:
            return path
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return _expand_into(folder / name, asset)
        except OSError:
            continue
    message = f"no folder to expand the gazetteer into (tried {', '.join(map(str, folders))}): set GEOMAP_CACHE"
    raise DataError(message)


def _cache_folders() -> list[Path]:
    given = os.environ.get("GEOMAP_CACHE")
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "geomap"
    # One folder per user: a file that somebody else put into a shared temporary folder must not be read.
    owner = getattr(os, "getuid", lambda: 0)()
    return [*([Path(given)] if given else []), user, Path(tempfile.gettempdir()) / f"geomap-{owner}"]


def _asset() -> _Asset:
    folder = resources.files("geomap") / "assets"
    try:
        facts = json.loads((folder / "gazetteer.json").read_text("utf-8"))
        return _Asset(path=Path(str(folder / "gazetteer.sqlite.xz")), sha256=facts["sha256"], size=facts["size"])
    except (OSError, ValueError, KeyError) as error:
        message = "the gazetteer is missing from this installation of geomap: install it again"
        raise DataError(message) from error


def _expand_into(path: Path, asset: _Asset) -> Path:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".part")
    digest = hashlib.sha256()
    try:
        with os.fdopen(descriptor, "wb") as target:
            for chunk in _with_progress(_decompressed(asset.path), asset.size):
                digest.update(chunk)
                target.write(chunk)
        if digest.hexdigest() != asset.sha256:
            message = f"{asset.path} is damaged (its content does not fit its hash): install geomap again"
            raise DataError(message)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return path


def _decompressed(path: Path) -> Iterator[bytes]:
    try:
        with lzma.open(path) as source:
            while chunk := source.read(1 << 20):
                yield chunk
    except (lzma.LZMAError, EOFError, FileNotFoundError) as error:
        message = f"{path} is missing or damaged ({error}): install geomap again"
        raise DataError(message) from error


def _with_progress(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    if not sys.stderr.isatty():
        yield from chunks
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Preparing the gazetteer (once)", total=size)
        for chunk in chunks:
            yield chunk
            progress.advance(task, len(chunk))


@functools.lru_cache(maxsize=8)
def _opened(path: Path) -> Gazetteer:
    return Gazetteer(path)


def _valid(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Mend the few shapes that rounding made invalid, in place of checking whether to mend each."""
    bad = ~shapely.is_valid(shapes)
    shapes[bad] = shapely.make_valid(shapes[bad])
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
    known = match.quality >= _KNOWN_QUALITY and (code.startswith("PCL") or code in _KNOWN_CODES)
    capital = match.quality >= _KNOWN_QUALITY and code == "PPLC"
    return (not known, not capital, -round(match.quality, 1), -place.population, place.id)
