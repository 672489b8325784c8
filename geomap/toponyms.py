"""Finds the names of places in a text, and says what each name stands for.

A small trained tagger (a transition-based named-entity recogniser on hashed word features) reads the text paragraph by
paragraph. Besides the form of each word it sees two classes from a lexicon of hashes: what kind of place bears such a
name, and whether people do. A linear model over the words around a name then types it: *literal* (the place itself),
*metonym* (the place's name for its government, army, people or team), *demonym* (adjective or people) or *embedded*
(part of another name). Only literal names are ever drawn on a map.

Both models are trained by ``data/train_toponyms.py``; ``assets/tagger/MODEL_CARD.md`` says on what and how well.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from geomap import lexicon, nlp, senses
from geomap.errors import ModelError
from geomap.model import Toponym
from geomap.settings import DEFAULTS
from geomap.taggers import Network

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from importlib.resources.abc import Traversable

    from numpy.typing import NDArray
    from spacy.language import Language
    from spacy.tokens import Doc

    from geomap.gazetteer import Gazetteer
    from geomap.model import ToponymType
    from geomap.settings import Settings

TYPES: tuple[ToponymType, ...] = ("literal", "metonym", "demonym", "embedded")

# A name is drawn on a map only when it is literal; a place drawn where none was meant misleads more than one left out.
# The least chance that it is, chosen on the cross-validated movement gold.
LEAST_LITERAL = 0.65
_NOT_LITERAL = np.array([0.0, 1.0, 1.0, 1.0])

# The longest name, in words, that the lexicon knows; and the most words read at a time, which bounds the memory.
_LONGEST_NAME = 4
_CHUNK = 1000
_SENTENCE_ENDS = frozenset({".", "!", "?", '"'})

# How the words of a name are joined in the lexicon: these take no space before them.
_GLUED = ("-", "'s", ".")


Words = tuple["Sequence[str]", "Sequence[bool]"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of the document that is read at once: words, and where each begins and ends in the text."""

    words: list[str]
    spaces: list[bool]
    starts: list[int]

    def offsets(self, span: tuple[int, int]) -> tuple[int, int]:
        """Turn half-open word indices into half-open offsets in the text."""
        first, last = span[0], span[1] - 1
        return self.starts[first], self.starts[last] + len(self.words[last])


@dataclass(slots=True)
class Reading:
    """A passage with the names that were found in it."""

    passage: Passage
    names: list[tuple[int, int]]
    places: list[str]


def find(doc: Doc, gazetteer: Gazetteer | None = None, settings: Settings = DEFAULTS) -> list[Toponym]:
    """Find and type the names of places in a text.

    Only the words are read: the result does not depend on a parse.

    Parameters
    ----------
    doc
        The words of the whole text, from :func:`geomap.nlp.read`.
    gazetteer
        Not needed by the embedded tagger, which carries its own lexicon; part of the interface of the stage.
    settings
        Not used yet by this stage.

    Returns
    -------
    list of Toponym
        Sorted by start, without overlaps and without candidates.
    """
    del gazetteer, settings
    return find_in(nlp.text_of(doc), list(_passages(doc)), load())


def find_in(text: str, passages: Sequence[Passage], tagger: Tagger) -> list[Toponym]:
    """Find and type the names in the passages of a text, with a given tagger."""
    tagged = tagger.tag((passage.words, passage.spaces) for passage in passages)
    readings = [Reading(passage, names, places) for passage, (names, places) in zip(passages, tagged, strict=True)]
    join_parts(readings, tagger.lexicon)
    drop_persons(readings, tagger.lexicon)
    add_demonyms(readings)
    add_missed(readings)
    typed = [toponym for reading in readings if reading.names for toponym in type_names(text, reading, tagger.typer)]
    return _with_dateline(text, drop_unknown(typed, tagger.lexicon), tagger.lexicon)


def drop_unknown(toponyms: Sequence[Toponym], known: Lexicon) -> list[Toponym]:
    """Leave out names that the lexicon lacks, unless they are literal.

    A village that no list has may be fought over; one that acts like a government, or has given its name to a people
    or a company, is known. Of what the tagger finds and this leaves out, three in four are no places (cross-validated).
    """
    classes = known.places([fold(toponym.text) for toponym in toponyms])
    return [toponym for toponym, listed in zip(toponyms, classes, strict=True) if listed or toponym.type == "literal"]


def _with_dateline(text: str, found: list[Toponym], lexicon: Lexicon) -> list[Toponym]:
    """Take what a report opens with for places, whatever the models say ("TAIPEI (Thursday) --")."""
    spans = senses.dateline(text, lambda name: bool(lexicon.places([fold(name)])[0]))
    if not spans:
        return found
    opening = [Toponym(start=start, end=end, text=text[start:end], type="literal") for start, end in spans]
    rest = [t for t in found if all(t.end <= start or end <= t.start for start, end in spans)]
    return sorted([*rest, *opening], key=lambda t: t.start)


def _passages(doc: Doc) -> Iterator[Passage]:
    """Cut a text at its line breaks, and where it has too many words to be read at once."""
    words: list[str] = []
    spaces: list[bool] = []
    starts: list[int] = []
    # In columns: to make a Token of each word takes longer than all that is done with it here.
    columns = doc.to_array(["ORTH", "SPACY"]).tolist()
    start = 0
    for word, is_spaced in columns:
        text = doc.vocab.strings[word]
        ends = text.isspace() and ("\n" in text or "\r" in text)
        if (
            ends
            or (len(words) >= _CHUNK and text[:1].isalpha() and words[-1] in _SENTENCE_ENDS)
            or len(words) > 2 * _CHUNK
        ):
            if words:
                yield Passage(words, spaces, starts)
            words, spaces, starts = [], [], []
        if not ends:
            words.append(text)
            spaces.append(bool(is_spaced))
            starts.append(start)
        start += len(text) + is_spaced
    if words:
        yield Passage(words, spaces, starts)


# The class of demonyms in the lexicon.
_DEMONYM = "9"


def add_demonyms(readings: Sequence[Reading]) -> None:
    """Add, in place, the demonyms of the lexicon that the tagger missed ("Indian soldiers", "Philippine Coast Guard").

    They are a closed class, so the lexicon is trusted where no other capitalised word makes them part of a name.
    """
    for reading in readings:
        words, classes = reading.passage.words, reading.places
        taken = {index for start, end in reading.names for index in range(start, end)}
        for start, end in _listed(classes, _DEMONYM):
            # A capital there means nothing at the head of a sentence ("Two Indian warships").
            opens = start < 2 or words[start - 2] in _SENTENCE_ENDS  # noqa: PLR2004 - the word before begins the text
            before = "" if opens else words[start - 1]
            after = words[end] if end < len(words) else ""
            follows = after.isalpha() and (after.islower() or senses.keeps_capital(after))
            if follows and not before.istitle() and taken.isdisjoint(range(start, end)):
                reading.names.append((start, end))
        reading.names.sort()


def _listed(classes: Sequence[str], wanted: str) -> Iterator[tuple[int, int]]:
    """Give the names of the lexicon of one class, as half-open word indices."""
    for start, name in enumerate(classes):
        if name[:2] == "pB" and name[2:3] == wanted:
            end = start + 1
            while end < len(classes) and classes[end][:2] == "pI":
                end += 1
            yield start, end


# A name is added where it was missed when it was found in at least this share of its places in the document.
_SHARE_FOUND = 0.5
_SHORTEST_ADDED = 4


def add_missed(readings: Sequence[Reading]) -> None:
    """Add, in place, the further occurrences of names that were found elsewhere in the document.

    Only where the occurrence stands alone: beside another capitalised word it may be a part of some other name.
    """
    found: Counter[tuple[str, ...]] = Counter()
    for reading in readings:
        words = reading.passage.words
        found.update(tuple(word.casefold() for word in words[start:end]) for start, end in reading.names)
    wanted: dict[str, list[tuple[str, ...]]] = {}
    for name in found:
        if len(" ".join(name)) >= _SHORTEST_ADDED:
            wanted.setdefault(name[0], []).append(name)
    missed: dict[tuple[str, ...], list[tuple[Reading, int]]] = {}
    for reading in readings:
        for name, start in _occurrences(reading, wanted):
            missed.setdefault(name, []).append((reading, start))
    for name, places in missed.items():
        if found[name] >= _SHARE_FOUND * (found[name] + len(places)):
            for reading, start in places:
                span = (start, start + len(name))
                if all(span[1] <= other[0] or other[1] <= start for other in reading.names):
                    reading.names.append(span)
                    reading.names.sort()


def _occurrences(reading: Reading, wanted: dict[str, list[tuple[str, ...]]]) -> Iterator[tuple[tuple[str, ...], int]]:
    words = reading.passage.words
    taken = {index for start, end in reading.names for index in range(start, end)}
    for start, word in enumerate(words):
        if not word[:1].isupper() or start in taken:
            continue
        for name in wanted.get(word.casefold(), ()):
            end = start + len(name)
            same = tuple(other.casefold() for other in words[start:end]) == name
            if same and taken.isdisjoint(range(start, end)) and _stands_alone(words, start, end):
                yield name, start


def _stands_alone(words: Sequence[str], start: int, end: int) -> bool:
    before = words[start - 1] if start else ""
    after = words[end] if end < len(words) else ""
    sentence_starts = start < 2 or words[start - 2] in _SENTENCE_ENDS  # noqa: PLR2004 - "The Brest road"
    return (not before[:1].isupper() or sentence_starts) and not after[:1].isupper() and before != "-" and after != "-"


_JOINTS = frozenset({"-", "and"})
_ABBREVIATED = frozenset({"st.", "ft.", "mt.", "st", "ft", "mt"})


def join_parts(readings: Sequence[Reading], known: Lexicon) -> None:
    """Join, in place, names that stand side by side and are one name in the lexicon ("Bosnia and Herzegovina")."""
    for reading in readings:
        joined: list[tuple[int, int]] = []
        for start, end in _whole(reading, known):
            whole = _joined(reading.passage.words, joined[-1], (start, end)) if joined else None
            if whole is not None and known.places([whole])[0]:
                joined[-1] = (joined[-1][0], end)
            else:
                joined.append((start, end))
        reading.names[:] = joined


def _joined(words: Sequence[str], left: tuple[int, int], right: tuple[int, int]) -> str | None:
    """Return the folded name that two names would be together, or None if they do not stand as the parts of one do."""
    if right[0] - left[1] > 1:
        return None
    joint = fold(words[left[1]]) if left[1] < right[0] else ""
    if joint not in _JOINTS and not (joint == "" and fold(words[left[0]]) in _ABBREVIATED):
        return None
    glue = joint if joint == "-" else f" {joint} " if joint else " "
    return glue.join(" ".join(map(fold, words[start:end])) for start, end in (left, right))


def _whole(reading: Reading, known: Lexicon) -> list[tuple[int, int]]:
    """Return the names, each grown to the hyphened word that it is a part of, where that is a name itself."""
    words, spaces = reading.passage.words, reading.passage.spaces
    found: list[tuple[int, int]] = []
    for start, end in reading.names:
        first, last = start, end
        while first >= 2 and words[first - 1] == "-" and not (spaces[first - 1] or spaces[first - 2]):  # noqa: PLR2004
            first -= 2
        while last + 1 < len(words) and words[last] == "-" and not (spaces[last - 1] or spaces[last]):
            last += 2
        is_longer = last - first > end - start and known.places([fold("".join(words[first:last]))])[0]
        span = (first, last) if is_longer else (start, end)
        if not found or found[-1][1] <= span[0]:
            found.append(span)
    return found


# Words before a name that people's names do not follow.
_PLACE_BEFORE = frozenset({"in", "near", "into", "at", "across", "outside", "through", "toward", "towards"})


def drop_persons(readings: Sequence[Reading], known: Lexicon) -> None:
    """Take out, in place, the names that the document also gives to a person ("Chelsea Ruiz", later "Chelsea").

    A single word that people bear, that stands somewhere in the document next to the other half of a person's name,
    and nowhere behind a preposition of place.
    """
    single = {reading.passage.words[start] for reading in readings for start, end in reading.names if end - start == 1}
    names = sorted(word for word in single if word.isalpha())
    if not names:
        return
    ranks = dict(zip(names, known.persons([fold(name) for name in names]).tolist(), strict=True))
    persons: set[str] = set()
    places: set[str] = set()
    for reading in readings:
        words = reading.passage.words
        for index, word in enumerate(words):
            if not ranks.get(word):
                continue
            before = words[index - 1] if index else ""
            after = words[index + 1] if index + 1 < len(words) else ""
            if before.lower() in _PLACE_BEFORE:
                places.add(word)
            elif _is_half(word, ranks[word], before, after, known):
                persons.add(word)
    for reading in readings:
        words = reading.passage.words
        reading.names[:] = [
            (start, end)
            for start, end in reading.names
            if end - start > 1 or words[start] not in persons or words[start] in places
        ]


_RANKS = 4


def _is_half(word: str, rank: int, before: str, after: str, known: Lexicon) -> bool:
    """Whether a first name stands before a surname, or the word is a first name before a surname."""
    if before.istitle() and before.isalpha():
        other, place = known.persons([fold(before)])[0] % _RANKS, known.places([fold(before)])[0]
        if other >= 2 and rank // _RANKS and not place >= 3:  # noqa: PLR2004 - common first names; small towns
            return True
    if word.istitle() and after.istitle() and after.isalpha() and rank % _RANKS >= 2:  # noqa: PLR2004
        return bool(known.persons([fold(after)])[0] // _RANKS) and not known.places([fold(f"{word} {after}")])[0]
    return False


def type_names(text: str, reading: Reading, typer: Typer) -> list[Toponym]:
    """Type the names of one passage by the words around them."""
    words = reading.passage.words
    taken = [False] * len(words)
    for start, end in reading.names:
        taken[start:end] = [True] * (end - start)
    scores = typer.scores([describe(words, name, taken, reading.places) for name in reading.names])
    toponyms = []
    for name, row in zip(reading.names, scores, strict=True):
        start, end = reading.passage.offsets(name)
        if row[0] < LEAST_LITERAL:
            row = row * _NOT_LITERAL  # noqa: PLW2901 - the row without its first type
        kind = TYPES[int(row.argmax())]
        is_adjective = kind == "demonym" and reading.places[name[0]][2:3] == _DEMONYM
        if kind != "literal" and not is_adjective and senses.is_place(words, name, in_name=kind == "embedded"):
            kind = "literal"
        elif kind == "literal" and senses.is_party(words, name):
            kind = "metonym"
        if senses.is_ship(words, name):
            kind = "embedded"
        toponyms.append(Toponym(start=start, end=end, text=text[start:end], type=kind))
    return toponyms


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Names as 32-bit hashes, with a class each: what the tagger knows beyond the words of its training texts.

    Place classes: 1 to 5 populated places by size, 6 second-level division, 7 first-level division, 8 country or other
    large region, 9 demonym. Person classes: a rank of frequency as a first name, 0 to 3, plus four times its rank as a
    surname.
    """

    place_keys: NDArray[np.uint32]
    place_classes: NDArray[np.uint8]
    person_keys: NDArray[np.uint32]
    person_classes: NDArray[np.uint8]

    @classmethod
    def load(cls, file: Traversable) -> Lexicon:
        """Read the four arrays of an ``.npz`` file."""
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return cls(arrays["place_keys"], arrays["place_classes"], arrays["person_keys"], arrays["person_classes"])

    def places(self, names: Sequence[str]) -> NDArray[np.uint8]:
        """Return the place class of each folded name; 0 for names that are not known."""
        return _look_up(names, self.place_keys, self.place_classes)

    def persons(self, names: Sequence[str]) -> NDArray[np.uint8]:
        """Return the person class of each folded name; 0 for names that are not known."""
        return _look_up(names, self.person_keys, self.person_classes)


def _look_up(names: Sequence[str], keys: NDArray[np.uint32], classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    hashes = hash_names(names)
    found = np.minimum(np.searchsorted(keys, hashes), len(keys) - 1)
    return np.where(keys[found] == hashes, classes[found], 0).astype(np.uint8)


def hash_names(names: Iterable[str]) -> NDArray[np.uint32]:
    """Hash folded names with MurmurHash, 32 bits each."""
    from murmurhash.mrmr import hash as murmur

    # As signed numbers, whose lower 32 bits count.
    return np.fromiter(map(murmur, names), dtype=np.int64).astype(np.uint32)


def fold(word: str) -> str:
    """Lower-case a word and take off its diacritics."""
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).lower()


def classify(words: Sequence[str], known: Lexicon) -> tuple[list[str], list[str]]:
    """Give each word its place class and its person class.

    Returns
    -------
    tuple of list of str
        Place classes such as ``"pB8"`` (first word of a country's name), ``"pI4m"`` (inside the name of a city, of
        several words) or ``"p0"``; and person classes, ``"n0"`` to ``"n15"``.
    """
    return classify_all([words], known)[0]


def classify_all(passages: Sequence[Sequence[str]], known: Lexicon) -> list[tuple[list[str], list[str]]]:
    """Classify the words of many passages as :func:`classify` does, all names looked up at once."""
    folded = [[fold(word) for word in words] for words in passages]
    capitals = [[index for index, word in enumerate(words) if word[:1].isupper()] for words in passages]
    persons = iter(
        known.persons([words[at] for words, upper in zip(folded, capitals, strict=True) for at in upper]).tolist()
    )
    named = [_names(*parts) for parts in zip(passages, folded, capitals, strict=True)]
    classes = iter(known.places([name for _, names in named for name in names]).tolist())
    found = []
    for words, upper, (spans, _) in zip(passages, capitals, named, strict=True):
        ranks = ["n0"] * len(words)
        for index in upper:
            ranks[index] = f"n{next(persons)}"
        found.append((_place_classes(len(words), [(span, next(classes)) for span in spans]), ranks))
    return found


def _place_classes(count: int, names: Sequence[tuple[tuple[int, int], int]]) -> list[str]:
    """Return the place class of each word, given the spans and classes of names: the first, the longest wins."""
    places = ["p0"] * count
    free = 0
    listed = (name for name in names if name[1])
    for (start, end), which in sorted(listed, key=lambda name: (name[0][0], -name[0][1])):
        if start < free:
            continue
        free = end
        length = "m" if end - start > 1 else ""
        for index in range(start, end):
            places[index] = f"p{'B' if index == start else 'I'}{which}{length}"
    return places


def _names(
    words: Sequence[str], folded: Sequence[str], capitals: Sequence[int]
) -> tuple[list[tuple[int, int]], list[str]]:
    """Every run of at most four words that starts and ends with a capital, as a name to look up."""
    is_capital = set(capitals)
    spans: list[tuple[int, int]] = []
    names: list[str] = []
    for start in capitals:
        name = folded[start]
        spans.append((start, start + 1))
        names.append(name)
        for index in range(start + 1, min(start + _LONGEST_NAME, len(words))):
            if words[index].isspace():
                break
            glued = folded[index] in _GLUED or name.endswith("-")
            name += folded[index] if glued else " " + folded[index]
            if index in is_capital:
                spans.append((start, index + 1))
                names.append(name)
    return spans, names


def prepare(nlp: Language, words: Sequence[str], spaces: Sequence[bool], known: Lexicon) -> Doc:
    """Make the tagger's input: the words, with their place class as lemma and their person class as tag.

    spaCy's embedding layer hashes any attribute of a token; those two are free here.
    """
    from spacy.tokens import Doc

    places, persons = classify(words, known)
    return Doc(nlp.vocab, words=list(words), spaces=list(spaces), lemmas=places, tags=persons)


@dataclass(frozen=True, slots=True)
class Typer:
    """A linear model over hashed features of a name and the words around it."""

    weights: NDArray[np.float32]
    """Shape (buckets, types)."""

    def scores(self, features: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """Return the probability of each type, shape (names, types)."""
        if not features:
            return np.zeros((0, len(TYPES)))
        ends = np.cumsum([len(names) for names in features])
        rows = self.weights[buckets([name for names in features for name in names], len(self.weights))]
        sums = np.stack([part.sum(axis=0) for part in np.split(rows, ends[:-1])])
        powers = np.exp(sums.astype(np.float64) - sums.max(axis=1, keepdims=True))
        chances: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        return chances


def buckets(features: Sequence[str], size: int) -> NDArray[np.int64]:
    """Hash features into ``size`` buckets."""
    return (hash_names(features) % size).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Tagger:
    """The trained parts, loaded."""

    network: Network
    lexicon: Lexicon
    typer: Typer

    def tag(self, texts: Iterable[Words]) -> Iterator[tuple[list[tuple[int, int]], list[str]]]:
        """Tag texts, given as words and whether a space follows each.

        Returns
        -------
        iterator of tuple
            Of each text the names, as half-open word indices, and the place class of each word.
        """
        passages = [words for words, _ in texts]
        classes = classify_all(passages, self.lexicon)
        found = self.network.find(
            [list(zip(words, *kinds, strict=True)) for words, kinds in zip(passages, classes, strict=True)]
        )
        for names, (places, _) in zip(found, classes, strict=True):
            yield names, places


TAGGER_CONFIG: dict[str, Any] = {
    "model": {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 64,
        "maxout_pieces": 2,
        "use_upper": True,
        "nO": None,
        "tok2vec": {
            "@architectures": "spacy.Tok2Vec.v2",
            "embed": {
                "@architectures": "spacy.MultiHashEmbed.v2",
                "width": 96,
                "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE", "LEMMA", "TAG"],
                "rows": [5000, 1000, 2500, 2500, 100, 100],
                "include_static_vectors": False,
            },
            "encode": {
                "@architectures": "spacy.MaxoutWindowEncoder.v2",
                "width": 96,
                "depth": 4,
                "window_size": 1,
                "maxout_pieces": 3,
            },
        },
    }
}
"""The small English model's own named-entity architecture, with two more embedded attributes."""


def _no_tokenizer(_nlp: Language) -> Any:  # noqa: ANN401 - spaCy asks for a tokenizer; none is ever called
    return None


def blank() -> Language:
    """Make an untrained tagger, initialised at random."""
    from spacy.lang.en import English

    # Its words come from the document; English's own tokenizer would take longer to make than the weights to load.
    nlp = English(create_tokenizer=_no_tokenizer)
    component: Any = nlp.add_pipe("ner", config=TAGGER_CONFIG)
    component.add_label("PLACE")
    nlp.initialize()
    return nlp


def parameters(nlp: Language) -> dict[str, NDArray[np.float32]]:
    """Return every weight of a tagger, under a name that does not depend on the run."""
    component: Any = nlp.get_pipe("ner")
    return {
        f"{index}-{name}": node.get_param(name)
        for index, node in enumerate(component.model.walk())
        for name in node.param_names
        if node.has_param(name)
    }


def set_parameters(nlp: Language, values: dict[str, NDArray[np.float16]]) -> None:
    """Put weights into a tagger.

    Raises
    ------
    ModelError
        If they do not fit its architecture.
    """
    component: Any = nlp.get_pipe("ner")
    for index, node in enumerate(component.model.walk()):
        for name in node.param_names:
            if not node.has_param(name):
                continue
            value = values.get(f"{index}-{name}")
            if value is None or value.shape != node.get_param(name).shape:
                msg = f"the tagger's weights do not fit spaCy's architecture at layer {index}; run: make train"
                raise ModelError(msg)
            node.set_param(name, value.astype(np.float32))


@cache
def load_lexicon() -> Lexicon:
    """Load the embedded lexicon, once per process."""
    return Lexicon.load(files("geomap") / "assets" / "tagger" / "lexicon.npz")


@lru_cache(maxsize=8)
def load(folder: str | None = None) -> Tagger:
    """Load a tagger, once per process and folder.

    Parameters
    ----------
    folder
        Where the weights lie; None takes the embedded ones.

    Raises
    ------
    ModelError
        If the weights are missing or do not fit.
    """
    from pathlib import Path

    root: Traversable = Path(folder) if folder else files("geomap") / "assets" / "tagger"
    try:
        with (root / "weights.npz").open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            values = {name: arrays[name] for name in arrays.files}
        with (root / "types.npz").open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            typer = Typer(arrays["weights"].astype(np.float32))
    except (OSError, ValueError, KeyError) as error:
        msg = f"cannot load the toponym tagger's weights from {root}: {error}; run: make train"
        raise ModelError(msg) from error
    return Tagger(Network(values), load_lexicon(), typer)


# Between the members of a list of names: "in Iran, Iraq and Syria".
_LIST_WORDS = frozenset({",", "and", "or", "the", "both", "/", "&", "-", "–"})
_WINDOW = 3


def describe(words: Sequence[str], span: tuple[int, int], taken: Sequence[bool], places: Sequence[str]) -> list[str]:
    """Describe a name by its own form and the words around it, as features for the typer.

    Parameters
    ----------
    words
        The words of the paragraph.
    span
        The name, as half-open word indices.
    taken
        Of each word, whether it belongs to any name that was found.
    places
        The place class of each word, from :func:`classify`.
    """
    start, end = span
    name = " ".join(words[start:end])
    before = [_form(words, start - offset, places) for offset in range(1, _WINDOW + 1)]
    after = [_form(words, end + offset, places) for offset in range(_WINDOW)]
    kind = places[start]
    features = [
        "bias",
        f"name={fold(name)}",
        f"kind={kind}",
        f"ending={fold(name)[-3:]}",
        f"case={'upper' if name.isupper() and len(name) > len('U.S.A.') else 'other'}",
        f"dots={'.' in name}",
        f"length={min(end - start, _WINDOW)}",
    ]
    features += [f"before{offset}={form}" for offset, form in enumerate(before)]
    features += [f"after{offset}={form}" for offset, form in enumerate(after)]
    features += [
        f"before={before[1]} {before[0]}",
        f"after={after[0]} {after[1]}",
        f"around={before[0]} {after[0]}",
        f"kind&before={kind} {before[0]}",
        f"kind&after={kind} {after[0]}",
        f"kind&around={kind} {before[0]} {after[0]}",
    ]
    features += [f"near={form}" for form in (before + after) if form.islower()]
    left, right = _list_edges(words, span, taken)
    outer_before, outer_after = _form(words, left - 1, places), _form(words, right, places)
    features += [f"outer-before={outer_before}", f"outer-after={outer_after}", f"outer={outer_before} {outer_after}"]
    features += [f"run-before={run}" for run in _run(words, start - 1, -1)]
    features += [f"run-after={run}" for run in _run(words, end, 1)]
    features.append(f"after-ending={kind} {_ending(words, end)}")
    features.append(f"outer-after-ending={_ending(words, right)}")
    return features + _cue_features(words, span, (left, right), kind)


@cache
def _cues() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in lexicon.rows("place_cues"):
        for word in dict.fromkeys(row["words"].split("|")):
            found[word] = (*found.get(word, ()), row["class"])
    return found


# How many words before a name a verb of motion may stand, and how many words behind it its verb or noun.
_CUE_REACH = 5


def _cue_features(words: Sequence[str], span: tuple[int, int], edges: tuple[int, int], kind: str) -> list[str]:
    """Return the classes of the words around a name and around the list that it stands in."""
    cues = _cues()
    kind = kind[:3]

    def classes(index: int) -> tuple[str, ...]:
        return cues.get(words[index].lower(), ("other",)) if 0 <= index < len(words) else ("edge",)

    start, end = span
    left, right = edges
    skipped = start - 1
    # Past the article and one adjective: "in the northern Donetsk".
    while skipped > start - _WINDOW and skipped >= 0 and words[skipped].lower() in {"the", "a", "an"}:
        skipped -= 1
    before, after = classes(skipped), classes(end)
    outer_before, outer_after = classes(left - 1), classes(right)
    found = [f"cue-before={name}" for name in before]
    found += [f"cue-after={name}" for name in after]
    found += [f"cue-outer-before={name}" for name in outer_before]
    found += [f"cue-outer-after={name}" for name in outer_after]
    found += [f"cues={first}&{last}" for first in outer_before for last in outer_after]
    found += [f"cues&kind={kind}&{first}&{last}" for first in before for last in after]
    reach = range(max(0, left - _CUE_REACH), left - 1)
    near = sorted({name for index in reach for name in classes(index) if name != "other"})
    found += [f"cue-far={name}&{last}" for name in near for last in outer_before]
    behind = sorted({name for index in range(right, min(right + _CUE_REACH, len(words))) for name in classes(index)})
    found += [f"cue-behind={name}" for name in behind]
    if end < len(words) and words[end] == "'s":
        found += [f"cue-owned={name}" for name in classes(end + 1)] + [
            f"cue-owned2={name}" for name in classes(end + 2)
        ]
    return found


def _form(words: Sequence[str], index: int, places: Sequence[str]) -> str:
    """Return the word, or what kind of word it is where its letters would teach nothing."""
    if index < 0 or index >= len(words):
        return "<edge>"
    word = words[index]
    if word.isalpha() and word.islower():
        return word
    if word[:1].isupper():
        return f"<{places[index]}>" if places[index] != "p0" else f"C:{fold(word)}"
    return "<number>" if word[:1].isdigit() else word


def _list_edges(words: Sequence[str], span: tuple[int, int], taken: Sequence[bool]) -> tuple[int, int]:
    """Where the list of names that the name stands in begins and ends."""
    left, right = span
    index = left - 1
    while index >= 0 and (taken[index] or words[index].lower() in _LIST_WORDS):
        left = index
        index -= 1
    index = right
    while index < len(words) and (taken[index] or words[index].lower() in _LIST_WORDS):
        index += 1
    return left, index


def _run(words: Sequence[str], index: int, step: int) -> list[str]:
    """Return the capitalised words that adjoin a name: how many, and which."""
    found: list[str] = []
    while 0 <= index < len(words) and words[index][:1].isupper() and len(found) <= _WINDOW:
        found.append(fold(words[index]))
        index += step
    return [f"#{len(found)}", *found, *([f"last:{found[-1]}"] if found else [])]


def _ending(words: Sequence[str], index: int) -> str:
    if index >= len(words) or not words[index].islower():
        return "<none>"
    return words[index][-2:]
