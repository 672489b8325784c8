"""Reading does not depend on what is read with it, and ends whatever is read."""

from __future__ import annotations

import threading

import pytest

from geomap import nlp, pipeline, threads
from geomap.model import Document
from geomap.settings import Settings

TEXTS = [
    "Two Chadian battalions left Faya for the Libyan border on Monday, the army said.\nThere was no fighting.",
    "The fair opened in Lille. Bakers sold plum cakes.",
    "Rebels advanced from Bria towards Bambari, 50 km north of Kouango, and soldiers were sent to stop them.",
]


def columns(doc):
    return [(t.text, t.tag_, t.pos_, t.dep_, t.head.i, t.lemma_, str(t.morph), nlp.entity_type(t)) for t in doc]


@pytest.mark.parametrize("sparing", [True, False])
def test_reading_does_not_depend_on_batches_or_order(sparing, monkeypatch):
    documents = [Document(id=str(number), text=text) for number, text in enumerate(TEXTS)]
    together = [columns(doc) for doc in nlp.read_many(documents, sparing=sparing)]
    monkeypatch.setattr(nlp, "_BATCH", 1)
    alone = [columns(nlp.read(document, sparing=sparing)) for document in reversed(documents)]
    assert together == alone[::-1]


@pytest.mark.parametrize("mark", ["\n", " "])
def test_a_text_that_is_too_long_is_read_up_to_a_whole_word(mark, caplog):
    sentence = "Soldiers left Gao for Kidal on Monday."
    text = mark.join([sentence] * 4)
    report = pipeline.extract(Document(id="long", text=text, skip=((150, 152),)), Settings(longest_text=84))
    assert report.document.text == text
    assert report.unread == len(text) - 77
    assert {claim.movement.trigger[0] for claim in report.claimed} == {9, 48}
    assert f"document long: only the first 77 of its {len(text)} characters were read" in caplog.text


def test_a_text_of_the_greatest_length_is_read_whole(caplog):
    text = "Soldiers left Gao for Kidal on Monday."
    report = pipeline.extract(Document(id="p", text=text), Settings(longest_text=len(text)))
    assert report.unread == 0
    assert len(report.claimed) == 1
    assert not caplog.text


def test_extraction_does_not_depend_on_the_order_of_documents():
    documents = [Document(id=str(number), text=text) for number, text in enumerate(TEXTS)]
    together = list(pipeline.extract_many(documents))
    assert together == list(pipeline.extract_many(documents[::-1]))[::-1]
    assert together[0].claimed
    assert together[2].located


@pytest.mark.parametrize("text", ["a" * 300_000, "troops " * 4_000, "Kyiv " * 4_000], ids=["letter", "word", "name"])
def test_repetition_is_read_to_its_end(text):
    report = pipeline.extract(Document(id="p", text=text))
    assert report.claimed == ()
    assert report.document.text == text


def counts():
    return [library["num_threads"] for library in threads._controller().select(user_api="blas").info()]


def test_threads_are_given_back():
    before = counts()
    inside, go_on = threading.Event(), threading.Event()

    def hold():
        with threads.one():
            inside.set()
            go_on.wait(10)

    other = threading.Thread(target=hold)
    other.start()
    inside.wait(10)
    with threads.one():
        assert set(counts()) <= {1}
    go_on.set()
    other.join()
    assert counts() == before


def test_forms_and_text_are_those_of_the_tokens():
    doc = nlp.read(Document(id="f", text=TEXTS[0]), sparing=True)
    for _ in range(2):
        lower, lemmas = nlp.forms_of(doc)
        assert lower == [token.lower_ for token in doc]
        assert lemmas == [token.lemma_ for token in doc]
        assert nlp.text_of(doc) == doc.text == TEXTS[0]
