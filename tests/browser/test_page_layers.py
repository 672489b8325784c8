"""Layers that a caller adds with folium: drawn, asking for nothing, and never run from a report's words."""

from __future__ import annotations

import folium
import pytest
from folium.plugins import MarkerCluster

from geomap import maps
from geomap.errors import DataError

HOSTILE = "a <b>bold</b> word, `${hit(1)}` \\u0041 </script><script>hit(2)</script><img src=x onerror=hit(3)>"
TRAP = "window.hits = []; window.hit = (n) => { window.hits.push(n); };"


def add_all(report_map):
    folium.Marker([15, 30], popup=HOSTILE, tooltip=HOSTILE).add_to(report_map)
    folium.PolyLine([[15, 30], [13, 33]], popup=folium.Popup(HOSTILE, parse_html=True)).add_to(report_map)
    group = folium.FeatureGroup("mine").add_to(report_map)
    folium.Circle([14, 32], radius=50_000).add_to(group)
    folium.Marker([17, 34], icon=folium.DivIcon(html="<i>base</i>")).add_to(group)
    folium.LayerControl().add_to(report_map)
    return report_map.get_root().render()


def test_added_layers_are_drawn_and_words_are_not_run(visit, sudan, log):
    page = visit(add_all(maps.Map([sudan])), init=TRAP, reduced_motion="reduce")
    page.wait_for_selector("img.leaflet-marker-icon")
    assert page.evaluate("document.querySelector('img.leaflet-marker-icon').naturalWidth") == 25
    assert page.locator(".leaflet-marker-icon", has_text="base").is_visible()
    # The line and the circle, beside those of the page itself, which all belong to a mark or the base map.
    assert page.locator("path.leaflet-interactive:not([data-mark])").count() == 2
    page.locator("img.leaflet-marker-icon").click()
    popup = page.locator(".leaflet-popup-content")
    assert "`${hit(1)}` \\u0041" in popup.inner_text()
    assert popup.locator("b").inner_text() == "bold"
    box = page.locator(".leaflet-control-layers-toggle").bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 10)  # it opens under the pointer
    page.get_by_label("mine").uncheck()
    assert page.locator("path.leaflet-interactive:not([data-mark])").count() == 1
    assert page.evaluate("window.hits") == []
    assert page.inner_text("#shown") == "8 of 8 claims shown"
    # What the browser says of the picture and its handler is that it refused them.
    refused = [message for message in log.messages if "Content Security Policy" in message]
    assert log.messages == refused
    log.messages.clear()
    log.requests.clear()


def test_a_map_can_be_rendered_again(sudan):
    report_map = maps.Map([sudan])
    plain = report_map.get_root().render()
    first, second = add_all(report_map), report_map.get_root().render()
    assert plain == report_map.html
    assert first.count("L.polyline(") == second.count("L.polyline(")
    assert "&#96;&#36;{hit(1)}&#96;" in second
    assert "${hit" not in second


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (folium.TileLayer("OpenStreetMap"), "opens no host for a TileLayer"),
        (folium.Marker([1, 1], icon=folium.Icon()), "Icon needs files from other hosts"),
        (MarkerCluster(), "MarkerCluster needs files from other hosts"),
    ],
    ids=["tiles", "icon", "plugin"],
)
def test_what_needs_a_network_is_refused(sudan, layer, message, tmp_path):
    report_map = maps.Map([sudan])
    layer.add_to(report_map)
    with pytest.raises(DataError, match=message):
        report_map.save(tmp_path / "map.html")
    assert not (tmp_path / "map.html").exists()
