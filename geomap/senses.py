"""What a name of a place stands for where the words around it leave no choice.

The trained typer of :mod:`geomap.toponyms` weighs words; these few rules decide before it: what stands behind "near",
what troops vacate, a sea, an airport, or the dateline of a report is a place and no government
(``lexicon/literal_cues.csv``).
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from geomap import lexicon

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geomap.model import Span

# How many adjectives and articles may stand between the word that decides and the name.
_REACH = 3
# How far before its preposition a verb of motion may stand, in words ("sent about 11,000 soldiers to").
_MOTION_REACH = 8
_ARTICLES = frozenset({"the", "a", "an"})
_POSSESSIVE = frozenset({"'s", "’s", "'", "’"})
_DATIVE = frozenset({"to", "for", "from"})
# A dateline stands at the head of the text, behind at most a headline, in characters.
_DATELINE_WITHIN = 400

_DAYS = (
    "(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec|January|February|March|April|May|"
    r"June?|July?|August|September|October|November|December)\b"
)
# "DILI, Tuesday -", "GOMA (Reuters) -", "KARALETI, Georgia --": capitals, then a place, a date or an agency, a dash.
_DATELINE = re.compile(
    r"^[^\S\n]{0,4}(?P<names>[A-Z][A-Z'’.-]{2,30}(?:[ /-][A-Z][A-Z'’.-]{2,30}){0,3}"
    rf"(?:, (?!{_DAYS})[A-Z][\w.]{{1,20}}(?: [A-Z]\w{{1,20}})?)?)"
    r"(?P<date>,? [^\n()–—-]{0,30})?(?P<agency>[^\S\n]?\([^()\n]{1,40}\))?[^\S\n]{0,2}(?:--|[-–—])[^\S\n]",
    re.MULTILINE,
)


@cache
def _cues() -> dict[str, frozenset[str]]:
    return {row["kind"]: frozenset(row["words"].split("|")) for row in lexicon.rows("literal_cues")}


@cache
def _features() -> frozenset[str]:
    """Return the names of waters, land forms and regions of one country, lower case: none of them governs or fights."""
    rows = [*lexicon.rows("features"), *(row for row in lexicon.rows("regions") if row["country"])]
    names = {name for row in rows for name in (row["name"], *row["alternates"].split("|"))}
    return frozenset(name.lower().removeprefix("the ") for name in names if name)


def keeps_capital(word: str) -> bool:
    """Tell whether a capitalised word is a title or service that a demonym may stand before ("German Chancellor")."""
    return word.lower() in _cues()["head"]


def is_place(words: Sequence[str], span: tuple[int, int], *, in_name: bool = False) -> bool:
    """Tell whether the words leave no choice but that a name is the place itself.

    Parameters
    ----------
    words
        The words of the passage.
    span
        The name, as half-open word indices.
    in_name
        Whether it may be part of another name; then no capital may stand before the word that decides ("the UN Mission
        in Mali").
    """
    start, end = span
    after = words[end] if end < len(words) else ""
    if after[:1].isupper() or after == "-":
        return False
    if _is_feature(words[start:end]) and (after in _POSSESSIVE or not _is_noun(after)):
        return True
    if after in _POSSESSIVE or _is_noun(after):
        return False
    at = _decider(words, start)
    return at is not None and not (in_name and words[max(0, at - 1)][:1].isupper())


def _is_noun(after: str) -> bool:
    """Tell whether a name modifies the word behind it, which no word that ends a phrase is ("a Gulf official")."""
    return after[:1].islower() and after not in _cues()["end"] and not after.endswith("ly")


def is_ship(words: Sequence[str], span: tuple[int, int]) -> bool:
    """Tell whether a name belongs to a ship's: "HMCS Montreal", "HMS Prince of Wales"."""
    for at in range(span[0] - 1, max(-1, span[0] - 1 - _REACH), -1):
        if words[at] in _ship_prefixes():
            return True
        if not (words[at][:1].isupper() or words[at] == "of"):
            return False
    return False


@cache
def _ship_prefixes() -> frozenset[str]:
    return frozenset(row["prefix"] for row in lexicon.rows("ships"))


def is_party(words: Sequence[str], span: tuple[int, int]) -> bool:
    """Tell whether a name speaks or acts: "Paris promises", "according to Kigali", "Sudan has rejected"."""
    start, end = span
    before = [word.lower() for word in words[max(0, start - 2) : start]]
    if before == ["according", "to"]:
        return end >= len(words) or not words[end][:1].isalpha()
    if before and (before[-1].isalpha() and before[-1] not in _cues()["opener"]):
        return False
    after = [word.lower() for word in words[end : end + _REACH]]
    while after and after[0] in _cues()["between"]:
        del after[0]
    return bool(after) and after[0] in _cues()["speech"]


def _is_feature(name: Sequence[str]) -> bool:
    lower = [word.lower() for word in name]
    features = _cues()["feature"]
    return " ".join(lower) in _features() or (len(lower) > 1 and (lower[-1] in features or lower[0] in features))


def _decider(words: Sequence[str], start: int) -> int | None:
    """Return where the preposition, verb or noun stands that only places take, if one stands before a name."""
    cues = _cues()
    at = start - 1
    while at > start - 1 - _REACH and at >= 0 and words[at].lower() in cues["compass"] | _ARTICLES:
        if words[at].lower() in cues["compass"]:
            return at
        at -= 1
    if at < 0:
        return None
    word = words[at].lower()
    before = {other.lower() for other in words[max(0, at - _MOTION_REACH) : at]}
    is_whither = word in _DATIVE and not before.isdisjoint(cues["dative"])
    is_part = word == "of" and at > 0 and words[at - 1].lower() in cues["part"]
    return at if word in cues["preposition"] | cues["verb"] or is_whither or is_part else None


def opening(text: str) -> int | None:
    """Return where the first sentence begins, if a dateline stands before it; a parse takes one for its subject."""
    found = _DATELINE.search(text, 0, _DATELINE_WITHIN)
    return found.end() if found is not None else None


def dateline(text: str, known: Callable[[str], bool]) -> list[Span]:
    """Find the names of places that a report opens with, before its first dash.

    Parameters
    ----------
    text
        The report.
    known
        Tells whether a name is a place's; asked where no date, agency or country stands with it.

    Returns
    -------
    list of tuple of int
        Half-open offsets of the names; none where the text has no dateline.
    """
    found = _DATELINE.search(text, 0, _DATELINE_WITHIN)
    if found is None:
        return []
    start, end = found.span("names")
    names = [(start + name.start(), start + name.end()) for name in re.finditer(r"[^\s,/][^,/]*", text[start:end])]
    is_plain = not found["agency"] and not (found["date"] or "").strip(" ,") and "," not in found["names"]
    return [] if is_plain and not all(known(text[slice(*name)]) for name in names) else names
