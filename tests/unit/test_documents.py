from __future__ import annotations

import io
import json
import os
import sys
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geomap import documents
from geomap.errors import ReadError

BODY = "A convoy left Agadez for the north on Friday, the governor said."

PAGE = """<!DOCTYPE html><html><head><title>Convoy leaves Agadez - The Example</title>
<meta property="og:title" content="Convoy leaves Agadez"><meta property="og:site_name" content="The Example">
<meta property="article:published_time" content="2023-05-06T10:00:00+02:00">
<link rel="canonical" href="https://example.org/convoy"></head><body><nav><a href="/">Home</a></nav><article>
<h1>Convoy leaves Agadez</h1><p>{}</p><p>{}</p></article><footer>All rights reserved</footer></body></html>""".format(
    BODY * 3, "Sixty lorries drove through the gate before dawn, a witness recalled. " * 4
)


def write(folder, data, name="report.txt"):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def skipped(document):
    return [document.text[start:end] for start, end in document.skip]


def test_text_is_kept_as_it_is(tmp_path):
    text = "\ufeffTwo columns left.\r\nOne came back.\rThe third waits.\n"
    document = documents.read(write(tmp_path, text))
    assert document.text == text
    assert skipped(document) == ["\ufeff"]


def test_header_is_skipped_and_read(tmp_path):
    header = (
        "Title: Convoy leaves Agadez\nDate: 6 May 2023\nSource: https://example.org/convoy\nPublisher: The Example\n\n"
    )
    document = documents.read(write(tmp_path, header + BODY))
    assert document.text == header + BODY
    assert skipped(document) == [header]
    assert (document.title, document.url) == ("Convoy leaves Agadez", "https://example.org/convoy")
    assert (document.published, document.published_from) == (date(2023, 5, 6), "header")
    assert document.publisher == "The Example"


def test_source_that_is_no_link_is_the_publisher(tmp_path):
    document = documents.read(write(tmp_path, f"Title: A\nSource: Radio Example\n\n{BODY}"))
    assert (document.url, document.publisher) == (None, "Radio Example")


@pytest.mark.parametrize(
    "text",
    [
        f"Niamey: {BODY}",
        f"Title: A headline\n{BODY}",
        f"Title: A\nTitle: B\n\n{BODY}",
        f"Title: A\nMood: B\n\n{BODY}",
        "Title: nothing but a header",
    ],
    ids=["no key", "no empty line", "key twice", "unknown key", "no body"],
)
def test_what_looks_like_a_header_but_is_none(tmp_path, text):
    document = documents.read(write(tmp_path, text))
    assert document.title is None
    assert document.skip == ()


def test_given_date_wins_over_header_and_header_over_text(tmp_path):
    path = write(tmp_path, f"Title: A\nDate: 2023-05-06\n\nAGADEZ, May 4, 2023 - {BODY}")
    assert documents.read(path).published == date(2023, 5, 6)
    document = documents.read(path, published="2023-05-07")
    assert (document.published, document.published_from) == (date(2023, 5, 7), "given")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"AGADEZ, Niger, May 6, 2023 — {BODY}", date(2023, 5, 6)),
        (f"{BODY} The picture shows lorries on Saturday, May 6, 2023, in Agadez.", date(2023, 5, 6)),
        (f"Saturday, 6 May 2023\n{BODY}", date(2023, 5, 6)),
        (f"2023-05-06\n{BODY}", date(2023, 5, 6)),
        (f"{BODY} They have been there since May 6, 2023.", None),
        (f"Friday, May 6, 2023\n{BODY}", None),
        (f"May 31, 2023\n{BODY}", date(2023, 5, 31)),
        (f"June 31, 2023\n{BODY}", None),
        (f"Saturday, May 6, 2023\n{BODY}\nSunday, May 7, 2023", None),
        (f"{BODY * 20}\nSaturday, May 6, 2023", None),
        (BODY, None),
    ],
    ids=[
        "dateline", "caption", "line of its own", "ISO", "history", "wrong weekday", "last day", "no such day",
        "two days", "far from the top", "weekday only",
    ],
)  # fmt: skip
def test_publication_date_from_the_text(tmp_path, text, expected):
    document = documents.read(write(tmp_path, text))
    assert document.published == expected
    assert document.published_from == ("text" if expected else None)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("2022-02-16", date(2022, 2, 16)),
        ("16 February 2022", date(2022, 2, 16)),
        ("Wednesday, Feb. 16, 2022", date(2022, 2, 16)),
        ("2022-02-16T23:30:00-05:00", date(2022, 2, 16)),
        ("2022-02-16T23:30:00Z", date(2022, 2, 16)),
        (datetime(2022, 2, 16, 23, 30, tzinfo=UTC), date(2022, 2, 16)),
        (date(2022, 2, 16), date(2022, 2, 16)),
    ],
)
def test_dates(words, expected):
    assert documents.parse_date(words) == expected


@pytest.mark.parametrize(
    "words",
    ["", "soon", "16/02/2022", "2022-13-01", "2022-02-30", "Thursday, Feb. 16, 2022", "2022-02-16T10:00", "Feb. 16"],
)
def test_what_is_no_date(words):
    with pytest.raises(ReadError, match="publication date"):
        documents.parse_date(words)


def test_naive_datetime_is_refused():
    with pytest.raises(ReadError, match="offset"):
        documents.parse_date(datetime(2022, 2, 16, 10, 0))  # noqa: DTZ001


def test_boilerplate_is_skipped_without_shifting_anything(tmp_path):
    boilerplate = ["[ad_1]", "Advertisement", "SHARE", "Read More: Convoy leaves Agadez", "Sign up for our newsletter!"]
    text = (
        f"{boilerplate[0]}\n{BODY}\n  {boilerplate[1]}\t\n{boilerplate[2]}\n{BODY}\n{boilerplate[3]}\n{boilerplate[4]}"
    )
    document = documents.read(write(tmp_path, text))
    assert document.text == text
    assert skipped(document) == boilerplate


def test_prose_that_begins_like_boilerplate_is_read(tmp_path):
    text = "Share prices fell.\nAdvertisement campaigns stopped.\nRead more: " + "the army moved on. " * 30
    assert documents.read(write(tmp_path, text)).skip == ()


def test_html_gives_the_article_and_its_metadata(tmp_path):
    document = documents.read(write(tmp_path, PAGE, "convoy.html"))
    assert BODY in document.text
    assert "Home" not in document.text
    assert document.title == "Convoy leaves Agadez"
    assert (document.published, document.published_from) == (date(2023, 5, 6), "metadata")
    assert document.publisher == "The Example"
    assert document.url == "https://example.org/convoy"


def test_html_is_known_by_its_content(tmp_path):
    assert documents.read(write(tmp_path, PAGE, "convoy.txt")).title == "Convoy leaves Agadez"


@pytest.mark.parametrize(
    "page", ["<html></html>", "<html><body><script>1</script></body></html>", "<html>" + "<b>" * 9999]
)
def test_html_without_an_article(tmp_path, page):
    with pytest.raises(ReadError, match="no article"):
        documents.read(write(tmp_path, page, "empty.html"))


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "latin-1"])
def test_other_encodings(tmp_path, encoding):
    text = (
        "Les soldats ont quitté Ménaka à l’aube, a déclaré le maire. Aucun combat n’a été signalé près de la frontière."
    )
    text = text.replace("’", "'") if encoding == "latin-1" else text
    assert documents.read(write(tmp_path, text.encode(encoding))).text == text


def test_declared_encoding_of_a_page(tmp_path):
    page = PAGE.replace("<head>", '<head><meta charset="windows-1251">').replace("governor", "губернатор")
    assert "губернатор" in documents.read(write(tmp_path, page.encode("cp1251"), "page.html")).text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b" \r\n\t ", "is empty"),
        (b"\xef\xbb\xbf\n", "is empty"),
        (b"Title: A\nDate: tomorrow\n\nText.", "in the header of report"),
        (b"%PDF-1.7\n1 0 obj", "PDF"),
        (b"PK\x03\x04\x14\x00\x00\x00", "zip"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "picture"),
        (b"\x1f\x8b\x08\x00\x00", "gzip"),
        (b"\0" * 1000, "not text"),
        (bytes(range(256)) * 8, "not text"),
        (b"x" * (documents.MAX_BYTES + 1), "larger than 20 MB"),
    ],
    ids=["empty", "blank", "only a mark", "no date", "PDF", "zip", "PNG", "gzip", "zeros", "all bytes", "too large"],
)
def test_unreadable_content(tmp_path, data, message):
    with pytest.raises(ReadError, match=message):
        documents.read(write(tmp_path, data))


def test_unreadable_paths(tmp_path):
    with pytest.raises(ReadError, match="does not exist"):
        documents.read(tmp_path / "missing.txt")
    with pytest.raises(ReadError, match="is a folder"):
        documents.read(tmp_path)
    with pytest.raises(ReadError, match="cannot be read"):
        documents.read("a\0b")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_file_without_permission(tmp_path):
    path = write(tmp_path, BODY)
    path.chmod(0)
    with pytest.raises(ReadError, match="may not be read"):
        documents.read(path)


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BODY.encode())))
    document = documents.read("-")
    assert document.text == BODY
    assert document.id.startswith("stdin-")


def test_id_is_stable_and_tells_texts_apart(tmp_path):
    one, other = write(tmp_path, BODY), write(tmp_path, f"{BODY} More.", "other.txt")
    assert documents.read(one).id == documents.read(one).id
    assert documents.read(one).id.startswith("report-")
    assert documents.read(one).id != documents.read(other).id
    assert documents.read(one, id="mine").id == "mine"


def test_json_lines(tmp_path):
    lines = [
        json.dumps(
            {"id": 7, "text": BODY, "published": "2023-05-06", "title": "A", "url": "https://example.org", "x": []}
        ),
        "",
        json.dumps({"text": f"Title: no header here\n\n{BODY}", "published": None, "home": "Paris, Texas"}),
    ]
    first, second = documents.read_many(write(tmp_path, "\n".join(lines), "docs.jsonl"))
    assert (first.id, first.text, first.published, first.title) == ("7", BODY, date(2023, 5, 6), "A")
    assert (second.id, second.title, second.published, second.home) == ("line-3", None, None, "Paris, Texas")


@pytest.mark.parametrize(
    ("line", "id", "message"),
    [
        (b"{", "line-1", "not JSON"),
        (b"\xff\xfe", "line-1", "not JSON"),
        (b"[" * 100_000, "line-1", "not JSON"),
        (b"[1]", "line-1", "not a JSON object"),
        (b'{"id": "a"}', "a", 'no "text"'),
        (b'{"id": "a", "text": 5}', "a", 'no "text"'),
        (b'{"id": "a", "text": " "}', "a", "is empty"),
        (b'{"id": "a", "text": "b", "published": "soon"}', "a", "not a date"),
        (b'{"id": "a", "text": "b", "published": "2022-02-16T10:00"}', "a", "offset"),
    ],
)
def test_a_poisoned_line_does_not_stop_the_others(tmp_path, line, id, message):
    good = json.dumps({"id": "good", "text": BODY}).encode()
    bad, rest = documents.read_many(write(tmp_path, line + b"\n" + good, "docs.jsonl"))
    assert isinstance(bad, documents.Unread)
    assert bad.id == id
    assert message in bad.error
    assert rest.id == "good"


def test_json_lines_from_a_missing_file(tmp_path):
    with pytest.raises(ReadError, match="does not exist"):
        list(documents.read_many(tmp_path / "docs.jsonl"))


def test_nul_and_lone_surrogates_survive(tmp_path):
    text = "A\0convoy \ud800 left."
    (document,) = documents.read_many(write(tmp_path, json.dumps({"id": "a", "text": text}), "docs.jsonl"))
    assert document.text == text


@given(st.text(min_size=1))
def test_skipped_parts_are_in_order_and_apart(text):
    if not text.strip("\ufeff \t\r\n\f\v"):
        return
    document = documents.from_text(text, header=True) if "Date" not in text else documents.from_text(text)
    assert document.text == text
    edges = [edge for span in document.skip for edge in span]
    assert edges == sorted(edges)
    assert all(0 <= start < end <= len(text) for start, end in document.skip)


@pytest.mark.parametrize(
    "text", ["a" * 2_000_000, "1 " * 500_000, "<" * 500_000, "\n" * 500_000 + "x", "May 6, 2023 " * 50_000]
)
def test_long_input_is_read_in_linear_time(text):
    assert documents.from_text(text, header=True).text == text


@pytest.mark.parametrize(
    ("separator", "mark", "encoding"), [(",", "", "utf-8"), (";", "\ufeff", "utf-8"), ("\t", "", "cp1252")]
)
def test_csv(tmp_path, separator, mark, encoding):
    long = f'"{BODY}\r\nThe mayor of Ménaka said ""no""."'
    lines = [
        separator.join(cells)
        for cells in (("ID", "Text", "published", "x"), ("7", long, "2023-05-06", ""), ("", f'"{BODY}"'))
    ]
    path = write(tmp_path, (mark + "\r\n".join(lines) + "\r\n\r\n").encode(encoding), "docs.csv")
    first, second = documents.read_many(path)
    assert (first.id, first.published) == ("7", date(2023, 5, 6))
    assert first.text == f'{BODY}\r\nThe mayor of Ménaka said "no".'
    assert (second.id, second.text, second.title) == ("line-4", BODY, None)


def test_csv_that_another_library_wrote(tmp_path):
    import pandas as pd

    texts = [BODY, f'{BODY}\n"Quoted", he said; then: more.', "=1+1 is no formula here. " + BODY]
    pd.DataFrame({"id": ["a", "b", "c"], "text": texts, "published": ["2023-05-06", None, "6 May 2023"]}).to_csv(
        tmp_path / "docs.csv", index=False
    )
    found = list(documents.read_many(tmp_path / "docs.csv"))
    assert [document.text for document in found] == texts
    assert [document.published for document in found] == [date(2023, 5, 6), None, date(2023, 5, 6)]


def test_a_cell_longer_than_the_readers_usual_limit(tmp_path):
    path = write(tmp_path, f'text\n"{"Troops left the town. " * 20_000}"\n', "docs.csv")
    (document,) = documents.read_many(path)
    assert len(document.text) == 440_000


def test_is_collection():
    assert all(map(documents.is_collection, ("a.jsonl", "a.NDJSON", "b/a.csv", "a.tsv")))
    assert not any(map(documents.is_collection, ("a.txt", "a.json", "-", "csv")))
