// Pure functions of the page: no DOM, no Leaflet; `node --test tests/browser/core.test.mjs`.
"use strict";
const core = (() => {
  /** Undo the delta coding of one line: flat whole numbers in units of `scale` degrees -> [[lat, lon], ...], turned east. */
  const decode = (flat, scale, turn = 0) => {
    const line = new Array(flat.length / 2);
    for (let i = 0, x = 0, y = 0; i < flat.length; i += 2) {
      x += flat[i];
      y += flat[i + 1];
      line[i / 2] = [y * scale, x * scale + turn];
    }
    return line;
  };

  /** Undo the coding of a geometry: arrays of flat lines, nested as in GeoJSON. */
  const decodeAll = (nested, scale, turn) =>
    typeof nested[0] === "number" ? decode(nested, scale, turn) : nested.map((part) => decodeAll(part, scale, turn));

  /** Columns -> rows; see geomap/columns.py. */
  const unpack = ({ n, columns }) => {
    const read = Object.entries(columns).map(([key, column]) => [key, column.of ? (i) => column.of[column.at ? column.at[i] : 0] : (i) => column[i]]);
    return Array.from({ length: n }, (_, i) => {
      const row = {};
      for (const [key, value] of read) row[key] = value(i);
      return row;
    });
  };

  /** Toponyms of a report, four numbers each; see `_report_row` in geomap/maps.py. */
  const toponyms = (flat, names) => {
    const found = [];
    for (let i = 0, start = 0; i < flat.length; i += 4) {
      start += flat[i];
      const type = ["literal", "metonym", "demonym", "embedded"][flat[i + 2]];
      found.push({ start, end: start + flat[i + 1], toponym: { type, name: names[flat[i + 3]] } });
    }
    return found;
  };

  /** Cut [from, to) at every start and end of the spans; each piece says which spans cover it. */
  const cutSpans = (from, to, spans) => {
    const inside = spans.filter((s) => s.start < to && s.end > from);
    const cuts = new Set([from, to]);
    for (const s of inside) {
      cuts.add(Math.max(from, s.start));
      cuts.add(Math.min(to, s.end));
    }
    const edges = [...cuts].sort((a, b) => a - b);
    return edges.slice(1).map((end, i) => ({
      start: edges[i],
      end,
      spans: inside.filter((s) => s.start <= edges[i] && s.end >= end),
    }));
  };

  /** Paragraphs of a text as [start, end). */
  const paragraphs = (text) => {
    const found = [];
    for (let start = 0; start < text.length; ) {
      const stop = text.indexOf("\n", start);
      const end = stop < 0 ? text.length : stop;
      if (text.slice(start, end).trim()) found.push([start, end]);
      start = end + 1;
    }
    return found;
  };

  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  /** The day that the timeline counts a claim to. */
  const dateOf = (claim, by) => (by === "event" && claim.eventDate) || claim.claimDate;

  /** Is a claim shown under the filters? `off` holds "facet:value", `day` hides what is later, `haystack` gives the words to search. */
  const isShown = (claim, state, haystack) => {
    const { off, q, day, by } = state;
    if (off.has(`g:${claim.g}`) || off.has(`c:${claim.cert}`) || off.has(`d:${claim.d}`)) return false;
    if (off.has(`f:${claim.force || ""}`)) return false;
    if (day && dateOf(claim, by) > day) return false;
    return !q || haystack(claim).includes(fold(q));
  };

  /** The days that the timeline can stop at. */
  const days = (claims, by) => [...new Set(claims.map((claim) => dateOf(claim, by)).filter(Boolean))].sort();

  /** State <-> the part of the address after "#"; only what differs from the start is written. */
  const writeHash = (state) => {
    const parts = [];
    const add = (key, value) => value && parts.push(`${key}=${encodeURIComponent(value)}`);
    add("c", state.chosen.join(","));
    add("off", [...state.off].sort().join(","));
    add("q", state.q);
    add("day", state.day);
    add("by", state.by === "event" ? "event" : "");
    add("tab", state.tab === "events" ? "" : state.tab);
    add("step", state.story ? "1" : "");
    add("at", state.view ? state.view.map((n, i) => n.toFixed(i < 2 ? 4 : 2)).join(",") : "");
    return parts.join("&");
  };

  const readHash = (hash, ids) => {
    const given = new Map();
    for (const part of hash.replace(/^#/, "").split("&")) {
      const [key, value = ""] = part.split("=");
      try {
        given.set(key, decodeURIComponent(value));
      } catch {
        // A broken link is no reason to fail.
      }
    }
    const list = (key) => (given.get(key) || "").split(",").filter(Boolean);
    const view = list("at").map(Number);
    const sound = view.length === 3 && view.every(Number.isFinite) && Math.abs(view[0]) <= 85 && Math.abs(view[1]) <= 540;
    return {
      chosen: list("c").filter((id) => ids.has(id)),
      off: new Set(list("off").filter((entry) => /^[gcdf]:[\w-]*$/.test(entry))),
      q: (given.get("q") || "").slice(0, 200),
      day: /^\d{4}-\d\d-\d\d$/.test(given.get("day") || "") ? given.get("day") : "",
      by: given.get("by") === "event" ? "event" : "statement",
      tab: ["text", "table", "about"].includes(given.get("tab")) ? given.get("tab") : "events",
      story: given.get("step") === "1",
      view: sound && view[2] >= 0 && view[2] <= 20 ? view : null,
    };
  };

  /** RFC 4180; a leading quote keeps spreadsheets from running a cell as a formula. */
  const csv = (rows) => {
    const cell = (value) => {
      const text = String(value ?? "");
      const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
      return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    };
    return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  };

  /** A mark's geometry as GeoJSON (RFC 7946): areas come cut at the antimeridian, lines are cut here; outer rings run against the clock. */
  const toGeoJSON = ({ geom, shape, x, y }, scale) => {
    const lay = (line, turn) => line.map(([lat, lon]) => [+(lon - turn).toFixed(5), +lat.toFixed(5)]);
    const turnOf = (line) => (line.some(([, lon]) => lon > 180) ? 360 : 0);
    if (shape === "point") return { type: "Point", coordinates: lay([[y * scale, x * scale]], turnOf([[y, x * scale]]))[0] };
    const parts = decodeAll(geom, scale);
    if (shape !== "polygon") return { type: "MultiLineString", coordinates: parts.flatMap(cutLine).map((line) => lay(line, turnOf(line))) };
    const area = (ring) => ring.reduce((sum, [lon, lat], i) => sum + ring.at(i - 1)[0] * lat - lon * ring.at(i - 1)[1], 0);
    const wind = (ring, i) => (area(ring) > 0 === (i === 0) ? ring : ring.reverse());
    return { type: "MultiPolygon", coordinates: parts.map((rings) => rings.map((ring) => lay(ring, turnOf(rings[0]))).map(wind)) };
  };
  const cutLine = (line) => {
    const lines = [[line[0]]];
    for (let i = 1; i < line.length; i++) {
      const [[a, from], [b, to]] = [line[i - 1], line[i]];
      if ((from - 180) * (to - 180) < 0) {
        const at = [a + ((180 - from) / (to - from)) * (b - a), 180];
        lines.at(-1).push(at);
        lines.push([at]);
      }
      lines.at(-1).push(line[i]);
    }
    return lines;
  };

  /** Greedy placing: the boxes come in order of rank; those that would overlap one placed before are left out. */
  const placeBoxes = (boxes) => {
    const placed = [];
    for (const box of boxes) {
      const clash = placed.some((b) => box.x0 < b.x1 && box.x1 > b.x0 && box.y0 < b.y1 && box.y1 > b.y0);
      if (!clash) placed.push(box);
    }
    return placed;
  };

  /** Move a line of points sideways by d pixels, so that arrows on the same way stay apart. */
  const shift = (points, d) =>
    points.map((p, i) => {
      const a = points[Math.max(0, i - 1)];
      const b = points[Math.min(points.length - 1, i + 1)];
      const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
      return { x: p.x + (d * (a.y - b.y)) / length, y: p.y + (d * (b.x - a.x)) / length };
    });

  /**
   * Triangles on the edge of a shape. `roots` are feet in pixels with the angle outwards; those that would touch are left
   * out, and a shape smaller than its teeth gets a ring. Of `many` marks on one edge, the one with number `n` has its share.
   */
  const teeth = (roots, inward, n = 0, many = 1) => {
    const at = (p, angle, along, across) => ({
      x: p.x + along * Math.cos(angle) - across * Math.sin(angle),
      y: p.y + along * Math.sin(angle) + across * Math.cos(angle),
    });
    const [xs, ys] = ["x", "y"].map((key) => roots.map((root) => root[key]).sort((a, b) => a - b));
    const wide = Math.max(xs.at(-1) - xs[0], ys.at(-1) - ys[0]);
    let kept = [];
    if (wide < 44) {
      const middle = { x: (xs[0] + xs.at(-1)) / 2, y: (ys[0] + ys.at(-1)) / 2 };
      for (let i = 0; i < 6; i++) {
        const a = (i * Math.PI) / 3 + n / 2;
        kept.push({ ...at(middle, a, 12 + wide / 2 + 11 * n, 0), a });
      }
    } else {
      for (const { x, y, a } of roots) {
        const root = { ...at({ x, y }, a, 2, 0), a };
        if (kept.every((k) => Math.hypot(k.x - root.x, k.y - root.y) > 11)) kept.push(root);
      }
      kept = kept.filter((_, i) => i % many === n);
    }
    const [base, tip] = inward ? [9, 0] : [0, 9];
    return kept.map((p) => [at(p, p.a, base, -4.5), at(p, p.a, tip, 0), at(p, p.a, base, 4.5), at(p, p.a, base, -4.5)]);
  };

  // --- shapes of marks: pixels of the world at zoom 0 (spherical Mercator), then of the screen

  /** Undo the delta coding of one line: -> flat pixels of the world. */
  const project = (flat, scale) =>
    Float64Array.from(decode(flat, scale).flatMap(([lat, lon]) => [128 + lon / 1.40625, 128 - (128 / Math.PI) * Math.atanh(Math.sin((Math.max(-85, Math.min(85, lat)) * Math.PI) / 180))]));

  /** Metres at a latitude in pixels of the world. */
  const reach = (metres, lat) => (metres * 256) / (40075017 * Math.cos((lat * Math.PI) / 180));

  const boxOf = (lines, more) => {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const line of lines) for (let i = 0; i < line.length; i += 2) {
      box[0] = Math.min(box[0], line[i] - more);
      box[1] = Math.min(box[1], line[i + 1] - more);
      box[2] = Math.max(box[2], line[i] + more);
      box[3] = Math.max(box[3], line[i + 1] + more);
    }
    return box;
  };

  const scaled = (flat, { zoom, origin }) => {
    const line = [];
    for (let i = 0; i < flat.length; i += 2) line.push({ x: flat[i] * zoom - origin.x, y: flat[i + 1] * zoom - origin.y });
    return line;
  };

  const meets = (box, min, max, { zoom, origin }) =>
    box[0] * zoom - origin.x <= max.x && box[2] * zoom - origin.x >= min.x && box[1] * zoom - origin.y <= max.y && box[3] * zoom - origin.y >= min.y;

  /** Leave out points less than a pixel from the one before; the last one stays. */
  const thin = (points) => {
    const kept = [];
    points.forEach((p, i) => {
      const last = kept.at(-1);
      const near = last && Math.abs(p.x - last.x) + Math.abs(p.y - last.y) < 1;
      if (near && kept.length > 1 && i === points.length - 1) kept.pop();
      if (!near || i === points.length - 1) kept.push(p);
    });
    return kept;
  };
  const trace = (points) => points.map((p, i) => `${i ? "L" : "M"}${Math.round(p.x * 10) / 10} ${Math.round(p.y * 10) / 10}`).join("");
  const disc = (cls, { x, y }, r, more) => ({ cls, d: `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`, ...more });

  /** Length in pixels of lines whose length in kilometres would mean nothing. */
  const STUBS = { "short-arrow": 40, "open-end": 78 };
  /** What is drawn for a mark, bottom first: paths and texts with their classes. Its `lines` and `spot` are in pixels. */
  const shapes = (mark, lines, spot, radius, crowd) => {
    const cls = `mark k-${mark.k} g-${mark.g} c-${mark.cert} f-${mark.fill}`;
    const path = (cls, parts, more, end = "") => ({ cls, d: parts.map((part) => part.length ? trace(part) + end : "").join(""), ...more });
    const shaft = (parts, key) => [path("casing", parts), path(`${cls} line`, parts, { key, head: mark.k !== "open-end" && parts.at(-1).slice(-2) })];
    if (mark.k === "mention") return [disc("glyph k-mention", spot, 3.5, { key: true })];
    if (crowd && mark.k === "point") return [disc(`${cls} line`, spot, 1.2)];
    if (crowd && mark.k === "arrow") return shaft(lines.map(thin)).slice(1);
    if (mark.k === "point") return [disc(cls, spot, radius), disc(`glyph g-${mark.g} c-${mark.cert}`, spot, 5.5, { key: true })];
    if (mark.k === "arc") return [path(cls, lines.map(thin))];
    if (mark.k === "arrow") {
      const beside = lines.map((line) => shift(thin(line), mark.aside));
      const longest = beside.reduce((a, b) => (b.length > a.length ? b : a));
      const half = longest.slice(0, Math.max(2, Math.ceil(longest.length * 0.6)));
      return [...shaft(beside, true), path(`${cls} middle`, [half], { head: half.slice(-2) })];
    }
    if (mark.k === "leaving" || mark.k === "ticks") {
      const roots = lines.map((line) => {
        const [p, q] = mark.k === "ticks" ? [line[1], line[0]] : line;
        return { ...p, a: Math.atan2(q.y - p.y, q.x - p.x) };
      });
      return [path(`${cls} tooth`, teeth(roots, mark.k === "ticks", mark.nth, mark.of), { key: true })];
    }
    if (mark.k in STUBS) return lines.flatMap(([a, b], i) => {
      const far = STUBS[mark.k] / (Math.hypot(b.x - a.x, b.y - a.y) || 1);
      const [from, to] = shift([a, { x: a.x + (b.x - a.x) * far, y: a.y + (b.y - a.y) * far }], mark.aside);
      const items = shaft([[from, to]], i === 0);
      const sign = { cls: `question-text g-${mark.g}`, text: "?", x: to.x, y: to.y + 4.5 };
      return mark.k === "open-end" ? [...items, disc(`glyph question g-${mark.g}`, to, 10), sign] : items;
    });
    return [path(mark.shape === "polygon" ? cls : `${cls} line`, lines.map(thin), { key: true }, mark.shape === "polygon" ? "Z" : "")];
  };

  /** Gather marks at points in squares of `cell` pixels; a heap stands in the middle of its marks. */
  const heap = (marks, { zoom, origin }, cell) => {
    const heaps = new Map();
    for (const mark of marks) {
      const [x, y] = [mark.spot[0] * zoom, mark.spot[1] * zoom];
      const key = Math.floor(x / cell) * 1e8 + Math.floor(y / cell);
      const one = heaps.get(key);
      if (!one) heaps.set(key, { n: 1, x, y, mark });
      else Object.assign(one, { n: one.n + 1, x: one.x + x, y: one.y + y });
    }
    return [...heaps.values()].map(({ n, x, y, mark }) => ({ n, x: x / n - origin.x, y: y / n - origin.y, r: n > 1 ? 6 + 2.2 * Math.log2(n) ** 0.8 : 3.5, mark }));
  };

  /** A computed style as the canvas wants it. */
  const readStyle = ({ stroke, strokeWidth, strokeDasharray, strokeOpacity, fillOpacity, opacity }) => ({
    stroke, width: parseFloat(strokeWidth), dash: (strokeDasharray.match(/[\d.]+/g) || []).map(Number),
    strokeOpacity: +strokeOpacity, fillOpacity: +fillOpacity, opacity: +opacity,
  });

  const fill = (template, values) => template.replace(/\{(\w+)\}/g, (all, key) => (key in values ? values[key] : all));

  return { decode, decodeAll, cutSpans, paragraphs, fold, dateOf, isShown, days, writeHash, readHash, csv, toGeoJSON, placeBoxes, shift, teeth, fill, unpack, toponyms, project, reach, boxOf, scaled, meets, disc, shapes, heap, readStyle };
})();
if (typeof module !== "undefined") module.exports = core;
