"""Headlines and texts in capitals, read in the case of a sentence.

A parser and a tagger learn from sentences, where a capital marks a name. "Rebels Seize Goma Airport" is one long name
to them, and so is "REBELS SEIZE GOMA AIRPORT"; read as "Rebels seize Goma airport" it says who moves where. Every
offset stays as it was. What is a name is told by the rest of the report, the gazetteer, and a dictionary of common
words.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from geomap import nlp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geomap.gazetteer import Gazetteer
    from geomap.model import Place
    from geomap.settings import Settings

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_LINE = re.compile(r"[^\n\r]+")
# Shorter lines are names, titles of sections or bylines.
_LEAST_WORDS = 3
# Headlines leave small words small; of the others, and of the letters of a line in capitals, nearly all are capitals.
_SMALL_LETTERS = 3
_MOSTLY = 0.8
_LONGEST_HEADLINE = 200
_LONGEST_NAME = 4
# How far before a word the end of a sentence is looked for, in characters.
_FAR_BEFORE = 8
# A word that is common too is the name of a place only where so many live there.
_KNOWN_TOWN = 100_000
# Unknown capitals so short are rather an abbreviation than a name ("KFOR").
_LONGEST_ABBREVIATION = 5
_ABBREVIATIONS = frozenset({"au", "eu", "hq", "mp", "pm", "uk", "un", "usa"})
"""Of those that are in a line of capitals, the ones that the dictionary or the gazetteer has as words."""
_SENTENCE_ENDS = frozenset(".!?:\n\r\"“”‘'•|-–—")


class _Dictionary(NamedTuple):
    """Common words, in lower case."""

    names: frozenset[str]
    """Which may be names too: nouns."""
    others: frozenset[str]
    """Verbs, adjectives and adverbs, and inflected forms that no rule makes."""


@lru_cache(maxsize=4)
def _dictionary(model: str | None) -> _Dictionary | None:
    """Return the dictionary that the language model looks lemmas up in, if it has one."""
    pipes = nlp.load(model)
    lookups = pipes.get_pipe("lemmatizer").lookups if "lemmatizer" in pipes.pipe_names else None  # type: ignore[attr-defined]
    if lookups is None or not {"lemma_index", "lemma_exc"}.issubset(lookups.tables):
        return None
    index, irregular = lookups.get_table("lemma_index"), lookups.get_table("lemma_exc")
    others = {word for kind in ("verb", "adj", "adv") for word in (*index.get(kind, ()), *irregular.get(kind, ()))}
    small = pipes.Defaults.stop_words - {"us"}
    return _Dictionary(frozenset(index.get("noun", ())), frozenset(others | small))


@cache
def _calendar() -> frozenset[str]:
    """Return the names of days and months in lower case."""
    return frozenset(name.lower() for name in (*calendar.day_name, *calendar.month_name) if name)


@dataclass(slots=True)
class _Case:
    """What tells names from common words in the headlines of one report."""

    gazetteer: Gazetteer
    dictionary: _Dictionary
    common: set[str] = field(default_factory=set)
    """Words that the report's sentences write small."""
    names: set[str] = field(default_factory=set)
    """Words that they write with a capital, in lower case."""

    def learn(self, line: str) -> None:
        """Take up the words of a line of plain sentences."""
        for match in _WORD.finditer(line):
            word, before = match[0], line[max(0, match.start() - _FAR_BEFORE) : match.start()].rstrip()
            if word.islower():
                self.common.add(word)
            elif word[0].isupper() and before and before[-1] not in _SENTENCE_ENDS:
                self.names.add(word.lower())

    def write(self, line: str) -> str:
        """Return a line of the same length in the case of a sentence."""
        words = list(_WORD.finditer(line))
        letters = list(line)
        is_capitals = line.upper() == line
        at = 0
        while at < len(words):
            size = self._name_at(line, words, at) or 1
            for match in words[at : at + size]:
                own = match[0]
                letters[match.start() : match.end()] = self._written(
                    own, is_capitals=is_capitals, is_name=size > 1, opens=match is words[0]
                )
            at += size
        return "".join(letters)

    def _name_at(self, line: str, words: list[re.Match[str]], at: int) -> int:
        """Return how many words from here on are the name of a place together, if more than one are."""
        for size in range(min(_LONGEST_NAME, len(words) - at), 1, -1):
            part = words[at : at + size]
            name = line[part[0].start() : part[-1].end()]
            if re.search(r"[,;:.()]", name) is None and not all(self._is_word(word[0].lower()) for word in part):
                found = self.gazetteer.find(name)
                if any(_is_known(match.place) for match in found):
                    return size
        return 0

    def _written(self, word: str, *, is_capitals: bool, is_name: bool, opens: bool) -> str:
        lower = word.lower()
        capital = lower[:1].upper() + lower[1:]
        if not len(lower) == len(capital) == len(word):
            return word
        if word.isupper() and len(word) > 1 and (not is_capitals or lower in _ABBREVIATIONS):
            return word
        if is_name or lower in self.names or lower in _calendar():
            return capital
        if self._is_common(lower) and not self._is_place(capital):
            return capital if opens else lower
        known = self._is_place(capital)
        return word if is_capitals and not known and len(word) <= _LONGEST_ABBREVIATION else capital

    def _is_common(self, lower: str) -> bool:
        return self._is_word(lower) or any(form in self.dictionary.names for form in _forms(lower))

    def _is_place(self, name: str) -> bool:
        """Tell whether a word is rather a place or a people than anything else that it may be."""
        if name.lower() in self.common:
            return False
        found = self.gazetteer.find(name)
        if any(match.kind == "demonym" or _is_country(match.place) for match in found):
            return True
        return not self._is_word(name.lower()) and any(_is_known(match.place) for match in found)

    def _is_word(self, lower: str) -> bool:
        """Tell whether a word is common and no noun, or the report writes it small."""
        return lower in self.common or any(form in self.dictionary.others for form in _forms(lower))


def _is_country(place: Place) -> bool:
    return place.feature_code.startswith(("PCL", "TERR", "CONT"))


def _is_known(place: Place) -> bool:
    """Tell a state, a division, a region of the tables or a town of some size."""
    return (
        _is_country(place)
        or place.feature_code in {"ADM1", "PPLC"}
        or place.id.startswith("geomap:")
        or place.population >= _KNOWN_TOWN
    )


def _forms(word: str) -> Iterator[str]:
    """Yield a word and what it may be an inflected form of."""
    yield word
    for ending, stems in (
        ("s", ("",)),
        ("es", ("",)),
        ("ies", ("y",)),
        ("ed", ("", "e")),
        ("ing", ("", "e")),
        ("er", ("", "e")),
    ):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            stem = word[: -len(ending)]
            yield from (stem + added for added in stems)
            if len(stem) > 2 and stem[-1] == stem[-2]:  # noqa: PLR2004 - "withdrawn", "shelling", "stopped"
                yield stem[:-1]


def is_heading(line: str) -> bool:
    """Tell whether a line is in capitals, or in the case of headlines."""
    words = _WORD.findall(line)
    if len(words) < _LEAST_WORDS:
        return False
    letters = [letter for word in words for letter in word]
    if sum(map(str.isupper, letters)) >= _MOSTLY * len(letters):
        return True
    large = [word for word in words if len(word) > _SMALL_LETTERS]
    return (
        len(line) <= _LONGEST_HEADLINE
        and not line.rstrip().endswith((".", ",", ";"))
        and len(large) >= _LEAST_WORDS
        and sum(word[0].isupper() for word in large) >= _MOSTLY * len(large)
    )


def recase(text: str, gazetteer: Gazetteer, settings: Settings) -> str:
    """Return a text with its headlines and lines in capitals in the case of sentences.

    Parameters
    ----------
    text
        A report's text.
    gazetteer
        Which words name places.
    settings
        Names the language model, whose dictionary tells common words; without one nothing is changed.

    Returns
    -------
    str
        Of the same length: every offset stays as it was.
    """
    headings: list[re.Match[str]] = []
    sentences: list[re.Match[str]] = []
    for line in _LINE.finditer(text):
        (headings if is_heading(line[0]) else sentences).append(line)
    dictionary = _dictionary(settings.spacy_model) if headings else None
    if dictionary is None:
        return text
    case = _Case(gazetteer, dictionary)
    for line in sentences:
        case.learn(line[0])
    letters = list(text)
    for line in headings:
        letters[line.start() : line.end()] = case.write(line[0])
    return "".join(letters)
