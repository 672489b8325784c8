"""Parts of speech and lemmas that are looked up are those that spaCy's own components give."""

from __future__ import annotations

import pytest

from geomap import forms, nlp, threads

TEXTS = [
    "Malian soldiers were sent to Gao, and they're digging in; nothin' moved, y'all.",
    "There are 200 men there. There's no road, so they didn't leave. Let's go, he said, and he's gonna stay.",
    "That the army had left was what it wanted: to have been seen leaving.\tIt ain't so.",
    "The better-armed brigades' tanks, which the 3rd Army lost, are being withdrawn to their bases.",
    "",
    "Ouagadougou -- (Aug. 3)  \u2018They\u2019ve left,\u2019 Col. Traore said.",
]


@pytest.fixture(scope="module")
def reader():
    return nlp._reader(None)


@pytest.fixture(scope="module")
def docs(reader):
    with threads.one():
        return list(reader.pipe(TEXTS, disable=["ner", *forms.PIPES]))


def test_they_are_those_of_the_components(reader, docs):
    known = forms.Forms(reader)
    assert known.suits
    with threads.one():
        expected = list(reader.pipe(TEXTS, disable=["ner"]))
    for doc, columns in zip(expected, known.look_up(docs), strict=True):
        assert columns.tolist() == doc.to_array(forms.COLUMNS).reshape(-1, len(forms.COLUMNS)).tolist()


def test_they_do_not_depend_on_what_was_seen_before(reader, docs):
    one, other = forms.Forms(reader), forms.Forms(reader)
    together = one.look_up(docs)
    alone = [other.look_up([doc])[0] for doc in reversed(docs)][::-1]
    assert [columns.tolist() for columns in together] == [columns.tolist() for columns in alone]


def test_a_pipeline_without_them_is_left_alone():
    from spacy.lang.en import English

    assert not forms.Forms(English()).suits
