"""PDF, Word and e-mail files, each read into an :class:`~geomap.articles.Article`.

Their metadata give a title; of the dates in them only an e-mail's is one of publication. A PDF or Word file is dated by
whoever made the file, which may be years later, so that its date is that of its text or unknown.

The files may mean harm: what they unpack to is limited, nothing in them is run, nothing that they point to is fetched,
and what is attached to an e-mail is not opened.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from geomap import articles
from geomap.articles import Article
from geomap.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from email.message import EmailMessage

# A report that is longer than a book is none.
MAX_PAGES = 500
_MAX_CHARACTERS = 5_000_000
# A Word file's parts, unpacked: pictures of a long report stay below.
_MAX_UNPACKED = 200_000_000
_MAX_PARTS = 5_000
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
# What stands for a character in a Word file.
_SIGNS = {f"{_WORD}tab": "\t", f"{_WORD}br": "\n", f"{_WORD}cr": "\n", f"{_WORD}noBreakHyphen": "-"}
# A line that ends so much before the longest one of its page ends a paragraph, if it also ends a sentence.
_SHORT_LINE = 0.85
_SENTENCE_END = re.compile(r"[.!?:…][\"'”’»)\]]{0,2}$")
_HYPHENATED = re.compile(r"[^\W\d_][-\u00ad\u2010]$")
# Lines of two paragraphs stand so much further apart than those of one.
_WIDE = 1.3
# A line at the top or foot of so many pages, numbers aside, is no part of the text.
_REPEATS = 3
ODD_ENCODINGS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})
"""Python knows these, no report is written in them, and some take time that grows with the square of the length."""
_ODD_CHARSET = re.compile(
    rb"""(?:charset\s{0,9}=\s{0,9}["']?|=\?)(?:idna|punycode|raw.unicode|unicode.escape)""", re.IGNORECASE
)
_EMAIL_HEADERS = re.compile(
    rb"(?:From |(?:return-path|received|delivered-to|from|to|subject|date|message-id|mime-version):)", re.IGNORECASE
)


def from_pdf(data: bytes, name: str) -> Article:
    """Read the text of a PDF file, paragraph by paragraph.

    Parameters
    ----------
    data
        The file.
    name
        What it is called in messages.

    Raises
    ------
    ReadError
        If the package pypdf is missing; if the file is damaged, locked, or holds no text.
    """
    try:
        import pypdf
    except ImportError as error:
        msg = f"{name} is a PDF file, which needs the package pypdf; run: pip install 'geomap[pdf]'"
        raise ReadError(msg) from error
    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        is_locked = reader.is_encrypted and not reader.decrypt("")
        pages = [] if is_locked else list(_pdf_pages(reader))
        title = None if is_locked or reader.metadata is None else reader.metadata.title
    except Exception as error:  # pypdf raises whatever a damaged file leads it to.
        msg = f"{name} is a PDF file that cannot be read ({type(error).__name__}); save it as text first"
        raise ReadError(msg) from error
    if is_locked:
        msg = f"{name} is a PDF file that is locked with a password; save it without one"
        raise ReadError(msg)
    text = "\n\n".join(_paragraphs(_without_repeats(pages)))
    if not text:
        msg = f"{name} is a PDF file without text, probably a scan; make its text readable (OCR) first"
        raise ReadError(msg)
    return Article(text=text, title=_line(title))


def _pdf_pages(reader: Any) -> Iterator[list[str]]:  # noqa: ANN401 - pypdf is imported only where it is needed
    """Yield the lines of each page."""
    length = 0
    for number, page in enumerate(reader.pages):
        pieces: list[tuple[str, float]] = []

        def note(
            text: str,
            to_page: Sequence[float],
            to_text: Sequence[float],
            *_: object,
            pieces: list[tuple[str, float]] = pieces,
        ) -> None:
            # The height at which a piece stands: its own, as the page's matrix moves it.
            pieces.append((text, to_text[4] * to_page[1] + to_text[5] * to_page[3] + to_page[5]))

        page.extract_text(visitor_text=note)
        length += sum(len(text) for text, _ in pieces)
        if number >= MAX_PAGES or length > _MAX_CHARACTERS:
            return
        yield _spaced(pieces)


def _spaced(pieces: Sequence[tuple[str, float]]) -> list[str]:
    """Join the pieces of a page to lines, with an empty one wherever the distance between two is wider than usual."""
    lines: list[tuple[str, float]] = []
    words, top = "", None
    for text, height in pieces:
        for part in text.splitlines(keepends=True):
            top = height if top is None and part.strip() else top
            words += part
            if part.endswith("\n") and top is not None:
                lines.append((words.strip(), top))
                words, top = "", None
    if top is not None:
        lines.append((words.strip(), top))
    gaps = [above - below for (_, above), (_, below) in pairwise(lines)]
    usual = sorted(gap for gap in gaps if gap > 0)
    # Lines stand closer than paragraphs: of the distances, those of the lower quarter are lines'.
    widest = usual[len(usual) // 4] * _WIDE if usual else 0.0
    spaced = [lines[0][0]] if lines else []
    for (line, _), gap in zip(lines[1:], gaps, strict=True):
        spaced += ["", line] if not 0 <= gap <= widest else [line]
    return spaced


def _without_repeats(pages: Sequence[list[str]]) -> list[str]:
    """Join the lines of pages without running heads, feet and page numbers."""
    edges = [re.sub(r"\d+", "#", line) for lines in pages for line in {*_first(lines), *_first(lines[::-1])}]
    running = {edge for edge, count in Counter(edges).items() if count >= _REPEATS} | {"#", "- # -"}
    joined: list[str] = []
    for lines in pages:
        kept = list(lines)
        for at in (0, -1):
            while kept and (not kept[at] or re.sub(r"\d+", "#", kept[at]) in running):
                kept.pop(at)
        # A paragraph may go on overleaf; one that ends with its page does not.
        joined += ["", *kept] if joined and _SENTENCE_END.search(joined[-1]) else kept
    return joined


def _first(lines: list[str]) -> list[str]:
    return next(([line] for line in lines if line), [])


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Join the lines of a page's columns to paragraphs, and the halves of words that a line's end has cut."""
    width = max(map(len, lines), default=0)
    words = ""
    for line in [*lines, ""]:
        if words and (not line or words.endswith("\n")):
            yield words.strip()
            words = ""
        if _HYPHENATED.search(words) and line[:1].islower():
            words = words[:-1] + line
        elif line:
            words = f"{words} {line}" if words else line
        if line and len(line) < _SHORT_LINE * width and _SENTENCE_END.search(line):
            words += "\n"


def from_docx(data: bytes, name: str) -> Article:
    """Read the text of a Word file, its tables and text boxes included, without what changes have deleted.

    Parameters
    ----------
    data
        The file.
    name
        What it is called in messages.

    Raises
    ------
    ReadError
        If the package python-docx is missing; if the file is damaged, unpacks to too much, or holds no text.
    """
    try:
        import docx
    except ImportError as error:
        msg = f"{name} is a Word file, which needs the package python-docx; run: pip install 'geomap[docx]'"
        raise ReadError(msg) from error
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            sizes = [part.file_size for part in packed.infolist()]
        is_small = len(sizes) <= _MAX_PARTS and sum(sizes) <= _MAX_UNPACKED
        document = docx.Document(io.BytesIO(data)) if is_small else None
        text = "\n".join(_docx_paragraphs(document.element.body)) if document is not None else ""
        title = document.core_properties.title if document is not None else None
    except Exception as error:  # Damaged packages and XML end in errors of many kinds.
        msg = f"{name} is a Word file that cannot be read ({type(error).__name__}); save it as text first"
        raise ReadError(msg) from error
    if not is_small:
        msg = f"{name} unpacks to more than {_MAX_UNPACKED // 1_000_000} MB; save its text as a .txt file"
        raise ReadError(msg)
    if not text.strip():
        msg = f"{name} is a Word file without text; give a report with some text"
        raise ReadError(msg)
    return Article(text=text.strip()[:_MAX_CHARACTERS], title=_line(title))


def _docx_paragraphs(body: Any) -> Iterator[str]:  # noqa: ANN401 - lxml's elements have no types
    """Yield the paragraphs in the order of the file; a text box stands in its paragraph, and twice for old readers."""
    for fallback in list(body.iter(_FALLBACK)):
        fallback.getparent().remove(fallback)
    for paragraph in body.iter(f"{_WORD}p"):
        words = (
            _SIGNS.get(element.tag, element.text or "")
            for element in paragraph.iter(f"{_WORD}t", *_SIGNS)
            if next(element.iterancestors(f"{_WORD}p")) is paragraph
        )
        if line := "".join(words).strip():
            yield line


def is_email(data: bytes) -> bool:
    """Tell by its first line and its headers whether a file is an e-mail."""
    head = data[:20_000].lstrip(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    names = {line.partition(b":")[0].lower() for line in head.split(b"\n")}
    return (
        _EMAIL_HEADERS.match(head) is not None
        and {b"from", b"date"} <= names
        and bool(names & {b"subject", b"message-id", b"mime-version", b"received"})
    )


def from_email(data: bytes, name: str) -> Article:
    """Read an e-mail: its plain text, else its HTML; the day on which it was sent, its subject and sender.

    Parameters
    ----------
    data
        The file, as mail programs save it (``.eml``).
    name
        What it is called in messages.

    Raises
    ------
    ReadError
        If it cannot be parsed or holds no text.
    """
    import email
    from email import policy

    if _ODD_CHARSET.search(data) is not None:
        msg = f"{name} is an e-mail in an encoding of no e-mail; save its text as a .txt file"
        raise ReadError(msg)
    try:
        # The default policy checks what it reads more strictly than senders write.
        message: Any = email.message_from_bytes(data, policy=policy.default)
        html, text = _email_text(message)
        sent = message["date"].datetime if message["date"] is not None else None
        title, sender = _line(message["subject"]), _sender(message)
    except Exception as error:  # Hostile headers and encodings end in errors of many kinds.
        msg = f"{name} is an e-mail that cannot be read ({type(error).__name__}); save its text as a .txt file"
        raise ReadError(msg) from error
    if not text.strip() and html.strip():
        text = articles.text_of(html)
    if not text.strip():
        msg = f"{name} is an e-mail without text; what is attached to it is not opened, save that by itself"
        raise ReadError(msg)
    return Article(text=text, title=title, published=sent.date() if sent is not None else None, publisher=sender)


def _email_text(message: EmailMessage) -> tuple[str, str]:
    """Return the HTML and the plain text of a message."""
    found = []
    for kind in ("html", "plain"):
        part: Any = message.get_body((kind,))
        charset = part.get_content_charset("ascii") if part is not None else "ascii"
        if codecs.lookup(charset).name in ODD_ENCODINGS:
            raise LookupError(charset)
        content = part.get_content().replace("\r\n", "\n") if part is not None else ""
        if part is not None and kind == "plain" and part.get_param("format") == "flowed":
            # RFC 3676: a space before a line's end says that the paragraph goes on.
            content = re.sub(r"(?m)^ ", "", re.sub(r"(?<=[^\n]) \n(?!-- \n)", " ", content))
        found.append(content)
    return found[0], found[1]


def _sender(message: EmailMessage) -> str | None:
    sender: Any = message["from"]
    addresses = getattr(sender, "addresses", ())
    return _line(addresses[0].display_name) if addresses else None


def _line(words: object) -> str | None:
    """Return words of metadata on one line, or None when there are none."""
    return " ".join(words.split())[:500] or None if isinstance(words, str) else None
