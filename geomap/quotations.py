"""Direct quotations, over sentences and paragraphs, and who speaks them.

A quotation's speaker is named right after it, right before it, or beside the part before it; a part that opens a
sentence with no speaker near goes on with the last one's.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geomap import sources

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from geomap.model import Document, Span
    from geomap.sources import Source

# An attribution with titles and an addressee takes some 25 words, or 240 characters.
_ATTRIBUTION_WORDS = 25
_ATTRIBUTION_LETTERS = 240
# "Lt.-Gen." is among the longest abbreviated titles.
_TITLE_LETTERS = 7
# What may open, close or end a quotation.
_MARKS = re.compile(r'["“”„\n]')


@dataclass(frozen=True, slots=True)
class Quotation:
    """A direct quotation: its characters, whether it opens a sentence, and who speaks."""

    start: int
    end: int
    is_whole: bool
    source: Source | None


def _quoted_spans(text: str) -> list[Span]:
    """Find direct quotations; one that a paragraph opens anew without closing the last goes on with it."""
    spans: list[Span] = []
    opened: int | None = None
    for match in _MARKS.finditer(text):
        i, letter = match.start(), match.group()
        if letter == "\n":
            opened = opened if opened is not None and _resumes(text, i) else None
            continue
        before = text[i - 1] if i else "\n"
        opens = letter in "“„" or (letter == '"' and (before.isspace() or before in "([-—"))
        if opened is None:
            opened = i if letter != "”" else None
        elif not (opens and before in "\n\r"):
            spans.append((opened, i + 1))
            opened = None
    return spans


def _resumes(text: str, newline: int) -> bool:
    """Whether a quotation that is open at a line's end goes on in the next paragraph.

    At most the next 2,000 characters are looked at, so that a stray mark cannot swallow a report.
    """
    for i in range(newline + 1, min(newline + 2_000, len(text))):
        letter = text[i]
        if letter == "”":
            return True
        if letter in '"“':
            before = text[i - 1]
            return before in "\n\r" or (letter == '"' and not before.isspace())
    return False


def find(doc: Doc, document: Document) -> list[Quotation]:
    """Find the direct quotations with their speakers; one with no speaker near it goes on with the last one's."""
    text = document.text
    spans = _quoted_spans(text)
    if not spans:
        return []
    starts = doc.to_array(["IDX"]).tolist()
    found: list[Quotation] = []
    for n, (start, end) in enumerate(spans):
        first, last = bisect_right(starts, start) - 1, bisect_left(starts, end)
        is_whole = _opens_sentence(doc, first)
        following = spans[n + 1][0] if n + 1 < len(spans) else len(text)
        source = _speaker_after(doc, last, following)
        if source is None:
            source = _speaker_before(doc, first, spans[n - 1][1] if n else 0)
        spoken = found[-1] if found else None
        goes_on = source is None and is_whole and spoken is not None and _adjoins(text[spoken.end : start])
        if goes_on and spoken is not None and spoken.source is not None:
            source = replace(spoken.source, rule="quotation/continued")
        if source is None and is_whole:
            source = _speaker_of_paragraph_before(doc, first)
        found.append(Quotation(start, end, is_whole, source))
    return found


def _opens_sentence(doc: Doc, i: int) -> bool:
    while i > 0 and doc[i - 1].is_space:
        i -= 1
    return i == 0 or doc[i - 1].text in {".", "!", "?", ":", '"', "'", ","} or doc[i - 1].text.endswith(".")


def _adjoins(between: str) -> bool:
    """Whether only the attribution stands between two parts of one quotation: at most one sentence end."""
    ends = sum(between.count(mark) for mark in (". ", ".\n", "! ", "? "))
    return len(between) <= _ATTRIBUTION_LETTERS and ends <= 1


def _abbreviates(doc: Doc, i: int) -> bool:
    """Whether a full stop ends a title ("Lt. Gen. Name said") and no sentence."""
    return 0 < i < len(doc) - 1 and len(doc[i - 1]) <= _TITLE_LETTERS and doc[i - 1].pos_ == doc[i + 1].pos_ == "PROPN"


def _speaker_after(doc: Doc, start: int, limit: int) -> Source | None:
    """Find the attribution that follows a quotation at once."""
    if start > 1 and start < len(doc) and doc[start - 2].text == "." and not doc[start].is_lower:
        return None  # the quotation ended its sentence, and the next one is the reporter's
    end = start
    while end < min(len(doc), start + _ATTRIBUTION_WORDS) and doc[end].idx < limit and "\n" not in doc[end].text:
        end += 1
        if doc[end - 1].text in {".", "!", "?", ";"} and not _abbreviates(doc, end - 1):
            break
    for token in doc[start:end]:
        source = sources.quote_cue(token, "quotation")
        if source is None or source.holder is None:
            continue
        named = sources.subject(token)
        edge = source.holder[0].i if named is None or named.i < start else max(start, named.left_edge.i)
        first = min(token.i, edge)
        between = doc[start : max(start, first)]
        if first >= start and all(t.is_punct or t.pos_ in {"CCONJ", "ADV"} for t in between):
            return source
        return None
    return None


def _speaker_of_paragraph_before(doc: Doc, start: int) -> Source | None:
    """Find who speaks in a quotation that is a paragraph and names nobody: whoever the sentence before it quotes."""
    last = start - 1
    if last < 0 or "\n" not in doc[last].text:
        return None
    while last > 0 and doc[last].is_space:
        last -= 1
    root = doc[last].sent.root
    spoken = any(child.dep_ == "ccomp" for child in root.children)
    source = sources.quote_cue(root, "introduced") if spoken else None
    return source if source is not None and source.rule.startswith("say/") else None


def _speaker_before(doc: Doc, start: int, limit: int) -> Source | None:
    """Find the attribution that leads a quotation in: the nearest cue before it in the same sentence."""
    colon = doc[start - 1] if start and doc[start - 1].text == ":" else None
    for i in range(start - 1, max(-1, start - 1 - _ATTRIBUTION_WORDS), -1):
        token = doc[i]
        if token.idx < limit or token.text in {".", "!", "?"} or "\n" in token.text:
            break
        source = sources.quote_cue(token, "quotation")
        if source is not None:
            return source
        subject = sources.subject(token) if colon is not None and token.pos_ in {"VERB", "AUX"} else None
        if colon is not None and subject is not None:
            return sources.make(colon, colon, subject, None, "say/colon")
    return None
