"""A person's decisions about places and claims, kept in a CSV that is only appended to; they win over everything.

Columns: ``document`` (its id, or ``*`` for all), ``words`` (of a place; or the whole quote of a claim), ``place`` (what
was decided), ``who``, ``when``, ``why``. What can be decided about words that say where:

- a gazetteer id (``geonames:703448``) or ``lat, lon`` in degrees: that is where;
- ``not a place``, or ``a place``: the answer that was found is right;

about a claim: ``not a claim``, or ``a claim``; ``: left`` after it means only the claim whose movement the quote's word
"left" states. ``as found`` takes earlier decisions back. Of two rows for the same words the later one counts, and one
for the document beats one for all. Lines before the names of the columns that begin with ``#`` are comments.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import os
import re
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from geomap.errors import DataError
from geomap.model import Candidate, Place, Toponym
from geomap.outputs import disarm, rearm
from geomap.spellings import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from io import FileIO

    from geomap.gazetteer import Gazetteer
    from geomap.model import Claim, Document

A_PLACE, NOT_A_PLACE, A_CLAIM, NOT_A_CLAIM, AS_FOUND = "a place", "not a place", "a claim", "not a claim", "as found"
SOMEONE = "a person"
"""Who decided, where the file does not say."""
SCORE = 1.0
"""Score of a place that a person chose."""

_ABOUT_CLAIMS = re.compile(rf"({A_CLAIM}|{NOT_A_CLAIM}|{AS_FOUND})(?:\s*:\s*(\S.*))?", re.IGNORECASE)
_POINT = re.compile(r"\s*(-?\d{1,2}(?:\.\d{1,10})?)\s*[,/ ]\s*(-?\d{1,3}(?:\.\d{1,10})?)\s*")
# What a person points at on a map of a country is right to about a kilometre.
_POINT_UNCERTAINTY_M = 1_000.0


@dataclass(frozen=True, slots=True)
class Correction:
    """A person's decision about some words, in one document or in all."""

    document: str
    words: str
    place: str
    who: str
    when: str
    why: str

    @property
    def decided_by(self) -> str:
        """Who decided."""
        return self.who or SOMEONE


_COLUMNS = tuple(field.name for field in fields(Correction))


def read(path: str | os.PathLike[str]) -> tuple[Correction, ...]:
    """Read a file of corrections.

    Raises
    ------
    DataError
        If it cannot be read or lacks a column.
    """
    name = os.fspath(path)
    try:
        state = Path(name).stat()
    except (OSError, ValueError) as error:
        msg = f"cannot read the corrections {name}: {error}"
        raise DataError(msg) from error
    return _read(name, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=8)
def _read(path: str, _changed_ns: int, _size: int) -> tuple[Correction, ...]:
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as lines:
            kept = list(_without_comments(lines))
            _columns(kept, path)
            reader = csv.DictReader(kept)
            rows = [Correction(*(rearm((row[name] or "").strip()) for name in _COLUMNS)) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"cannot read the corrections {path}: {error}"
        raise DataError(msg) from error
    # A row without a decision is what a crash in the middle of writing leaves.
    return tuple(row for row in rows if row.place)


def _columns(lines: Iterable[str], path: str) -> tuple[str, ...]:
    """Return the names of a file's columns, which must be there in any order."""
    columns = next(csv.reader(_without_comments(lines)), [])
    if not set(columns) >= set(_COLUMNS):
        msg = f"corrections {path}: the first line must name the columns {', '.join(_COLUMNS)}"
        raise DataError(msg)
    return tuple(columns)


def _without_comments(lines: Iterable[str]) -> Iterator[str]:
    is_head = True
    for line in lines:
        if is_head and line.startswith("#"):
            continue
        is_head = False
        yield line


def append(path: str | os.PathLike[str], made: Sequence[Correction]) -> None:
    """Add decisions to the end of a file, which is made if it is missing; rows that are there are never touched.

    All rows go out in one write and are on the disk before this returns. The last line of a file that a crash cut off
    is closed first, so that it swallows no row after it.

    Raises
    ------
    DataError
        If the file cannot be written, or is no file of corrections.
    """
    name = os.fspath(path)
    try:
        with Path(name).open("a+b", buffering=0) as file, _locked(file.fileno()):
            file.seek(0)
            head = file.read()
            columns = _columns(head.decode("utf-8-sig").splitlines(keepends=True), name) if head else _COLUMNS
            start = _closing(head) if head else _line(_COLUMNS)
            rows = "".join(_line([getattr(row, column, "") for column in columns]) for row in made)
            _write_or_undo(file, (start + rows).encode(), len(head))
            os.fsync(file.fileno())
    except (OSError, ValueError, csv.Error) as error:
        msg = f"the corrections {name} cannot be written: {getattr(error, 'strerror', None) or error}"
        raise DataError(msg) from error


def _write_or_undo(file: FileIO, data: bytes, size: int) -> None:
    """Write in one go; what does not fit on the disk is taken back whole."""
    try:
        written = file.write(data)
    except OSError:
        file.truncate(size)
        raise
    if written != len(data):
        file.truncate(size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _closing(content: bytes) -> str:
    """Return what ends the last line of a file."""
    if content.endswith(b"\n"):
        return ""
    last = content[content.rfind(b"\n") + 1 :]
    return ('"' if last.count(b'"') % 2 else "") + "\n"


def _line(cells: Iterable[str]) -> str:
    """Return one line of CSV, whatever the cells hold; quoted throughout, so that none begins as a comment."""
    line = io.StringIO()
    kept = [disarm(" ".join(cell.split())) for cell in cells]
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(kept)
    return line.getvalue()


@contextlib.contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    """Keep other processes from appending at the same time, where the system can."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _in_scope(corrections: Iterable[Correction], document: Document) -> list[Correction]:
    """Return the decisions for a document in the order in which they count, the last one most."""
    kept = [fix for fix in corrections if fix.document in {"*", document.id}]
    return sorted(kept, key=lambda fix: fix.document != "*")


def decisions_on_places(corrections: Iterable[Correction], document: Document) -> dict[str, Correction]:
    """Return what was decided about words that say where: by their folded words."""
    decided: dict[str, Correction] = {}
    for fix in _in_scope(corrections, document):
        if fix.place.casefold() == AS_FOUND:
            decided.pop(fold(fix.words), None)
        elif _ABOUT_CLAIMS.fullmatch(fix.place) is None:
            decided[fold(fix.words)] = fix
    return decided


def decisions_on_claims(corrections: Iterable[Correction], document: Document) -> dict[tuple[str, str], Correction]:
    """Return what was decided about claims: by quote and word of motion, which is empty for all claims of a quote."""
    decided: dict[tuple[str, str], Correction] = {}
    for fix in _in_scope(corrections, document):
        found = _ABOUT_CLAIMS.fullmatch(fix.place)
        if found is not None:
            # A decision that was taken back is kept, since it also stands against one on the whole quote.
            decided[_squeeze(fix.words), _squeeze(found[2] or "")] = replace(fix, place=found[1].casefold())
    return decided


def _squeeze(text: str) -> str:
    return " ".join(text.split()).casefold()


def correct_claims(
    claims: Sequence[Claim], document: Document, corrections: Sequence[Correction]
) -> tuple[list[Claim], list[Claim]]:
    """Apply a person's decisions on claims.

    Returns
    -------
    list of Claim
        Those that stay, in their order; which a person accepted, they say.
    list of Claim
        Those that a person rejected.
    """
    decided = decisions_on_claims(corrections, document)
    kept: list[Claim] = []
    rejected: list[Claim] = []
    for claim in claims:
        quote, word = claim_key(claim, document)
        fix = decided.get((quote, word)) or decided.get((quote, ""))
        if fix is None or fix.place == AS_FOUND:
            kept.append(claim)
            continue
        why = (f"{fix.decided_by}: {fix.why}",) if fix.why else ()
        checked = replace(claim, decided_by=fix.decided_by, reasons=(*claim.reasons, *why))
        (rejected if fix.place == NOT_A_CLAIM else kept).append(checked)
    gone = {claim.id for claim in rejected}
    kept = [replace(claim, targets=tuple(id for id in claim.targets if id not in gone)) for claim in kept]
    return kept, rejected


def claim_key(claim: Claim, document: Document) -> tuple[str, str]:
    """Return the quote and the word of motion that a decision on a claim names, as they are compared."""
    movement = claim.movement
    return _squeeze(document.text[slice(*movement.evidence)]), _squeeze(document.text[slice(*movement.trigger)])


def correct_toponyms(
    toponyms: Sequence[Toponym],
    document: Document,
    gazetteer: Gazetteer,
    corrections: Sequence[Correction],
    *,
    clean: Callable[[str], str],
) -> list[Toponym]:
    """Apply a person's decisions on places.

    Words that are "not a place" are taken out, words with a place that were not found are added. ``clean`` takes from a
    toponym what is no part of the name.
    """
    decided = decisions_on_places(corrections, document)
    if not decided:
        return list(toponyms)
    corrected = []
    for toponym in toponyms:
        fix = decided.get(fold(clean(toponym.text))) or decided.get(fold(toponym.text))
        if fix is None:
            corrected.append(toponym)
            continue
        verdict = fix.place.casefold()
        if verdict == A_PLACE:
            corrected.append(replace(toponym, decided_by=fix.decided_by))
        elif verdict != NOT_A_PLACE:
            answer = (Candidate(place=place_of(fix, gazetteer), score=SCORE),)
            corrected.append(replace(toponym, candidates=answer, decided_by=fix.decided_by))
    taken = [toponym.span for toponym in toponyms]
    for fix in decided.values():
        if fix.place.casefold() not in {A_PLACE, NOT_A_PLACE}:
            corrected += _unfound(fix, place_of(fix, gazetteer), document, taken)
    return sorted(corrected, key=lambda toponym: toponym.start)


def _unfound(fix: Correction, place: Place, document: Document, taken: list[tuple[int, int]]) -> Iterator[Toponym]:
    """Yield the occurrences of corrected words that are no toponym yet; adds them to ``taken``."""
    text, start = document.text, -1
    while fix.words and (start := text.find(fix.words, start + 1)) >= 0:
        end = start + len(fix.words)
        inside_word = text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()
        if inside_word or any(start < other[1] and other[0] < end for other in taken):
            continue
        taken.append((start, end))
        yield Toponym(
            start=start,
            end=end,
            text=fix.words,
            type="literal",
            candidates=(Candidate(place=place, score=SCORE),),
            decided_by=fix.decided_by,
        )


def place_of(fix: Correction, gazetteer: Gazetteer) -> Place:
    """Return the place that a decision names by its id or by its latitude and longitude.

    Raises
    ------
    DataError
        If it is neither.
    """
    point = _POINT.fullmatch(fix.place)
    if point:
        lat, lon = float(point[1]), float(point[2])
        if abs(lat) > 90 or abs(lon) > 180:  # noqa: PLR2004 - degrees
            msg = f"correction of {fix.words!r}: {fix.place!r} is no latitude and longitude in degrees"
            raise DataError(msg)
        return Place(
            id=f"person:{lat:g},{lon:g}", name=fix.words, feature_code="", country=None, lon=lon, lat=lat,
            uncertainty_m=_POINT_UNCERTAINTY_M, source="person",
        )  # fmt: skip
    place = gazetteer.get(fix.place)
    if place is None:
        msg = (
            f"correction of {fix.words!r}: {fix.place!r} is no place of the gazetteer; give an id, 'lat, lon', "
            f"'{A_PLACE}' or '{NOT_A_PLACE}', or of a quote '{A_CLAIM}' or '{NOT_A_CLAIM}'"
        )
        raise DataError(msg)
    return place
