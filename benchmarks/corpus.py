"""Measures ``geomap corpus``: what other tools do with the same documents, memory, and one worker against two.

``python benchmarks/corpus.py tools`` reads the same documents with geomap, with bare spaCy (small English model, all
components) and with flashgeotext (names of places alone, by a word list), one document after another in turn, so that
all three see the same machine, and prints documents and words for each second of processor time.

``python benchmarks/corpus.py memory`` prints the peak memory of a run over 1,000 and over 20,000 documents: of the
process that hands out and writes, and of all processes together; ``--sentences 2`` makes the documents short, so that
it takes minutes. ``python benchmarks/corpus.py workers`` prints the time of 2,000 documents with one worker and with
two; it needs a machine that does nothing else. Processor time is printed too: of the first process, whose work no
worker takes off it, and of all together.

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
from dataclasses import dataclass
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


@dataclass
class Cost:
    """What a run takes: of its first process, and of all together."""

    seconds: float = 0.0
    peak_mb: tuple[float, float] = (0.0, 0.0)
    processor_s: tuple[float, float] = (0.0, 0.0)


def run(source: Path, output: Path, *options: str) -> Cost:
    """Run ``geomap corpus`` and return what it takes."""
    begun, cost = time.perf_counter(), Cost()
    command = [sys.executable, "-m", "geomap", "corpus", str(source), "-o", str(output), *options]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        watcher = threading.Thread(target=_watch, args=(process, cost))
        watcher.start()
        process.wait()
        watcher.join()
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed")
    cost.seconds = time.perf_counter() - begun
    return cost


def _watch(process: subprocess.Popen[bytes], cost: Cost) -> None:
    """Keep the highest memory that a process, and it with all that it started, is seen to have, and its time."""
    taken: dict[int, float] = {}
    while process.poll() is None:
        try:
            first = psutil.Process(process.pid)
            # Pages that processes share count for each.
            memory = {each.pid: each.memory_info().rss / 1e6 for each in (first, *first.children(recursive=True))}
            taken |= {pid: sum(psutil.Process(pid).cpu_times()[:2]) for pid in memory}
        except psutil.NoSuchProcess:
            continue
        own, whole = memory[process.pid], sum(memory.values())
        cost.peak_mb = max(cost.peak_mb[0], own), max(cost.peak_mb[1], whole)
        cost.processor_s = taken[process.pid], sum(taken.values())
        time.sleep(_EVERY_S)


def write_documents(count: int, sentences: int | None, path: Path) -> None:
    """Write a generated collection."""
    lengths = generate.SENTENCES if sentences is None else (sentences, sentences)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in generate.generate(count, lengths=lengths))


def measure_memory(counts: list[int], sentences: int | None, workers: int) -> None:
    """Print the peak memory of runs over so many documents."""
    with tempfile.TemporaryDirectory() as folder:
        first: tuple[float, ...] = ()
        for count in counts:
            source, output = Path(folder) / f"{count}.jsonl", Path(folder) / str(count)
            write_documents(count, sentences, source)
            cost = run(source, output, "--workers", str(workers))
            own, whole = cost.peak_mb
            first = first or cost.peak_mb
            print(f"{count:7} documents: {own:6.0f} MB in the first process, {whole:6.0f} MB in all; {_shown(cost)}")
            print(f"        of the first run's: {own / first[0]:.2f} and {whole / first[1]:.2f} times", flush=True)


def measure_workers(count: int, sentences: int | None) -> None:
    """Print how long one worker and two take for the same documents."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "documents.jsonl"
        write_documents(count, sentences, source)
        taken = {}
        for workers in (1, 2):
            cost = run(source, Path(folder) / str(workers), "--workers", str(workers))
            taken[workers] = cost.seconds
            print(f"{workers} worker: {count / cost.seconds:.1f} documents/s; {_shown(cost)}", flush=True)
        print(f"two are {taken[1] / taken[2]:.2f} times as fast as one")


def _shown(cost: Cost) -> str:
    own, whole = cost.processor_s
    return f"{cost.seconds:.1f} s, processor time {own:.1f} s in the first process, {whole:.1f} s in all"


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("tools", "memory", "workers"), default="tools")
    parser.add_argument("--shared", type=Path, help="a folder of collections")
    parser.add_argument("--counts", type=int, nargs="+", help="how many documents")
    parser.add_argument("--sentences", type=int, metavar="N", help="in each document; 8 to 14 unless told")
    parser.add_argument("--workers", type=int, default=2, help="for memory")
    given = parser.parse_args()
    if given.what == "tools":
        compare(given.shared, (given.counts or [TOOLS])[0])
    elif given.what == "memory":
        measure_memory(given.counts or list(MEMORY), given.sentences, given.workers)
    else:
        measure_workers((given.counts or [WORKERS])[0], given.sentences)


if __name__ == "__main__":
    main()
