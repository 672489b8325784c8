"""Reports as records, GeoDataFrames and files.

A record is the JSON form of one report: plain dictionaries and lists, keys in a fixed order, geometries as GeoJSON. The
GeoDataFrames and all files are made of records, so that a file that was written can be read back and gives the same
frames. Coordinates are EPSG:4326 with longitude first; geometries that cross the antimeridian come cut from
:mod:`geomap.geodesy`.

A report gives three layers: its located words (``locations``), its ``claims`` and its ``events``. Their columns are in
:data:`COLUMNS`.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import stat
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from geomap.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    import geopandas
    from shapely.geometry.base import BaseGeometry

    from geomap.locations import Answer
    from geomap.model import Claim, Document, Event, Footprint, Location, Place, Quantity, Role, Span, Toponym
    from geomap.pipeline import Report

Record = dict[str, Any]
Layer = Literal["locations", "claims", "events"]
Format = Literal["json", "geojson", "csv", "gpkg", "parquet"]

LAYERS: tuple[Layer, ...] = get_args(Layer)
FORMATS: tuple[Format, ...] = get_args(Format)
BINARY_FORMATS: frozenset[Format] = frozenset({"gpkg", "parquet"})
CRS = "EPSG:4326"

COLUMNS: Mapping[Layer, Mapping[str, str]] = {
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
        "geometry": "the footprints of source, goal, via and area",
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

# About 11 m on the ground: finer than any place is known, and short to write.
_DECIMALS = 4
# Length of one degree of a meridian (mean of the WGS84 quadrant); for a tolerance, so that latitude does not matter.
_DEGREE_M = 111_133.0
# Detail of outlines finer than this share of the footprint's uncertainty is left out of records: 700 m for Belarus.
_DETAIL = 0.002
# What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_PLACE_ROLES = ("source", "goal", "via", "area")


def record(report: Report) -> Record:
    """Return the JSON form of a report.

    Returns
    -------
    dict
        With the keys ``id``, ``title``, ``published``, ``url``, ``error`` (None), ``toponyms``, ``locations``,
        ``claims`` and ``events``. Spans are half-open offsets in Unicode code points of the document's text.
    """
    document = report.document
    geometries = {claim.id: _claim_geometry(claim, report.located) for claim in report.claimed}
    return {
        "id": document.id,
        "title": document.title,
        "published": _day(document.published),
        "url": document.url,
        "error": None,
        "toponyms": [_toponym(toponym) for toponym in report.toponyms],
        "locations": [_location(location, report.toponyms) for location in report.located],
        "claims": [_claim(claim, document, geometries[claim.id]) for claim in report.claimed],
        "events": [_event(event, geometries) for event in report.grouped],
    }


def failed(id: str, error: str) -> Record:
    """Return the record of a document that could not be processed: its id, the reason, and empty lists."""
    head = {"id": id, "title": None, "published": None, "url": None, "error": error}
    return {**head, "toponyms": [], "locations": [], "claims": [], "events": []}


def dumps(record: Record) -> str:
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


def load(path: str | os.PathLike[str]) -> Iterator[Record]:
    """Read the records of a file of JSON lines back.

    Raises
    ------
    DataError
        If the file cannot be read, or a line holds no record.
    """
    name = os.fspath(path)
    try:
        with Path(name).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    found = json.loads(line)
                    if not (
                        isinstance(found, dict) and {"id", "toponyms", "locations", "claims", "events"} <= set(found)
                    ):
                        msg = f"line {number} of {name} holds no record of geomap"
                        raise DataError(msg)
                    yield found
    except (OSError, ValueError) as error:
        msg = f"{name} cannot be read as records: {error}"
        raise DataError(msg) from error


def to_gdf(reports: Report | Record | Iterable[Report | Record], layer: Layer = "claims") -> geopandas.GeoDataFrame:
    """Return a layer of one or more reports as a GeoDataFrame.

    Parameters
    ----------
    reports
        Reports or records, in any mixture.
    layer
        "locations", "claims" or "events".

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326, with the columns of :data:`COLUMNS`; a row without a place has no geometry. Dates are ISO strings.
    """
    import geopandas as gpd
    import pandas as pd
    from shapely.geometry import shape

    rows = [row for found in _records(reports) for row in _rows(found, layer)]
    geometries = [shape(row["geometry"]) if row["geometry"] else None for row in rows]
    columns = [name for name in COLUMNS[layer] if name != "geometry"]
    # A column keeps its type when it, or the whole frame, is empty, so that files of different reports can be joined.
    table = pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=_dtype(name)) for name in columns})
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(geometries, crs=CRS, index=table.index))


def write(
    reports: Report | Record | Iterable[Report | Record],
    path: str | os.PathLike[str],
    format: Format = "json",
    *,
    layer: Layer = "claims",
) -> None:
    """Write reports to a file, which is replaced as a whole or not at all.

    Parameters
    ----------
    reports
        Reports or records; they are taken one by one, so that JSON lines need no more memory than one record.
    path
        The file.
    format
        "json": records as JSON lines. "geojson": a FeatureCollection (RFC 7946) of all layers, each feature naming its
        own in ``layer``. "csv": one layer, geometry as WKT, safe to open in a spreadsheet. "gpkg": a GeoPackage with
        one layer each. "parquet": GeoParquet of one layer.
    layer
        The layer that CSV and GeoParquet hold.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    with replacing(path) as temporary:
        if format in BINARY_FORMATS:
            _write_binary(reports, temporary, format, layer)
        else:
            with temporary.open("w", encoding="utf-8", newline="") as file:
                for part in texts(reports, format, layer=layer):
                    file.write(part)


def texts(
    reports: Report | Record | Iterable[Report | Record],
    format: Format = "json",
    *,
    layer: Layer = "claims",
) -> Iterator[str]:
    """Yield what :func:`write` writes in a text format, piece by piece, for a stream."""
    if format == "json":
        return (dumps(found) + "\n" for found in _records(reports))
    if format == "geojson":
        return _geojson(reports)
    if format == "csv":
        return _csv(reports, layer)
    msg = f"the format {format} is not text; name an output file"
    raise DataError(msg)


def to_geojson(answers: Iterable[Answer]) -> Record:
    """Return what :func:`geomap.geocode` found as a GeoJSON FeatureCollection, in the same order.

    The properties are those of the column table for locations, but for what a query has not: a document.
    """
    features = []
    for answer in answers:
        location, place = answer.location, answer.place
        point = _representative_point(location.footprint, place)
        properties = {
            "text": location.text,
            "kind": location.kind,
            "place": None if place is None else place.name,
            "place_id": None if place is None else place.id,
            "country": None if place is None else place.country,
            "admin1": None if place is None else place.admin1,
            "score": None if answer.score is None else round(answer.score, 4),
            **_point(point),
            "uncertainty_m": _metres(location.footprint.uncertainty_m),
            "footprint_kind": location.footprint.kind,
            "remarks": location.footprint.remarks,
            "viewpoint": location.footprint.viewpoint,
        }
        geometry = _geometry(location.footprint.geometry)
        features.append({"type": "Feature", "geometry": geometry, "properties": properties})
    return {"type": "FeatureCollection", "features": features}


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path that takes the place of a file when the block ends well, and is removed when it does not.

    Raises
    ------
    DataError
        If the folder does not exist or the file cannot be written.
    """
    target = Path(path)
    try:
        if target.exists() and not (target.is_file() or target.is_dir()):
            # A pipe or device such as /dev/stdout is written to, not replaced.
            yield target
            return
        if target.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.", suffix=target.suffix)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(_permissions(target))
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
            # GeoPackage is SQLite, which may leave a journal beside the file.
            Path(f"{name}-journal").unlink(missing_ok=True)
    except OSError as error:
        msg = f"{target} cannot be written: {error.strerror or error}; name another output path"
        raise DataError(msg) from error


def _permissions(target: Path) -> int:
    """Return the permissions of the file that is replaced, or those that a new file gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _records(reports: Report | Record | Iterable[Report | Record]) -> Iterator[Record]:
    many = [reports] if isinstance(reports, dict) or hasattr(reports, "document") else reports
    for report in cast("Iterable[Report | Record]", many):
        yield report if isinstance(report, dict) else record(report)


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
        }
    if toponym.decided_by:
        found["decided_by"] = toponym.decided_by
    return found


def _location(location: Location, toponyms: tuple[Toponym, ...]) -> Record:
    footprint = location.footprint
    place = toponyms[location.toponyms[0]].place if len(location.toponyms) == 1 else None
    return {
        "start": location.start,
        "end": location.end,
        "text": location.text,
        "kind": location.kind,
        **_point(_representative_point(footprint, place)),
        "uncertainty_m": _metres(footprint.uncertainty_m),
        "toponyms": list(location.toponyms),
        "footprint": _geometry(_thinned(footprint)),
        "footprint_kind": footprint.kind,
        "remarks": footprint.remarks,
        "viewpoint": footprint.viewpoint,
        "within": location.within,
        "inferred_from": _span(location.inferred_from),
    }


def _representative_point(footprint: Footprint, place: Place | None) -> tuple[float, float] | None:
    """Return lon, lat of a point that stands for a footprint in a table; the geometry itself is what is meant.

    The gazetteer's own point where the words are one place's name, the middle of a line, else the centroid, or where
    that lies outside, a point inside.
    """
    import shapely

    geometry = footprint.geometry
    if geometry is None or geometry.is_empty:
        return None
    is_whole = footprint.kind in {"point", "area"}
    if place is not None and is_whole and shapely.intersects_xy(geometry, place.lon, place.lat):
        return place.lon, place.lat
    if geometry.geom_type in {"LineString", "MultiLineString"}:
        longest = max(shapely.get_parts(geometry), key=lambda part: part.length)
        point = longest.interpolate(0.5, normalized=True)
    else:
        point = geometry.centroid
        if not geometry.intersects(point):
            point = geometry.representative_point()
    return point.x, point.y


def _point(point: tuple[float, float] | None) -> Record:
    if point is None:
        return {"lat": None, "lon": None}
    return {"lat": round(point[1], _DECIMALS), "lon": round(point[0], _DECIMALS)}


def _metres(length_m: float | None) -> int | None:
    return None if length_m is None else round(length_m)


def _thinned(footprint: Footprint) -> BaseGeometry | None:
    """Return a footprint's geometry without the detail that its own uncertainty makes meaningless.

    The outline of a country is known to a hundred metres and stands for a place known to hundreds of kilometres; whole,
    it would make the record of one report megabytes long. Points and lines stay as they are.
    """
    geometry = footprint.geometry
    if geometry is None or geometry.is_empty:
        return None
    if not footprint.uncertainty_m or geometry.geom_type not in {"Polygon", "MultiPolygon"}:
        return geometry
    return _thin(geometry, _DETAIL * footprint.uncertainty_m / _DEGREE_M)


@lru_cache(maxsize=512)
def _thin(geometry: BaseGeometry, tolerance_deg: float) -> BaseGeometry:
    import shapely

    thin = shapely.simplify(geometry, tolerance_deg)
    parts = shapely.get_parts(thin)
    kept = parts[shapely.area(parts) >= (2 * tolerance_deg) ** 2]
    if len(kept) == 0 or not thin.is_valid:
        return geometry
    return kept[0] if len(kept) == 1 else shapely.MultiPolygon(list(kept))


def _geometry(geometry: BaseGeometry | None) -> Record | None:
    """Return a geometry as GeoJSON: outer rings counter-clockwise (RFC 7946), coordinates rounded."""
    if geometry is None or geometry.is_empty:
        return None
    found: Record = json.loads(_geojson_text(geometry))
    return found


@lru_cache(maxsize=512)
def _geojson_text(geometry: BaseGeometry) -> str:
    import shapely

    oriented = shapely.orient_polygons(geometry)
    rounded = shapely.transform(oriented, lambda coordinates: coordinates.round(_DECIMALS))
    return str(shapely.to_geojson(rounded))


def _claim(claim: Claim, document: Document, geometry: BaseGeometry | None) -> Record:
    movement = claim.movement
    start, end = movement.evidence
    return {
        "id": claim.id,
        "kind": movement.kind,
        "direction": movement.direction,
        "trigger": list(movement.trigger),
        "evidence": [start, end],
        "quote": document.text[start:end],
        "mover": _role(movement.mover),
        "agent": _role(movement.agent),
        "force": movement.force,
        "source": _role(movement.source),
        "goal": _role(movement.goal),
        "via": _role(movement.via),
        "area": _role(movement.area),
        "quantities": [_quantity(quantity) for quantity in movement.quantities],
        "event_date": _day(movement.event_date),
        "event_date_kind": movement.event_date_kind,
        "claim_date": _day(claim.claim_date),
        "claimant": _role(claim.claimant),
        "cue": _span(claim.cue),
        "certainty": claim.certainty,
        "reasons": list(claim.reasons),
        "targets": list(claim.targets),
        "rule": movement.rule,
        "claimant_rule": claim.rule,
        "geometry": _geometry(geometry),
    }


def _role(role: Role | None) -> Record | None:
    if role is None:
        return None
    found: Record = {"span": [role.start, role.end], "text": role.text, "explicit": role.explicit}
    if role.location is not None:
        found["location"] = role.location
    if role.footprint is not None:
        found["footprint"] = _geometry(_thinned(role.footprint))
        found["footprint_kind"] = role.footprint.kind
        found["remarks"] = role.footprint.remarks
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


def _event(event: Event, geometries: Mapping[str, BaseGeometry | None]) -> Record:
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
        "geometry": _geometry(_collected(geometries.get(claim) for claim in event.claims)),
    }


def _claim_geometry(claim: Claim, locations: tuple[Location, ...]) -> BaseGeometry | None:
    """Return the footprints of a claim's places: each as the claim means it, else as its words say."""
    movement = claim.movement
    geometries = []
    for role in (movement.source, movement.goal, movement.via, movement.area):
        if role is not None and role.footprint is not None:
            geometries.append(_thinned(role.footprint))
        elif role is not None and role.location is not None:
            geometries.append(_thinned(locations[role.location].footprint))
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


def _rows(found: Record, layer: Layer) -> Iterator[Record]:
    makers: dict[Layer, Callable[[Record], Iterator[Record]]] = {
        "locations": _location_rows,
        "claims": _claim_rows,
        "events": _event_rows,
    }
    return makers[layer](found)


def _location_rows(found: Record) -> Iterator[Record]:
    copied = ("start", "end", "text", "kind", "lat", "lon", "uncertainty_m")
    for location in found["locations"]:
        places = [found["toponyms"][index]["place"] for index in location["toponyms"]]
        place: Record = next((place for place in places if place), {})
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
            "geometry": location["footprint"],
        }


def _claim_rows(found: Record) -> Iterator[Record]:
    event_of = {claim: event["id"] for event in found["events"] for claim in event["claims"]}
    copied = ("id", "kind", "direction", "certainty", "force", "event_date", "event_date_kind", "claim_date", "rule")
    for claim in found["claims"]:
        roles = {name: claim[name] for name in ("mover", *_PLACE_ROLES, "claimant")}
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
            "geometry": claim["geometry"],
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


def _geojson(reports: Report | Record | Iterable[Report | Record]) -> Iterator[str]:
    yield '{"type": "FeatureCollection", "features": ['
    separator = "\n"
    for found in _records(reports):
        for layer in LAYERS:
            for row in _rows(found, layer):
                geometry = row.pop("geometry")
                feature = {"type": "Feature", "geometry": geometry, "properties": {"layer": layer, **row}}
                yield separator + dumps(feature)
                separator = ",\n"
    yield "\n]}\n"


def _csv(reports: Report | Record | Iterable[Report | Record], layer: Layer) -> Iterator[str]:
    from shapely.geometry import shape

    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")

    def written(cells: Iterable[object]) -> str:
        writer.writerow(cells)
        text = line.getvalue()
        line.seek(0)
        line.truncate()
        return text

    yield written(COLUMNS[layer])
    for found in _records(reports):
        for row in _rows(found, layer):
            row["geometry"] = shape(row["geometry"]).wkt if row["geometry"] else None
            yield written(_safe(row[name]) for name in COLUMNS[layer])


def _safe(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula and UTF-8 can encode."""
    if not isinstance(cell, str):
        return cell
    text = cell.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _write_binary(
    reports: Report | Record | Iterable[Report | Record],
    path: Path,
    format: Format,
    layer: Layer,
) -> None:
    found = list(_records(reports))
    try:
        if format == "parquet":
            _encodable(to_gdf(found, layer)).to_parquet(path)
            return
        path.unlink()
        for each in LAYERS:
            _encodable(to_gdf(found, each)).to_file(path, layer=each, driver="GPKG", engine="pyogrio")
    except ImportError as error:
        msg = f"writing {format} needs a package that is not installed: {error}"
        raise DataError(msg) from error
    except RuntimeError as error:
        # pyogrio reports what the file system refuses as its own kind of RuntimeError.
        msg = f"{format} cannot be written: {error}"
        raise DataError(msg) from error


def _encodable(gdf: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Replace lone surrogates, which no binary format can hold."""
    for name in gdf.columns.drop("geometry"):
        if gdf[name].dtype == object:
            gdf[name] = [
                cell.encode("utf-8", "replace").decode() if isinstance(cell, str) else cell for cell in gdf[name]
            ]
    return gdf
