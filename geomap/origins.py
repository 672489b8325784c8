"""Near-duplicate texts, such as one agency's story in ten papers, which stand for one origin.

A text is represented by a sketch: those of its word five-grams ("shingles") whose CRC-32 is divisible by four, which is
an even sample of them (Broder 1997, "On the resemblance and containment of documents"). Two texts have one origin when
half of the smaller sketch is also in the larger one, so that a story cut short is recognised too.

Which texts are compared at all is found by MinHash and banding (Broder et al. 2000; Indyk and Motwani 1998): two
sketches fall into one of the bands with a probability that rises steeply with the share of shingles that they have in
common: 6 % for a share of a tenth, 94 % for two fifths, 99.6 % for a half. No two texts of a large collection are
compared for nothing, and what is kept of a text is some hundred numbers. A story cut to less than a third of itself can
be missed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from geomap.model import Document

    Sketch = frozenset[int]

# A shingle is this many words; of the shingles, those whose hash is divisible by _SAMPLE stand for a text.
_SHINGLE, _SAMPLE = 5, 4
# Two texts tell one agency's story when this share of the shorter one's shingles is also in the other. Independent
# reports of one event share quotations, rarely more than a fifth of their words.
_DUPLICATE = 0.5
_FEWEST_SHARED = 3
# A band holds three of the minima; 42 bands make the curve that the module's docstring states: 1 - (1 - s**3)**42.
_BANDS, _ROWS = 42, 3
# The constants of SplitMix64 (Steele, Lea and Flood 2014), whose output is even whatever its input: a step and two
# multipliers, with the shifts between them.
_STEP, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
# Different stories that fell into one band by chance and are each compared with what comes after them, at most.
_MOST_LEADERS = 16


def sketch(text: str) -> Sketch:
    """Return the sample of a text's shingles that stands for it."""
    words = re.findall(r"\w+", text.lower())
    hashes = (
        crc32(" ".join(words[i : i + _SHINGLE]).encode("utf-8", "replace"))
        for i in range(max(0, len(words) - _SHINGLE + 1))
    )
    return frozenset(value for value in hashes if value % _SAMPLE == 0)


def are_duplicates(first: Sketch, second: Sketch) -> bool:
    """Tell whether two texts, given as sketches, tell one agency's story."""
    shared = len(first & second)
    return shared >= _FEWEST_SHARED and shared >= _DUPLICATE * min(len(first), len(second))


def bands(sketch: Sketch) -> list[int]:
    """Return one number (signed, 64 bits) for each band of a sketch's MinHash; none for a text too short to compare."""
    import numpy as np

    if len(sketch) < _FEWEST_SHARED:
        return []
    values = np.fromiter(sketch, dtype=np.uint64, count=len(sketch))
    minima = _mix(values ^ _seeds()[:, None]).min(axis=1).reshape(_BANDS, _ROWS)
    mixed = np.arange(_BANDS, dtype=np.uint64)
    for row in range(_ROWS):
        mixed = _mix(mixed ^ minima[:, row])
    found: list[int] = mixed.view(np.int64).tolist()
    return found


@cache
def _seeds() -> NDArray[np.uint64]:
    """Return what makes hash functions different: one number each, the same on every machine."""
    import numpy as np

    return _mix(np.arange(1, _BANDS * _ROWS + 1, dtype=np.uint64))


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return SplitMix64's hash of each number; products wrap, as they should."""
    import numpy as np

    values = values + np.uint64(_STEP)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(_FIRST)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(_SECOND)
    return values ^ (values >> np.uint64(31))


def link(buckets: Iterable[Sequence[int]], sketch_of: Callable[[int], Sketch]) -> dict[int, int]:
    """Join the near-duplicates among texts that share a band.

    Parameters
    ----------
    buckets
        The numbers of the texts in each band, ascending.
    sketch_of
        Gives the sketch of a text's number.

    Returns
    -------
    dict
        For each text that has near-duplicates, the lowest number among them, its own included.
    """
    parents: dict[int, int] = {}

    def root(number: int) -> int:
        """Return the text that stands for all that this one is joined with."""
        while parents.get(number, number) != number:
            parents[number] = parents.get(parents[number], parents[number])
            number = parents[number]
        return number

    for bucket in buckets:
        leaders: list[int] = []
        for number in bucket:
            if any(root(leader) == root(number) for leader in leaders):
                continue
            own = sketch_of(number)
            same = [leader for leader in leaders if are_duplicates(own, sketch_of(leader))]
            for leader in same:
                low, high = sorted((root(leader), root(number)))
                parents[low] = low
                parents[high] = low
            if not same and len(leaders) < _MOST_LEADERS:
                leaders.append(number)
    return {number: root(number) for number in parents}


def find(documents: Sequence[Document]) -> list[int]:
    """Give near-duplicate texts one number of origin: that of the first of them.

    Deterministic; the order of the documents changes nothing but the numbers.
    """
    sketches = [sketch(document.text) for document in documents]
    holders: dict[int, list[int]] = defaultdict(list)
    for number, each in enumerate(sketches):
        for band in bands(each):
            holders[band].append(number)
    found = link((holder for holder in holders.values() if len(holder) > 1), sketches.__getitem__)
    return [found.get(number, number) for number in range(len(documents))]
