"""Location expressions: the words that say where something is, the longest for one place, with a footprint.

"The Ukrainian border", "50 km north of Kyiv", "the town of X", "their bases": built on the toponyms of a document and
on nouns that name places without a name. Every word and every toponym gets a one-letter class from tables of words
(``lexicon/nominals.csv``, ``localisers.csv``, ``directions.csv``) and, where a parser has read the text, from its
part of speech; the grammar is a table of patterns over these letters, each anchored at a head word. Patterns are
applied in three rounds: names and borders, nouns without names, relations of what was found to what stands around
it. The same grammar reads a document and a bare expression such as a query.

Spans follow the annotation guide: determiner and classifier belong to an expression; phrases joined by "of", "with",
"around", "from", "north of" stay one expression; containment (in, at, on, near, comma) and coordinations are split.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from geomap import footprints, geodesy, lexicon
from geomap.errors import PlaceNotFoundError
from geomap.model import Candidate, Footprint, Location, Toponym
from geomap.settings import DEFAULTS, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry
    from spacy.tokens import Doc

    from geomap.gazetteer import Gazetteer
    from geomap.model import LocationKind, Place, Span

# Class letters of items ---------------------------------------------------------------------------------------------
#
#   L M D E  toponyms: literal, metonym, demonym, embedded       P U  expressions found: with a place, without
#   B F C K G N S Y W R  nouns: border, line, capital, class, ground, place, part, coast, waters, road
#   Q q e    directions: north, northern, far                    d y Z V p  the; a; this; other; its
#   s h , ( ) . |  possessive mark, hyphen, punctuation, end of sentence, end of paragraph
#   o w f t b A i I  of, with, from, to, between, and, in, within   l j O g H  near, around, off, along, halfway
#   n k u c  number, "a few", unit of distance, "about"          a v r m X z x  adjective, participle, adverb, noun,
#                                                                 other name, copula, anything else
_TYPES = {"literal": "L", "metonym": "M", "demonym": "D", "embedded": "E"}
_NOUNS = {
    "border": "B", "line": "F", "capital": "C", "class": "K", "ground": "G", "place": "N", "part": "S", "coast": "Y",
    "waters": "W", "road": "R",
}  # fmt: skip
_SMALL = {
    "near": "l", "outside": "l", "around": "j", "in": "i", "within": "I", "of": "o", "with": "w", "from": "f",
    "to": "t", "between": "b", "and": "A", "halfway": "H", "off": "O", "along": "g", "possessive": "p", "about": "c",
    "modifier": "a", "copula": "z", "several": "k", "definite": "Z", "indefinite": "y", "other": "V",
}  # fmt: skip
_FORMS = {"noun": "Q", "adjective": "q", "extreme": "e"}
_POS = {"ADJ": "a", "NOUN": "m", "PROPN": "X", "ADV": "r", "NUM": "n"}
_UNITS_M = {"km": 1_000.0, "mi": geodesy.MILE_M, "nmi": geodesy.NAUTICAL_MILE_M, "m": 1.0}

_TOKEN = re.compile(r"(?P<number>\d+(?:[.,]\d+)*)|(?P<word>[^\W\d_]+)|(?P<own>'s?(?!\w))|(?P<line>[\n\r]+)|(?P<mark>\S)")
_MARKS = {",": ",", "(": "(", "[": "(", ")": ")", "]": ")", ".": ".", "!": ".", "?": ".", ";": ".", ":": "."}
_MARKS |= dict.fromkeys("-\u2010\u2011\u2012\u2013\u2014/", "h")
_PLAIN = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'"})

_SETTLEMENT, _DIVISION, _COUNTRY = "PPL", "ADM", "PCL"
_WATER_CODES = ("SEA", "OCN", "STRT", "GULF", "BAY", "LK", "STM", "CHN", "RSV", "CNL", "SD", "LGN", "H.")
_FACILITY_CODES = (
    "AIR", "MIL", "INS", "BDG", "PRT", "HBR", "DAM", "STN", "BLD", "FT", "NVB", "CMP", "CTR", "CST", "HSP", "RSTN", "PS",
)  # fmt: skip
_REGION_CODES = ("RGN", "AREA", "PEN", "ISL", "MTS", "VAL", "DSRT", "PLN", "PLAT", "TERR", "ZN", "CST", "ADMD")
# How far back, in characters, "the area" and "the region" may look for what they take up: about two paragraphs.
_REACH = 1_200


class Word(NamedTuple):
    """What the tables say of a word or a fixed sequence of words."""

    letter: str
    role: str = ""
    kind: LocationKind = "other"
    refers: str = ""
    needs: str = ""
    plural: bool = False
    value: float | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class _Item:
    """A word, a toponym, or an expression that a round of the grammar has put together."""

    start: int
    end: int
    letter: str
    lower: str = ""
    word: Word | None = None
    toponyms: tuple[int, ...] = ()
    place: Place | None = None
    name: str = ""
    kind: LocationKind = "other"
    footprint: Footprint | None = None
    within: str | None = None
    inferred_from: Span | None = None
    inner: tuple[_Item, ...] = ()
    """Expressions inside it that stay locations of their own (a name inside a nominal)."""


class _Rule(NamedTuple):
    """A pattern: a head, what may stand before it (searched back from it) and after it, and what it then means."""

    name: str
    head: str
    left: re.Pattern[str]
    right: re.Pattern[str]
    build: Callable[[_Reading, _Found], _Item | None]


class _Found(NamedTuple):
    """Where a rule fits: item positions, half-open."""

    start: int
    head: int
    end: int
    left: Mapping[str, Span]
    right: Mapping[str, Span]


# --- words to items ---------------------------------------------------------------------------------------------------


def _pieces(text: str) -> tuple[str, ...]:
    return tuple(match.group() for match in _TOKEN.finditer(text))


@cache
def _vocabulary() -> dict[str, list[tuple[tuple[str, ...], Word]]]:
    """All entries of the tables by their first word; the longest first."""
    entries: dict[tuple[str, ...], Word] = {}
    for row in lexicon.rows("units"):
        if row["kind"] == "distance":
            metres = float(row["factor"]) * _UNITS_M[row["unit"]]
            for form in (row["word"], f"{row['word']}s"):
                entries[_pieces(form)] = Word("u", "unit", value=metres)
    for row in lexicon.rows("numbers"):
        if row["class"] in {"unit", "scale"}:
            entries[_pieces(row["word"])] = Word("n", "number", value=float(row["value"]))
    for row in lexicon.rows("localisers"):
        role, value = row["role"], row["value"]
        letter = _SMALL[value if role == "determiner" else role]
        number = float(value) if role == "several" else None
        entries[_pieces(row["words"])] = Word("d" if row["words"] == "the" else letter, value if role in {"near", "outside", "around"} else role, value=number)
    for row in lexicon.rows("nominals"):
        if row["role"] == "direction":
            continue
        word = Word(_NOUNS[row["role"]], row["role"], row["kind"], row["refers"], row["needs"])  # type: ignore[arg-type]
        entries[_pieces(row["noun"])] = word
        if row["plural"]:
            entries[_pieces(row["plural"])] = word._replace(plural=True)
    for row in lexicon.rows("directions"):
        value = float(row["bearing_deg"]) if row["bearing_deg"] else None
        entries[_pieces(row["word"])] = Word(_FORMS[row["form"]], "direction", value=value)
    by_first: dict[str, list[tuple[tuple[str, ...], Word]]] = {}
    for pieces, word in entries.items():
        by_first.setdefault(pieces[0], []).append((pieces, word))
    for options in by_first.values():
        options.sort(key=lambda option: -len(option[0]))
    return by_first


def _tokens(text: str, toponyms: Sequence[Toponym]) -> Iterator[_Item]:
    """Cut a text into words and toponyms, in order."""
    position = 0
    for index in sorted(range(len(toponyms)), key=lambda at: (toponyms[at].start, -toponyms[at].end)):
        toponym = toponyms[index]
        if toponym.start < position:
            continue
        yield from _words(text, position, toponym.start)
        yield _Item(
            start=toponym.start,
            end=toponym.end,
            letter=_TYPES[toponym.type],
            lower=toponym.text.lower(),
            toponyms=(index,),
            place=toponym.place,
            name=toponym.text,
        )
        position = toponym.end
    yield from _words(text, position, len(text))


def _words(text: str, start: int, end: int) -> Iterator[_Item]:
    for match in _TOKEN.finditer(text, start, end):
        shape, found = match.lastgroup, match.group()
        if shape == "word":
            letter = "X" if found[0].isupper() else "a"
        elif shape == "number":
            letter = "n"
        elif shape == "own":
            letter = "s"
        elif shape == "line":
            letter = "|"
        else:
            letter = _MARKS.get(found, "x")
        lower = "-" if letter == "h" else found.lower()
        yield _Item(start=match.start(), end=match.end(), letter=letter, lower=lower)


def _classify(items: list[_Item], tags: Mapping[int, tuple[str, str]] | None) -> list[_Item]:
    """Give every word its class, joining fixed sequences of words into one item."""
    vocabulary = _vocabulary()
    merged: list[_Item] = []
    at = 0
    while at < len(items):
        item = items[at]
        found = None
        if item.letter in "aXx":
            for pieces, word in vocabulary.get(item.lower, ()):
                if all(
                    at + step < len(items) and items[at + step].lower == piece and not items[at + step].toponyms
                    for step, piece in enumerate(pieces)
                ):
                    found = (len(pieces), word)
                    break
        tag = tags.get(item.start) if tags else None
        if found and not _contradicted(found[1], tag):
            size, word = found
            item.end = items[at + size - 1].end
            item.lower = " ".join(part.lower for part in items[at : at + size])
            item.word, item.letter, item.name = word, word.letter, item.lower
            at += size
        else:
            if item.letter in "aX" and tags is not None:
                item.letter = _letter(item, tag)
            at += 1
        merged.append(item)
    return merged


def _contradicted(word: Word, tag: tuple[str, str] | None) -> bool:
    """Whether a parser saw another part of speech than the table means: the verbs "bases", "places", "camp"."""
    if tag is None:
        return False
    pos, fine = tag
    if word.letter in "KNSGRYBFCW":
        return pos in {"VERB", "AUX", "ADV"}
    if word.letter == "Z":
        return fine not in {"DT", "PDT"}
    return False


def _letter(item: _Item, tag: tuple[str, str] | None) -> str:
    if tag is None:
        return "X" if item.letter == "X" else "x"
    pos, fine = tag
    if pos == "VERB":
        return "v" if fine == "VBN" else "x"
    return _POS.get(pos, "x")


def _tags(doc: Doc) -> dict[int, tuple[str, str]]:
    return {token.idx: (token.pos_, token.tag_) for token in doc}


# --- the grammar ------------------------------------------------------------------------------------------------------

_T = "[LMDE]"
_DET = r"(?:[dyZVp]+|d?[aqvD]{0,2}[LMDEXmCKNP]s)"
_SIZE = r"\(?c?n?(?:hn)?h?u\)?"
_MOD = rf"(?:[aqQevrnDLMEmX]|h[avmXn]|h(?=[LMDE])|A(?=[LMDEaq])|{_SIZE}|c(?=n))"
_TIGHT = rf"(?:[aqQe]|{_T}(?:h|A(?={_T}))?|[XmLMDE]h[av])"
# Modifiers of a name: no nouns of their own.
_NAME_MOD = rf"(?:[aqQevrD]|[XmLMDE]h[avm]|h[av]|A(?=[aqDv])|{_SIZE}|c(?=n))"
# Determiner and modifiers; without a determiner only what cannot belong to another phrase.
_NP = rf"(?:{_DET}{_MOD}{{0,8}}|{_TIGHT}{{0,4}})"
_NAME = rf"d?[aqQev]{{0,3}}{_T}K?"
# A noun that another noun follows is not the head of its phrase ("border guards", "city council").
_HEAD = r"(?!h?[mKNCGRYFB])"


def _rule(name: str, head: str, left: str, right: str, build: Callable[[_Reading, _Found], _Item | None]) -> _Rule:
    return _Rule(name, head, re.compile(rf"(?:{left})$"), re.compile(right), build)


class _Reading:
    """One text being read: its items, and what it speaks of."""

    def __init__(
        self,
        text: str,
        toponyms: Sequence[Toponym],
        gazetteer: Gazetteer,
        settings: Settings,
        tags: Mapping[int, tuple[str, str]] | None,
    ) -> None:
        self.text = text
        self.toponyms = toponyms
        self.gazetteer = gazetteer
        self.settings = settings
        self.items = _classify(list(_tokens(text, toponyms)), tags)
        self.letters = "".join(item.letter for item in self.items)
        self.mentions = Counter(
            place.country for toponym in toponyms if (place := toponym.place) is not None and place.country is not None
        )

    def apply(self, rules: Sequence[_Rule]) -> None:
        """Find where the rules fit, longest first, and put one item in place of each."""
        fits: list[tuple[int, int, int, _Rule, _Found]] = []
        for number, rule in enumerate(rules):
            for match in re.finditer(rule.head, self.letters):
                found = self._fit(rule, match.start())
                if found is not None:
                    fits.append((found.start - found.end, number, found.start, rule, found))
        taken = bytearray(len(self.items))
        made: dict[int, tuple[int, _Item]] = {}
        for _, _, _, rule, found in sorted(fits, key=lambda fit: fit[:3]):
            if any(taken[found.start : found.end]):
                continue
            item = rule.build(self, found)
            if item is not None:
                taken[found.start : found.end] = b"\1" * (found.end - found.start)
                made[found.start] = (found.end, item)
        self._replace(made)

    def _fit(self, rule: _Rule, head: int) -> _Found | None:
        after = rule.right.match(self.letters, head + 1)
        if after is None:
            return None
        window = max(0, head - 16)
        before = rule.left.search(self.letters[window:head])
        if before is None:
            return None
        left = {name: (a + window, b + window) for name in before.groupdict() if (a := before.start(name)) >= 0 and (b := before.end(name)) >= 0}
        right = {name: after.span(name) for name in after.groupdict() if after.start(name) >= 0}
        return _Found(before.start() + window, head, after.end(), left, right)

    def _replace(self, made: Mapping[int, tuple[int, _Item]]) -> None:
        if not made:
            return
        items: list[_Item] = []
        at = 0
        while at < len(self.items):
            if at in made:
                at, item = made[at]
                items.append(item)
            else:
                items.append(self.items[at])
                at += 1
        self.items = items
        self.letters = "".join(item.letter for item in items)

    # What the text speaks of

    def country_before(self, position: int, options: Iterable[str]) -> tuple[str, Span] | None:
        """Return the one of some countries that was named last before a position."""
        wanted = set(options)
        for toponym in sorted(self.toponyms, key=lambda toponym: -toponym.start):
            place = toponym.place
            if toponym.start < position and place is not None and place.country in wanted:
                return place.country, toponym.span
        return None

    def most_mentioned(self, options: Iterable[str]) -> str | None:
        """Return the one of some countries that the text speaks of most."""
        wanted = [(self.mentions[code], code) for code in options if self.mentions[code]]
        return max(wanted)[1] if wanted else None

    # Making items

    def item(self, found: _Found, **values: object) -> _Item:
        """Make an item for the words that a rule fits; its letter says whether it has a place."""
        parts = self.items[found.start : found.end]
        footprint = values.get("footprint")
        located = isinstance(footprint, Footprint) and footprint.geometry is not None
        toponyms = tuple(sorted({index for part in parts for index in part.toponyms}))
        return _Item(
            start=parts[0].start,
            end=parts[-1].end,
            letter="P" if located else "U",
            lower=self.text[parts[0].start : parts[-1].end].lower(),
            **{"toponyms": toponyms, "word": self.items[found.head].word, **values},  # type: ignore[arg-type]
        )

    def of_place(self, place: Place) -> Footprint:
        """Return the footprint of a place."""
        return footprints.of_place(place, self.gazetteer, self.settings)

    def named(self, start: int, end: int) -> list[_Item]:
        """Return the toponyms with a place among some items."""
        return [item for item in self.items[start:end] if item.letter in "LMDE" and item.place is not None]


def _bearing(items: Sequence[_Item]) -> float | None:
    """Return the last direction among some items, in degrees."""
    for item in reversed(items):
        if item.letter in "qQ" and item.word is not None:
            return item.word.value
    return None


def _is_country(place: Place | None) -> bool:
    return place is not None and place.country is not None and place.feature_code.startswith(_COUNTRY)


# Round one: borders


def _build_border(reading: _Reading, found: _Found) -> _Item | None:
    before = reading.named(found.start, found.head)
    inside = found.right.get("inside")
    after = reading.named(found.head, inside[0] if inside else found.end)
    if not before and not after:
        return None
    ground = next((item.place for item in reading.named(*inside)), None) if inside else None
    bearing = _bearing([item for item in reading.items[found.start : found.head] if item.letter in "qQ"])
    between = "pair" in found.right
    footprint = _border_of(reading, reading.items[found.head], before, after, ground, bearing, between=between)
    return reading.item(found, kind="border", footprint=footprint, name=reading.items[found.head].lower)


def _border_of(
    reading: _Reading,
    head: _Item,
    before: Sequence[_Item],
    after: Sequence[_Item],
    ground: Place | None,
    bearing: float | None,
    *,
    between: bool,
) -> Footprint:
    """Decide whose border is meant, and make its footprint."""
    owners = [item.place for item in (after if between else before) if item.place is not None]
    partners = [] if between else [item.place for item in after if item.place is not None]
    if len(owners) >= 2 and not partners:  # noqa: PLR2004 - a pair
        return _line_between(reading, owners[0], owners[1])
    if partners and ground is not None and not owners:
        return _line_between(reading, ground, partners[0], on=ground)
    if partners:
        owner = owners[0] if owners else _owner(reading, head.start, partners[0])
        if owner is None:
            return _line_of(reading, partners[0], bearing)
        return _joined([_line_between(reading, owner, partner) for partner in partners])
    return _line_of(reading, owners[0], bearing)


def _owner(reading: _Reading, position: int, partner: Place) -> Place | None:
    """Return the country whose border with a partner is meant: the neighbour of it that was named last."""
    if partner.country is None:
        return None
    neighbours = reading.gazetteer.neighbours(partner.country)
    named = reading.country_before(position, neighbours)
    code = named[0] if named else reading.most_mentioned(neighbours)
    return reading.gazetteer.country(code) if code else None


def _line_between(reading: _Reading, a: Place, b: Place, on: Place | None = None) -> Footprint:
    if _is_country(a) and _is_country(b) and a.country and b.country and a.country != b.country:
        return footprints.border(
            a.country, b.country, gazetteer=reading.gazetteer, settings=reading.settings, side=on.country if on else None
        )
    return footprints.shared_line(a, b, reading.gazetteer, reading.settings)


def _line_of(reading: _Reading, place: Place, bearing: float | None) -> Footprint:
    """Make the border of one country; with the neighbour that the text speaks of most, if it does of any."""
    if not _is_country(place) or place.country is None:
        return footprints.edge(place, reading.gazetteer, reading.settings)
    code = place.country
    partner = None if bearing is not None else reading.most_mentioned(reading.gazetteer.neighbours(code))
    return footprints.border(
        code,
        partner,
        gazetteer=reading.gazetteer,
        settings=reading.settings,
        bearing_deg=bearing,
        partner_assumed=partner is not None,
    )


def _joined(parts: Sequence[Footprint]) -> Footprint:
    """Join strips along several borders into one."""
    located = [part for part in parts if part.geometry is not None]
    return footprints.union(located) if len(located) > 1 else (located or list(parts))[0]


# Round one: names


def _kind_of(place: Place | None) -> LocationKind:
    code = place.feature_code if place is not None else ""
    kinds: tuple[tuple[tuple[str, ...], LocationKind], ...] = (
        ((_COUNTRY,), "country"),
        ((_DIVISION,), "admin"),
        ((_SETTLEMENT,), "city"),
        (("CONT",), "continent"),
        (_WATER_CODES, "water"),
        (_FACILITY_CODES, "facility"),
        (_REGION_CODES, "region"),
    )
    return next((kind for codes, kind in kinds if code.startswith(codes)), "other")


def _as_division(reading: _Reading, item: _Item, noun: Word) -> Place | None:
    """Return the division that a name with a class word means ("Kharkiv" in "the Kharkiv region")."""
    place = item.place
    if place is None or noun.kind != "admin" and noun.refers != "region" or not place.feature_code.startswith(_SETTLEMENT):
        return place
    for index in item.toponyms:
        for candidate in reading.toponyms[index].candidates:
            if candidate.place.country == place.country and candidate.place.feature_code.startswith(_DIVISION):
                return candidate.place
    for match in reading.gazetteer.find(item.name):
        if match.place.country == place.country and match.place.feature_code.startswith(_DIVISION):
            return match.place
    return place


def _build_name(reading: _Reading, found: _Found) -> _Item | None:
    head = reading.items[found.head]
    items = reading.items
    before = items[found.start : found.head]
    noun = next((items[at].word for at in (_at(found.left, "noun"), _at(found.right, "noun")) if at is not None), None)
    place = _as_division(reading, head, noun) if noun is not None else head.place
    if place is None:
        footprint = footprints.unlocated(f"{head.name} is not in the gazetteer")
        return reading.item(found, kind=noun.kind if noun else "other", footprint=footprint, name=head.name)
    footprint = reading.of_place(place)
    kind = _kind_of(place)
    has_article = bool(before) and before[0].letter in "dyZVp"
    is_part = bool(before) and before[-1].letter in "qQ" and not (noun is not None and has_article) and "owner" not in found.left
    if is_part:
        bearing = _bearing(before)
        footprint = footprints.part(footprint, place.name, bearing, extreme=any(item.letter == "e" for item in before))
        kind = "water" if kind == "water" else "region"
    return reading.item(found, kind=kind, footprint=footprint, name=place.name, place=None if is_part else place)


def _at(groups: Mapping[str, Span], name: str) -> int | None:
    return groups[name][0] if name in groups else None


def _build_possessed_part(reading: _Reading, found: _Found) -> _Item | None:
    """ "Ukraine's north": its northern part, or what lies north of it ("to Ukraine's north")."""
    owner = next(iter(reading.named(found.start, found.head)), None)
    bearing = reading.items[found.head].word
    if owner is None or owner.place is None or bearing is None or bearing.value is None:
        return None
    base = reading.of_place(owner.place)
    is_outside = found.start > 0 and reading.items[found.start - 1].letter == "t"
    if is_outside:
        footprint = footprints.outward(base, owner.place.name, bearing.value, reading.settings)
    else:
        footprint = footprints.part(base, owner.place.name, bearing.value)
    return reading.item(found, kind="relative" if is_outside else "region", footprint=footprint, name=owner.name)


def _build_ground(reading: _Reading, found: _Found) -> _Item | None:
    """ "Polish soil", "Ukraine's territory": the country itself."""
    owner = next(iter(reversed(reading.named(found.start, found.head))), None)
    if owner is None or owner.place is None:
        return None
    kind = reading.items[found.head].word
    return reading.item(
        found,
        kind=_kind_of(owner.place) if kind is None or kind.kind == "region" else kind.kind,
        footprint=reading.of_place(owner.place),
        name=owner.place.name,
        place=owner.place,
    )


def _build_capital(reading: _Reading, found: _Found) -> _Item | None:
    """ "The Iraqi capital", "Mali's capital", "the capital of Mali"."""
    owner = next(iter(reading.named(found.start, found.end)), None)
    if owner is None or owner.place is None or not _is_country(owner.place) or owner.place.country is None:
        return None
    capital = reading.gazetteer.capital(owner.place.country)
    if capital is None:
        return None
    return reading.item(found, kind="city", footprint=reading.of_place(capital), name=capital.name, place=capital)


def _build_sea(reading: _Reading, found: _Found) -> _Item | None:
    """ "The Syrian coast", "Philippine waters": the coast or the sea of the country or region named."""
    owner = next(iter(reversed(reading.named(found.start, found.head))), None)
    if owner is None or owner.place is None:
        return None
    bearing = _bearing(reading.items[found.start : found.head])
    common = (owner.place, reading.gazetteer, reading.settings, bearing)
    if reading.items[found.head].letter == "Y":
        footprint, kind = footprints.coast(*common), "region"
    else:
        footprint, kind = footprints.off_coast(*common), "water"
    return reading.item(found, kind=kind, footprint=footprint, name=owner.place.name, place=owner.place)


_NAMES = (
    _rule(
        "border",
        "B",
        _NP,
        rf"(?:w{_NAME}(?:,{_NAME})*(?:,?A{_NAME})?(?P<inside>id?[LM])?|(?P<pair>b{_NAME}A{_NAME})|o{_NAME}(?:A{_NAME})?)?{_HEAD}",
        _build_border,
    ),
    _rule("class-of-name", "[LM]", rf"(?:{_DET}{_MOD}{{0,8}}|[aqQe]{{0,3}})(?P<noun>[KC])od?[aqQe]{{0,2}}", r"(?:K?od?[LM])?", _build_name),
    _rule("class-name", "[LM]", rf"{_DET}{_MOD}{{0,8}}(?P<noun>[KC]),?", r"(?!s)", _build_name),
    _rule("name-class", "[LM]", rf"(?:(?:d|(?P<owner>d?{_T}s)){_NAME_MOD}{{0,7}}|(?:[aqQe]|[XmLMDE]h[av]){{0,4}})", rf"(?P<noun>K)(?:od?[LM])?{_HEAD}", _build_name),
    _rule("name", "L", rf"(?:(?:d|(?P<owner>d?{_T}s)){_NAME_MOD}{{0,7}}|(?:[aqQe]|[XmLMDE]h[av]){{0,4}})", r"(?![mN])", _build_name),
    _rule("part-name", "[LM]", r"[aqQe]{0,2}[qQ]", r"", _build_name),
    _rule("name-alone", "L", r"", r"", _build_name),
    _rule("possessed-part", "Q", rf"d?{_T}s[ae]?", r"(?![mLMDEX])", _build_possessed_part),
    _rule("ground", "G", rf"(?:[dp]{_MOD}{{0,3}})?(?:[aq]{{0,2}}D|d?{_T}s[aq]{{0,2}}|M)", _HEAD, _build_ground),
    _rule("capital", "C", rf"(?:[dp]{_MOD}{{0,3}})?(?:D|d?{_T}s)[aq]{{0,2}}", r"(?!,?[LM])", _build_capital),
    _rule("capital-of", "C", r"d[a]{0,2}", r"od?[LM]", _build_capital),
    _rule("sea", "[YW]", rf"(?:d[aqQe]{{0,2}})?(?:D|{_T}s|[LM])[aqQe]{{0,2}}", _HEAD, _build_sea),
)  # fmt: skip


# Round two: nouns without a name


def _is_wanted(reading: _Reading, found: _Found) -> bool:
    """Whether a noun phrase is definite enough to be a place of its own, and no mere apposition or predicate."""
    word = reading.items[found.head].word
    if word is None:
        return False
    letters = reading.letters[found.start : found.head]
    lead = reading.letters[max(0, found.start - 2) : found.start]
    if letters.startswith("y") and (re.search(r"[PLMU],$", lead) or lead.endswith("z")):
        return False
    if word.needs == "bare":
        return True
    if word.needs == "of":
        return reading.letters[found.end : found.end + 1] == "o"
    if re.match(r"[dZp]|.*s", letters):
        return True
    if word.needs == "the":
        return word.plural and bool(re.match(r"[aqD]", letters))
    return bool(re.match(r"[yVnkDLMEP]", letters)) or (word.plural and bool(letters))


def _build_nominal(reading: _Reading, found: _Found) -> _Item | None:
    if not _is_wanted(reading, found):
        return None
    head = reading.items[found.head]
    word = head.word or Word("N")
    before = reading.items[found.start : found.head]
    inner = tuple(item for item in before if item.letter == "P" and item.inferred_from is None)
    stated = next((code for item in before if (code := _country_of(item)) is not None), None)
    refers = word.refers if _takes_up(reading.letters[found.start : found.head]) and not word.plural else ""
    if word.role == "border":
        refers = "border"
    taken = _antecedent(reading, before[0].start if before else head.start, refers, head.lower, stated)
    common = {"kind": word.kind, "inner": inner, "name": head.lower}
    if taken is None:
        footprint = footprints.unlocated("the words do not say where it is")
        return reading.item(found, footprint=footprint, within=stated, **common)
    place, footprint, span = taken
    remarks = f"taken up from earlier words: {footprint.remarks}"
    footprint = dataclasses.replace(footprint, remarks=remarks) if span is not None else footprint
    return reading.item(found, footprint=footprint, place=place, inferred_from=span, **{**common, "name": place.name if place else head.lower})


def _country_of(item: _Item) -> str | None:
    return item.place.country if item.place is not None and item.letter in "LMDEP" else None


def _takes_up(letters: str) -> bool:
    """Whether a noun phrase can take up something named before: definite, and not "the other" or "the next"."""
    return bool(re.match(r"[dZ]", letters)) and "V" not in letters and "n" not in letters


def _antecedent(
    reading: _Reading, position: int, refers: str, noun: str, stated: str | None
) -> tuple[Place | None, Footprint, Span | None] | None:
    """Find what a noun phrase takes up: the nearest earlier expression that fits its noun."""
    if refers == "border":
        return _border_antecedent(reading, position)
    if refers in {"country", "capital"}:
        return _country_antecedent(reading, position, refers, stated)
    fits = _FITTING.get(refers)
    if fits is None:
        return None
    for item in reversed(reading.items):
        if item.start >= position or item.place is None or item.footprint is None or item.inferred_from is not None:
            continue
        if refers not in {"city", "facility", "water", "feature"} and position - item.start > _REACH:
            break
        if stated is not None and item.place.country != stated:
            continue
        if item.kind in fits and (refers != "feature" or item.lower.endswith(noun)):
            return item.place, item.footprint, (item.start, item.end)
    return None


_FITTING: dict[str, tuple[str, ...]] = {
    "city": ("city",),
    "admin": ("admin",),
    "region": ("admin", "region", "continent"),
    "area": ("city", "admin", "region", "facility", "other"),
    "facility": ("facility",),
    "water": ("water",),
    "shoal": ("other",),
    "feature": ("region", "water", "other"),
}


def _border_antecedent(reading: _Reading, position: int) -> tuple[Place | None, Footprint, Span | None] | None:
    borders = [item for item in reading.items if item.kind == "border" and item.footprint and item.footprint.geometry and item.inferred_from is None]
    before = [item for item in borders if item.start < position]
    if before:
        return None, before[-1].footprint, (before[-1].start, before[-1].end)  # type: ignore[return-value]
    if borders:
        return None, borders[0].footprint, (borders[0].start, borders[0].end)  # type: ignore[return-value]
    countries = [code for code, _ in reading.mentions.most_common() if code]
    for code in countries:
        partner = reading.most_mentioned(reading.gazetteer.neighbours(code))
        if partner is not None:
            footprint = footprints.border(code, partner, gazetteer=reading.gazetteer, settings=reading.settings, partner_assumed=True)
            return None, footprint, None
    return None


def _country_antecedent(
    reading: _Reading, position: int, refers: str, stated: str | None
) -> tuple[Place | None, Footprint, Span | None] | None:
    code, span = stated, None
    if code is None:
        for item in reversed(reading.items):
            if item.start < position and item.place is not None and item.place.country and item.inferred_from is None:
                if item.kind == "country" or refers == "capital" or item.letter == "P":
                    code, span = item.place.country, (item.start, item.end)
                    break
    if code is None:
        return None
    place = reading.gazetteer.capital(code) if refers == "capital" else reading.gazetteer.country(code)
    return (place, reading.of_place(place), span) if place is not None else None


_NOUNS_ALONE = (_rule("nominal", "[BFCKNG]", rf"(?:{_DET}(?:{_MOD}|P(?!s)){{0,8}}|(?:{_TIGHT}|P(?!s)){{0,4}}|[nk]a?)", _HEAD, _build_nominal),)
_PARTS_ALONE = (_rule("part-nominal", "[SWYRQ]", rf"(?:{_DET}(?:{_MOD}){{0,8}})", r"(?!h?[mKNCGRYFBLMDEPUXo])", _build_nominal),)


# Round three: relations


def _build_distance(reading: _Reading, found: _Found) -> _Item | None:
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
    metres = unit.value if unit is not None and unit.value else _UNITS_M["km"]
    about = any(item.letter in "cyj" for item in reading.items[found.start : found.left["number"][0]]) or numbers[0].letter == "k"
    low, high = footprints.distance_bounds(
        values[0], values[1] if len(values) > 1 else None, metres, base, approximate=about
    )
    if "within" in found.left:
        footprint = footprints.within(base, target.name, high)
    elif direction is not None and direction.value is not None:
        footprint = footprints.sector(base, target.name, direction.value, low, high)
    else:
        footprint = footprints.ring(base, target.name, low, high)
    return reading.item(found, kind="relative", footprint=footprint, name=target.name)


def _without_name(reading: _Reading, found: _Found) -> _Found:
    """Leave out a named place before a relation: "Lyman 30 km north of X" are two expressions."""
    first = reading.items[found.start]
    if first.letter == "P" and first.inferred_from is None and found.start < found.head:
        return found._replace(start=found.start + 1)
    return found


def _number(item: _Item) -> float | None:
    if item.word is not None:
        return item.word.value
    try:
        return float(item.lower.replace(",", ""))
    except ValueError:
        return None


def _build_direction(reading: _Reading, found: _Found) -> _Item | None:
    """ "North of X", "the villages east of X", "the north of X"."""
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


def _build_part(reading: _Reading, found: _Found) -> _Item | None:
    """ "The outskirts of X", "the eastern part of X", "the Polish side of the border"."""
    target = reading.items[found.head]
    before = reading.items[found.start : found.left["part"][0]]
    if not before or target.footprint is None:
        return None
    noun = reading.items[found.left["part"][0]].word
    bearing = _bearing(before)
    footprint = target.footprint
    if footprint.border is not None:
        footprint = _side(reading, footprint, before)
    elif bearing is not None and footprint.geometry is not None:
        footprint = footprints.part(footprint, target.name, bearing)
    elif noun is not None and noun.kind == "relative" and footprint.geometry is not None:
        footprint = footprints.near(footprint, target.name, "around", reading.settings)
    elif footprint.geometry is not None:
        footprint = footprints.somewhere_in(footprint, target.name, reading.items[found.left["part"][0]].lower)
    kind = target.kind if noun is None or target.kind in {"border", "water"} else noun.kind
    return reading.item(found, kind=kind, footprint=footprint, within=target.within, name=target.name)


def _side(reading: _Reading, footprint: Footprint, before: Sequence[_Item]) -> Footprint:
    code = next((code for item in before if (code := _country_of(item)) is not None), None)
    strip = footprint.border
    if strip is None or code is None:
        return footprint
    if code in strip.countries:
        partner = next((other for other in strip.countries if other != code), None)
        return footprints.border(strip.countries[0], next(iter(strip.countries[1:]), None), side=code, gazetteer=reading.gazetteer, settings=reading.settings, partner_assumed=strip.partner_assumed and partner is not None)
    if code in reading.gazetteer.neighbours(strip.countries[0]):
        return footprints.border(strip.countries[0], code, side=code, gazetteer=reading.gazetteer, settings=reading.settings)
    return footprint


def _build_noun_of(reading: _Reading, found: _Found) -> _Item | None:
    """ "Areas of X", "a suburb of X", "a base of X": somewhere in X."""
    noun, target = reading.items[found.left["noun"][0]], reading.items[found.head]
    if noun.letter == "P" and noun.inferred_from is None or target.footprint is None:
        return None
    if noun.kind in {"facility", "other"} or target.footprint.geometry is None:
        within = target.place.country if target.place is not None else target.within
        footprint = footprints.unlocated(f"somewhere in {target.name}, the words do not say where")
        return reading.item(found, kind=noun.kind, footprint=footprint, within=within, word=noun.word)
    footprint = footprints.somewhere_in(target.footprint, target.name, noun.lower)
    return reading.item(found, kind=noun.kind, footprint=footprint, name=target.name, word=noun.word)


def _build_around(reading: _Reading, found: _Found) -> _Item | None:
    """ "The area around X", "villages surrounding X"."""
    noun, target = reading.items[found.left["noun"][0]], reading.items[found.head]
    if noun.letter == "P" and noun.inferred_from is None or target.footprint is None:
        return None
    footprint = footprints.near(target.footprint, target.name, "around", reading.settings)
    return reading.item(found, kind="relative", footprint=footprint, within=target.within, name=target.name)


def _build_waters(reading: _Reading, found: _Found) -> _Item | None:
    """ "Waters off X", "waters east of X", "the coast of X"."""
    target = reading.items[found.head]
    noun = reading.items[found.left["noun"][0]]
    if target.place is None:
        footprint = target.footprint or footprints.unlocated("the words do not say where it is")
        return reading.item(found, kind=noun.word.kind if noun.word else "other", footprint=footprint)
    bearing = _bearing(reading.items[found.start : found.head])
    common = (target.place, reading.gazetteer, reading.settings, bearing)
    is_off = noun.letter == "W" or (found.start > 0 and reading.items[found.start - 1].letter == "O")
    if target.kind == "water":
        footprint = footprints.somewhere_in(target.footprint or reading.of_place(target.place), target.name, noun.lower)
    elif is_off:
        footprint = footprints.off_coast(*common, waters=noun.letter == "W" and "coast" not in found.left)
    else:
        footprint = footprints.coast(*common)
    return reading.item(found, kind="water" if is_off else "region", footprint=footprint, name=target.name)


def _pair(reading: _Reading, found: _Found) -> tuple[_Item, _Item]:
    first = reading.items[found.left["first"][0]]
    return first, reading.items[found.head]


def _build_pair(reading: _Reading, found: _Found) -> _Item | None:
    """ "Halfway between X and Y", "the villages between X and Y", "the X-Y road"."""
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


_NUMBER = r"(?P<number>[nk](?:[hAt][nk])?)"
_RELATIONS = (
    _rule(
        "distance",
        "[PU]",
        rf"[UP]?(?P<within>I)?[cjy]{{0,2}}{_NUMBER}h?(?P<unit>u)?(?:\(?[cjy]?n(?:hn)?h?u\)?)?c?(?:[tij]?d?(?P<direction>Q))?[oflO]",
        r"",
        _build_distance,
    ),
    _rule("direction", "[PU]", r"U?c?(?P<outer>t)?(?P<article>d)?a?(?P<direction>Q)o", r"", _build_direction),
    _rule("part", "[PU]", rf"(?:{_DET}(?:{_MOD}|P){{0,6}}|[aqQeDLMVZP]{{1,4}})(?P<part>S)o", r"", _build_part),
    _rule("noun-of", "[PU]", r"(?P<noun>[UP])o", r"", _build_noun_of),
    _rule("around", "[PU]", r"(?P<noun>[UP])j", r"", _build_around),
    _rule("waters", "[PU]", r"(?:d?[aqQeD]{0,3})(?P<noun>W)(?:Od?q?(?P<coast>Y)o|O|Qo|o)", r"", _build_waters),
    _rule("coast", "[PU]", r"d?[aqQe]{0,3}(?P<noun>Y)o", r"", _build_waters),
    _rule("halfway", "[PU]", r"[UP]?(?P<halfway>H)b(?P<first>[PU])A", r"", _build_pair),
    _rule("between", "[PU]", r"(?P<noun>[UP])b(?P<first>[PU])A", r"", _build_pair),
    _rule("road", "[PU]", r"(?:d[aqnXm]{0,3})(?P<road>R)(?:b(?P<first>[PU])A)", r"", _build_pair),
    _rule("road-from", "[PU]", r"(?:d[aqnXm]{0,3})(?P<road>R)(?:f(?P<first>[PU])t)", r"", _build_pair),
    _rule("road-pair", "[PU]", r"d?(?P<first>[PU])h", r"[am]{0,2}(?P<road>R)", _build_pair),
)  # fmt: skip


def _surround(reading: _Reading) -> None:
    """Let "near", "outside" and "around" before a place make its surroundings of it; the words stay outside."""
    for at in range(1, len(reading.items)):
        item, word = reading.items[at], reading.items[at - 1].word
        if item.letter != "P" or item.footprint is None or word is None or item.kind == "border":
            continue
        if word.role in {"near", "outside", "around"} and item.footprint.kind != "unlocated":
            item.footprint = footprints.near(item.footprint, item.name, word.role, reading.settings)  # type: ignore[arg-type]


def _bound(reading: _Reading) -> None:
    """Bound what has no place by the country that the next words put it in ("a base in X")."""
    for match in re.finditer(r"U(?=[iI](P))", reading.letters):
        item, ground = reading.items[match.start()], reading.items[match.start(1)]
        if item.within is None and ground.place is not None:
            item.within = ground.place.country


# --- documents and queries --------------------------------------------------------------------------------------------


def _read(
    text: str,
    toponyms: Sequence[Toponym],
    gazetteer: Gazetteer,
    settings: Settings,
    tags: Mapping[int, tuple[str, str]] | None,
) -> _Reading:
    reading = _Reading(text, toponyms, gazetteer, settings, tags)
    reading.apply(_NAMES)
    reading.apply(_NOUNS_ALONE)
    for _ in range(2):
        reading.apply(_RELATIONS)
    reading.apply(_PARTS_ALONE)
    _surround(reading)
    _bound(reading)
    return reading


def _location(item: _Item, text: str) -> Location:
    return Location(
        start=item.start,
        end=item.end,
        text=text[item.start : item.end],
        kind=item.kind,
        toponyms=item.toponyms,
        footprint=item.footprint or footprints.unlocated("the words do not say where it is"),
        within=item.within if item.footprint is None or item.footprint.geometry is None else None,
        inferred_from=item.inferred_from,
    )


def find(
    doc: Doc, toponyms: Sequence[Toponym], gazetteer: Gazetteer, settings: Settings = DEFAULTS
) -> list[Location]:
    """Find the location expressions of a document.

    Parameters
    ----------
    doc
        The parsed document; parts of speech are used, its syntax is not.
    toponyms
        Its toponyms, typed and resolved. Only literal ones are locations by themselves; an adjective of a country may be
        part of one ("the Ukrainian border").

    Returns
    -------
    list of Location
        In the order of the text, not overlapping but for a name inside a noun phrase without a place of its own.
    """
    reading = _read(doc.text, toponyms, gazetteer, settings, _tags(doc))
    found = [item for item in reading.items if item.letter in "PU"]
    found += [part for item in found for part in item.inner]
    return [_location(item, doc.text) for item in sorted(found, key=lambda item: (item.start, -item.end))]


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
_QUERY_BETWEEN = _rule("between", "[PU]", r"b(?P<first>[PU])A", r"", _build_pair)


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
    from geomap.gazetteer import Gazetteer  # noqa: PLC0415 - opened only when asked

    text = " ".join(expression.split()).translate(_PLAIN)
    if not text or len(text) > _LONGEST_QUERY:
        msg = f"nothing to look up: give a place or a phrase of at most {_LONGEST_QUERY} characters"
        raise PlaceNotFoundError(msg)
    gazetteer = Gazetteer.open(settings)
    toponyms = _resolved(_names_in(text, gazetteer), text, gazetteer, settings)
    reading = _read(text, toponyms, gazetteer, settings, None)
    reading.apply((_QUERY_BETWEEN,))
    unknown = [item for item in reading.items if item.letter == "X"]
    located = [item for item in reading.items if item.letter == "P"]
    if unknown or not located:
        raise PlaceNotFoundError(_not_found(expression, text, unknown, gazetteer))
    narrow = _without_containers(located)
    bare = narrow[0] if len(narrow) == 1 else None
    if bare is not None and bare.place is not None and len(bare.toponyms) == 1 and bare.lower == toponyms[bare.toponyms[0]].text.lower():
        return _candidates(bare, toponyms[bare.toponyms[0]], text, gazetteer, settings)
    return [Answer(location=_location(item, text), place=item.place) for item in narrow]


def _candidates(item: _Item, toponym: Toponym, text: str, gazetteer: Gazetteer, settings: Settings) -> list[Answer]:
    location = _location(item, text)
    answers = [Answer(location=location, place=toponym.place, score=toponym.score)]
    for candidate in toponym.candidates[1:]:
        place = candidate.place
        footprint = footprints.of_place(place, gazetteer, settings)
        other = dataclasses.replace(location, footprint=footprint, kind=_kind_of(place))
        answers.append(Answer(location=other, place=place, score=candidate.score))
    return answers


def _without_containers(items: Sequence[_Item]) -> list[_Item]:
    """Leave out places that only say where the one before them lies ("Gao, Mali")."""
    kept: list[_Item] = []
    for item in items:
        last = kept[-1] if kept else None
        if last is not None and item.place is not None and last.place is not None and item.kind in {"country", "admin"} and item.place.country == last.place.country and last.kind != item.kind:
            continue
        kept.append(item)
    return kept


def _names_in(text: str, gazetteer: Gazetteer) -> list[Toponym]:
    """Find the names of a query in the gazetteer, the longest first from the left."""
    words = [match for match in _TOKEN.finditer(text) if match.lastgroup != "own"]
    vocabulary = _vocabulary()
    is_lower = text == text.lower()
    names: list[Toponym] = []
    at = 0
    while at < len(words):
        size, toponym = 1, None
        for count in range(min(_LONGEST_NAME_WORDS, len(words) - at), 0, -1):
            start, end = words[at].start(), words[at + count - 1].end()
            name = text[start:end]
            is_word = count == 1 and any(len(pieces) == 1 for pieces, _ in vocabulary.get(name.lower(), ()))
            if is_word or (not name[0].isupper() and not is_lower):
                continue
            toponym = _toponym(name.title() if is_lower else name, start, end, gazetteer)
            if toponym is not None:
                size = count
                break
        if toponym is not None:
            names.append(toponym)
        at += size
    return names


def _toponym(name: str, start: int, end: int, gazetteer: Gazetteer) -> Toponym | None:
    matches = gazetteer.find(name)
    people = gazetteer.demonym(name)
    if people is not None and not any(match.kind == "main" for match in matches):
        return Toponym(start=start, end=end, text=name, type="demonym", candidates=(Candidate(place=people, score=1.0),))
    if not matches:
        return None
    return Toponym(start=start, end=end, text=name, type="literal", candidates=_by_size(match.place for match in matches))


def _by_size(places: Iterable[Place]) -> tuple[Candidate, ...]:
    """Rank places by what is known of them without a text: countries first, then by population."""
    ranked = sorted(places, key=lambda place: (not place.feature_code.startswith(_COUNTRY), -place.population))
    weights = [float(place.population + 1_000) for place in ranked]
    return tuple(
        Candidate(place=place, score=weight / sum(weights)) for place, weight in zip(ranked, weights, strict=True)
    )


def _resolved(toponyms: list[Toponym], text: str, gazetteer: Gazetteer, settings: Settings) -> list[Toponym]:
    """Let the resolution of documents rank the candidates of a query."""
    from geomap import places  # noqa: PLC0415 - needed for queries only
    from geomap.model import Document  # noqa: PLC0415 - as above

    return places.resolve(toponyms, Document(id="query", text=text), gazetteer, settings)


def _not_found(expression: str, text: str, unknown: Sequence[_Item], gazetteer: Gazetteer) -> str:
    words = text[unknown[0].start : unknown[-1].end] if unknown else text
    similar = list(dict.fromkeys(match.place.name for match in gazetteer.find(words, fuzzy=True)))[:3]
    if similar:
        return f"no place {words!r} in the gazetteer (in {expression!r}): did you mean {', '.join(similar)}?"
    return f"no place {words!r} in the gazetteer (in {expression!r}): check the spelling, or name a place near it"


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
    from geomap.gazetteer import Gazetteer  # noqa: PLC0415 - opened only when asked

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
        place = next((match.place for match in gazetteer.find(name) if _is_country(match.place)), None)
    if place is None or place.country is None:
        msg = f"no country {name!r} in the gazetteer: give its English name or its two-letter ISO code"
        raise PlaceNotFoundError(msg)
    return place.country
