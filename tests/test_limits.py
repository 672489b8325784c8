"""What happens with bad input: one test for each row of the table in docs/limits.md."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import pytest

PLACES = "Soldiers left Agadez for Niamey on Friday, the governor said."


def given(row):
    """Name the row that a test holds; the test of the documentation compares the names with the table."""
    return pytest.mark.limit(row)


@pytest.fixture
def write(tmp_path):
    def write(data, name="report.txt"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


@pytest.fixture
def refused(run, tmp_path):
    """Check that both verbs answer a report with one line, exit code 1 and no output."""

    def refused(report, message, *options, stdin=None):
        for verb in ("extract", "map"):
            page = tmp_path / "out.html"
            outcome = run(verb, report, "-o", page, *options, stdin=stdin)
            assert outcome.code == 1
            assert outcome.err.startswith("geomap: ")
            assert outcome.err.count("\n") == 1
            assert message in outcome.err
            assert outcome.out == ""
            assert not page.exists()

    return refused


@given("a file that does not exist")
def test_missing(refused, tmp_path):
    refused(tmp_path / "missing.txt", "does not exist")


@given("an address instead of a file")
def test_address(refused):
    refused("https://example.org/report.html", "save the page")


@given("a folder")
def test_folder(refused, tmp_path):
    refused(tmp_path, "is a folder")


@given("an empty file")
def test_empty(refused, write):
    refused(write(b""), "is empty")


@given("a file of white space")
def test_blank(refused, write):
    refused(write(b" \r\n\t\n"), "is empty")


@given("a file with only a byte order mark")
def test_mark(refused, write):
    refused(write(b"\xef\xbb\xbf"), "is empty")


@given("a PDF file")
def test_pdf(refused, write):
    refused(write(b"%PDF-1.7\n%\xe2\xe3"), "not text but a PDF file")


@given("a zip archive or office document")
def test_zip(refused, write):
    refused(write(b"PK\x03\x04\x14\x00\x06\x00"), "not text but a zip archive")


@given("a gzip file")
def test_gzip(refused, write):
    refused(write(b"\x1f\x8b\x08\x00"), "not text but a gzip file")


@given("a picture")
def test_picture(refused, write):
    refused(write(b"\x89PNG\r\n\x1a\n"), "not text but a picture")


@given("a file of zeros")
def test_zeros(refused, write):
    refused(write(bytes(10_000)), "is not text")


@given("a file of random bytes")
def test_random_bytes(refused, write):
    refused(write(random.Random(7).randbytes(10_000)), "is not text")


@given("a file of more than 20 MB")
def test_large(refused, write):
    refused(write(b"word " * 4_000_001), "larger than 20 MB")


@given("HTML without an article")
def test_page_without_article(refused, write):
    refused(write("<html><body><script>1</script></body></html>", "page.html"), "no article was found")


@given("HTML of 100,000 nested elements")
def test_deep_page(refused, write):
    refused(write("<html>" + "<div>" * 100_000, "page.html"), "no article was found")


@given("a publication date that is no date")
def test_no_date(refused, write):
    refused(write(PLACES), "is not a date", "--published", "Friday")


@given("a publication date with a time but no offset")
def test_naive_date(refused, write):
    refused(write(PLACES), "without an offset", "--published", "2022-02-16T10:00")


@given("a header with a date that is no date")
def test_header_without_date(refused, write):
    refused(write(f"Title: A\nDate: last week\n\n{PLACES}"), "is not a date")


@given("standard input named twice")
def test_stdin_twice(refused):
    refused("-", "only once", "-", stdin=b"A text.")


@given("empty standard input")
def test_stdin_empty(refused):
    refused("-", "standard input is empty", stdin=b"")


@given("an output path in a missing folder")
def test_output_in_missing_folder(run, write, tmp_path):
    for verb in ("extract", "map"):
        outcome = run(verb, write(PLACES), "-o", tmp_path / "missing" / "out")
        assert (outcome.code, outcome.err.count("\n")) == (1, 1)
        assert "cannot be written" in outcome.err or "cannot write" in outcome.err


@given("an output path that is a folder")
def test_output_is_folder(run, write, tmp_path):
    for verb in ("extract", "map"):
        outcome = run(verb, write(PLACES), "-o", tmp_path)
        assert (outcome.code, outcome.err.count("\n")) == (1, 1)
        assert "cannot be written" in outcome.err or "cannot write" in outcome.err


@given("a language that the page does not have")
def test_language(run, write, tmp_path):
    outcome = run("map", write(PLACES), "-o", tmp_path / "page.html", "--lang", "tlh")
    assert outcome.code == 1
    assert "no page in language" in outcome.err


@given("GeoPackage to standard output")
def test_binary_to_stdout(run, write):
    outcome = run("extract", write(PLACES), "--format", "gpkg")
    assert outcome.code == 2
    assert "needs a file" in outcome.err


@given("an unknown option")
def test_unknown_option(run, write):
    assert run("extract", write(PLACES), "--colour").code == 2


@given("an unknown format")
def test_unknown_format(run, write):
    assert run("extract", write(PLACES), "--format", "kml").code == 2


@pytest.fixture
def records(run, write):
    """Extract a poisoned line between two good ones, and give the record of the poisoned one."""

    def records(line):
        good = json.dumps({"id": "good", "text": PLACES})
        outcome = run("extract", write(f"{good}\n{line}\n{good}\n", "docs.jsonl"))
        assert outcome.code == 0
        first, second, third = map(json.loads, outcome.out.splitlines())
        assert first == third
        assert first["locations"]
        return second

    return records


@given("JSON lines with a line that is not JSON")
def test_no_json(records):
    record = records("{nothing")
    assert (record["id"], record["locations"]) == ("line-2", [])
    assert "not JSON" in record["error"]


@given("JSON lines with a document without text")
def test_no_text(records):
    assert 'no "text"' in records('{"id": "a"}')["error"]


@given("JSON lines with a naive date and time")
def test_naive_date_in_json(records):
    record = records(json.dumps({"id": "a", "text": PLACES, "published": "2022-02-16 10:00"}))
    assert record["id"] == "a"
    assert "without an offset" in record["error"]


@given("JSON lines with NUL and lone surrogates")
def test_surrogates(records):
    text = f"\ud83d\0 {PLACES} \udfff"
    record = records(json.dumps({"id": "a", "text": text}))
    assert record["error"] is None
    assert record["locations"]
    for location in record["locations"]:
        assert text[location["start"] : location["end"]] == location["text"]


@given("a text without any place")
def test_no_place(run, write, tmp_path, browser):
    path = tmp_path / "out.html"
    report = write("Nothing moved, and nobody said a word about it.")
    assert run("map", report, "-o", path).code == 0
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.get_by_text("No place was found in this text.").first.is_visible()
    page.close()
    assert json.loads(run("extract", report).out)["locations"] == []


@given("a text without any claim")
def test_no_claim(run, write, tmp_path):
    report = write("The museum in Niamey opens at nine.")
    assert run("map", report, "-o", tmp_path / "page.html").code == 0
    assert json.loads(run("extract", report).out)["claims"] == []


@given("a reader that closes the pipe")
def test_broken_pipe(write):
    # More than a pipe holds, so that the writer meets its closed end.
    lines = (json.dumps({"id": str(number), "text": PLACES, "title": "x" * 9000}) for number in range(30))
    command = [sys.executable, "-m", "geomap", "extract", str(write("\n".join(lines), "docs.jsonl"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        message = process.stderr.read()
        assert (process.wait(), message) == (0, b"")


@given("a place that the gazetteer does not know")
def test_unknown_place(run):
    outcome = run("geocode", "Nowhereville-xyz")
    assert (outcome.code, outcome.err.count("\n"), outcome.out) == (1, 1, "")
    assert "Nowhereville-xyz" in outcome.err


@given("a name that no place has, in `gazetteer search`")
def test_unknown_name(run):
    outcome = run("gazetteer", "search", "Nowhereville-xyz")
    assert (outcome.code, outcome.err.count("\n"), outcome.out) == (1, 1, "")
    assert "Nowhereville-xyz" in outcome.err


@given("one letter, a million times")
def test_one_letter(run, write):
    outcome = run("extract", write("a" * 1_000_000))
    assert outcome.code == 0
    assert json.loads(outcome.out)["locations"] == []
