"""What a noun phrase without a name takes up: "the city", "the border", "the capital".

Simple and safe coreference: the nearest earlier expression whose kind fits the noun, within reach; never a guess from
the syntax. What is taken up this way says so (``Location.inferred_from``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from geomap import footprints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geomap.model import Footprint, Place, Span
    from geomap.phrases import Item, Reading

# How far back, in characters, "the area" and "the region" may look for what they take up: about two paragraphs.
_REACH = 1_200
# What the nouns of ``lexicon/nominals.csv`` may take up, by their column "refers".
_FITTING: dict[str, tuple[str, ...]] = {
    "city": ("city",),
    "admin": ("admin",),
    "region": ("admin", "region", "continent"),
    "area": ("city", "admin", "region", "facility", "other"),
    "facility": ("facility",),
    "water": ("water",),
    "shoal": ("other", "region", "water"),
    "feature": ("region", "water", "other"),
}
_FAR_REACHING = ("city", "facility", "water", "feature", "shoal")


class Antecedent(NamedTuple):
    """What is taken up."""

    place: Place | None
    footprint: Footprint
    span: Span | None
    """The earlier words; None when the whole document gave it."""


def find(reading: Reading, position: int, refers: str, noun: str, stated: str | None) -> Antecedent | None:
    """Find what a noun phrase takes up.

    Parameters
    ----------
    reading
        The text, with what was found in it so far.
    position
        Where the noun phrase starts.
    refers
        What its noun may take up; two ISO codes joined by a colon name a border line once and for all.
    noun
        The noun.
    stated
        ISO code of the country that the phrase itself names ("the Syrian city").
    """
    if ":" in refers:
        a, b = refers.split(":")
        return Antecedent(None, footprints.border(a, b, gazetteer=reading.gazetteer, settings=reading.settings), None)
    if refers == "border":
        return _border(reading, position)
    if refers in {"country", "capital"}:
        return country(reading, position, stated, capital=refers == "capital")
    return _nearest(reading, position, refers, noun, stated) if refers in _FITTING else None


def _nearest(reading: Reading, position: int, refers: str, noun: str, stated: str | None) -> Antecedent | None:
    """Find the nearest earlier expression that fits a noun."""
    for item in _places_before(reading, position):
        if refers not in _FAR_REACHING and position - item.start > _REACH:
            return None
        is_there = stated is None or (item.place is not None and item.place.country == stated)
        is_it = refers != "feature" or item.lower.endswith(noun)
        if item.kind in _FITTING[refers] and is_there and is_it and item.footprint is not None:
            return Antecedent(item.place, item.footprint, (item.start, item.end))
    return None


def _places_before(reading: Reading, position: int) -> Iterator[Item]:
    """Yield the named places found before a position, nearest first."""
    for item in reversed(reading.items):
        if item.start < position and item.letter == "P" and item.place is not None and item.inferred_from is None:
            yield item


def country(reading: Reading, position: int, stated: str | None, *, capital: bool = False) -> Antecedent | None:
    """Find the country, or its capital, that a phrase means: the one stated, or that of the place named last."""
    code, span = stated, None
    if code is None:
        for item in _places_before(reading, position):
            if item.place is not None and item.place.country is not None:
                code, span = item.place.country, (item.start, item.end)
                break
    if code is None:
        return None
    place = reading.gazetteer.capital(code) if capital else reading.gazetteer.country(code)
    return None if place is None else Antecedent(place, reading.of_place(place), span)


_GROUND = re.compile(r"[iI]d?[aqQe]{0,3}([LM]),?[^|.,]$")
_GROUND_ITEMS = 9
_BESIDE = {"at", "on", "along"}


def ground(reading: Reading, position: int, partner: Place) -> Place | None:
    """Find the country on whose ground a border is, as the words before it say: "in Chad, near the Libyan border".

    Parameters
    ----------
    position
        The item that the border's words start with.
    partner
        The country that they name.
    """
    match = _GROUND.search(reading.letters[max(0, position - _GROUND_ITEMS) : position])
    if match is None or partner.country is None or not partner.feature_code.startswith("PCL"):
        return None
    beside, place = reading.items[position - 1], reading.items[position - (match.end() - match.start(1))].place
    if beside.letter != "l" and beside.lower not in _BESIDE:
        return None
    is_neighbour = place is not None and place.country in reading.neighbours(partner.country)
    return reading.gazetteer.country(place.country) if is_neighbour and place and place.country else None


def _border(reading: Reading, position: int) -> Antecedent | None:
    """Find the border that was named last, or first of all; else the one between the countries spoken of most."""
    named = [
        item
        for item in reading.items
        if item.kind == "border" and item.inferred_from is None and item.footprint and item.footprint.geometry
    ]
    before = [item for item in named if item.start < position]
    for item in [*before[-1:], *named[:1]]:
        if item.footprint is not None:
            return Antecedent(None, item.footprint, (item.start, item.end))
    for code, _ in reading.mentions.most_common():
        partner = reading.most_mentioned(reading.neighbours(code))
        if partner is not None:
            strip = footprints.border(
                code, partner, gazetteer=reading.gazetteer, settings=reading.settings, partner_assumed=True
            )
            return Antecedent(None, strip, None)
    return None
