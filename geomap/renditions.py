"""Renditions: a document as the stages read it, and the way back to the offsets of its own text.

News text holds what the eye does not see and a model does not know: soft hyphens, letters in two characters (NFD),
typographic spaces, ligatures of PDF files, lines that an editor has broken at a fixed width. A rendition is without
them. What is found in it is given the offsets, and the words, of the text as it was given.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geomap.model import Document, Span

Found = TypeVar("Found")

# Soft hyphens, zero-width spaces and joiners of words, marks and embeddings of the writing direction.
_UNSEEN = "\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069"
_SPACES = "\u2000-\u200a\u202f\u205f\u3000"
_BREAKS = "\u0085\u2028\u2029"
_ODD = re.compile(
    rf"(?P<unseen>[{_UNSEEN}]+|(?<!\A)\ufeff)|(?P<space>[{_SPACES}])|(?P<break>[{_BREAKS}])"
    r"|(?P<letter>[^\W\d_][\u0300-\u036f]+|[\ufb00-\ufb06])"
)
_WRAP = re.compile(r"(?<=\S)[ \t]{0,9}(\r\n|\n|\r)[ \t]{0,9}(?=\S)")
# Editors and mail programs break lines at 60 to 100 characters; a paragraph on one line is longer.
_NARROWEST, _WIDEST = 45, 110
# So many breaks that a fixed width forces are no accident, and of the others so few are headings and last lines.
_MIN_BREAKS = 4
_FORCED_SHARE = 0.9
# The fields of the model's types that hold offsets, beside "start" and "end".
SPAN_FIELDS = frozenset({"trigger", "evidence", "cue", "head", "inferred_from"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """A document as it is read."""

    document: Document
    original: Document
    _outs: tuple[int, ...] = (0,)
    """Where each piece begins in the rendition."""
    _ins: tuple[int, ...] = (0,)
    """Where it begins in the original."""
    _whole: tuple[bool, ...] = (False,)
    """Whether it was replaced as a whole, so that no offset lies inside it."""

    def restore(self, span: Span) -> Span:
        """Return the span of the original that a span of the rendition stands for."""
        start, end = span
        if start >= end:
            at = self._original(start)[0]
            return at, at
        return self._original(start)[0], self._original(end - 1)[1]

    def restored(self, found: Found) -> Found:
        """Return what was found in the rendition as it stands in the original: offsets, and the words at them."""
        if isinstance(found, tuple | list):
            return type(found)(self.restored(item) for item in found)
        if not is_dataclass(found) or isinstance(found, type):
            return found
        changes: dict[str, Any] = {}
        for field in fields(found):
            value = getattr(found, field.name)
            if field.name in SPAN_FIELDS and value is not None:
                changes[field.name] = self.restore(value)
            elif isinstance(value, tuple) or is_dataclass(value):
                changes[field.name] = self.restored(value)
        if hasattr(found, "start") and hasattr(found, "end"):
            changes["start"], changes["end"] = start, end = self.restore((found.start, found.end))
            if hasattr(found, "text"):
                changes["text"] = self.original.text[start:end]
        changed = {name: value for name, value in changes.items() if value != getattr(found, name)}
        return replace(found, **changed) if changed else found

    def _original(self, offset: int) -> Span:
        """Return the span of the original that a character of the rendition stands for."""
        at = bisect_right(self._outs, offset) - 1
        if self._whole[at]:
            return self._ins[at], self._ins[at + 1]
        start = self._ins[at] + offset - self._outs[at]
        return start, start + 1


def render(document: Document) -> Rendition:
    """Return a document as it is read; one that holds nothing odd is its own rendition."""
    changes = list(_changes(document.text))
    if not changes:
        return Rendition(document=document, original=document)
    text, position = document.text, 0
    parts: list[str] = []
    outs, ins, whole, length = [], [], [], 0
    for start, end, words in changes:
        for part, begin, is_whole in ((text[position:start], position, False), (words, start, True)):
            if part:
                outs.append(length)
                ins.append(begin)
                whole.append(is_whole)
                parts.append(part)
                length += len(part)
        position = end
        # What follows a piece that was left out begins behind it.
        if not words:
            outs.append(length)
            ins.append(position)
            whole.append(False)
    outs.append(length)
    ins.append(position)
    whole.append(False)
    parts.append(text[position:])
    rendered = "".join(parts)
    skip = tuple(
        (_forward(start, outs, ins, whole, len(rendered)), _forward(end, outs, ins, whole, len(rendered)))
        for start, end in document.skip
    )
    return Rendition(
        document=replace(document, text=rendered, skip=tuple(span for span in skip if span[0] < span[1])),
        original=document,
        _outs=tuple(outs),
        _ins=tuple(ins),
        _whole=tuple(whole),
    )


def _forward(offset: int, outs: list[int], ins: list[int], whole: list[bool], length: int) -> int:
    """Return where an offset of the original lies in the rendition; one inside a replaced piece, at its beginning."""
    at = bisect_right(ins, offset) - 1
    if at < 0 or whole[at]:
        return outs[max(at, 0)]
    end = outs[at + 1] if at + 1 < len(outs) else length
    return min(outs[at] + offset - ins[at], end)


def _changes(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield what is read otherwise, in order: where it stands, and as what it is read."""
    wraps = _wraps(text)
    odd = _ODD.finditer(text) if not text.isascii() else iter(())
    found = sorted([*wraps, *((match.start(), match.end(), _plain(match)) for match in odd)])
    position = 0
    for start, end, words in found:
        if start >= position and text[start:end] != words:
            yield start, end, words
            position = end


def _plain(match: re.Match[str]) -> str:
    if match["letter"]:
        is_ligature = "\ufb00" <= match["letter"] <= "\ufb06"
        return unicodedata.normalize("NFKC" if is_ligature else "NFC", match["letter"])
    return " " if match["space"] else "\n" if match["break"] else ""


def _wraps(text: str) -> list[tuple[int, int, str]]:
    """Return the ends of lines that only a fixed width has put there, each to be read as a space.

    A break is forced if the next line's first word would not have fitted; where nearly all breaks inside paragraphs are
    forced by one width, an editor made them.
    """
    if "\n\n" not in text.replace("\r\n", "\n").replace("\r", "\n").strip():
        return []
    lines = [len(line) for line in text.splitlines()]
    width = max(lines, default=0)
    if not _NARROWEST <= width <= _WIDEST:
        return []
    breaks = [match for match in _WRAP.finditer(text) if _is_inside(text, match)]
    forced = [match for match in breaks if _is_forced(text, match, width)]
    if len(forced) < _MIN_BREAKS or len(forced) < _FORCED_SHARE * len(breaks):
        return []
    return [(*match.span(), "" if text[match.start() - 1] == "-" else " ") for match in forced]


def _is_inside(text: str, match: re.Match[str]) -> bool:
    """Tell whether a break joins two lines of prose, and is not the beginning of an entry of a list or a quotation."""
    return text[match.end()] not in "-*•>|#"


def _is_forced(text: str, match: re.Match[str], width: int) -> bool:
    first = max(0, match.start() - _WIDEST - 1)
    line = max(text.rfind("\n", first, match.start()), text.rfind("\r", first, match.start()), first - 1) + 1
    word = re.compile(r"\S+").match(text, match.end())
    return word is not None and match.start() - line + 1 + len(word[0]) > width
