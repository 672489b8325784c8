"""Every kind of collection, made with the libraries that make them elsewhere, and what is wrong with some."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from fastwarc.warc import WarcRecord, WarcRecordType

from geomap import holdings, readers
from geomap.errors import ReadError
from geomap.holdings import Holdings
from geomap.model import Document
from geomap.readers import Orders
from geomap.settings import Settings

TEXT = "Soldiers left Agadez for Niamey on Friday, the governor said. More of them will follow in the coming days."
ROWS = [{"id": name, "text": TEXT, "published": "2023-05-06"} for name in "abc"]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
PAGE = f"<html><head><title>Convoy</title></head><body><article><h1>Convoy</h1>{f'<p>{TEXT}</p>' * 5}</article></body></html>"


def items(*paths, **columns):
    return list(Holdings([str(path) for path in paths], columns))


def documents(*paths, **columns):
    """Read what a collection holds; errors as text."""
    orders = Orders(settings=Settings(), limit_s=60.0)
    found = [item.error or readers.document_of(item, orders) for item in items(*paths, **columns)]
    return [each if isinstance(each, str | Document) else each.error for each in found]


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def warc(*records, packed="gzip"):
    """Return a web archive: a URL, headers and a body for each record."""
    file = io.BytesIO()
    for number, (url, headers, body) in enumerate(records):
        record = WarcRecord()
        head = "HTTP/1.1 " + headers.pop("status", "200 OK") + "\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        record.init_headers(content_length=len(head.encode() + body), record_type=WarcRecordType.response)
        record.headers["WARC-Record-ID"] = f"<urn:uuid:0000-{number}>"
        record.headers["WARC-Target-URI"] = url
        record.headers["Content-Type"] = "application/http; msgtype=response"
        record.set_bytes_content(head.encode() + body)
        plain = io.BytesIO()
        record.write(plain)
        file.write(gzip.compress(plain.getvalue()) if packed else plain.getvalue())
    return file.getvalue()


HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.jsonl.gz", "a.jsonl.zst"])
def test_json_lines(tmp_path, name):
    pack = {"gz": gzip.compress, "zst": zstandard.ZstdCompressor().compress}.get(name.rsplit(".", 1)[1], bytes)
    found = documents(write(tmp_path / name, pack(LINES)))
    assert [(each.id, each.text, each.published) for each in found] == [(n, TEXT, date(2023, 5, 6)) for n in "abc"]


def test_two_packed_parts_are_read_on(tmp_path):
    assert len(documents(write(tmp_path / "a.jsonl.gz", gzip.compress(LINES) + gzip.compress(LINES)))) == 6
    pack = zstandard.ZstdCompressor().compress
    assert len(documents(write(tmp_path / "a.jsonl.zst", pack(LINES) + pack(LINES)))) == 6


def test_parquet_with_columns_of_other_names(tmp_path):
    days = [date(2023, 5, 6), None, date(2023, 5, 7)]
    moments = [datetime(2023, 5, 6, 23, tzinfo=UTC)] * 3
    table = pa.table({"body": [TEXT, TEXT, None], "day": days, "seen": moments, "n": [1, 2, 3]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=2)
    found = documents(tmp_path / "a.parquet", text="body", published="day", id="n")
    assert [(each.id, each.published) for each in found[:2]] == [("1", days[0]), ("2", None)]
    assert 'no "text"' in found[2]
    assert documents(tmp_path / "a.parquet", text="body", published="seen")[0].published == days[0]


@pytest.mark.parametrize(("name", "separator"), [("a.csv", ","), ("a.csv.gz", ";"), ("a.tsv", "\t")])
def test_tables_as_text(tmp_path, name, separator):
    lines = [separator.join(["id", "Text", "published"])]
    lines += [separator.join([row["id"], f'"{TEXT}"', row["published"]]) for row in ROWS]
    lines += [separator.join(["d", "too", "many", "cells"])]
    content = "\n".join(lines).encode()
    found = documents(write(tmp_path / name, gzip.compress(content) if name.endswith("gz") else content))
    assert [each.id for each in found[:3]] == ["a", "b", "c"]
    assert "4 cells" in found[3]


def test_quoted_lines_of_a_table_stay_together(tmp_path):
    (found,) = documents(write(tmp_path / "a.csv", b'text,id\n"Troops moved.\n\nThey came from Gao.",a\n'))
    assert "came from Gao" in found.text


def test_folders_hold_everything(tmp_path):
    write(tmp_path / "in" / "b.txt", f"Date: 2023-05-06\n\n{TEXT}".encode())
    write(tmp_path / "in" / "a" / "page.html", PAGE.encode())
    write(tmp_path / "in" / "c.jsonl", LINES)
    write(tmp_path / "in" / "picture.png", b"\x89PNG")
    write(tmp_path / "in" / ".hidden.txt", TEXT.encode())
    found = documents(tmp_path / "in")
    assert [each.id for each in found] == ["b.txt", "a", "b", "c", "a/page.html"]
    assert found[0].published == date(2023, 5, 6)
    assert TEXT in found[4].text


def test_feed(tmp_path):
    entry = f"<item><title>Convoy</title><link>https://example.org/1</link><description>{TEXT}</description></item>"
    feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{entry * 2}</channel></rss>'
    found = documents(write(tmp_path / "news.rss", feed.encode()))
    assert [(each.title, each.url) for each in found] == [("Convoy", "https://example.org/1")] * 2


@pytest.mark.parametrize("name", ["a.warc.gz", "a.warc", "a.warc.zst"])
def test_web_archive(tmp_path, name):
    records = [
        ("https://example.org/0", {**HTML}, PAGE.encode()),
        ("https://example.org/1", {**HTML, "Content-Encoding": "gzip"}, gzip.compress(PAGE.encode())),
        ("https://example.org/2", {**HTML, "status": "404 Not Found"}, PAGE.encode()),
        ("https://example.org/3", {"Content-Type": "image/png"}, b"\x89PNG"),
        ("https://example.org/4", {"Content-Type": "text/plain; charset=cp1252"}, f"{TEXT} “Soon”.".encode("cp1252")),
        ("https://example.org/5", {**HTML, "Content-Encoding": "snappy"}, b"?"),
        ("https://example.org/6", {**HTML, "Transfer-Encoding": "chunked"},
         b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE.encode())),
    ]  # fmt: skip
    content = warc(*records, packed="gzip" if name.endswith("gz") else None)
    content = zstandard.ZstdCompressor().compress(content) if name.endswith("zst") else content
    found = documents(write(tmp_path / name, content))
    assert [each.url if isinstance(each, Document) else each[:16] for each in found] == [
        "https://example.org/0",
        "https://example.org/1",
        "https://example.org/4",
        "the page is pack",
        "https://example.org/6",
    ]
    assert [each.id for each in items(tmp_path / name)][:2] == ["0000-0", "0000-1"]
    assert found[2].text.endswith("“Soon”.")
    assert all(TEXT in found[each].text for each in (0, 1, 2, 4))


# --- what is wrong with some ----------------------------------------------------------------------------------------


def test_bomb_in_a_web_archive(tmp_path, monkeypatch):
    monkeypatch.setattr(holdings, "MAX_BYTES", 2_000_000)
    bomb = gzip.compress(b"a" * 5_000_000)
    records = [
        ("https://example.org/0", {**HTML, "Content-Encoding": "gzip"}, bomb),
        ("https://example.org/1", {**HTML}, b"a" * 5_000_000),
        ("https://example.org/2", {**HTML}, PAGE.encode()),
    ]
    found = documents(write(tmp_path / "a.warc.gz", warc(*records)))
    assert ["larger than 2 MB" in str(each) for each in found] == [True, True, False]


def test_endless_line_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(holdings, "_MAX_LINE", 1_000_000)
    content = LINES + b'{"text": "' + b"a" * 30_000_000 + b'"}\n' + LINES
    for name, data in (("a.jsonl.gz", gzip.compress(content)), ("a.jsonl", content)):
        found = documents(write(tmp_path / name, data))
        assert [isinstance(each, Document) for each in found] == [True] * 3 + [False] + [True] * 3
        assert "line 4 is longer" in found[3]


def test_line_without_end_gives_the_file_up(tmp_path, monkeypatch):
    monkeypatch.setattr(holdings, "_MAX_LINE", 1_000_000)
    monkeypatch.setattr(holdings, "_MAX_SKIPPED", 5_000_000)
    found = documents(write(tmp_path / "a.jsonl.gz", gzip.compress(LINES + b"a" * 30_000_000 + b"\n" + LINES)))
    assert len(found) == 5
    assert "cannot be read further" in found[4]


@pytest.mark.parametrize("cut", ["a.jsonl.gz", "a.jsonl.zst", "a.warc.gz", "a.parquet"])
def test_damaged_file_keeps_what_came_before(tmp_path, cut):
    page = ("https://example.org/0", {**HTML}, PAGE.encode())
    whole = {
        "a.jsonl.gz": gzip.compress(LINES * 2000),
        "a.jsonl.zst": zstandard.ZstdCompressor().compress(LINES * 200_000),
        "a.warc.gz": warc(*[(page[0], {**HTML}, page[2])] * 3),
        "a.parquet": b"PAR1 and nothing of the kind",
    }[cut]
    write(tmp_path / "in" / "b.txt", TEXT.encode())
    write(tmp_path / "in" / cut, whole[: len(whole) * 3 // 4])
    found = items(tmp_path / "in")
    lost = [each for each in found if each.form == "error"]
    assert found[-1].id == "b.txt"
    assert len(lost) <= 1
    assert len(found) > 2 or (cut == "a.parquet" and "cannot be read further" in lost[0].error)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"text": "Troops \xff moved"}', "not JSON in UTF-8"),
        (b"[" * 200_000, "not JSON in UTF-8"),
        (b'{"text": "   "}', "is empty"),
        (b'{"id": "a"}', 'no "text"'),
    ],
)
def test_broken_lines(tmp_path, line, words):
    found = documents(write(tmp_path / "a.jsonl", line + b"\n" + LINES))
    assert words in found[0]
    assert len(found) == 4


def test_nothing_to_read(tmp_path):
    with pytest.raises(ReadError, match="does not exist"):
        Holdings([str(tmp_path / "none")])
    with pytest.raises(ReadError, match="holds no file"):
        Holdings([str(tmp_path)])
    with pytest.raises(ReadError, match="no column"):
        items(write(tmp_path / "a.csv", b"body\nTroops moved.\n"))


def test_fingerprint_changes_with_the_files(tmp_path):
    path = write(tmp_path / "a.jsonl", LINES)
    before = Holdings([path]).fingerprint()
    assert Holdings([path]).fingerprint() == before
    assert Holdings([path], {"text": "body"}).fingerprint() != before
    write(path, LINES * 2)
    assert Holdings([path]).fingerprint() != before


def test_share_that_is_read_grows(tmp_path):
    found = Holdings([write(tmp_path / "in" / f"{name}.jsonl", LINES) and tmp_path / "in" for name in "ab"][:1])
    shares = [found.read_share for _ in found]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
