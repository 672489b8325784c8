"""Which passages are parsed, and that a document reads the same whole whatever is parsed of it."""

from __future__ import annotations

import pytest

from geomap import nlp, passages
from geomap.model import Document

FAIR = "The harvest fair opened on Monday. Bakers sold plum cakes by the river. Children went home late."
FORCES = "Chadian soldiers crossed the river at dawn. Two battalions of the army stayed in their barracks."


def parsed_words(text: str) -> str:
    doc = nlp.read(Document(id="p", text=text), sparing=True)
    return " ".join(token.text for token in doc if token.tag_ and not token.is_space)


def test_a_text_without_forces_is_not_parsed():
    assert parsed_words(FAIR) == ""


def test_a_report_on_forces_is_parsed_whole():
    doc = nlp.read(Document(id="p", text=FORCES), sparing=True)
    whole = nlp.read(Document(id="p", text=FORCES))
    assert [(t.text, t.tag_, t.dep_, t.head.i, t.lemma_) for t in doc] == [
        (t.text, t.tag_, t.dep_, t.head.i, t.lemma_) for t in whole
    ]


def test_only_what_stands_about_a_force_is_parsed():
    text = f"{FAIR}\n{FAIR}\nA platoon left the town on Friday.\n{FAIR}\n{FAIR}"
    words = parsed_words(text)
    assert "A platoon left the town on Friday" in words
    assert words.count("Bakers") <= 1


@pytest.mark.parametrize(
    "sentence",
    [
        "Two frigates sailed to the gulf.",
        "The USS Ohio arrived there.",
        "Militiamen were driven out.",
        "F-16s flew over the bay.",
        "Armed gunmen fled.",
        "Both states feared an invasion.",
    ],
)
def test_forces_and_motion_are_known_in_all_forms(sentence):
    assert parsed_words(f"{FAIR} {FAIR} {FAIR}\n{sentence}\n{FAIR}")


@pytest.mark.parametrize(
    "text", [FAIR, FORCES, f"{FAIR}\n\n  {FORCES}  It was Lt. Gen. A. Dau of the U.S. Army.\t{FAIR}\n"]
)
def test_offsets_are_those_of_the_text(text):
    doc = nlp.read(Document(id="p", text=text), sparing=True)
    assert doc.text == text
    assert all(text[token.idx : token.idx + len(token)] == token.text for token in doc)
    assert sum(1 for token in doc if token.is_sent_start) >= 2


def test_titles_and_initials_end_no_sentence():
    text = "Lt. Gen. A. Dau of the U.S. Army spoke. He left."
    sentences, _ = passages.find(text, [(0, len(text))], passages.Forms({}))
    assert [text[start:end].strip() for start, end in sentences] == [text[:39], "He left."]


@pytest.mark.parametrize(
    "text", ['"' * 5_000, "a" * 200_000, "troops " * 20_000, "'\"" * 2_000], ids=["quotes", "a", "words", "mixed"]
)
def test_hostile_runs_keep_their_offsets(text):
    doc = nlp.read(Document(id="h", text=text), sparing=True)
    assert doc.text == text


def test_entities_are_found_when_asked_for():
    text = f"{FORCES} The order came from Angela Merkel on Friday."
    doc = nlp.read(Document(id="e", text=text))
    merkel = next(token for token in doc if token.text == "Merkel")
    assert nlp.entity_type(merkel) == "PERSON"
    assert nlp.entity_type(doc[1]) != "PERSON"
