"""Borders in the grammar of location expressions: between two countries, of one, of a province, and one side of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from geomap import anaphora, footprints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geomap.model import Footprint, Place
    from geomap.phrases import Found, Item, Reading

_COUNTRY = "PCL"


def country_of(item: Item) -> str | None:
    """Return the ISO code of the country that a named item lies in."""
    return item.place.country if item.place is not None and item.letter in "LMDEP" else None


def bearing_of(items: Sequence[Item]) -> float | None:
    """Return the last direction among some items, in degrees."""
    for item in reversed(items):
        if item.letter in "qQ" and item.word is not None:
            return item.word.value
    return None


def is_country(place: Place | None) -> bool:
    """Tell whether a place is a state."""
    return place is not None and place.country is not None and place.feature_code.startswith(_COUNTRY)


def build_border(reading: Reading, found: Found) -> Item | None:
    """Read "the Polish border", "X's border with Y", "the border between X and Y", "the border with X in Y"."""
    inside = found.right.get("inside")
    before = [_bounded(reading, item) for item in reading.named(found.start, found.head)]
    after = [_bounded(reading, item) for item in reading.named(found.head, inside[0] if inside else found.end)]
    ground = next((item.place for item in reading.named(*inside)), None) if inside else None
    head = reading.items[found.head]
    if not before and not after:
        return _unknown_border(reading, found)
    bearing = bearing_of(reading.items[found.start : found.head])
    # Two names of one pair may be one place, or one of them none.
    is_pair = "pair" in found.right or ("other" in found.right and _are_neighbours(reading, after))
    pair = after if is_pair else [] if after else before
    if len(pair) > 1:
        footprint = _line_between(reading, pair[0], pair[1])
    elif len(before) + len(after) == 1 and (stood := anaphora.ground(reading, found.start, (before or after)[0])):
        footprint = _line_between(reading, stood, (before or after)[0], on=stood)
    elif not after:
        footprint = line_of(reading, before[0], bearing)
    else:
        owner = before[0] if before else ground or _owner(reading, head.start, after[0])
        footprint = _lines_between(reading, owner, after, on=None if before else ground)
    return reading.item(found, kind="border", footprint=footprint, name=head.lower)


def _are_neighbours(reading: Reading, places: Sequence[Place]) -> bool:
    """Whether "the border of X and Y" can be the one that they share."""
    codes = [place.country if is_country(place) else None for place in places]
    return bool(codes) and codes[0] is not None and codes[-1] in reading.neighbours(codes[0])


def _unknown_border(reading: Reading, found: Found) -> Item | None:
    """Read the border of a name that nothing is known of: the name is no place by itself."""
    name = next((item.name for item in reading.items[found.start : found.end] if item.letter in "LMDE"), None)
    if name is None:
        return None
    footprint = footprints.unlocated(f"{name} is not in the gazetteer")
    return reading.item(found, kind="border", footprint=footprint, name=name)


def _bounded(reading: Reading, item: Item) -> Place:
    """Return the place of a name beside "border": one with an outline, if need be the division that it lies in."""
    place = cast("Place", item.place)
    has_outline = is_country(place) or reading.gazetteer.geometry(place) is not None
    if has_outline or place.country is None or place.admin1 is None:
        return place
    return reading.gazetteer.admin1(place.country, place.admin1) or place


def _owner(reading: Reading, position: int, partner: Place) -> Place | None:
    """Return the country whose border with a partner is meant: the neighbour of it that was named last."""
    if partner.country is None:
        return None
    neighbours = reading.neighbours(partner.country)
    code = reading.country_before(position, neighbours) or reading.most_mentioned(neighbours)
    return reading.gazetteer.country(code) if code else None


def _lines_between(reading: Reading, owner: Place | None, partners: Sequence[Place], *, on: Place | None) -> Footprint:
    """Join the borders of a country with each of its partners."""
    if owner is None:
        return line_of(reading, partners[0], None)
    lines = [_line_between(reading, owner, partner, on=on) for partner in partners]
    located = [line for line in lines if line.geometry is not None]
    return footprints.union(located) if len(located) > 1 else (located or lines)[0]


def _line_between(reading: Reading, a: Place, b: Place, *, on: Place | None = None) -> Footprint:
    if is_country(a) and is_country(b) and a.country and b.country and a.country != b.country:
        side = on.country if on else None
        return footprints.border(
            a.country, b.country, gazetteer=reading.gazetteer, settings=reading.settings, side=side
        )
    return footprints.shared_line(a, b, reading.gazetteer, reading.settings)


def line_of(reading: Reading, place: Place, bearing: float | None) -> Footprint:
    """Make the border of one country; with the neighbour that the text speaks of most, if it does of any."""
    if not is_country(place) or place.country is None:
        return footprints.edge(place, reading.gazetteer, reading.settings)
    partner = None if bearing is not None else reading.most_mentioned(reading.neighbours(place.country))
    return footprints.border(
        place.country,
        partner,
        gazetteer=reading.gazetteer,
        settings=reading.settings,
        bearing_deg=bearing,
        partner_assumed=partner is not None,
    )


def build_bordering(reading: Reading, found: Found) -> Item | None:
    """Read "regions bordering X", "the Russian provinces bordering X": what lies along X's border, beyond it."""
    noun, target = reading.items[found.left["noun"][0]], reading.items[found.head]
    if (noun.letter == "P" and noun.inferred_from is None) or target.place is None:
        return None
    code = target.place.country
    is_neighbour = noun.within is not None and code is not None and noun.within in reading.neighbours(code)
    if is_country(target.place) and is_neighbour and noun.within is not None and code is not None:
        footprint = footprints.border(
            noun.within, code, side=noun.within, gazetteer=reading.gazetteer, settings=reading.settings
        )
    else:
        footprint = line_of(reading, target.place, None)
    return reading.item(found, kind="region", footprint=footprint, name=target.name)


def side_of(reading: Reading, footprint: Footprint, before: Sequence[Item]) -> Footprint:
    """Cut a border's strip to the ground of the country that the words before it name ("the Polish side of ...")."""
    code = next((code for item in before if (code := country_of(item)) is not None), None)
    strip = footprint.border
    if strip is None or code is None:
        return footprint
    if code in strip.countries:
        partner = next((other for other in strip.countries if other != code), None)
        return footprints.border(
            strip.countries[0],
            next(iter(strip.countries[1:]), None),
            side=code,
            gazetteer=reading.gazetteer,
            settings=reading.settings,
            partner_assumed=strip.partner_assumed and partner is not None,
        )
    if code in reading.neighbours(strip.countries[0]):
        return footprints.border(
            strip.countries[0], code, side=code, gazetteer=reading.gazetteer, settings=reading.settings
        )
    return footprint
