"""Words as classes, and patterns over classes: what :mod:`geomap.locations` writes its grammar in.

Every word and every toponym of a text becomes an item with a one-letter class, from tables of words
(``nominals``, ``localisers``, ``directions``, ``units`` and ``numbers`` in ``lexicon/``) and, where a parser has read
the text, from its part of speech. A rule is anchored at a head: a regular expression over the letters before it,
another over the letters after it, and a function that makes one item of what they cover. All repeats in them are
bounded, and a rule looks back over a window of a few items, so that the time grows with the length of the text only.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast

from geomap import footprints, geodesy, lexicon
from geomap.model import Candidate, Footprint, Toponym

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from spacy.tokens import Doc

    from geomap.gazetteer import Gazetteer
    from geomap.model import LocationKind, Place, Span
    from geomap.settings import Settings, Viewpoint

# Class letters of items ---------------------------------------------------------------------------------------------
#
#   L M D E  toponyms: literal, metonym, demonym, embedded       P U  expressions found: with a place, without
#   B F C K G N S Y W R  nouns: border, line, capital, class, ground, place, part, coast, waters, road
#   Q q e    directions: north, northern, far                    d y Z V p  the; a; this; other; its
#   s h , ( ) . |  possessive mark, hyphen, punctuation, end of sentence, end of paragraph
#   o w f t b A i I  of, with, from, to, between, and, in, within   l j O g T H  near, around, off, along,
#                                                                 bordering, halfway
#   n k u c  number, "a few", unit of distance, "about"          a v r m X z x  adjective, participle, adverb, noun,
#                                                                 other name, copula, anything else
_TYPES = {"literal": "L", "metonym": "M", "demonym": "D", "embedded": "E"}
_NOUNS = {
    "border": "B", "line": "F", "capital": "C", "class": "K", "ground": "G", "place": "N", "part": "S", "coast": "Y",
    "waters": "W", "road": "R",
}  # fmt: skip
_SMALL = {
    "near": "l", "outside": "l", "around": "j", "in": "i", "within": "I", "of": "o", "with": "w", "from": "f",
    "to": "t", "between": "b", "and": "A", "halfway": "H", "off": "O", "along": "g", "bordering": "T",
    "possessive": "p", "about": "c", "modifier": "a", "copula": "z", "homeward": "x", "several": "k", "relative": "J",
    "definite": "Z", "indefinite": "y", "other": "V",
}  # fmt: skip
_FORMS = {"noun": "Q", "adjective": "q", "extreme": "e"}
_POS = {"ADJ": "a", "ADV": "r", "NUM": "n"}
UNITS_M = {"km": 1_000.0, "mi": geodesy.MILE_M, "nmi": geodesy.NAUTICAL_MILE_M, "yd": 0.9144, "m": 1.0}

TOKEN = re.compile(r"(?P<number>\d+(?:[.,]\d+)*)|(?P<word>[^\W\d_]+)|(?P<own>'s?(?!\w))|(?P<line>[\n\r]+)|(?P<mark>\S)")
_MARKS = {",": ",", "(": "(", "[": "(", ")": ")", "]": ")", ".": ".", "!": ".", "?": ".", ";": ".", ":": "."}
_MARKS |= dict.fromkeys("-\u2010\u2011\u2012\u2013\u2014/", "h")
PLAIN = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'"})


class Word(NamedTuple):
    """What the tables say of a word or a fixed sequence of words."""

    letter: str
    role: str = ""
    kind: LocationKind = "other"
    refers: str = ""
    needs: str = ""
    plural: bool = False
    value: float | None = None


# "That" where the parser takes it for a determiner.
_THAT = Word("Z", "definite")


@dataclass(slots=True, kw_only=True, eq=False)
class Item:
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
    inner: tuple[Item, ...] = ()
    """Expressions inside it that stay locations of their own (a name inside a nominal)."""


class Rule(NamedTuple):
    """A pattern: a head, what may stand before it (searched back from it) and after it, and what it then means."""

    name: str
    head: re.Pattern[str]
    """The head's letter, and, looking ahead, what follows it, in a group named "after"."""
    left: re.Pattern[str]
    build: Callable[[Reading, Found], Item | None]


class Found(NamedTuple):
    """Where a rule fits: item positions, half-open."""

    start: int
    head: int
    end: int
    left: Mapping[str, Span]
    right: Mapping[str, Span]


# --- words to items ---------------------------------------------------------------------------------------------------


def _pieces(text: str) -> tuple[str, ...]:
    return tuple(match.group() for match in TOKEN.finditer(text))


@cache
def vocabulary() -> dict[str, list[tuple[tuple[str, ...], Word]]]:
    """Read the tables: all entries by their first word, the longest first."""
    entries: dict[tuple[str, ...], Word] = {}
    for form, word in (*_measures(), *_small_words(), *_nouns(), *_directions()):
        entries[_pieces(form)] = word
    by_first: dict[str, list[tuple[tuple[str, ...], Word]]] = {}
    for pieces, word in entries.items():
        by_first.setdefault(pieces[0], []).append((pieces, word))
    for options in by_first.values():
        options.sort(key=lambda option: -len(option[0]))
    return by_first


def _measures() -> Iterator[tuple[str, Word]]:
    for row in lexicon.rows("units"):
        if row["kind"] == "distance":
            metres = float(row["factor"]) * UNITS_M[row["unit"]]
            for form in (row["word"], f"{row['word']}s"):
                yield form, Word("u", "unit", value=metres)
    for row in lexicon.rows("numbers"):
        if row["class"] in {"unit", "scale"}:
            yield row["word"], Word("n", "number", value=float(row["value"]))


def _small_words() -> Iterator[tuple[str, Word]]:
    for row in lexicon.rows("localisers"):
        role, value = row["role"], row["value"]
        if row["words"] == "the":
            yield "the", Word("d", role)
        elif role == "determiner":
            yield row["words"], Word(_SMALL[value], role)
        elif role == "several":
            yield row["words"], Word(_SMALL[role], role, value=float(value))
        else:
            yield row["words"], Word(_SMALL[role], role)


def _nouns() -> Iterator[tuple[str, Word]]:
    for row in lexicon.rows("nominals"):
        kind = cast("LocationKind", row["kind"])
        word = Word(_NOUNS[row["role"]], row["role"], kind, row["refers"], row["needs"])
        yield row["noun"], word
        if row["plural"]:
            yield row["plural"], word._replace(plural=True)


def _directions() -> Iterator[tuple[str, Word]]:
    for row in lexicon.rows("directions"):
        bearing = float(row["bearing_deg"]) if row["bearing_deg"] else None
        yield row["word"], Word(_FORMS[row["form"]], "direction", value=bearing)


@cache
def _beside_borders() -> re.Pattern[str]:
    nouns = "|".join(re.escape(form) for form, word in _nouns() if word.letter == "B")
    name = r"[^\W\d_.]+|(?:[^\W\d_]\.){2,4}"
    return re.compile(rf"\b({name})[-\u2010-\u2015/]({name}) (?:{nouns})\b")


def _missed(text: str, toponyms: Sequence[Toponym], gazetteer: Gazetteer) -> Iterator[Toponym]:
    """Find the countries in "the X-Y border" that the recognition of toponyms has missed.

    What stands on both sides of a hyphen before that noun can be nothing else, if the gazetteer knows it as a country.
    """
    for match in _beside_borders().finditer(text):
        for start, end in (match.span(1), match.span(2)):
            if any(toponym.start < end and start < toponym.end for toponym in toponyms):
                continue
            name = text[start:end]
            places = [found.place for found in gazetteer.find(name) if found.place.feature_code.startswith("PCL")]
            if places:
                candidates = (Candidate(place=places[0], score=1.0),)
                yield Toponym(start=start, end=end, text=name, type="demonym", candidates=candidates)


def _tokens(text: str, toponyms: Sequence[Toponym]) -> Iterator[Item]:
    """Cut a text into words and toponyms, in order."""
    position = 0
    for index in sorted(range(len(toponyms)), key=lambda at: (toponyms[at].start, -toponyms[at].end)):
        toponym = toponyms[index]
        if toponym.start < position:
            continue
        yield from _words(text, position, toponym.start)
        yield Item(
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


def _words(text: str, start: int, end: int) -> Iterator[Item]:
    for match in TOKEN.finditer(text, start, end):
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
        yield Item(start=match.start(), end=match.end(), letter=letter, lower=lower)


def _classify(items: list[Item], tags: Mapping[int, tuple[str, str]] | None) -> list[Item]:
    """Give every word its class, joining fixed sequences of words into one item."""
    words = vocabulary()
    merged: list[Item] = []
    at = 0
    while at < len(items):
        item = items[at]
        found = None
        if item.letter in "aXx":
            for pieces, word in words.get(item.lower, ()):
                if len(pieces) == 1 or _are(items[at : at + len(pieces)], pieces):
                    found = (len(pieces), word)
                    break
        tag = tags.get(item.start) if tags else None
        if found and not _contradicted(found[1], tag):
            size, word = found
            if word.role == "relative" and tag is not None and tag[1] == "DT":
                word = _THAT
            if size > 1:
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


def _are(items: Sequence[Item], pieces: Sequence[str]) -> bool:
    """Tell whether some items are the words of a fixed sequence, and no toponyms."""
    return [item.lower for item in items] == list(pieces) and not any(item.toponyms for item in items)


def _contradicted(word: Word, tag: tuple[str, str] | None) -> bool:
    """Whether a parser saw another part of speech than the table means: the verbs "bases", "places", "camp"."""
    if tag is None:
        return False
    pos, fine = tag
    if word.letter in "KNSGRYBFCW" and word.needs not in {"bare", "homeward"}:
        return pos in {"VERB", "AUX", "ADV"}
    if word.letter == "Z":
        return fine not in {"DT", "PDT"}
    if word.role == "modifier":
        return fine in {"VBD", "VBZ", "VBP", "VB"}
    return False


def _letter(item: Item, tag: tuple[str, str] | None) -> str:
    if tag is None:
        return "X" if item.letter == "X" else "x"
    pos, fine = tag
    if pos in {"NOUN", "PROPN"}:
        # A capital tells a name from a noun better than the parser does.
        return "X" if item.letter == "X" else "m"
    if pos == "VERB":
        return {"VBN": "v", "VBG": "r"}.get(fine, "x")
    return _POS.get(pos, "x")


def tags_of(doc: Doc) -> dict[int, tuple[str, str]]:
    """Return the coarse and the fine part of speech of every token, by its offset."""
    # In columns: to make a Token of each word takes longer than all that is done with it here.
    rows = doc.to_array(["IDX", "POS", "TAG"]).tolist()
    strings = doc.vocab.strings
    return {start: (strings[part_of_speech], strings[tag]) for start, part_of_speech, tag in rows}


# --- rules over items -------------------------------------------------------------------------------------------------


def rule(name: str, head: str, left: str, right: str, build: Callable[[Reading, Found], Item | None]) -> Rule:
    """Make a rule of regular expressions over class letters; ``left`` ends at the head, ``right`` starts after it."""
    return Rule(name, re.compile(rf"{head}(?=(?P<after>{right}))"), re.compile(rf"(?:{left})$"), build)


@lru_cache(maxsize=1_024)
def _neighbours(gazetteer: Gazetteer, code: str, viewpoint: Viewpoint) -> tuple[str, ...]:
    return gazetteer.neighbours(code, viewpoint=viewpoint)


# How many items before its head a rule looks back over.
_WINDOW = 16


def _groups(match: re.Match[str], offset: int) -> dict[str, Span]:
    """Return where the named parts of a match are that cover anything."""
    names = match.re.groupindex
    return {name: (match.start(name) + offset, match.end(name) + offset) for name in names if match.start(name) >= 0}


class Reading:
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
        known = [*toponyms, *_missed(text, toponyms, gazetteer)]
        self.items = _classify(list(_tokens(text, known)), tags)
        self.letters = "".join(item.letter for item in self.items)
        self.mentions = Counter(
            place.country for toponym in toponyms if (place := toponym.place) is not None and place.country is not None
        )

    def apply(self, rules: Sequence[Rule]) -> None:
        """Find where the rules fit, longest first, and put one item in place of each."""
        fits: list[tuple[int, int, int, Rule, Found]] = []
        for number, rule in enumerate(rules):
            for match in rule.head.finditer(self.letters):
                found = self._fit(rule, match)
                if found is not None:
                    fits.append((found.start - found.end, number, found.start, rule, found))
        taken = bytearray(len(self.items))
        made: dict[int, tuple[int, Item]] = {}
        for _, _, _, rule, found in sorted(fits, key=lambda fit: fit[:3]):
            if taken.find(1, found.start, found.end) >= 0:
                continue
            item = rule.build(self, found)
            if item is not None:
                taken[found.start : found.end] = b"\1" * (found.end - found.start)
                made[found.start] = (found.end, item)
        self._replace(made)

    def _fit(self, rule: Rule, after: re.Match[str]) -> Found | None:
        head = after.start()
        window = max(0, head - _WINDOW)
        before = rule.left.search(self.letters[window:head])
        if before is None:
            return None
        start = before.start() + window
        return Found(start, head, after.end("after"), _groups(before, window), _groups(after, 0))

    def _replace(self, made: Mapping[int, tuple[int, Item]]) -> None:
        items: list[Item] = []
        letters: list[str] = []
        at = 0
        for start, (end, item) in sorted(made.items()):
            items += self.items[at:start]
            items.append(item)
            letters += (self.letters[at:start], item.letter)
            at = end
        self.items = items + self.items[at:]
        self.letters = "".join([*letters, self.letters[at:]])

    def neighbours(self, code: str) -> tuple[str, ...]:
        """Return the ISO codes of the land neighbours of a country."""
        return _neighbours(self.gazetteer, code, self.settings.viewpoint)

    def country_before(self, position: int, options: Iterable[str]) -> str | None:
        """Return the one of some countries that was named last before a position."""
        wanted = set(options)
        for toponym in sorted(self.toponyms, key=lambda toponym: -toponym.start):
            place = toponym.place
            if toponym.start < position and place is not None and place.country in wanted:
                return place.country
        return None

    def most_mentioned(self, options: Iterable[str]) -> str | None:
        """Return the one of some countries that the text speaks of most."""
        wanted = [(self.mentions[code], code) for code in options if self.mentions[code]]
        return max(wanted)[1] if wanted else None

    def item(self, found: Found, **values: object) -> Item:
        """Make an item for the words that a rule fits; its letter says whether it has a place."""
        parts = self.items[found.start : found.end]
        footprint = values.get("footprint")
        located = isinstance(footprint, Footprint) and footprint.geometry is not None
        indices = {index for part in parts for index in part.toponyms}
        toponyms = tuple(sorted(index for index in indices if index < len(self.toponyms)))
        return Item(
            start=parts[0].start,
            end=parts[-1].end,
            letter="P" if located else "U",
            lower=self.text[parts[0].start : parts[-1].end].lower(),
            **{"toponyms": toponyms, "word": self.items[found.head].word, **values},  # type: ignore[arg-type]
        )

    def of_place(self, place: Place) -> Footprint:
        """Return the footprint of a place."""
        return footprints.of_place(place, self.gazetteer, self.settings)

    def named(self, start: int, end: int) -> list[Item]:
        """Return the toponyms with a place among some items."""
        return [item for item in self.items[start:end] if item.letter in "LMDE" and item.place is not None]
