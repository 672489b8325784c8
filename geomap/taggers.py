"""Runs the trained tagger of place names on numpy alone.

The tagger is trained as a named-entity recogniser of spaCy's (``data/train_toponyms.py``): words are embedded by hashes
of their attributes, four convolutions mix each with its neighbours, and a greedy transition system then decides, word
by word, whether a name begins, goes on or ends. Here the same network runs on the same weights, and gives the same
names (a test compares the two), five times as fast:

- a word that was seen before, with the same two classes, is embedded already;
- the decision at a word depends on nothing but the word and where the open name began, if one is open; so all decisions
  outside of names are made at once, and only those inside of names one after another;
- numpy multiplies matrices faster than spaCy's own library.

Sources: Serrà and Karatzoglou (2017), "Getting deep recommenders fit: Bloom embeddings for sparse binary input/output
networks"; Honnibal and others, "spaCy: Industrial-strength natural language processing in Python", whose layers these
are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from geomap import threads
from geomap.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Word = tuple[str, str, str]
    """A word, its place class and its person class."""

# What of a word is embedded, before its two classes; the names are spaCy's.
_ATTRIBUTES = ("NORM", "PREFIX", "SUFFIX", "SHAPE")
_DEPTH = 4
# The transition system's moves, in the order of the network's last layer; "U-" is never allowed.
MOVES = ("U-", "O", "B-PLACE", "I-PLACE", "L-PLACE", "U-PLACE")
_OUT, _BEGIN, _IN, _LAST, _UNIT = range(1, 6)
# Added to the variance of a layer before it is divided by, so that it is never 0; spaCy's own figure.
_EPSILON = np.float32(1e-8)
# Words that stay embedded; 96 numbers each, 20 MB in all.
_MOST_WORDS = 50_000
# Words that run through the network at a time, which bounds the memory to some 60 MB.
_MOST_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class _Maxout:
    """A layer that takes the greatest of some linear pieces, normalised."""

    weights: Floats
    """Shape (inputs, pieces times outputs), the outputs of a piece side by side."""
    bias: Floats
    gain: Floats
    shift: Floats

    def __call__(self, inputs: Floats) -> Floats:
        width = len(self.gain)
        found = inputs @ self.weights
        found += self.bias
        best = found[:, :width]
        for start in range(width, found.shape[1], width):
            best = np.maximum(best, found[:, start : start + width])
        best = best - best.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", best, best) / np.float32(width) + _EPSILON
        best *= (1 / np.sqrt(variance))[:, None]
        best *= self.gain
        shifted: Floats = best + self.shift
        return shifted


class Network:
    """The tagger's network.

    Parameters
    ----------
    values
        Its weights under the names that :func:`geomap.toponyms.parameters` gives them.

    Raises
    ------
    ModelError
        If they are not those of its architecture.
    """

    def __init__(self, values: Mapping[str, NDArray[Any]]) -> None:
        try:
            layers = _Layers({name: np.asarray(value, dtype=np.float32) for name, value in values.items()})
        except (KeyError, ValueError) as error:
            msg = f"the tagger's weights do not fit its architecture ({error}); run: make train"
            raise ModelError(msg) from error
        self._layers = layers
        self._rows: dict[Word, int] = {}
        self._vectors = np.zeros((0, layers.width), dtype=np.float32)

    def find(self, passages: Sequence[Sequence[Word]]) -> Iterator[list[tuple[int, int]]]:
        """Find the names in passages.

        Parameters
        ----------
        passages
            The words of each, with their classes.

        Yields
        ------
        list of tuple of int
            Of each passage the names, as half-open word indices.
        """
        batch: list[Sequence[Word]] = []
        count = 0
        for passage in passages:
            batch.append(passage)
            count += len(passage)
            if count >= _MOST_AT_ONCE:
                yield from self._find(batch)
                batch, count = [], 0
        yield from self._find(batch)

    def _find(self, passages: Sequence[Sequence[Word]]) -> Iterator[list[tuple[int, int]]]:
        words = [word for passage in passages for word in passage]
        if not words:
            yield from ([] for _ in passages)
            return
        with threads.one():
            vectors = self._contextual(self._embedded(words), [len(passage) for passage in passages])
            decisions = _Decisions(self._layers, vectors)
        is_space = np.fromiter((word[0].isspace() for word in words), dtype=bool, count=len(words))
        start = 0
        for passage in passages:
            end = start + len(passage)
            yield [(first - start, last - start) for first, last in decisions.names(start, end, is_space)]
            start = end

    def _embedded(self, words: Sequence[Word]) -> Floats:
        """Return the vector of each word by itself, shape (words, width)."""
        if len(self._rows) > _MOST_WORDS:
            self._rows.clear()
            self._vectors = self._vectors[:0]
        new = list(dict.fromkeys(word for word in words if word not in self._rows))
        if new:
            self._rows.update(zip(new, range(len(self._rows), len(self._rows) + len(new)), strict=True))
            self._vectors = np.concatenate([self._vectors, self._layers.embed(new)])
        return self._vectors[[self._rows[word] for word in words]]

    def _contextual(self, vectors: Floats, lengths: Sequence[int]) -> Floats:
        """Let each word's vector see its neighbours; between passages there is room enough to see nothing."""
        places = np.arange(len(vectors)) + np.repeat(np.arange(1, len(lengths) + 1) * _DEPTH, lengths)
        mixed = np.zeros((len(vectors) + _DEPTH * (len(lengths) + 1), vectors.shape[1]), dtype=np.float32)
        mixed[places] = vectors
        for layer in self._layers.encode:
            mixed += layer(_with_neighbours(mixed))
        return np.asarray(mixed[places])


def _with_neighbours(vectors: Floats) -> Floats:
    """Put the vectors of the words before and after beside each."""
    count, width = vectors.shape
    wide = np.zeros((count, 3 * width), dtype=np.float32)
    wide[1:, :width] = vectors[:-1]
    wide[:, width : 2 * width] = vectors
    wide[:-1, 2 * width :] = vectors[1:]
    return wide


class _Layers:
    """The network's weights, laid out as they are used."""

    def __init__(self, values: Mapping[str, Floats]) -> None:
        # Numbered in the order in which thinc walks through the model that toponyms.blank makes.
        self.tables = [(values[f"{node}-E"], seed) for seed, node in enumerate(range(34, 45, 2), start=8)]
        self.width = self.tables[0][0].shape[1]
        self.mix = _maxout(values, 45, len(self.tables) * self.width)
        self.encode = [_maxout(values, 63 + 2 * depth, 3 * self.width) for depth in range(_DEPTH)]
        self.narrow, self.narrow_bias = values["6-W"].T, values["6-b"]
        # From (feature, output, piece, input) to rows of inputs and columns of features, pieces, outputs.
        hidden = values["2-W"].transpose(3, 0, 2, 1)
        self.hidden = np.ascontiguousarray(hidden.reshape(len(hidden), -1))
        self.hidden_bias = values["2-b"].T.reshape(-1)
        self.absent = values["2-pad"][0].transpose(0, 2, 1).reshape(hidden.shape[1], -1)
        self.moves, self.moves_bias = values["3-W"].T, values["3-b"]
        if self.moves.shape[1] != len(MOVES) or len(self.absent) != len(("word", "first of the name", "last so far")):
            msg = "another number of moves or features"
            raise ValueError(msg)

    def embed(self, words: Sequence[Word]) -> Floats:
        """Embed words, each by itself, shape (words, width)."""
        from thinc.api import NumpyOps

        hash_, getters = _hashing()
        attributes = [[getter(word) for getter in getters] + classes for word, *classes in words]
        ids = np.array([[hash_(text) for text in texts] for texts in attributes], dtype=np.uint64)
        hasher = NumpyOps()
        columns = []
        for (table, seed), column in zip(self.tables, ids.T, strict=True):
            rows = hasher.hash(np.ascontiguousarray(column), seed) % len(table)
            columns.append(table[rows].sum(axis=1))
        return self.mix(np.concatenate(columns, axis=1))


def _maxout(values: Mapping[str, Floats], node: int, inputs: int) -> _Maxout:
    weights = values[f"{node}-W"].transpose(1, 0, 2).reshape(-1, inputs)
    return _Maxout(
        np.ascontiguousarray(weights.T),
        values[f"{node}-b"].T.reshape(-1),
        values[f"{node + 1}-G"],
        values[f"{node + 1}-b"],
    )


class _Decisions:
    """What the transition system decides at each word, outside of a name and in one."""

    def __init__(self, layers: _Layers, vectors: Floats) -> None:
        found = (vectors @ layers.narrow + layers.narrow_bias) @ layers.hidden
        # What a word adds as the one to decide on, as the first of an open name, and as the one before.
        self._here, self._first, self._before = np.split(found, 3, axis=1)
        self._here += layers.hidden_bias
        self._layers = layers
        self._outside = self._scores(self._here + layers.absent[1] + layers.absent[2])

    def names(self, start: int, end: int, is_space: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
        """Yield the names of the passage that begins and ends at these words."""
        scores = self._outside[start:end].copy()
        # No name begins with white space, nor a name of several words with the last one.
        scores[is_space[start:end], _BEGIN] = scores[is_space[start:end], _UNIT] = -np.inf
        scores[-1:, _BEGIN] = -np.inf
        moves = scores[:, [_OUT, _BEGIN, _UNIT]].argmax(axis=1)
        free = start
        for at in np.flatnonzero(moves):
            first = start + int(at)
            if first >= free:
                free = first + 1 if moves[at] == 2 else self._end(first, end)  # noqa: PLR2004 - a name of one word
                yield first, free

    def _end(self, first: int, end: int) -> int:
        """Return where the name that begins at a word ends."""
        for at in range(first + 1, end - 1):
            scores = self._scores(self._here[at] + self._first[first] + self._before[at - 1])
            if scores[_LAST] > scores[_IN]:
                return at + 1
        return end

    def _scores(self, sums: Floats) -> Floats:
        width = sums.shape[-1] // 2
        best = np.maximum(sums[..., :width], sums[..., width:])
        return np.asarray(best @ self._layers.moves + self._layers.moves_bias)


# Attributes repeat, so that their hashes are worth remembering.
_MOST_HASHES = 10_000


@cache
def _hashing() -> tuple[Any, list[Any]]:
    """Return spaCy's own hash of a text, and the functions that tell a word's attributes from its letters."""
    from spacy import attrs
    from spacy.lang.en import English
    from spacy.strings import get_string_id
    from spacy.vocab import create_vocab

    getters = create_vocab("en", English.Defaults).lex_attr_getters  # type: ignore[attr-defined]
    return lru_cache(_MOST_HASHES)(get_string_id), [getters[getattr(attrs, name)] for name in _ATTRIBUTES]
