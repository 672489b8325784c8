"""What docs/threats.md promises and no test of one module alone can show."""

from __future__ import annotations

import ast
import json
import logging
import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from geomap import documents, maps, shapes

ROOT = Path(__file__).resolve().parent.parent
REPORT = "Two battalions left Agadez for Niamey on Friday, the governor said. He denied that more will leave."
PAGE = f"""<!DOCTYPE html><html lang="en"><head><title>On the move</title>
<link rel="stylesheet" href="https://tracker.example/a.css"><base href="https://tracker.example/">
<meta http-equiv="refresh" content="0; url=https://tracker.example/"></head>
<body><iframe src="https://tracker.example/"></iframe><article><p>{REPORT}</p><p>{REPORT}<img src="https://tracker.example/p.gif"></p>
<object data="file:///etc/passwd"></object></article></body></html>"""


@pytest.fixture
def no_sockets(monkeypatch):
    """Refuse every socket, also to this machine, and every question for a name."""
    opened = []

    def refuse(*arguments, **_):
        opened.append(arguments)
        msg = "a socket was opened"
        raise AssertionError(msg)

    class Refused(socket.socket):
        __init__ = refuse

    monkeypatch.setattr(socket, "socket", Refused)
    for name in ("create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
    return opened


def test_no_network_by_default(run, tmp_path, no_sockets):
    (tmp_path / "report.txt").write_text(REPORT, encoding="utf-8")
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    for report in ("report.txt", "page.html"):
        for name in ("out.jsonl", "out.geojson", "out.csv", "out.gpkg", "out.parquet", "out.kml"):
            assert run("extract", tmp_path / report, "-o", tmp_path / name).code == 0
        assert run("map", tmp_path / report, "-o", tmp_path / "map.html").code == 0
    for words in (("geocode", "50 km north of Agadez"), ("gazetteer", "search", "Agadez"), ("gazetteer", "info")):
        assert run(*words).code == 0
    assert no_sockets == []


def test_what_a_page_points_at_is_not_fetched(tmp_path, no_sockets):
    path = tmp_path / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    text = documents.read(path).text
    assert "Agadez" in text
    assert "root:" not in text
    assert no_sockets == []


def test_no_code_of_ours_runs_what_it_reads():
    forbidden = {"eval", "exec", "compile", "__import__", "pickle", "marshal", "shelve", "yaml", "system", "popen"}
    for path in (ROOT / "geomap").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = set()
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                names = {node.func.id}
            elif isinstance(node, ast.Import):
                names = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {(node.module or "").split(".")[0]}
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
                names = {node.attr}
            elif isinstance(node, ast.keyword) and node.arg == "shell":
                names = {"system"}
            # Between processes of its own, geomap sends objects.
            names -= {"pickle"} if path.name == "readers.py" else set()
            assert not names & forbidden, f"{path.name}:{getattr(node, 'lineno', '?')}"


def test_messages_cannot_steer_a_terminal(run, tmp_path):
    path = tmp_path / "a\x1b]0;title\x07\x1b[2Jb\u202e.txt"
    path.write_text("", encoding="utf-8")
    outcome = run("extract", path)
    assert outcome.code == 1
    assert not set("\x1b\x07\u202e") & set(outcome.err)
    line = json.dumps({"id": "\x1b[2J", "text": ""})
    assert "\x1b" not in run("extract", "--jsonl", "-", stdin=line.encode()).err


def test_explanations_cannot_steer_a_terminal(run, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(f"\x1b[2J{REPORT}\x1b]0;x\x07", encoding="utf-8")
    assert not set("\x1b\x07") & set(run("extract", path, "--explain").out)


def test_names_and_ids_choose_no_place_to_write(run, tmp_path, monkeypatch):
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    for name in ("..report.txt", "-report.txt", "a b$(x).txt"):
        (tmp_path / name).write_text(REPORT, encoding="utf-8")
        assert run("map", "--", tmp_path / name).code == 0
    line = json.dumps({"id": "../../../evil", "text": REPORT, "title": "../evil"})
    (tmp_path / "docs.jsonl").write_text(line, encoding="utf-8")
    for output in ("out.gpkg", "out.csv", "out.geojson", "out.kml"):
        assert run("extract", tmp_path / "docs.jsonl", "-o", output).code == 0
    before = {"..report.txt", "-report.txt", "a b$(x).txt", "docs.jsonl", "work"}
    assert {path.name for path in tmp_path.iterdir()} == before
    assert len(list(work.iterdir())) == 7


def test_an_address_chooses_no_place_to_write():
    for address in (
        "https://example.org/../../etc/passwd",
        "https://example.org/a/..",
        "https://example.org/%2e%2e%2fx",
    ):
        assert "/" not in documents.stem_of(address)


@pytest.mark.skipif(os.name == "nt", reason="folders have other owners there")
def test_a_temporary_cache_that_others_can_write_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / f"geomap-{os.getuid()}"
    assert shapes.folders()[-1] == folder
    folder.mkdir(mode=0o700)
    assert shapes.folders()[-1] == folder
    folder.chmod(0o777)
    assert shapes.folders()[-1] != folder
    folder.rmdir()
    folder.symlink_to(tmp_path)
    assert shapes.folders()[-1] != folder


def test_the_page_allows_no_request():
    page = maps.render([])
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#x27;", "'")
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in re.search(r"script-src ([^;]*)", policy)[1]
    assert "unsafe-eval" not in policy


SAME = """
import sys
from pathlib import Path
from geomap import cli
for arguments in (["extract", "report.txt"], ["extract", "report.txt", "--format", "geojson"],
                  ["extract", "report.txt", "--format", "csv"], ["map", "report.txt", "-o", "-"]):
    sys.argv = ["geomap", *arguments]
    try:
        cli.main()
    except SystemExit as stop:
        assert not stop.code
"""


def test_the_same_input_gives_the_same_bytes(tmp_path, sample):
    (tmp_path / "report.txt").write_bytes(sample.read_bytes())
    outputs = [
        subprocess.run(
            [sys.executable, "-c", SAME],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "42")
    ]
    assert len(outputs[0]) > 100_000
    assert outputs[0] == outputs[1]


def test_quiet_by_default_and_v_explains(run, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(REPORT, encoding="utf-8")
    assert run("extract", path).err == ""
    explained = run("-v", "extract", path).err
    assert re.search(r"geomap: a-\w+: published unknown .* 2 claims", explained) or "toponyms" in explained
    assert logging.getLogger("geomap").level == logging.INFO
    run("extract", path)


def test_a_damaged_file_says_one_line(run, tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\nxref\n0 9\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF"
    )
    outcome = run("extract", path)
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)


def test_every_threat_names_tests_that_are_there():
    text = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| Threat", "|---"))]
    assert len(rows) >= 25
    for row in rows:
        tests = re.findall(r"`(\w[\w/]*)::(\w+)`", row)
        assert tests, row
        for name, test in tests:
            path = ROOT / "tests" / f"{name}.py"
            assert f"def {test}(" in path.read_text(encoding="utf-8"), f"{name}::{test}"
