"""Online geocoders in the whole flow: reports and queries against a server on loopback in Nominatim's format."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from geomap import geocoders, places
from geomap.errors import PlaceNotFoundError
from geomap.gazetteer import Gazetteer
from geomap.locations import geocode
from geomap.model import Document, Toponym
from geomap.settings import Settings

# A hamlet that the embedded gazetteer lacks, and a city that it has.
ANSWERS = {
    "Verkhnoluzhne": {
        "osm_type": "node", "osm_id": 77, "lat": "48.5110", "lon": "37.9120", "addresstype": "hamlet",
        "name": "Verkhnoluzhne", "display_name": "Verkhnoluzhne, Donetsk Oblast, Ukraine",
        "boundingbox": ["48.50", "48.52", "37.90", "37.92"], "address": {"country_code": "ua"},
    },
    "Kramatorsk": {
        "osm_type": "relation", "osm_id": 5, "lat": "48.7390", "lon": "37.5840", "addresstype": "city",
        "name": "Kramatorsk", "display_name": "Kramatorsk, Donetsk Oblast, Ukraine",
        "boundingbox": ["48.65", "48.83", "37.45", "37.70"], "address": {"country_code": "ua"},
    },
}  # fmt: skip
TEXT = (
    "Ukrainian troops withdrew from Verkhnoluzhne to Kramatorsk on Friday, the governor said. Ukraine had sent 300 "
    "soldiers to the village of Verkhnoluzhne in April."
)
ONLINE = Settings(geocoder="nominatim")
FIRST = Settings(geocoder="nominatim", geocoder_first=True)


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Serve Nominatim's format; list the names that were asked for."""
    names: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            name = parse_qs(urlsplit(self.path).query)["q"][0]
            names.append(name)
            body = json.dumps(
                [{"place_id": 1, "class": "place", "type": "x", **ANSWERS[name]}] if name in ANSWERS else []
            )
            self.send_response(200)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    # The embedded gazetteer stays where it has been expanded; the answers get a folder of their own.
    monkeypatch.setenv("GEOMAP_CACHE", str(Gazetteer.open().path.parent))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("GEOMAP_GEOCODER_URL", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("GEOMAP_USER_AGENT", "geomap-tests (tests@example.org)")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    pace = geocoders.Pace(interval_s=0.0, timeout_s=5.0, retries=0)
    monkeypatch.setattr(geocoders.Geocoder.__init__, "__kwdefaults__", {"cache_file": None, "pace": pace})
    geocoders.open_service.cache_clear()
    yield names
    geocoders.open_service.cache_clear()
    server.shutdown()
    server.server_close()


def resolve(settings, text=TEXT, names=("Verkhnoluzhne", "Kramatorsk", "Ukraine")):
    """Resolve some names of a text; give the places that were found."""
    found = [
        Toponym(start=text.index(name), end=text.index(name) + len(name), text=name, type="literal") for name in names
    ]
    resolved = places.resolve(found, Document(id="online", text=text), Gazetteer.open(), settings)
    return {toponym.text: toponym.place for toponym in resolved if toponym.place}


def test_nothing_is_asked_unless_the_settings_say_so(asked):
    assert set(resolve(Settings())) == {"Kramatorsk", "Ukraine"}
    assert asked == []


def test_only_names_that_the_gazetteer_lacks_are_asked(asked):
    found = resolve(ONLINE)
    assert asked == ["Verkhnoluzhne"]
    hamlet = found["Verkhnoluzhne"]
    assert (hamlet.id, hamlet.country, hamlet.lon, hamlet.lat) == ("nominatim:n77", "UA", 37.912, 48.511)
    assert found["Kramatorsk"].source == "GeoNames"


def test_asked_first_it_decides_on_towns_and_the_gazetteer_on_countries(asked):
    found = resolve(FIRST)
    assert asked == ["Verkhnoluzhne", "Kramatorsk"]
    assert found["Kramatorsk"].id == "nominatim:r5"
    assert found["Ukraine"].id == "geonames:690791"


def test_asked_first_it_leaves_unknown_names_to_the_gazetteer(asked):
    found = resolve(FIRST, "Troops left Agadez for Niamey on Friday.", ("Agadez", "Niamey"))
    assert asked == ["Agadez", "Niamey"]
    assert {place.source for place in found.values()} == {"GeoNames"}


def test_a_second_run_asks_nothing(asked):
    first = resolve(ONLINE)
    geocoders.open_service.cache_clear()
    assert resolve(ONLINE) == first
    assert asked == ["Verkhnoluzhne"]


def test_names_of_peoples_and_organisations_stay_at_home(asked):
    text = "Zmarokian fighters of the Brovsk Brigade"
    found = [
        Toponym(start=0, end=9, text="Zmarokian", type="demonym"),
        Toponym(start=26, end=32, text="Brovsk", type="embedded"),
    ]
    places.resolve(found, Document(id="x", text=text), Gazetteer.open(), FIRST)
    assert asked == []


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "report.txt"
    path.write_text(f"Date: 2023-05-06\n\n{TEXT}", encoding="utf-8")
    return path


def test_records_and_maps_name_the_service(asked, run, report, tmp_path):
    done = run("extract", report, "--geocoder", "nominatim")
    assert done.code == 0, done.err
    made = json.loads(done.out)
    sources = [toponym["place"]["source"] for toponym in made["toponyms"] if toponym["text"] == "Verkhnoluzhne"]
    assert sources == ["Nominatim (online; © OpenStreetMap contributors)"] * 2
    drawn = [location for location in made["locations"] if "Verkhnoluzhne" in location["text"]]
    assert len(drawn) == 2
    assert all("Nominatim" in location["remarks"] for location in drawn)
    page = tmp_path / "page.html"
    assert run("map", report, "-o", page, "--geocoder", "nominatim").code == 0
    assert "Nominatim (online; © OpenStreetMap contributors)" in page.read_text(encoding="utf-8")
    assert asked == ["Verkhnoluzhne"]


@pytest.mark.filterwarnings("default")
def test_without_network_the_report_is_read_with_one_warning(asked, run, report, monkeypatch):
    monkeypatch.setenv("GEOMAP_GEOCODER_URL", "http://127.0.0.1:9")
    geocoders.open_service.cache_clear()
    with report.open("a", encoding="utf-8") as text:
        text.write(" Rebels took the village of Zhovtoselsk on Sunday.")
    done = run("extract", report, "--geocoder", "nominatim")
    assert done.code == 0
    assert done.err.count("\n") == 1
    assert "nominatim did not answer for 'Verkhnoluzhne'" in done.err
    made = json.loads(done.out)
    assert made["claims"]
    assert [toponym["place"] for toponym in made["toponyms"] if toponym["text"] == "Verkhnoluzhne"] == [None, None]
    assert asked == []


def test_queries_are_answered_online_too(asked):
    (answer,) = geocode("Verkhnoluzhne", ONLINE)
    assert (answer.place.id, answer.location.footprint.geometry.geom_type) == ("nominatim:n77", "Point")
    (answer,) = geocode("20 km north of Verkhnoluzhne", ONLINE)
    assert answer.location.footprint.geometry.centroid.y == pytest.approx(48.69, abs=0.05)
    with pytest.raises(PlaceNotFoundError, match="Nowherovka"):
        geocode("Nowherovka", ONLINE)
    assert asked == ["Verkhnoluzhne", "Nowherovka"]


@pytest.mark.usefixtures("asked")
def test_a_missing_user_agent_is_told_before_anything_is_read(run, tmp_path, monkeypatch):
    monkeypatch.delenv("GEOMAP_USER_AGENT")
    done = run("extract", tmp_path / "missing.txt", "--geocoder", "nominatim")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "GEOMAP_USER_AGENT" in done.err


def test_first_needs_a_geocoder(run):
    assert run("geocode", "Niamey", "--geocoder-first").code == 2
    assert run("geocode", "Niamey", "--geocoder", "bing").code == 2


def test_the_pace_holds_for_a_whole_report(asked, monkeypatch):
    pace = geocoders.Pace(interval_s=0.2, retries=0)
    monkeypatch.setattr(geocoders.Geocoder.__init__, "__kwdefaults__", {"cache_file": None, "pace": pace})
    geocoders.open_service.cache_clear()
    start = time.monotonic()
    resolve(FIRST)
    assert len(asked) == 2
    assert time.monotonic() - start >= 0.2
