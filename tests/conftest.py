"""What all tests share."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "data" / "reports"


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Refuse connections to other machines: geomap reaches none unless told to, and tests have servers on loopback."""
    connect = socket.socket.connect

    def guarded(self, address):
        is_local = self.family not in {socket.AF_INET, socket.AF_INET6} or address[0] in {
            "127.0.0.1",
            "::1",
            "localhost",
        }
        if not is_local:
            msg = f"a test tried to reach {address}"
            raise AssertionError(msg)
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def site(monkeypatch):
    """Serve pages on loopback, and let what fetches them not pause in between."""
    from servers import Site, serve

    from geomap import addresses

    monkeypatch.setattr(addresses, "_PAUSE_S", 0.0)
    server = Site()
    thread = serve(server)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def sample():
    """Path of the sample report that the README maps."""
    return REPORTS / "2022-02-16-border-of-ukraine.txt"


class Outcome(NamedTuple):
    """How a run of the command line ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch, capsysbinary):
    """Run the command line in this process: ``run("extract", path)`` gives its exit code, output and messages."""
    from geomap import cli

    def run(*arguments, stdin=None):
        monkeypatch.setattr(sys, "argv", ["geomap", *map(str, arguments)])
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", _Input(stdin))
        capsysbinary.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = 0 if stop.code is None else int(stop.code)
        captured = capsysbinary.readouterr()
        return Outcome(code, captured.out.decode(), captured.err.decode())

    return run


class _Input:
    def __init__(self, data):
        import io

        self.buffer = io.BytesIO(data)


@pytest.fixture(scope="session")
def browser():
    """Start a headless Chromium without network, once for all tests."""
    import chromium
    from playwright.sync_api import sync_playwright

    executable = chromium.find()
    if executable is None:
        pytest.fail("no browser: run `python tests/chromium.py`")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=chromium.arguments())
        yield started
        started.close()
