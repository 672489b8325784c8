from __future__ import annotations

import json
from datetime import date

import pytest
from servers import PAGE, STORY
from test_addresses import LOCAL

from geomap import documents, feeds
from geomap.errors import ReadError

LONG = "<p>" + "</p><p>".join([STORY] * 8) + "</p>"
RSS = f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>The Example: World</title><link>https://example.org/</link>
<item><title>Two battalions leave Agadez</title><link>https://example.org/agadez</link>
<pubDate>Fri, 05 May 2023 23:30:00 -0500</pubDate><description>Short.</description>
<content:encoded><![CDATA[{LONG}]]></content:encoded></item>
<item><title>A teaser &amp;amp; nothing more</title><guid>7</guid><link>/teaser</link><dc:date>2023-05-06T01:00:00+02:00</dc:date>
<description>&lt;b&gt;Soldiers&lt;/b&gt; left Niamey&amp;nbsp;today.</description></item>
<item><title>En français</title><description>{"Les soldats ont quitté la ville lundi et se dirigent vers le nord. " * 3}</description></item>
<item></item></channel></rss>"""
ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Notebook</title><updated>2024-01-01T00:00:00Z</updated>
<entry><title type="html">Leaving &lt;i&gt;Kidal&lt;/i&gt;</title><link rel="replies" href="https://example.org/c"/>
<link href="https://example.org/kidal"/><published>2023-11-01T10:00:00Z</published><updated>2023-11-03T10:00:00Z</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{STORY}</p><p>{STORY}</p></div></content></entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel><title>Old</title></channel><item><title>A</title><link>javascript:alert(1)</link>
<description>The army left Gao.</description></item></rdf:RDF>"""


def write(folder, data, name="feed.xml"):
    path = folder / name
    path.write_text(data, encoding="utf-8")
    return path


def test_rss(tmp_path):
    first, teaser, french, empty = feeds.read(write(tmp_path, RSS))
    assert first.text == "\n".join([STORY.strip()] * 8)
    assert (first.title, first.url) == ("Two battalions leave Agadez", "https://example.org/agadez")
    assert (first.published, first.publisher) == (date(2023, 5, 5), "The Example: World")
    assert (teaser.text, teaser.title) == (
        "Soldiers left Niamey\u00a0today.".replace("\u00a0", " "),
        "A teaser & nothing more",
    )
    assert (teaser.published, teaser.url) == (date(2023, 5, 6), None)
    assert isinstance(french, documents.Unread)
    assert "French" in french.error
    assert isinstance(empty, documents.Unread)
    assert "is empty" in empty.error


def test_atom(tmp_path):
    (entry,) = feeds.read(write(tmp_path, ATOM))
    assert entry.text == f"{STORY.strip()}\n{STORY.strip()}"
    assert (entry.title, entry.url) == ("Leaving Kidal", "https://example.org/kidal")
    assert (entry.published, entry.publisher) == (date(2023, 11, 1), "Notebook")
    (entry,) = feeds.read(write(tmp_path, ATOM), published="2023-12-01")
    assert entry.published == date(2023, 12, 1)


def test_rdf_and_links_that_are_none(tmp_path):
    (entry,) = feeds.read(write(tmp_path, RDF))
    assert (entry.text, entry.url) == ("The army left Gao.", None)


@pytest.mark.parametrize("data", ["<html></html>", "no xml", "{}", "<rss", "<rss><channel/></rss>", "<feed/>"])
def test_what_is_no_feed(tmp_path, data):
    with pytest.raises(ReadError, match=r"is not an RSS or Atom feed|without entries"):
        list(feeds.read(write(tmp_path, data)))


def test_damaged_xml_is_read_as_far_as_it_goes(tmp_path):
    found = list(
        feeds.read(write(tmp_path, RSS[: RSS.index("<description>&lt;b") + 10].replace("World", "World &nbsp; & more")))
    )
    assert found[0].title == "Two battalions leave Agadez"


def test_entities_are_not_expanded(tmp_path):
    secret = write(tmp_path, "SECRET", "secret.txt")
    declared = f'<!DOCTYPE rss [<!ENTITY a "{"x" * 1000}"><!ENTITY e SYSTEM "{secret.as_uri()}">'
    for name, inner in zip("bcdefgh", "abcdefg", strict=True):
        declared += f'<!ENTITY {name}{name} "{f"&{inner};" * 50}">'
    data = f"{declared}]><rss><channel><item><title>&e;&hh;</title><description>The army left Gao. &e;&hh;&a;</description></item></channel></rss>"
    (entry,) = feeds.read(write(tmp_path, data))
    shown = getattr(entry, "text", "") + str(getattr(entry, "error", ""))
    assert "SECRET" not in shown
    assert len(shown) < 3000


def test_deep_xml_does_no_harm(tmp_path):
    data = "<rss><channel><item>" + "<description>" * 100_000 + "x"
    try:
        found = list(feeds.read(write(tmp_path, data)))
    except ReadError:
        found = []
    assert len(found) <= 1


def test_only_so_many_entries_are_read(tmp_path, caplog):
    items = "".join(f"<item><description>Soldiers left town {number}.</description></item>" for number in range(230))
    assert len(list(feeds.read(write(tmp_path, f"<rss><channel>{items}</channel></rss>")))) == 200
    assert "only the first 200" in caplog.text


def test_a_feed_from_an_address_leads_to_its_articles(site, run):
    site.add("/story", body=PAGE)
    data = (
        "<rss><channel><title>World</title>"
        f"<item><title>Agadez</title><link>{site.address}/story</link><pubDate>Fri, 05 May 2023 10:00:00 GMT</pubDate></item>"
        f"<item><title>Gone</title><link>{site.address}/gone</link><description>The army left Gao.</description></item>"
        "<item><title>Inside</title><link>https://169.254.169.254/</link><description>The army left Kidal.</description></item>"
        "</channel></rss>"
    )
    address = site.add("/feed", body=data, Content_Type="application/rss+xml")
    story, gone, inside = feeds.read(address, settings=LOCAL)
    assert (story.text, story.title, story.published) == ((STORY * 3).strip(), "Agadez", date(2023, 5, 5))
    assert (gone.text, inside.text) == ("The army left Gao.", "The army left Kidal.")
    outcome = run("extract", "--feed", address, "--allow-private")
    assert outcome.code == 0
    assert [json.loads(line)["title"] for line in outcome.out.splitlines()] == ["Agadez", "Gone", "Inside"]
    assert "only its teaser is read" in outcome.err


def test_links_of_a_feed_that_is_a_file_are_not_followed(site, tmp_path):
    data = f"<rss><channel><item><link>{site.address}/a</link><description>The army left Gao.</description></item></channel></rss>"
    (entry,) = feeds.read(write(tmp_path, data), settings=LOCAL)
    assert entry.text == "The army left Gao."
    assert site.asked == []


def test_a_feed_is_mapped(run, tmp_path):
    page = tmp_path / "page.html"
    outcome = run("map", "--feed", write(tmp_path, RSS), "-o", page)
    assert outcome.code == 0
    assert "3 reports" not in outcome.err
    assert "2 reports" in outcome.err
    assert page.exists()


def test_a_feed_beside_reports(run, tmp_path):
    report = write(tmp_path, STORY, "report.txt")
    outcome = run("extract", report, "--feed", write(tmp_path, ATOM))
    titles = [json.loads(line)["title"] for line in outcome.out.splitlines()]
    assert (outcome.code, titles) == (0, [None, "Leaving Kidal"])


def test_nothing_to_read(run):
    for verb in ("map", "extract"):
        outcome = run(verb)
        assert outcome.code == 2
        assert "--feed" in outcome.err
