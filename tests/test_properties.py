"""Properties that hold for any input: shapes on the ellipsoid, cells, addresses, fragments, days."""

from __future__ import annotations

import contextlib
import math
from datetime import date
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geomap import addresses, articles, documents, feeds, geodesy, languages, outputs
from geomap.errors import ReadError
from geomap.settings import Settings

LON = st.floats(-180, 180)
LAT = st.floats(-90, 90)
FAR = st.floats(10, 9_000_000)
HOSTILE = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)
MARKUP = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<script>", "<!--", "-->", "<td", "&amp;", "&#0;", "]]>", "<![CDATA[", "\x00", "a", " "]
    )
    | HOSTILE,
    max_size=12,
).map("".join)


def is_sound(shape):
    west, south, east, north = shape.bounds
    return shape.is_valid and not shape.is_empty and west >= -180 and east <= 180 and south >= -90 and north <= 90


@settings(max_examples=60, deadline=None)
@given(LON, LAT, FAR, FAR)
def test_circles_and_rings_are_sound(lon, lat, radius, other):
    assert is_sound(geodesy.circle(lon, lat, radius))
    inner, outer = sorted((radius, other))
    if outer - inner > 1:
        assert is_sound(geodesy.ring(lon, lat, inner, outer))


@settings(max_examples=60, deadline=None)
@given(LON, LAT, LON, LAT)
def test_ways_are_sound_and_as_long_as_their_ends_are_apart(lon, lat, to_lon, to_lat):
    apart = geodesy.distance(lon, lat, to_lon, to_lat)
    # Between opposite points every way is the shortest.
    if not 1_000 < apart < 19_900_000:
        return
    way = geodesy.geodesic(lon, lat, to_lon, to_lat)
    assert is_sound(way)
    assert geodesy.length(way) == pytest.approx(apart, rel=1e-3)


@given(LON, st.floats(-89, 89), st.floats(0, 360), st.floats(0, 5_000_000))
def test_there_and_back(lon, lat, bearing, far):
    to_lon, to_lat = geodesy.destination(lon, lat, bearing, far)
    assert geodesy.distance(lon, lat, to_lon, to_lat) == pytest.approx(far, abs=0.01)
    assert math.isfinite(to_lon)
    assert -180 <= to_lon <= 180


@given(HOSTILE)
def test_cells_come_back_and_are_no_formulas(cell):
    disarmed = outputs.disarm(cell)
    assert outputs.rearm(disarmed) == cell
    assert disarmed[:1] not in {"=", "+", "-", "@", "\t", "\r"}


@given(HOSTILE | st.from_regex(r"https?://[\w.@:\[\]%-]{0,40}(/\S{0,20})?", fullmatch=True))
def test_an_address_is_plain_or_refused(address):
    try:
        parts = addresses._split(address, Settings())
    except ReadError:
        return
    made = parts.geturl()
    assert made.isascii()
    assert parts.scheme == "https"
    assert parts.username is None
    assert parts.port in {None, 443}
    assert urlsplit(made).hostname == parts.hostname
    assert not any(character <= " " for character in made)


@given(MARKUP)
def test_any_fragment_has_a_text(fragment):
    text = articles.text_of(fragment)
    assert isinstance(text, str)
    assert "\n\n" not in text or "<" not in fragment


@settings(max_examples=40, deadline=None)
@given(MARKUP)
def test_any_page_is_read_or_refused(markup):
    with contextlib.suppress(ReadError):
        article = articles.from_html(
            f"<html><body><article><p>Troops left.</p>{markup}</article></body></html>", "page"
        )
        assert article.text


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300) | MARKUP.map(lambda text: f"<rss><item>{text}".encode("utf-8", "surrogatepass")))
def test_any_feed_is_read_or_refused(data):
    with contextlib.suppress(ReadError):
        assert feeds._entries(data, "feed.xml")


@given(st.dates())
def test_days_come_back(day):
    if day.year >= 1000:
        assert documents.parse_date(day.isoformat()) == day
        assert documents.parse_date(f"{day.day} {day:%B} {day.year}") == day
        assert documents.parse_date(f"{day:%A}, {day:%b}. {day.day}, {day.year}") == day


@given(HOSTILE)
def test_any_words_are_a_day_or_refused(words):
    with contextlib.suppress(ReadError):
        assert isinstance(documents.parse_date(words), date)


@given(HOSTILE)
def test_any_text_has_a_language_or_none(text):
    found = languages.identify(text)
    assert found is None or found.isalpha()
