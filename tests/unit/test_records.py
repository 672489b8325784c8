"""Records of reports, and reports of records."""

from __future__ import annotations

import json
from dataclasses import replace

import gao
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPoint, MultiPolygon, Point, Polygon, box, shape

from geomap import exports, frames, records
from geomap.errors import DataError
from geomap.model import BorderStrip, Footprint


@pytest.fixture
def report():
    return gao.make_report()


@pytest.fixture
def record(report):
    return records.record(report)


def test_record_has_the_stable_form(record):
    assert list(record) == [
        "id", "title", "published", "url", "error", "toponyms", "locations", "claims", "events",
        "publisher", "home", "skip", "text",
    ]  # fmt: skip
    assert record["error"] is None
    assert record["toponyms"][0]["place"] == {
        "id": "geonames:2457163", "name": "Gao", "country": "ML", "feature_code": "PPLA",
        "lat": 16.2712, "lon": -0.0441, "uncertainty_m": 5000, "score": 0.9346, "admin1": None, "source": "GeoNames",
    }  # fmt: skip
    assert record["toponyms"][1]["place"] is None
    claim = record["claims"][0]
    assert claim["trigger"] == list(gao.span("left"))
    assert claim["source"] == {"span": list(gao.span("Gao")), "text": "Gao", "explicit": True, "location": 0}
    assert claim["goal"]["footprint"]["type"] == "Polygon"
    assert claim["quantities"] == [{"span": [1, 4], "kind": "units", "value": 2, "unit": None}]
    assert (claim["event_date"], claim["claim_date"]) == ("2012-03-30", "2012-03-31")
    assert claim["quote"] == gao.TEXT[:50]
    assert record["claims"][1]["area"]["explicit"] is False
    assert record["claims"][1]["geometry"] is None
    assert record["events"][0]["relations"] == [
        {"type": "contradicts", "from": "c1", "to": "c2", "reason": "stay against left"}
    ]


def test_a_claims_geometry_is_what_it_means(record):
    point, band = shape(record["claims"][0]["geometry"]).geoms
    assert point.equals_exact(Point(-0.0441, 16.2712), 1e-9)
    assert band.equals(gao.REGION)
    assert record["events"][0]["geometry"] == record["claims"][0]["geometry"]


def test_outlines_are_thinned_to_what_their_uncertainty_allows():
    jagged = Point(10, 50).buffer(3, quad_segs=2000).union(Point(20, 50).buffer(0.001))
    thinned = records._written(Footprint(kind="area", geometry=jagged, uncertainty_m=300_000.0, remarks=""))
    assert len(thinned.exterior.coords) < 200
    assert thinned.symmetric_difference(jagged).area / jagged.area < 0.005
    sharp = Footprint(kind="area", geometry=jagged, uncertainty_m=None, remarks="")
    assert len(records._written(sharp).geoms) == 2


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
    lon, lat = records.representative_point(geometry, None)
    assert geometry.intersects(Point(lon, lat))


def test_outer_rings_are_counter_clockwise(record):
    assert not gao.REGION.exterior.is_ccw
    assert shape(record["claims"][0]["goal"]["footprint"]).exterior.is_ccw


def test_records_come_back_from_a_file(report, record, tmp_path):
    path = tmp_path / "records.jsonl"
    exports.write([report, records.failed("bad", "no text")], path)
    loaded = list(records.read(path))
    assert loaded == [record, records.failed("bad", "no text")]
    assert frames.to_gdf(loaded, "claims").equals(frames.to_gdf(report, "claims"))


@pytest.mark.parametrize("content", ["{}\n", "[]\n", "{", "\udcff"])
def test_what_is_no_record(tmp_path, content):
    path = tmp_path / "records.jsonl"
    path.write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(DataError):
        list(records.read(path))


def test_missing_file_of_records(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        list(records.read(tmp_path / "records.jsonl"))


def test_lone_surrogates_and_nul_are_kept(record):
    record["title"] = "a\ud800\0 Київ"
    line = records.dumps(record)
    assert json.loads(line.encode()) == record
    record["title"] = "Київ"
    assert "Київ" in records.dumps(record)


def test_a_record_that_is_restored_and_written_again_is_the_same(record):
    restored = records.restore(json.loads(records.dumps(record)))
    assert records.record(restored) == record
    assert restored.document.text == gao.TEXT


def test_who_decided_and_what_was_rejected_comes_back(report):
    first, second = report.claimed
    decided = replace(report.located[0], decided_by="Ana")
    report.located = (decided, *report.located[1:])
    report.claimed, report.rejected = (replace(first, decided_by="Ana"),), (replace(second, decided_by="Bo"),)
    record = records.record(report)
    assert [claim["decided_by"] for claim in record["rejected"]] == ["Bo"]
    restored = records.restore(record)
    assert records.record(restored) == record
    assert (restored.located[0].decided_by, restored.rejected[0].id) == ("Ana", "c2")


def test_a_strip_along_a_border_comes_back(report):
    strip = BorderStrip(countries=("ML", "BF"), side="BF", bearing_deg=45.0, width_m=50_000.0)
    border = report.located[1]
    report.located = (report.located[0], replace(border, footprint=replace(border.footprint, border=strip)))
    report.claimed = report.claimed[:1]
    assert records.restore(records.record(report)).located[1].footprint.border == strip


def test_a_text_that_was_left_out_leaves_its_quotes_where_they_stood(report):
    record = records.record(report, text=False)
    assert record["text"] is None
    text = records.restore(record).document.text
    for claim in report.claimed:
        start, end = claim.movement.evidence
        assert text[start:end] == gao.TEXT[start:end]
    assert records.restore({key: value for key, value in record.items() if key != "text"}).document.text == text


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["claims"][0].update(certainty="sure"),
        lambda record: record["claims"][0].update(evidence=[0, 9_999]),
        lambda record: record["claims"][0].update(evidence=[9, 3]),
        lambda record: record["claims"][0].update(evidence=None),
        lambda record: record["claims"][0]["source"].update(location=7),
        lambda record: record["claims"][0].pop("trigger"),
        lambda record: record["claims"][0].update(event_date="yesterday"),
        lambda record: record["locations"][0].update(footprint={"type": "Polygon", "coordinates": [[1]]}),
        lambda record: record["locations"][0].update(footprint={"type": "Blob", "coordinates": []}),
        lambda record: record["locations"][0].update(toponyms=[-1]),
        lambda record: record["toponyms"][0]["place"].update(lon="east"),
        lambda record: record["events"][0].update(status="unclear"),
        lambda record: record.update(text=17),
        lambda record: record.update(claims=[None]),
        lambda record: record.update(text=None, toponyms=[{**record["toponyms"][0], "start": 10**12}]),
    ],
)
def test_a_record_that_makes_no_sense_is_a_clear_error(record, change):
    change(record)
    with pytest.raises(DataError, match="document gao cannot be understood"):
        records.restore(record)


def test_a_document_that_failed_cannot_be_restored():
    with pytest.raises(DataError, match="no text"):
        records.restore(records.failed("bad", "no text"))


ring = st.lists(
    st.tuples(st.floats(-179, 179), st.floats(-85, 85)).map(lambda point: (point[0] / 7, point[1] / 7)),
    min_size=3, max_size=40, unique=True,
)  # fmt: skip


@given(ring, st.sampled_from([None, 0.0, 500.0, 20_000.0, 400_000.0]))
@settings(max_examples=100, deadline=None)
def test_what_is_written_stays_as_it_is_and_valid(points, uncertainty_m):
    geometry = MultiPoint(points).convex_hull.buffer(0.01).union(Polygon(points).buffer(0))
    written = records._written(Footprint(kind="area", geometry=geometry, uncertainty_m=uncertainty_m, remarks=""))
    assert written.is_valid
    assert not written.is_empty
    again = records._written(Footprint(kind="area", geometry=written, uncertainty_m=uncertainty_m, remarks=""))
    assert again.equals_exact(written)
    coded = records.encode(written)
    assert shape(coded).equals_exact(written)
    for part in getattr(written, "geoms", [written]):
        assert part.exterior.is_ccw
        assert not any(hole.is_ccw for hole in part.interiors)


def test_geometries_kept_apart_give_the_same_line(report):
    record = records.record(report, text=False)
    geometries = records.Geometries()
    marked = records.record(report, text=False, geometries=geometries)
    assert marked != record
    assert geometries.dumps(marked) == records.dumps(record)
    drawn = [geometries.wkb(location["footprint"]) for location in marked["locations"]]
    expected = [
        location["footprint"] and shapely.to_wkb(shape(location["footprint"])) for location in record["locations"]
    ]
    assert drawn == expected
    assert any(drawn)


@pytest.mark.parametrize("words", ['{"geometry kept apart": 0}', "{", '{"', '"geometry kept apart": 0}', "\ud800"])
def test_words_are_not_taken_for_geometries(words):
    geometries = records.Geometries()
    marked = {words: words, "geometry": geometries.mark(shapely.Point(1, 2)), "list": [words, {words: 0}, words]}
    drawn = {**marked, "geometry": {"type": "Point", "coordinates": [1.0, 2.0]}}
    assert geometries.dumps(marked) == records.dumps(drawn)
