"""Stances: statements that only speak of another claim ("cast doubt on the rebels' claims", "denied it").

A stance doubts, denies, confirms or misses evidence of a movement that was named before. It is raised only where one
was: in the same sentence or in the two before it. The nouns and verbs are data (``lexicon/reporting.csv`` and
``lexicon/cues.csv``).
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING

from geomap import cues, nlp, sources
from geomap.model import Movement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spacy.tokens import Doc, Token
    from spacy.tokens import Span as SpacySpan

    from geomap.model import Direction, Span

_PRONOUNS = frozenset({"it", "this", "that", "them", "these", "those"})
_DOUBTS = frozenset({"doubt", "doubts"})
_DEFINITE = frozenset({"the", "this", "that", "these", "those", "such", "any", "both", "all"})
# A stance speaks of something said in its own sentence or in the two before it.
_REACH_SENTENCES = 2


def find(doc: Doc, movements: Sequence[Movement]) -> list[Movement]:
    """Find statements that only speak of another claim: doubt, denial, lack of evidence, confirmation.

    Parameters
    ----------
    doc
        The parsed document.
    movements
        The movements found in it; a stance is raised only where one of them is spoken of.

    Returns
    -------
    list of Movement
        Of kind "stance", with the direction and force of the movement spoken of; ``rule`` names the kind of stance.
    """
    if not movements:
        return []
    known = list(_placed(doc, [m for m in movements if m.kind != "stance"]))
    sentence_of = {i: n for n, sentence in enumerate(doc.sents) for i in range(sentence.start, sentence.end)}
    found: list[Movement] = []
    for token in _opening(doc):
        for kind, trigger, pointer in _candidates(token):
            target = _target(trigger, pointer, known, sentence_of)
            is_new = not any(_overlap(_span(trigger), other.trigger) for other in found)
            if target is not None and is_new and not _is_called_false(token):
                found.append(
                    Movement(
                        kind="stance",
                        direction=_named_direction(pointer) or target.direction,
                        trigger=_span(trigger),
                        evidence=_evidence(token, pointer),
                        force=target.force,
                        rule=f"stance/{kind}",
                    )
                )
    return found


def _opening(doc: Doc) -> Iterator[Token]:
    """Yield the words that a stance may start from."""
    known = _openers()
    # In columns: to make a Token of each word takes longer than all that is done with it here.
    for index, (lower, lemma) in enumerate(zip(*nlp.forms_of(doc), strict=True)):
        if lower in known or not known.isdisjoint(cues.stems(lemma, lower)):
            yield doc[index]


@cache
def _openers() -> frozenset[str]:
    tables, kinds = cues.tables(), {"deny", "doubt", "confirm", "evidence"}
    of_stance = [
        cue for found in (*tables.verbs.values(), *tables.nouns.values()) for cue in found if cue.kind in kinds
    ]
    listed = (cues.words(kind) for kind in ("call", "perceive", "refuse", "repulse", "untrue", "unproven"))
    return _DOUBTS.union((cue.words[0] for cue in of_stance), *listed)


def _placed(doc: Doc, movements: Sequence[Movement]) -> Iterator[tuple[int, Movement]]:
    """Yield the movements in the order of the text, each with the index of its trigger's first token."""
    starts = doc.to_array(["IDX"]).tolist()
    for movement in sorted(movements, key=lambda m: m.trigger):
        yield max(0, bisect_right(starts, movement.trigger[0]) - 1), movement


def _is_called_false(token: Token) -> bool:
    return any(sources.is_called_false(above) for above in token.ancestors)


def _overlap(a: Span, b: Span) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _span(tokens: SpacySpan) -> Span:
    return tokens[0].idx, tokens[-1].idx + len(tokens[-1])


def _candidates(token: Token) -> Iterator[tuple[str, SpacySpan, Token]]:
    """Yield (kind, trigger, pointer): the pointer is the word that stands for what is spoken of."""
    if token.pos_ == "VERB":
        yield from _verb_candidates(token)
    elif any(cue.kind == "evidence" for cue, _ in cues.match(cues.tables().nouns, token)):
        yield from _evidence_candidates(token)
    elif sources.is_denial(token):
        yield from _denial_candidates(token)
    elif token.lower_ in cues.words("untrue") or token.lower_ in cues.words("unproven"):
        yield from _predicate_candidates(token)
    elif token.lower_ in _DOUBTS and token.dep_ == "dobj":
        pointer = _prepositional(token, {"on", "over", "about"}) or _prepositional(token.head, {"on", "over", "about"})
        if pointer is not None and _points_back(pointer, "claim", "move"):
            yield "doubt", token.doc[min(token.i, token.head.i) : token.i + 1], pointer


def _verb_candidates(verb: Token) -> Iterator[tuple[str, SpacySpan, Token]]:
    pointer = _undergoer(verb)
    if pointer is None:
        return
    trigger = verb.doc[verb.i : verb.i + 1]
    kinds = {cue.kind for cue, _ in cues.match(cues.tables().verbs, verb)}
    lemma = set(cues.lemmas(verb))
    is_negated = _is_negated(verb)
    against = next((kind for kind in ("deny", "doubt") if kind in kinds), None)
    if against and (_is_relative(verb, pointer) or _points_back(pointer, "claim", "move", pronouns=True)):
        yield against, trigger, pointer
    elif kinds & {"confirm"}:
        if is_negated and _is_among(pointer, "move"):
            yield "not-confirm", pointer.doc[pointer.i : pointer.i + 1], pointer
        elif _points_back(pointer, "claim", "move", pronouns=is_negated):
            yield "not-confirm" if is_negated else "confirm", trigger, pointer
    elif lemma & cues.words("perceive").keys() and is_negated and _is_among(pointer, "move"):
        yield "not-seen", pointer.doc[pointer.i : pointer.i + 1], pointer
    elif _calls_untrue(verb, pointer):
        yield "call-untrue", trigger, pointer
    if lemma & cues.words("refuse").keys() and _points_back(pointer, "demand"):
        yield "refuse", trigger, pointer
    elif lemma & cues.words("repulse").keys() and _named_direction(pointer) == "advance":
        yield "repulse", trigger, pointer


def _calls_untrue(verb: Token, pointer: Token) -> bool:
    """Tell "termed the reports as baseless", whatever the parser makes of the words from "as" on."""
    if cues.words("call").keys().isdisjoint(cues.lemmas(verb)) or _is_negated(verb):
        return False
    children = (*verb.children, *pointer.children)
    opened = (c for c in children if c.i > verb.i and c.doc[c.left_edge.i].lower_ == "as")
    is_untrue = any(token.lower_ in cues.words("untrue") for child in opened for token in child.subtree)
    return is_untrue and _points_back(pointer, "claim", pronouns=True)


def _is_relative(verb: Token, pointer: Token) -> bool:
    """Tell "..., a claim that X denies" and "..., which X denies", wherever the parser hung the clause."""
    if verb.dep_ not in {"relcl", "acl"} or verb.head != pointer:
        return False
    opener = next((c for c in verb.children if c.dep_ == "dobj" and c.lower_ in {"which", "that"}), None)
    if opener is None:
        return False
    return _is_among(pointer, "claim") or (opener.lower_ == "which" and opener.nbor(-1).text == ",")


def _evidence_candidates(noun: Token) -> Iterator[tuple[str, SpacySpan, Token]]:
    pointer = _prepositional(noun, {"of", "for"})
    if pointer is None or not _is_among(pointer, "claim", "move"):
        return
    is_none = any(c.dep_ == "det" and c.lower_ in {"no", "little", "scant"} for c in noun.children)
    if is_none or _is_negated(noun.head) or _is_yet_to(noun.head):
        yield "no-evidence", pointer.doc[pointer.left_edge.i : pointer.i + 1], pointer


def _denial_candidates(noun: Token) -> Iterator[tuple[str, SpacySpan, Token]]:
    """Read "issued a flat denial" and "there was a denial from X"; what spells out its content is a claim itself."""
    verb = noun.head
    is_issued = noun.dep_ == "dobj" and any(lemma in cues.words("carry") for lemma in cues.lemmas(verb))
    is_there = noun.dep_ == "attr" and any(child.dep_ == "expl" for child in verb.children)
    is_none = any(child.dep_ == "det" and child.lower_ in {"no", "any"} for child in noun.children)
    is_real = not (_is_negated(verb) or cues.is_infinitive(verb))
    if (is_issued or is_there) and is_real and not is_none and not _has_content(noun):
        yield "deny", noun.doc[noun.i : noun.i + 1], noun


def _is_yet_to(verb: Token) -> bool:
    return cues.is_infinitive(verb) and any(token.lower_ == "yet" for token in verb.doc[max(0, verb.i - 3) : verb.i])


def _predicate_candidates(word: Token) -> Iterator[tuple[str, SpacySpan, Token]]:
    verb = word.head
    subject = next((c for c in verb.children if c.dep_ in {"nsubj", "nsubjpass"}), None)
    is_calling = verb.lemma_ in cues.words("call")
    is_equating = is_calling or verb.lemma_ in {"be", "remain"}
    is_predicate = is_equating and word.dep_ in {"acomp", "attr", "oprd", "ccomp", "dep"}
    if not is_predicate or subject is None:
        return
    pointer = subject
    if is_calling:
        pointer = next((c for c in verb.children if c.dep_ in {"dobj", "nsubj"} and c.i > verb.i), subject)
    kind = "unproven" if word.lower_ in cues.words("unproven") else "untrue"
    if _is_among(pointer, "claim") and not _is_negated(verb):
        spoken = _prepositional(pointer, {"of", "about"})
        yield kind, word.doc[word.i : word.i + 1], spoken or pointer


def _undergoer(verb: Token) -> Token | None:
    """Find what a verb of stance bears on: its object, its passive subject, or the noun that its clause describes."""
    # Backwards, since the parser makes objects of all parts of "de-escalation".
    for child in reversed(list(verb.children)):
        if child.dep_ in {"dobj", "nsubjpass"}:
            return verb.head if child.lower_ in {"which", "that"} and verb.dep_ in {"relcl", "acl"} else child
        if child.dep_ == "prep" and child.lower_ in {"up", "out"}:
            return next((c for c in child.children if c.dep_ == "pobj"), None)
    if (
        verb.dep_ in {"relcl", "acl", "ccomp"}
        and verb.head.lemma_.lower() in cues.words("claim")
        and verb.head.i < verb.i
    ):
        return verb.head
    return None


def _is_negated(verb: Token) -> bool:
    """Whether a verb is negated, also through "was not able to", "could not be", "declined to"."""
    token = verb
    for _ in range(3):
        if cues.is_negated(token) or any(c.lower_ == "never" for c in token.children):
            return True
        found = cues.governing(token.head) if token.dep_ in {"xcomp", "acomp"} else None
        if found is not None and found[0] == "denied":
            return True
        if token.dep_ not in {"xcomp", "acomp"}:
            return False
        token = token.head
    return False


def _prepositional(noun: Token, prepositions: set[str]) -> Token | None:
    for child in noun.children:
        if child.dep_ == "prep" and child.lower_ in prepositions:
            return next((c for c in child.children if c.dep_ == "pobj"), None)
    return None


def _points_back(pointer: Token, *kinds: str, pronouns: bool = False) -> bool:
    """Whether a word points back: a pronoun, or a definite noun without a content of its own."""
    if pointer.lower_ in _PRONOUNS and pointer.pos_ in {"PRON", "DET"}:
        return pronouns
    if not _is_among(pointer, *kinds):
        return False
    if _is_among(pointer, "claim", "demand") and _has_content(pointer):
        return False
    is_plural = pointer.tag_ in {"NNS", "VBZ"}
    return is_plural or any(
        child.dep_ in {"poss", "det", "amod", "predet"} and (child.dep_ == "poss" or child.lower_ in _DEFINITE)
        for child in pointer.children
    )


def _is_among(pointer: Token, *kinds: str) -> bool:
    noun = _noun(pointer)
    return any(noun in cues.words(kind) for kind in kinds)


def _named_direction(pointer: Token) -> Direction | None:
    """Return the direction that a noun of motion names by itself."""
    return cues.words("move").get(_noun(pointer)) or None  # type: ignore[return-value]  # a test holds the table to it


def _has_content(noun: Token) -> bool:
    """Whether a claim spells out what it says ("the claim that troops left"): then it is a movement of its own."""
    for child in noun.children:
        if child.dep_ == "prep" and child.lower_ in {"of", "for"}:
            return True
        is_clause = child.dep_ in {"acl", "ccomp"} and child.i > noun.i
        is_that = child.dep_ == "relcl" and any(c.dep_ == "mark" for c in child.children)
        if (is_clause or is_that) and not _takes_stance(child):
            return True
    return False


def _takes_stance(verb: Token) -> bool:
    return any(cue.kind in {"deny", "doubt"} for cue, _ in cues.match(cues.tables().verbs, verb))


def _target(
    trigger: SpacySpan, pointer: Token, known: Sequence[tuple[int, Movement]], sentence_of: dict[int, int]
) -> Movement | None:
    """Find the movement that a stance speaks of: the nearest before it, in its sentence or the two before.

    Among them one of the direction that the pointing noun names is preferred, then a movement to a posture.
    """
    first = min(pointer.i, trigger[0].i)
    here = sentence_of.get(pointer.i, 0)
    own = _span(trigger)
    near = [
        (i, movement)
        for i, movement in reversed(known)
        if i < first and here - sentence_of.get(i, 0) <= _REACH_SENTENCES and not _overlap(movement.trigger, own)
    ]
    if not near or (_is_among(pointer, "claim") and _is_about_else(pointer.doc[near[0][0]], pointer)):
        return None
    meant = _named_direction(pointer)
    ranked = sorted(near, key=lambda found: (found[1].direction != meant, found[1].kind != "movement", -found[0]))
    return ranked[0][1]


def _noun(token: Token) -> str:
    """Return a noun's lemma with a prefix that the tokeniser split off ("de-escalation", "build-up")."""
    lemma = token.lemma_.lower()
    if token.tag_ == "VBZ":  # "accusations" at the end of a sentence is taken for a verb
        lemma = token.lower_.removesuffix("s")
    doc = token.doc
    if token.i > 1 and doc[token.i - 1].text == "-" and not doc[token.i - 1].whitespace_:
        return f"{doc[token.i - 2].lower_}-{lemma}"
    return lemma


def _is_about_else(trigger: Token, pointer: Token) -> bool:
    """Whether somebody said something else between the movement and the word "claim", so that it means that."""
    between = pointer.doc[trigger.i + 1 : pointer.left_edge.i]
    for token in reversed(between):
        said = [c for c in token.children if c.dep_ == "ccomp" and c.i > token.i]
        if said and token.tag_ == "VBG" and token.head.is_ancestor(trigger) and _takes_up(said[0]):
            continue
        if said and token.pos_ == "VERB" and any(True for _ in cues.match(cues.tables().verbs, token)):
            return not said[0].is_ancestor(trigger) and said[0] != trigger
    return False


def _takes_up(clause: Token) -> bool:
    """Whether a clause goes on with what was named before: "wrote of the withdrawal, saying that it had begun"."""
    subject = sources.subject(clause)
    if subject is None or any(token.pos_ == "PROPN" for token in subject.subtree):
        return False
    return subject.pos_ == "PRON" or any(child.lower_ in _DEFINITE for child in subject.children)


def _evidence(anchor: Token, pointer: Token) -> Span:
    """Take the clause of the stance, with the words that report it, if they lead it in."""
    clause = anchor
    while clause.pos_ not in {"VERB", "AUX"} and clause.head != clause:
        clause = clause.head
    ends = [anchor.i, pointer.right_edge.i, clause.i]
    for child in clause.children:
        if child.dep_ in {"prt", "agent", "dobj", "acomp", "attr"}:
            named = next((c for c in child.children if c.dep_ == "pobj"), child)
            ends.append(sources.noun_phrase(named)[1].i)
    while clause.dep_ in {"xcomp", "ccomp"} and clause.head.i < clause.i:
        clause = clause.head
    first, last = min(clause.left_edge.i, anchor.i, pointer.left_edge.i), max(ends)
    doc = anchor.doc
    while first < last and (doc[first].is_punct or doc[first].is_space or doc[first].pos_ in {"CCONJ", "ADV", "SCONJ"}):
        first += 1
    return doc[first].idx, doc[last].idx + len(doc[last])
