"""Reports as placemarks: KML 2.2 (OGC 07-147r2) for Google Earth, in folders and with time spans.

Each document is a folder with two: its claims, one placemark each with the places that it names, and the places that
the text names. A claim's time is the day of the movement, where the text fixes one, else the day of the statement;
Google Earth's slider moves through it. Text goes out twice escaped where Google Earth would read it as HTML.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape as escape_xml

from geomap.frames import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from geomap.records import Record

# XML 1.0 holds tab, line feed, carriage return and what is from U+0020 on, but for surrogates and two non-characters.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Colours as KML writes them, aabbggrr, and widths of lines in pixels: a firm claim is drawn firmly.
_STYLES = {
    "asserted": ("ff0043b8", 4, "660043b8"),
    "planned": ("ff913d0b", 3, "40913d0b"),
    "ordered": ("ff913d0b", 3, "40913d0b"),
    "possible": ("ff5c8012", 2, "335c8012"),
    "disputed": ("ff4a4a4a", 2, "334a4a4a"),
    "denied": ("ff4a4a4a", 1, "1a4a4a4a"),
}
_CLAIM_FIELDS = (
    "id", "kind", "direction", "certainty", "force", "mover", "source", "goal", "via", "area", "quantities",
    "event_date", "event_date_kind", "claim_date", "claimant", "event", "rule", "decided_by",
)  # fmt: skip
_LOCATION_FIELDS = ("kind", "place", "place_id", "country", "uncertainty_m", "footprint_kind", "remarks", "decided_by")


def kml(found: Iterable[Record]) -> Iterator[str]:
    """Yield a KML document of some records, piece by piece."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n<Document>\n'
    yield _element("name", "geomap")
    yield _element("description", "What was said, not what happened.")
    for name, (line, width, area) in _STYLES.items():
        yield (
            f'<Style id="{name}"><IconStyle><color>{line}</color></IconStyle>'
            f"<LineStyle><color>{line}</color><width>{width}</width></LineStyle>"
            f"<PolyStyle><color>{area}</color></PolyStyle></Style>\n"
        )
    for record in found:
        yield "<Folder>\n"
        yield _element("name", record["title"] or record["id"])
        yield from _link(record["url"])
        yield from _folder("Claims", map(_claim, rows(record, "claims")))
        yield from _folder("Places named", map(_location, rows(record, "locations")))
        yield "</Folder>\n"
    yield "</Document>\n</kml>\n"


def _folder(name: str, placemarks: Iterable[str]) -> Iterator[str]:
    yield f"<Folder>\n{_element('name', name)}"
    yield from placemarks
    yield "</Folder>\n"


def _text(value: object) -> str:
    """Return a value as the text of an element or an attribute."""
    return escape_xml(_UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", str(value)), {'"': "&quot;"})


def _element(name: str, value: object) -> str:
    return f"<{name}>{_text(value)}</{name}>\n"


def _link(url: str | None) -> Iterator[str]:
    # Only a web address may become something that can be clicked.
    if url and re.match(r"https?://", url, re.IGNORECASE):
        yield _element("description", f'<a href="{escape(url)}">{escape(url)}</a>')


def _claim(row: Record) -> str:
    force = f" ({row['force']})" if row["force"] else ""
    who = row["claimant"] or "the report itself"
    words = f"<blockquote>{escape(row['quote'] or '')}</blockquote><p>{escape(who)}: {escape(row['certainty'])}</p>"
    name = f"{row['direction']}{force}: {row['mover'] or row['id']}"
    return _placemark(name, words, row, _CLAIM_FIELDS, time=_span(row), style=row["certainty"])


def _location(row: Record) -> str:
    return _placemark(row["text"], escape(row["remarks"] or ""), row, _LOCATION_FIELDS)


def _placemark(
    name: str, description: str, row: Record, fields: Iterable[str], *, time: str = "", style: str | None = None
) -> str:
    """Return a placemark; the order of what it holds is the schema's."""
    data = [
        f'<Data name="{field}"><value>{_text(row[field])}</value></Data>' for field in fields if row[field] is not None
    ]
    parts = [
        _element("name", name[:200]),
        _element("description", description),
        time,
        f"<styleUrl>#{style}</styleUrl>\n" if style in _STYLES else "",
        f"<ExtendedData>{''.join(data)}</ExtendedData>\n" if data else "",
        _geometry(row["geometry"]),
    ]
    return f"<Placemark>\n{''.join(parts)}</Placemark>\n"


def _span(row: Record) -> str:
    day, kind = row["event_date"] or row["claim_date"], row["event_date_kind"] if row["event_date"] else "on"
    if day is None:
        return ""
    begin = f"<begin>{_text(day)}</begin>" if kind != "by" else ""
    end = f"<end>{_text(day)}</end>" if kind in {"on", "by"} else ""
    return f"<TimeSpan>{begin}{end}</TimeSpan>\n"


def _geometry(geometry: dict[str, Any] | None) -> str:
    if geometry is None:
        return ""
    if geometry["type"] == "GeometryCollection":
        return f"<MultiGeometry>{''.join(map(_geometry, geometry['geometries']))}</MultiGeometry>\n"
    coordinates = geometry["coordinates"]
    if geometry["type"].startswith("Multi"):
        single = geometry["type"].removeprefix("Multi")
        parts = [_geometry({"type": single, "coordinates": part}) for part in coordinates]
        return f"<MultiGeometry>{''.join(parts)}</MultiGeometry>\n"
    if geometry["type"] == "Point":
        return f"<Point>{_coordinates([coordinates])}</Point>\n"
    if geometry["type"] == "LineString":
        return f"<LineString><tessellate>1</tessellate>{_coordinates(coordinates)}</LineString>\n"
    outer, *inner = [f"<LinearRing>{_coordinates(ring)}</LinearRing>" for ring in coordinates]
    holes = "".join(f"<innerBoundaryIs>{ring}</innerBoundaryIs>" for ring in inner)
    return f"<Polygon><tessellate>1</tessellate><outerBoundaryIs>{outer}</outerBoundaryIs>{holes}</Polygon>\n"


def _coordinates(points: Iterable[Any]) -> str:
    return f"<coordinates>{' '.join(f'{point[0]},{point[1]}' for point in points)}</coordinates>"
