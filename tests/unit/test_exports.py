"""Files, read by other libraries than the one that wrote them."""

from __future__ import annotations

import contextlib
import csv
import json
import shutil
import sqlite3
import stat
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import get_args

import fastkml.validator
import gao
import geopandas
import lxml.etree
import pyarrow.parquet
import pyogrio
import pytest
import shapely
from shapely.geometry import Point, shape

from geomap import exports, frames, geodesy, imports, records
from geomap.errors import DataError
from geomap.model import Certainty, Footprint


@pytest.fixture
def report():
    return gao.make_report()


def test_the_ending_of_a_file_names_its_format():
    formats = {"a.GPKG": "gpkg", "a.geoparquet": "parquet", "a.kml": "kml", "a.jsonl": "json", "a": "json", "-": "json"}
    assert {name: exports.format_of(Path(name)) for name in formats} == formats


def test_an_ending_of_no_format_is_told_rather_than_guessed():
    with pytest.raises(DataError, match=r"report\.shp: no format has the ending \.shp; choose one of \.csv, "):
        exports.format_of(Path("out/report.shp"))


def test_geojson_is_a_feature_collection_of_all_layers(report):
    collection = json.loads("".join(exports.texts([report, report], "geojson")))
    assert set(collection) == {"type", "features"}
    assert [feature["properties"]["layer"] for feature in collection["features"]] == [
        "documents", *["locations"] * 3, *["claims"] * 2, *["places"] * 3, "events"
    ] * 2  # fmt: skip
    for feature in collection["features"]:
        assert set(feature) == {"type", "geometry", "properties"}


def test_geojson_keeps_to_its_standard_across_the_antimeridian(report):
    strait = geodesy.circle(179.8, 65.9, 100_000.0)
    footprint = Footprint(kind="area", geometry=strait, uncertainty_m=100_000.0, remarks="")
    report.located = (replace(report.located[0], footprint=footprint), *report.located[1:])
    collection = json.loads("".join(exports.texts(report, "geojson")))
    (cut,) = [
        feature["geometry"]
        for feature in collection["features"]
        if feature["properties"]["layer"] == "locations" and feature["properties"]["text"] == "Gao"
    ]
    # RFC 7946, 3.1.9 and 3.1.6: two parts that end at the line, outer rings against the clock.
    assert cut["type"] == "MultiPolygon"
    west, east = sorted(shape(cut).geoms, key=lambda part: part.bounds[0])
    assert (west.bounds[0], east.bounds[2]) == (-180, 180)
    assert west.exterior.is_ccw
    assert east.exterior.is_ccw
    assert max(west.bounds[2] + 180, 180 - east.bounds[0]) < 5


def test_geojson_without_features_is_valid():
    assert json.loads("".join(exports.texts([], "geojson"))) == {"type": "FeatureCollection", "features": []}


def test_geojson_is_read_by_another_reader(report, tmp_path):
    path = tmp_path / "out.geojson"
    exports.write(report, path, "geojson")
    read = pyogrio.read_dataframe(path)
    assert list(read["layer"].value_counts(sort=False)) == [1, 3, 2, 3, 1]
    assert read.total_bounds == pytest.approx([-0.0441, 16, 2, 18])
    assert read["record"][0]["id"] == "gao"


def test_csv_cannot_inject_formulas(tmp_path):
    path = tmp_path / "out.csv"
    exports.write(gao.make_report(id='=HYPERLINK("https://example.org")'), path, "csv")
    with path.open(encoding="utf-8", newline="") as file:
        first, _ = csv.DictReader(file)
    assert first["document"].startswith("'=")
    assert first["quote"].startswith("'=Two")
    assert list(first) == list(frames.COLUMNS["claims"])
    assert first["geometry"].startswith("GEOMETRYCOLLECTION")


def test_csv_keeps_numbers_as_numbers(report):
    rows = list(csv.DictReader("".join(exports.texts(report, "csv", layer="locations")).splitlines()))
    assert rows[0]["lon"] == "-0.0441"


def test_geopackage_has_all_layers(report, tmp_path):
    path = tmp_path / "out.gpkg"
    exports.write(report, path, "gpkg")
    assert dict(pyogrio.list_layers(path)) == {
        "documents": None, "locations": "Unknown", "claims": "Unknown", "events": "Unknown",
        "places_points": "Point", "places_lines": "MultiLineString", "places_areas": "MultiPolygon",
        "layer_styles": None,
    }  # fmt: skip
    claims = geopandas.read_file(path, layer="claims")
    assert claims.crs == "EPSG:4326"
    assert claims["mover"].iloc[0] == "Two brigades"
    assert claims.geometry[0].equals(frames.to_gdf(report).geometry[0])
    assert list(pyogrio.read_dataframe(path, layer="documents")["text"]) == [gao.TEXT]


def test_geopackage_has_styles_as_qgis_looks_for_them(report, tmp_path):
    path = tmp_path / "out.gpkg"
    exports.write(report, path, "gpkg")
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        styles = database.execute("SELECT * FROM layer_styles WHERE useAsDefault").fetchall()
        geometry_columns = dict(database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
    assert {style["f_table_name"] for style in styles} == set(exports.PLACES)
    for style, kind in zip(styles, ["marker", "line", "fill"], strict=True):
        assert style["f_geometry_column"] == geometry_columns[style["f_table_name"]]
        qml = lxml.etree.fromstring(style["styleQML"])
        assert set(qml.xpath("//category/@value")) == set(get_args(Certainty))
        assert set(qml.xpath("//category/@symbol")) == set(qml.xpath("//symbol/@name"))
        assert set(qml.xpath("//symbol/@type")) == {kind}
        sld = lxml.etree.fromstring(style["styleSLD"].encode())
        assert len(sld.findall(".//{http://www.opengis.net/sld}Rule")) == len(get_args(Certainty))


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="GDAL's own tools are not installed")
def test_geopackage_is_valid_for_gdal(report, tmp_path):
    path = tmp_path / "out.gpkg"
    exports.write(report, path, "gpkg")
    shown = subprocess.run(["ogrinfo", "-so", "-al", path], check=True, capture_output=True, text=True)
    assert "Layer name: places_points" in shown.stdout
    assert "Geometry: Multi Polygon" in shown.stdout
    assert 'ID["EPSG",4326]' in shown.stdout
    assert "Warning" not in shown.stdout + shown.stderr


@pytest.mark.parametrize("format", exports.FORMATS)
def test_the_same_reports_give_the_same_bytes(report, tmp_path, format):
    for name in ("first", "second"):
        exports.write([report, gao.make_report(id="two")], tmp_path / name, format)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_geoparquet_is_read_by_geopandas_and_pyarrow(report, tmp_path):
    path = tmp_path / "out.parquet"
    exports.write(report, path, "parquet", layer="locations")
    read = geopandas.read_parquet(path)
    assert read.crs == "EPSG:4326"
    assert list(read["text"]) == ["Gao", "the border", "their posts"]
    meta = json.loads(pyarrow.parquet.read_schema(path).metadata[b"geo"])
    assert meta["primary_column"] == "geometry"
    assert meta["columns"]["geometry"]["encoding"] == "WKB"
    assert meta["columns"]["geometry"]["crs"]["id"] == {"authority": "EPSG", "code": 4326}
    table = pyarrow.parquet.read_table(path).to_pydict()
    assert shapely.from_wkb(table["geometry"][0]).equals(read.geometry[0])


def test_kml_is_valid_by_its_schema_and_read_by_gdal(report, tmp_path):
    path = tmp_path / "out.kml"
    report.document = replace(report.document, url="https://example.org/?a=1&b=<2>")
    hole = Point(5, 5).buffer(2).difference(Point(5, 5).buffer(1)).union(Point(9, 9).buffer(1))
    holed = Footprint(kind="area", geometry=hole, remarks="")
    report.located = (*report.located[:2], replace(report.located[2], footprint=holed))
    exports.write([report, gao.make_report(id="two")], path, "kml")
    assert fastkml.validator.validate(file_to_validate=path)
    read = pyogrio.read_dataframe(path, layer="Claims")
    assert list(read["Name"]) == ["withdrawal (ML): Two brigades", "presence: c2"]
    assert read.geometry[0].geoms[0].x == pytest.approx(-0.0441)


def test_kml_has_folders_and_time_spans(report):
    text = "".join(exports.texts(report, "kml"))
    root = lxml.etree.fromstring(text.encode())
    names = {"k": "http://www.opengis.net/kml/2.2"}
    folders = root.xpath("/k:kml/k:Document/k:Folder/k:Folder/k:name/text()", namespaces=names)
    assert folders == ["Claims", "Places named"]
    first, second = root.xpath("//k:Folder[k:name='Claims']/k:Placemark", namespaces=names)
    assert first.xpath("k:TimeSpan/*/text()", namespaces=names) == ["2012-03-30", "2012-03-30"]
    assert second.find("k:TimeSpan", namespaces=names) is None
    assert first.xpath("k:styleUrl/text()", namespaces=names) == ["#asserted"]
    assert root.xpath("//k:Style[@id='asserted']", namespaces=names)


@pytest.mark.parametrize(
    ("kind", "parts"),
    [("on", ["begin", "end"]), ("by", ["end"]), ("from", ["begin"]), ("ongoing", ["begin"])],
)
def test_how_a_day_binds_is_how_long_a_placemark_shows(report, kind, parts):
    movement = replace(report.claimed[0].movement, event_date_kind=kind)
    report.claimed = (replace(report.claimed[0], movement=movement), report.claimed[1])
    root = lxml.etree.fromstring("".join(exports.texts(report, "kml")).encode())
    spans = root.findall(".//{http://www.opengis.net/kml/2.2}TimeSpan")
    assert [lxml.etree.QName(part).localname for part in spans[0]] == parts


def test_text_in_kml_is_neither_markup_nor_html():
    report = gao.make_report(text="<b>x</b>" + gao.TEXT[8:])
    report.document = replace(report.document, title="</name><Folder>", url="javascript:alert(1)")
    root = lxml.etree.fromstring("".join(exports.texts(report, "kml")).encode())
    names = {"k": "http://www.opengis.net/kml/2.2"}
    assert len(root.xpath("//k:Folder", namespaces=names)) == 3
    assert root.xpath("string(k:Document/k:Folder/k:name)", namespaces=names) == "</name><Folder>"
    description = root.xpath("string(//k:Placemark/k:description)", namespaces=names)
    assert "&lt;b&gt;x&lt;/b&gt;" in description
    assert "javascript" not in "".join(root.itertext())


@pytest.mark.parametrize("format", ["json", "geojson", "gpkg", "parquet"])
def test_the_text_can_be_left_out(report, tmp_path, format):
    path = tmp_path / f"out.{'jsonl' if format == 'json' else format}"
    exports.write([report, records.record(report)], path, format, text=False)
    assert gao.TEXT[20:].encode() not in path.read_bytes()
    first, _ = imports.load(path)
    assert first.document.text != gao.TEXT
    assert [claim.id for claim in first.claimed] == ["c1", "c2"]


@pytest.mark.parametrize("format", exports.FORMATS)
def test_hostile_text_is_written_in_every_format(tmp_path, format):
    report = gao.make_report(text="\0=cmd\ud800\u202e" + gao.TEXT[6:], id="\ud800\0<b>")
    path = tmp_path / f"out.{format}"
    exports.write(report, path, format)
    assert path.stat().st_size > 0


@pytest.mark.parametrize("format", exports.FORMATS)
def test_reports_without_anything_are_written_in_every_format(tmp_path, format):
    path = tmp_path / f"out.{format}"
    exports.write([records.failed("bad", "no text")], path, format)
    assert path.exists()


@pytest.mark.parametrize("format", exports.FORMATS)
def test_output_that_cannot_be_written(report, tmp_path, format):
    with pytest.raises(DataError, match="cannot be written"):
        exports.write(report, tmp_path / "missing" / "out", format)
    with pytest.raises(DataError, match="Is a directory"):
        exports.write(report, tmp_path, format)


def test_a_failed_run_leaves_the_old_file_and_no_other(report, tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text("old")

    def reports():
        yield report
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        exports.write(reports(), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_of_the_file_stay(report, tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    path.chmod(0o640)
    exports.write(report, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_device_is_written_to(report):
    exports.write(report, "/dev/null")


def test_binary_formats_are_no_text(report):
    with pytest.raises(DataError, match="name an output file"):
        exports.texts(report, "gpkg")
