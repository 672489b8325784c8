"""Places that a name may mean, and how well the name fits each: before anything in the text speaks for one of them.

A name that the gazetteer lacks is tried without its words of kind, by its parts, with the Arabic article and in other
transliterations; an online geocoder is asked where the settings say so.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from geomap import geocoders, lexicon
from geomap.gazetteer import Gazetteer, fold, is_minor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geomap.model import Place
    from geomap.settings import Settings

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
    return _group_of(place.feature_code)


@lru_cache(maxsize=1_024)
def _group_of(code: str) -> Group:
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
def kind_words() -> dict[str, dict[str, str]]:
    """Return the rows of ``lexicon/place_words.csv`` by their word ("province", "lake")."""
    return {row["word"]: row for row in lexicon.rows("place_words")}


@lru_cache(maxsize=20_000)
def options(name: str, gazetteer: Gazetteer) -> tuple[Option, ...]:
    """Return the places that a name may mean, best match first, at most sixty.

    A name that the gazetteer lacks is tried without its words of kind ("Kano Province"), then by its longest known
    part ("Aleppo University"), and at last in other transliterations.
    """
    cleaned = clean(name)
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
    asked = clean(name)
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


def clean(name: str) -> str:
    """Return a name as it is looked up: without the possessive, and with initials and spaces brought together."""
    words = _INITIALS.sub("", _SPACES.sub(" ", name).strip())
    return _POSSESSIVE.sub("", words)


def _reductions(name: str) -> list[list[str]]:
    """Return the names to look up in turn: the whole; without words of kind; parts, the longest first."""
    words = name.split(" ")
    known = kind_words()
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
        and not (len(words) == 1 and words[0].lower() in kind_words())
    )


def _biggest(found: list[Option]) -> tuple[Option, ...]:
    best: dict[str, Option] = {}
    for option in found:
        known = best.get(option.place.id)
        if known is None or option.quality > known.quality:
            best[option.place.id] = option
    # A creek or a school is meant only where nothing better bears the name: the ranker has not learnt to weigh them.
    chosen = [option for option in best.values() if not is_minor(option.place)] or list(best.values())
    ranked = sorted(chosen, key=lambda option: -prominence(option))
    return tuple(ranked[:_MOST_OPTIONS])


# How much a kind of place counts beside its population, in powers of ten of people; guessed, used only to order
# candidates before the fitted ranker sees them.
_PROMINENCE: dict[Group, float] = {
    "country": 7.5, "continent": 8.0, "admin1": 6.0, "admin2": 4.0, "admin": 3.5, "region": 6.0, "water": 5.5,
    "terrain": 5.0, "facility": 4.0, "capital": 5.5, "seat": 4.5, "quarter": 2.5, "city": 2.5,
}  # fmt: skip


def prominence(option: Option) -> float:
    """Return how much a place counts before any evidence, in powers of ten of people, less where the name fits ill."""
    place = option.place
    size = max(_PROMINENCE[group_of(place)], math.log10(place.population + 1))
    return size + 2.0 * (option.quality - 1.0)


_EARTH_KM = 6371.0088


def kilometres(lon1: Any, lat1: Any, lon2: Any, lat2: Any) -> Floats:  # noqa: ANN401 - scalars or arrays alike
    """Great-circle distance on the sphere; within 0.6 % of the ellipsoid's, enough for weighing evidence."""
    lon1, lat1, lon2, lat2 = (np.radians(value) for value in (lon1, lat1, lon2, lat2))
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return cast("Floats", 2 * _EARTH_KM * np.arcsin(np.minimum(1.0, np.sqrt(half))))


def longer_forms(names: Sequence[str]) -> dict[str, list[str]]:
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


def join(known: tuple[Option, ...], longer: tuple[Option, ...]) -> tuple[Option, ...]:
    """Add the places of a longer form of a name, where the name has none in the same parts."""
    added = [
        replace(option, kind="alternate", quality=_SHORT_FORM_QUALITY)
        for option in longer
        if option.reduction == 0
        and group_of(option.place) in _SHORTENED
        and not any(
            kilometres(option.place.lon, option.place.lat, other.place.lon, other.place.lat) < _NAMESAKE_KM
            for other in known
            if group_of(other.place) in _SHORTENED
        )
    ]
    return (*known, *added) if added else known
