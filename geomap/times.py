"""Date expressions and the calendar days that they fix, anchored to the publication date.

Expressions are found by a few patterns over the words of ``lexicon/times.csv``; the classes follow TimeML (ISO
24617-1). A day is set only where the words and the publication date fix a single one: "last week" keeps its seven
days, "overnight" both of its, and without a publication date only a full date fixes a day.
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Literal

from geomap import lexicon, nlp
from geomap.model import TimeExpression

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from spacy.tokens import Doc, Token
    from spacy.tokens import Span as SpacySpan

    from geomap.model import DateKind

Precision = Literal["day", "week", "month", "season", "year", "vague"]
Tense = Literal["past", "future"]

# A report may go out on a calendar day before the day, in local time, of what it reports.
_TIME_ZONES = timedelta(days=1)
# "a week ago" is rarely meant to the day; half a week either way.
_WEEK_SLACK = timedelta(days=3)
# How far up the tree a governor is sought, and how many words round an expression are looked at without a tree.
_CLIMB = 12
_WINDOW = 8
_SENTENCE_ENDS = frozenset({".", "!", "?", ";"})


@dataclass(frozen=True, slots=True)
class _Days:
    """What an expression fixes: the first and last day, as far as known, and how precisely it speaks."""

    first: date | None
    last: date | None
    precision: Precision = "day"
    kind: DateKind | None = None
    fixes_first: bool = False
    """True for a range that starts on a single day ("April 14-15")."""


_UNKNOWN = _Days(None, None, "vague")


@cache
def _words(kind: str) -> dict[str, str]:
    """Return the words of one class of the table, with their values."""
    return {row["word"]: row["value"] for row in lexicon.rows("times") if row["class"] == kind}


@cache
def saying_verbs() -> frozenset[str]:
    """Return the lemmas of verbs whose own date is the date of a statement."""
    return frozenset(_words("saying"))


# --- patterns ---------------------------------------------------------------------------------------------------

# White space inside an expression: never a blank line, and bounded, so that hostile text costs nothing.
_GAP = r"(?:[^\S\n]{1,3}|[^\S\n]?\n[^\S\n]?)"
_YEAR = r"(?:19|20)\d\d"
_NUMBER = r"\d{1,3}"


def _after(*words: str) -> str:
    return "(?:" + "|".join(rf"(?<=\b{word})" for word in words) + ")"


def _any(kind: str) -> str:
    """Return a pattern for the words of one class, longest first."""
    words = sorted(_words(kind), key=lambda word: (-len(word), word))
    return "(?:" + "|".join(re.escape(word).replace(r"\ ", _GAP) for word in words) + ")"


@cache
def _patterns() -> re.Pattern[str]:
    """Compile one pattern with a named group for each rule; the order decides between rules at one place."""
    month, weekday, part = _any("month"), _any("weekday"), _any("part")
    unit, relation, season = _any("unit"), _any("relation"), _any("season")
    number = rf"(?:{_NUMBER}|{_any('number')})"
    day = r"(?:3[01]|[12]\d|0?[1-9])"
    ordinal = rf"{day}(?:st|nd|rd|th)?(?![\d:%]|[.,]\d)"
    until = rf"(?:{_GAP}?[-–]{_GAP}?|{_GAP}(?:to|and|or|through){_GAP})"
    named_part = rf"(?:{_GAP}(?:at{_GAP})?{part})?"
    lead = rf"(?:{weekday}\.?,?{_GAP})?"
    rough = rf"(?:(?:early|late|later)(?:{_GAP}on)?{_GAP})?"
    days = rf"(?:the{_GAP})?{ordinal}(?:{until}(?:the{_GAP})?{ordinal})?"
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
    counted = r"(?:troops|soldiers|men|fighters|vehicles|tanks|km|kilomet|miles?|met(?:er|re)s?)"
    rules = (
        ("iso", rf"{_YEAR}-\d\d-\d\d(?![\d-])"),
        ("numeric", rf"\d{{1,2}}[./]\d{{1,2}}[./]{_YEAR}(?!\d)"),
        ("month_day", rf"{lead}{month}\.?{_GAP}{ordinal}(?:{until}{ordinal})?(?:,?{_GAP}{_YEAR}(?!\d))?"),
        (
            "day_month",
            rf"{lead}{days}{_GAP}(?:of{_GAP})?{month}(?![a-z])\.?(?:,?{_GAP}{_YEAR}(?!\d))?",
        ),
        ("month_year", rf"(?:{_any('edge')}[-\s])?{month}\.?,?{_GAP}(?:of{_GAP})?{_YEAR}(?!\d)"),
        ("before_last", rf"the{_GAP}(?:day{_GAP}before{_GAP}yesterday|day{_GAP}after{_GAP}tomorrow)"),
        (
            "anchored",
            rf"(?:the|that){_GAP}(?:(?:next|following|same|previous){_GAP}(?:day|night)|day{_GAP}before(?!{_GAP}yes))",
        ),
        (
            "weekday",
            rf"{rough}(?:(?:the{_GAP})?{relation}{_GAP})?{weekday}{named_part}(?:{_GAP}(?:last|next|this){_GAP}week)?",
        ),
        ("last_night", rf"(?:last{_GAP}night|yesterday{_GAP}{part}|overnight)"),
        ("this_part", rf"(?:(?:earlier|later){_GAP})?this{_GAP}{part}"),
        ("deictic", rf"(?:(?:earlier|late|early|later){_GAP})?{_any('deictic')}{named_part}"),
        ("ago", rf"(?:about{_GAP}|around{_GAP}|some{_GAP}|nearly{_GAP})?{number}{_GAP}{unit}s?{_GAP}ago"),
        (
            "ahead",
            rf"(?:with)?in{_GAP}(?:the{_GAP}{relation}{_GAP})?(?:about{_GAP})?{number}{_GAP}{unit}s?(?:['’]s?)?(?:{_GAP}time)?",
        ),
        ("distant", rf"{number}{_GAP}{unit}s?{_GAP}(?:earlier|later|before|after|afterwards?)"),
        (
            "stretch",
            rf"(?:the|these){_GAP}{relation}{_GAP}(?:few{_GAP}|several{_GAP}|couple{_GAP}of{_GAP}|{number}{_GAP}){unit}s",
        ),
        ("recent", rf"(?:recent|coming|past){_GAP}{unit}s"),
        ("week_end", rf"(?:(?:{relation}|the|over{_GAP}the){_GAP})weekend"),
        (
            "edge_of",
            rf"(?:the{_GAP})?{_any('edge')}{_GAP}(?:the{_GAP}{unit}|(?:{relation}){_GAP}{unit}|{month}(?![a-z])|{_YEAR})(?!\d)",
        ),
        ("years_end", rf"(?:the{_GAP})?(?:year|month|week)(?:['’]s[-\s]|[-\s])end(?![a-z])"),
        (
            "relative",
            rf"(?:(?:earlier|later){_GAP})?(?:the{_GAP})?{relation}{_GAP}(?:{unit}|{month}|{season})(?![a-z])",
        ),
        ("edge_month", rf"(?:early|mid|late)[-\s]{month}(?![a-z])"),
        ("holiday", rf"{_any('holiday')}(?![a-z])"),
        (
            "season",
            rf"{after_season}(?:the{_GAP})?(?:early{_GAP}|late{_GAP})?{season}(?:{_GAP}(?:of{_GAP})?{_YEAR})?(?![a-z])",
        ),
        ("month", rf"{after_month}{month}(?![a-z])"),
        ("year", rf"{after_year}{_YEAR}(?![\d\w,.]\d|\d|{_GAP}(?:of{_GAP})?(?:the{_GAP})?(?:more{_GAP})?{counted})"),
        ("day_only", rf"(?<=\bon )the{_GAP}{day}(?:st|nd|rd|th)(?![\d\w])(?!{_GAP}[a-z]{{3,}}(?:day|versary|birth))"),
        ("current", _any("current")),
    )
    body = "|".join(rf"(?P<{name}>{rule})" for name, rule in rules)
    return re.compile(rf"(?:(?<![\w-])|(?<=\bpre-)|(?<=\bpost-)|(?<=\bmid-))(?=\w)(?:{body})(?![\w])", re.IGNORECASE)


@cache
def _piece(kind: str) -> re.Pattern[str]:
    plural = "s?" if kind == "unit" else ""
    return re.compile(rf"(?<![a-z])({_any(kind)}){plural}(?![a-z])", re.IGNORECASE)


@cache
def _kinds() -> re.Pattern[str]:
    """Compile the prepositions that may stand just before a date."""
    return re.compile(
        rf"(?<![a-z])({_any('kind')})(?:{_GAP}(?:about|around|at|early|late|on|the|as early as|at least))?{_GAP}$",
        re.IGNORECASE,
    )


# What hangs on the day named last.
_STEP = re.compile(
    r"(?P<same>(?:the|that) same \w+)|(?P<forth>(?:the|that) (?:next|following) \w+)"
    r"|(?P<back>(?:the|that) previous \w+|the day before)|(?P<number>\d{1,2}|[a-z]+) days? (?P<way>later|earlier)",
    re.IGNORECASE,
)

# What opens and links the two ends of a stretch of days.
_OPENING = re.compile(r"(?<![a-z])(from|between)\s{1,2}$", re.IGNORECASE)
_LINK = re.compile(r",?\s{0,2}(to|until|till|through|and|-|–)\s{1,2}", re.IGNORECASE)


# --- reading the pieces of an expression --------------------------------------------------------------------------


def _folded(words: str) -> str:
    """Return words as the table has them: lower case, single spaces, plain apostrophes."""
    return " ".join(words.lower().replace("’", "'").split())


def _value(kind: str, text: str) -> int | None:
    """Return the value of the first word of a class in an expression."""
    match = _piece(kind).search(text)
    if match is None:
        return None
    return int(_words(kind)[_folded(match.group(1))])


def _year(text: str) -> int | None:
    match = re.search(rf"(?<!\d){_YEAR}(?!\d)", text)
    return int(match.group()) if match else None


def _number(text: str) -> int | None:
    match = re.search(r"\d{1,3}", text)
    return int(match.group()) if match else _value("number", text)


def _days_of(text: str) -> list[int]:
    """Return the days of the month in an expression, in order."""
    return [int(found) for found in re.findall(r"(?<![\d.])(\d{1,2})(?!\d)", text)]


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _shift(day: date, days: int) -> date | None:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None


def _one(day: date | None) -> _Days:
    return _Days(day, day)


def _month_days(year: int, month: int) -> _Days:
    return _Days(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]), "month")


def _year_days(year: int) -> _Days:
    return _Days(date(year, 1, 1), date(year, 12, 31), "year")


def _week_days(day: date) -> _Days:
    """Return the week, Monday to Sunday as ISO 8601 has it, that holds a day."""
    monday = day - timedelta(days=day.weekday())
    return _Days(monday, monday + timedelta(days=6), "week")


def _third(days: _Days, edge: str) -> _Days:
    """Return the first, middle or last third of a stretch of days."""
    if days.first is None or days.last is None:
        return days
    low, high = (int(part) for part in edge.split("-"))
    length = (days.last - days.first).days + 1
    first = days.first + timedelta(days=length * (low - 1) // 3)
    last = days.first + timedelta(days=length * high // 3 - 1)
    return _Days(first, max(first, last), days.precision, days.kind)


def _edge_of(text: str) -> str | None:
    match = _piece("edge").search(text)
    return _words("edge")[_folded(match.group(1))] if match else None


def _nearest_year(month: int, day: int, published: date, tense: Tense | None) -> int:
    """Return the year of a month and day: the latest in the past, the next in the future, else the nearest."""
    candidates = [d for year in (-1, 0, 1) if (d := _day(published.year + year, month, day)) is not None]
    if tense == "past":
        candidates = [d for d in candidates if d <= published + _TIME_ZONES] or candidates
    elif tense == "future":
        candidates = [d for d in candidates if d >= published - _TIME_ZONES] or candidates
    if not candidates:
        return published.year
    return min(candidates, key=lambda d: abs((d - published).days)).year


# --- the rules ------------------------------------------------------------------------------------------------------


def _iso(text: str, _published: date | None, _tense: Tense | None) -> _Days | None:
    year, month, day = (int(part) for part in text.split("-"))
    found = _day(year, month, day)
    return _one(found) if found else None


def _numeric(text: str, _published: date | None, _tense: Tense | None) -> _Days | None:
    """Read 20/02/2022; where day and month could be swapped, no day is fixed."""
    first, second, year = (int(part) for part in re.split(r"[./]", text))
    readings = {found for found in (_day(year, second, first), _day(year, first, second)) if found}
    if not readings:
        return None
    return _one(readings.pop()) if len(readings) == 1 else _Days(min(readings), max(readings), "vague")


def _calendar_day(text: str, published: date | None, tense: Tense | None) -> _Days | None:
    """Read "Feb. 20", "20 February 2022", "April 14-15"."""
    month = _value("month", text)
    year = _year(text)
    days = _days_of(re.sub(rf"{_YEAR}", "", text))
    if month is None or not days:
        return None
    if year is None:
        if published is None:
            return _Days(None, None, fixes_first=len(days) > 1)
        year = _nearest_year(month, days[0], published, tense)
    first = _day(year, month, days[0])
    if first is None:
        return None
    last = _day(year, month, days[-1])
    if last is None or last <= first:
        return _one(first)
    return _Days(first, last, fixes_first=True)


def _month_year(text: str, _published: date | None, _tense: Tense | None) -> _Days | None:
    month, year, edge = _value("month", text), _year(text), _edge_of(text)
    if month is None or year is None:
        return None
    days = _month_days(year, month)
    return _third(days, edge) if edge else days


def _before_last(text: str, published: date | None, _tense: Tense | None) -> _Days:
    return _one(_shift(published, -2 if "before" in text.lower() else 2)) if published else _Days(None, None)


def _weekday(text: str, published: date | None, tense: Tense | None) -> _Days | None:
    """Read a weekday: the last one up to the publication date, or the next one where the words look ahead."""
    weekday = _value("weekday", text)
    if weekday is None:
        return None
    if published is None:
        return _Days(None, None)
    relation = _value("relation", text)
    if re.search(r"week$", text, re.IGNORECASE):
        monday = published - timedelta(days=published.weekday())
        return _one(_shift(monday, 7 * (relation or 0) + weekday))
    back = (published.weekday() - weekday) % 7
    if relation == 1 or (relation != -1 and tense == "future"):
        ahead = (weekday - published.weekday()) % 7
        return _one(_shift(published, ahead or (7 if relation == 1 else 0)))
    return _one(_shift(published, -(back or (7 if relation == -1 else 0))))


def _last_night(text: str, published: date | None, _tense: Tense | None) -> _Days:
    if published is None:
        return _Days(None, None)
    before = _shift(published, -1)
    return _Days(before, published) if text.lower() == "overnight" else _one(before)


def _this_part(_text: str, published: date | None, _tense: Tense | None) -> _Days:
    return _one(published)


def _deictic(text: str, published: date | None, _tense: Tense | None) -> _Days:
    days = _value("deictic", text)
    return _one(_shift(published, days)) if published and days is not None else _Days(None, None)


def _distance(text: str, published: date | None, sign: int) -> _Days:
    """Read a number of units before or after the publication date; a day is fixed only by a number of days."""
    number, unit = _number(text), _value("unit", text)
    precision = _precision(unit)
    if published is None or number is None or unit is None:
        return _Days(None, None, precision)
    if unit == 0:
        return _Days(_shift(published, -1), published, "day") if sign < 0 else _Days(None, None, "day")
    day = _shift(published, sign * number * unit)
    if unit == 1:
        return _one(day)
    if day is None:
        return _UNKNOWN
    if precision == "week":
        return _Days(day - _WEEK_SLACK, day + _WEEK_SLACK, "week")
    return _month_days(day.year, day.month) if precision == "month" else _year_days(day.year)


def _ago(text: str, published: date | None, _tense: Tense | None) -> _Days:
    days = _distance(text, published, -1)
    vague = re.match(r"about|around|some|nearly", text, re.IGNORECASE)
    return _Days(days.first, days.last, "vague") if vague else days


def _ahead(text: str, published: date | None, tense: Tense | None) -> _Days:
    """Read "in three days", which fixes a day, and "within two weeks", which sets a limit."""
    if _value("relation", text) is not None:
        return _stretch(text, published, tense)
    if text.lower().startswith("within"):
        days = _distance(text, published, 1)
        return _Days(published, days.last, "vague", "by")
    if tense != "future":
        # "took the town in three days" says how long, not when.
        return _UNKNOWN
    return _distance(text, published, 1)


def _distant(_text: str, _published: date | None, _tense: Tense | None) -> _Days:
    """Read "a day after ...": it hangs on another event, so it fixes no day by itself."""
    return _Days(None, None, "vague")


def _stretch(text: str, published: date | None, _tense: Tense | None) -> _Days:
    """Read "the past two weeks", "the next few days"."""
    relation, unit = _value("relation", text), _value("unit", text)
    number = int(found.group()) if (found := re.search(r"\d+", text)) else (_value("number", text) or 3)
    if published is None or unit is None or relation is None:
        return _UNKNOWN
    other = _shift(published, relation * number * unit)
    if other is None:
        return _UNKNOWN
    return _Days(min(published, other), max(published, other), "vague")


def _recent(_text: str, _published: date | None, _tense: Tense | None) -> _Days:
    return _UNKNOWN


def _week_end(text: str, published: date | None, tense: Tense | None) -> _Days:
    if published is None:
        return _Days(None, None, "week")
    relation = _value("relation", text)
    saturday = published - timedelta(days=(published.weekday() - 5) % 7)
    if relation == 1 or (relation != -1 and tense == "future" and published.weekday() < 5):  # noqa: PLR2004 - Saturday
        saturday += timedelta(days=7)
    return _Days(saturday, saturday + timedelta(days=1), "week")


def _period(text: str, published: date | None, tense: Tense | None) -> _Days:
    """Read the week, month, season or year that an expression names, counted from the publication date."""
    year, month, unit, relation = _year(text), _value("month", text), _value("unit", text), _value("relation", text)
    if month is not None:
        return _named_month(month, year, relation, published, tense)
    if year is not None:
        return _year_days(year)
    if published is None or unit is None:
        return _Days(None, None, _precision(unit))
    return _this_or_next(published, _precision(unit), relation or 0)


def _precision(unit: int | None) -> Precision:
    """Return the precision of a unit by its length in days, as the table has it."""
    lengths: dict[int, Precision] = {1: "day", 7: "week", 14: "week", 30: "month", 365: "year", 3650: "vague"}
    return lengths.get(unit or 0, "vague")


def _this_or_next(published: date, precision: Precision, step: int) -> _Days:
    """Return the day, week, month or year some steps from that of the publication."""
    if precision == "day":
        return _one(_shift(published, step))
    if precision == "week":
        day = _shift(published, 7 * step)
        return _week_days(day) if day else _UNKNOWN
    if precision == "month":
        months = published.year * 12 + published.month - 1 + step
        return _month_days(months // 12, months % 12 + 1)
    return _year_days(published.year + step) if precision == "year" else _UNKNOWN


def _named_month(
    month: int, year: int | None, relation: int | None, published: date | None, tense: Tense | None
) -> _Days:
    if year is not None:
        return _month_days(year, month)
    if published is None:
        return _Days(None, None, "month")
    if relation is not None and relation != 0:
        passed = published.month > month if relation < 0 else published.month >= month
        offset = {(-1, True): 0, (-1, False): -1, (1, True): 1, (1, False): 0}[relation, passed]
        return _month_days(published.year + offset, month)
    if month == published.month:
        return _month_days(published.year, month)
    return _month_days(_nearest_year(month, 1, published, tense), month)


def _relative(text: str, published: date | None, tense: Tense | None) -> _Days:
    match = _piece("season").search(text)
    if match and _value("unit", text) is None and _value("month", text) is None:
        return _season(text, published, tense)
    return _period(text, published, tense)


def _edge(text: str, published: date | None, tense: Tense | None) -> _Days:
    """Read "the end of the year", "late March": the third of the period that the words name."""
    days = _period(text, published, tense)
    edge = _edge_of(text)
    return _third(days, edge) if edge else days


def _years_end(text: str, published: date | None, tense: Tense | None) -> _Days:
    return _third(_period(text, published, tense), "3-3")


def _holiday(text: str, published: date | None, tense: Tense | None) -> _Days:
    month, day = (int(part) for part in _words("holiday")[_folded(text)].split("-"))
    if published is None:
        return _Days(None, None)
    return _one(_day(_nearest_year(month, day, published, tense), month, day))


def _season(text: str, published: date | None, tense: Tense | None) -> _Days:
    """Read a season; which months it has depends on the hemisphere, so it never fixes a day."""
    match = _piece("season").search(text)
    if match is None or (published is None and _year(text) is None):
        return _Days(None, None, "season")
    first, last = (int(part) for part in _words("season")[match.group(1).lower()].split("-"))
    relation = _value("relation", text) or 0
    year = _year(text)
    if year is None and published is not None:
        seen: Tense | None = "past" if relation < 0 else "future" if relation > 0 else tense
        year = _nearest_year(first, 1, published, seen)
    if year is None:
        return _Days(None, None, "season")
    end_year = year + (last < first)
    return _Days(date(year, first, 1), date(end_year, last, calendar.monthrange(end_year, last)[1]), "season")


def _day_only(text: str, published: date | None, tense: Tense | None) -> _Days | None:
    """Read "on the 20th": the nearest one on the side that the tense points to."""
    day = _days_of(re.sub(r"(?<=\d)(?:st|nd|rd|th)", "", text, flags=re.IGNORECASE))[0]
    if published is None:
        return _Days(None, None)
    months = [published.year * 12 + published.month - 1 + step for step in (-1, 0, 1)]
    found = [d for d in (_day(month // 12, month % 12 + 1, day) for month in months) if d]
    found = [d for d in found if (d >= published if tense == "future" else d <= published)]
    return _one(min(found, key=lambda d: abs((d - published).days))) if found else None


def _current(_text: str, published: date | None, _tense: Tense | None) -> _Days:
    return _Days(published, published, "vague", "ongoing")


_RULES: dict[str, Callable[[str, date | None, Tense | None], _Days | None]] = {
    "iso": _iso,
    "numeric": _numeric,
    "month_day": _calendar_day,
    "day_month": _calendar_day,
    "month_year": _month_year,
    "before_last": _before_last,
    "weekday": _weekday,
    "last_night": _last_night,
    "this_part": _this_part,
    "deictic": _deictic,
    "ago": _ago,
    "ahead": _ahead,
    "anchored": _distant,
    "distant": _distant,
    "stretch": _stretch,
    "recent": _recent,
    "week_end": _week_end,
    "edge_of": _edge,
    "years_end": _years_end,
    "relative": _relative,
    "edge_month": _edge,
    "holiday": _holiday,
    "season": _season,
    "month": _period,
    "year": _period,
    "day_only": _day_only,
    "current": _current,
}
# Rules whose words are also common words when they stand in lower case ("may 5", "sat", "march 20 miles").
_CAPITALISED = frozenset({"month_day", "day_month", "month_year", "weekday", "edge_month", "month", "holiday"})


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
    found = [_expression(doc, text, match, published) for match in _patterns().finditer(text)]
    return _anchored(_stretches([expression for expression in found if expression is not None], text), text)


def _anchored(found: Sequence[TimeExpression], text: str) -> list[TimeExpression]:
    """Fix "a day later", "the next day", "on the same day" by the last single day named before in the paragraph."""
    fixed: list[TimeExpression] = []
    last: TimeExpression | None = None
    for expression in found:
        step = _STEP.fullmatch(expression.text) if expression.day is None else None
        near = last is not None and "\n" not in text[last.end : expression.start]
        if step is not None and last is not None and last.day is not None and near:
            day = _shift(last.day, _steps_of(step))
            expression = replace(expression, day=day, earliest=day, latest=day, precision="day")  # noqa: PLW2901
        fixed.append(expression)
        if expression.day is not None:
            last = expression
    return fixed


def _steps_of(step: re.Match[str]) -> int:
    """Return how many days an expression such as "two days later" is from the day that it hangs on."""
    if step["same"]:
        return 0
    if step["back"] or step["forth"]:
        return -1 if step["back"] else 1
    number = step["number"].lower()
    days = int(number) if number.isdigit() else int(_words("number").get(number, 0))
    return -days if step["way"].lower() == "earlier" else days


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
    if start is not None and second.latest is not None and _year(first.text) is None and _year(second.text) is not None:
        start = _day(second.latest.year, start.month, start.day)
        if start is not None and start > second.latest:
            start = _day(second.latest.year - 1, start.month, start.day)
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
    if rule in _CAPITALISED and not _is_capitalised(rule, words):
        return None
    tokens = doc.char_span(start, end, alignment_mode="expand")
    days = _RULES[rule](words, published, _tense(tokens) if tokens is not None else None)
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
    match = _piece(kind).search(words)
    return match is not None and match.group()[0].isupper()


def _kind_before(text: str, start: int) -> tuple[DateKind, bool]:
    """Return how the words before a date bind an event to it, and whether they leave the day open ("after")."""
    match = _kinds().search(text[max(0, start - 40) : start])
    if match is None:
        return "on", False
    value = _words("kind")[_folded(match.group(1))]
    return ("by", False) if value == "by" else ("from", value == "after")


def _tense(tokens: SpacySpan) -> Tense | None:
    """Return whether the clause of an expression looks back or ahead; None where its words do not tell."""
    token = tokens.root
    if not token.dep_:
        return _tense_near(tokens)
    for _ in range(_CLIMB):
        if token.pos_ in ("VERB", "AUX"):
            return _tense_of(token)
        if token.lower_ in _words("prospect") or token.lemma_.lower() in _words("prospect"):
            return "future"
        if token.head == token:
            break
        token = token.head
    return _tense_near(tokens)


def _tense_of(verb: Token) -> Tense | None:
    """Return the tense of a verb from its form and its auxiliaries."""
    auxiliaries = [child for child in verb.children if child.dep_ in ("aux", "auxpass")]
    lowered = {child.lower_ for child in auxiliaries}
    if lowered & _words("modal").keys():
        return "past" if lowered & {"have", "'ve"} else "future"
    if "to" in lowered:
        return _tense_of_infinitive(verb)
    if verb.tag_ == "VBD" or any(child.tag_ == "VBD" for child in auxiliaries):
        return _looks_ahead(verb, {child.lower_ for child in verb.children})
    if "has" in lowered or "have" in lowered:
        return "past"
    if verb.tag_ == "VBG" and lowered & {"is", "are", "am", "'s", "'re"}:
        return None
    return None


def _looks_ahead(verb: Token, children: set[str]) -> Tense:
    """Tell "was due to leave on Friday" and "was set for Friday" from a plain past."""
    return "future" if verb.lower_ in ("due", "slated") or children & {"due", "slated"} else "past"


def _tense_of_infinitive(verb: Token) -> Tense | None:
    """Return the tense of "to leave" from the word that governs it: "plans to", "began to"."""
    head = verb.head
    words = {head.lower_, head.lemma_.lower()}
    if words & _words("prospect").keys():
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
    return "future" if near & _words("ahead").keys() else None


# --- which expression dates what ------------------------------------------------------------------------------------


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
        What :func:`find` returned.
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
    verbs = saying_verbs() if saying is None else saying
    dated = _dated_with(trigger, verbs)
    found = [
        (dated[host.i], abs(expression_token.i - trigger.i), expression)
        for expression, expression_token in _in_sentence(times, trigger, doc)
        if (host := _host(expression_token, expression, dated)) is not None
        and not _dates_a_saying(expression, host, trigger, doc, verbs)
    ]
    if not found:
        return None
    best = min(found, key=lambda item: (item[0], item[2].day is None, item[1]))
    begins = any(token != trigger.i and _begins(doc[token]) for token in dated)
    return _from_then_on(best[2]) if begins else best[2]


def said(times: Sequence[TimeExpression], cue: Token, doc: Doc) -> TimeExpression | None:
    """Choose the expression that dates a statement: the one that hangs on the cue itself."""
    found = [
        (abs(token.i - cue.i), expression)
        for expression, token in _in_sentence(times, cue, doc)
        if _host(token, expression, {cue.i: 0}) == cue or _is_beside(expression, cue, doc)
    ]
    return min(found, key=lambda item: (item[1].day is None, item[0]))[1] if found else None


def _begins(verb: Token) -> bool:
    return _words("aspect").get(verb.lemma_.lower()) == "from"


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
        if not inside:
            if head.i in dated:
                return head
            if head.pos_ in ("VERB", "AUX") or (token.dep_ in ("poss", "compound") and head.pos_ == "NOUN"):
                return None
        token = head
    return None


def _dated_with(trigger: Token, saying: Collection[str]) -> dict[int, int]:
    """Return the tokens whose date is the trigger's date too, with their distance from it."""
    dated = {trigger.i: 0}
    # A date after the last of several verbs with one subject dates them all: "left Kabul and flew to Doha on Monday".
    dated.update((child.i, 4) for child in trigger.children if child.dep_ == "conj" and not _has_subject(child))
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
    if token.dep_ in ("aux", "auxpass", "prt"):
        return head
    is_saying = head.lemma_.lower() in saying
    # A purpose ("flew in on Monday to relieve the garrison") is not yet fulfilled on that day.
    is_purpose = token.dep_ == "advcl" and any(child.dep_ == "aux" for child in token.children)
    is_prospect = head.lemma_.lower() in _words("prospect")
    shares = token.dep_ in ("xcomp", "ccomp", "advcl", "pcomp", "conj", "prep") and not _has_subject(token)
    return head if shares and not (is_saying or is_purpose or is_prospect) else None


def _has_subject(verb: Token) -> bool:
    return any(child.dep_ in ("nsubj", "nsubjpass", "expl") for child in verb.children)


def _verb_of_noun(noun: Token, saying: Collection[str]) -> Token | None:
    """Return the verb that a noun of action is subject or object of: "the pullout began on Monday"."""
    head = noun.head
    if noun.dep_ not in ("nsubj", "nsubjpass", "dobj", "attr", "pobj", "conj", "oprd"):
        return None
    for _ in range(_CLIMB):
        if head.pos_ in ("VERB", "AUX"):
            lemma = head.lemma_.lower()
            return head if lemma not in saying or lemma in _words("aspect") else None
        if head.pos_ not in ("ADP", "SCONJ", "PART") or head.head == head:
            return None
        head = head.head
    return None


def _dates_a_saying(expression: TimeExpression, host: Token, trigger: Token, doc: Doc, saying: Collection[str]) -> bool:
    """Tell whether a verb of saying stands next to the expression, whatever the parser hung it on."""
    governor = trigger.head
    if host == trigger and trigger.pos_ == "NOUN" and governor.pos_ == "VERB" and governor.lemma_.lower() in saying:
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
