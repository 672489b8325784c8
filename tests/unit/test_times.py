"""Date expressions: what they fix, how they bind an event, and which of them dates what."""

from __future__ import annotations

from datetime import date

import pytest
import spacy

from geomap import datings, nlp, times
from geomap.model import Document, TimeExpression

PUBLISHED = date(2011, 3, 23)  # a Wednesday


def read(text: str):
    return nlp.read(Document(id="t", text=text))


def only(text: str, published: date | None = PUBLISHED) -> TimeExpression:
    found = times.find(read(text), published)
    assert len(found) == 1, [expression.text for expression in found]
    return found[0]


@pytest.mark.parametrize(
    ("text", "words", "day"),
    [
        ("Loyalist tanks left Misrata on Monday.", "Monday", date(2011, 3, 21)),
        ("French jets took off on Wednesday.", "Wednesday", date(2011, 3, 23)),
        ("A convoy reached Ajdabiya last Wednesday.", "last Wednesday", date(2011, 3, 16)),
        ("The carrier will sail on Friday.", "Friday", date(2011, 3, 25)),
        ("The carrier is due to sail next Wednesday.", "next Wednesday", date(2011, 3, 30)),
        ("Rebels pulled back late on Sunday night.", "late on Sunday night", date(2011, 3, 20)),
        ("Frigates put to sea on Feb. 26.", "Feb. 26", date(2011, 2, 26)),
        ("Frigates put to sea on 26 February.", "26 February", date(2011, 2, 26)),
        ("The brigade will fly home on April 2.", "April 2", date(2011, 4, 2)),
        ("The brigade flew home on November 5.", "November 5", date(2010, 11, 5)),
        ("The fleet sailed on the 19th.", "the 19th", date(2011, 3, 19)),
        ("The fleet will sail on the 27th.", "the 27th", date(2011, 3, 27)),
        ("Troops entered the port yesterday.", "yesterday", date(2011, 3, 22)),
        ("Troops entered the port last night.", "last night", date(2011, 3, 22)),
        ("Troops entered the port this morning.", "this morning", date(2011, 3, 23)),
        ("Troops will enter the port tomorrow.", "tomorrow", date(2011, 3, 24)),
        ("The column left three days ago.", "three days ago", date(2011, 3, 20)),
        ("The column will leave in two days.", "in two days", date(2011, 3, 25)),
    ],
)
def test_day_is_fixed_by_words_and_publication(text, words, day):
    found = only(text)
    assert (found.text, found.day, found.precision) == (words, day, "day")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Soviet troops crossed the Friendship Bridge on 15 February 1989.", date(1989, 2, 15)),
        ("Soviet troops crossed the bridge on Feb. 15, 1989.", date(1989, 2, 15)),
        ("Soviet troops crossed the bridge on 1989-02-15.", date(1989, 2, 15)),
        ("Soviet troops crossed the bridge on Wednesday, February 15, 1989.", date(1989, 2, 15)),
        ("Soviet troops crossed the bridge on 15/02/1989.", date(1989, 2, 15)),
    ],
)
@pytest.mark.parametrize("published", [None, PUBLISHED])
def test_full_date_needs_no_publication_date(text, day, published):
    assert only(text, published).day == day


@pytest.mark.parametrize(
    "text",
    [
        "Argentine marines landed on Friday.",
        "Argentine marines landed on 2 April.",
        "Argentine marines landed yesterday.",
        "Argentine marines landed overnight.",
        "Argentine marines landed three days ago.",
        "Argentine marines landed last week.",
        "Argentine marines will leave by Christmas.",
    ],
)
def test_no_day_without_publication_date(text):
    found = only(text, None)
    assert (found.day, found.earliest, found.latest) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "precision"),
    [
        ("The division moved up last week.", date(2011, 3, 14), date(2011, 3, 20), "week"),
        ("The division will move up next month.", date(2011, 4, 1), date(2011, 4, 30), "month"),
        ("The division moved up in January.", date(2011, 1, 1), date(2011, 1, 31), "month"),
        ("The division moved up in 2009.", date(2009, 1, 1), date(2009, 12, 31), "year"),
        ("The division moved up overnight.", date(2011, 3, 22), date(2011, 3, 23), "day"),
        ("The division moved up in late February.", date(2011, 2, 19), date(2011, 2, 28), "month"),
        ("The division moved up over the weekend.", date(2011, 3, 19), date(2011, 3, 20), "week"),
        ("The division moved up two weeks ago.", date(2011, 3, 6), date(2011, 3, 12), "week"),
    ],
)
def test_stretch_fixes_no_day(text, earliest, latest, precision):
    found = only(text)
    assert (found.day, found.earliest, found.latest, found.precision) == (None, earliest, latest, precision)


@pytest.mark.parametrize(
    ("text", "kind", "day"),
    [
        ("The garrison will leave by 1 April.", "by", date(2011, 4, 1)),
        ("The garrison will stay until April 30.", "by", date(2011, 4, 30)),
        ("The garrison has been massing since Saturday.", "from", date(2011, 3, 19)),
        ("The garrison will exercise from April 14-16.", "from", date(2011, 4, 14)),
        ("The garrison will exercise from April 14 to April 16.", "from", date(2011, 4, 14)),
        ("The garrison left after Monday's vote.", "from", None),
        ("The garrison left between 3 March and 9 March.", "on", None),
        ("The garrison is currently on alert.", "ongoing", None),
        ("The garrison will be gone by the end of the year.", "by", None),
    ],
)
def test_preposition_sets_how_it_binds(text, kind, day):
    found = only(text)
    assert (found.kind, found.day) == (kind, day)


@pytest.mark.parametrize(
    "text",
    [
        "They may march 20 miles.",
        "The F-16s and 12 mortars sat idle; the sun set.",
        "A total of 2014 troops will fall back.",
        "Article 5 and resolution 1973 apply.",
        "The 101st Airborne and the 3rd Army met at the 38th parallel.",
    ],
)
def test_other_words_and_numbers_are_no_dates(text):
    assert times.find(read(text), PUBLISHED) == []


def test_day_and_month_that_could_be_swapped_fix_no_day():
    assert only("The port fell on 03/04/2010.").day is None


def test_impossible_date_is_none_at_all():
    assert times.find(read("The port fell on 31 February 2010 or 2010-13-40."), PUBLISHED) == []


@pytest.mark.parametrize(
    ("text", "trigger", "day"),
    [
        ("The ministry said on Tuesday that the regiment left Asmara.", "left", None),
        ("The ministry said the regiment left Asmara on Monday.", "left", date(2011, 3, 21)),
        ("The regiment left Asmara on Monday, the ministry said on Tuesday.", "left", date(2011, 3, 21)),
        ("The minister announced on Tuesday that the last guards had left Gao on 15 March.", "left", date(2011, 3, 15)),
        ("The regiment began withdrawing on Sunday.", "withdrawing", date(2011, 3, 20)),
        ("The pullout from Gao began on Sunday.", "pullout", date(2011, 3, 20)),
        ("Sunday's advance took the defenders by surprise.", "advance", date(2011, 3, 20)),
        ("The general ordered the withdrawal on Sunday.", "withdrawal", None),
        ("Guards entered the town on Sunday, seizing the radio station.", "seizing", date(2011, 3, 20)),
        ("Fighters who took Bunagana in June advanced on Rutshuru on Monday.", "took", None),
        ("Fighters who took Bunagana in June advanced on Rutshuru on Monday.", "advanced", date(2011, 3, 21)),
        ("Ethiopian units left Baidoa on Sunday and reached Dollow on Monday.", "left", date(2011, 3, 20)),
        ("Ethiopian units left Baidoa on Sunday and reached Dollow on Monday.", "reached", date(2011, 3, 21)),
        ("The army took the town in three days.", "took", None),
    ],
)
def test_bind_dates_the_event_not_the_saying(text, trigger, day):
    doc = read(text)
    token = next(token for token in doc if token.text == trigger)
    found = datings.bind(times.find(doc, PUBLISHED), token, doc)
    assert (found.day if found is not None else None) == day


def test_beginning_binds_from_then_on():
    doc = read("The pullout from Gao began on Sunday.")
    found = datings.bind(times.find(doc, PUBLISHED), doc[1], doc)
    assert found is not None
    assert found.kind == "from"


@pytest.mark.parametrize(
    ("text", "cue", "day"),
    [
        ("The ministry said on Tuesday that the regiment left Asmara.", "said", date(2011, 3, 22)),
        ("The regiment left Asmara on Monday, the ministry said on Tuesday.", "said", date(2011, 3, 22)),
        ("The regiment left Asmara on Monday, the ministry said.", "said", None),
    ],
)
def test_said_dates_the_statement(text, cue, day):
    doc = read(text)
    token = next(token for token in doc if token.text == cue)
    found = datings.said(times.find(doc, PUBLISHED), token, doc)
    assert (found.day if found is not None else None) == day


def test_text_without_a_parse():
    doc = spacy.blank("en")("The brigade left on Monday. The fleet will sail on Friday.")
    assert [found.day for found in times.find(doc, PUBLISHED)] == [date(2011, 3, 21), date(2011, 3, 25)]


def test_offsets_are_those_of_the_text():
    text = "Report:\n\n“We left on\nMarch 3,” he said — and on 5 March, again."
    found = times.find(read(text), PUBLISHED)
    assert [text[expression.start : expression.end] for expression in found] == ["March 3", "5 March"]


@pytest.mark.parametrize("text", ["", " ", "a" * 50_000, "the next few " * 2_000, "Feb. 1" * 3_000, "in " * 9_000])
def test_odd_text_is_read(text):
    assert all(found.day is None or found.end > found.start for found in times.find(spacy.blank("en")(text), PUBLISHED))


@pytest.mark.parametrize(
    ("text", "words", "day"),
    [
        ("The army said on Monday that it had left the day before.", "the day before", date(2011, 3, 20)),
        ("The coup came on March 7. Two days later tanks rolled in.", "Two days later", date(2011, 3, 9)),
        ("Rebels came on March 7 and left the next day.", "the next day", date(2011, 3, 8)),
        ("Rebels came on March 7; on the same day, police fled.", "the same day", date(2011, 3, 7)),
    ],
)
def test_a_day_hangs_on_the_day_named_before(text, words, day):
    found = times.find(read(text), PUBLISHED)
    assert (found[-1].text, found[-1].day) == (words, day)


@pytest.mark.parametrize(
    "text",
    ["The tanks left a day later.", "On March 7 all was calm." + " Nothing stirred." * 40 + " Tanks left a day later."],
)
def test_a_day_that_hangs_on_nothing_is_none(text):
    assert times.find(read(text), PUBLISHED)[-1].day is None


def test_between_two_days_is_neither():
    found = only("The ships sailed between March 3 and 10.")
    assert (found.day, found.earliest, found.latest) == (None, date(2011, 3, 3), date(2011, 3, 10))


def bound_day(text: str, trigger: str) -> date | None:
    """The day of the last word ``trigger`` of a text."""
    doc = read(text)
    token = [token for token in doc if token.text == trigger][-1]
    found = datings.bind(times.find(doc, PUBLISHED), token, doc)
    return found.day if found is not None else None


@pytest.mark.parametrize(
    ("text", "trigger", "day"),
    [
        ("Marines seized the port on Monday. The first hovercraft came ashore before dawn.", "came", 21),
        ("Rebels took Bossangoa on Sunday. By nightfall a column had entered Bozoum as well.", "entered", 20),
        ("Fighters stormed the dam on Saturday. In the afternoon, two companies advanced on Wana.", "advanced", 19),
        ("Boats landed troops on the spit on Monday. They withdrew later in the day.", "withdrew", 21),
        ("Gunboats shelled the harbour on Saturday.\nCommandos came ashore in the early hours.", "came", 19),
        ("Jets bombed the ridge on Sunday. Hours later, tanks advanced along the road.", "advanced", 20),
        ("Commandos took the bridge on Sunday. The next morning infantry crossed the river.", "crossed", 21),
        ("The talks end on March 30. The battalions are to be back in barracks by then.", "be", 30),
        ("Ships sailed early on Monday and docked at 3 p.m.", "docked", 21),
        ("A witness said on Monday that 20 tanks crossed the bridge that morning.", "crossed", 21),
        ("A second column entered Gori in the morning, hours before the truce took hold on Tuesday.", "entered", 22),
        ("The convoy left before dawn on Tuesday.", "left", 22),
    ],
)
def test_part_of_a_day_takes_the_day_told_of_before(text, trigger, day):
    assert bound_day(text, trigger) == date(2011, 3, day)


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("The convoy arrived at dawn.", "arrived"),
        ("ABIDJAN, March 22 - Tanks left the barracks at dawn.", "left"),
        ("Talks lasted until March 20. Tanks left at dawn.", "left"),
        ("Officials said on Monday the truce held. Tanks crossed the canal at noon.", "crossed"),
        ("Paratroopers jumped on Saturday. The rebels had set off from Angola in the early hours.", "set"),
        ("The column left Agadez on Monday. It will enter Arlit in the afternoon.", "enter"),
        ("Fighters left on Thursday. The army said on Saturday that the hill was given up at daybreak.", "given"),
        ("Legionnaires jumped on Saturday. Shells fell, and tanks withdrew during the night.", "withdrew"),
    ],
)
def test_part_of_an_unknown_day_is_none(text, trigger):
    assert bound_day(text, trigger) is None


@pytest.mark.parametrize(
    ("text", "trigger", "day"),
    [
        ("They held Timbuktu on Tuesday, a day after their men had crossed the Niger.", "crossed", 21),
        ("Tanks rolled in on Monday, three days before a relief column reached the refinery.", "reached", 24),
        ("Two days after Georgian units entered Tskhinvali on Friday, marines landed at Poti.", "landed", 20),
        ("Two days after Sunday's vote, the army moved into the capital.", "moved", 22),
        ("French paratroopers landed at Gao on Friday, hours after Malian units entered the suburbs.", "entered", 18),
        ("Guineans started leaving Liberia on Tuesday as a Nigerian battalion arrived.", "arrived", 22),
        ("The garrison left Tikrit on Monday, and militiamen entered the barracks.", "entered", 21),
        ("Tanks left Gori on Sunday, the ministry said, and police returned to the town.", "returned", 20),
        ("Rebels have held the airfield since Sunday, when government soldiers fled.", "fled", 20),
        ("On Tuesday, residents saw armoured columns enter Horlivka.", "enter", 22),
        ("Japan reported the biggest incursion by bombers so far on Tuesday.", "incursion", 22),
        ("Last Thursday rebels marched into Kalemie.", "marched", 17),
        ("Captors threatened to kill them unless Jakarta withdrew its troops by March 29.", "withdrew", 29),
        ("They will start withdrawing on Friday.", "withdrawing", 25),
    ],
)
def test_clause_takes_its_day_from_the_one_beside(text, trigger, day):
    assert bound_day(text, trigger) == date(2011, 3, day)


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("The guards fled on Sunday, weeks after the army had marched on the town.", "marched"),
        ("The mayor resigned on Tuesday, a day after the army said that rebels had entered the port.", "entered"),
        ("The general warned on Monday against despair as rebels entered Kindu.", "entered"),
        ("The battalion will leave ahead of the planned end of its mandate on April 20.", "leave"),
        ("The brigade pulled back under the accord of March 9.", "pulled"),
        ("Troops must quit Tyre by 25 March, Sidon by 28 March and Nabatieh by 2 April.", "quit"),
        ("Patrols crossed the line on Sunday and again on Monday.", "crossed"),
        ("The men will be flown to Kansas in time for Christmas.", "flown"),
        ("The frigate left Split on Sunday, ending a deployment that began in May.", "deployment"),
        ("The council voted on Friday to send 5,000 peacekeepers to Chad.", "send"),
        ("The general said on Sunday the war was over, and rebels took the airport.", "took"),
        ("The army left Gao on Sunday, and rebels will take the airport.", "take"),
        ("Officials reported on Tuesday that columns had entered Horlivka.", "entered"),
        ("Chad has been massing men since Saturday as rebels entered Abeche.", "entered"),
        ("Two warships entered the strait on Monday evening and will stay for 21 days.", "stay"),
    ],
)
def test_day_of_something_else_is_not_taken(text, trigger):
    assert bound_day(text, trigger) is None


def test_patterns_are_tried_at_every_word_that_can_open_one():
    text = (
        "Early on Monday; in mid-March; pre-2014; overnight; the day after tomorrow; New Year's Eve; late in the day."
    )
    assert [found.text for found in times.find(read(text), PUBLISHED)] == [
        "Early on Monday",
        "mid-March",
        "2014",
        "overnight",
        "the day after tomorrow",
        "New Year's Eve",
        "late in the day",
    ]
