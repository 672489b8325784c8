"""A small report made by hand, whose text begins like a formula and whose claims contradict each other."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

from shapely.geometry import LineString, Point, Polygon

from geomap.model import (
    Candidate,
    Claim,
    Document,
    Event,
    Footprint,
    Location,
    Movement,
    Place,
    Quantity,
    Relation,
    Role,
    Toponym,
)

TEXT = "=Two brigades left Gao for the border, Bamako said. Others stay at their posts."
# Clockwise on purpose: what is written must be the other way round.
REGION = Polygon([(0, 16), (0, 18), (2, 18), (2, 16)])


def span(words):
    start = TEXT.index(words)
    return start, start + len(words)


def between(words):
    start, end = span(words)
    return {"start": start, "end": end, "text": words}


def make_report(text=TEXT, id="gao"):
    gao = Place(
        id="geonames:2457163", name="Gao", feature_code="PPLA", country="ML", lon=-0.0441, lat=16.27123456789,
        population=86_353, uncertainty_m=5_000, source="GeoNames",
    )  # fmt: skip
    movement = Movement(
        kind="movement", direction="withdrawal", trigger=span("left"), evidence=(0, 50), force="ML",
        mover=Role(**between("Two brigades")),
        source=Role(**between("Gao"), location=0),
        goal=Role(**between("the border"), location=1, footprint=Footprint(kind="band", geometry=REGION, remarks="")),
        quantities=(Quantity(start=1, end=4, kind="units", value=2),),
        event_date=date(2012, 3, 30), event_date_kind="on", rule="motion-verb/active",
    )  # fmt: skip
    stay = Movement(
        kind="posture", direction="presence", trigger=span("stay"), evidence=span("Others stay at their posts."),
        area=Role(**between("their posts"), location=2, explicit=False), rule="presence-verb",
    )  # fmt: skip
    claims = (
        Claim(
            id="c1", movement=movement, claimant=Role(**between("Bamako")), cue=span("said"), certainty="asserted",
            claim_date=date(2012, 3, 31), rule="cue-verb", reasons=("indicative",),
        ),
        Claim(id="c2", movement=stay, certainty="asserted", rule="voice"),
    )  # fmt: skip
    return SimpleNamespace(
        document=Document(id=id, text=text, title="Gao", published=date(2012, 3, 31), url="https://example.org/gao"),
        toponyms=(
            Toponym(**between("Gao"), type="literal", candidates=(Candidate(place=gao, score=0.93456),)),
            Toponym(**between("Bamako"), type="metonym"),
        ),
        located=(
            Location(
                **between("Gao"), kind="city", toponyms=(0,),
                footprint=Footprint(
                    kind="point", geometry=Point(-0.0441, 16.27123456789), uncertainty_m=5_000.4, remarks="town"
                ),
            ),
            Location(
                **between("the border"), kind="border",
                footprint=Footprint(
                    kind="line", geometry=LineString([(0, 16), (0, 18), (2, 18)]), remarks="line", viewpoint="un"
                ),
            ),
            Location(
                **between("their posts"), kind="facility", within="ML",
                footprint=Footprint(kind="unlocated", remarks="no name"),
            ),
        ),
        claimed=claims,
        grouped=(
            Event(
                id="e1", claims=("c1", "c2"), direction="withdrawal", force="ML", status="disputed",
                relations=(Relation(type="contradicts", first="c1", second="c2", reason="stay against left"),),
            ),
        ),
        rejected=(),
    )  # fmt: skip
