"""Measures how fast a gazetteer is built of a dump of GeoNames, how much memory that takes, and how fast it answers.

A dump with invented places is written in GeoNames' formats: classes, languages and populations in about the real
shares (38 % populated places, 1.4 alternate names for each place, a quarter of them links), names put together from
syllables, a part of them borne by very many places. Times are the process's own, so that other work on the machine
counts little. The result is scaled up to the thirteen million places of the real dump.

Run with ``python benchmarks/geonames.py [PLACES] [FOLDER]``; the default is one million.
"""

from __future__ import annotations

import multiprocessing
import random
import resource
import sys
import tempfile
import time
from itertools import accumulate
from pathlib import Path
from typing import IO, TYPE_CHECKING

from geomap import geonames
from geomap.gazetteer import Gazetteer
from geomap.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

REAL_PLACES = 13_000_000
# Class, code and share in the published dump, rounded.
KINDS = (
    ("P", "PPL", 38), ("S", "SCH", 8), ("S", "HTL", 6), ("S", "FRM", 6), ("H", "STM", 13), ("H", "LK", 5),
    ("T", "MT", 7), ("T", "HLL", 6), ("A", "ADM4", 3), ("A", "ADM3", 1), ("L", "LCTY", 4), ("V", "FRST", 1),
    ("R", "RD", 1), ("U", "RFU", 1),
)  # fmt: skip
LANGUAGES = ("en", "de", "fr", "es", "ru", "uk", "", "", "link", "link", "wkdt", "zh", "ar", "post")
COUNTRIES = ("US", "CN", "IN", "NO", "MX", "ID", "RU", "TH", "BR", "PK", "UA", "ML", "SY", "CD", "ET", "PL")
START, MIDDLE, END = (
    ("Ba", "Ka", "Mo", "San Ve", "Ter", "Ny", "Ol", "Dra", "Upper Sa", "Göl", "Al Ha", "Šu", "Le", "Vo", "Quar", "Tim"),
    ("ra", "lin", "do", "vé", "kor", "mas", "ti", "gun", "pe", "sha", "bel", "ro", "nad", "wi", "ze", "lo"),
    ("ka", "ville", "ino", "abad", "burg", "ovo", "ton", "a", "feld", "kent", "pur", "sk", "u", "y", "mar", "stan"),
)
COMMON = tuple(
    f"{first} {last}"
    for first in ("Mill", "San", "Bear", "Novaya", "Santa")
    for last in ("Creek", "Rosa", "Lake", "Gora")
)
FIRST_ID = 20_000_000
NAMES_ASKED = 5_000
# Share of populated places with a population in the dump.
COUNTED = 0.1


def name_of(draw: random.Random) -> str:
    """Invent a name; one in fifty is borne by very many places, some others by a few."""
    if draw.random() < 0.02:  # noqa: PLR2004 - the share
        return draw.choice(COMMON)
    middle = "".join(draw.choices(MIDDLE, k=draw.randint(2, 4)))
    return draw.choice(START) + middle + draw.choice(END)


def write_dump(folder: Path, places: int) -> int:
    """Write the five tables; return their size in bytes."""
    draw = random.Random(1)  # noqa: S311 - no secret
    weights = list(accumulate(share for _, _, share in KINDS))
    with (folder / "allCountries.txt").open("w", encoding="utf-8") as main, \
         (folder / "alternateNamesV2.txt").open("w", encoding="utf-8") as others:  # fmt: skip
        for number in range(FIRST_ID, FIRST_ID + places):
            write_place(main, others, number, draw, weights)
    (folder / "admin1CodesASCII.txt").write_text("UA.12\tKyiv City\tKyiv City\t703447\n")
    (folder / "admin2Codes.txt").write_text("UA.12.1\tPechersk\tPechersk\t20000001\n")
    parts = range(FIRST_ID, FIRST_ID + places, 26)
    (folder / "hierarchy.txt").write_text("".join(f"703447\t{part}\tADM\n" for part in parts))
    return sum(path.stat().st_size for path in folder.iterdir())


def write_place(main: IO[str], others: IO[str], number: int, draw: random.Random, weights: list[int]) -> None:
    """Write one place and its alternate names."""
    name = name_of(draw)
    kind, code, _ = draw.choices(KINDS, cum_weights=weights)[0]
    people = int(draw.paretovariate(0.8) * 40) if kind == "P" and draw.random() < COUNTED else 0
    lat, lon = draw.uniform(-60, 75), draw.uniform(-180, 180)
    plain = name.replace("ö", "o").replace("Š", "S").replace("é", "e")
    country = draw.choice(COUNTRIES)
    alternates = [name_of(draw) for _ in range(draw.choice((0, 0, 1, 1, 2, 4)))]
    main.write(
        f"{number}\t{name}\t{plain}\t{','.join(alternates)}\t{lat:.5f}\t{lon:.5f}\t{kind}\t{code}\t{country}\t\t"
        f"{number % 30:02d}\t{number % 300}\t\t\t{people}\t\t{number % 2000}\tEtc/UTC\t2024-05-{1 + number % 28:02d}\n"
    )
    for alternate in alternates:
        language = draw.choice(LANGUAGES)
        words = {"link": f"https://en.wikipedia.org/wiki/{alternate}", "wkdt": f"Q{number}", "ar": "دمشق"}.get(
            language, alternate
        )
        others.write(f"{number}\t{number}\t{language}\t{words}\t\t\t\t\t\t\n")


def measure_build(folder: str, target: str, answer: Connection) -> None:
    """Build, in a process of its own, and tell its seconds and its highest memory in MB."""
    start = time.process_time()
    count = geonames.build(Path(folder), Path(target))
    seconds = time.process_time() - start
    answer.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, count.places, count.names))


def measure_lookups(target: Path) -> None:
    """Print the time of a look-up: exact, unknown, and by another spelling."""
    found = Gazetteer.open(Settings(gazetteer=target))
    draw = random.Random(2)  # noqa: S311 - no secret
    towns = real_names(found)
    kinds: dict[str, Callable[[], str]] = {
        "a known name": lambda: name_of(draw),
        "a town of the embedded gazetteer": lambda: draw.choice(towns),
        "an unknown name": lambda: name_of(draw) + "xqx",
    }
    for what, ask in kinds.items():
        for fuzzy in (False, True):
            names = [ask() for _ in range(NAMES_ASKED)]
            start = time.process_time()
            matches = sum(len(found.find(name, fuzzy=fuzzy)) for name in names)
            spent = (time.process_time() - start) / len(names) * 1e6
            print(f"{spent:8.0f} µs  {what}{', fuzzy' if fuzzy else ''} ({matches / len(names):.1f} matches)")


def real_names(found: Gazetteer) -> list[str]:
    """Return the names of some embedded towns."""
    numbers = (*range(700_000, 720_000), *range(2_640_000, 2_660_000))
    return sorted({place.name for number in numbers if (place := found.get(f"geonames:{number}"))})


def main() -> None:
    """Write the dump, build, look up."""
    places = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as name:  # noqa: PLR2004 - arguments
        folder, target = Path(name), Path(name) / "gazetteer.sqlite"
        size = write_dump(folder, places)
        print(f"{places} places, {size / 1e6:.0f} MB of text", flush=True)
        context = multiprocessing.get_context("spawn")
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=measure_build, args=(str(folder), str(target), sender))
        process.start()
        seconds, memory, built, names = receiver.recv()
        process.join()
        rate, room = built / seconds, target.stat().st_size
        print(f"{seconds:.1f} s, {rate:.0f} places/s, {memory:.0f} MB at most, {names} names, {room / 1e6:.0f} MB")
        minutes, room_then = REAL_PLACES / rate / 60, room * REAL_PLACES / places / 1e9
        print(f"thirteen million at that rate: {minutes:.1f} minutes, {room_then:.1f} GB")
        measure_lookups(target)


if __name__ == "__main__":
    main()
