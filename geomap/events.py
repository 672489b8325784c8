"""Claims that speak of the same movement, what they say of one another, and what follows for the movement's status.

Within a document, claims are grouped by average-link clustering: every pair of claims has an affinity, the sum of the
points that ``lexicon/affinities.csv`` gives for what their words share or set apart (force, direction, place, mover,
time, certainty), and two groups are joined while the mean affinity between them is positive. The table says where the
points come from; the form follows mention-pair models of event coreference. The status is computed from the claims:
it is never read off a text.

Events of several documents are merged in :mod:`geomap.stories`, by the same affinity.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from heapq import heapify, heappop, heappush
from math import cos, hypot, log1p, radians
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from geomap import lexicon
from geomap.model import Event, Relation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from geomap.model import (
        Certainty,
        Claim,
        Direction,
        Document,
        Location,
        Movement,
        RelationType,
        Role,
        Span,
        Status,
        Toponym,
    )

Stage = Literal["real", "ahead", "negated"]
Anaphor = Literal["pronoun", "definite", "none"]
Where = Literal["within", "across"]
_Value = TypeVar("_Value")

_NEVER = -99.0

_ARRIVALS: frozenset[Direction] = frozenset({"buildup", "deployment"})
_PAIRS: dict[frozenset[Direction], str] = {
    frozenset({"presence"}): "both presence",
    frozenset({"unspecified"}): "both unspecified",
    frozenset({"advance"}): "both advance",
    _ARRIVALS: "build-up and deployment",
    frozenset({"transfer", "deployment"}): "onward",
    frozenset({"transfer", "withdrawal"}): "onward",
    frozenset({"rotation", "deployment"}): "onward",
    frozenset({"withdrawal", "deployment"}): "opposed",
    frozenset({"withdrawal", "buildup"}): "opposed",
    frozenset({"withdrawal", "advance"}): "opposed",
}
_STAGES: dict[str, Stage] = {
    "asserted": "real", "planned": "ahead", "ordered": "ahead", "possible": "ahead", "denied": "negated",
    "disputed": "negated",
}  # fmt: skip
# Two places are taken for the same up to this distance beyond their own extent.
_NEAR_KM = 10.0
# A day's march of a mechanised column: beyond it, taking one place and taking the other are two movements.
_FAR_KM = 50.0
_KM_PER_DEGREE = 111.2
_INFERRED = "inferred"
# A text is compared in full up to this many claims; the claims of one with more are compared with those of the same
# force and direction only, so many at a time.
_MOST_CLAIMS = 400
_BLOCK_CLAIMS = 100


@dataclass(frozen=True, slots=True)
class Point:
    """The middle of a footprint and its radius, and the role that it has in the claim."""

    role: str
    lon: float
    lat: float
    radius_km: float
    is_country: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """What a claim says, in the form in which claims are compared."""

    claim: Claim
    rank: int
    stage: Stage
    places: frozenset[str]
    """The words of goal, source, area and via, each also with the role before it ("goal:kidal")."""
    stated: bool
    """Whether the claim's own words name a place; one inferred from the context never sets two claims apart."""
    points: tuple[Point, ...]
    """Of goal, source, area and via, where they have a footprint."""
    mover: frozenset[str]
    names: frozenset[str]
    domains: frozenset[str]
    counts: frozenset[float]
    claimant: frozenset[str]
    word: str
    anaphor: Anaphor | None
    """How the mover points back at a force named before: by a pronoun, as "the troops", or by being left out."""


# --- grouping within a document -------------------------------------------------------------------------------------


def group(
    claims: Sequence[Claim], *, locations: Sequence[Location] = (), document: Document | None = None
) -> tuple[list[Event], list[Claim]]:
    """Group the claims of one document by the movement that they speak of.

    Parameters
    ----------
    claims
        In any order; ids are unique.
    locations
        The report's locations, which the roles refer to; their footprints tell near from far.
    document
        The report; its publication date tells a dated plan from what has happened already.

    Returns
    -------
    list of Event
        In the order of their first claim in the text, each with relations and status.
    list of Claim
        The claims as given, statements about other claims with their ``targets``.
    """
    ordered = sorted(claims, key=lambda claim: (claim.movement.trigger, claim.id))
    profiles = [
        describe(claim, rank, locations, document)
        for rank, claim in enumerate(c for c in ordered if c.movement.kind != "stance")
    ]
    groups = [group for block in _blocks(profiles) for group in _cluster(block, document)]
    groups.sort(key=lambda members: members[0].rank)
    targets = _targets(ordered, groups, document)
    events = _events(groups, [claim for claim in ordered if claim.movement.kind == "stance"], targets, document)
    return events, [replace(claim, targets=targets[claim.id]) if claim.id in targets else claim for claim in claims]


def _blocks(profiles: Sequence[Profile]) -> list[list[Profile]]:
    """Return what is compared in full: everything, unless there is so much that it would take long."""
    if len(profiles) <= _MOST_CLAIMS:
        return [list(profiles)] if profiles else []
    blocks: dict[tuple[str | None, str, int], list[Profile]] = defaultdict(list)
    seen: dict[tuple[str | None, str], int] = defaultdict(int)
    for profile in profiles:
        key = (profile.claim.movement.force, family(profile.claim.movement.direction))
        blocks[*key, seen[key] // _BLOCK_CLAIMS].append(profile)
        seen[key] += 1
    return list(blocks.values())


def describe(claim: Claim, rank: int, locations: Sequence[Location], document: Document | None) -> Profile:
    """Return what a claim says, in the form in which claims are compared.

    Parameters
    ----------
    claim
        Any but a stance counts as an event's.
    rank
        The claim's place among the others; neighbours are likelier to speak of one movement.
    locations
        The report's locations, which the claim's roles refer to.
    document
        The report, for the words of the trigger.
    """
    movement = claim.movement
    roles = {"goal": movement.goal, "source": movement.source, "area": movement.area, "via": movement.via}
    places = {name: role for name, role in roles.items() if role is not None}
    mover = movement.mover
    words = _content(mover)
    text = document.text[slice(*movement.trigger)].lower() if document is not None else ""
    return Profile(
        claim=claim,
        rank=rank,
        stage=_STAGES[claim.certainty],
        places=frozenset(
            word
            for name, role in places.items()
            for content in _content(role)
            for word in (content, f"{name}:{content}")
        ),
        stated=any(role.explicit for role in places.values()),
        points=tuple(
            point
            for name, role in places.items()
            if (point := _point(name if role.explicit else _INFERRED, role, locations)) is not None
        ),
        mover=words,
        names=_names(mover),
        domains=_domains(mover),
        counts=frozenset(
            quantity.value for quantity in movement.quantities if quantity.kind in ("personnel", "equipment", "units")
        ),
        claimant=_claimant(claim),
        word=text[:5],
        anaphor=_anaphor(mover),
    )


@cache
def _words(kind: str) -> frozenset[str]:
    return frozenset(row["word"] for row in lexicon.rows("events") if row["class"] == kind)


@cache
def _domain_words() -> dict[str, str]:
    return {row["word"]: row["value"] for row in lexicon.rows("events") if row["class"] == "domain"}


def _tokens(text: str) -> list[str]:
    """Return the words of a role, lower case and roughly singular."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    return [word[:-1] if word.endswith("s") and len(word) > 3 else word for word in words]  # noqa: PLR2004


def _anaphor(mover: Role | None) -> Anaphor | None:
    if mover is None:
        return "none"
    words = mover.text.lower().split()
    if mover.text.lower() in _words("pronoun"):
        return "pronoun"
    is_plain = mover.text[1:].islower() and not any(letter.isdigit() for letter in mover.text)
    return "definite" if is_plain and words[0] in _words("definite") else None


def _content(role: Role | None) -> frozenset[str]:
    return frozenset(_tokens(role.text)) - _words("function") if role is not None else frozenset()


def _names(role: Role | None) -> frozenset[str]:
    """Return the capitalised words of a mover that can tell one armed group from another."""
    if role is None:
        return frozenset()
    found = {word.lower() for word in re.findall(r"(?<![\w.])[A-Z][\w-]+", role.text)}
    return frozenset(found) - _words("function") - _words("pronoun")


def _domains(role: Role | None) -> frozenset[str]:
    if role is None:
        return frozenset()
    words = set(_tokens(role.text))
    found = {value for word, value in _domain_words().items() if word in words}
    if re.search(r"(?<![A-Za-z])[A-Z][A-Za-z]{0,2}-\d", role.text) and not found:
        # A type designation without a noun ("six F-16s", "B-52s") is most often an aircraft.
        found.add("air")
    return frozenset(found)


def _claimant(claim: Claim) -> frozenset[str]:
    return frozenset(_tokens(claim.claimant.text)) - {"the", "a", "of"} if claim.claimant is not None else frozenset()


def _point(name: str, role: Role, locations: Sequence[Location]) -> Point | None:
    """Return the middle of a role's footprint, if it has one."""
    footprint, is_country = role.footprint, False
    if role.location is not None and 0 <= role.location < len(locations):
        is_country = locations[role.location].kind == "country"
        footprint = footprint or locations[role.location].footprint
    if footprint is None or footprint.geometry is None or footprint.geometry.is_empty:
        return None
    west, south, east, north = footprint.geometry.bounds
    radius = (footprint.uncertainty_m or 0.0) / 1000.0
    return Point(name, (west + east) / 2.0, (south + north) / 2.0, radius, is_country)


def _gap_km(first: Point, second: Point) -> float:
    """Return how far two places are from each other, edge to edge; two countries are apart however near they lie."""
    distance = _distance_km(first, second)
    if first.is_country and second.is_country:
        return 0.0 if distance < _NEAR_KM else float("inf")
    return distance - max(first.radius_km, second.radius_km)


def _distance_km(first: Point, second: Point) -> float:
    """Return the distance of two middles, on a plane: enough to tell near from far."""
    scale = cos(radians((first.lat + second.lat) / 2.0))
    east = abs(first.lon - second.lon)
    return _KM_PER_DEGREE * hypot(min(east, 360.0 - east) * scale, first.lat - second.lat)


# --- affinity -------------------------------------------------------------------------------------------------------


def affinity(first: Profile, second: Profile, document: Document | None) -> float:
    """Return how strongly two claims speak for being about the same movement; above zero means that they do.

    Parameters
    ----------
    first, second
        The claims, the earlier one first.
    document
        The report that both are from; None for claims of two reports.
    """
    return _affinity(first, second, document, "across" if document is None else "within")


def _affinity(first: Profile, second: Profile, document: Document | None, where: Where) -> float:
    one, other = first.claim.movement.force, second.claim.movement.force
    if one is not None and other is not None and one != other:
        return _NEVER
    points = _points(where)
    # The further apart two claims stand in a text, the less likely they speak of one movement.
    apart = points["distance"] * log1p(abs(first.rank - second.rank))
    return apart + sum(points[feature] for feature in _features(first, second, document))


@cache
def _points(where: Where) -> dict[str, float]:
    return {row["feature"]: float(row[where]) for row in lexicon.rows("affinities")}


def _features(first: Profile, second: Profile, document: Document | None) -> Iterator[str]:
    """Name what two claims share and what sets them apart, in the words of ``lexicon/affinities.csv``."""
    is_same_place = _is_same_place(first, second)
    yield "any"
    yield _directions(first, second, is_same_place=is_same_place)
    yield from _forces_of(first, second)
    yield from _places_of(first, second, is_same_place=is_same_place)
    yield from _movers_of(first, second)
    yield from _stages_of(first, second, document)
    yield from _days_of(first.claim.movement, second.claim.movement)
    if first.word and first.word == second.word:
        yield "same word"
    if 0 in (first.rank, second.rank):
        yield "lead"
    one, other = first.claim.movement.evidence, second.claim.movement.evidence
    if one[0] < other[1] and other[0] < one[1]:
        yield "same clause"


def _directions(first: Profile, second: Profile, *, is_same_place: bool) -> str:
    pair = frozenset({first.claim.movement.direction, second.claim.movement.direction})
    if pair in _PAIRS:
        return _PAIRS[pair]
    if "unspecified" in pair:
        return "one unspecified"
    if "presence" in pair:
        return _beside_presence(first, second, pair - {"presence"}, is_same_place=is_same_place)
    if "advance" in pair and pair & _ARRIVALS:
        return "advance and arrival at one place" if is_same_place else "advance and arrival"
    return "same direction" if len(pair) == 1 else "other directions"


def _beside_presence(first: Profile, second: Profile, other: frozenset[Direction], *, is_same_place: bool) -> str:
    """Presence goes with what brought it about: arriving, when both are facts or both plans; advancing, at a place."""
    if "withdrawal" in other:
        # One side says that a force has left, another that it is still there.
        return "gone or not" if is_same_place and _speak_against(first, second) else "gone and present"
    if "advance" in other:
        return "advance and presence at one place" if is_same_place else "advance and presence"
    if other & _ARRIVALS:
        return "arrival and presence" if first.stage == second.stage else "arrival and presence at other stages"
    return "other directions"


def _speak_against(first: Profile, second: Profile) -> bool:
    """Tell whether two sides state as facts what cannot both be so."""
    facts = first.claim.certainty == second.claim.certainty == "asserted"
    return facts and bool(first.claimant) and bool(second.claimant) and not first.claimant & second.claimant


def _forces_of(first: Profile, second: Profile) -> Iterator[str]:
    one, other = first.claim.movement.force, second.claim.movement.force
    if one is not None and other is not None:
        yield "same force"
        return
    has_other_name = bool(first.names and second.names and not first.names & second.names)
    if one is None and other is None:
        yield "other names, no state" if has_other_name else "no state"
    else:
        yield "one state"
        if has_other_name:
            yield "other names, one state"


def _is_same_place(first: Profile, second: Profile) -> bool:
    if first.places & second.places:
        return True
    return any(_gap_km(p, q) <= _NEAR_KM for p in first.points for q in second.points)


def _places_of(first: Profile, second: Profile, *, is_same_place: bool) -> Iterator[str]:
    if not first.places or not second.places:
        return
    if is_same_place:
        yield "same place"
        if any(":" in word for word in first.places & second.places):
            yield "same place in the same role"
    elif first.stated and second.stated:
        is_taken = first.claim.movement.direction == second.claim.movement.direction == "advance"
        yield "other place taken" if is_taken else "other place"
        if _is_far_apart(first, second):
            yield "far apart"


def _is_far_apart(first: Profile, second: Profile) -> bool:
    """Tell whether the places of one role are known and none is near the other's ("to Kidal", "to Gao")."""
    gaps = [
        _gap_km(p, q) - min(p.radius_km, q.radius_km)
        for p in first.points
        for q in second.points
        if p.role == q.role != _INFERRED
    ]
    return bool(gaps) and min(gaps) > _FAR_KM


def _movers_of(first: Profile, second: Profile) -> Iterator[str]:
    if first.mover and second.mover:
        yield "same mover" if first.mover & second.mover else "other mover"
    anaphors = {first.anaphor, second.anaphor}
    if anaphors & {"none", "pronoun"}:
        yield "bare mover"
    if "none" in anaphors:
        yield "no mover"
    later = first if first.rank > second.rank else second
    if later.anaphor in {"pronoun", "definite"}:
        yield f"then a {later.anaphor}"
    if later.anaphor == "none" and not later.places:
        yield "then no more than a word"
    if first.domains and second.domains and not first.domains & second.domains:
        yield "other domain"
    if first.counts and second.counts:
        yield "same count" if first.counts & second.counts else "other count"


def _stages_of(first: Profile, second: Profile, document: Document | None) -> Iterator[str]:
    if first.stage == second.stage:
        return
    stages = {first.stage, second.stage}
    if "negated" in stages:
        negated = first if first.stage == "negated" else second
        if not negated.claimant or first.claimant & second.claimant:
            # What the reporter, or the same speaker, negates is another matter than what is asserted.
            yield "negated by no other"
        else:
            yield "negated and ahead" if "ahead" in stages else "negated and real"
        return
    is_stay = first.claim.movement.direction == second.claim.movement.direction == "presence"
    yield "real and ahead, present" if is_stay else "real and ahead"
    ahead = first if first.stage == "ahead" else second
    day = ahead.claim.movement.event_date
    published = document.published if document is not None else None
    if day is not None and published is not None and day > published and not is_stay:
        yield "ahead by its date"


def _days_of(one: Movement, other: Movement) -> Iterator[str]:
    if one.event_date is None or other.event_date is None:
        return
    if one.event_date == other.event_date:
        yield "same day"
    elif one.event_date_kind == other.event_date_kind:
        # The first day of a stay and its last one are both days of the same stay.
        yield "other day"


# --- clustering -----------------------------------------------------------------------------------------------------


def _cluster(profiles: Sequence[Profile], document: Document | None) -> list[list[Profile]]:
    """Join the two groups with the highest mean affinity until none is above zero."""
    groups: dict[int, list[Profile]] = {index: [profile] for index, profile in enumerate(profiles)}
    sums = {
        (i, j): _affinity(profiles[i], profiles[j], document, "within")
        for i in range(len(profiles))
        for j in range(i + 1, len(profiles))
    }

    def rated(pair: tuple[int, int]) -> tuple[float, int, int]:
        return (-sums[pair] / (len(groups[pair[0]]) * len(groups[pair[1]])), *pair)

    # A pair's rating changes only when one of the two has grown; older ratings of it are passed over.
    ratings = [rated(pair) for pair, total in sums.items() if total > 0.0]
    heapify(ratings)
    while ratings:
        best = heappop(ratings)
        kept, gone = best[1:]
        if (kept, gone) not in sums or best != rated((kept, gone)) or _denies_itself(groups[kept] + groups[gone]):
            continue
        groups[kept] += groups.pop(gone)
        del sums[kept, gone]
        for other in groups:
            if other != kept:
                moved = sums.pop((min(other, gone), max(other, gone)))
                pair = (min(other, kept), max(other, kept))
                sums[pair] += moved
                if sums[pair] > 0.0:
                    heappush(ratings, rated(pair))
    return [sorted(members, key=lambda profile: profile.rank) for members in groups.values()]


def _denies_itself(members: Sequence[Profile]) -> bool:
    """Tell whether one speaker would both state and deny the same movement."""
    denied = [m.claimant for m in members if m.stage == "negated"]
    return any(m.claimant & claimant for claimant in denied for m in members if m.stage == "real")


# --- statements about other claims ----------------------------------------------------------------------------------


def _targets(
    ordered: Sequence[Claim], groups: Sequence[Sequence[Profile]], document: Document | None
) -> dict[str, tuple[str, ...]]:
    """Return, for each stance, the claims that it speaks of: of the group that fits it best, all but its own."""
    found: dict[str, tuple[str, ...]] = {}
    for stance in ordered:
        if stance.movement.kind != "stance":
            continue
        scored = [(_fit(stance, members, document), -number) for number, members in enumerate(groups)]
        scored = [item for item in scored if item[0] > 0.0]
        if not scored:
            continue
        members = groups[-max(scored)[1]]
        speaker = _claimant(stance)
        others = [m.claim.id for m in members if not (speaker and speaker & m.claimant)]
        found[stance.id] = tuple(others or [m.claim.id for m in members])
    return found


def _fit(stance: Claim, members: Sequence[Profile], document: Document | None) -> float:
    """Return how well a group is what a statement about a claim speaks of."""
    profile = describe(stance, -1, (), document)
    movement = stance.movement
    speaker = profile.claimant
    points = 0.0
    forces = {m.claim.movement.force for m in members}
    if movement.force is not None and forces - {None} and movement.force not in forces:
        return 0.0
    if movement.direction != "unspecified":
        same = any(family(m.claim.movement.direction) == family(movement.direction) for m in members)
        points += 2.0 if same else -2.0
    if profile.places and any(m.places & profile.places for m in members):
        points += 1.0
    if any(m.claimant and not m.claimant & speaker for m in members):
        points += 0.5
    if speaker and all(m.claimant & speaker for m in members):
        # Nobody doubts only himself.
        points -= 1.5
    starts = [m.claim.movement.trigger[0] for m in members]
    before = [movement.trigger[0] - start for start in starts if start < movement.trigger[0]]
    # A statement about a claim mostly follows it closely.
    points += 1.0 / (1.0 + min(before) / 200.0) if before else 0.2
    return points + 0.5


# --- relations and status -------------------------------------------------------------------------------------------


def _events(
    groups: Sequence[Sequence[Profile]],
    stances: Sequence[Claim],
    targets: dict[str, tuple[str, ...]],
    document: Document | None,
) -> list[Event]:
    opposed = _opposed(groups)
    events: list[Event] = []
    placed: set[str] = set()
    for number, members in enumerate(groups):
        ids = {m.claim.id for m in members}
        about = [stance for stance in stances if set(targets.get(stance.id, ())) & ids]
        placed.update(stance.id for stance in about)
        relations = _relations(members, about, targets) + opposed.get(number, ())
        events.append(_event(len(events) + 1, members, about, relations, document))
    for stance in stances:
        if stance.id not in placed:
            events.append(_event(len(events) + 1, (), [stance], (), document))
    return events


def _event(
    number: int,
    members: Sequence[Profile],
    about: Sequence[Claim],
    relations: tuple[Relation, ...],
    document: Document | None,
) -> Event:
    claims = [m.claim for m in members]
    everything = sorted([*claims, *about], key=lambda claim: (claim.movement.trigger, claim.id))
    leading = claims or list(about)
    return Event(
        id=f"e{number}",
        claims=tuple(claim.id for claim in everything),
        direction=_most([claim.movement.direction for claim in leading]),
        force=_most([f for claim in leading if (f := claim.movement.force) is not None]) if _forces(leading) else None,
        status=status_of(
            [claim.certainty for claim in claims],
            [stance.certainty for stance in about if speaks_against(stance, document)],
            is_contradicted=any(relation.type == "contradicts" for relation in relations),
        ),
        relations=relations,
    )


def _forces(claims: Iterable[Claim]) -> set[str]:
    return {claim.movement.force for claim in claims if claim.movement.force is not None}


def _most(values: Sequence[_Value]) -> _Value:
    """Return the most frequent value, the first one of several."""
    return max(values, key=lambda value: (values.count(value), -values.index(value)))


def _relations(
    members: Sequence[Profile], about: Sequence[Claim], targets: dict[str, tuple[str, ...]]
) -> tuple[Relation, ...]:
    """Return what the claims of one event say of one another, with the reason in words."""
    found: list[Relation] = []
    leader = next((m for m in members if m.stage != "negated"), members[0]) if members else None
    for member in members:
        if leader is None or member is leader:
            continue
        found.append(_relation(leader, member))
    for stance in about:
        kind = _stance_relation(stance)
        reason = f"a statement about it, {stance.certainty}"
        ids = {m.claim.id for m in members}
        found.extend(
            Relation(type=kind, first=stance.id, second=target, reason=reason)
            for target in targets.get(stance.id, ())
            if target in ids
        )
    return tuple(found)


def _relation(leader: Profile, member: Profile) -> Relation:
    first, second = member.claim, leader.claim
    if member.stage == "negated" and leader.stage != "negated":
        kind: RelationType = "denies" if first.certainty == "denied" else "disputes"
        reason = f"{_who(first)} {'denies' if kind == 'denies' else 'doubts'} what {_who(second)} says"
    elif {first.movement.direction, second.movement.direction} == {"withdrawal", "presence"} and _speak_against(
        member, leader
    ):
        kind, reason = "contradicts", f"{_who(first)} says it is there, {_who(second)} that it is gone"
        if first.movement.direction == "withdrawal":
            reason = f"{_who(first)} says it is gone, {_who(second)} that it is there"
    else:
        kind, reason = "same", _shared(member, leader)
    return Relation(type=kind, first=first.id, second=second.id, reason=reason)


def _who(claim: Claim) -> str:
    return claim.claimant.text if claim.claimant is not None else "the report"


def _shared(first: Profile, second: Profile) -> str:
    """Say what two claims on the same movement have in common."""
    parts = []
    if first.claim.movement.force is not None and first.claim.movement.force == second.claim.movement.force:
        parts.append("same force")
    if first.claim.movement.direction == second.claim.movement.direction:
        parts.append("same direction")
    if _is_same_place(first, second):
        parts.append("same place")
    if first.mover & second.mover:
        parts.append("same mover")
    if (
        first.claim.movement.event_date is not None
        and first.claim.movement.event_date == second.claim.movement.event_date
    ):
        parts.append("same day")
    return ", ".join(parts) or "nothing sets them apart"


def _stance_relation(stance: Claim) -> RelationType:
    if stance.certainty == "denied":
        return "denies"
    return "disputes" if stance.certainty == "disputed" else "same"


def _opposed(groups: Sequence[Sequence[Profile]]) -> dict[int, tuple[Relation, ...]]:
    """Find events that cannot both be so: one side says a force grows where another says it leaves."""
    found: dict[int, tuple[Relation, ...]] = defaultdict(tuple)
    for i, growing in enumerate(groups):
        for j, leaving in enumerate(groups):
            pair = _opposed_pair(growing, leaving)
            if pair is None:
                continue
            one, other = pair
            reason = f"{_who(one.claim)} says the force grows, {_who(other.claim)} that it leaves"
            relation = Relation(type="contradicts", first=one.claim.id, second=other.claim.id, reason=reason)
            found[i] += (relation,)
            found[j] += (relation,)
    return found


def _opposed_pair(growing: Sequence[Profile], leaving: Sequence[Profile]) -> tuple[Profile, Profile] | None:
    for one in growing:
        for other in leaving:
            directions = (one.claim.movement.direction, other.claim.movement.direction)
            forces = (one.claim.movement.force, other.claim.movement.force)
            if directions != ("buildup", "withdrawal") or forces[0] is None or forces[0] != forces[1]:
                continue
            far = one.points and other.points and not _is_same_place(one, other)
            if _speak_against(one, other) and not far:
                return one, other
    return None


def status_of(certainties: Collection[Certainty], against: Collection[Certainty], *, is_contradicted: bool) -> Status:
    """Compute an event's status from how surely its claims are made, and from the stances that speak against it.

    Disputed when a claim contradicts, doubts or denies another; denied when nothing but denials is left, or a demand
    was refused; planned when no claim says that it has begun; else uncontested.

    Parameters
    ----------
    certainties
        Of the claims, at least one.
    against
        Of the statements for which :func:`speaks_against` holds.
    is_contradicted
        Whether two claims cannot both be so.
    """
    stages = {_STAGES[certainty] for certainty in certainties}
    if stages == {"negated"}:
        return "denied"
    if "denied" in against and all(certainty == "ordered" for certainty in certainties):
        return "denied"
    if against or "negated" in stages or is_contradicted:
        return "disputed"
    return "planned" if stages == {"ahead"} else "uncontested"


def speaks_against(stance: Claim, document: Document | None) -> bool:
    """Tell a doubt or denial from a statement that something could not be verified."""
    if stance.certainty not in ("denied", "disputed"):
        return False
    if document is None:
        return True
    words = set(re.findall(r"[^\W\d_]+", _text(document, stance.movement.evidence).lower()))
    return stance.certainty == "denied" or not words & _words("unverified")


def _text(document: Document, span: Span) -> str:
    return document.text[span[0] : span[1]]


def family(direction: Direction) -> str:
    """Return the name under which directions are compared at all: a build-up is an arrival."""
    return "arrival" if direction in ("buildup", "deployment") else direction


class ReportLike(Protocol):
    """What is read of a report (:class:`geomap.pipeline.Report` has it)."""

    @property
    def document(self) -> Document:
        """The report as it was given."""
        ...

    @property
    def toponyms(self) -> Sequence[Toponym]:
        """The names of places."""
        ...

    @property
    def located(self) -> Sequence[Location]:
        """The location expressions."""
        ...

    @property
    def claimed(self) -> Sequence[Claim]:
        """The claims, with targets."""
        ...

    @property
    def grouped(self) -> Sequence[Event]:
        """What :func:`group` made of them."""
        ...

    @property
    def rejected(self) -> Sequence[Claim]:
        """The claims that a person rejected, which stand nowhere else."""
        ...
