"""Fits the ranker that resolves toponyms (``make fit``), and cross-validates it by document (``--folds``).

For each gold toponym with coordinates, the right options are those within 161 km of them (the tolerance of the field's
evaluations), or with the same GeoNames id; the best of these are those with the same id, or else the nearest. The
ranker is trained to give the right ones the most probability together, and the best ones some more. Names whose place
is not among their options, and names that the cross-validated tagger finds where the gold has none, teach when to
answer "none". Weights are fitted by full-batch Adam from a fixed start: the same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import train_toponyms as corpora
from numpy.typing import NDArray

from geomap import evidences, meanings, nlp, places, toponyms
from geomap.gazetteer import Gazetteer
from geomap.model import Document, Place, Toponym

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
OUTPUT = ROOT / "geomap" / "assets" / "places.json"

Floats = NDArray[np.float64]

# Hyperparameters, chosen by cross-validation on the same corpora.
UNITS = 16
STEPS = 250
RATE = 0.02
DECAY = 3e-4
BEST_SHARE = 0.3
NONE_WEIGHT = 0.5
CORPUS_WEIGHTS = {"wotr": 0.5}
SAME_PLACE_KM = 15.0
MOST_WRONG = 12


@dataclass
class Case:
    """One document: its problem and, for each unit, what is right."""

    corpus: str
    id: str
    problem: evidences.Problem
    right: list[NDArray[np.bool_]]
    best: list[NDArray[np.bool_]]
    weights: list[float]


def read_documents(shared: Path) -> list[tuple[str, dict[str, Any]]]:
    """Read the corpora as (corpus, record)."""
    found = []
    for corpus in corpora.CORPORA:
        with (shared / "corpora" / f"{corpus}.jsonl").open(encoding="utf-8") as lines:
            found += [(corpus, json.loads(line)) for line in lines]
    return found


def read_gold(shared: Path) -> list[tuple[str, dict[str, Any]]]:
    """Read the movement gold in the form of the corpora: the names in it, with the points of the literal ones."""
    files = [shared / "gold" / "dev.jsonl", shared / "seed" / "gold.jsonl"]
    mentions: dict[str, dict[str, Any]] = {}
    for file in files:
        with file.open(encoding="utf-8") as lines:
            mentions.update((str(record["id"]), record) for record in map(json.loads, lines))
    found = []
    for text in corpora.read_gold(files):
        record = mentions[text.id]
        names = []
        for start, end, kind in text.names:
            around = [m for m in record["mentions"] if m["span"][0] <= start and end <= m["span"][1]]
            # Where an expression has two names, its point belongs to neither.
            alone = [m for m in around if sum(m["span"][0] <= s and e <= m["span"][1] for s, e, _ in text.names) == 1]
            point = alone[0] if alone and kind == "literal" else {}
            names.append({
                "start": start, "end": end, "lat": point.get("lat"), "lon": point.get("lon"), "geonameid": None,
                "tolerance_km": point.get("tolerance_km") or 0,
            })  # fmt: skip
        found.append(("gold", {"id": text.id, "text": text.text, "url": record.get("url"), "toponyms": names}))
    return found


def document_of(record: dict[str, Any]) -> Document:
    """Make the document that geomap would read."""
    return Document(id=str(record["id"]), text=record["text"], url=record.get("url"))


def accepted_points(
    gold: dict[str, Any], country_points: Sequence[Sequence[Sequence[float]]]
) -> list[tuple[float, float]]:
    """Every (lat, lon) that counts as right: the gold's, and the others of the same country."""
    here = (gold["lat"], gold["lon"])
    for points in country_points:
        if any(float(meanings.kilometres(here[1], here[0], lon, lat)) < 1 for lat, lon in points):
            return [here, *((lat, lon) for lat, lon in points)]
    return [here]


def make_case(
    corpus: str,
    record: dict[str, Any],
    spans: Sequence[Toponym],
    gazetteer: Gazetteer,
    country_points: Sequence[Sequence[Sequence[float]]],
) -> Case:
    """Pose a document's problem and mark what is right by the gold."""
    problem = evidences.pose(spans, document_of(record), gazetteer)
    gold = {(name["start"], name["end"]): name for name in record["toponyms"]}
    case = Case(corpus, str(record["id"]), problem, [], [], [])
    for unit in problem.units:
        rows = problem.table.names[unit.name]
        answers = [gold.get(spans[mention].span) for mention in unit.mentions]
        right = np.zeros(rows.stop - rows.start + 1, dtype=bool)
        best = right.copy()
        known = [answer for answer in answers if answer is not None and answer["lat"] is not None]
        weight = CORPUS_WEIGHTS.get(corpus, 1.0) * np.sqrt(len(known))
        if known:
            answer = known[0]
            points = accepted_points(answer, country_points)
            distance = np.min(
                [
                    meanings.kilometres(problem.table.lon[rows], problem.table.lat[rows], lon, lat)
                    for lat, lon in points
                ],
                axis=0,
            )
            same = np.array(
                [option.place.id == f"geonames:{answer['geonameid']}" for option in problem.table.options[rows]],
                dtype=bool,
            )
            within = np.array([_reach_km(option.place) for option in problem.table.options[rows]])
            right[:-1] = (distance <= np.maximum(within, answer.get("tolerance_km", 0))) | same
            best[:-1] = same if same.any() else (distance <= max(SAME_PLACE_KM, distance.min(initial=1e9))) & right[:-1]
        elif all(answer is None for answer in answers):
            # Found by the tagger where the gold has nothing.
            weight = NONE_WEIGHT * CORPUS_WEIGHTS.get(corpus, 1.0)
        if not right.any() and (known or weight):
            right[-1] = best[-1] = True
            weight *= NONE_WEIGHT if known else 1.0
        case.right.append(right)
        case.best.append(best)
        case.weights.append(float(weight))
    return case


# Corpora put one point somewhere into these; any place that covers it is right.
_WIDE = frozenset({"continent", "region", "water", "terrain"})


def _reach_km(place: Place) -> float:
    """How far from the gold's point a place may be and still be right."""
    wide = place.uncertainty_m / 1000 if meanings.group_of(place) in _WIDE else 0.0
    return max(places.RIGHT_WITHIN_KM, wide)


@dataclass
class Stack:
    """The feature matrices of many units, one under another."""

    rows: Floats
    starts: NDArray[np.int64]
    owner: NDArray[np.int64]
    right: NDArray[np.bool_]
    best: NDArray[np.bool_]
    weights: Floats


def stack(cases: Sequence[Case], features: Sequence[Sequence[Floats]]) -> Stack:
    """Stack the units that have a known answer."""
    chosen = []
    for case, matrices in zip(cases, features, strict=True):
        for rows, right, best, weight in zip(matrices, case.right, case.best, case.weights, strict=True):
            if weight > 0 and right.any():
                # Options come in the order of prominence; small places far down teach little and cost much.
                kept = right | (np.arange(len(right)) < MOST_WRONG)
                kept[-1] = True
                chosen.append((rows[kept].astype(np.float32), right[kept], best[kept], weight))
    lengths = [len(rows) for rows, *_ in chosen]
    return Stack(
        rows=np.concatenate([rows for rows, *_ in chosen]),
        starts=np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64),
        owner=np.repeat(np.arange(len(chosen)), lengths),
        right=np.concatenate([right for _, right, _, _ in chosen]),
        best=np.concatenate([best for _, _, best, _ in chosen]),
        weights=np.array([weight for *_, weight in chosen]),
    )


def fit(data: Stack, seed: int = 0, units: int = UNITS, steps: int = STEPS, decay: float = DECAY) -> places.Ranker:
    """Fit one ranker by Adam on the whole stack."""
    random = np.random.default_rng(seed)
    size = data.rows.shape[1]
    values = {
        "linear": np.zeros(size),
        "hidden": random.normal(0, 1 / np.sqrt(size), (size, units)),
        "bias": np.zeros(units),
        "output": random.normal(0, 0.3, units),
    }
    values = {name: value.astype(np.float32) for name, value in values.items()}
    mean = {name: np.zeros_like(value) for name, value in values.items()}
    square = {name: np.zeros_like(value) for name, value in values.items()}
    share = (data.weights / data.weights.sum()).astype(np.float32)
    for step in range(1, steps + 1):
        active = np.tanh(data.rows @ values["hidden"] + values["bias"])
        scores = data.rows @ values["linear"] + active @ values["output"]
        chances = _softmax(scores, data)
        error = np.zeros_like(scores)
        for target, portion in ((data.right, 1 - BEST_SHARE), (data.best, BEST_SHARE)):
            within = _softmax(np.where(target, scores, -1e9), data)
            error += portion * (chances - within)
        error *= share[data.owner]
        back = np.outer(error, values["output"]) * (1 - active**2)
        gradients = {
            "linear": data.rows.T @ error,
            "hidden": data.rows.T @ back,
            "bias": back.sum(axis=0),
            "output": active.T @ error,
        }
        rate = RATE * min(1.0, step / 20) * (1 - 0.9 * step / steps)
        for name, value in values.items():
            gradient = gradients[name] + (decay * value if name != "bias" else 0)
            mean[name] = 0.9 * mean[name] + 0.1 * gradient
            square[name] = 0.999 * square[name] + 0.001 * gradient**2
            values[name] = value - rate * (mean[name] / (1 - 0.9**step)) / (
                np.sqrt(square[name] / (1 - 0.999**step)) + 1e-8
            )
    return places.Ranker(**{name: value.astype(np.float64) for name, value in values.items()})


def _softmax(scores: Floats, data: Stack) -> Floats:
    top = np.maximum.reduceat(scores, data.starts)
    powers = np.exp(scores - top[data.owner])
    return powers / np.add.reduceat(powers, data.starts)[data.owner]


def fit_both(
    cases: Sequence[Case], features: Sequence[Sequence[Floats]] | None = None
) -> tuple[places.Ranker, places.Ranker]:
    """Fit the first pass, and the second on the first one's answers; ``features`` are the first pass's, if at hand."""
    if features is None:
        features = first_features(cases)
    first = fit(stack(cases, features))
    second_features = []
    for case, rows in zip(cases, features, strict=True):
        chances = [places._softmax(first.scores(unit)) for unit in rows]  # noqa: SLF001 - the same softmax
        second_features.append(evidences.matrices(case.problem, places.beliefs_of(case.problem, chances)))
    return first, fit(stack(cases, second_features))


def first_features(cases: Sequence[Case]) -> list[list[Floats]]:
    """Return the features of the first pass, which do not depend on any weight."""
    return [evidences.matrices(case.problem, places.prior_beliefs(case.problem)) for case in cases]


def write(rankers: Sequence[places.Ranker], path: Path, facts: dict[str, Any]) -> None:
    """Write the weights, rounded, with the figures of the fit."""
    passes = [
        {part: np.round(getattr(ranker, part), 4).tolist() for part in ("linear", "hidden", "bias", "output")}
        for ranker in rankers
    ]
    data = {"about": "Weights of geomap.places, written by data/fit_places.py", **facts,
            "features": list(evidences.FEATURES), "passes": passes}  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")


# ---------------------------------------------------------------------------------------------- spans with types


def passages(text: str) -> list[toponyms.Passage]:
    """Split a text into words as geomap does, without a parse."""
    tokenizer = nlp.load().tokenizer
    plain = nlp.plain(text)
    found = []
    for start, end, _ in nlp.paragraphs(Document(id="", text=text)):
        doc = tokenizer(plain[start:end])
        found.append(
            toponyms.Passage(
                [token.text for token in doc],
                [bool(token.whitespace_) for token in doc],
                [start + token.idx for token in doc],
            )
        )
    return found


def read_with(text: str, tagger: toponyms.Tagger) -> list[Toponym]:
    """Find the names of a text with one fold's tagger."""
    return toponyms.find_in(text, passages(text), tagger)


def type_spans(text: str, spans: Sequence[tuple[int, int]], tagger: toponyms.Tagger) -> list[Toponym]:
    """Type given spans with one fold's typer."""
    found: dict[tuple[int, int], Toponym] = {}
    for passage in passages(text):
        if not passage.words:
            continue
        low, high = passage.starts[0], passage.starts[-1] + len(passage.words[-1])
        inside = [span for span in spans if span[0] >= low and span[1] <= high]
        names, kept = [], []
        for start, end in inside:
            covered = [
                index
                for index, (at, word) in enumerate(zip(passage.starts, passage.words, strict=True))
                if at < end and at + len(word) > start
            ]
            if covered:
                names.append((covered[0], covered[-1] + 1))
                kept.append((start, end))
        classes, _ = toponyms.classify(passage.words, tagger.lexicon)
        typed = toponyms.type_names(text, toponyms.Reading(passage, names, classes), tagger.typer)
        for (start, end), toponym in zip(kept, typed, strict=True):
            found[start, end] = Toponym(start=start, end=end, text=text[start:end], type=toponym.type)
    for start, end in spans:
        found.setdefault((start, end), Toponym(start=start, end=end, text=text[start:end], type="literal"))
    return [found[span] for span in sorted(found)]


def make_cases(shared: Path, folds: Path | None, gazetteer: Gazetteer) -> list[Case]:
    """Make one case a document, from its gold spans and what its fold's tagger finds besides."""
    table = json.loads((shared / "corpora" / "country_points.json").read_text(encoding="utf-8"))
    cases = []
    for corpus, record in [*read_documents(shared), *read_gold(shared)]:
        fold = corpora.fold_of(corpus, str(record["id"]))
        tagger = toponyms.load(str(folds / f"fold-{fold}") if folds else None)
        gold = sorted({(name["start"], name["end"]) for name in record["toponyms"]})
        extra = [
            toponym.span
            for toponym in read_with(record["text"], tagger)
            if not any(toponym.start < end and start < toponym.end for start, end in gold)
        ]
        spans = type_spans(record["text"], [*gold, *extra], tagger)
        if spans:
            cases.append(make_case(corpus, record, spans, gazetteer, list(table.values())))
    return cases


def main() -> None:
    """Read the arguments and fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder with the corpora")
    parser.add_argument(
        "--tagger-folds", type=Path, help="folder of train_toponyms.py --folds: taggers that did not see the text"
    )
    parser.add_argument(
        "--folds", type=Path, help="cross-validate: write places-0.json to places-4.json into this folder"
    )
    arguments = parser.parse_args()
    cases = make_cases(arguments.shared, arguments.tagger_folds, Gazetteer.open())
    print(f"{len(cases)} documents, {sum(len(case.right) for case in cases)} names", file=sys.stderr)
    if arguments.folds:
        features = first_features(cases)
        for fold in range(corpora.FOLDS):
            kept = [at for at, case in enumerate(cases) if corpora.fold_of(case.corpus, case.id) != fold]
            rankers = fit_both([cases[at] for at in kept], [features[at] for at in kept])
            write(rankers, arguments.folds / f"places-{fold}.json", {"fold": fold})
        return
    write(fit_both(cases), OUTPUT, {"documents": len(cases)})


if __name__ == "__main__":
    main()
