from __future__ import annotations

import json
import os
import subprocess
import sys

import geopandas
import pyogrio
import pytest

from geomap import cli, frames, records

REPORT = (
    "Title: Convoy leaves Agadez\nDate: 2023-05-06\n\nSoldiers left Agadez for Niamey on Friday, the governor said."
)


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "report.txt"
    path.write_text(REPORT, encoding="utf-8")
    return path


@pytest.fixture
def documents(tmp_path):
    path = tmp_path / "docs.jsonl"
    lines = [{"id": name, "text": REPORT.split("\n\n")[1], "published": "2023-05-06"} for name in "abc"]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


LOADED = """
import sys
from geomap import cli
sys.argv = ["geomap", *{arguments}]
try:
    cli.main()
finally:
    print(sorted(set({modules}) & set(sys.modules)), file=sys.stderr)
"""


def loaded(arguments, modules):
    """Run a command in a process of its own; return what it prints and which of some modules it imported."""
    code = LOADED.format(arguments=arguments, modules=modules)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout, done.stderr


def test_help_needs_nothing_heavy():
    modules = ["folium", "geopandas", "numpy", "pandas", "rich", "shapely", "spacy"]
    out, imported = loaded(["--help"], modules)
    assert "gazetteer" in out
    assert imported == "[]\n"


def test_geocode_needs_no_language_model():
    out, imported = loaded(["geocode", "Niamey"], ["folium", "geopandas", "pandas", "spacy"])
    assert "FeatureCollection" in out
    assert imported == "[]\n"


def test_version(run):
    assert run("--version").out.startswith("geomap ")


def test_no_arguments_show_the_help(run):
    outcome = run()
    assert outcome.code == 2
    assert "Usage: geomap" in outcome.out + outcome.err


def test_extract_writes_a_record(run, report):
    outcome = run("extract", report)
    assert (outcome.code, outcome.err) == (0, "")
    record = json.loads(outcome.out)
    assert record["title"] == "Convoy leaves Agadez"
    assert record["published"] == "2023-05-06"
    assert {location["text"] for location in record["locations"]} == {"Agadez", "Niamey"}
    (claim,) = record["claims"]
    assert (claim["source"]["text"], claim["goal"]["text"]) == ("Agadez", "Niamey")


def test_header_and_boilerplate_are_not_read(run, tmp_path):
    path = tmp_path / "report.txt"
    text = f"{REPORT}\nRead More: Tanks leave Zinder for Diffa, says Niger"
    path.write_text(text, encoding="utf-8")
    record = json.loads(run("extract", path).out)
    body = range(text.index("Soldiers"), text.index("Read More"))
    for found in (*record["toponyms"], *record["locations"]):
        assert found["start"] in body, found["text"]


def test_published_wins_for_every_report(run, report, documents):
    outcome = run("extract", report, documents, "--published", "7 May 2023")
    assert {json.loads(line)["published"] for line in outcome.out.splitlines()} == {"2023-05-07"}


def test_id_is_given(run, report):
    assert json.loads(run("extract", report, "--id", "mine").out)["id"] == "mine"
    assert run("extract", report, report, "--id", "mine").code == 2


def test_standard_input_is_a_report_or_json_lines(run, report, documents):
    assert (
        json.loads(run("extract", "-", "--id", "x", stdin=report.read_bytes()).out)["title"] == "Convoy leaves Agadez"
    )
    lines = run("extract", "-", "--jsonl", stdin=documents.read_bytes()).out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["a", "b", "c"]


def test_records_come_in_the_order_of_the_documents(run, documents, tmp_path):
    output = tmp_path / "out.jsonl"
    assert run("extract", documents, "-o", output) == (0, "", "")
    found = list(records.read(output))
    assert [record["id"] for record in found] == ["a", "b", "c"]
    assert {json.dumps({**record, "id": None}) for record in found} == {json.dumps({**found[0], "id": None})}


def test_a_failure_inside_one_document_does_not_stop_the_others(run, documents, monkeypatch):
    from geomap import pipeline

    extract = pipeline.extract

    def fail_once(document, settings):
        if document.id == "b":
            raise ZeroDivisionError
        return extract(document, settings)

    monkeypatch.setattr(pipeline, "extract", fail_once)
    outcome = run("extract", documents)
    assert outcome.code == 0
    assert [json.loads(line)["error"] is None for line in outcome.out.splitlines()] == [True, False, True]
    assert "document b" in outcome.err


@pytest.mark.parametrize("ending", ["geojson", "gpkg"])
def test_form_follows_the_name_of_the_file(run, report, tmp_path, ending):
    output = tmp_path / f"out.{ending}"
    assert run("extract", report, "-o", output).code == 0
    assert len(pyogrio.read_dataframe(output, layer="claims" if ending == "gpkg" else None)) > 0


def test_parquet_of_a_layer(run, report, tmp_path):
    output = tmp_path / "out.parquet"
    assert run("extract", report, "-o", output, "--layer", "locations").code == 0
    assert len(geopandas.read_parquet(output)) == 2


def test_csv_to_standard_output(run, report):
    head, row = run("extract", report, "--format", "csv").out.splitlines()
    assert head.split(",") == list(frames.COLUMNS["claims"])
    assert "Convoy leaves Agadez" in row


def test_explain_brackets_the_roles(run, report):
    out = run("extract", report, "--explain").out
    assert "[mover: Soldiers]" in out
    assert "[source: Agadez]" in out
    assert "[claimant: the governor]" in out
    assert "rules: " in out


def test_explain_cannot_steer_the_terminal(run, tmp_path):
    path = tmp_path / "report.txt"
    path.write_text("Soldiers left \x1b[2JAgadez for \u202eNiamey, the governor said.", encoding="utf-8")
    out = run("extract", path, "--explain").out
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_brackets_nest():
    text = "Troops near the town left."
    shown = cli._bracketed(text, (0, len(text)), [("mover", (0, 20)), ("place", (12, 20)), ("trigger", (21, 25))])
    assert shown == "[mover: Troops near [place: the town]] [trigger: left]."


def test_map_writes_a_page_and_says_where(run, report, tmp_path):
    page = tmp_path / "out.html"
    outcome = run("map", report, "-o", page)
    assert (outcome.code, outcome.out) == (0, "")
    assert str(page) in outcome.err
    assert "Convoy leaves Agadez" in page.read_text(encoding="utf-8")


def test_map_is_named_after_its_report(run, report, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("map", report.name).code == 0
    assert (tmp_path / "report.html").is_file()


def test_map_to_standard_output(run, report):
    outcome = run("map", report, "-o", "-")
    assert outcome.out.lstrip().lower().startswith("<!doctype html>")
    assert outcome.err == ""


def test_map_of_several_reports(run, report, documents, tmp_path):
    outcome = run("map", report, documents, "-o", tmp_path / "out.html")
    assert outcome.code == 0
    assert "4 reports" in outcome.err


def test_map_of_a_collection_with_a_bad_document(run, tmp_path):
    path = tmp_path / "docs.jsonl"
    path.write_text('{"id": "bad"}', encoding="utf-8")
    outcome = run("map", path, "-o", tmp_path / "out.html")
    assert outcome.code == 1
    assert "document bad" in outcome.err


def test_geocode_prints_geojson(run):
    outcome = run("geocode", "Niamey")
    first = json.loads(outcome.out)["features"][0]
    assert first["properties"]["place"] == "Niamey"
    assert first["properties"]["country"] == "NE"
    assert first["geometry"] is not None


def test_geocode_ranks_candidates(run):
    features = json.loads(run("geocode", "Springfield", "--limit", "4").out)["features"]
    scores = [feature["properties"]["score"] for feature in features]
    assert len(features) == 4
    assert scores == sorted(scores, reverse=True)
    assert len({feature["properties"]["place_id"] for feature in features}) == 4


def test_gazetteer_info_names_sources_and_licences(run):
    info = json.loads(run("gazetteer", "info").out)
    assert "GeoNames" in json.dumps(info)
    assert "CC BY 4.0" in json.dumps(info)


def test_gazetteer_search(run):
    head, *rows = run("gazetteer", "search", "Goma").out.splitlines()
    assert head.split("\t")[:2] == ["id", "name"]
    assert any(row.split("\t")[3] == "CD" for row in rows)


def test_output_in_a_terminal_without_utf8(report):
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    report.write_text("Soldiers left Kraków, Żory’s mayor said.", encoding="utf-8")
    command = [sys.executable, "-m", "geomap", "extract", str(report)]
    done = subprocess.run(command, check=True, capture_output=True, env=environment)
    assert "Kraków" in done.stdout.decode("utf-8")


def test_verbose_says_what_was_found(run, report):
    outcome = run("-v", "extract", report)
    assert json.loads(outcome.out)["error"] is None
    assert "published 2023-05-06 (from header)" in outcome.err


def test_a_message_is_one_harmless_line(run):
    outcome = run("extract", "no\nsuch \x1b[2Jfile")
    assert outcome.code == 1
    assert outcome.err == "geomap: no such \ufffd[2Jfile does not exist; check the path\n"


def test_public_names_exist():
    import geomap

    assert all(getattr(geomap, name) is not None for name in geomap.__all__)
    assert set(geomap.__all__) <= set(dir(geomap))
    with pytest.raises(AttributeError, match="no attribute"):
        _ = geomap.nothing
