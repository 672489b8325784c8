"""The words that report, and the way from a movement's trigger up to them.

Reporting cues (``lexicon/cues.csv``) hand a statement to its source; the words of ``lexicon/certainty.csv`` change how
surely it is stated. Both are indexed once per process. A :class:`Step` is one step up the dependency tree with
prepositions folded in, so that "accused the army of moving" reads as "moving" hanging on "accused" by "of".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from geomap import lexicon

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spacy.tokens import Token

    from geomap.model import Certainty

# Room for an object or an adverb between a verb and its particle ("ruled it out", "called again for").
_GAP = 3


@dataclass(frozen=True, slots=True)
class Cue:
    """One line of ``cues.csv``."""

    words: tuple[str, ...]
    kind: str
    frames: Mapping[str, Certainty | None]
    """Where the content may stand, and the certainty that this place lends to it."""


@dataclass(frozen=True, slots=True)
class Governor:
    """A word whose complement a movement may be; ``rest`` holds the words that must follow it at once."""

    rest: tuple[str, ...]
    certainty: str


@dataclass(frozen=True, slots=True)
class Tables:
    """Both tables, indexed by the first word, longer entries first."""

    verbs: Mapping[str, tuple[Cue, ...]]
    nouns: Mapping[str, tuple[Cue, ...]]
    adverbs: frozenset[str]
    governors: Mapping[str, tuple[Governor, ...]]
    words: Mapping[str, Mapping[str, str]]
    """The other kinds of ``certainty.csv``: kind, then word, then certainty."""
    phrases: tuple[tuple[tuple[str, ...], str], ...]


@cache
def tables() -> Tables:
    """Read and index both tables."""
    parts: dict[str, dict[str, list[Cue]]] = {"verb": {}, "noun": {}, "adverb": {}}
    for row in lexicon.rows("cues"):
        cue = Cue(tuple(row["cue"].split()), row["class"], _frames(row["frames"]))
        parts[row["part"]].setdefault(cue.words[0], []).append(cue)
    governors: dict[str, list[Governor]] = {}
    words_of: dict[str, dict[str, str]] = {}
    phrases: list[tuple[tuple[str, ...], str]] = []
    for row in lexicon.rows("certainty"):
        if row["kind"] == "governor":
            first, *rest = row["word"].split()
            governors.setdefault(first, []).append(Governor(tuple(rest), row["certainty"]))
        elif row["kind"] == "phrase":
            phrases.append((tuple(row["word"].split()), row["certainty"]))
        else:
            words_of.setdefault(row["kind"], {})[row["word"]] = row["certainty"]
    return Tables(
        _longest_first(parts["verb"]),
        _longest_first(parts["noun"]),
        frozenset(parts["adverb"]),
        {word: tuple(sorted(found, key=lambda entry: -len(entry.rest))) for word, found in governors.items()},
        words_of,
        tuple(phrases),
    )


def _frames(text: str) -> dict[str, Certainty | None]:
    frames: dict[str, Certainty | None] = {}
    for item in text.split():
        name, _, effect = item.partition("=")
        frames[name] = effect or None  # type: ignore[assignment]  # a test holds the table to the certainties
    return frames


def _longest_first(found: dict[str, list[Cue]]) -> dict[str, tuple[Cue, ...]]:
    return {word: tuple(sorted(cues, key=lambda cue: -len(cue.words))) for word, cues in found.items()}


@cache
def words(kind: str) -> dict[str, str]:
    """Return the words of one class of ``reporting.csv``, with their values."""
    return {row["word"]: row["value"] for row in lexicon.rows("reporting") if row["class"] == kind}


@dataclass(frozen=True, slots=True)
class Step:
    """One step up the tree, prepositions folded in: how ``child`` hangs on ``governor``."""

    child: Token
    relation: str
    preposition: str | None
    governor: Token


def steps(token: Token) -> Iterator[Step]:
    """Yield the steps from a token to the top of its tree."""
    while token.head != token:
        relation, head, preposition = token.dep_, token.head, None
        if relation in {"pobj", "pcomp"}:
            preposition = head.lower_
            while head.dep_ in {"prep", "advmod", "prt"} and head.head.pos_ in {"ADP", "ADV"} and head.head != head:
                head = head.head
            if head.head == head:
                return
            head = head.head
        yield Step(token, relation, preposition, head)
        token = head


def lemmas(token: Token) -> tuple[str, ...]:
    """Return the lemma of a token, then the regular stems of its form."""
    return stems(token.lemma_, token.lower_)


def stems(lemma: str, lower: str) -> tuple[str, ...]:
    """Return a lemma, then the regular stems of the form, since the small model takes "hoped" for "hop"."""
    if lower.endswith("ed"):
        return lemma.lower(), lower[:-1], lower[:-2]
    if lower.endswith("ing"):
        return lemma.lower(), lower[:-3] + "e", lower[:-3]
    return (lemma.lower(),)


def match(cues: Mapping[str, tuple[Cue, ...]], token: Token) -> Iterator[tuple[Cue, Token]]:
    """Yield the cues that a token begins, longest first, each with its last token."""
    for lemma in lemmas(token):
        if lemma in cues:
            for cue in cues[lemma]:
                last = _last_word(token, cue.words[1:])
                if last is not None:
                    yield cue, last
            return


def _last_word(token: Token, rest: tuple[str, ...]) -> Token | None:
    doc = token.doc
    last = token
    for word in rest:
        near = (doc[i] for i in range(last.i + 1, min(last.i + 1 + _GAP, len(doc))))
        found = next((other for other in near if other.lower_ == word), None)
        if found is None:
            return None
        last = found
    return last


def governing(token: Token, preposition: str | None = None) -> tuple[str, str] | None:
    """Look a governing word up: its certainty and the words found.

    A preposition by which something hangs on the word counts as following it ("kept the rebels from entering").
    """
    governors = tables().governors
    doc = token.doc
    for lemma in (*lemmas(token), token.lower_):
        for entry in governors.get(lemma, ()):
            following = doc[token.i + 1 : token.i + 1 + len(entry.rest)]
            if tuple(other.lower_ for other in following) == entry.rest or (preposition,) == entry.rest:
                return entry.certainty, " ".join((token.text, *entry.rest))
    return None


def is_infinitive(token: Token) -> bool:
    """Whether a verb is an infinitive with "to"."""
    return any(child.dep_ == "aux" and child.lower_ == "to" for child in token.children)


def is_negated(token: Token) -> bool:
    """Whether a negation hangs on a token itself."""
    return any(child.dep_ == "neg" for child in token.children)
