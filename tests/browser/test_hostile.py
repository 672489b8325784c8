"""Hostile reports: nothing in a text, a title, an address or a name may run, break the page or hide its source."""

from __future__ import annotations

import os
import re
from dataclasses import replace

import pytest
import samples

from geomap import documents, maps

# Every payload that could run calls "hit(...)"; the page defines that function before anything else is loaded.
RUNS = (
    "<script>hit(1)</script>",
    "</script><script>hit(2)</script>",
    "</ScRiPt ><script>hit(3)</script>",
    "<script src=data:text/javascript,hit(4)></script>",
    "<img src=x onerror=hit(5)>",
    "<img src='x' onerror='hit(6)'>",
    "<svg onload=hit(7)>",
    "<svg/onload=hit(8)//",
    "<svg><script>hit(9)</script></svg>",
    "<svg><animate onbegin=hit(10) attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:hit(11)'><text x=9 y=9>x</text></a></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>parent.hit(12)</script>'></iframe></foreignObject></svg>",
    "<body onload=hit(13)>",
    "<iframe src=javascript:hit(14)></iframe>",
    "<iframe srcdoc='<script>parent.hit(15)</script>'></iframe>",
    "<object data=javascript:hit(16)></object>",
    "<embed src=javascript:hit(17)>",
    "<a href=javascript:hit(18)>x</a>",
    "<form action=javascript:hit(19)><input type=submit>",
    "<input autofocus onfocus=hit(20)>",
    "<select autofocus onfocus=hit(21)>",
    "<textarea autofocus onfocus=hit(22)>",
    "<details open ontoggle=hit(23)>",
    "<video><source onerror=hit(24)></video>",
    "<audio src=x onerror=hit(25)>",
    "<marquee onstart=hit(26)>x</marquee>",
    "<math><mi xlink:href='javascript:hit(27)'>x</mi></math>",
    "<link rel=stylesheet href=javascript:hit(28)>",
    "<meta http-equiv=refresh content='0;url=javascript:hit(29)'>",
    "<base href=//evil.example/>",
    "<style>@import '//evil.example/x.css';</style>",
    "<style>*{background:url(//evil.example/x)}</style>",
    "<div style='background:url(javascript:hit(33))'>x</div>",
    "<div style=width:expression(hit(34))>x</div>",
    "'-hit(35)-'",
    '"-hit(36)-"',
    "`-hit(37)-`",
    "${hit(38)}",
    "`${hit(39)}`",
    "{{hit(40)}}",
    "{{data}} {{js}} {{csp}}",
    "{% raw %}{{ hit(42) }}{% endraw %}",
    "{{constructor.constructor('hit(43)')()}}",
    "<%= hit(44) %>",
    "#{hit(45)}",
    "javascript:hit(46)",
    "JaVaScRiPt:hit(47)",
    "java\tscript:hit(48)",
    " javascript:hit(49)",
    "data:text/html,<script>hit(50)</script>",
    "vbscript:hit(51)",
    "https://example.org/\" onmouseover=\"hit(52)",
    "https://example.org/' onmouseover='hit(53)",
    "\" onfocus=hit(54) autofocus tabindex=1 x=\"",
    "' onmouseover='hit(55)",
    "\"><script>hit(56)</script>",
    "--><script>hit(57)</script>",
    "<!--<script>hit(58)",
    "]]><script>hit(59)</script>",
    "<![CDATA[<script>hit(60)</script>]]>",
    "&lt;script&gt;hit(61)&lt;/script&gt;",
    "&#60;script&#62;hit(62)&#60;/script&#62;",
    "\\u003cscript\\u003ehit(63)\\u003c/script\\u003e",
    "\u2028hit(64)\u2029",
    "</title><script>hit(65)</script>",
    "</textarea><script>hit(66)</script>",
    "</style><script>hit(67)</script>",
    "</noscript><script>hit(68)</script>",
    "<template><script>hit(69)</script></template>",
    "<x contenteditable onblur=hit(70)>x</x>",
    "__proto__",
    "constructor",
    "\\1 \\g<0> $& $1 $$ \\",
    "=HYPERLINK(\"javascript:hit(74)\")",
)  # fmt: skip
ODD = (
    "\u202eright to left\u202c",
    "\u2066\u2067\u2068 isolates left open",
    "\u202e\u202e\u202e",
    "שלום עליכם الجيش العربي",
    "a\u0300\u0301\u0302\u0303" * 40,
    "\x00\x01\x08\x1b[31m\x7f",
    "lone \ud800 and \udfff surrogates",
    "😀 𝕏 beyond the first plane 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "\ufeff\u200b\u200d\ufffe",
    "\r\n\t\v\f",
    "%00%0d%0aSet-Cookie:x",
    "../../etc/passwd",
)
PAYLOADS = RUNS + ODD
TRAP = "window.hits = []; window.hit = (n) => { window.hits.push(n); };"


def poison(sample, payloads):
    """Put payloads wherever text of a report can reach the page: the first in its title, one after the other in claims."""
    first = payloads[0]
    text = "\n".join([sample.document.text, *payloads])
    document = replace(sample.document, text=text, title=first, publisher=payloads[1], url=payloads[2], id=payloads[3])
    claims = []
    for claim, payload in zip(sample.claimed, payloads, strict=False):
        mover = replace(claim.movement.mover, text=payload) if claim.movement.mover else None
        goal = replace(claim.movement.goal, text=payload) if claim.movement.goal else None
        movement = replace(claim.movement, mover=mover, goal=goal, rule=payload)
        claimant = replace(claim.claimant, text=payload) if claim.claimant else None
        claims.append(replace(claim, movement=movement, claimant=claimant, reasons=(payload,), rule=payload))
    toponyms = []
    for number, toponym in enumerate(sample.toponyms):
        best = toponym.candidates[0]
        payload = payloads[number % len(payloads)]
        place = replace(best.place, name=payload, id=payload)
        toponyms.append(replace(toponym, candidates=(replace(best, place=place),)))
    located = [
        replace(one, footprint=replace(one.footprint, remarks=payloads[number % len(payloads)]))
        for number, one in enumerate(sample.located)
    ]
    return samples.Sample(document, tuple(toponyms), tuple(located), tuple(claims), sample.grouped)


def shown_as(payload):
    """Return a payload as the page shows it: what cannot be shown is one replacement character each."""
    return re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", payload)


@pytest.mark.parametrize("group", range(0, len(PAYLOADS), 8))
def test_nothing_runs_and_all_is_text(visit, sudan, group):
    payloads = [*PAYLOADS, *PAYLOADS][group : group + 8]
    page = visit(maps.render([poison(sudan, payloads)]), init=TRAP, reduced_motion="reduce")
    for number, payload in enumerate(payloads, start=1):
        page.click(f'.claim[data-claim="c{number}"]')
        assert shown_as(payload) in page.text_content("#detail"), ascii(payload)
    for tab in ("text", "table", "about", "events"):
        page.click(f"#tab-{tab}")
    page.hover("h1")
    assert page.evaluate("window.hits") == []
    article, table = page.text_content("#text"), page.text_content("#table")
    for payload in payloads:
        for line in filter(str.strip, shown_as(payload).split("\n")):
            assert line in article, ascii(payload)
        if payload is not payloads[-1]:
            assert shown_as(payload) in table, ascii(payload)
    assert shown_as(payloads[0]).strip() in page.text_content("h1")
    assert page.locator("main > section").count() == 2
    assert page.locator("#panel img, #panel iframe, #panel script, #panel form, #panel style").count() == 0
    protocols = page.eval_on_selector_all("a[href]", "nodes => nodes.map(n => n.protocol)")
    assert set(protocols) <= {"https:", "http:", "file:"}
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert page.locator("#panel").bounding_box()["width"] == pytest.approx(480, abs=2)


def test_file_names_are_text_too(visit, tmp_path):
    names = [payload for payload in PAYLOADS if _can_name_a_file(payload)]
    assert len(names) >= 40
    read = []
    for number, name in enumerate(names):
        path = tmp_path / f"{name}.txt"
        path.write_text(f"Report {number} tells of no column.", encoding="utf-8")
        document = documents.read(path)
        assert name in document.id
        read.append(samples.Sample(replace(document, title=name)))
    page = visit(maps.render(read), init=TRAP)
    page.click("#panel header summary")
    page.click("#tab-text")
    assert page.evaluate("window.hits") == []
    for selector in ("#sources", "#text"):
        shown = page.text_content(selector)
        assert [ascii(name) for name in names if shown_as(name).strip() not in shown] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def _can_name_a_file(payload):
    """Tell whether a file system takes a payload as a name."""
    try:
        return len(os.fsencode(payload)) <= 200 and not set("/\x00\n\r") & set(payload)
    except UnicodeEncodeError:
        return False


def test_there_are_enough_payloads():
    assert len(PAYLOADS) >= 60
    assert len(set(PAYLOADS)) == len(PAYLOADS)


def test_data_block_cannot_be_left(sudan):
    for group in range(0, len(PAYLOADS), 8):
        payloads = [*PAYLOADS, *PAYLOADS][group : group + 8]
        block = maps.render([poison(sudan, payloads)]).split('id="data">')[1].split("</script>")[0]
        assert not set("<>&\u2028\u2029") & set(block)


def test_a_word_of_a_million_letters(visit, sudan):
    document = replace(sudan.document, text=sudan.document.text + "\n" + "x" * 1_000_000, title="y" * 100_000)
    page = visit(maps.render([replace(sudan, document=document)]))
    page.click("#tab-text")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert page.locator("#map").bounding_box()["width"] == pytest.approx(800, abs=2)


def test_offsets_survive_characters_beyond_the_first_plane(visit):
    sample = samples.build_later()
    shift = 2
    text = "😀𝕏" + sample.document.text
    move = lambda role: replace(role, start=role.start + shift, end=role.end + shift) if role else None  # noqa: E731
    claim = sample.claimed[0]
    movement = claim.movement
    moved = replace(
        movement,
        trigger=tuple(n + shift for n in movement.trigger),
        evidence=tuple(n + shift for n in movement.evidence),
        source=move(movement.source),
        goal=move(movement.goal),
        mover=move(movement.mover),
    )
    sample = replace(
        sample,
        document=replace(sample.document, text=text),
        claimed=(replace(claim, movement=moved, claimant=move(claim.claimant), cue=None),),
        toponyms=tuple(replace(t, start=t.start + shift, end=t.end + shift) for t in sample.toponyms),
    )
    page = visit(maps.render([sample]))
    page.click('.claim[data-claim="c1"]')
    assert page.inner_text("#detail blockquote") == "A convoy reached Sennar from Kosti on Wednesday"
    page.click("#tab-text")
    assert page.locator(".top").all_inner_texts() == ["Sennar", "Kosti"]
