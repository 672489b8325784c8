"""Reports as records: the JSON form of a report, and back.

A record holds plain dictionaries and lists, keys in a fixed order, geometries as GeoJSON in EPSG:4326 with longitude
first, cut at the antimeridian by :mod:`geomap.geodesy`. Everything that is written is made of records, and a record
that is restored and written again is the same record.
"""

from __future__ import annotations

import json
import math
import re
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args

from geomap import model
from geomap.errors import DataError
from geomap.model import Claim, Document, Event, Footprint, Location, Movement, Place, Quantity, Role, Toponym
from geomap.settings import DEFAULTS, Settings

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from geomap.events import ReportLike
    from geomap.model import BorderStrip, Span
    from geomap.pipeline import Report

    _Draw = Callable[[BaseGeometry | None], dict[str, Any] | None]

Record = dict[str, Any]
_Value = TypeVar("_Value")

PLACE_ROLES = ("source", "goal", "via", "area")
"""The roles of a claim that say where."""
KEYS = frozenset({"id", "toponyms", "locations", "claims", "events"})
"""What every record has."""

# About 11 m on the ground: finer than any place is known, and short to write.
_DECIMALS = 4
# Length of one degree of a meridian (mean of the WGS84 quadrant); for a tolerance, so that latitude does not matter.
_DEGREE_M = 111_133.0
# Detail of outlines finer than this share of the footprint's uncertainty is left out of records: 700 m for Belarus.
_DETAIL = 0.002
_AREAS = frozenset({"Polygon", "MultiPolygon"})
_KINDS = {
    "": "unlocated", "Point": "point", "MultiPoint": "point", "LineString": "line", "MultiLineString": "line",
    "Polygon": "area", "MultiPolygon": "area", "GeometryCollection": "area",
}  # fmt: skip
"""The kind of footprint that a geometry has, where nothing says it."""
_MOST_TURNS = 20
# Half of the Earth's circumference, in metres: nothing is farther from anything.
_FARTHEST_M = 20_040_000.0
# What stands for a geometry that is kept apart. In JSON a brace and a quotation mark next to each other open an object,
# whatever texts say: there, the quotation mark has a backslash before it, or else a comma, a colon or a bracket after.
_MARK = "geometry kept apart"
_MARKED = re.compile(rf'\{{"{_MARK}": (\d+)\}}')
_LONGEST_TEXT = 20_000_000
"""Characters; no report that geomap reads is longer."""


def record(report: ReportLike, *, text: bool = True, geometries: Geometries | None = None) -> Record:
    """Return the JSON form of a report.

    Parameters
    ----------
    report
        What :func:`geomap.extract` returned.
    text
        Whether the record holds the document's text, which every mark of a map leads back to.
    geometries
        Keeps the geometries apart; the record then has marks in their place.

    Returns
    -------
    dict
        With the keys ``id``, ``title``, ``published``, ``url``, ``error`` (None), ``toponyms``, ``locations``,
        ``claims``, ``events``, ``publisher``, ``home``, ``skip`` and ``text``, and ``rejected`` where a person rejected
        claims. Spans are half-open offsets in Unicode code points of the document's text.
    """
    document = report.document
    draw = encode if geometries is None else geometries.mark
    drawn = {claim.id: _claim_geometry(claim, report.located) for claim in report.claimed}
    found: Record = {
        "id": document.id,
        "title": document.title,
        "published": _day(document.published),
        "url": document.url,
        "error": None,
        "toponyms": [_toponym(toponym) for toponym in report.toponyms],
        "locations": [_location(location, report.toponyms, draw) for location in report.located],
        "claims": [_claim(claim, document, drawn[claim.id], draw) for claim in report.claimed],
        "events": [_event(event, drawn, draw) for event in report.grouped],
        "publisher": document.publisher,
        "home": document.home,
        "skip": [list(span) for span in document.skip],
        "text": document.text if text else None,
    }
    if report.rejected:
        found["rejected"] = [
            _claim(claim, document, _claim_geometry(claim, report.located), draw) for claim in report.rejected
        ]
    return found


def failed(id: str, error: str) -> Record:
    """Return the record of a document that could not be processed: its id, the reason, and empty lists."""
    head = {"id": id, "title": None, "published": None, "url": None, "error": error}
    return {**head, "toponyms": [], "locations": [], "claims": [], "events": []}


def records_of(reports: ReportLike | Record | Iterable[ReportLike | Record], *, text: bool = True) -> Iterator[Record]:
    """Yield the records of reports, of records, or of a mixture; without their text if it is not wanted."""
    many = [reports] if isinstance(reports, dict) or hasattr(reports, "document") else reports
    for report in cast("Iterable[ReportLike | Record]", many):
        if not isinstance(report, dict):
            yield record(report, text=text)
        else:
            yield report if text or "text" not in report else {**report, "text": None}


def dumps(record: Record | list[Record]) -> str:
    """Write a record as one line of JSON (without the line end) that UTF-8 can encode.

    Characters stand for themselves, but for a record that holds lone surrogates: there every character outside ASCII is
    escaped, so that nothing is lost.
    """
    line = json.dumps(record, ensure_ascii=False, allow_nan=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        return json.dumps(record, allow_nan=False)
    return line


def read(path: str | os.PathLike[str]) -> Iterator[Record]:
    """Read the records of a file of JSON lines.

    Raises
    ------
    DataError
        If the file cannot be read, or a line holds no record.
    """
    try:
        with Path(path).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    found = json.loads(line)
                    if not is_record(found):
                        msg = f"line {number} of {path} holds no record of geomap"
                        raise DataError(msg)
                    yield found
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{path} cannot be read as records: {error}"
        raise DataError(msg) from error


def is_record(found: object) -> bool:
    """Tell whether a value read from JSON is a record."""
    return isinstance(found, dict) and set(found) >= KEYS and isinstance(found["id"], str)


# --- report to record -------------------------------------------------------------------------------------------------


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _toponym(toponym: Toponym) -> Record:
    found: Record = {
        "start": toponym.start,
        "end": toponym.end,
        "text": toponym.text,
        "type": toponym.type,
        "place": None,
    }
    if toponym.place is not None:
        place = toponym.place
        found["place"] = {
            "id": place.id,
            "name": place.name,
            "country": place.country,
            "feature_code": place.feature_code,
            "lat": round(place.lat, _DECIMALS),
            "lon": round(place.lon, _DECIMALS),
            "uncertainty_m": round(place.uncertainty_m),
            "score": round(toponym.candidates[0].score, 4),
            "admin1": place.admin1,
            "source": place.source,
        }
    return _decided(found, toponym.decided_by)


def _decided(found: Record, who: str | None) -> Record:
    if who:
        found["decided_by"] = who
    return found


def _location(location: Location, toponyms: Sequence[Toponym], draw: _Draw) -> Record:
    place = toponyms[location.toponyms[0]].place if len(location.toponyms) == 1 else None
    footprint = location.footprint
    geometry = _written(footprint)
    found = {
        "start": location.start,
        "end": location.end,
        "text": location.text,
        "kind": location.kind,
        **lat_lon(representative_point(geometry, place if footprint.kind in {"point", "area"} else None)),
        "uncertainty_m": metres(footprint.uncertainty_m),
        "toponyms": list(location.toponyms),
        "footprint": draw(geometry),
        "footprint_kind": footprint.kind,
        "remarks": footprint.remarks,
        "viewpoint": footprint.viewpoint,
        "within": location.within,
        "inferred_from": _span(location.inferred_from),
    }
    if footprint.border is not None:
        found["border"] = _border(footprint.border)
    return _decided(found, location.decided_by)


def _border(strip: BorderStrip) -> Record:
    return {
        "countries": list(strip.countries),
        "partner_assumed": strip.partner_assumed,
        "side": strip.side,
        "bearing_deg": strip.bearing_deg,
        "width_m": strip.width_m,
    }


def representative_point(geometry: BaseGeometry | None, place: Place | None) -> tuple[float, float] | None:
    """Return lon, lat of a point that stands for a footprint in a table; the geometry itself is what is meant.

    The gazetteer's own point where the words are one place's name, the middle of a line, else the centroid, or where
    that lies outside, a point inside.
    """
    import shapely

    if geometry is None or geometry.is_empty:
        return None
    if place is not None and shapely.intersects_xy(geometry, place.lon, place.lat):
        return place.lon, place.lat
    if geometry.geom_type in {"LineString", "MultiLineString"}:
        longest = max(shapely.get_parts(geometry), key=lambda part: part.length)
        point = longest.interpolate(0.5, normalized=True)
    else:
        point = geometry.centroid
        if not geometry.intersects(point):
            point = geometry.representative_point()
    return point.x, point.y


def lat_lon(point: tuple[float, float] | None) -> Record:
    """Return the columns of a point given as lon, lat."""
    if point is None:
        return {"lat": None, "lon": None}
    return {"lat": round(point[1], _DECIMALS), "lon": round(point[0], _DECIMALS)}


def metres(length_m: float | None) -> int | None:
    """Return a length in whole metres."""
    return None if length_m is None else round(length_m)


def _written(footprint: Footprint) -> BaseGeometry | None:
    """Return a footprint's geometry as it is written: without the detail that its own uncertainty makes meaningless.

    The outline of a country is known to a hundred metres and stands for a place known to hundreds of kilometres; whole,
    it would make the record of one report megabytes long. Points and lines are only rounded. Written again, the result
    stays as it is.
    """
    geometry = footprint.geometry
    if geometry is None or geometry.is_empty:
        return None
    thins = footprint.uncertainty_m and geometry.geom_type in _AREAS
    return _settle(geometry, _DETAIL * round(footprint.uncertainty_m or 0) / _DEGREE_M if thins else 0.0)


@lru_cache(maxsize=512)
def _settle(geometry: BaseGeometry, tolerance_deg: float) -> BaseGeometry:
    import shapely

    settled = _round(shapely.orient_polygons(_thin(geometry, tolerance_deg)))
    for _ in range(_MOST_TURNS):
        again = _round(shapely.orient_polygons(_thin(settled, tolerance_deg)))
        if again.equals_exact(settled):
            break
        settled = again
    return settled


def _thin(geometry: BaseGeometry, tolerance_deg: float) -> BaseGeometry:
    import shapely

    if not tolerance_deg:
        return geometry
    thin = shapely.simplify(geometry, tolerance_deg)
    parts = shapely.get_parts(thin)
    kept = parts[shapely.area(parts) >= (2 * tolerance_deg) ** 2]
    if len(kept) == 0 or not thin.is_valid:
        return geometry
    return kept[0] if len(kept) == 1 else shapely.MultiPolygon(list(kept))


def _round(geometry: BaseGeometry) -> BaseGeometry:
    """Round coordinates; an area that this makes cross itself is snapped to the same grid and stays valid."""
    import shapely

    rounded = shapely.transform(geometry, lambda coordinates: coordinates.round(_DECIMALS))
    if geometry.geom_type not in _AREAS or rounded.is_valid or not geometry.is_valid:
        return rounded
    snapped = shapely.set_precision(shapely.set_precision(geometry, 10.0**-_DECIMALS), 0)
    if snapped.geom_type not in _AREAS or snapped.is_empty:
        return rounded
    return shapely.transform(snapped, lambda coordinates: coordinates.round(_DECIMALS))


def encode(geometry: BaseGeometry | None) -> Record | None:
    """Return a geometry as GeoJSON: outer rings counter-clockwise (RFC 7946), coordinates rounded."""
    if geometry is None or geometry.is_empty:
        return None
    found: Record = json.loads(_geojson_text(geometry))
    return found


@lru_cache(maxsize=512)
def _geojson_text(geometry: BaseGeometry) -> str:
    import shapely

    return str(shapely.to_geojson(_round(shapely.orient_polygons(geometry))))


@lru_cache(maxsize=512)
def _wkb(geometry: BaseGeometry) -> bytes:
    import shapely

    wkb: bytes = shapely.to_wkb(_round(shapely.orient_polygons(geometry)))
    return wkb


@lru_cache(maxsize=512)
def _json(wkb: bytes) -> str:
    """Return a geometry as GeoJSON, in the very words that :func:`dumps` has for it."""
    import shapely

    geometry = shapely.from_wkb(wkb)
    if geometry.geom_type == "GeometryCollection":
        # Of parts that were met before in other collections.
        parts = ", ".join(_json(shapely.to_wkb(part)) for part in shapely.get_parts(geometry))
        return f'{{"type": "GeometryCollection", "geometries": [{parts}]}}'
    return json.dumps(json.loads(shapely.to_geojson(geometry)), allow_nan=False)


class Geometries:
    """The geometries of records, kept apart from them: they are most of its length, and the same ones in many.

    Where a geometry belongs, :func:`record` then writes the mark that :meth:`mark` returns. :meth:`dumps` writes the
    same line as :func:`dumps` does of the whole record, and :meth:`wkb` gives the geometry as tables hold it; both take
    the words of a geometry that was met before from memory.
    """

    def __init__(self) -> None:
        self._found: list[bytes] = []
        self._numbers: dict[bytes, int] = {}

    def mark(self, geometry: BaseGeometry | None) -> Record | None:
        """Return what stands for a geometry; None for an empty one."""
        if geometry is None or geometry.is_empty:
            return None
        return self.mark_wkb(_wkb(geometry))

    def mark_wkb(self, wkb: bytes) -> Record:
        """Return what stands for a geometry that is written as well-known binary."""
        number = self._numbers.setdefault(wkb, len(self._found))
        if number == len(self._found):
            self._found.append(wkb)
        return {_MARK: number}

    def dumps(self, found: Record) -> str:
        """Write a record that holds marks as one line of JSON, geometries in their places."""
        return _MARKED.sub(lambda mark: _json(self._found[int(mark[1])]), dumps(found))

    def wkb(self, mark: Record | None) -> bytes | None:
        """Return the geometry that a mark stands for as well-known binary."""
        return None if mark is None else self._found[mark[_MARK]]


def _claim(claim: Claim, document: Document, geometry: BaseGeometry | None, draw: _Draw) -> Record:
    movement = claim.movement
    start, end = movement.evidence
    found = {
        "id": claim.id,
        "kind": movement.kind,
        "direction": movement.direction,
        "trigger": list(movement.trigger),
        "evidence": [start, end],
        "quote": document.text[start:end],
        "mover": _role(movement.mover, draw),
        "agent": _role(movement.agent, draw),
        "force": movement.force,
        "source": _role(movement.source, draw),
        "goal": _role(movement.goal, draw),
        "via": _role(movement.via, draw),
        "area": _role(movement.area, draw),
        "quantities": [_quantity(quantity) for quantity in movement.quantities],
        "event_date": _day(movement.event_date),
        "event_date_kind": movement.event_date_kind,
        "claim_date": _day(claim.claim_date),
        "claimant": _role(claim.claimant, draw),
        "cue": _span(claim.cue),
        "certainty": claim.certainty,
        "reasons": list(claim.reasons),
        "targets": list(claim.targets),
        "rule": movement.rule,
        "claimant_rule": claim.rule,
        "geometry": draw(geometry),
    }
    return _decided(found, claim.decided_by)


def _role(role: Role | None, draw: _Draw) -> Record | None:
    if role is None:
        return None
    found: Record = {"span": [role.start, role.end], "text": role.text, "explicit": role.explicit}
    if role.location is not None:
        found["location"] = role.location
    if role.footprint is not None:
        footprint = role.footprint
        found["footprint"] = draw(_written(footprint))
        found["footprint_kind"] = footprint.kind
        found["remarks"] = footprint.remarks
        found["uncertainty_m"] = metres(footprint.uncertainty_m)
        found["viewpoint"] = footprint.viewpoint
        if footprint.border is not None:
            found["border"] = _border(footprint.border)
    return found


def _quantity(quantity: Quantity) -> Record:
    found: Record = {
        "span": [quantity.start, quantity.end],
        "kind": quantity.kind,
        "value": quantity.value,
        "unit": quantity.unit,
    }
    if quantity.upper is not None:
        found["upper"] = quantity.upper
    if quantity.approximate:
        found["approximate"] = True
    return found


def _span(span: Span | None) -> list[int] | None:
    return None if span is None else list(span)


def _event(event: Event, drawn: Mapping[str, BaseGeometry | None], draw: _Draw) -> Record:
    relations = [
        {"type": relation.type, "from": relation.first, "to": relation.second, "reason": relation.reason}
        for relation in event.relations
    ]
    return {
        "id": event.id,
        "claims": list(event.claims),
        "direction": event.direction,
        "force": event.force,
        "status": event.status,
        "origins": event.origins,
        "relations": relations,
        "geometry": draw(_collected(drawn.get(claim) for claim in event.claims)),
    }


def _claim_geometry(claim: Claim, locations: Sequence[Location]) -> BaseGeometry | None:
    """Return the footprints of a claim's places: each as the claim means it, else as its words say."""
    movement = claim.movement
    geometries = []
    for role in (movement.source, movement.goal, movement.via, movement.area):
        if role is not None and role.footprint is not None:
            geometries.append(_written(role.footprint))
        elif role is not None and role.location is not None:
            geometries.append(_written(locations[role.location].footprint))
    return _collected(geometries)


def _collected(geometries: Iterable[BaseGeometry | None]) -> BaseGeometry | None:
    """Return different geometries as one: itself when there is one, else a collection without nesting."""
    import shapely

    different: dict[bytes, BaseGeometry] = {}
    for geometry in geometries:
        if geometry is None or geometry.is_empty:
            continue
        parts = shapely.get_parts(geometry) if geometry.geom_type == "GeometryCollection" else [geometry]
        for part in parts:
            different.setdefault(shapely.to_wkb(part), part)
    if not different:
        return None
    if len(different) == 1:
        return next(iter(different.values()))
    return shapely.GeometryCollection(list(different.values()))


# --- record to report -------------------------------------------------------------------------------------------------


def restore(found: Record, settings: Settings = DEFAULTS) -> Report:
    """Return the report that a record was made of.

    What a record does not hold is missing from it: other candidates of a name, and the detail of outlines. Where the
    document's text was left out, its quotes stand where they stood, with empty lines between them.

    Raises
    ------
    DataError
        If the record is of a document that could not be processed, or something in it cannot be understood.
    """
    from shapely.errors import ShapelyError

    from geomap.pipeline import Report

    if found.get("error"):
        msg = f"document {found['id']} holds nothing: {found['error']}"
        raise DataError(msg)
    try:
        document = _restore_document(found)
        reader = _Reader(document.text, len(found["toponyms"]), len(found["locations"]))
        return Report(
            document=document,
            toponyms=tuple(map(reader.toponym, found["toponyms"])),
            located=tuple(map(reader.location, found["locations"])),
            claimed=tuple(map(reader.claim, found["claims"])),
            grouped=tuple(map(reader.event, found["events"])),
            rejected=tuple(map(reader.claim, found.get("rejected", ()))),
            settings=settings,
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ShapelyError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        msg = f"the record of document {found.get('id')} cannot be understood: {what}"
        raise DataError(msg) from error


def _restore_document(found: Record) -> Document:
    text = found.get("text")
    return Document(
        id=str(found["id"]),
        text=_words_in_place(found) if text is None else _checked(text, str),
        title=_text(found["title"]),
        published=_read_day(found["published"]),
        url=_text(found["url"]),
        publisher=_text(found.get("publisher")),
        home=_text(found.get("home")),
        skip=tuple((int(start), int(end)) for start, end in found.get("skip", ())),
    )


def _words_in_place(found: Record) -> str:
    """Return what is known of a text that was left out."""
    known: list[tuple[int, str]] = [(item["start"], item["text"]) for item in found["toponyms"] + found["locations"]]
    for claim in found["claims"]:
        roles = [claim[name] for name in ("mover", "agent", "claimant", *PLACE_ROLES) if claim.get(name)]
        known += [(role["span"][0], role["text"]) for role in roles]
        known.append((claim["evidence"][0], claim.get("quote") or ""))
    length = max((start + len(words) for start, words in known), default=0)
    if length > _LONGEST_TEXT:
        msg = f"an offset is beyond {_LONGEST_TEXT:,} characters"
        raise ValueError(msg)
    text = ["\n"] * length
    for start, words in known:
        text[start : start + len(words)] = words
    return "".join(text)


def _read_day(day: str | None) -> date | None:
    return None if day is None else date.fromisoformat(day)


def _checked(value: object, kind: type[_Value]) -> _Value:
    if not isinstance(value, kind):
        msg = f"{str(value)[:40]!r} is no {kind.__name__}"
        raise TypeError(msg)
    return value


def _text(value: object) -> str | None:
    return None if value is None else _checked(value, str)


def one_of(value: object, words: object) -> Any:  # noqa: ANN401 - a literal of the model, which mypy cannot know
    """Return a word of one of the model's vocabularies.

    Raises
    ------
    ValueError
        If it is none of them.
    """
    if value not in get_args(words):
        msg = f"{str(value)[:40]!r} is none of {', '.join(get_args(words))}"
        raise ValueError(msg)
    return value


def within(value: object, lowest: float, highest: float) -> float:
    """Return a number that lies between two others, both included.

    Raises
    ------
    ValueError
        If it does not, or is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
        msg = f"{str(value)[:40]} is no number from {lowest} to {highest}"
        raise ValueError(msg)
    return value


def _mended(geometry: BaseGeometry) -> BaseGeometry:
    """Mend an outline that crosses itself, as one does that was moved by hand."""
    import shapely

    return shapely.make_valid(geometry)


class _Reader:
    """Reads the parts of one record; nothing points outside its text, its lists or the Earth."""

    def __init__(self, text: str, toponyms: int, locations: int) -> None:
        self.text, self.toponyms, self.locations = text, toponyms, locations
        self.claims: set[str] = set()

    def span(self, pair: Sequence[int]) -> Span:
        start, end = int(pair[0]), int(pair[1])
        if not 0 <= start < end <= len(self.text):
            msg = f"offsets {start} to {end} are outside the text"
            raise ValueError(msg)
        return start, end

    def between(self, found: Record) -> dict[str, Any]:
        start, end = self.span(found["span"] if "span" in found else (found["start"], found["end"]))
        # The words are those of the text, whatever else the record says.
        return {"start": start, "end": end, **({"text": self.text[start:end]} if "text" in found else {})}

    def index(self, number: int, count: int) -> int:
        if not 0 <= int(number) < count:
            msg = f"number {number} is not in the list of {count}"
            raise ValueError(msg)
        return int(number)

    def toponym(self, found: Record) -> Toponym:
        return Toponym(
            **self.between(found),
            type=one_of(found["type"], model.ToponymType),
            candidates=() if found["place"] is None else (_restore_candidate(found["place"]),),
            decided_by=_text(found.get("decided_by")),
        )

    def location(self, found: Record) -> Location:
        inferred_from = found.get("inferred_from")
        return Location(
            **self.between(found),
            kind=one_of(found["kind"], model.LocationKind),
            toponyms=tuple(self.index(number, self.toponyms) for number in found["toponyms"]),
            footprint=_restore_footprint(found),
            within=_text(found.get("within")),
            inferred_from=None if inferred_from is None else self.span(inferred_from),
            decided_by=_text(found.get("decided_by")),
        )

    def role(self, found: Record | None) -> Role | None:
        if found is None:
            return None
        location = found.get("location")
        return Role(
            **self.between(found),
            explicit=_checked(found["explicit"], bool),
            location=None if location is None else self.index(location, self.locations),
            footprint=_restore_footprint(found) if found.get("footprint_kind") else None,
        )

    def claim(self, found: Record) -> Claim:
        roles = {name: self.role(found.get(name)) for name in ("mover", "agent", *PLACE_ROLES)}
        date_kind = found["event_date_kind"]
        if found["id"] in self.claims:
            msg = f"two claims have the id {str(found['id'])[:40]!r}"
            raise ValueError(msg)
        self.claims.add(found["id"])
        movement = Movement(
            **roles,
            kind=one_of(found["kind"], model.ClaimKind),
            direction=one_of(found["direction"], model.Direction),
            trigger=self.span(found["trigger"]),
            evidence=self.span(found["evidence"]),
            force=_text(found["force"]),
            quantities=tuple(map(self.quantity, found["quantities"])),
            event_date=_read_day(found["event_date"]),
            event_date_kind=None if date_kind is None else one_of(date_kind, model.DateKind),
            rule=_checked(found["rule"], str),
        )
        return Claim(
            id=_checked(found["id"], str),
            movement=movement,
            claimant=self.role(found["claimant"]),
            cue=None if found["cue"] is None else self.span(found["cue"]),
            certainty=one_of(found["certainty"], model.Certainty),
            claim_date=_read_day(found["claim_date"]),
            rule=_checked(found.get("claimant_rule", ""), str),
            reasons=tuple(_checked(reason, str) for reason in found.get("reasons", ())),
            targets=tuple(_checked(target, str) for target in found.get("targets", ())),
            decided_by=_text(found.get("decided_by")),
        )

    def quantity(self, found: Record) -> Quantity:
        return Quantity(
            **self.between(found),
            kind=one_of(found["kind"], model.QuantityKind),
            value=within(found["value"], -math.inf, math.inf),
            unit=_text(found["unit"]),
            upper=found.get("upper"),
            approximate=found.get("approximate", False),
        )

    def event(self, found: Record) -> Event:
        relations = [
            model.Relation(
                type=one_of(relation["type"], model.RelationType),
                first=_checked(relation["from"], str),
                second=_checked(relation["to"], str),
                reason=_checked(relation.get("reason", ""), str),
            )
            for relation in found["relations"]
        ]
        return Event(
            id=_checked(found["id"], str),
            claims=tuple(_checked(claim, str) for claim in found["claims"]),
            direction=one_of(found["direction"], model.Direction),
            force=_text(found["force"]),
            status=one_of(found["status"], model.Status),
            relations=tuple(relations),
            origins=int(found.get("origins", 1)),
        )


def _restore_candidate(found: Record) -> model.Candidate:
    place = Place(
        id=_checked(found["id"], str),
        name=_checked(found["name"], str),
        feature_code=_checked(found["feature_code"], str),
        country=_text(found["country"]),
        admin1=_text(found.get("admin1")),
        lon=within(found["lon"], -180, 180),
        lat=within(found["lat"], -90, 90),
        uncertainty_m=within(found["uncertainty_m"], 0, _FARTHEST_M),
        source=_text(found.get("source")) or "",
    )
    return model.Candidate(place=place, score=within(found["score"], 0, 1))


def _restore_footprint(found: Record) -> Footprint:
    from shapely.geometry import shape

    geometry = None if found["footprint"] is None else shape(found["footprint"])
    if geometry is not None:
        west, south, east, north = geometry.bounds or (math.nan,) * 4
        within(west, -180, east), within(east, west, 180), within(south, -90, north), within(north, south, 90)
        geometry = geometry if geometry.is_valid else _mended(geometry)
    if found.get("lat") is not None:
        within(found["lat"], -90, 90), within(found["lon"], -180, 180)
    kind = found.get("footprint_kind") or _KINDS[geometry.geom_type if geometry is not None else ""]
    point = representative_point(geometry, None) if found.get("lat") is None else (found["lon"], found["lat"])
    strip = found.get("border")
    return Footprint(
        kind=one_of(kind, model.FootprintKind) if geometry is not None else "unlocated",
        geometry=geometry,
        uncertainty_m=None if found.get("uncertainty_m") is None else within(found["uncertainty_m"], 0, _FARTHEST_M),
        remarks=_text(found.get("remarks")) or "",
        viewpoint=_text(found.get("viewpoint")),
        point=point if geometry is not None else None,
        border=None if strip is None else model.BorderStrip(**{**strip, "countries": tuple(strip["countries"])}),
    )
