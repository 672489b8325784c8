"""What took long to compute is read from disk the next time, to the last bit, and nothing depends on it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import shapely
from shapely.geometry import LineString

from geomap import geodesy, shapes
from geomap.model import BorderStrip, Footprint

LINE = LineString([(lon / 10, 48 + (lon % 7) / 50) for lon in range(60)])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep shapes in a folder of the test's own."""
    monkeypatch.setenv("GEOMAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(shapes, "_WORTH_KEEPING_S", 0.0)
    return tmp_path / "cache"


class Counter:
    """A maker of footprints that counts how often it works."""

    def __init__(self) -> None:
        self.calls = 0

        @shapes.kept
        def make(line: LineString, width_m: float) -> Footprint:
            self.calls += 1
            strip = BorderStrip(countries=("ML", "NE"), side="NE", width_m=width_m)
            geometry = geodesy.band(line, width_m)
            return Footprint(
                kind="band", geometry=geometry, uncertainty_m=0.1 + 0.2, remarks="é", point=(2.0, 1 / 3), border=strip
            )

        self.make = make


def again() -> None:
    """Forget what this process knows, as another process would."""
    shapes._shelf_in.cache_clear()


def test_a_footprint_is_read_back_to_the_last_bit(folder: Path) -> None:
    counter = Counter()
    first = counter.make(LINE, 20_000.0)
    again()
    second = counter.make(LINE, 20_000.0)
    assert counter.calls == 1
    assert shapely.to_wkb(second.geometry) == shapely.to_wkb(first.geometry)
    assert second == first
    assert [path.suffix for path in folder.iterdir()] == [".sqlite"]


@pytest.mark.usefixtures("folder")
def test_other_arguments_are_other_shapes() -> None:
    counter = Counter()
    counter.make(LINE, 20_000.0)
    counter.make(LINE, 20_001.0)
    counter.make(LineString(list(LINE.coords)[:-1]), 20_000.0)
    assert counter.calls == 3


@pytest.mark.usefixtures("folder")
def test_what_cannot_be_told_apart_is_computed() -> None:
    calls = []

    @shapes.kept
    def make(of: object) -> LineString:
        calls.append(of)
        return LINE

    for _ in range(2):
        make(object())
    assert len(calls) == 2


@pytest.mark.usefixtures("folder")
def test_what_is_quick_to_compute_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "_WORTH_KEEPING_S", 1_000.0)
    counter = Counter()
    counter.make(LINE, 20_000.0)
    counter.make(LINE, 20_000.0)
    assert counter.calls == 2


@pytest.mark.parametrize("damage", ["file", "row"])
def test_a_damaged_file_is_not_believed(folder: Path, damage: str) -> None:
    counter = Counter()
    first = counter.make(LINE, 20_000.0)
    (path,) = folder.iterdir()
    if damage == "file":
        path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 40_000)
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE shapes SET facts = replace(facts, '0.3', '0.4')")
        connection.close()
    again()
    assert counter.make(LINE, 20_000.0) == first
    assert counter.calls == 2


def test_without_a_folder_shapes_are_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setattr(shapes, "folders", lambda: [blocked / "cache"])
    again()
    counter = Counter()
    assert counter.make(LINE, 20_000.0) == counter.make(LINE, 20_000.0)
    assert counter.calls == 2
    again()


def test_a_file_that_another_process_writes_to_is_not_waited_for(folder: Path) -> None:
    counter = Counter()
    counter.make(LINE, 20_000.0)
    (path,) = folder.iterdir()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    again_made = counter.make(LINE, 20_000.0)
    other.execute("ROLLBACK")
    other.close()
    assert again_made == counter.make(LINE, 20_000.0)
    assert counter.calls == 2
