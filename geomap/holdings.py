"""What a collection holds: one document after another out of files, folders and archives, each as it lies there.

A collection is a file or a folder of files, each told by its name: JSON lines (``.jsonl``, ``.ndjson``), tables with a
column of texts (``.parquet``, ``.csv``, ``.tsv``), web archives (``.warc``), feeds (``.rss``, ``.atom``, ``.xml``), and
whatever :func:`geomap.read` reads, one document a file. JSON lines, CSV and web archives may be packed (``.gz``,
``.zst``).

Nothing is parsed here but what holds the documents together, so that a document that is broken or means harm spoils
only itself: where a document cannot be taken out, an item says why, and the rest goes on. No more than one item is in
memory; what is larger than any report is passed over piece by piece.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import logging
import os
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from geomap import documents, feeds
from geomap.documents import MAX_BYTES, Unread
from geomap.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from geomap.model import Document

    _Items = Iterator[tuple["Item", float]]

logger = logging.getLogger("geomap.holdings")

FIELDS = ("id", "text", "title", "published", "url", "publisher", "home", "language")
"""What a row of JSON lines or of a table can say of a document."""

# JSON writes a character with up to six; longer lines hold no report.
_MAX_LINE = 32_000_000
# What is passed over of one document at most, unpacked: a bomb of a gigabyte unpacks to a terabyte.
_MAX_SKIPPED = 2_000_000_000
_PIECE = 1 << 20
_ROWS = 256
_PACKED = {".gz", ".zst"}
_SINGLE = {".txt", ".text", ".html", ".htm", ".xhtml", ".eml", ".pdf", ".docx"}
_PAGES = ("text/html", "application/xhtml+xml", "text/plain")
_OK = range(200, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A document as it lies in a collection."""

    id: str
    """Its id, unless the document itself gives one."""
    source: str
    """The file that it lies in."""
    form: Literal["fields", "file", "document", "error"]
    """What ``data`` is: an object of JSON, the content of a file, a document that is read already, or nothing."""
    data: bytes | Document | None = None
    name: str = ""
    """Of a file: its name, whose ending tells formats apart."""
    url: str | None = None
    charset: str | None = None
    error: str | None = None
    """Why there is no document here."""

    @property
    def size(self) -> int:
        """How much it holds, in bytes."""
        return len(self.data) if isinstance(self.data, bytes) else 0


@dataclass(slots=True)
class Holdings:
    """The documents of some files and folders.

    Raises
    ------
    ReadError
        If a source does not exist or holds nothing that geomap reads.
    """

    sources: Sequence[str | os.PathLike[str]]
    """Paths of files and folders."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """For each field of :data:`FIELDS`, the name under which JSON lines and tables give it, if that is another."""
    read_share: float = field(default=0.0, init=False)
    """How much of it has been taken out, 0 to 1."""
    _files: list[tuple[Path, str]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """List the files."""
        for source in self.sources:
            path = Path(source)
            if path.is_dir():
                found = [each for each in _walk(path) if _reader_of(each) is not None]
                self._files += [(each, each.relative_to(path).as_posix()) for each in found]
            elif path.exists():
                self._files.append((path, path.name))
            else:
                msg = f"{documents.shown(str(path))} does not exist; check the path"
                raise ReadError(msg)
        if not self._files:
            msg = f"{documents.shown(str(self.sources[0]))} holds no file that geomap reads; see `geomap corpus --help`"
            raise ReadError(msg)

    def fingerprint(self) -> str:
        """Return what tells this collection, as it lies there now, from others: names, sizes and times of its files."""
        digest = hashlib.sha256()
        for path, name in self._files:
            stat = path.stat()
            digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode("utf-8", "surrogatepass"))
        digest.update(json.dumps(sorted(self.columns.items())).encode())
        return digest.hexdigest()

    def __iter__(self) -> Iterator[Item]:
        """Yield the documents, file by file, in the order of the files' names."""
        for number, (path, name) in enumerate(self._files):
            for item, share in self._items(path, name):
                self.read_share = (number + share) / len(self._files)
                yield item

    def _items(self, path: Path, name: str) -> Iterator[tuple[Item, float]]:
        """Yield the documents of a file, each with the share of the file that is read."""
        shown = documents.shown(name)
        reader = _reader_of(path) or _read_single
        # Ids that documents give themselves stay; those made here must not meet when there are several files.
        prefix = f"{shown}:" if len(self._files) > 1 and reader is not _read_single else ""
        is_begun = False
        try:
            for item, share in reader(path, shown, self.columns):
                is_begun = True
                yield (_renamed(item, prefix) if prefix else item), share
        except Exception as error:  # Readers of damaged files raise whatever their libraries do.
            logger.debug("%s cannot be read further", shown, exc_info=True)
            if isinstance(error, ReadError) and len(self._files) == 1 and not is_begun:
                raise
            what = str(error) if isinstance(error, ReadError) else f"{type(error).__name__}: {error}"
            yield _lost(f"{shown}:rest", shown, f"{shown} cannot be read further: {' '.join(what.split())[:300]}"), 1.0


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files under a folder in the order of their paths; links to folders are not followed."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and path.is_file():
                yield path


def _reader_of(path: Path) -> Callable[[Path, str, Mapping[str, str]], _Items] | None:
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    if suffixes[-1:] and suffixes[-1] in _PACKED:
        suffixes.pop()
        packed = {".jsonl", ".ndjson", ".csv", ".tsv", ".warc"}
        if not suffixes or suffixes[-1] not in packed:
            return None
    suffix = suffixes[-1] if suffixes else ""
    readers = {
        ".jsonl": _read_lines, ".ndjson": _read_lines, ".csv": _read_csv, ".tsv": _read_csv, ".parquet": _read_parquet,
        ".warc": _read_warc, ".rss": _read_feed, ".atom": _read_feed, ".xml": _read_feed,
    }  # fmt: skip
    return readers.get(suffix, _read_single if suffix in _SINGLE else None)


def _renamed(item: Item, prefix: str) -> Item:
    document = item.data
    if isinstance(document, bytes) or document is None:
        return replace(item, id=prefix + item.id)
    return replace(item, id=prefix + item.id, data=replace(document, id=prefix + document.id))


def _lost(id: str, source: str, error: str) -> Item:
    return Item(id=id, source=source, form="error", error=error)


# --- packed and plain files -----------------------------------------------------------------------------------------


class _Stream:
    """A file, unpacked as it is read, and how much of it is read."""

    def __init__(self, path: Path) -> None:
        self._size = max(1, path.stat().st_size)
        self._file = path.open("rb")
        suffix = path.suffix.lower()
        self.content: io.BufferedIOBase = self._file
        if suffix == ".gz":
            self.content = gzip.GzipFile(fileobj=self._file)
        elif suffix == ".zst":
            import zstandard

            # The window that zstd itself allows unless told otherwise: 128 MB.
            unpacker = zstandard.ZstdDecompressor(max_window_size=1 << 27)
            self.content = io.BufferedReader(unpacker.stream_reader(self._file, read_across_frames=True), _PIECE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def share(self) -> float:
        """How much of the file is read, 0 to 1."""
        return min(1.0, self._file.tell() / self._size)

    def lines(self) -> Iterator[tuple[int, bytes | None]]:
        """Yield the lines with their numbers; None for one that is longer than any report."""
        number = 0
        while line := self.content.readline(_MAX_LINE):
            number += 1
            if len(line) == _MAX_LINE and not line.endswith(b"\n"):
                yield number, None
                self._pass_over()
            elif line.strip():
                yield number, line

    def _pass_over(self) -> None:
        """Skip the rest of a line."""
        skipped = 0
        while piece := self.content.readline(_PIECE):
            if piece.endswith(b"\n"):
                return
            skipped += len(piece)
            if skipped > _MAX_SKIPPED:
                msg = f"a line is longer than {_MAX_SKIPPED // 1_000_000} MB"
                raise ReadError(msg)


# --- readers --------------------------------------------------------------------------------------------------------


def _read_single(path: Path, name: str, _: Mapping[str, str]) -> _Items:
    """Yield a file that is one document."""
    try:
        data = documents.read_bytes(str(path))
    except ReadError as error:
        yield _lost(name, name, str(error).replace(str(path), name)), 1.0
    else:
        yield Item(id=name, source=name, form="file", data=data, name=name), 1.0


def _read_lines(path: Path, name: str, columns: Mapping[str, str]) -> _Items:
    """Yield the lines of JSON lines."""
    with _Stream(path) as stream:
        for number, line in stream.lines():
            id = f"line-{number}"
            if line is None:
                error = f"line {number} is longer than {_MAX_LINE // 1_000_000} MB"
                yield _lost(id, name, error), stream.share
            else:
                data = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                data = _with_names(data, columns) if columns else data
                yield Item(id=id, source=name, form="fields", data=data), stream.share


def _with_names(line: bytes, columns: Mapping[str, str]) -> bytes:
    """Return an object of JSON with its keys called as the fields of a document are."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if not isinstance(found, dict):
        return line
    return json.dumps(found | {name: found[column] for name, column in columns.items() if column in found}).encode()


def _read_csv(path: Path, name: str, columns: Mapping[str, str]) -> _Items:
    """Yield the rows of a table as text; the first line names the columns and shows what separates cells."""
    csv.field_size_limit(MAX_BYTES)
    with _Stream(path) as stream:
        lines = _text_lines(stream)
        head = next(lines, "").removeprefix("\ufeff")
        separator = max(",;\t|", key=head.count)
        (names,) = csv.reader([head], delimiter=separator) if head.strip() else ([],)
        chosen = _chosen([each.strip() for each in names], columns, name)
        rows = csv.reader(lines, delimiter=separator)
        number = 0
        while True:
            number += 1
            id = f"row-{number}"
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield _lost(id, name, f"row {number}: {error}"), stream.share
                continue
            if len(cells) > len(names):
                yield _lost(id, name, f"row {number} has {len(cells)} cells under {len(names)} columns"), stream.share
            elif any(cells):
                row = {key: cells[at] for key, at in chosen.items() if at < len(cells)}
                yield _row(row, id, name), stream.share


def _text_lines(stream: _Stream) -> Iterator[str]:
    for number, line in stream.lines():
        if line is None:
            msg = f"line {number} is longer than {_MAX_LINE // 1_000_000} MB"
            raise ReadError(msg)
        yield line.decode("utf-8", "replace")


def _chosen(names: Sequence[str], columns: Mapping[str, str], source: str) -> dict[str, int]:
    """Return where each field of a document stands in a row."""
    lowered = [name.lower() for name in names]
    wanted = {key: columns.get(key, key) for key in FIELDS}
    found = {
        key: names.index(name) if name in names else lowered.index(name.lower())
        for key, name in wanted.items()
        if name in names or name.lower() in lowered
    }
    if "text" not in found:
        msg = f'{source} has no column "{wanted["text"]}"; say which one holds the reports: --column text=NAME'
        raise ReadError(msg)
    return found


def _row(row: Mapping[str, object], id: str, source: str) -> Item:
    """Return a row of a table as an object of JSON; dates are written as such, other values as text."""
    fields = {key: value if isinstance(value, str) else str(value) for key, value in row.items() if value is not None}
    if not fields.get("id"):
        fields.pop("id", None)
    data = json.dumps(fields).encode()
    if len(data) > _MAX_LINE:
        return _lost(fields.get("id", id), source, f"the row is longer than {_MAX_LINE // 1_000_000} MB")
    return Item(id=fields.get("id", id), source=source, form="fields", data=data)


def _read_parquet(path: Path, name: str, columns: Mapping[str, str]) -> _Items:
    """Yield the rows of a Parquet file."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        chosen = {key: names[at] for key, at in _chosen(names, columns, name).items()}
        total = max(1, file.metadata.num_rows)
        number = 0
        for batch in file.iter_batches(batch_size=_ROWS, columns=sorted(set(chosen.values()))):
            for values in batch.to_pylist():
                number += 1
                row = {key: _plain(values[column]) for key, column in chosen.items()}
                yield _row(row, f"row-{number}", name), number / total


def _plain(value: Any) -> object:  # noqa: ANN401 - whatever a column of Parquet holds
    if hasattr(value, "date"):
        # A moment; its day at the offset that it has, or in UTC, in which Parquet writes moments.
        return value.date().isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _read_feed(path: Path, name: str, _: Mapping[str, str]) -> _Items:
    """Yield the entries of an RSS or Atom file; its links are not followed."""
    found = list(feeds.read(path))
    for number, document in enumerate(found, start=1):
        share = number / len(found)
        if isinstance(document, Unread):
            yield _lost(document.id, name, document.error), share
        else:
            yield Item(id=document.id, source=name, form="document", data=document), share


# --- web archives ---------------------------------------------------------------------------------------------------


def _read_warc(path: Path, name: str, _: Mapping[str, str]) -> _Items:
    """Yield the pages of a web archive: successful answers, and resources, that are HTML or text."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    size = max(1, path.stat().st_size)
    with path.open("rb") as file:
        kinds = WarcRecordType.response | WarcRecordType.resource
        for number, record in enumerate(ArchiveIterator(file, record_types=kinds, parse_http=True), start=1):
            item = _page(record, number, name)
            if item is not None:
                yield item, min(1.0, file.tell() / size)
            _pass_over(record)


def _page(record: Any, number: int, source: str) -> Item | None:  # noqa: ANN401 - fastwarc has no types
    """Return a record of a web archive as a document, or None for one that is no page."""
    http = record.http_headers
    if http is not None and http.status_code not in _OK:
        return None
    kind = (record.http_content_type if http is not None else record.headers.get("Content-Type")) or ""
    kind = kind.partition(";")[0].strip().lower()
    if kind not in _PAGES:
        return None
    id = (record.record_id or f"record-{number}").strip("<>").removeprefix("urn:uuid:")
    url = record.headers.get("WARC-Target-URI")
    data = record.reader.read(MAX_BYTES + 1)
    try:
        data = _decoded(data, http)
    except (zlib.error, EOFError, ValueError) as error:
        return _lost(id, source, f"the page is packed and cannot be unpacked: {error}")
    if data is None or len(data) > MAX_BYTES:
        return _lost(id, source, f"the page is larger than {MAX_BYTES // 1_000_000} MB, unpacked")
    name = "page.txt" if kind == "text/plain" else "page.html"
    charset = record.http_charset if http is not None else None
    return Item(id=id, source=source, form="file", data=data, name=name, url=url, charset=charset)


def _decoded(data: bytes, http: Any) -> bytes | None:  # noqa: ANN401 - fastwarc has no types
    """Return what a server sent, unpacked; None when it unpacks to more than any report."""
    if http is not None and "chunked" in (http.get("Transfer-Encoding") or "").lower():
        data = _joined(data)
    packing = ((http.get("Content-Encoding") if http is not None else None) or "identity").strip().lower()
    if packing in {"", "identity"}:
        return data
    if packing not in {"gzip", "x-gzip", "deflate"}:
        msg = f"as {packing!r}, which geomap does not read"
        raise ValueError(msg)
    # 32 reads gzip and zlib by their headers; some servers send "deflate" without one.
    for window in (47, -15):
        unpacker = zlib.decompressobj(window)
        try:
            unpacked = unpacker.decompress(data, MAX_BYTES + 1)
        except zlib.error:
            if window < 0 or packing != "deflate":
                raise
        else:
            return None if len(unpacked) > MAX_BYTES else unpacked
    return None


def _joined(data: bytes) -> bytes:
    """Return the chunks of an answer as one; what is no chunk is left as it is (archives often hold it joined)."""
    pieces: list[bytes] = []
    position = 0
    while True:
        end = data.find(b"\r\n", position, position + 20)
        try:
            length = int(data[position:end].split(b";")[0], 16) if end > position else -1
        except ValueError:
            length = -1
        if length < 0:
            return data
        if length == 0:
            return b"".join(pieces)
        pieces.append(data[end + 2 : end + 2 + length])
        position = end + 2 + length + 2


def _pass_over(record: Any) -> None:  # noqa: ANN401 - fastwarc has no types
    """Skip the rest of a record piece by piece, up to a limit."""
    skipped = 0
    while piece := record.reader.read(_PIECE):
        skipped += len(piece)
        if skipped > _MAX_SKIPPED:
            msg = f"a record is larger than {_MAX_SKIPPED // 1_000_000} MB"
            raise ReadError(msg)
