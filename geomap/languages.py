"""Languages of texts: geomap reads English, and says so of what is not.

English is told by its most frequent words, which costs nothing. Only a text that has few of them is given to py3langid
(after langid.py: Lui and Baldwin 2012), which works offline and takes most of a second to load.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from geomap import lexicon
from geomap.errors import ReadError

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

    from geomap.model import Document

# A text with so many letters is long enough to be told; letters of scripts without spaces count as words do elsewhere.
_MIN_LETTERS = 100
_SAMPLE_CHARACTERS = 20_000
# The words of the table fill more of every English report that we have seen than this, headlines and lists aside, and
# less of Dutch and the Scandinavian languages, which share a few of them.
_ENGLISH_SHARE = 0.15
# py3langid's probability; lists of foreign names stay far below, running text of 100 letters above.
_SURE = 0.9
# Close to English, or no language at all, as py3langid calls them.
_TOLERATED = frozenset({"en", "pcm", "gcr", "zxx"})
_WORD = re.compile(r"[^\W\d_]+")


def require_english(document: Document) -> None:
    """Refuse a document in another language than English.

    Parameters
    ----------
    document
        What to look at. Its boilerplate does not count; what it says of its own language does where the text is too
        short to tell.

    Raises
    ------
    ReadError
        If the text is surely in another language; the message names it.
    """
    code = identify(_read_part(document))
    if code is None and document.language is not None and _is_foreign(document.language, document.text):
        code = document.language.partition("-")[0].lower()
    if code is not None and code not in _TOLERATED:
        name = _names().get(code, f"the language {code[:20]!r}")
        msg = f"{document.id} is in {name}, and geomap reads English; translate it first, or go on with --force"
        raise ReadError(msg)


def identify(text: str) -> str | None:
    """Return the ISO 639 code of a text's language, or None when it is too short or too odd to be told."""
    sample = text[:_SAMPLE_CHARACTERS]
    words = _WORD.findall(sample.lower())
    if _share(words) >= _ENGLISH_SHARE:
        return "en"
    if sum(map(len, words)) < _MIN_LETTERS:
        return None
    # Lone surrogates, which a broken file may hold, are no text.
    language, probability = _identifier().classify(sample.encode("utf-8", "replace").decode())
    return language if probability >= _SURE else None


def _read_part(document: Document) -> str:
    position, parts = 0, []
    for start, end in document.skip:
        parts.append(document.text[position:start])
        position = max(position, end)
    return "\n".join([*parts, document.text[position : position + 2 * _SAMPLE_CHARACTERS]]).strip()


def _share(words: list[str]) -> float:
    english = _english_words()
    return sum(word in english for word in words) / max(1, len(words))


def _is_foreign(declared: str, text: str) -> bool:
    """Believe a declaration that is known, and that a short text does not belie."""
    code = declared.partition("-")[0].lower()
    return code in _names() and code != "en" and _share(_WORD.findall(text[:_SAMPLE_CHARACTERS].lower())) == 0


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {row["code"]: row["name"] for row in lexicon.rows("languages")}


@lru_cache(maxsize=1)
def _english_words() -> frozenset[str]:
    return frozenset(word for row in lexicon.rows("languages") if row["code"] == "en" for word in row["words"].split())


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
