"""Counts of forces, distances and durations, and which of them belong to a claim."""

from __future__ import annotations

import pytest
import spacy

from geomap import nlp, quantities
from geomap.model import Document


def found_in(text: str) -> list[tuple[str, str, float, str | None]]:
    doc = nlp.read(Document(id="q", text=text))
    return [(text[q.start : q.end], q.kind, q.value, q.unit) for q in quantities.find(doc)]


@pytest.mark.parametrize(
    ("text", "words", "kind", "value"),
    [
        ("Some 1,200 Kenyan peacekeepers left Juba.", "1,200", "personnel", 1200),
        ("A dozen howitzers were towed north.", "A dozen", "equipment", 12),
        ("Dozens of commandos dropped in by parachute.", "Dozens", "personnel", 12),
        ("Hundreds of armoured vehicles crossed the Sava.", "Hundreds", "equipment", 100),
        ("Thousands of Janjaweed fighters rode in.", "Thousands", "personnel", 1000),
        ("Tens of thousands of reservists reported.", "Tens of thousands", "personnel", 10_000),
        ("Half a million soldiers face each other.", "Half a million", "personnel", 500_000),
        ("Several hundred volunteers joined.", "Several hundred", "personnel", 100),
        ("A couple of hundred gendarmes stayed.", "A couple of hundred", "personnel", 200),
        ("Three dozen tanks rumbled by.", "Three dozen", "equipment", 36),
        ("He led twenty-five thousand men.", "twenty-five thousand", "personnel", 25_000),
        ("They lined up two hundred and fifty guns.", "two hundred and fifty", "equipment", 250),
        ("Two mechanised brigades moved up.", "Two", "units", 2),
        ("Four battalion tactical groups moved up.", "Four", "units", 4),
        ("Twelve MiG-29s landed at Asmara.", "Twelve", "equipment", 12),
        ("Two F-4 Phantom jets landed.", "Two", "equipment", 2),
        ("A 2,500-strong contingent arrived.", "2,500", "personnel", 2500),
        ("A 10,000-man army moved by rail.", "10,000", "personnel", 10_000),
        ("A garrison of about 900 held the fort.", "900", "personnel", 900),
        ("A convoy of 45 left Goma.", "45", "equipment", 45),
        ("About 800 of the lightly armed Dutch troops stayed.", "800", "personnel", 800),
        ("Six African Union Mission (AMISOM) helicopters flew in.", "Six", "equipment", 6),
        ("One battalion stayed behind.", "One", "units", 1),
    ],
)
def test_count(text, words, kind, value):
    assert found_in(text) == [(words, kind, value, None)]


@pytest.mark.parametrize(
    ("text", "value", "upper"),
    [
        ("Some 400 to 500 paratroopers jumped.", 400, 500),
        ("Some 400-500 paratroopers jumped.", 400, 500),
        ("Between 3,000 and 5,000 conscripts were sent home.", 3000, 5000),
        ("Five or six tanks were seen.", 5, 6),
        ("Some 15 to 20 thousand soldiers stayed.", 15_000, 20_000),
    ],
)
def test_range_has_lower_bound_as_value(text, value, upper):
    (quantity,) = quantities.find(nlp.read(Document(id="q", text=text)))
    assert (quantity.value, quantity.upper, quantity.approximate) == (value, upper, True)


@pytest.mark.parametrize("lead", ["About", "At least", "Up to", "More than", "Nearly", "Some"])
def test_rounded_numbers_are_approximate(lead):
    (quantity,) = quantities.find(nlp.read(Document(id="q", text=f"{lead} 300 marines landed.")))
    assert quantity.approximate


def test_plain_number_is_not_approximate():
    (quantity,) = quantities.find(nlp.read(Document(id="q", text="Then 300 marines landed.")))
    assert not quantity.approximate


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The mission counts 4,100 soldiers, down from 7,300.", 4100),
        ("The mission was cut from 7,300 to 4,100 soldiers.", 4100),
    ],
)
def test_change_gives_the_value_now(text, value):
    assert [found[2] for found in found_in(text)] == [value]


def test_number_without_its_noun_takes_the_earlier_one():
    assert found_in("Two hundred marines had landed. By noon the total exceeded 900.")[-1][1:3] == ("personnel", 900)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "The trek of 500 kilometres (310 miles) took nine days.",
            [
                ("500 kilometres", "distance", 500, "km"),
                ("310 miles", "distance", 310, "mi"),
                ("nine days", "duration", 9, "d"),
            ],
        ),
        (
            "A 500-kilometer (310-mile) trek.",
            [("500-kilometer", "distance", 500, "km"), ("310-mile", "distance", 310, "mi")],
        ),
        ("They dug in 15km away.", [("15km", "distance", 15, "km")]),
        ("They kept 12 nautical miles off.", [("12 nautical miles", "distance", 12, "nmi")]),
        ("A six-month tour of duty.", [("six-month", "duration", 6, "mo")]),
    ],
)
def test_measures_carry_their_unit(text, found):
    assert found_in(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Rebels killed 30 soldiers and wounded 12 policemen.",
        "Thirty soldiers were killed.",
        "Some 30 soldiers have died there.",
        "About 20,000 refugees and 300 aid workers fled.",
        "The town of 8,000 people is quiet.",
        "Resolution 1701 was adopted by 15 countries.",
        "On May 9, 1945, and in 2003 British troops paraded.",
        "On 20 February the army stood still.",
        "Some 20 percent of the army and two-thirds of the navy deserted.",
        "It cost $300 million.",
        "The 101st Airborne flew Il-76s, F-22s and B-52s past No. 10.",
        "It was the first such march in 22 years.",
        "He fired 200 tank shells.",
        "A 34-year-old drove at 80 km per hour.",
        "One of its units stayed.",
        "The ceasefire ended three days ago.",
    ],
)
def test_other_numbers_are_left_out(text):
    assert found_in(text) == []


def test_head_is_the_counted_noun():
    text = "About 2,000 of the Ethiopian soldiers left."
    (quantity,) = quantities.find(nlp.read(Document(id="q", text=text)))
    assert quantity.head is not None
    assert text[slice(*quantity.head)] == "soldiers"


def test_bind_takes_the_movers_own_counts():
    text = "Some 300 marines joined 2,000 soldiers 40 km from Basra."
    found = quantities.find(nlp.read(Document(id="q", text=text)))
    whole = (0, len(text))
    assert [q.value for q in quantities.bind(found, whole, (0, 16), (17, 23))] == [300, 40]
    assert [q.value for q in quantities.bind(found, whole, None)] == [300, 2000, 40]
    assert [q.value for q in quantities.bind(found, whole, None, (17, 23))] == [2000, 40]
    assert quantities.bind(found, (0, 4), None) == ()


def test_bind_takes_only_a_duration_near_the_motion():
    text = "The frigate sailed home after a six-month tour, though the quarrel over fishing grounds is now nine years old news."
    found = quantities.find(nlp.read(Document(id="q", text=text)))
    start = text.index("sailed")
    assert [q.value for q in quantities.bind(found, (0, len(text)), None, (start, start + 6))] == [6]


def test_people_of_a_country_are_no_force():
    assert found_in("Troops stayed in barracks. Thousands of Malians, some in tears, marched past.") == []


def test_text_without_a_parse():
    doc = spacy.blank("en")("About 2,200 of the active-duty soldiers left after 40 miles.")
    assert [(q.kind, q.value) for q in quantities.find(doc)] == [("personnel", 2200), ("distance", 40)]


@pytest.mark.parametrize(
    "text", ["", "1" * 50_000, "2 (" * 2_000, "thousands of " * 2_000, "5 to " * 2_000, "two-" * 2_000]
)
def test_odd_text_is_read(text):
    found = quantities.find(spacy.blank("en")(text))
    assert all(q.start < q.end for q in found)
