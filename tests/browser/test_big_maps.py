"""A collection's page in a real browser: drawn on a canvas, its lists filled only near the view."""

from __future__ import annotations

import corpora
import pytest
from conftest import PHONE
from playwright.sync_api import expect

from geomap import maps

LOCATIONS, MOVEMENTS = 4_000, 500


@pytest.fixture(scope="module")
def big():
    """Give the page of an invented collection."""
    return maps.render(corpora.build(LOCATIONS, MOVEMENTS), title="An invented collection")


@pytest.fixture
def page(visit, big):
    """Give it opened, without animation."""
    return visit(big, reduced_motion="reduce")


def ink(page):
    """Return how many pixels of the canvas are painted."""
    return page.evaluate(
        """() => {
          const canvas = document.querySelector(".leaflet-marks-pane canvas");
          const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
          copy.drawImage(canvas, 0, 0);
          const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
          let n = 0;
          for (let i = 3; i < data.length; i += 4) if (data[i]) n++;
          return n;
        }"""
    )


def point_on(page, claim):
    """Return where on the screen the middle of a claim's arrow is."""
    return page.evaluate(
        """claim => {
          const mark = geomap.marks.find((one) => one.k === "arrow" && one.claims.includes(claim));
          const [line] = mark.lines, i = 2 * Math.floor(line.length / 4) - 2, k = Math.max(0, i);
          const middle = [(line[k] + line[k + 2]) / 2, (line[k + 1] + line[k + 3]) / 2];
          const at = geomap.map.latLngToContainerPoint(geomap.map.unproject(middle, 0));
          const box = document.getElementById("map").getBoundingClientRect();
          return [box.x + at.x, box.y + at.y];
        }""",
        claim,
    )


def test_marks_are_on_a_canvas_and_what_is_absent_is_said(page):
    assert page.inner_text("#shown") == f"{MOVEMENTS} of {MOVEMENTS} claims shown"
    assert page.locator("[data-mark]").count() == 0
    assert ink(page) > 10_000
    assert "keyboard" in page.inner_text("#many")


def test_the_data_is_compressed(big):
    assert len(big.encode()) < 2_000_000


def test_lists_hold_only_what_is_near(page):
    cards = page.locator("#events .card")
    expect(cards.first).to_be_visible()
    assert cards.count() < 150
    assert page.evaluate("document.querySelector('#events').scrollHeight") > 20_000
    page.evaluate("document.querySelector('#panel').scrollTo(0, 30000)")
    expect(page.locator("#events .chunk").nth(0).locator(".card")).to_have_count(0)
    assert 0 < cards.count() < 150
    page.click("#tab-table")
    rows = page.locator("#table tr[data-claim]")
    expect(rows.first).to_be_visible()
    assert rows.count() < 250


def test_filters_and_search_reach_what_is_not_filled(page):
    before = ink(page)
    last = page.evaluate("geomap.claims.at(-1)")
    quote = page.evaluate(
        "() => { const { r, quote } = geomap.claims.at(-1); return geomap.reports[r].text.slice(...quote); }"
    )
    page.fill("#search", quote)
    expect(page.locator("#shown")).to_have_text(f"1 of {MOVEMENTS} claims shown")
    expect(page.locator(f'#events .claim[data-claim="{last["id"]}"]')).to_be_visible()
    assert ink(page) < before
    page.click("#reset")
    page.uncheck('[data-off="c:denied"]')
    denied = page.evaluate("geomap.claims.filter((claim) => claim.cert === 'denied').length")
    assert page.inner_text("#shown") == f"{MOVEMENTS - denied} of {MOVEMENTS} claims shown"


def test_an_arrow_leads_to_its_words_and_back(page):
    claim = page.evaluate("geomap.claims.at(-1).id")
    page.evaluate("id => { location.hash = 'c=' + id; }", claim)
    page.wait_for_selector("#detail:not([hidden])")
    page.get_by_role("button", name="Close").first.click()
    page.evaluate(
        """id => {
          const { box } = geomap.marks.find((one) => one.k === "arrow" && one.claims.includes(id));
          const [a, b] = [box.slice(0, 2), box.slice(2)].map((xy) => geomap.map.unproject(xy, 0));
          geomap.map.fitBounds([a, b], { animate: false, maxZoom: 12 });
        }""",
        claim,
    )
    page.mouse.click(*point_on(page, claim))
    if page.locator("#chooser").is_visible():
        page.click(f'#chooser .claim[data-claim="{claim}"]')
    expect(page.locator("#detail blockquote")).to_contain_text("Column moved from")
    assert page.get_attribute("#tab-text", "aria-selected") == "true"
    passage = page.locator(".ev.on").first
    expect(passage).to_be_in_viewport()
    assert page.inner_text("#detail blockquote").startswith(passage.inner_text().strip()[:12])


def test_a_mentioned_place_leads_to_its_words(page):
    at = page.evaluate(
        """() => {
          const mark = geomap.marks.find((one) => one.k === "mention");
          geomap.map.setView(geomap.map.unproject([...mark.spot], 0), 12, { animate: false });
          const box = document.getElementById("map").getBoundingClientRect();
          return { x: box.x + box.width / 2, y: box.y + box.height / 2, label: mark.label };
        }"""
    )
    page.mouse.click(at["x"], at["y"])
    assert page.get_attribute("#tab-text", "aria-selected") == "true"
    expect(page.locator("#text .top", has_text=at["label"]).first).to_be_in_viewport()


def test_a_permalink_comes_back(visit, big, page):
    page.uncheck('[data-off="c:planned"]')
    page.click("#events .claim:visible >> nth=0")
    page.wait_for_function("() => location.hash.includes('c=')")
    fragment = "#" + page.url.split("#")[1]
    other = visit(big, fragment)
    assert other.inner_text("#detail blockquote") == page.inner_text("#detail blockquote")
    assert other.inner_text("#shown") == page.inner_text("#shown")


def test_axe_finds_nothing(visit, big, axe):
    page = visit(big, viewport=PHONE)
    page.evaluate(axe)
    for tab in ("events", "text", "table"):
        page.click(f"#tab-{tab}")
        page.wait_for_timeout(300)
        found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        told = [(rule["id"], rule["nodes"][0]["html"][:160]) for rule in found["violations"]]
        assert told == [], tab
