"""Says which place each name means: toponym resolution with ranked, calibrated candidates.

Every name is looked up in the gazetteer; a small ranker weighs the evidence for each place that it may mean: how the
name fits, how big and of what kind the place is, what stands next to the name ("Athens, Ga."), the countries and
provinces of the document, how near the places are that the other names may mean, the publisher's home, and the type of
the toponym. It runs twice: first with a prior for what the other names mean, then with its own first answers. "None of
them" is one more candidate. ``data/fit_places.py`` fits its weights on public corpora; ``docs/evaluation.md`` says how
well they do, cross-validated, and how far the scores can be trusted.

A person's corrections (:attr:`geomap.settings.Settings.corrections`) win over everything.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

import numpy as np

from geomap import corrections, geocoders, lexicon
from geomap.errors import DataError
from geomap.gazetteer import Gazetteer, fold, is_minor
from geomap.model import Candidate, Place, Toponym
from geomap.settings import DEFAULTS, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from geomap.model import Document

    Floats = NDArray[np.float64]

Group = Literal[
    "country", "continent", "admin1", "admin2", "admin", "capital", "seat", "city", "quarter", "water", "terrain",
    "facility", "region",
]  # fmt: skip
GROUPS: tuple[Group, ...] = (
    "country", "continent", "admin1", "admin2", "admin", "capital", "seat", "city", "quarter", "water", "terrain",
    "facility", "region",
)  # fmt: skip

KINDS = ("main", "alternate", "abbreviation", "demonym", "fuzzy")

# How a name that the gazetteer lacks was cut until it was found: not at all, a word of kind dropped, part of it.
REDUCTIONS = ("whole", "without word of kind", "part")

# At most so many places for one name, the biggest; only names of saints and the like have more.
_MOST_OPTIONS = 60


def group_of(place: Place) -> Group:
    """Return what kind of place it is, from its GeoNames feature code."""
    code = place.feature_code
    exact = _GROUP_OF_CODE.get(code)
    if exact is not None:
        return exact
    for start, group in _GROUP_OF_START:
        if code.startswith(start):
            return group
    return "facility"


_GROUP_OF_CODE: dict[str, Group] = {
    "CONT": "continent", "ADM1": "admin1", "ADM2": "admin2", "PPLC": "capital", "PPLA": "seat", "PPLX": "quarter",
    "TERR": "country", "SEA": "water", "OCN": "water", "STM": "water", "LK": "water", "LKS": "water", "STRT": "water",
    "GULF": "water", "BAY": "water", "CHN": "water", "CNL": "water", "RSV": "water", "SD": "water", "RF": "water",
    "RGN": "region", "AREA": "region", "ZN": "region", "PEN": "terrain", "ISL": "terrain", "ISLS": "terrain",
    "MT": "terrain", "MTS": "terrain", "DSRT": "terrain", "CAPE": "terrain", "VAL": "terrain", "PASS": "terrain",
}  # fmt: skip
_GROUP_OF_START: tuple[tuple[str, Group], ...] = (
    ("PCL", "country"), ("ADM", "admin"), ("PPL", "city"), ("RGN", "region"), ("STM", "water"), ("LK", "water"),
    ("MT", "terrain"), ("ISL", "terrain"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Option:
    """A place that a name may mean, and how the name fits it."""

    place: Place
    kind: str
    quality: float
    reduction: int = 0
    """Index into :data:`REDUCTIONS`."""


@cache
def _kind_words() -> dict[str, dict[str, str]]:
    return {row["word"]: row for row in lexicon.rows("place_words")}


@lru_cache(maxsize=20_000)
def options(name: str, gazetteer: Gazetteer) -> tuple[Option, ...]:
    """Return the places that a name may mean, best match first, at most sixty.

    A name that the gazetteer lacks is tried without its words of kind ("Kano Province"), then by its longest known
    part ("Aleppo University"), and at last in other transliterations.
    """
    cleaned = _clean(name)
    for reduction, names in enumerate(_reductions(cleaned)):
        found: list[Option] = []
        for reduced in names:
            if not found or reduction == 0:
                found += [
                    Option(match.place, match.kind, match.quality, reduction) for match in gazetteer.find(reduced)
                ]
        if found:
            return _biggest(found)
    return _biggest(_near_names(cleaned, gazetteer))


# Countries, continents and first-level divisions have their outlines in the gazetteer alone.
_STATES: frozenset[Group] = frozenset({"country", "continent"})
_OUTLINED: frozenset[Group] = _STATES | {"admin1"}
_UNTOLD_PEOPLE = 500
"""Inhabitants that an online answer counts with which tells none: as the embedded gazetteer's smallest towns have."""
_ONLINE_QUALITY = {True: 1.0, False: 0.9}
"""Quality of an online answer whose name is the one that was asked for, and of another."""


def meanings(name: str, gazetteer: Gazetteer, settings: Settings) -> tuple[Option, ...]:
    """Return the places that a name may mean, asking the online geocoder where the settings say so.

    Asked first, it decides on everything but countries, and the gazetteer's divisions stay beside its answers; else it
    is asked for names that the gazetteer lacks as a whole.
    """
    known = options(name, gazetteer)
    if settings.geocoder is None:
        return known
    whole = [option for option in known if option.reduction == 0 and option.kind != "fuzzy"]
    if any(group_of(option.place) in _STATES for option in whole) or (whole and not settings.geocoder_first):
        return known
    outlined = [option for option in whole if group_of(option.place) in _OUTLINED]
    asked = _clean(name)
    online = [
        Option(place, "main" if fold(place.name) == fold(asked) else "alternate", _ONLINE_QUALITY[place.name == asked])
        for place in geocoders.find(asked, settings)
    ]
    return (*online, *outlined) if online else known


# The Arabic article, which reports leave out or write in one of many ways, and the least likeness of another spelling
# that is worth weighing: below it, "Ramyah" is Rome.
_ARTICLES = ("Al", "El")
_LEAST_LIKENESS = 0.76


def _near_names(name: str, gazetteer: Gazetteer) -> list[Option]:
    """Look a name up with the Arabic article, and then in other transliterations."""
    for article in _ARTICLES:
        found = [Option(match.place, "alternate", match.quality, 0) for match in gazetteer.find(f"{article} {name}")]
        if found:
            return found
    return [
        Option(match.place, match.kind, match.quality)
        for match in gazetteer.find(name, fuzzy=True)
        if match.quality >= _LEAST_LIKENESS
    ]


_POSSESSIVE = re.compile(r"['’]s?$")
_SPACES = re.compile(r"\s+")


_INITIALS = re.compile(r"(?<=\b[A-Z]\.) (?=[A-Z]\.)")


def _clean(name: str) -> str:
    words = _INITIALS.sub("", _SPACES.sub(" ", name).strip())
    return _POSSESSIVE.sub("", words)


def _reductions(name: str) -> list[list[str]]:
    """Return the names to look up in turn: the whole; without words of kind; parts, the longest first."""
    words = name.split(" ")
    known = _kind_words()
    shorter: list[str] = []
    first, last = known.get(words[0].lower().strip(".")), known.get(words[-1].lower().strip("."))
    if len(words) > 1 and last and last["drop"] == "yes" and last["position"] != "before":
        shorter.append(" ".join(words[:-1]))
    if len(words) > 1 and first and first["drop"] == "yes" and first["position"] != "after":
        rest = words[2:] if len(words) > len(("City", "of")) and words[1].lower() in {"of", "de"} else words[1:]
        shorter.append(" ".join(rest))
    parts = [
        " ".join(words[start : start + length])
        for length in range(len(words) - 1, 0, -1)
        for start in range(len(words) - length + 1)
        if _may_be_name(words[start : start + length])
    ]
    parts += [part for part in re.split(r"[-–/]", name) if len(part) > 3 and part != name]  # noqa: PLR2004 - letters
    whole = [name]
    if not name.isupper() and len(name) <= _LONGEST_CODE:
        whole.append(name.upper())
    return [whole, shorter, parts[:12]]


# Abbreviations are stored in one case of several ("KY" for "Ky.").
_LONGEST_CODE = 4


def _may_be_name(words: Sequence[str]) -> bool:
    return (
        words[0][:1].isupper()
        and words[-1][:1].isupper()
        and len(" ".join(words)) > 3  # noqa: PLR2004 - shorter parts are mostly no names
        and not (len(words) == 1 and words[0].lower() in _kind_words())
    )


def _biggest(found: list[Option]) -> tuple[Option, ...]:
    best: dict[str, Option] = {}
    for option in found:
        known = best.get(option.place.id)
        if known is None or option.quality > known.quality:
            best[option.place.id] = option
    # A creek or a school is meant only where nothing better bears the name: the ranker has not learnt to weigh them.
    chosen = [option for option in best.values() if not is_minor(option.place)] or list(best.values())
    ranked = sorted(chosen, key=lambda option: -_prominence(option))
    return tuple(ranked[:_MOST_OPTIONS])


# How much a kind of place counts beside its population, in powers of ten of people; guessed, used only to order
# candidates before the fitted ranker sees them.
_PROMINENCE: dict[Group, float] = {
    "country": 7.5, "continent": 8.0, "admin1": 6.0, "admin2": 4.0, "admin": 3.5, "region": 6.0, "water": 5.5,
    "terrain": 5.0, "facility": 4.0, "capital": 5.5, "seat": 4.5, "quarter": 2.5, "city": 2.5,
}  # fmt: skip


def _prominence(option: Option) -> float:
    place = option.place
    size = max(_PROMINENCE[group_of(place)], float(np.log10(place.population + 1)))
    return size + 2.0 * (option.quality - 1.0)


# ------------------------------------------------------------------------------------------------- evidence


@dataclass(slots=True)
class Unit:
    """Mentions of one name in one kind of surroundings, which get one answer."""

    name: str
    """Folded; the key under which its options are kept."""
    type: str
    mentions: list[int] = field(default_factory=list)
    followed_by: tuple[str, ...] = ()
    """Names that follow it closely ("Athens, Ga."), folded; the first may be a whole and the second its whole."""
    preceded_by: tuple[str, ...] = ()
    """Names that it follows closely, and may be the whole of."""
    words: tuple[str, ...] = ()
    """Words of kind beside or inside it ("Kano *State*")."""
    loose: bool = False
    """Whether ``followed_by`` stands behind "in", "of" or a bracket instead of a comma."""


_FOLLOWS = re.compile(
    r"\s*(?:,|\()?\s*|"
    # "Baidoa, a large town in southern Somalia"
    r"(?:,\s*(?:an?|the)\s+(?:[\w-]+\s+){0,3}(?:town|city|village|hamlet|settlement|suburb|port|district|area))?"
    r",?\s*(?:in|of|near|outside)\s+(?:the\s+)?(?:\w+ern\s+|\w+(?:-\w+)? )?",
    re.IGNORECASE,
)
_LONGEST_GAP = 40
_WORD_AFTER = re.compile(r"[\s,]*([A-Za-z]+)")
_WORD_BEFORE = re.compile(r"([A-Za-z]+)(?:\s+of)?\s*(?:the\s+)?$")


def units(toponyms: Sequence[Toponym], text: str) -> list[Unit]:
    """Group the mentions that share name, type and surroundings."""
    names = [fold(_clean(toponym.text)) for toponym in toponyms]
    gaps = [
        text[left.end : right.start] if right.start - left.end <= _LONGEST_GAP else None
        for left, right in pairwise(toponyms)
    ]
    links = [_link(gap) for gap in gaps]
    found: dict[tuple[Any, ...], Unit] = {}
    for index, toponym in enumerate(toponyms):
        following: list[str] = []
        step = index
        while step < len(links) and links[step] and len(following) < 2:  # noqa: PLR2004 - "Town, County, State"
            step += 1
            following.append(names[step])
        preceding = (names[index - 1],) if index and links[index - 1] else ()
        loose = bool(following) and links[index] == "loose"
        words = _words_beside(text, toponym)
        key = (names[index], toponym.type, tuple(following), preceding, words, loose)
        unit = found.setdefault(
            key,
            Unit(names[index], toponym.type, followed_by=key[2], preceded_by=preceding, words=words, loose=loose),
        )
        unit.mentions.append(index)
    return list(found.values())


def _link(gap: str | None) -> str:
    if gap is None or "\n" in gap or not _FOLLOWS.fullmatch(gap):
        return ""
    return "loose" if any(letter.isalpha() or letter == "(" for letter in gap) else "tight"


def _words_beside(text: str, toponym: Toponym) -> tuple[str, ...]:
    known = _kind_words()
    found: set[str] = set()
    after = _WORD_AFTER.match(text, toponym.end, toponym.end + _LONGEST_GAP)
    if after and after[1].lower() in known and known[after[1].lower()]["position"] != "before":
        found.add(known[after[1].lower()]["group"])
    before = _WORD_BEFORE.search(text[max(0, toponym.start - _LONGEST_GAP) : toponym.start])
    if before and before[1].lower() in known and known[before[1].lower()]["position"] != "after":
        found.add(known[before[1].lower()]["group"])
    for word in toponym.text.lower().split():
        if word in known:
            found.add("in:" + known[word]["group"])
    return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Home:
    """Where the publisher of a document is at home, as far as it is known."""

    country: str | None = None
    lon: float | None = None
    lat: float | None = None
    host: str = ""
    """The letters of the publisher's host name, in which a town's name may stand."""


@cache
def _publishers() -> dict[str, dict[str, str]]:
    return {row["host"]: row for row in lexicon.rows("publishers")}


_NOT_COUNTRIES = frozenset({"tv", "co", "me", "io", "ai", "fm", "ly", "cc"})


def home_of(document: Document, gazetteer: Gazetteer) -> Home:
    """Find the publisher's home: as given, by its host in ``lexicon/publishers.csv``, or the country of its domain."""
    host = (urlsplit(document.url).hostname or "") if document.url and len(document.url) < _LONGEST_URL else ""
    letters = "".join(letter for letter in host.removeprefix("www.") if letter.isalpha() or letter == ".")
    labels = host.split(".")
    if document.home:
        place = _place_of_home(document.home, gazetteer)
        if place is not None:
            return Home(place.country, place.lon, place.lat, letters)
    for start in range(len(labels) - 1):
        row = _publishers().get(".".join(labels[start:]))
        if row is not None:
            lon, lat = (float(row["lon"]), float(row["lat"])) if row["lon"] else (None, None)
            return Home(row["country"], lon, lat, letters)
    last = labels[-1].upper()
    if len(last) == 2 and last.lower() not in _NOT_COUNTRIES:  # noqa: PLR2004 - country codes have two letters
        return Home("GB" if last == "UK" else last, host=letters)
    return Home(host=letters)


_LONGEST_URL = 2000


def _place_of_home(words: str, gazetteer: Gazetteer) -> Place | None:
    """Find the home: "Paris, Texas" → the Paris that lies in Texas; the biggest when nothing narrows it."""
    parts = [part.strip() for part in words.split(",") if part.strip()]
    found = options(parts[0], gazetteer) if parts else ()
    for part in parts[1:]:
        wholes = [
            option.place for option in options(part, gazetteer) if group_of(option.place) in {"country", "admin1"}
        ]
        inside = [option for option in found if any(_is_within(option.place, whole) for whole in wholes)]
        found = tuple(inside) or found
    return found[0].place if found else None


def _is_within(place: Place, whole: Place) -> bool:
    if place.id == whole.id or place.country != whole.country:
        return False
    return group_of(whole) == "country" or (place.admin1 is not None and place.admin1 == whole.admin1)


# ------------------------------------------------------------------------------------------------- features


@dataclass(slots=True)
class Table:
    """Every option of every name of one document, as columns."""

    names: dict[str, slice]
    options: list[Option]
    lon: Floats
    lat: Floats
    size: Floats
    country: NDArray[np.int64]
    admin1: NDArray[np.int64]
    groups: NDArray[np.int64]
    fixed: Floats
    """Features that do not depend on the document."""


def tabulate(
    names: Iterable[tuple[str, str]], gazetteer: Gazetteer, look_up: Callable[[str], tuple[Option, ...]] | None = None
) -> Table:
    """Look up names, given as (folded, as written), and put their options into columns.

    ``look_up`` gives the options of a name; those of the gazetteer, if it is None.
    """
    slices: dict[str, slice] = {}
    rows: list[Option] = []
    fixed: list[Floats] = []
    for folded, written in names:
        if folded in slices:
            continue
        known = options(written, gazetteer)
        found = look_up(written) if look_up else known
        slices[folded] = slice(len(rows), len(rows) + len(found))
        rows.extend(found)
        if found:
            fixed.append(_fixed_features(written, gazetteer) if found is known else _describe(written, found))
    codes: dict[Any, int] = {None: -1}
    places = [option.place for option in rows]
    return Table(
        names=slices,
        options=rows,
        lon=np.array([place.lon for place in places]),
        lat=np.array([place.lat for place in places]),
        size=np.array([_prominence(option) for option in rows]),
        country=np.array([codes.setdefault(place.country, len(codes)) for place in places], dtype=np.int64),
        admin1=np.array(
            [
                codes.setdefault((place.country, place.admin1), len(codes)) if place.admin1 else -1 - index
                for index, place in enumerate(places, start=1)
            ],
            dtype=np.int64,
        ),
        groups=np.array([GROUPS.index(group_of(place)) for place in places], dtype=np.int64),
        fixed=np.concatenate(fixed) if fixed else np.zeros((0, len(FIXED))),
    )


FIXED = (
    "population",
    *(f"group {group}" for group in GROUPS),
    *(f"kind {kind}" for kind in KINDS),
    "quality",
    *(f"reduction {index}" for index in range(len(REDUCTIONS))),
    "first",
    "rank",
    "behind the biggest",
    "options",
    "alone",
    "short name",
    "in the United States",
)


@lru_cache(maxsize=20_000)
def _fixed_features(name: str, gazetteer: Gazetteer) -> Floats:
    return _describe(name, options(name, gazetteer))


def _describe(name: str, found: Sequence[Option]) -> Floats:
    sizes = [_prominence(option) for option in found]
    rows = np.zeros((len(found), len(FIXED)))
    for index, option in enumerate(found):
        place = option.place
        people = place.population or (_UNTOLD_PEOPLE if geocoders.is_answer(place) else 0)
        values = [np.log10(people + 1) / 7]
        values += [float(group_of(place) == group) for group in GROUPS]
        values += [float(option.kind == kind) for kind in KINDS]
        values.append(option.quality)
        values += [float(option.reduction == which) for which in range(len(REDUCTIONS))]
        values += [float(index == 0), 1 / (1 + index), (max(sizes) - sizes[index]) / 5]
        values += [np.log(len(found)) / 4, float(len(found) == 1), float(len(name) <= 3)]  # noqa: PLR2004 - letters
        values.append(float(place.country == "US"))
        rows[index] = values
    return rows


LOCAL = (
    "whole follows, fits",
    "whole follows, other",
    "whole follows loosely, fits",
    "whole follows loosely, other",
    "whole follows elsewhere, fits",
    "whole follows elsewhere, other",
    "is the whole of the name before",
    "other than the whole of the name before",
    "word of kind fits",
    "word of kind differs",
    "word of kind inside fits",
    "word of kind inside differs",
    *(f"{kind} {group}" for kind in ("metonym", "demonym", "embedded") for group in ("country", "city", "other")),
    "home within 50 km",
    "home within 250 km",
    "home country",
    "other than home country",
    "town in host name",
)
CONTEXT = (
    "country's share",
    "country unnamed by others",
    "division's share",
    "near 30 km",
    "near 150 km",
    "near 700 km",
    "nearest 50 km",
    "nearest 300 km",
    "neighbours in the text 200 km",
    "neighbours in the text country",
    "country is named",
    "division is named",
    "no other names",
    "prior",
    "prior is best",
)
NONE = ("none", "none: quality", "none: no options", "none: embedded", "none: part only", "none: fuzzy", "none: alone")
FEATURES = (*FIXED, *LOCAL, *CONTEXT, *NONE)

_EARTH_KM = 6371.0088


def kilometres(lon1: Any, lat1: Any, lon2: Any, lat2: Any) -> Floats:  # noqa: ANN401 - scalars or arrays alike
    """Great-circle distance on the sphere; within 0.6 % of the ellipsoid's, enough for weighing evidence."""
    lon1, lat1, lon2, lat2 = (np.radians(value) for value in (lon1, lat1, lon2, lat2))
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return cast("Floats", 2 * _EARTH_KM * np.arcsin(np.minimum(1.0, np.sqrt(half))))


_COUNTRY, _ADMIN1, _ADMIN2 = (GROUPS.index(group) for group in ("country", "admin1", "admin2"))
_CITIES = [GROUPS.index(group) for group in ("capital", "seat", "city", "quarter")]
_COUNTY_KM = 60.0
_WORD_GROUPS: dict[str, frozenset[int]] = {
    "admin": frozenset(GROUPS.index(group) for group in ("admin1", "admin2", "admin", "region")),
    "city": frozenset(_CITIES),
    **{
        name: frozenset({GROUPS.index(name)})
        for name in ("country", "admin1", "admin2", "water", "terrain", "facility")
    },
}


def local_features(units_: Sequence[Unit], table: Table, home: Home) -> list[Floats]:
    """Describe, for each unit, how its options fit the words around it; shape (options, len(LOCAL))."""
    by_name: dict[str, list[Floats]] = defaultdict(list)
    own = []
    for unit in units_:
        fits = _whole_fits(unit, table)
        own.append(fits)
        by_name[unit.name].append(fits)
    elsewhere = {name: np.max(values, axis=0) for name, values in by_name.items()}
    near_home = _home_features(table, home)
    return [
        _local(unit, table, fits, elsewhere[unit.name], near_home[table.names[unit.name]])
        for unit, fits in zip(units_, own, strict=True)
    ]


def _whole_fits(unit: Unit, table: Table) -> Floats:
    """Columns: an option lies in what follows; what follows could hold it, but does not."""
    rows = table.names[unit.name]
    found = np.zeros((rows.stop - rows.start, 2))
    for name in unit.followed_by:
        wholes = [
            row for row in range(*table.names[name].indices(len(table.options))) if table.options[row].kind != "fuzzy"
        ]
        wholes = [row for row in wholes if table.groups[row] in (_COUNTRY, _ADMIN1, _ADMIN2)][:8]
        if not wholes or name == unit.name:
            continue
        inside = np.zeros(len(found), dtype=bool)
        for row in wholes:
            inside |= _inside(rows, row, table)
        found[:, 0] = np.maximum(found[:, 0], inside)
        if not found[:, 0].all():
            found[:, 1] = np.maximum(found[:, 1], ~inside)
    found[:, 1] *= found[:, 0] == 0
    return found


def _inside(rows: slice, whole: int, table: Table) -> NDArray[np.bool_]:
    """Which options lie in one place; second-level divisions by distance, since places do not name theirs."""
    same = table.country[rows] == table.country[whole]
    group = table.groups[whole]
    smaller = table.groups[rows] > group if group != _COUNTRY else table.groups[rows] != _COUNTRY
    if group == _COUNTRY:
        return cast("NDArray[np.bool_]", same & smaller)
    same &= table.admin1[rows] == table.admin1[whole]
    if group == _ADMIN2:
        same &= kilometres(table.lon[rows], table.lat[rows], table.lon[whole], table.lat[whole]) < _COUNTY_KM
    return cast("NDArray[np.bool_]", same & smaller)


def _home_features(table: Table, home: Home) -> Floats:
    found = np.zeros((len(table.options), 5))
    if home.lon is not None and home.lat is not None:
        distance = kilometres(table.lon, table.lat, home.lon, home.lat)
        found[:, 0] = np.exp(-distance / 50)
        found[:, 1] = np.exp(-distance / 250)
    if home.country:
        same = np.array([option.place.country == home.country for option in table.options])
        found[:, 2], found[:, 3] = same, ~same if len(same) else same
    if home.host:
        for index, option in enumerate(table.options):
            letters = fold(option.place.name).replace(" ", "")
            found[index, 4] = len(letters) > 4 and letters in home.host  # noqa: PLR2004 - shorter ones occur by chance
    return found


def _local(unit: Unit, table: Table, fits: Floats, elsewhere: Floats, near_home: Floats) -> Floats:
    rows = table.names[unit.name]
    groups = table.groups[rows]
    found = np.zeros((len(groups), len(LOCAL)))
    first = 2 if unit.loose else 0
    found[:, first : first + 2] = fits
    has_own = fits.any()
    if not has_own:
        found[:, 4] = elsewhere[:, 0]
        found[:, 5] = elsewhere[:, 1] * (elsewhere[:, 0] == 0)
    for name in unit.preceded_by:
        if name == unit.name:
            continue
        holds = np.zeros(len(groups), dtype=bool)
        for offset, group in enumerate(groups):
            if group in (_COUNTRY, _ADMIN1, _ADMIN2):
                holds[offset] = bool(_inside(table.names[name], rows.start + offset, table).any())
        found[:, 6] = holds
        found[:, 7] = ~holds if holds.any() else 0
    for word in unit.words:
        inner = word.startswith("in:")
        meant = _WORD_GROUPS.get(word.removeprefix("in:"))
        if meant is None:
            continue
        same = np.isin(groups, list(meant))
        column = 10 if inner else 8
        found[:, column] = np.maximum(found[:, column], same)
        found[:, column + 1] = np.maximum(found[:, column + 1], ~same)
    if unit.type != "literal":
        start = 12 + 3 * ("metonym", "demonym", "embedded").index(unit.type)
        is_country, is_city = groups == _COUNTRY, np.isin(groups, _CITIES)
        found[:, start], found[:, start + 1] = is_country, is_city
        found[:, start + 2] = ~(is_country | is_city)
    found[:, 21:26] = near_home
    return found


_CONTEXT_OPTIONS = 3
_CONTEXT_NAMES = 80


def context_features(
    units_: Sequence[Unit], table: Table, beliefs: dict[str, Floats], order: Sequence[str]
) -> list[Floats]:
    """Describe how each option fits what the other names of the document are believed to mean.

    Parameters
    ----------
    beliefs
        Of each name, the probability of each option.
    order
        The names in the order of the text.
    """
    anchors = _anchors(table, beliefs)
    neighbours = _neighbours(order)
    features: dict[str, Floats] = {}
    for name in table.names:
        features[name] = _context(name, table, anchors, neighbours[name], beliefs[name])
    return [features[unit.name] for unit in units_]


@dataclass(frozen=True, slots=True)
class _Anchors:
    """The likely places of the names of a document, that others are compared with."""

    names: NDArray[np.int64]
    rows: NDArray[np.int64]
    weights: Floats
    index: dict[str, int]


def _anchors(table: Table, beliefs: dict[str, Floats]) -> _Anchors:
    names: list[int] = []
    rows: list[int] = []
    weights: list[float] = []
    index = {name: number for number, name in enumerate(table.names)}
    for name in list(table.names)[:_CONTEXT_NAMES]:
        belief = beliefs[name]
        start = table.names[name].start
        for best in np.argsort(-belief, kind="stable")[:_CONTEXT_OPTIONS]:
            names.append(index[name])
            rows.append(start + int(best))
            weights.append(float(belief[best]))
    return _Anchors(np.array(names, dtype=np.int64), np.array(rows, dtype=np.int64), np.array(weights), index)


def _neighbours(order: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for index, name in enumerate(order):
        for other in (*order[max(0, index - 2) : index], *order[index + 1 : index + 3]):
            if other != name and len(found[name]) < 12:  # noqa: PLR2004 - enough for names that stand everywhere
                found[name].append(other)
    return found


def _context(name: str, table: Table, anchors: _Anchors, neighbours: list[str], belief: Floats) -> Floats:
    rows = table.names[name]
    found = np.zeros((rows.stop - rows.start, len(CONTEXT)))
    if not len(found):
        return found
    found[:, 13] = belief
    found[:, 14] = belief == belief.max()
    others = anchors.names != anchors.index[name]
    if not others.any():
        found[:, 12] = 1
        return found
    at, weights, owners = anchors.rows[others], anchors.weights[others], anchors.names[others]
    n_names = len(set(owners.tolist()))
    same_country = table.country[rows][:, None] == table.country[at][None, :]
    same_admin1 = table.admin1[rows][:, None] == table.admin1[at][None, :]
    distance = kilometres(
        table.lon[rows][:, None], table.lat[rows][:, None], table.lon[at][None, :], table.lat[at][None, :]
    )
    point = np.isin(table.groups[at], [_COUNTRY, GROUPS.index("continent")], invert=True)
    weighed = weights * point
    found[:, 0] = same_country @ weights / n_names
    found[:, 1] = found[:, 0] == 0
    found[:, 2] = same_admin1 @ weights / n_names
    for column, scale in ((3, 30), (4, 150), (5, 700)):
        found[:, column] = np.exp(-distance / scale) @ weighed / np.sqrt(n_names)
    for column, scale in ((6, 50), (7, 300)):
        found[:, column] = (np.exp(-distance / scale) * weighed).max(axis=1)
    found[:, 10] = (same_country * weights * (table.groups[at] == _COUNTRY)).max(axis=1)
    found[:, 11] = (same_admin1 * weights * (table.groups[at] == _ADMIN1)).max(axis=1)
    near = [anchors.index[other] for other in neighbours]
    if near:
        counts = np.bincount(near, minlength=len(anchors.index))[owners] / len(near)
        found[:, 8] = np.exp(-distance / 200) @ (weighed * counts)
        found[:, 9] = same_country @ (weights * counts)
    return found


def none_features(unit: Unit, found: Sequence[Option]) -> Floats:
    """Describe the answer that no option is right."""
    best = max((option.quality for option in found), default=0.0)
    values = [
        1.0,
        best,
        float(not found),
        float(unit.type == "embedded"),
        float(bool(found) and all(option.reduction == len(REDUCTIONS) - 1 for option in found)),
        float(bool(found) and all(option.kind == "fuzzy" for option in found)),
        float(len(found) == 1),
    ]
    return np.array(values)


# ------------------------------------------------------------------------------------------------- ranker


@dataclass(frozen=True, slots=True)
class Ranker:
    """A linear score plus a small layer of tanh units; a softmax over the options and "none" makes it a probability."""

    linear: Floats
    """Shape (features,)."""
    hidden: Floats
    """Shape (features, units)."""
    bias: Floats
    output: Floats
    """Shapes (units,)."""

    def scores(self, features: Floats) -> Floats:
        """Return one score per row of features."""
        return features @ self.linear + np.tanh(features @ self.hidden + self.bias) @ self.output


@cache
def _rankers() -> tuple[Ranker, Ranker]:
    try:
        data = json.loads((files("geomap") / "assets" / "places.json").read_text(encoding="utf-8"))
        return read_rankers(data)
    except (OSError, ValueError, KeyError) as error:
        msg = f"the ranker's weights are missing or do not fit this version of geomap ({error}); run: make fit"
        raise DataError(msg) from error


def read_rankers(data: dict[str, Any]) -> tuple[Ranker, Ranker]:
    """Read the rankers of the first and the second pass from the form that ``data/fit_places.py`` writes."""
    if data["features"] != list(FEATURES):
        msg = "features differ"
        raise ValueError(msg)
    first, second = (
        Ranker(*(np.array(weights[part], dtype=float) for part in ("linear", "hidden", "bias", "output")))
        for weights in data["passes"]
    )
    return first, second


@dataclass(slots=True)
class Problem:
    """One document, ready to be ranked: its units, the options of its names, and the features of both."""

    units: list[Unit]
    table: Table
    order: list[str]
    fixed: list[Floats]
    none: list[Floats]


def _longer_forms(names: Sequence[str]) -> dict[str, list[str]]:
    """Return, for each name, the longer names of the document that it may be short for ("Sabina", "Sabina Shoal")."""
    by_start: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        by_start.setdefault(name.split(" ")[0], []).append(name)
    found = {}
    for short, forms in by_start.items():
        if short in forms and len(forms) > 1:
            found[short] = [form for form in forms if form != short][:_MOST_FORMS]
    return found


_MOST_FORMS = 4
_SHORTENED: frozenset[Group] = frozenset({"water", "terrain", "facility", "region"})
_SHORT_FORM_QUALITY = 0.9
_NAMESAKE_KM = 300.0
"""A place that the short name has already is not there again under the long one."""


def _joined(known: tuple[Option, ...], longer: tuple[Option, ...]) -> tuple[Option, ...]:
    """Add the places of a longer form of a name, where the name has none in the same parts."""
    added = [
        replace(option, kind="alternate", quality=_SHORT_FORM_QUALITY)
        for option in longer
        if option.reduction == 0
        and group_of(option.place) in _SHORTENED
        and not any(
            kilometres(option.place.lon, option.place.lat, other.place.lon, other.place.lat) < _NAMESAKE_KM
            for other in known
        )
    ]
    return (*known, *added) if added else known


def pose(
    toponyms: Sequence[Toponym], document: Document, gazetteer: Gazetteer, settings: Settings = DEFAULTS
) -> Problem:
    """Look up the names of a document and describe their options, as far as that needs no other name's answer."""
    found = units(toponyms, document.text)
    written = [_clean(toponym.text) for toponym in toponyms]
    order = [fold(name) for name in written]
    # An online service is told no more than it needs to be: not the names of peoples and organisations.
    literal = {name for name, toponym in zip(written, toponyms, strict=True) if toponym.type == "literal"}

    longer = _longer_forms(written)

    def look_up(name: str) -> tuple[Option, ...]:
        """Add what the document's longer forms of a name mean."""
        asked = settings.geocoder and name in literal
        known = meanings(name, gazetteer, settings) if asked else options(name, gazetteer)
        for form in longer.get(name, ()):
            known = _joined(known, options(form, gazetteer))
        return known

    table = tabulate(zip(order, written, strict=True), gazetteer, look_up if settings.geocoder or longer else None)
    local = local_features(found, table, home_of(document, gazetteer))
    return Problem(
        units=found,
        table=table,
        order=order,
        fixed=[
            np.hstack([table.fixed[table.names[unit.name]], features])
            for unit, features in zip(found, local, strict=True)
        ],
        none=[none_features(unit, table.options[table.names[unit.name]]) for unit in found],
    )


def matrices(problem: Problem, beliefs: dict[str, Floats]) -> list[Floats]:
    """Return the full features of each unit: a row per option and a last one for "none"."""
    context = context_features(problem.units, problem.table, beliefs, problem.order)
    found = []
    for fixed, near, none in zip(problem.fixed, context, problem.none, strict=True):
        rows = np.zeros((len(fixed) + 1, len(FEATURES)))
        rows[:-1, : len(FIXED) + len(LOCAL)] = fixed
        rows[:-1, len(FIXED) + len(LOCAL) : len(FIXED) + len(LOCAL) + len(CONTEXT)] = near
        rows[-1, -len(NONE) :] = none
        found.append(rows)
    return found


# How steeply the prior, before any evidence, prefers the more prominent place; per power of ten of people.
_PRIOR_SLOPE = 1.5


def prior_beliefs(problem: Problem) -> dict[str, Floats]:
    """Return the probability of each option of each name from its prominence alone."""
    return {name: _softmax(_PRIOR_SLOPE * problem.table.size[rows]) for name, rows in problem.table.names.items()}


def beliefs_of(problem: Problem, probabilities: Sequence[Floats]) -> dict[str, Floats]:
    """Average what the units of each name are believed to mean; "none" is left out."""
    sums: dict[str, Floats] = {}
    counts: dict[str, int] = defaultdict(int)
    for unit, row in zip(problem.units, probabilities, strict=True):
        weight = len(unit.mentions)
        sums[unit.name] = sums.get(unit.name, 0.0) + weight * row[:-1]
        counts[unit.name] += weight
    return {name: values / counts[name] for name, values in sums.items()}


def probabilities(problem: Problem, rankers: tuple[Ranker, Ranker]) -> list[Floats]:
    """Return for each unit the probability of each option, and of "none" last."""
    beliefs = prior_beliefs(problem)
    found: list[Floats] = []
    for ranker in rankers:
        found = [_softmax(ranker.scores(rows)) for rows in matrices(problem, beliefs)]
        beliefs = beliefs_of(problem, found)
    for unit, row in zip(problem.units, found, strict=True):
        # The ranker learnt from whole articles, where a name that nothing else supports is often none; in a sentence
        # or two nothing can. (On single sentences of the corpora this puts .77 of the names right instead of .74.)
        row[-1] *= min(1.0, len(problem.units) / _ENOUGH_NAMES)
        row /= row.sum()
        _deny_none(unit, problem.table, row)
        _prefer_seat(unit, problem.table, row)
    return found


# Names in a report, from which on "none" counts in full.
_ENOUGH_NAMES = 6


def _deny_none(unit: Unit, table: Table, row: Floats) -> None:
    """Rule out, in place, that the name of a country or people means no place, however short the report is."""
    options = table.options[table.names[unit.name]]
    if any(option.kind == "demonym" or (option.kind == "main" and _is_country(option)) for option in options):
        row[:-1] /= max(row[:-1].sum(), np.finfo(float).tiny)
        row[-1] = 0.0


def _is_country(option: Option) -> bool:
    return group_of(option.place) == "country"


# How likely a town must be, beside the division that is named for it, to be what a name without a class word means.
_SEAT_SHARE = 0.1
_SEAT_CODES = ("PPLA", "PPLC")
_SEAT_KM = 161.0


def _prefer_seat(unit: Unit, table: Table, row: Floats) -> None:
    """Take a bare name for the town rather than for the province named for it, in place ("They left Gomel").

    Their points lie too near to each other for the ranker, which learns from the distance to the right point, to tell
    them apart. "The Gomel region" says what it means.
    """
    if len(row) == 1 or any(word.removeprefix("in:").startswith("admin") for word in unit.words):
        return
    rows = table.names[unit.name]
    best = int(row[:-1].argmax())
    division = table.options[rows.start + best].place
    if group_of(division) not in {"admin1", "admin2"}:
        return
    for other in np.argsort(-row[:-1], kind="stable"):
        seat = table.options[rows.start + int(other)].place
        if row[other] < _SEAT_SHARE * row[best]:
            return
        if (
            seat.feature_code.startswith(_SEAT_CODES)
            and (seat.country, seat.admin1) == (division.country, division.admin1)
            and kilometres(seat.lon, seat.lat, division.lon, division.lat) <= _SEAT_KM
        ):
            row[best], row[other] = row[other], row[best]
            return


def _softmax(scores: Floats) -> Floats:
    if not len(scores):
        return scores
    powers = np.exp(scores - scores.max())
    return cast("Floats", powers / powers.sum())


# ------------------------------------------------------------------------------------------------- answers

RIGHT_WITHIN_KM = 161.0
"""The score of a place is the probability that the place meant lies within 161 km (100 miles) of it, the tolerance
that the field's evaluations use."""
_MOST_CANDIDATES = 5
_LEAST_SCORE = 0.02


def resolve(
    toponyms: Sequence[Toponym], document: Document, gazetteer: Gazetteer, settings: Settings = DEFAULTS
) -> list[Toponym]:
    """Give each toponym its ranked candidate places.

    Parameters
    ----------
    toponyms
        From :func:`geomap.toponyms.find`, sorted by start.
    document
        Its text, boilerplate (whose toponyms are dropped) and publisher.
    gazetteer
        Where the candidates come from.
    settings
        ``corrections`` names a CSV of a person's decisions.

    Returns
    -------
    list of Toponym
        The same toponyms with candidates, best first; none where no place fits.

    Raises
    ------
    DataError
        If the corrections cannot be read.
    """
    kept = [toponym for toponym in toponyms if not _is_skipped(toponym, document)]
    if not kept:
        return []
    problem = pose(kept, document, gazetteer, settings)
    answers: dict[int, tuple[Candidate, ...]] = {}
    for unit, row in zip(problem.units, probabilities(problem, _rankers()), strict=True):
        found = candidates(problem.table, problem.table.names[unit.name], row)
        answers.update(dict.fromkeys(unit.mentions, found))
    resolved = [replace(toponym, candidates=answers[index]) for index, toponym in enumerate(kept)]
    if settings.corrections is None:
        return resolved
    fixes = corrections.read(settings.corrections)
    return corrections.correct_toponyms(resolved, document, gazetteer, fixes, clean=_clean)


def _is_skipped(toponym: Toponym, document: Document) -> bool:
    return any(start <= toponym.start and toponym.end <= end for start, end in document.skip)


def candidates(table: Table, rows: slice, row: Floats) -> tuple[Candidate, ...]:
    """Turn probabilities into candidates; none when "none" is the best answer."""
    if len(row) == 1:
        return ()
    lon, lat = table.lon[rows], table.lat[rows]
    likely = np.argsort(-row[:-1], kind="stable")[: 3 * _MOST_CANDIDATES]
    distance = kilometres(lon[likely][:, None], lat[likely][:, None], lon[None, :], lat[None, :])
    near = (distance <= RIGHT_WITHIN_KM) @ row[:-1]
    if near.max() < row[-1]:
        return ()
    # By the chance of being right, then by the place's own: a town before the county that surrounds it.
    ranked = sorted(range(len(likely)), key=lambda which: (-round(float(near[which]), 6), which))
    best = [
        Candidate(
            place=table.options[rows.start + int(likely[which])].place, score=round(float(min(1.0, near[which])), 4)
        )
        for which in ranked
        if near[which] >= _LEAST_SCORE
    ]
    return tuple(best[:_MOST_CANDIDATES])


def rank(name: str, gazetteer: Gazetteer, settings: Settings = DEFAULTS) -> list[Candidate]:
    """Rank the places that a lone name may mean ("Springfield", "Paris, Texas"), without a document.

    Returns
    -------
    list of Candidate
        Best first, with the share of belief of each; empty when the gazetteer knows no such name.
    """
    from geomap.model import Document

    parts = [match for match in re.finditer(r"[^,]+", name[:_LONGEST_NAME]) if match[0].strip()]
    toponyms = []
    for match in parts:
        words = match[0].strip()
        start = match.start() + match[0].index(words)
        toponyms.append(Toponym(start=start, end=start + len(words), text=words, type="literal"))
    if not toponyms:
        return []
    document = Document(id="", text=name)
    problem = pose(toponyms, document, gazetteer, settings)
    unit_rows = zip(problem.units, probabilities(problem, _rankers()), strict=True)
    unit, row = next((unit, row) for unit, row in unit_rows if 0 in unit.mentions)
    rows = problem.table.names[unit.name]
    share = row[:-1] / max(row[:-1].sum(), np.finfo(float).tiny)
    best = np.argsort(-share, kind="stable")[:_MOST_LISTED]
    found = [
        Candidate(place=problem.table.options[rows.start + int(which)].place, score=round(float(share[which]), 4))
        for which in best
    ]
    if settings.corrections is None:
        return found
    fixes = corrections.read(settings.corrections)
    fix = corrections.decisions_on_places(fixes, document).get(fold(name))
    if fix is None or fix.place.casefold() == corrections.A_PLACE:
        return found
    if fix.place.casefold() == corrections.NOT_A_PLACE:
        return []
    return [Candidate(place=corrections.place_of(fix, gazetteer), score=corrections.SCORE)]


_LONGEST_NAME = 200
_MOST_LISTED = 10
