"""The legend explains what is on the map and no more, in any language, and holds no word of a report."""

from __future__ import annotations

import re

import pytest
import samples

from geomap import legends, maps, marks
from geomap.gazetteer import Gazetteer


@pytest.fixture(scope="module")
def facts():
    sudan = samples.build_sudan()
    return maps.collect([sudan], Gazetteer.open(), maps.DEFAULTS, maps.load_words("en"))["facts"]


@pytest.mark.parametrize("lang", ["en", "fr", "uk"])
def test_legend_names_what_is_drawn(facts, lang):
    words = maps.load_words(lang)
    written = legends.write(facts, words, "50 km")
    assert set(re.findall(r'data-off="g:(\w+)"', written)) == set(marks.GROUPS)
    assert set(re.findall(r'href="#sign-([\w-]+)"', written)) == set(facts["kinds"])
    assert {"arrow", "ticks", "short-arrow", "open-end", "limit", "plus"} <= set(facts["kinds"])
    assert "{width}" not in written
    assert "50 km" in written
    assert written.count("<label>") == written.count("</label>") > 10


def test_every_sign_is_drawn_once():
    drawn = legends.draw_signs()
    for kind in ("arrow", "leaving", "ticks", "mention"):
        assert drawn.count(f'id="sign-{kind}"') == 1
    for group in marks.GROUPS:
        assert drawn.count(f'id="hatch-{group}"') == drawn.count(f'id="head-{group}"') == 1


def test_empty_map_has_no_filters():
    written = legends.write(legends.find_facts([], []), maps.load_words("en"), "50 km")
    assert "data-off" not in written


def test_names_are_escaped(facts):
    written = legends.write({**facts, "force": {"X": "<b>"}}, maps.load_words("en"), "50 km")
    assert "<b>" not in written
    assert "&lt;b&gt;" in written
