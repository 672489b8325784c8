"""Claims: a movement together with who says it, the cue, and how surely; and statements about other claims.

The claimant is the innermost source (the witnesses rather than the agency that quotes them), found by
:mod:`geomap.sources`; the certainty is read by :mod:`geomap.certainties`. A stance only speaks of another claim: it
doubts, denies or confirms a movement that was named before ("cast doubt on the rebels' claims").
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from geomap import certainties, cues, sources, times
from geomap.model import Claim, Movement, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from spacy.tokens import Doc, Token

    from geomap.model import Certainty, Direction, Document, Span, TimeExpression
    from geomap.sources import Reader, Source

# Nouns that point back at a claim, at a movement, or at a demand.
_CLAIM_NOUNS = frozenset(
    "claim report allegation accusation assertion charge statement account announcement suggestion denial rumor rumour "
    "version story news".split()
)
_MOVE_NOUNS = frozenset(
    "move movement withdrawal pullout pullback retreat drawdown deployment redeployment buildup build-up incursion "
    "invasion offensive advance attack assault raid departure return arrival de-escalation change relocation "
    "reinforcement mobilization mobilisation crossing takeover capture exit".split()
)
# What a noun says of the direction of the movement that it points back at.
_DIRECTIONS: dict[str, Direction] = {
    **dict.fromkeys("withdrawal pullout pullback retreat drawdown departure exit return de-escalation".split(), "withdrawal"),
    **dict.fromkeys("buildup build-up reinforcement mobilization mobilisation".split(), "buildup"),
    **dict.fromkeys("deployment redeployment arrival".split(), "deployment"),
    **dict.fromkeys("incursion invasion offensive advance attack assault raid takeover capture".split(), "advance"),
}
_DEMAND_NOUNS = frozenset("request demand call order ultimatum appeal plea proposal".split())
_PRONOUNS = frozenset({"it", "this", "that", "them", "these", "those"})
_DEFINITE = frozenset({"the", "this", "that", "these", "those", "such", "any", "both", "all"})
_EVIDENCE = frozenset("evidence sign indication proof confirmation trace".split())
_PERCEPTION = frozenset("see observe detect notice witness spot register".split())
_REFUSAL = frozenset("refuse reject ignore defy rebuff decline spurn".split())
_REPULSE = frozenset("repel repulse rebuff thwart foil".split())
_UNTRUE = frozenset(
    "incorrect false untrue wrong baseless unfounded groundless nonsense fabricated fake inaccurate lie".split()
)
_UNPROVEN = frozenset("unconfirmed unverified unproven unsubstantiated premature".split())
_CERTAINTIES: dict[str, Certainty] = {
    "deny": "denied",
    "refuse": "denied",
    "repulse": "denied",
    "untrue": "denied",
    "doubt": "disputed",
    "not-confirm": "disputed",
    "no-evidence": "disputed",
    "not-seen": "disputed",
    "unproven": "disputed",
    "confirm": "asserted",
}
# Kinds of stance whose verb is its own cue ("X denied the claim").
_OWN_KINDS = frozenset({"deny", "doubt", "confirm", "not-confirm", "refuse"})
# A stance speaks of something said in its own sentence or in the two before it.
_REACH_SENTENCES = 2


def attribute(
    movements: Sequence[Movement], doc: Doc, expressions: Sequence[TimeExpression], document: Document
) -> list[Claim]:
    """Find who says each movement, and how surely.

    Parameters
    ----------
    movements
        The movements and stances of the document, in any order. A movement on whose very words a stance was found is
        left out: what is only doubted is no claim of its own.
    doc
        The parsed document; ``token.idx`` is an offset into ``document.text``.
    expressions
        The document's date expressions; they date what is said.
    document
        The report itself; its publication date dates what has no date of its own.

    Returns
    -------
    list of Claim
        In the order of their triggers, with ids "c1", "c2", ...; a stance points at the claim that it speaks of.
    """
    reader = sources.Reader(doc, document)
    stances_at = [m.trigger for m in movements if m.kind == "stance"]
    claims: list[Claim] = []
    for movement in sorted(movements, key=lambda m: (m.trigger, m.evidence)):
        if movement.kind != "stance" and any(_overlap(movement.trigger, span) for span in stances_at):
            continue
        claims.append(_claim(f"c{len(claims) + 1}", movement, claims, reader, expressions))
    return claims


def _overlap(a: Span, b: Span) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _claim(
    claim_id: str, movement: Movement, earlier: Sequence[Claim], reader: Reader, expressions: Sequence[TimeExpression]
) -> Claim:
    tokens = reader.doc.char_span(*movement.trigger, alignment_mode="expand")
    if tokens is None or not len(tokens):
        return Claim(id=claim_id, movement=movement, certainty="asserted", rule="no-words")
    trigger = tokens.root
    stance = movement.rule.removeprefix("stance/") if movement.kind == "stance" else None
    source = _stance_source(stance, trigger, reader) if stance is not None else reader.source_of(trigger)
    mood = certainties.read(trigger, source)
    certainty = _CERTAINTIES.get(stance, mood.certainty()) if stance is not None else mood.certainty()
    span = sources.claimant_span(source)
    return Claim(
        id=claim_id,
        movement=movement,
        claimant=None if span is None else Role(start=span[0], end=span[1], text=reader.document.text[slice(*span)]),
        cue=source.cue if source is not None else None,
        certainty=certainty,
        claim_date=_claim_date(source, reader, expressions),
        rule=source.rule if source is not None else "reporter",
        reasons=(f"stance: {stance}",) if stance is not None else tuple(mood.reasons),
        targets=_targets(movement, earlier),
    )


def _stance_source(kind: str, trigger: Token, reader: Reader) -> Source | None:
    """A verb of stance is its own cue ("X denied it"); a noun of stance is said by whoever says the clause."""
    if trigger.pos_ == "VERB" and kind in _OWN_KINDS:
        own = sources.holder_of(trigger)
        if own.holder is not None and not _is_pronoun(own):
            return own
        return reader.source_of(trigger) or own
    return reader.source_of(trigger)


def _is_pronoun(source: Source) -> bool:
    return source.holder is not None and source.holder[0].lower_ in {"it", "they"}


def _targets(movement: Movement, earlier: Sequence[Claim]) -> tuple[str, ...]:
    if movement.kind != "stance":
        return ()
    same = [c for c in earlier if c.movement.kind != "stance" and c.movement.direction == movement.direction]
    return (same[-1].id,) if same else ()


def _claim_date(source: Source | None, reader: Reader, expressions: Sequence[TimeExpression]) -> date | None:
    """Date the saying: a date expression that hangs on the cue, else the publication."""
    time = times.said(expressions, source.token, reader.doc) if source is not None else None
    return time.day if time is not None else reader.document.published


# --- stances ----------------------------------------------------------------------------------------------------


def stances(doc: Doc, movements: Sequence[Movement]) -> list[Movement]:
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
    sentence_of = {token.i: n for n, sentence in enumerate(doc.sents) for token in sentence}
    found: list[Movement] = []
    for token in doc:
        for kind, trigger, pointer in _candidates(token):
            target = _target(trigger, pointer, known, sentence_of)
            if target is not None and not _is_called_false(token) and not any(_overlap(_span(trigger), other.trigger) for other in found):
                found.append(
                    Movement(
                        kind="stance",
                        direction=_DIRECTIONS.get(_noun(pointer), target.direction),
                        trigger=_span(trigger),
                        evidence=_evidence(token, pointer),
                        force=target.force,
                        rule=f"stance/{kind}",
                    )
                )
    return found


def _placed(doc: Doc, movements: Sequence[Movement]) -> Iterator[tuple[int, Movement]]:
    """Yield the movements in the order of the text, each with the index of its trigger's first token."""
    starts = [token.idx for token in doc]
    for movement in sorted(movements, key=lambda m: m.trigger):
        yield max(0, bisect_right(starts, movement.trigger[0]) - 1), movement


def _is_called_false(token: Token) -> bool:
    return any(sources.is_called_false(above) for above in token.ancestors)


def _span(tokens: Sequence[Token]) -> Span:
    return tokens[0].idx, tokens[-1].idx + len(tokens[-1])


def _candidates(token: Token) -> Iterator[tuple[str, Sequence[Token], Token]]:
    """Yield (kind, trigger, pointer): the pointer is the word that stands for what is spoken of."""
    if token.pos_ == "VERB":
        yield from _verb_candidates(token)
    elif token.lemma_.lower() in _EVIDENCE:
        yield from _evidence_candidates(token)
    elif token.lower_ in _UNTRUE or token.lower_ in _UNPROVEN:
        yield from _predicate_candidates(token)
    elif token.lower_ in {"doubt", "doubts"} and token.dep_ == "dobj":
        pointer = _prepositional(token, {"on", "over", "about"}) or _prepositional(token.head, {"on", "over", "about"})
        if pointer is not None and _points_back(pointer, _CLAIM_NOUNS | _MOVE_NOUNS):
            yield "doubt", token.doc[min(token.i, token.head.i) : token.i + 1], pointer


def _verb_candidates(verb: Token) -> Iterator[tuple[str, Sequence[Token], Token]]:
    pointer = _undergoer(verb)
    if pointer is None:
        return
    trigger = verb.doc[verb.i : verb.i + 1]
    kinds = {cue.kind for cue, _ in cues.match(cues.tables().verbs, verb)}
    lemma = set(cues.lemmas(verb))
    is_negated = _is_negated(verb)
    if "deny" in kinds and _points_back(pointer, _CLAIM_NOUNS | _MOVE_NOUNS, pronouns=True):
        yield "deny", trigger, pointer
    elif "doubt" in kinds and _points_back(pointer, _CLAIM_NOUNS | _MOVE_NOUNS, pronouns=True):
        yield "doubt", trigger, pointer
    elif kinds & {"confirm"}:
        if is_negated and _noun(pointer) in _MOVE_NOUNS:
            yield "not-confirm", pointer.doc[pointer.i : pointer.i + 1], pointer
        elif _points_back(pointer, _CLAIM_NOUNS | _MOVE_NOUNS, pronouns=is_negated):
            yield "not-confirm" if is_negated else "confirm", trigger, pointer
    elif lemma & _PERCEPTION and is_negated and _noun(pointer) in _MOVE_NOUNS:
        yield "not-seen", pointer.doc[pointer.i : pointer.i + 1], pointer
    if lemma & _REFUSAL and _points_back(pointer, _DEMAND_NOUNS):
        yield "refuse", trigger, pointer
    elif lemma & _REPULSE and _points_back(pointer, frozenset({"attack", "assault", "offensive", "advance", "raid"})):
        yield "repulse", trigger, pointer


def _evidence_candidates(noun: Token) -> Iterator[tuple[str, Sequence[Token], Token]]:
    pointer = _prepositional(noun, {"of", "for"})
    if pointer is None or _noun(pointer) not in _MOVE_NOUNS | _CLAIM_NOUNS:
        return
    is_none = any(c.dep_ == "det" and c.lower_ in {"no", "little", "scant"} for c in noun.children)
    if is_none or _is_negated(noun.head) or _is_yet_to(noun.head):
        yield "no-evidence", pointer.doc[pointer.left_edge.i : pointer.i + 1], pointer


def _is_yet_to(verb: Token) -> bool:
    return cues.is_infinitive(verb) and any(token.lower_ == "yet" for token in verb.doc[max(0, verb.i - 3) : verb.i])


def _predicate_candidates(word: Token) -> Iterator[tuple[str, Sequence[Token], Token]]:
    verb = word.head
    subject = next((c for c in verb.children if c.dep_ in {"nsubj", "nsubjpass"}), None)
    is_predicate = word.dep_ in {"acomp", "attr", "oprd", "ccomp", "dep"} and verb.lemma_ in {"be", "call", "remain"}
    if not is_predicate or subject is None:
        return
    pointer = subject
    if verb.lemma_ == "call":
        pointer = next((c for c in verb.children if c.dep_ in {"dobj", "nsubj"} and c.i > verb.i), subject)
    kind = "unproven" if word.lower_ in _UNPROVEN else "untrue"
    if _noun(pointer) in _CLAIM_NOUNS and not _is_negated(verb):
        spoken = _prepositional(pointer, {"of", "about"})
        yield kind, word.doc[word.i : word.i + 1], spoken or pointer


def _undergoer(verb: Token) -> Token | None:
    """Find what a verb of stance bears on: its object, its passive subject, or the noun that its clause describes."""
    # Backwards, since the parser makes objects of all parts of "de-escalation".
    for child in reversed(list(verb.children)):
        if child.dep_ in {"dobj", "nsubjpass"}:
            return verb.head if child.lower_ in {"which", "that"} and verb.dep_ == "relcl" else child
        if child.dep_ == "prep" and child.lower_ in {"up", "out"}:
            return next((c for c in child.children if c.dep_ == "pobj"), None)
    if verb.dep_ in {"relcl", "acl", "ccomp"} and verb.head.lemma_.lower() in _CLAIM_NOUNS and verb.head.i < verb.i:
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


def _points_back(pointer: Token, nouns: frozenset[str], *, pronouns: bool = False) -> bool:
    """Whether a word points back: a pronoun, or a definite noun without a content of its own."""
    if pointer.lower_ in _PRONOUNS and pointer.pos_ in {"PRON", "DET"}:
        return pronouns
    if _noun(pointer) not in nouns:
        return False
    if _noun(pointer) in _CLAIM_NOUNS | _DEMAND_NOUNS and _has_content(pointer):
        return False
    is_plural = pointer.tag_ == "NNS"
    return is_plural or any(
        child.dep_ in {"poss", "det", "amod", "predet"} and (child.dep_ == "poss" or child.lower_ in _DEFINITE)
        for child in pointer.children
    )


def _has_content(noun: Token) -> bool:
    """Whether a claim spells out what it says ("the claim that troops left"): then it is a movement of its own."""
    for child in noun.children:
        if (child.dep_ in {"acl", "ccomp"} and child.i > noun.i) or (child.dep_ == "relcl" and any(c.dep_ == "mark" for c in child.children)):
            if not any(cue.kind in {"deny", "doubt"} for cue, _ in cues.match(cues.tables().verbs, child)):
                return True
        if child.dep_ == "prep" and child.lower_ in {"of", "for"}:
            return True
    return False


def _target(
    trigger: Sequence[Token], pointer: Token, known: Sequence[tuple[int, Movement]], sentence_of: dict[int, int]
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
    if not near or (_noun(pointer) in _CLAIM_NOUNS and _is_about_else(pointer.doc[near[0][0]], pointer)):
        return None
    meant = _DIRECTIONS.get(_noun(pointer))
    ranked = sorted(near, key=lambda found: (found[1].direction != meant, found[1].kind != "movement", -found[0]))
    return ranked[0][1]


def _noun(token: Token) -> str:
    """Return a noun's lemma with a prefix that the tokeniser split off ("de-escalation", "build-up")."""
    lemma = token.lemma_.lower()
    doc = token.doc
    if token.i > 1 and doc[token.i - 1].text == "-" and not doc[token.i - 1].whitespace_:
        return f"{doc[token.i - 2].lower_}-{lemma}"
    return lemma


def _is_about_else(trigger: Token, pointer: Token) -> bool:
    """Whether somebody said something else between the movement and the word "claim", so that it means that."""
    between = pointer.doc[trigger.i + 1 : pointer.left_edge.i]
    for token in reversed(between):
        said = [c for c in token.children if c.dep_ == "ccomp" and c.i > token.i]
        if said and token.pos_ == "VERB" and any(True for _ in cues.match(cues.tables().verbs, token)):
            return not said[0].is_ancestor(trigger) and said[0] != trigger
    return False


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
