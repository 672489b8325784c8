"""Online look-ups, against a real HTTP server on loopback that speaks the services' formats."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from geomap.errors import ServiceError
from geomap.geocoders import Geocoder, GeocoderWarning, Pace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOMINATIM = [
    {
        "place_id": 1,
        "osm_type": "relation",
        "osm_id": 42,
        "lat": "13.5137",
        "lon": "2.1098",
        "class": "boundary",
        "type": "administrative",
        "addresstype": "city",
        "name": "Niamey",
        "display_name": "Niamey, Niger",
        "boundingbox": ["13.42", "13.60", "2.02", "2.20"],
        "address": {"city": "Niamey", "country_code": "ne"},
    },
    {"place_id": 2, "display_name": "without coordinates"},
]
PHOTON = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [2.1098, 13.5137]},
            "properties": {
                "osm_type": "R",
                "osm_id": 42,
                "osm_key": "place",
                "osm_value": "city",
                "name": "Niamey",
                "countrycode": "NE",
                "extent": [2.02, 13.60, 2.20, 13.42],
            },
        }
    ],
}


@dataclass
class Service:
    """What the server answers, and what it was asked."""

    url: str = ""
    payload: Any = None
    statuses: list[int] = field(default_factory=list)
    delay_s: float = 0.0
    retry_after: str | None = None
    asked: list[tuple[float, str, dict[str, list[str]]]] = field(default_factory=list)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    state = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            state.asked.append((time.monotonic(), self.headers["User-Agent"], parse_qs(parts.query)))
            time.sleep(state.delay_s)
            status = state.statuses.pop(0) if state.statuses else 200
            body = json.dumps(state.payload).encode()
            try:
                self.send_response(status)
                if status == 429 and state.retry_after:
                    self.send_header("Retry-After", state.retry_after)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # The client has given up, as the slow tests want.

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("GEOMAP_GEOCODER_URL", state.url)
    monkeypatch.setenv("GEOMAP_USER_AGENT", "geomap-tests (tests@example.org)")
    monkeypatch.setenv("NO_PROXY", "*")
    yield state
    server.shutdown()
    server.server_close()


def quick(**changes: float) -> Pace:
    values: dict[str, Any] = {"interval_s": 0.0, "timeout_s": 10.0, "backoff_s": 0.01, "retries": 2} | changes
    return Pace(**values)


def test_nominatim_answers_become_places(service: Service, tmp_path: Path) -> None:
    service.payload = NOMINATIM
    places = Geocoder("nominatim", cache_file=tmp_path / "a.sqlite", pace=quick()).find("Niamey")
    assert [place.name for place in places] == ["Niamey"]
    place = places[0]
    assert (place.country, place.feature_code, place.lon, place.lat) == ("NE", "PPL", 2.1098, 13.5137)
    assert 13_000 < place.uncertainty_m < 15_000  # half the diagonal of a box of 0.18 degrees near the equator
    assert "nominatim" in place.id
    assert service.asked[0][1] == "geomap-tests (tests@example.org)"


def test_photon_answers_become_places(service: Service, tmp_path: Path) -> None:
    service.payload = PHOTON
    places = Geocoder("photon", cache_file=tmp_path / "a.sqlite", pace=quick()).find("Niamey")
    assert [(place.country, place.lon, place.lat) for place in places] == [("NE", 2.1098, 13.5137)]
    assert 13_000 < places[0].uncertainty_m < 15_000


def test_a_second_run_asks_nothing(service: Service, tmp_path: Path) -> None:
    service.payload = PHOTON
    first = Geocoder("photon", cache_file=tmp_path / "a.sqlite", pace=quick()).find("Niamey")
    second = Geocoder("photon", cache_file=tmp_path / "a.sqlite", pace=quick()).find("  Niamey ")
    assert first == second
    assert len(service.asked) == 1


def test_unknown_names_are_remembered_too(service: Service, tmp_path: Path) -> None:
    service.payload = {"type": "FeatureCollection", "features": []}
    geocoder = Geocoder("photon", cache_file=tmp_path / "a.sqlite", pace=quick())
    assert geocoder.find("Nowhereville-xyz") == []
    assert geocoder.find("Nowhereville-xyz") == []
    assert len(service.asked) == 1


def test_answers_expire(service: Service, tmp_path: Path) -> None:
    service.payload = PHOTON
    geocoder = Geocoder("photon", cache_file=tmp_path / "a.sqlite", pace=quick(expiry_s=0.0))
    geocoder.find("Niamey")
    geocoder.find("Niamey")
    assert len(service.asked) == 2


def test_requests_keep_their_distance(service: Service, tmp_path: Path) -> None:
    service.payload = PHOTON
    geocoder = Geocoder("photon", cache_file=tmp_path / "a.sqlite", pace=quick(interval_s=0.2))
    for name in ("Niamey", "Gao", "Agadez"):
        geocoder.find(name)
    times = [moment for moment, _, _ in service.asked]
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(times))


def test_the_default_pace_keeps_to_the_usage_policy() -> None:
    assert Pace().interval_s >= 1.0


def test_failures_are_retried(service: Service, tmp_path: Path) -> None:
    service.payload = PHOTON
    service.statuses = [500, 503]
    places = Geocoder("photon", cache_file=tmp_path / "a.sqlite", pace=quick()).find("Niamey")
    assert [place.name for place in places] == ["Niamey"]
    assert len(service.asked) == 3


def test_waits_grow_between_retries(service: Service, tmp_path: Path) -> None:
    service.payload = PHOTON
    service.statuses = [500, 500]
    Geocoder("photon", cache_file=tmp_path / "a.sqlite", pace=quick(backoff_s=0.1)).find("Niamey")
    first, second, third = (moment for moment, _, _ in service.asked)
    assert second - first >= 0.1
    assert third - second >= 0.2


def test_a_rate_limit_is_obeyed(service: Service, tmp_path: Path) -> None:
    service.payload = PHOTON
    service.statuses, service.retry_after = [429], "1"
    places = Geocoder("photon", cache_file=tmp_path / "a.sqlite", pace=quick()).find("Niamey")
    assert places
    assert service.asked[1][0] - service.asked[0][0] >= 1.0


def test_a_slow_service_is_given_up_with_a_warning(service: Service, tmp_path: Path) -> None:
    service.payload, service.delay_s = PHOTON, 1.0
    geocoder = Geocoder("photon", cache_file=tmp_path / "a.sqlite", pace=quick(timeout_s=0.1, retries=1))
    with pytest.warns(GeocoderWarning, match="photon did not answer for 'Niamey'"):
        assert geocoder.find("Niamey") == []
    asked = len(service.asked)
    assert geocoder.find("Gao") == []  # It is left alone for a while.
    assert len(service.asked) == asked


def test_an_expired_answer_is_better_than_none(service: Service, tmp_path: Path) -> None:
    service.payload = PHOTON
    geocoder = Geocoder("photon", cache_file=tmp_path / "a.sqlite", pace=quick(expiry_s=0.0, retries=0))
    fresh = geocoder.find("Niamey")
    service.statuses = [500]
    with pytest.warns(GeocoderWarning):
        assert geocoder.find("Niamey") == fresh


def test_no_server_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOMAP_GEOCODER_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "*")
    geocoder = Geocoder("photon", cache_file=tmp_path / "a.sqlite", pace=quick(retries=0))
    with pytest.warns(GeocoderWarning):
        assert geocoder.find("Niamey") == []


def test_nonsense_is_a_failure_not_a_crash(service: Service, tmp_path: Path) -> None:
    service.payload = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "geometry": None, "properties": {}}],
    }
    geocoder = Geocoder("photon", cache_file=tmp_path / "a.sqlite", pace=quick(retries=0))
    with pytest.warns(GeocoderWarning, match="not what photon should say"):
        assert geocoder.find("Niamey") == []


def test_a_refusal_is_an_error(service: Service, tmp_path: Path) -> None:
    service.statuses = [403]
    geocoder = Geocoder("nominatim", cache_file=tmp_path / "a.sqlite", pace=quick())
    with pytest.raises(ServiceError, match="GEOMAP_USER_AGENT"):
        geocoder.find("Niamey")


def test_nominatim_needs_a_user_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEOMAP_USER_AGENT", raising=False)
    with pytest.raises(ServiceError, match="GEOMAP_USER_AGENT"):
        Geocoder("nominatim", cache_file=tmp_path / "a.sqlite")


@pytest.mark.parametrize(
    ("name", "variable"), [("geonames", "GEOMAP_GEONAMES_USER"), ("opencage", "GEOMAP_OPENCAGE_KEY")]
)
def test_keys_come_from_the_environment(
    name: str, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ServiceError, match=variable):
        Geocoder(name, cache_file=tmp_path / "a.sqlite")


def test_pelias_needs_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEOMAP_GEOCODER_URL", raising=False)
    with pytest.raises(ServiceError, match="GEOMAP_GEOCODER_URL"):
        Geocoder("pelias", cache_file=tmp_path / "a.sqlite")


def test_unknown_service(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="nominatim"):
        Geocoder("somewhere", cache_file=tmp_path / "a.sqlite")


def test_pelias_geonames_and_opencage_formats(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOMAP_GEONAMES_USER", "tester")
    monkeypatch.setenv("GEOMAP_OPENCAGE_KEY", "secret")
    answers = {
        "pelias": {
            "features": [
                {
                    "geometry": {"coordinates": [2.1098, 13.5137]},
                    "properties": {"gid": "whosonfirst:1", "name": "Niamey", "layer": "locality", "country_code": "NE"},
                    "bbox": [2.02, 13.42, 2.20, 13.60],
                }
            ]
        },
        "geonames": {
            "totalResultsCount": 1,
            "geonames": [
                {
                    "geonameId": 7,
                    "name": "Niamey",
                    "fcode": "PPLC",
                    "countryCode": "NE",
                    "lng": "2.1098",
                    "lat": "13.5137",
                }
            ],
        },
        "opencage": {
            "status": {"code": 200, "message": "OK"},
            "results": [
                {
                    "formatted": "Niamey, Niger",
                    "geometry": {"lat": 13.5137, "lng": 2.1098},
                    "components": {"_type": "city", "city": "Niamey", "country_code": "ne"},
                    "bounds": {"southwest": {"lat": 13.42, "lng": 2.02}, "northeast": {"lat": 13.6, "lng": 2.2}},
                }
            ],
        },
    }
    for name, payload in answers.items():
        service.payload = payload
        places = Geocoder(name, cache_file=tmp_path / "a.sqlite", pace=quick()).find("Niamey")
        assert [(place.name, place.country, place.lon) for place in places] == [("Niamey", "NE", 2.1098)], name
