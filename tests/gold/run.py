"""Extract the development sets, score them, and hold the figures against their floors.

``python tests/gold/run.py --shared DIR`` prints every figure and fails when one lies below its floor in
``floors.json``. The sets belong to their publishers and are not part of the project; ``--shared`` names the folder that
has them with their scoring scripts. ``--raise`` lifts each floor to its figure less the slack; no option lowers one.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
FLOORS = HERE / "floors.json"
# name: (gold, script, further arguments)
SETS = {
    # Reports of our own on many wars, written and annotated without a look at the rules (docs/precision.md).
    "own": (str(HERE / "own.jsonl"), "movements.py", ()),
    "wires": (str(HERE / "wires.jsonl"), "movements.py", ()),
    "seed": ("seed/gold.jsonl", "movements.py", ()),
    "dev": ("gold/dev.jsonl", "movements.py", ()),
    "trnews": ("corpora/trnews.jsonl", "geoparse.py", ("--by-id",)),
    "geowebnews": ("corpora/geowebnews.jsonl", "geoparse.py", ("--by-id",)),
    "lgl": ("corpora/lgl.jsonl", "geoparse.py", ("--by-id",)),
    "wotr": ("corpora/wotr.jsonl", "geoparse.py", ("--by-id", "--pred-types", "literal,metonym")),
}
# Figures of which less is better: their floors are ceilings.
CEILINGS = ("false_plots", "false_dates", "false_alarms_in_quiet_documents")
# Left out of what is printed.
COUNTS = ("P", "R", "n", "tp", "fp", "fn", "unanswered", "docs", "documents")
# Models in other builds of the same version can change single answers.
SLACK = 0.01


def extract(gold: Path, folder: Path) -> Path:
    """Return the records of a set's documents; a document that failed ends the run."""
    records = folder / gold.name
    command = [sys.executable, "-m", "geomap", "extract", str(gold), "--jsonl", "--format", "json", "-o", str(records)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    with records.open(encoding="utf-8") as lines:
        failures = [record for record in map(json.loads, lines) if record["error"]]
    if failures:
        sys.exit(f"{len(failures)} documents of {gold.name} failed, first {failures[0]['id']}: {failures[0]['error']}")
    return records


def score(name: str, shared: Path, folder: Path) -> dict[str, float]:
    """Return the figures of a set by name, nested ones with dots: ``end_to_end.f1``."""
    gold, script, options = SETS[name]
    records = extract(shared / gold, folder)
    command = [sys.executable, str(shared / "score" / script), str(shared / gold), str(records), "--json", *options]
    if script == "geoparse.py":
        command += ["--country-points", str(shared / "corpora" / "country_points.json")]
    return dict(flat(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)))


def flat(figures: object, path: str = "") -> list[tuple[str, float]]:
    """List the numbers of nested figures."""
    if isinstance(figures, dict):
        return [pair for key, value in figures.items() for pair in flat(value, f"{path}.{key}" if path else key)]
    if isinstance(figures, list) and figures:
        return flat(figures[0], path)
    return [(path, float(figures))] if isinstance(figures, int | float) else []


def below(figures: dict[str, float], floors: dict[str, float]) -> list[str]:
    """Say which figures miss their floors (or exceed their ceilings)."""
    missed = []
    for key, floor in floors.items():
        is_ceiling = key.split(".")[0] in CEILINGS
        value = figures.get(key, math.inf if is_ceiling else -math.inf)
        if value > floor if is_ceiling else value < floor:
            missed.append(f"{key} {value:.3f} {'>' if is_ceiling else '<'} {floor:.3f}")
    return missed


def raised(figures: dict[str, float], floors: dict[str, float]) -> dict[str, float]:
    """Return floors that are as high as the figures allow, and nowhere lower than before."""
    new = {}
    for key, floor in floors.items():
        if key.split(".")[0] in CEILINGS:
            new[key] = min(floor, math.ceil((figures[key] + SLACK) * 1000) / 1000)
        else:
            new[key] = max(floor, math.floor((figures[key] - SLACK) * 1000) / 1000)
    return new


def main() -> None:
    """Score the sets that have floors, or those named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", choices=[*SETS, []], help="default: those with floors")
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--raise", action="store_true", dest="lift")
    options = parser.parse_args()
    floors = json.loads(FLOORS.read_text(encoding="utf-8"))
    missed = []
    for name in options.sets or floors:
        with tempfile.TemporaryDirectory() as folder:
            figures = score(name, options.shared, Path(folder))
        shown = {key: value for key, value in figures.items() if key.rsplit(".", 1)[-1] not in COUNTS}
        print(f"{name}: " + ", ".join(f"{key} {value:.3f}" for key, value in shown.items()), flush=True)
        missed += [f"{name}: {line}" for line in below(figures, floors.get(name, {}))]
        if options.lift and name in floors:
            floors[name] = raised(figures, floors[name])
    if options.lift:
        FLOORS.write_text(json.dumps(floors, indent=2) + "\n", encoding="utf-8")
    if missed:
        sys.exit("below the floor:\n" + "\n".join(missed))


if __name__ == "__main__":
    main()
