"""The tables of reporting cues and of certainty hold what the rules read."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from geomap import cues, lexicon
from geomap.model import Certainty, Direction

CERTAINTIES = set(get_args(Certainty))
CLASSES = {
    "say",
    "announce",
    "claim",
    "admit",
    "confirm",
    "accuse",
    "deny",
    "doubt",
    "warn",
    "believe",
    "predict",
    "show",
    "hear",
    "witness",
    "quote",
    "order",
    "ask",
    "allow",
    "forbid",
    "promise",
    "threaten",
    "propose",
    "decide",
    "evidence",
    "evidential",
}
FRAMES = {
    "that",
    "quote",
    "np",
    "to",
    "obj-to",
    "of",
    "about",
    "for",
    "on",
    "over",
    "with",
    "against",
    "into",
    "from",
    "to-np",
    "as",
    "at",
}


def test_cues_are_many_and_named_once() -> None:
    rows = lexicon.rows("cues")
    assert len(rows) >= 200
    assert [key for key, n in Counter((row["cue"], row["part"]) for row in rows).items() if n > 1] == []


@pytest.mark.parametrize("row", lexicon.rows("cues"), ids=lambda row: f"{row['part']}-{row['cue']}".replace(" ", "-"))
def test_cue_is_well_formed(row: dict[str, str]) -> None:
    assert row["part"] in {"verb", "noun", "adverb"}
    assert row["class"] in CLASSES
    assert row["source"]
    assert row["cue"] == row["cue"].lower().strip()
    assert bool(row["frames"]) == (row["part"] != "adverb")
    for frame in row["frames"].split():
        name, _, effect = frame.partition("=")
        assert name in FRAMES
        assert not effect or effect in CERTAINTIES - {"asserted"}


def test_certainties_are_well_formed() -> None:
    rows = lexicon.rows("certainty")
    kinds = {"modal", "governor", "trigger", "adverb", "adjective", "mark", "determiner", "preposition", "phrase"}
    kinds |= {"announced", "deadline"}
    assert {row["kind"] for row in rows} == kinds
    assert {row["certainty"] for row in rows} <= CERTAINTIES | {"prevented"}
    assert all(row["source"] for row in rows)
    assert [key for key, n in Counter((row["word"], row["kind"]) for row in rows).items() if n > 1] == []
    assert {row["certainty"] for row in rows if row["kind"] != "governor"} <= CERTAINTIES


def test_every_class_of_the_issue_is_there() -> None:
    verbs = cues.tables().verbs
    for word in [
        "say",
        "tell",
        "accuse",
        "claim",
        "announce",
        "deny",
        "warn",
        "double",
        "tweet",
        "report",
        "show",
        "quote",
        "call",
        "order",
        "vow",
        "confirm",
    ]:
        assert word in verbs


def test_longer_entries_come_first() -> None:
    found = cues.tables().verbs["call"]
    assert [len(cue.words) for cue in found] == sorted((len(cue.words) for cue in found), reverse=True)


def test_words_round_a_report_are_well_formed() -> None:
    rows = lexicon.rows("reporting")
    assert [key for key, n in Counter((row["word"], row["class"]) for row in rows).items() if n > 1] == []
    assert {row["value"] for row in rows if row["class"] == "move"} <= {*get_args(Direction), ""}
    assert not any(row["value"] for row in rows if row["class"] != "move")
