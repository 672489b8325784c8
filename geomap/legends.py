"""The page's legend, which is also its filters, and the signs that it explains: hatches, arrowheads, small drawings.

Everything here is of the page's own words and shapes; what a report says reaches the page as data, never as markup.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from geomap.marks import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geomap.marks import Mark

_CERTAINTIES = ("asserted", "planned", "ordered", "possible", "disputed", "denied")
_BOX = "M2 2H34V14H2Z"
_DRAWINGS = {
    "arrow": ("line", "M2 8H30M24 3L32 8L24 13"),
    "short-arrow": ("line", "M8 8H26M20 3L28 8L20 13"),
    "open-end": ("line c-planned", "M2 8H21"),
    "leaving": ("tooth c-asserted", "M14 4L18 0L22 4ZM14 12L18 16L22 12ZM14 5L9 8L14 11ZM22 5L27 8L22 11Z"),
    "ticks": ("tooth c-asserted", "M14 0L18 5L22 0ZM14 16L18 11L22 16ZM10 4L15 8L10 12ZM26 4L21 8L26 12Z"),
    "zone": ("", f"{_BOX}M4 14L14 2M13 14L23 2M22 14L32 2"),
    "plus": ("", f"{_BOX}M7 8H14M10.5 4.5V11.5M22 8H29M25.5 4.5V11.5"),
    "outline": ("k-outline", _BOX),
    "limit": ("k-arc", "M3 13Q18 -4 33 13"),
    "point": ("line", "M11 8a7 7 0 1 0 14 0a7 7 0 1 0 -14 0M16.5 8h3"),
    "mention": ("glyph k-mention", "M15 8a3 3 0 1 0 6 0a3 3 0 1 0 -6 0"),
}
"""Sign of the legend: classes of the style sheet, and its path in a box of 36 by 16."""


def find_facts(claims: Sequence[Mapping[str, Any]], marks: Iterable[Mark]) -> dict[str, Any]:
    """Tell what the legend must explain: the values of each facet, and the kinds of marks."""
    kinds = {kind for mark in marks for kind in (mark.kind, "plus" if mark.fill == "plus" else mark.kind)}
    return {
        "g": [group for group in GROUPS if group in _present(claims, "g")],
        "cert": [certainty for certainty in _CERTAINTIES if certainty in _present(claims, "cert")],
        "d": _present(claims, "d"),
        "force": {claim["force"] or "": claim["forceName"] or "" for claim in claims},
        "kinds": [kind for kind in _DRAWINGS if kind in kinds],
    }


def _present(claims: Sequence[Mapping[str, Any]], field: str) -> list[str]:
    return list(dict.fromkeys(claim[field] or "" for claim in claims))


def write(facts: Mapping[str, Any], words: Mapping[str, str], width: str) -> str:
    """Return the legend's HTML, without the names of claimants, which the page sets as text.

    Parameters
    ----------
    facts
        What :func:`find_facts` told.
    words
        The page's words.
    width
        The assumed width of border strips, in words.
    """
    say = {key: html.escape(text) for key, text in words.items()}
    who = [_entry(f"g:{g}", f'{say[g]}<span class="meta" data-voices="{g}"></span>', g) for g in facts["g"]]
    how = [_entry(f"c:{cert}", say[cert], "none", cert) for cert in facts["cert"]]
    what = [_entry(f"d:{d}", say[d]) for d in facts["d"]]
    whose = [_entry(f"f:{code}", html.escape(name) or say["no_force"]) for code, name in facts["force"].items()]
    signs = [
        f'<li><svg class="g-none" width="36" height="16" aria-hidden="true"><use href="#sign-{kind}"/></svg>'
        f"{say[f'sign_{kind}'].replace('{width}', width)}</li>"
        for kind in facts["kinds"]
    ]
    more = _facet(say["what"], what) + _facet(say["force"], whose)
    return (
        _facet(say["who"], who)
        + _facet(say["how"], how)
        + (f"<details><summary>{say['what']}, {say['force']}</summary>{more}</details>" if more else "")
        + f'<details id="legend-signs"><summary>{say["signs"]}</summary>'
        + f'<ul class="signs">{"".join(signs)}</ul></details>'
    )


def _facet(name: str, entries: Sequence[str]) -> str:
    if not entries:
        return ""
    return f'<fieldset><legend>{name}</legend><div class="entries">{"".join(entries)}</div></fieldset>'


def _entry(key: str, text: str, group: str = "", certainty: str = "asserted") -> str:
    swatch = (
        f'<svg width="34" height="12" aria-hidden="true" class="g-{group}">'
        f'<path d="M1 6H33" class="mark line c-{certainty}"/></svg>'
        if group
        else ""
    )
    return f'<label><input type="checkbox" checked data-off="{html.escape(key)}">{swatch}<span>{text}</span></label>'


def draw_signs() -> str:
    """Return the SVG patterns and arrowheads, one set for each group, and the drawings of the legend.

    Groups are told apart without colour too: hatches by their angle, plus signs by their place in the tile, so that
    several groups can share one strip and all be seen.
    """
    looks = dict(zip(GROUPS, ((45, 0, 0), (-45, 8, 8), (0, 8, 0), (90, 0, 8)), strict=True))
    drawn = []
    for group, (angle, x, y) in looks.items():
        # The data tell a canvas, which cannot read a pattern, how to lay the tile.
        tile = 'patternUnits="userSpaceOnUse"'
        drawn.append(
            f'<pattern id="hatch-{group}" class="g-{group}" width="8" height="8" {tile} data-x="0" data-y="0" '
            f'data-turn="{angle}" patternTransform="rotate({angle})"><path stroke-width="1.6" d="M0 4H8"/></pattern>'
            f'<pattern id="plus-{group}" class="g-{group}" width="16" height="16" {tile} data-x="{x}" data-y="{y}" '
            f'data-turn="0" x="{x}" y="{y}"><path stroke-width="1.6" d="M1 4.5H8M4.5 1V8"/></pattern>'
            f'<marker id="head-{group}" class="g-{group}" viewBox="0 0 12 12" refX="8" refY="6" markerWidth="17" '
            'markerHeight="17" markerUnits="userSpaceOnUse" orient="auto">'
            '<path class="head" stroke-width=".8" d="M0 .5L12 6L0 11.5L3 6z"/></marker>'
        )
    drawn.append(
        '<pattern id="contested" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(30)">'
        '<path stroke-width=".7" d="M0 3H6"/></pattern>'
    )
    for kind, (classes, path) in _DRAWINGS.items():
        text = '<text x="29" y="13" class="question-text">?</text>' if kind == "open-end" else ""
        drawing = f'<path class="mark {classes}" d="{path}"/>{text}'
        drawn.append(f'<symbol id="sign-{kind}" viewBox="0 0 36 16">{drawing}</symbol>')
    return "".join(drawn)
