"""Events across documents: what many reports tell of one movement, whoever tells it and however often.

Each event of each report is a :class:`Telling`, which holds what merging needs and no geometry. Tellings are merged in
two passes:

1. *Blocking.* Two tellings are compared only when they share force, family of directions (arrival, withdrawal, ...), a
   place, and the week or the week next to it. The places are the gazetteer entries that the claims' places are built
   on, the finest that there are: a country counts only where nothing in it is named. The week is that of the event, or
   of publication where the text fixes no day. What has no place or no date shares a block only with near-duplicates of
   its own text (:mod:`geomap.origins`), since nothing else says that the two speak of the same thing.
2. *Comparison.* Within a block, a telling joins the event with whose claims its own have the highest mean affinity, if
   that is above zero: exactly the affinity by which claims are grouped within a document (:mod:`geomap.events`).

Tellings are taken in the order of force, direction, week, day and document id, so that the order in which documents
come changes nothing. They lie in an SQLite database, which sorts them on disk; at any time only the events of three
weeks are in memory, whatever the size of the collection.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from contextlib import closing
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from functools import cache, lru_cache
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING, Any

from geomap import events, origins
from geomap.model import Claim, Event, Movement, Relation, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from geomap.events import Profile, ReportLike
    from geomap.model import Certainty, Direction, Status

# Claims of an event that are compared with another's, at most.
_MOST_COMPARED = 6
# Events of a block that a telling is compared with, at most: the ones told last. Only what is told hundreds of times a
# week, each time differently, comes near it.
_MOST_NEAR = 500
_WEEK = 7
# Before the first week that a date can have, and next to none.
_UNDATED = -10 * _WEEK
# Sorting and index pages, in KiB: flat, whatever the size of the collection.
_CACHE_KIB = 16_000

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE documents (number INTEGER PRIMARY KEY, id BLOB, sketch BLOB);
CREATE TABLE bands (band INTEGER, number INTEGER);
CREATE TABLE shapes (shape INTEGER PRIMARY KEY, digest BLOB UNIQUE, wkb BLOB);
CREATE TABLE tellings (
    row INTEGER PRIMARY KEY, number INTEGER, force TEXT, family TEXT, week INTEGER, day INTEGER, document BLOB,
    event TEXT, body TEXT, shape INTEGER
);
CREATE TABLE members (row INTEGER PRIMARY KEY, position INTEGER, leader INTEGER);
"""
_IN_ORDER = """
SELECT row, number, force, family, week, body FROM tellings
ORDER BY force, family, week, day, document, number, row
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """An event as one report tells it."""

    document: str
    event: str
    """Its id in the report."""
    claims: tuple[str, ...]
    direction: Direction
    force: str | None
    status: Status
    places: tuple[str, ...]
    """Ids of the gazetteer entries that its claims' places are built on: the finest that are named."""
    days: tuple[date, ...]
    """The days that the text fixes, ascending."""
    published: date | None
    certainties: tuple[Certainty, ...]
    """Of its claims, statements about other claims left out."""
    against: tuple[Certainty, ...]
    """Of the statements that speak against it."""
    relations: tuple[Relation, ...]
    profiles: tuple[Profile, ...]
    """What its first claims say, in the form in which claims are compared."""

    @property
    def day(self) -> date | None:
        """The day of the event, or of publication where the text fixes none."""
        return self.days[0] if self.days else self.published

    @property
    def family(self) -> str:
        """The family of its direction."""
        return events.family(self.direction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An event across documents."""

    event: Event
    """With claims named ``document:claim``."""
    members: tuple[tuple[int, str, str], ...]
    """The document's number, its id and the event's id in it, for each telling."""
    claims: tuple[tuple[str, ...], ...]
    """The ids of the claims of each telling, in their document."""
    days: tuple[date, ...]
    """First and last of the days that the texts fix; empty when they fix none."""
    published: tuple[date, ...]
    """First and last day of publication; empty when none is known."""
    shapes: tuple[bytes, ...]
    """The geometries of the tellings as well-known binary, each once."""


def tell(report: ReportLike) -> list[Telling]:
    """Return what merging needs of each event of a report, in the report's order."""
    by_id = {claim.id: claim for claim in report.claimed}
    return [_telling(event, [by_id[key] for key in event.claims if key in by_id], report) for event in report.grouped]


def _telling(event: Event, claims: Sequence[Claim], report: ReportLike) -> Telling:
    document = report.document
    moved = [claim for claim in claims if claim.movement.kind != "stance"]
    stances = [claim for claim in claims if claim.movement.kind == "stance"]
    profiles = [
        # Ranks two apart: claims of different documents never stand next to each other.
        events.describe(claim, -2 * rank, report.located, document)
        for rank, claim in enumerate(moved[:_MOST_COMPARED])
    ]
    return Telling(
        document=document.id,
        event=event.id,
        claims=tuple(claim.id for claim in claims),
        direction=event.direction,
        force=event.force,
        status=event.status,
        places=_places(moved, report),
        days=tuple(sorted({day for claim in moved if (day := claim.movement.event_date) is not None})),
        published=document.published,
        certainties=tuple(claim.certainty for claim in moved),
        against=tuple(claim.certainty for claim in stances if events.speaks_against(claim, document)),
        relations=event.relations,
        profiles=tuple(replace(profile, claim=_bare(profile.claim)) for profile in profiles),
    )


def _places(claims: Iterable[Claim], report: ReportLike) -> tuple[str, ...]:
    """Return the ids of the finest places that claims name."""
    found: dict[str, str] = {}
    for claim in claims:
        movement = claim.movement
        for role in (movement.goal, movement.source, movement.area, movement.via):
            if role is None or role.location is None or not 0 <= role.location < len(report.located):
                continue
            location = report.located[role.location]
            places = [report.toponyms[i].place for i in location.toponyms if 0 <= i < len(report.toponyms)]
            found |= {place.id: place.feature_code for place in places if place is not None}
    fine = {key for key, code in found.items() if not code.startswith(("PCL", "CONT"))}
    return tuple(sorted(fine or found))


def _bare(claim: Claim) -> Claim:
    """Return a claim with nothing but what claims are compared by, so that it is short to write."""
    movement = claim.movement
    return Claim(
        id=claim.id,
        movement=Movement(
            kind=movement.kind,
            direction=movement.direction,
            trigger=movement.trigger,
            evidence=movement.evidence,
            force=movement.force,
            event_date=movement.event_date,
            event_date_kind=movement.event_date_kind,
            rule="",
        ),
        claimant=claim.claimant and Role(start=claim.claimant.start, end=claim.claimant.end, text=claim.claimant.text),
        certainty=claim.certainty,
        rule="",
    )


# --- as JSON --------------------------------------------------------------------------------------------------------


def dumps(telling: Telling) -> str:
    """Write a telling as one line of JSON in ASCII."""
    return json.dumps(telling, default=_plain, separators=(",", ":"))


def _plain(value: object) -> object:
    kind: Any = type(value)
    if names := _names_of(kind):
        return {name: getattr(value, name) for name in names}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    msg = f"{type(value).__name__} is not part of a telling"
    raise TypeError(msg)


@cache
def _names_of(kind: type) -> tuple[str, ...]:
    """Return the names of the fields of a data class; none of any other class."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def loads(text: str, *, profiles: bool = True) -> Telling:
    """Read a telling that :func:`dumps` wrote, with its profiles or without."""
    found = json.loads(text)
    for name in ("claims", "places", "certainties", "against"):
        found[name] = tuple(found[name])
    found["days"] = tuple(map(date.fromisoformat, found["days"]))
    found["published"] = _day(found["published"])
    found["relations"] = tuple(Relation(**relation) for relation in found["relations"])
    found["profiles"] = tuple(map(_profile, found["profiles"] if profiles else ()))
    return Telling(**found)


def _profile(found: dict[str, Any]) -> Profile:
    claim = found["claim"]
    movement = claim["movement"]
    for name in ("trigger", "evidence"):
        movement[name] = tuple(movement[name])
    for part, names in ((movement, ("quantities",)), (claim, ("reasons", "targets"))):
        for name in names:
            part[name] = tuple(part[name])
    movement["event_date"] = _day(movement["event_date"])
    claim["movement"] = Movement(**movement)
    claim["claimant"] = claim["claimant"] and Role(**claim["claimant"])
    found["claim"] = Claim(**claim)
    for name in ("places", "mover", "names", "domains", "counts", "claimant"):
        found[name] = frozenset(found[name])
    found["points"] = tuple(events.Point(**point) for point in found["points"])
    return events.Profile(**found)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


# --- merging --------------------------------------------------------------------------------------------------------


def merge(reports: Sequence[ReportLike]) -> list[Event]:
    """Merge the events of some reports.

    Returns
    -------
    list of Event
        In the order of the first report that tells of them. Ids of claims are ``document id:claim id``; ``origins``
        counts distinct texts behind the claims, near-duplicates as one. Statuses are computed anew from all claims.
    """
    with closing(Shelf()) as shelf:
        for number, report in enumerate(reports):
            document = report.document
            shelf.add(number, document.id, origins.sketch(document.text))
            shelf.tell(number, [(dumps(telling), None) for telling in tell(report)])
        stories = sorted(shelf.stories(), key=lambda story: min((n, e.zfill(9)) for n, _, e in story.members))
    return [story.event for story in stories]


class Shelf:
    """The tellings of a collection, on disk, and what becomes of them."""

    def __init__(self, path: Path | None = None) -> None:
        """Open an empty shelf.

        Parameters
        ----------
        path
            Of a file that does not exist yet; None keeps everything in memory.
        """
        self._database = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")
        self._origins: dict[int, int] = {}

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def add(self, number: int, id: str, sketch: Iterable[int]) -> None:
        """Put a document on the shelf: its number in the collection, its id, and the sketch of its text."""
        values = frozenset(sketch)
        packed = array("I", sorted(values)).tobytes()
        self._database.execute("INSERT INTO documents VALUES (?, ?, ?)", (number, _bytes(id), packed))
        rows = ((band, number) for band in origins.bands(values))
        self._database.executemany("INSERT INTO bands VALUES (?, ?)", rows)

    def tell(self, number: int, tellings: Iterable[tuple[str, bytes | None]]) -> None:
        """Put the tellings of a document on the shelf: each as JSON, and its geometry as well-known binary."""
        for body, wkb in tellings:
            told = loads(body, profiles=False)
            day = _UNDATED if told.day is None else told.day.toordinal()
            row = (number, told.force, told.family, day // _WEEK, day, _bytes(told.document), told.event, body)
            self._database.execute(
                "INSERT INTO tellings VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, self._shape(wkb))
            )

    def _shape(self, wkb: bytes | None) -> int | None:
        """Return the number of a geometry, of which many tellings share one."""
        if wkb is None:
            return None
        digest = sha256(wkb).digest()[:16]
        found = self._database.execute("SELECT shape FROM shapes WHERE digest = ?", (digest,)).fetchone()
        if found is not None:
            return int(found[0])
        return self._database.execute("INSERT INTO shapes VALUES (NULL, ?, ?)", (digest, wkb)).lastrowid

    def origins(self) -> dict[int, int]:
        """Return, for each document that has near-duplicates, the lowest number among them, its own included."""
        self._database.execute("CREATE INDEX IF NOT EXISTS bands_by_band ON bands (band)")
        shared = self._database.execute(
            "SELECT band, number FROM bands JOIN documents USING (number) "
            "WHERE band IN (SELECT band FROM bands GROUP BY band HAVING COUNT(*) > 1) "
            "ORDER BY band, documents.id, number"
        )
        buckets = ([number for _, number in rows] for _, rows in groupby(shared, key=lambda row: row[0]))
        return origins.link(buckets, lru_cache(maxsize=4096)(self._sketch))

    def copies(self) -> list[tuple[int, str, int]]:
        """Return number, id and origin of each document that has near-duplicates, once stories are merged."""
        found = []
        for number, origin in sorted(self._origins.items()):
            (id,) = self._database.execute("SELECT id FROM documents WHERE number = ?", (number,)).fetchone()
            found.append((number, id.decode("utf-8", "surrogatepass"), origin))
        return found

    def _sketch(self, number: int) -> frozenset[int]:
        (packed,) = self._database.execute("SELECT sketch FROM documents WHERE number = ?", (number,)).fetchone()
        values = array("I")
        values.frombytes(packed)
        return frozenset(values)

    def stories(self) -> Iterator[Story]:
        """Merge the tellings and yield the events across documents, in the order of their first telling."""
        self._origins = self.origins()
        window = _Window(self._origins)
        in_order = self._database.execute(_IN_ORDER)
        for position, (row, number, force, family, week, body) in enumerate(in_order):
            leader = window.place(position, number, (force, family), week, loads(body))
            self._database.execute("INSERT INTO members VALUES (?, ?, ?)", (row, position, leader))
        repeated = {id for (id,) in self._database.execute("SELECT id FROM documents GROUP BY id HAVING COUNT(*) > 1")}
        joined = self._database.execute(
            "SELECT leader, number, body, shape FROM members JOIN tellings USING (row) ORDER BY leader, position"
        )
        for _, rows in groupby(joined, key=lambda row: row[0]):
            yield self._story(
                [(number, loads(body, profiles=False), shape) for _, number, body, shape in rows], repeated
            )

    def _story(self, parts: Sequence[tuple[int, Telling, int | None]], repeated: set[bytes]) -> Story:
        number, first, _ = parts[0]
        name = f"{first.document}\0{first.event}" + (f"\0{number}" if _bytes(first.document) in repeated else "")
        told = [telling for _, telling, _ in parts]
        certainties = [certainty for each in told for certainty in each.certainties]
        relations = _relations(told)
        event = Event(
            # By its first telling: the same whatever else the collection holds.
            id=f"m{sha256(_bytes(name)).hexdigest()[:12]}",
            claims=tuple(f"{each.document}:{claim}" for each in told for claim in each.claims),
            direction=first.direction,
            force=first.force,
            status=events.status_of(
                certainties,
                [certainty for each in told for certainty in each.against],
                is_contradicted=any(relation.type == "contradicts" for relation in relations),
            )
            if certainties
            else first.status,
            relations=relations,
            origins=len({self._origins.get(number, number) for number, _, _ in parts}),
        )
        days = sorted({day for each in told for day in each.days})
        published = sorted({each.published for each in told if each.published is not None})
        shapes = sorted({shape for _, _, shape in parts if shape is not None})
        return Story(
            event=event,
            members=tuple((number, each.document, each.event) for number, each, _ in parts),
            claims=tuple(each.claims for each in told),
            days=(days[0], days[-1]) if days else (),
            published=(published[0], published[-1]) if published else (),
            shapes=tuple(
                sorted(
                    self._database.execute("SELECT wkb FROM shapes WHERE shape = ?", (shape,)).fetchone()[0]
                    for shape in shapes
                )
            ),
        )


def _bytes(text: str) -> bytes:
    """Return what a database can hold of any text, lone surrogates included."""
    return text.encode("utf-8", "surrogatepass")


def _relations(told: Sequence[Telling]) -> tuple[Relation, ...]:
    """Return the relations within the tellings, and that of each to the first one that has a claim."""
    found: list[Relation] = []
    leader: str | None = None
    for each in told:
        prefix = f"{each.document}:"
        found += [replace(r, first=prefix + r.first, second=prefix + r.second) for r in each.relations]
        if each.claims and leader is None:
            leader = prefix + each.claims[0]
        elif each.claims and leader is not None:
            found.append(Relation(type="same", first=prefix + each.claims[0], second=leader, reason="another report"))
    return tuple(found)


@dataclass(slots=True)
class _Growing:
    """An event across documents, while tellings join it."""

    leader: int
    profiles: list[Profile]
    documents: set[int]


class _Window:
    """The events that a telling can still join: those of its block."""

    def __init__(self, origins_of: dict[int, int]) -> None:
        self._origins = origins_of
        self._block: tuple[str | None, str] | None = None
        # For each place, the events there and the last week in which one was told of, in the order of their leaders.
        self._active: dict[str, dict[int, tuple[_Growing, int]]] = {}
        self._week = _UNDATED

    def place(self, position: int, number: int, block: tuple[str | None, str], week: int, told: Telling) -> int:
        """Return the position of the first telling of the event that this one belongs to, which can be its own."""
        if block != self._block:
            self._block, self._active = block, {}
        elif week != self._week:
            self._forget(week)
        self._week = week
        keys = self._keys(number, week, told)
        near = {leader: event for key in keys for leader, (event, _) in self._active.get(key, {}).items()}
        recent = [near[leader] for leader in sorted(near)][-_MOST_NEAR:]
        event = _best(recent, told.profiles, number) or _Growing(position, [], set())
        event.profiles += told.profiles[: max(0, _MOST_COMPARED - len(event.profiles))]
        event.documents.add(number)
        for key in keys:
            self._active.setdefault(key, {})[event.leader] = event, week
        return event.leader

    def _keys(self, number: int, week: int, told: Telling) -> list[str]:
        """Return what a telling must share with another, beyond force and direction, to be compared with it."""
        if not told.profiles:
            return []
        keys = [] if week * _WEEK == _UNDATED else list(told.places)
        origin = self._origins.get(number)
        return keys if origin is None else [*keys, f"origin {origin}"]

    def _forget(self, week: int) -> None:
        for key, known in list(self._active.items()):
            kept = {leader: item for leader, item in known.items() if item[1] >= week - 1}
            if kept:
                self._active[key] = kept
            else:
                del self._active[key]


def _best(near: Sequence[_Growing], profiles: Sequence[Profile], number: int) -> _Growing | None:
    """Return the event that fits best, the first of several; never one that the same document already tells apart."""
    best, best_points = None, 0.0
    for event in near:
        if not profiles or number in event.documents:
            continue
        points = sum(events.affinity(p, q, None) for p in profiles for q in event.profiles)
        points /= len(profiles) * len(event.profiles)
        if points > best_points:
            best, best_points = event, points
    return best
