"""The page in a real browser, without network."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
import samples
from conftest import DESKTOP, PHONE
from playwright.sync_api import expect

from geomap import maps

CHOSEN = "#detail:not([hidden]) blockquote"


def choose_tab(page, name):
    page.click(f"#tab-{name}")


def marks_of(page, claim):
    """Return the numbers of a claim's marks."""
    return page.evaluate(
        "claim => geomap.marks.flatMap((mark, index) => mark.claims.includes(claim) ? [index] : [])", claim
    )


def shown_marks(page):
    return page.eval_on_selector_all(
        "[data-mark]", "nodes => [...new Set(nodes.filter(n => n.style.display !== 'none').map(n => +n.dataset.mark))]"
    )


def test_opens_without_a_request_or_a_message(visit, html):
    page = visit(html)
    page.wait_for_timeout(300)
    assert page.title() == "Column leaves El Obeid for Khartoum, army says"
    assert page.inner_text(".note") == "This map shows what was said, not what happened."
    assert page.inner_text("#shown") == "8 of 8 claims shown"


def test_marks_are_drawn(visit, html):
    page = visit(html)
    for kind in ("arrow", "open-end", "short-arrow", "ticks", "zone", "outline", "limit", "arc"):
        drawn = page.locator(f"path.mark.k-{kind}")
        assert drawn.count() > 0, kind
        assert drawn.first.get_attribute("d") not in {None, "", "M0 0"}, kind
    assert page.locator("path.k-mention[data-mark]").count() == 1
    assert page.locator("text.question-text[data-mark]").first.text_content() == "?"


def test_credits_and_viewpoint_are_always_seen(visit, html):
    page = visit(html)
    text = page.inner_text("#credits")
    for words in ("GeoNames, CC BY 4.0", "Natural Earth", "Leaflet", "United Nations"):
        assert words in text
    assert page.locator("#credits").is_visible()


def test_choosing_a_passage_shows_its_marks(visit, html):
    page = visit(html)
    choose_tab(page, "text")
    page.locator(".ev", has_text="400 soldiers had moved").first.click()
    assert "400 soldiers had moved" in page.inner_text(CHOSEN)
    lit = page.eval_on_selector_all(".mark.on", "nodes => nodes.map(n => +n.dataset.mark)")
    assert set(lit) == set(marks_of(page, "c1"))


def test_choosing_a_mark_shows_its_passage(visit, html):
    page = visit(html)
    arrow = page.locator("path.mark.k-open-end").first
    box = arrow.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(CHOSEN)
    assert "undisclosed camp" in page.inner_text(CHOSEN)
    assert page.get_attribute("#tab-text", "aria-selected") == "true"
    passage = page.locator(".ev.on").first
    assert passage.is_visible()
    assert "Guards" in passage.inner_text()


def test_a_chooser_opens_where_claims_meet(visit, several):
    # Without animation, since the place is read and then clicked: the map must stand still in between.
    page = visit(several, reduced_motion="reduce")
    at = page.evaluate(
        """() => {
          const glyphs = [...document.querySelectorAll('path.glyph[data-mark]')].map(n => n.getBoundingClientRect());
          const boxes = glyphs.map(b => [b.x + b.width / 2, b.y + b.height / 2]);
          return boxes.find((a, i) => boxes.some((b, j) => j > i && Math.hypot(a[0] - b[0], a[1] - b[1]) < 3));
        }"""
    )
    assert at, "the sample has two claims at Kosti"
    page.mouse.click(*at)
    chooser = page.locator("#chooser")
    assert chooser.is_visible()
    assert chooser.locator(".claim").count() >= 2
    chooser.locator(".claim").last.click()
    assert not chooser.is_visible()
    assert page.locator(CHOSEN).is_visible()


def test_detail_tells_all_that_is_known(visit, html):
    page = visit(html)
    page.click('.claim[data-claim="c4"]')
    text = page.inner_text("#detail")
    for words in ("the foreign ministry", "announced", "Planned", "Withdrawal", "two battalions", "its border with Sudan",
                  "50 km", "2023-06-12", "2023-06-05", "motion-verb/active", "cue-verb/subject", "will"):  # fmt: skip
        assert words in text, words
    assert page.get_attribute("#detail a", "href") == "https://example.org/sudan"


def test_a_stance_lights_the_marks_that_it_speaks_of(visit, html):
    page = visit(html)
    page.click('.claim[data-claim="c2"]')
    lit = page.eval_on_selector_all(".mark.on", "nodes => nodes.map(n => +n.dataset.mark)")
    assert set(lit) == set(marks_of(page, "c1"))


def test_claims_without_a_place_are_listed(visit, html):
    page = visit(html)
    assert "listed, not drawn" in page.inner_text('.claim[data-claim="c8"]')


def test_contradictions_stand_side_by_side(visit, html):
    page = visit(html)
    card = page.locator(".card", has_text="Build-up ↔ Withdrawal").first
    sides = card.locator(".sides > div")
    assert sides.count() == 2
    assert "Residents of Kosti" in sides.nth(0).inner_text()
    assert "State radio" in sides.nth(1).inner_text()
    assert "2023-06-05" in sides.nth(0).inner_text()
    card.get_by_role("button", name=re.compile("Show on the map")).click()
    lit = set(page.eval_on_selector_all(".mark.on", "nodes => nodes.map(n => +n.dataset.mark)"))
    assert lit == {index for claim in ("c3", "c5") for index in marks_of(page, claim)}


def test_filters_hide_claims_everywhere(visit, html):
    page = visit(html)
    before = shown_marks(page)
    page.uncheck('[data-off="c:denied"]')
    assert page.inner_text("#shown") == "7 of 8 claims shown"
    gone = set(before) - set(shown_marks(page))
    assert gone == set(marks_of(page, "c6"))
    assert not page.locator('.claim[data-claim="c6"]').is_visible()
    page.click("#reset")
    assert page.inner_text("#shown") == "8 of 8 claims shown"
    assert shown_marks(page) == before


@pytest.mark.parametrize(
    ("facet", "left"), [("g:own", 6), ("d:withdrawal", 4), ("f:ET", 7), ("c:possible", 7)], ids=str
)
def test_every_facet_filters(visit, html, facet, left):
    page = visit(html)
    page.eval_on_selector_all("#legend details", "nodes => nodes.forEach(n => { n.open = true; })")
    page.uncheck(f'[data-off="{facet}"]')
    assert page.inner_text("#shown") == f"{left} of 8 claims shown"


def test_search_finds_words_and_places(visit, html):
    page = visit(html)
    page.fill("#search", "KASSALA")
    expect(page.locator("#shown")).to_have_text("1 of 8 claims shown")
    assert page.locator('.claim[data-claim="c5"]').is_visible()
    page.fill("#search", "zzz")
    expect(page.locator("#shown")).to_have_text("0 of 8 claims shown")


def test_permalink_round_trip(visit, html):
    page = visit(html)
    page.uncheck('[data-off="c:denied"]')
    choose_tab(page, "text")
    page.emulate_media(reduced_motion="reduce")  # the map jumps, so that the link does not change while it moves
    page.locator(".ev", has_text="400 soldiers").first.click()
    page.wait_for_function("() => location.hash.includes('c=')")
    page.wait_for_timeout(500)
    fragment = "#" + page.url.split("#")[1]
    zoom = page.evaluate("geomap.map.getZoom()")
    other = visit(html, fragment)
    assert "400 soldiers" in other.inner_text(CHOSEN)
    assert other.inner_text("#shown") == "7 of 8 claims shown"
    assert other.get_attribute("#tab-text", "aria-selected") == "true"
    assert other.evaluate("geomap.map.getZoom()") == pytest.approx(zoom, abs=0.01)


@pytest.mark.parametrize("fragment", ["#%E0%A4%A", "#c=nobody&at=1,2", "#at=NaN,1,2&off=%3Cimg%3E", "#q=" + "x" * 5000])
def test_a_broken_link_does_no_harm(visit, html, fragment):
    page = visit(html, fragment)
    assert "of 8 claims shown" in page.inner_text("#shown")


def test_story_goes_through_the_text_by_key(visit, html):
    page = visit(html)
    page.click("#story")
    quotes = [page.inner_text(CHOSEN)]
    assert page.inner_text("#step") == "Step 1 of 8"
    for _ in range(7):
        page.keyboard.press("ArrowRight")
        quotes.append(page.inner_text(CHOSEN))
    assert page.inner_text("#step") == "Step 8 of 8"
    text = page.evaluate("geomap.reports[0].text")
    places = [text.index(quote) for quote in quotes]
    assert places == sorted(places)
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#step") == "Step 7 of 8"
    fragment = "#" + page.url.split("#")[1]
    page.keyboard.press("Escape")
    assert not page.locator("#step").is_visible()
    assert visit(html, fragment).inner_text("#step") == "Step 7 of 8"


def test_timeline_hides_what_came_later_and_stands_still(visit, several):
    page = visit(several)
    assert page.inner_text("#shown") == "9 of 9 claims shown"
    before = page.input_value("#day")
    page.wait_for_timeout(2_000)
    assert page.input_value("#day") == before
    assert page.locator(".badge:visible").count() == 1
    page.focus("#day")
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#shown") == "8 of 9 claims shown"
    assert "2023-06-05" in page.inner_text("#timeline label")
    page.select_option("#by", "event")
    assert page.inner_text("#shown") == "9 of 9 claims shown"
    assert page.get_attribute("#day", "max") == "2"
    page.click("#play")
    expect(page.locator("#timeline label")).to_have_text("Until 2023-06-05")
    expect(page.locator("#timeline label")).to_have_text("Until 2023-06-12 (1 new)")
    expect(page.locator("#play")).to_have_text("Play")


def test_the_timeline_tells_what_is_new(visit, several):
    page = visit(several, "#day=2023-06-05")
    assert page.inner_text("#until") == "Until 2023-06-05"
    page.click("#forth")
    assert page.inner_text("#until") == "Until 2023-06-08 (1 new)"
    event = page.locator(".card", has_text="one origin", has=page.locator(".badge:visible"))
    assert event.locator(".badge:visible").inner_text() == "new on 2023-06-08"
    page.select_option("#by", "event")
    page.click("#back")
    page.wait_for_timeout(100)
    # What was told before the day that the reader stopped at is paler, what is of that day is not.
    assert page.inner_text("#until") == "Until 2023-06-07 (1 new)"
    old = page.eval_on_selector_all("path.mark.old", "nodes => nodes.length")
    fresh = page.eval_on_selector_all(
        "path.mark:not(.old)", "nodes => nodes.filter(n => n.style.display !== 'none').length"
    )
    assert old > 0
    assert fresh > 0


def test_more_than_two_reports_are_folded(visit, sudan):
    samples_of_days = [sudan, samples.build_later(), samples.build_empty()]
    page = visit(maps.render(samples_of_days))
    assert page.inner_text("#panel header summary") == "3 reports"
    assert not page.locator("#sources").is_visible()
    page.click("#panel header summary")
    assert page.locator("#sources li").count() == 3


def test_swiping_goes_through_the_story(visit, html):
    page = visit(html, viewport=PHONE, has_touch=True, reduced_motion="reduce")
    page.click("#story")
    assert page.inner_text("#step") == "Step 1 of 8"

    def swipe(x_from, x_to, dy):
        page.evaluate(
            """([from, to, dy]) => {
              const target = document.getElementById("said");
              const fire = (type, x, y) => {
                const touch = new Touch({ identifier: 1, target, clientX: x, clientY: y });
                target.dispatchEvent(new TouchEvent(type, { bubbles: true, changedTouches: [touch] }));
              };
              fire("touchstart", from, 600);
              fire("touchend", to, 600 + dy);
            }""",
            [x_from, x_to, dy],
        )

    swipe(300, 120, 0)
    assert page.inner_text("#step") == "Step 2 of 8"
    swipe(120, 300, 4)
    assert page.inner_text("#step") == "Step 1 of 8"
    swipe(200, 210, 120)
    assert page.inner_text("#step") == "Step 1 of 8", "scrolling is no step"


def test_full_screen_is_of_the_map(visit, html):
    page = visit(html)
    page.click("#fullscreen")
    page.wait_for_function("document.fullscreenElement?.id === 'stage'")
    page.click("#fullscreen")
    page.wait_for_function("!document.fullscreenElement")


def test_a_link_leads_to_each_step(visit, html):
    page = visit(html, permissions=["clipboard-read", "clipboard-write"], reduced_motion="reduce")
    page.click("#story")
    page.click("#step-on")
    page.click("#link")
    address = page.evaluate("navigator.clipboard.readText()")
    assert "step=1" in address
    said = page.inner_text("#said")
    other = visit(html, "#" + address.split("#")[1])
    assert other.inner_text("#step") == "Step 2 of 8"
    assert other.inner_text("#said") == said


def test_teeth_point_out_and_in_and_stay_small(visit, html):
    page = visit(html, reduced_motion="reduce")
    area = """selector => { const [node] = document.querySelectorAll(selector); const box = node.getBBox();
      return { teeth: node.getAttribute('d').split('M').length - 1, width: box.width }; }"""
    before = page.evaluate(area, "path.k-ticks")
    assert before["teeth"] >= 6
    page.evaluate("geomap.map.setZoom(geomap.map.getZoom() - 3)")
    page.wait_for_timeout(200)
    after = page.evaluate(area, "path.k-ticks")
    assert after["teeth"] >= 5, "a place smaller than its teeth has a ring of them, not one that would point somewhere"


def test_names_keep_clear_of_the_controls(visit, html):
    page = visit(html, reduced_motion="reduce")
    for zoom in (3, 4.5, 6, 7.5):
        page.evaluate("zoom => geomap.map.setZoom(zoom)", zoom)
        page.wait_for_timeout(150)
        clashes = page.evaluate(
            """() => {
              const box = (node) => node.getBoundingClientRect();
              const controls = [...document.querySelectorAll("#corner, #timeline, .leaflet-control-zoom")].map(box);
              return [...document.querySelectorAll(".labels text")].filter((node) => controls.some((c) => {
                const b = box(node);
                return b.left < c.right - 3 && b.right > c.left + 3 && b.top < c.bottom - 3 && b.bottom > c.top + 3;
              })).map((node) => node.textContent);
            }"""
        )
        assert clashes == [], zoom


def test_keyboard_alone_reaches_marks_and_passages(visit, html):
    page = visit(html)
    mark = page.locator('path.mark.k-arrow[tabindex="0"]').first
    assert mark.get_attribute("role") == "button"
    assert "Transfer" in mark.get_attribute("aria-label")
    mark.focus()
    page.keyboard.press("Enter")
    assert "400 soldiers" in page.inner_text(CHOSEN)
    page.keyboard.press("Escape")
    assert not page.locator("#detail").is_visible()
    page.focus("#tab-text")
    page.keyboard.press("ArrowLeft")
    assert page.get_attribute("#tab-events", "aria-selected") == "true"
    page.keyboard.press("ArrowRight")
    passage = page.locator(".ev[tabindex='0']", has_text="Guards of the ministry").first
    passage.focus()
    page.keyboard.press("Enter")
    assert "undisclosed camp" in page.inner_text(CHOSEN)


def test_tab_key_walks_through_the_controls(visit, html):
    page = visit(html)
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "document.activeElement.id || document.activeElement.dataset.off || document.activeElement.tagName"
            )
        )
    for wanted in ("search", "story", "reset", "print", "tab-events", "g:own", "c:planned"):
        assert wanted in seen, wanted


def test_table_lists_every_claim(visit, html):
    page = visit(html)
    choose_tab(page, "table")
    rows = page.locator("#table tbody tr")
    assert rows.count() == 8
    assert "El Obeid" in rows.nth(0).inner_text()
    assert page.locator("#table caption").inner_text() == "All claims, as a table"


def test_downloads_hold_what_is_shown(visit, html):
    page = visit(html, accept_downloads=True)
    page.uncheck('[data-off="c:denied"]')
    choose_tab(page, "about")
    with page.expect_download() as waiting:
        page.click("#save-geojson")
    collection = json.loads(waiting.value.path().read_text(encoding="utf-8"))
    assert {"arrow", "zone", "limit"} <= {feature["properties"]["kind"] for feature in collection["features"]}
    assert not any("c6" in feature["properties"]["claims"] for feature in collection["features"])
    arrow = next(f for f in collection["features"] if f["properties"]["kind"] == "arrow")
    assert arrow["geometry"]["coordinates"][0][0] == pytest.approx([30.2167, 13.1842], abs=0.01)
    with page.expect_download() as waiting:
        page.click("#save-csv")
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8"))))
    assert len(rows) == 7
    assert rows[0]["from"] == "El Obeid"
    assert rows[0]["to"] == "Khartoum"


def test_a_citation_is_copied(visit, html):
    page = visit(html, permissions=["clipboard-read", "clipboard-write"])
    page.click('.claim[data-claim="c1"]')
    page.get_by_role("button", name="Copy citation").click()
    page.wait_for_selector("text=Copied")
    cited = page.evaluate("navigator.clipboard.readText()")
    for words in ("400 soldiers had moved", "Sudan's army", "2023-06-05", "https://example.org/sudan"):
        assert words in cited


def press_until(page, button, is_there):
    """Press a button until the map has taken a zoom: Leaflet takes no press while it still moves."""
    for _ in range(20):
        page.click(button)
        page.wait_for_timeout(700)
        zoom = page.evaluate("geomap.map.getZoom()")
        if is_there(zoom):
            return
    pytest.fail(f"the zoom stays at {zoom}")


def test_fit_shows_all_again(visit, html):
    page = visit(html)
    zoom = page.evaluate("geomap.map.getZoom()")
    press_until(page, ".leaflet-control-zoom-in", lambda now: now > zoom + 0.5)
    press_until(page, "#fit", lambda now: abs(now - zoom) < 0.01)


def test_labels_do_not_overlap(visit, html):
    page = visit(html)
    boxes = page.eval_on_selector_all(
        ".labels text:not(.contested-name)",
        "nodes => nodes.map(n => { const b = n.getBBox(); return [b.x, b.y, b.width, b.height]; })",
    )
    assert len(boxes) > 5
    for i, (x, y, width, height) in enumerate(boxes):
        for a, b, w, h in boxes[i + 1 :]:
            overlap_x = min(x + width, a + w) - max(x, a)
            overlap_y = min(y + height, b + h) - max(y, b)
            assert min(overlap_x, overlap_y) < 5


def test_empty_report_says_so(visit, empty):
    page = visit(empty)
    assert "No movement of forces was found" in page.inner_text("#empty")
    assert "No place was found" in page.inner_text("#empty")
    assert "price of bread" in page.inner_text("#text")


def test_print_has_map_legend_and_table(visit, html):
    page = visit(html)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    for part in ("#map", "#legend", "#table table", "#events .card", "#text article", "#credits"):
        assert page.locator(part).first.is_visible(), part
    assert not page.locator("#tools").is_visible()
    box = page.locator("#stage").bounding_box()
    assert box["height"] > 300
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    content = page.pdf(format="A4")
    assert content[:5] == b"%PDF-"
    assert len(re.findall(rb"/Type\s*/Page[^s]", content)) >= 2


def test_works_on_a_phone(visit, html):
    page = visit(html, viewport=PHONE, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    stage, panel = page.locator("#stage").bounding_box(), page.locator("#panel").bounding_box()
    assert stage["height"] > 300
    assert panel["y"] >= stage["y"] + stage["height"] - 1
    page.click("#sheet")
    assert page.locator("#panel").bounding_box()["height"] > panel["height"]
    page.click("#sheet")
    assert page.locator("#panel").bounding_box()["height"] < panel["height"]


def test_reduced_motion_stops_animation(visit, html):
    page = visit(html, reduced_motion="reduce")
    assert page.evaluate("geomap.map.options.zoomAnimation") is False
    page.click('.claim[data-claim="c4"]')
    assert page.evaluate("document.getAnimations().length") == 0


def test_dark_theme_changes_the_map_too(visit, html):
    light = visit(html).evaluate("getComputedStyle(document.querySelector('path.land')).fill")
    dark = visit(html, color_scheme="dark").evaluate("getComputedStyle(document.querySelector('path.land')).fill")
    assert light != dark


def test_what_the_first_picture_leaves_out_comes_after_it(visit, html):
    page = visit(html, "#at=-30,140,4", ready=False)
    page.wait_for_selector("html[data-drawn=yes]")
    assert page.get_attribute("#far", "hidden") is None, "the far world is in view"
    assert visit(html).get_attribute("#far", "hidden") is None, "it may come into view"


def test_forced_colors_keep_the_marks(visit, html):
    page = visit(html, forced_colors="active")
    stroke = page.evaluate("getComputedStyle(document.querySelector('path.mark.k-arrow')).stroke")
    assert stroke == "rgb(184, 67, 0)"


def test_runs_in_a_sandboxed_notebook_frame(visit, html):
    from html import escape

    page = visit(f'<!doctype html><title>x</title><iframe sandbox="allow-scripts" width="1000" height="600" srcdoc="{escape(html)}"></iframe>', ready=False)  # fmt: skip
    frame = page.frame_locator("iframe")
    frame.locator("html[data-ready=yes]").wait_for()
    frame.locator('.claim[data-claim="c1"]').click()
    assert "400 soldiers" in frame.locator(CHOSEN).inner_text()


MODES = {
    "desktop": {"viewport": DESKTOP},
    "phone": {"viewport": PHONE},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "dark phone": {"viewport": PHONE, "color_scheme": "dark"},
    "forced colours": {"viewport": DESKTOP, "forced_colors": "active"},
    "forced colours phone": {"viewport": PHONE, "forced_colors": "active"},
}


STATES = {"several": ["start", "story"], "html": ["start", "chosen", "text", "table", "about"], "empty": ["start"]}


def show_state(page, state):
    """Bring a page from its start into a state."""
    if state == "chosen":
        page.click('.claim[data-claim="c1"]')
        page.wait_for_timeout(300)
    elif state == "story":
        page.click("#story")
    elif state != "start":
        choose_tab(page, state)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("which", STATES)
def test_axe_finds_nothing(visit, axe, request, mode, which):
    # One page goes through all its states: opening it takes longer than looking through it.
    page = visit(request.getfixturevalue(which), **MODES[mode])
    page.evaluate(axe)
    for state in STATES[which]:
        show_state(page, state)
        found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        told = [
            (rule["id"], [node["html"][:160] + node["failureSummary"] for node in rule["nodes"][:3]])
            for rule in found["violations"]
        ]
        assert told == [], state
