// The page's pure functions, under Node's own test runner: node --test tests/browser/core.test.mjs
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// Browsers have it since March 2024, Node since 21.
Map.groupBy ??= (things, keyOf) => {
  const groups = new Map(things.map((thing) => [keyOf(thing), []]));
  for (const thing of things) groups.get(keyOf(thing)).push(thing);
  return groups;
};
const source = readFileSync(new URL("../../geomap/assets/page-core.js", import.meta.url), "utf8");
const core = new Function("module", `${source}; return module.exports;`)({});

test("decode undoes the delta coding", () => {
  assert.deepEqual(core.decode([100, 200, 1, -2, -5, 0], 0.5), [50, 100, 50.5, 99, 48, 99]);
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

test("GeoJSON has closed rings, and what came cut stays as it came", () => {
  const area = core.toGeoJSON({ cut: null, shape: "polygon", geom: [[[170, 0, 5, 0, 0, 5, -5, 0]]] }, 1);
  assert.deepEqual(area.coordinates, [[[[170, 0], [175, 0], [175, 5], [170, 5], [170, 0]]]]);
  assert.deepEqual(core.toGeoJSON({ cut: null, shape: "line", geom: [[178, 10, 1, 1]] }, 1).coordinates, [[[178, 10], [179, 11]]]);
  assert.deepEqual(core.toGeoJSON({ cut: null, shape: "point", x: 175, y: 3 }, 1).coordinates, [175, 3]);
  const cut = { type: "Point", coordinates: [-175, 3] };
  assert.equal(core.toGeoJSON({ cut, shape: "point", x: 185, y: 3 }, 1), cut);
});

test("cells that begin as formulas of any width are disarmed", () => {
  assert.equal(core.csv([["＝1", "\n=1"]]), "'＝1,\"'\n=1\"\r\n");
});

test("unpack undoes the columns, whatever the strings", () => {
  const hostile = ["</script>", "__proto__", "${x}", "constructor"];
  const table = { n: 4, columns: { k: { of: ["point"] }, g: { of: hostile, at: [0, 1, 2, 3] }, x: [1, 2, 3, 4] } };
  const rows = core.unpack(table);
  assert.deepEqual(rows.map((row) => row.g), hostile);
  assert.deepEqual({ k: rows[2].k, ...rows[2] }, { k: "point", g: "${x}", x: 3 });
  assert.deepEqual(core.unpack({ n: 0, columns: {} }), []);
});

test("project is the spherical Mercator of 256 pixels", () => {
  const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);
  const flat = core.project([0, 0, 180, 0], 1);
  [128, 128, 256, 128].forEach((n, i) => close(flat[i], n));
  close(core.project([0, 60], 1)[1], 128 - (128 / Math.PI) * Math.log(Math.tan(Math.PI / 4 + Math.PI / 6)));
  assert.ok(Number.isFinite(core.project([0, 90], 1)[1]));
});

test("a line keeps its ends and an arrow its head", () => {
  const line = Float64Array.from([0, 0, 0.1, 0, 5, 0, 5.2, 0]);
  const points = core.scaled(line, { zoom: 1, origin: { x: 0, y: 0 } });
  const mark = { k: "arrow", g: "own", cert: "planned", fill: "none", aside: 0 };
  const [casing, shaft, middle] = core.shapes(mark, [points], null, 0);
  assert.equal(shaft.d, "M0 0L5.2 0");
  assert.equal(casing.cls, "casing");
  assert.deepEqual(shaft.head.map((p) => p.x), [0, 5.2]);
  assert.ok(shaft.key && middle.head && shaft.cls.includes("c-planned"));
  assert.equal(core.shapes(mark, [points], null, 0, true).length, 1, "in a crowd neither casing nor middle");
});

test("the head of an arrow points where the arrow does", () => {
  assert.equal(core.head([{ x: 0, y: 0 }, { x: 10, y: 0 }], 2), "M-6 -11L18 0L-6 11L0 0Z");
  assert.equal(core.head([{ x: 5, y: 9 }, { x: 5, y: 5 }], 1), "M-0.5 13L5 1L10.5 13L5 10Z");
});

test("every kind of mark has a shape, and at most one of them takes the focus", () => {
  const lines = [[{ x: 0, y: 0 }, { x: 60, y: 0 }, { x: 60, y: 60 }]];
  for (const k of ["arrow", "short-arrow", "open-end", "leaving", "ticks", "zone", "outline", "limit", "arc", "point", "mention"]) {
    const mark = { k, g: "own", cert: "asserted", fill: "hatch", aside: 0, nth: 0, of: 1, shape: k === "zone" ? "polygon" : "line" };
    const items = core.shapes(mark, lines, { x: 1, y: 2 }, 4);
    assert.ok(items.length && items.every(({ d, text }) => text || d.startsWith("M")), k);
    assert.ok(items.filter(({ key }) => key).length <= 1, k);
  }
});

test("heaps gather what stands close and stay where they are when the map moves", () => {
  const marks = [[1, 1], [1.5, 1], [40, 40]].map(([x, y]) => ({ spot: [x, y] }));
  const heaps = (origin) => core.heap(marks, { zoom: 2, origin }, 48).map(({ n, x, y }) => [n, x + origin.x, y + origin.y]);
  assert.deepEqual(heaps({ x: 0, y: 0 }), [[2, 2.5, 2], [1, 80, 80]]);
  assert.deepEqual(heaps({ x: 7, y: 3 }), heaps({ x: 0, y: 0 }));
});

test("meets tells what is in view", () => {
  const px = { zoom: 2, origin: { x: 10, y: 10 } };
  assert.equal(core.meets(core.boxOf([[10, 10, 20, 20]], 1), { x: 0, y: 0 }, { x: 20, y: 20 }, px), true);
  assert.equal(core.meets(core.boxOf([[30, 30]], 1), { x: 0, y: 0 }, { x: 20, y: 20 }, px), false);
});
