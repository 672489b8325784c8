// Pure functions of the page: no DOM, no Leaflet; `node --test tests/browser/core.test.mjs`.
"use strict";
/** Undo the delta coding of one line: whole numbers in units of `scale` degrees -> longitudes and latitudes in turn. */
const decode = (flat, scale) => {
  const at = [0, 0];
  return flat.map((step, i) => (at[i % 2] += step) * scale);
};

/** Columns -> rows; see geomap/columns.py. What all rows have in common stands in their prototype. */
const unpack = ({ n, columns }) => {
  const [same, differing] = [{}, []];
  for (const [key, column] of Object.entries(columns)) {
    if (!column.of) differing.push([key, column]);
    else if (column.at) differing.push([key, column.at, column.of]);
    else [same[key]] = column.of;
  }
  return Array.from({ length: n }, (_, i) => {
    const row = Object.create(same);
    for (const [key, at, of] of differing) row[key] = of ? of[at[i]] : at[i];
    return row;
  });
};

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** The day that the timeline counts a claim to. */
const dateOf = (claim, by) => (by === "event" && claim.eventDate) || claim.claimDate;

/** The facets of claims: letter in the address, and field. */
const FACETS = Object.entries({ g: "g", c: "cert", d: "d", f: "force" });

/** Is a claim shown under the filters? `off` holds "facet:value", `day` hides what is later, `haystack` gives the words to search. */
const isShown = (claim, { off, q, day, by }, haystack) => {
  if (FACETS.some(([facet, field]) => off.has(`${facet}:${claim[field] || ""}`))) return false;
  if (day && dateOf(claim, by) > day) return false;
  return !q || haystack(claim).includes(fold(q));
};

/** The days that the timeline can stop at. */
const days = (claims, by) => [...new Set(claims.map((claim) => dateOf(claim, by)).filter(Boolean))].sort();

/** State <-> the part of the address after "#"; only what differs from the start is written. */
const writeHash = ({ chosen, off, q, day, by, tab, story, view }) => {
  const parts = {
    c: chosen.join(","), off: [...off].sort().join(","), q, day, by: by === "event" && by, tab: tab !== "events" && tab, step: story && "1",
    at: view?.map((n, i) => n.toFixed(i < 2 ? 4 : 2)).join(","),
  };
  return Object.entries(parts).filter(([, value]) => value).map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&");
};

/** A stranger may have written the address: what is not sound counts as absent. */
const readHash = (hash, ids) => {
  const given = new URLSearchParams(hash.slice(1));
  const get = (key, sound) => (given.get(key) ?? "").match(sound)?.[0] ?? "";
  const list = (key) => (given.get(key) ?? "").split(",").filter(Boolean);
  const view = list("at").map(Number);
  const isView = view.length === 3 && Math.abs(view[0]) <= 85 && Math.abs(view[1]) <= 540 && view[2] >= 0 && view[2] <= 20;
  return {
    chosen: list("c").filter((id) => ids.has(id)),
    off: new Set(list("off").filter((entry) => /^[gcdf]:[\w-]*$/.test(entry))),
    q: get("q", /^[^\uFFFD]*$/).slice(0, 200),
    day: get("day", /^\d{4}-\d\d-\d\d$/),
    by: get("by", /^event$/) || "statement",
    tab: get("tab", /^(text|table|about)$/) || "events",
    story: given.get("step") === "1",
    view: isView ? view : null,
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

/** A mark's geometry as GeoJSON. Those of a story across the antimeridian come as `cut`; the others need no cutting. */
const toGeoJSON = ({ cut, geom, shape, x, y }, scale) => {
  const lay = (flat) => {
    const line = decode(flat, scale).map((degrees) => +degrees.toFixed(5));
    return Array.from({ length: line.length / 2 }, (_, i) => line.slice(2 * i, 2 * i + 2));
  };
  const close = (ring) => [...ring, ring[0]];
  if (cut) return cut;
  if (shape === "point") return { type: "Point", coordinates: lay([x, y])[0] };
  if (shape === "line") return { type: "MultiLineString", coordinates: geom.map(lay) };
  return { type: "MultiPolygon", coordinates: geom.map((rings) => rings.map((ring) => close(lay(ring)))) };
};

/** Greedy placing: the boxes come in order of rank; those that would overlap one placed before are left out. */
const placeBoxes = (boxes) => boxes.reduce((placed, box) => {
  const clash = placed.some((b) => box.x0 < b.x1 && box.x1 > b.x0 && box.y0 < b.y1 && box.y1 > b.y0);
  if (!clash) placed.push(box);
  return placed;
}, []);

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
  const at = ({ x, y, a }, along, across) => ({
    x: x + along * Math.cos(a) - across * Math.sin(a),
    y: y + along * Math.sin(a) + across * Math.cos(a),
    a,
  });
  const [x0, y0, x1, y1] = boxOf(roots.map(({ x, y }) => [x, y]), 0);
  const wide = Math.max(x1 - x0, y1 - y0);
  let kept = [];
  if (wide < 44) {
    const middle = { x: (x0 + x1) / 2, y: (y0 + y1) / 2 };
    kept = [0, 1, 2, 3, 4, 5].map((i) => at({ ...middle, a: (i * Math.PI) / 3 + n / 2 }, 12 + wide / 2 + 11 * n, 0));
  } else {
    for (const root of roots.map((foot) => at(foot, 2, 0))) {
      if (kept.every((k) => Math.hypot(k.x - root.x, k.y - root.y) > 11)) kept.push(root);
    }
    kept = kept.filter((_, i) => i % many === n);
  }
  const [base, tip] = inward ? [9, 0] : [0, 9];
  return kept.map((root) => [[base, -4.5], [tip, 0], [base, 4.5], [base, -4.5]].map((side) => at(root, ...side)));
};

// --- shapes of marks: pixels of the world at zoom 0 (spherical Mercator), then of the screen

/** A coded line in pixels of the world. */
const project = (flat, scale) => decode(flat, scale).map((degrees, i) =>
  i % 2 ? 128 - (128 / Math.PI) * Math.atanh(Math.sin((Math.max(-85, Math.min(85, degrees)) * Math.PI) / 180)) : 128 + degrees / 1.40625);

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
/** The head of an arrow that points from one place to another. */
const head = ([from, { x, y }], size) => {
  const turn = Math.atan2(y - from.y, x - from.x);
  const [along, across] = [size * Math.cos(turn), size * Math.sin(turn)];
  return `${trace([[-8, -5.5], [4, 0], [-8, 5.5], [-5, 0]].map(([a, b]) => ({ x: x + a * along - b * across, y: y + a * across + b * along })))}Z`;
};
const disc = (cls, { x, y }, r, more) => ({ cls, d: `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`, ...more });

const isArea = ({ shape }) => shape === "polygon";

/** Length in pixels of lines whose length in kilometres would mean nothing. */
const STUBS = { "short-arrow": 40, "open-end": 78 };
/** What is drawn for a mark, bottom first: paths and texts with their classes. Its `lines` and `spot` are in pixels. */
const shapes = (mark, lines, spot, radius, crowd) => {
  const { k, g, cert, fill } = mark;
  const cls = `mark k-${k} g-${g} c-${cert} f-${fill}`;
  const path = (cls, parts, more, end = "") => ({ cls, d: parts.map((part) => part.length ? trace(part) + end : "").join(""), ...more });
  const shaft = (parts, key) => [path("casing", parts), path(`${cls} line`, parts, { key, head: k !== "open-end" && parts.at(-1).slice(-2) })];
  if (k === "mention") return [disc("glyph k-mention", spot, 3.5, { key: true })];
  if (crowd && k === "point") return [disc(`${cls} line`, spot, 1.2)];
  if (crowd && k === "arrow") return shaft(lines.map(thin)).slice(1);
  if (k === "point") return [disc(cls, spot, radius), disc(`glyph g-${g} c-${cert}`, spot, 5.5, { key: true })];
  if (k === "arc") return [path(cls, lines.map(thin))];
  if (k === "arrow") {
    const beside = lines.map((line) => shift(thin(line), mark.aside));
    const longest = beside.reduce((a, b) => (b.length > a.length ? b : a));
    const half = longest.slice(0, Math.max(2, Math.ceil(longest.length * 0.6)));
    return [...shaft(beside, true), path(`${cls} middle`, [half], { head: half.slice(-2) })];
  }
  if (k === "leaving" || k === "ticks") {
    const roots = lines.map((line) => {
      const [p, q] = k === "ticks" ? [line[1], line[0]] : line;
      return { ...p, a: Math.atan2(q.y - p.y, q.x - p.x) };
    });
    return [path(`${cls} tooth`, teeth(roots, k === "ticks", mark.nth, mark.of), { key: true })];
  }
  if (k in STUBS) return lines.flatMap(([a, b], i) => {
    const far = STUBS[k] / (Math.hypot(b.x - a.x, b.y - a.y) || 1);
    const [from, to] = shift([a, { x: a.x + (b.x - a.x) * far, y: a.y + (b.y - a.y) * far }], mark.aside);
    const items = shaft([[from, to]], i === 0);
    const sign = { cls: `question-text g-${g}`, text: "?", x: to.x, y: to.y + 4.5 };
    return k === "open-end" ? [...items, disc(`glyph question g-${g}`, to, 10), sign] : items;
  });
  return [path(isArea(mark) ? cls : `${cls} line`, lines.map(thin), { key: true }, isArea(mark) ? "Z" : "")];
};

/** Gather marks at points in squares of `cell` pixels; a heap stands in the middle of its marks. */
const heap = (marks, { zoom, origin }, cell) => {
  const square = ({ spot: [x, y] }) => Math.floor((x * zoom) / cell) * 1e8 + Math.floor((y * zoom) / cell);
  return [...Map.groupBy(marks, square).values()].map((near) => {
    const n = near.length;
    const [x, y] = [0, 1].map((i) => (near.reduce((sum, { spot }) => sum + spot[i], 0) * zoom) / n);
    return { n, x: x - origin.x, y: y - origin.y, r: n > 1 ? 6 + 2.2 * Math.log2(n) ** 0.8 : 3.5, mark: near[0] };
  });
};

/** A computed style as the canvas wants it. */
const readStyle = ({ stroke, strokeWidth, strokeDasharray, strokeOpacity, fillOpacity, opacity }) => ({
  stroke, width: parseFloat(strokeWidth), dash: (strokeDasharray.match(/[\d.]+/g) || []).map(Number),
  strokeOpacity: +strokeOpacity, fillOpacity: +fillOpacity, opacity: +opacity,
});

const fill = (template, values) => template.replace(/\{(\w+)\}/g, (all, key) => (key in values ? values[key] : all));

const core = {
  decode, fold, dateOf, isShown, days, writeHash, readHash, csv, toGeoJSON, placeBoxes, shift, teeth, fill, unpack,
  isArea, project, boxOf, scaled, meets, head, disc, shapes, heap, readStyle,
};
if (typeof module !== "undefined") module.exports = core;
