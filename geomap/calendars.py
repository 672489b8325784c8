"""The calendar: which days the words of a date fix, counted from the publication date.

Each kind of date expression ("on Feb. 20", "last week", "three days ago") has one rule, which reads its words by the
table ``lexicon/times.csv``. A day is fixed only where the words and the publication date leave a single one.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal

from geomap import lexicon

if TYPE_CHECKING:
    from collections.abc import Callable

    from geomap.model import DateKind

Precision = Literal["day", "week", "month", "season", "year", "vague"]
Tense = Literal["past", "future"]

# A report may go out on a calendar day before the day, in local time, of what it reports.
_TIME_ZONES = timedelta(days=1)
# "a week ago" is rarely meant to the day; half a week either way.
_WEEK_SLACK = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Days:
    """What an expression fixes: the first and last day, as far as known, and how precisely it speaks."""

    first: date | None
    last: date | None
    precision: Precision = "day"
    kind: DateKind | None = None
    fixes_first: bool = False
    """True for a range that starts on a single day ("April 14-15")."""


_UNKNOWN = Days(None, None, "vague")


@cache
def vocabulary(kind: str) -> dict[str, str]:
    """Return the words of one class of the table, with their values."""
    return {row["word"]: row["value"] for row in lexicon.rows("times") if row["class"] == kind}


# --- the words of the table -----------------------------------------------------------------------------------------

# White space inside an expression: never a blank line, and bounded, so that hostile text costs nothing.
GAP = r"(?:[^\S\n]{1,3}|[^\S\n]?\n[^\S\n]?)"
YEAR = r"(?:19|20)\d\d"


def any_of(kind: str) -> str:
    """Return a pattern for the words of one class, longest first."""
    words = sorted(vocabulary(kind), key=lambda word: (-len(word), word))
    return "(?:" + "|".join(re.escape(word).replace(r"\ ", GAP) for word in words) + ")"


@cache
def piece(kind: str) -> re.Pattern[str]:
    """Compile a pattern that finds one word of a class inside an expression."""
    plural = "s?" if kind == "unit" else ""
    return re.compile(rf"(?<![a-z])({any_of(kind)}){plural}(?![a-z])", re.IGNORECASE)


# --- reading the pieces of an expression --------------------------------------------------------------------------


def folded(words: str) -> str:
    """Return words as the table has them: lower case, single spaces, plain apostrophes."""
    return " ".join(words.lower().replace("’", "'").split())


def _value(kind: str, text: str) -> int | None:
    """Return the value of the first word of a class in an expression."""
    match = piece(kind).search(text)
    if match is None:
        return None
    return int(vocabulary(kind)[folded(match.group(1))])


def year_of(text: str) -> int | None:
    """Return the year that an expression names."""
    match = re.search(rf"(?<!\d){YEAR}(?!\d)", text)
    return int(match.group()) if match else None


def _number(text: str) -> int | None:
    match = re.search(r"\d{1,3}", text)
    return int(match.group()) if match else _value("number", text)


def _days_of(text: str) -> list[int]:
    """Return the days of the month in an expression, in order."""
    return [int(found) for found in re.findall(r"(?<![\d.])(\d{1,2})(?!\d)", text)]


def day_at(year: int, month: int, day: int) -> date | None:
    """Return a day of the calendar, or None where the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def shift(day: date, days: int) -> date | None:
    """Return the day some days later, or None past the calendar's ends."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None


def _one(day: date | None) -> Days:
    return Days(day, day)


def _month_days(year: int, month: int) -> Days:
    return Days(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]), "month")


def _year_days(year: int) -> Days:
    return Days(date(year, 1, 1), date(year, 12, 31), "year")


def _week_days(day: date) -> Days:
    """Return the week, Monday to Sunday as ISO 8601 has it, that holds a day."""
    monday = day - timedelta(days=day.weekday())
    return Days(monday, monday + timedelta(days=6), "week")


def _third(days: Days, edge: str) -> Days:
    """Return the first, middle or last third of a stretch of days."""
    if days.first is None or days.last is None:
        return days
    low, high = (int(part) for part in edge.split("-"))
    length = (days.last - days.first).days + 1
    first = days.first + timedelta(days=length * (low - 1) // 3)
    last = days.first + timedelta(days=length * high // 3 - 1)
    return Days(first, max(first, last), days.precision, days.kind)


def _edge_of(text: str) -> str | None:
    match = piece("edge").search(text)
    return vocabulary("edge")[folded(match.group(1))] if match else None


def _nearest_year(month: int, day: int, published: date, tense: Tense | None) -> int:
    """Return the year of a month and day: the latest in the past, the next in the future, else the nearest."""
    candidates = [d for year in (-1, 0, 1) if (d := day_at(published.year + year, month, day)) is not None]
    if tense == "past":
        candidates = [d for d in candidates if d <= published + _TIME_ZONES] or candidates
    elif tense == "future":
        candidates = [d for d in candidates if d >= published - _TIME_ZONES] or candidates
    if not candidates:
        return published.year
    return min(candidates, key=lambda d: abs((d - published).days)).year


# --- the rules ------------------------------------------------------------------------------------------------------


def _iso(text: str, _published: date | None, _tense: Tense | None) -> Days | None:
    year, month, day = (int(part) for part in text.split("-"))
    found = day_at(year, month, day)
    return _one(found) if found else None


def _numeric(text: str, _published: date | None, _tense: Tense | None) -> Days | None:
    """Read 20/02/2022; where day and month could be swapped, no day is fixed."""
    first, second, year = (int(part) for part in re.split(r"[./]", text))
    readings = {found for found in (day_at(year, second, first), day_at(year, first, second)) if found}
    if not readings:
        return None
    return _one(readings.pop()) if len(readings) == 1 else Days(min(readings), max(readings), "vague")


def _calendar_day(text: str, published: date | None, tense: Tense | None) -> Days | None:
    """Read "Feb. 20", "20 February 2022", "April 14-15"."""
    month = _value("month", text)
    year = year_of(text)
    days = _days_of(re.sub(rf"{YEAR}", "", text))
    if month is None or not days:
        return None
    if year is None:
        if published is None:
            return Days(None, None, fixes_first=len(days) > 1)
        year = _nearest_year(month, days[0], published, tense)
    first = day_at(year, month, days[0])
    if first is None:
        return None
    last = day_at(year, month, days[-1])
    if last is None or last <= first:
        return _one(first)
    return Days(first, last, fixes_first=True)


def _month_year(text: str, _published: date | None, _tense: Tense | None) -> Days | None:
    month, year, edge = _value("month", text), year_of(text), _edge_of(text)
    if month is None or year is None:
        return None
    days = _month_days(year, month)
    return _third(days, edge) if edge else days


def _before_last(text: str, published: date | None, _tense: Tense | None) -> Days:
    return _one(shift(published, -2 if "before" in text.lower() else 2)) if published else Days(None, None)


def _weekday(text: str, published: date | None, tense: Tense | None) -> Days | None:
    """Read a weekday: the last one up to the publication date, or the next one where the words look ahead."""
    weekday = _value("weekday", text)
    if weekday is None:
        return None
    if published is None:
        return Days(None, None)
    relation = _value("relation", text)
    if re.search(r"week$", text, re.IGNORECASE):
        monday = published - timedelta(days=published.weekday())
        return _one(shift(monday, 7 * (relation or 0) + weekday))
    back = (published.weekday() - weekday) % 7
    if relation == 1 or (relation != -1 and tense == "future"):
        ahead = (weekday - published.weekday()) % 7
        return _one(shift(published, ahead or (7 if relation == 1 else 0)))
    return _one(shift(published, -(back or (7 if relation == -1 else 0))))


def _last_night(text: str, published: date | None, _tense: Tense | None) -> Days:
    if published is None:
        return Days(None, None)
    before = shift(published, -1)
    return Days(before, published) if text.lower() == "overnight" else _one(before)


def _this_part(_text: str, published: date | None, _tense: Tense | None) -> Days:
    return _one(published)


def _deictic(text: str, published: date | None, _tense: Tense | None) -> Days:
    days = _value("deictic", text)
    return _one(shift(published, days)) if published and days is not None else Days(None, None)


def _distance(text: str, published: date | None, sign: int) -> Days:
    """Read a number of units before or after the publication date; a day is fixed only by a number of days."""
    number, unit = _number(text), _value("unit", text)
    precision = _precision(unit)
    if published is None or number is None or unit is None:
        return Days(None, None, precision)
    if unit == 0:
        return Days(shift(published, -1), published, "day") if sign < 0 else Days(None, None, "day")
    day = shift(published, sign * number * unit)
    if unit == 1:
        return _one(day)
    if day is None:
        return _UNKNOWN
    if precision == "week":
        return Days(day - _WEEK_SLACK, day + _WEEK_SLACK, "week")
    return _month_days(day.year, day.month) if precision == "month" else _year_days(day.year)


def _ago(text: str, published: date | None, _tense: Tense | None) -> Days:
    days = _distance(text, published, -1)
    vague = re.match(r"about|around|some|nearly", text, re.IGNORECASE)
    return Days(days.first, days.last, "vague") if vague else days


def _ahead(text: str, published: date | None, tense: Tense | None) -> Days:
    """Read "in three days", which fixes a day, and "within two weeks", which sets a limit."""
    if _value("relation", text) is not None:
        return _stretch(text, published, tense)
    if text.lower().startswith("within"):
        days = _distance(text, published, 1)
        return Days(published, days.last, "vague", "by")
    if tense != "future":
        # "took the town in three days" says how long, not when.
        return _UNKNOWN
    return _distance(text, published, 1)


def _distant(_text: str, _published: date | None, _tense: Tense | None) -> Days:
    """Read "a day after ...": it hangs on another event, so it fixes no day by itself."""
    return Days(None, None, "vague")


def _part(_text: str, _published: date | None, _tense: Tense | None) -> Days:
    """Read "before dawn", "by then": the day is the one that was told of before."""
    return Days(None, None)


def _stretch(text: str, published: date | None, _tense: Tense | None) -> Days:
    """Read "the past two weeks", "the next few days"."""
    relation, unit = _value("relation", text), _value("unit", text)
    number = int(found.group()) if (found := re.search(r"\d+", text)) else (_value("number", text) or 3)
    if published is None or unit is None or relation is None:
        return _UNKNOWN
    other = shift(published, relation * number * unit)
    if other is None:
        return _UNKNOWN
    return Days(min(published, other), max(published, other), "vague")


def _recent(_text: str, _published: date | None, _tense: Tense | None) -> Days:
    return _UNKNOWN


def _week_end(text: str, published: date | None, tense: Tense | None) -> Days:
    if published is None:
        return Days(None, None, "week")
    relation = _value("relation", text)
    saturday = published - timedelta(days=(published.weekday() - 5) % 7)
    if relation == 1 or (relation != -1 and tense == "future" and published.weekday() < 5):  # noqa: PLR2004 - Saturday
        saturday += timedelta(days=7)
    return Days(saturday, saturday + timedelta(days=1), "week")


def _period(text: str, published: date | None, tense: Tense | None) -> Days:
    """Read the week, month, season or year that an expression names, counted from the publication date."""
    year, month, unit, relation = year_of(text), _value("month", text), _value("unit", text), _value("relation", text)
    if month is not None:
        return _named_month(month, year, relation, published, tense)
    if year is not None:
        return _year_days(year)
    if published is None or unit is None:
        return Days(None, None, _precision(unit))
    return _this_or_next(published, _precision(unit), relation or 0)


def _precision(unit: int | None) -> Precision:
    """Return the precision of a unit by its length in days, as the table has it."""
    lengths: dict[int, Precision] = {1: "day", 7: "week", 14: "week", 30: "month", 365: "year", 3650: "vague"}
    return lengths.get(unit or 0, "vague")


def _this_or_next(published: date, precision: Precision, step: int) -> Days:
    """Return the day, week, month or year some steps from that of the publication."""
    if precision == "day":
        return _one(shift(published, step))
    if precision == "week":
        day = shift(published, 7 * step)
        return _week_days(day) if day else _UNKNOWN
    if precision == "month":
        months = published.year * 12 + published.month - 1 + step
        return _month_days(months // 12, months % 12 + 1)
    return _year_days(published.year + step) if precision == "year" else _UNKNOWN


def _named_month(
    month: int, year: int | None, relation: int | None, published: date | None, tense: Tense | None
) -> Days:
    if year is not None:
        return _month_days(year, month)
    if published is None:
        return Days(None, None, "month")
    if relation is not None and relation != 0:
        passed = published.month > month if relation < 0 else published.month >= month
        offset = {(-1, True): 0, (-1, False): -1, (1, True): 1, (1, False): 0}[relation, passed]
        return _month_days(published.year + offset, month)
    if month == published.month:
        return _month_days(published.year, month)
    return _month_days(_nearest_year(month, 1, published, tense), month)


def _relative(text: str, published: date | None, tense: Tense | None) -> Days:
    match = piece("season").search(text)
    if match and _value("unit", text) is None and _value("month", text) is None:
        return _season(text, published, tense)
    return _period(text, published, tense)


def _edge(text: str, published: date | None, tense: Tense | None) -> Days:
    """Read "the end of the year", "late March": the third of the period that the words name."""
    days = _period(text, published, tense)
    edge = _edge_of(text)
    return _third(days, edge) if edge else days


def _years_end(text: str, published: date | None, tense: Tense | None) -> Days:
    return _third(_period(text, published, tense), "3-3")


def _holiday(text: str, published: date | None, tense: Tense | None) -> Days:
    month, day = (int(part) for part in vocabulary("holiday")[folded(text)].split("-"))
    if published is None:
        return Days(None, None)
    return _one(day_at(_nearest_year(month, day, published, tense), month, day))


def _season(text: str, published: date | None, tense: Tense | None) -> Days:
    """Read a season; which months it has depends on the hemisphere, so it never fixes a day."""
    match = piece("season").search(text)
    if match is None or (published is None and year_of(text) is None):
        return Days(None, None, "season")
    first, last = (int(part) for part in vocabulary("season")[match.group(1).lower()].split("-"))
    relation = _value("relation", text) or 0
    year = year_of(text)
    if year is None and published is not None:
        seen: Tense | None = "past" if relation < 0 else "future" if relation > 0 else tense
        year = _nearest_year(first, 1, published, seen)
    if year is None:
        return Days(None, None, "season")
    end_year = year + (last < first)
    return Days(date(year, first, 1), date(end_year, last, calendar.monthrange(end_year, last)[1]), "season")


def _day_only(text: str, published: date | None, tense: Tense | None) -> Days | None:
    """Read "on the 20th": the nearest one on the side that the tense points to."""
    day = _days_of(re.sub(r"(?<=\d)(?:st|nd|rd|th)", "", text, flags=re.IGNORECASE))[0]
    if published is None:
        return Days(None, None)
    months = [published.year * 12 + published.month - 1 + step for step in (-1, 0, 1)]
    found = [d for d in (day_at(month // 12, month % 12 + 1, day) for month in months) if d]
    found = [d for d in found if (d >= published if tense == "future" else d <= published)]
    return _one(min(found, key=lambda d: abs((d - published).days))) if found else None


def _current(_text: str, published: date | None, _tense: Tense | None) -> Days:
    return Days(published, published, "vague", "ongoing")


# The rules of :mod:`geomap.times`, by the name of the pattern: words, publication date and tense to days.
RULES: dict[str, Callable[[str, date | None, Tense | None], Days | None]] = {
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
    "part": _part,
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
CAPITALISED = frozenset({"month_day", "day_month", "month_year", "weekday", "edge_month", "month", "holiday"})
