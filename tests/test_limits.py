"""What happens with bad input: one test for each row of the table in docs/limits.md."""

from __future__ import annotations

import gzip
import io
import json
import random
import socket
import subprocess
import sys
import zipfile

import pytest
from reportlab.pdfgen.canvas import Canvas

from geomap import addresses, formats

FRENCH = (
    "Les soldats ont quitt\u00e9 lundi le camp de Gao et se dirigent vers le nord, a d\u00e9clar\u00e9 le porte-parole. "
    * 2
)
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
            page = tmp_path / ("out.html" if verb == "map" else "out.json")
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


@given("a damaged PDF file")
def test_damaged_pdf(refused, write):
    refused(write(b"%PDF-1.7\n%\xe2\xe3"), "is a PDF file that cannot be read")


@given("a PDF file without text")
def test_pdf_without_text(refused, write):
    out = io.BytesIO()
    Canvas(out).save()
    refused(write(out.getvalue(), "scan.pdf"), "without text, probably a scan")


@given("a PDF file that is locked with a password")
def test_locked_pdf(refused, write):
    out = io.BytesIO()
    canvas = Canvas(out, encrypt="secret")
    canvas.drawString(10, 10, PLACES)
    canvas.save()
    refused(write(out.getvalue(), "a.pdf"), "locked with a password")


@given("a PDF file, without the package pypdf")
def test_pdf_without_its_package(refused, write, monkeypatch):
    monkeypatch.setitem(sys.modules, "pypdf", None)
    refused(write(b"%PDF-1.7\n"), "pip install 'geomap[pdf]'")


@given("a Word file, without the package python-docx")
def test_word_without_its_package(refused, write, monkeypatch):
    monkeypatch.setitem(sys.modules, "docx", None)
    refused(write(packed("word/document.xml"), "a.docx"), "pip install 'geomap[docx]'")


def packed(name, data=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, data)
    return out.getvalue()


@given("a damaged Word file")
def test_damaged_word(refused, write):
    refused(write(packed("word/document.xml", b"<w"), "a.docx"), "is a Word file that cannot be read")


@given("a Word file that unpacks to more than 200 MB")
def test_word_bomb(refused, write, monkeypatch):
    monkeypatch.setattr(formats, "_MAX_UNPACKED", 2_000_000)
    refused(write(packed("word/document.xml", bytes(3_000_000)), "a.docx"), "unpacks to more than 2 MB")


@given("an e-mail without text")
def test_mail_without_text(refused, write):
    refused(
        write("From: a@example.org\nDate: Mon, 5 Dec 2022 09:00:00 +0100\nSubject: x\n\n", "a.eml"),
        "e-mail without text",
    )


@given("an RTF document")
def test_rtf(refused, write):
    refused(write(b"{\\rtf1\\ansi Soldiers left.}"), "not text but an RTF document")


@given("a GeoPackage or another SQLite file")
def test_database(refused, write):
    refused(write(b"SQLite format 3\0" + bytes(100)), "not text but a database")


@given("a text in another language")
def test_other_language(refused, write):
    refused(write(FRENCH), "is in French, and geomap reads English")


@given("a text in another language, with `--force`")
def test_other_language_forced(run, write):
    assert run("extract", write(FRENCH), "--force").code == 0


@given("a short text in a page that says it is in another language")
def test_declared_language(refused, write):
    page = "<html lang='de'><body><article><p>Soldaten verlassen Gao.</p></article></body></html>"
    refused(write(page, "page.html"), "is in German")


@given("an address that does not begin with https://")
def test_plain_address(refused):
    refused("http://example.org/report.html", "does not begin with https://")


@given("an address with a password in it")
def test_address_with_password(refused):
    refused("https://me:secret@example.org/report.html", "https://example.org/report.html holds a name or a password")


@given("an address with another port")
def test_address_with_port(refused):
    refused("https://example.org:8080/", "another port")


@given("an address without a host, or no valid one")
def test_address_without_host(refused):
    refused("https:///report", "names no host")
    refused("https://[example/", "is not a valid address")


@given("an address in the machine's own network")
def test_private_address(refused):
    refused("https://192.168.0.10/report.html", "own network and is not fetched; --allow-private")
    refused("https://localhost/report.html", "own network")


@given("an address where clouds keep secrets, even with `--allow-private`")
def test_metadata_address(refused):
    refused("https://169.254.169.254/latest/", "never fetched", "--allow-private")


@given("an address whose name is not known")
def test_unresolved_name(refused, monkeypatch):
    def fail(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    refused("https://no-such-name.example/", "its name is not known")


@given("an address that answers with an error")
def test_missing_page(refused, site):
    refused(f"{site.address}/gone", "answers 404 Not Found", "--allow-private")


@given("an address of something else than a report")
def test_other_type(refused, site):
    refused(site.add("/film", Content_Type="video/mp4"), "of the type video/mp4, which is no report", "--allow-private")


@given("an address that redirects without end")
def test_endless_redirects(refused, site):
    refused(site.add("/a", status=302, Location="/a"), "redirects more than 5 times", "--allow-private")


@given("an address that answers with more than 20 MB, packed or not")
def test_large_page(refused, site, monkeypatch):
    monkeypatch.setattr(addresses, "MAX_BYTES", 1_000_000)
    refused(site.add("/a", body=b"word " * 300_000), "larger than 1 MB", "--allow-private")
    bomb = gzip.compress(bytes(2_000_000))
    refused(site.add("/b", body=bomb, Content_Encoding="gzip"), "larger than 1 MB", "--allow-private")


@given("an address that is closed to programs by robots.txt")
def test_robots(refused, site):
    site.add("/robots.txt", body="User-agent: *\nDisallow: /", Content_Type="text/plain")
    refused(site.add("/a"), "closed to programs by its robots.txt", "--allow-private")


@given("an address that does not answer")
def test_silent_address(refused, monkeypatch):
    monkeypatch.setattr(addresses, "_PATIENCE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        refused(f"http://127.0.0.1:{silent.getsockname()[1]}/", "does not answer in time", "--allow-private")


@given("an address that answers with an empty page")
def test_empty_page(refused, site):
    refused(site.add("/a", body=""), "is empty", "--allow-private")


@given("a feed that is none")
def test_no_feed(run, write):
    outcome = run("extract", "--feed", write("<html></html>"))
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert "is not an RSS or Atom feed" in outcome.err


@given("a feed without entries")
def test_empty_feed(run, write):
    outcome = run("extract", "--feed", write("<rss><channel></channel></rss>"))
    assert (outcome.code, outcome.out) == (1, "")
    assert "without entries" in outcome.err


@given("a feed with an entry that cannot be read")
def test_poisoned_entry(run, write):
    data = f"<rss><channel><item><link>x</link></item><item><description>{PLACES}</description></item></channel></rss>"
    outcome = run("extract", "--feed", write(data))
    first, second = map(json.loads, outcome.out.splitlines())
    assert (outcome.code, first["locations"], second["error"]) == (0, [], None)
    assert "is empty" in first["error"]
    assert second["locations"]


@given("neither a report nor a feed")
def test_nothing(run):
    for verb in ("map", "extract"):
        assert run(verb).code == 2


@given("a report that cannot be read beside one that can")
def test_one_of_two(run, write, tmp_path):
    outcome = run("extract", tmp_path / "missing.txt", write(PLACES))
    first, second = map(json.loads, outcome.out.splitlines())
    assert outcome.code == 0
    assert "does not exist" in first["error"]
    assert second["locations"]
    assert run("map", tmp_path / "missing.txt", write(PLACES), "-o", tmp_path / "page.html").code == 0


@given("a CSV file without a column of texts")
def test_csv_without_text(refused, write):
    refused(write("id,body\n1,Soldiers left.\n", "docs.csv"), 'has no column "text"')


@given("a CSV file with a row that is too long")
def test_csv_with_a_long_row(run, write):
    outcome = run("extract", write(f'id,text\na,"{PLACES}"\nb,too,many\nc,"{PLACES}"\n', "docs.csv"))
    first, second, third = map(json.loads, outcome.out.splitlines())
    assert (outcome.code, second["id"], first["error"], third["error"]) == (0, "line-3", None, None)
    assert "3 cells under 2 columns" in second["error"]


@given("a CSV file with a row without a text")
def test_csv_with_an_empty_text(run, write):
    outcome = run("extract", write(f'id;text;published\na;"{PLACES}";\nb;;2022-02-16\n', "docs.csv"))
    first, second = map(json.loads, outcome.out.splitlines())
    assert (outcome.code, first["error"]) == (0, None)
    assert "is empty" in second["error"]


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
    assert run("extract", write(PLACES), "--format", "shapefile").code == 2


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


@given("JSON lines with a document in another language")
def test_french_in_json(records):
    assert "is in French" in records(json.dumps({"id": "a", "text": FRENCH}))["error"]


@given("JSON lines nested 100,000 deep")
def test_deep_json(records):
    assert "not JSON" in records("[" * 100_000)["error"]


@given("JSON lines with a line that is no object")
def test_list_in_json(records):
    assert "not a JSON object" in records("[1, 2]")["error"]


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


@given("mixed line ends, a byte order mark, soft hyphens, letters in two characters")
def test_odd_characters(run, write):
    text = "\ufeffSoldiers left Aga\u00addez\r\nfor Nia\u00admey\ron Friday,\nthe mayor of Me\u0301naka said."
    record = json.loads(run("extract", write(text)).out)
    found = {toponym["text"] for toponym in record["toponyms"]}
    assert {"Aga\u00addez", "Nia\u00admey", "Me\u0301naka"} <= found
    for toponym in record["toponyms"]:
        assert text[toponym["start"] : toponym["end"]] == toponym["text"]


@given("a text in Windows-1252")
def test_legacy_encoding(run, write):
    text = "Soldiers left Agadez at dawn \u2013 \u201cfor good\u201d, the mayor of M\xe9naka said."
    assert json.loads(run("extract", write(text.encode("cp1252"))).out)["text"] == text


@given("a page that declares an encoding of no page")
def test_odd_encoding(refused, write):
    page = b"<html><meta charset='punycode'><article><p>\xff\xfe\x80 Soldiers left.</p></article>\x00\x00</html>"
    refused(write(page, "page.html"), "encoding that cannot be told")


@given("a page full of scripts")
def test_hostile_page(run, write, tmp_path):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>&lt;script&gt;alert(2)&lt;/script&gt;"
    page = f"<html><body><article><p>{PLACES} {evil}</p><p>{PLACES}</p></article></body></html>"
    path = tmp_path / "out.html"
    assert run("map", write(page, "page.html"), "-o", path).code == 0
    assert "<script>alert" not in path.read_text(encoding="utf-8")


@given("a file whose name holds mark-up, spaces and signs of a terminal")
def test_odd_name(run, write):
    outcome = run("extract", write(b"", "\x1b[31m<b> $(x) %s.txt"))
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)
    assert "\x1b" not in outcome.err


@given("a size of the picture that is none")
def test_odd_size(run, write):
    assert run("map", write(PLACES), "--size", "huge").code == 2


@given("an id for several reports")
def test_id_of_several(run, write):
    assert run("extract", write(PLACES), write(PLACES, "b.txt"), "--id", "a").code == 2


CORRECTIONS = "document,words,place,who,when,why\n"


@given("a file of corrections that does not exist")
def test_missing_corrections(refused, write, tmp_path):
    refused(write(PLACES), "cannot read the corrections", "--corrections", tmp_path / "none.csv")


@given("a file of corrections without the names of its columns")
def test_corrections_without_columns(refused, write):
    decided = write("Agadez,not a place\n", "decided.csv")
    refused(write(PLACES), "the first line must name the columns", "--corrections", decided)


@given("a correction with a latitude of 95 degrees")
def test_correction_off_the_earth(refused, write):
    decided = write(f'{CORRECTIONS}*,Agadez,"95, 8",Ana,2024-01-02,\n', "decided.csv")
    refused(write(PLACES), "no latitude and longitude", "--corrections", decided)


@given("a GeoPackage of another program")
def test_geopackage_of_another_program(refused, tmp_path):
    import geopandas
    from shapely.geometry import Point

    roads = tmp_path / "roads.gpkg"
    geopandas.GeoDataFrame({"a": [1]}, geometry=[Point(8, 17)], crs=4326).to_file(roads, layer="roads")
    refused(roads, "holds no documents of geomap")


@given("GeoJSON of another program")
def test_geojson_of_another_program(refused, write):
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [8, 17]}, "properties": {"a": 1}}
    collection = {"type": "FeatureCollection", "features": [feature]}
    refused(write(json.dumps(collection), "roads.geojson"), "holds no documents of geomap")


def record_with(**changes):
    claim = {
        "id": "c1", "kind": "movement", "direction": "withdrawal", "trigger": [9, 13], "evidence": [0, 20],
        "force": None, "source": None, "goal": None, "via": None, "area": None, "mover": None, "claimant": None,
        "cue": None, "quantities": [], "event_date": None, "event_date_kind": None, "claim_date": None,
        "certainty": "asserted", "rule": "motion-verb", "geometry": None,
    }  # fmt: skip
    head = {"id": "a", "title": None, "published": None, "url": None, "error": None, "text": PLACES}
    return json.dumps({**head, "toponyms": [], "locations": [], "events": [], "claims": [{**claim, **changes}]})


@given("records with a word that is in no vocabulary")
def test_record_of_no_vocabulary(refused, write):
    refused(write(record_with(certainty="surely"), "records.jsonl"), "is none of")


@given("records with offsets beyond the text")
def test_record_beyond_its_text(refused, write):
    refused(write(record_with(evidence=[0, 99_999]), "records.jsonl"), "outside the text")


@given("one letter, a million times")
def test_one_letter(run, write):
    outcome = run("extract", write("a" * 1_000_000))
    assert outcome.code == 0
    assert json.loads(outcome.out)["locations"] == []


@given("a report of more than 400,000 characters")
def test_long_report(run, write):
    outcome = run("extract", write("\n".join([PLACES, "a" * 400_000, "Soldiers left Mopti for Gao."])))
    assert outcome.code == 0
    assert outcome.err.count("\n") == 1
    assert "only the first 400000 of its 400091 characters were read" in outcome.err
    assert {place["text"] for place in json.loads(outcome.out)["locations"]} == {"Agadez", "Niamey"}
