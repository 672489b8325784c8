"""Reads news reports and maps where forces are said to move.

>>> import geomap
>>> report = geomap.extract(geomap.read("report.txt"))  # doctest: +SKIP
>>> report.claims  # a GeoDataFrame  # doctest: +SKIP
>>> report.map()  # a folium.Map  # doctest: +SKIP

The types that a report is made of are in :mod:`geomap.model`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from geomap.errors import DataError, GeomapError, ModelError, PlaceNotFoundError, ReadError, ServiceError
from geomap.settings import Settings

if TYPE_CHECKING:
    from geomap.documents import read, read_many
    from geomap.exports import write
    from geomap.frames import to_gdf
    from geomap.imports import load
    from geomap.locations import border, geocode
    from geomap.maps import Map
    from geomap.pipeline import Report, extract

__all__ = [
    "DataError",
    "GeomapError",
    "Map",
    "ModelError",
    "PlaceNotFoundError",
    "ReadError",
    "Report",
    "ServiceError",
    "Settings",
    "border",
    "extract",
    "geocode",
    "load",
    "read",
    "read_many",
    "to_gdf",
    "write",
]

# Imported when first asked for: spaCy, geopandas and folium take seconds, and `geomap --help` needs none of them.
_HOMES = {
    "Map": "maps",
    "Report": "pipeline",
    "border": "locations",
    "extract": "pipeline",
    "geocode": "locations",
    "load": "imports",
    "read": "documents",
    "read_many": "documents",
    "to_gdf": "frames",
    "write": "exports",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
