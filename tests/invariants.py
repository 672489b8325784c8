"""What holds for every record that geomap writes (docs/outputs.md), whatever the text was."""

from __future__ import annotations

import json
import math
from typing import get_args

from shapely.geometry import shape

from geomap import model

ROLES = ("mover", "agent", "source", "goal", "via", "area", "claimant")
LISTS = ("toponyms", "locations", "claims", "events")


def broken(record, text):
    """Return what does not hold of a record of a document with this text."""
    return list(_broken(record, text))


def _broken(record, text):
    try:
        json.dumps(record, allow_nan=False)
    except ValueError as error:
        yield f"no JSON: {error}"
    for key in ("id", "error", *LISTS):
        if key not in record:
            yield f"no {key}"
            return
    if record["error"] is not None:
        if any(record[key] for key in LISTS):
            yield "an error beside results"
        return
    for number, toponym in enumerate(record["toponyms"]):
        yield from _prefixed(f"toponym {number}", _toponym(toponym, text))
    for number, location in enumerate(record["locations"]):
        yield from _prefixed(f"location {number}", _location(location, record, text))
    for claim in record["claims"]:
        yield from _prefixed(f"claim {claim['id']}", _claim(claim, record, text))
    yield from _events(record)


def _prefixed(name, problems):
    return (f"{name}: {problem}" for problem in problems)


def _span(span, text, words=None):
    start, end = span
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)):
        yield f"span {span} in a text of {len(text)}"
    elif words is not None and text[start:end] != words:
        yield f"{words!r} stands for {text[start:end]!r}"


def _one_of(value, kind, name, *, optional=False):
    if not (optional and value is None) and value not in get_args(kind):
        yield f"{name} is {value!r}"


def _position(thing):
    lat, lon = thing["lat"], thing["lon"]
    if (lat is None) != (lon is None):
        yield "half a position"
    if lat is not None and not (-90 <= lat <= 90 and -180 <= lon <= 180):
        yield f"position {lat}, {lon}"
    radius = thing.get("uncertainty_m")
    if radius is not None and not (0 <= radius <= 20_040_000):
        yield f"uncertainty {radius}"


def _geometry(geometry):
    if geometry is None:
        return
    made = shape(geometry)
    if made.is_empty:
        yield "an empty geometry"
        return
    if not made.is_valid:
        yield f"an invalid {made.geom_type}"
    west, south, east, north = made.bounds
    if not all(map(math.isfinite, made.bounds)) or west < -180 or east > 180 or south < -90 or north > 90:
        yield f"bounds {made.bounds}"


def _toponym(toponym, text):
    yield from _span((toponym["start"], toponym["end"]), text, toponym["text"])
    yield from _one_of(toponym["type"], model.ToponymType, "type")
    place = toponym["place"]
    if place is not None:
        yield from _position(place)
        if not 0 <= place["score"] <= 1:
            yield f"score {place['score']}"
        if not place["id"] or not place["name"]:
            yield "a place without a name"


def _location(location, record, text):
    yield from _span((location["start"], location["end"]), text, location["text"])
    yield from _one_of(location["kind"], model.LocationKind, "kind")
    yield from _position(location)
    yield from _geometry(location["footprint"])
    if not all(0 <= index < len(record["toponyms"]) for index in location["toponyms"]):
        yield f"toponyms {location['toponyms']}"


def _claim(claim, record, text):
    yield from _span(claim["trigger"], text)
    yield from _span(claim["evidence"], text)
    yield from _one_of(claim["kind"], model.ClaimKind, "kind")
    yield from _one_of(claim["direction"], model.Direction, "direction")
    yield from _one_of(claim["certainty"], model.Certainty, "certainty")
    yield from _one_of(claim["event_date_kind"], model.DateKind, "event_date_kind", optional=True)
    yield from _geometry(claim["geometry"])
    if claim["cue"] is not None:
        yield from _span(claim["cue"], text)
    if not claim["rule"]:
        yield "no rule"
    for name in ROLES:
        role = claim.get(name)
        if role is None:
            continue
        yield from _prefixed(name, _span(role["span"], text, role["text"]))
        index = role.get("location")
        if index is not None and not 0 <= index < len(record["locations"]):
            yield f"{name} at location {index}"
    for quantity in claim["quantities"]:
        yield from _prefixed("quantity", _span(quantity["span"], text))
        yield from _one_of(quantity["kind"], model.QuantityKind, "quantity")
        if not (isinstance(quantity["value"], int | float) and math.isfinite(quantity["value"])):
            yield f"value {quantity['value']}"


def _events(record):
    ids = [claim["id"] for claim in record["claims"]]
    if len(ids) != len(set(ids)):
        yield f"claims {ids}"
    events = [event["id"] for event in record["events"]]
    if len(events) != len(set(events)):
        yield f"events {events}"
    for event in record["events"]:
        name = f"event {event['id']}"
        if not event["claims"] or not set(event["claims"]) <= set(ids):
            yield f"{name}: claims {event['claims']}"
        yield from _prefixed(name, _one_of(event["status"], model.Status, "status"))
        yield from _prefixed(name, _one_of(event["direction"], model.Direction, "direction"))
        yield from _prefixed(name, _geometry(event["geometry"]))
        for relation in event["relations"]:
            yield from _prefixed(name, _one_of(relation["type"], model.RelationType, "relation"))
            if not {relation["from"], relation["to"]} <= set(ids):
                yield f"{name}: relation {relation}"
