"""Reports made by hand, so that tests of the map do not depend on what the language model finds.

The towns, borders and states are real, the sentences and what they say are invented.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from geomap import footprints
from geomap.gazetteer import Gazetteer
from geomap.model import (
    Candidate,
    Claim,
    Document,
    Event,
    Footprint,
    Location,
    Movement,
    Quantity,
    Relation,
    Role,
    Toponym,
)
from geomap.settings import DEFAULTS

TEXT = """Column leaves El Obeid for Khartoum, army says
Sudan's army said on Monday that 400 soldiers had moved from El Obeid to Khartoum.
Two days earlier the same column was said by Cairo to be standing still; Egypt doubts that any unit has left El Obeid.
Residents of Kosti told a broadcaster that armoured cars were massing in the town.
Ethiopia will withdraw two battalions from its border with Sudan on 12 June, the foreign ministry announced.
State radio said tanks had begun a 300-kilometre journey back to their barracks from Kassala.
A spokesman denied that fighters had been sent to Chad.
Guards of the ministry may leave for an undisclosed camp from Port Sudan.
Diplomats will meet in Nairobi; nobody said where the marines are now stationed."""


@dataclass(frozen=True)
class Sample:
    """Has what :class:`geomap.pipeline.Report` has."""

    document: Document
    toponyms: tuple[Toponym, ...] = ()
    located: tuple[Location, ...] = ()
    claimed: tuple[Claim, ...] = ()
    grouped: tuple[Event, ...] = ()
    rejected: tuple[Claim, ...] = ()


@dataclass
class Builder:
    """Finds words in a text, so that no offset is counted by hand."""

    document: Document
    gazetteer: Gazetteer = field(default_factory=Gazetteer.open)
    toponyms: list[Toponym] = field(default_factory=list)
    located: list[Location] = field(default_factory=list)
    claimed: list[Claim] = field(default_factory=list)

    def span(self, words, within=None):
        start, end = within or (0, len(self.document.text))
        at = self.document.text.index(words, start, end)
        return at, at + len(words)

    def toponym(self, words, within, kind="literal", name=None):
        """Add a toponym; its place is the gazetteer's best for ``name`` (a code of two letters is a country)."""
        wanted = name or words
        place = self.gazetteer.country(wanted) if len(wanted) == 2 else self.gazetteer.find(wanted)[0].place
        start, end = self.span(words, within)
        self.toponyms.append(
            Toponym(start=start, end=end, text=words, type=kind, candidates=(Candidate(place=place, score=0.9),))
        )
        return len(self.toponyms) - 1

    def place(self, words, within, kind="city", name=None):
        """Add a location for a named place."""
        index = self.toponym(words, within, name=name)
        place = self.toponyms[index].place
        return self.location(words, within, kind, footprints.of_place(place, self.gazetteer), (index,))

    def location(self, words, within, kind, footprint, toponyms=()):
        start, end = self.span(words, within)
        self.located.append(
            Location(start=start, end=end, text=words, kind=kind, footprint=footprint, toponyms=toponyms)
        )
        return len(self.located) - 1

    def role(self, words, within, location=None, *, explicit=True):
        start, end = self.span(words, within)
        return Role(start=start, end=end, text=words, location=location, explicit=explicit)

    def claim(
        self,
        id,
        evidence,
        trigger,
        direction,
        *,
        claimant=None,
        cue=None,
        certainty="asserted",
        kind="movement",
        **more,
    ):
        span = self.span(evidence)
        paragraph = (self.document.text.rfind("\n", 0, span[0]) + 1, len(self.document.text))
        targets = more.pop("targets", ())
        movement = Movement(
            kind=kind,
            direction=direction,
            trigger=self.span(trigger, span),
            evidence=span,
            rule="motion-verb/active",
            **more,
        )
        self.claimed.append(
            Claim(
                id=id,
                movement=movement,
                claimant=self.role(claimant, paragraph) if claimant else None,
                cue=self.span(cue, paragraph) if cue else None,
                certainty=certainty,
                claim_date=self.document.published,
                rule="cue-verb/subject",
                reasons=('modal "will"',) if certainty == "planned" else (),
                targets=targets,
            )
        )


def build_sudan() -> Sample:
    """Return a report with one claim of each kind of mark."""
    make = Builder(
        Document(
            id="sudan",
            text=TEXT,
            title="Column leaves El Obeid for Khartoum, army says",
            published=date(2023, 6, 5),
            url="https://example.org/sudan",
            publisher="The Example",
        )
    )
    gazetteer = make.gazetteer
    army = make.span("Sudan's army said on Monday that 400 soldiers had moved from El Obeid to Khartoum")
    make.toponym("Sudan", army, "embedded", "SD")
    obeid, khartoum = make.place("El Obeid", army), make.place("Khartoum", army)
    egypt = make.span("Two days earlier the same column was said by Cairo to be standing still; Egypt doubts")
    make.toponym("Cairo", egypt, "metonym")
    make.toponym("Egypt", egypt, "metonym", "EG")
    kosti_span = make.span("Residents of Kosti told a broadcaster that armoured cars were massing in the town")
    kosti = make.place("Kosti", kosti_span)
    ethiopia = make.span("Ethiopia will withdraw two battalions from its border with Sudan on 12 June")
    make.toponym("Ethiopia", ethiopia, "metonym", "ET")
    sudan = make.toponym("Sudan", ethiopia, name="SD")
    strip = footprints.border("SD", "ET", gazetteer=gazetteer, side="ET")
    border = make.location("its border with Sudan", ethiopia, "border", strip, (sudan,))
    radio = make.span("State radio said tanks had begun a 300-kilometre journey back to their barracks from Kassala")
    kassala = make.place("Kassala", radio)
    hidden = Footprint(kind="unlocated", remarks="barracks without a name")
    barracks = make.location("their barracks", radio, "other", hidden)
    denied = make.span("A spokesman denied that fighters had been sent to Chad")
    chad = make.place("Chad", denied, "country", "TD")
    guards = make.span("Guards of the ministry may leave for an undisclosed camp from Port Sudan")
    port = make.place("Port Sudan", guards)
    camp = make.location("an undisclosed camp", guards, "other", hidden)
    last = make.span("Diplomats will meet in Nairobi")
    make.place("Nairobi", last)
    doubt = make.span("Egypt doubts that any unit has left El Obeid")

    make.claim(
        "c1", "400 soldiers had moved from El Obeid to Khartoum", "moved", "transfer", claimant="Sudan's army", cue="said",
        force="SD", mover=make.role("400 soldiers", army),
        source=make.role("El Obeid", army, obeid), goal=make.role("Khartoum", army, khartoum),
        quantities=(Quantity(start=make.span("400")[0], end=make.span("400")[1], kind="personnel", value=400),),
    )  # fmt: skip
    make.claim(
        "c2", "Egypt doubts that any unit has left El Obeid", "doubts", "withdrawal", claimant="Egypt", cue="doubts",
        certainty="disputed", kind="stance", force="SD", targets=("c1",),
    )  # fmt: skip
    make.claim(
        "c3", "armoured cars were massing in the town", "massing", "buildup", claimant="Residents of Kosti", cue="told",
        force="SD", mover=make.role("armoured cars", kosti_span),
        goal=replace(make.role("the town", kosti_span, kosti), explicit=False),
    )  # fmt: skip
    make.claim(
        "c4", "Ethiopia will withdraw two battalions from its border with Sudan on 12 June", "withdraw", "withdrawal",
        claimant="the foreign ministry", cue="announced", certainty="planned", force="ET",
        mover=make.role("two battalions", ethiopia), source=make.role("its border with Sudan", ethiopia, border),
        event_date=date(2023, 6, 12), event_date_kind="on",
    )  # fmt: skip
    distance = make.span("300-kilometre")
    make.claim(
        "c5", "tanks had begun a 300-kilometre journey back to their barracks from Kassala", "journey", "withdrawal",
        claimant="State radio", cue="said", force="SD", mover=make.role("tanks", radio),
        source=make.role("Kassala", radio, kassala), goal=make.role("their barracks", radio, barracks),
        quantities=(Quantity(start=distance[0], end=distance[1], kind="distance", value=300, unit="km"),),
    )  # fmt: skip
    make.claim(
        "c6", "fighters had been sent to Chad", "sent", "deployment", claimant="A spokesman", cue="denied",
        certainty="denied", force="SD", mover=make.role("fighters", denied), goal=make.role("Chad", denied, chad),
    )  # fmt: skip
    make.claim(
        "c7", "Guards of the ministry may leave for an undisclosed camp from Port Sudan", "leave", "withdrawal",
        certainty="possible", force="SD", mover=make.role("Guards of the ministry", guards),
        source=make.role("Port Sudan", guards, port), goal=make.role("an undisclosed camp", guards, camp),
    )  # fmt: skip
    make.claim(
        "c8", "the marines are now stationed", "stationed", "presence", kind="posture",
        mover=make.role("the marines", (last[0], len(TEXT))),
    )  # fmt: skip
    assert doubt
    events = (
        Event(
            id="e1", claims=("c1", "c2"), direction="transfer", force="SD", status="disputed", origins=2,
            relations=(Relation(type="disputes", first="c2", second="c1", reason="doubts"),),
        ),
        Event(
            id="e2", claims=("c3",), direction="buildup", force="SD", status="uncontested",
            relations=(Relation(type="contradicts", first="c3", second="c5", reason="opposite directions"),),
        ),
        Event(id="e3", claims=("c4",), direction="withdrawal", force="ET", status="planned"),
        Event(id="e4", claims=("c5",), direction="withdrawal", force="SD", status="uncontested"),
        # A second event of the same name: its card must not be told apart by its name alone.
        Event(id="e7", claims=("c7",), direction="withdrawal", force="SD", status="uncontested"),
        Event(id="e5", claims=("c6",), direction="deployment", force="SD", status="denied"),
        Event(id="e6", claims=("c8",), direction="presence", force=None, status="uncontested"),
    )  # fmt: skip
    return Sample(make.document, tuple(make.toponyms), tuple(make.located), tuple(make.claimed), events)


def build_later() -> Sample:
    """Return a second, later report, for maps of several."""
    text = "Convoy reaches Sennar\nA convoy reached Sennar from Kosti on Wednesday, the governor said."
    make = Builder(Document(id="later", text=text, title="Convoy reaches Sennar", published=date(2023, 6, 8)))
    sentence = make.span("A convoy reached Sennar from Kosti on Wednesday")
    sennar, kosti = make.place("Sennar", sentence), make.place("Kosti", sentence)
    make.claim(
        "c1", "A convoy reached Sennar from Kosti on Wednesday", "reached", "advance", claimant="the governor", cue="said",
        force="SD", mover=make.role("A convoy", sentence), source=make.role("Kosti", sentence, kosti),
        goal=make.role("Sennar", sentence, sennar), event_date=date(2023, 6, 7), event_date_kind="on",
    )  # fmt: skip
    events = (Event(id="e1", claims=("c1",), direction="advance", force="SD", status="uncontested"),)
    return Sample(make.document, tuple(make.toponyms), tuple(make.located), tuple(make.claimed), events)


def build_empty(text: str = "The council discussed the price of bread.", **more) -> Sample:
    """Return a report in which nothing was found."""
    return Sample(Document(id="empty", text=text, **more))


__all__ = ["DEFAULTS", "Sample", "build_empty", "build_later", "build_sudan"]
