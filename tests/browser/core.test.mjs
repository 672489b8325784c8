// The page's pure functions, under Node's own test runner: node --test tests/browser/core.test.mjs
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const source = readFileSync(new URL("../../geomap/assets/page-core.js", import.meta.url), "utf8");
const core = new Function("module", `${source}; return module.exports;`)({});

test("decode undoes the delta coding", () => {
  assert.deepEqual(core.decode([100, 200, 1, -2, -5, 0], 0.5), [[100, 50], [99, 50.5], [99, 48]]);
  assert.deepEqual(core.decodeAll([[[10, 20, 10, 0]]], 1), [[[[20, 10], [20, 20]]]]);
  assert.deepEqual(core.decodeAll([[[10, 20, 10, 0]]], 1, 360), [[[[20, 370], [20, 380]]]]);
});

test("cutSpans cuts at every edge and keeps the text whole", () => {
  const spans = [{ start: 2, end: 8, n: 1 }, { start: 5, end: 12, n: 2 }];
  const pieces = core.cutSpans(0, 10, spans);
  assert.deepEqual(pieces.map((p) => [p.start, p.end, p.spans.map((s) => s.n).join("")]),
    [[0, 2, ""], [2, 5, "1"], [5, 8, "12"], [8, 10, "2"]]);
});

test("paragraphs leave out blank lines", () => {
  assert.deepEqual(core.paragraphs("ab\n\n  \ncd"), [[0, 2], [7, 9]]);
  assert.deepEqual(core.paragraphs(""), []);
});

test("isShown follows each facet, the search and the day", () => {
  const claim = { g: "own", cert: "planned", d: "advance", force: "SD", claimDate: "2023-06-05", eventDate: "2023-06-12" };
  const state = (more) => ({ off: new Set(), q: "", day: "", by: "statement", ...more });
  const isShown = (claim, state) => core.isShown(claim, state, () => "kassala");
  assert.equal(isShown(claim, state()), true);
  for (const key of ["g:own", "c:planned", "d:advance", "f:SD"]) assert.equal(isShown(claim, state({ off: new Set([key]) })), false);
  assert.equal(isShown(claim, state({ q: "KASSALÁ" })), true);
  assert.equal(isShown(claim, state({ q: "nyala" })), false);
  assert.equal(isShown(claim, state({ day: "2023-06-04" })), false);
  assert.equal(isShown(claim, state({ day: "2023-06-06" })), true);
  assert.equal(isShown(claim, state({ day: "2023-06-06", by: "event" })), false);
});

test("a permalink comes back as it went", () => {
  const ids = new Map([["c1", 1], ["c2", 1]]);
  const state = { chosen: ["c1", "c2"], off: new Set(["g:own", "f:"]), q: "é &=#", day: "2023-06-05", by: "event", tab: "text", story: true, view: [10.5, -20.25, 5.5] };
  assert.deepEqual(core.readHash(`#${core.writeHash(state)}`, ids), state);
});

test("a permalink from a stranger is checked", () => {
  const state = core.readHash("#c=c1,evil&off=<img>,g:own&day=soon&tab=constructor&at=1,2,NaN&q=%E0%A4%A&by=x", new Map([["c1", 1]]));
  assert.deepEqual(state.chosen, ["c1"]);
  assert.deepEqual([...state.off], ["g:own"]);
  assert.deepEqual([state.day, state.tab, state.by, state.q, state.view], ["", "events", "statement", "", null]);
});

test("csv quotes what needs it and disarms formulas", () => {
  assert.equal(core.csv([["a,b", 'say "x"', "=1+1", null]]), '"a,b","say ""x""",\'=1+1,\r\n');
});

test("placeBoxes keeps the first of two that overlap", () => {
  const box = (x0, x1, n) => ({ x0, x1, y0: 0, y1: 1, n });
  assert.deepEqual(core.placeBoxes([box(0, 5, 1), box(4, 9, 2), box(5, 9, 3)]).map((b) => b.n), [1, 3]);
});

test("shift moves a line to its side", () => {
  assert.deepEqual(core.shift([{ x: 0, y: 0 }, { x: 10, y: 0 }], 4), [{ x: 0, y: 4 }, { x: 10, y: 4 }]);
});

test("fill replaces only what is given, and only once", () => {
  assert.equal(core.fill("{n} of {m} {x}", { n: "{m}", m: 2 }), "{m} of 2 {x}");
});

test("teeth stand apart, share an edge, and become a ring where a place is small", () => {
  const edge = Array.from({ length: 36 }, (_, i) => ({ x: 5 * i, y: 100, a: -Math.PI / 2 }));
  const all = core.teeth(edge, false);
  assert.ok(all.length > 10 && all.length < 18);
  for (const [base, tip] of all) assert.ok(tip.y < base.y, "outwards is up");
  for (const [base, tip] of core.teeth(edge, true)) assert.ok(tip.y > base.y, "inwards is down");
  const shares = [0, 1, 2].map((n) => core.teeth(edge, false, n, 3).map(([p]) => p.x));
  assert.deepEqual(shares.flat().sort((a, b) => a - b), all.map(([p]) => p.x));
  const ring = core.teeth([{ x: 7, y: 7, a: 1 }], false);
  assert.equal(ring.length, 6);
  const tips = ring.map(([, tip]) => tip);
  assert.ok(Math.abs(tips.reduce((sum, p) => sum + p.x, 0) / 6 - 7) < 1e-9, "no direction");
  assert.ok(Math.abs(tips.reduce((sum, p) => sum + p.y, 0) / 6 - 7) < 1e-9);
});

test("dateOf takes the day of the event only when it is known", () => {
  assert.equal(core.dateOf({ claimDate: "2023-06-05", eventDate: "2023-06-12" }, "event"), "2023-06-12");
  assert.equal(core.dateOf({ claimDate: "2023-06-05", eventDate: null }, "event"), "2023-06-05");
  assert.equal(core.dateOf({ claimDate: "2023-06-05", eventDate: "2023-06-12" }, "statement"), "2023-06-05");
});
