"""Who says that a force moves, with which words, and how surely.

A claim is a movement together with its claimant (the innermost source: the witnesses rather than the agency that
quotes them), the cue that hands the statement to that source, and a certainty. The terms are those of attribution
and event factuality (PDTB, PARC, FactBank). The words are data: ``lexicon/cues.csv`` and ``lexicon/certainty.csv``.

The method is one walk per movement, from its trigger up the dependency tree. The first reporting cue that holds the
trigger in its content is the innermost source; modals, negations and governing words met on the way give the
certainty. What the tree does not hold is repaired by few rules: direct quotations that run over sentences, trailing
and leading attributions that the parser attached wrongly, and headings.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from geomap.model import Claim, Movement, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from spacy.tokens import Doc, Token

    from geomap.model import Certainty, Document, Span, TimeExpression

# Which reading wins when several words speak of one movement: a doubt or an order outlasts a plan.
_STRENGTH: tuple[Certainty, ...] = ("disputed", "ordered", "possible", "planned")

# Nouns of documents speak for whoever made or gave them ("a report by X that said", "footage released by X showed").
_DOCUMENTS = frozenset(
    "statement report footage video image photo photograph picture clip letter communique memo dispatch bulletin "
    "briefing post tweet message document transcript recording".split()
)
_GIVEN = frozenset("provide release publish issue post share circulate distribute obtain broadcast air show".split())
# Sources that a news agency cites; what else it cites ("an order") is a document and no speaker.
_SPEAKERS = frozenset(
    "source official witness officer resident spokesman spokeswoman spokesperson minister ministry diplomat aide "
    "commander leader authority army police military government agency activist villager medic analyst expert "
    "observer monitor local eyewitness general colonel soldier fighter people department office service".split()
)
_RELATIVE = frozenset({"who", "which", "that"})
_POSSESSIVE = frozenset({"its", "his", "her", "their"})
_CLAUSES = frozenset({"ccomp", "parataxis", "xcomp", "advcl", "acl", "relcl", "csubj", "csubjpass"})
_SUBJECTS = frozenset({"nsubj", "nsubjpass", "expl", "csubj"})
_NP_LEFT = frozenset({"det", "amod", "compound", "poss", "nummod", "nmod", "quantmod", "predet", "advmod", "case"})
_NP_RIGHT = frozenset({"conj", "cc", "nummod", "case"})
_NP_PREPOSITIONS = frozenset({"of", "for", "from", "in", "with", "against", "at", "to", "on"})
# A nominal subject shares the mood of a verb that only says that it takes place.
_EVENTIVE = frozenset(
    "begin start occur happen come proceed materialize materialise follow continue resume end finish conclude "
    "complete commence take be last go".split()
)
_TIMELIKE = frozenset({"after", "before", "until", "during", "following", "upon", "since"})
_ORDINALS = frozenset({"first", "last", "second", "third", "only", "latest", "next"})


@dataclass(frozen=True, slots=True)
class _Cue:
    """One line of ``cues.csv``."""

    words: tuple[str, ...]
    part: str
    kind: str
    frames: Mapping[str, Certainty | None]


@dataclass(frozen=True, slots=True)
class _Governor:
    """One line of ``certainty.csv`` of kind "governor"; ``rest`` holds the words after the first."""

    rest: tuple[str, ...]
    certainty: str


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """Both tables, indexed once by the first word."""

    verbs: Mapping[str, tuple[_Cue, ...]]
    nouns: Mapping[str, tuple[_Cue, ...]]
    adverbs: frozenset[str]
    phrases: tuple[tuple[str, ...], ...]
    governors: Mapping[str, tuple[_Governor, ...]]
    certainties: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class _Source:
    """A cue that holds a trigger, and the claimant when the text names one."""

    cue: Span
    token: Token
    holder: tuple[Token, Token] | None
    effect: Certainty | None
    rule: str
    reason: str = ""


@dataclass(slots=True)
class _Mood:
    """What the words on the way up say of a movement's certainty."""

    negative: bool = False
    marks: set[str] = field(default_factory=set)
    reasons: list[str] = field(default_factory=list)

    def add(self, certainty: str | None, reason: str) -> None:
        """Take up one more word; a denial turns the polarity round."""
        if certainty is None or certainty == "asserted":
            return
        if certainty == "denied":
            self.negative = not self.negative
        else:
            self.marks.add(certainty)
        self.reasons.append(reason)

    def certainty(self) -> Certainty:
        """Weigh the marks: doubt, then denial, then order, possibility and plan."""
        if "disputed" in self.marks:
            return "disputed"
        if self.negative:
            return "denied"
        return next((mark for mark in _STRENGTH if mark in self.marks), "asserted")


@dataclass(frozen=True, slots=True)
class _Quotation:
    """A direct quotation: its characters, whether it opens a sentence, and who speaks."""

    start: int
    end: int
    source: _Source | None


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = resources.files("geomap").joinpath("lexicon", name).read_text(encoding="utf-8")
    yield from csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#"))


def _frames(text: str) -> dict[str, Certainty | None]:
    frames: dict[str, Certainty | None] = {}
    for item in text.split():
        name, _, effect = item.partition("=")
        frames[name] = effect or None  # type: ignore[assignment]
    return frames


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    parts: dict[str, dict[str, list[_Cue]]] = {"verb": {}, "noun": {}}
    adverbs: set[str] = set()
    phrases: list[tuple[str, ...]] = []
    for row in _rows("cues.csv"):
        words = tuple(row["cue"].split())
        if row["part"] == "adverb":
            adverbs.add(row["cue"])
        elif row["part"] == "phrase":
            phrases.append(words)
        else:
            cue = _Cue(words, row["part"], row["class"], _frames(row["frames"]))
            parts[row["part"]].setdefault(words[0], []).append(cue)
    governors: dict[str, list[_Governor]] = {}
    certainties: dict[str, dict[str, str]] = {}
    for row in _rows("certainty.csv"):
        if row["kind"] == "governor":
            first, *rest = row["word"].split()
            governors.setdefault(first, []).append(_Governor(tuple(rest), row["certainty"]))
        else:
            certainties.setdefault(row["kind"], {})[row["word"]] = row["certainty"]
    longest_first = {
        part: {word: tuple(sorted(cues, key=lambda cue: -len(cue.words))) for word, cues in table.items()}
        for part, table in parts.items()
    }
    return _Lexicon(
        longest_first["verb"],
        longest_first["noun"],
        frozenset(adverbs),
        tuple(sorted(phrases, key=len, reverse=True)),
        {word: tuple(sorted(entries, key=lambda entry: -len(entry.rest))) for word, entries in governors.items()},
        certainties,
    )


# --- noun phrases -----------------------------------------------------------------------------------------------


def _noun_phrase(head: Token) -> tuple[Token, Token]:
    """Return the first and last token of the minimal but complete noun phrase of a head."""
    head = _named(head)
    left = right = head
    for child in head.lefts:
        if child.dep_ in _NP_LEFT and not child.is_punct:
            left = next(iter(child.subtree))
            break
    for child in head.rights:
        if child.dep_ in _NP_RIGHT:
            right = _noun_phrase(child)[1] if child.dep_ == "conj" else child
        elif child.dep_ == "prep" and child.lower_ in _NP_PREPOSITIONS and not child.text[0].isupper():
            objects = [grandchild for grandchild in child.children if grandchild.dep_ == "pobj"]
            if not objects or _is_date(objects[0]) or child.i - right.i > 1:
                break
            right = _noun_phrase(objects[0])[1]
        elif child.is_punct and child.text in "(),":
            continue
        elif child.dep_ == "appos" and _in_brackets(child):
            right = child.nbor(1)
        else:
            break
    return left, right


def _in_brackets(token: Token) -> bool:
    doc = token.doc
    return 0 < token.i < len(doc) - 1 and doc[token.i - 1].text == "(" and doc[token.i + 1].text == ")"


def _is_date(token: Token) -> bool:
    return token.ent_type_ in {"DATE", "TIME"}


def _named(head: Token) -> Token:
    """Prefer the name to the office that it stands in apposition to ("the mayor of X, Name Surname,")."""
    if head.pos_ == "NOUN":
        for child in head.children:
            if child.dep_ == "appos" and child.pos_ == "PROPN" and child.i > head.i and not _in_brackets(child):
                return child
    return head


def _subject(verb: Token) -> Token | None:
    return next((child for child in verb.children if child.dep_ in {"nsubj", "nsubjpass", "csubj"}), None)


def _is_passive(verb: Token) -> bool:
    return any(child.dep_ in {"auxpass", "nsubjpass", "agent"} for child in verb.children) or (
        verb.tag_ == "VBN" and verb.dep_ in {"acl", "advcl"} and not any(c.dep_ == "aux" for c in verb.children)
    )


def _agent(verb: Token) -> Token | None:
    for child in verb.children:
        if child.dep_ == "agent" or (child.dep_ == "prep" and child.lower_ == "by"):
            return next((grandchild for grandchild in child.children if grandchild.dep_ == "pobj"), None)
    return None


def _speaker(verb: Token, depth: int = 0) -> Token | None:
    """Find the head of the noun phrase that is said to speak by a reporting verb."""
    if depth > 6:  # chains of participles are short; a loop in a bad tree must end
        return None
    if _is_passive(verb):
        agent = _agent(verb)
        if agent is not None or verb.dep_ not in {"conj"}:
            return agent
    subject = _subject(verb)
    if subject is not None:
        return _antecedent(subject, verb)
    head = verb.head
    if head is verb:
        return None
    if verb.dep_ in {"acl", "relcl"}:
        return head
    if verb.dep_ == "pcomp":
        governor = head.head
        if head.lower_ == "as":
            return _said_of(governor)
        return governor if governor.pos_ in {"NOUN", "PROPN"} else _speaker(governor, depth + 1)
    if verb.dep_ in {"advcl", "conj", "xcomp", "ccomp", "parataxis", "dep", "prep"}:
        return _speaker(head, depth + 1)
    return None


def _said_of(governor: Token) -> Token | None:
    """Find who is quoted in "X quoted Y as saying" and "Y was quoted as saying"."""
    passive = next((child for child in governor.children if child.dep_ == "nsubjpass"), None)
    if passive is not None:
        return passive
    return next((child for child in governor.children if child.dep_ == "dobj"), _subject(governor))


def _antecedent(subject: Token, verb: Token) -> Token | None:
    if subject.lower_ in _RELATIVE and subject.tag_ in {"WDT", "WP", "DT", "IN"}:
        return verb.head if verb.dep_ in {"relcl", "acl"} else None
    return subject


def _giver(head: Token) -> Token | None:
    """Find who made or gave out a document: "footage released by X", "a report by X", "X released a report that"."""
    for child in head.children:
        if child.dep_ == "acl" and child.lemma_.lower() in _GIVEN:
            agent = _agent(child)
            if agent is not None:
                return agent
        if child.dep_ in {"prep", "agent"} and child.lower_ in {"by", "from"}:
            return next((grandchild for grandchild in child.children if grandchild.dep_ == "pobj"), None)
    return None


def _publisher(head: Token) -> Token | None:
    verb = head.head
    if head.dep_ == "dobj" and verb.lemma_.lower() in _GIVEN:
        return _speaker(verb)
    return None


def _holder(verb: Token) -> Token | None:
    speaker = _speaker(verb)
    if speaker is None or speaker.lemma_.lower() not in _DOCUMENTS:
        return speaker
    giver = _giver(speaker)
    if giver is None and verb.dep_ == "relcl":
        giver = _publisher(speaker)
    return giver or speaker


def _noun_holder(noun: Token) -> Token | None:
    """Find whose claim, order or plan a noun speaks of."""
    for child in noun.children:
        if child.dep_ == "poss":
            return _subject_above(noun) if child.lower_ in _POSSESSIVE else child
    giver = _giver(noun)
    if giver is not None:
        return giver
    for child in noun.children:
        if child.dep_ == "compound" and child.pos_ in {"NOUN", "PROPN"}:
            return child
    return _subject_above(noun)


def _subject_above(noun: Token) -> Token | None:
    """Find the subject of the verb that a noun is the object of ("X issued an order", "X doubled down on its claims")."""
    token = noun
    while token.dep_ in {"prep", "pobj", "dobj", "conj", "attr"} and token.head is not token:
        passed = token.dep_
        token = token.head
        if token.pos_ in {"VERB", "AUX"}:
            if passed == "attr":
                return None
            return None if _is_passive(token) else _speaker(token)
    return None
