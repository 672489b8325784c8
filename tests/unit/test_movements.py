"""Movements: triggers, senses, roles and directions, on sentences of our own about many wars.

Places are marked in the sentences, so that these tests speak of movements alone: ``[Goma]`` is a location,
``[Rwandan:d:RW]`` a demonym, ``[Kinshasa:m:CD]`` a metonym; an ISO code says of which country.
"""

from __future__ import annotations

import re

import pytest
from shapely.geometry import Point

from geomap import lexicon, movements, nlp
from geomap.model import Candidate, Document, Footprint, Location, Movement, Place, Toponym

TYPES = {"d": "demonym", "m": "metonym", "e": "embedded"}
MARKED = re.compile(r"\[([^\]:]+)(?::([dmle])(?::([A-Z]{2}))?)?\]")


def read(marked: str) -> tuple[str, list[Movement]]:
    text, toponyms, locations, position = "", [], [], 0
    for match in MARKED.finditer(marked):
        text += marked[position : match.start()]
        words, kind, country = match.groups()
        start, end = len(text), len(text) + len(words)
        text += words
        position = match.end()
        place = Place(
            id=f"test:{words}",
            name=words,
            feature_code="PPL",
            country=country,
            lon=1,
            lat=1,
            uncertainty_m=1,
            source="test",
        )
        if kind in TYPES:
            candidates = (Candidate(place=place, score=1.0),) if country else ()
            toponyms.append(Toponym(start=start, end=end, text=words, type=TYPES[kind], candidates=candidates))
        else:
            # Lower-case places ("its bases") have no name and so no geometry.
            named = any(c.isupper() for c in words[1:]) or words[0].isupper()
            footprint = Footprint(
                kind="point" if named else "unlocated", geometry=Point(1, 1) if named else None, remarks="test"
            )
            locations.append(Location(start=start, end=end, text=words, kind="city", footprint=footprint))
            if named:
                toponyms.append(Toponym(start=start, end=end, text=words, type="literal"))
    text += marked[position:]
    doc = nlp.read(Document(id="test", text=text))
    return text, movements.find(doc, toponyms, locations)


def words(role: object) -> str | None:
    return None if role is None else role.text


@pytest.mark.parametrize(
    ("sentence", "trigger", "direction", "mover", "places"),
    [
        # Words and turns that were first missed on reports written for the purpose (tests/gold/own.jsonl) and their like.
        (
            "Rebels of the M23 walked into [Goma] early on Monday.",
            "walked into",
            "advance",
            "Rebels of the M23",
            {"goal": "Goma"},
        ),
        (
            "The governor ordered 400 National Guard troops to [Portland].",
            "ordered",
            "deployment",
            "400 National Guard troops",
            {"goal": "Portland"},
        ),
        (
            "No [Ugandan:d:UG] soldier has set foot in [Juba].",
            "set foot",
            "advance",
            "No Ugandan soldier",
            {"area": "Juba"},
        ),
        (
            "Officials believe that Hezbollah has pulled its elite force back north of the river.",
            "pulled its elite force back",
            "withdrawal",
            "its elite force",
            {},
        ),
        (
            "A [Greek:d:GR] frigate is on its way to [Cyprus].",
            "on its way",
            "deployment",
            "A Greek frigate",
            {"goal": "Cyprus"},
        ),
        (
            "Army units marched on [Tripoli] in April.",
            "marched on",
            "advance",
            "Army units",
            {"goal": "Tripoli"},
        ),
        (
            "[Japan:m:JP] scrambled jets after two [Russian:d:RU] bombers flew past.",
            "scrambled",
            "deployment",
            "jets",
            {},
        ),
        (
            "[The town of Derna] fell to the militia on Sunday.",
            "fell to",
            "advance",
            "the militia",
            {"goal": "The town of Derna"},
        ),
        (
            "The soldiers' gunmen crossed [the Hantoub bridge] into [the city].",
            "crossed",
            "advance",
            "The soldiers' gunmen",
            {"via": "the Hantoub bridge", "goal": "the city"},
        ),
        (
            "The brigade was in control of [Wad Madani] on Tuesday.",
            "in control",
            "presence",
            "The brigade",
            {"area": "Wad Madani"},
        ),
        (
            "All foreign soldiers are due out of [Somalia] by December.",
            "due out",
            "withdrawal",
            "All foreign soldiers",
            {"source": "Somalia"},
        ),
        (
            "The aircraft carriers have put to sea from [Qingdao].",
            "to sea",
            "deployment",
            "The aircraft carriers",
            {"source": "Qingdao"},
        ),
        (
            "The commander had told his troops in a speech to advance on [Tripoli].",
            "advance on",
            "advance",
            "his troops",
            {"goal": "Tripoli"},
        ),
        (
            "[Russia:m:RU] has massed upward of 100,000 troops along [the border].",
            "massed",
            "buildup",
            "100,000 troops",
            {"goal": "the border"},
        ),
        (
            "1,960 peacekeepers with 90 armoured personnel carriers were sent to [Shusha].",
            "sent",
            "deployment",
            "1,960 peacekeepers with 90 armoured personnel carriers",
            {"goal": "Shusha"},
        ),
        (
            "More than 1,000 soldiers fled across the river into [Tajikistan].",
            "fled",
            "withdrawal",
            "More than 1,000 soldiers",
            {"goal": "Tajikistan"},
        ),
        (
            "[Ethiopian:d:ET] troops pulled out of [Mekelle] on Monday.",
            "pulled out",
            "withdrawal",
            "Ethiopian troops",
            {"source": "Mekelle"},
        ),
        (
            "[Eritrean:d:ER] soldiers have crossed into [Tigray].",
            "crossed into",
            "advance",
            "Eritrean soldiers",
            {"goal": "Tigray"},
        ),
        (
            "[Rwanda:m:RW] is massing thousands of soldiers along [the Congolese border].",
            "massing",
            "buildup",
            "thousands of soldiers",
            {"goal": "the Congolese border"},
        ),
        (
            "M23 rebels captured [the town of Sake] at dawn.",
            "captured",
            "advance",
            "M23 rebels",
            {"goal": "the town of Sake"},
        ),
        (
            "[Burundi:m:BI] flew two battalions from [Bujumbura] to [Bukavu].",
            "flew",
            "transfer",
            "two battalions",
            {"source": "Bujumbura", "goal": "Bukavu"},
        ),
        (
            "The last [French:d:FR] soldiers left [Niamey] for [Chad] on Friday.",
            "left",
            "withdrawal",
            "The last French soldiers",
            {"source": "Niamey", "goal": "Chad"},
        ),
        (
            "[Azerbaijani:d:AZ] armoured columns rolled into [Lachin].",
            "rolled into",
            "advance",
            "Azerbaijani armoured columns",
            {"goal": "Lachin"},
        ),
        (
            "A [Chinese:d:CN] aircraft carrier sailed through [the Miyako Strait].",
            "sailed",
            "unspecified",
            "A Chinese aircraft carrier",
            {"via": "the Miyako Strait"},
        ),
        (
            "The buildup of [Sudanese:d:SD] forces around [El Fasher] continued.",
            "buildup",
            "buildup",
            "Sudanese forces",
            {"goal": "El Fasher"},
        ),
        (
            "The redeployment of 3,000 [Pakistani:d:PK] soldiers from [the Afghan border] to [Kashmir] was completed.",
            "redeployment",
            "transfer",
            "3,000 Pakistani soldiers",
            {"source": "the Afghan border", "goal": "Kashmir"},
        ),
        (
            "Wagner fighters took up positions near [Menaka].",
            "took up positions",
            "deployment",
            "Wagner fighters",
            {"goal": "Menaka"},
        ),
        (
            "[Armenian:d:AM] units retreated from [Shusha] after heavy fighting.",
            "retreated",
            "withdrawal",
            "Armenian units",
            {"source": "Shusha"},
        ),
        (
            "[Poland:m:PL] is strengthening [its eastern border] with 500 additional soldiers.",
            "strengthening",
            "buildup",
            "500 additional soldiers",
            {"goal": "its eastern border"},
        ),
        (
            "[Kenya:m:KE] agreed to send 1,000 police officers to [Haiti].",
            "send",
            "deployment",
            "1,000 police officers",
            {"goal": "Haiti"},
        ),
        (
            "Hezbollah pulled its fighters back from [the Blue Line].",
            "pulled its fighters back",
            "withdrawal",
            "its fighters",
            {"source": "the Blue Line"},
        ),
        (
            "The soldiers were ordered to return to [their barracks].",
            "return",
            "withdrawal",
            "The soldiers",
            {"goal": "their barracks"},
        ),
        (
            "Some 900 [American:d:US] soldiers are stationed in [Al-Tanf].",
            "stationed",
            "presence",
            "Some 900 American soldiers",
            {"area": "Al-Tanf"},
        ),
        ("The garrison was encircled in [Aguelhok].", "encircled", "presence", "The garrison", {"area": "Aguelhok"}),
        (
            "Troops it has amassed at [the Armenian frontier] began to dig in.",
            "amassed",
            "buildup",
            "Troops",
            {"goal": "the Armenian frontier"},
        ),
        (
            "HMS Diamond passed through [the Bab el-Mandeb] on Sunday.",
            "passed through",
            "unspecified",
            "HMS Diamond",
            {"via": "the Bab el-Mandeb"},
        ),
        (
            "Six F-16s arrived at [Kecskemet] from [Aviano].",
            "arrived",
            "deployment",
            "Six F-16s",
            {"source": "Aviano", "goal": "Kecskemet"},
        ),
        (
            "The number of [Turkish:d:TR] troops in [Idlib] has been increased.",
            "increased",
            "buildup",
            "Turkish troops",
            {},
        ),
        (
            "The militants fought their way into [the barracks].",
            "fought their way",
            "advance",
            "The militants",
            {"goal": "the barracks"},
        ),
        (
            "Soldiers serving in [Norway] will return to [their bases] in May.",
            "return",
            "withdrawal",
            "Soldiers",
            {"source": "Norway", "goal": "their bases"},
        ),
        ("Rebels seized control of [Bambari].", "seized control", "advance", "Rebels", {"goal": "Bambari"}),
    ],
)
def test_reads_movement(sentence: str, trigger: str, direction: str, mover: str, places: dict[str, str]) -> None:
    text, found = read(sentence)
    hits = [m for m in found if text[m.trigger[0] : m.trigger[1]] == trigger]
    assert len(hits) == 1, [(text[m.trigger[0] : m.trigger[1]], m.direction) for m in found]
    hit = hits[0]
    assert hit.direction == direction
    assert words(hit.mover) == mover
    got = {
        role: words(getattr(hit, role)) for role in ("source", "goal", "via", "area") if getattr(hit, role) is not None
    }
    assert {role: got.get(role) for role in places} == places


@pytest.mark.parametrize(
    "sentence",
    [
        "The company withdrew its offer for the mine.",
        "Troops of fans marched to [the stadium].",
        "The firm will deploy software to its clients in [Germany].",
        "The storm moved north towards [Florida].",
        "Talks moved forward in [Geneva].",
        "The bill advances to [the Senate].",
        "Police withdrew the charges against him.",
        "He left the army in 1998 and moved to [Leeds].",
        "Tourists returned to [Bali] after the airport reopened.",
        "Forces of nature move mountains.",
        "The general flew to [Paris] for talks.",
        "The singer pulled out of the contest in [Oslo].",
        "The club sent its young players to [Lisbon].",
        "The minister returned to [Ankara] and met the army chief.",
        "Prices advanced and the market retreated in [Tokyo].",
        "The central bank withdrew old notes from circulation.",
    ],
)
def test_leaves_other_senses_alone(sentence: str) -> None:
    text, found = read(sentence)
    assert [text[m.trigger[0] : m.trigger[1]] for m in found] == []


def test_coordination_gives_two_movements() -> None:
    text, found = read("The paratroopers left [Kabul] and flew to [Doha].")
    assert [(text[m.trigger[0] : m.trigger[1]], words(m.source), words(m.goal)) for m in found] == [
        ("left", "Kabul", None),
        ("flew", None, "Doha"),
    ]
    assert {words(m.mover) for m in found} == {"The paratroopers"}


def test_force_is_the_state_of_the_mover_or_of_who_moves_it() -> None:
    _, found = read(
        "[Ankara:m:TR] sent its troops to [Idlib]. [Syrian:d:SY] soldiers entered [Saraqib]. US-backed rebels left [Afrin]."
    )
    assert [m.force for m in found] == ["TR", "SY", None]


def test_state_in_a_compound_is_not_the_force() -> None:
    _, found = read("[Iran:m:IR]-backed militias moved into [Sinjar].")
    assert [m.force for m in found] == [None]


def test_infers_the_source_of_a_withdrawal_and_says_from_which_words() -> None:
    text, found = read("[Serbia:m:RS] massed troops at [the Kosovo boundary]. Later [Serbian:d:RS] forces withdrew.")
    # The helper leaves lower-case places without geometry; an inferred place must have one.
    places = [
        Location(
            start=text.index("the Kosovo"),
            end=text.index("the Kosovo") + len("the Kosovo boundary"),
            text="the Kosovo boundary",
            kind="border",
            footprint=Footprint(kind="area", geometry=Point(1, 1), remarks="test"),
        )
    ]
    source = movements.infer(found, places)[-1].source
    assert source is not None
    assert not source.explicit
    assert text[source.start : source.end] == "the Kosovo boundary"


def test_spans_lie_inside_the_text() -> None:
    text, found = read("“Tanks moved into [Gao],” he said.\n\nThe army’s “second column” left [Kidal].")
    assert found
    for movement in found:
        spans = [
            movement.trigger,
            movement.evidence,
            *(r.span for r in (movement.mover, movement.source, movement.goal) if r),
        ]
        assert all(0 <= start < end <= len(text) for start, end in spans)


def test_motion_table_is_sound() -> None:
    rows = lexicon.rows("motion")
    assert len(rows) >= 250
    assert len({(r["trigger"], r["particle"], r["pos"]) for r in rows}) == len(rows), "an entry stands twice"
    directions = {
        "buildup",
        "deployment",
        "withdrawal",
        "advance",
        "transfer",
        "rotation",
        "presence",
        "unspecified",
        "by-place",
        "return",
    }
    frames = {
        "move",
        "cause",
        "enter",
        "exit",
        "pass",
        "hold",
        "at",
        "have",
        "grow",
        "shrink",
        "fall",
        "trail",
        "oust",
        "build",
        "noun",
        "none",
    }
    assert {r["direction"] for r in rows} <= directions
    assert {r["frame"] for r in rows} <= frames
    assert {r["sense"] for r in rows} <= {"strong", "weak", "sure", "none"}
    assert all(r["class"] for r in rows)


def test_there_is_the_place_named_last():
    _, found = read("Rebels entered [Goma]. Two battalions were sent there on Monday.")
    goal = found[-1].goal
    assert (goal.text, goal.explicit) == ("Goma", False)


def test_there_is_no_place_where_none_was_named():
    _, found = read("Two battalions were sent there on Monday.")
    assert found[-1].goal is None


def test_there_are_is_no_place():
    _, found = read("Rebels entered [Goma]. There are 900 soldiers in [Sake].")
    assert found[-1].area.text == "Sake"
