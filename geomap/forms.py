"""Parts of speech, morphology and lemmas of parsed tokens, looked up once for each form.

In spaCy's English pipelines two components give a token its part of speech, its morphology and its lemma: the attribute
ruler, which tries some 180 patterns on every token, and the lemmatiser, which searches lists of up to 57,000 words.
Together they take as long as the parse itself. What they give depends on nothing but the token's own form, tag and
dependency (for a few patterns, of two tokens side by side), so here they see each such form once, and a dictionary
holds what they said. :class:`Forms` says by :attr:`Forms.suits` whether that is so for the pipeline at hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from spacy.language import Language
    from spacy.tokens import Doc

    Form = tuple[int, int, int]
    """Hashes of a token's text, tag and dependency."""
    Answer = tuple[int, int, int, int, int]
    """Hashes of its tag, dependency, part of speech, morphology and lemma."""

# The components that are spared, in the pipeline's order.
PIPES = ("attribute_ruler", "lemmatizer")
# What they give, and what each token of a document is read with.
COLUMNS: list[int | str] = ["TAG", "DEP", "POS", "MORPH", "LEMMA"]
# What a pattern of the ruler may ask of a token, so that its answer depends on form, tag and dependency only.
_ASKED = frozenset({"ORTH", "TEXT", "LOWER", "IS_SPACE", "TAG", "DEP"})
# No word of any text; keeps forms apart that are looked at side by side.
_SPACER = "\u2063"
# Forms that are remembered: a newspaper's year has some hundred thousand.
_MOST_FORMS = 500_000


class Forms:
    """What a pipeline's attribute ruler and lemmatiser say of each form.

    Parameters
    ----------
    nlp
        The pipeline; it is not changed.
    """

    def __init__(self, nlp: Language) -> None:
        self._vocab = nlp.vocab
        self._answers: dict[tuple[Form, ...], list[Answer]] = {}
        self._components = _components(nlp)
        self._pairs = _longer_patterns(nlp) if self._components else None

    @property
    def suits(self) -> bool:
        """Whether the pipeline's components are of a kind whose answers depend on the form only."""
        return bool(self._components)

    def look_up(self, docs: Sequence[Doc]) -> list[NDArray[np.uint64]]:
        """Return tag, dependency, part of speech, morphology and lemma of each token, as hashes.

        Parameters
        ----------
        docs
            Tagged and parsed, without parts of speech.

        Returns
        -------
        list of NDArray
            One array for each document, shape (tokens, 5).
        """
        runs = [list(self._runs(doc)) for doc in docs]
        if len(self._answers) > _MOST_FORMS:
            self._answers.clear()
        self._learn(run for doc_runs in runs for run in doc_runs)
        found = [[answer for run in doc_runs for answer in self._answers[run]] for doc_runs in runs]
        return [np.array(answers, dtype=np.uint64).reshape(-1, len(COLUMNS)) for answers in found]

    def _runs(self, doc: Doc) -> Iterable[tuple[Form, ...]]:
        """Cut a document into forms, each alone but for those that a longer pattern joins."""
        forms = [(orth, tag, dep) for orth, tag, dep in doc.to_array(["ORTH", "TAG", "DEP"]).tolist()]
        at = 0
        pairs = self._pairs(doc, allow_missing=True) if self._pairs is not None else ()
        for start, end in _joined((first, last) for _, first, last in pairs):
            yield from ((form,) for form in forms[at:start])
            yield tuple(forms[start:end])
            at = end
        yield from ((form,) for form in forms[at:])

    def _learn(self, runs: Iterable[tuple[Form, ...]]) -> None:
        """Let the components see, all in one document, the runs that are new."""
        from spacy.tokens import Doc

        new = [run for run in dict.fromkeys(runs) if run not in self._answers]
        if not new:
            return
        # The lemmatiser warns of words without a part of speech, which nothing but the spacer would be.
        spacer = (self._vocab.strings.add(_SPACER), 0, 0, self._vocab.strings["X"])
        tokens = [token for run in new for token in (*((*form, 0) for form in run), spacer)]
        # spaCy's stubs know only one of the kinds of words and of arrays that these take.
        doc = Doc(self._vocab, words=[token[0] for token in tokens])  # type: ignore[misc]
        doc.from_array(["TAG", "DEP", "POS"], np.array([token[1:] for token in tokens], dtype=np.uint64))  # type: ignore[arg-type]
        for component in self._components:
            component(doc)
        answers = [tuple(row) for row in doc.to_array(COLUMNS).tolist()]
        at = 0
        for run in new:
            self._answers[run] = answers[at : at + len(run)]
            at += len(run) + 1


def _components(nlp: Language) -> list[Any]:
    """Return the two components if they stand side by side and ask what forms answer; else nothing."""
    from spacy.lang.en.lemmatizer import EnglishLemmatizer
    from spacy.pipeline import AttributeRuler

    names = [name for name in nlp.pipe_names if name in PIPES]
    if tuple(names) != PIPES:
        return []
    ruler, lemmatizer = (nlp.get_pipe(name) for name in PIPES)
    if not isinstance(ruler, AttributeRuler) or type(lemmatizer) is not EnglishLemmatizer or lemmatizer.mode != "rule":
        return []
    specs = [spec for pattern in _patterns(ruler) for spec in pattern]
    if not all(spec and _ASKED.issuperset(spec) for spec in specs):
        return []
    return [ruler, _with_sets(lemmatizer)]


def _patterns(ruler: Any) -> list[list[dict[str, Any]]]:  # noqa: ANN401 - spaCy's components
    return [pattern for rule in ruler.patterns for pattern in rule["patterns"]]


def _with_sets(lemmatizer: Any) -> Any:  # noqa: ANN401 - spaCy's components
    """Copy a lemmatiser so that it finds words in sets; spaCy's tables hold lists."""
    from spacy.lookups import Lookups

    copy = type(lemmatizer)(lemmatizer.vocab, None, lemmatizer.name, mode=lemmatizer.mode)
    copy.lookups = Lookups()
    for name in lemmatizer.lookups.tables:
        table = lemmatizer.lookups.get_table(name)
        if name == "lemma_index":
            table = {part_of_speech: frozenset(words) for part_of_speech, words in table.items()}
        copy.lookups.add_table(name, table)
    return copy


def _longer_patterns(nlp: Language) -> Any:  # noqa: ANN401 - a Matcher, or None
    """Return a matcher for the ruler's patterns of several tokens."""
    from spacy.matcher import Matcher

    patterns = [pattern for pattern in _patterns(nlp.get_pipe(PIPES[0])) if len(pattern) > 1]
    if not patterns:
        return None
    matcher = Matcher(nlp.vocab)
    matcher.add("longer", patterns)
    return matcher


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join spans that overlap."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
