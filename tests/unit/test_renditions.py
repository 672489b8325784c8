from __future__ import annotations

import dataclasses
import typing
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geomap import documents, model, renditions
from geomap.model import Claim, Movement, Quantity, Role, Span

SENTENCE = "Two brigades left Kharkiv for Odésa on Monday, the general staff in Kyiv said."


def read(text):
    rendition = renditions.render(documents.from_text(text))
    return rendition.document.text, rendition


def test_plain_text_is_its_own_rendition():
    document = documents.from_text(SENTENCE + "\r\nAnother line’s “words”.")
    assert renditions.render(document).document is document


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("Khar\u00adkiv", "Kharkiv"),
        ("\u200bKyiv\u200b and\u2060 Lviv\u200e", "Kyiv and Lviv"),
        ("Ode\u0301sa", "Odésa"),
        ("A\u0301\u0328x", "Ą́x"),
        ("1\u202f000 men\u2009left", "1 000 men left"),
        ("of\ufb01cers\ufb02ed", "officersfled"),
        ("one\u2028two", "one\ntwo"),
        ("\ufeffKyiv\ufeff fell", "\ufeffKyiv fell"),
        ("\u202eKyiv\u202c", "Kyiv"),
    ],
)
def test_what_is_odd_is_read_plain(text, rendered):
    found, rendition = read(text)
    assert found == unicodedata.normalize("NFC", rendered)
    for start in range(len(found)):
        for end in range(start + 1, len(found) + 1):
            first, last = rendition.restore((start, end))
            assert 0 <= first < last <= len(text)


def spans(rendition, words):
    at = rendition.document.text.index(words)
    start, end = rendition.restore((at, at + len(words)))
    return rendition.original.text[start:end]


def test_offsets_lead_back():
    text = "The army left Khar\u00adkiv for Ode\u0301sa;\u202ethe of\ufb01cers\u202c stayed in Ky\u200biv."
    _, rendition = read(text)
    assert spans(rendition, "Kharkiv") == "Khar\u00adkiv"
    assert spans(rendition, "Odésa") == "Ode\u0301sa"
    assert spans(rendition, "officers") == "of\ufb01cers"
    assert spans(rendition, "Kyiv") == "Ky\u200biv"
    assert spans(rendition, "stayed in") == "stayed in"


def test_skipped_parts_move_along():
    text = "Title: A\u00adB\nDate: 2023-05-06\n\nThe army left Ode\u0301sa.\nAdvertise\u00adment\nSHARE\nIt re\u00adturned."
    document = documents.from_text(text, header=True)
    rendition = renditions.render(document)
    parts = [rendition.document.text[start:end] for start, end in rendition.document.skip]
    assert parts == ["Title: AB\nDate: 2023-05-06\n\n", "SHARE"]


WRAPPED = """The column that left Gao on Tuesday has reached the river, according
to two drivers who met it there. They counted more than forty lorries
and a dozen fuel tankers, and they said that the soldiers on board of
them were tired but in good spirits. Nobody had shot at them.

A second column is expected to follow before the end of the week, and
the governor of Kidal promised that the road would be cleared of the
mines that have been laid there since the winter. He gave no details.
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_broken_at_a_fixed_width_are_joined(end):
    found, rendition = read(WRAPPED.replace("\n", end))
    assert [len(part.split()) for part in found.split(end + end)] == [51, 40]
    assert "according to two drivers" in found
    assert spans(rendition, "according to two") == f"according{end}to two"


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join([SENTENCE, SENTENCE + " " + SENTENCE, "Short.", SENTENCE]),
        "\n".join([SENTENCE, "A headline", SENTENCE[:60], "Nothing moved.", SENTENCE[:50], "More.", ""] * 3)
        + "\n\nEnd.",
        "- one item of a list that is long enough\n- another item of the list, as long\n\n- a third item of it\n",
        "Kyiv\nLviv\nOdesa\n\nSumy\nRivne\n",
    ],
    ids=["paragraphs", "lines of prose", "a list", "names"],
)
def test_other_line_ends_stay(text):
    assert read(text)[0] == text


def test_every_field_of_offsets_is_known():
    found = set()
    for kind in vars(model).values():
        if dataclasses.is_dataclass(kind) and kind is not model.Document:
            hints = typing.get_type_hints(kind, vars(model) | {"BaseGeometry": object})
            found |= {name for name, hint in hints.items() if hint in {Span, Span | None}}
    assert found == renditions.SPAN_FIELDS


def test_what_was_found_is_given_back_as_it_stands():
    text = "So the ar\u00admy left Ode\u0301sa with 1\u202f000 men."
    _, rendition = read(text)
    movement = Movement(
        kind="movement",
        direction="withdrawal",
        rule="x",
        trigger=(12, 16),
        evidence=(0, 37),
        mover=Role(start=3, end=11, text="the army"),
        quantities=(Quantity(start=28, end=33, kind="personnel", value=1000.0, head=(34, 37)),),
    )
    claim = rendition.restored((Claim(id="c1", movement=movement, certainty="asserted", rule="y"),))[0]
    moved = claim.movement
    assert moved.mover.text == "the ar\u00admy"
    assert text[slice(*moved.trigger)] == "left"
    assert text[slice(*moved.quantities[0].span)] == "1\u202f000"
    assert text[slice(*moved.quantities[0].head)] == "men"
    assert text[slice(*moved.evidence)] == text[:-1]


@given(st.text(alphabet="aé\u0301\u0308 \n\r\u00ad\u200b\ufb01\u202f-.\ufeffK", min_size=1, max_size=80))
def test_offsets_are_sound_for_any_text(text):
    if not text.strip("\ufeff \t\r\n\f\v"):
        return
    rendition = renditions.render(documents.from_text(text))
    rendered = rendition.document.text
    ends = [rendition.restore((at, at + 1)) for at in range(len(rendered))]
    for (start, end), (following, _) in pairwise(ends):
        # Characters of one ligature stand for the same place.
        assert start <= following
        assert end <= following or start == following
    for at, (start, end) in enumerate(ends):
        assert 0 <= start < end <= len(text)
        if end - start == 1 and text[start] not in "\ufb01\u202f":
            assert text[start] == rendered[at]


def test_a_hidden_name_is_found_and_marked(run, tmp_path):
    import json

    text = "Two bri\u00adgades left Khar\u00adkiv for Zapori\u200bzhzhia on Monday, the general staff said."
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    record = json.loads(run("extract", path).out)
    assert {"Khar\u00adkiv", "Zapori\u200bzhzhia"} <= {toponym["text"] for toponym in record["toponyms"]}
    for toponym in record["toponyms"]:
        assert text[toponym["start"] : toponym["end"]] == toponym["text"]
    assert record["claims"][0]["mover"]["text"] == "Two bri\u00adgades"
