"""Reports as tables: layers of rows, and GeoDataFrames of them.

A report gives five layers: its ``documents`` (one row), its located words (``locations``), its ``claims``, the
``places`` of the claims and its ``events``. Their columns are in :data:`COLUMNS`. Coordinates are EPSG:4326 with
longitude first; geometries that cross the antimeridian come cut from :mod:`geomap.geodesy`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from geomap.records import PLACE_ROLES, Record, dumps, encode, lat_lon, metres, records_of, representative_point

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import geopandas

    from geomap.events import ReportLike
    from geomap.locations import Answer

Layer = Literal["documents", "locations", "claims", "places", "events"]

LAYERS: tuple[Layer, ...] = get_args(Layer)
CRS = "EPSG:4326"

COLUMNS: Mapping[Layer, Mapping[str, str]] = {
    "documents": {
        "document": "id of the document",
        "title": "its title",
        "published": "its publication date, ISO 8601",
        "url": "its address",
        "publisher": "who published it",
        "home": "the place that the publisher calls home",
        "text": "the text that every offset counts in; a character that no file can hold is U+FFFD",
        "record": "everything that was found in it, as JSON, for reading the file back",
        "geometry": "empty",
    },
    "locations": {
        "document": "id of the document",
        "start": "first character in the document's text, counted in Unicode code points",
        "end": "the character after the last",
        "text": "the words that say where",
        "kind": "country, admin, city, border, region, relative, water, facility, continent or other",
        "place": "name of the place that the words are built on, in the gazetteer's spelling",
        "place_id": "its id in the gazetteer",
        "country": "ISO 3166-1 alpha-2 code of its country",
        "score": "how likely the place is the one meant, 0 to 1",
        "lat": "latitude in degrees of a representative point; empty when the words cannot be located",
        "lon": "its longitude",
        "uncertainty_m": "radius in metres of the circle round that point that holds the true place",
        "footprint_kind": "point, line, area, band, sector, ring or unlocated",
        "remarks": "how the footprint was made",
        "viewpoint": "whose boundaries it depends on, if it does",
        "decided_by": "who said where it is, if a person did",
        "geometry": "the footprint",
    },
    "claims": {
        "document": "id of the document",
        "title": "its title",
        "published": "its publication date, ISO 8601",
        "url": "its address",
        "id": "id of the claim in the document",
        "kind": "movement, posture or stance",
        "direction": "buildup, deployment, withdrawal, advance, transfer, rotation, presence or unspecified",
        "certainty": "asserted, planned, ordered, possible, denied or disputed",
        "force": "ISO 3166-1 alpha-2 code of the state that the force belongs to",
        "mover": "the force, in the report's words",
        "source": "where it comes from, in the report's words",
        "goal": "where it goes, in the report's words",
        "via": "what it passes, in the report's words",
        "area": "where it is, in the report's words",
        "inferred": "the roles whose words stand elsewhere in the text, not in the sentence",
        "quantities": "numbers with their units or kinds",
        "event_date": "the day of the movement, ISO 8601, where the text fixes one",
        "event_date_kind": "on, by, from or ongoing",
        "claim_date": "the day of the statement, ISO 8601",
        "claimant": "who says it, in the report's words; empty for the reporter's own voice",
        "quote": "the clause or sentence that says it",
        "start": "where the quote begins in the document's text, in Unicode code points",
        "end": "where it ends",
        "event": "id of the event that the claim belongs to",
        "rule": "name of the rule that found the movement",
        "decided_by": "who accepted or changed the claim, if a person did",
        "geometry": "the footprints of source, goal, via and area",
    },
    "places": {
        "document": "id of the document",
        "claim": "id of the claim",
        "role": "source, goal, via or area",
        "text": "the place, in the report's words",
        "place": "name of the place that the words are built on, in the gazetteer's spelling",
        "place_id": "its id in the gazetteer",
        "country": "ISO 3166-1 alpha-2 code of its country",
        "direction": "as for claims",
        "certainty": "as for claims",
        "force": "as for claims",
        "mover": "as for claims",
        "claimant": "as for claims",
        "event_date": "as for claims",
        "claim_date": "as for claims",
        "quote": "as for claims",
        "uncertainty_m": "as for locations",
        "footprint_kind": "as for locations",
        "remarks": "how the footprint was made",
        "geometry": "the footprint, as this claim means it",
    },
    "events": {
        "document": "id of the document",
        "id": "id of the event in the document",
        "direction": "as for claims",
        "force": "as for claims",
        "status": "uncontested, disputed, planned or denied",
        "claims": "ids of its claims",
        "contradictions": "pairs of claims that contradict, dispute or deny one another",
        "origins": "number of distinct origins behind the claims",
        "geometry": "the footprints of its claims",
    },
}
"""What each column of each layer holds."""


def to_gdf(
    reports: ReportLike | Record | Iterable[ReportLike | Record], layer: Layer = "claims"
) -> geopandas.GeoDataFrame:
    """Return a layer of one or more reports as a GeoDataFrame.

    Parameters
    ----------
    reports
        Reports or records, in any mixture.
    layer
        "documents", "locations", "claims", "places" or "events".

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326, with the columns of :data:`COLUMNS`; a row without a place has no geometry. Dates are ISO strings.
    """
    return frame([row for found in records_of(reports) for row in rows(found, layer)], layer)


def frame(made: list[Record], layer: Layer) -> geopandas.GeoDataFrame:
    """Return rows of :func:`rows` as a GeoDataFrame."""
    import geopandas as gpd
    import pandas as pd
    from shapely.geometry import shape

    geometries = [shape(row["geometry"]) if row["geometry"] else None for row in made]
    columns = [name for name in COLUMNS[layer] if name != "geometry"]
    # A column keeps its type when it, or the whole frame, is empty, so that files of different reports can be joined.
    table = pd.DataFrame({name: pd.Series([row[name] for row in made], dtype=_dtype(name)) for name in columns})
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(geometries, crs=CRS, index=table.index))


def rows(found: Record, layer: Layer) -> Iterator[Record]:
    """Yield the rows of a record in a layer; geometries as GeoJSON."""
    makers: dict[Layer, Callable[[Record], Iterator[Record]]] = {
        "documents": _document_rows,
        "locations": _location_rows,
        "claims": _claim_rows,
        "places": _place_rows,
        "events": _event_rows,
    }
    return makers[layer](found)


def _document_rows(found: Record) -> Iterator[Record]:
    yield {
        "document": found["id"],
        **{key: found.get(key) for key in ("title", "published", "url", "publisher", "home", "text")},
        "record": dumps({key: value for key, value in found.items() if key != "text"}),
        "geometry": None,
    }


def _location_rows(found: Record) -> Iterator[Record]:
    copied = ("start", "end", "text", "kind", "lat", "lon", "uncertainty_m")
    for location in found["locations"]:
        place = _place(found, location)
        yield {
            "document": found["id"],
            **{key: location[key] for key in copied},
            "place": place.get("name"),
            "place_id": place.get("id"),
            "country": place.get("country"),
            "score": place.get("score"),
            "footprint_kind": location.get("footprint_kind"),
            "remarks": location.get("remarks"),
            "viewpoint": location.get("viewpoint"),
            "decided_by": location.get("decided_by"),
            "geometry": location["footprint"],
        }


def _place(found: Record, location: Record) -> Record:
    """Return the place that a location is built on; empty where there is none."""
    places = [found["toponyms"][index]["place"] for index in location["toponyms"]]
    return next((place for place in places if place), {})


def _claim_rows(found: Record) -> Iterator[Record]:
    event_of = {claim: event["id"] for event in found["events"] for claim in event["claims"]}
    copied = ("id", "kind", "direction", "certainty", "force", "event_date", "event_date_kind", "claim_date", "rule")
    for claim in found["claims"]:
        roles = {name: claim[name] for name in ("mover", *PLACE_ROLES, "claimant")}
        yield {
            "document": found["id"],
            "title": found["title"],
            "published": found["published"],
            "url": found["url"],
            **{key: claim[key] for key in copied},
            **{name: role and role["text"] for name, role in roles.items()},
            "inferred": " ".join(name for name, role in roles.items() if role and not role["explicit"]) or None,
            "quantities": "; ".join(map(_shown, claim["quantities"])) or None,
            "quote": claim.get("quote"),
            "start": claim["evidence"][0],
            "end": claim["evidence"][1],
            "event": event_of.get(claim["id"]),
            "decided_by": claim.get("decided_by"),
            "geometry": claim["geometry"],
        }


def _place_rows(found: Record) -> Iterator[Record]:
    copied = ("direction", "certainty", "force", "event_date", "claim_date")
    for claim in found["claims"]:
        words = {name: claim[name] and claim[name]["text"] for name in ("mover", "claimant")}
        for name in PLACE_ROLES:
            role = claim[name]
            if role is None:
                continue
            location = found["locations"][role["location"]] if role.get("location") is not None else None
            footprint = role if role.get("footprint_kind") else location or {}
            place = _place(found, location) if location else {}
            yield {
                "document": found["id"],
                "claim": claim["id"],
                "role": name,
                "text": role["text"],
                "place": place.get("name"),
                "place_id": place.get("id"),
                "country": place.get("country"),
                **{key: claim[key] for key in copied},
                **words,
                "quote": claim.get("quote"),
                **{key: footprint.get(key) for key in ("uncertainty_m", "footprint_kind", "remarks")},
                "geometry": footprint.get("footprint"),
            }


def _shown(quantity: Record) -> str:
    upper = f"-{quantity['upper']:g}" if quantity.get("upper") is not None else ""
    return f"{quantity['value']:.15g}{upper} {quantity['unit'] or quantity['kind']}"


def _event_rows(found: Record) -> Iterator[Record]:
    for event in found["events"]:
        against = [
            f"{relation['from']} {relation['type']} {relation['to']}"
            for relation in event["relations"]
            if relation["type"] != "same"
        ]
        yield {
            "document": found["id"],
            **{key: event[key] for key in ("id", "direction", "force", "status", "geometry")},
            "claims": " ".join(event["claims"]),
            "contradictions": "; ".join(against) or None,
            "origins": event.get("origins", 1),
        }


def _dtype(column: str) -> str:
    if column in {"start", "end", "origins"}:
        return "int64"
    if column in {"lat", "lon", "uncertainty_m", "score"}:
        return "float64"
    return "object"


def to_geojson(answers: Iterable[Answer]) -> Record:
    """Return what :func:`geomap.geocode` found as a GeoJSON FeatureCollection, in the same order.

    The properties are those of the column table for locations, but for what a query has not: a document.
    """
    features = []
    for answer in answers:
        location, place, geometry = answer.location, answer.place, answer.location.footprint.geometry
        point = representative_point(geometry, place if location.footprint.kind in {"point", "area"} else None)
        properties = {
            "text": location.text,
            "kind": location.kind,
            "place": None if place is None else place.name,
            "place_id": None if place is None else place.id,
            "country": None if place is None else place.country,
            "admin1": None if place is None else place.admin1,
            "score": None if answer.score is None else round(answer.score, 4),
            **lat_lon(point),
            "uncertainty_m": metres(location.footprint.uncertainty_m),
            "footprint_kind": location.footprint.kind,
            "remarks": location.footprint.remarks,
            "viewpoint": location.footprint.viewpoint,
        }
        features.append({"type": "Feature", "geometry": encode(geometry), "properties": properties})
    return {"type": "FeatureCollection", "features": features}
