"""Feeds: the reports that an RSS or Atom file, or the address of one, lists.

An entry that holds its article is read as it stands. One that holds only a teaser is fetched from its link if the feed
itself came from an address, since then the network was asked for; links in a feed that is a file are not followed.
"""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from geomap import addresses, articles, documents
from geomap.addresses import FEED_TYPES, Visitor
from geomap.articles import Article
from geomap.documents import Unread
from geomap.errors import ReadError
from geomap.settings import DEFAULTS, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from geomap.model import Document

logger = logging.getLogger("geomap.feeds")

# Feeds of news list tens of entries; these are no archives.
MAX_ENTRIES = 200
# A teaser is a paragraph, an article several.
_MIN_WORDS = 120
_TEXTS = ("encoded", "content", "description", "summary")
_DATES = ("published", "pubDate", "date", "issued", "updated")


def read(
    source: str | os.PathLike[str],
    *,
    published: date | str | None = None,
    settings: Settings = DEFAULTS,
    force: bool = False,
) -> Iterator[Document | Unread]:
    """Read the entries of a feed.

    Parameters
    ----------
    source
        Path of an RSS or Atom file, its ``https://`` address, or "-" for standard input.
    published
        The publication date of them all; wins over what they say.
    settings
        Whether private addresses may be reached.
    force
        Read entries in other languages than English too.

    Yields
    ------
    Document or Unread
        In the order of the feed; an entry that cannot be read is an ``Unread``, and the rest goes on.

    Raises
    ------
    ReadError
        If the source cannot be read, or is no feed.
    """
    name = os.fspath(source)
    given = None if published is None else documents.parse_date(published)
    visitor = Visitor(settings) if addresses.is_address(name) else None
    data = visitor.fetch(name, types=FEED_TYPES).data if visitor is not None else documents.read_bytes(name)
    entries = _entries(data, name)
    if len(entries) > MAX_ENTRIES:
        logger.warning("%s lists %d entries; only the first %d are read", name, len(entries), MAX_ENTRIES)
    stem = documents.stem_of(name)
    for number, entry in enumerate(entries[:MAX_ENTRIES], start=1):
        yield _read_entry(entry, f"{stem}-{number}", visitor, given, force=force)


def _read_entry(
    entry: Article, name: str, visitor: Visitor | None, given: date | None, *, force: bool
) -> Document | Unread:
    """Return an entry's article: its own words if they are enough, else what its link leads to."""
    id = f"{name}-{hashlib.sha256((entry.url or entry.text).encode('utf-8', 'replace')).hexdigest()[:8]}"
    if visitor is not None and entry.url and len(entry.text.split()) < _MIN_WORDS:
        try:
            found = documents.fetch(entry.url, visitor)
        except ReadError as error:
            logger.warning("%s: only its teaser is read: %s", id, error)
        else:
            entry = replace(
                found,
                title=entry.title or found.title,
                published=entry.published or found.published,
                publisher=found.publisher or entry.publisher,
                url=found.url or entry.url,
            )
    try:
        return documents.from_article(entry, id=id, published=given, force=force)
    except ReadError as error:
        return Unread(id=id, error=str(error))


def _entries(data: bytes, name: str) -> list[Article]:
    """Return the entries of a feed: RSS 0.9 to 2.0 and Atom, also where their XML is damaged."""
    from lxml import etree

    # Nothing outside the file is read and no entity of its own is expanded.
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError):
        root = None
    kind = _local(root) if root is not None else ""
    if kind not in {"rss", "RDF", "feed"}:
        msg = f"{documents.shown(name)} is not an RSS or Atom feed; name the address of a feed, or leave --feed out"
        raise ReadError(msg)
    publisher = next((_content(child) for child in root.iter() if _local(child) == "title"), None)
    found = [_entry(element, publisher, name) for element in root.iter() if _local(element) in {"item", "entry"}]
    if not found:
        msg = f"{documents.shown(name)} is a feed without entries; try again later"
        raise ReadError(msg)
    return found


def _entry(element: Any, publisher: str | None, base: str) -> Article:  # noqa: ANN401 - lxml's elements have no types
    fields: dict[str, list[Any]] = {}
    for child in element:
        fields.setdefault(_local(child), []).append(child)
    texts = [_text(child) for key in _TEXTS for child in fields.get(key, [])]
    days = [day for key in _DATES for child in fields.get(key, []) if (day := _day(_content(child)))]
    links = [link for child in fields.get("link", []) if (link := _link(child))]
    title = next((articles.text_of(_content(child)) for child in fields.get("title", [])), "")
    return Article(
        text=max(texts, key=len, default="") or title,
        title=" ".join(title.split()) or None,
        published=days[0] if days else None,
        publisher=publisher or None,
        url=_address(base, links[0]) if links else None,
    )


def _address(base: str, link: str) -> str | None:
    """Return the address that a link leads to; other schemes than those of pages are no addresses."""
    try:
        address = urljoin(base, link)
    except ValueError:
        return None
    return address if addresses.is_address(address) else None


def _local(element: Any) -> str:  # noqa: ANN401 - the same
    """Return the name of an element without its namespace; comments and entities have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _content(element: Any) -> str:  # noqa: ANN401 - the same
    return "".join(element.itertext()).strip()


def _text(element: Any) -> str:  # noqa: ANN401 - the same
    """Return the text of an element that holds HTML, as text or as elements of its own."""
    from lxml import etree

    if len(element) and element.get("type") == "xhtml":
        return articles.text_of("".join(etree.tostring(child, encoding="unicode") for child in element))
    return articles.text_of(_content(element))


def _link(element: Any) -> str:  # noqa: ANN401 - the same
    """Return the address of an article: RSS writes it as text, Atom as an attribute, beside others."""
    if element.get("href") is None:
        return _content(element)
    return str(element.get("href")) if element.get("rel", "alternate") == "alternate" else ""


def _day(words: str) -> date | None:
    """Return the day of an RFC 822 or ISO 8601 date, where it was written."""
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return parse(words).date()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
