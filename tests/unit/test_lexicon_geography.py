"""The geographic tables of the lexicon: complete, well formed, without contradictions."""

from __future__ import annotations

import csv
from collections import Counter
from importlib import resources

import pytest

LEXICON = resources.files("geomap") / "lexicon"
TABLES = (
    "countries.csv",
    "demonyms.csv",
    "abbreviations.csv",
    "regions.csv",
    "features.csv",
    "facilities.csv",
    "localities.csv",
    "aliases.csv",
    "geonames_ids.csv",
    "disputed.csv",
    "division_words.csv",
)


def read(table: str) -> list[dict[str, str]]:
    lines = [line for line in (LEXICON / table).read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return list(csv.DictReader(lines, strict=True))


@pytest.mark.parametrize("table", TABLES)
def test_documents_its_columns_and_fills_every_row(table: str) -> None:
    text = (LEXICON / table).read_text("utf-8")
    assert text.startswith("#")
    assert "Source" in text or "source" in text
    rows = read(table)
    assert rows
    assert not [row for row in rows if None in row or None in row.values()]


def test_every_country_has_a_demonym() -> None:
    countries = {row["iso"] for row in read("countries.csv")}
    assert len(countries) == 250
    assert countries <= {row["place"] for row in read("demonyms.csv")}


@pytest.mark.parametrize(
    ("table", "least"),
    [
        ("regions.csv", 150),
        ("features.csv", 400),
        ("facilities.csv", 400),
        ("localities.csv", 400),
        ("disputed.csv", 20),
    ],
)
def test_has_enough_rows_under_names_of_their_own(table: str, least: int) -> None:
    names = Counter(row["name"] for row in read(table))
    assert len(names) >= least
    assert max(names.values()) == 1


def test_names_do_not_recur_between_tables() -> None:
    tables = ("regions.csv", "features.csv", "facilities.csv", "localities.csv")
    names = [row["name"] for table in tables for row in read(table)]
    assert len(names) == len(set(names))


def test_coordinates_are_on_earth_and_regions_say_why() -> None:
    for row in (*read("facilities.csv"), *read("localities.csv")):
        assert -90 <= float(row["lat"]) <= 90
        assert -180 <= float(row["lon"]) <= 180
        assert row["source"]
        assert row["country"] in {country["iso"] for country in read("countries.csv")} | {""}
    for row in read("regions.csv"):
        assert row["reason"]
        assert row["source"]


def test_notes_on_disputes_are_one_line() -> None:
    for row in read("disputed.csv"):
        assert row["note"].endswith(".")
        assert len(row["note"]) <= 160
