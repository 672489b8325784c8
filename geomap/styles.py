"""Styles of a GeoPackage's layers, as QGIS keeps them: the table ``layer_styles`` with QML, and SLD for others.

A firm claim has a full line, a plan a dashed one, a denial a dotted one, as on geomap's own page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

TABLE = "layer_styles"
TYPES = ("MultiPoint", "MultiLineString", "MultiPolygon")
"""Geometry types by dimension."""

# For each certainty: colour (red, green, blue), QGIS' name of the line, SLD's dashes in pixels.
_LOOKS = {
    "asserted": ((184, 67, 0), "solid", ""),
    "planned": ((11, 61, 145), "dash", "10 6"),
    "ordered": ((11, 61, 145), "dash", "10 6"),
    "possible": ((18, 128, 92), "dash dot", "10 5 2 5"),
    "disputed": ((74, 74, 74), "dash dot", "10 5 2 5"),
    "denied": ((74, 74, 74), "dot", "2 5"),
}
_SYMBOLS = ("marker", "line", "fill")
PLACES = ("places_points", "places_lines", "places_areas")
"""The tables that are styled, by the dimension of their geometry."""
_WIDTH_MM = "0.8"


def table(written: str) -> pd.DataFrame:
    """Return the rows of ``layer_styles`` for the tables of places."""
    import pandas as pd

    columns = {
        "f_table_catalog": "", "f_table_schema": "", "f_table_name": "", "f_geometry_column": "geom",
        "styleName": "geomap", "styleQML": "", "styleSLD": "", "useAsDefault": True,
        "description": "claims by how surely they are said", "owner": "geomap", "ui": "",
    }  # fmt: skip
    made = pd.DataFrame(
        [
            {**columns, "f_table_name": name, "styleQML": qml(dimension), "styleSLD": sld(dimension, name)}
            for dimension, name in enumerate(PLACES)
        ]
    )
    made["update_time"] = pd.Timestamp(written)
    return made


def qml(dimension: int) -> str:
    """Return QGIS' style of points, lines or areas."""
    categories = "".join(
        f'<category value="{name}" label="{name}" symbol="{number}" render="true"/>'
        for number, name in enumerate(_LOOKS)
    )
    symbols = "".join(
        f'<symbol type="{_SYMBOLS[dimension]}" name="{number}" alpha="1" clip_to_extent="1" force_rhr="0">'
        f"{_qml_layer(dimension, name)}</symbol>"
        for number, name in enumerate(_LOOKS)
    )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.22.0" styleCategories="Symbology|Labeling" labelsEnabled="1">'
        '<renderer-v2 type="categorizedSymbol" attr="certainty" forceraster="0" symbollevels="0" enableorderby="0">'
        f"<categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2>"
        '<labeling type="simple"><settings calloutType="simple">'
        '<text-style fieldName="text" isExpression="0" fontSize="9" textColor="26,26,26,255">'
        '<text-buffer bufferDraw="1" bufferSize="1" bufferColor="255,253,248,255"/></text-style>'
        "</settings></labeling></qgis>"
    )


def _qml_layer(dimension: int, name: str) -> str:
    colour, line, _ = _LOOKS[name]
    ink = ",".join(map(str, (*colour, 255)))
    pale = ",".join(map(str, (*colour, 50)))
    kind, options = (
        ("SimpleMarker", {"name": "circle", "color": ink, "outline_color": "255,253,248,255", "size": "3"}),
        ("SimpleLine", {"line_color": ink, "line_style": line, "line_width": _WIDTH_MM}),
        (
            "SimpleFill",
            {"color": pale, "outline_color": ink, "outline_style": line, "outline_width": "0.5", "style": "solid"},
        ),
    )[dimension]
    written = "".join(f'<Option type="QString" name="{key}" value="{value}"/>' for key, value in options.items())
    return f'<layer class="{kind}" enabled="1" locked="0" pass="0"><Option type="Map">{written}</Option></layer>'


def sld(dimension: int, name: str) -> str:
    """Return the style as OGC's Styled Layer Descriptor 1.0."""
    rules = "".join(
        f"<Rule><Name>{certainty}</Name><ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>certainty"
        f"</ogc:PropertyName><ogc:Literal>{certainty}</ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter>"
        f"{_symbolizer(dimension, certainty)}</Rule>"
        for certainty in _LOOKS
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><StyledLayerDescriptor version="1.0.0" '
        'xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc">'
        f"<NamedLayer><Name>{name}</Name><UserStyle><FeatureTypeStyle>{rules}</FeatureTypeStyle></UserStyle>"
        "</NamedLayer></StyledLayerDescriptor>"
    )


def _symbolizer(dimension: int, name: str) -> str:
    colour, _, dashes = _LOOKS[name]
    ink = "#" + "".join(f"{part:02x}" for part in colour)
    stroke = f"<Stroke>{_css('stroke', ink)}{_css('stroke-width', '2')}"
    stroke += f"{_css('stroke-dasharray', dashes) if dashes else ''}</Stroke>"
    if dimension == 0:
        mark = f"<Mark><WellKnownName>circle</WellKnownName><Fill>{_css('fill', ink)}</Fill></Mark>"
        return f"<PointSymbolizer><Graphic>{mark}<Size>9</Size></Graphic></PointSymbolizer>"
    if dimension == 1:
        return f"<LineSymbolizer>{stroke}</LineSymbolizer>"
    fill = f"<Fill>{_css('fill', ink)}{_css('fill-opacity', '0.2')}</Fill>"
    return f"<PolygonSymbolizer>{fill}{stroke}</PolygonSymbolizer>"


def _css(name: str, value: str) -> str:
    return f'<CssParameter name="{name}">{value}</CssParameter>'
