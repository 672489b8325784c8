"""Layers of folium's that a caller adds to a report's map: ``folium.Marker(...).add_to(report.map())``.

They are the caller's own code and run as such, with three limits. The page still asks no other host for anything, so
layers that need scripts, styles, icons or tiles from elsewhere are refused with a message. Text in popups and tooltips,
which may come from a report, is kept from being run as JavaScript. And no script can be ended early from inside.
"""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING

import folium
from branca.element import Element, Html

from geomap.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from branca.element import Figure

_PIN = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="25" height="41"><path fill="#5a3d8a" stroke="#fff" '
    'd="M12.5 1C6 1 1 6 1 12.5 1 21 12.5 40 12.5 40S24 21 24 12.5C24 6 19 1 12.5 1z"/>'
    '<circle cx="12.5" cy="12.5" r="4.5" fill="#fff"/></svg>'
)
"""A pin for markers: of no colour that tells who says something."""
_NOTHING = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
"""An empty picture in the place of the pin's shadow."""

# folium's popups call jQuery to make an element; Leaflet's own icons are files, and the corner has buttons already.
_BEFORE = """const $ = (markup) => {
  const made = document.createElement("template");
  made.innerHTML = markup;
  return [made.content.firstElementChild];
};
L.Icon.Default.mergeOptions({ imagePath: " ", iconUrl: "%(pin)s", iconRetinaUrl: "%(pin)s", shadowUrl: "%(nothing)s" });
const %(name)s = geomap.map;
"""
_AFTER = """
for (const corner of document.querySelectorAll(".leaflet-top.leaflet-right")) corner.style.top = "44px";
for (const toggle of document.querySelectorAll(".leaflet-control-layers-toggle")) {
  toggle.textContent = "\u2630";
  toggle.style.cssText = "font: 26px/36px system-ui; text-align: center; text-decoration: none; color: inherit";
}
"""


def write_script(root: Figure, own: Element, added: Sequence[Element]) -> str:
    """Return the script that draws the layers which a caller has added to a map.

    Parameters
    ----------
    root
        Where folium's elements leave their scripts.
    own
        The map.
    added
        What was added to it.

    Raises
    ------
    DataError
        If a layer would ask another host for files.
    """
    for element in _walk(added):
        _check(element)
    # What an earlier rendering left.
    children(root.script).clear()
    for element in added:
        element.render()
    drawn = "".join(part.render() for part in children(root.script).values())
    pin = f"data:image/svg+xml;base64,{base64.b64encode(_PIN.encode()).decode()}"
    before = _BEFORE % {"pin": pin, "nothing": _NOTHING, "name": own.get_name()}
    # Nothing may end the script element early; in JavaScript's strings "<\\/" reads "</".
    return f"{before}{drawn}{_AFTER}".replace("</", "<\\/").replace("<!--", "<\\!--")


def children(element: Element) -> dict[str, Element]:
    """Return what was added to an element of branca, which has no public name for it."""
    added: dict[str, Element] = element._children  # noqa: SLF001
    return added


def _walk(elements: Iterable[Element]) -> Iterator[Element]:
    """Yield elements of branca, and those inside them."""
    for element in elements:
        yield element
        inner = [getattr(element, name, None) for name in ("html", "icon")]
        yield from _walk([*children(element).values(), *(one for one in inner if isinstance(one, Element))])


def _check(element: Element) -> None:
    """Refuse what would ask a network for files, and keep text in popups from being run as code."""
    name = type(element).__name__
    if isinstance(element, folium.raster_layers.TileLayer | folium.raster_layers.WmsTileLayer):
        msg = f"the page opens no host for a {name}; name the tiles when the map is made: report.map(tiles=...)"
        raise DataError(msg)
    files = [*getattr(element, "default_js", ()), *getattr(element, "default_css", ())]
    if files or isinstance(element, folium.Icon):
        msg = f"folium's {name} needs files from other hosts, which the page never asks; use shapes, Marker or DivIcon"
        raise DataError(msg)
    if isinstance(element, Html):
        element.data = _defuse(element.data if element.script else html.escape(element.data))
        element.script = True
    elif isinstance(element, folium.Tooltip):
        element.text = _defuse(element.text)


def _defuse(markup: str) -> str:
    """Return markup that reads the same and that a template of JavaScript, as folium writes them, cannot run."""
    plain = markup.replace("\\`", "`")  # folium has escaped it so
    return plain.replace("`", "&#96;").replace("${", "&#36;{").replace("\\", "&#92;")
