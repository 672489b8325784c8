"""Articles in web pages: the body without its surroundings, and what the page says of itself.

The body is what trafilatura finds. Title, date, publisher, address and language come from the page's metadata, which
publishers write in several ways: JSON-LD, Open Graph, ``<meta>`` elements, microdata and plain mark-up.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from geomap.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator

# The elements of HTML that begin a line of their own.
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table"}
    | {"td", "th", "tr", "ul"}
)
_UNREAD = frozenset({"button", "form", "head", "iframe", "noscript", "object", "script", "style", "svg", "template"})
# An article's text in JSON-LD counts where the page shows so much less of it (a page drawn by a script).
_HIDDEN_SHARE = 0.5
# Objects of JSON-LD stand in a list, in a graph, or in both.
_MAX_JSON_DEPTH = 5
# Characters; a cell of data is a name or a number, a cell of layout is an article.
_LONG_CELL = 400
_LINKED_KEYS = {
    "date": "datePublished",
    "publisher": "publisher",
    "url": "url",
    "language": "inLanguage",
    "title": "headline",
    "body": "articleBody",
}
# Where else a page says it, the surest first.
_PATHS = {
    "date": (
        "//meta[@property='article:published_time' or @name='article:published_time']/@content",
        "//*[@itemprop='datePublished']/@content",
        "//*[@itemprop='datePublished']/@datetime",
    ),
    "publisher": (
        "//*[@itemprop='publisher']//*[@itemprop='name']/@content",
        "//*[@itemprop='publisher']//*[@itemprop='name']/text()",
    ),
    "language": (
        "//*[@itemprop='inLanguage']/@content",
        "/html/@lang",
        "//meta[@property='og:locale']/@content",
        "//meta[translate(@http-equiv, 'CL', 'cl')='content-language']/@content",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A report as a page, a file of another format or a feed holds it."""

    text: str
    title: str | None = None
    published: date | None = None
    publisher: str | None = None
    url: str | None = None
    language: str | None = None
    """What it says of its own language, as a BCP 47 tag: ``en-GB``."""


def from_html(html: str, name: str) -> Article:
    """Find the article in a page.

    Parameters
    ----------
    html
        The page.
    name
        What it is called in messages.

    Raises
    ------
    ReadError
        If there is no article in it, or if it cannot be parsed.
    """
    import htmldate
    import trafilatura

    try:
        tree = trafilatura.load_html(html)
        facts = _facts(tree) if tree is not None else {}
        page: Any = trafilatura.bare_extraction(_unrolled(tree), with_metadata=True, include_comments=False)
        day = _day(facts.get("date", ""))
        found = day or _day(htmldate.find_date(html, extensive_search=False, original_date=True) or "")
    except Exception as error:  # The readers of hostile HTML raise whatever their parsers do.
        msg = f"{name} cannot be read as HTML ({type(error).__name__}); save the article as text"
        raise ReadError(msg) from error
    text = _body(page.text or "" if page is not None else "", facts.get("body", ""))
    title = page.title if page is not None and page.title else facts.get("title")
    if title and text.startswith(f"{title}\n"):
        text = text[len(title) :].lstrip()
    if not text:
        msg = f"no article was found in {name}; save its text as a .txt file"
        raise ReadError(msg)
    return Article(
        text=text,
        title=title,
        published=found,
        publisher=(page.sitename if page is not None else None) or facts.get("publisher"),
        url=(page.url if page is not None else None) or facts.get("url"),
        language=facts.get("language"),
    )


def _body(shown: str, hidden: str) -> str:
    """Choose between the text that a page shows and its JSON-LD's, which keeps the paragraphs of the same text."""
    shown = shown.strip()
    is_same = shown.split() == hidden.split()
    return hidden if is_same or len(shown) < _HIDDEN_SHARE * len(hidden) else shown


def _facts(tree: Any) -> dict[str, str]:  # noqa: ANN401 - lxml's elements have no types
    """Return what a page says of itself: date, publisher, url, language, title and body, each where it is said."""
    linked = [data for data in _linked_data(tree) if _is_article(data)]
    facts: dict[str, str] = {}
    for name, key in _LINKED_KEYS.items():
        facts[name] = next((text for data in linked if (text := _text(data.get(key)))), "")
    for name, paths in _PATHS.items():
        for path in paths:
            facts[name] = facts.get(name) or next((str(text).strip() for text in tree.xpath(path)), "")
    facts["body"] = text_of(facts["body"])
    facts["language"] = facts["language"].replace("_", "-")
    return {name: text for name, text in facts.items() if text}


def _linked_data(tree: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - the same
    """Yield the objects of a page's JSON-LD, those in lists and graphs included, breadth first."""
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        try:
            level = [json.loads(script)]
        except (ValueError, RecursionError):
            continue
        for _ in range(_MAX_JSON_DEPTH):
            below: list[Any] = []
            for value in level:
                if isinstance(value, dict):
                    yield value
                    below += [value.get("@graph")]
                elif isinstance(value, list):
                    below += value
            level = below


def _is_article(data: dict[str, Any]) -> bool:
    kinds = data.get("@type")
    names = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and kind.endswith(("Article", "Posting")) for kind in names)


def _text(value: object) -> str:
    """Return the text of a value of JSON-LD: itself, or its name."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name")
    return value.strip() if isinstance(value, str) else ""


def _day(words: str) -> date | None:
    """Return the day that an ISO date, or date and time, falls on where it was written."""
    try:
        return date.fromisoformat(words[:10])
    except ValueError:
        return None


def _unrolled(tree: Any) -> Any:  # noqa: ANN401 - the same
    """Turn tables that only lay out a page, as pages before 2005 do, into plain blocks; tables of data stay."""
    if tree is None:
        return None
    for table in tree.xpath("//table[not(.//th)][.//td[.//p]]"):
        if max((len("".join(cell.itertext())) for cell in table.iter("td")), default=0) < _LONG_CELL:
            continue
        for element in table.iter("table", "tbody", "tr", "td"):
            element.tag = "div"
    return tree


def text_of(fragment: str) -> str:
    """Return the text of a piece of HTML, each block on a line of its own; text without mark-up stays as it is."""
    from lxml import etree, html

    if "<" not in fragment and "&" not in fragment:
        return fragment.strip()
    try:
        root = html.fragment_fromstring(fragment, create_parent="div")
    except (etree.LxmlError, ValueError):
        return re.sub(r"<[^<>]{0,2000}>", " ", fragment).strip()
    lines = "".join(_words(root)).split("\n")
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)


def _words(root: Any) -> Iterator[str]:  # noqa: ANN401 - lxml's elements have no types
    """Yield the words of an element in order, with line breaks at blocks; deep trees need no deep stack."""
    from lxml import etree

    def spaced(words: str | None) -> str:
        return re.sub(r"\s+", " ", words or "")

    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if event in {"comment", "pi"}:
            yield spaced(element.tail)
        elif event == "start":
            yield "\n" if element.tag in _BLOCKS else ""
            yield spaced(element.text) if not _is_unread(element, root) else ""
        else:
            yield "\n" if element.tag in _BLOCKS else ""
            yield spaced(element.tail) if element is not root and not _is_unread(element.getparent(), root) else ""


def _is_unread(element: Any, root: Any) -> bool:  # noqa: ANN401 - the same
    while element is not None and element is not root:
        if element.tag in _UNREAD:
            return True
        element = element.getparent()
    return False
