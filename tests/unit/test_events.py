"""Which claims speak of the same movement, what they say of one another, and the status that follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from shapely.geometry import Point

from geomap import events, lexicon
from geomap.model import (
    Claim,
    Document,
    Event,
    Footprint,
    Location,
    Movement,
    Quantity,
    Role,
)

PUBLISHED = date(2016, 7, 14)


class Story:
    """A report that is written claim by claim, so that every span is that of its words."""

    def __init__(self, identifier: str = "story", published: date | None = PUBLISHED):
        self.identifier, self.published = identifier, published
        self.text = ""
        self.claims: list[Claim] = []
        self.locations: list[Location] = []

    def role(self, words: str | None) -> Role | None:
        if words is None:
            return None
        start = len(self.text)
        self.text += words + " "
        return Role(start=start, end=start + len(words), text=words)

    def place(self, words: str | None, at: tuple[float, float] | None) -> Role | None:
        role = self.role(words)
        if role is None or at is None:
            return role
        footprint = Footprint(kind="point", geometry=Point(at), uncertainty_m=5000.0, remarks="for the test")
        self.locations.append(
            Location(start=role.start, end=role.end, text=role.text, kind="city", toponyms=(), footprint=footprint)
        )
        return replace(role, location=len(self.locations) - 1)

    def claim(
        self,
        direction="deployment",
        *,
        force="SS",
        mover=None,
        source=None,
        goal=None,
        area=None,
        at=None,
        says=None,
        certainty="asserted",
        kind="movement",
        trigger="moved",
        day=None,
        day_kind="on",
        count=None,
        adds="",
    ) -> str:
        begin = len(self.text)
        claimant, actor = self.role(says), self.role(mover)
        word = self.role(trigger)
        roles = {name: self.place(words, at) for name, words in (("source", source), ("goal", goal), ("area", area))}
        self.text += adds + ". "
        quantities = (Quantity(start=begin, end=begin + 1, kind="personnel", value=count),) if count is not None else ()
        movement = Movement(
            kind=kind,
            direction=direction,
            trigger=word.span,
            evidence=(begin, len(self.text)),
            mover=actor,
            force=force,
            **roles,
            quantities=quantities,
            event_date=day,
            event_date_kind=day_kind if day is not None else None,
            rule="test",
        )
        identifier = f"c{len(self.claims) + 1}"
        self.claims.append(Claim(id=identifier, movement=movement, claimant=claimant, certainty=certainty, rule="test"))
        return identifier

    def pad(self, words: int = 60):
        self.text += " ".join(f"filler{number}" for number in range(words)) + ". "

    @property
    def document(self) -> Document:
        return Document(id=self.identifier, text=self.text, published=self.published)

    def group(self) -> tuple[list[Event], list[Claim]]:
        return events.group(self.claims, locations=self.locations, document=self.document)

    def groups(self) -> list[tuple[str, ...]]:
        return [event.claims for event in self.group()[0]]


def test_nothing_gives_nothing():
    assert events.group([]) == ([], [])


def test_two_reports_of_one_arrival_are_one_event():
    story = Story()
    one = story.claim(mover="two brigades", goal="Juba", says="the army")
    two = story.claim(mover="the brigades", goal="Juba", says="residents")
    ((event,), _) = story.group()
    assert event.claims == (one, two)
    assert (event.direction, event.force, event.status) == ("deployment", "SS", "uncontested")
    (relation,) = event.relations
    assert (relation.type, relation.first, relation.second) == ("same", two, one)
    assert "same force" in relation.reason


def test_forces_of_two_states_are_never_one_event():
    story = Story()
    story.claim("advance", mover="soldiers", goal="Badme", force="ER")
    story.claim("advance", mover="soldiers", goal="Badme", force="ET")
    assert len(story.groups()) == 2


def test_arrival_and_withdrawal_are_two_events():
    story = Story()
    story.claim("deployment", mover="paratroopers", goal="Kolwezi", force="FR")
    story.claim("withdrawal", mover="paratroopers", source="Kolwezi", force="FR")
    assert len(story.groups()) == 2


def test_towns_far_apart_are_taken_in_two_events():
    story = Story()
    story.claim("advance", mover="tanks", goal="Palmyra", at=(38.3, 34.6), force="SY")
    story.pad()
    story.claim("advance", mover="infantry", goal="Maskana", at=(38.0, 35.9), force="SY")
    near = Story()
    near.claim("advance", mover="tanks", goal="Palmyra", at=(38.3, 34.6), force="SY")
    near.claim("advance", mover="infantry", goal="Tadmur", at=(38.27, 34.56), force="SY")
    assert (len(story.groups()), len(near.groups())) == (2, 1)


def test_armed_groups_without_a_state_are_told_apart_by_name():
    story = Story()
    story.claim("advance", mover="Ansar Dine fighters", goal="Kidal", force=None)
    story.pad()
    story.claim("advance", mover="MNLA rebels", goal="Gao", force=None)
    assert len(story.groups()) == 2


def test_ships_and_tanks_make_two_movements():
    story = Story()
    story.claim(mover="three frigates", goal="the Gulf of Aden", force="IN")
    story.claim(mover="a column of tanks", goal="Ladakh", force="IN")
    assert len(story.groups()) == 2


def test_days_tell_movements_apart():
    story = Story()
    story.claim(mover="a battalion", day=date(2016, 7, 3))
    story.claim(mover="a battalion", day=date(2016, 7, 10))
    assert len(story.groups()) == 2


def test_first_and_last_day_of_a_stay_do_not():
    story = Story()
    story.claim(mover="a battalion", goal="Wau", day=date(2016, 7, 20), day_kind="from", certainty="planned")
    story.claim(
        "presence", mover="the battalion", area="Wau", day=date(2016, 8, 20), day_kind="by", certainty="planned"
    )
    assert len(story.groups()) == 1


@pytest.mark.parametrize(
    ("later", "count"),
    [
        # A bare noun, a pronoun or "the troops" takes up the movement of the lead.
        ({"direction": "withdrawal", "trigger": "withdrawal"}, 1),
        ({"direction": "withdrawal", "mover": "they", "trigger": "headed", "goal": "home"}, 1),
        ({"direction": "withdrawal", "mover": "the troops", "trigger": "crossed", "source": "the bridge"}, 1),
        ({"direction": "withdrawal", "mover": "a company", "source": "Narva", "trigger": "drove"}, 1),
        ({"direction": "withdrawal", "trigger": "ordered", "certainty": "ordered", "says": "Tallinn"}, 1),
        # What came before it, what others do and what stays behind does not.
        ({"direction": "deployment", "mover": "the brigade", "trigger": "arrived", "goal": "Narva"}, 2),
        ({"direction": "withdrawal", "mover": "monitors", "force": "FI", "trigger": "left"}, 2),
        ({"direction": "presence", "mover": "a platoon", "trigger": "stays", "area": "Paldiski"}, 2),
        ({"direction": "withdrawal", "mover": "four corvettes", "trigger": "sailed", "source": "Paldiski"}, 2),
    ],
)
def test_what_takes_up_the_lead(later, count):
    story = Story()
    story.claim("withdrawal", mover="two tank brigades", source="Narva", force="EE", says="the ministry")
    story.claim(**{"force": "EE"} | later)
    assert len(story.groups()) == count


def test_far_down_a_report_more_must_be_shared():
    story = Story()
    first = story.claim("advance", mover="rebels", goal="Bria", force=None, trigger="stormed")
    between = [
        story.claim(("presence", "withdrawal")[n % 2], force="CF", mover="soldiers", area=f"Post{n}") for n in range(12)
    ]
    last = story.claim("advance", mover="gunmen", goal="Obo", force=None, trigger="marched")
    grouped = story.groups()
    assert between
    assert not any({first, last} <= set(ids) for ids in grouped)


def test_table_of_affinities_is_well_formed():
    rows = lexicon.rows("affinities")
    assert len({row["feature"] for row in rows}) == len(rows) > 40
    assert all(abs(float(row[where])) < 10 for row in rows for where in ("within", "across"))


def test_planned_until_somebody_says_that_it_has_begun():
    story = Story()
    story.claim(mover="a brigade", goal="Wau", certainty="planned")
    story.claim(mover="the brigade", goal="Wau", certainty="possible")
    assert [event.status for event in story.group()[0]] == ["planned"]
    story.claim(mover="the brigade", goal="Wau")
    assert [event.status for event in story.group()[0]] == ["uncontested"]


def test_denial_by_another_makes_it_disputed():
    story = Story()
    one = story.claim("advance", mover="Rwandan troops", goal="Goma", force="RW", says="Kinshasa")
    two = story.claim("advance", mover="Rwandan troops", goal="Goma", force="RW", says="Kigali", certainty="denied")
    ((event,), _) = story.group()
    assert event.status == "disputed"
    (relation,) = event.relations
    assert (relation.type, relation.first, relation.second) == ("denies", two, one)
    assert relation.reason == "Kigali denies what Kinshasa says"


def test_speaker_does_not_deny_himself():
    story = Story()
    story.claim("advance", mover="troops", goal="Goma", force="RW", says="General Kabarebe")
    story.claim("advance", mover="troops", goal="Goma", force="RW", says="General Kabarebe", certainty="denied")
    assert [event.status for event in story.group()[0]] == ["uncontested", "denied"]


def test_denial_alone_is_denied():
    story = Story()
    story.claim("advance", mover="troops", goal="Goma", says="Kigali", force="RW", certainty="denied")
    assert [event.status for event in story.group()[0]] == ["denied"]


@pytest.mark.parametrize(
    ("certainty", "adds", "status", "relation"),
    [
        ("disputed", "saw no sign of it", "disputed", "disputes"),
        ("denied", "called it a lie", "disputed", "denies"),
        ("disputed", "could not verify it", "uncontested", "disputes"),
        ("asserted", "confirmed it", "uncontested", "same"),
    ],
)
def test_stance_joins_what_it_speaks_of(certainty, adds, status, relation):
    story = Story()
    one = story.claim("withdrawal", mover="Serb units", source="Pristina", force="RS", says="Belgrade")
    other = story.claim("deployment", mover="British paratroopers", goal="Skopje", force="GB")
    two = story.claim("withdrawal", kind="stance", force=None, says="monitors", certainty=certainty, adds=adds)
    grouped, claims = story.group()
    event = next(event for event in grouped if one in event.claims)
    assert two in event.claims
    assert other not in event.claims
    assert event.status == status
    assert next(claim for claim in claims if claim.id == two).targets == (one,)
    assert [(r.type, r.first, r.second) for r in event.relations] == [(relation, two, one)]


def test_refused_demand_is_denied():
    story = Story()
    story.claim("withdrawal", mover="the militia", source="Nasir", force=None, says="Juba", certainty="ordered")
    story.claim("withdrawal", kind="stance", force=None, says="the militia", certainty="denied", adds="refused")
    assert [event.status for event in story.group()[0]] == ["denied"]


def test_gone_and_still_there_contradict():
    story = Story()
    one = story.claim("withdrawal", mover="Eritrean soldiers", source="Shire", force="ER", says="Asmara")
    two = story.claim(
        "presence", kind="posture", mover="Eritrean soldiers", area="Shire", force="ER", says="aid workers"
    )
    ((event,), _) = story.group()
    assert event.status == "disputed"
    assert [(r.type, r.first, r.second) for r in event.relations] == [("contradicts", two, one)]


def test_gone_from_where_it_had_been_is_no_contradiction():
    story = Story()
    story.claim("presence", mover="Cuban soldiers", area="Cabinda", force="CU", adds="for years")
    story.claim("withdrawal", mover="they", source="Cabinda", force="CU", says="Havana")
    assert {event.status for event in story.group()[0]} == {"uncontested"}


def test_growing_and_leaving_contradict_across_events():
    story = Story()
    one = story.claim("buildup", mover="troops", goal="the Line of Control", force="PK", says="Delhi")
    two = story.claim("withdrawal", mover="troops", source="the Line of Control", force="PK", says="Islamabad")
    grouped, _ = story.group()
    assert [event.claims for event in grouped] == [(one,), (two,)]
    assert {event.status for event in grouped} == {"disputed"}
    assert {(r.type, r.first, r.second) for event in grouped for r in event.relations} == {("contradicts", one, two)}


def test_every_claim_is_in_one_event():
    story = Story()
    for number in range(30):
        story.claim(
            ("deployment", "withdrawal", "advance", "presence", "unspecified", "transfer", "rotation")[number % 7],
            force=("SS", None, "ET")[number % 3],
            goal=f"Town{number % 5}",
            kind="stance" if number % 11 == 10 else "movement",
        )
    placed = [claim for event in story.group()[0] for claim in event.claims]
    assert sorted(placed) == sorted(claim.id for claim in story.claims)


def test_order_of_claims_does_not_matter():
    story = Story()
    for goal in ("Wau", "Bor", "Wau", "Yei"):
        story.claim("advance", mover="soldiers", goal=goal)
        story.pad(5)
    forward, _ = story.group()
    backward, _ = events.group(story.claims[::-1], locations=story.locations, document=story.document)
    assert forward == backward
