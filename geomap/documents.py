"""Reads reports: files of several kinds, ``https://`` addresses, standard input, JSON lines and CSV.

A :class:`~geomap.model.Document` keeps the text of its file exactly as it was given, byte order mark, line ends and
boilerplate included, so that every offset holds in the file. What is not part of the report (a header, "[ad_1]", "Read
More: ...") is listed in ``Document.skip`` instead of being cut out. What is no plain text (HTML, PDF, Word, e-mail) has
the text that its reader finds in it.

A text file may begin with a header, which ends at the first empty line::

    Title: Convoys head north from the capital
    Date: 2021-11-05
    Source: https://example.org/convoys
    Publisher: The Example

The publication date is the one that the caller gives, else the header's, else the page's metadata, else the only full
date that the text itself puts near its top; else it is unknown.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import os
import re
import sys
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from geomap import addresses, articles, formats, languages, lexicon
from geomap.addresses import Visitor
from geomap.articles import Article
from geomap.errors import ReadError
from geomap.model import Document
from geomap.settings import DEFAULTS, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geomap.model import Span

# A report is text: the longest single articles on the web stay under 1 MB, so that 20 MB is not one of them.
MAX_BYTES = 20_000_000
# A table is read as a whole; larger collections are JSON lines.
_MAX_TABLE_BYTES = 500_000_000

# The first bytes of formats that are often given by mistake, and what to do with them.
_SIGNATURES = {
    b"PK\x03\x04": "a zip archive or an office document; save it as text first",
    b"\xd0\xcf\x11\xe0": "an old office document; save it as text first",
    b"\x1f\x8b": "a gzip file; unpack it first",
    b"\x28\xb5\x2f\xfd": "a zstd file; unpack it first",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"{\\rtf": "an RTF document; save it as text first",
    b"BZh": "a bzip2 file; unpack it first",
    b"\xfd7zXZ": "an xz file; unpack it first",
    b"7z\xbc\xaf": "a 7-Zip archive; unpack it first",
    b"SQLite format 3": "a database or a GeoPackage; give the report",
    b"PAR1": "a Parquet file; give the report",
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
    settings: Settings = DEFAULTS,
    force: bool = False,
) -> Document:
    """Read one report.

    Parameters
    ----------
    source
        Path of a text, HTML, PDF, Word or e-mail file, the ``https://`` address of an article, or "-" for standard
        input.
    published
        The publication date; wins over what the report says of itself. A string is an ISO date or a full English date.
    id
        The document's id; by default the file's stem and a short hash of the text.
    settings
        Whether private addresses may be reached.
    force
        Read a text in another language than English too.

    Returns
    -------
    Document
        For a text file, ``text`` is the file's content unchanged and ``skip`` holds its header and boilerplate.

    Raises
    ------
    ReadError
        If the source is missing, a folder, not readable, empty, binary, not decodable, too large, not in English, or
        holds no article; if an address is refused or does not answer; or if ``published`` is no date.
    """
    given = None if published is None else parse_date(published)
    name = os.fspath(source)
    if addresses.is_address(name):
        return from_article(fetch(name, Visitor(settings)), id=id, stem=stem_of(name), published=given, force=force)
    return from_bytes(read_bytes(name), name, id=id, published=given, force=force)


def from_bytes(
    data: bytes,
    name: str,
    *,
    id: str | None = None,
    url: str | None = None,
    charset: str | None = None,
    published: date | None = None,
    force: bool = False,
) -> Document:
    """Make a document of a file's content.

    Parameters
    ----------
    data
        The content, in any format that :func:`read` knows.
    name
        The file's name; its ending tells formats that look alike apart.
    id
        The document's id; by default the name's stem and a short hash of the text.
    url
        Where the content comes from, if it does not say so itself.
    charset
        The encoding that a server declared.
    published
        The publication date; wins over what the content says of itself.
    force
        Take a text in another language than English too.

    Raises
    ------
    ReadError
        If the content is binary, not decodable, not in English, or holds no article.
    """
    found = _opened(data, name, declared=charset)
    if isinstance(found, Article):
        known = found if found.url or not url else replace(found, url=url)
        return from_article(known, id=id, stem=stem_of(name), published=published, force=force)
    document = from_text(found, id=id, url=url, stem=stem_of(name), published=published, header=True)
    return _checked(document, force=force)


def fetch(address: str, visitor: Visitor) -> Article:
    """Fetch the article at an address.

    Raises
    ------
    ReadError
        If the address is refused, does not answer, or holds no article.
    """
    answer = visitor.fetch(address)
    if not answer.data.strip():
        msg = f"{shown(address)} is empty; name the address of an article"
        raise ReadError(msg)
    found = _opened(answer.data, address, declared=answer.charset)
    if isinstance(found, str):
        found = Article(text=found)
    return found if found.url else replace(found, url=answer.address)


def from_article(
    article: Article, *, id: str | None = None, stem: str = "text", published: date | None = None, force: bool = False
) -> Document:
    """Make a document of what was found in a page or file.

    Parameters
    ----------
    article
        The text, and what is known of it.
    id
        The document's id; by default ``stem`` and a short hash of the text.
    stem
        Beginning of an id that is made here.
    published
        The publication date; wins over the article's.
    force
        Take a text in another language than English too.

    Raises
    ------
    ReadError
        If the text is blank or not in English.
    """
    document = from_text(
        article.text,
        id=id,
        stem=stem,
        title=article.title,
        published=published or article.published,
        published_from="given" if published else "metadata",
        url=article.url,
        publisher=article.publisher,
        language=article.language,
    )
    return _checked(document, force=force)


def _checked(document: Document, *, force: bool) -> Document:
    if not force:
        languages.require_english(document)
    return document


def _opened(data: bytes, name: str, *, declared: str | None = None) -> Article | str:
    """Return the article in a file's content, or its text where it is plain."""
    is_word = data.startswith(b"PK\x03\x04") and (name.lower().endswith(".docx") or b"word/" in data)
    if b"%PDF-" in data[:1024]:
        return formats.from_pdf(data, shown(name))
    if is_word:
        return formats.from_docx(data, shown(name))
    if name.lower().endswith(".eml") or formats.is_email(data):
        return formats.from_email(data, shown(name))
    text = _decode(data, name, declared)
    if Path(name).suffix.lower() in {".html", ".htm", ".xhtml"} or _HTML.match(text[:10_000]):
        return articles.from_html(text, shown(name))
    return text


def read_many(
    source: str | os.PathLike[str], *, published: date | str | None = None, force: bool = False
) -> Iterator[Document | Unread]:
    """Read JSON lines or CSV, one document a line: "id", "text", and where known "title", "published", "url", ....

    Parameters
    ----------
    source
        Path of the file, or "-" for JSON lines on standard input. Other keys and columns than those of a document (also
        "publisher", "home" and "language") are passed over; a document without an id is called after its line.
    published
        The publication date of them all; wins over what the documents say.
    force
        Read documents in other languages than English too.

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
    rows = _csv_rows if Path(name).suffix.lower() in {".csv", ".tsv"} else _json_rows
    for number, row in rows(name):
        yield row if isinstance(row, Unread) else from_fields(row, f"line-{number}", published=given, force=force)


def _json_rows(name: str) -> Iterator[tuple[int, dict[str, Any] | Unread]]:
    """Yield the objects of JSON lines with the numbers of their lines."""
    try:
        lines = sys.stdin.buffer if name == "-" else Path(name).open("rb")  # noqa: SIM115 - closed below
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error
    with lines:
        try:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, _from_json(line.removeprefix(b"\xef\xbb\xbf"), f"line-{number}")
        except OSError as error:
            raise _unreadable(name, error) from error


def _csv_rows(name: str) -> Iterator[tuple[int, dict[str, Any] | Unread]]:
    """Yield the rows of a CSV file with the numbers of their lines; the first line shows what separates cells."""
    text = _decode(read_bytes(name, max_bytes=_MAX_TABLE_BYTES), name, None).removeprefix("\ufeff")
    head = text[:10_000].splitlines()[0] if text.strip() else ""
    separator = max(",;\t|", key=head.count)
    csv.field_size_limit(MAX_BYTES)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        columns = [column.strip().lower() for column in next(lines, [])]
    except csv.Error:
        columns = []
    if "text" not in columns:
        msg = f'{shown(name)} has no column "text"; name the column of the reports so, in its first line'
        raise ReadError(msg)
    while True:
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            yield lines.line_num, Unread(id=f"line-{lines.line_num}", error=f"line {lines.line_num}: {error}")
            continue
        if len(cells) > len(columns):
            what = f"line {lines.line_num} has {len(cells)} cells under {len(columns)} columns"
            yield lines.line_num, Unread(id=f"line-{lines.line_num}", error=what)
        elif any(cells):
            yield lines.line_num, dict(zip(columns, cells, strict=False))


def is_collection(source: str | os.PathLike[str]) -> bool:
    """Tell by its name whether a source is a collection of documents."""
    return Path(os.fspath(source)).suffix.lower() in {".jsonl", ".ndjson", ".csv", ".tsv"}


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
    language: str | None = None,
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
    url, publisher, home, language
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
        language=language or known.get("language"),
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


def read_bytes(name: str, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Read a file or standard input as a whole.

    Raises
    ------
    ReadError
        If it cannot be read, is empty, or is larger than so many bytes.
    """
    try:
        if name == "-":
            data = sys.stdin.buffer.read(max_bytes + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error
    if len(data) > max_bytes:
        msg = f"{shown(name)} is larger than {max_bytes // 1_000_000} MB; give one report at a time, or JSON lines"
        raise ReadError(msg)
    if not data.strip():
        msg = f"{shown(name)} is empty; give a report with some text"
        raise ReadError(msg)
    return data


def _unreadable(name: str, error: OSError | ValueError) -> ReadError:
    messages: dict[type[Exception], str] = {
        FileNotFoundError: "does not exist; check the path",
        IsADirectoryError: "is a folder; name a file in it",
        PermissionError: "may not be read; check its permissions",
    }
    what = messages.get(type(error), f"cannot be read: {getattr(error, 'strerror', None) or error}")
    return ReadError(f"{shown(name)} {what}")


def shown(name: str) -> str:
    """Return the name of a source as a message may hold it."""
    return "standard input" if name == "-" else name.encode("utf-8", "replace").decode()


def stem_of(name: str) -> str:
    """Return the beginning of the ids of what a source holds."""
    if name == "-":
        return "stdin"
    path = urlsplit(name).path if addresses.is_address(name) else name
    return Path(path).stem.encode("utf-8", "replace").decode() or "page"


def _decode(data: bytes, name: str, declared: str | None) -> str:
    """Decode as what a server or a mark says, as UTF-8, as what HTML declares, or as charset-normalizer finds."""
    for signature, what in _SIGNATURES.items():
        if data.startswith(signature):
            msg = f"{shown(name)} is not text but {what}"
            raise ReadError(msg)
    text = _decode_declared(data, declared)
    if text is None and b"\0" not in data:
        text = _decode_guessed(data)
    if text is None or _control_share(text) > _MAX_CONTROL_SHARE:
        msg = f"{shown(name)} is not text, or in an encoding that cannot be told; save it as UTF-8"
        raise ReadError(msg)
    return text


def _decode_declared(data: bytes, declared: str | None) -> str | None:
    inside = _CHARSET.search(data[:4096])
    encodings = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8"]
    encodings += [declared] if declared else []
    encodings += [inside[1].decode("ascii")] if inside is not None else []
    for encoding in encodings:
        try:
            if codecs.lookup(encoding).name not in formats.ODD_ENCODINGS:
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


def _from_json(line: bytes, name: str) -> dict[str, Any] | Unread:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Unread(id=name, error=f"{name} is not JSON in UTF-8: {str(error)[:200]}")
    return fields if isinstance(fields, dict) else Unread(id=name, error=f"{name} is not a JSON object")


def from_fields(
    fields: dict[str, Any], name: str, *, published: date | None = None, force: bool = False
) -> Document | Unread:
    """Make a document of an object of JSON or a row of a table.

    Parameters
    ----------
    fields
        By name; see :func:`read_many`.
    name
        The document's id where the fields give none.
    published
        The publication date; wins over the fields' own.
    force
        Take a text in another language than English too.
    """
    if isinstance(fields.get("id"), str | int) and str(fields["id"]):
        name = str(fields["id"])
    text = fields.get("text")
    if not isinstance(text, str):
        return Unread(id=name, error=f'{name} has no "text"')
    if len(text) > MAX_BYTES:
        return Unread(id=name, error=f"the text is longer than {MAX_BYTES} characters")
    stated = _words(fields.get("published"))
    try:
        document = from_text(
            text,
            id=name,
            title=_words(fields.get("title")),
            published=published or (parse_date(stated, where='as "published"') if stated else None),
            url=_words(fields.get("url")),
            publisher=_words(fields.get("publisher")),
            home=_words(fields.get("home")),
            language=_words(fields.get("language")),
        )
        return _checked(document, force=force)
    except ReadError as error:
        return Unread(id=name, error=str(error))


def from_json(line: bytes, name: str, *, published: date | None = None, force: bool = False) -> Document | Unread:
    """Make a document of an object of JSON, as :func:`from_fields` does."""
    fields = _from_json(line, name)
    return fields if isinstance(fields, Unread) else from_fields(fields, name, published=published, force=force)


def _words(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
