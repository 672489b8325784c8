"""What the page says of claims and texts: cut into pieces, named, counted."""

from __future__ import annotations

import pytest

from geomap import captions, maps

WORDS = maps.load_words("en")


def test_a_text_is_cut_at_every_edge_and_stays_whole():
    text = "one two three\n\n  \nfour five"
    spans = [[4, 13, "ev g-own c-asserted", -1, ["a"]], [8, 13, "top literal", 3, []], [0, 2, "skipped", -1, []]]
    first, second = captions.cut_text(text, spans)
    assert "".join(text[start:end] for start, end, *_ in first) == "one two three"
    assert [piece[2:] for piece in first] == [
        ["skipped", -1],
        [],
        ["ev g-own c-asserted", -1, ["a"], 1],
        ["ev g-own c-asserted top literal", 3, ["a"], 0],
    ]
    assert second == [[18, 27]]


def test_of_claims_that_overlap_the_shorter_decides_the_look():
    long, short = [0, 9, "ev g-own c-denied", -1, ["a"]], [4, 9, "ev g-report c-planned", -1, ["b"]]
    (pieces,) = captions.cut_text("aaaabbbbb", [long, short])
    assert pieces == [
        [0, 4, "ev g-own c-denied", -1, ["a"], 1],
        [4, 9, "ev g-report c-planned", -1, ["a", "b"], 1],
    ]


def test_a_claim_goes_on_over_a_paragraph():
    pieces = captions.cut_text("ab\ncd\nef", [[1, 7, "ev", -1, ["a"]]])
    assert [[piece[:2] for piece in line if len(piece) > 4] for line in pieces] == [[[1, 2]], [[3, 5]], [[6, 7]]]


@pytest.mark.parametrize(("n", "said"), [(1, "one claim"), (3, "3 claims"), (0, "0 claims")])
def test_numbers_are_said(n, said):
    assert captions.count(WORDS, "claims", n) == said


def test_long_addresses_are_shortened_but_lead_where_they_led():
    row = {
        "title": "",
        "id": "x",
        "publisher": "",
        "published": None,
        "url": "https://example.org/" + "a" * 200,
        "rejected": 0,
    }
    ((text, url),) = captions.tell_report(row, WORDS, alone=True)
    assert len(text) == 90
    assert url == row["url"]
