from __future__ import annotations

import json
import re
from pathlib import Path

import gao
import pytest

from geomap import frames, records

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def report():
    return gao.make_report()


@pytest.mark.parametrize("layer", frames.LAYERS)
def test_frames_have_the_documented_columns(report, layer):
    for reports in (report, []):
        gdf = frames.to_gdf(reports, layer)
        assert list(gdf.columns) == list(frames.COLUMNS[layer])
        assert gdf.crs == "EPSG:4326"
    counts = {"documents": 1, "locations": 3, "claims": 2, "places": 3, "events": 1}
    assert len(frames.to_gdf(report, layer)) == counts[layer]


def test_empty_and_full_frames_have_the_same_types(report):
    for layer in frames.LAYERS:
        assert dict(frames.to_gdf([], layer).dtypes) == dict(frames.to_gdf(report, layer).dtypes)


def test_columns_of_claims(report):
    first, second = frames.to_gdf(report).to_dict("records")
    assert (first["mover"], first["source"], first["goal"], first["claimant"]) == (
        "Two brigades",
        "Gao",
        "the border",
        "Bamako",
    )
    assert (first["quantities"], first["event"], first["inferred"]) == ("2 units", "e1", None)
    assert (second["inferred"], second["geometry"]) == ("area", None)


def test_places_are_the_footprints_that_their_claims_mean(report):
    source, goal, area = frames.to_gdf(report, "places").to_dict("records")
    assert (source["role"], source["place_id"], source["geometry"].geom_type) == ("source", "geonames:2457163", "Point")
    assert (goal["footprint_kind"], goal["geometry"].geom_type) == ("band", "Polygon")
    assert (area["claim"], area["geometry"]) == ("c2", None)


def test_the_document_holds_its_text_and_its_record(report):
    (document,) = frames.to_gdf(report, "documents").to_dict("records")
    assert document["text"] == gao.TEXT
    kept = json.loads(document["record"])
    assert "text" not in kept
    assert kept["claims"] == records.record(report)["claims"]


def test_the_schema_for_databases_has_every_column():
    page = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    tables = dict(re.findall(r"CREATE TABLE (\w+) \(\n(.*?)\n\);", page, re.DOTALL))
    for layer, columns in frames.COLUMNS.items():
        parts = re.sub(r"\([^()]*\)", "", tables[layer]).split(",")
        names = [part.split()[0].strip('"') for part in parts]
        named = [name for name in names if name not in {"PRIMARY", "FOREIGN"}]
        assert sorted(named) == sorted(set(columns) - ({"geometry"} if layer == "documents" else set()))


def test_every_column_is_explained_in_the_documentation():
    page = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    for layer, columns in frames.COLUMNS.items():
        table = page.split(f"## {layer}\n")[1].split("\n## ")[0]
        assert re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE) == list(columns.items())
