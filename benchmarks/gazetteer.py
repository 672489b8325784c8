"""Measures how fast the embedded gazetteer answers: names that it has, in other spellings, and names of nothing.

``python benchmarks/gazetteer.py`` prints look-ups for each second of processor time: of names that are asked for the
first time, and of names that were asked for before, which are remembered.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import generate

from geomap.gazetteer import Gazetteer
from geomap.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COUNT = 5_000


def names() -> dict[str, list[str]]:
    """Return names of several kinds to look for."""
    chance = random.Random(7)  # noqa: S311 - no secret
    known = [name for kind in generate.KINDS for name in kind.split("|")]
    letters = "abcdefghijklmnopqrstuvwxyz"
    nothing = ["".join(chance.choices(letters, k=chance.randint(5, 11))).capitalize() for _ in range(COUNT)]
    return {"of nothing": nothing, "in news": known, "in news, in capitals": [name.upper() for name in known]}


def rate(find: Callable[[str], object], many: Sequence[str]) -> float:
    """Return look-ups a second of processor time."""
    begun = time.process_time()
    for name in many:
        find(name)
    return len(many) / max(1e-9, time.process_time() - begun)


def main() -> None:
    """Print the rates."""
    gazetteer = Gazetteer.open(Settings())
    gazetteer.find("Paris")
    print(f"{'names':24} {'first time /s':>14} {'microseconds':>13} {'again /s':>12}")
    for kind, many in names().items():
        first = rate(gazetteer.find, many)
        again = rate(gazetteer.find, many)
        print(f"{kind:24} {first:14.0f} {1e6 / first:13.1f} {again:12.0f}")
    misspelt = [f"{name[:3]}{name[4:]}" for name in names()["in news"] if len(name) > 6][:40]  # noqa: PLR2004
    fuzzy = rate(lambda name: gazetteer.find(name, fuzzy=True), misspelt)
    print(f"{'misspelt, --fuzzy':24} {fuzzy:14.0f} {1e6 / fuzzy:13.1f}")


if __name__ == "__main__":
    main()
