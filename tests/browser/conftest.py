"""Opens pages in a browser without network, and fails a test whose page asks for anything or writes to the console."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import chromium
import pytest
import samples

from geomap import maps

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


def pytest_report_header():
    """Say which browser is used."""
    return f"browser: {chromium.find() or 'none found; run python tests/chromium.py'}"


@dataclass
class Log:
    """What a page did that it must not do."""

    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


@pytest.fixture
def log():
    """Collect requests and console messages; none may be left at the end of a test."""
    kept = Log()
    yield kept
    assert kept.requests == []
    assert kept.messages == []


@pytest.fixture
def visit(browser, tmp_path, log):
    """Open HTML as a file: ``visit(html, fragment="", **context)`` gives Playwright's page, ready to be used."""
    contexts = []

    def visit(html, fragment="", *, ready=True, init=None, **options):
        path = tmp_path / f"page-{len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(**{"viewport": DESKTOP, **options})
        contexts.append(context)
        context.set_offline(True)

        def guard(route):
            if route.request.url.split("#")[0] == path.as_uri():
                return route.continue_()
            log.requests.append(route.request.url)
            return route.abort()

        context.route("**/*", guard)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: log.messages.append(message.text))
        page.on("pageerror", lambda error: log.messages.append(str(error)))
        page.on("dialog", lambda dialog: (log.messages.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        if init:
            page.add_init_script(init)
        page.goto(path.as_uri() + fragment)
        if ready:
            page.wait_for_selector("html[data-ready=yes]")
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def sudan():
    """Give the hand-made report."""
    return samples.build_sudan()


@pytest.fixture(scope="session")
def html(sudan):
    """Give its page."""
    return maps.render([sudan])


@pytest.fixture(scope="session")
def several(sudan):
    """Give the page of two reports of different days."""
    return maps.render([sudan, samples.build_later()])


@pytest.fixture(scope="session")
def empty():
    """Give the page of a report in which nothing was found."""
    return maps.render([samples.build_empty()])


@pytest.fixture(scope="session")
def axe():
    """Give axe-core's source, from the installed package."""
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
