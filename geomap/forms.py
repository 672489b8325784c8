"""Parts of speech, morphology and lemmas of parsed tokens, looked up once for each form.

In spaCy's English pipelines two components give a token its part of speech, its morphology and its lemma: the attribute
ruler, which tries some 180 patterns on every token, and the lemmatiser, which searches lists of up to 57,000 words.
Together they take as long as the parse itself. What the ruler says depends on a token's tag, for some words on the
word, and for some dependencies on the dependency; for a few patterns, on two tokens side by side. What the lemmatiser
says depends on the word and on what the ruler said. So here both see each such form once, and dictionaries hold what
they said. :attr:`Forms.suits` tells whether that is so for the pipeline at hand; a test compares the results.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from spacy.language import Language
    from spacy.tokens import Doc

    Form = tuple[int, int, int]
    """Hashes of a token's word, tag and dependency; stand-ins for a word or a dependency that no pattern asks for."""
    Answer = tuple[int, int, int, int, int]
    """Hashes in the order of ``COLUMNS``; the lemma is 0 where the ruler leaves it to the lemmatiser."""

# The components that are spared, in the pipeline's order.
PIPES = ("attribute_ruler", "lemmatizer")
# What they give, and what each token of a document is read with.
COLUMNS: list[int | str] = ["TAG", "DEP", "POS", "MORPH", "LEMMA"]
# What a pattern of the ruler may ask of a token, so that its answer depends on word, tag and dependency only.
_ASKED = frozenset({"ORTH", "TEXT", "LOWER", "IS_SPACE", "TAG", "DEP"})
_COMPARED = frozenset({"IN", "NOT_IN", "REGEX"})
# No word of any text: keeps forms apart that the ruler looks at side by side, and stands in for words of no pattern.
_NO_WORD = "\u2063"
# Forms that are remembered: a newspaper's year has some hundred thousand.
_MOST_FORMS = 300_000


class Forms:
    """What a pipeline's attribute ruler and lemmatiser say of each form.

    Parameters
    ----------
    nlp
        The pipeline; it is not changed.
    """

    def __init__(self, nlp: Language) -> None:
        self._vocab = nlp.vocab
        self._answers: dict[tuple[Form, ...], tuple[Answer, ...]] = {}
        self._lemmas: dict[tuple[int, int, int], int] = {}
        self._words: dict[int, int] = {}
        self._dependencies: dict[int, int] = {}
        components = _components(nlp)
        self.suits = components is not None
        """Whether the pipeline's components are of a kind whose answers depend on the form only."""
        if components is not None:
            self._ruler, self._lemmatizer = components
            patterns = _patterns(self._ruler)
            self._asked_words = _asked(patterns, "ORTH", "TEXT", "LOWER")
            self._asked_dependencies = _asked(patterns, "DEP")
            self._no_word = self._vocab.strings.add(_NO_WORD)
            self._longer = _longer_patterns(nlp, patterns)

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
        if max(len(self._answers), len(self._lemmas), len(self._words)) > _MOST_FORMS:
            self._answers.clear()
            self._lemmas.clear()
            self._words.clear()
        tokens = [doc.to_array(["ORTH", "TAG", "DEP"]).tolist() for doc in docs]
        runs = [list(self._runs(doc, rows)) for doc, rows in zip(docs, tokens, strict=True)]
        self._learn_answers({run for found in runs for run in found})
        answers = [[answer for run in found for answer in self._answers[run]] for found in runs]
        words = [(row[0], answer[2], answer[3]) for rows, found in zip(tokens, answers, strict=True)
                 for row, answer in zip(rows, found, strict=True) if not answer[4]]  # fmt: skip
        self._learn_lemmas(set(words))
        return [self._columns(rows, found) for rows, found in zip(tokens, answers, strict=True)]

    def _columns(self, rows: Iterable[Form], answers: Iterable[Answer]) -> NDArray[np.uint64]:
        columns = [
            (
                tag,
                row[2] if dependency == self._no_word else dependency,
                part_of_speech,
                morphology,
                lemma or self._lemmas[row[0], part_of_speech, morphology],
            )
            for row, (tag, dependency, part_of_speech, morphology, lemma) in zip(rows, answers, strict=True)
        ]
        return np.array(columns, dtype=np.uint64).reshape(-1, len(COLUMNS))

    def _runs(self, doc: Doc, rows: Sequence[Form]) -> Iterator[tuple[Form, ...]]:
        """Cut a document into forms, each alone but for those that a longer pattern joins."""
        longer = self._longer(doc, allow_missing=True) if self._longer is not None else ()
        at = 0
        for start, end in _joined((first, last) for _, first, last in longer):
            yield from ((self._form(row),) for row in rows[at:start])
            yield tuple((word, tag, dependency) for word, tag, dependency in rows[start:end])
            at = end
        yield from ((self._form(row),) for row in rows[at:])

    def _form(self, row: Form) -> Form:
        """Leave out of a token what no pattern asks for."""
        word, tag, dependency = row
        if word not in self._words:
            text = self._vocab.strings[word]
            asked = text.isspace() or any(self._asked_words.match(form) for form in (text, text.lower()))
            self._words[word] = word if asked else self._no_word
        if dependency not in self._dependencies:
            asked = not dependency or self._asked_dependencies.match(self._vocab.strings[dependency]) is not None
            self._dependencies[dependency] = dependency if asked else self._no_word
        return self._words[word], tag, self._dependencies[dependency]

    def _learn_answers(self, runs: Iterable[tuple[Form, ...]]) -> None:
        """Let the ruler see, all in one document, the runs that are new."""
        new = sorted(run for run in runs if run not in self._answers)
        spacer = (self._no_word, 0, 0)
        doc = self._document([form for run in new for form in (*run, spacer)], ["TAG", "DEP"])
        self._ruler(doc)
        answers = doc.to_array(COLUMNS).tolist()
        at = 0
        for run in new:
            self._answers[run] = tuple(tuple(answer) for answer in answers[at : at + len(run)])
            at += len(run) + 1

    def _learn_lemmas(self, words: Iterable[tuple[int, int, int]]) -> None:
        """Let the lemmatiser see, all in one document, the words that are new as this part of speech."""
        new = sorted(word for word in words if word not in self._lemmas)
        doc = self._lemmatizer(self._document(new, ["POS", "MORPH"]))
        self._lemmas.update(zip(new, doc.to_array("LEMMA").tolist(), strict=True))

    def _document(self, rows: Sequence[tuple[int, ...]], columns: list[int | str]) -> Doc:
        from spacy.tokens import Doc

        # spaCy's stubs know only one of the kinds of words and of arrays that these take.
        doc = Doc(self._vocab, words=[row[0] for row in rows])  # type: ignore[misc]
        values = np.array([row[1:] for row in rows], dtype=np.uint64).reshape(-1, len(columns))
        return doc.from_array(columns, values)  # type: ignore[arg-type]


def _components(nlp: Language) -> tuple[Any, Any] | None:
    """Return the two components if both are there, side by side, and ask what forms answer."""
    from spacy.lang.en.lemmatizer import EnglishLemmatizer
    from spacy.pipeline import AttributeRuler

    if tuple(name for name in nlp.pipe_names if name in PIPES) != PIPES:
        return None
    ruler, lemmatizer = (nlp.get_pipe(name) for name in PIPES)
    if not isinstance(ruler, AttributeRuler) or type(lemmatizer) is not EnglishLemmatizer or lemmatizer.mode != "rule":
        return None
    specs = [spec for pattern in _patterns(ruler) for spec in pattern]
    values = [value for spec in specs for value in spec.values()]
    if not all(spec and _ASKED.issuperset(spec) for spec in specs):
        return None
    if not all(_COMPARED.issuperset(value) for value in values if isinstance(value, dict)):
        return None
    return ruler, _with_sets(lemmatizer)


def _patterns(ruler: Any) -> list[list[dict[str, Any]]]:  # noqa: ANN401 - spaCy's components
    return [pattern for rule in ruler.patterns for pattern in rule["patterns"]]


def _asked(patterns: Iterable[Sequence[dict[str, Any]]], *keys: str) -> re.Pattern[str]:
    """Return what matches the words or dependencies that patterns of one token ask for."""
    found: set[str] = set()
    for pattern in patterns:
        for value in (pattern[0][key] for key in keys if key in pattern[0] and len(pattern) == 1):
            if isinstance(value, str):
                found.add(f"{re.escape(value)}$")
            else:
                found.update(f"{re.escape(each)}$" for each in (*value.get("IN", ()), *value.get("NOT_IN", ())))
                # A regular expression may match anywhere in the word.
                found.update(f".*?(?:{value[key]})" for key in value.keys() & {"REGEX"})
    return re.compile("|".join(sorted(found)) or "$")


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


def _longer_patterns(nlp: Language, patterns: Iterable[list[dict[str, Any]]]) -> Any:  # noqa: ANN401 - a Matcher, or None
    """Return a matcher for the ruler's patterns of several tokens."""
    from spacy.matcher import Matcher

    longer = [pattern for pattern in patterns if len(pattern) > 1]
    if not longer:
        return None
    matcher = Matcher(nlp.vocab)
    matcher.add("longer", longer)
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
