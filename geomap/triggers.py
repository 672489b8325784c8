"""The words that make a claim of motion or presence: verbs, particle verbs, nouns and idioms, as a table reads them.

What the table's columns mean stands in ``lexicon/motion.csv``. A trigger is only a word so far; whether a force moves
is decided by :mod:`geomap.movements`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from geomap import clauses, lexicon, nlp
from geomap.clauses import PREDICATES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from spacy.tokens import Doc, Token

# How far behind its verb a particle may stand, in tokens ("pulled its last soldiers back").
PARTICLE_REACH = 8


# Particles that win wherever they stand: "back and forth" goes nowhere, "moved back into the town" is an advance.
_DECIDING = frozenset({"forth", "into"})


class Entry(NamedTuple):
    """A row of the table of motion words."""

    word: str
    particle: str
    direction: str
    frame: str
    sense: str


class Trigger(NamedTuple):
    """A trigger in a text."""

    token: Token
    """The verb or noun, or the first word of an idiom."""
    end: Token
    """The last word: the particle, or the idiom's last word."""
    entry: Entry
    rule: str
    governor: Token
    """The word whose arguments are the trigger's own."""


@cache
def _table(pos: str) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for row in lexicon.rows("motion"):
        if row["pos"] == pos:
            entry = Entry(row["trigger"], row["particle"], row["direction"], row["frame"], row["sense"])
            found.setdefault(entry.word, []).append(entry)
    return found


@cache
def _idioms() -> dict[str, list[tuple[tuple[str, ...], Entry]]]:
    """Return the idioms by their first word."""
    found: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
    for text, entries in _table("idiom").items():
        parts = tuple(text.split())
        found.setdefault(parts[0], []).append((parts, entries[0]))
    return found


@cache
def _irregular() -> dict[str, str]:
    """Return the irregular forms that the model's lemmatiser does not know, with their verbs."""
    return dict(word.split("=") for word in lexicon.words("irregular"))


def find(doc: Doc, places: Collection[int]) -> Iterator[Trigger]:
    """Find the triggers of a document, in the order of the text.

    Parameters
    ----------
    doc
        The parsed document.
    places
        Indices of the tokens that belong to places: "their permanent deployments" is where, not what.
    """
    for at, (lower, lemma) in enumerate(zip(*nlp.forms_of(doc), strict=True)):
        # Most words can be no trigger; to look at their forms only is much quicker than to read their grammar.
        if not _may_be(lower, lemma):
            continue
        token = doc[at]
        if token.is_punct or token.is_space:
            continue
        trigger = _idiom(doc, token) or _hyphened(token, places) or _verb(token, places) or _noun(token, places)
        if trigger is not None:
            yield trigger


def lemma(token: Token) -> str:
    """Return a word's lemma, also where the model's lemmatiser does not know its form."""
    known: str = _irregular().get(token.lower_) or token.lemma_.lower()
    return known


def _may_be(lower: str, lemma: str) -> bool:
    known = _irregular().get(lower) or lemma.lower()
    return known in _table("verb") or known in _table("noun") or lower in _idioms() or lower.endswith("ing")


def _idiom(doc: Doc, token: Token) -> Trigger | None:
    for parts, entry in _idioms().get(token.lower_, ()):
        span = doc[token.i : token.i + len(parts)]
        if tuple(t.lower_ for t in span) == parts:
            holder = token if token.pos_ in PREDICATES else clauses.clause_head(token)
            if entry.particle and holder.lemma_ != entry.particle:
                continue
            return Trigger(token, span[-1], entry, "idiom", holder)
    return None


def _hyphened(token: Token, places: Collection[int]) -> Trigger | None:
    """Read a noun that the tokeniser took apart ("build-up", "pull-out"); its last part holds its arguments."""
    doc = token.doc
    if token.i + 2 >= len(doc) or doc[token.i + 1].text != "-":
        return None
    last = doc[token.i + 2]
    entries = _table("noun").get(f"{token.lower_}-{last.lemma_.lower()}")
    if not entries or entries[0].frame == "none" or last.dep_ == "compound" or last.i in places:
        return None
    return Trigger(last, last, entries[0], "motion-noun", last)


def _verb(token: Token, places: Collection[int]) -> Trigger | None:
    entries = _table("verb").get(_verb_lemma(token, places))
    if not entries:
        return None
    entry, end = _with_particle(token, entries)
    if entry is None or entry.frame == "none" or not _is_own_verb(token, entry):
        return None
    rule = f"motion-verb/{'passive' if clauses.is_passive(token) else entry.frame}"
    return Trigger(token, end, entry, rule, token)


def _verb_lemma(token: Token, places: Collection[int]) -> str:
    """Return the verb that a token is a form of, also where the tagger took it for a noun."""
    known = lemma(token)
    if token.pos_ in PREDICATES or token.tag_ in {"VBG", "VBN"}:
        return known
    if token.tag_ == "NN" and token.dep_ == "pobj" and token.i not in places:  # "tasked with marching"
        stem = token.lower_.removesuffix("ing")
        if stem != token.lower_:
            return stem if stem in _table("verb") else f"{stem}e"
    if token.pos_ in {"NOUN", "PROPN"} and token.dep_ == "ROOT" and known not in _table("noun"):  # a headline
        return known
    return ""


def _is_own_verb(verb: Token, entry: Entry) -> bool:
    """Tell whether the verb says something itself: no auxiliary, no mere adjective, not "is seen as"."""
    if verb.dep_ in {"aux", "auxpass", "compound"} or (
        verb.dep_ == "amod" and (entry.sense == "weak" or not _moves(verb, entry))
    ):
        return False
    if entry.word == "fight" and entry.direction == "presence" and verb.tag_ != "VBG":
        return False  # who fought beside whom says not where anybody is
    if entry.word == "go" and any(c.dep_ == "xcomp" and clauses.is_infinitive(c) for c in verb.children):
        return False  # "we're going to leave": the complement says it
    if entry.word == "order" and clauses.child(verb, "xcomp", "ccomp") is not None:
        return False  # "ordered the brigade to leave": the complement says it
    return entry.word != "see" or not any(c.lower_ == "as" or c.dep_ in {"xcomp", "ccomp"} for c in verb.children)


def _moves(verb: Token, entry: Entry) -> bool:
    """Tell "retreating soldiers" from "the remaining soldiers"."""
    return entry.sense == "sure" or (verb.tag_ == "VBG" and entry.direction != "presence") or verb.tag_ == "VBN"


def _with_particle(verb: Token, entries: Sequence[Entry]) -> tuple[Entry | None, Token]:
    """Choose the entry whose particle the verb has; without one, the plain entry."""
    below = _particles(verb)
    found = [entry for entry in entries if entry.particle in below]
    if found:  # the nearest: "moved forces out of the port in May" moves them out
        entry = min(found, key=lambda entry: (entry.particle not in _DECIDING, below[entry.particle].i))
        hit = below[entry.particle]
        return entry, hit if hit.i == verb.i + 1 or hit.dep_ not in {"prep", "pcomp"} else verb
    return next((entry for entry in entries if not entry.particle), None), verb


def _particles(verb: Token) -> dict[str, Token]:
    """Return the words that may be the verb's particle: below it, below those, or right behind it."""
    near = (c for c in verb.children if verb.i < c.i < verb.i + PARTICLE_REACH)
    below = {c.lower_: c for c in near if not _opens_time(c)}
    for part in list(below.values()):
        if part.dep_ in {"prt", "advmod", "prep"}:
            # "back from", "back north of", and "back and forth", which goes nowhere
            below.update({g.lower_: g for g in part.children if g.dep_ in {"prep", "pcomp", "conj", "advmod"}})
            below.update({f"{part.lower_} {g.lower_}": g for g in part.children if g.dep_ == "pobj"})  # "in place"
    following = verb.doc[verb.i + 1] if verb.i + 1 < len(verb.doc) else None
    if following is not None and following.pos_ in {"ADP", "ADV", "PART"} and following.lower_ != "to":
        below.setdefault(following.lower_, following)
    return below


def _opens_time(preposition: Token) -> bool:
    """Tell "moved in recent weeks" from "moved in"."""
    thing = clauses.child(preposition, "pobj") if preposition.dep_ == "prep" else None
    return thing is not None and thing.lemma_.lower() in _lengths_of_time()


@cache
def _lengths_of_time() -> frozenset[str]:
    return frozenset(row["word"] for row in lexicon.rows("times") if row["class"] in {"unit", "month", "season"})


def _noun(token: Token, places: Collection[int]) -> Trigger | None:
    if token.pos_ not in {"NOUN", "PROPN", "ADJ"} or token.dep_ == "compound" or token.i in places:
        return None
    entries = _table("noun").get(token.lemma_.lower())
    if not entries or entries[0].frame == "none":
        return None
    return Trigger(token, token, entries[0], "motion-noun", token)


def is_told(noun: Token) -> bool:
    """Tell whether a clause is about the noun, which is not so in "having completed drills" or "after exercises"."""
    verb = clauses.clause_head(noun)
    above = noun.head
    if above.lower_ == "of" and above.head.lemma_.lower() in lexicon.words("linking"):
        above = above.head.head  # "opened four days of drills"
    helpers = {c.lower_ for c in verb.children if c.dep_ in {"aux", "auxpass"}}
    finite = verb.tag_ in {"VBD", "VBZ", "VBP"} or bool(helpers - {"having", "being", "to"})
    return finite and above.lower_ not in {"after", "before", "during", "for", "of"}
