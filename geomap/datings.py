"""Which date expression dates what: the event that a trigger tells of, or the saying of it.

"said on Monday that troops had left on Friday" has two dates, and each belongs to the verb that it hangs on; a date is
shared by the verbs of one action ("began withdrawing on Monday"), and by clauses that set one beside the other.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from functools import cache
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from geomap.calendars import shift, vocabulary

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from spacy.tokens import Doc, Token

    from geomap.model import TimeExpression

# How far up the tree a governor is sought.
_CLIMB = 12
# How far, in verbs, the last of several verbs with one subject stands from the others; farther than all others.
_LATER_VERB = 4
# How many clauses away a date may lie: "a day after X crossed when Y left on Monday".
_DEPTH = 2
# Characters between a date and a clause that it touches: a comma and a space.
_TOUCH = 2
# Characters that a preposition may take before a date at the start of a sentence.
_OPENING = 7
# Prepositions of time and cause: the date in their phrase is that of its noun ("before the end of the term on May 3").
_BOUNDS = frozenset({"ahead", "before", "until", "till", "under", "since", "despite", "pending"})


@cache
def saying_verbs() -> frozenset[str]:
    """Return the lemmas of verbs whose own date is the date of a statement."""
    return frozenset(vocabulary("saying"))


def bind(
    times: Sequence[TimeExpression],
    trigger: Token,
    doc: Doc,
    *,
    saying: Collection[str] | None = None,
) -> TimeExpression | None:
    """Choose the expression that dates the event of a trigger, not the saying of it.

    Parameters
    ----------
    times
        What :func:`geomap.times.find` returned.
    trigger
        The verb or noun that carries the event.
    doc
        The parsed document.
    saying
        Lemmas of verbs whose date is that of a statement; None takes the table's.

    Returns
    -------
    TimeExpression or None
        The expression that hangs on the trigger, on a verb that begins, ends or carries out its action, or on the
        clause that a participle or an infinitive without a subject of its own belongs to; one with a day first.
    """
    return _bind(times, trigger, doc, saying_verbs() if saying is None else saying, depth=_DEPTH)


def _bind(
    times: Sequence[TimeExpression], trigger: Token, doc: Doc, verbs: Collection[str], *, depth: int
) -> TimeExpression | None:
    """Choose the expression that hangs on a trigger, or reckon it from the clause beside, up to some clauses away."""
    dated = _dated_with(trigger, verbs)
    found = [
        (dated[host.i], abs(expression_token.i - trigger.i), expression)
        for expression, expression_token in _in_sentence(times, trigger, doc)
        if not (expression.day is None and expression.text.endswith(("after", "before")))
        and (host := _host(expression_token, expression, dated)) is not None
        and not (expression.kind == "by" and dated[host.i] == _LATER_VERB)
        and not _dates_a_saying(expression, host, trigger, doc, verbs)
        and not _dates_a_noun_between(expression, trigger, doc)
    ]
    if not found:
        return _bind_beside(times, trigger, doc, verbs, depth=depth - 1) if depth else None
    best = min(found, key=lambda item: (item[0], item[2].day is None, item[1]))
    if any(_is_one_of_several(best[2], other, doc) for distance, _, other in found if distance == best[0]):
        return replace(best[2], day=None)
    begins = any(token != trigger.i and _begins(doc[token]) for token in dated)
    return _from_then_on(best[2]) if begins else best[2]


def _bind_beside(
    times: Sequence[TimeExpression], trigger: Token, doc: Doc, saying: Collection[str], *, depth: int
) -> TimeExpression | None:
    """Reckon the date of a clause from the one that it stands beside: "a day after", "as", "when", "hours before"."""
    verb = _clause_of(trigger, saying)
    if verb is None:
        return None
    governor = verb.head
    if verb.dep_ == "relcl" and any(child.lower_ == "when" for child in verb.children):
        # "since Sunday, when government troops fled"
        days_named = (e for e, _ in _in_sentence(times, verb, doc) if e.start <= governor.idx < e.end)
        return next((replace(e, kind="on") for e in days_named), None)
    if verb.dep_ == "conj" and (first := _first_of_two(verb, saying)) is not None:
        return _bind(times, first, doc, saying, depth=depth)
    if verb.dep_ == "advcl" and governor.lemma_.lower() not in saying:
        days = _days_between(verb)
        if days is not None:
            dated = _bind(times, governor, doc, saying, depth=depth) or _just_before(times, verb, doc)
            # "Has been massing since Saturday as ...": the day is that of the beginning only.
            lasts = any(child.lower_ in ("have", "has", "had") for child in governor.children)
            is_beginning = lasts and dated is not None and dated.kind == "from"
            return _some_days_on(dated, days) if not is_beginning else None
    for child in verb.children:
        if child.dep_ == "advcl" and child.lemma_.lower() not in saying and (days := _days_between(child)) is not None:
            return _some_days_on(_bind(times, child, doc, saying, depth=0), -days)
    return _bind_after_noun(times, verb, doc)


def _first_of_two(verb: Token, saying: Collection[str]) -> Token | None:
    """Return the verb told before another: "left on Monday, and rebels entered", "left, he said, and they entered"."""
    governor = verb.head
    told = next((child for child in governor.children if child.dep_ == "ccomp" and child.i < governor.i), None)
    first = told if told is not None else None if governor.lemma_.lower() in saying else governor
    return first if first is not None and verb.tag_ == first.tag_ == "VBD" else None


def _bind_after_noun(times: Sequence[TimeExpression], verb: Token, doc: Doc) -> TimeExpression | None:
    """Reckon the date of a verb from that of a noun: "two days after Sunday's vote"."""
    for preposition in verb.children:
        days = _measured(preposition, verb) if preposition.lower_ in ("after", "before") else None
        if days is None:
            continue
        first, last = preposition.left_edge.idx, preposition.right_edge.idx
        inside = [e for e, _ in _in_sentence(times, verb, doc) if first < e.start <= last and e.precision == "day"]
        day = next((e.earliest for e in inside if e.earliest is not None), None)
        if day is not None:
            return _some_days_on(replace(inside[0], day=day, earliest=day, latest=day, kind="on"), -days)
    return None


def _clause_of(trigger: Token, saying: Collection[str]) -> Token | None:
    """Return the verb whose clause a trigger stands in and whose date it shares."""
    token = trigger
    for _ in range(_CLIMB):
        is_clause = token.pos_ in ("VERB", "AUX") and (_has_subject(token) or token.dep_ == "ROOT")
        head = None if is_clause else _shares_date(token, saying)
        if head is None:
            return token if token.pos_ in ("VERB", "AUX") else None
        token = head
    return None


def _days_between(clause: Token) -> int | None:
    """Return how many days the event of a clause is from that of its governor, as its conjunction says; else None."""
    marks = [child for child in clause.children if child.i < clause.i and child.dep_ in ("mark", "advmod")]
    mark = next((child for child in marks if child.lower_ in {"after", "before", *_words_beside()}), None)
    if mark is None:
        return None
    if mark.lower_ in _words_beside():
        return 0 if clause.tag_ == "VBD" and _has_subject(clause) else None
    return _measured(mark, clause)


def _measured(mark: Token, governor: Token) -> int | None:
    """Return how many days lie between what "a day after" or "two days before" opens and what governs it."""
    measure = mark.nbor(-1) if mark.i > mark.sent.start else None
    if measure is None or measure.head not in (mark, governor):
        return None
    if measure.lower_ in vocabulary("shortly"):
        return 0
    length = vocabulary("unit").get(measure.lower_.removesuffix("s"))
    count = next((_count_of(child) for child in measure.children if _count_of(child) is not None), None)
    if length != "1" or count is None:
        return None
    return -count if mark.lower_ == "after" else count


def _words_beside() -> frozenset[str]:
    """Return the conjunctions whose clause tells of the same hour as the one that governs it."""
    return frozenset(vocabulary("beside"))


def _just_before(times: Sequence[TimeExpression], clause: Token, doc: Doc) -> TimeExpression | None:
    """Return the date that stands right before a clause, whatever the parser hung it on: "on Monday as"."""
    start = clause.left_edge.idx
    nearest = (expression for expression, _ in _in_sentence(times, clause, doc) if 0 < start - expression.end <= _TOUCH)
    return next((expression for expression in nearest if expression.day is not None), None)


def _count_of(token: Token) -> int | None:
    if token.lower_.isdecimal() and len(token.lower_) <= 2:  # noqa: PLR2004 - "14 days"
        return int(token.lower_)
    value = vocabulary("number").get(token.lower_)
    return int(value) if value is not None else None


def _some_days_on(expression: TimeExpression | None, days: int) -> TimeExpression | None:
    """Return an expression with its day some days later."""
    if expression is None or expression.day is None or not days:
        return expression
    day = shift(expression.day, days)
    return replace(expression, day=day, earliest=day, latest=day, kind="on")


def _is_one_of_several(first: TimeExpression, second: TimeExpression, doc: Doc) -> bool:
    """Tell whether two dates share one verb as equals: "on Sunday and on Monday", "Tyre by May 1, Sidon by May 9"."""
    if first.day is None or second.day is None or first.day == second.day or first.kind != second.kind:
        return False
    low, high = sorted((first, second), key=lambda expression: expression.start)
    between = doc.char_span(low.end, high.start, alignment_mode="contract")
    return between is not None and not any(token.pos_ in ("VERB", "AUX") for token in between)


def _dates_a_noun_between(expression: TimeExpression, trigger: Token, doc: Doc) -> bool:
    """Tell whether a date is that of a noun which bounds the event: "leave before the end of the term on May 3"."""
    tokens = doc.char_span(expression.start, expression.end, alignment_mode="expand")
    if tokens is None or tokens.start <= trigger.i:
        return False
    has_noun = False
    for index in range(tokens.start - 1, trigger.i, -1):
        token = doc[index]
        if token.lower_ in _BOUNDS:
            return has_noun
        if token.is_punct or token.pos_ in ("VERB", "AUX"):
            return False
        has_noun = has_noun or (token.pos_ in ("NOUN", "PROPN") and token.lower_ not in vocabulary("part"))
    return False


def said(times: Sequence[TimeExpression], cue: Token, doc: Doc) -> TimeExpression | None:
    """Choose the expression that dates a statement: the one that hangs on the cue itself."""
    found = [
        (abs(token.i - cue.i), expression)
        for expression, token in _in_sentence(times, cue, doc)
        if _host(token, expression, {cue.i: 0}) == cue or _is_beside(expression, cue, doc)
    ]
    return min(found, key=lambda item: (item[1].day is None, item[0]))[1] if found else None


def _begins(verb: Token) -> bool:
    return vocabulary("aspect").get(verb.lemma_.lower()) == "from"


def _from_then_on(expression: TimeExpression) -> TimeExpression:
    """Return the date on which something began, as one from which on it goes on."""
    return replace(expression, kind="from") if expression.kind == "on" else expression


def _in_sentence(times: Sequence[TimeExpression], token: Token, doc: Doc) -> Iterator[tuple[TimeExpression, Token]]:
    """Yield the expressions in the sentence of a token, with the root of each."""
    sentence = token.sent
    end = sentence.end_char
    first = bisect_left(times, sentence.start_char, key=lambda expression: expression.start)
    for expression in takewhile(lambda expression: expression.end <= end, islice(times, first, None)):
        tokens = doc.char_span(expression.start, expression.end, alignment_mode="expand")
        if tokens is not None:
            yield expression, tokens.root


def _host(token: Token, expression: TimeExpression, dated: dict[int, int]) -> Token | None:
    """Climb from an expression to the first verb, or to a noun that is sought; None if another clause has it."""
    for _ in range(_CLIMB):
        head = token.head
        if head == token:
            return token if token.i in dated else None
        inside = expression.start <= head.idx < expression.end
        opens = expression.start <= token.sent.start_char + _OPENING
        if not inside:
            if head.i in dated:
                return head
            if head.pos_ in ("VERB", "AUX") or (
                token.dep_ in ("poss", "compound") and head.pos_ == "NOUN" and not opens
            ):
                return None
        token = head
    return None


def _dated_with(trigger: Token, saying: Collection[str]) -> dict[int, int]:
    """Return the tokens whose date is the trigger's date too, with their distance from it."""
    dated = {trigger.i: 0}
    # A date after the last of several verbs with one subject dates them all: "left Kabul and flew to Doha on Monday".
    # "The evacuation, which began on Monday".
    begun = (child for child in trigger.children if child.dep_ == "relcl" and trigger.pos_ == "NOUN")
    dated.update((child.i, 1) for child in begun if child.lemma_.lower() in vocabulary("aspect"))
    dated.update(
        (child.i, _LATER_VERB) for child in trigger.children if child.dep_ == "conj" and not _has_subject(child)
    )
    token = trigger
    for distance in range(1, 5):
        head = _shares_date(token, saying)
        if head is None:
            break
        dated[head.i] = distance
        token = head
    return dated


def _shares_date(token: Token, saying: Collection[str]) -> Token | None:
    """Return the governor whose date is the token's own, or None where a new clause or a saying begins."""
    head = token.head
    if head == token:
        return None
    if token.pos_ in ("NOUN", "PROPN"):
        return _verb_of_noun(token, saying)
    if token.dep_ in ("aux", "auxpass", "prt", "advmod", "acomp") and head.pos_ in ("VERB", "AUX"):
        return head if token.pos_ != "VERB" or token.dep_ != "advmod" else None
    if head.lemma_.lower() in vocabulary("noticing"):
        is_seen = token.dep_ in ("ccomp", "xcomp", "oprd") and token.tag_ in ("VB", "VBP", "VBG")
        return head if is_seen and not any(child.dep_ in ("mark", "aux") for child in token.children) else None
    is_saying = head.lemma_.lower() in saying
    # A purpose ("flew in on Monday to relieve the garrison") is not yet fulfilled on that day.
    is_purpose = token.dep_ == "advcl" and any(child.dep_ == "aux" for child in token.children)
    is_prospect = head.lemma_.lower() in vocabulary("prospect") or head.lemma_.lower() in vocabulary("aim")
    is_later = token.dep_ == "conj" and _is_modal(token) and not _is_modal(head)
    shares = token.dep_ in ("xcomp", "ccomp", "advcl", "pcomp", "conj", "prep") and not _has_subject(token)
    return head if shares and not (is_saying or is_purpose or is_prospect or is_later) else None


def _has_subject(verb: Token) -> bool:
    return any(child.dep_ in ("nsubj", "nsubjpass", "expl") for child in verb.children)


def _is_modal(verb: Token) -> bool:
    return any(child.lower_ in vocabulary("modal") for child in verb.children if child.dep_ == "aux")


def _verb_of_noun(noun: Token, saying: Collection[str]) -> Token | None:
    """Return the verb that a noun of action is subject or object of: "the pullout began on Monday"."""
    head = noun.head
    if noun.dep_ == "pobj" and head.lower_ == "of" and head.head.lower_.removesuffix("s") in vocabulary("unit"):
        return _verb_of_noun(head.head, saying)  # "four days of drills"
    if noun.dep_ not in ("nsubj", "nsubjpass", "dobj", "attr", "pobj", "conj", "oprd"):
        return None
    for _ in range(_CLIMB):
        if head.pos_ in ("VERB", "AUX"):
            lemma = head.lemma_.lower()
            if vocabulary("aspect").get(lemma) == "over" and noun.dep_ == "dobj":
                return None
            is_event = lemma not in saying or lemma in vocabulary("aspect") or lemma in vocabulary("noticing")
            return head if is_event else None
        if head.pos_ not in ("ADP", "SCONJ", "PART") or head.head == head:
            return None
        head = head.head
    return None


def _dates_a_saying(expression: TimeExpression, host: Token, trigger: Token, doc: Doc, saying: Collection[str]) -> bool:
    """Tell whether a verb of saying stands next to the expression, whatever the parser hung it on."""
    governor = trigger.head
    is_said = governor.lemma_.lower() in saying and governor.lemma_.lower() not in vocabulary("noticing")
    if host == trigger and trigger.pos_ == "NOUN" and governor.pos_ == "VERB" and is_said:
        # "announced the pullout on Monday" mostly dates the announcement, whatever the parser hung the day on.
        is_after = expression.start > trigger.idx and expression.kind == "on"
        if is_after and trigger.dep_ in ("dobj", "nsubjpass"):
            return True
    return any(
        verb.i not in {trigger.i, host.i} and verb.lemma_.lower() in saying and verb.pos_ == "VERB"
        for verb in _before(expression, doc, 3)
        if _is_beside(expression, verb, doc)
    )


def _before(expression: TimeExpression, doc: Doc, count: int) -> list[Token]:
    tokens = doc.char_span(expression.start, expression.end, alignment_mode="expand")
    return list(doc[max(0, tokens.start - count) : tokens.start]) if tokens is not None else []


def _is_beside(expression: TimeExpression, verb: Token, doc: Doc) -> bool:
    """Tell whether only a preposition stands between a verb and an expression after it."""
    between = [token for token in _before(expression, doc, 3) if token.i > verb.i]
    return verb in _before(expression, doc, 3) and all(
        token.lower_ in ("on", "late", "early", "earlier", "later") for token in between
    )
