"""Optional online look-ups through geopy: throttled, retried, cached on disk.

Nothing here runs unless ``Settings.geocoder`` names a service. Every answer is kept in an SQLite file in the user's
cache, so that a second run asks nothing; when a service cannot be reached, an expired answer is used, or none, with a
warning. Keys come from the environment only:

======================== =====================================================================
GEOMAP_USER_AGENT        who asks, with an address of contact; required for Nominatim
GEOMAP_GEONAMES_USER     user name at GeoNames
GEOMAP_OPENCAGE_KEY      key of OpenCage
GEOMAP_PELIAS_KEY        key of a Pelias server, if it wants one
GEOMAP_GEOCODER_URL      another server of the same kind, such as one's own (required for Pelias)
======================== =====================================================================

This module and :mod:`geomap.maps` are the only ones where latitude may come first.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import warnings
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urlsplit

from geomap import geodesy, lexicon
from geomap.errors import DataError, ServiceError
from geomap.model import Place
from geomap.settings import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from geopy.geocoders.base import Geocoder as GeopyGeocoder

    from geomap.settings import Settings

# The usage policy of the public Nominatim server: at most one request a second. The others are asked no faster.
_INTERVAL_S = 1.0
_TIMEOUT_S = 10.0
_RETRIES = 3
# Waits of 1, 2 and 4 seconds before the retries, unless the service says how long.
_BACKOFF_S = 1.0
_LONGEST_WAIT_S = 60.0
# A service that has failed is left alone for so long, so that a long run does not wait for every name.
_PAUSE_S = 300.0
# Names of places change slowly, map data faster: the public services ask to refresh after about a month.
_EXPIRY_S = 30 * 24 * 3600.0
_LIMIT = 5
# Who is named as the source; the services on OpenStreetMap's data ask that it be named too.
_CREDITS = {
    "nominatim": "Nominatim (online; © OpenStreetMap contributors)",
    "photon": "Photon (online; © OpenStreetMap contributors)",
    "pelias": "Pelias (online)",
    "geonames": "GeoNames (online)",
    "opencage": "OpenCage (online)",
}
# A point without any extent in the answer may be this far off.
_POINT_M = 1_000.0


class GeocoderWarning(UserWarning):
    """An online geocoder could not be asked; the answer is an old one, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How patiently a service is asked; all in seconds."""

    interval_s: float = _INTERVAL_S
    timeout_s: float = _TIMEOUT_S
    retries: int = _RETRIES
    backoff_s: float = _BACKOFF_S
    pause_s: float = _PAUSE_S
    expiry_s: float = _EXPIRY_S


class Geocoder:
    """One online service, asked politely.

    Parameters
    ----------
    service
        "nominatim", "photon", "pelias", "geonames" or "opencage".
    cache_file
        SQLite file of the answers; in the user's cache if None.
    pace
        Intervals, time-outs and retries.

    Raises
    ------
    ServiceError
        If the service is unknown, or its user agent, key or server is missing from the environment.
    """

    def __init__(self, service: str, *, cache_file: Path | None = None, pace: Pace | None = None) -> None:
        if service not in get_args(Service):
            msg = f"unknown geocoder {service!r}: choose one of {', '.join(get_args(Service))}"
            raise ServiceError(msg)
        self.service = service
        self.pace = pace or Pace()
        self._answers = _Answers(cache_file or _cache_folder() / "geocoders.sqlite")
        self._ask, self._read = _connect(service, self.pace.timeout_s)
        self._lock = threading.Lock()
        self._last = -self.pace.interval_s
        self._paused_until = 0.0

    def find(self, name: str) -> list[Place]:
        """Return the places that a name may mean, best first; empty when the service knows none.

        Raises
        ------
        ServiceError
            If the service refuses the key or the user agent.

        Warns
        -----
        GeocoderWarning
            If the service cannot be reached or does not answer; the answer is then an expired one, or empty.
        """
        query = " ".join(name.split())
        if not query:
            return []
        known = self._answers.get(self.service, query)
        if known is not None and time.time() - known[0] < self.pace.expiry_s:
            return known[1]
        found = self._request(query)
        if found is None:
            return known[1] if known is not None else []
        self._answers.put(self.service, query, found)
        return found

    def _request(self, query: str) -> list[Place] | None:
        """Ask the service, with retries; None when it cannot be reached."""
        from geopy import exc

        if time.monotonic() < self._paused_until:
            return None
        for attempt in range(self.pace.retries + 1):
            try:
                answers = self._ask_once(query)
                return self._places(answer.raw for answer in answers or ())
            except (exc.GeocoderAuthenticationFailure, exc.GeocoderInsufficientPrivileges) as error:
                msg = f"{self.service} refuses to answer ({error}): check its key and GEOMAP_USER_AGENT"
                raise ServiceError(msg) from error
            except exc.GeocoderQueryError as error:
                msg = f"{self.service} does not understand {query!r}: {error}"
                raise ServiceError(msg) from error
            except exc.GeocoderServiceError as error:
                failure = error
                if attempt < self.pace.retries:
                    time.sleep(self._backoff(attempt, error))
        self._paused_until = time.monotonic() + self.pace.pause_s
        message = (
            f"{self.service} did not answer for {query!r} ({type(failure).__name__}: {failure}); going on without it"
        )
        warnings.warn(message, GeocoderWarning, stacklevel=3)
        return None

    def _ask_once(self, query: str) -> Iterable[Any] | None:
        """Ask, at the service's pace; an answer that geopy cannot read is a failure of the service."""
        from geopy.exc import GeocoderParseError

        with self._lock:
            self._wait()
            try:
                answers: Iterable[Any] | None = self._ask(query)
            except (KeyError, TypeError, ValueError, IndexError) as error:
                msg = f"its answer is not what {self.service} should say: {error!r}"
                raise GeocoderParseError(msg) from error
            finally:
                # From answer to request, so that a slow line cannot bring two requests closer together.
                self._last = time.monotonic()
        return answers

    def _places(self, answers: Iterable[Mapping[str, Any]]) -> list[Place]:
        """Read a service's answers; one that lacks what a place needs is left out."""
        places = []
        for raw in answers:
            try:
                places.append(self._read(raw, self.service))
            except (KeyError, TypeError, ValueError, IndexError):
                continue
        return places

    def _wait(self) -> None:
        left = self._last + self.pace.interval_s - time.monotonic()
        if left > 0:
            time.sleep(left)

    def _backoff(self, attempt: int, error: Exception) -> float:
        asked = getattr(error, "retry_after", None)
        wait = float(asked) if asked else self.pace.backoff_s * 2.0**attempt
        return min(wait, _LONGEST_WAIT_S)


@lru_cache(maxsize=8)
def open_service(service: str) -> Geocoder:
    """Return the one client of a service in this process, so that its pace holds for all callers."""
    return Geocoder(service)


def find(name: str, settings: Settings) -> list[Place]:
    """Look a name up with the geocoder that the settings name.

    Returns
    -------
    list of Place
        Best first; empty when the settings name none, or when it knows no such place.
    """
    return open_service(settings.geocoder).find(name) if settings.geocoder else []


def is_answer(place: Place) -> bool:
    """Whether a place is the answer of an online service."""
    return place.source in _CREDITS.values()


# --- services ---------------------------------------------------------------------------------------------------------


def _connect(service: str, timeout_s: float) -> tuple[Callable[[str], Any], Callable[[Mapping[str, Any], str], Place]]:
    """Make the function that asks a service, and the one that reads its answers."""
    from geopy import adapters, geocoders

    agent = os.environ.get("GEOMAP_USER_AGENT")
    server = _server()
    # This adapter sends each request once; retries, and the pace between them, are ours.
    common: dict[str, Any] = {
        "timeout": timeout_s,
        "user_agent": agent or "geomap",
        "adapter_factory": adapters.URLLibAdapter,
    }
    client: GeopyGeocoder
    if service == "nominatim":
        if not agent:
            msg = "Nominatim wants to know who asks: set GEOMAP_USER_AGENT to a name with an address of contact"
            raise ServiceError(msg)
        client = geocoders.Nominatim(**common, **server)
        options: dict[str, Any] = {"limit": _LIMIT, "language": "en", "addressdetails": True}
        return lambda query: client.geocode(query, exactly_one=False, **options), _read_nominatim
    if service == "photon":
        client = geocoders.Photon(**common, **server)
        return lambda query: client.geocode(query, exactly_one=False, limit=_LIMIT, language="en"), _read_feature
    if service == "pelias":
        if not server:
            msg = "Pelias has no public server: set GEOMAP_GEOCODER_URL to the address of one"
            raise ServiceError(msg)
        client = geocoders.Pelias(**common, **server, api_key=os.environ.get("GEOMAP_PELIAS_KEY"))
        return lambda query: client.geocode(query, exactly_one=False), _read_feature
    if service == "geonames":
        client = geocoders.GeoNames(_key("GEOMAP_GEONAMES_USER", service), **common, **server)
        return lambda query: client.geocode(query, exactly_one=False), _read_geonames
    client = geocoders.OpenCage(_key("GEOMAP_OPENCAGE_KEY", service), **common, **server)
    return lambda query: client.geocode(query, exactly_one=False, language="en"), _read_opencage


def _server() -> dict[str, str]:
    url = os.environ.get("GEOMAP_GEOCODER_URL")
    if not url:
        return {}
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        msg = f"GEOMAP_GEOCODER_URL is {url!r}: give an address such as https://photon.example.org"
        raise ServiceError(msg)
    return {"scheme": parts.scheme, "domain": parts.netloc + parts.path.rstrip("/")}


def _key(variable: str, service: str) -> str:
    key = os.environ.get(variable)
    if not key:
        msg = f"{service} needs a key: set {variable} in the environment"
        raise ServiceError(msg)
    return key


# --- answers to places ------------------------------------------------------------------------------------------------


@cache
def _feature_codes() -> dict[str, str]:
    return {row["type"]: row["feature_code"] for row in lexicon.rows("service_types")}


def _code(*types: object) -> str:
    """Return the feature code of the first type that the table knows; a settlement's if it knows none."""
    codes = _feature_codes()
    return next((codes[kind] for kind in types if isinstance(kind, str) and kind in codes), "PPL")


def _extent(lon: float, lat: float, box: Sequence[float] | None) -> float:
    """Return the radius in metres round a point that holds a box of west, south, east, north."""
    if box is None:
        return _POINT_M
    west, south, east, north = box
    corners = [(x, y) for x in (west, east) for y in (south, north)]
    return max(_POINT_M, *(geodesy.distance(lon, lat, *corner) for corner in corners))


def _place(
    service: str,
    *,
    key: object,
    name: object,
    code: str,
    country: object,
    lon: float,
    lat: float,
    box: Sequence[float] | None,
    population: int = 0,
) -> Place:
    return Place(
        id=f"{service}:{key}",
        name=str(name),
        feature_code=code,
        country=str(country).upper() if country else None,
        lon=lon,
        lat=lat,
        population=population,
        uncertainty_m=_extent(lon, lat, box),
        source=_CREDITS[service],
    )


def _read_nominatim(raw: Mapping[str, Any], service: str) -> Place:
    box = raw.get("boundingbox")
    south, north, west, east = (float(value) for value in box) if box else (0.0, 0.0, 0.0, 0.0)
    return _place(
        service,
        key=f"{raw.get('osm_type', '')[:1]}{raw.get('osm_id', '')}",
        name=raw.get("name") or raw["display_name"].split(",")[0],
        code=_code(raw.get("addresstype"), raw.get("type"), raw.get("class")),
        country=raw.get("address", {}).get("country_code"),
        lon=float(raw["lon"]),
        lat=float(raw["lat"]),
        box=(west, south, east, north) if box else None,
    )


def _read_feature(raw: Mapping[str, Any], service: str) -> Place:
    """Read a GeoJSON feature, as Photon and Pelias answer."""
    lon, lat = (float(value) for value in raw["geometry"]["coordinates"][:2])
    facts = raw["properties"]
    box = raw.get("bbox")
    if "extent" in facts:
        west, north, east, south = facts["extent"]
        box = (west, south, east, north)
    return _place(
        service,
        key=facts.get("gid") or f"{facts.get('osm_type', '')}{facts.get('osm_id', '')}",
        name=facts.get("name", ""),
        code=_code(facts.get("osm_value"), facts.get("layer"), facts.get("osm_key"), facts.get("type")),
        country=facts.get("countrycode") or facts.get("country_code"),
        lon=lon,
        lat=lat,
        box=box,
    )


def _read_geonames(raw: Mapping[str, Any], service: str) -> Place:
    return _place(
        service,
        key=raw["geonameId"],
        name=raw["name"],
        code=raw.get("fcode") or "PPL",
        country=raw.get("countryCode"),
        lon=float(raw["lng"]),
        lat=float(raw["lat"]),
        box=None,
        population=int(raw.get("population") or 0),
    )


def _read_opencage(raw: Mapping[str, Any], service: str) -> Place:
    point, facts = raw["geometry"], raw.get("components", {})
    bounds = raw.get("bounds")
    box = None
    if bounds:
        low, high = bounds["southwest"], bounds["northeast"]
        box = (low["lng"], low["lat"], high["lng"], high["lat"])
    name = facts.get(facts.get("_type")) or raw["formatted"].split(",")[0]
    return _place(
        service,
        key=raw.get("annotations", {}).get("geohash") or f"{point['lng']},{point['lat']}",
        name=name,
        code=_code(facts.get("_type"), facts.get("_category")),
        country=facts.get("country_code"),
        lon=float(point["lng"]),
        lat=float(point["lat"]),
        box=box,
    )


# --- the cache --------------------------------------------------------------------------------------------------------


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "geomap"


class _Answers:
    """What services have answered, in an SQLite file that several processes may share."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as connection:
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS answers "
                    "(service TEXT, query TEXT, asked REAL, places TEXT, PRIMARY KEY (service, query))"
                )
        except (OSError, sqlite3.Error) as error:
            msg = f"cannot keep geocoders' answers in {path}: {error}; make it writable, or set XDG_CACHE_HOME"
            raise DataError(msg) from error

    def _open(self) -> sqlite3.Connection:
        # A connection per use: they may not cross threads, and a look-up over the net dwarfs the cost of opening.
        return sqlite3.connect(self._path, timeout=10.0)

    def get(self, service: str, query: str) -> tuple[float, list[Place]] | None:
        """Return when a query was asked (seconds since 1970) and its answer, or None."""
        connection = self._open()
        try:
            row = connection.execute(
                "SELECT asked, places FROM answers WHERE service = ? AND query = ?", (service, query)
            ).fetchone()
        finally:
            connection.close()
        return (row[0], [Place(**fields) for fields in json.loads(row[1])]) if row else None

    def put(self, service: str, query: str, places: Sequence[Place]) -> None:
        """Keep an answer."""
        text = json.dumps([asdict(place) for place in places])
        connection = self._open()
        try:
            with connection:
                connection.execute(
                    "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", (service, query, time.time(), text)
                )
        finally:
            connection.close()
