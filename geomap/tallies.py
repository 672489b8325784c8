"""Which quantities belong to a claim: the mover's own, those of what goes along with it, and its new strength.

A count belongs to a movement when its noun is in the mover, or hangs on the mover or on the verb by a word that brings
it along ("with 20 tanks", "lorries carrying 900 men", "including 300 Canadians"); a length when it stands in the same
clause. The words are in ``lexicon/counted.csv``.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from geomap import nlp
from geomap.quantities import count_people, counted_words, is_rough

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spacy.tokens import Doc, Token

    from geomap.model import Quantity, Span

# Characters between a motion and its duration ("came home by sea last Sunday after a six-month tour").
_DURATION_REACH = 60
# "Two years after the call": how long ago something else was.
_SINCE = re.compile(r"\s{1,2}(?:after|before|since|ago)(?!\w)")
# What opens a part of a force that is counted apart.
_INCLUDING = re.compile(r"(?<!\w)(?:including|among them|of them)\s{1,2}")
_FORCES = ("personnel", "equipment", "units")
# How far up the tree a governor is sought.
_CLIMB = 8
# Relations inside one noun phrase.
_MODIFYING = frozenset({"prep", "agent", "acl", "advcl"})
_INSIDE_PHRASE = frozenset({"conj", "appos", "nummod", "compound", "quantmod", "nmod", "advmod", "pcomp"})


def bind(
    quantities: Sequence[Quantity],
    evidence: Span,
    mover: Span | None,
    trigger: Span | None = None,
    doc: Doc | None = None,
) -> tuple[Quantity, ...]:
    """Choose the quantities that belong to a claim.

    Parameters
    ----------
    quantities
        What :func:`geomap.quantities.find` returned.
    evidence
        The clause or sentence that states the claim.
    mover
        The words of the force that moves; counts inside them are the claim's own.
    trigger
        The words of the motion: without a mover, counts after it are the claim's ("the deployment of 300"), and only a
        duration near it is one of the motion or stay.
    doc
        The parsed document; with it, counts of what goes along ("with 20 tanks", "including 900 Canadians") and of
        what a force grows or shrinks to are found too, and lengths in another clause are left out.
    """
    near = _between(
        quantities, *(evidence if mover is None else (min(evidence[0], mover[0]), max(evidence[1], mover[1])))
    )
    inside = [q for q in near if _overlaps(q.span, evidence)]
    motion = nlp.tokens_at(doc, trigger) if doc is not None and trigger is not None else None
    verb = motion.root if motion is not None and motion.root.dep_ else None
    if mover is not None:
        heads = [q for q in inside if q.head is not None and _overlaps(q.head, mover)]
        counts = [q for q in near if q.kind in _FORCES and (_overlaps(q.span, mover) or q in heads)]
        if verb is not None:
            counts += [q for q in inside if q.kind in _FORCES and q not in counts and _goes_along(q, verb, mover)]
    else:
        counts = [q for q in inside if q.kind in _FORCES and (trigger is None or q.start >= trigger[0])]
    measures = [
        q
        for q in inside
        if q.kind in ("distance", "duration")
        and (q.kind == "distance" or _gap(q.span, trigger) <= _DURATION_REACH)
        and (verb is None or _is_of_clause(q, verb))
    ]
    people = _people(verb.doc, evidence, mover) if verb is not None and mover is not None else []
    counts += [q for q in people if not any(_overlaps(q.span, other.span) for other in counts)]
    return tuple(sorted([*counts, *measures], key=lambda q: q.start))


def _between(quantities: Sequence[Quantity], start: int, end: int) -> Sequence[Quantity]:
    """Return those of the quantities, which are sorted and do not overlap, that overlap a stretch of the text."""
    first = bisect_right(quantities, start, key=lambda quantity: quantity.end)
    return quantities[first : bisect_left(quantities, end, key=lambda quantity: quantity.start)]


def _gap(span: Span, trigger: Span | None) -> int:
    """Return the number of characters between a quantity and a trigger."""
    return max(trigger[0] - span[1], span[0] - trigger[1], 0) if trigger is not None else 0


def _overlaps(first: Span, second: Span) -> bool:
    return first[0] < second[1] and second[0] < first[1]


def _goes_along(quantity: Quantity, trigger: Token, mover: Span) -> bool:
    """Tell whether what is counted moves with the mover: its craft, its companions, its parts, or its new strength."""
    is_ahead = quantity.head is not None and quantity.head[0] >= quantity.start
    tokens = nlp.tokens_at(trigger.doc, quantity.head if is_ahead and quantity.head is not None else quantity.span)
    token = tokens.root if tokens is not None else None
    if token is None or _is_side_by_side(token, trigger, mover) or _stands_in_commas(quantity, trigger.doc, mover):
        return token is not None
    for _ in range(_CLIMB):
        if _is_within(token, mover):
            return True
        if token.dep_ == "pobj" and token.head.lower_ in ("from", "to"):
            return trigger.lower_ in counted_words("change") and _hangs_on(token.head, trigger)
        if not _links(token, quantity, trigger) or token.head == token:
            return False
        if token.dep_ in _MODIFYING and (token.head == trigger or _is_object(token.head, trigger)):
            return True
        token = token.head
    return False


def _stands_in_commas(quantity: Quantity, doc: Doc, mover: Span) -> bool:
    """Tell a count beside its mover, whatever the parser made of it: "two brigades, some 6,000 men, to the border"."""
    text = nlp.text_of(doc)
    between = text[mover[1] : quantity.start]
    end = quantity.head[1] if quantity.head is not None else quantity.end
    is_beside = between[:2] == ", " and is_rough(between[2:])
    return is_beside and text[end : end + 1] == ","


def _is_within(token: Token, span: Span) -> bool:
    return span[0] < token.idx + len(token) and token.idx < span[1]


def _is_object(noun: Token, verb: Token) -> bool:
    return noun.dep_ == "dobj" and noun.head == verb


def _is_side_by_side(noun: Token, trigger: Token, mover: Span) -> bool:
    """Tell "dozens of lorries and some tanks leaving": a participle goes with both nouns, its mover is the second."""
    heads = nlp.tokens_at(trigger.doc, mover)
    root = heads.root if heads is not None else None
    first = noun.head.head if noun.dep_ == "pobj" else noun
    return trigger.dep_ == "acl" and root is not None and root.dep_ == "conj" and root.head in (noun, first)


def _links(token: Token, quantity: Quantity, trigger: Token) -> bool:
    """Tell whether a word and its governor keep a count and a mover together."""
    if token.dep_ == "pobj":
        return _is_company(quantity, token.head, trigger)
    is_company = token.dep_ in _MODIFYING and token.lower_ in counted_words("company")
    return (
        token.dep_ in _INSIDE_PHRASE
        or is_company
        or (token.dep_ == "dobj" and token.head.lower_ in counted_words("company"))
    )


def _is_company(quantity: Quantity, preposition: Token, trigger: Token) -> bool:
    """Tell whether a preposition brings something along: "with", "including"; "in", "on" and "by" only craft."""
    word = preposition.lower_
    if word == "by":
        governor = preposition.head
        carries = trigger.lemma_.lower() in counted_words("carry") if governor == trigger else None
        is_craft = quantity.kind == "equipment" and bool(carries)
        return is_craft or (governor != trigger and governor.lower_ in counted_words("company"))
    if word in ("in", "on", "aboard"):
        return quantity.kind == "equipment"
    return word in counted_words("company")


def _hangs_on(preposition: Token, trigger: Token) -> bool:
    """Tell whether "from 900", "to 400" belong to a verb of change: on it, on its object, or one after the other."""
    for _ in range(_CLIMB):
        head = preposition.head
        if head == trigger:
            return True
        if head.dep_ not in ("prep", "dobj", "pobj", "nsubjpass", "nsubj"):
            return False
        preposition = head
    return False


def _is_of_clause(quantity: Quantity, trigger: Token) -> bool:
    """Tell whether a length is one of the motion itself, not of another clause: "which runs 300 km to the sea"."""
    tokens = nlp.tokens_at(trigger.doc, quantity.span)
    if tokens is None:
        return True
    if quantity.kind == "duration" and quantity.start > trigger.idx and _is_since(trigger.doc, quantity.end):
        return False
    governor = _verb_over(tokens.root)
    if governor is None or governor == trigger:
        return True
    is_part = governor.tag_ in ("VBN", "VBG") and governor.dep_ in ("acl", "advcl", "xcomp")
    return (is_part and not _has_subject(governor)) or governor in _shared_verbs(trigger)


def _is_since(doc: Doc, end: int) -> bool:
    return _SINCE.match(nlp.text_of(doc), end) is not None


def _shared_verbs(trigger: Token) -> list[Token]:
    """Return what governs a trigger, up to the first verb with a subject of its own."""
    verbs: list[Token] = []
    token = trigger
    for _ in range(_CLIMB):
        if token.head == token or (token.pos_ in ("VERB", "AUX") and _has_subject(token)):
            break
        token = token.head
        verbs.append(token)
    return verbs


def _verb_over(token: Token) -> Token | None:
    for _ in range(_CLIMB):
        if token.head == token:
            return None
        token = token.head
        if token.pos_ in ("VERB", "AUX"):
            return token
    return None


def _has_subject(verb: Token) -> bool:
    return any(child.dep_ in ("nsubj", "nsubjpass", "expl") for child in verb.children)


def _people(doc: Doc, evidence: Span, mover: Span) -> list[Quantity]:
    """Count the people of a country where they are a force by what they do: "thousands of Eritreans had moved"."""
    text = nlp.text_of(doc)
    starts = (mover[0], *(match.end() for match in _INCLUDING.finditer(text, *evidence)))
    return [people for start in starts if (people := count_people(text, start)) is not None]
