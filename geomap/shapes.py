"""Shapes that took long to compute, kept on disk for the next run.

The strip along a border or round a country takes 5 to 160 ms to compute and is the same in every report, so what took
long is written to an SQLite file in the cache folder and read from there in a tenth of a millisecond. The file's name
holds a hash of the code that makes shapes and of the versions of its libraries, each key the content of the gazetteer
that was asked; so what is read is what would be computed, to the last bit. Whatever goes wrong with the file (no
folder to write to, another process writing, a damaged page) only costs the time of computing.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import sqlite3
import stat
import tempfile
import threading
import time
import zlib
from dataclasses import asdict, fields, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import shapely
from shapely.geometry.base import BaseGeometry

from geomap.model import BorderStrip, Footprint
from geomap.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

_Arguments = ParamSpec("_Arguments")
_Shape = TypeVar("_Shape", bound="BaseGeometry | Footprint | None")

# What is computed in less processor time is not worth the place on the disk.
_WORTH_KEEPING_S = 0.000_5
# All borders, countries and their surroundings of the world fit many times.
_LARGEST_FILE_BYTES = 256_000_000
# Another process holds the file for less than a millisecond; to compute the shape takes no longer than to wait more.
_WAIT_S = 0.02
# The modules whose code decides what a shape looks like.
_MAKERS = ("archives", "footprints", "gazetteer", "geodesy", "model", "shapes")
_PLAIN_TYPES = (str, int, float, bool, type(None))


class _NoKeyError(TypeError):
    """An argument has no content that tells it from others."""


def folders() -> list[Path]:
    """Return where files that can be made again may lie, the first choice first.

    ``$GEOMAP_CACHE``, else the user's cache folder, else (not writable) a temporary one.
    """
    given = os.environ.get("GEOMAP_CACHE")
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "geomap"
    # One folder per user: a file that somebody else put into a shared temporary folder must not be read.
    owner = getattr(os, "getuid", lambda: 0)()
    temporary = Path(tempfile.gettempdir()) / f"geomap-{owner}"
    if not _is_own(temporary, owner):
        temporary = Path(tempfile.gettempdir()) / f"geomap-{owner}-{os.getpid()}"
    return [*([Path(given)] if given else []), user, temporary]


def _is_own(folder: Path, owner: int) -> bool:
    """Tell whether a folder is missing, or the user's own and nobody else may write to it."""
    try:
        found = folder.lstat()
    except OSError:
        return True
    return stat.S_ISDIR(found.st_mode) and (os.name == "nt" or (found.st_uid == owner and not found.st_mode & 0o022))


def kept(function: Callable[_Arguments, _Shape]) -> Callable[_Arguments, _Shape]:
    """Let a function that makes a geometry or a footprint read from disk what it once computed.

    Its arguments are plain values, places, settings, geometries, footprints, or objects whose ``identity`` is a text
    that changes with their content (a gazetteer); with any other it computes each time.
    """

    @functools.wraps(function)
    def look_up(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Shape:
        """Return the shape from the file, or make it."""
        try:
            key = _key(function, args, kwargs)
        except _NoKeyError:
            return function(*args, **kwargs)
        shelf = _shelf()
        found = shelf.get(key)
        if found is not None:
            return cast("_Shape", found)
        before = time.thread_time()
        made = function(*args, **kwargs)
        if made is not None and time.thread_time() - before >= _WORTH_KEEPING_S:
            shelf.put(key, made)
        return made

    return look_up


def _key(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> bytes:
    return _digest(repr((function.__module__, function.__qualname__, _told(args), _told(kwargs))).encode())


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def _told(value: object) -> object:
    """Return what tells an argument from others, as something whose ``repr`` is the same in each process."""
    if isinstance(value, _PLAIN_TYPES):
        return value
    if isinstance(value, BaseGeometry):
        return _digest(shapely.to_wkb(value))
    if isinstance(value, Settings):
        return (value.viewpoint, value.border_width_m, value.near_m)
    if isinstance(value, dict):
        return {name: _told(part) for name, part in value.items()}
    if is_dataclass(value):
        value = [getattr(value, field.name) for field in fields(value)]
    if isinstance(value, (tuple, list)):
        return [_told(part) for part in value]
    identity = getattr(value, "identity", None)
    if not isinstance(identity, str):
        raise _NoKeyError
    return identity


class _Shelf:
    """One file of shapes, or none."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._local = threading.local()

    def get(self, key: bytes) -> BaseGeometry | Footprint | None:
        """Return a shape, or None if it is not there or cannot be read."""
        try:
            connection = self._connection()
            if connection is None:
                return None
            row = connection.execute("SELECT facts, shape, checksum FROM shapes WHERE key = ?", (key,)).fetchone()
            if row is None or _checksum(row[0], row[1]) != row[2]:
                return None
            return _read(row[0], row[1])
        except sqlite3.OperationalError:
            return None
        except (sqlite3.Error, shapely.errors.ShapelyError, ValueError, TypeError):
            self._drop()
            return None

    def put(self, key: bytes, made: BaseGeometry | Footprint) -> None:
        """Keep a shape, if that can be done at once."""
        with contextlib.suppress(sqlite3.Error, OSError):
            connection = self._connection()
            if connection is None or self._path is None or self._path.stat().st_size > _LARGEST_FILE_BYTES:
                return
            facts, shape = _written(made)
            row = (key, facts, shape, _checksum(facts, shape))
            connection.execute("INSERT OR REPLACE INTO shapes VALUES (?, ?, ?, ?)", row)

    def _connection(self) -> sqlite3.Connection | None:
        """Return this thread's connection; one that was opened before a fork belongs to the parent."""
        if self._path is None:
            return None
        owner, connection = getattr(self._local, "opened", (0, None))
        if owner != os.getpid():
            connection = _opened(self._path)
            self._local.opened = (os.getpid(), connection)
        return connection

    def _drop(self) -> None:
        """Give up a damaged file, which the next process makes anew."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
        self._path = None


@functools.lru_cache(maxsize=1)
def _code() -> str:
    """Return a hash of the code that makes shapes and of its libraries' versions."""
    sources = [Path(__file__).with_name(f"{name}.py").read_bytes() for name in _MAKERS]
    versions = (shapely.__version__, shapely.geos_version_string, version("pyproj"))
    return _digest(b"".join(sources) + repr(versions).encode()).hex()


def _shelf() -> _Shelf:
    environment = os.environ
    return _shelf_in(*map(environment.get, ("GEOMAP_CACHE", "XDG_CACHE_HOME", "HOME", "TMPDIR")))


@functools.lru_cache(maxsize=8)
def _shelf_in(*_environment: str | None) -> _Shelf:
    """Choose the first folder in which the file can be opened; which folders there are depends on the environment."""
    for folder in folders():
        with contextlib.suppress(OSError, sqlite3.Error):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = folder / f"shapes-{_code()}.sqlite"
            _opened(path).close()
            return _Shelf(path)
    return _Shelf(None)


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
    # A loss of power may damage rows, which their checksums tell.
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS shapes (key BLOB PRIMARY KEY, facts TEXT, shape BLOB, checksum INTEGER)"
    )
    return connection


def _checksum(facts: str, shape: bytes) -> int:
    return zlib.crc32(shape, zlib.crc32(facts.encode()))


def _written(made: BaseGeometry | Footprint) -> tuple[str, bytes]:
    """Return a shape as JSON (of a footprint, all but its geometry) and well-known binary."""
    if isinstance(made, BaseGeometry):
        return "", shapely.to_wkb(made)
    facts: dict[str, Any] = {field.name: getattr(made, field.name) for field in fields(made)}
    shape = facts.pop("geometry")
    facts["border"] = None if made.border is None else asdict(made.border)
    return json.dumps(facts), b"" if shape is None else shapely.to_wkb(shape)


def _read(facts: str, shape: bytes) -> BaseGeometry | Footprint:
    geometry = shapely.from_wkb(shape) if shape else None
    if not facts:
        return geometry
    told = json.loads(facts)
    if told["point"] is not None:
        told["point"] = tuple(told["point"])
    if told["border"] is not None:
        told["border"] = BorderStrip(**{**told["border"], "countries": tuple(told["border"]["countries"])})
    return Footprint(geometry=geometry, **told)
