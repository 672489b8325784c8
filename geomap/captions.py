"""What the page says of claims, events and contrasts, in its own words: made here, so that its script only shows it.

The words of a report stay apart from the page's own: each text is a value of its own in the data, never markup.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geomap.model import Event, Relation

    Row = Mapping[str, Any]
    Words = Mapping[str, str]

Fact = tuple[str, str, str, str]
"""Key of the fact's name in the page's words, what is known, a note to it, and further remarks."""
Piece = list[Any]
"""Start, end, classes, number of a name, claims; what is not there is left out at the end."""
_SHOWN_OF_A_SIDE = 3
_LONGEST_ADDRESS = 90


def title(row: Row, words: Words) -> str:
    """Name a claim or an event: its direction, and whose force it is."""
    return " · ".join(filter(None, [words[row["d"]], row["forceName"]]))


def count(words: Words, key: str, n: int) -> str:
    """Say a number of things; one of them has words of its own."""
    return words[f"{key}_one"] if n == 1 else words[key].format(n=n)


def tell_claim(row: Row, places: Sequence[Row], words: Words) -> list[Fact]:
    """List what is known of a claim, for the page's panel.

    Parameters
    ----------
    row
        The claim's values.
    places
        Those of its places.
    words
        The page's words.
    """
    date = row["eventDate"]
    when = words[f"date_{row['eventKind'] or 'on'}"].format(date=date) if date else words["no_date"]
    facts = [
        ("claimant", row["claimant"] or words["nobody"], row["cue"] or "", ""),
        ("certainty", words[row["cert"]], "; ".join(row["reasons"]), ""),
        ("direction", row["title"], row["mover"] or "", ""),
        *(_tell_place(place, words) for place in places),
        ("numbers", "; ".join(row["numbers"]), "", ""),
        ("event_date", when, "", ""),
        ("claim_date", row["claimDate"] or words["no_date"], "", ""),
        ("rules", ", ".join(filter(None, [*row["rules"], _decided(row, words)])), "", ""),
    ]
    return [fact for fact in facts if fact[1]]


def _tell_place(place: Row, words: Words) -> Fact:
    notes = [
        words["resolved"].format(name=place["name"]) if place["name"] else "",
        "" if place["explicit"] else words["inferred"],
        "" if place["located"] else words["unlocated"],
        _decided(place, words),
    ]
    return (f"role_{place['role']}", place["text"], ", ".join(filter(None, notes)), place["remarks"] or "")


def _decided(row: Row, words: Words) -> str:
    return words["decided"].format(who=row["by"]) if row["by"] else ""


def tell_event(row: Row, words: Words) -> str:
    """Say in one line how an event is told: its status, and how many claims and origins it has."""
    facts = [
        words[f"status_{row['status']}"],
        count(words, "claims", len(row["claims"])),
        count(words, "origins", row["origins"]),
    ]
    return " · ".join(facts)


def tell_contrast(contrast: Row, claims: Mapping[str, Row], words: Words) -> dict[str, Any]:
    """Name a contrast and its two sides, each with the first claims of different speakers."""
    names = [words[contrast[f"{side}Word"]] for side in ("left", "right")]
    what = " ↔ ".join(names if contrast["type"] == "contradicts" else names[:1])
    heading = " · ".join(filter(None, [f"{words[contrast['type']]}: {what}", contrast["forceName"]]))
    sides = []
    for name, side in zip(names, ("left", "right"), strict=True):
        first: dict[str | None, str] = {}
        for key in contrast[side]:
            first.setdefault(claims[key]["claimant"], key)
        label = f"{name} · {count(words, 'claims', len(contrast[side]))}"
        sides.append({"label": label, "first": list(first.values())[:_SHOWN_OF_A_SIDE]})
    return {"title": heading, "claims": [*contrast["left"], *contrast["right"]], "sides": sides}


def find_contrasts(
    relations: Sequence[Relation], events: Sequence[Event], keys: dict[str, str], rows: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Gather the relations between claims into pairs of sides, one for each pair of directions and kind of relation.

    Of two that contradict, each stands for the claims of its event that say the same.
    """
    sides: dict[tuple[str, str, str, str | None], tuple[dict[str, None], dict[str, None]]] = {}
    agreeing = _find_agreeing(events, keys, rows)
    for relation in relations:
        first, second = keys.get(relation.first), keys.get(relation.second)
        if relation.type == "same" or first not in rows or second not in rows:
            continue
        told = relation.type == "contradicts"
        # The claim that is spoken of stands on the left; of two that contradict, the one that adds forces.
        left, right = (second, first)
        if told:
            left, right = sorted((first, second), key=lambda key: (rows[key]["d"], rows[key]["quote"]))
        a, b = rows[left], rows[right]
        pair = sides.setdefault((relation.type, a["d"], b["d"], a["forceName"] or b["forceName"]), ({}, {}))
        for side, key in zip(pair, (left, right), strict=True):
            if key not in side:
                side.update(dict.fromkeys(agreeing(key) if told else ()))
                side[key] = None
    order = ["contradicts", "disputes", "denies"]
    told_as = {"disputes": "disputed", "denies": "denied"}
    return [
        {
            "type": kind,
            "forceName": force,
            "left": list(left),
            "right": list(right),
            "leftWord": left_word,
            "rightWord": told_as.get(kind, right_word),
        }
        for (kind, left_word, right_word, force), (left, right) in sorted(
            sides.items(), key=lambda item: order.index(item[0][0])
        )
    ]


def _find_agreeing(
    events: Sequence[Event], keys: dict[str, str], rows: dict[str, dict[str, Any]]
) -> Callable[[str], list[str]]:
    """Return a function from a claim to those of its event that say the same, neither doubted nor denied."""
    event_of: dict[str, int] = {}
    alike: dict[tuple[int, str], list[str]] = {}
    for number, event in enumerate(events):
        for member in (keys[claim] for claim in event.claims if claim in keys):
            row = rows[member]
            event_of[member] = number
            if row["cert"] not in {"disputed", "denied"} and row["kind"] != "stance":
                alike.setdefault((number, row["d"]), []).append(member)
    return lambda key: alike.get((event_of.get(key, -1), rows[key]["d"]), [])


def tell_report(row: Row, words: Words, *, alone: bool) -> list[tuple[str, str]]:
    """List what is known of a report: each text, and the address that it leads to."""
    url = row["url"]
    facts = [
        ("" if alone else row["title"] or row["id"], ""),
        (row["publisher"], ""),
        (words["published"].format(date=row["published"]) if row["published"] else "", ""),
        (url if len(url) <= _LONGEST_ADDRESS else f"{url[: _LONGEST_ADDRESS - 1]}…", url),
        (words["rejected"].format(n=row["rejected"]) if row["rejected"] else "", ""),
    ]
    return [fact for fact in facts if fact[0]]


def cut_text(text: str, spans: Sequence[Piece]) -> list[list[Piece]]:
    """Cut a text into paragraphs and those into pieces, each of which some spans cover whole.

    Parameters
    ----------
    text
        The text; blank lines are left out.
    spans
        Start, end and classes, name and claims of what is to be seen; of those that overlap, the shorter decides how
        the words look, and all their claims are chosen together.

    Returns
    -------
    list of list
        For each paragraph its pieces: start, end, classes, number of the name that the words are read as (or -1), ids
        of claims, and whether the piece is the first of one of them, where the keyboard stops.
    """
    ordered = sorted(spans, key=lambda span: span[0])
    seen: set[str] = set()
    cut: list[list[Piece]] = []
    start, first = 0, 0
    active: list[Piece] = []
    for line in text.split("\n"):
        end = start + len(line)
        # Only blanks: what cannot be shown, though white space to Python, has a sign of its own on the page.
        if line.strip(" \t\N{NO-BREAK SPACE}"):
            while first < len(ordered) and ordered[first][0] < end:
                active.append(ordered[first])
                first += 1
            active = [span for span in active if span[1] > start]
            cut.append(_cut_line(start, end, active, seen))
        start = end + 1
    return cut


def _cut_line(start: int, end: int, spans: Sequence[Piece], seen: set[str]) -> list[Piece]:
    edges = sorted({start, end, *(min(end, max(start, edge)) for span in spans for edge in span[:2])})
    pieces: list[Piece] = []
    for left, right in pairwise(edges):
        over = sorted((s for s in spans if s[0] <= left and s[1] >= right), key=lambda s: s[0] - s[1])
        told = list(dict.fromkeys(claim for span in over for claim in span[4]))
        classes = {name.partition(" ")[0]: name for *_, name, _, _ in over}
        names = [span[3] for span in over if span[3] >= 0]
        piece: Piece = [left, right]
        if over:
            piece += [" ".join(classes.values()), names[0] if names else -1]
        if told:
            piece += [told, int(not seen.issuperset(told))]
            seen.update(told)
        pieces.append(piece)
    return pieces
