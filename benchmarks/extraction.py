"""How fast geomap extracts, beside the bare small spaCy pipeline on the same documents.

``python benchmarks/extraction.py [--shared DIR]`` prints, for each set of documents, how many times as fast as the bare
pipeline the whole extraction is, what share of the bare pipeline's time each stage takes, and documents and words a
second of both. The bare pipeline is the installed small English model with all its components, as it comes, over the
paragraphs of the same documents.

Both run in one process, document by document in turn, so that they see the same machine; time is the processor's own,
of all threads. One report is read first, so that nothing is counted for loading. Sets: reports made of our own samples
(``benchmarks/generate.py``) and, with ``--shared``, news of the world's newspapers and reports on forces.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import generate

from geomap import claims, events, locations, movements, nlp, pipeline, places, quantities, times, toponyms
from geomap.model import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GENERATED = 60
SETS = {"trnews": "corpora/trnews.jsonl", "dev": "gold/dev.jsonl"}
# What pipeline._extract calls, by stage; what is not listed is the pipeline's own.
STAGES: list[tuple[str, Any, str]] = [
    ("parse", nlp, "read"),
    ("toponyms", toponyms, "find"),
    ("places", places, "resolve"),
    ("locations", locations, "find"),
    ("times and quantities", quantities, "find"),
    ("times and quantities", times, "find"),
    ("movements", movements, "find"),
    ("movements", movements, "infer"),
    ("claims", claims, "stances"),
    ("claims", claims, "attribute"),
    ("events", events, "group"),
]


def main() -> None:
    """Measure each set and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, help="folder of the development sets")
    shared = parser.parse_args().shared
    sets = {"generated": list(generated(GENERATED))}
    for name, file in SETS.items() if shared is not None else ():
        sets[name] = list(read(shared / file))
    bare = nlp.load()
    pipeline.extract(Document(id="first", text="Troops left Gao for Kidal on Monday."))
    list(bare.pipe(["Troops left Gao for Kidal on Monday."]))
    for name, documents in sets.items():
        print_table(name, documents, measure(documents, bare))


def generated(count: int) -> Iterator[Document]:
    """Yield reports made of our own samples."""
    for record in generate.generate(count):
        yield Document(id=str(record["id"]), text=str(record["text"]))


def read(path: Path) -> Iterator[Document]:
    """Yield the documents of a file of JSON lines."""
    with path.open(encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            yield Document(id=str(record["id"]), text=record["text"])


def measure(documents: list[Document], bare: Any) -> dict[str, float]:  # noqa: ANN401 - a spaCy pipeline
    """Return the processor's seconds of the bare pipeline, of geomap, and of each of its stages."""
    seconds: dict[str, float] = defaultdict(float)
    with timed_stages(seconds):
        for document in documents:
            paragraphs = document.text.split("\n")
            clock(seconds, "bare", lambda paragraphs=paragraphs: list(bare.pipe(paragraphs)))
            clock(seconds, "geomap", lambda document=document: pipeline.extract(document))
    return seconds


@contextmanager
def timed_stages(seconds: dict[str, float]) -> Iterator[None]:
    """Let each stage add its time inside the block."""
    kept = [(module, name, getattr(module, name)) for _, module, name in STAGES]
    for (stage, module, name), (_, _, function) in zip(STAGES, kept, strict=True):
        setattr(module, name, timed(seconds, stage, function))
    try:
        yield
    finally:
        for module, name, function in kept:
            setattr(module, name, function)


def timed(seconds: dict[str, float], stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function so that it adds its time."""
    return lambda *values, **options: clock(seconds, stage, lambda: function(*values, **options))


def clock(seconds: dict[str, float], name: str, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it returns
    """Call a function and add the processor's seconds that it took."""
    start = time.process_time()
    result = call()
    seconds[name] += time.process_time() - start
    return result


def print_table(name: str, documents: list[Document], seconds: dict[str, float]) -> None:
    """Print one set's figures, ratios first."""
    bare, whole = seconds["bare"], seconds["geomap"]
    words = sum(len(document.text.split()) for document in documents)
    after = whole - seconds["parse"]
    print(f"{name}: {len(documents)} documents, {words:,} words")
    print(f"  geomap is {bare / whole:.2f} times as fast as the bare spaCy pipeline")
    print(f"  of the bare pipeline's time: all after the parse {after / bare:.0%}")
    for stage in dict.fromkeys(stage for stage, _, _ in STAGES):
        print(f"    {stage:22} {seconds[stage] / bare:6.1%} of bare {seconds[stage] / whole:6.1%} of geomap")
    for label, took in (("bare spaCy", bare), ("geomap", whole)):
        print(f"  {label:11} {len(documents) / took:7.1f} documents/s {words / took:9,.0f} words/s {took:7.2f} s")


if __name__ == "__main__":
    main()
