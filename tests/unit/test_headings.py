"""Headlines and capitals, read in the case of sentences."""

from __future__ import annotations

import pytest

from geomap import headings, pipeline
from geomap.gazetteer import Gazetteer
from geomap.model import Document
from geomap.settings import DEFAULTS


@pytest.fixture(scope="module")
def gazetteer():
    return Gazetteer.open()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Rebels Seize Goma Fuel Depot", "Rebels seize Goma fuel depot"),
        ("Eritrean Tanks Roll Toward Border With Sudan", "Eritrean tanks roll toward border with Sudan"),
        ("UN Peacekeepers Leave South Sudan Base", "UN peacekeepers leave South Sudan base"),
        ("UN PEACEKEEPERS LEAVE KIDAL BASE", "UN peacekeepers leave Kidal base"),
        (
            "THE FIRST UNITS ARE FLYING INTO ENTEBBE ON SATURDAY.",
            "The first units are flying into Entebbe on Saturday.",
        ),
        ("KFOR TROOPS GUARD THE BRIDGE IN MITROVICA", "KFOR troops guard the bridge in Mitrovica"),
    ],
)
def test_headlines_are_read_in_the_case_of_sentences(gazetteer, line, expected):
    assert headings.recase(line, gazetteer, DEFAULTS) == expected


@pytest.mark.parametrize(
    "line",
    [
        "Rebels seized the airport of Goma on Monday.",
        "Goma, Kidal",
        "The frigate Admiral Essen passed Cape Bon.",
        "GOMA (Reuters) - Soldiers left the town on Monday after a week of fighting.",
        "",
    ],
)
def test_sentences_and_short_lines_stay_as_they_are(gazetteer, line):
    assert headings.recase(line, gazetteer, DEFAULTS) == line


def test_the_report_itself_tells_names_from_words(gazetteer):
    text = "Dawn Patrol Crosses Reading Bridge\nTwo lorries crossed the bridge near Reading at dawn. A patrol saw them."
    assert headings.recase(text, gazetteer, DEFAULTS).startswith("Dawn patrol crosses Reading bridge\n")


@pytest.mark.parametrize(
    "text", ["İSTANBUL İÇİN ASKERLER GELDİ", "STRASSE \u1e9e MIT SOLDATEN", "ﬁRST TROOPS LEAVE KIDAL"]
)
def test_no_offset_moves_whatever_the_letters(gazetteer, text):
    assert len(headings.recase(text, gazetteer, DEFAULTS)) == len(text)


def test_what_is_found_in_a_headline_keeps_its_own_words():
    report = pipeline.extract(Document(id="h", text="Rwandan Soldiers Withdraw From Goma\n"))
    (claim,) = report.claimed
    assert claim.movement.direction == "withdrawal"
    assert (claim.movement.mover.text, claim.movement.source.text) == ("Rwandan Soldiers", "Goma")
    assert report.document.text.startswith("Rwandan Soldiers Withdraw")
