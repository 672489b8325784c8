"""Reports -> one self-contained HTML page with a map, as a :class:`folium.Map`.

The page asks for nothing from any network: Leaflet is inlined from an installed package, the base map is our own, and
a Content-Security-Policy allows only the page's own scripts, by hash. Text from reports is hostile: it travels as JSON
in a data block that no parser can leave, and the page shows it as text only.
"""

from __future__ import annotations

import base64
import bisect
import hashlib
import html
import json
import math
import re
import shutil
import subprocess
import tempfile
import textwrap
import tomllib
import zlib
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import folium
import shapely
from branca.element import Figure
from shapely import affinity

from geomap import backdrops, basemaps, captions, columns, geodesy, layers, legends, marks
from geomap.errors import DataError
from geomap.outputs import write_bytes
from geomap.settings import DEFAULTS, Settings
from geomap.stories import merge as merge_events

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence
    from datetime import date

    from shapely.geometry.base import BaseGeometry

    from geomap.events import ReportLike
    from geomap.gazetteer import Gazetteer
    from geomap.marks import Mark
    from geomap.model import Claim, Document, Event, Location, Place, Relation, Role, Span

SCALE = 1e-4
"""Degrees that one unit of a mark's coded coordinate stands for: 11 m."""
_DETAIL_DEG = 0.004
"""Vertices of areas closer than this are dropped: half a pixel at zoom 8."""
_WORLD = (-25.0, -38.0, 150.0, 68.0)
"""What a map shows that has nothing to draw: the inhabited world."""
_HALF_TURN_DEG = 180.0
_LIMITED = frozenset({"outline", "mention"})
"""Marks that do not decide what the map first shows, when there are others."""
_LINES = frozenset({"arrow", "open-end", "short-arrow"})
_TEETH = frozenset({"leaving", "ticks"})
_POINTS = frozenset({"point", "mention"})
"""Marks that the page draws round a point, from its coordinates and the reach of its uncertainty."""
_METRES_PER_PIXEL = 40_075_017 / 256
"""Of the world at zoom 0, on the equator; the page's script scales from there."""
_SHOWN_HEIGHT = "640px"
_MANY_MARKS = 900
"""From here on the page draws marks on a canvas: as elements they would take seconds."""
_COMPRESSED_FROM = 2_000_000
"""Length of the data block from which it is compressed; browsers can read that since 2023."""
_LISTED_REPORTS = 2
_DISPUTED_AT_ZOOM = 4.5
_LONGEST_TITLE = 500
_TITLE_LENGTH = 140
"""Longest first line that is taken for a headline."""


class Map(folium.Map):
    """The map of some reports: a :class:`folium.Map` whose page is geomap's own.

    Parameters
    ----------
    reports
        What :func:`geomap.extract` returned, one or several.
    gazetteer
        Gives outlines and capitals; None opens the one of ``settings``.
    settings
        Names the boundary viewpoint.
    title
        Heading of the page; None takes the only report's title.
    lang
        Language of the page's own words: ``en``, ``fr`` or ``uk``.
    tiles
        Name of an xyzservices provider, for an online layer under the marks; None stays offline.

    Raises
    ------
    DataError
        If the language or the tile provider is not known.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium's own way of declaring them
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    def __init__(
        self,
        reports: Sequence[ReportLike],
        *,
        gazetteer: Gazetteer | None = None,
        settings: Settings = DEFAULTS,
        title: str | None = None,
        lang: str = "en",
        tiles: str | None = None,
    ) -> None:
        super().__init__(tiles=None)
        self.html = render(reports, gazetteer=gazetteer, settings=settings, title=title, lang=lang, tiles=tiles)
        _Page(self.html).add_child(self)

    def save(self, outfile: str | os.PathLike[str], **_: object) -> None:  # type: ignore[override]
        """Write the page, whole or not at all.

        Raises
        ------
        DataError
            If the file cannot be written.
        """
        write(self.get_root().render(), outfile)

    def _repr_html_(self, **_: object) -> str:
        """Show the map in a notebook, in a frame that can run its scripts and nothing else."""
        page = html.escape(self.get_root().render(), quote=True)
        return (
            f'<iframe srcdoc="{page}" title="geomap" width="100%" height="{_SHOWN_HEIGHT}" '
            'sandbox="allow-scripts allow-downloads allow-popups" style="border:0"></iframe>'
        )


class _Page(Figure):
    """branca's root of the map: renders our page instead of folium's, with the layers that a caller has added."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page

    def render(self, **_: object) -> str:
        (own,) = self._children.values()
        added = list(layers.children(own).values())
        if not added:
            return self.page
        return add_script(self.page, layers.write_script(self, own, added))


def add_script(page: str, script: str) -> str:
    """Return a page with one more script at its end, allowed by its hash, and the inline styles that it may set."""
    permit = f"style-src-attr 'unsafe-inline'; script-src {html.escape(_hash(script))} "
    allowed = page.replace("script-src ", permit, 1)
    body, end, rest = allowed.rpartition("</body>")
    return f'{body}<script type="module">{script}</script>\n{end}{rest}'


def render(
    reports: Sequence[ReportLike],
    *,
    gazetteer: Gazetteer | None = None,
    settings: Settings = DEFAULTS,
    title: str | None = None,
    lang: str = "en",
    tiles: str | None = None,
) -> str:
    """Return the page of some reports as HTML; the same reports give the same bytes.

    See :class:`Map` for the parameters and errors.
    """
    if gazetteer is None:
        from geomap.gazetteer import Gazetteer

        gazetteer = Gazetteer.open(settings)
    words = load_words(lang)
    provider = _find_tiles(tiles) if tiles else None
    heading = title or (_headline(reports[0].document) if len(reports) == 1 else None) or words["map_title"]
    data = collect(reports, gazetteer, settings, words)
    if provider:
        data["tiles"] = provider
    return _assemble(data, words=words, lang=lang, title=_clean(heading)[:_LONGEST_TITLE], settings=settings)


def _headline(document: Document) -> str | None:
    """Return a report's title, or its first line where that is short enough to be one."""
    first = document.text.lstrip()[: _TITLE_LENGTH + 1].split("\n")[0].strip()
    return document.title or (first if 0 < len(first) <= _TITLE_LENGTH else None)


@lru_cache(maxsize=8)
def load_words(lang: str) -> dict[str, str]:
    """Return the page's own words in a language.

    Raises
    ------
    DataError
        If there is no such language; the message lists those that there are.
    """
    tables = tomllib.loads((files("geomap") / "assets" / "words.toml").read_text(encoding="utf-8"))
    if lang not in tables:
        msg = f"no page in language {lang!r}; choose from {', '.join(sorted(tables))}"
        raise DataError(msg)
    table: dict[str, str] = tables[lang]
    return table


# --- the data block ---------------------------------------------------------------------------------------------------


def collect(
    reports: Sequence[ReportLike], gazetteer: Gazetteer, settings: Settings, words: dict[str, str]
) -> dict[str, Any]:
    """Return everything that the page shows, ready for JSON."""
    drawn: list[Mark] = []
    claims: list[dict[str, Any]] = []
    places: list[dict[str, Any]] = []
    keys = _claim_keys(reports)
    for index, (report, key) in enumerate(zip(reports, keys, strict=True)):
        groups = marks.find_groups(report)
        own = [
            replace(mark, claims=tuple(key[claim] for claim in mark.claims), reports=() if mark.claims else (index,))
            for mark in marks.draw_each(report, gazetteer)
        ]
        located = {claim for mark in own for claim in mark.claims}
        at = _Offsets(report.document.text)
        for claim in _in_order(report):
            row, roles = _claim_row(claim, report, at, gazetteer)
            row.update(id=key[claim.id], r=index, g=groups[claim.id], drawn=key[claim.id] in located)
            row["targets"] = [key[target] for target in claim.targets if target in key]
            row["title"] = captions.title(row, words)
            row["facts"] = captions.tell_claim(row, roles, words)
            row["places"] = list(range(len(places), len(places) + len(roles)))
            places.extend(roles)
            claims.append(row)
        drawn.extend(own)
    events, relations, key_of = _group(reports, keys)
    united = marks.unite(drawn)
    bounds = story_bounds(united)
    west, south, east, north = bounds
    names: dict[str, int] = {}
    told = [
        _report_row(report, names, [row for row in claims if row["r"] == index]) for index, report in enumerate(reports)
    ]
    for row in told:
        row["facts"] = captions.tell_report(row, words, alone=len(reports) == 1)
    of_events = [
        _event_row(event, [key_of[claim] for claim in event.claims if claim in key_of], gazetteer, words)
        for event in events
    ]
    by_id = {row["id"]: row for row in claims}
    for event in of_events:
        for claim_id in event["claims"]:
            by_id[claim_id]["facts"].append(("status", f"{event['title']}: {event['status']}", "", ""))
    return {
        "w": words,
        "scale": SCALE,
        "width": f"{settings.border_width_m / 1000:g} km",
        "reports": columns.pack(told),
        "names": list(names),
        "claims": columns.pack(claims),
        "places": columns.pack(places),
        "events": columns.pack(of_events),
        "contrasts": [
            captions.tell_contrast(one, by_id, words)
            for one in captions.find_contrasts(relations, events, key_of, by_id)
        ],
        "marks": _pack_marks(united, bounds),
        "many": len(united) > _MANY_MARKS,
        "voices": _voices(claims),
        "facts": legends.find_facts(claims, united),
        "located": any(location.footprint.geometry is not None for report in reports for location in report.located),
        "bounds": [[south, west], [north, east]],
        "base": basemaps.build(gazetteer, bounds, settings.viewpoint),
    }


def _group(
    reports: Sequence[ReportLike], keys: Sequence[dict[str, str]]
) -> tuple[Sequence[Event], list[Relation], dict[str, str]]:
    """Return the events of all reports together, their relations, and the page's id of each claim that they name."""
    if len(reports) == 1:
        events: Sequence[Event] = reports[0].grouped
        key_of = keys[0]
    else:
        events = merge_events(reports)
        key_of = {
            f"{report.document.id}:{claim_id}": key
            for report, of_report in zip(reports, keys, strict=True)
            for claim_id, key in of_report.items()
        }
    relations = list(dict.fromkeys(relation for event in events for relation in event.relations))
    return events, relations, key_of


def story_bounds(all_marks: Sequence[Mark]) -> tuple[float, float, float, float]:
    """Return west, south, east and north of what is drawn; whole countries and mere mentions decide only if alone.

    East passes 180 degrees where the story is narrower across the antimeridian than round the other way.
    """
    for kinds in (_LIMITED, {"mention"}, frozenset[str]()):
        chosen = [mark.geometry for mark in all_marks if mark.kind not in kinds]
        if chosen:
            parts = shapely.get_parts(shapely.get_parts(chosen))
            west, south, east, north = geodesy.unwrap(shapely.geometrycollections(parts)).bounds
            return (west, max(-80.0, south), east, min(80.0, north))
    return _WORLD


def _turn(mark: Mark, story: tuple[float, float, float, float]) -> Mark:
    """Shift the parts of a mark that lie across the antimeridian to the story's side of it."""
    west, _, east, _ = story
    if east <= _HALF_TURN_DEG:
        return mark
    parts = shapely.get_parts(mark.geometry)
    extents = shapely.bounds(parts)
    beyond = (extents[:, 0] + extents[:, 2]) / 2 < (west + east) / 2 - _HALF_TURN_DEG
    shifted = [affinity.translate(part, xoff=360.0) if far else part for part, far in zip(parts, beyond, strict=True)]
    return replace(mark, geometry=shifted[0] if len(shifted) == 1 else _gather(shifted))


def _gather(parts: Sequence[BaseGeometry]) -> BaseGeometry:
    """Make one geometry of parts of one type; lines of which each goes on from the one before become one line."""
    if all(part.geom_type == "LineString" for part in parts) and all(
        first.coords[-1] == second.coords[0] for first, second in pairwise(parts)
    ):
        return shapely.linestrings(shapely.get_coordinates(parts))
    gather = {"Polygon": shapely.multipolygons, "LineString": shapely.multilinestrings}
    return gather.get(parts[0].geom_type, shapely.geometrycollections)(parts)


def _claim_keys(reports: Sequence[ReportLike]) -> list[dict[str, str]]:
    """Return for each report the page's ids of its claims: short, and fit for an address."""
    single = len(reports) == 1
    return [
        {claim.id: _slug(claim.id) if single else f"{index + 1}-{_slug(claim.id)}" for claim in report.claimed}
        for index, report in enumerate(reports)
    ]


def _slug(text: str) -> str:
    return re.sub(r"[^\w-]", "_", text, flags=re.ASCII)


def _report_row(report: ReportLike, names: dict[str, int], claims: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what the page shows of a report; ``names`` collects those that its toponyms are read as."""
    document = report.document
    spans: list[captions.Piece] = [[*span, "skipped", -1, []] for span in document.skip]
    for toponym in report.toponyms:
        name = names.setdefault(_clean(toponym.place.name), len(names)) if toponym.place else -1
        spans.append([*toponym.span, f"top {toponym.type}", name, []])
    for claim, row in zip(_in_order(report), claims, strict=True):
        spans.append([*claim.movement.evidence, f"ev g-{row['g']} c-{row['cert']}", -1, [row["id"]]])
    at = _Offsets(document.text)
    paragraphs = captions.cut_text(document.text, spans)
    return {
        "id": _clean(document.id),
        "title": _clean(document.title),
        "publisher": _clean(document.publisher),
        "url": _clean(document.url),
        "published": _day(document.published),
        "text": _clean(document.text),
        "rejected": len(report.rejected),
        "paragraphs": [[[*at((start, end)), *more] for start, end, *more in pieces] for pieces in paragraphs],
    }


def _in_order(report: ReportLike) -> list[Claim]:
    """Return the claims in the order of the text."""
    return sorted(report.claimed, key=lambda claim: claim.movement.evidence)


def _claim_row(
    claim: Claim, report: ReportLike, at: _Offsets, gazetteer: Gazetteer
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what the page shows of a claim, and of its places."""
    movement = claim.movement
    text = report.document.text
    numbers = [quantity.span for quantity in movement.quantities]
    roles = {"source": movement.source, "goal": movement.goal, "via": movement.via, "area": movement.area}
    row = {
        "kind": movement.kind,
        "d": movement.direction,
        "force": movement.force,
        "forceName": _country_name(movement.force, gazetteer),
        "cert": claim.certainty,
        "claimant": _clean(claim.claimant.text) if claim.claimant else None,
        "cue": _clean(text[claim.cue[0] : claim.cue[1]]) if claim.cue else None,
        "quote": at(movement.evidence),
        "mover": _clean(movement.mover.text) if movement.mover else None,
        "numbers": [_clean(text[start:end]) for start, end in numbers],
        "eventDate": _day(movement.event_date),
        "eventKind": movement.event_date_kind,
        "claimDate": _day(claim.claim_date or report.document.published),
        "rules": [_clean(movement.rule), _clean(claim.rule)],
        "reasons": [_clean(reason) for reason in claim.reasons],
        "by": _clean(claim.decided_by),
    }
    return row, [_place_row(name, role, report) for name, role in roles.items() if role]


def _place_row(name: str, role: Role, report: ReportLike) -> dict[str, Any]:
    location = report.located[role.location] if role.location is not None else None
    footprint = role.footprint or (location.footprint if location else None)
    places = [report.toponyms[index].place for index in location.toponyms] if location else []
    return {
        "role": name,
        "text": _clean(role.text),
        "explicit": role.explicit,
        "by": _clean(_decided_by(location, report)),
        "located": footprint is not None and footprint.geometry is not None,
        "name": "; ".join(_clean(_describe(place)) for place in places if place) or None,
        "remarks": _clean(footprint.remarks) if footprint else None,
    }


def _decided_by(location: Location | None, report: ReportLike) -> str | None:
    """Return who decided where a location is, or one of the names that it is built on."""
    if location is None:
        return None
    named = (report.toponyms[index].decided_by for index in location.toponyms)
    return location.decided_by or next(filter(None, named), None)


def _describe(place: Place) -> str:
    return f"{place.name} ({', '.join(filter(None, [place.country, place.id]))})"


def _country_name(code: str | None, gazetteer: Gazetteer) -> str | None:
    country = gazetteer.country(code) if code else None
    return country.name if country else code


def _event_row(event: Event, members: list[str], gazetteer: Gazetteer, words: dict[str, str]) -> dict[str, Any]:
    row = {
        "claims": members,
        "d": event.direction,
        "forceName": _country_name(event.force, gazetteer),
        "status": event.status,
        "origins": event.origins,
    }
    return {
        "claims": members,
        "title": captions.title(row, words),
        "status": words[f"status_{event.status}"],
        "facts": captions.tell_event(row, words),
    }


def _pack_marks(drawn: Sequence[Mark], story: tuple[float, float, float, float]) -> list[dict[str, Any]]:
    """Return the marks in their order as columns, a table for each run of one kind."""
    rows = []
    for mark in drawn:
        turned = _turn(mark, story)
        row = _mark_row(turned)
        # What is drawn across the antimeridian is downloaded as it was: cut there.
        row["cut"] = None if turned is mark else _cut(mark)
        rows.append(row)
    _set_asides(rows)
    for row in rows:
        del row["box"]
    return [columns.pack(list(run)) for _, run in groupby(rows, key=lambda row: row["k"])]


def _cut(mark: Mark) -> dict[str, Any]:
    geom = mark.geometry.centroid if mark.kind in _POINTS else shapely.orient_polygons(mark.geometry)
    coded: dict[str, Any] = json.loads(shapely.to_geojson(shapely.set_precision(geom, SCALE, mode="pointwise")))
    return coded


def _mark_row(mark: Mark) -> dict[str, Any]:
    row: dict[str, Any] = {
        "k": mark.kind,
        "claims": mark.claims,
        "in": mark.reports,
        "g": mark.group or "none",
        "cert": mark.certainty,
        "fill": mark.fill,
        "label": _clean(mark.label),
        # The label's place is kept free, so that the remarks of most points of a kind are the same.
        "remarks": _clean(mark.remarks.replace(mark.label, "{label}") if mark.label else mark.remarks),
        "shape": "point",
        "geom": [],
        "x": None,
        "y": None,
        "reach": 0,
        "aside": 0,
        "nth": 0,
        "of": 1,
        "box": mark.geometry.bounds,
    }
    at = _label_point(mark)
    if at is not None:
        reach = (mark.radius_m or 0) / (_METRES_PER_PIXEL * math.cos(math.radians(at.y)))
        row.update(x=round(at.x / SCALE), y=round(at.y / SCALE), reach=round(reach, 6))
    if mark.kind not in _POINTS:
        row["shape"], row["geom"] = _encode(mark.geometry)
    return row


def _label_point(mark: Mark) -> BaseGeometry | None:
    """Return where a mark has its name, if it has one: a point's middle, the middle of an arc."""
    if mark.kind in _POINTS:
        return mark.geometry.centroid
    if mark.kind == "arc":
        return max(shapely.get_parts(mark.geometry), key=lambda part: part.length).interpolate(0.5, normalized=True)
    return None


def _encode(geom: shapely.Geometry) -> tuple[str, list[Any]]:
    if geom.geom_type in {"Polygon", "MultiPolygon"}:
        west, south, east, north = geom.bounds
        # Beyond a part in 3,000 of its width, an outline's details are smaller than a pixel when it is seen whole.
        fine = geom.simplify(max(_DETAIL_DEG, max(east - west, north - south) / 3_000), preserve_topology=True)
        return "polygon", basemaps.encode_polygons([shapely.orient_polygons(fine)], SCALE)
    return "line", basemaps.encode_lines([geom], SCALE)


def _set_asides(rows: list[dict[str, Any]]) -> None:
    """Give arrows that lie on one another different offsets, in pixels to their side; teeth share the edge in turns."""
    same: dict[str, list[dict[str, Any]]] = {}
    toothed: dict[tuple[float, ...], list[dict[str, Any]]] = {}
    for row in rows:
        if row["k"] in _LINES:
            same.setdefault(json.dumps([row["k"], row["geom"]]), []).append(row)
        elif row["k"] in _TEETH:
            toothed.setdefault(tuple(row["box"]), []).append(row)
    for beside in same.values():
        for number, row in enumerate(beside):
            row["aside"] = (number - (len(beside) - 1) / 2) * 9
    for together in toothed.values():
        for number, row in enumerate(together):
            row.update(nth=number, of=len(together))


def _voices(claims: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return for each group up to three of its claimants, for the legend."""
    named: dict[str, dict[str, None]] = {}
    for claim in claims:
        claimant = claim["claimant"] or ""
        if claimant[:1].isupper() and not marks.is_pronoun(claimant):
            named.setdefault(claim["g"], {})[textwrap.shorten(claimant, 48, placeholder=" …")] = None
    return {group: f" ({', '.join(list(names)[:3])})" for group, names in named.items()}


class _Offsets:
    """Turns offsets in code points into JavaScript's, which count two for a character beyond U+FFFF."""

    def __init__(self, text: str) -> None:
        self.wide = [match.start() for match in re.finditer("[\U00010000-\U0010ffff]", text)]

    def __call__(self, span: Span) -> list[int]:
        return [offset + bisect.bisect_left(self.wide, offset) for offset in span]


_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _clean(text: str | None) -> str:
    """Return text that a page can hold; control characters and lone surrogates become U+FFFD, one for one."""
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text) if text else ""


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


# --- the page ---------------------------------------------------------------------------------------------------------

_FORBIDDEN_IN_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def to_script_json(data: object) -> str:
    """Return JSON that may stand in a script element: nothing in it can end the element or be read as markup."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return re.sub("[<>&\u2028\u2029]", lambda match: _FORBIDDEN_IN_SCRIPT[match.group()], text)


def _compress(text: str) -> str:
    """Compress a large data block (zlib, base64): a collection's page is half as large, and read as fast."""
    if len(text) < _COMPRESSED_FROM:
        return text
    return base64.b64encode(zlib.compress(text.encode("utf-8"), 6)).decode("ascii")


def _assemble(data: dict[str, Any], *, words: dict[str, str], lang: str, title: str, settings: Settings) -> str:
    base = data["base"]
    # The base map is drawn here: the script needs only its names, to keep them apart, and where its detail ends.
    disputed = [[*one["at"], one["name"], "contested-name", _DISPUTED_AT_ZOOM] for one in base["disputed"]]
    west, south, east, north = base["near"]
    shown = {key: value for key, value in data.items() if key != "base"} | {
        "labels": [*base["labels"], *disputed],
        "near": [[south, west], [north, east]],
    }
    empty = "" if data["located"] else words["empty_places"]
    scripts = {
        "leaflet_js": read_leaflet("leaflet.js"),
        "core_js": read_asset("page-core.js"),
        "js": read_asset("page.js"),
    }
    styles = {"leaflet_css": read_leaflet("leaflet.css"), "css": read_asset("page.css")}
    parts = {
        **scripts,
        **styles,
        "lang": lang,
        "title": html.escape(title),
        "sources": _fold_sources(data["reports"]["n"], words),
        "state": "many" * data["many"] + "empty" * (not data["claims"]["n"]),
        "empty": html.escape(f"{words['empty']} {empty}"),
        "disputed": "".join(
            f"<li><b>{html.escape(one['name'])}</b>: {html.escape(one['note'])}</li>" for one in base["disputed"]
        ),
        "base": backdrops.draw(base),
        "signs": legends.draw_signs(),
        "legend": legends.write(data["facts"], words, data["width"]),
        "credits": _credits(words, settings, data.get("tiles")),
        "csp": html.escape(policy(scripts.values(), styles.values(), _hosts(data.get("tiles")))),
        "data": _compress(to_script_json(shown)),
        **{f"w:{key}": html.escape(text) for key, text in words.items()},
    }
    # One pass, so that nothing inside a part is taken for a placeholder.
    return re.sub(r"\{\{([\w:-]+)\}\}", lambda match: parts[match.group(1)], read_asset("page.html"))


def _fold_sources(n: int, words: dict[str, str]) -> str:
    """Return the list that the script fills with the reports; more than two are folded."""
    listed = '<ul id="sources"></ul>'
    if n <= _LISTED_REPORTS:
        return listed
    return f"<details><summary>{html.escape(words['reports'].format(n=n))}</summary>{listed}</details>"


def policy(scripts: Iterable[str], styles: Iterable[str], hosts: Sequence[str] = ()) -> str:
    """Return the Content-Security-Policy that allows only these inline scripts and styles, and images of ``hosts``."""
    images = " ".join(["data:", *hosts])
    return (
        f"default-src 'none'; script-src {' '.join(_hash(text) for text in scripts)}; "
        f"style-src {' '.join(_hash(text) for text in styles)}; img-src {images}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@lru_cache(maxsize=8)
def read_asset(name: str) -> str:
    """Return one of the page's own files."""
    return (files("geomap") / "assets" / name).read_text(encoding="utf-8").strip()


@lru_cache(maxsize=2)
def read_leaflet(name: str) -> str:
    """Return one of Leaflet's files, without what would ask for others."""
    try:
        text = (files("js_lib_leaflet") / "static" / "js_lib_leaflet" / name).read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError) as error:
        msg = f"Leaflet's {name} is missing; run: pip install django-js-lib-leaflet"
        raise DataError(msg) from error
    if name.endswith(".js"):
        return re.sub(r"//# sourceMappingURL=\S+", "", text).strip()
    return re.sub(r"[^;{}]*url\([^)]*\);?", "", text).strip()


def _credits(words: dict[str, str], settings: Settings, tiles: dict[str, Any] | None) -> str:
    def link(url: str, text: str) -> str:
        return f'<a href="{url}" rel="noopener noreferrer" target="_blank">{html.escape(text)}</a>'

    parts = [
        html.escape(words[f"viewpoint_{settings.viewpoint}"]),
        link("https://www.geonames.org/", words["credit_places"]),
        link("https://www.naturalearthdata.com/", words["credit_outlines"]),
        link("https://leafletjs.com/", words["credit_software"]),
    ]
    if tiles:
        parts.append(html.escape(tiles["credit"]))
    return " · ".join(parts)


def _find_tiles(name: str) -> dict[str, Any]:
    """Return address, credit and deepest zoom of a tile provider.

    Raises
    ------
    DataError
        If xyzservices does not know the name, or the provider needs a key.
    """
    import xyzservices
    import xyzservices.providers

    try:
        provider = xyzservices.providers.query_name(name)
    except ValueError as error:
        msg = f"unknown tile provider {name!r}; see xyzservices for the names (for instance OpenStreetMap.Mapnik)"
        raise DataError(msg) from error
    if provider.requires_token():
        msg = f"the tile provider {name!r} needs a key, which a published page would give away; choose another"
        raise DataError(msg)
    return {
        "url": provider.build_url(scale_factor="", fill_subdomain=False),
        "subdomains": provider.get("subdomains", "abc"),
        "maxZoom": int(provider.get("max_zoom", 18)),
        "credit": provider.get("attribution", name),
    }


def _hosts(tiles: dict[str, Any] | None) -> list[str]:
    if not tiles:
        return []
    hosts = {tiles["url"].replace("{s}", letter) for letter in tiles["subdomains"]}
    return sorted({f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, hosts)})


# --- files ------------------------------------------------------------------------------------------------------------


def write(page: str, path: str | os.PathLike[str]) -> None:
    """Write a page, whole or not at all.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    write_bytes(page.encode("utf-8"), path)


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
BROWSER_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_browser() -> str | None:
    """Return the path of an installed Chromium or one of its kin, or None."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def write_png(page: str, path: str | os.PathLike[str], *, size: tuple[int, int] = (1600, 900)) -> None:
    """Render a page to a still picture through an installed Chromium.

    Parameters
    ----------
    page
        HTML of :func:`render`.
    path
        Where the picture goes.
    size
        Width and height in pixels.

    Raises
    ------
    DataError
        If no Chromium is installed, or it makes no picture, or the file cannot be written.
    """
    browser = find_browser()
    if browser is None:
        msg = f"a picture needs an installed Chromium or Chrome; none of {', '.join(BROWSERS)} was found"
        raise DataError(msg)
    with tempfile.TemporaryDirectory() as folder:
        source, picture = Path(folder, "page.html"), Path(folder, "page.png")
        source.write_text(page, encoding="utf-8")
        command = [
            browser,
            *BROWSER_FLAGS,
            f"--user-data-dir={folder}/profile",
            "--hide-scrollbars",
            f"--window-size={size[0]},{size[1]}",
            "--virtual-time-budget=4000",
            f"--screenshot={picture}",
            source.as_uri(),
        ]
        try:
            result = subprocess.run(command, capture_output=True, timeout=120, check=False, text=True)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as error:
            msg = f"{browser} did not make a picture: {error}"
            raise DataError(msg) from error
        if not picture.is_file():
            last = (result.stderr.strip().splitlines() or ["no message"])[-1]
            msg = f"{browser} did not make a picture: {last}"
            raise DataError(msg)
        write_bytes(picture.read_bytes(), path)
