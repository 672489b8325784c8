"""The runner of the scores holds floors and only ever raises them."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def runner():
    spec = importlib.util.spec_from_file_location("gold_run", HERE / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nested_figures_get_dotted_names(runner):
    figures = {"claims": {"F1": 0.8, "n": 3}, "alarms": [1, 5], "total": 0.7, "none": None}
    assert dict(runner.flat(figures)) == {"claims.F1": 0.8, "claims.n": 3, "alarms": 1, "total": 0.7}


def test_a_figure_below_its_floor_is_named(runner):
    assert runner.below({"total": 0.69, "false_plots": 0.2}, {"total": 0.7, "false_plots": 0.1}) == [
        "total 0.690 < 0.700",
        "false_plots 0.200 > 0.100",
    ]
    assert runner.below({"total": 0.7, "false_plots": 0.1}, {"total": 0.7, "false_plots": 0.1}) == []


def test_a_missing_figure_is_below_its_floor(runner):
    assert runner.below({}, {"total": 0.7}) == ["total -inf < 0.700"]
    assert runner.below({}, {"false_plots": 0.7}) == ["false_plots inf > 0.700"]


def test_floors_rise_and_never_fall(runner):
    floors = {"total": 0.7, "placed": 0.9, "false_plots": 0.1, "false_dates": 0.1}
    figures = {"total": 0.8, "placed": 0.8, "false_plots": 0.02, "false_dates": 0.5}
    assert runner.raised(figures, floors) == {"total": 0.79, "placed": 0.9, "false_plots": 0.03, "false_dates": 0.1}


def test_floors_are_of_sets_that_can_be_scored(runner):
    assert set(json.loads((HERE / "floors.json").read_text(encoding="utf-8"))) <= set(runner.SETS)
