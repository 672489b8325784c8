"""Evidence for each place that a name may mean, as the numbers that the ranker of :mod:`geomap.places` weighs.

How the name fits, how big and of what kind the place is, what stands next to the name ("Athens, Ga."), the countries
and provinces of the document, how near the places are that the other names may mean, the publisher's home, and the
type of the toponym.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache, lru_cache, reduce
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import numpy as np

from geomap import geocoders, lexicon
from geomap.gazetteer import Gazetteer, fold
from geomap.meanings import (
    GROUPS,
    KINDS,
    REDUCTIONS,
    Option,
    clean,
    group_of,
    join,
    kilometres,
    kind_words,
    longer_forms,
    meanings,
    options,
    prominence,
)
from geomap.settings import DEFAULTS, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from geomap.meanings import Option
    from geomap.model import Document, Place, Toponym

    Floats = NDArray[np.float64]


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
_WORD_BEFORE = re.compile(r"(?<![A-Za-z])([A-Za-z]+)(?:\s+of)?\s*(?:the\s+)?$")


def units(toponyms: Sequence[Toponym], names: Sequence[str], text: str) -> list[Unit]:
    """Group the mentions that share name (given folded), type and surroundings."""
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
    known = kind_words()
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
    owners: NDArray[np.int64]
    """Of each option, the number of the name that may mean it."""
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
    owners: list[int] = []
    fixed: list[Floats] = []
    for folded, written in names:
        if folded in slices:
            continue
        known = options(written, gazetteer)
        found = look_up(written) if look_up else known
        slices[folded] = slice(len(rows), len(rows) + len(found))
        owners += [len(slices) - 1] * len(found)
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
        size=np.array([prominence(option) for option in rows]),
        country=np.array([codes.setdefault(place.country, len(codes)) for place in places], dtype=np.int64),
        admin1=np.array(
            [
                codes.setdefault((place.country, place.admin1), len(codes)) if place.admin1 else -1 - index
                for index, place in enumerate(places, start=1)
            ],
            dtype=np.int64,
        ),
        groups=np.array([_NUMBERS[group_of(place)] for place in places], dtype=np.int64),
        owners=np.array(owners, dtype=np.int64),
        fixed=np.concatenate(fixed) if fixed else np.zeros((0, len(FIXED))),
    )


_NUMBERS = {group: number for number, group in enumerate(GROUPS)}

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


_UNTOLD_PEOPLE = 500
"""Inhabitants that an online answer counts with which tells none: as the embedded gazetteer's smallest towns have."""


@lru_cache(maxsize=20_000)
def _fixed_features(name: str, gazetteer: Gazetteer) -> Floats:
    return _describe(name, options(name, gazetteer))


def _describe(name: str, found: Sequence[Option]) -> Floats:
    places, count = [option.place for option in found], len(found)
    people = [place.population or (_UNTOLD_PEOPLE if geocoders.is_answer(place) else 0) for place in places]
    sizes = np.array([prominence(option) for option in found])
    ranks = np.arange(count)
    whole = [np.log(count) / 4, float(count == 1), float(len(name) <= 3)]  # noqa: PLR2004 - letters
    return np.column_stack(
        [
            np.log10(np.array(people) + 1) / 7,
            _one_of(GROUPS, [group_of(place) for place in places]),
            _one_of(KINDS, [option.kind for option in found]),
            [option.quality for option in found],
            _one_of(range(len(REDUCTIONS)), [option.reduction for option in found]),
            ranks == 0,
            1 / (1 + ranks),
            (sizes.max() - sizes) / 5,
            np.tile(whole, (count, 1)),
            [place.country == "US" for place in places],
        ]
    )


def _one_of(classes: Sequence[object], values: Sequence[object]) -> Floats:
    """Return a column for each class: 1 where a value is of it."""
    return np.array([[float(value == which) for which in classes] for value in values])


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

_COUNTRY, _ADMIN1, _ADMIN2 = (_NUMBERS[group] for group in ("country", "admin1", "admin2"))
_COUNTY_KM = 60.0


def _which(*groups: str) -> NDArray[np.bool_]:
    """Return of each group whether it is among some."""
    return np.array([group in groups for group in GROUPS])


_IS_CITY = _which("capital", "seat", "city", "quarter")
# Too wide to be near to anything.
_IS_WIDE = _which("country", "continent")
_WORD_GROUPS: dict[str, NDArray[np.bool_]] = {
    "admin": _which("admin1", "admin2", "admin", "region"),
    "city": _IS_CITY,
    **{name: _which(name) for name in ("country", "admin1", "admin2", "water", "terrain", "facility")},
}


def local_features(units_: Sequence[Unit], table: Table, home: Home) -> list[Floats]:
    """Describe, for each unit, how its options fit the words around it; shape (options, len(LOCAL))."""
    by_name: dict[str, list[Floats]] = defaultdict(list)
    own = []
    for unit in units_:
        fits = _whole_fits(unit, table)
        own.append(fits)
        by_name[unit.name].append(fits)
    elsewhere = {name: reduce(np.maximum, values) for name, values in by_name.items()}
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
        same = meant[groups]
        column = 10 if inner else 8
        found[:, column] = np.maximum(found[:, column], same)
        found[:, column + 1] = np.maximum(found[:, column + 1], ~same)
    if unit.type != "literal":
        start = 12 + 3 * ("metonym", "demonym", "embedded").index(unit.type)
        is_country, is_city = groups == _COUNTRY, _IS_CITY[groups]
        found[:, start], found[:, start + 1] = is_country, is_city
        found[:, start + 2] = ~(is_country | is_city)
    found[:, 21:26] = near_home
    return found


_CONTEXT_OPTIONS = 3
_CONTEXT_NAMES = 80
# Pairs of options and anchors that are compared at a time, which bounds the memory to some 50 MB.
_MOST_PAIRS = 500_000


def context_features(table: Table, beliefs: dict[str, Floats], near: Floats) -> Floats:
    """Describe how each option fits what the other names of the document are believed to mean.

    Parameters
    ----------
    beliefs
        Of each name, the probability of each option.
    near
        From :func:`neighbours`.

    Returns
    -------
    ndarray
        Shape (options, len(CONTEXT)).
    """
    found = np.zeros((len(table.options), len(CONTEXT)))
    if not table.options:
        return found
    anchors = _anchors(table, beliefs)
    step = max(1, _MOST_PAIRS // max(1, len(anchors.rows)))
    for start in range(0, len(found), step):
        rows = slice(start, start + step)
        found[rows] = _context(rows, table, anchors, near)
    belief = np.concatenate([beliefs[name] for name in table.names])
    best = np.zeros(len(table.names))
    np.maximum.at(best, table.owners, belief)
    found[:, 13] = belief
    found[:, 14] = belief == best[table.owners]
    return found


@dataclass(frozen=True, slots=True)
class _Anchors:
    """The likely places of the names of a document, that others are compared with."""

    names: NDArray[np.int64]
    rows: NDArray[np.int64]
    weights: Floats


def _anchors(table: Table, beliefs: dict[str, Floats]) -> _Anchors:
    names: list[int] = []
    rows: list[int] = []
    weights: list[float] = []
    for number, (name, options_) in enumerate(islice(table.names.items(), _CONTEXT_NAMES)):
        belief = beliefs[name]
        best = np.argsort(-belief, kind="stable")[:_CONTEXT_OPTIONS].tolist()
        names += [number] * len(best)
        rows += [options_.start + which for which in best]
        weights += belief[best].tolist()
    return _Anchors(np.array(names, dtype=np.int64), np.array(rows, dtype=np.int64), np.array(weights))


def neighbours(table: Table, order: Sequence[str]) -> Floats:
    """Return what share of the names that stand near a name each other is; shape (names, names of anchors).

    Parameters
    ----------
    order
        The names in the order of the text.
    """
    numbers = {name: number for number, name in enumerate(table.names)}
    found: list[list[int]] = [[] for _ in numbers]
    for index, name in enumerate(order):
        near = found[numbers[name]]
        for other in (*order[max(0, index - 2) : index], *order[index + 1 : index + 3]):
            if other != name and len(near) < 12:  # noqa: PLR2004 - enough for names that stand everywhere
                near.append(numbers[other])
    shares = np.zeros((len(numbers), min(len(numbers), _CONTEXT_NAMES)))
    for row, near in zip(shares, found, strict=True):
        for number in near:
            if number < len(row):
                row[number] += 1 / len(near)
    return shares


def _context(rows: slice, table: Table, anchors: _Anchors, shares: Floats) -> Floats:
    """Compare some options with the anchors of all other names."""
    owners, at = table.owners[rows], anchors.rows
    found = np.zeros((len(owners), len(CONTEXT)))
    named = np.zeros(len(table.names), dtype=bool)
    named[anchors.names] = True
    n_names = (named.sum() - named[owners])[:, None]
    weights = anchors.weights * (owners[:, None] != anchors.names)
    near = weights * shares[owners][:, anchors.names]
    groups = table.groups[at]
    same_country = table.country[rows][:, None] == table.country[at]
    same_admin1 = table.admin1[rows][:, None] == table.admin1[at]
    distance = kilometres(table.lon[rows][:, None], table.lat[rows][:, None], table.lon[at], table.lat[at])
    weighed = weights * ~_IS_WIDE[groups]
    n_others = np.maximum(n_names, 1)
    found[:, 0] = (same_country * weights).sum(axis=1)
    found[:, 2] = (same_admin1 * weights).sum(axis=1)
    for column, scale in ((3, 30), (4, 150), (5, 700)):
        found[:, column] = (np.exp(-distance / scale) * weighed).sum(axis=1)
    found[:, [0, 2]] /= n_others
    found[:, 3:6] /= np.sqrt(n_others)
    found[:, 1] = found[:, 0] == 0
    for column, scale in ((6, 50), (7, 300)):
        found[:, column] = (np.exp(-distance / scale) * weighed).max(axis=1, initial=0.0)
    found[:, 8] = (np.exp(-distance / 200) * near * ~_IS_WIDE[groups]).sum(axis=1)
    found[:, 9] = (same_country * near).sum(axis=1)
    found[:, 10] = (same_country * weights * (groups == _COUNTRY)).max(axis=1, initial=0.0)
    found[:, 11] = (same_admin1 * weights * (groups == _ADMIN1)).max(axis=1, initial=0.0)
    found[:, 12] = n_names[:, 0] == 0
    found[:, 1] *= n_names[:, 0] > 0
    return found


def none_features(unit: Unit, found: Sequence[Option]) -> list[float]:
    """Describe the answer that no option is right."""
    best = max((option.quality for option in found), default=0.0)
    return [
        1.0,
        best,
        float(not found),
        float(unit.type == "embedded"),
        float(bool(found) and all(option.reduction == len(REDUCTIONS) - 1 for option in found)),
        float(bool(found) and all(option.kind == "fuzzy" for option in found)),
        float(len(found) == 1),
    ]


# ------------------------------------------------------------------------------------------------- problem


@dataclass(slots=True)
class Problem:
    """One document, ready to be ranked: its units, the options of its names, and the features of both.

    Units in rows: each option of the first, then "none"; then those of the second.
    """

    units: list[Unit]
    table: Table
    near: Floats
    """From :func:`neighbours`."""
    options: NDArray[np.int64]
    """Of each row, the option's row in the table; -1 for "none"."""
    constant: Floats
    """The features that need no other name's answer, shape (rows, len(FEATURES)); the others are 0."""

    def parted(self, rows: Floats) -> list[Floats]:
        """Part what is given in rows by units."""
        return np.split(rows, np.flatnonzero(self.options < 0)[:-1] + 1)


def pose(
    toponyms: Sequence[Toponym], document: Document, gazetteer: Gazetteer, settings: Settings = DEFAULTS
) -> Problem:
    """Look up the names of a document and describe their options, as far as that needs no other name's answer."""
    written = [clean(toponym.text) for toponym in toponyms]
    order = [fold(name) for name in written]
    found = units(toponyms, order, document.text)
    # An online service is told no more than it needs to be: not the names of peoples and organisations.
    literal = {name for name, toponym in zip(written, toponyms, strict=True) if toponym.type == "literal"}

    longer = longer_forms(written)
    for name, form in _classed_forms(toponyms, written, document.text):
        longer.setdefault(name, []).append(form)

    def look_up(name: str) -> tuple[Option, ...]:
        """Add what the document's longer forms of a name mean."""
        asked = settings.geocoder and name in literal
        known = meanings(name, gazetteer, settings) if asked else options(name, gazetteer)
        for form in longer.get(name, ()):
            known = join(known, options(form, gazetteer))
        return known

    table = tabulate(zip(order, written, strict=True), gazetteer, look_up if settings.geocoder or longer else None)
    local = local_features(found, table, home_of(document, gazetteer))
    numbers = [[*range(len(table.options))[table.names[unit.name]], -1] for unit in found]
    rows = np.array([number for unit in numbers for number in unit], dtype=np.int64)
    is_option = rows >= 0
    constant = np.zeros((len(rows), len(FEATURES)))
    constant[is_option, : len(FIXED)] = table.fixed[rows[is_option]]
    constant[is_option, len(FIXED) : len(FIXED) + len(LOCAL)] = np.concatenate(local)
    constant[~is_option, -len(NONE) :] = [none_features(unit, table.options[table.names[unit.name]]) for unit in found]
    return Problem(units=found, table=table, near=neighbours(table, order), options=rows, constant=constant)


def _classed_forms(toponyms: Sequence[Toponym], written: Sequence[str], text: str) -> Iterator[tuple[str, str]]:
    """Yield names with the class word behind them where it says water or land form ("the Niger river")."""
    known = kind_words()
    for toponym, name in zip(toponyms, written, strict=True):
        after = _WORD_AFTER.match(text, toponym.end, toponym.end + _LONGEST_GAP)
        word = known.get(after[1]) if after and toponym.type == "literal" else None
        if after and word and word["group"] in {"water", "terrain"} and word["position"] != "before":
            yield name, f"{name} {after[1]}"


def features(problem: Problem, beliefs: dict[str, Floats]) -> Floats:
    """Return the features of each row of a problem, shape (rows, len(FEATURES))."""
    rows = problem.constant.copy()
    context = context_features(problem.table, beliefs, problem.near)
    is_option = problem.options >= 0
    rows[is_option, -len(NONE) - len(CONTEXT) : -len(NONE)] = context[problem.options[is_option]]
    return rows


def matrices(problem: Problem, beliefs: dict[str, Floats]) -> list[Floats]:
    """Return the features of each unit: a row per option and a last one for "none"."""
    return problem.parted(features(problem, beliefs))
