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

  /** Is a claim shown under the filters? `off` holds "facet:value", `day` hides what is later. */
  const isShown = (claim, state) => {
    const { off, q, day, by } = state;
    if (off.has(`g:${claim.g}`) || off.has(`c:${claim.cert}`) || off.has(`d:${claim.d}`)) return false;
    if (off.has(`f:${claim.force || ""}`)) return false;
    const date = by === "event" ? claim.eventDate || claim.claimDate : claim.claimDate;
    if (day && date && date > day) return false;
    return !q || claim.haystack.includes(fold(q));
  };

  /** The days that the timeline can stop at. */
  const days = (claims, by) =>
    [...new Set(claims.map((c) => (by === "event" ? c.eventDate || c.claimDate : c.claimDate)).filter(Boolean))].sort();

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
      const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
      return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    };
    return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  };

  /** A mark's geometry as GeoJSON. */
  const toGeoJSON = (nested, shape, scale) => {
    const flip = (part) => {
      if (typeof part[0] !== "number") return part.map(flip);
      return [+(part[1] > 180 ? part[1] - 360 : part[1]).toFixed(5), +part[0].toFixed(5)];
    };
    const coordinates = flip(decodeAll(nested, scale));
    if (shape === "point") return { type: "Point", coordinates: coordinates[0][0] };
    return { type: shape === "polygon" ? "MultiPolygon" : "MultiLineString", coordinates };
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

  const fill = (template, values) => template.replace(/\{(\w+)\}/g, (all, key) => (key in values ? values[key] : all));

  return { decode, decodeAll, cutSpans, paragraphs, fold, isShown, days, writeHash, readHash, csv, toGeoJSON, placeBoxes, shift, fill };
})();
if (typeof module !== "undefined") module.exports = core;
