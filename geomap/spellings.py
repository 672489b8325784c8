"""Spellings of names: the key under which a name is looked up, and the consonants that transliterations share.

Both are made for many names at once, one a line, since the gazetteer holds 800,000 when it is expanded.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_NAME = 120
"""Characters; no name of a place is longer, so that longer strings are not looked up."""
SHORTEST_ALTERNATE = 3
LONGEST_ALTERNATE = 60
"""Characters; shorter alternate names are scraps of transliteration or codes, longer ones descriptions."""

# All but the ranges of Latin and Cyrillic letters and of punctuation: other scripts do not stand in an English report.
_FOREIGN = re.compile(r"[^\u0000-\u052f\u1c80-\u1c8f\u1e00-\u1eff\u2000-\u206f\u2c60-\u2c7f\ua640-\ua69f\ua720-\ua7ff]")
_CODE = re.compile(r"[A-Z0-9.\- ]{1,5}")

# Letters that Unicode does not decompose into a base letter and a mark.
_LETTERS = (
    ("ł", "l"), ("ø", "o"), ("đ", "d"), ("ð", "d"), ("þ", "th"), ("æ", "ae"), ("œ", "oe"), ("ı", "i"), ("ə", "a"),
    ("ħ", "h"), ("ŧ", "t"), ("ŋ", "ng"), ("ɓ", "b"), ("ɗ", "d"), ("ƙ", "k"), ("&", " and "),
)  # fmt: skip
_DROPPED = re.compile(r"['’‘ʻʼʿʾ`´ʹʺ′″“”\".·ˈ]")
_SPACED = re.compile(r"[^\w\n]+")
_EDGES = re.compile(r"(?m)^ | $")
_LEADING = re.compile(r"(?m)^the (?=...)")
_SAINT = re.compile(r"\b(?:saint|sint|san?kt|(sainte))\b")
_FULL = {"ft": "fort", "mt": "mount"}
_SHORT = re.compile(r"\b[fm]t\b")

_CYRILLIC = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "є": "e", "ж": "zh", "з": "z", "и": "i",
        "і": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
        "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e",
        "ю": "yu", "я": "ya", "ј": "y", "љ": "l", "њ": "n", "ђ": "d", "ћ": "c", "џ": "dz", "ў": "u",
    }
)  # fmt: skip
# Spellings of one sound in the usual romanisations of Arabic, Persian, Ukrainian and Russian names.
_SOUNDS = (
    ("shch", "s"), ("sch", "s"), ("tch", "c"), ("kh", "k"), ("gh", "g"), ("dh", "d"), ("th", "t"), ("sh", "s"),
    ("zh", "z"), ("ch", "c"), ("ph", "f"), ("dj", "j"), ("ts", "s"), ("ck", "k"), ("q", "k"), ("x", "ks"), ("c", "k"),
    ("g", "k"), ("z", "s"), ("j", "s"), ("v", "f"), ("d", "t"), ("b", "p"),
)  # fmt: skip
_ARTICLE = re.compile(r"\b(?:al|el|ad|ed|ar|er|as|es|ash|esh|at|et|az|ez|an|en|ul|oul)\b ?")
_VOWELS = re.compile(r"(?<=.)[aeiouywh ]")
_DOUBLED = re.compile(r"(.)\1+")


def is_usable(name: str) -> bool:
    """Whether an alternate name is one that a text in Latin or Cyrillic letters may use, and no code."""
    return (
        SHORTEST_ALTERNATE <= len(name) <= LONGEST_ALTERNATE
        and (name.isascii() or not _FOREIGN.search(name))
        and name != name.lower()
        and not _CODE.fullmatch(name)
    )


def fold(name: str) -> str:
    """Return the key under which a name is stored and looked up.

    Case, diacritics, apostrophes and full stops fall away, hyphens become spaces, a leading article is dropped, and
    "Saint" becomes "St", so that ``Saint-Étienne`` and ``St. Etienne`` are one key.

    Parameters
    ----------
    name
        Any text; at most :data:`LONGEST_NAME` characters are read.

    Returns
    -------
    str
        Lower-case words with single spaces; empty when the text holds no letter or digit.
    """
    return _fold(name[: LONGEST_NAME + 1].replace("\n", " "))


def fold_all(names: Sequence[str]) -> list[str]:
    """Return the keys of many names, none longer than :data:`LONGEST_NAME`, none with a line break."""
    return _fold("\n".join(names)).split("\n") if names else []


def _fold(lines: str) -> str:
    """Fold text line by line; no step reaches over the end of a line."""
    if lines.isascii():
        text = lines.lower().replace("&", " and ")
    else:
        # Decomposing can bring capitals back (mathematical letters), so that case is folded after it as well.
        text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", lines.casefold()).casefold())
        for letter, plain in (*((char, "") for char in set(text) if unicodedata.combining(char)), *_LETTERS):
            text = text.replace(letter, plain)
    text = _SPACED.sub(" ", _DROPPED.sub("", text).replace("_", " "))
    text = text.strip(" ") if "\n" not in text else _EDGES.sub("", text)
    if "s" in text:
        text = _SAINT.sub(lambda match: "ste" if match[1] else "st", text)
    return _SHORT.sub(lambda match: _FULL[match[0]], _LEADING.sub("", text))


def skeleton(key: str) -> str:
    """Return the consonants of a folded name, with the spellings of one sound made equal.

    Transliterations differ in vowels and in a few consonants (``Kharkov``, ``Charkiw``), so that names with one
    skeleton are candidates for a fuzzy match.
    """
    return skeleton_all([key])[0]


def skeleton_all(keys: Sequence[str]) -> list[str]:
    """Return the skeletons of many keys."""
    if not keys:
        return []
    bare = _ARTICLE.sub("", latinise("\n".join(keys))).split("\n")
    text = "\n".join(short or key for short, key in zip(bare, keys, strict=True))
    for spelling, sound in _SOUNDS:
        text = text.replace(spelling, sound)
    return _DOUBLED.sub(r"\1", _VOWELS.sub("", text)).split("\n")


def latinise(key: str) -> str:
    """Return a folded name with its Cyrillic letters written in Latin ones."""
    return key.translate(_CYRILLIC)
