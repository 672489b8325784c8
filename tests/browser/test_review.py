"""The review page in a browser: with the keyboard alone, with hostile text, and alone with its own server."""

from __future__ import annotations

import threading
from dataclasses import replace

import gao
import pytest

from geomap import corrections, maps, reviews

HOSTILE = '</b><img src=x onerror="document.title=1"><script>document.title=2</script>${document.title=3}'


@pytest.fixture
def served(tmp_path):
    """Serve a report; its title, text and claimant are hostile."""
    report = gao.make_report(text=gao.TEXT + HOSTILE)
    report.document = replace(report.document, title=HOSTILE)
    location = replace(report.located[0], footprint=replace(report.located[0].footprint, remarks=HOSTILE))
    report.located = (location, *report.located[1:])
    with reviews.Server(reviews.Review([report], tmp_path / "decided.csv", who="Ana")) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def page(browser, served):
    """Open the page; it asks nothing of any other address and writes nothing to the console."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(20_000)
    origin = f"http://127.0.0.1:{served.server_port}/"
    asked, messages = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("dialog", lambda dialog: (messages.append(dialog.message), dialog.dismiss()))
    page.goto(served.url)
    page.wait_for_selector("html[data-ready=yes]")
    yield page
    assert all(url.startswith(origin) for url in asked if not url.startswith("data:"))
    assert messages == []
    context.close()


def rows(served):
    return [(row.words, row.place, row.who, row.why) for row in corrections.read(served.review.path)]


def wait_written(page, count):
    page.wait_for_function("() => document.getElementById('status').textContent.includes('written')")
    page.wait_for_function("(n) => document.querySelectorAll('.accepted, .rejected, .moved').length === n", arg=count)


def test_the_token_leaves_the_address_and_the_text_is_shown_as_text(page, served):
    assert page.url == f"http://127.0.0.1:{served.server_port}/"
    assert page.title() == "Review – geomap"
    assert HOSTILE in page.inner_text("#list .title")
    assert page.locator("#list img, #decision img, #list script").count() == 0


def test_everything_works_with_the_keyboard(page, served):
    assert page.evaluate("document.activeElement.id") == "list"
    page.keyboard.press("r")
    wait_written(page, 1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("n")
    page.keyboard.type("read the map")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    wait_written(page, 2)
    page.keyboard.press("m")
    page.keyboard.press("Control+A")
    page.keyboard.type("15.5")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("-2.25")
    page.keyboard.press("Enter")
    page.wait_for_selector(".item.moved")
    page.keyboard.press("u")
    page.wait_for_function("() => document.getElementById('status').textContent.includes('taken back')")
    assert rows(served) == [
        (gao.TEXT[:50], "not a claim: left", "Ana", ""),
        ("Gao", "geonames:2457163", "Ana", "read the map"),
        ("Gao", "15.50000, -2.25000", "Ana", "read the map"),
        ("Gao", "as found", "Ana", "read the map"),
    ]


def test_letters_that_are_typed_decide_nothing(page, served):
    page.fill("#who", "Arne Ruud")
    page.focus("#note")
    page.keyboard.type("a rare name, unmarked")
    page.keyboard.press("Enter")
    page.click("#map")
    page.keyboard.type("aru")
    assert not served.review.path.exists()
    page.click("#accept")
    wait_written(page, 1)
    assert rows(served) == [(gao.TEXT[:50], "a claim: left", "Arne Ruud", "a rare name, unmarked")]


def test_a_place_is_moved_by_pointing(page, served):
    page.click("#item-0-l2")
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function("() => document.getElementById('lat').value !== ''")
    page.check("#everywhere")
    page.click("#move")
    page.wait_for_selector("#item-0-l2.moved")
    (row,) = corrections.read(served.review.path)
    assert (row.document, row.words) == ("*", "their posts")
    lat, lon = map(float, row.place.split(","))
    assert (14 < lat < 20, -2 < lon < 4) == (True, True)


def test_a_second_tab_is_told_that_the_address_was_used(page, served, browser):
    other = browser.new_context().new_page()
    other.goto(f"http://127.0.0.1:{served.server_port}/#guess")
    other.wait_for_function("() => document.getElementById('status').textContent.includes('used before')")
    assert other.locator(".item").count() == 0
    page.reload()
    page.wait_for_selector("html[data-ready=yes]")


def test_it_is_accessible(page, axe):
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert [violation["id"] for violation in found["violations"]] == []


def test_the_map_says_that_a_person_decided(visit, sudan):
    first, second, *others = sudan.claimed
    located = tuple(replace(location, decided_by="Bo") for location in sudan.located)
    decided = replace(sudan, located=located, claimed=(replace(first, decided_by="Ana"), *others), rejected=(second,))
    page = visit(maps.render([decided]), f"#c={first.id}")
    assert "a person decided: Ana" in page.inner_text("#detail")
    assert "a person decided: Bo" in page.inner_text("#detail")
    assert "claims left out because a person rejected them: 1" in page.inner_text("#sources")
