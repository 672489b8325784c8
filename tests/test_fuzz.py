"""Mutated inputs, as many as fit into some seconds; `tests/fuzzing.py` tries any number."""

from __future__ import annotations

import logging

import fuzzing
import invariants
import pytest

from geomap import documents, pipeline, records

SECONDS = 15
SEED = 2022


@pytest.mark.filterwarnings("ignore")
def test_mutated_inputs(capfd):
    logging.disable()
    try:
        count, read_well, failures = fuzzing.run(100_000, SEED, seconds=SECONDS)
    finally:
        logging.disable(logging.NOTSET)
    assert not failures, "\n".join(f"input {failure.number}: {failure.what}" for failure in failures)
    # Most inputs are still read to the end, or the test would show nothing.
    assert read_well > count / 2
    # What libraries print is not for those who did not ask.
    assert capfd.readouterr().out == ""


def test_the_same_number_makes_the_same_input():
    pool = fuzzing.samples()
    assert [fuzzing.make(number, 1, pool)[:2] for number in range(40)] == [
        fuzzing.make(number, 1, pool)[:2] for number in range(40)
    ]
    assert len({fuzzing.make(number, 1, pool)[1] for number in range(40)}) == 40
    assert {name.rpartition(".")[2] for name, _ in pool} >= {"txt", "html", "pdf", "docx", "eml", "xml", "csv", "jsonl"}


@pytest.fixture(scope="module")
def sound(sample):
    document = documents.read(sample)
    return records.record(pipeline.extract(document)), document.text


def test_the_sample_is_sound(sound):
    assert invariants.broken(*sound) == []


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda record: record["toponyms"][0].update(end=10**6), "span"),
        (lambda record: record["toponyms"][0].update(text="Elsewhere"), "stands for"),
        (lambda record: record["toponyms"][0].update(type="city"), "type"),
        (lambda record: record["toponyms"][0]["place"].update(lat=91), "position"),
        (lambda record: record["locations"][0].update(toponyms=[999]), "toponyms"),
        (lambda record: record["locations"][0].update(footprint={"type": "Point", "coordinates": [200, 0]}), "bounds"),
        (
            lambda record: record["claims"][0].update(
                geometry={"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
            ),
            "invalid",
        ),
        (lambda record: record["claims"][0].update(certainty="sure"), "certainty"),
        (lambda record: record["claims"][0].update(trigger=[5, 5]), "span"),
        (lambda record: record["claims"][1].update(id=record["claims"][0]["id"]), "claims"),
        (lambda record: record["events"][0].update(claims=["c999"]), "claims"),
        (lambda record: record["events"][0].update(status="settled"), "status"),
        (lambda record: record.update(error="failed"), "beside"),
        (lambda record: record.update(score=float("nan")), "JSON"),
    ],
)
def test_what_is_not_sound_is_seen(sound, damage, said):
    import copy

    record, text = copy.deepcopy(sound[0]), sound[1]
    damage(record)
    assert any(said in problem for problem in invariants.broken(record, text))


@pytest.mark.parametrize(
    "text",
    [
        # A pair of which one is no place; outlines that the gazetteer has and that touch nowhere.
        "He denied that the frontier between Mali and Niger States was crossed.",
        "Soldiers stood at the frontier between Mali and Nig<er American drone.",
        "The border between Anbar and Kidal is far, and the line between Fiji and Mali farther.",
    ],
)
def test_inputs_that_fuzzing_found(text):
    document = documents.from_text(text)
    assert invariants.broken(records.record(pipeline.extract(document)), text) == []
