"""Pages in the manner of fifteen kinds of news sites, with sentences of our own."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from geomap import articles, documents
from geomap.errors import ReadError

PAGES = Path(__file__).parent.parent / "pages"

# page: title, day, publisher, language, first and last words of the body, words of the surroundings
EXPECTED = {
    "agency": (
        "Chadian column crosses into northern Cameroon", date(2021, 8, 25), "Meridian News", "en",
        "KOUSSERI, Cameroon (MN)", "once the town was safe.", ("giraffes", "Terms of Use", "Sports"),
    ),
    "amp": (
        "Ethiopian army says it has left Mekelle", date(2021, 6, 30), "Horn Dispatch", "en",
        "Ethiopia's army withdrew", "it could not hold the city.", ("independent newsroom", "Somalia"),
    ),
    "blog": (
        "Malian troops return to Kidal after nine years", date(2023, 11, 15), "Sahel Notebook", "en-US",
        "Malian soldiers and their", "two weeks earlier than planned.", ("Tessalit", "WordPress", "Fuel runs", "share"),
    ),
    "broadcaster": (
        "Mozambique: Rwandan troops reach Palma", date(2021, 7, 24), "Channel Nine News", "en-GB",
        "Soldiers from Rwanda", "Cabo Delgado in August.", ("gas fields", "Weather", "external sites"),
    ),
    "broadsheet": (
        "Armenia pulls guards back from border village as talks go on", date(2024, 5, 24), "The Sentinel", "en",
        "Armenian border guards", "no house would be lost.", ("land transfer", "Peace deal", "subscriptions"),
    ),
    "live": (
        "Niger live: French soldiers begin to leave", date(2023, 10, 10), "Daily Compass", "en",
        "Trucks reach Niamey", "the army of Niger says.", ("Share", "older posts"),
    ),
    "local": (
        "Guard unit from Lawton heads to Poland", date(2023, 1, 12), "The Comanche Courier", "en-US",
        "About 180 soldiers", "where he will sleep.\"", ("combine", "vulgar", "Obituaries"),
    ),
    "microdata": (
        "Kosovo police and peacekeepers move to Jarinje crossing", date(2021, 10, 2), "Balkan Ledger", "en",
        "Special police from Kosovo", "at the crossing for two weeks.", ("Impressum", "Economy"),
    ),
    "ministry": (
        "Statement on the redeployment of the Third Battalion", date(2022, 11, 2), "Ministry of Defence of Kenya", "en",
        "2 November 2022", "ENDS", ("cookies", "Box 40668"),
    ),
    "script-drawn": (
        "Sudanese army leaves Wad Madani", date(2023, 12, 19), "Nile Times", "en-GB",
        "The Sudanese army has left", "from Khartoum in April.", ("JavaScript", "Loading"),
    ),
    "tables": (
        "Island Herald Online: Fijian soldiers leave Lebanon", date(2002, 12, 20), "Island Herald", "en",
        "The last Fijian battalion", "small church there be kept.", ("Tides", "800 x 600", "Shipping"),
    ),
    "teaser": (
        "Poland sends 10,000 soldiers to frontier with Belarus", date(2023, 8, 10), "The Ledger Weekly", "en",
        "Poland will move up to", "held in reserve near Białystok.", ("Subscribe", "Sign in"),
    ),
    "wire": (
        "Turkey moves artillery towards Syrian frontier, sources say", date(2019, 10, 7), "Orbis", "en",
        "ANKARA, Oct 7 (Orbis)", "The Orbis Principles.", ("Markets", "All rights", "Daily Briefing"),
    ),
}  # fmt: skip


def test_every_page_is_expected():
    assert {path.stem for path in PAGES.glob("*.html")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_body_and_facts(name):
    title, day, publisher, language, first, last, surroundings = EXPECTED[name]
    document = documents.read(PAGES / f"{name}.html")
    assert (document.title, document.published, document.publisher, document.language) == (
        title,
        day,
        publisher,
        language,
    )
    assert document.published_from == "metadata"
    assert document.text.startswith(first)
    assert document.text.endswith(last)
    for words in surroundings:
        assert words not in document.text


def test_every_page_is_extracted_from_the_command_line(run):
    import json

    outcome = run("extract", *sorted(PAGES.glob("*.html")))
    found = [json.loads(line) for line in outcome.out.splitlines()]
    assert (outcome.code, outcome.err) == (0, "")
    assert [record["title"] for record in found] == [EXPECTED[name][0] for name in sorted(EXPECTED)]
    assert all(record["locations"] for record in found)
    assert sum(bool(record["claims"]) for record in found) >= 10


def test_paragraphs_stay_apart():
    assert documents.read(PAGES / "script-drawn.html").text.count("\n\n") == 2
    assert documents.read(PAGES / "tables.html").text.count("\n") == 2


def test_every_update_of_a_live_page_is_read():
    text = documents.read(PAGES / "live.html").text
    for words in ("has reached the air base", "1,400 soldiers home", "has left its camp in Ouallam"):
        assert text.count(words) == 1


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("plain words", "plain words"),
        ("<p>One <b>of</b>\n two.</p><p>Two&nbsp;of two.</p>", "One of two.\nTwo of two."),
        ("a<br>b<script>evil()</script>c<style>p{}</style>d", "a\nbcd"),
        ("<!-- no --><ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("1 < 2 &amp; 3 > 2", "1 < 2 & 3 > 2"),
        ("", ""),
        ("<p>" * 5000 + "deep", "deep"),
        ("<>", "<>"),
    ],
)
def test_text_of_a_fragment(fragment, text):
    assert articles.text_of(fragment) == text


@pytest.mark.parametrize(
    "data",
    ["{", "[[[[1]]]]", '{"@type": "NewsArticle", "articleBody": 5, "publisher": [], "datePublished": {"a": 1}}',
     '{"@graph": {"@graph": {"@type": ["NewsArticle", 7], "datePublished": "soon"}}}', "[" * 50_000],
)  # fmt: skip
def test_broken_json_in_a_page_does_no_harm(data):
    page = (PAGES / "microdata.html").read_text(encoding="utf-8")
    page = page.replace("</head>", f'<script type="application/ld+json">{data}</script></head>')
    article = articles.from_html(page, "page")
    assert article.text.startswith("Special police")
    assert article.published == date(2021, 10, 2)


def test_a_page_without_an_article():
    with pytest.raises(ReadError, match="no article was found in page"):
        articles.from_html("<html><body><script>1</script></body></html>", "page")
