"""Files read back: the same claims, and what a person changed in them with another program."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import gao
import geopandas
import pyogrio
import pytest
from shapely import affinity
from shapely.geometry import Point, box

from geomap import exports, imports, records
from geomap.errors import DataError
from geomap.settings import Settings

LAYERED = ["gpkg", "geojson", "parquet"]


@pytest.fixture
def report():
    return gao.make_report()


@pytest.fixture
def saved(report, tmp_path):
    """Write the report as a GeoPackage and give its path."""
    path = tmp_path / "out.gpkg"
    exports.write(report, path, "gpkg")
    return path


def edit(path, layer, change):
    """Change a table of a GeoPackage as a person does in a desktop program."""
    table = pyogrio.read_dataframe(path, layer=layer)
    changed = change(table)
    pyogrio.write_dataframe(table if changed is None else changed, path, layer=layer, driver="GPKG")


def move(index, geometry):
    def change(table):
        table.loc[index, "geometry"] = geometry

    return change


@pytest.mark.parametrize(
    "name", ["out.gpkg", "out.geojson", "out.parquet", "out.GeoParquet", "out.jsonl", "out.ndjson"]
)
def test_what_was_written_is_read_back_the_same(report, tmp_path, name):
    path = tmp_path / name
    written = [report, gao.make_report(id="two"), records.failed("bad", "no text")]
    exports.write(written, path, exports.format_of(path))
    assert imports.is_saved(str(path))
    loaded = imports.load(path)
    assert [records.record(each) for each in loaded] == [records.record(each) for each in written[:2]]
    assert loaded[0].document.text == gao.TEXT


def test_a_real_report_comes_back_and_maps_the_same(sample, tmp_path):
    import geomap
    from geomap import marks
    from geomap.gazetteer import Gazetteer

    report = geomap.extract(geomap.read(sample))
    path = tmp_path / "out.gpkg"
    geomap.write(report, path, "gpkg")
    (loaded,) = geomap.load(path)
    assert records.record(loaded) == records.record(report)
    drawn, redrawn = (marks.draw(each, Gazetteer.open()) for each in (report, loaded))
    assert [(mark.kind, mark.claims, mark.remarks) for mark in redrawn] == [
        (mark.kind, mark.claims, mark.remarks) for mark in drawn
    ]


@pytest.mark.parametrize("format", LAYERED)
def test_text_that_no_file_can_hold_keeps_its_offsets(tmp_path, format):
    report = gao.make_report(text="\0=cmd\ud800\u202e" + gao.TEXT[7:])
    path = tmp_path / f"out.{format}"
    exports.write(report, path, format)
    (loaded,) = imports.load(path)
    assert len(loaded.document.text) == len(report.document.text)
    assert [claim.movement.evidence for claim in loaded.claimed] == [
        claim.movement.evidence for claim in report.claimed
    ]


def test_a_moved_point_moves_the_claims_that_name_it(saved):
    edit(saved, "locations", move(0, Point(-1.5, 14.25)))
    (loaded,) = imports.load(saved)
    place = loaded.located[0]
    assert place.footprint.geometry.equals(Point(-1.5, 14.25))
    assert place.footprint.remarks == "moved by a person, in out.gpkg"
    assert place.decided_by == "a person, in out.gpkg"
    claim = records.record(loaded)["claims"][0]
    assert claim["geometry"]["geometries"][0] == {"type": "Point", "coordinates": [-1.5, 14.25]}
    assert (loaded.located[1].decided_by, loaded.claimed[0].decided_by) == (None, None)


def test_an_edited_latitude_moves_a_location_too(saved):
    def change(table):
        table.loc[0, ["lat", "lon"]] = [14.25, -1.5]

    edit(saved, "locations", change)
    assert imports.load(saved)[0].located[0].footprint.geometry.equals(Point(-1.5, 14.25))


def test_words_without_a_place_can_be_given_one(saved):
    edit(saved, "locations", move(2, box(-1, 16, 0, 17)))
    (loaded,) = imports.load(saved)
    assert loaded.located[2].footprint.kind == "area"
    assert records.record(loaded)["claims"][1]["geometry"]["type"] == "Polygon"


def test_a_deleted_location_is_listed_and_not_drawn(saved):
    edit(saved, "locations", lambda table: table.drop(index=0))
    (loaded,) = imports.load(saved)
    assert loaded.located[0].footprint.kind == "unlocated"
    assert len(loaded.located) == 3


def test_a_deleted_claim_is_rejected_and_the_events_follow(saved):
    edit(saved, "claims", lambda table: table.drop(index=0))
    (loaded,) = imports.load(saved)
    assert [claim.id for claim in loaded.claimed] == ["c2"]
    assert [(claim.id, claim.decided_by) for claim in loaded.rejected] == [("c1", "a person, in out.gpkg")]
    assert [event.claims for event in loaded.grouped] == [("c2",)]


def test_edited_cells_of_a_claim_count(saved):
    def change(table):
        table.loc[0, ["certainty", "direction", "force", "event_date", "event_date_kind"]] = [
            "denied", "transfer", None, "2012-04-01", "by",
        ]  # fmt: skip

    edit(saved, "claims", change)
    (loaded,) = imports.load(saved)
    claim = loaded.claimed[0]
    assert (claim.certainty, claim.movement.direction, claim.movement.force) == ("denied", "transfer", None)
    assert (claim.movement.event_date.isoformat(), claim.movement.event_date_kind) == ("2012-04-01", "by")
    assert claim.decided_by == "a person, in out.gpkg"
    assert loaded.claimed[1].decided_by is None


def test_the_place_of_one_claim_can_be_moved_alone(saved):
    edit(saved, "places_points", move(0, Point(-3, 15)))
    edit(saved, "places_areas", lambda table: table.set_geometry(table.geometry.translate(1)))
    (loaded,) = imports.load(saved)
    movement = loaded.claimed[0].movement
    assert movement.source.footprint.geometry.equals(Point(-3, 15))
    assert movement.goal.footprint.geometry.equals(affinity.translate(gao.REGION, 1))
    assert movement.goal.footprint.remarks == "moved by a person, in out.gpkg"
    assert loaded.located[0].footprint.geometry.x == pytest.approx(-0.0441)


def test_a_deleted_place_of_a_claim_is_not_drawn(saved):
    edit(saved, "places_areas", lambda table: table.drop(index=0))
    (loaded,) = imports.load(saved)
    assert loaded.claimed[0].movement.goal.footprint.kind == "unlocated"


def test_the_only_place_of_a_claim_moves_with_the_claims_own_geometry(report, tmp_path, caplog):
    path = tmp_path / "out.gpkg"
    exports.write(report, path, "gpkg")
    edit(path, "claims", move(0, Point(0, 0)))
    with caplog.at_level(logging.WARNING, "geomap"):
        imports.load(path)
    assert "claim c1 has 2 places; move them in the layer of places" in caplog.text


@pytest.mark.parametrize("format", ["geojson", "parquet"])
def test_other_files_can_be_edited_as_well(report, tmp_path, format):
    path = tmp_path / f"out.{format}"
    exports.write(report, path, format)
    if format == "geojson":
        collection = json.loads(path.read_text(encoding="utf-8"))
        for feature in collection["features"]:
            if feature["properties"]["layer"] == "claims" and feature["properties"]["id"] == "c1":
                feature["properties"]["certainty"] = "possible"
            if feature["properties"]["layer"] == "documents":
                # What desktop programs make of JSON inside JSON.
                feature["properties"]["record"] = json.dumps(feature["properties"]["record"])
        path.write_text(json.dumps(collection), encoding="utf-8")
    else:
        table = geopandas.read_parquet(path)
        table.loc[0, "certainty"] = "possible"
        table[table["id"] == "c1"].to_parquet(path)
    (loaded,) = imports.load(path)
    assert loaded.claimed[0].certainty == "possible"
    assert len(loaded.claimed) == (2 if format == "geojson" else 1)


def test_a_new_row_has_no_words_and_is_left_out_with_a_warning(saved, caplog):
    def change(table):
        table.loc[0, "id"] = "c9"

    edit(saved, "claims", change)
    with caplog.at_level(logging.WARNING, "geomap"):
        (loaded,) = imports.load(saved)
    assert "claims ('c9',) is new" in caplog.text
    assert [claim.id for claim in loaded.claimed] == ["c2"]


def test_an_edit_that_makes_no_sense_is_a_clear_error(saved):
    def change(table):
        table.loc[0, "certainty"] = "surely"

    edit(saved, "claims", change)
    with pytest.raises(DataError, match="'surely' is none of asserted"):
        imports.load(saved)


def test_corrections_apply_to_what_was_saved(report, tmp_path):
    path, decided = tmp_path / "out.jsonl", tmp_path / "decided.csv"
    exports.write(report, path)
    decided.write_text(
        'document,words,place,who,when,why\n*,the border,"15.5, -2",Ana,2024-01-02,\n'
        "gao,Others stay at their posts.,not a claim,Bo,2024-01-03,\n",
        encoding="utf-8",
    )
    (loaded,) = imports.load(path, settings=Settings(corrections=decided))
    assert [claim.id for claim in loaded.claimed] == ["c1"]
    assert loaded.rejected[0].decided_by == "Bo"
    assert loaded.located[1].decided_by == "Ana"
    assert loaded.claimed[0].movement.goal.footprint is None
    assert loaded.located[1].footprint.geometry.contains(Point(-2, 15.5))


@pytest.mark.parametrize("name", ["out.gpkg", "out.geojson", "out.parquet", "out.jsonl"])
@pytest.mark.parametrize(
    "content",
    [None, b"", b"{}", b"[1]", b'{"type": "FeatureCollection", "features": [{"properties": null}]}', b"\xff\0" * 99,
     b'{"type":"FeatureCollection","features":[{"properties":{"layer":"documents","record":"{"},"geometry":null}]}',
     b'{"type":"FeatureCollection","features":[{"properties":{"layer":"documents","record":[]},"geometry":null}]}',
     b"[" * 100_000],
)  # fmt: skip
def test_files_that_hold_nothing_of_ours(tmp_path, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    if (name, content) == ("out.jsonl", b""):
        assert imports.load(path) == []
        return
    with pytest.raises(DataError, match="out"):
        imports.load(path)


def test_a_geopackage_of_another_program_is_a_clear_error(tmp_path):
    path = tmp_path / "roads.gpkg"
    geopandas.GeoDataFrame({"a": [1]}, geometry=[Point(0, 0)], crs=4326).to_file(path, layer="roads")
    with pytest.raises(DataError, match="holds no documents of geomap"):
        imports.load(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.jsonl", '{"id": "a", "text": "the \\"toponyms\\" of a text"}'), ("a.jsonl", ""), ("a.txt", '{"toponyms": 1}')],
)
def test_reports_are_not_taken_for_records(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    assert not imports.is_saved(str(path))
    assert not imports.is_saved(str(Path("-")))
