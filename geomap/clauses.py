"""Who does what in a clause: arguments read off a dependency parse, through control, passives and relative clauses.

The labels are those of spaCy's English models (ClearNLP style). A parse of news text is wrong in places; the functions
follow what is there and leave repair, where prepositions and meaning decide, to their callers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from geomap import lexicon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Token

SUBJECTS = frozenset({"nsubj", "csubj", "expl"})
PASSIVE_SUBJECTS = frozenset({"nsubjpass", "csubjpass"})
RELATIVE = frozenset({"which", "who", "that", "whom"})
PREDICATES = frozenset({"VERB", "AUX"})
# How many verbs the search for a subject climbs, how many words a verb and its auxiliaries span, and how many
# prepositions may follow one another ("back from near").
DEEPEST = 8
GROUP = 6
NESTED = 3


class Argument(NamedTuple):
    """A participant of a clause and how it was reached."""

    token: Token
    how: str
    """"own" when it stands in the clause itself; else the construction: "control", "relative", "shared" ..."""


class Prepositional(NamedTuple):
    """A prepositional phrase: the preposition as words ("out of") and the head of what it governs."""

    words: str
    head: Token
    preposition: Token


def child(token: Token, *labels: str) -> Token | None:
    """Return the first child with one of these labels."""
    return next((c for c in token.children if c.dep_ in labels), None)


def is_passive(verb: Token) -> bool:
    """Tell whether a verb form is passive, also as a bare participle behind a noun ("troops deployed there")."""
    if child(verb, "nsubjpass", "auxpass") is not None:
        return True
    if verb.tag_ == "VBD" and verb.dep_ == "acl" and child(verb, *SUBJECTS) is None:
        # The tagger took the participle for a past tense: "900 soldiers currently deployed there". What stands behind
        # a preposition was no object either: "tanks sent to the Lydian border".
        thing = child(verb, "dobj")
        return thing is None or verb.nbor(1).lower_ in {"to", "from", "into", "toward", "towards"}
    if verb.tag_ != "VBN":
        return False
    if any(c.dep_ == "aux" and c.lower_ in {"have", "has", "had", "'ve", "having"} for c in verb.children):
        return False
    if verb.dep_ == "conj" and verb.head.tag_ == "VBN" and child(verb, *SUBJECTS) is None:
        return is_passive(verb.head)
    return verb.dep_ in {"acl", "amod", "advcl", "relcl"} and child(verb, *SUBJECTS) is None


def antecedent(pronoun: Token) -> Token | None:
    """Return the noun that a relative pronoun stands for, or None."""
    for verb in pronoun.ancestors:
        if verb.dep_ == "relcl":
            return verb.head
        if verb.dep_ in {"ccomp", "ROOT"} and verb.i > pronoun.i + 12:
            return None
    return None


def subject(verb: Token, depth: int = 0) -> Argument | None:
    """Return who does (or, in the passive, undergoes) what the verb says.

    Parameters
    ----------
    verb
        A verb, or a gerund that the tagger took for a noun.
    depth
        How many verbs the search has climbed; it gives up at :data:`DEEPEST`, since parses can hold odd chains.
    """
    own = child(verb, *SUBJECTS, *PASSIVE_SUBJECTS) or _of_headline(verb)
    if own is not None and own.dep_ != "expl":
        if own.lower_ not in RELATIVE or own.tag_ not in {"WDT", "WP"}:
            return Argument(own, "own")
        noun = antecedent(own)
        return Argument(noun, "relative") if noun is not None else None
    if depth > DEEPEST:
        return None
    climb = _CLIMBS.get(verb.dep_)
    return climb(verb, depth) if climb is not None else None


def _of_headline(verb: Token) -> Token | None:
    """Return the noun right before a finite verb that the parser took for a part of its name ("Army captures port")."""
    before = verb.nbor(-1) if verb.i > verb.sent.start else None
    if (
        verb.tag_ not in {"VBZ", "VBP"}
        or before is None
        or before.head != verb
        or before.dep_ not in {"compound", "nmod"}
    ):
        return None
    return before if before.tag_ in {"NN", "NNS", "NNP", "NNPS"} else None


def _from_coordination(verb: Token, depth: int) -> Argument | None:
    thing = child(verb.head, "dobj") if verb.dep_ == "advcl" and is_infinitive(verb) else None
    if thing is not None and verb.head.lemma_ in lexicon.words("control"):
        return Argument(thing, "control")  # "told them in a speech to advance"
    head = verb.head
    if verb.dep_ == "conj" and head.dep_ == "parataxis":
        head = head.head  # "they were carried east, the agency said, and have been quartered there"
    return _renamed(subject(head, depth + 1), "shared") if head.pos_ in PREDICATES else None


def _from_complement(verb: Token, depth: int) -> Argument | None:
    """Climb from "withdrawing" in "began withdrawing", "ordered them to leave", "called for troops to stay"."""
    head = verb.head
    if head.pos_ not in PREDICATES and head.pos_ != "ADJ":
        return None
    thing = child(head, "dobj")
    if thing is not None and head.lemma_ in lexicon.words("control"):
        return Argument(thing, "control")
    for_whom = next(
        (c for c in head.children if c.dep_ == "prep" and c.lower_ == "for" and head.i < c.i < verb.i), None
    )
    whom = child(for_whom, "pobj") if for_whom is not None else None
    if whom is not None:
        return Argument(whom, "control")
    if is_passive(head) or head.lemma_ not in {"urge", "order", "ask"}:
        return _renamed(subject(head, depth + 1), "control")
    return None


def _from_preposition(verb: Token, depth: int) -> Argument | None:
    """Climb from "moving" in "accused them of moving", "seized it before moving on", "a plan for moving"."""
    head = verb.head
    if head.dep_ != "prep":
        return None
    governor = head.head
    if governor.pos_ not in PREDICATES:
        return _owner(governor, depth) if verb.dep_ == "pcomp" else None
    thing = child(governor, "dobj")
    if verb.dep_ == "pcomp" and thing is not None and head.lower_ in {"of", "from", "for", "into", "with"}:
        return Argument(thing, "control")
    return _renamed(subject(governor, depth + 1), "shared")


def _from_noun(verb: Token, depth: int) -> Argument | None:
    """Climb from "returning" in "units returning", and from "to leave" in "a plan to leave"."""
    if verb.tag_ in {"VBG", "VBN"} or is_passive(verb):
        return Argument(verb.head, "participle")
    return _owner(verb.head, depth)


def _from_relative(verb: Token, depth: int) -> Argument | None:
    return _owner(verb.head, depth) if is_infinitive(verb) else Argument(verb.head, "relative")


def _from_adjective(verb: Token, depth: int) -> Argument | None:
    """Climb from "due" in "troops were due to arrive"."""
    return _renamed(subject(verb.head, depth + 1), "control") if verb.head.pos_ in PREDICATES else None


_CLIMBS = {
    "acomp": _from_adjective,
    "conj": _from_coordination,
    "advcl": _from_coordination,
    "xcomp": _from_complement,
    "ccomp": _from_complement,
    "pcomp": _from_preposition,
    "pobj": _from_preposition,
    "acl": _from_noun,
    "amod": _from_noun,
    "relcl": _from_relative,
}


def is_infinitive(verb: Token) -> bool:
    """Tell whether a verb is a "to" infinitive."""
    return any(c.dep_ == "aux" and c.tag_ == "TO" for c in verb.children)


def noun_before(verb: Token) -> Token | None:
    """Return the head of the noun phrase that ends right before the verb and its auxiliaries, or None.

    Where the parser has hung a subject on something else, this is where the subject stands.
    """
    first = verb.i
    for part in verb.children:
        if part.dep_ in {"aux", "auxpass", "neg", "advmod"} and part.i < first and verb.i - part.i < GROUP:
            first = part.i
    if first == verb.sent.start:
        return None
    token = verb.doc[first - 1]
    if token.text == ")" or token.is_punct:
        return None
    while token.head.i < token.i and token.head.i >= verb.sent.start:
        head = token.head
        if head.pos_ in PREDICATES or (token.dep_ == "conj" and any(t.text == "," for t in verb.doc[head.i : token.i])):
            break
        token = head
    return token if token.pos_ in {"NOUN", "PROPN", "PRON", "NUM"} and token.i < first else None


def thing_of(verb: Token) -> Token | None:
    """Return the direct object that stands behind the verb itself."""
    things = (c for c in verb.children if c.dep_ == "dobj" or (c.dep_ == "dative" and c.pos_ != "ADP"))
    thing = next(things, None)
    return thing if thing is not None else _beyond_number(verb)


def _beyond_number(verb: Token) -> Token | None:
    """Return the object of "took over two thirds of the island", where the parser took "over" for a preposition."""
    following = verb.nbor(1) if verb.i + 1 < verb.sent.end else None
    if following is None or following.head != verb or following.lower_ not in {"over", "about", "around", "under"}:
        return None
    thing = child(following, "pobj")
    is_counted = thing is not None and (thing.like_num or child(thing, "nummod") is not None)
    return thing if is_counted and following.nbor(1).like_num else None


def undergoer(verb: Token) -> Argument | None:
    """Return what the verb acts on: its object, its passive subject, or the antecedent of its relative clause."""
    if is_passive(verb):
        return subject(verb)
    thing = thing_of(verb)
    if thing is not None:
        if thing.lower_ in RELATIVE and verb.dep_ == "relcl":
            return Argument(verb.head, "relative")
        return Argument(thing, "own")
    if verb.dep_ == "relcl" and _has_subject(verb):
        relative = child(verb, *SUBJECTS)
        if relative is not None and relative.lower_ not in RELATIVE:
            return Argument(verb.head, "relative")
    if verb.dep_ == "conj" and verb.head.pos_ in PREDICATES and verb.head.i < verb.i and verb.head.dep_ == "relcl":
        return undergoer(verb.head)
    return None


def agent(verb: Token) -> Token | None:
    """Return who does what a passive verb says ("by the army"), or None."""
    by = child(verb, "agent")
    return child(by, "pobj") if by is not None else None


def _has_subject(verb: Token) -> bool:
    return child(verb, *SUBJECTS, *PASSIVE_SUBJECTS) is not None


def _renamed(argument: Argument | None, how: str) -> Argument | None:
    return Argument(argument.token, how) if argument is not None else None


def _owner(noun: Token, depth: int) -> Argument | None:
    """Whose plan, order or effort: its possessor, or the subject of the verb that governs it."""
    possessor = child(noun, "poss")
    if possessor is not None:
        return Argument(possessor, "control")
    for part in noun.children:  # "pressure on the militia to leave", "a call for troops to leave"
        whom = child(part, "pobj") if part.dep_ == "prep" and part.lower_ in {"on", "for"} else None
        if whom is not None:
            return Argument(whom, "control")
    for ancestor in noun.ancestors:
        if ancestor.pos_ in PREDICATES:
            if noun.dep_ in SUBJECTS | PASSIVE_SUBJECTS:
                return None
            return _renamed(subject(ancestor, depth + 1), "control")
    return None


def prepositionals(token: Token) -> Iterator[Prepositional]:
    """Give the prepositional phrases below a token, with nested ones ("out of", "back to", "from near")."""
    for part in token.children:
        particle = part.dep_ in {"prt", "advmod"} and part.i > token.i
        if part.dep_ in {"prep", "agent"} or particle or (part.dep_ == "dative" and part.pos_ == "ADP"):
            yield from _phrases(part, part.lower_)


def _phrases(preposition: Token, words: str, depth: int = 0) -> Iterator[Prepositional]:
    for part in preposition.children:
        if part.dep_ in {"pobj", "pcomp"} and part.pos_ not in PREDICATES:
            yield Prepositional(words, part, preposition)
        elif part.dep_ == "conj" and part.pos_ == "ADP" and child(preposition, "pobj") is None:
            yield from _phrases(part, part.lower_, depth)  # "in and around the town"
        elif part.dep_ in {"prep", "pcomp"} and part.pos_ in {"ADP", "SCONJ", "ADV"} and depth < NESTED:
            joined = f"{words} {part.lower_}"
            yield from _phrases(part, joined, depth + 1)


def conjuncts(token: Token) -> list[Token]:
    """Return a token and what is coordinated with it, in the order of the text."""
    return sorted([token, *token.conjuncts], key=lambda t: t.i)


def clause_head(token: Token) -> Token:
    """Return the verb whose clause a token stands in (the token itself if it is one, or the root)."""
    if token.pos_ in PREDICATES:
        return token
    for ancestor in token.ancestors:
        if ancestor.pos_ in PREDICATES:
            return ancestor
    return token
