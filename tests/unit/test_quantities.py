"""Counts of forces, distances and durations, and which of them belong to a claim."""

from __future__ import annotations

import pytest
import spacy

from geomap import nlp, quantities, tallies
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
    assert [q.value for q in tallies.bind(found, whole, (0, 16), (17, 23))] == [300, 40]
    assert [q.value for q in tallies.bind(found, whole, None)] == [300, 2000, 40]
    assert [q.value for q in tallies.bind(found, whole, None, (17, 23))] == [2000, 40]
    assert tallies.bind(found, (0, 4), None) == ()


def test_bind_takes_only_a_duration_near_the_motion():
    text = "The frigate sailed home after a six-month tour, though the quarrel over fishing grounds is now nine years old news."
    found = quantities.find(nlp.read(Document(id="q", text=text)))
    start = text.index("sailed")
    assert [q.value for q in tallies.bind(found, (0, len(text)), None, (start, start + 6))] == [6]


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


def counts_of(text: str, mover: str, trigger: str) -> list[float]:
    """The values that belong to a claim of these words."""
    doc = nlp.read(Document(id="q", text=text))
    start, at = text.index(mover), text.index(trigger)
    spans = (start, start + len(mover)), (at, at + len(trigger))
    return [q.value for q in tallies.bind(quantities.find(doc), (0, len(text)), *spans, doc)]


@pytest.mark.parametrize(
    ("text", "mover", "trigger", "values"),
    [
        ("Rebels entered Bangui with 20 pick-ups on Sunday.", "Rebels", "entered", [20]),
        ("Commandos arrived in Entebbe aboard four transport planes.", "Commandos", "arrived", [4]),
        ("The marines were carried to Kuwait by five amphibious ships.", "The marines", "carried", [5]),
        ("The rebels, riding in some 80 jeeps, raced towards Abeche.", "The rebels", "raced", [80]),
        ("Fifty lorries carrying 900 soldiers rolled into Bukavu.", "Fifty lorries", "rolled", [50, 900]),
        ("Backed by 15 tanks, 600 militiamen advanced on Sirte.", "600 militiamen", "advanced", [15, 600]),
        ("A battalion numbering 650 men was sent to Bunia.", "A battalion", "sent", [650]),
        ("The army moved two brigades, some 6,000 men, to the Libyan border.", "two brigades", "moved", [2, 6000]),
        ("Six warships, among them two frigates, sailed for Aden.", "Six warships", "sailed", [6, 2]),
        ("About 4,000 troops will go to Mali, including 900 Canadians.", "About 4,000 troops", "go", [4000, 900]),
        ("Thousands of Ethiopians had moved to the ridge.", "Thousands of Ethiopians", "moved", [1000]),
        ("Paris cut its garrison in Mali from 5,100 to 3,000.", "its garrison", "cut", [5100, 3000]),
        ("The force is expected to grow to 9,000 soldiers.", "The force", "grow", [9000]),
        ("Syria massed 20,000 soldiers, and up to 3,000 may be in Idlib.", "20,000 soldiers", "massed", [20_000]),
        ("Soldiers had not left the base and dozens still remained there.", "Soldiers", "left", []),
        ("Loyalists withdrew from Bria as 300 rebels entered the town.", "Loyalists", "withdrew", []),
        ("Indian troops crossed the river, which runs 300 km to the sea.", "Indian troops", "crossed", []),
        ("Troops arrived in Bamako, nearly two years after the coup.", "Troops", "arrived", []),
        ("Three tanks advanced 15 km into the valley.", "Three tanks", "advanced", [3, 15]),
    ],
)
def test_what_goes_along_belongs_to_the_movement(text, mover, trigger, values):
    assert counts_of(text, mover, trigger) == values


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Twenty bombers flew over the strait. Five more fighters followed.", "equipment", 5),
        ("Twelve Su-30 fighters took off.", "equipment", 12),
        ("The militia sent forty fighters.", "personnel", 40),
        ("About 200 of the brigade stayed.", "personnel", 200),
        ("Three of the brigades stayed.", "units", 3),
        ("A squadron of some 700 moved east.", "personnel", 700),
        ("Burundi recalled 1,000 of its 5,400 soldiers.", "personnel", 1000),
        ("The destroyer passed at 300 yards.", "distance", 300),
    ],
)
def test_what_is_counted_is_told_by_the_words_round_it(text, kind, value):
    assert found_in(text)[-1][1:3] == (kind, value)
