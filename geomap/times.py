"""Date expressions and the calendar days that they fix, anchored to the publication date.

Expressions are found by a few patterns over the words of ``lexicon/times.csv``; the classes follow TimeML (ISO
24617-1). A day is set only where the words and the publication date fix a single one: "last week" keeps its seven
days, "overnight" both of its, and without a publication date only a full date fixes a day. What hangs on the day named
last ("a day later") takes its day from that one.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from itertools import takewhile
from typing import TYPE_CHECKING

from geomap import nlp
from geomap.calendars import CAPITALISED, GAP, RULES, YEAR, any_of, day_at, folded, piece, shift, vocabulary, year_of
from geomap.model import TimeExpression

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date

    from spacy.tokens import Doc, Token
    from spacy.tokens import Span as SpacySpan

    from geomap.calendars import Tense
    from geomap.model import DateKind

# How far up the tree a governor is sought, and how many words round an expression are looked at without a tree.
_CLIMB = 12
_WINDOW = 8
_SENTENCE_ENDS = frozenset({".", "!", "?", ";"})
_NUMBER = r"\d{1,3}"
_WORD = re.compile(r"\w+")
# What an expression begins with, beside digits: the first words of these classes of the table.
_OPENING_CLASSES = (
    "month",
    "weekday",
    "unit",
    "deictic",
    "relation",
    "season",
    "holiday",
    "edge",
    "number",
    "hour",
    "sameday",
    "current",
    "opening",
)


# --- patterns ---------------------------------------------------------------------------------------------------


def _after(*words: str) -> str:
    return "(?:" + "|".join(rf"(?<=\b{word})" for word in words) + ")"


@cache
def _patterns() -> re.Pattern[str]:
    """Compile one pattern with a named group for each rule; the order decides between rules at one place."""
    month, weekday, part = any_of("month"), any_of("weekday"), any_of("part")
    unit, relation, season = any_of("unit"), any_of("relation"), any_of("season")
    number = rf"(?:{_NUMBER}|{any_of('number')})"
    day = r"(?:3[01]|[12]\d|0?[1-9])"
    ordinal = rf"{day}(?:st|nd|rd|th)?(?![\d:%]|[.,]\d)"
    until = rf"(?:{GAP}?[-–]{GAP}?|{GAP}(?:to|and|or|through){GAP})"
    named_part = rf"(?:{GAP}(?:at{GAP})?{part})?"
    lead = rf"(?:{weekday}\.?,?{GAP})?"
    rough = rf"(?:(?:early|late|later)(?:{GAP}on)?{GAP})?"
    days = rf"(?:the{GAP})?{ordinal}(?:{until}(?:the{GAP})?{ordinal})?"
    # A bare season, month or year is a date only after a preposition: "may", "march", "fall", "2014" are other things.
    after_season = _after("in ", "by ", "since ", "until ", "for the ")
    after_month = _after("in ", "by ", "since ", "of ", "until ", "from ", "during ")
    after_year = _after(
        "in ",
        "since ",
        "by ",
        "until ",
        "from ",
        "during ",
        "after ",
        "before ",
        "late ",
        "early ",
        "mid-",
        "post-",
        "pre-",
    )
    after_within, after_then = _after("in ", "during "), _after("by ", "since ", "until ")
    after_hour = _after(
        "at ", "by ", "before ", "around ", "about ", "until ", "since ", "toward ", "towards ", "near "
    )
    clock = (
        rf"(?:{_NUMBER}(?:[:.]\d\d)?{GAP}?[ap]\.?m\b\.?|\d{{1,2}}:\d\d(?!\d)"
        rf"|{number}(?:{GAP}o['’]clock)?{GAP}in{GAP}the{GAP}(?:morning|afternoon|evening))"
    )
    hour = (
        rf"(?:{after_within}(?:the|that){GAP}{any_of('within')}|{after_hour}{any_of('hour')}|{after_then}then"
        rf"|{after_hour}{clock}|that{GAP}(?:day|{part})|{any_of('sameday')})"
    )
    counted = r"(?:troops|soldiers|men|fighters|vehicles|tanks|km|kilomet|miles?|met(?:er|re)s?)"
    rules = (
        ("iso", rf"{YEAR}-\d\d-\d\d(?![\d-])"),
        ("numeric", rf"\d{{1,2}}[./]\d{{1,2}}[./]{YEAR}(?!\d)"),
        ("month_day", rf"{lead}{month}\.?{GAP}{ordinal}(?:{until}{ordinal})?(?:,?{GAP}{YEAR}(?!\d))?"),
        (
            "day_month",
            rf"{lead}{days}{GAP}(?:of{GAP})?{month}(?![a-z])\.?(?:,?{GAP}{YEAR}(?!\d))?",
        ),
        ("month_year", rf"(?:{any_of('edge')}[-\s])?{month}\.?,?{GAP}(?:of{GAP})?{YEAR}(?!\d)"),
        ("before_last", rf"the{GAP}(?:day{GAP}before{GAP}yesterday|day{GAP}after{GAP}tomorrow)"),
        (
            "anchored",
            rf"(?:the|that){GAP}(?:(?:next|following|same|previous){GAP}(?:day|{part})|day{GAP}before(?!{GAP}yes))",
        ),
        (
            "weekday",
            rf"{rough}(?:(?:the{GAP})?{relation}{GAP})?{weekday}{named_part}(?:{GAP}(?:last|next|this){GAP}week)?",
        ),
        ("last_night", rf"(?:last{GAP}night|yesterday{GAP}{part}|overnight)"),
        ("this_part", rf"(?:(?:earlier|later){GAP})?this{GAP}{part}"),
        ("deictic", rf"(?:(?:earlier|late|early|later){GAP})?{any_of('deictic')}{named_part}"),
        ("ago", rf"(?:about{GAP}|around{GAP}|some{GAP}|nearly{GAP})?{number}{GAP}{unit}s?{GAP}ago"),
        (
            "ahead",
            rf"(?:with)?in{GAP}(?:the{GAP}{relation}{GAP})?(?:about{GAP})?{number}{GAP}{unit}s?(?:['’]s?)?(?:{GAP}time)?",
        ),
        ("distant", rf"{number}{GAP}{unit}s?{GAP}(?:earlier|later|before|after|afterwards?)"),
        ("part", hour),
        (
            "stretch",
            rf"(?:the|these){GAP}{relation}{GAP}(?:few{GAP}|several{GAP}|couple{GAP}of{GAP}|{number}{GAP}){unit}s",
        ),
        ("recent", rf"(?:recent|coming|past){GAP}{unit}s"),
        ("week_end", rf"(?:(?:{relation}|the|over{GAP}the){GAP})weekend"),
        (
            "edge_of",
            rf"(?:the{GAP})?{any_of('edge')}{GAP}(?:the{GAP}{unit}|(?:{relation}){GAP}{unit}|{month}(?![a-z])|{YEAR})(?!\d)",
        ),
        ("years_end", rf"(?:the{GAP})?(?:year|month|week)(?:['’]s[-\s]|[-\s])end(?![a-z])"),
        (
            "relative",
            rf"(?:(?:earlier|later){GAP})?(?:the{GAP})?{relation}{GAP}(?:{unit}|{month}|{season})(?![a-z])",
        ),
        ("edge_month", rf"(?:early|mid|late)[-\s]{month}(?![a-z])"),
        ("holiday", rf"{any_of('holiday')}(?![a-z])"),
        (
            "season",
            rf"{after_season}(?:the{GAP})?(?:early{GAP}|late{GAP})?{season}(?:{GAP}(?:of{GAP})?{YEAR})?(?![a-z])",
        ),
        ("month", rf"{after_month}{month}(?![a-z])"),
        ("year", rf"{after_year}{YEAR}(?![\d\w,.]\d|\d|{GAP}(?:of{GAP})?(?:the{GAP})?(?:more{GAP})?{counted})"),
        ("day_only", rf"(?<=\bon )the{GAP}{day}(?:st|nd|rd|th)(?![\d\w])(?!{GAP}[a-z]{{3,}}(?:day|versary|birth))"),
        ("current", any_of("current")),
    )
    body = "|".join(rf"(?P<{name}>{rule})" for name, rule in rules)
    return re.compile(rf"(?:(?<![\w-])|(?<=\bpre-)|(?<=\bpost-)|(?<=\bmid-))(?=\w)(?:{body})(?![\w])", re.IGNORECASE)


@cache
def _openings() -> frozenset[str]:
    """Return the words that an expression can begin with."""
    tables = (vocabulary(kind) for kind in _OPENING_CLASSES)
    return frozenset(_WORD.findall(word)[0] for table in tables for word in table)


@cache
def _kinds() -> re.Pattern[str]:
    """Compile the prepositions that may stand just before a date."""
    return re.compile(
        rf"(?<![a-z])({any_of('kind')})(?:{GAP}(?:about|around|at|early|late|on|the|as early as|at least))?{GAP}$",
        re.IGNORECASE,
    )


# What hangs on the day named last.
_STEP = re.compile(
    r"(?P<same>(?:the|that) same \w+)|(?P<forth>(?:the|that) (?:next|following) \w+)"
    r"|(?P<back>(?:the|that) previous \w+|the day before)"
    r"|(?P<number>\d{1,2}|[a-z]+) (?P<unit>day|night|hour|minute)s? (?P<way>later|earlier|afterwards?)",
    re.IGNORECASE,
)
# How far behind, in characters and in ends of lines, lies the day that an expression may hang on.
_REACH = 500
_PARAGRAPHS = 2
# "Ten hours later" may be the next day.
_MOST_HOURS = 6
# What stands between a part of the day and the day that it is a part of: "before dawn on Friday", "Friday, at noon".
_BESIDE = re.compile(
    r",?(?:\s(?:local|eastern) time)?,?(?:\s(?:on|of|in|at|by|before|around|about|just|shortly|late|early)){0,3}"
    r"\s{1,2}(?:the\s)?",
    re.IGNORECASE,
)

# What stands between the date of a dateline and the report; such a date is that of the writing.
_DATELINE = re.compile(r"\)?\s{0,2}(?:\([^()\n]{1,30}\))?\s{0,2}[-–—]{1,2}\s")

# What opens and links the two ends of a stretch of days.
_OPENING = re.compile(r"(?<![a-z])(from|between)\s{1,2}$", re.IGNORECASE)
_LINK = re.compile(r",?\s{0,2}(to|until|till|through|and|-|–)\s{1,2}", re.IGNORECASE)


# --- finding --------------------------------------------------------------------------------------------------------


def find(doc: Doc, published: date | None) -> list[TimeExpression]:
    """Find the date expressions of a document.

    Parameters
    ----------
    doc
        The document; parsed or only tokenised. A parse tells past from future more surely.
    published
        The day of publication; without it, only full dates fix a day.

    Returns
    -------
    list of TimeExpression
        Sorted, not overlapping; a preposition before the date is not part of it but sets ``kind``.
    """
    text = nlp.text_of(doc)
    found: list[TimeExpression] = []
    parts: set[int] = set()
    for match in _matches(text):
        expression = _expression(doc, text, match, published)
        if expression is not None:
            found.append(expression)
            if match.lastgroup == "part":
                parts.add(expression.start)
    return _anchored(_stretches(found, text), parts, doc, published)


def _anchored(
    found: Sequence[TimeExpression], parts: Collection[int], doc: Doc, published: date | None
) -> list[TimeExpression]:
    """Fix what hangs on a day named before: "a day later", "the same day", "before dawn", "by then"."""
    text = nlp.text_of(doc)
    fixed: list[TimeExpression] = []
    last: TimeExpression | None = None
    last_event: TimeExpression | None = None
    for index, expression in enumerate(found):
        if expression.start in parts:
            if _is_beside_a_day(found, index, text):
                continue
            anchored = _at_part(expression, _anchor_of(expression, last, last_event, parts), doc, published)
        elif expression.day is None and (step := _STEP.fullmatch(expression.text)) is not None:
            days = _steps_of(step)
            anchored = expression if days is None else _some_days_from(last, expression, days, text)
        else:
            anchored = expression
        fixed.append(anchored)
        if anchored.day is not None and _DATELINE.match(text, anchored.end) is None:
            last = anchored
            if anchored.start in parts or not _dates_a_saying(anchored, doc):
                last_event = anchored
    return fixed


def _anchor_of(
    part: TimeExpression, last: TimeExpression | None, last_event: TimeExpression | None, parts: Collection[int]
) -> TimeExpression | None:
    """Choose the date whose day a part of a day belongs to: "that morning", "by then", or only "at noon"."""
    if part.text.lower().startswith("that "):
        return last
    # A day that words were said on after the event, or the end of a stretch of days, leaves it open which day is meant.
    is_plain = last is not None and last_event is not None and last.day == last_event.day
    is_on = last_event is not None and (last_event.kind == "on" or last_event.start in parts)
    return last_event if is_plain and (is_on or part.text.lower() == "then") else None


def _matches(text: str) -> Iterator[re.Match[str]]:
    """Yield the places where a pattern fits; it is tried only at words that can open one, which are few."""
    openings, pattern, end = _openings(), _patterns(), 0
    for word in _WORD.finditer(text):
        start = word.start()
        if start >= end and (word[0][0].isdigit() or word[0].lower() in openings):
            match = pattern.match(text, start)
            if match is not None:
                end = match.end()
                yield match


def _is_beside_a_day(found: Sequence[TimeExpression], index: int, text: str) -> bool:
    """Tell whether the day that a part of the day belongs to is named beside it or after it in the sentence."""
    part = found[index]
    if index and _BESIDE.fullmatch(text, found[index - 1].end, part.start) is not None:
        return True
    following = found[index + 1] if index + 1 < len(found) else None
    if following is None or following.day is None:
        return False
    before = found[index - 1].end if index else 0
    is_first = re.search(r"[.!?\n]", text[max(before, part.start - _REACH) : part.start]) is not None or not index
    return is_first and re.search(r"[.!?;\n]", text[part.end : following.start]) is None


def _some_days_from(last: TimeExpression | None, expression: TimeExpression, days: int, text: str) -> TimeExpression:
    """Give an expression the day some days from the one named last, if that stands near."""
    if last is None or last.day is None or not _is_near(last, expression, text):
        return expression
    day = shift(last.day, days)
    return replace(expression, day=day, earliest=day, latest=day, precision="day")


def _is_near(last: TimeExpression, expression: TimeExpression, text: str) -> bool:
    between = text[last.end : expression.start]
    return len(between) <= _REACH and len(re.findall(r"\n+", between)) <= _PARAGRAPHS


def _at_part(part: TimeExpression, last: TimeExpression | None, doc: Doc, published: date | None) -> TimeExpression:
    """Give a part of the day the day on which the event told last took place, if its own clause goes on from there."""
    tokens = doc.char_span(part.start, part.end, alignment_mode="expand")
    if tokens is None or last is None or last.day is None:
        return part
    verb = _governor(tokens)
    is_back = part.kind != "by" and verb is not None and any(child.lower_ == "had" for child in verb.children)
    is_ahead = published is not None and last.day > published
    looks_ahead = _tense(tokens) == "future" or (verb is not None and verb.lower_ == "then")
    is_then = part.text.lower() == "then"
    if not is_then and (is_back or looks_ahead != is_ahead):
        return part
    return _some_days_from(last, part, 0, nlp.text_of(doc))


def _governor(tokens: SpacySpan) -> Token | None:
    """Return the verb that an expression hangs on, whether it is sought or not; None without a parse."""
    token = tokens.root
    for _ in range(_CLIMB):
        if not token.dep_ or token.head == token:
            break
        token = token.head
        if token.pos_ in ("VERB", "AUX"):
            return token
    return None


def _dates_a_saying(expression: TimeExpression, doc: Doc) -> bool:
    """Tell whether an expression dates words rather than deeds: "told reporters on Monday"."""
    tokens = doc.char_span(expression.start, expression.end, alignment_mode="expand")
    if tokens is None:
        return False
    verb = _governor(tokens)
    near = [verb] if verb is not None else doc[max(0, tokens.start - 4) : tokens.start]
    saying = vocabulary("saying").keys() - vocabulary("noticing").keys()
    return any(token.lemma_.lower() in saying or token.lower_ == "said" for token in near)


def _steps_of(step: re.Match[str]) -> int | None:
    """Return how many days an expression such as "two days later" is from the day that it hangs on, if it is known."""
    if step["same"]:
        return 0
    if step["back"] or step["forth"]:
        return -1 if step["back"] else 1
    number = step["number"].lower()
    count = int(number) if number.isdigit() else int(vocabulary("number").get(number, 0))
    if step["unit"].lower() in ("hour", "minute"):
        return 0 if count <= _MOST_HOURS or step["unit"].lower() == "minute" else None
    return -count if step["way"].lower() == "earlier" else count


def _stretches(found: Sequence[TimeExpression], text: str) -> list[TimeExpression]:
    """Join "from Dec. 30 to Jan. 8" and "between June 10 and June 20": the first lacks what the second tells."""
    joined: list[TimeExpression] = []
    for expression in found:
        previous = joined[-1] if joined else None
        link = _LINK.fullmatch(text, previous.end, expression.start) if previous is not None else None
        opening = _OPENING.search(text, max(0, previous.start - 12), previous.start) if previous is not None else None
        if previous is None or link is None or opening is None:
            joined.append(expression)
            continue
        is_from = opening.group(1).lower() == "from"
        if is_from == (link.group(1).lower() == "and"):
            joined.append(expression)
            continue
        joined[-1] = _stretch_of(previous, expression, text, is_from=is_from)
    return joined


def _stretch_of(first: TimeExpression, second: TimeExpression, text: str, *, is_from: bool) -> TimeExpression:
    start = first.earliest
    lacks_year = year_of(first.text) is None and year_of(second.text) is not None
    if start is not None and second.latest is not None and lacks_year:
        start = day_at(second.latest.year, start.month, start.day)
        if start is not None and start > second.latest:
            start = day_at(second.latest.year - 1, start.month, start.day)
    is_day = is_from and first.day is not None and start is not None
    return TimeExpression(
        start=first.start,
        end=second.end,
        text=text[first.start : second.end],
        day=start if is_day else None,
        earliest=start,
        latest=second.latest,
        kind="from" if is_from else "on",
        precision=first.precision if is_day else "vague",
    )


def _expression(doc: Doc, text: str, match: re.Match[str], published: date | None) -> TimeExpression | None:
    rule = match.lastgroup or ""
    start = match.start()
    words = match.group().rstrip(".")
    end = start + len(words)
    if rule in CAPITALISED and not _is_capitalised(rule, words):
        return None
    tokens = doc.char_span(start, end, alignment_mode="expand")
    days = RULES[rule](words, published, _tense(tokens) if tokens is not None else None)
    if days is None:
        return None
    kind, is_open = _kind_before(text, start)
    is_day = days.precision == "day" and days.first is not None
    # "Between June 3 and 10" is some day of them, "June 3-10" all of them.
    is_some = days.fixes_first and (link := _OPENING.search(text, max(0, start - 12), start)) is not None
    is_some = is_some and link is not None and link.group(1).lower() == "between"
    starts = days.fixes_first and not is_some
    day = days.first if is_day and (days.first == days.last or starts) and not is_open else None
    if starts and kind == "on":
        kind = "from"
    return TimeExpression(
        start=start,
        end=end,
        text=words,
        day=day,
        earliest=days.first,
        latest=None if is_open else days.last,
        kind=days.kind or kind,
        precision=days.precision,
    )


def _is_capitalised(rule: str, words: str) -> bool:
    kind = {"weekday": "weekday", "holiday": "holiday"}.get(rule, "month")
    match = piece(kind).search(words)
    return match is not None and match.group()[0].isupper()


def _kind_before(text: str, start: int) -> tuple[DateKind, bool]:
    """Return how the words before a date bind an event to it, and whether they leave the day open ("after")."""
    match = _kinds().search(text[max(0, start - 40) : start])
    if match is None:
        return "on", False
    value = vocabulary("kind")[folded(match.group(1))]
    return ("by", value == "ahead") if value in ("by", "ahead") else ("from", value == "after")


def _tense(tokens: SpacySpan) -> Tense | None:
    """Return whether the clause of an expression looks back or ahead; None where its words do not tell."""
    token = tokens.root
    if not token.dep_:
        return _tense_near(tokens)
    for _ in range(_CLIMB):
        if token.pos_ in ("VERB", "AUX"):
            return _tense_of(token)
        if token.lower_ in vocabulary("prospect") or token.lemma_.lower() in vocabulary("prospect"):
            return "future"
        if token.head == token:
            break
        token = token.head
    return _tense_near(tokens)


def _tense_of(verb: Token) -> Tense | None:
    """Return the tense of a verb from its form and its auxiliaries."""
    auxiliaries = [child for child in verb.children if child.dep_ in ("aux", "auxpass")]
    lowered = {child.lower_ for child in auxiliaries}
    if lowered & vocabulary("modal").keys():
        return "past" if lowered & {"have", "'ve"} else "future"
    if "to" in lowered:
        return _tense_of_infinitive(verb)
    if verb.tag_ == "VBD" or any(child.tag_ == "VBD" for child in auxiliaries):
        return _looks_ahead(verb, {child.lower_ for child in verb.children})
    if "has" in lowered or "have" in lowered:
        return "past"
    shares_tense = verb.dep_ in ("xcomp", "pcomp") and verb.head.pos_ in ("VERB", "AUX") and not auxiliaries
    return _tense_of(verb.head) if shares_tense and verb.head != verb else None


def _looks_ahead(verb: Token, children: set[str]) -> Tense:
    """Tell "was due to leave on Friday" and "unless they left by Friday" from a plain past."""
    is_demanded = verb.dep_ == "ccomp" and verb.head.lemma_.lower() in vocabulary("prospect")
    is_due = verb.lower_ in ("due", "slated") or children & {"due", "slated", "unless", "if"}
    return "future" if is_due or is_demanded else "past"


def _tense_of_infinitive(verb: Token) -> Tense | None:
    """Return the tense of "to leave" from the word that governs it: "plans to", "began to"."""
    head = verb.head
    words = {head.lower_, head.lemma_.lower()}
    if words & (vocabulary("prospect").keys() | vocabulary("aim").keys()):
        return "future"
    if head != verb and head.pos_ in ("VERB", "AUX"):
        return _tense_of(head)
    return None


def _tense_near(tokens: SpacySpan) -> Tense | None:
    """Judge by the words of the sentence round an expression, where there is no parse or no verb."""
    doc = tokens.doc
    before = (doc[i].lower_ for i in range(tokens.start - 1, max(-1, tokens.start - 1 - _WINDOW), -1))
    after = (doc[i].lower_ for i in range(tokens.end, min(len(doc), tokens.end + _WINDOW)))
    near = {word for side in (before, after) for word in takewhile(lambda word: word not in _SENTENCE_ENDS, side)}
    return "future" if near & vocabulary("ahead").keys() else None
