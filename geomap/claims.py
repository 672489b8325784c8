"""Claims: a movement together with who says it, the cue, and how surely; and statements about other claims.

The claimant is the innermost source (the witnesses rather than the agency that quotes them), found by
:mod:`geomap.sources`; the certainty is read by :mod:`geomap.certainties`. A stance only speaks of another claim: it
doubts, denies or confirms a movement that was named before ("cast doubt on the rebels' claims").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geomap import attributions, certainties, datings, sources
from geomap.model import Claim, Role
from geomap.stances import find as stances

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from spacy.tokens import Doc, Token

    from geomap.attributions import Reader
    from geomap.model import Certainty, Document, Movement, Span, TimeExpression
    from geomap.sources import Source

# What a kind of stance says of the movement that it speaks of.
_CERTAINTIES: dict[str, Certainty] = {
    "deny": "denied",
    "refuse": "denied",
    "repulse": "denied",
    "untrue": "denied",
    "call-untrue": "denied",
    "doubt": "disputed",
    "not-confirm": "disputed",
    "no-evidence": "disputed",
    "not-seen": "disputed",
    "unproven": "disputed",
    "confirm": "asserted",
}
# Kinds of stance whose verb is its own cue ("X denied the claim").
_OWN_KINDS = frozenset({"deny", "doubt", "confirm", "not-confirm", "refuse", "call-untrue"})

__all__ = ["attribute", "stances"]


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
    reader = attributions.Reader(doc, document)
    stances_at = [m.trigger for m in movements if m.kind == "stance"]
    claims: list[Claim] = []
    for movement in sorted(movements, key=lambda m: (m.trigger, m.evidence)):
        if movement.kind != "stance" and any(_overlap(movement.trigger, span) for span in stances_at):
            continue
        claims.append(_claim(f"c{len(claims) + 1}", movement, claims, reader, expressions))
    denied = [c for c in claims if c.movement.kind != "stance" and c.certainty == "denied" and c.cue is not None]
    spelled_out = {c.cue for c in denied if c.cue is not None and _names_anything(c.movement)}
    denials = {c.movement.trigger for c in claims if c.movement.rule == "stance/deny"}
    bare = {c.id for c in denied if c.cue in denials - spelled_out}
    return [c for c in claims if c.id not in bare and not _is_spelled_out(c, spelled_out)]


def _names_anything(movement: Movement) -> bool:
    """Tell whether a movement names a force or place itself, and so is more than "the incursion" that X denied."""
    roles = (movement.mover, movement.source, movement.goal, movement.area, movement.via)
    return any(role is not None and role.explicit for role in roles)


def _is_spelled_out(claim: Claim, denials: Collection[Span]) -> bool:
    """Tell whether a denial is a claim of its own already: "denied the deployment of missiles"."""
    return claim.movement.rule == "stance/deny" and claim.movement.trigger in denials


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
    if stance == "not-seen":
        certainty = certainties.unseen_by(trigger)
    giver = sources.giver_of(trigger) if stance is None else None
    source = giver or source
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
    """Find who takes a stance: the subject of its verb ("X denied it"), or whoever says the clause."""
    if trigger.pos_ == "VERB" and kind in _OWN_KINDS:
        own = sources.holder_of(trigger)
        if own.holder is not None and own.holder[0].lower_ not in {"it", "they"}:
            return own
        return reader.source_of(trigger) or own
    if sources.is_denial(trigger):
        own = sources.denier_of(trigger)
        return own if own.holder is not None else reader.source_of(trigger)
    return reader.source_of(trigger)


def _targets(movement: Movement, earlier: Sequence[Claim]) -> tuple[str, ...]:
    if movement.kind != "stance":
        return ()
    same = [c for c in earlier if c.movement.kind != "stance" and c.movement.direction == movement.direction]
    return (same[-1].id,) if same else ()


def _claim_date(source: Source | None, reader: Reader, expressions: Sequence[TimeExpression]) -> date | None:
    """Date the saying: a date expression that hangs on the cue, else the publication."""
    time = datings.said(expressions, source.token, reader.doc) if source is not None else None
    return time.day if time is not None else reader.document.published
