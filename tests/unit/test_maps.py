"""The page as text: one file, escaped, the same bytes each time; files and errors."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import stat
import tomllib
import zlib
from importlib.resources import files
from types import SimpleNamespace

import folium
import numpy as np
import pytest
import samples
from shapely.geometry import MultiPolygon, Polygon, box, shape

from geomap import basemaps, maps
from geomap.errors import DataError
from geomap.gazetteer import Gazetteer
from geomap.marks import Mark
from geomap.settings import Settings


@pytest.fixture(scope="module")
def sudan():
    return samples.build_sudan()


@pytest.fixture(scope="module")
def page(sudan):
    return maps.render([sudan])


def data_of(page):
    return json.loads(page.split('id="data">')[1].split("</script>")[0])


def rows_of(table):
    """Undo columns.pack, as the page's script does."""
    return [
        {
            key: (column["of"][column["at"][row] if "at" in column else 0] if isinstance(column, dict) else column[row])
            for key, column in table["columns"].items()
        }
        for row in range(table["n"])
    ]


def test_nothing_is_fetched(page):
    for attribute in re.findall(
        r"""<(?:script|link|img|iframe|object|embed|source)\b[^>]*>""", page.split("<script>")[0]
    ):
        assert "src=" not in attribute
        assert "href=" not in attribute
    assert "<link" not in page
    assert not re.search(r"<script[^>]*\bsrc=", page)
    assert "@import" not in page
    assert "sourceMappingURL" not in page
    style = "".join(re.findall(r"<style>(.*?)</style>", page, re.DOTALL))
    assert not re.findall(r"url\((?!#)", style)


def test_policy_names_every_script_and_style(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1).replace("&#x27;", "'")
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    inline = re.findall(r'<script(?: type="module")?>(.*?)</script>', page, re.DOTALL)
    inline += re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert len(inline) == 5
    for text in inline:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_page_can_be_zoomed(page):
    assert "user-scalable" not in page
    assert "maximum-scale" not in page


def test_same_bytes_each_time(sudan, page):
    assert maps.render([sudan]) == page


def test_page_is_small(page):
    assert len(page.encode()) < 1_000_000


def test_map_is_a_folium_map(sudan, page, tmp_path):
    shown = maps.Map([sudan])
    assert isinstance(shown, folium.Map)
    assert shown.get_root().render() == page
    shown.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page


def test_notebook_frame_is_sandboxed(sudan):
    frame = maps.Map([sudan])._repr_html_()
    assert frame.startswith("<iframe srcdoc=")
    sandbox = re.search(r'sandbox="([^"]*)"', frame).group(1).split()
    assert "allow-scripts" in sandbox
    assert "allow-same-origin" not in sandbox
    assert "<script" not in frame


def test_data_cannot_leave_its_block():
    text = maps.to_script_json({"a": "</script><!--&\u2028\u2029"})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"a": "</script><!--&\u2028\u2029"}


def test_unshowable_characters_are_replaced_one_for_one():
    assert maps._clean("a\x00b\ud800c\n\t") == "a\ufffdb\ufffdc\n\t"
    assert maps._clean(None) == ""


def test_offsets_count_as_javascript_does():
    at = maps._Offsets("a😀b𝕏c")
    assert at((0, 1)) == [0, 1]
    assert at((1, 2)) == [1, 3]
    assert at((4, 5)) == [6, 7]


def test_title_is_the_headline(sudan):
    assert '<h1 dir="auto">Column leaves El Obeid for Khartoum, army says</h1>' in maps.render([sudan])
    assert '<h1 dir="auto">&lt;b&gt;</h1>' in maps.render([sudan], title="<b>")
    untitled = samples.build_empty("First line\nSecond line, which is longer.")
    assert '<h1 dir="auto">First line</h1>' in maps.render([untitled])


def test_empty_report_gives_a_page():
    data = data_of(maps.render([samples.build_empty()]))
    assert data["claims"]["n"] == data["events"]["n"] == len(data["marks"]) == 0
    assert data["located"] is False


def test_no_report_gives_a_page():
    assert data_of(maps.render([]))["reports"]["n"] == 0


def test_several_reports_keep_their_claims_apart(sudan):
    data = data_of(maps.render([sudan, samples.build_later()]))
    ids = [claim["id"] for claim in rows_of(data["claims"])]
    assert len(ids) == len(set(ids)) == 9
    members = [claim for event in rows_of(data["events"]) for claim in event["claims"]]
    assert sorted(members) == sorted(ids)


def test_claims_come_in_the_order_of_the_text(sudan):
    starts = [claim["quote"][0] for claim in rows_of(data_of(maps.render([sudan]))["claims"])]
    assert starts == sorted(starts)


@pytest.mark.parametrize("lang", ["en", "fr", "uk"])
def test_languages(sudan, lang):
    page = maps.render([sudan], lang=lang)
    assert f'<html lang="{lang}">' in page
    assert maps.load_words(lang)["note"] in page.replace("&#x27;", "'")


def test_languages_have_the_same_words():
    tables = tomllib.loads((files("geomap") / "assets" / "words.toml").read_text(encoding="utf-8"))
    assert len(tables) >= 3
    english = tables.pop("en")
    for lang, table in tables.items():
        assert set(table) == set(english), lang
        for key, words in table.items():
            assert set(re.findall(r"\{\w+\}", words)) == set(re.findall(r"\{\w+\}", english[key])), (lang, key)


def test_every_word_that_the_page_asks_for_exists():
    words = maps.load_words("en")
    code = (files("geomap") / "assets" / "page.js").read_text(encoding="utf-8")
    page = (files("geomap") / "assets" / "page.html").read_text(encoding="utf-8")
    asked = set(re.findall(r"\bw\.([a-z]\w*)", code)) | set(re.findall(r"\{\{w:(\w+)\}\}", page))
    assert asked <= set(words)


def test_unknown_language_and_tiles_are_named(sudan):
    with pytest.raises(DataError, match="no page in language 'tlh'; choose from en, fr, uk"):
        maps.render([sudan], lang="tlh")
    with pytest.raises(DataError, match="unknown tile provider 'Nowhere'"):
        maps.render([sudan], tiles="Nowhere")


def test_tiles_open_the_policy_for_their_host_only(sudan):
    page = maps.render([sudan], tiles="OpenStreetMap.Mapnik")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    assert re.findall(r"https://[\w.]+", policy) == ["https://tile.openstreetmap.org"]
    assert "OpenStreetMap" in page.split('id="credits">')[1].split("</p>")[0]
    assert "https://tile" not in re.search(r'Policy" content="([^"]*)"', maps.render([sudan])).group(1)


def test_viewpoint_is_named(sudan):
    assert "de facto control" in maps.render([sudan], settings=Settings(viewpoint="de-facto"))


def test_write_is_whole_or_nothing(tmp_path):
    target = tmp_path / "page.html"
    maps.write("first", target)
    assert target.read_text() == "first"
    assert stat.S_IMODE(target.stat().st_mode) & 0o444 == 0o444
    maps.write("second", target)
    assert target.read_text() == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize("name", ["missing/page.html", "folder"])
def test_unwritable_output_is_one_clear_line(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="cannot be written") as caught:
        maps.write("x", tmp_path / name)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / name) in str(caught.value)


def test_picture_without_a_browser_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(maps.shutil, "which", lambda _: None)
    with pytest.raises(DataError, match="needs an installed Chromium"):
        maps.write_png("<p>x</p>", tmp_path / "x.png")


@pytest.mark.skipif(maps.find_browser() is None, reason="no installed browser")
def test_picture_has_its_size(page, tmp_path):
    maps.write_png(page, tmp_path / "x.png", size=(800, 500))
    content = (tmp_path / "x.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")) == (800, 500)


# --- the base map


def decode(flat):
    return np.cumsum(np.array(flat).reshape(-1, 2), axis=0)


def test_lines_come_back_as_they_went():
    lines = [np.array([(10.0, 20.0), (10.5, 19.5), (-3.25, 0.0)]), np.array([(1.0, 1.0), (1.0001, 1.0), (2.0, 2.0)])]
    coded = basemaps.encode_arrays(lines, 1e-2)
    assert np.allclose(decode(coded[0]) * 1e-2, lines[0])
    assert decode(coded[1]).tolist() == [[100, 100], [200, 200]]
    assert basemaps.encode_arrays([], 1e-2) == []


def test_polygons_that_shrink_to_nothing_are_dropped():
    shapes = [box(0, 0, 1, 1).difference(box(0.4, 0.4, 0.6, 0.6)), box(0, 0, 1e-6, 1e-6)]
    coded = basemaps.encode_polygons(shapes, 1e-2)
    assert [len(group) for group in coded] == [2]


def test_shared_edges_are_borders_and_drawn_once():
    left, right = box(0, 0, 1, 1), box(1, 0, 2, 1)
    coasts, borders = basemaps.split_lines([MultiPolygon([left]), right], (-10, -10, 10, 10))
    assert sum(line.length for line in borders) == pytest.approx(1)
    assert sum(line.length for line in coasts) == pytest.approx(6)


def test_cuts_along_the_frame_are_not_coasts():
    coasts, _ = basemaps.split_lines([box(0, 0, 1, 1)], (0, 0, 5, 5))
    assert sum(line.length for line in coasts) == pytest.approx(2)


def test_base_map_names_countries_and_capitals_near_the_story():
    base = basemaps.build(Gazetteer.open(), (30, 12, 34, 16))
    names = {label[2]: label for label in base["labels"]}
    assert {"Sudan", "Ethiopia", "Khartoum"} <= set(names)
    assert names["Khartoum"][3] == "capital"
    assert "Paris" not in names
    assert base["levels"][1]["provinces"], "a small story has province lines"
    assert all(level["land"] and level["borders"] for level in base["levels"])
    assert base["levels"][0]["coasts"]
    assert not base["levels"][1]["coasts"], "the story lies inland; where the outlines were cut is no coast"


def test_a_story_across_the_antimeridian_is_kept_together():
    strip = MultiPolygon([box(176, -19, 180, -17), box(-180, -19, -172, -14)])
    lone = box(130, 30, 140, 40)
    drawn = [Mark(kind="zone", geometry=strip), Mark(kind="zone", geometry=box(150, -10, 152, -8))]
    story = maps.story_bounds(drawn)
    assert story == pytest.approx((150, -19, 188, -8))
    turned = maps._turn(drawn[0], story)
    assert turned.geometry.bounds == pytest.approx((176, -19, 188, -14))
    assert maps._turn(Mark(kind="outline", geometry=lone), story).geometry.equals(lone)
    assert maps.story_bounds([Mark(kind="zone", geometry=box(-79, 12, 63, 55))]) == pytest.approx((-79, 12, 63, 55))


def test_a_large_data_block_is_compressed_and_comes_back():
    small, large = "{}", json.dumps({"text": "</script> \u202e ключ " * 200_000})
    assert maps._compress(small) == small
    packed = maps._compress(large)
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", packed)
    assert len(packed) < len(large) / 4
    assert zlib.decompress(base64.b64decode(packed)).decode() == large


def test_remarks_keep_the_place_of_the_label_free(sudan):
    marks = [row for table in data_of(maps.render([sudan]))["marks"] for row in rows_of(table)]
    mention = next(row for row in marks if row["k"] == "mention")
    assert mention["label"] == "Nairobi"
    assert mention["remarks"] == "“{label}” is mentioned; no movement is said to be there."
    assert mention["in"] == [0]
    point = next(row for row in marks if row["k"] == "point")
    assert point["geom"] == []
    assert point["reach"] > 0


def test_downloads_are_cut_at_the_antimeridian_and_turn_left():
    # Two halves of one area on either side of 180 degrees, their rings the wrong way round.
    halves = MultiPolygon(
        [
            Polygon([(178, 50), (178, 55), (180, 55), (180, 50)]),
            Polygon([(-180, 50), (-180, 55), (-177, 55), (-177, 50)]),
        ]
    )
    cut = shape(maps._cut(SimpleNamespace(kind="area", geometry=halves)))
    assert cut.equals(halves)
    assert all(part.exterior.is_ccw for part in cut.geoms)
    assert max(abs(x) for part in cut.geoms for x, _ in part.exterior.coords) <= 180
