"""Which passages of a text can hold a movement of a force, told from its words alone.

A parse costs far more than all that reads it, and most sentences of a newspaper speak of no force. So only the
passages found here are parsed. What makes one stands in the tables that the parse is read with: the words of motion
(``lexicon/motion.csv``) and the nouns for forces (``lexicon/forces.csv``). The test errs on the side of parsing.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from geomap import lexicon

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from geomap.model import Span

    Exceptions = Mapping[str, Sequence[str]]

# Forces in a text, at least, and in a sentence: then it is a report on forces, where they also go by "they", by the
# name of their state, and by words that denote a force only there. (Where the parse is read, three in ten count.)
_LEAST_FORCES = 2
_FORCES_A_SENTENCE = 0.25
# Sentences around one that may hold a movement that help to read it: what a pronoun stands for, and who is quoted.
_CONTEXT = 1

_WORD = re.compile(r"[^\W_]+")
# "F-16", "T-72", "USS Name": forces that no table can list.
_DESIGNATION = re.compile(r"\b(?:[A-Z][A-Za-z]{0,3}-\d|(?:USS|USNS|USCGC|HMS|HMCS|HMAS|INS|RFS) [A-Z])")
# A stop, closing quotes, space and a capital; not behind a capital or a short title ("U.S.", "J. Smith", "Lt. Gen.").
_SENTENCE_END = re.compile(
    r"(?<![A-Z])(?<!\b[A-Z][a-z])(?<!\b[A-Z][a-z]{2})[.!?][\"')\]]{0,3}[^\S\n]{1,9}(?=[\"'(\[]{0,3}[A-Z0-9])"
)


class _Words(NamedTuple):
    """What the tables say of a word: the phrases of forces it begins, each with whether it is strong; its motion."""

    forces: dict[str, list[tuple[tuple[str, ...], bool]]]
    motions: frozenset[str]
    sure: frozenset[str]


class _Word(NamedTuple):
    """What the tables say of one form of a word."""

    form: str
    forces: tuple[tuple[tuple[str, ...], bool], ...]
    """The phrases of forces that it may begin, each with whether it is strong."""
    singulars: frozenset[str]
    is_military: bool
    has_motion: bool
    is_sure: bool


class _Marks(NamedTuple):
    """What was seen in a sentence."""

    strong: int
    has_force: bool
    has_motion: bool
    is_sure: bool


@cache
def _words() -> _Words:
    forces: dict[str, list[tuple[tuple[str, ...], bool]]] = {}
    for row in lexicon.rows("forces"):
        phrase = tuple(_WORD.findall(row["noun"].lower()))
        forces.setdefault(phrase[0], []).append((phrase, row["sense"] == "strong"))
    rows = [row for row in lexicon.rows("motion") if row["frame"] != "none"]
    sure = frozenset(_first(row["trigger"]) for row in rows if row["sense"] == "sure")
    return _Words(forces, frozenset(_first(row["trigger"]) for row in rows), sure)


def _first(phrase: str) -> str:
    found = _WORD.search(phrase)
    return found.group().lower() if found else ""


@cache
def _military() -> frozenset[str]:
    return lexicon.words("military") | lexicon.words("martial")


# Forms of words that are remembered.
_MOST_WORDS = 100_000


class Forms:
    """What the tables say of each form of a word, looked up once.

    Parameters
    ----------
    exceptions
        Irregular forms and their lemmas ("sent": "send").
    """

    def __init__(self, exceptions: Exceptions) -> None:
        self._exceptions = exceptions
        self._known: dict[str, _Word] = {}

    def __getitem__(self, form: str) -> _Word:
        """Return what the tables say of a form in lower case."""
        word = self._known.get(form)
        if word is None:
            if len(self._known) > _MOST_WORDS:
                self._known.clear()
            word = self._known[form] = self._look_up(form)
        return word

    def _look_up(self, form: str) -> _Word:
        table = _words()
        singulars = frozenset({form, *_singulars(form, self._exceptions)})
        lemmas = frozenset(_lemmas(form, self._exceptions))
        return _Word(
            form,
            tuple(phrase for lemma in sorted(singulars) for phrase in table.forces.get(lemma, ())),
            singulars,
            not _military().isdisjoint(lemmas),
            not table.motions.isdisjoint(lemmas),
            not table.sure.isdisjoint(lemmas),
        )


def find(text: str, paragraphs: Iterable[Span], forms: Forms) -> tuple[list[Span], list[Span]]:
    """Cut paragraphs into sentences and say which of them can hold a movement.

    Parameters
    ----------
    text
        The text, with plain quotation marks.
    paragraphs
        Its paragraphs, in order.
    forms
        What the tables say of words, remembered from text to text.

    Returns
    -------
    tuple of list
        Half-open spans of all sentences, the white space behind them included, and of the passages to parse: whole
        paragraphs or unbroken runs of sentences of one.
    """
    by_paragraph = [list(_sentences(text, start, end)) for start, end in paragraphs]
    sentences = [sentence for group in by_paragraph for sentence in group]
    marks = [_marks(text[start:end], forms) for start, end in sentences]
    wanted = _wanted(marks)
    passages: list[Span] = []
    number = 0
    for group in by_paragraph:
        last = None
        for sentence in group:
            if number in wanted:
                if last == number - 1:
                    passages[-1] = (passages[-1][0], sentence[1])
                else:
                    passages.append(sentence)
                last = number
            number += 1
    return sentences, passages


def _sentences(text: str, start: int, end: int) -> Iterator[Span]:
    for match in _SENTENCE_END.finditer(text, start, end):
        yield start, match.end()
        start = match.end()
    if start < end:
        yield start, end


def _wanted(marks: Sequence[_Marks]) -> set[int]:
    strong = sum(mark.strong for mark in marks)
    if strong >= _LEAST_FORCES and strong >= _FORCES_A_SENTENCE * len(marks):
        return set(range(len(marks)))
    wanted: set[int] = set()
    for number, mark in enumerate(marks):
        is_near = mark.has_force or (number > 0 and marks[number - 1].has_force)
        if mark.is_sure or (mark.has_motion and is_near):
            wanted.update(range(max(0, number - _CONTEXT), min(len(marks), number + _CONTEXT + 1)))
    return wanted


def _marks(sentence: str, forms: Forms) -> _Marks:
    words = [forms[word] for word in _WORD.findall(sentence.lower())]
    forces = [is_strong for at, word in enumerate(words) if word.forces for is_strong in _forces_at(words, at)]
    strong = sum(forces) + len(_DESIGNATION.findall(sentence))
    is_weak = len(forces) > sum(forces) and any(word.is_military for word in words)
    return _Marks(
        strong,
        strong > 0 or is_weak,
        any(word.has_motion for word in words),
        any(word.is_sure for word in words),
    )


def _forces_at(words: Sequence[_Word], at: int) -> Iterator[bool]:
    """Yield, for each phrase of the table of forces that begins at a word, whether it is a strong one."""
    for phrase, is_strong in words[at].forces:
        rest = words[at + 1 : at + len(phrase)]
        if len(rest) == len(phrase) - 1 and (
            not rest
            or (
                all(word.form == piece for word, piece in zip(rest[:-1], phrase[1:-1], strict=True))
                and phrase[-1] in rest[-1].singulars
            )
        ):
            yield is_strong


def _singulars(word: str, exceptions: Exceptions) -> Iterator[str]:
    yield from exceptions.get(word, ())
    if word.endswith("s"):
        yield word[:-1]
        if word.endswith("es"):
            yield word[:-2]
        if word.endswith("ies"):
            yield f"{word[:-3]}y"
    elif word.endswith("men"):
        yield f"{word[:-2]}an"


def _lemmas(word: str, exceptions: Exceptions) -> Iterator[str]:
    """Yield all lemmas that a form may have; the wrong ones are no words and do no harm."""
    yield word
    yield from _singulars(word, exceptions)
    if word.endswith("ing"):
        yield from (word[:-3], f"{word[:-3]}e", word[:-4])
    elif word.endswith("ed"):
        yield from (word[:-1], word[:-2], word[:-3])
        if word.endswith("ied"):
            yield f"{word[:-3]}y"
