"""Location expressions: the words that say where something is, the longest for one place, with a footprint.

"The Ukrainian border", "50 km north of Kyiv", "the town of X", "their bases": built on the toponyms of a document and
on nouns that name places without a name. The same grammar (:mod:`geomap.expressions`) reads a document and a bare
expression such as a query.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geomap import corrections, expressions, footprints, geocoders, nlp
from geomap.errors import PlaceNotFoundError
from geomap.model import Candidate, Document, Location, Toponym
from geomap.phrases import PLAIN, TOKEN, Item, Reading, tags_of, vocabulary
from geomap.settings import DEFAULTS, Settings
from geomap.spellings import fold

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Sequence

    from shapely.geometry.base import BaseGeometry
    from spacy.tokens import Doc

    from geomap.gazetteer import Gazetteer
    from geomap.model import Footprint, Place

_COUNTRY = "PCL"
_NOWHERE = "the words do not say where it is"


def _location(item: Item, text: str) -> Location:
    return Location(
        start=item.start,
        end=item.end,
        text=text[item.start : item.end],
        kind=item.kind,
        toponyms=item.toponyms,
        footprint=item.footprint or footprints.unlocated(_NOWHERE),
        within=item.within if item.footprint is None or item.footprint.geometry is None else None,
        inferred_from=item.inferred_from,
    )


def find(doc: Doc, toponyms: Sequence[Toponym], gazetteer: Gazetteer, settings: Settings = DEFAULTS) -> list[Location]:
    """Find the location expressions of a document.

    Parameters
    ----------
    doc
        The parsed document; parts of speech are used, its syntax is not.
    toponyms
        Its toponyms, typed and resolved. Only literal ones are locations by themselves; an adjective of a country may
        be part of one ("the Ukrainian border").

    Returns
    -------
    list of Location
        In the order of the text, not overlapping but for a name inside a noun phrase without a place of its own.
    """
    text = nlp.text_of(doc)
    reading = expressions.read(text, toponyms, gazetteer, settings, tags_of(doc))
    found = [item for item in reading.items if item.letter in "PU"]
    found += [part for item in found for part in item.inner]
    return [_location(item, text) for item in sorted(found, key=lambda item: (item.start, -item.end))]


def correct(
    located: Sequence[Location],
    toponyms: Sequence[Toponym],
    document: Document,
    gazetteer: Gazetteer,
    settings: Settings = DEFAULTS,
) -> list[Location]:
    """Apply a person's decisions on words that say where, and say who decided.

    A decision on a name has moved its toponym already; here it moves words that are more than a name.
    """
    if settings.corrections is None:
        return list(located)
    decided = corrections.decisions_on_places(corrections.read(settings.corrections), document)
    corrected = []
    for location in located:
        named = [toponyms[index] for index in location.toponyms]
        who = next((name.decided_by for name in named if name.decided_by and name.span == location.span), None)
        fix = decided.get(fold(location.text))
        if who is not None or fix is None:
            corrected.append(dataclasses.replace(location, decided_by=who))
            continue
        made = dataclasses.replace(location, decided_by=fix.decided_by)
        if fix.place.casefold() != corrections.A_PLACE:
            made = dataclasses.replace(made, footprint=_decided(fix, gazetteer, settings))
        corrected.append(made)
    return corrected


def _decided(fix: corrections.Correction, gazetteer: Gazetteer, settings: Settings) -> Footprint:
    if fix.place.casefold() == corrections.NOT_A_PLACE:
        return footprints.unlocated(f"{fix.decided_by} decided that it is no place")
    footprint = footprints.of_place(corrections.place_of(fix, gazetteer), gazetteer, settings)
    return dataclasses.replace(footprint, remarks=f"{footprint.remarks}; {fix.decided_by} decided")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a query means: a location, and, if the query is a bare name, the place and how likely it is meant."""

    location: Location
    place: Place | None = None
    score: float | None = None
    """0 to 1, calibrated; None for an expression that is more than a name."""


# A query is a phrase, not a text; longer ones are refused rather than read.
_LONGEST_QUERY = 500
_LONGEST_NAME_WORDS = 6
# Inhabitants; fewer know a smaller town than the people whose name it shares.
_CITY_OF_NOTE = 100_000


def geocode(expression: str, settings: Settings = DEFAULTS) -> list[Answer]:
    """Turn a location expression into geometry, without a language model.

    Parameters
    ----------
    expression
        A name ("Springfield") or an expression built on names ("the border between Mali and Niger", "50 km north of
        Gao").

    Returns
    -------
    list of Answer
        For a bare name the places that it may mean, likeliest first; for an expression one answer, or one for each of
        the places that it joins by "and".

    Raises
    ------
    PlaceNotFoundError
        If a name is not in the gazetteer or the words do not say where.
    """
    from geomap.gazetteer import Gazetteer

    text = " ".join(expression.split()).translate(PLAIN)
    if not text or len(text) > _LONGEST_QUERY:
        msg = f"nothing to look up: give a place or a phrase of at most {_LONGEST_QUERY} characters"
        raise PlaceNotFoundError(msg)
    gazetteer = Gazetteer.open(settings)
    names = _names_in(text, gazetteer)
    if settings.geocoder is not None:
        names = _with_strange_names(names, text, settings)
    toponyms = _resolved(names, text, gazetteer, settings)
    reading = expressions.read(text, toponyms, gazetteer, settings, None)
    reading.apply(expressions.IN_QUERIES)
    unknown = [item for item in reading.items if item.letter == "X"]
    located = [item for item in reading.items if item.letter == "P"]
    if unknown or not located:
        raise PlaceNotFoundError(_not_found(expression, reading, unknown))
    narrow = _without_containers(located)
    name = text.removeprefix("the ").removeprefix("The ")
    if len(toponyms) > 0 and toponyms[0].text.lower() == name.split(",")[0].lower() and len(narrow) == 1:
        return _candidates(narrow[0], toponyms[0], text, gazetteer, settings)
    return [Answer(location=_location(item, text), place=item.place) for item in narrow]


def _candidates(item: Item, toponym: Toponym, text: str, gazetteer: Gazetteer, settings: Settings) -> list[Answer]:
    location = _location(item, text)
    answers = [Answer(location=location, place=toponym.place, score=toponym.score)]
    for candidate in toponym.candidates[1:]:
        place = candidate.place
        footprint = footprints.of_place(place, gazetteer, settings)
        other = dataclasses.replace(location, footprint=footprint, kind=footprints.kind_of(place))
        answers.append(Answer(location=other, place=place, score=candidate.score))
    return answers


def _without_containers(items: Sequence[Item]) -> list[Item]:
    """Leave out places that only say where the one before them lies ("Gao, Mali")."""
    kept: list[Item] = []
    for item in items:
        last = kept[-1] if kept else None
        if (
            last is not None
            and item.place is not None
            and last.place is not None
            and item.kind in {"country", "admin"}
            and item.place.country == last.place.country
            and last.kind != item.kind
        ):
            continue
        kept.append(item)
    return kept


def _names_in(text: str, gazetteer: Gazetteer) -> list[Toponym]:
    """Find the names of a query in the gazetteer, the longest first from the left."""
    words = [match for match in TOKEN.finditer(text) if match.lastgroup != "own"]
    is_lower = text == text.lower()
    names: list[Toponym] = []
    at = 0
    while at < len(words):
        # "The Line of Control" is an entry of the grammar's own tables, no name and two words.
        size, toponym = _known_words(words[at : at + _LONGEST_NAME_WORDS]), None
        if size == 0 and (is_lower or words[at].group()[0].isupper()):
            size, toponym = _longest_name(text, words[at : at + _LONGEST_NAME_WORDS], gazetteer, is_lower=is_lower)
        if toponym is not None:
            names.append(toponym)
        at += max(size, 1)
    return names


def _with_strange_names(names: list[Toponym], text: str, settings: Settings) -> list[Toponym]:
    """Add the capitalised words that the gazetteer lacks, with what the online service says of them."""
    words = [match for match in TOKEN.finditer(text) if match.lastgroup not in {"own", "mark"}]
    strange: list[Toponym] = []
    for at, word in enumerate(words):
        is_taken = any(name.start < word.end() and word.start() < name.end for name in names)
        if is_taken or not word.group()[0].isupper() or _known_words(words[at : at + _LONGEST_NAME_WORDS]):
            continue
        start = word.start()
        if strange and text[strange[-1].end : start] == " ":
            start = strange.pop().start
        strange.append(Toponym(start=start, end=word.end(), text=text[start : word.end()], type="literal"))
    answers = ((name, _by_size(geocoders.find(name.text, settings))) for name in strange)
    answered = [dataclasses.replace(name, candidates=found) for name, found in answers if found]
    return sorted([*names, *answered], key=lambda name: name.start)


def _known_words(words: Sequence[re.Match[str]]) -> int:
    """Return how many words from here on make a fixed entry of the grammar's tables."""
    lower = tuple(word.group().lower() for word in words)
    entries = vocabulary().get(lower[0], ())
    return next((len(pieces) for pieces, _ in entries if lower[: len(pieces)] == pieces), 0)


def _longest_name(
    text: str, words: Sequence[re.Match[str]], gazetteer: Gazetteer, *, is_lower: bool
) -> tuple[int, Toponym | None]:
    for count in range(len(words), 0, -1):
        if words[count - 1].lastgroup == "mark":
            continue
        start, end = words[0].start(), words[count - 1].end()
        name = text[start:end]
        toponym = _toponym(name.title() if is_lower else name, start, end, gazetteer)
        if toponym is not None:
            return count, toponym
    return 1, None


def _toponym(name: str, start: int, end: int, gazetteer: Gazetteer) -> Toponym | None:
    matches = gazetteer.find(name)
    people = gazetteer.demonym(name)
    places = [match.place for match in matches if match.kind != "demonym"]
    # A word for a people is one, unless a country or a city of note is called the same.
    if people is not None and not any(
        place.feature_code.startswith(_COUNTRY) or place.population >= _CITY_OF_NOTE for place in places
    ):
        candidates: tuple[Candidate, ...] = (Candidate(place=people, score=1.0),)
        return Toponym(start=start, end=end, text=name, type="demonym", candidates=candidates)
    if not matches:
        return None
    candidates = _by_size(match.place for match in matches)
    return Toponym(start=start, end=end, text=name, type="literal", candidates=candidates)


def _by_size(places: Iterable[Place]) -> tuple[Candidate, ...]:
    """Rank places by what is known of them without a text: countries first, then by population."""
    ranked = sorted(places, key=lambda place: (not place.feature_code.startswith(_COUNTRY), -place.population))
    weights = [float(place.population + 1_000) for place in ranked]
    return tuple(
        Candidate(place=place, score=weight / sum(weights)) for place, weight in zip(ranked, weights, strict=True)
    )


def _resolved(toponyms: list[Toponym], text: str, gazetteer: Gazetteer, settings: Settings) -> list[Toponym]:
    """Let the resolution of documents rank the candidates of a query; who asks for a name means some place of it."""
    from geomap import places

    ranked = places.resolve(toponyms, Document(id="query", text=text), gazetteer, settings)
    return [found if found.candidates else asked for found, asked in zip(ranked, toponyms, strict=True)]


def _not_found(expression: str, reading: Reading, unknown: Sequence[Item]) -> str:
    if not unknown and any(item.letter == "U" for item in reading.items):
        return f"the words do not say where: {expression!r}; name the place or the country that is meant"
    words = reading.text[unknown[0].start : unknown[-1].end] if unknown else reading.text
    similar = list(dict.fromkeys(match.place.name for match in reading.gazetteer.find(words, fuzzy=True)))[:3]
    help_ = f"did you mean {', '.join(similar)}?" if similar else "check the spelling, or name a place near it"
    return f"no place {words!r} in the gazetteer (in {expression!r}): {help_}"


def border(a: str, b: str | None = None, *, settings: Settings = DEFAULTS) -> BaseGeometry:
    """Return the land border of a country, or between two.

    Parameters
    ----------
    a, b
        Names or ISO 3166-1 alpha-2 codes; all land borders of ``a`` if ``b`` is None.
    settings
        Its ``viewpoint`` says whose boundaries.

    Returns
    -------
    LineString or MultiLineString
        EPSG:4326, longitude first.

    Raises
    ------
    PlaceNotFoundError
        If a country is unknown or the two share no land border.
    """
    from geomap.gazetteer import Gazetteer

    gazetteer = Gazetteer.open(settings)
    codes = [_country_code(name, gazetteer) for name in (a, b) if name is not None]
    line = footprints.border_line(codes[0], codes[1] if b is not None else None, gazetteer, settings)
    if line is None:
        msg = f"{a} and {b} share no land border" if b is not None else f"{a} has no land border"
        raise PlaceNotFoundError(msg)
    return line


def _country_code(name: str, gazetteer: Gazetteer) -> str:
    place = gazetteer.country(name) if len(name) == 2 and name.isupper() else None  # noqa: PLR2004 - ISO alpha-2
    if place is None:
        place = next(
            (match.place for match in gazetteer.find(name) if match.place.feature_code.startswith(_COUNTRY)), None
        )
    if place is None or place.country is None:
        msg = f"no country {name!r} in the gazetteer: give its English name or its two-letter ISO code"
        raise PlaceNotFoundError(msg)
    return place.country
