"""The network on numpy finds what spaCy's own component finds with the same weights."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from geomap import taggers, toponyms
from geomap.errors import ModelError

TEXT = (
    "Chad's army said on Monday that it had left the Lake Chad basin for N'Djamena, Bosnia and Herzegovina's capital "
    "Sarajevo being far away . The New York Times reported from Port-au-Prince that St. Petersburg and the Ivory Coast "
    "were quiet ; NORTH KOREA FIRES AGAIN"
)


@pytest.fixture(scope="module")
def weights():
    path = files("geomap") / "assets" / "tagger" / "weights.npz"
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


@pytest.fixture(scope="module")
def passages():
    words = TEXT.replace("'s", " 's").replace(",", " ,").replace("-", " - ").split()
    cuts = [words, words[:7], words[40:], ["\n", " ", "Gao"], ["Kyiv"], [], ["Sierra"], words[::-1]]
    known = toponyms.load_lexicon()
    return [list(zip(cut, *toponyms.classify(cut, known), strict=True)) for cut in cuts]


def test_it_finds_the_names_that_the_component_finds(weights, passages):
    nlp = toponyms.blank()
    toponyms.set_parameters(nlp, weights)
    component = nlp.get_pipe("ner")
    assert tuple(component.moves.get_class_name(i) for i in range(component.moves.n_moves)) == taggers.MOVES
    known = toponyms.load_lexicon()
    docs = [toponyms.prepare(nlp, [word for word, *_ in passage], [True] * len(passage), known) for passage in passages]
    expected = [[(name.start, name.end) for name in doc.ents] for doc in component.pipe(docs)]
    found = list(taggers.Network(weights).find(passages))
    assert found == expected
    assert sum(map(len, found)) > 10


def test_it_does_not_depend_on_what_is_read_together(weights, passages):
    network = taggers.Network(weights)
    together = list(network.find(passages))
    assert together == [next(iter(network.find([passage]))) for passage in passages]
    assert together == list(taggers.Network(weights).find(passages[::-1]))[::-1]


def test_words_are_forgotten_when_there_are_many(weights, passages, monkeypatch):
    network = taggers.Network(weights)
    expected = list(network.find(passages))
    monkeypatch.setattr(taggers, "_MOST_WORDS", 5)
    monkeypatch.setattr(taggers, "_MOST_AT_ONCE", 10)
    assert list(network.find(passages)) == expected


def test_other_weights_are_refused(weights):
    with pytest.raises(ModelError, match="make train"):
        taggers.Network({name: value for name, value in weights.items() if name != "6-W"})
    with pytest.raises(ModelError, match="make train"):
        taggers.Network({**weights, "3-W": weights["3-W"][:4]})
