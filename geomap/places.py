"""Says which place each name means: toponym resolution with ranked, calibrated candidates.

Every name is looked up in the gazetteer; a small ranker weighs the evidence for each place that it may mean: how the
name fits, how big and of what kind the place is, what stands next to the name ("Athens, Ga."), the countries and
provinces of the document, how near the places are that the other names may mean, the publisher's home, and the type of
the toponym. It runs twice: first with a prior for what the other names mean, then with its own first answers. "None of
them" is one more candidate. ``data/fit_places.py`` fits its weights on public corpora; ``docs/evaluation.md`` says how
well they do, cross-validated, and how far the scores can be trusted.

A person's corrections (:attr:`geomap.settings.Settings.corrections`) win over everything.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from geomap import corrections, threads
from geomap.errors import DataError
from geomap.evidences import FEATURES, Problem, Table, Unit, features, pose
from geomap.gazetteer import Gazetteer, fold
from geomap.meanings import Option, clean, group_of, kilometres
from geomap.model import Candidate, Toponym
from geomap.settings import DEFAULTS, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geomap.model import Document

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranker:
    """A linear score plus a small layer of tanh units; a softmax over the options and "none" makes it a probability."""

    linear: Floats
    """Shape (features,)."""
    hidden: Floats
    """Shape (features, units)."""
    bias: Floats
    output: Floats
    """Shapes (units,)."""

    def scores(self, features: Floats) -> Floats:
        """Return one score per row of features."""
        return features @ self.linear + np.tanh(features @ self.hidden + self.bias) @ self.output


@cache
def _rankers() -> tuple[Ranker, Ranker]:
    try:
        data = json.loads((files("geomap") / "assets" / "places.json").read_text(encoding="utf-8"))
        return read_rankers(data)
    except (OSError, ValueError, KeyError) as error:
        msg = f"the ranker's weights are missing or do not fit this version of geomap ({error}); run: make fit"
        raise DataError(msg) from error


def read_rankers(data: dict[str, Any]) -> tuple[Ranker, Ranker]:
    """Read the rankers of the first and the second pass from the form that ``data/fit_places.py`` writes."""
    if data["features"] != list(FEATURES):
        msg = "features differ"
        raise ValueError(msg)
    first, second = (
        Ranker(*(np.array(weights[part], dtype=float) for part in ("linear", "hidden", "bias", "output")))
        for weights in data["passes"]
    )
    return first, second


# How steeply the prior, before any evidence, prefers the more prominent place; per power of ten of people.
_PRIOR_SLOPE = 1.5


def prior_beliefs(problem: Problem) -> dict[str, Floats]:
    """Return the probability of each option of each name from its prominence alone."""
    return {name: _softmax(_PRIOR_SLOPE * problem.table.size[rows]) for name, rows in problem.table.names.items()}


def beliefs_of(problem: Problem, probabilities: Sequence[Floats]) -> dict[str, Floats]:
    """Average what the units of each name are believed to mean; "none" is left out."""
    sums: dict[str, Floats] = {}
    counts: dict[str, int] = defaultdict(int)
    for unit, row in zip(problem.units, probabilities, strict=True):
        weight = len(unit.mentions)
        sums[unit.name] = sums.get(unit.name, 0.0) + weight * row[:-1]
        counts[unit.name] += weight
    return {name: values / counts[name] for name, values in sums.items()}


def probabilities(problem: Problem, rankers: tuple[Ranker, Ranker]) -> list[Floats]:
    """Return for each unit the probability of each option, and of "none" last."""
    beliefs = prior_beliefs(problem)
    found: list[Floats] = []
    for ranker in rankers:
        with threads.one():
            scores = ranker.scores(features(problem, beliefs))
        found = [_softmax(row) for row in problem.parted(scores)]
        beliefs = beliefs_of(problem, found)
    for unit, row in zip(problem.units, found, strict=True):
        # The ranker learnt from whole articles, where a name that nothing else supports is often none; in a sentence
        # or two nothing can. (On single sentences of the corpora this puts .77 of the names right instead of .74.)
        row[-1] *= min(1.0, len(problem.units) / _ENOUGH_NAMES)
        row[:] /= row.sum()
        _deny_none(unit, problem.table, row)
        _prefer_seat(unit, problem.table, row)
    return found


# Names in a report, from which on "none" counts in full.
_ENOUGH_NAMES = 6


def _deny_none(unit: Unit, table: Table, row: Floats) -> None:
    """Rule out, in place, that a name which nothing else bears means no place, however short the report is."""
    options = table.options[table.names[unit.name]]
    if any(_is_certain(option, unit.name) for option in options):
        _never_none(row)


def _never_none(row: Floats) -> None:
    row[:-1] /= max(row[:-1].sum(), np.finfo(float).tiny)
    row[-1] = 0.0


def _is_certain(option: Option, name: str) -> bool:
    """Tell the name of a country, a people, or a region of several words in the tables ("Nuba Mountains")."""
    if option.kind != "main":
        return option.kind == "demonym"
    is_region = option.place.id.startswith("geomap:") and not option.reduction
    return group_of(option.place) == "country" or (is_region and " " in name)


# How likely a town must be, beside the division that is named for it, to be what a name without a class word means.
_SEAT_SHARE = 0.1
_SEAT_CODES = ("PPLA", "PPLC")
_SEAT_KM = 161.0


def _prefer_seat(unit: Unit, table: Table, row: Floats) -> None:
    """Take a bare name for the town rather than for the province named for it, in place ("They left Gomel").

    Their points lie too near to each other for the ranker, which learns from the distance to the right point, to tell
    them apart. "The Gomel region" says what it means.
    """
    if len(row) == 1 or any(word.removeprefix("in:").startswith("admin") for word in unit.words):
        return
    rows = table.names[unit.name]
    best = int(row[:-1].argmax())
    division = table.options[rows.start + best].place
    if group_of(division) not in {"admin1", "admin2"}:
        return
    for other in np.argsort(-row[:-1], kind="stable"):
        seat = table.options[rows.start + int(other)].place
        if row[other] < _SEAT_SHARE * row[best]:
            return
        if (
            seat.feature_code.startswith(_SEAT_CODES)
            and (seat.country, seat.admin1) == (division.country, division.admin1)
            and kilometres(seat.lon, seat.lat, division.lon, division.lat) <= _SEAT_KM
        ):
            row[best], row[other] = row[other], row[best]
            return


# What goes on after a name that stands alone; another word may be what the name only describes ("the Dnipro plant").
_GOES_ON = re.compile(
    r"\s*(?:[,.;:!?)\n\"”’]|$|(?:an?|after|and|as|at|before|but|by|for|from|had|has|have|in|into|is|near|of|on|or|since|"
    r"that|the|through|to|towards?|under|until|was|were|when|where|which|while|will|with)\b)"
)
_ARTICLE = "the "
_NEVER_WATER = frozenset({"congo", "gambia"})
"""Countries that take the article, and bear the name of a river."""
_BARE = frozenset({"country", "admin1", "admin2", "admin", "capital", "seat", "city"})
"""What takes no article when it is called by its bare name."""


def _has_article(toponym: Toponym, text: str) -> bool:
    """Tell whether a name stands alone behind "the" ("along the Dnipro,")."""
    before = text[max(0, toponym.start - len(_ARTICLE)) : toponym.start]
    return before.lower() == _ARTICLE and _GOES_ON.match(text, toponym.end) is not None


def _prefer_feature(unit: Unit, table: Table, row: Floats, *, has_article: bool) -> None:
    """Take a name for a river, sea or region rather than for a town named for it or for nothing, in place.

    So say the article ("along the Dnipro") or a word of kind behind the name ("the Niger river").
    """
    options = table.options[table.names[unit.name]]
    groups = [group_of(option.place) for option in options]
    said = {"water", "terrain"}.intersection(unit.words)
    if has_article and unit.name not in _NEVER_WATER:
        said.add("water")
        if any(option.place.id.startswith("geomap:") and not option.reduction for option in options):
            _never_none(row)
    fitting = [index for index, group in enumerate(groups) if group in said]
    best = int(row[:-1].argmax()) if options else 0
    if fitting and groups[best] in _BARE:
        other = max(fitting, key=lambda index: row[index])
        row[best], row[other] = row[other], row[best]


def _softmax(scores: Floats) -> Floats:
    if not len(scores):
        return scores
    powers = np.exp(scores - scores.max())
    return cast("Floats", powers / powers.sum())


# ------------------------------------------------------------------------------------------------- answers

RIGHT_WITHIN_KM = 161.0
"""The score of a place is the probability that the place meant lies within 161 km (100 miles) of it, the tolerance
that the field's evaluations use."""
_MOST_CANDIDATES = 5
_LEAST_SCORE = 0.02


def resolve(
    toponyms: Sequence[Toponym], document: Document, gazetteer: Gazetteer, settings: Settings = DEFAULTS
) -> list[Toponym]:
    """Give each toponym its ranked candidate places.

    Parameters
    ----------
    toponyms
        From :func:`geomap.toponyms.find`, sorted by start.
    document
        Its text, boilerplate (whose toponyms are dropped) and publisher.
    gazetteer
        Where the candidates come from.
    settings
        ``corrections`` names a CSV of a person's decisions.

    Returns
    -------
    list of Toponym
        The same toponyms with candidates, best first; none where no place fits.

    Raises
    ------
    DataError
        If the corrections cannot be read.
    """
    kept = [toponym for toponym in toponyms if not _is_skipped(toponym, document)]
    if not kept:
        return []
    problem = pose(kept, document, gazetteer, settings)
    answers: dict[int, tuple[Candidate, ...]] = {}
    for unit, row in zip(problem.units, probabilities(problem, _rankers()), strict=True):
        has_article = all(_has_article(kept[index], document.text) for index in unit.mentions)
        _prefer_feature(unit, problem.table, row, has_article=has_article)
        found = candidates(problem.table, problem.table.names[unit.name], row)
        answers.update(dict.fromkeys(unit.mentions, found))
    resolved = [replace(toponym, candidates=answers[index]) for index, toponym in enumerate(kept)]
    if settings.corrections is None:
        return resolved
    fixes = corrections.read(settings.corrections)
    return corrections.correct_toponyms(resolved, document, gazetteer, fixes, clean=clean)


def _is_skipped(toponym: Toponym, document: Document) -> bool:
    return any(start <= toponym.start and toponym.end <= end for start, end in document.skip)


def candidates(table: Table, rows: slice, row: Floats) -> tuple[Candidate, ...]:
    """Turn probabilities into candidates; none when "none" is the best answer."""
    if len(row) == 1:
        return ()
    lon, lat = table.lon[rows], table.lat[rows]
    likely = np.argsort(-row[:-1], kind="stable")[: 3 * _MOST_CANDIDATES]
    distance = kilometres(lon[likely][:, None], lat[likely][:, None], lon[None, :], lat[None, :])
    near = (distance <= RIGHT_WITHIN_KM) @ row[:-1]
    if near.max() < row[-1]:
        return ()
    # By the chance of being right, then by the place's own: a town before the county that surrounds it.
    ranked = sorted(range(len(likely)), key=lambda which: (-round(float(near[which]), 6), which))
    best = [
        Candidate(
            place=table.options[rows.start + int(likely[which])].place, score=round(float(min(1.0, near[which])), 4)
        )
        for which in ranked
        if near[which] >= _LEAST_SCORE
    ]
    return tuple(best[:_MOST_CANDIDATES])


def rank(name: str, gazetteer: Gazetteer, settings: Settings = DEFAULTS) -> list[Candidate]:
    """Rank the places that a lone name may mean ("Springfield", "Paris, Texas"), without a document.

    Returns
    -------
    list of Candidate
        Best first, with the share of belief of each; empty when the gazetteer knows no such name.
    """
    from geomap.model import Document

    parts = [match for match in re.finditer(r"[^,]+", name[:_LONGEST_NAME]) if match[0].strip()]
    toponyms = []
    for match in parts:
        words = match[0].strip()
        start = match.start() + match[0].index(words)
        toponyms.append(Toponym(start=start, end=start + len(words), text=words, type="literal"))
    if not toponyms:
        return []
    document = Document(id="", text=name)
    problem = pose(toponyms, document, gazetteer, settings)
    unit_rows = zip(problem.units, probabilities(problem, _rankers()), strict=True)
    unit, row = next((unit, row) for unit, row in unit_rows if 0 in unit.mentions)
    rows = problem.table.names[unit.name]
    share = row[:-1] / max(row[:-1].sum(), np.finfo(float).tiny)
    best = np.argsort(-share, kind="stable")[:_MOST_LISTED]
    found = [
        Candidate(place=problem.table.options[rows.start + int(which)].place, score=round(float(share[which]), 4))
        for which in best
    ]
    if settings.corrections is None:
        return found
    fixes = corrections.read(settings.corrections)
    fix = corrections.decisions_on_places(fixes, document).get(fold(name))
    if fix is None or fix.place.casefold() == corrections.A_PLACE:
        return found
    if fix.place.casefold() == corrections.NOT_A_PLACE:
        return []
    return [Candidate(place=corrections.place_of(fix, gazetteer), score=corrections.SCORE)]


_LONGEST_NAME = 200
_MOST_LISTED = 10
