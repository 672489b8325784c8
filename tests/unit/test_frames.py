from __future__ import annotations

import csv
import json
import stat
from datetime import date
from types import SimpleNamespace

import geopandas
import pyogrio
import pytest
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box, shape

from geomap import frames
from geomap.errors import DataError
from geomap.model import (
    Candidate,
    Claim,
    Document,
    Event,
    Footprint,
    Location,
    Movement,
    Place,
    Quantity,
    Relation,
    Role,
    Toponym,
)

TEXT = "=Two brigades left Gao for the border, Bamako said. Others stay at their posts."
# Clockwise on purpose: what is written must be the other way round.
REGION = Polygon([(0, 16), (0, 18), (2, 18), (2, 16)])


def span(words):
    start = TEXT.index(words)
    return start, start + len(words)


def between(words):
    start, end = span(words)
    return {"start": start, "end": end, "text": words}


def make_report(text=TEXT, id="gao"):
    gao = Place(
        id="geonames:2457163", name="Gao", feature_code="PPLA", country="ML", lon=-0.0441, lat=16.27123456789,
        population=86_353, uncertainty_m=5_000, source="GeoNames",
    )  # fmt: skip
    movement = Movement(
        kind="movement", direction="withdrawal", trigger=span("left"), evidence=(0, 50), force="ML",
        mover=Role(**between("Two brigades")),
        source=Role(**between("Gao"), location=0),
        goal=Role(**between("the border"), location=1, footprint=Footprint(kind="band", geometry=REGION, remarks="")),
        quantities=(Quantity(start=1, end=4, kind="units", value=2),),
        event_date=date(2012, 3, 30), event_date_kind="on", rule="motion-verb/active",
    )  # fmt: skip
    stay = Movement(
        kind="posture", direction="presence", trigger=span("stay"), evidence=span("Others stay at their posts."),
        area=Role(**between("their posts"), location=2, explicit=False), rule="presence-verb",
    )  # fmt: skip
    claims = (
        Claim(
            id="c1", movement=movement, claimant=Role(**between("Bamako")), cue=span("said"), certainty="asserted",
            claim_date=date(2012, 3, 31), rule="cue-verb", reasons=("indicative",),
        ),
        Claim(id="c2", movement=stay, certainty="asserted", rule="voice"),
    )  # fmt: skip
    return SimpleNamespace(
        document=Document(id=id, text=text, title="Gao", published=date(2012, 3, 31), url="https://example.org/gao"),
        toponyms=(
            Toponym(**between("Gao"), type="literal", candidates=(Candidate(place=gao, score=0.93456),)),
            Toponym(**between("Bamako"), type="metonym"),
        ),
        located=(
            Location(
                **between("Gao"), kind="city", toponyms=(0,),
                footprint=Footprint(
                    kind="point", geometry=Point(-0.0441, 16.27123456789), uncertainty_m=5_000.4, remarks="town"
                ),
            ),
            Location(
                **between("the border"), kind="border",
                footprint=Footprint(
                    kind="line", geometry=LineString([(0, 16), (0, 18), (2, 18)]), remarks="line", viewpoint="un"
                ),
            ),
            Location(
                **between("their posts"), kind="facility", within="ML",
                footprint=Footprint(kind="unlocated", remarks="no name"),
            ),
        ),
        claimed=claims,
        grouped=(
            Event(
                id="e1", claims=("c1", "c2"), direction="withdrawal", force="ML", status="disputed",
                relations=(Relation(type="contradicts", first="c1", second="c2", reason="stay against left"),),
            ),
        ),
    )  # fmt: skip


@pytest.fixture
def report():
    return make_report()


@pytest.fixture
def record(report):
    return frames.record(report)


def test_record_has_the_stable_form(record):
    assert list(record) == ["id", "title", "published", "url", "error", "toponyms", "locations", "claims", "events"]
    assert record["error"] is None
    assert record["toponyms"][0]["place"] == {
        "id": "geonames:2457163", "name": "Gao", "country": "ML", "feature_code": "PPLA",
        "lat": 16.2712, "lon": -0.0441, "uncertainty_m": 5000, "score": 0.9346,
    }  # fmt: skip
    assert record["toponyms"][1]["place"] is None
    claim = record["claims"][0]
    assert claim["trigger"] == list(span("left"))
    assert claim["source"] == {"span": list(span("Gao")), "text": "Gao", "explicit": True, "location": 0}
    assert claim["goal"]["footprint"]["type"] == "Polygon"
    assert claim["quantities"] == [{"span": [1, 4], "kind": "units", "value": 2, "unit": None}]
    assert (claim["event_date"], claim["claim_date"]) == ("2012-03-30", "2012-03-31")
    assert claim["quote"] == TEXT[:50]
    assert record["claims"][1]["area"]["explicit"] is False
    assert record["claims"][1]["geometry"] is None
    assert record["events"][0]["relations"] == [
        {"type": "contradicts", "from": "c1", "to": "c2", "reason": "stay against left"}
    ]


def test_a_claims_geometry_is_what_it_means(record):
    point, band = shape(record["claims"][0]["geometry"]).geoms
    assert point.equals_exact(Point(-0.0441, 16.2712), 1e-9)
    assert band.equals(REGION)
    assert record["events"][0]["geometry"] == record["claims"][0]["geometry"]


def test_outlines_are_thinned_to_what_their_uncertainty_allows():
    jagged = Point(10, 50).buffer(3, quad_segs=2000).union(Point(20, 50).buffer(0.001))
    thinned = frames._thinned(Footprint(kind="area", geometry=jagged, uncertainty_m=300_000.0, remarks=""))
    assert len(thinned.exterior.coords) < 200
    assert thinned.symmetric_difference(jagged).area / jagged.area < 0.005
    sharp = Footprint(kind="area", geometry=jagged, uncertainty_m=None, remarks="")
    assert frames._thinned(sharp).equals(jagged)


def test_unlocated_words_have_no_point(record):
    assert [record["locations"][2][key] for key in ("lat", "lon", "footprint")] == [None, None, None]


def test_a_line_is_represented_by_its_middle(record):
    assert (record["locations"][1]["lon"], record["locations"][1]["lat"]) == (0, 18)


@pytest.mark.parametrize(
    "geometry",
    [
        Polygon([(0, 0), (10, 0), (10, 10), (9, 10), (9, 1), (0, 1)]),
        MultiPolygon([box(0, 0, 1, 1), box(5, 5, 6, 6)]),
        Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(1, 1), (3, 1), (3, 3), (1, 3)]]),
    ],
    ids=["bent", "islands", "hole"],
)
def test_an_area_is_represented_by_a_point_inside(geometry):
    lon, lat = frames._representative_point(Footprint(kind="area", geometry=geometry, remarks=""), None)
    assert geometry.intersects(Point(lon, lat))


def test_outer_rings_are_counter_clockwise(record):
    assert not REGION.exterior.is_ccw
    assert shape(record["claims"][0]["goal"]["footprint"]).exterior.is_ccw


def test_records_come_back_from_a_file(report, record, tmp_path):
    path = tmp_path / "records.jsonl"
    frames.write([report, frames.failed("bad", "no text")], path)
    loaded = list(frames.load(path))
    assert loaded == [record, frames.failed("bad", "no text")]
    assert frames.to_gdf(loaded, "claims").equals(frames.to_gdf(report, "claims"))


@pytest.mark.parametrize("content", ["{}\n", "[]\n", "{", "\udcff"])
def test_what_is_no_record(tmp_path, content):
    path = tmp_path / "records.jsonl"
    path.write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(DataError):
        list(frames.load(path))


def test_missing_file_of_records(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        list(frames.load(tmp_path / "records.jsonl"))


def test_lone_surrogates_and_nul_are_kept(record):
    record["title"] = "a\ud800\0 Київ"
    line = frames.dumps(record)
    assert json.loads(line.encode()) == record
    record["title"] = "Київ"
    assert "Київ" in frames.dumps(record)


@pytest.mark.parametrize("layer", frames.LAYERS)
def test_frames_have_the_documented_columns(report, layer):
    for reports in (report, [], [frames.failed("bad", "no text")]):
        gdf = frames.to_gdf(reports, layer)
        assert list(gdf.columns) == list(frames.COLUMNS[layer])
        assert gdf.crs == "EPSG:4326"
    assert len(frames.to_gdf(report, layer)) == {"locations": 3, "claims": 2, "events": 1}[layer]


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


def test_geojson_is_a_feature_collection_of_all_layers(report):
    collection = json.loads("".join(frames.texts([report, report], "geojson")))
    assert set(collection) == {"type", "features"}
    assert [feature["properties"]["layer"] for feature in collection["features"]] == [
        *["locations"] * 3, *["claims"] * 2, "events"
    ] * 2  # fmt: skip


def test_geojson_without_features_is_valid():
    assert json.loads("".join(frames.texts([], "geojson"))) == {"type": "FeatureCollection", "features": []}


def test_geojson_is_read_by_another_reader(report, tmp_path):
    path = tmp_path / "out.geojson"
    frames.write(report, path, "geojson")
    read = pyogrio.read_dataframe(path)
    assert len(read) == 6
    assert read.total_bounds == pytest.approx([-0.0441, 16, 2, 18])


def test_csv_cannot_inject_formulas(tmp_path):
    path = tmp_path / "out.csv"
    frames.write(make_report(id='=HYPERLINK("https://example.org")'), path, "csv")
    with path.open(encoding="utf-8", newline="") as file:
        first, _ = csv.DictReader(file)
    assert first["document"].startswith("'=")
    assert first["quote"].startswith("'=Two")
    assert list(first) == list(frames.COLUMNS["claims"])
    assert first["geometry"].startswith("GEOMETRYCOLLECTION")


def test_csv_keeps_numbers_as_numbers(report):
    rows = list(csv.DictReader("".join(frames.texts(report, "csv", layer="locations")).splitlines()))
    assert rows[0]["lon"] == "-0.0441"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_every_beginning_of_a_formula_is_disarmed(start):
    assert frames._safe(f"{start}1") == f"'{start}1"


def test_geopackage_has_all_layers(report, tmp_path):
    path = tmp_path / "out.gpkg"
    frames.write(report, path, "gpkg")
    assert {name for name, _ in pyogrio.list_layers(path)} == set(frames.LAYERS)
    claims = geopandas.read_file(path, layer="claims")
    assert claims.crs == "EPSG:4326"
    assert claims["mover"].iloc[0] == "Two brigades"
    assert claims.geometry[0].equals(frames.to_gdf(report).geometry[0])


def test_geoparquet(report, tmp_path):
    path = tmp_path / "out.parquet"
    frames.write(report, path, "parquet", layer="locations")
    read = geopandas.read_parquet(path)
    assert read.crs == "EPSG:4326"
    assert list(read["text"]) == ["Gao", "the border", "their posts"]


@pytest.mark.parametrize("format", frames.FORMATS)
def test_hostile_text_is_written_in_every_format(tmp_path, format):
    report = make_report(text="\0=cmd\ud800\u202e" + TEXT[6:], id="\ud800\0<b>")
    path = tmp_path / f"out.{format}"
    frames.write(report, path, format)
    assert path.stat().st_size > 0


@pytest.mark.parametrize("format", frames.FORMATS)
def test_reports_without_anything_are_written_in_every_format(tmp_path, format):
    path = tmp_path / f"out.{format}"
    frames.write([frames.failed("bad", "no text")], path, format)
    assert path.exists()


@pytest.mark.parametrize("format", frames.FORMATS)
def test_output_that_cannot_be_written(report, tmp_path, format):
    with pytest.raises(DataError, match="cannot be written"):
        frames.write(report, tmp_path / "missing" / "out", format)
    with pytest.raises(DataError, match="Is a directory"):
        frames.write(report, tmp_path, format)


def test_a_failed_run_leaves_the_old_file_and_no_other(report, tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text("old")

    def reports():
        yield report
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        frames.write(reports(), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_of_the_file_stay(report, tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    path.chmod(0o640)
    frames.write(report, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_device_is_written_to(report):
    frames.write(report, "/dev/null")


def test_binary_formats_are_no_text(report):
    with pytest.raises(DataError, match="name an output file"):
        frames.texts(report, "gpkg")
