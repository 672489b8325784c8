"""Reports as files: JSON lines, GeoJSON, CSV, GeoPackage, GeoParquet and KML.

Every file is written whole or not at all (:func:`geomap.outputs.replacing`), and the same reports give the same bytes.
All but CSV and KML hold the documents and what was found in them, so that :func:`geomap.load` reads them back.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import zlib
from typing import TYPE_CHECKING, Literal, TypeVar, get_args

from geomap import placemarks, styles
from geomap.errors import DataError
from geomap.frames import COLUMNS, LAYERS, Layer, frame, rows, to_gdf
from geomap.outputs import disarm, replacing
from geomap.records import Record, dumps, records_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pandas as pd
    from shapely.geometry.base import BaseGeometry

    from geomap.events import ReportLike

    Reports = ReportLike | Record | Iterable[ReportLike | Record]

_Table = TypeVar("_Table", bound="pd.DataFrame")

Format = Literal["json", "geojson", "csv", "gpkg", "parquet", "kml"]

FORMATS: tuple[Format, ...] = get_args(Format)
BINARY_FORMATS: frozenset[Format] = frozenset({"gpkg", "parquet"})
PLACES = styles.PLACES
"""The tables of a GeoPackage that hold the layer "places", one for each kind of geometry, as most programs want it."""

_ENDINGS: dict[str, Format] = {
    ".geojson": "geojson", ".csv": "csv", ".gpkg": "gpkg", ".parquet": "parquet", ".geoparquet": "parquet",
    ".kml": "kml", ".json": "json", ".jsonl": "json", ".ndjson": "json", ".txt": "json", "": "json",
}  # fmt: skip
# When a GeoPackage says that it was written; the true time would make every file differ.
_WRITTEN = "2000-01-01T00:00:00Z"
# The file is moved into place when it is whole; until then nothing is lost with it.
_GDAL = {"OGR_CURRENT_DATE": _WRITTEN, "OGR_SQLITE_SYNCHRONOUS": "OFF"}
_VERSION = "1.2"
"""Of the GeoPackage standard; older programs warn about later ones, which bring nothing that is needed here."""


def format_of(path: Path) -> Format:
    """Return the format that a file's name asks for; JSON lines if none.

    Raises
    ------
    DataError
        If its ending stands for a format that geomap does not write.
    """
    ending = path.suffix.lower()
    if ending not in _ENDINGS:
        known = ", ".join(sorted(filter(None, _ENDINGS)))
        msg = f"{path.name}: no format has the ending {ending}; choose one of {known}, or name the format with --format"
        raise DataError(msg)
    return _ENDINGS[ending]


def write(
    reports: Reports,
    path: str | os.PathLike[str],
    format: Format = "json",
    *,
    layer: Layer = "claims",
    text: bool = True,
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
        all layers and styles for QGIS. "parquet": GeoParquet of one layer. "kml": claims in folders with time spans,
        for Google Earth.
    layer
        The layer that CSV and GeoParquet hold.
    text
        Whether the file holds the documents' texts.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    with replacing(path) as temporary:
        if format in BINARY_FORMATS:
            _write_binary(list(records_of(reports, text=text)), temporary, format, layer)
        else:
            with temporary.open("w", encoding="utf-8", newline="") as file:
                for part in texts(reports, format, layer=layer, text=text):
                    file.write(part)


def texts(reports: Reports, format: Format = "json", *, layer: Layer = "claims", text: bool = True) -> Iterator[str]:
    """Yield what :func:`write` writes in a text format, piece by piece, for a stream."""
    found = records_of(reports, text=text)
    if format == "json":
        return (dumps(record) + "\n" for record in found)
    if format == "geojson":
        return _geojson(found)
    if format == "csv":
        return _csv(found, layer)
    if format == "kml":
        return placemarks.kml(found)
    msg = f"the format {format} is not text; name an output file"
    raise DataError(msg)


def _geojson(found: Iterable[Record]) -> Iterator[str]:
    yield '{"type": "FeatureCollection", "features": ['
    separator = "\n"
    for record in found:
        for layer in LAYERS:
            for row in rows(record, layer):
                geometry = row.pop("geometry")
                if layer == "documents":
                    # JSON inside JSON reads better as what it is.
                    row["record"] = json.loads(row["record"])
                feature = {"type": "Feature", "geometry": geometry, "properties": {"layer": layer, **row}}
                yield separator + dumps(feature)
                separator = ",\n"
    yield "\n]}\n"


def _csv(found: Iterable[Record], layer: Layer) -> Iterator[str]:
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
    for record in found:
        for row in rows(record, layer):
            row["geometry"] = shape(row["geometry"]).wkt if row["geometry"] else None
            yield written(_safe(row[name]) for name in COLUMNS[layer])


def _safe(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula and every file can hold."""
    return disarm(_storable(cell)) if isinstance(cell, str) else cell


def _storable(text: str) -> str:
    """Replace what not every format can hold, one for one: lone surrogates and NUL."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


def _write_binary(found: list[Record], path: Path, format: Format, layer: Layer) -> None:
    try:
        if format == "parquet":
            _write_parquet(found, path, layer)
        else:
            _write_geopackage(found, path)
    except ImportError as error:
        msg = f"writing {format} needs a package that is not installed: {error}"
        raise DataError(msg) from error
    except RuntimeError as error:
        # pyogrio reports what the file system refuses as its own kind of RuntimeError.
        msg = f"{format} cannot be written: {error}"
        raise DataError(msg) from error


def _write_parquet(found: list[Record], path: Path, layer: Layer) -> None:
    gdf = _encodable(to_gdf(found, layer))
    # Rows of one layer cannot be read back by themselves; pandas keeps this in the file's metadata, as text.
    documents = [row for record in found for row in rows(record, "documents")]
    gdf.attrs = {"layer": layer, "documents": base64.b64encode(zlib.compress(dumps(documents).encode())).decode()}
    gdf.to_parquet(path)


def _write_geopackage(found: list[Record], path: Path) -> None:
    import pyogrio

    path.unlink()
    before = {name: pyogrio.get_gdal_config_option(name) for name in _GDAL}
    pyogrio.set_gdal_config_options(_GDAL)
    try:
        documents = _encodable(to_gdf(found, "documents").drop(columns="geometry"))
        pyogrio.write_dataframe(documents, path, layer="documents", driver="GPKG", VERSION=_VERSION)
        for layer in ("locations", "claims", "events"):
            _write_table(to_gdf(found, layer), path, layer, "Unknown")
        places = [row for record in found for row in rows(record, "places")]
        for dimension, name in enumerate(PLACES):
            table = frame(list(_of_dimension(places, dimension)), "places")
            is_single = dimension == 0 and set(table.geom_type) <= {"Point"}
            _write_table(table, path, name, "Point" if is_single else styles.TYPES[dimension])
        pyogrio.write_dataframe(styles.table(_WRITTEN), path, layer=styles.TABLE, driver="GPKG", FID="id")
    finally:
        pyogrio.set_gdal_config_options(before)


def _write_table(table: pd.DataFrame, path: Path, name: str, geometry_type: str) -> None:
    import pyogrio

    is_multiple = geometry_type.startswith("Multi")
    pyogrio.write_dataframe(
        _encodable(table), path, layer=name, driver="GPKG", geometry_type=geometry_type, promote_to_multi=is_multiple
    )


def _of_dimension(places: Iterable[Record], dimension: int) -> Iterator[Record]:
    """Yield the rows whose geometry has a dimension: 0 for points, 1 for lines, 2 for areas."""
    import shapely
    from shapely.geometry import shape

    for row in places:
        geometry = split(shape(row["geometry"])) if row["geometry"] else None
        if geometry is not None and shapely.get_dimensions(geometry) == dimension:
            yield {**row, "geometry": geometry.__geo_interface__}


def split(geometry: BaseGeometry) -> BaseGeometry:
    """Return of a collection of different kinds of geometry the parts of the highest dimension, as one."""
    import shapely

    if geometry.geom_type != "GeometryCollection":
        return geometry
    parts = shapely.get_parts(geometry)
    dimensions = shapely.get_dimensions(parts)
    return shapely.union_all(parts[dimensions == dimensions.max(initial=0)])


def _encodable(table: _Table) -> _Table:
    """Replace what no binary format can hold."""
    for name in table.columns.drop("geometry", errors="ignore"):
        if table[name].dtype == object:
            table[name] = [_storable(cell) if isinstance(cell, str) else cell for cell in table[name]]
    return table
