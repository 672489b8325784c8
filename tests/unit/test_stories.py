"""Which events of which reports are one, near-duplicates, and what does not change the answer."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from test_events import PUBLISHED, Story

from geomap import origins, stories
from geomap.model import Candidate, Claim, Document, Event, Location, Place, Toponym


@dataclass
class Read:
    """What merging needs of a report."""

    document: Document
    toponyms: tuple[Toponym, ...]
    located: tuple[Location, ...]
    claimed: tuple[Claim, ...]
    grouped: tuple[Event, ...]


def toponym(country: str) -> Toponym:
    place = Place(
        id=f"t:{country}", name=country, feature_code="PPL", country=country, lon=0, lat=0, uncertainty_m=1, source="t"
    )
    return Toponym(start=0, end=1, text="x", type="literal", candidates=(Candidate(place=place, score=1.0),))


def report(story: Story, country: str = "SS", words: str = "") -> Read:
    grouped, claims = story.group()
    located = tuple(replace(location, toponyms=(0,)) for location in story.locations)
    document = replace(story.document, text=story.text + words)
    return Read(document, (toponym(country),), located, tuple(claims), tuple(grouped))


def arrival(identifier: str, published: date = PUBLISHED, says: str | None = None, **changes) -> Story:
    story = Story(identifier, published)
    story.claim(**{"mover": "two brigades", "goal": "Juba", "at": (31.6, 4.85), "says": says, **changes})
    return story


def test_reports_of_one_movement_are_merged():
    merged = stories.merge([report(arrival("a", says="the army")), report(arrival("b", says="witnesses"))])
    (event,) = merged
    assert event.claims == ("a:c1", "b:c1")
    assert event.origins == 2
    assert [(r.type, r.first, r.second) for r in event.relations] == [("same", "b:c1", "a:c1")]


@pytest.mark.parametrize(
    "other",
    [
        arrival("b", force="ET"),
        arrival("b", direction="withdrawal"),
        arrival("b", published=date(2016, 9, 1)),
        arrival("b", day=date(2016, 6, 1)),
    ],
)
def test_other_force_direction_or_week_is_not(other):
    assert len(stories.merge([report(arrival("a")), report(other)])) == 2


def test_other_country_is_not():
    assert len(stories.merge([report(arrival("a")), report(arrival("b"), country="UG")])) == 2


def test_denial_in_another_report_makes_it_disputed():
    merged = stories.merge(
        [report(arrival("a", says="Khartoum")), report(arrival("b", says="Juba", certainty="denied"))]
    )
    assert [event.status for event in merged] == ["disputed"]


def test_one_agency_story_in_three_papers_is_one_origin():
    agency = " ".join(f"word{number * 7919 % 1000}" for number in range(400))
    own = " ".join(f"other{number * 104729 % 1000}" for number in range(400))
    reports = [
        report(arrival("a"), words=agency),
        report(arrival("b"), words="From our desk. " + agency),
        report(arrival("c"), words=agency[: len(agency) * 2 // 3]),
        report(arrival("d"), words=own),
    ]
    (event,) = stories.merge(reports)
    assert (len(event.claims), event.origins) == (4, 2)
    assert origins.find([item.document for item in reports]) == [0, 0, 0, 3]


def test_short_texts_are_their_own_origins():
    documents = [
        Document(id="a", text="Tanks moved."),
        Document(id="b", text="Tanks moved."),
        Document(id="c", text=""),
    ]
    assert len(set(origins.find(documents))) == 3


def test_merging_nothing_gives_nothing():
    assert stories.merge([]) == []


def test_undated_reports_are_one_only_as_copies():
    text = " ".join(f"word{number * 7919 % 1000}" for number in range(400))
    apart = [report(arrival("a", None)), report(arrival("b", None))]
    copies = [report(arrival("a", None), words=text), report(arrival("b", None), words=text)]
    assert len(stories.merge(apart)) == 2
    assert len(stories.merge(copies)) == 1


def test_country_counts_only_where_nothing_in_it_is_named():
    (told,) = stories.tell(report(arrival("a")))
    assert told.places == ("t:SS",)
    both = report(arrival("a"))
    country = replace(toponym("SS").place, id="t:country", feature_code="PCLI")
    both.toponyms = (
        *both.toponyms,
        Toponym(start=0, end=1, text="x", type="literal", candidates=(Candidate(place=country, score=1.0),)),
    )
    both.located = tuple(replace(location, toponyms=(0, 1)) for location in both.located)
    assert stories.tell(both)[0].places == ("t:SS",)


def test_telling_survives_json():
    story = arrival("a", says="the army", count=2200.0, day=date(2016, 7, 12))
    story.claim("deployment", mover="two brigades", goal="Juba", says="Khartoum", certainty="denied")
    for told in stories.tell(report(story)):
        assert stories.loads(stories.dumps(told)) == told


def many(count=60):
    """Reports over some months, of three forces and few places, some of them copies."""
    chance = random.Random(5)
    copy = " ".join(f"word{number * 7919 % 1000}" for number in range(300))
    found = []
    for number in range(count):
        day = PUBLISHED + timedelta(days=chance.randrange(60))
        story = arrival(
            f"r{number:02}", day, force=chance.choice(["SS", "ET", None]), says=chance.choice(["Juba", None])
        )
        story.claim("withdrawal", mover="the brigades", source="Wau", at=(28.0, 7.7), certainty="planned")
        found.append(
            report(story, country=chance.choice(["SS", "UG"]), words=copy if number % 7 == 0 else f" own{number}")
        )
    return found


def test_order_of_reports_changes_nothing():
    reports = many()
    merged = stories.merge(reports)
    assert len(merged) < sum(len(each.grouped) for each in reports)
    shuffled = random.Random(1).sample(reports, len(reports))
    assert sorted(stories.merge(shuffled), key=lambda event: event.id) == sorted(merged, key=lambda event: event.id)


def test_each_claim_is_in_one_event():
    reports = many()
    claims = [claim for event in stories.merge(reports) for claim in event.claims]
    assert sorted(claims) == sorted(f"{each.document.id}:{c.id}" for each in reports for c in each.claimed)


def test_documents_of_one_id_stay_apart():
    stories_found = stories.merge([report(arrival("a")), report(arrival("a", date(2017, 1, 1)))])
    assert len({event.id for event in stories_found}) == 2


def test_bands_find_what_is_half_the_same():
    chance = random.Random(2)
    for _ in range(50):
        values = chance.sample(range(1 << 32), 200)
        first, second = frozenset(values[:150]), frozenset(values[50:])
        assert set(origins.bands(first)) & set(origins.bands(second))
    assert not set(origins.bands(frozenset(values[:100]))) & set(origins.bands(frozenset(values[100:])))


def test_hash_functions_are_the_same_everywhere():
    assert origins.bands(frozenset({4, 8, 12}))[:2] == [-5543267261595493322, -8023670639728531386]
