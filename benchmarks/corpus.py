"""Measures ``geomap corpus``: what other tools do with the same documents, memory, and one worker against two.

``python benchmarks/corpus.py tools`` reads the same documents with geomap, with bare spaCy (small English model, all
components) and with flashgeotext (names of places alone, by a word list), one document after another in turn, so that
all three see the same machine, and prints documents and words for each second of processor time.

``python benchmarks/corpus.py memory`` prints the peak memory of a run over 1,000 and over 20,000 documents: of the
process that hands out and writes, and of all processes together. ``python benchmarks/corpus.py workers`` prints the
time of 2,000 documents with one worker and with two; it needs a machine that does nothing else.

The documents are those of ``benchmarks/generate.py``; ``--shared FOLDER`` reads the collections in it besides.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import generate
import psutil

from geomap import documents, nlp, pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from geomap.model import Document

TOOLS = 150
MEMORY = (1_000, 20_000)
WORKERS = 2_000
_EVERY_S = 0.2


def sources(shared: Path | None, count: int) -> dict[str, list[Document]]:
    """Return the documents to read, by the name of their collection."""
    made = [documents.from_fields(row, "x") for row in generate.generate(count)]
    found = {"generated": made}
    for path in sorted(shared.glob("*/*.jsonl")) if shared is not None else ():
        # Every so many, so that all of a large collection is seen.
        known = list(documents.read_many(path, force=True))
        found[path.stem] = known[:: max(1, len(known) // count)]
    return {name: [each for each in many if not isinstance(each, documents.Unread)] for name, many in found.items()}


def tools() -> dict[str, Callable[[Document], object]]:
    """Return what reads a document, by name."""
    model = nlp.load()
    known: dict[str, Callable[[Document], object]] = {
        "geomap": pipeline.extract,
        "spaCy, all components": lambda document: model(document.text),
    }
    try:
        from flashgeotext.geotext import GeoText
    except ImportError:
        print("flashgeotext is not installed: pip install flashgeotext")
    else:
        names = GeoText()
        known["flashgeotext"] = lambda document: names.extract(input_text=document.text)
    return known


def compare(shared: Path | None, count: int) -> None:
    """Print documents and words a second of each tool, and the ratio of geomap's to it."""
    known = tools()
    for name, many in sources(shared, count).items():
        words = sum(len(document.text.split()) for document in many)
        taken = dict.fromkeys(known, 0.0)
        for read in known.values():
            read(many[0])
        for document in many:
            for tool, read in known.items():
                begun = time.process_time()
                read(document)
                taken[tool] += time.process_time() - begun
        print(f"{name}: {len(many)} documents, {words} words")
        for tool, seconds in taken.items():
            ratio = seconds / taken["geomap"]
            print(f"  {tool:22} {len(many) / seconds:9.1f} documents/s {words / seconds:11.0f} words/s", end="")
            print(f"   geomap is {ratio:.2f} times as fast")


def run(source: Path, output: Path, *options: str) -> tuple[float, float, float]:
    """Run ``geomap corpus``; return seconds, and megabytes of its first process and of all together, at their peak."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "geomap", "corpus", str(source), "-o", str(output), *options]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        peak = [0.0, 0.0]
        watcher = threading.Thread(target=_watch, args=(process, peak))
        watcher.start()
        process.wait()
        watcher.join()
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed")
    return time.perf_counter() - begun, *peak


def _watch(process: subprocess.Popen[bytes], peak: list[float]) -> None:
    """Keep the highest memory that a process, and it with all that it started, is seen to have."""
    while process.poll() is None:
        try:
            first = psutil.Process(process.pid)
            own = first.memory_info().rss / 1e6
            # Pages that processes share count for each.
            whole = own + sum(child.memory_info().rss / 1e6 for child in first.children(recursive=True))
        except psutil.NoSuchProcess:
            continue
        peak[:] = max(peak[0], own), max(peak[1], whole)
        time.sleep(_EVERY_S)


def write_documents(count: int, path: Path) -> None:
    """Write a generated collection."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in generate.generate(count))


def measure_memory(counts: list[int], workers: int) -> None:
    """Print the peak memory of runs over so many documents."""
    with tempfile.TemporaryDirectory() as folder:
        first: list[float] = []
        for count in counts:
            source, output = Path(folder) / f"{count}.jsonl", Path(folder) / str(count)
            write_documents(count, source)
            seconds, own, whole = run(source, output, "--workers", str(workers))
            first = first or [own, whole]
            print(f"{count:7} documents: {seconds:7.1f} s, {own:6.0f} MB in the first process, {whole:6.0f} MB in all")
            print(f"        of the first run's: {own / first[0]:.2f} and {whole / first[1]:.2f} times", flush=True)


def measure_workers(count: int) -> None:
    """Print how long one worker and two take for the same documents."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "documents.jsonl"
        write_documents(count, source)
        taken = {}
        for workers in (1, 2):
            taken[workers], _, _ = run(source, Path(folder) / str(workers), "--workers", str(workers))
            print(f"{workers} worker: {taken[workers]:.1f} s, {count / taken[workers]:.1f} documents/s", flush=True)
        print(f"two are {taken[1] / taken[2]:.2f} times as fast as one")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("tools", "memory", "workers"), default="tools")
    parser.add_argument("--shared", type=Path, help="a folder of collections")
    parser.add_argument("--counts", type=int, nargs="+", help="how many documents")
    parser.add_argument("--workers", type=int, default=2, help="for memory")
    given = parser.parse_args()
    if given.what == "tools":
        compare(given.shared, (given.counts or [TOOLS])[0])
    elif given.what == "memory":
        measure_memory(given.counts or list(MEMORY), given.workers)
    else:
        measure_workers((given.counts or [WORKERS])[0])


if __name__ == "__main__":
    main()
