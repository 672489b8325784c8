"""Online tiles, when asked for: from their host and no other, over the offline base map."""

from __future__ import annotations

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import xyzservices
from conftest import DESKTOP

from geomap import maps

TILE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


class _Tiles(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self):
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(TILE)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def tiles():
    """Serve tiles on this machine: the address, and the paths that were asked for."""
    handler = type("Handler", (_Tiles,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler.asked
    server.shutdown()
    server.server_close()


def test_tiles_lie_over_the_base_map_and_open_one_host(browser, sudan, tiles, tmp_path, monkeypatch):
    address, asked = tiles
    provider = xyzservices.TileProvider(
        name="Loopback", url=f"{address}/{{z}}/{{x}}/{{y}}.png", attribution="Tiles: Loopback", max_zoom=9
    )
    monkeypatch.setitem(xyzservices.providers, "Loopback", provider)
    path = tmp_path / "page.html"
    path.write_text(maps.render([sudan], tiles="Loopback"), encoding="utf-8")
    context = browser.new_context(viewport=DESKTOP, reduced_motion="reduce")
    page = context.new_page()
    requests, messages = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.goto(path.as_uri())
    page.wait_for_selector("img.leaflet-tile-loaded")
    assert messages == []
    assert asked
    assert all(url == path.as_uri() or url.startswith((f"{address}/", "data:")) for url in requests)
    assert page.locator("path.land").count() > 0
    assert page.locator("path.mark.k-arrow").count() > 0
    assert "Tiles: Loopback" in page.inner_text("#credits")
    over = page.evaluate("['tiles', 'base', 'marks'].map(name => +getComputedStyle(geomap.map.getPane(name)).zIndex)")
    assert over[1] < over[0] < over[2]
    # Another port is another host: the policy keeps it shut.
    refused = page.evaluate(
        """() => new Promise((resolve) => {
          document.addEventListener("securitypolicyviolation", (e) => resolve(e.effectiveDirective));
          new Image().src = "http://127.0.0.1:9/x.png";
        })"""
    )
    assert refused == "img-src"
    context.close()


def test_without_tiles_the_base_map_is_all_there_is(visit, html):
    page = visit(html)
    assert page.locator("img.leaflet-tile").count() == 0
    assert page.locator("path.land").count() > 0
    assert page.locator("path.lake").count() > 0
