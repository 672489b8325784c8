"""Numbers with what they count or measure: personnel, equipment, units of a force, distances and durations.

Numbers are read from digits and from the words of ``lexicon/numbers.csv``; what they count from the nouns of
``lexicon/counted.csv`` and ``lexicon/forces.csv``, what they measure from ``lexicon/units.csv``. Numbers of anything
else (casualties, civilians, money, dates, type designations) are left out. A parse helps with a number that stands
without its noun, and is not needed for the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Literal, NamedTuple

from geomap import lexicon, nlp
from geomap.model import Quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spacy.tokens import Doc, Token

    from geomap.model import QuantityKind, Span

Counted = Literal["personnel", "equipment", "units", "none", "frame"]

# Characters after, and before, a number that are looked at; a noun phrase is not longer.
_AFTER = 180
_BEFORE = 60
# Words and signs that are looked at after a number; no noun phrase of a report has more before its noun.
_MOST_ATOMS = 40
# Words between a number and its noun ("2,200 of the active duty troops", "two Israel Defense Forces (IDF) tanks").
_MODIFIERS = 7
# Words of the longest noun in the tables.
_PHRASE = 4
_CONTEXT = 400
# Words between a number and the verb of its loss ("30 of the soldiers were later killed").
_LOSS_REACH = 6
# Letters of a type designation ("MiG-29", "Tu-95", "KC-135").
_DESIGNATION = 3
_FIRST_YEAR, _LAST_YEAR = 1900, 2099
# No convoy or squadron has more craft; "a squadron of 700" counts its people.
_MOST_CRAFT = 500
# Characters before a number within which "bombers" or "warplanes" make fighters machines.
_AIR_REACH = 400

_ATOM = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|(?:[A-Za-z]\.){2,}|[^\W\d_]+(?:['’][^\W\d_]+)?|\S")

# "the first such march in 22 years": how long it is since the last one.
_RECORD = re.compile(
    r"(?<!\w)(?:time|once|first|worst|largest|biggest|longest)(?:\s[\w-]{1,15}){0,3}\sin\s(?:\w{1,9}\s)?$"
)


# The type of a craft right before its noun: "Su-30 fighters".
_DESIGNATED = re.compile(r"(?<!\w)[A-Z][A-Za-z]{0,3}-\d{1,3}[A-Za-z]{0,3}\s$")
# The whole that a count is a part of: "400 of the 1,500 soldiers".
_WHOLE = re.compile(r"\sof\s(?:(?:the|its|their|his|her|some|about|around|an|estimated|total|roughly)\s){0,3}(?=\d)")
# A name in the plural after a number: "7,000 Americans", "six hundred more Kenyans", "thousands of Eritreans".
_NATIONALS = re.compile(
    r"(?:\s(?:more|other|of|the)){0,3}\s([A-Z][^\W\d_]{2,}(?:s|ese|ish|ch))(?!\w|\s[a-z]+(?:men|s)\b)"
)


class _Atom(NamedTuple):
    """A word, number or sign, lower case, with its place in the text."""

    word: str
    start: int
    end: int


class _Unit(NamedTuple):
    """A unit in the text, what one of it is in the record's unit, and the place after it in the list of atoms."""

    kind: QuantityKind
    symbol: str
    factor: float
    after: int


@dataclass(frozen=True, slots=True)
class _Number:
    """A number as read: its value, the place after it in the list of atoms, and how sure it is."""

    value: float
    after: int
    approximate: bool = False
    upper: float | None = None


# --- tables ---------------------------------------------------------------------------------------------------------


@cache
def _numbers(kind: str) -> dict[str, float]:
    return {row["word"]: float(row["value"] or 0) for row in lexicon.rows("numbers") if row["class"] == kind}


@cache
def _number_words(kind: str) -> frozenset[str]:
    return frozenset(row["word"] for row in lexicon.rows("numbers") if row["class"] == kind)


@cache
def _nouns() -> dict[str, Counted]:
    """Return the counted nouns; the table of this module wins over that of forces in general."""
    kinds: dict[str, Counted] = {"personnel": "personnel", "equipment": "equipment", "unit": "units"}
    nouns: dict[str, Counted] = {}
    for row in lexicon.rows("forces"):
        if row["kind"] in kinds:
            nouns[row["noun"]] = kinds[row["kind"]]
    for row in lexicon.rows("counted"):
        if row["kind"] in ("personnel", "equipment", "units", "none", "frame"):
            nouns[row["noun"]] = row["kind"]  # type: ignore[assignment]
    return nouns


@cache
def counted_words(kind: str) -> frozenset[str]:
    """Return the words of one class of ``lexicon/counted.csv``."""
    return frozenset(row["noun"] for row in lexicon.rows("counted") if row["kind"] == kind)


@cache
def _units() -> dict[str, tuple[QuantityKind, str, float]]:
    return {
        row["word"]: (row["kind"], row["unit"], float(row["factor"]))  # type: ignore[misc]
        for row in lexicon.rows("units")
    }


@cache
def _starts() -> re.Pattern[str]:
    """Compile what a number can start with: a digit or a number word that no letter, hyphen or currency precedes."""
    words = "|".join(sorted({*_numbers("unit"), *_numbers("plural")}, key=len, reverse=True))
    scales = "|".join(word for word in _numbers("scale") if len(word) > 1)
    vague = "|".join(_numbers("vague"))
    return re.compile(
        rf"(?<![\w$€£¥#/-])(?<!\d[.,:])(?:\d|(?:{words})(?![\w])|(?:an?|{vague})[\s-]{{1,2}}(?:(?:{vague}|of|an?)[\s-]{{1,2}}){{0,2}}"
        rf"(?:{scales})(?!\w))",
        re.IGNORECASE,
    )


@cache
def _phrases(*kinds: str) -> re.Pattern[str]:
    """Compile the words that may stand before a number, up to the number itself."""
    words = [row["word"] for row in lexicon.rows("numbers") if row["class"] in kinds]
    body = "|".join(re.escape(word).replace(r"\ ", r"\s") for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{body})\s{{1,2}}$", re.IGNORECASE)


def _singular(word: str) -> str:
    """Return a noun's likely singular: "batteries", "marines", "policemen"."""
    if word in _nouns() or word in _units():
        return word
    if word.endswith("men"):
        return word[:-2] + "an"
    if not word.endswith("s"):
        return word
    stems = (word[:-1], word[:-2], word[:-3] + "y")
    return next((stem for stem in stems if stem in _nouns()), stems[0])


# --- reading numbers ------------------------------------------------------------------------------------------------


def _atoms(text: str, start: int, end: int) -> list[_Atom]:
    return [_Atom(m.group().lower(), m.start(), m.end()) for m in islice(_ATOM.finditer(text, start, end), _MOST_ATOMS)]


def _word(atoms: Sequence[_Atom], index: int) -> str:
    return atoms[index].word if 0 <= index < len(atoms) else ""


def _read(atoms: Sequence[_Atom], index: int) -> _Number | None:
    """Read one number at a place in the list, without ranges."""
    word = _word(atoms, index)
    if word[:1].isdigit():
        return _scaled(atoms, index + 1, float(word.replace(",", "")))
    if word in _numbers("plural"):
        return _read_plural(atoms, index)
    if word in _numbers("unit"):
        return _read_words(atoms, index)
    return _read_vague(atoms, index)


def _scaled(atoms: Sequence[_Atom], index: int, value: float) -> _Number:
    """Multiply by the scales that follow: "2.5 million", "two dozen", "12k"."""
    while True:
        step = index + (_word(atoms, index) == "-")
        word = _word(atoms, step)
        # "k" only where it touches its number; "m" alone is more often the metre.
        is_scale = word in _numbers("scale") and (
            len(word) > 1 or (word == "k" and atoms[step].start == atoms[step - 1].end)
        )
        if not is_scale:
            return _Number(value, index)
        value *= _numbers("scale")[word]
        index = step + 1


def _read_plural(atoms: Sequence[_Atom], index: int) -> _Number:
    """Read "dozens", "tens of thousands": the least that they can mean."""
    value = _numbers("plural")[_word(atoms, index)]
    index += 1
    while _word(atoms, index) == "of" and _word(atoms, index + 1) in _numbers("plural"):
        value *= _numbers("plural")[_word(atoms, index + 1)]
        index += 2
    return _Number(value, index, approximate=True)


def _read_vague(atoms: Sequence[_Atom], index: int) -> _Number | None:
    """Read "a dozen", "several thousand", "a couple of hundred", "half a million"."""
    factor, is_vague = 1.0, False
    while _word(atoms, index) in {"a", "an", "of", "-"} or _word(atoms, index) in _numbers("vague"):
        word = _word(atoms, index)
        if word in _numbers("vague"):
            factor *= _numbers("vague")[word]
            is_vague = is_vague or word != "half"
        index += 1
    if _word(atoms, index) not in _numbers("scale"):
        return None
    number = _scaled(atoms, index, factor)
    return _Number(number.value, number.after, is_vague)


def _read_words(atoms: Sequence[_Atom], index: int) -> _Number:
    """Read "two hundred and fifty thousand", "twenty-five"."""
    total = current = 0.0
    while True:
        word = _word(atoms, index)
        if word in _numbers("unit"):
            current += _numbers("unit")[word]
        elif word in _numbers("scale") and len(word) > 1:
            current = max(current, 1.0) * _numbers("scale")[word]
            if _numbers("scale")[word] >= 1000:  # noqa: PLR2004 - from a thousand on, what follows is added
                total, current = total + current, 0.0
        else:
            break
        index += 1
        joins = _word(atoms, index) in {"-", "and"}
        follower = _word(atoms, index + 1)
        tens = _word(atoms, index) == "-" and current >= 20  # noqa: PLR2004 - "twenty-five"
        hundreds = _word(atoms, index) == "and" and (current >= 100 or total)  # noqa: PLR2004 - "two hundred and six"
        if joins and ((follower in _numbers("unit") and (tens or hundreds)) or follower in _numbers("scale")):
            index += 1
    return _Number(total + current, index)


def _read_range(atoms: Sequence[_Atom], index: int, before: str) -> _Number | None:
    """Read a number or a range of two: "400 to 500", "between 3,000 and 5,000"; "from 900 to 1,200" is the latter."""
    first = _read(atoms, index)
    if first is None:
        return None
    link = _word(atoms, first.after)
    lead = before.rstrip().lower().rsplit(None, 1)[-1:] or [""]
    links = {"to", "-", "–", "—", "or"} | ({"and"} if lead[0] == "between" else set())
    if link not in links:
        return first
    following = first.after + 1
    second = _read(atoms, following) if _opens_number(_word(atoms, following)) else None
    if second is None or second.value <= 0:
        return first
    if lead[0] == "from" and link == "to":
        return first if _tells_change(before) else second
    # In "15 to 20 thousand" the scale belongs to both.
    scale = (
        second.value / float(_word(atoms, following).replace(",", "")) if _word(atoms, following)[0].isdigit() else 1.0
    )
    value = first.value * scale if first.value < second.value / scale and first.after == index + 1 else first.value
    if second.value <= value:
        return first
    return _Number(value, second.after, True, second.value)  # noqa: FBT003


def _tells_change(before: str) -> bool:
    """Tell "cut from 900 to 400", which gives two numbers, from "from 400 to 900 men", which is about one."""
    words = re.findall(r"[^\W\d_]+", re.split(r"[.;:]", before)[-1].lower())
    return any(word in counted_words("change") for word in words)


def _opens_number(word: str) -> bool:
    return word[:1].isdigit() or word in _numbers("unit")


# --- finding --------------------------------------------------------------------------------------------------------


def find(doc: Doc) -> list[Quantity]:
    """Find the counts of forces, the distances and the durations of a document.

    Returns
    -------
    list of Quantity
        Sorted, not overlapping. Distances and durations carry their unit; "1,000-kilometer (620-mile)" gives two.
    """
    text = nlp.text_of(doc)
    found: list[Quantity] = []
    position = 0
    while (match := _starts().search(text, position)) is not None:
        start = match.start()
        position = match.end()
        atoms = _atoms(text, start, min(len(text), start + _AFTER))
        before = text[max(0, start - _BEFORE) : start]
        number = _read_range(atoms, 0, before)
        if number is None or number.after == 0:
            continue
        position = max(position, atoms[number.after - 1].end)
        if _is_name(atoms, number, before):
            continue
        whole = _WHOLE.match(text, position) if number.value > 1 else None
        if whole is not None:
            rest = _atoms(text, whole.end(), min(len(text), whole.end() + _AFTER))
            total = _read(rest, 0)
            if total is not None:
                atoms = [*atoms[: number.after], *rest[total.after :]]
                position = rest[total.after - 1].end
        unit = _unit_after(atoms, number)
        quantity = _count(doc, atoms, number, before) if unit is None else _measure(atoms, number, unit, before)
        if quantity is not None:
            found.append(quantity)
            position = max(position, quantity.end)
    return found


def _is_name(atoms: Sequence[_Atom], number: _Number, before: str) -> bool:
    """Tell numbers that name or date something, or measure money and shares, from those that count."""
    following = _word(atoms, number.after)
    previous = re.search(r"([^\W\d_]+)\.?\s{1,2}$", before)
    word = previous.group(1).lower() if previous else ""
    after_hyphen = _word(atoms, number.after + 1)
    return (
        number.value < 1
        or following in _number_words("other")
        or word in counted_words("label")
        or (following == "-" and after_hyphen in _number_words("fraction"))
        or (
            following in {".", ","}
            and after_hyphen[:1].isdigit()
            and atoms[number.after + 1].start == atoms[number.after].end
        )
        or _is_date(atoms[0].word, number, word, following, before)
    )


def _is_date(digits: str, number: _Number, word: str, following: str, before: str) -> bool:
    """Tell "Feb. 20", "20 February", "in 2014" and "May 9, 1945"."""
    if number.after != 1 or not digits.isdigit():
        return False
    if len(digits) <= 2:  # noqa: PLR2004 - days of the month have one digit or two
        return word in _months() or following in _months()
    is_year = len(digits) == 4 and _FIRST_YEAR <= number.value <= _LAST_YEAR  # noqa: PLR2004 - digits of a year
    return is_year and (
        word in _number_words("dating") or word in _months() or re.search(r"\d,\s$", before) is not None
    )


@cache
def _months() -> frozenset[str]:
    return frozenset(row["word"] for row in lexicon.rows("times") if row["class"] == "month")


def _approximate(before: str, number: _Number) -> bool:
    return number.approximate or _phrases("about", "least", "most").search(before) is not None


def _unit_after(atoms: Sequence[_Atom], number: _Number) -> _Unit | None:
    """Return the unit of length or time that follows a number."""
    index = number.after + (_word(atoms, number.after) == "-")
    pair = f"{_word(atoms, index)} {_singular(_word(atoms, index + 1))}"
    if pair in _units():
        return _Unit(*_units()[pair], index + 2)
    single = _units().get(_singular(_word(atoms, index)))
    return _Unit(*single, index + 1) if single is not None else None


def _measure(atoms: Sequence[_Atom], number: _Number, unit: _Unit, before: str) -> Quantity | None:
    """Read a distance or a duration; "three days ago" and "80 km per hour" are neither."""
    kind, symbol, factor, after = unit
    following = _word(atoms, after)
    if kind == "duration" and (
        following in {"ago", "later", "earlier", "old", "-", "shy", "ahead"} or _counts_since(before)
    ):
        return None
    if kind == "distance" and (following in {"/", "per"} or (following == "an" and _word(atoms, after + 1) == "hour")):
        return None
    if kind == "distance" and _word(atoms, after + (following == "-")) in counted_words("extent"):
        return None  # "the 180km-wide strait", "an 800-km border"
    return Quantity(
        start=atoms[0].start,
        end=atoms[after - 1].end,
        kind=kind,
        value=number.value * factor,
        unit=symbol,
        upper=None if number.upper is None else number.upper * factor,
        approximate=_approximate(before, number),
    )


def _counts_since(before: str) -> bool:
    """Tell "for the first time in six years", which is no duration of a movement."""
    return _RECORD.search(before) is not None


def _count(doc: Doc, atoms: Sequence[_Atom], number: _Number, before: str) -> Quantity | None:
    """Read a count of a force, or return None when something else is counted."""
    if _phrases("earlier").search(before) or _is_loss(atoms, number.after, before):
        return None
    head = _counted_noun(doc, atoms, number)
    if head is None:
        head = _group_before(atoms[0].start, before, number.value) or _left_out(doc, atoms, number, before)
    if head is None or head[0] == "none" or head[0] == "frame":
        return None
    kind = head[0]
    if kind == "units" and _word(atoms, number.after) == "of" and _is_singular(nlp.text_of(doc), head[1]):
        kind = "personnel"  # "about 200 of the brigade"
    elif kind == "personnel" and _is_craft(nlp.text_of(doc), head[1]):
        kind = "equipment"
    return Quantity(
        start=atoms[0].start,
        end=atoms[number.after - 1].end,
        kind=kind,
        value=number.value,
        upper=number.upper,
        approximate=_approximate(before, number),
        head=head[1],
    )


def _is_singular(text: str, span: Span) -> bool:
    noun = text[slice(*span)].lower()
    return _singular(noun.rsplit(None, 1)[-1]) == noun.rsplit(None, 1)[-1]


def _is_craft(text: str, span: Span) -> bool:
    """Tell fighters that fly from fighters that walk, by what was spoken of before."""
    if text[slice(*span)].lower() not in counted_words("craft or man"):
        return False
    if _DESIGNATED.search(text, max(0, span[0] - _BEFORE), span[0]) is not None:
        return True
    words = re.findall(r"[^\W\d_]+", text[max(0, span[0] - _AIR_REACH) : span[1] + _BEFORE].lower())
    named = {_singular(word) for word in words}
    return bool(named & counted_words("air")) and not named & counted_words("irregular")


def _is_loss(atoms: Sequence[_Atom], after: int, before: str) -> bool:
    """Tell casualties and losses: "killed 30 soldiers", "30 soldiers were killed"."""
    phrase = re.split(r"[,;:.()]", before)[-1]
    if any(word in counted_words("loss") for word in phrase.lower().split()[-3:]):
        return True
    following = atoms[after : after + _LOSS_REACH]
    ends = (i for i, atom in enumerate(following) if atom.word in counted_words("clause") or not atom.word[0].isalpha())
    return any(atom.word in counted_words("loss") for atom in following[: next(ends, len(following))])


def _phrase_at(atoms: Sequence[_Atom], index: int) -> tuple[Counted, int] | None:
    """Return the kind of the longest noun of the tables at a place, and the place after it."""
    for length in range(_PHRASE, 0, -1):
        words = [atom.word for atom in atoms[index : index + length]]
        if len(words) < length:
            continue
        phrase = " ".join([*words[:-1], _singular(words[-1])]).replace(" - ", "-")
        kind = _nouns().get(phrase)
        if kind is not None:
            return kind, index + length
    return _designation_at(atoms, index)


def _designation_at(atoms: Sequence[_Atom], index: int) -> tuple[Counted, int] | None:
    """Read the type designation of a weapon, letters with a number: "F-16s", "T-72", "Mi-24"."""
    letters, hyphen, digits = (_word(atoms, index + step) for step in range(3))
    if not (letters.isalpha() and len(letters) <= _DESIGNATION and hyphen == "-" and digits.isdigit()):
        return None
    if atoms[index + 2].start != atoms[index].end + 1:
        return None
    after = index + 3
    suffix = _word(atoms, after)
    if suffix.isalpha() and len(suffix) <= 2 and atoms[after].start == atoms[after - 1].end:  # noqa: PLR2004 - "s", "M", "MS"
        after += 1
    return "equipment", after


def _counted_noun(doc: Doc, atoms: Sequence[_Atom], number: _Number) -> tuple[Counted, Span] | None:
    """Find the noun that a number counts: the last noun of the tables in the phrase that it opens."""
    index, found, passed = number.after, None, 0
    strength = index + (_word(atoms, index) == "-")
    if _word(atoms, strength) in _number_words("strength") and (strength > index or _word(atoms, index) == "strong"):
        # "a 2,500-strong contingent", "a 10,000-man army": the people are counted, not the unit.
        return "personnel", (atoms[strength].start, atoms[strength].end)
    is_one = number.value == 1
    while index < len(atoms) and passed <= _MODIFIERS:
        word = atoms[index].word
        match = _phrase_at(atoms, index)
        if match is not None and not (found is not None and _is_complete(found, atoms, index) and match[0] == "none"):
            kind, after = match
            found = (kind, (atoms[index].start, atoms[after - 1].end))
            index = after
            if _word(atoms, index) == "of" and kind == "frame":
                index += 1
            continue
        if word == "(" and (found is None or _phrase_at(atoms, _closing(atoms, index)) is not None):
            index = _closing(atoms, index)
            continue
        if found is not None and found[0] != "frame":
            return _checked(doc, atoms, index, found)
        if word == "of" and index == number.after and not is_one:
            index += 1
            continue
        is_sign = not word[0].isalnum() and word not in {"-", "'", "’"}
        if is_sign or word[0].isdigit() or word in counted_words("stop"):
            break
        index += 1
        passed += 1
    return found


def _is_complete(found: tuple[Counted, Span], atoms: Sequence[_Atom], index: int) -> bool:
    """Tell whether the noun found is a plural, after which no noun follows that it would only describe."""
    return found[0] not in ("none", "frame") and _singular(atoms[index - 1].word) != atoms[index - 1].word


def _closing(atoms: Sequence[_Atom], index: int) -> int:
    """Return the place after a short parenthesis, or the end when it is not short."""
    for step in range(index + 1, min(len(atoms), index + 5)):
        if atoms[step].word == ")":
            return step + 1
    return len(atoms)


def _checked(doc: Doc, atoms: Sequence[_Atom], index: int, found: tuple[Counted, Span]) -> tuple[Counted, Span] | None:
    """Drop a noun that only describes another one which is not in the tables ("200 tank shells")."""
    token = _token_at(doc, found[1][1] - 1)
    if token is None or token.tag_ != "NN" or index >= len(atoms):
        return found
    if token.dep_ == "compound" and token.head.i == token.i + 1 and token.head.pos_ == "NOUN":
        return None
    return found


def _token_at(doc: Doc, offset: int) -> Token | None:
    tokens = doc.char_span(offset, offset + 1, alignment_mode="expand")
    return tokens[0] if tokens is not None and len(tokens) else None


def _group_before(start: int, before: str, value: float) -> tuple[Counted, Span] | None:
    """Find the group in "a garrison of about 3,000", whose members are counted."""
    head = re.search(r"([^\W\d_]+)\sof\s(?:[^\W\d_]+\s){0,3}$", before)
    if head is None:
        return None
    kind = _nouns().get(_singular(head.group(1).lower()))
    if kind is None or kind in ("none", "frame"):
        return None
    offset = start - len(before)
    is_craft = head.group(1).lower() in counted_words("group of craft") and value < _MOST_CRAFT
    members: Counted = "equipment" if is_craft else "personnel"
    return members, (offset + head.start(1), offset + head.end(1))


def _left_out(doc: Doc, atoms: Sequence[_Atom], number: _Number, before: str) -> tuple[Counted, Span] | None:
    """Find, in what went before, the noun of a number that stands alone ("will surpass 5,200", "dozens stayed")."""
    if number.value < 2:  # noqa: PLR2004 - "one" alone is a pronoun
        return None
    previous = re.search(r"([^\W\d_]+)(?:\sto)?\s$", _phrases("about", "least", "most").sub("", before))
    is_bare = previous is not None and previous.group(1).lower() in counted_words("bare")
    is_bare = is_bare or _is_end_of_change(atoms, number, before)
    token = _token_at(doc, atoms[number.after - 1].start)
    is_of = _word(atoms, number.after) == "of"
    is_theirs = is_of and _word(atoms, number.after + 1) in {"them", "these", "those"}
    is_subject = token is not None and token.dep_ in ("nsubj", "nsubjpass") and (is_theirs or not is_of)
    if not is_bare and not is_subject and not is_theirs:
        return None
    start = max(0, atoms[0].start - _CONTEXT)
    words = _ATOM.finditer(nlp.text_of(doc), start, atoms[0].start)
    earlier = [_Atom(match.group().lower(), match.start(), match.end()) for match in words]
    for kind in ("personnel", "equipment", *(("units",) if is_bare else ())):
        for index in range(len(earlier) - 1, -1, -1):
            match = _phrase_at(earlier, index)
            if match is None or match[0] != kind:
                continue
            # The number itself is what moves or stays; only after a verb does it tell of the noun before.
            noun = (earlier[index].start, earlier[match[1] - 1].end)
            own = (atoms[0].start, atoms[number.after - 1].end)
            return ("equipment" if kind == "equipment" else "personnel"), (noun if is_bare else own)
    return None


def _is_end_of_change(atoms: Sequence[_Atom], number: _Number, before: str) -> bool:
    """Tell the two numbers of "cut from 900 to 400", which stand without their noun."""
    if _FIRST_YEAR <= number.value <= _LAST_YEAR and "," not in atoms[0].word:
        return False
    lead = re.search(r"(?<!\w)(from|to)\s{1,2}$", _phrases("about", "least", "most").sub("", before))
    return lead is not None and _tells_change(before)


def count_people(text: str, start: int) -> Quantity | None:
    """Read a number of a country's people: "thousands of Eritreans"; whether they are a force, the text must tell.

    Parameters
    ----------
    text
        The text of the document.
    start
        Where the words of the number begin, with "about" and the like.
    """
    match = _starts().search(text, start, min(len(text), start + _BEFORE))
    if match is None or not is_rough(text[start : match.start()]):
        return None
    before = text[max(0, match.start() - _BEFORE) : match.start()]
    atoms = _atoms(text, match.start(), min(len(text), match.start() + _AFTER))
    number = _read_range(atoms, 0, before)
    if number is None or number.after == 0:
        return None
    following = _NATIONALS.match(text, atoms[number.after - 1].end)
    if following is None or following.group(1) not in _peoples():
        return None
    return Quantity(
        start=match.start(),
        end=atoms[number.after - 1].end,
        kind="personnel",
        value=number.value,
        upper=number.upper,
        approximate=_approximate(before, number),
        head=following.span(1),
    )


@cache
def _peoples() -> frozenset[str]:
    return frozenset(word for row in lexicon.rows("demonyms") for word in row["words"].split("|"))


def is_rough(words: str) -> bool:
    """Tell whether only "about", "at least" and the like stand before a number, or nothing."""
    return not words.strip() or _phrases("about", "least", "most").fullmatch(words) is not None
