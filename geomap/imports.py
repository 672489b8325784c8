"""Files that geomap wrote, read back as reports: what a person changed in them since counts.

A GeoPackage, GeoJSON or GeoParquet file holds each document's record, as it was found, and the rows of the layers.
Where a row differs from what the record says, a person changed it (in QGIS, say): a geometry that was moved, a claim
whose row was deleted, a certainty that was edited. Such changes go into the record before the report is made of it, the
claim or location says that a person decided, and events are grouped anew. JSON lines hold records only.

What is read: of locations ``geometry``, ``lat`` and ``lon``, ``uncertainty_m``, ``kind``, and deleted rows, whose words
are then nowhere; of claims ``direction``, ``certainty``, ``force``, ``event_date``, ``event_date_kind``,
``claim_date``, ``kind``, the ``geometry`` of a claim with one place, and deleted rows; of the places of claims
``geometry``, ``uncertainty_m`` and deleted rows. Everything else is made from these.
"""

from __future__ import annotations

import base64
import json
import logging
import math
import zlib
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from geomap.errors import DataError
from geomap.exports import PLACES, split
from geomap.frames import LAYERS, Layer, rows
from geomap.records import PLACE_ROLES, Record, encode, is_record, lat_lon, read, representative_point, restore
from geomap.settings import DEFAULTS, Settings

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from geomap.model import Movement
    from geomap.pipeline import Report

    Tables = Mapping[str, Sequence[Record]]

logger = logging.getLogger(__name__)

ENDINGS = frozenset({".gpkg", ".geojson", ".parquet", ".geoparquet"})
"""Names of files that hold layers; other files that can be read back are JSON lines."""

_KEYS: Mapping[str, tuple[str, ...]] = {
    "locations": ("start", "end"),
    "claims": ("id",),
    "places": ("claim", "role"),
}
_CELLS: Mapping[str, tuple[str, ...]] = {
    "locations": ("kind", "uncertainty_m", "lat", "lon"),
    "claims": ("direction", "certainty", "force", "event_date", "event_date_kind", "claim_date", "kind"),
    "places": ("uncertainty_m",),
}
_SAME_DEG = 1e-6
"""Coordinates closer than this are the same: a tenth of a metre, less than any program moves them by writing."""
_LARGEST = 1_000_000_000
"""Bytes of records that are read from one GeoParquet file."""


def load(path: str | os.PathLike[str], *, settings: Settings = DEFAULTS) -> list[Report]:
    """Read reports back from a file that :func:`geomap.write` or ``geomap extract`` wrote.

    Parameters
    ----------
    path
        A GeoPackage, GeoJSON, GeoParquet or JSON lines file. What a person changed in it is read too.
    settings
        How to draw them; nothing is extracted anew.

    Returns
    -------
    list of Report
        In the order in which they were written, without documents that could not be processed.

    Raises
    ------
    DataError
        If the file cannot be read, or holds nothing that geomap wrote.
    """
    name = str(path)
    tables = _tables(Path(name))
    found = list(read(name)) if tables is None else [_record(row, name) for row in tables["documents"]]
    reports = []
    twice = {id for id, count in Counter(record["id"] for record in found).items() if count > 1}
    for record in found:
        if record.get("error"):
            logger.warning("%s: document %s holds nothing: %s", name, record["id"], record["error"])
        elif tables is None:
            reports.append(_corrected(restore(record, settings), settings))
        elif record["id"] in twice:
            logger.warning("%s: changes to document %s are not read, since two have this id", name, record["id"])
            reports.append(_corrected(restore(record, settings), settings))
        else:
            reports.append(_corrected(_understood(record, tables, name, settings), settings))
    return reports


def _corrected(report: Report, settings: Settings) -> Report:
    """Apply a person's decisions to what was found without them."""
    if settings.corrections is None:
        return report
    from geomap import corrections, locations
    from geomap.gazetteer import Gazetteer

    document = report.document
    located = locations.correct(report.located, report.toponyms, document, Gazetteer.open(settings), settings)
    kept, rejected = corrections.correct_claims(report.claimed, document, corrections.read(settings.corrections))
    if (tuple(located), tuple(kept)) == (report.located, report.claimed):
        return report
    moved = {index for index, location in enumerate(located) if location.footprint != report.located[index].footprint}
    return _regrouped(
        replace(
            report,
            located=tuple(located),
            claimed=tuple(replace(claim, movement=_unnarrowed(claim.movement, moved)) for claim in kept),
            rejected=(*report.rejected, *rejected),
            settings=settings,
        )
    )


def _unnarrowed(movement: Movement, moved: set[int]) -> Movement:
    """Take off what places that have moved since meant to this claim: its own side of a border."""
    roles = {name: getattr(movement, name) for name in PLACE_ROLES}
    return replace(
        movement,
        **{
            name: replace(role, footprint=None)
            for name, role in roles.items()
            if role is not None and role.location in moved
        },
    )


def is_saved(path: str) -> bool:
    """Tell whether a file is one that :func:`load` reads: by its name, or by the first line of JSON lines."""
    if Path(path).suffix.lower() in ENDINGS:
        return True
    if Path(path).suffix.lower() not in {".jsonl", ".ndjson", ".json"}:
        return False
    try:
        with Path(path).open("rb") as lines:
            first = next((line for line in lines if line.strip()), b"")
        return b'"toponyms"' in first and is_record(json.loads(first))
    except (OSError, ValueError, RecursionError):
        return False


# --- tables -----------------------------------------------------------------------------------------------------------


def _tables(path: Path) -> Tables | None:
    """Return the rows of a file's layers, with GeoJSON geometries; None for JSON lines."""
    readers = {".gpkg": _read_geopackage, ".geojson": _read_geojson}
    reader = readers.get(path.suffix.lower(), _read_parquet if path.suffix.lower() in ENDINGS else None)
    if reader is None:
        return None
    try:
        # GDAL's own message for a missing file says less.
        path.stat()
        tables = reader(path)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        RuntimeError,
        zlib.error,
    ) as error:
        msg = f"{path} cannot be read: {' '.join(str(error).split())[:300]}"
        raise DataError(msg) from error
    if "documents" not in tables:
        msg = f"{path} holds no documents of geomap; write it with geomap extract or geomap.write"
        raise DataError(msg)
    return tables


def _read_geopackage(path: Path) -> dict[str, list[Record]]:
    import pyogrio

    tables: dict[str, list[Record]] = {}
    for name, _ in pyogrio.list_layers(path):
        layer = "places" if name in PLACES else name
        if layer in LAYERS:
            table = pyogrio.read_dataframe(path, layer=name, datetime_as_string=True)
            tables.setdefault(layer, []).extend(_rows(table))
    return tables


def _rows(table: Any) -> Iterator[Record]:  # noqa: ANN401 - a DataFrame or GeoDataFrame
    for row in table.to_dict("records"):
        geometry = row.get("geometry")
        yield {**row, "geometry": geometry.__geo_interface__ if geometry is not None else None}


def _read_geojson(path: Path) -> dict[str, list[Record]]:
    collection = json.loads(path.read_text(encoding="utf-8"))
    tables: dict[str, list[Record]] = {}
    for feature in collection["features"]:
        layer = feature["properties"].get("layer")
        if layer in LAYERS:
            tables.setdefault(layer, []).append({**feature["properties"], "geometry": feature["geometry"]})
    return tables


def _read_parquet(path: Path) -> dict[str, list[Record]]:
    import geopandas as gpd

    table = gpd.read_parquet(path)
    if table.attrs.get("layer") not in LAYERS:
        return {}
    inflating = zlib.decompressobj()
    documents = inflating.decompress(base64.b64decode(table.attrs["documents"]), _LARGEST)
    if not inflating.eof:
        msg = "its records are cut off or too large"
        raise ValueError(msg)
    return {table.attrs["layer"]: list(_rows(table)), "documents": json.loads(documents)}


def _record(row: Record, path: str) -> Record:
    """Return the record of a document, with its text."""
    kept = row.get("record")
    try:
        found = json.loads(kept) if isinstance(kept, str) else kept
    except (ValueError, RecursionError) as error:
        msg = f"{path}: the record of document {row.get('document')} cannot be read: {error}"
        raise DataError(msg) from error
    if not is_record(found):
        msg = f"{path}: document {row.get('document')} has no record of geomap; write the file anew"
        raise DataError(msg)
    return {**cast("Record", found), "text": _plain(row.get("text"))}


# --- changes ----------------------------------------------------------------------------------------------------------


def _understood(record: Record, tables: Tables, name: str, settings: Settings) -> Report:
    """Make a report of a record and its rows, or say that something in them is not as it was written."""
    from shapely.errors import ShapelyError

    try:
        return _amended(record, tables, Path(name).name, settings)
    except (LookupError, TypeError, ValueError, AttributeError, StopIteration, ShapelyError) as error:
        what = " ".join(f"{type(error).__name__} {error}".split())[:200]
        msg = f"{name}: document {str(record['id'])[:100]} cannot be understood ({what}); write the file anew"
        raise DataError(msg) from error


def _amended(record: Record, tables: Tables, name: str, settings: Settings) -> Report:
    """Make a report of a record and of what a person changed in the rows that were made of it."""
    who = f"a person, in {name}"
    amenders: dict[Layer, Any] = {"locations": _amend_location, "places": _amend_place, "claims": _amend_claim}
    # All are found before any is made: a place that moves with its location was not moved by itself.
    changes = {layer: list(_changes(record, layer, tables[layer])) for layer in amenders if layer in tables}
    if not any(changes.values()):
        return restore(record, settings)
    rejected: list[Record] = []
    for layer, found in changes.items():
        for key, before, after in found:
            rejected.extend(amenders[layer](record, key, before, after, who) or ())
    gone = {claim["id"] for claim in rejected}
    record["claims"] = [claim for claim in record["claims"] if claim["id"] not in gone]
    record["rejected"] = [*record.get("rejected", ()), *rejected]
    report = restore({**record, "events": []}, settings)
    return _regrouped(report)


def _regrouped(report: Report) -> Report:
    from geomap import events

    kept = {claim.id for claim in report.claimed}
    claims = [replace(claim, targets=tuple(id for id in claim.targets if id in kept)) for claim in report.claimed]
    grouped, claims = events.group(claims, locations=report.located, document=report.document)
    return replace(report, grouped=tuple(grouped), claimed=tuple(claims))


def _changes(
    record: Record, layer: Layer, table: Sequence[Record]
) -> Iterator[tuple[tuple[Any, ...], Record, Record | None]]:
    """Yield the key of each row that a person changed, how it was, and how it is; None when it was deleted."""
    found = {_key(row, layer): row for row in table if row.get("document") == record["id"]}
    for before in rows(record, layer):
        key = _key(before, layer)
        after = found.pop(key, None)
        # A place without a geometry has no row in a GeoPackage, whose tables are for one kind of geometry each.
        is_deleted = after is None and (layer == "claims" or before["geometry"] is not None)
        if is_deleted or (after is not None and _edited(before, after, layer)):
            yield key, before, after
    for key in found:
        logger.warning("document %s: %s %s is new and has no words in the text; left out", record["id"], layer, key)


def _key(row: Record, layer: Layer) -> tuple[Any, ...]:
    return tuple(_plain(row.get(name)) for name in _KEYS[layer])


def _edited(before: Record, after: Record, layer: Layer) -> bool:
    cells = any(_plain(before[name]) != _plain(after.get(name)) for name in _CELLS[layer] if name in after)
    return cells or not _same(before["geometry"], after.get("geometry"))


def _plain(value: Any) -> Any:  # noqa: ANN401 - a cell of any type
    """Return a cell as JSON has it: files know neither None from an empty text nor whole numbers from others."""
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    if hasattr(value, "item"):
        value = value.item()
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _same(before: Record | None, after: Record | None) -> bool:
    """Tell whether a geometry is the one that was written, or of a collection, the part that a GeoPackage has."""
    from shapely.geometry import shape

    if before is None or after is None:
        return before is after
    found = _single(shape(after)).normalize()
    written = [shape(before), split(shape(before))]
    return any(_single(geometry).normalize().equals_exact(found, _SAME_DEG) for geometry in written)


def _single(geometry: Any) -> Any:  # noqa: ANN401 - a geometry
    """Return the only part of a multiple geometry, which some programs make of every geometry."""
    parts = getattr(geometry, "geoms", None)
    return parts[0] if parts is not None and len(parts) == 1 else geometry


def _amend_location(record: Record, key: tuple[Any, ...], before: Record, after: Record | None, who: str) -> None:
    location = next(one for one in record["locations"] if (one["start"], one["end"]) == key)
    location["decided_by"] = who
    if after is None:
        _take_off(location, who)
    else:
        location["kind"] = _plain(after.get("kind"))
        _move(location, _target(before, after), _plain(after.get("uncertainty_m")), who)
    index = record["locations"].index(location)
    for claim in record["claims"]:
        for role in filter(None, (claim[name] for name in PLACE_ROLES)):
            if role.get("location") == index and role.get("footprint_kind"):
                # What was narrowed to this claim's side of a border followed from the footprint that is no more.
                for name in ("footprint", "footprint_kind", "remarks", "uncertainty_m", "viewpoint", "border"):
                    role.pop(name, None)


def _target(before: Record, after: Record) -> Record | None:
    """Return where a location is now: at its geometry, or, if only latitude and longitude were edited, there."""
    lat, lon = _plain(after.get("lat")), _plain(after.get("lon"))
    moved = (lat, lon) != (_plain(before["lat"]), _plain(before["lon"]))
    if moved and lat is not None and lon is not None and _same(before["geometry"], after.get("geometry")):
        return {"type": "Point", "coordinates": (float(lon), float(lat))}
    return after.get("geometry")


def _amend_place(record: Record, key: tuple[Any, ...], before: Record, after: Record | None, who: str) -> None:
    claim = next(one for one in record["claims"] if one["id"] == key[0])
    _amend_role(claim, claim[key[1]], before, after, who)


def _amend_role(claim: Record, role: Record, before: Record, after: Record | None, who: str) -> None:
    claim["decided_by"] = who
    if after is None:
        _take_off(role, who)
        return
    role.setdefault("footprint_kind", before["footprint_kind"])
    role["remarks"] = role.get("remarks") or before["remarks"]
    _move(role, after.get("geometry"), _plain(after.get("uncertainty_m")), who)


def _amend_claim(
    record: Record, key: tuple[Any, ...], before: Record, after: Record | None, who: str
) -> Iterable[Record]:
    claim = next(one for one in record["claims"] if one["id"] == key[0])
    claim["decided_by"] = who
    if after is None:
        return [claim]
    for name in _CELLS["claims"]:
        if name in after:
            claim[name] = _plain(after[name])
    if not _same(before["geometry"], after.get("geometry")):
        placed = [row for row in rows(record, "places") if row["claim"] == claim["id"] and row["geometry"]]
        if len(placed) == 1:
            _amend_role(claim, claim[placed[0]["role"]], placed[0], {**placed[0], **after}, who)
        else:
            logger.warning(
                "document %s: claim %s has %d places; move them in the layer of places",
                record["id"], claim["id"], len(placed),
            )  # fmt: skip
    return ()


def _take_off(found: Record, who: str) -> None:
    found.update(footprint=None, footprint_kind="unlocated", uncertainty_m=None, remarks=f"taken off the map by {who}")
    found.pop("border", None)
    if "lat" in found:
        found.update(lat=None, lon=None)


def _move(found: Record, geometry: Record | None, uncertainty_m: Any, who: str) -> None:  # noqa: ANN401 - a cell
    """Give a location or the place of a claim another footprint."""
    from shapely.geometry import shape

    if geometry is None:
        _take_off(found, who)
        return
    found["uncertainty_m"] = uncertainty_m
    if _same(found.get("footprint"), geometry):
        return
    placed = _single(shape(geometry))
    kinds = {"Point": "point", "LineString": "line", "MultiLineString": "line"}
    found.update(
        footprint=encode(placed),
        footprint_kind=kinds.get(placed.geom_type, "area"),
        remarks=f"moved by {who}",
    )
    found.pop("border", None)
    if "lat" in found:
        found.update(lat_lon(representative_point(placed, None)))
