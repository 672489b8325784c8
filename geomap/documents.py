"""Reads reports: text and HTML files, standard input and JSON lines.

A :class:`~geomap.model.Document` keeps the text of its file exactly as it was given, byte order mark, line ends and
boilerplate included, so that every offset holds in the file. What is not part of the report (a header, "[ad_1]", "Read
More: ...") is listed in ``Document.skip`` instead of being cut out. Only HTML is changed: its text is the article that
trafilatura finds in it.

A text file may begin with a header, which ends at the first empty line::

    Title: Convoys head north from the capital
    Date: 2021-11-05
    Source: https://example.org/convoys
    Publisher: The Example

The publication date is the one that the caller gives, else the header's, else the page's metadata, else the only full
date that the text itself puts near its top; else it is unknown.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geomap import lexicon
from geomap.errors import ReadError
from geomap.model import Document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geomap.model import Span

# A report is text: the longest single articles on the web stay under 1 MB, so that 20 MB is not one of them.
MAX_BYTES = 20_000_000

# The first bytes of formats that are often given by mistake, and what to do with them.
_SIGNATURES = {
    b"%PDF-": "a PDF file; save it as text first",
    b"PK\x03\x04": "a zip archive or an office document; save it as text first",
    b"\xd0\xcf\x11\xe0": "an old office document; save it as text first",
    b"\x1f\x8b": "a gzip file; unpack it first",
    b"\x28\xb5\x2f\xfd": "a zstd file; unpack it first",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
}
_TEXT_CONTROLS = frozenset("\t\n\r\f\v\x1b\x85")
# Real text holds next to no control characters; one in twenty leaves room for a damaged one.
_MAX_CONTROL_SHARE = 0.05

_HTML = re.compile(
    r"\A\ufeff?\s*(?:<!--.{0,2000}?-->\s*|<\?xml[^>]{0,200}>\s*){0,3}<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?([\w.:-]{2,40})""", re.IGNORECASE)

_HEADER_LINE = re.compile(r"([A-Za-z]{3,12})[ \t]{0,9}:[ \t]*(.*)")
_HEADER_KEYS = frozenset({"title", "date", "published", "source", "url", "publisher", "home", "author", "language"})
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")

# Boilerplate stands on a short line of its own; a longer one is prose that happens to begin with the same words.
_MAX_BOILERPLATE_CHARACTERS = 300

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sept", "sep"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = r"(?P<month{0}>" + "|".join(_MONTHS) + r")\.?"
_DAY = r"(?P<day{0}>\d{{1,2}})(?:st|nd|rd|th)?"
_FULL_DATE = re.compile(
    r"\b(?:(?P<weekday>" + "|".join(_WEEKDAYS) + r"),? )?"
    r"(?:"
    + _MONTH.format(1)
    + " "
    + _DAY.format(1)
    + r",? (?P<year1>\d{4})"
    + "|"
    + _DAY.format(2)
    + " "
    + _MONTH.format(2)
    + r",? (?P<year2>\d{4})"
    + r"|(?P<year3>\d{4})-(?P<month3>\d{2})-(?P<day3>\d{2})"
    + r")\b",
    re.IGNORECASE,
)
# A dateline or the caption of the lead picture stands within the first paragraphs; history comes later.
_TOP_CHARACTERS = 600
_LONGEST_WORD = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A document of a collection that could not be read, and why; it becomes a record with an error."""

    id: str
    error: str


def read(
    source: str | os.PathLike[str],
    *,
    published: date | str | None = None,
    id: str | None = None,
) -> Document:
    """Read one report.

    Parameters
    ----------
    source
        Path of a text or HTML file, or "-" for standard input.
    published
        The publication date; wins over what the report says of itself. A string is an ISO date or a full English date.
    id
        The document's id; by default the file's stem and a short hash of the text.

    Returns
    -------
    Document
        For a text file, ``text`` is the file's content unchanged and ``skip`` holds its header and boilerplate.

    Raises
    ------
    ReadError
        If the source is missing, a folder, not readable, empty, binary, not decodable, too large, or holds no article;
        or if ``published`` is no date.
    """
    given = None if published is None else parse_date(published)
    name = os.fspath(source)
    data = _read_bytes(name)
    text = _decode(data, name)
    stem = "stdin" if name == "-" else Path(name).stem.encode("utf-8", "replace").decode()
    if Path(name).suffix.lower() in {".html", ".htm", ".xhtml"} or _HTML.match(text[:10_000]):
        return _from_html(text, name, stem=stem, published=given, id=id)
    return from_text(text, id=id, stem=stem, published=given, header=True)


def read_many(source: str | os.PathLike[str], *, published: date | str | None = None) -> Iterator[Document | Unread]:
    """Read JSON lines, one document a line: ``{"id", "text", "title"?, "published"?, "url"?, "publisher"?, "home"?}``.

    Parameters
    ----------
    source
        Path of the file, or "-" for standard input. Other keys are passed over; a document without an id is called
        after its line.
    published
        The publication date of them all; wins over what the documents say.

    Yields
    ------
    Document or Unread
        In the order of the lines, one by one; a line that holds no document is an ``Unread``, and the rest goes on.

    Raises
    ------
    ReadError
        If the source itself cannot be read.
    """
    name = os.fspath(source)
    given = None if published is None else parse_date(published)
    try:
        lines = sys.stdin.buffer if name == "-" else Path(name).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise _unreadable(name, error) from error
    with lines:
        try:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _from_json(line.removeprefix(b"\xef\xbb\xbf"), number, given)
        except OSError as error:
            raise _unreadable(name, error) from error


def is_json_lines(source: str | os.PathLike[str]) -> bool:
    """Tell by its name whether a source is a collection of documents."""
    return Path(os.fspath(source)).suffix.lower() in {".jsonl", ".ndjson"}


def from_text(
    text: str,
    *,
    id: str | None = None,
    title: str | None = None,
    published: date | None = None,
    published_from: str = "given",
    url: str | None = None,
    publisher: str | None = None,
    home: str | None = None,
    stem: str = "text",
    header: bool = False,
) -> Document:
    """Make a document of a text.

    Parameters
    ----------
    text
        The report. It is kept as it is.
    id
        The document's id; by default ``stem`` and a short hash of the text.
    title, published
        What is known of the report; it wins over the header.
    published_from
        Where ``published`` was found, if it is given.
    url, publisher, home
        What else is known.
    stem
        Beginning of an id that is made here.
    header
        Whether the text may begin with a header.

    Returns
    -------
    Document
        With the publication date of the header or the text where none is given, and with boilerplate in ``skip``.

    Raises
    ------
    ReadError
        If the text is blank, or the header's date is no date.
    """
    name = id or stem
    if not text.strip("\ufeff \t\r\n\f\v"):
        msg = f"{name} is empty; give a report with some text"
        raise ReadError(msg)
    known, body = _read_header(text) if header else ({}, _after_mark(text))
    if published is None and (words := known.get("date") or known.get("published")):
        published, published_from = parse_date(words, where=f"in the header of {name}"), "header"
    if published is None:
        published, published_from = _date_in(text[body:]), "text"
    link = known.get("url") or known.get("source", "")
    is_link = re.match(r"https?://\S+\Z", link) is not None
    return Document(
        id=id or f"{stem}-{_short_hash(text)}",
        text=text,
        title=title or known.get("title"),
        published=published,
        published_from=published_from if published else None,
        url=url or (link if is_link else None),
        publisher=publisher or known.get("publisher") or (None if is_link else known.get("source")),
        home=home or known.get("home"),
        skip=(((0, body),) if body else ()) + tuple(_boilerplate(text, body)),
    )


def parse_date(words: date | str, *, where: str = "as the publication date") -> date:
    """Read a calendar date.

    Parameters
    ----------
    words
        An ISO date, an ISO date and time with an offset (the day at that offset counts), or a full English date such as
        "16 February 2022" or "Wednesday, Feb. 16, 2022".
    where
        Where the words stand, for the message.

    Raises
    ------
    ReadError
        If it is no such date, if the weekday does not fit it, or if it has a time of day without an offset, since that
        does not fix a moment.
    """
    found = _parse_words(words.strip()) if isinstance(words, str) else words
    if isinstance(found, datetime):
        if found.tzinfo is None:
            msg = f"{str(words)!r} {where} is a time without an offset; give the date alone (2022-02-16)"
            raise ReadError(msg)
        return found.date()
    if found is None:
        msg = f"{words!r} {where} is not a date; write it as 2022-02-16 or 16 February 2022"
        raise ReadError(msg)
    return found


def _parse_words(words: str) -> date | datetime | None:
    match = _FULL_DATE.fullmatch(words)
    if match is not None:
        return _calendar_date(match)
    try:
        return datetime.fromisoformat(words) if re.match(r"\d{4}-\d\d-\d\d[T ]\d\d", words) else None
    except ValueError:
        return None


def _calendar_date(match: re.Match[str]) -> date | None:
    """Return the date that a match of the pattern names, or None when the calendar has no such day."""
    for form in "123":
        if match[f"year{form}"]:
            month = match[f"month{form}"]
            number = _MONTHS.get(month.lower().rstrip(".")) or int(month)
            try:
                found = date(int(match[f"year{form}"]), number, int(match[f"day{form}"]))
            except ValueError:
                return None
            weekday = match["weekday"]
            return None if weekday and _WEEKDAYS[found.weekday()] != weekday.lower() else found
    return None


def _date_in(text: str) -> date | None:
    """Return the day of publication that the text puts near its top, or None when it puts several or none there.

    A dateline, a byline and the caption of the lead picture give a full date with its weekday, or outside any clause.
    "The invasion of Feb. 24, 2022" is history: a date right behind a lower-case word counts for nothing.
    """
    found: set[date] = set()
    for match in _FULL_DATE.finditer(text):
        day = _calendar_date(match)
        word_before = text[max(0, match.start() - _LONGEST_WORD) : match.start()].rsplit(maxsplit=1)[-1:]
        in_clause = bool(word_before) and word_before[0].islower() and text[match.start() - 1] == " "
        if day is not None and (match["weekday"] or not in_clause):
            if match.start() > _TOP_CHARACTERS and not found:
                return None
            found.add(day)
    return found.pop() if len(found) == 1 else None


def _read_bytes(name: str) -> bytes:
    if re.match(r"https?://", name):
        msg = f"{name} is an address, and geomap reads files; save the page and name the file"
        raise ReadError(msg)
    try:
        if name == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error
    if len(data) > MAX_BYTES:
        msg = f"{_shown(name)} is larger than {MAX_BYTES // 1_000_000} MB; give one report at a time, or JSON lines"
        raise ReadError(msg)
    if not data.strip():
        msg = f"{_shown(name)} is empty; give a report with some text"
        raise ReadError(msg)
    return data


def _unreadable(name: str, error: OSError | ValueError) -> ReadError:
    messages: dict[type[Exception], str] = {
        FileNotFoundError: "does not exist; check the path",
        IsADirectoryError: "is a folder; name a file in it",
        PermissionError: "may not be read; check its permissions",
    }
    what = messages.get(type(error), f"cannot be read: {getattr(error, 'strerror', None) or error}")
    return ReadError(f"{_shown(name)} {what}")


def _shown(name: str) -> str:
    return "standard input" if name == "-" else name.encode("utf-8", "replace").decode()


def _decode(data: bytes, name: str) -> str:
    """Decode as UTF-8, else as what a mark or an HTML declaration says, else as charset-normalizer finds."""
    for signature, what in _SIGNATURES.items():
        if data.startswith(signature):
            msg = f"{_shown(name)} is not text but {what}"
            raise ReadError(msg)
    text = _decode_declared(data)
    if text is None and b"\0" not in data:
        text = _decode_guessed(data)
    if text is None or _control_share(text) > _MAX_CONTROL_SHARE:
        msg = f"{_shown(name)} is not text, or in an encoding that cannot be told; save it as UTF-8"
        raise ReadError(msg)
    return text


def _decode_declared(data: bytes) -> str | None:
    declared = _CHARSET.search(data[:4096])
    encodings = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8"]
    if declared is not None:
        encodings.append(declared[1].decode("ascii"))
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return None


def _decode_guessed(data: bytes) -> str | None:
    import charset_normalizer

    guesses = charset_normalizer.from_bytes(data)
    best = guesses.best()
    if best is None:
        return None
    # The names in an English report with a few accents are likelier Western than not, other things being equal.
    western = (guess for guess in guesses if guess.encoding in {"cp1252", "latin_1"} and guess.chaos <= best.chaos)
    return str(next(western, best))


def _control_share(text: str) -> float:
    sample = text[:100_000]
    controls = sum(character < " " or "\x7f" <= character <= "\x9f" for character in sample)
    controls -= sum(sample.count(character) for character in _TEXT_CONTROLS)
    return controls / max(1, len(sample))


def _read_header(text: str) -> tuple[dict[str, str], int]:
    """Return the header's fields and where the body begins; without a header, no fields and the text's beginning."""
    start = _after_mark(text)
    fields: dict[str, str] = {}
    for line in _LINE.finditer(text, start):
        words = line[0].strip()
        if not words:
            has_body = bool(text[line.end() :].strip())
            return (fields, line.end()) if fields and has_body else ({}, start)
        match = _HEADER_LINE.fullmatch(words)
        if match is None or match[1].lower() not in _HEADER_KEYS or match[1].lower() in fields:
            return {}, start
        fields[match[1].lower()] = match[2].strip()
    return {}, start


def _after_mark(text: str) -> int:
    return 1 if text.startswith("\ufeff") else 0


def _boilerplate(text: str, start: int) -> Iterator[Span]:
    """Yield the lines that are not part of the report."""
    for line in _LINE.finditer(text, start):
        words = line[0].strip()
        if not words or len(words) > _MAX_BOILERPLATE_CHARACTERS:
            continue
        entry = _boilerplate_entry(" ".join(words.casefold().split()))
        if entry == "rest":
            yield line.start(), len(text)
            return
        if entry == "line":
            begin = line.start() + line[0].index(words)
            yield begin, begin + len(words)


def _boilerplate_entry(line: str) -> str | None:
    exact, prefixes = _boilerplate_table()
    if line in exact:
        return exact[line]
    return next((reach for words, reach in prefixes if line.startswith(words)), None)


@lru_cache(maxsize=1)
def _boilerplate_table() -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    rows = lexicon.rows("boilerplate")
    exact = {row["words"]: row["reach"] for row in rows if row["match"] == "exact"}
    return exact, tuple((row["words"], row["reach"]) for row in rows if row["match"] == "prefix")


def _from_html(
    html: str,
    name: str,
    *,
    stem: str,
    published: date | None,
    id: str | None,
) -> Document:
    import htmldate
    import trafilatura

    try:
        page: Any = trafilatura.bare_extraction(html, with_metadata=True, include_comments=False)
        found = None if published else htmldate.find_date(html, extensive_search=False, original_date=True)
    except Exception as error:  # The readers of hostile HTML raise whatever their parsers do.
        msg = f"{_shown(name)} cannot be read as HTML ({type(error).__name__}); save the article as text"
        raise ReadError(msg) from error
    if page is None or not (page.text or "").strip():
        msg = f"no article was found in {_shown(name)}; save its text as a .txt file"
        raise ReadError(msg)
    return from_text(
        page.text,
        id=id or f"{stem}-{_short_hash(html)}",
        title=page.title,
        published=published or (parse_date(found) if found else None),
        published_from="metadata" if found else "given",
        url=page.url,
        publisher=page.sitename,
    )


def _from_json(line: bytes, number: int, given: date | None) -> Document | Unread:
    name = f"line-{number}"
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Unread(id=name, error=f"line {number} is not JSON in UTF-8: {str(error)[:200]}")
    if not isinstance(fields, dict):
        return Unread(id=name, error=f"line {number} is not a JSON object")
    if isinstance(fields.get("id"), str | int) and str(fields["id"]):
        name = str(fields["id"])
    text = fields.get("text")
    if not isinstance(text, str):
        return Unread(id=name, error=f'line {number} has no "text"')
    if len(text) > MAX_BYTES:
        return Unread(id=name, error=f"the text is longer than {MAX_BYTES} characters")
    stated = _words(fields.get("published"))
    try:
        return from_text(
            text,
            id=name,
            title=_words(fields.get("title")),
            published=given or (parse_date(stated, where='as "published"') if stated else None),
            url=_words(fields.get("url")),
            publisher=_words(fields.get("publisher")),
            home=_words(fields.get("home")),
        )
    except ReadError as error:
        return Unread(id=name, error=str(error))


def _words(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
