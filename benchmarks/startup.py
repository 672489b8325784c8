"""How long each verb takes from a cold process, beside what its libraries take to load.

``python benchmarks/startup.py [REPORT]`` prints the median and the range of five runs of each command, interleaved so
that all see the same machine, after one run each to warm the file cache. The figure to watch is the ratio of ``geomap
map`` to loading spaCy, geopandas, folium and the language model: what is left is geomap's own work.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = 5
LIBRARIES = "import folium, geopandas, spacy; from geomap import nlp; nlp.load()"


def main() -> None:
    """Time the commands and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = ROOT / "data" / "reports" / "2022-02-16-border-of-ukraine.txt"
    parser.add_argument("report", nargs="?", type=Path, default=default)
    report = parser.parse_args().report
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        commands = {
            "libraries and model": ["-c", LIBRARIES],
            "geomap map": ["-m", "geomap", "map", str(report), "-o", str(page)],
            "geomap extract": ["-m", "geomap", "extract", str(report)],
            "geomap geocode": ["-m", "geomap", "geocode", "Kyiv"],
            "geomap --help": ["-m", "geomap", "--help"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for run in range(RUNS + 1):
            for name, arguments in commands.items():
                took = timed(arguments)
                if run:
                    seconds[name].append(took)
    base = statistics.median(seconds["libraries and model"])
    print(f"{'command':22} {'median s':>9} {'range s':>13} {'ratio':>6}")
    for name, runs in seconds.items():
        middle = statistics.median(runs)
        print(f"{name:22} {middle:9.2f} {min(runs):6.2f}-{max(runs):6.2f} {middle / base:6.2f}")


def timed(arguments: list[str]) -> float:
    """Return the wall time in seconds of one run of Python."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
