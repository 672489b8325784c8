"""Makes a gazetteer of all of GeoNames: thirteen million places from the published dump.

The embedded gazetteer holds places of five hundred people and more. Whoever needs every hamlet, creek and hill
downloads the dump from https://download.geonames.org/export/dump/ and runs ``geomap gazetteer build --geonames DIR``.
The result is the embedded gazetteer with the dump's places and names added. Borders, outlines, countries and geomap's
own tables stay the embedded ones, joined by GeoNames' ids. What the embedded gazetteer says of countries and divisions
wins, since its names and extents are reviewed; of towns, the dump's coordinates and populations win: they are newer.

The dump is read as a stream, some thousand rows at a time; SQLite sorts the names on disk. Formats are those of the
dump's ``readme.txt``.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import sqlite3
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from geomap import gazetteer
from geomap.archives import COORDINATE_SCALE, FUZZY_POPULATION, KIND_NUMBERS, town_reaches_m
from geomap.errors import DataError
from geomap.outputs import replacing
from geomap.spellings import LONGEST_ALTERNATE, LONGEST_NAME, fold_all, is_usable, skeleton_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import IO

Row: TypeAlias = "list[str]"
Advance: TypeAlias = "Callable[[str, float], object]"
"""Is called with what is being done and with the share of all the work (0 to 1) done since the last call."""


class _Table(NamedTuple):
    """A table of the dump: how many columns a row may have, and the share of the work that it takes (measured)."""

    columns: tuple[int, ...]
    share: float


_TABLES = {
    "allCountries": _Table((19,), 0.5),
    "alternateNamesV2": _Table((10,), 0.22),
    "admin1CodesASCII": _Table((4,), 0.01),
    "admin2Codes": _Table((4,), 0.01),
    # The kind of the relation may be left out at the end of a row.
    "hierarchy": _Table((2, 3), 0.02),
}
_SORTING = 1.0 - sum(table.share for table in _TABLES.values())

_HIGHEST_ID = 100_000_000
"""No GeoNames id is as high (they stand at 13 million); a higher one is a damaged row."""

_BATCH = 20_000
"""Rows that are worked on at once, which bounds the memory."""

_SORT_MEMORY_KB = 128_000
"""What SQLite may hold in memory while it sorts."""

_TURNS = 200_000
"""Steps of SQLite's machine between two looks at whether the user has interrupted."""

MOST_NAMESAKES = 60
"""Places that keep a name which more of them bear ("San Antonio"), most people first; the ranker weighs no more."""

_LANGUAGES_LEFT_OUT = frozenset(
    {"link", "wkdt", "post", "iata", "icao", "faac", "tcid", "unlc", "phon", "piny"},
)
"""What stands in the column of languages without being one: addresses, numbers and codes, which no report writes."""

_ABBREVIATION = "abbr"
_HISTORICAL = re.compile(r"PCLH|ADM[1-5D]H")
"""Former states and divisions, which would stand beside today's as if they still were."""

_TOWN, _DIVISION, _CONTINENT = "PPL", ("PCL", "ADM"), "CONT"
_CODE_OF_CLASS = {"A": "ADMD", "P": "PPL", "H": "LK", "L": "AREA", "T": "MT", "V": "FRST", "U": "UNDT"}
"""Codes for rows that have a class only."""

_REACH_M = {
    "PCL": 500_000, "ADM1": 100_000, "ADM2": 30_000, "ADM3": 15_000, "ADM4": 8_000, "ADM5": 5_000, "ADMD": 20_000,
    "A": 10_000, "P": 1_000, "H": 5_000, "STM": 20_000, "SEA": 300_000, "OCN": 2_000_000, "L": 10_000, "RGN": 50_000,
    "R": 5_000, "S": 1_000, "T": 3_000, "MTS": 50_000, "DSRT": 100_000, "ISL": 5_000, "V": 5_000, "U": 50_000,
}  # fmt: skip
"""How far from its point a place may reach, in metres, by code or class: estimates, since the dump tells no extents."""

_KEPT, _EMBEDDED, _FUZZY, _ADRIFT = 1, 2, 4, 8
"""What is known of a place: it is in the gazetteer; the embedded one has it; it can be found by another spelling; no
first-level division is given."""

_MAIN, _ALTERNATE = KIND_NUMBERS["main"], KIND_NUMBERS["alternate"]
_INSERT_PLACE = "INSERT INTO places VALUES (?,?,?,?,?,?,?,?,?,'GeoNames')"
_UPDATE_TOWN = "UPDATE places SET lon = ?, lat = ?, population = ?, uncertainty_m = ? WHERE id = ?"


@dataclass(slots=True)
class Count:
    """How many rows of the dump went where."""

    places: int = 0
    """New places."""
    renewed: int = 0
    """Towns of the embedded gazetteer with the dump's coordinates and population."""
    names: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    """Rows by the reason for which they were left out."""


def build(folder: Path, target: Path, advance: Advance = lambda _what, _share: None) -> Count:
    """Make a gazetteer of GeoNames' dump, for :attr:`geomap.settings.Settings.gazetteer`.

    An old file at the target stays as it is until the new one is whole.

    Parameters
    ----------
    folder
        Holds ``allCountries``, ``alternateNamesV2``, ``admin1CodesASCII``, ``admin2Codes`` and ``hierarchy``, each as
        ``.txt`` or ``.zip``; the text wins where both are there.
    target
        The file to write: SQLite, about 150 bytes for each place.
    advance
        Is told the progress.

    Returns
    -------
    Count
        What went into the file, and what did not.

    Raises
    ------
    DataError
        When a table is missing or damaged, which the message names with its line, or the target cannot be written.
    """
    paths = _find_tables(folder)
    _remove_leftovers(target)
    with replacing(target) as temporary:
        try:
            shutil.copyfile(gazetteer.expand(), temporary)
            with contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
                return _Builder(connection, temporary.parent, advance).run(paths)
        except sqlite3.Error as error:
            if "interrupted" in str(error):
                raise KeyboardInterrupt from error
            msg = f"{target} cannot be written ({error}): free some room, or name another output path"
            raise DataError(msg) from error


# --- reading ----------------------------------------------------------------------------------------------------------


def _find_tables(folder: Path) -> dict[str, Path]:
    """Find each table as text or archive."""
    found, missing = {}, []
    for name in _TABLES:
        paths = [path for ending in ("txt", "zip") if (path := folder / f"{name}.{ending}").exists()]
        if paths:
            found[name] = paths[0]
        else:
            missing.append(f"{name}.txt or {name}.zip")
    if missing:
        msg = f"{folder} has no {', no '.join(missing)}: get it from https://download.geonames.org/export/dump/"
        raise DataError(msg)
    return found


def _read(path: Path, name: str, advance: Callable[[float], object]) -> Iterator[list[Row]]:
    """Yield a table's rows in batches, telling the share of the file that was read.

    Raises
    ------
    DataError
        When the file is cut off, is no such table, or holds bytes that are not UTF-8.
    """
    widths = _TABLES[name].columns
    number = 0
    try:
        with _open(path, name) as (file, size):
            while lines := list(islice(file, _BATCH)):
                rows = []
                for line in lines:
                    number += 1
                    row = line.decode().rstrip("\r\n").split("\t")
                    if len(row) not in widths:
                        raise _damage(path, number, f"{len(row)} columns instead of {widths[0]}")
                    rows.append(row)
                yield rows
                advance(sum(map(len, lines)) / max(size, 1))
    except UnicodeDecodeError as error:
        raise _damage(path, number, f"it is not UTF-8 ({error.reason})") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        msg = f"{path} cannot be read ({str(error) or 'it ends too early'}): download it again"
        raise DataError(msg) from error
    if not number:
        msg = f"{path} is empty: download it again"
        raise DataError(msg)


@contextlib.contextmanager
def _open(path: Path, name: str) -> Iterator[tuple[IO[bytes], int]]:
    """Open a table or the archive that holds it; give its lines and its length in bytes."""
    if path.suffix != ".zip":
        with path.open("rb") as plain:
            yield plain, path.stat().st_size
        return
    with zipfile.ZipFile(path) as archive:
        try:
            inner = archive.getinfo(f"{name}.txt")
        except KeyError:
            msg = f"{path} holds no {name}.txt: download it again"
            raise DataError(msg) from None
        # Reading lines through a buffer is several times as fast as through the archive itself.
        with archive.open(inner) as packed, io.BufferedReader(packed, 1 << 20) as buffered:  # type: ignore[type-var]
            yield buffered, inner.file_size


def _damage(path: Path, number: int, what: str) -> DataError:
    return DataError(f"{path}, line {number}: {what}; download the file again")


def _remove_leftovers(target: Path) -> None:
    """Remove what builds left behind that were killed; one that still runs holds a lock on its file."""
    for path in target.parent.glob(f".{target.name[:40]}.*{target.suffix[:20]}"):
        with contextlib.suppress(sqlite3.Error, OSError):
            with contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
                connection.execute("BEGIN EXCLUSIVE")
            path.unlink()


# --- building ---------------------------------------------------------------------------------------------------------


class _Builder:
    """One build: the open file, and what is known of each place so far."""

    def __init__(self, connection: sqlite3.Connection, folder: Path, advance: Advance) -> None:
        self.connection = connection
        self.folder = folder
        self.advance = advance
        self.count = Count()
        self.flags = bytearray(1 << 24)
        self.newest = ""

    def run(self, paths: dict[str, Path]) -> Count:
        self._prepare()
        for name, add in (
            ("allCountries", self._add_places),
            ("alternateNamesV2", self._add_alternates),
            ("admin1CodesASCII", self._add_divisions),
            ("admin2Codes", self._add_divisions),
        ):
            for rows in self._read(paths, name):
                try:
                    add(rows)
                except ValueError as error:
                    raise self._explain(error, paths[name], rows) from error
        self._moor(paths)
        self._finish()
        return self.count

    def _read(self, paths: dict[str, Path], name: str) -> Iterator[list[Row]]:
        share = _TABLES[name].share
        return _read(paths[name], name, lambda part: self.advance(f"reading {name}", part * share))

    def _explain(self, error: ValueError, path: Path, rows: list[Row]) -> DataError:
        """Find the row that cannot be understood."""
        for row in rows:
            try:
                _check(path.stem, row)
            except ValueError as found:
                return DataError(f"{path}, the row of {row[0]!r}: {found}; download the file again")
        return DataError(f"{path}: {error}; download the file again")

    def _prepare(self) -> None:
        """Make the file ready: it is moved into place when it is whole, so that no journal is needed."""
        run = self.connection.execute
        for setting in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "temp_store = FILE",
                        f"cache_size = -{_SORT_MEMORY_KB}"):  # fmt: skip
            run(f"PRAGMA {setting}")
        with contextlib.suppress(sqlite3.Error):
            # Beside the target there is room for the sorting; a temporary folder may lie in memory.
            run(f"PRAGMA temp_store_directory = '{str(self.folder).replace(chr(39), 2 * chr(39))}'")
        self.connection.set_progress_handler(lambda: None, _TURNS)
        run("BEGIN")
        run("CREATE TEMP TABLE unsorted_names (key TEXT, place INTEGER, kind INTEGER, name TEXT)")
        run("CREATE TEMP TABLE unsorted_skeletons (skeleton TEXT, key TEXT)")
        for (number,) in run("SELECT id FROM places WHERE id > 0"):
            self._mark(number, _KEPT | _EMBEDDED)
        fuzzy = "id > 0 AND (feature_code NOT LIKE 'PPL%' OR population >= ?)"
        for (number,) in run(f"SELECT id FROM places WHERE {fuzzy}", (FUZZY_POPULATION,)):  # noqa: S608 - of our own
            self.flags[number] |= _FUZZY

    def _mark(self, number: int, flags: int) -> None:
        if number >= len(self.flags):
            self.flags.extend(bytes(number + (1 << 20) - len(self.flags)))
        self.flags[number] |= flags

    def _is(self, number: int, flag: int) -> bool:
        return 0 < number < len(self.flags) and bool(self.flags[number] & flag)

    # The rows of allCountries: id, name, ASCII name, alternates, latitude, longitude, class, code, country, other
    # countries, four divisions, population, elevation, model elevation, time zone, day of the last change.
    def _add_places(self, rows: list[Row]) -> None:
        kept: list[Row] = []
        towns: list[Row] = []
        own_names: list[tuple[int, str, int]] = []
        for row in rows:
            number, name, ascii_name, code = _id(row[0]), row[1], row[2], row[7]
            if self._is(number, _EMBEDDED):
                if code.startswith(_TOWN):
                    towns.append(row)
                if 0 < len(name) <= LONGEST_NAME:
                    own_names.append((number, name, _ALTERNATE))
                continue
            if not name or len(name) > LONGEST_NAME or _HISTORICAL.fullmatch(code) or code == _CONTINENT:
                self.count.left_out["former division" if _HISTORICAL.fullmatch(code) else "name"] += 1
                continue
            if self._is(number, _KEPT):
                self.count.left_out["twice in the table"] += 1
                continue
            is_town = row[6] == "P"
            fuzzy = int(row[14] or 0) >= FUZZY_POPULATION if is_town else code in {"ADM1", "ADM2"}
            adrift = row[10] in {"", "00"} and not code.startswith("PCL")
            self._mark(number, _KEPT | _FUZZY * fuzzy | _ADRIFT * adrift)
            kept.append(row)
            own_names.append((number, name, _MAIN))
            if ascii_name != name and 0 < len(ascii_name) <= LONGEST_NAME:
                own_names.append((number, ascii_name, _ALTERNATE))
        points = _points(kept)
        self.connection.executemany(_INSERT_PLACE, points)
        self.connection.executemany(
            _UPDATE_TOWN, ((x, y, people, reach, number) for number, *_, x, y, people, reach in _points(towns))
        )
        self._add_names(own_names)
        self.count.places += len(kept)
        self.count.renewed += len(towns)
        self.newest = max(self.newest, max((row[18] for row in rows), default=""))

    # The rows of alternateNamesV2: id of the name, id of the place, language, name, whether it is preferred, short,
    # colloquial, historic; from when, to when.
    def _add_alternates(self, rows: list[Row]) -> None:
        found = []
        for row in rows:
            number, language, name = int(row[1]), row[2], row[3]
            if not self._is(number, _KEPT) or language in _LANGUAGES_LEFT_OUT or row[6] == "1":
                continue
            if language == _ABBREVIATION:
                if 1 < len(name) <= LONGEST_ALTERNATE and name.isascii():
                    found.append((number, name, KIND_NUMBERS["abbreviation"]))
            elif is_usable(name):
                found.append((number, name, _ALTERNATE))
        self._add_names(found)

    # The rows of both tables of divisions: code, name, ASCII name, id.
    def _add_divisions(self, rows: list[Row]) -> None:
        known = ((int(row[3]), row) for row in rows)
        self._add_names(
            [
                (number, name, _ALTERNATE)
                for number, row in known
                if self._is(number, _KEPT)
                for name in dict.fromkeys(row[1:3])
                if is_usable(name)
            ]
        )

    def _add_names(self, names: list[tuple[int, str, int]]) -> None:
        if not names:
            return
        keys = _fold([name for _, name, _ in names])
        titles = "\n".join(keys).title().split("\n")
        # Main names are left out where the place itself has them, others where the key tells them.
        rows = {
            (key, number, kind): None if kind == _MAIN else "" if name == title else name
            for (number, name, kind), key, title in zip(names, keys, titles, strict=True)
            if key
        }
        self.connection.executemany(
            "INSERT INTO unsorted_names VALUES (?,?,?,?)", ((*row, name) for row, name in rows.items())
        )
        fuzzy = list({key for key, number, kind in rows if kind <= _ALTERNATE and self.flags[number] & _FUZZY})
        bones = zip(skeleton_all(fuzzy), fuzzy, strict=True)
        self.connection.executemany(
            "INSERT INTO unsorted_skeletons VALUES (?,?)",
            (pair for pair in bones if len(pair[0]) > 1 and " " not in pair[0]),
        )

    def _moor(self, paths: dict[str, Path]) -> None:
        """Give places without a first-level division that of what the table of wholes and parts puts them into."""
        wholes: dict[int, int] = {}
        for rows in self._read(paths, "hierarchy"):
            for row in rows:
                try:
                    whole, part = int(row[0]), int(row[1])
                except ValueError as error:
                    raise self._explain(error, paths["hierarchy"], [row]) from error
                if self._is(part, _ADRIFT) and (row[2:] == ["ADM"] or part not in wholes):
                    wholes[part] = whole
        changes = []
        for part, whole in wholes.items():
            seen = {part}
            above = whole
            while self._is(above, _ADRIFT) and above in wholes and above not in seen:
                seen.add(above)
                above = wholes[above]
            changes.append((above, part))
        self.connection.executemany(
            "UPDATE places SET admin1 = whole.admin1 FROM (SELECT country, admin1 FROM places WHERE id = ?) AS whole "
            "WHERE places.id = ? AND whole.country = places.country",
            changes,
        )

    def _finish(self) -> None:
        """Sort the names, keep the chief bearers of those that very many places have, and tell the sources."""
        run = self.connection.execute
        self.advance("sorting the names", 0.0)
        run("INSERT INTO unsorted_names SELECT key, place, kind, name FROM names")
        run("DELETE FROM names")
        run("INSERT OR IGNORE INTO names SELECT key, place, kind, name FROM unsorted_names ORDER BY key, place, kind")
        run("DROP TABLE unsorted_names")
        self.advance("sorting the names", 0.6 * _SORTING)
        run("INSERT INTO unsorted_skeletons SELECT skeleton, key FROM skeletons")
        run("DELETE FROM skeletons")
        run("INSERT INTO skeletons SELECT DISTINCT skeleton, key FROM unsorted_skeletons ORDER BY skeleton, key")
        run("DROP TABLE unsorted_skeletons")
        self._thin()
        (self.count.names,) = run("SELECT count(*) FROM names").fetchone()
        sources = json.loads(run("SELECT value FROM meta WHERE key = 'sources'").fetchone()[0])
        sources.append(
            {"name": "GeoNames dump", "version": self.newest, "origin": "GeoNames", "licence": "CC BY 4.0",
             "what": "all places and names, added by geomap gazetteer build"}
        )  # fmt: skip
        run("UPDATE meta SET value = ? WHERE key = 'sources'", (json.dumps(sources),))
        run("COMMIT")
        self.advance("sorting the names", 0.4 * _SORTING)

    def _thin(self) -> None:
        crowded = self.connection.execute(
            "SELECT key FROM names GROUP BY key HAVING count(*) > ?", (MOST_NAMESAKES,)
        ).fetchall()
        self.connection.executemany(
            "DELETE FROM names WHERE key = ?1 AND place NOT IN (SELECT n.place FROM names n JOIN places p "
            "ON p.id = n.place WHERE n.key = ?1 ORDER BY n.place > 0, p.population DESC, p.feature_code LIKE 'ADM%' "
            "DESC, p.feature_code LIKE 'PPL%' DESC, n.kind, n.place LIMIT ?2)",
            ((key, MOST_NAMESAKES) for (key,) in crowded),
        )


def _points(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Return rows of the table of places, without their source."""
    if not rows:
        return []
    lat, lon = (np.array([float(row[column]) for row in rows]) for column in (4, 5))
    if not ((np.abs(lat) <= 90).all() and (np.abs(lon) <= 180).all()):  # noqa: PLR2004 - degrees
        msg = "a point lies outside the world"
        raise ValueError(msg)
    xs, ys = (np.rint(values * COORDINATE_SCALE).astype(np.int64).tolist() for values in (lon, lat))
    people = [int(row[14] or 0) for row in rows]
    towns = town_reaches_m(np.maximum(people, 0)).tolist()
    return [
        (
            int(row[0]), row[1], row[7] or _CODE_OF_CLASS.get(row[6], "LCTY"), row[8] or None,
            row[10] if row[10] not in {"", "00"} else None, x, y, count,
            town if row[6] == "P" else _reach_m(row[6], row[7]),
        )
        for row, x, y, count, town in zip(rows, xs, ys, people, towns, strict=True)
    ]  # fmt: skip


def _reach_m(kind: str, code: str) -> int:
    for known in (code, code[:4], code[:3], kind):
        if known in _REACH_M:
            return _REACH_M[known]
    return _REACH_M["S"]


def _check(table: str, row: Row) -> None:
    """Raise a ValueError that says what is wrong with a row, if anything is."""
    ids = {"allCountries": (0,), "alternateNamesV2": (1,), "hierarchy": (0, 1)}.get(table, (3,))
    for column in ids:
        _id(row[column])
    if table == "allCountries":
        _points([row])


def _id(text: str) -> int:
    number = int(text)
    if not 0 < number < _HIGHEST_ID:
        msg = f"{text} is no id of GeoNames"
        raise ValueError(msg)
    return number


def _fold(names: Sequence[str]) -> list[str]:
    """Fold names; those in plain letters apart, which takes a third of the time."""
    plain = [name.isascii() and "\n" not in name for name in names]
    easy = iter(fold_all([name for name, is_plain in zip(names, plain, strict=True) if is_plain]))
    hard = iter(fold_all([name for name, is_plain in zip(names, plain, strict=True) if not is_plain]))
    return [next(easy) if is_plain else next(hard) for is_plain in plain]
