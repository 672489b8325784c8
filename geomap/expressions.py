"""The grammar of location expressions: which words make one, and what they mean.

A table of patterns over classes of words (:mod:`geomap.phrases`), each with a function that makes the footprint of what
it covers (:mod:`geomap.footprints`), applied in rounds: names and borders, nouns without names, relations of what was
found to what stands around it.

Spans follow the annotation guide: determiner and classifier belong to an expression; phrases joined by "of", "with",
"around", "from", "north of" stay one expression; containment (in, at, on, near, comma) and coordinations are split.
"""

from __future__ import annotations

import dataclasses
import re
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from geomap import anaphora, borders, footprints
from geomap.phrases import UNITS_M, Found, Item, Reading, Word, rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geomap.gazetteer import Gazetteer
    from geomap.model import Place, Toponym
    from geomap.settings import Settings

_SETTLEMENT, _DIVISION, _COUNTRY = "PPL", "ADM", "PCL"
_NOWHERE = "the words do not say where it is"

# --- the grammar ------------------------------------------------------------------------------------------------------

_T = "[LMDE]"
_DET = r"(?:[dyZVp]+|d?[aqvD]{0,2}[LMDEXmCKNP]s)"
_SIZE = r"\(?c?n?(?:hn)?h?u\)?"
# A noun that another noun follows is a modifier, not the head of its phrase ("border guards", "port city").
_HEAD = r"(?!h|[mKNCGRYFB])"
_NOUN_MOD = r"[BKNCGS](?=[mKNCGRYFBo]|$)"
# Modifiers between a determiner and its noun; of a name: no nouns but in hyphened compounds ("rebel-held").
_MOD = rf"(?:[aqQevnDLMEmX]|(?<![mX])r|h[^|.,]|A(?=[LMDEaq])|{_SIZE}|c(?=n)|{_NOUN_MOD})"
_NAME_MOD = rf"(?:[aqQevrD]|[XmLMDEaq]h[avm]|h[av]|A(?=[aqDv])|{_SIZE}|c(?=n))"
_NO_ARTICLE = r"(?:[aqQe]|[XmLMDE]h[av]){0,4}"
# Modifiers without a determiner: only what cannot belong to another phrase.
_TIGHT = rf"(?:[aqQeX]|{_T}(?:h|A(?={_T}))?|[XmLMDE]h[av])"
_NP = rf"(?:{_DET}{_MOD}{{0,8}}|{_TIGHT}{{0,4}})"
_NAME = rf"d?[aqQev]{{0,3}}{_T}K?"
_BEFORE_NAME = rf"(?:(?:d|(?P<owner>d?{_T}s)){_NAME_MOD}{{0,7}}|{_NO_ARTICLE})"
# A clause that tells which place is meant ("the areas where ..."), up to the next mark.
_CLAUSE = r"(?P<clause>J[^J,.|()LMP]{2,7}(?=[,.|)]|$))"
# Not in "the border with US and Malian counterparts": an adjective is no partner.
_PARTNER = r"d?[aqQev]{0,3}[LME](?!m|AD)K?"
_PARTNERS = rf"w{_PARTNER}(?:,{_PARTNER})*(?:,?A{_PARTNER})?(?P<inside>id?[LM])?"


def _group(reading: Reading, found: Found, name: str) -> Item | None:
    """Return the first item of a named part of a rule, if the rule has covered it."""
    span = found.left.get(name) or found.right.get(name)
    return reading.items[span[0]] if span else None


# Round one: names


def _as_class(reading: Reading, item: Item, noun: Word | None) -> Place | None:
    """Return the place of a name that its class word asks for: the division, not its seat ("the Gao region")."""
    place = item.place
    if place is None or noun is None:
        return place
    if noun.kind == "admin" or noun.refers == "region":
        wrong, right = _SETTLEMENT, _DIVISION
    elif noun.kind == "city":
        wrong, right = _DIVISION, _SETTLEMENT
    else:
        return place
    if not place.feature_code.startswith(wrong):
        return place
    others = [candidate.place for index in item.toponyms for candidate in reading.toponyms[index].candidates]
    others += [match.place for match in reading.gazetteer.find(item.name)]
    fitting = (other for other in others if other.country == place.country and other.feature_code.startswith(right))
    return next(fitting, place)


def _build_name(reading: Reading, found: Found) -> Item | None:
    """Read a name with what belongs to it: "the X region", "the town of X", "northern X", "war-torn X"."""
    head, noun_item = reading.items[found.head], _group(reading, found, "noun")
    noun = noun_item.word if noun_item else None
    place = _as_class(reading, head, noun or _class_ahead(reading, found.head))
    if noun is not None and not _fits(head.letter, place, noun):
        return None
    if noun is not None and noun.plural and "noun" in found.right:
        # "X and Y regions" are two expressions; the class word belongs to neither.
        found = found._replace(end=found.head + 1)
    if place is None:
        kind = noun.kind if noun else "other"
        footprint = footprints.unlocated(f"{head.name} is not in the gazetteer")
        return reading.item(found, kind=kind, footprint=footprint, name=head.name)
    kind, footprint = footprints.kind_of(place), reading.of_place(place)
    if not _is_part(reading, found):
        return reading.item(found, kind=kind, footprint=footprint, name=place.name, place=place)
    before = reading.items[found.start : found.head]
    part = _named_part(reading, before[-1], head) if kind == "water" else None
    if part is not None:
        return reading.item(found, kind="water", footprint=reading.of_place(part), name=part.name, place=part)
    is_extreme = any(item.letter == "e" for item in before)
    footprint = footprints.part_of_place(
        place, borders.bearing_of(before), reading.gazetteer, reading.settings, extreme=is_extreme
    )
    return reading.item(found, kind="water" if kind == "water" else "region", footprint=footprint, name=place.name)


def _named_part(reading: Reading, direction: Item, head: Item) -> Place | None:
    """Return the part of an ocean that has an outline of its own ("the western Pacific")."""
    words = f"{reading.text[direction.start : direction.end]} {head.name}"
    matches = (match.place for match in reading.gazetteer.find(words))
    return next((place for place in matches if footprints.kind_of(place) == "water"), None)


def _is_part(reading: Reading, found: Found) -> bool:
    """Whether a direction cuts a part out of a place; "the northern X province" only says where it lies."""
    before = reading.letters[found.start : found.head]
    says_where = "owner" in found.left or ("noun" in found.right and before[:1] in "dyZVp")
    return before[-1:] in {"q", "Q"} and not says_where


def _fits(letter: str, place: Place | None, noun: Word) -> bool:
    """Whether a class word can stand for the place itself: not in "a Sahel village"."""
    if letter == "M" and noun.kind not in {"admin", "region", "city"}:
        return False
    if place is None:
        return True
    if noun.kind == "city":
        return footprints.kind_of(place) not in {"country", "admin", "region"}
    return noun.kind != "country" or borders.is_country(place)


_LIST_OF_NAMES = re.compile(rf"(?:,d?{_T})*,?A{_T}(K)")


def _class_ahead(reading: Reading, head: int) -> Word | None:
    """Return the plural class word that a name shares with the names after it ("X and Y regions")."""
    match = _LIST_OF_NAMES.match(reading.letters, head + 1)
    word = reading.items[match.start(1)].word if match else None
    return word if word is not None and word.plural else None


def _build_unknown(reading: Reading, found: Found) -> Item | None:
    """Read "the village of X" where no toponym stands: a place by its words, though nobody knows where."""
    head = reading.items[found.head]
    if head.word is None or head.word.kind not in {"city", "admin", "region", "facility"}:
        return None
    if head.word.kind == "facility" and head.word.plural:
        # "The bases of X forces" are whose the name is.
        return None
    if reading.text[head.start].isupper() or (
        reading.letters[found.head + 1] == "v" and not _is_naming(reading, found.head + 1)
    ):
        return None
    name = reading.text[reading.items[found.head + 2].start : reading.items[found.end - 1].end]
    footprint = footprints.unlocated(f"{name} is not known as a place")
    return reading.item(found, kind=head.word.kind, footprint=footprint, name=name)


_NAMING = {"called", "named", "dubbed"}


def _is_naming(reading: Reading, at: int) -> bool:
    return reading.items[at].lower in _NAMING


def _build_front(reading: Reading, found: Found) -> Item | None:
    """Read "the X front": somewhere round the town or province; of a country, nobody can say where."""
    word = reading.items[found.head].word
    owners = reading.named(found.start, found.head)
    if word is None or word.refers != "line" or not owners or reading.text[reading.items[found.head].start].isupper():
        return None
    owner = cast("Place", owners[-1].place)
    if borders.is_country(owner):
        footprint = footprints.unlocated(f"the words do not say where in {owner.name} the front runs")
        return reading.item(found, kind=word.kind, footprint=footprint, name=owner.name, within=owner.country)
    if len(owners) > 1:
        ends = [cast("Place", item.place) for item in owners[-2:]]
        names = (ends[0].name, ends[1].name)
        footprint = footprints.between(reading.of_place(ends[0]), reading.of_place(ends[1]), names)
    elif footprints.kind_of(owner) in {"admin", "region"}:
        footprint = footprints.somewhere_in(reading.of_place(owner), owner.name, "front")
    else:
        footprint = footprints.near_place(owner, "around", reading.gazetteer, reading.settings)
    return reading.item(found, kind=word.kind, footprint=footprint, name=owner.name)


def _build_inside_part(reading: Reading, found: Found) -> Item | None:
    """Read X in "the eastern part of X": a place even where its name stands for a state elsewhere."""
    return _build_name(reading, found._replace(start=found.head, left={}))


def _build_possessed_part(reading: Reading, found: Found) -> Item | None:
    """Read "X's north": its northern part, or what lies north of it ("to X's north")."""
    owner = next(iter(reading.named(found.start, found.head)), None)
    bearing = reading.items[found.head].word
    if owner is None or owner.place is None or bearing is None or bearing.value is None:
        return None
    if reading.letters[: found.start].endswith("t"):
        base = reading.of_place(owner.place)
        footprint = footprints.outward(base, owner.place.name, bearing.value, reading.settings)
        return reading.item(found, kind="relative", footprint=footprint, name=owner.name)
    footprint = footprints.part_of_place(owner.place, bearing.value, reading.gazetteer, reading.settings)
    return reading.item(found, kind="region", footprint=footprint, name=owner.name)


def _build_ground(reading: Reading, found: Found) -> Item | None:
    """Read "Polish soil", "X's territory": the country itself."""
    owner = next(reversed(reading.named(found.start, found.head)), None)
    noun = reading.items[found.head].word
    if owner is None or owner.place is None or noun is None:
        return None
    kind = footprints.kind_of(owner.place) if noun.kind == "region" else noun.kind
    footprint = reading.of_place(owner.place)
    return reading.item(found, kind=kind, footprint=footprint, name=owner.place.name, place=owner.place)


def _build_capital(reading: Reading, found: Found) -> Item | None:
    """Read "the Malian capital", "Mali's capital", "the capital of Mali"."""
    owner = next(iter(reading.named(found.start, found.end)), None)
    if owner is None or owner.place is None or not borders.is_country(owner.place) or owner.place.country is None:
        return None
    capital = reading.gazetteer.capital(owner.place.country)
    if capital is None:
        return None
    return reading.item(found, kind="city", footprint=reading.of_place(capital), name=capital.name, place=capital)


def _build_sea(reading: Reading, found: Found) -> Item | None:
    """Read "the Libyan coast", "Libyan waters": the coast or the sea of the place named."""
    owner = next(reversed(reading.named(found.start, found.head)), None)
    if owner is None or owner.place is None:
        return None
    is_coast = reading.items[found.head].letter == "Y"
    footprint = (footprints.coast if is_coast else footprints.off_coast)(
        owner.place,
        reading.gazetteer,
        reading.settings,
        bearing_deg=borders.bearing_of(reading.items[found.start : found.head]),
    )
    kind = "region" if is_coast else "water"
    return reading.item(found, kind=kind, footprint=footprint, name=owner.place.name, place=owner.place)


# A head may look behind for the last letter that its rule wants before it, which spares most heads a search.
_NAMES = (
    rule(
        "border",
        "B",
        _NP,
        rf"(?:{_PARTNERS}|(?P<pair>b{_NAME}A{_NAME})|o{_NAME}(?P<other>A{_NAME})?|{_HEAD})",
        borders.build_border,
    ),
    rule("name-class", "[LM]", _BEFORE_NAME, rf"(?P<noun>K)(?:od?[LM])?{_HEAD}", _build_name),
    rule(
        "class-of-name",
        "(?<=[odaqQe])[LM]",
        rf"(?:{_DET}{_MOD}{{0,8}}|[aqQe]{{0,3}})(?P<noun>[KC])od?[aqQe]{{0,2}}",
        r"(?:K?od?[LM])?",
        _build_name,
    ),
    rule("class-name", "(?<=[KC,])[LM]", rf"{_DET}{_MOD}{{0,8}}(?P<noun>[KC]),?", r"(?!s)", _build_name),
    rule("front", "F", rf"{_BEFORE_NAME}(?:[LME]h)?[LME][aq]{{0,2}}", _HEAD, _build_front),
    rule("name", "L", _BEFORE_NAME, r"(?![mNhBF])", _build_name),
    rule("part-name", "(?<=[qQ])[LM]", r"[aqQe]{0,2}[qQ]", r"", _build_name),
    rule("name-alone", "L", r"", r"", _build_name),
    rule("inside-part", "(?<=[SWod])M", r"[SW]od?", r"(?!s)", _build_inside_part),
    rule(
        "class-of-unknown",
        "K",
        rf"(?:{_DET}{_MOD}{{0,4}}|[aq]{_NAME_MOD}{{0,4}})",
        r"[ov]X(?:h?X|hn){0,3}",
        _build_unknown,
    ),
    rule("possessed-part", "Q", rf"d?{_T}s[ae]?", r"(?![mLMDEX])", _build_possessed_part),
    rule("ground", "G", rf"(?:[dp]{_MOD}{{0,3}})?(?:[aq]{{0,2}}[DL]|d?{_T}s[aq]{{0,2}}|M)", _HEAD, _build_ground),
    rule("capital", "C", rf"(?:[dp]{_MOD}{{0,3}})?(?:D|d?{_T}s)[aq]{{0,2}}", r"(?!,?[LM])", _build_capital),
    rule("capital-of", "C", r"d[a]{0,2}", r"od?[LM]", _build_capital),
    rule("sea", "[YW]", rf"(?:d[aqQe]{{0,2}})?(?:D|{_T}s|[LM])[aqQe]{{0,2}}", _HEAD, _build_sea),
)

# Round two: nouns without a name

_OF_PLACE = re.compile(r"[ob][dyZp]?[aqQvmD]{0,3}[PULMKNCB]|[nk]u")
_RELATED = re.compile(r"[bjT][dyZp]?[aqQv]{0,3}[PULM]|c?Qo")
_LOCATIVE = {"at", "on", "near", "along", "across", "outside", "over", "toward", "towards", "from", "to"}


def _is_wanted(reading: Reading, found: Found) -> bool:
    """Whether a noun phrase is definite enough to be a place of its own, and no apposition, predicate or title."""
    word = reading.items[found.head].word
    if word is None or _is_title(reading, found) or _is_predicate(reading, found, word):
        return False
    letters = reading.letters[found.start : found.head]
    if word.needs in {"of", "homeward"}:
        return _is_at_home(reading, found) if word.needs == "homeward" else _is_of_place(reading, found)
    is_definite = re.match(r"[dZp]|.*s", letters) is not None
    if word.needs == "bare" or is_definite or (word.plural and _RELATED.match(reading.letters, found.end)):
        return True
    if not letters and "clause" not in found.right:
        return _is_headline(reading, found, word)
    if word.needs == "the":
        return word.plural and bool(re.match(r"[aqDLMEX]", letters))
    return word.plural or word.role == "ground" or "clause" in found.right or letters[:1] in set("yVnkDLMEPX")


def _is_of_place(reading: Reading, found: Found) -> bool:
    return _OF_PLACE.match(reading.letters, found.end) is not None


def _is_at_home(reading: Reading, found: Found) -> bool:
    """Whether a bare noun follows a verb of return: "went home"."""
    verb = reading.items[found.start - 1].word if found.start else None
    return found.start == found.head and verb is not None and verb.role == "homeward"


def _is_predicate(reading: Reading, found: Found, word: Word) -> bool:
    """Whether it only describes a place: "Gao, a town that ...", "Gao is a town", "the largest country"."""
    lead = reading.letters[max(0, found.start - 2) : found.start]
    is_described = re.search(r"[PLMUX],$|z$", lead) is not None
    return is_described and (reading.letters[found.start] == "y" or (word.kind == "country" and lead.endswith("z")))


def _is_headline(reading: Reading, found: Found, word: Word) -> bool:
    """Whether a bare noun stands as headlines write it, without its article: "Troops at border"."""
    if found.start == 0 or word.role != "border":
        return False
    return reading.items[found.start - 1].lower in _LOCATIVE and not reading.letters.startswith("X", found.end)


def _is_title(reading: Reading, found: Found) -> bool:
    """Whether a noun is part of a proper name that no toponym is: "the Department of Trade", "the Popular Front"."""
    first, head = reading.items[found.start], reading.items[found.head]
    if not reading.text[head.start].isupper() or (head.word is not None and ":" in head.word.refers):
        return False
    is_in_text = first is not head and reading.text[first.start].islower()
    return is_in_text or first.letter == "d" or reading.letters.startswith("oX", found.end)


def _build_nominal(reading: Reading, found: Found) -> Item | None:
    """Read a noun phrase without a name of its own, and what it takes up."""
    head = reading.items[found.head]
    if head.word is None or not _is_wanted(reading, found):
        return None
    before = reading.items[found.start : found.head]
    inner = tuple(item for item in before if item.letter == "P" and item.inferred_from is None)
    stated = next((code for item in before if (code := borders.country_of(item)) is not None), None)
    start = reading.items[found.start].start
    taken = anaphora.find(reading, start, _refers(reading, found, head.word), head.lower, stated)
    if taken is None:
        owner = _town_of(before) if head.word.kind == "facility" and not head.word.plural else None
        base = reading.of_place(owner) if owner else None
        footprint = footprints.somewhere_in(base, owner.name, head.lower) if owner and base else None
        return reading.item(
            found,
            kind=head.word.kind,
            inner=() if footprint else inner,
            name=head.lower,
            footprint=footprint or footprints.unlocated(_NOWHERE),
            within=stated,
        )
    footprint = taken.footprint
    if taken.span is not None:
        footprint = dataclasses.replace(footprint, remarks=f"taken up from earlier words: {footprint.remarks}")
    return reading.item(
        found,
        kind=head.word.kind,
        inner=inner,
        name=taken.place.name if taken.place else head.lower,
        footprint=footprint,
        place=taken.place,
        inferred_from=taken.span,
    )


def _town_of(before: Sequence[Item]) -> Place | None:
    """Return the town that has what is spoken of ("Lomé's international airport"), if one is named."""
    owners = (first for first, mark in pairwise(before) if mark.letter == "s" and first.place is not None)
    owner = next(owners, None)
    return owner.place if owner and owner.place and owner.place.feature_code.startswith(_SETTLEMENT) else None


def _refers(reading: Reading, found: Found, word: Word) -> str:
    """Return what a noun phrase may take up; nothing if it is indefinite, another one, or has a name of its own."""
    letters = reading.letters[found.start : found.head]
    if _has_own_name(reading, found):
        return ""
    if word.role == "border" or "B" in letters:
        return "border"
    is_same = re.match(r"[dZ]", letters) and not re.search(r"[VnLMEP]", letters) and not word.plural
    return word.refers if is_same else ""


def _has_own_name(reading: Reading, found: Found) -> bool:
    """Whether a noun phrase says which place it means by a name, known or not: "the town of X", "the town called X"."""
    after = reading.letters[found.end : found.end + 3]
    return re.match(r"od?[XPULM]", after) is not None or (
        re.match(r"[vx][XLMPU]", after) is not None and _is_naming(reading, found.end)
    )


def _build_direction_alone(reading: Reading, found: Found) -> Item | None:
    """Read "the south", "the war-torn east": the part of the country that was named last."""
    bearing = reading.items[found.head].word
    taken = anaphora.country(reading, reading.items[found.start].start, None)
    if taken is None or taken.place is None or bearing is None or bearing.value is None:
        return reading.item(found, kind="region", footprint=footprints.unlocated(_NOWHERE))
    footprint = footprints.part_of_place(taken.place, bearing.value, reading.gazetteer, reading.settings)
    return reading.item(
        found, kind="region", footprint=footprint, inferred_from=taken.span, name=reading.items[found.head].lower
    )


_PHRASE = rf"(?:{_DET}(?:{_MOD}|P(?!s)){{0,8}}|(?:{_TIGHT}|P(?!s)){{0,4}}|[nk]a?|[am]?m)"
_NOUNS_ALONE = (
    rule("nominal-clause", "[KNG]", _PHRASE, _CLAUSE, _build_nominal),
    rule("nominal", "[BFCKNG]", _PHRASE, _HEAD, _build_nominal),
    rule("border-land", "[KNG]", r"[aqQe]{0,2}B", _HEAD, _build_nominal),
)
_NOT_A_HEAD = r"(?!h?[mKNCGRYFBLMDEPUXoq])"
_PARTS_ALONE = (
    rule("part-nominal", "[SWYR]", rf"{_DET}{_MOD}{{0,8}}", _NOT_A_HEAD, _build_nominal),
    rule(
        "direction-nominal",
        "Q",
        r"(?:[dpZ]|d?[mXKC]s|Ps)(?:[aeD]|[mX]h[av]){0,3}",
        _NOT_A_HEAD,
        _build_direction_alone,
    ),
)

# Round three: relations


def _build_distance(reading: Reading, found: Found) -> Item | None:
    found = _without_name(reading, found)
    target = reading.items[found.head]
    base = target.footprint
    numbers = reading.items[slice(*found.left["number"])]
    unit = reading.items[found.left["unit"][0]].word if "unit" in found.left else None
    direction = reading.items[found.left["direction"][0]].word if "direction" in found.left else None
    if (unit is None and direction is None) or base is None:
        return None
    values = [value for item in numbers if (value := _number(item)) is not None]
    if not values:
        return None
    if base.geometry is None:
        return reading.item(found, kind="relative", footprint=base, within=target.within, name=target.name)
    # A bare number before a direction ("70 north of the city") leaves out the unit of the text's other distances.
    metres = unit.value if unit is not None and unit.value else UNITS_M["km"]
    about = (
        any(item.letter in "cyj" for item in reading.items[found.start : found.left["number"][0]])
        or numbers[0].letter == "k"
    )
    low, high = footprints.distance_bounds(
        values[0], values[1] if len(values) > 1 else None, metres, base, approximate=about
    )
    if "within" in found.left:
        # Who says "within" gives a bound, not a measurement.
        footprint = footprints.within(base, target.name, max(values) * metres + footprints.extent_of(base))
    elif direction is not None and direction.value is not None:
        footprint = footprints.sector(base, target.name, direction.value, low, high)
    else:
        footprint = footprints.ring(base, target.name, low, high)
    return reading.item(found, kind="relative", footprint=footprint, name=target.name)


def _without_name(reading: Reading, found: Found) -> Found:
    """Leave out a named place before a relation: "Lyman 30 km north of X" are two expressions."""
    first = reading.items[found.start]
    if first.letter == "P" and first.inferred_from is None and found.start < found.head:
        return found._replace(start=found.start + 1)
    return found


def _number(item: Item) -> float | None:
    if item.word is not None:
        return item.word.value
    try:
        return float(item.lower.replace(",", ""))
    except ValueError:
        return None


def _build_direction(reading: Reading, found: Found) -> Item | None:
    """Read "north of X", "the villages east of X", "the north of X"."""
    found = _without_name(reading, found)
    target = reading.items[found.head]
    bearing = reading.items[found.left["direction"][0]].word
    if target.footprint is None or bearing is None or bearing.value is None:
        return None
    is_part = "article" in found.left and "outer" not in found.left
    if is_part:
        footprint = footprints.part(target.footprint, target.name, bearing.value)
    else:
        footprint = footprints.outward(target.footprint, target.name, bearing.value, reading.settings)
    return reading.item(found, kind="region" if is_part else "relative", footprint=footprint, name=target.name)


def _build_part(reading: Reading, found: Found) -> Item | None:
    """Read "the outskirts of X", "the eastern part of X", "the Polish side of the border"."""
    target = reading.items[found.head]
    before = reading.items[found.start : found.left["part"][0]]
    if not before or target.footprint is None:
        return None
    noun = reading.items[found.left["part"][0]].word
    bearing = borders.bearing_of(before)
    footprint = target.footprint
    if footprint.border is not None:
        footprint = borders.side_of(reading, footprint, before)
    elif bearing is not None and footprint.geometry is not None:
        footprint = footprints.part(footprint, target.name, bearing)
    elif noun is not None and noun.kind == "relative" and footprint.geometry is not None:
        footprint = footprints.near(footprint, target.name, "around", reading.settings)
    elif footprint.geometry is not None:
        footprint = footprints.somewhere_in(footprint, target.name, reading.items[found.left["part"][0]].lower)
    kind = target.kind if noun is None or target.kind in {"border", "water"} else noun.kind
    return reading.item(found, kind=kind, footprint=footprint, within=target.within, name=target.name)


def _build_owned_part(reading: Reading, found: Found) -> Item | None:
    """Read "the city's outskirts", "Gao's centre"."""
    owner, noun = reading.items[found.left["owner"][0]], reading.items[found.head].word
    if owner.footprint is None or noun is None:
        return None
    footprint = owner.footprint
    if footprint.geometry is not None:
        footprint = footprints.somewhere_in(footprint, owner.name, reading.items[found.head].lower)
    return reading.item(
        found,
        kind=noun.kind,
        footprint=footprint,
        within=owner.within,
        name=owner.name,
        inferred_from=owner.inferred_from,
    )


def _build_noun_of(reading: Reading, found: Found) -> Item | None:
    """Read "areas of X", "a suburb of X", "a base of X": somewhere in X."""
    noun, target = reading.items[found.left["noun"][0]], reading.items[found.head]
    if (noun.letter == "P" and noun.inferred_from is None) or target.footprint is None or _is_quantity(noun):
        return None
    is_vague = noun.kind in {"facility", "other"} and target.kind != "water"
    if is_vague or target.footprint.geometry is None:
        within = target.place.country if target.place is not None else target.within
        footprint = footprints.unlocated(f"somewhere in {target.name}, the words do not say where")
        return reading.item(found, kind=noun.kind, footprint=footprint, within=within, word=noun.word)
    footprint = footprints.somewhere_in(target.footprint, target.name, noun.lower)
    return reading.item(found, kind=noun.kind, footprint=footprint, name=target.name, word=noun.word)


def _is_quantity(noun: Item) -> bool:
    """Whether a noun only says how much of a place ("many areas of X")."""
    return noun.kind == "region" and noun.lower.split()[0] in {"many", "several", "some", "most", "all"}


def _build_around(reading: Reading, found: Found) -> Item | None:
    """Read "the area around X", "villages surrounding X"."""
    noun, target = reading.items[found.left["noun"][0]], reading.items[found.head]
    if (noun.letter == "P" and noun.inferred_from is None) or target.footprint is None:
        return None
    footprint = footprints.near(target.footprint, target.name, "around", reading.settings)
    return reading.item(found, kind="relative", footprint=footprint, within=target.within, name=target.name)


def _build_waters(reading: Reading, found: Found) -> Item | None:
    """Read "waters off X", "waters east of X", "the coast of X"."""
    target = reading.items[found.head]
    noun = reading.items[found.left["noun"][0]]
    if target.place is None:
        footprint = target.footprint or footprints.unlocated(_NOWHERE)
        return reading.item(found, kind=noun.word.kind if noun.word else "other", footprint=footprint)
    bearing = borders.bearing_of(reading.items[found.start : found.head])
    common = (target.place, reading.gazetteer, reading.settings, bearing)
    is_off = noun.letter == "W" or (found.start > 0 and reading.items[found.start - 1].letter == "O")
    if target.kind == "water":
        footprint = footprints.somewhere_in(target.footprint or reading.of_place(target.place), target.name, noun.lower)
    elif is_off:
        footprint = footprints.off_coast(*common, waters=noun.letter == "W" and "coast" not in found.left)
    else:
        footprint = footprints.coast(*common)
    return reading.item(found, kind="water" if is_off else "region", footprint=footprint, name=target.name)


def _pair(reading: Reading, found: Found) -> tuple[Item, Item]:
    first = reading.items[found.left["first"][0]]
    return first, reading.items[found.head]


def _build_pair(reading: Reading, found: Found) -> Item | None:
    """Read "halfway between X and Y", "the villages between X and Y", "the X-Y road"."""
    found = _without_name(reading, found) if "noun" in found.left else found
    a, b = _pair(reading, found)
    if a.footprint is None or b.footprint is None:
        return None
    if "road" in found.left or "road" in found.right:
        make = footprints.road
    elif "halfway" in found.left:
        make = footprints.halfway
    else:
        make = footprints.between
    footprint = make(a.footprint, b.footprint, (a.name, b.name))
    return reading.item(found, kind="other" if make is footprints.road else "relative", footprint=footprint)


_OWNED = (rule("owned-part", "S", r"(?P<owner>[PU])s[aqm]{0,2}", _HEAD, _build_owned_part),)
_NUMBER = r"(?P<number>[nk](?:[hAt][nk])?)"
_RELATIONS = (
    rule(
        "distance",
        "(?<=[oflO])[PU]",
        rf"[UP]?(?P<within>I)?[cjy]{{0,2}}{_NUMBER}h?(?P<unit>u)?(?:\(?[cjy]?n(?:hn)?h?u\)?)?c?(?:[tij]?d?(?P<direction>Q))?[oflO]",
        r"",
        _build_distance,
    ),
    rule("direction", "(?<=o)[PU]", r"U?c?(?P<outer>t)?(?P<article>d)?a?(?P<direction>Q)o", r"", _build_direction),
    rule("part", "(?<=o)[PU]", rf"(?:{_DET}(?:{_MOD}|P){{0,6}}|[aqQeDLMVZP]{{1,4}})(?P<part>S)o", r"", _build_part),
    rule("noun-of", "(?<=o)[PU]", r"(?P<noun>[UP])o", r"", _build_noun_of),
    rule("around", "(?<=j)[PU]", r"(?P<noun>[UP])j", r"", _build_around),
    rule("bordering", "(?<=T)[PU]", r"(?P<noun>[UP])T", r"", borders.build_bordering),
    rule(
        "waters",
        "(?<=[oOlj])[PU]",
        r"(?:d?[aqQeD]{0,3})(?P<noun>W)(?:Od?q?(?P<coast>Y)o|[Olj]|Qo|o)",
        r"",
        _build_waters,
    ),
    rule("coast", "(?<=o)[PU]", r"d?[aqQe]{0,3}(?P<noun>Y)o", r"", _build_waters),
    rule("halfway", "(?<=A)[PU]", r"[UP]?(?P<halfway>H)b(?P<first>[PU])A", r"", _build_pair),
    rule("between", "(?<=A)[PU]", r"(?P<noun>[UP])b(?P<first>[PU])A", r"", _build_pair),
    rule("road", "(?<=A)[PU]", r"(?:d[aqnXm]{0,3})(?P<road>R)(?:b(?P<first>[PU])A)", r"", _build_pair),
    rule("road-from", "(?<=t)[PU]", r"(?:d[aqnXm]{0,3})(?P<road>R)(?:f(?P<first>[PU])t)", r"", _build_pair),
    rule("road-pair", "(?<=h)[PU]", r"d?(?P<first>[PU])h", r"[am]{0,2}(?P<road>R)", _build_pair),
)  # fmt: skip


IN_QUERIES = (rule("between-alone", "[PU]", r"b(?P<first>[PU])A", r"", _build_pair),)
"""What is read in a query only: in a text, "between X and Y" by itself mostly joins parties, not places."""


def _surround(reading: Reading) -> None:
    """Let "near", "outside" and "around" before a place make its surroundings of it; the words stay outside."""
    for at in range(1, len(reading.items)):
        item, word = reading.items[at], reading.items[at - 1].word
        if item.letter != "P" or item.footprint is None or word is None:
            continue
        if item.footprint.border is not None:
            if word.role == "near":
                item.footprint = footprints.narrowed(
                    item.footprint, reading.settings.near_m, reading.gazetteer, reading.settings
                )
        elif word.role in {"near", "outside", "around"} and item.footprint.kind != "unlocated":
            nearness = cast("footprints.Nearness", word.role)
            if item.place is not None and item.footprint is reading.of_place(item.place):
                item.footprint = footprints.near_place(item.place, nearness, reading.gazetteer, reading.settings)
            else:
                item.footprint = footprints.near(item.footprint, item.name, nearness, reading.settings)


def _bound(reading: Reading) -> None:
    """Bound what has no place by the country that the next words put it in ("a base in X")."""
    for match in re.finditer(r"U(?=[iI](P))", reading.letters):
        item, ground = reading.items[match.start()], reading.items[match.start(1)]
        if item.within is None and ground.place is not None:
            item.within = ground.place.country


def read(
    text: str,
    toponyms: Sequence[Toponym],
    gazetteer: Gazetteer,
    settings: Settings,
    tags: Mapping[int, tuple[str, str]] | None,
) -> Reading:
    """Read a text: apply the grammar to its words and toponyms.

    Parameters
    ----------
    tags
        Coarse and fine part of speech of each token by its offset, or None for a text that no parser has read.

    Returns
    -------
    Reading
        Its items of the classes P and U are the location expressions, with and without a place.
    """
    reading = Reading(text, toponyms, gazetteer, settings, tags)
    reading.apply(_NAMES)
    reading.apply(_NOUNS_ALONE)
    reading.apply(_OWNED)
    for _ in range(2):
        reading.apply(_RELATIONS)
    reading.apply(_PARTS_ALONE)
    _surround(reading)
    _bound(reading)
    return reading
