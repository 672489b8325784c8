"""Makes a collection of reports as large as wanted, for the tests and measurements of big maps.

The towns are the gazetteer's, drawn by lot and written where the gazetteer has them; the sentences, and all that they
say, are invented.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

from samples import Sample
from shapely.geometry import Point

from geomap.gazetteer import Gazetteer
from geomap.model import Candidate, Claim, Document, Event, Footprint, Location, Movement, Role, Toponym

REGION = (-12.0, 5.0, 60.0, 60.0)
CERTAINTIES = ("asserted", "asserted", "asserted", "planned", "possible", "denied")
DIRECTIONS = ("transfer", "advance", "withdrawal", "deployment", "rotation")
SPEAKERS = (None, "the army", "residents", "State radio", "a spokesman", "The ministry")
MENTIONS = (
    "Traders from {} sold grain.",
    "A clinic opened in {} last week.",
    "The road to {} was repaired.",
    "Schools in {} stayed shut.",
    "In {} the market was quiet.",
)
FIRST = date(2024, 3, 1)


def find_towns(count: int, gazetteer: Gazetteer | None = None) -> list:
    """Return towns of the gazetteer, of different names and no two at one place, in an order drawn by lot."""
    gazetteer = gazetteer or Gazetteer.open()
    west, south, east, north = (int(edge * gazetteer_scale()) for edge in REGION)
    rows = gazetteer._rows(
        "SELECT * FROM places WHERE feature_code LIKE 'PPL%' AND lon BETWEEN ? AND ? AND lat BETWEEN ? AND ? "
        "GROUP BY lon, lat ORDER BY id",
        west,
        east,
        south,
        north,
    )
    chosen = random.Random(count).sample(rows, min(count, len(rows)))
    return [gazetteer._make_place(row) for row in chosen]


def gazetteer_scale() -> int:
    """Return what the gazetteer multiplies degrees by."""
    from geomap.gazetteer import COORDINATE_SCALE

    return COORDINATE_SCALE


def build(locations: int, movements: int, *, per_report: int = 20) -> list[Sample]:
    """Return reports that mention ``locations`` towns in all and tell of ``movements`` movements between them.

    Parameters
    ----------
    locations
        How many words say where something is, those of the movements among them; each names another town as long as
        the gazetteer has enough.
    movements
        How many claims, of two towns each; at most half of ``locations``.
    per_report
        About how many locations a report has.
    """
    towns = _pair(find_towns(locations), movements)
    count = max(1, locations // per_report)
    chance = random.Random(locations)
    shares = [
        [*(end for pair in range(index, movements, count) for end in (2 * pair, 2 * pair + 1)),
         *range(2 * movements + index, locations, count)]
        for index in range(count)
    ]  # fmt: skip
    return [
        _write(index, share, len(range(index, movements, count)), towns, chance) for index, share in enumerate(shares)
    ]


def _pair(towns: list, movements: int) -> list:
    """Put towns in an order in which the first ``movements`` pairs lie within some hundreds of kilometres."""
    cells = {}
    for town in towns:
        cells.setdefault((round(town.lon / 5), round(town.lat / 5)), []).append(town)
    paired = [town for cell in cells.values() for town in cell[: len(cell) // 2 * 2]]
    alone = [cell[-1] for cell in cells.values() if len(cell) % 2]
    pairs = list(zip(paired[::2], paired[1::2], strict=True))
    random.Random(movements).shuffle(pairs)
    return [town for pair in pairs for town in pair] + alone


def _write(index: int, numbers: list[int], movements: int, towns: list, chance: random.Random) -> Sample:
    published = FIRST + timedelta(days=index % 28)
    text = f"Report {index + 1} of an invented collection\n"
    toponyms, located, claimed, events = [], [], [], []

    def add(sentence: str, *places) -> list[int]:
        """Write a sentence, and take down where its places stand."""
        nonlocal text
        found = []
        for piece in _cut(sentence, places):
            start, end = len(text), len(text) + len(piece if isinstance(piece, str) else piece.name)
            text += piece if isinstance(piece, str) else piece.name
            if isinstance(piece, str):
                continue
            candidate = Candidate(place=piece, score=0.9)
            toponyms.append(Toponym(start=start, end=end, text=piece.name, type="literal", candidates=(candidate,)))
            point = Point(piece.lon, piece.lat)
            footprint = Footprint(
                kind="point", geometry=point, uncertainty_m=piece.uncertainty_m, point=(piece.lon, piece.lat),
                remarks=f"the point of {piece.name} in {piece.source}",
            )  # fmt: skip
            number = len(toponyms) - 1
            located.append(
                Location(start=start, end=end, text=piece.name, kind="city", toponyms=(number,), footprint=footprint)
            )
            found.append(number)
        return found

    for number in range(movements):
        start = len(text)
        first, second = (towns[numbers[2 * number + end] % len(towns)] for end in (0, 1))
        speaker = chance.choice(SPEAKERS)
        source, goal = add("Column moved from {} to {}", first, second)
        end = len(text)
        role = None
        if speaker:
            text += f", {speaker} said"
            role = Role(start=end + 2, end=end + 2 + len(speaker), text=speaker)
        text += ".\n"
        direction = chance.choice(DIRECTIONS)
        movement = Movement(
            kind="movement",
            direction=direction,
            trigger=(start + 7, start + 12),
            evidence=(start, end),
            mover=Role(start=start, end=start + 6, text="Column"),
            force=first.country,
            source=Role(start=located[source].start, end=located[source].end, text=first.name, location=source),
            goal=Role(start=located[goal].start, end=located[goal].end, text=second.name, location=goal),
            rule="motion-verb/active",
        )
        claimed.append(
            Claim(
                id=f"c{number + 1}", movement=movement, claimant=role, certainty=chance.choice(CERTAINTIES),
                claim_date=published, rule="cue-verb/subject",
            )
        )  # fmt: skip
        events.append(
            Event(
                id=f"e{number + 1}", claims=(f"c{number + 1}",), direction=direction, force=first.country,
                status="uncontested",
            )
        )  # fmt: skip
    for number in numbers[2 * movements :]:
        add(chance.choice(MENTIONS) + "\n", towns[number % len(towns)])
    document = Document(
        id=f"report-{index + 1}", text=text, title=f"Invented report {index + 1}", published=published,
        publisher="The Example",
    )  # fmt: skip
    return Sample(document, tuple(toponyms), tuple(located), tuple(claimed), tuple(events))


def _cut(sentence: str, places) -> list:
    pieces = []
    for text, place in zip(sentence.split("{}"), (*places, None), strict=True):
        pieces.extend([text] if place is None else [text, place])
    return pieces
