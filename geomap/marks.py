"""What the map draws for each claim: arrows, strips, limits and open ends, made here and only shown by the page.

A mark never says more than the words do. Two located ends give a geodesic arrow; a source alone gives a short arrow
whose length and end mean nothing; a goal that is not named gives a dashed line into a question mark; the length of a
journey gives the area that it can reach, since a route is never shorter than the straight line. A country or a province
stays an outline and a border stays a strip. Where only the leaving or the arriving is told, teeth on the edge of the
place point out or in, all round, so that none suggests a direction that the words do not carry. Metonyms, demonyms and
names inside organisations give no mark at all.

All geometry is EPSG:4326, x = longitude, y = latitude, cut at the antimeridian as RFC 7946 (section 3.1.9) asks.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, cast

import shapely
from shapely import affinity
from shapely.geometry import LineString, MultiLineString, Point, polygon
from shapely.ops import nearest_points

from geomap import footprints, geodesy, lexicon

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shapely.geometry.base import BaseGeometry

    from geomap.events import ReportLike
    from geomap.gazetteer import Gazetteer
    from geomap.model import Certainty, Claim, Footprint, Location, Role, Toponym

MarkKind = Literal[
    "arrow", "short-arrow", "open-end", "leaving", "ticks", "zone", "outline", "limit", "arc", "point", "mention"
]
Fill = Literal["hatch", "plus", "tint", "none"]
Group = Literal["own", "governments", "report", "others"]

GROUPS: tuple[Group, ...] = ("own", "governments", "report", "others")
"""The claimants' groups in the order of the legend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One thing to draw, and the claims that it stands for."""

    kind: MarkKind
    geometry: BaseGeometry
    """EPSG:4326. Of a short arrow and an open end only the first point and the direction mean something, of teeth
    (``leaving``, ``ticks``) only where they stand and whether they point out or in."""
    claims: tuple[str, ...] = ()
    """Ids of the claims, in the order of the text; empty for a mere mention."""
    group: Group | None = None
    """Who says it; None for a mere mention."""
    certainty: Certainty | None = None
    fill: Fill = "none"
    label: str | None = None
    remarks: str = ""
    """What the mark means and what was assumed, in words for a reader."""
    radius_m: float | None = None
    """Of a point: the radius of the circle that ``geometry`` is."""
    reports: tuple[int, ...] = ()
    """Of a mention on a map of several reports: their numbers."""


@dataclass(frozen=True, slots=True)
class _Site:
    """A located role of a claim."""

    role: Role
    footprint: Footprint
    location: Location | None

    @property
    def geometry(self) -> BaseGeometry:
        assert self.footprint.geometry is not None  # noqa: S101 - only located roles become sites
        return self.footprint.geometry

    @property
    def is_point(self) -> bool:
        return bool(self.geometry.geom_type == "Point")

    @property
    def is_outline(self) -> bool:
        """Tell whether the words name a country, a province or a continent as a whole."""
        kind = self.location.kind if self.location else "other"
        return self.footprint.kind == "area" and kind in {"country", "admin", "continent"}


_INSIDE = 0.1
"""Share of an arrow that may lie inside the area that it leaves or enters."""
_SHORT_M = 80_000.0
"""Drawn length of a short arrow in exported geometry; the page draws it in pixels, since it means nothing."""
_HOME_REACH_M = 1_500_000.0
"""How far into its own country a force is assumed to look when only the direction home is wanted."""
_NEAR_SIDE_M = 400_000.0
"""How deep an arrow looks into a country that is named as a whole."""
_DETAIL_DEG = 0.02
"""Vertices closer than this (2 km) are dropped before directions are computed; drawn outlines keep theirs."""
_METRES = {"km": 1000.0, "mi": geodesy.MILE_M, "m": 1.0, "yd": 0.9144, "nmi": geodesy.NAUTICAL_MILE_M}
_TOOTH_M = 1_000.0
"""Length of the line that gives a tooth its direction; the page draws teeth of a fixed size."""
_TEETH = 36
"""Teeth round an area; the page leaves out those that would touch."""
_STRIP_TEETH = tuple((n + 0.5) / 18 for n in range(18))
_ABROAD = 0.1
"""Share of the way home that may lie neither in the place that is left nor in the own country."""
_OUTER = 0.6
"""Points of a strip's edge at more than this share of its width from the border are on its outer side."""
_OUTWARD = frozenset({"withdrawal", "transfer", "rotation", "deployment", "advance", "unspecified"})


def draw(report: ReportLike, gazetteer: Gazetteer) -> list[Mark]:
    """Make the marks of a report.

    Parameters
    ----------
    report
        The claims and their places.
    gazetteer
        Gives the outlines of countries, for the direction home and for the limits of journeys.

    Returns
    -------
    list of Mark
        Areas first, then lines, then points, so that nothing small is hidden. Claims without a located place and
        stances have no marks.
    """
    return unite(draw_each(report, gazetteer))


def draw_each(report: ReportLike, gazetteer: Gazetteer) -> list[Mark]:
    """Make the marks of each claim of a report, and of what it mentions, for :func:`unite`."""
    groups = find_groups(report)
    marks: list[Mark] = []
    for claim in report.claimed:
        drawn = _draw_claim(claim, report, gazetteer)
        marks.extend(replace(mark, claims=(claim.id,), group=groups[claim.id]) for mark in drawn)
    return [*marks, *_draw_mentions(report)]


_ORDER: tuple[MarkKind, ...] = (
    "outline", "limit", "zone", "arc", "leaving", "ticks", "arrow", "open-end", "short-arrow", "mention", "point",
)  # fmt: skip


def unite(drawn: Iterable[Mark]) -> list[Mark]:
    """Make one mark of those that look the same, with all their claims; also those of several reports.

    Returns
    -------
    list of Mark
        Areas first, then lines, then points. A place that some report only mentions has no mark where another report
        says that a movement is.
    """
    same: dict[tuple[object, ...], list[Mark]] = {}
    for mark in drawn:
        name = mark.label if mark.kind == "mention" else None
        same.setdefault((mark.kind, mark.fill, mark.group, mark.certainty, name, mark.geometry.wkb), []).append(mark)
    united = [
        group[0]
        if len(group) == 1
        else replace(
            group[0],
            claims=tuple(dict.fromkeys(claim for mark in group for claim in mark.claims)),
            reports=tuple(sorted({report for mark in group for report in mark.reports})),
        )
        for group in same.values()
    ]
    taken = shapely.STRtree([mark.geometry for mark in united if mark.kind == "point"])
    mentions = [index for index, mark in enumerate(united) if mark.kind == "mention"]
    places = [united[index].geometry for index in mentions]
    hidden = {mentions[found] for found in taken.query(places, predicate="intersects")[0]} if places else set()
    return sorted(
        (mark for index, mark in enumerate(united) if index not in hidden), key=lambda mark: _ORDER.index(mark.kind)
    )


# --- who says it ------------------------------------------------------------------------------------------------------


def find_groups(report: ReportLike) -> dict[str, Group]:
    """Tell for each claim what kind of speaker stands behind it.

    Returns
    -------
    dict
        From claim id to group: the force's own side, other governments and alliances, the report itself and other
        media, or others (witnesses, unnamed and non-state speakers). A pronoun or a surname takes the group of the
        speaker that it repeats, where the text has named one.
    """
    groups: dict[str, Group] = {}
    named: list[tuple[int, str, _Speaker]] = []
    plain = _QUOTED.sub(lambda quote: " " * len(quote.group()), report.document.text)
    for claim in sorted(report.claimed, key=lambda claim: claim.movement.evidence):
        claimant = claim.claimant
        if claimant is None:
            groups[claim.id] = "report"
            continue
        speaker = _read_speaker(claimant, report)
        if is_pronoun(claimant.text):
            speaker = _find_antecedent(claimant, named, plain, report)
        elif speaker.organ and speaker.country is None:
            # "Moscow told another story. The defence ministry announced": whose it is stands just before.
            country = _find_antecedent(claimant, named, plain, report, _NEAR).country
            speaker = replace(speaker, country=country, organ=False)
        elif speaker == _Speaker() and (surname := claimant.text.rpartition(" ")[2])[:1].isupper():
            # "Johnson told reporters" repeats the Johnson who was introduced with his office.
            speaker = next((known for _, text, known in reversed(named) if surname in text.split()), speaker)
        if not is_pronoun(claimant.text):
            named.append((claimant.start, claimant.text, speaker))
        groups[claim.id] = _group(speaker, claim)
    return groups


@dataclass(frozen=True, slots=True)
class _Speaker:
    """What a claimant's words tell of the speaker."""

    voice: Group | None = None
    country: str | None = None
    organ: bool = False
    """Whether it is an organ of some state, by its own words."""


_QUOTED = re.compile(r"“[^“”\n]{0,1000}”|\"[^\"\n]{0,1000}\"")
"""A speaker is not named inside the own quotation."""
_PERSONS = frozenset({"he", "she"})
_BACK = 600
"""How many characters a pronoun may stand behind the name of its speaker: about three sentences of news prose."""
_NEAR = 150
"""How many characters "the ministry" may stand behind the name of its state: the sentence before."""


def _read_speaker(claimant: Role, report: ReportLike) -> _Speaker:
    text = claimant.text.casefold()
    voice, country = next(((group, code) for pattern, group, code in _voices() if pattern.search(text)), (None, None))
    organ = voice is None and bool(_organs().fullmatch(text))
    return _Speaker(voice, country or _find_country(claimant, report), organ)


def _find_antecedent(
    pronoun: Role, named: Sequence[tuple[int, str, _Speaker]], plain: str, report: ReportLike, back: int = _BACK
) -> _Speaker:
    """Return the speaker that "he said" goes back to: the nearest one named before, outside quotations."""
    reach = range(pronoun.start - back, pronoun.start)
    # "He" is a person: named with an office ("the Russian president"), not by a government's seat alone.
    types = {"demonym", "embedded"} if pronoun.text.casefold() in _PERSONS else {"demonym", "embedded", "metonym"}
    found = [(start, speaker) for start, text, speaker in named if start in reach and plain.startswith(text, start)]
    found += [
        (toponym.start, _Speaker(None, toponym.place.country))
        for toponym in report.toponyms
        if toponym.type in types
        and toponym.place is not None
        and toponym.start in reach
        and plain.startswith(toponym.text, toponym.start)
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else _Speaker()


def _group(speaker: _Speaker, claim: Claim) -> Group:
    force, mover = claim.movement.force, claim.movement.mover
    if speaker.voice in {"report", "others"}:
        # Residents of a country's town do not speak for its forces.
        return speaker.voice
    if speaker.country is not None and force is not None:
        return "own" if speaker.country == force else "governments"
    if mover is not None and claim.claimant is not None and _names(claim.claimant.text) & _names(mover.text):
        return "own"
    return speaker.voice or ("governments" if speaker.country is not None else "others")


def _find_country(claimant: Role, report: ReportLike) -> str | None:
    for toponym in report.toponyms:
        if toponym.start < claimant.end and claimant.start < toponym.end and toponym.place is not None:
            return toponym.place.country
    return None


def _names(text: str) -> set[str]:
    """Return the capitalised words of a phrase, without the article that may open it."""
    return {word for word in re.findall(r"\w+", text) if word[:1].isupper()} - {"The", "A", "An"}


@lru_cache(maxsize=1)
def _voices() -> tuple[tuple[re.Pattern[str], Group | None, str | None], ...]:
    rows = ((row["word"].casefold(), row["group"]) for row in lexicon.rows("voices") if row["group"] != "organ")
    return tuple(
        (re.compile(rf"(?<!\w){re.escape(word)}(?!\w)"), None, group)
        if group.isupper()
        else (re.compile(rf"(?<!\w){re.escape(word)}(?!\w)"), cast("Group", group), None)
        for word, group in rows
    )


@lru_cache(maxsize=1)
def _organs() -> re.Pattern[str]:
    words = "|".join(re.escape(row["word"]) for row in lexicon.rows("voices") if row["group"] == "organ")
    return re.compile(rf"(?:the )?(?:{words})")


def is_pronoun(claimant: str) -> bool:
    """Tell whether a claimant's words are only a pronoun."""
    return claimant.casefold() in _pronouns()


@lru_cache(maxsize=1)
def _pronouns() -> frozenset[str]:
    return frozenset(row["word"] for row in lexicon.rows("events") if row["class"] == "pronoun")


# --- one claim --------------------------------------------------------------------------------------------------------


def _draw_claim(claim: Claim, report: ReportLike, gazetteer: Gazetteer) -> list[Mark]:
    movement = claim.movement
    if movement.kind == "stance":
        return []
    source, goal = _locate(movement.source, report), _locate(movement.goal, report)
    via, area = _locate(movement.via, report), _locate(movement.area, report)
    start = source or area or _start_of_event(claim, report)
    distance_m = _journey_m(claim)
    home = _home(movement.force, gazetteer)
    grows = movement.direction == "buildup"
    marks = [_shape(source, "source", report)] if source else []
    if goal:
        marks.append(_shape(goal, "buildup" if grows and not source else "goal", report))
        marks.extend(
            _draw_arrow(source, goal, via) if source else _draw_arriving(goal, marks[0], movement.force, gazetteer)
        )
    elif distance_m is not None and start:
        marks.extend([] if source or start is area else [_shape(start, "source", report)])
        marks.extend(_draw_limit(start, distance_m, _bounds(claim, report, home), stated=start is source))
    elif source and not (source.is_outline and _holds(home, source)):
        marks.extend(_draw_leaving(source, claim, home, gazetteer))
    for site, use in ((via, "via"), (area, "buildup" if grows else "area")):
        if site:
            marks.append(_shape(site, use, report))
    return [replace(mark, certainty=claim.certainty) for mark in marks]


def _draw_leaving(source: _Site, claim: Claim, home: BaseGeometry | None, gazetteer: Gazetteer) -> list[Mark]:
    """Draw a way out of a place: into the unknown where the words name a goal, else only out."""
    movement = claim.movement
    if movement.goal is not None:
        return _draw_open_end(source, movement.goal.text, home)
    return _draw_outward(source, movement.force, gazetteer) if movement.direction in _OUTWARD else []


def _locate(role: Role | None, report: ReportLike) -> _Site | None:
    if role is None:
        return None
    location = report.located[role.location] if role.location is not None else None
    footprint = role.footprint or (location.footprint if location else None)
    if footprint is None or footprint.geometry is None or footprint.geometry.is_empty:
        return None
    return _Site(role, footprint, location)


def _start_of_event(claim: Claim, report: ReportLike) -> _Site | None:
    """Return where other claims of the same event say that the movement began."""
    for event in report.grouped:
        if claim.id in event.claims:
            claims = {other.id: other for other in report.claimed}
            sites = (_locate(claims[key].movement.source, report) for key in event.claims if key in claims)
            return next((site for site in sites if site), None)
    return None


def _journey_m(claim: Claim) -> float | None:
    """Return the stated length of the journey in metres, if the claim states one."""
    for quantity in claim.movement.quantities:
        if quantity.kind == "distance" and quantity.unit in _METRES:
            return (quantity.upper or quantity.value) * _METRES[quantity.unit]
    return None


@lru_cache(maxsize=64)
def _home(force: str | None, gazetteer: Gazetteer) -> BaseGeometry | None:
    country = gazetteer.country(force) if force else None
    geom = gazetteer.geometry(country) if country else None
    return geom.simplify(_DETAIL_DEG) if geom is not None else None


def _holds(home: BaseGeometry | None, source: _Site) -> bool:
    """Tell whether the source is the force's own country: a movement inside it has no direction to draw."""
    return home is not None and bool(home.intersects(_middle(source.geometry)))


def _bounds(claim: Claim, report: ReportLike, home: BaseGeometry | None) -> BaseGeometry | None:
    """Return the country that holds the goal: the force's own when it goes home."""
    goal = claim.movement.goal
    location = report.located[goal.location] if goal and goal.location is not None else None
    goes_home = claim.movement.direction == "withdrawal" or (location is not None and location.within is not None)
    return home if goes_home else None


# --- shapes -----------------------------------------------------------------------------------------------------------

_USES = {
    "source": "said to be where it starts",
    "goal": "said to be where it goes",
    "via": "said to be on the way",
    "area": "said to be there",
    "buildup": "said to be growing there",
}


def _shape(site: _Site, use: str, report: ReportLike) -> Mark:
    """Draw where a role is, as precisely as it was said."""
    remarks = f"“{site.role.text}”: {_USES[use]}. {site.footprint.remarks}".strip()
    if not site.role.explicit:
        remarks += " The place is inferred: these words do not stand in the sentence."
    label = site.role.text
    if site.is_point:
        label = _name(site.location, report.toponyms) if site.location else label
        radius_m = site.footprint.uncertainty_m
        return Mark(
            kind="point", geometry=_circle(site), fill=_fill(use), label=label, remarks=remarks, radius_m=radius_m
        )
    if site.is_outline:
        fill: Fill = "hatch" if use in {"area", "buildup"} else "tint"
        return Mark(kind="outline", geometry=site.geometry, fill=fill, label=label, remarks=remarks)
    return Mark(kind="zone", geometry=site.geometry, fill=_fill(use), label=label, remarks=remarks)


def _fill(use: str) -> Fill:
    return "plus" if use == "buildup" else "hatch"


def _circle(site: _Site) -> BaseGeometry:
    """Return the circle that holds the true place, or the point itself when it has no stated uncertainty."""
    radius_m = site.footprint.uncertainty_m or 0.0
    point = site.geometry
    return _disc(point.x, point.y, radius_m) if radius_m > 0 else point


@lru_cache(maxsize=4096)
def _disc(lon: float, lat: float, radius_m: float) -> BaseGeometry:
    """Return a circle, once for all claims of a corpus that name the same place."""
    return geodesy.circle(lon, lat, radius_m)


# --- lines ------------------------------------------------------------------------------------------------------------


def _draw_arrow(source: _Site, goal: _Site, via: _Site | None) -> list[Mark]:
    a, b = _ends(source, goal)
    stops = [a, *([_middle(via.geometry)] if via else []), b]
    pieces = [_join(first, second) for first, second in pairwise(stops) if first != second]
    if not pieces:
        return []
    coordinates = [xy for piece in pieces for xy in piece.coords]
    line = _trim(LineString(coordinates), source.geometry, goal.geometry)
    remarks = f"From “{source.role.text}” to “{goal.role.text}”. The line is the shortest way, not the route taken."
    parts = shapely.get_parts(geodesy.wrap(line))
    # Cutting lists the parts from west to east; an arrow's go from its start to its end.
    ordered = parts[::-1] if line.coords[0][0] > line.coords[-1][0] else parts
    geometry = ordered[0] if len(ordered) == 1 else shapely.multilinestrings(ordered)
    return [Mark(kind="arrow", geometry=geometry, remarks=remarks)]


def _ends(source: _Site, goal: _Site) -> tuple[Point, Point]:
    """Return the two points that an arrow joins; a strip gives its nearest point, any other area its middle."""
    a, b = _middle(source.geometry), _middle(goal.geometry)
    if goal.is_outline:
        b = _middle(_near(goal.geometry, a))
    if source.is_outline:
        a = _middle(_near(source.geometry, b))
    if source.footprint.kind in {"band", "line"}:
        a = nearest_points(source.geometry, b)[0]
    if goal.footprint.kind in {"band", "line"}:
        b = nearest_points(goal.geometry, a)[0]
    return a, b


def _near(country: BaseGeometry, point: Point) -> BaseGeometry:
    """Return the part of a country on the side of a point: an arrow to Russia does not end in the middle of Siberia."""
    edge = nearest_points(country, point)[0]
    part = shapely.clip_by_rect(country, *geodesy.circle(edge.x, edge.y, _NEAR_SIDE_M).bounds)
    return country if part.is_empty or not part.area else part


def _middle(geom: BaseGeometry) -> Point:
    """Return a point inside a geometry, central where the shape allows it."""
    if geom.geom_type == "Point":
        return geom
    largest = max(getattr(geom, "geoms", [geom]), key=lambda part: (part.area, part.length))
    centre = largest.centroid
    return centre if largest.intersects(centre) else largest.representative_point()


def _join(a: Point, b: Point) -> LineString:
    """Return the geodesic between two points; its longitudes run on past ±180 where it crosses them."""
    line = shapely.line_merge(geodesy.unwrap(geodesy.geodesic(a.x, a.y, b.x, b.y)))
    if _apart(line.coords[0], a) > _apart(line.coords[-1], a):
        line = line.reverse()
    joined: LineString = line
    return joined


def _apart(xy: tuple[float, ...], point: Point) -> float:
    """Return the distance of two points in degrees, whole turns aside."""
    return math.hypot((xy[0] - point.x + 180.0) % 360.0 - 180.0, xy[1] - point.y)


def _turn_to(area: BaseGeometry, xy: tuple[float, ...]) -> BaseGeometry:
    """Join the parts of an area across the antimeridian, and shift it to the turn of a point."""
    joined = geodesy.unwrap(area)
    west, _, east, _ = joined.bounds
    return affinity.translate(joined, xoff=360.0 * round((xy[0] - (west + east) / 2) / 360.0))


def _trim(line: LineString, source: BaseGeometry, goal: BaseGeometry) -> LineString:
    """Cut what lies deep inside the two areas, so that an arrow joins areas and not their middles."""
    first, last = line.coords[0], line.coords[-1]
    start = 0.0 if source.geom_type == "Point" else _share_inside(line, _turn_to(source, first))
    end = 1.0 if goal.geom_type == "Point" else 1.0 - _share_inside(line.reverse(), _turn_to(goal, last))
    start, end = max(0.0, start - _INSIDE), min(1.0, end + _INSIDE)
    if end - start < 2 * _INSIDE or (start <= 0.0 and end >= 1.0):
        return line
    piece: LineString = shapely.ops.substring(line, start, end, normalized=True)
    return piece


def _share_inside(line: LineString, area: BaseGeometry) -> float:
    """Return how much of a line, from its start, passes before it first leaves an area."""
    leaves = line.intersection(area.boundary)
    if leaves.is_empty:
        return 0.0
    return float(min(line.project(Point(xy), normalized=True) for xy in shapely.get_coordinates(leaves)))


# --- directions without an end ----------------------------------------------------------------------------------------


def _draw_open_end(source: _Site, goal: str, home: BaseGeometry | None) -> list[Mark]:
    """Draw a line into the unknown; its direction is homewards if home lies elsewhere, else it is arbitrary."""
    start, bearing = _way_home(source.geometry, home)
    way = "in no particular direction" if home is None or _holds(home, source) else "towards the force's own country"
    remarks = f"Going to “{goal}”, which the text does not locate. Drawn {way}; its length and end mean nothing."
    return [Mark(kind="open-end", geometry=_stub(start, bearing), label=goal, remarks=remarks)]


def _draw_outward(source: _Site, force: str | None, gazetteer: Gazetteer) -> list[Mark]:
    """Draw a way out of a place: short arrows away from the country behind a border strip, else teeth all round."""
    other = _other_side(source, force, gazetteer)
    if other is not None:
        remarks = (
            f"Leaving “{source.role.text}”. Drawn away from the country on the other side; length and end mean nothing."
        )
        return [Mark(kind="short-arrow", geometry=MultiLineString(_away(source.geometry, other)), remarks=remarks)]
    remarks = f"Leaving “{source.role.text}”; where to is not said. The teeth point outwards on all sides."
    return [Mark(kind="leaving", geometry=MultiLineString(_teeth(source.geometry)), remarks=remarks)]


def _draw_arriving(goal: _Site, shape: Mark, force: str | None, gazetteer: Gazetteer) -> list[Mark]:
    """Draw teeth that point into a place, from all sides, since where the force comes from is not said.

    At a border strip they stand on the force's own side only. A strip or region filled with plus signs has none: the
    signs say the same.
    """
    if shape.kind == "zone" and shape.fill == "plus":
        return []
    other = _other_side(goal, force, gazetteer)
    teeth = _teeth(goal.geometry) if other is None else _away(goal.geometry, other, _STRIP_TEETH, _TOOTH_M)
    remarks = f"Arriving at “{goal.role.text}”; from where is not said. The teeth only point inwards."
    return [Mark(kind="ticks", geometry=MultiLineString([tooth.reverse() for tooth in teeth]), remarks=remarks)]


def _stub(start: Point, bearing_deg: float, length_m: float = _SHORT_M) -> LineString:
    end = geodesy.destination(start.x, start.y, bearing_deg, length_m)
    turn = 360.0 * round((start.x - end[0]) / 360.0)
    return LineString([(start.x, start.y), (end[0] + turn, end[1])])


def _way_home(shape: BaseGeometry, home: BaseGeometry | None) -> tuple[Point, float]:
    """Return where a line home leaves a shape (a little inside it), and its bearing in degrees.

    It goes to the middle of what is near of the own country, or the shortest way where it would else cross others.
    """
    middle = _middle(shape)
    if home is None:
        return middle, 90.0
    reach = geodesy.circle(middle.x, middle.y, _HOME_REACH_M)
    near = shapely.clip_by_rect(home, *reach.bounds)
    target = _middle(home if near.is_empty else near)
    between = LineString([middle, target]).difference(shape).difference(home)
    if between.length > _ABROAD * middle.distance(target):
        target = nearest_points(home, middle)[0]
    if target == middle:
        return middle, 90.0
    line = _join(middle, target)
    inside = _share_inside(line, shape) if shape.geom_type != "Point" else 0.0
    start = line.interpolate(0.7 * inside, normalized=True)
    onward = line.interpolate(min(1.0, 0.7 * inside + 0.1), normalized=True)
    return start, geodesy.bearing(start.x, start.y, onward.x, onward.y)


def _other_side(source: _Site, force: str | None, gazetteer: Gazetteer) -> BaseGeometry | None:
    """Return the country across the border that a strip runs along; None if the source is no strip on one side."""
    strip = source.footprint.border
    side = strip.side or force if strip else None
    if strip is None or side not in strip.countries:
        return None
    others = [code for code in strip.countries if code != side]
    return _home(others[0], gazetteer) if others else None


def _away(
    shape: BaseGeometry, other: BaseGeometry, shares: Sequence[float] = (0.2, 0.5, 0.8), length_m: float = _SHORT_M
) -> list[LineString]:
    """Return short lines that leave a strip on the side away from a country, at these shares of its length."""
    edge = shapely.get_coordinates(shape.simplify(_DETAIL_DEG).boundary)
    points = shapely.points(edge)
    distances = shapely.distance(points, other)
    outer = [point for point, d in zip(points, distances, strict=True) if d > _OUTER * distances.max()]
    chosen = [outer[round(share * (len(outer) - 1))] for share in shares]
    stubs = []
    for point in chosen:
        across = nearest_points(other, point)[0]
        stubs.append(_stub(point, geodesy.bearing(across.x, across.y, point.x, point.y), length_m))
    return stubs


def _teeth(shape: BaseGeometry) -> list[LineString]:
    """Return short lines that leave a shape all round: from its edge outwards, of a point in all directions."""
    if shape.geom_type == "Point":
        return [_stub(shape, bearing, _TOOTH_M) for bearing in range(0, 360, 60)]
    edge = _edge(shape)
    step = 1.0 / _TEETH
    ends = [edge.interpolate((n + 0.5) * step, normalized=True) for n in range(_TEETH)]
    # The direction out is across the edge's course between the neighbours, so that no single cape or bay turns it.
    around = [edge.interpolate((n + share) * step, normalized=True) for n in range(_TEETH) for share in (0.2, 0.8)]
    courses = [geodesy.bearing(a.x, a.y, b.x, b.y) for a, b in zip(around[::2], around[1::2], strict=True)]
    return [_stub(end, course + 90.0, _TOOTH_M) for end, course in zip(ends, courses, strict=True)]


def _edge(shape: BaseGeometry) -> LineString:
    """Return the outline of the largest part of a shape with its inside on the left; of a line, the line itself."""
    largest = max(getattr(shape, "geoms", [shape]), key=lambda part: (part.area, part.length))
    if largest.geom_type != "Polygon":
        return cast("LineString", largest)
    return LineString(polygon.orient(largest).exterior)


# --- the limit of a journey -------------------------------------------------------------------------------------------


def _draw_limit(start: _Site, distance_m: float, ground: BaseGeometry | None, *, stated: bool) -> list[Mark]:
    region, arc = footprints.journey_limit(start.geometry, distance_m, ground)
    if region.is_empty:
        return []
    km = f"{distance_m / 1000:,.0f} km"
    remarks = f"A journey of {km} ends on or inside the dotted line: a route is never shorter than the straight line."
    if not stated:
        remarks += " Its start is inferred from other claims of the same movement."
    limit = Mark(kind="limit", geometry=region, fill="tint", label=km, remarks=remarks)
    return [limit] if arc.is_empty else [limit, Mark(kind="arc", geometry=arc, label=km, remarks=remarks)]


# --- what is only mentioned -------------------------------------------------------------------------------------------


def _draw_mentions(report: ReportLike) -> list[Mark]:
    """Draw the towns and facilities that the text only mentions: a small neutral dot.

    A place whose name also stands for a government in the text ("Moscow claimed") has none: which of the two is meant
    is too often in doubt.
    """
    governments = {t.place.id for t in report.toponyms if t.type == "metonym" and t.place is not None}
    mentions: dict[str, Mark] = {}
    for location in report.located:
        point = location.footprint.geometry
        places = {place.id for index in location.toponyms if (place := report.toponyms[index].place) is not None}
        if location.kind not in {"city", "facility"} or point is None or point.geom_type != "Point":
            continue
        name = _name(location, report.toponyms)
        if name not in mentions and not places & governments:
            remarks = f"“{location.text}” is mentioned; no movement is said to be there."
            mentions[name] = Mark(kind="mention", geometry=point, label=name, remarks=remarks)
    return list(mentions.values())


def _name(location: Location, toponyms: Sequence[Toponym]) -> str:
    places = [toponyms[index].place for index in location.toponyms]
    found = next((place.name for place in places if place is not None), None)
    if found is None and location.inferred_from is not None:
        # "The town" takes its name from the words that it goes back to.
        span = location.inferred_from
        found = next((one.place.name for one in toponyms if (one.start, one.end) == span and one.place), None)
    return found or location.text
