"""What a caller adds with folium: checked and defused before it is written."""

from __future__ import annotations

import folium
import pytest
from branca.element import Figure

from geomap import layers
from geomap.errors import DataError


def write(*added):
    root, own = Figure(), folium.Map(tiles=None)
    root.add_child(own)
    layers.children(own).clear()
    for layer in added:
        layer.add_to(own)
    return layers.write_script(root, own, list(layers.children(own).values())), own


def test_script_draws_on_the_page_s_own_map():
    script, own = write(folium.CircleMarker([1, 2]))
    assert f"const {own.get_name()} = geomap.map;" in script
    assert f".addTo({own.get_name()})" in script


@pytest.mark.parametrize("markup", ["`${hit()}`", "\\u0060 ${hit()}", "</script><b>x</b>", "<!--<script>"])
@pytest.mark.parametrize("parse", [True, False])
def test_words_cannot_end_the_script_or_be_run(markup, parse):
    script, _ = write(folium.Marker([1, 2], popup=folium.Popup(markup, parse_html=parse), tooltip=markup))
    assert "${hit" not in script
    assert "</" not in script
    assert "<!--" not in script
    assert "\\u0060" not in script


@pytest.mark.parametrize("layer", [folium.TileLayer("OpenStreetMap"), folium.Marker([1, 1], icon=folium.Icon())])
def test_what_needs_other_hosts_is_refused(layer):
    with pytest.raises(DataError, match=r"TileLayer|Icon"):
        write(layer)


def test_a_layer_inside_a_group_is_checked_too():
    group = folium.FeatureGroup()
    folium.Marker([1, 1], icon=folium.Icon()).add_to(group)
    with pytest.raises(DataError, match="Icon"):
        write(group)
