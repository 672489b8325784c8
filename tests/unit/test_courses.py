"""Directions: what the places, the mover and all else that a force does make of a trigger; whose force it is."""

from __future__ import annotations

from datetime import date

import pytest

from geomap import lexicon, pipeline
from geomap.model import Document, Movement

DIRECTIONS = {
    "buildup",
    "deployment",
    "withdrawal",
    "advance",
    "transfer",
    "rotation",
    "presence",
    "unspecified",
}
FEATURES = {
    "goal",
    "source",
    "via",
    "area",
    "home",
    "goal-own",
    "source-own",
    "goal-abroad",
    "source-abroad",
    "away",
    "line",
    "into",
    "back",
    "toward",
    "closer",
    "up",
    "out",
    "more",
    "last",
    "reinforcement",
    "sent",
    "already",
    "ousts",
    "static",
    "passage",
    "gone",
    "water",
    "craft",
    "aircraft",
    "rebel",
    "refuge",
    "helping",
    "other",
    "leaving",
    "arriving",
    "still",
    "peace",
    "within",
    "extended",
    "aid",
    "rotating",
    "assault",
}


def read(text: str) -> dict[str, Movement]:
    report = pipeline.extract(Document(id="test", text=text, published=date(2025, 3, 12)))
    return {text[slice(*claim.movement.trigger)]: claim.movement for claim in report.claimed}


@pytest.mark.parametrize(
    ("text", "trigger", "direction"),
    [
        # Whose land it is, and what the force goes there for
        ("Thirty Chinese fighter jets crossed the median line on Saturday.", "crossed", "advance"),
        ("The last Israeli tanks crossed back into Israel at dawn, the army said.", "crossed", "withdrawal"),
        ("Syrian army tanks rolled into Hama.", "rolled into", "advance"),
        ("Some 300 Afghan soldiers crossed into Tajikistan to escape the Taliban.", "crossed into", "withdrawal"),
        ("Peacekeepers entered Kazakhstan to help guard airports.", "entered", "deployment"),
        ("Sixty Irish soldiers left Dublin for Chad.", "left", "deployment"),
        ("The last French soldiers left Gao for Abidjan on Monday.", "left", "withdrawal"),
        ("The Cuban troops left Angola in May 1991.", "left", "withdrawal"),
        ("Chadian tanks drove through the border crossing at Adre, witnesses said.", "drove", "advance"),
        ("Forty Chinese military aircraft flew across the median line.", "flew", "advance"),
        # Who moves
        ("A convoy of M23 rebels is heading for Uvira, residents said.", "heading", "advance"),
        ("A convoy of Burundian army trucks is heading for Uvira, residents said.", "heading", "deployment"),
        ("The patrol boat returned to harbour at Basra.", "returned", "withdrawal"),
        ("Rebels returned to the town of Bambari on Friday.", "returned", "advance"),
        ("The Iranian destroyers entered the Suez Canal on Monday.", "entered", "unspecified"),
        ("A Russian squadron sailed from Severomorsk for the Caribbean.", "sailed", "deployment"),
        # What is added
        ("Colombia is sending 1,500 additional soldiers to Catatumbo.", "sending", "buildup"),
        ("Another 400 French soldiers were flown to Bangui on Friday.", "flown", "buildup"),
        ("More than 400 French soldiers were flown to Bangui on Friday.", "flown", "deployment"),
        ("India moved tanks closer to the border with Pakistan.", "moved", "buildup"),
        ("Peacekeepers from Bangladesh have been trickling into Bangui.", "trickling", "deployment"),
        ("Norway extended the deployment of its frigate in the Gulf by a month.", "deployment", "presence"),
        ("The frigate HMS Lancaster is due in Bahrain on Sunday.", "due in", "deployment"),
        # Words that are bent
        ("Emirati forces have redeployed from Hodeidah.", "redeployed", "withdrawal"),
        ("Emirati forces have redeployed from Aden to Mokha.", "redeployed", "transfer"),
        ("There are about 400 Ugandan soldiers currently deployed in Congo.", "deployed", "presence"),
        ("Croatian forces expelled the Serb militia from Knin.", "expelled", "advance"),
        ("The Serb militia was expelled from Knin by Croatian forces.", "expelled", "withdrawal"),
        ("Kenyan troops drove the militants out of Kismayo.", "drove", "advance"),
    ],
)
def test_direction(text: str, trigger: str, direction: str) -> None:
    assert read(text)[trigger].direction == direction


def test_a_force_that_leaves_is_on_its_way_out() -> None:
    found = read(
        "Portugal withdrew its last battalion from Angola. The soldiers of the battalion were bound for Lisbon, "
        "the army said."
    )
    assert found["bound for"].direction == "withdrawal"


def test_where_one_drives_others_from_is_the_goal() -> None:
    movement = read("Croatian forces expelled the Serb militia from Knin.")["expelled"]
    assert movement.goal is not None
    assert (movement.goal.text, movement.source) == ("Knin", None)


@pytest.mark.parametrize(
    ("text", "trigger", "force"),
    [
        ("The last Soviet soldiers withdrew from Hungary on June 19.", "withdrew", "RU"),
        ("US-backed fighters withdrew from Manbij.", "withdrew", None),
        ("The Philippines said it had sent 200 soldiers to Iloilo.", "sent", "PH"),
        ("Transport planes carrying 200 Ghanaian soldiers landed in Juba.", "landed", "GH"),
        ("Troops from 27 countries are deployed in Juba.", "deployed", None),
        ('"Our troops will leave Ramallah," an Israeli officer said.', "leave", "IL"),
        ("NATO accused Mali of feeding the war with the soldiers it had sent to Libya.", "sent", "ML"),
    ],
)
def test_force(text: str, trigger: str, force: str | None) -> None:
    assert read(text)[trigger].force == force


@pytest.mark.parametrize(
    ("text", "trigger", "mover"),
    [
        ("The pull-out of Soviet troops from Hungary was completed on June 19.", "pull-out", "Soviet troops"),
        ("A Norwegian frigate shadowed the Russian destroyer.", "shadowed", "A Norwegian frigate"),
        ("The destroyer was joined by two Spanish frigates.", "joined", "two Spanish frigates"),
        ("About 8,000 Polish soldiers are taking part in exercises near Suwalki.", "exercises", "About 8,000 Polish"),
        ("Retreating Iraqi soldiers set fire to the oil wells.", "Retreating", "Retreating Iraqi soldiers"),
        ("The junta demanded that the French soldiers go.", "go", "the French soldiers"),
        ("Ugandan soldiers patrolled the streets of Juba.", "patrolled", "Ugandan soldiers"),
        ("Rebel fighters reached the outskirts of Damascus.", "reached", "Rebel fighters"),
    ],
)
def test_mover(text: str, trigger: str, mover: str) -> None:
    found = read(text)[trigger].mover
    assert found is not None
    assert found.text.startswith(mover)


def test_a_strength_may_grow_without_a_mover() -> None:
    found = read("Norway has increased its military presence in the Arctic.")
    assert {trigger: movement.direction for trigger, movement in found.items()} == {"increased": "buildup"}


@pytest.mark.parametrize(
    "text",
    [
        "Thousands of fans poured into the stadium in Madrid.",
        "Police drove the protesters out of the square in Minneapolis.",
        "Volunteers from the church were driven out to the lake in vans.",
        "The team was joined by two new coaches.",
        "The ferry set sail from Dover for Calais with 300 passengers.",
        "The union reinforced its picket line at the port of Liverpool.",
        "The bank increased its presence in Asia.",
        "The company shipped two boats to a client in Nice.",
        "The tenants were expelled from the building in Leeds.",
        "The soldiers' families fell silent in the fall of last year.",
        'Soldiers, tanks and troops are the talk of Oslo. "We have not seen any easing on the ground," an envoy said.',
    ],
)
def test_other_news_moves_no_force(text: str) -> None:
    assert read(text) == {}


def test_table_is_sound() -> None:
    rows = lexicon.rows("courses")
    assert {row["direction"] for row in rows} <= DIRECTIONS | {"same", "context"}
    for row in rows:
        assert {word.removeprefix("-") for word in row["features"].split()} <= FEATURES, row
        assert set(row["given"].split()) <= DIRECTIONS | {"by-place", "return"}, row
        assert all(lexicon.words(word[1:]) for word in row["words"].split() if word.startswith("@")), row


@pytest.mark.parametrize(
    ("text", "trigger", "mover", "direction"),
    [
        ("Troops sent to Eritrea border", "sent", "Troops", "deployment"),
        ("Army captures last village held by rebels", "captures", "Army", "advance"),
        ("Rebels seize last stronghold", "seize", "Rebels", "advance"),
        ("The insurgents announced full control of Kunduz.", "announced full control", "The insurgents", "advance"),
        ("Libyan forces launched their offensive on April 4.", "offensive", "Libyan forces", "advance"),
        (
            "The Dutch frigate tracked a Chinese destroyer as it sailed through the North Sea.",
            "sailed",
            "a Chinese destroyer",
            "unspecified",
        ),
        (
            "The militia moved into the town after the departure of Kenyan troops.",
            "departure",
            "Kenyan troops",
            "withdrawal",
        ),
        (
            "The insurgents captured over two thirds of the province of Helmand.",
            "captured",
            "The insurgents",
            "advance",
        ),
        (
            "Some 5,000 soldiers have been moved from the Chinese border region in recent weeks.",
            "moved",
            "Some 5,000 soldiers",
            "withdrawal",
        ),
        (
            "Thousands of soldiers poured in to the town of Jaffna after smashing the rebels' defences.",
            "poured",
            "Thousands of soldiers",
            "advance",
        ),
        (
            "Other battalions were moving to Assam as part of the regular rotation of troops.",
            "moving",
            "Other battalions",
            "rotation",
        ),
        (
            "A food convoy escorted by Ethiopian peacekeepers reached Wau.",
            "escorted",
            "Ethiopian peacekeepers",
            "unspecified",
        ),
        (
            "The arrivals will bring the total number of British troops in Basra to 5,500.",
            "bring the total number",
            "British troops",
            "buildup",
        ),
    ],
)
def test_headlines_and_plain_reports(text: str, trigger: str, mover: str, direction: str) -> None:
    movement = read(text)[trigger]
    assert movement.mover is not None
    assert (movement.mover.text, movement.direction) == (mover, direction)


@pytest.mark.parametrize(
    ("text", "trigger", "certainty"),
    [
        ('"Send two brigades to the frontier with Peru," the president told his generals.', "Send", "ordered"),
        ('"General, move two brigades to the frontier with Peru," the president said.', "move", "ordered"),
        ("The 3rd Battalion is flying to Kuwait on Thursday, the army said.", "flying", "planned"),
        ("NATO was awaiting confirmation that Serbian forces had left Kosovo.", "left", "disputed"),
        ("After sending reinforcements to Lae, the army had 400 soldiers there.", "sending", "asserted"),
        ("The envoy stopped short of condemning Iraq's invasion of Kuwait.", "invasion", "asserted"),
        ("Turkey denies the incursion.", "incursion", "denied"),
    ],
)
def test_commands_and_coming_days(text: str, trigger: str, certainty: str) -> None:
    report = pipeline.extract(Document(id="test", text=text, published=date(2025, 3, 12)))
    assert {text[slice(*claim.movement.trigger)]: claim.certainty for claim in report.claimed}[trigger] == certainty


def test_place_of_a_where_clause() -> None:
    movement = read("The president closed the frontier, where he ordered tanks and 900 troops.")["ordered"]
    assert movement.goal is not None
    assert movement.goal.text == "the frontier"


def test_errands_beside_others_and_museum_ships_are_no_claims() -> None:
    assert "track" not in read("The frigate was sent to the North Sea to track Russian ships.")
    assert read("A World War II minesweeper, now a museum, is to sail to Gdynia in May.") == {}
