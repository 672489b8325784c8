"""The types that travel between the stages of the pipeline.

All offsets are half-open ``(start, end)`` in Unicode code points of :attr:`Document.text` exactly as given. All
coordinates are EPSG:4326 with x = longitude and y = latitude, in degrees. Lengths are geodesic, in metres, with the
suffix ``_m``. The types are frozen: a stage returns new objects and never changes the ones that it got.

The terms follow the field's standards: toponym, gazetteer and footprint as in geographic information retrieval;
mover, source, goal and path as in ISO 24617-7 (ISO-Space); claimant and cue as in attribution and event factuality
(FactBank).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Span = tuple[int, int]

ToponymType = Literal["literal", "metonym", "demonym", "embedded"]
LocationKind = Literal[
    "country", "admin", "city", "border", "region", "relative", "water", "facility", "continent", "other"
]
FootprintKind = Literal["point", "line", "area", "band", "sector", "ring", "unlocated"]
ClaimKind = Literal["movement", "posture", "stance"]
Direction = Literal["buildup", "deployment", "withdrawal", "advance", "transfer", "rotation", "presence", "unspecified"]
Certainty = Literal["asserted", "planned", "ordered", "possible", "denied", "disputed"]
QuantityKind = Literal["personnel", "equipment", "units", "distance", "duration"]
DateKind = Literal["on", "by", "from", "ongoing"]
RelationType = Literal["same", "contradicts", "disputes", "denies"]
Status = Literal["uncontested", "disputed", "planned", "denied"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report as it was given, and what is known of its origin."""

    id: str
    text: str
    title: str | None = None
    published: date | None = None
    url: str | None = None
    publisher: str | None = None
    home: str | None = None
    """The place that the publisher calls home ("Paris, Texas"), a hint for resolving names."""
    language: str | None = None
    """What the report says of its own language, a BCP 47 tag: ``en-GB``."""
    published_from: str | None = None
    """Where the publication date came from: "given", "header", "metadata" or "text"."""
    skip: tuple[Span, ...] = ()
    """Boilerplate that is shown but not read ("[ad_1]", "Read More: ...")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An entry of the gazetteer, or an answer of a geocoder or of a person."""

    id: str
    """Source and key: ``geonames:703448``, ``geomap:donbas``, ``nominatim:...``."""
    name: str
    feature_code: str
    """GeoNames feature code: PCLI, ADM1, PPLC, PPLA, PPL, CONT, SEA, STM, RGN, AIRB, ..."""
    country: str | None
    """ISO 3166-1 alpha-2 of the country that holds it under the default boundary viewpoint."""
    admin1: str | None = None
    """GeoNames code of the first-level division inside ``country``."""
    lon: float
    lat: float
    population: int = 0
    uncertainty_m: float
    """Radius, in metres, of the circle round (lon, lat) that holds the place."""
    source: str
    """Who says that it is there: "GeoNames", "Natural Earth", "geomap", "person", ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A place that a toponym may mean, and how likely (0 to 1, calibrated)."""

    place: Place
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Toponym:
    """A name of a place in the text, also as an adjective, an abbreviation or inside other words."""

    start: int
    end: int
    text: str
    type: ToponymType
    candidates: tuple[Candidate, ...] = ()
    """Ranked, best first; empty when nothing fits."""
    decided_by: str | None = None
    """Who corrected it, if a person did."""

    @property
    def span(self) -> Span:
        """Where it stands in the text."""
        return (self.start, self.end)

    @property
    def place(self) -> Place | None:
        """The best candidate's place, or None when nothing fits."""
        return self.candidates[0].place if self.candidates else None

    @property
    def score(self) -> float | None:
        """The best candidate's score, or None when nothing fits."""
        return self.candidates[0].score if self.candidates else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BorderStrip:
    """Which stretch of which land border a footprint follows, so that a claim can narrow it to its force's side."""

    countries: tuple[str, ...]
    """ISO 3166-1 alpha-2 codes: the country that the words name, then its partner; one code for a whole border."""
    partner_assumed: bool = False
    """True when no words name the partner and it was taken from the rest of the document."""
    side: str | None = None
    """ISO code of the country on whose ground the strip lies; None for both sides."""
    bearing_deg: float | None = None
    """Direction of the stretch as seen from the first country ("eastern border": 90), if the words give one."""
    width_m: float
    """How far the strip reaches from the line, in metres."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Where something is, as vaguely as it was said."""

    kind: FootprintKind
    geometry: BaseGeometry | None = None
    """EPSG:4326; None exactly when ``kind`` is "unlocated"."""
    uncertainty_m: float | None = None
    """Radius, in metres, of the circle round the representative point that holds the true place."""
    remarks: str
    """How it was made, in words for a reader (Darwin Core's georeferenceRemarks)."""
    viewpoint: str | None = None
    """The boundary viewpoint that it depends on, if it does."""
    point: tuple[float, float] | None = None
    """The representative point (lon, lat); None exactly when ``kind`` is "unlocated"."""
    border: BorderStrip | None = None
    """What it follows, if it is a strip along a land border."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """The words that say where something is: the longest expression for one place."""

    start: int
    end: int
    text: str
    kind: LocationKind
    toponyms: tuple[int, ...] = ()
    """Indices into the report's toponyms that it is built on."""
    footprint: Footprint
    within: str | None = None
    """ISO country that bounds an unlocated place ("their bases"), if the text says so."""
    inferred_from: Span | None = None
    """The earlier words that an expression such as "the border" or "the city" takes its place from."""
    decided_by: str | None = None
    """Who said where it is, if a person did."""

    @property
    def span(self) -> Span:
        """Where it stands in the text."""
        return (self.start, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeExpression:
    """A date expression, anchored to the publication date."""

    start: int
    end: int
    text: str
    day: date | None
    """The single calendar day that it fixes, or None: no date is invented."""
    latest: date | None = None
    """The last day of a span of days ("last week", "in April"); ``earliest`` is its first."""
    earliest: date | None = None
    kind: DateKind = "on"
    """How it binds an event: on that day, by it, from it on, or ongoing at it."""
    precision: Literal["day", "week", "month", "season", "year", "vague"] = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its unit; ``value`` is the lower bound of a range."""

    start: int
    end: int
    kind: QuantityKind
    value: float
    unit: str | None = None
    """"km", "mi", "m", "yd", "nmi" for distances; "h", "d", "w", "mo", "y" for durations; else None."""
    upper: float | None = None
    """The upper bound of a range."""
    approximate: bool = False
    """True for "about", "dozens", "at least" and the like."""
    head: Span | None = None
    """The counted noun ("troops" in "2,200 of the active duty troops")."""

    @property
    def span(self) -> Span:
        """Where the number (with the unit of a distance or duration) stands in the text."""
        return (self.start, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A participant or place of a movement, with the words that state it or that it was inferred from."""

    start: int
    end: int
    text: str
    explicit: bool = True
    """False when no words of the clause state it; the span is then the words that it was inferred from."""
    location: int | None = None
    """Index into the report's locations, for source, goal, via and area."""
    footprint: Footprint | None = None
    """The place as this claim means it (the side of the border where the force stands), if narrower."""

    @property
    def span(self) -> Span:
        """Where the words stand in the text."""
        return (self.start, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A reported change, or absence of change, of the place or presence of a force; or a statement about one."""

    kind: ClaimKind
    direction: Direction
    trigger: Span
    evidence: Span
    mover: Role | None = None
    agent: Role | None = None
    """Who makes the mover move, when someone else does ("Russia" in "Russia sent troops")."""
    force: str | None = None
    """ISO 3166-1 alpha-2 of the state that the force belongs to."""
    source: Role | None = None
    goal: Role | None = None
    via: Role | None = None
    area: Role | None = None
    quantities: tuple[Quantity, ...] = ()
    event_date: date | None = None
    event_date_kind: DateKind | None = None
    rule: str
    """The name of the rule that fired: ``motion-verb/passive``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A movement, who says it, and how surely."""

    id: str
    movement: Movement
    claimant: Role | None = None
    """None when the reporter states it in the news voice."""
    cue: Span | None = None
    certainty: Certainty
    claim_date: date | None = None
    rule: str
    """The name of the rule that found the claimant."""
    reasons: tuple[str, ...] = ()
    """Why this certainty, in words: ``modal "would"``, ``noun "plans"``."""
    targets: tuple[str, ...] = ()
    """For a stance: the ids of the claims that it speaks of."""
    decided_by: str | None = None
    """Who accepted, rejected or changed it, if a person did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What one claim says of another."""

    type: RelationType
    first: str
    second: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Claims that speak of the same movement."""

    id: str
    claims: tuple[str, ...]
    direction: Direction
    force: str | None
    status: Status
    relations: tuple[Relation, ...] = ()
    origins: int = 1
    """How many distinct origins stand behind the claims (one agency story in ten papers is one)."""
