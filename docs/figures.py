"""Draw the small figures of the documentation out of what geomap itself answers.

``python docs/figures.py`` writes ``docs/figures/*.svg``. Shapes are the footprints that geomap makes, in a plain map
projection (equirectangular at the figure's middle latitude); sentences carry the roles that geomap reads in them.
"""

from __future__ import annotations

from html import escape
from math import cos, radians
from pathlib import Path
from typing import TYPE_CHECKING

import geomap
from geomap.model import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shapely.geometry.base import BaseGeometry

    from geomap.model import Claim, Role, Toponym

FOLDER = Path(__file__).resolve().parent / "figures"
# A word's mark: fill and, under the word, its name.
COLOURS = {
    "literal": "#9fd3c7",
    "metonym": "#f3d9a4",
    "demonym": "#d9d4e8",
    "embedded": "#e4e4e4",
    "claimant": "#f3d9a4",
    "cue": "#f7c6b4",
    "mover": "#d9d4e8",
    "trigger": "#b9d6f2",
    "source": "#9fd3c7",
    "goal": "#9fd3c7",
    "area": "#9fd3c7",
    "via": "#9fd3c7",
}
FOOTPRINTS = {
    "Agadez": "point",
    "Kherson Oblast": "area",
    "along the Dnipro River": "line",
    "the Mali-Niger border": "band",
    "50 km north of Kyiv": "sector",
    "200 km from Bamako": "ring",
}
SENTENCE = "Moscow told the Kyiv Post on Monday that Russian tanks had left Crimea for Rostov."
STATEMENT = "The governor said that two battalions had moved from Agadez to Arlit on Friday."
DISPUTE = (
    "Niger said on Friday that its troops had left Arlit. The rebels denied on Saturday that the troops had left Arlit."
)
# Pixels. The font is one of even width, so that a word's place follows from its letters.
LETTER, LINE, TILE, MARGIN = 8.4, 54, 170, 12
FONT = "font-family='ui-monospace, Menlo, Consolas, monospace'"
PROSE = "font-family='system-ui, sans-serif'"


def draw(width: float, height: float, title: str, body: Iterable[str]) -> str:
    """Return a drawing that reads on light and dark pages, with a title for those who hear it."""
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:.0f} {height:.0f}' width='{width:.0f}' "
        f"role='img' aria-label='{escape(title, quote=True)}'>\n<title>{escape(title)}</title>\n"
        f"<rect width='100%' height='100%' rx='6' fill='#fbfaf7'/>\n" + "\n".join(body) + "\n</svg>\n"
    )


def write_words(text: str, marked: Sequence[tuple[int, int, str]], top: float = 34) -> list[str]:
    """Return a line of text with marks behind some words and a name under each mark."""
    parts = []
    for start, end, kind in marked:
        left, width = MARGIN + start * LETTER, (end - start) * LETTER
        parts.append(
            f"<rect x='{left - 2:.1f}' y='{top - 15:.1f}' width='{width + 4:.1f}' height='20' rx='3' "
            f"fill='{COLOURS[kind]}'/>"
        )
        parts.append(
            f"<text x='{left + width / 2:.1f}' y='{top + 19:.1f}' font-size='11' text-anchor='middle' fill='#555' "
            f"{PROSE}>{kind}</text>"
        )
    words = escape(text)
    length = len(text) * LETTER
    parts.append(
        f"<text x='{MARGIN}' y='{top}' font-size='14' xml:space='preserve' textLength='{length:.1f}' fill='#222' "
        f"{FONT}>{words}</text>"
    )
    return parts


def read(text: str) -> geomap.Report:
    """Return what geomap reads in a sentence."""
    from datetime import date

    return geomap.extract(Document(id="figure", text=text, published=date(2026, 3, 1)))


def draw_toponyms() -> str:
    """Draw the types of names in a sentence."""
    found: tuple[Toponym, ...] = read(SENTENCE).toponyms
    marked = [(each.start, each.end, each.type) for each in found]
    title = "Names in a sentence and their types: " + ", ".join(f"{each.text}, {each.type}" for each in found)
    return draw(len(SENTENCE) * LETTER + 2 * MARGIN, 66, title, write_words(SENTENCE, marked))


def mark_claim(claim: Claim) -> list[tuple[int, int, str]]:
    """Return the words of a claim by their roles, without those that lie inside others."""
    roles: list[tuple[str, Role | None]] = [
        ("claimant", claim.claimant),
        *((name, getattr(claim.movement, name)) for name in ("mover", "source", "goal", "via", "area")),
    ]
    marked = [(role.start, role.end, name) for name, role in roles if role is not None and role.explicit]
    spans = [("trigger", claim.movement.trigger)] + ([("cue", claim.cue)] if claim.cue else [])
    return sorted(marked + [(span[0], span[1], name) for name, span in spans])


def draw_claim() -> str:
    """Draw the roles of a claim."""
    claim = read(STATEMENT).claimed[0]
    said = (
        f"{claim.movement.direction}, {claim.certainty}; event on {claim.movement.event_date}, said {claim.claim_date}"
    )
    body = [
        *write_words(STATEMENT, mark_claim(claim)),
        f"<text x='{MARGIN}' y='80' font-size='12' fill='#555' {PROSE}>{escape(said)}</text>",
    ]
    return draw(len(STATEMENT) * LETTER + 2 * MARGIN, 94, f"A claim and its roles: {said}", body)


def draw_event() -> str:
    """Draw two claims of one event, and how they stand to each other."""
    report = read(DISPUTE)
    event = report.grouped[0]
    relation = event.relations[0]
    lines = DISPUTE.replace(". ", ".\n", 1).split("\n")
    body, offset = [], 0
    for number, (line, claim) in enumerate(zip(lines, report.claimed, strict=True)):
        marked = [(start - offset, end - offset, kind) for start, end, kind in mark_claim(claim)]
        body += write_words(line, marked, top=34 + number * LINE)
        offset += len(line) + 1
    said = f"one event, {event.status}: {relation.first} {relation.type} {relation.second}"
    body.append(f"<text x='{MARGIN}' y='{34 + 2 * LINE - 6}' font-size='12' fill='#555' {PROSE}>{escape(said)}</text>")
    width = max(len(line) for line in lines) * LETTER + 2 * MARGIN
    return draw(width, 34 + 2 * LINE + 8, f"Two claims of {said}", body)


def outline(geometry: BaseGeometry, place: tuple[float, float, float, float], left: float) -> str:
    """Return a geometry as an SVG path inside a tile; ``place`` is west, south, east and north, in degrees."""
    west, south, east, north = place
    squeeze = cos(radians((south + north) / 2))
    scale = (TILE - 2 * MARGIN) / max((east - west) * squeeze, north - south, 1e-6)
    across = (TILE - (east - west) * squeeze * scale) / 2
    down = (TILE - (north - south) * scale) / 2

    def steps(coords: Iterable[tuple[float, ...]]) -> str:
        """Return corners in pixels."""
        return " ".join(
            f"{left + across + (x - west) * squeeze * scale:.1f},{down + (north - y) * scale:.1f}"
            for x, y, *_ in coords
        )

    paths = []
    for part in getattr(geometry, "geoms", [geometry]):
        if part.geom_type == "Polygon":
            paths += [f"M {steps(ring.coords)} Z" for ring in (part.exterior, *part.interiors)]
        elif part.geom_type == "LineString":
            paths.append(f"M {steps(part.coords)}")
        else:
            x, y = steps(part.coords).split(",")
            paths.append(f"M {float(x) - 3:.1f},{y} a 3,3 0 1 0 6,0 a 3,3 0 1 0 -6,0")
    return " ".join(paths)


def draw_footprints() -> str:
    """Draw a tile for each kind of footprint, each at a scale of its own."""
    from geomap.geodesy import circle

    body = []
    for number, (words, kind) in enumerate(FOOTPRINTS.items()):
        left = number * TILE
        footprint = geomap.geocode(words)[0].location.footprint
        shape = footprint.geometry
        if footprint.kind != kind or shape is None or footprint.uncertainty_m is None:
            msg = f"{words!r} is no {kind} any more, but: {footprint.remarks}"
            raise ValueError(msg)
        seen = shape
        if kind == "point" and footprint.point:
            seen = circle(*footprint.point, footprint.uncertainty_m)
            body.append(
                f"<path d='{outline(seen, seen.bounds, left)}' fill='none' stroke='#2a7f9e' stroke-dasharray='4 3'/>"
            )
        shape = shape.simplify(max(seen.bounds[2] - seen.bounds[0], seen.bounds[3] - seen.bounds[1]) / 150)
        fill = "none" if kind == "line" else "#2a7f9e55"
        body.append(
            f"<path d='{outline(shape, seen.bounds, left)}' fill='{fill}' fill-rule='evenodd' stroke='#2a7f9e'/>"
        )
        for row, line in enumerate((kind, f"“{words}”")):
            body.append(
                f"<text x='{left + TILE / 2}' y='{TILE + 8 + row * 16}' font-size='{12 - 2 * row}' fill='#333' "
                f"text-anchor='middle' {PROSE}>{escape(line)}</text>"
            )
    title = "Footprints of: " + ", ".join(FOOTPRINTS)
    return draw(TILE * len(FOOTPRINTS), TILE + 34, title, body)


FIGURES = {
    "toponyms.svg": draw_toponyms,
    "claim.svg": draw_claim,
    "event.svg": draw_event,
    "footprints.svg": draw_footprints,
}


def main() -> None:
    """Write the figures."""
    FOLDER.mkdir(exist_ok=True)
    for name, make in FIGURES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
