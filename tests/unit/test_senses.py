"""What a name stands for where the words leave no choice, on sentences of our own."""

from __future__ import annotations

import pytest

from geomap import nlp, senses
from geomap.model import Document


def split(marked: str) -> tuple[list[str], tuple[int, int]]:
    """Split a sentence whose name stands in square brackets into words and the name's place among them."""
    before, rest = marked.split("[")
    name, after = rest.split("]")
    first, named, rest_words = before.split(), name.split(), after.split()
    return [*first, *named, *rest_words], (len(first), len(first) + len(named))


@pytest.mark.parametrize(
    "sentence",
    [
        "The last soldiers crossed out of [Kosovo] at noon",
        "Tanks were seen near [Gao]",
        "The brigade has vacated [Lachin] .",
        "They pushed across northern [Mali]",
        "He flew past [Lake Chad] .",
        "Planes took off from [Entebbe International Airport] .",
        "The dam stands over the [Black Sea] .",
        "The army sent 900 soldiers to [Bukavu] .",
    ],
)
def test_a_place_is_a_place(sentence: str) -> None:
    words, span = split(sentence)
    assert senses.is_place(words, span)


@pytest.mark.parametrize(
    "sentence",
    [
        "Relations with [Sudan] soured",
        "in [Kenya] police said",
        "a plea to [Ankara] failed",
        "the [Black Sea] Fleet sailed",
        "near [Georgia] 's army",
    ],
)
def test_where_words_leave_a_choice_the_rules_are_silent(sentence: str) -> None:
    words, span = split(sentence)
    assert not senses.is_place(words, span)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("[Paris] promises to be back", True),
        ("as [Kigali] has denied", True),
        ("according to [Addis Ababa] ,", True),
        ("[Goma] has fallen", False),
        ("in [Paris] promises were made", False),
    ],
)
def test_who_speaks_is_a_party(sentence: str, expected: object) -> None:
    words, span = split(sentence)
    assert senses.is_party(words, span) is expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("the frigate HMCS [Montreal] sailed", True),
        ("HMS Prince of [Wales] sailed", True),
        ("HMS Hood left [Kiel]", False),
    ],
)
def test_a_ship_is_no_place(sentence: str, expected: object) -> None:
    words, span = split(sentence)
    assert senses.is_ship(words, span) is expected


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("DILI, Tuesday - Planes landed.", ["DILI"]),
        ("STEPANAKERT/MOSCOW (10 November) - Soldiers left.", ["STEPANAKERT", "MOSCOW"]),
        ("KARALETI, Georgia -- Trucks left.", ["KARALETI", "Georgia"]),
        ("A headline\nGOMA (Agency) — Rebels came.", ["GOMA"]),
        ("PORT-AU-PRINCE, June 26 - Police landed.", ["PORT-AU-PRINCE"]),
        ("GOMA - Rebels came.", ["GOMA"]),
        ("BREAKING - Rebels came.", []),
        ("Goma fell on Monday - so they said.", []),
    ],
)
def test_finds_the_dateline(text: str, names: list[str]) -> None:
    assert [text[slice(*span)] for span in senses.dateline(text, {"GOMA"}.__contains__)] == names


def test_a_dateline_is_no_subject() -> None:
    doc = nlp.read(Document(id="a", text="DILI, Tuesday - Transport planes touched down at the airfield."))
    verb = next(token for token in doc if token.text == "touched")
    assert [child.text for child in verb.children if child.dep_ == "nsubj"] == ["planes"]


def test_long_capitals_end() -> None:
    assert senses.dateline("A" * 100_000 + " - so", bool) == []
    assert senses.dateline("AB CD " * 20_000, bool) == []
