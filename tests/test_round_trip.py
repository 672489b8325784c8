"""From the command line: every export, files mapped again, and a person's decisions on the map."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import stat

import geopandas
import pyogrio
import pytest
from shapely.geometry import Point

from geomap import corrections, exports, frames, imports, records


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Extract the sample once, as records; other formats are made of them, as of a report."""
    return tmp_path_factory.mktemp("kept") / "kept.jsonl"


@pytest.fixture
def saved(run, sample, kept):
    """Give the path of the sample's records."""
    if not kept.exists():
        assert run("extract", sample, "-o", kept) == (0, "", "")
    return kept


@pytest.mark.parametrize("name", ["out.gpkg", "out.geojson", "out.parquet", "out.kml", "out.csv", "out.jsonl"])
def test_every_export_is_made_by_the_command_line(run, saved, tmp_path, name):
    out = tmp_path / name
    assert run("extract", saved, "-o", out) == (0, "", "")
    (record,) = records.read(saved)
    count = len(record["claims"])
    if name.endswith(("gpkg", "geojson")):
        layer = {"layer": "claims"} if name.endswith("gpkg") else {}
        table = pyogrio.read_dataframe(out, **layer)
        assert len(table if layer else table[table["layer"] == "claims"]) == count
    elif name.endswith("parquet"):
        assert len(geopandas.read_parquet(out)) == count
    elif name.endswith("kml"):
        assert len(pyogrio.read_dataframe(out, layer="Claims")) == count
    elif name.endswith("csv"):
        assert list(pyogrio.read_dataframe(out)["id"]) == [claim["id"] for claim in record["claims"]]
    else:
        assert out.read_bytes() == saved.read_bytes()


@pytest.mark.parametrize("layer", frames.LAYERS)
def test_each_layer_can_be_a_table(run, saved, layer):
    outcome = run("extract", saved, "--format", "csv", "--layer", layer)
    assert outcome.code == 0
    assert outcome.out.splitlines()[0].split(",") == list(frames.COLUMNS[layer])


def test_the_text_can_be_left_out(run, saved, tmp_path):
    out = tmp_path / "out.gpkg"
    assert run("extract", saved, "--no-text", "-o", out).code == 0
    assert list(pyogrio.read_dataframe(out, layer="documents")["text"]) == [None]
    assert run("map", out, "-o", tmp_path / "map.html").code == 0


def shown(path):
    """Return the rows of what a page shows: reports, claims and places."""
    data = json.loads(
        re.search(r'<script type="application/json" id="data">(.*?)</script>', path.read_text("utf-8"))[1]
    )
    return [unpack(data[name]) for name in ("reports", "claims", "places")]


def unpack(table):
    def cell(column, number):
        if isinstance(column, list):
            return column[number]
        return column["of"][column["at"][number]] if "at" in column else column["of"][0]

    return [{key: cell(column, n) for key, column in table["columns"].items()} for n in range(table["n"])]


def test_what_was_corrected_in_another_program_is_mapped(run, saved, tmp_path):
    out, page = tmp_path / "out.gpkg", tmp_path / "map.html"
    run("extract", saved, "-o", out)
    assert run("map", out, "-o", page).code == 0
    _, before, _ = shown(page)
    claims = pyogrio.read_dataframe(out, layer="claims")
    claims.loc[1, "certainty"] = "denied" if claims.loc[1, "certainty"] != "denied" else "asserted"
    pyogrio.write_dataframe(claims.drop(index=0), out, layer="claims", driver="GPKG")
    locations = pyogrio.read_dataframe(out, layer="locations")
    index = locations.index[locations["kind"] == "city"][0]
    locations.loc[index, "geometry"] = Point(30.25, 49.5)
    pyogrio.write_dataframe(locations, out, layer="locations", driver="GPKG")
    outcome = run("map", out, "-o", page)
    assert (outcome.code, f"{len(before) - 1} claims" in outcome.err) == (0, True)
    reports, after, _ = shown(page)
    assert reports[0]["rejected"] == 1
    decided = [claim for claim in after if claim["by"] == "a person, in out.gpkg"]
    assert [claim["id"] for claim in decided] == [claims.loc[1, "id"]]
    assert "moved by a person, in out.gpkg" in {location.footprint.remarks for location in imports.load(out)[0].located}


def test_styles_and_documents_survive_an_edit(run, saved, tmp_path):
    out = tmp_path / "out.gpkg"
    run("extract", saved, "-o", out)
    with sqlite3.connect(out) as database:
        assert database.execute("SELECT count(*) FROM layer_styles").fetchone() == (3,)
        kinds = dict(database.execute("SELECT table_name, data_type FROM gpkg_contents"))
    assert (kinds["documents"], kinds["layer_styles"], kinds["claims"]) == ("attributes", "attributes", "features")


def test_decisions_win_on_the_map_and_in_the_records(run, sample, saved, tmp_path):
    decided, page, out = tmp_path / "decided.csv", tmp_path / "map.html", tmp_path / "out.jsonl"
    (record,) = records.read(saved)
    claim, other = record["claims"][0], record["claims"][1]
    placed = next(each for each in record["claims"][1:] if each["goal"] and "location" in each["goal"])
    place = record["locations"][placed["goal"]["location"]]
    rows = [
        (claim["quote"], "not a claim"),
        (other["quote"], "a claim"),
        (place["text"], "50.25, 36.5"),
    ]
    corrections.append(
        decided, [corrections.Correction(record["id"], *row, who="Ana", when="2024-01-02", why="") for row in rows]
    )
    assert run("extract", sample, "--corrections", decided, "-o", out) == (0, "", "")
    (changed,) = records.read(out)
    assert {rejected["quote"] for rejected in changed["rejected"]} == {claim["quote"]}
    assert claim["quote"] not in {each["quote"] for each in changed["claims"]}
    moved = next(each for each in changed["locations"] if each["text"] == place["text"])
    assert (moved["lat"], moved["lon"], moved["decided_by"]) == (50.25, 36.5, "Ana")
    assert run("map", sample, "--corrections", decided, "-o", page).code == 0
    reports, claims, places = shown(page)
    assert reports[0]["rejected"] == len(changed["rejected"])
    assert {each["id"]: each["by"] for each in claims}[other["id"]] == "Ana"
    assert "Ana" in {each["by"] for each in places}


def test_corrections_that_are_missing_are_a_clear_error(run, sample, tmp_path):
    outcome = run("map", sample, "--corrections", tmp_path / "none.csv", "-o", tmp_path / "map.html")
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)
    assert "cannot read the corrections" in outcome.err


def test_a_file_of_another_program_is_a_clear_error(run, tmp_path):
    roads = tmp_path / "roads.gpkg"
    geopandas.GeoDataFrame({"a": [1]}, geometry=[Point(0, 0)], crs=4326).to_file(roads, layer="roads")
    outcome = run("map", roads, "-o", tmp_path / "map.html")
    assert outcome.code == 1
    assert "holds no documents of geomap" in outcome.err


@pytest.mark.parametrize("format", exports.FORMATS)
def test_an_output_that_exists_keeps_its_permissions(run, saved, tmp_path, format):
    out = tmp_path / f"out.{format}"
    shutil.copy(saved, out)
    out.chmod(0o600)
    assert run("extract", saved, "--format", format, "-o", out).code == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
