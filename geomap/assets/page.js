// The page. Text from reports reaches it as JSON and leaves it as textContent, never as markup.
/** The data block; a large one is compressed (zlib, base64). */
const readData = async (text) => {
  if (text.startsWith("{")) return JSON.parse(text);
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
};
const data = await readData(document.getElementById("data").textContent);
const { w, base } = data;
const [claims, places, events, reports] = [data.claims, data.places, data.events, data.reports].map(core.unpack);
const marks = data.marks.flatMap(core.unpack);
const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const byId = new Map(claims.map((claim) => [claim.id, claim]));
const eventOf = new Map(events.flatMap((event) => event.claims.map((id) => [id, event])));
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const state = core.readHash(location.hash, byId);

/** Make an element; strings among the children become text nodes. */
const el = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
};
const svg = (tag, attributes) => {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};
const all = (selector) => document.querySelectorAll(selector);
const on = (id, event, act, options) => $(id).addEventListener(event, act, options);
const say = (key, values) => core.fill(w[key], values);
const meta = (...children) => el("span", { class: "meta" }, ...children);
/** Text from a report, isolated so that its direction marks cannot reorder what stands around it. */
const bdi = (text) => el("bdi", { dir: "auto" }, text);
const button = (label, act, more = {}) => el("button", { type: "button", onclick: act, ...more }, label);
const reportOf = (claim) => reports[claim.r];
const quote = (claim) => reportOf(claim).text.slice(claim.quote[0], claim.quote[1]);
const clip = (text, n) => (text.length > n ? `${text.slice(0, n - 1)}…` : text);
const speaker = (claim) => (claim.claimant ? bdi(clip(claim.claimant, 80)) : el("i", {}, w.nobody));
const title = (claim) => `${w[claim.d]}${claim.forceName ? ` · ${claim.forceName}` : ""}`;
const link = (url, text) => (/^https?:\/\//i.test(url || "") ? el("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, text) : bdi(text));
const isShown = (claim) => core.isShown(claim, state, haystack);
const shownClaims = () => claims.filter(isShown);
for (const report of reports) report.claims = [];
for (const claim of claims) {
  claim.places = claim.places.map((index) => places[index]);
  reportOf(claim).claims.push(claim);
}
/** What the search looks through, made when it is first used. */
const haystack = (claim) => (claim.haystack ??= core.fold([quote(claim), claim.claimant, claim.mover, claim.forceName, w[claim.d], ...claim.places.map((place) => `${place.text} ${place.name || ""}`)].join(" ")));
/** A stance is shown by the marks of the claims that it speaks of. */
const drawnBy = (id) => [id, ...byId.get(id).targets];

// --- the map
const map = L.map("map", {
  attributionControl: false, zoomControl: false, zoomSnap: 0.25, minZoom: 1, maxZoom: 14,
  zoomAnimation: !calm, fadeAnimation: !calm, markerZoomAnimation: !calm, inertia: !calm,
  maxBounds: [[-85, -540], [85, 540]],
});
window.geomap = { map, claims, marks, reports };
L.control.zoom({ position: "topleft", zoomInTitle: w.zoom_in, zoomOutTitle: w.zoom_out }).addTo(map);
L.control.scale({ position: "bottomleft", maxWidth: 120 }).addTo(map);
const pane = (name, z) => {
  map.createPane(name).style.zIndex = z;
  return L.svg({ pane: name, padding: 0.5 });
};
const [still, faraway] = [pane("base", 200), pane("far", 190)];
map.createPane("marks").style.zIndex = 400;
map.createPane("labels").style.zIndex = 590;
map.getPane("labels").classList.add("leaflet-zoom-hide", "labels");

const drawBase = () => {
  if (data.tiles) {
    const { url, subdomains, maxZoom } = data.tiles;
    map.createPane("tiles").style.zIndex = 300;
    L.tileLayer(url, { subdomains, maxZoom, pane: "tiles", opacity: 0.8 }).addTo(map);
  }
  const flat = { renderer: still, interactive: false, smoothFactor: 0.6 };
  const draw = (type, parts, scale, className, turn, renderer = still) => L[type](core.decodeAll(parts, scale, turn), { ...flat, renderer, className }).addTo(map);
  const [far, near] = base.levels;
  const drawLevel = ({ land, lakes, provinces, coasts, borders, scale }, turn, renderer) => {
    draw("polygon", land, scale, "land", turn, renderer);
    draw("polygon", lakes, scale, "lake", turn, renderer);
    draw("polyline", provinces, scale, "province", turn, renderer);
    draw("polyline", coasts, scale, "coast", turn, renderer);
    draw("polyline", borders, scale, "border", turn, renderer);
  };
  // The far world comes again beyond the antimeridian, once that is in view.
  const drawFar = () => {
    const view = map.getBounds().pad(0.5);
    for (const turn of TURNS.filter((one) => view.getWest() < one + 180 && view.getEast() > one - 180)) {
      TURNS.splice(TURNS.indexOf(turn), 1);
      drawLevel(far, turn, faraway);
      for (const one of base.disputed) draw("polygon", one.geom, base.scale, "contested", turn);
    }
  };
  const [west, south, east, north] = base.near;
  L.rectangle([[south, west], [north, east]], { ...flat, className: "sea" }).addTo(map);
  drawLevel(near, 0);
  drawFar();
  map.on("moveend", drawFar);
};
const TURNS = [-360, 0, 360];

// --- marks: the core computes their shapes; SVG shows them, or a canvas where there are many
const many = marks.length > 900;
const Layer = (many ? L.Canvas : L.SVG).extend({
  _updatePaths() {
    if (!this._postponeUpdatePaths) drawMarks();
  },
});
const live = new Layer({ pane: "marks", padding: many ? 0.25 : 0.5 });
const measure = (mark) => {
  mark.shown = true;
  mark.rings = mark.shape === "polygon";
  mark.lines = (mark.rings ? mark.geom.flat() : mark.geom).map((flat) => core.project(flat, data.scale));
  mark.spot = mark.x === null ? null : core.project([mark.x, mark.y], data.scale);
  mark.reach = core.reach(mark.radius, mark.y * data.scale);
  mark.box = core.boxOf(mark.spot ? [mark.spot] : mark.lines, mark.reach);
};
/** How pixels of the world at zoom 0 become pixels of the map's layers. */
const pixels = () => ({ zoom: map.getZoomScale(map.getZoom(), 0), origin: map.getPixelOrigin() });
const shapesOf = (mark, px, crowd) => {
  const { min, max } = live._bounds;
  const room = L.bounds(min.subtract([20, 20]), max.add([20, 20]));
  const line = (flat) => core.scaled(flat, px);
  const lines = mark.lines.map((flat) => (mark.rings ? L.PolyUtil.clipPolygon(line(flat), room) : line(flat)));
  return core.shapes(mark, lines, mark.spot && line(mark.spot)[0], mark.reach * px.zoom, crowd);
};
const addNode = (item, mark, index) => {
  const node = svg(item.text ? "text" : "path", { class: item.cls, "data-mark": index });
  node.textContent = item.text || "";
  node.style.setProperty("--pattern", `url(#${mark.fill}-${mark.g})`);
  if (item.head) node.setAttribute("marker-end", `url(#head-${mark.g})`);
  if (item.key) {
    node.setAttribute("aria-label", [mark.label, ...mark.claims.map((id) => title(byId.get(id)))].filter(Boolean).join(", ").slice(0, 200));
    node.setAttribute("role", mark.claims.length ? "button" : "img");
    if (mark.claims.length && marks.length <= 400) node.setAttribute("tabindex", "0");
  }
  live._rootGroup.append(node);
  return node;
};
const drawMarks = () => {
  const px = pixels();
  if (many) return paint(px);
  marks.forEach((mark, index) => {
    const items = shapesOf(mark, px);
    mark.nodes ??= items.map((item) => addNode(item, mark, index));
    items.forEach((item, i) => {
      const node = mark.nodes[i];
      for (const key of ["d", "x", "y"]) if (key in item) node.setAttribute(key, item[key]);
      for (const name of ["on", "old"]) node.classList.toggle(name, !!mark[name]);
      node.style.display = mark.shown ? "" : "none";
    });
  });
};

// --- the canvas: it takes its looks from the style sheet, through a path that nobody sees
const probe = svg("path", {});
const hidden = svg("svg", { width: 0, height: 0, "aria-hidden": "true" });
hidden.append(probe);
const looks = new Map();
const lookOf = (cls, mark) => {
  if (looks.has(cls)) return looks.get(cls);
  probe.setAttribute("class", cls);
  probe.style.setProperty("--pattern", `url(#${mark.fill}-${mark.g})`);
  const css = getComputedStyle(probe);
  const pattern = /#(.+)"/.exec(css.fill);
  const look = { ...core.readStyle(css), fill: pattern ? patternOf($(pattern[1])) : css.fill };
  looks.set(cls, look);
  return look;
};
const patternOf = (pattern) => {
  const [size, path] = [pattern.width.baseVal.value, pattern.firstElementChild];
  const ink = el("canvas", { width: 2 * size, height: 2 * size }).getContext("2d");
  ink.strokeStyle = getComputedStyle(path).stroke;
  ink.lineWidth = parseFloat(getComputedStyle(path).strokeWidth);
  ink.scale(2, 2);
  ink.stroke(new Path2D(path.getAttribute("d")));
  const made = ink.createPattern(ink.canvas, "repeat");
  const { a, b, c, d } = pattern.patternTransform.baseVal.consolidate()?.matrix || new DOMMatrix();
  made.setTransform(new DOMMatrix([a, b, c, d, 0, 0]).translate(pattern.x.baseVal.value, pattern.y.baseVal.value).scale(0.5));
  return made;
};
/** Of the canvas: the marks in view, those that have a label, and places, gathered where they stand close. */
let [seen, inView, heaps] = [[], marks, []];
const paint = (px) => {
  const { _ctx: ctx, _bounds: { min, max } } = live;
  ctx.clearRect(min.x, min.y, max.x - min.x, max.y - min.y);
  looks.clear();
  for (const mark of seen) mark.items = null;
  seen = marks.filter((mark) => mark.shown && core.meets(mark.box, min, max, px));
  const told = seen.filter((mark) => mark.claims.length);
  const crowd = told.length > 600;
  heaps = core.heap(seen.filter((mark) => !mark.claims.length), px, map.getZoom() < 9 ? 48 : 1);
  inView = [...(crowd ? told.filter((mark) => mark.on) : told), ...heaps.filter((one) => one.n === 1).map((one) => one.mark)];
  for (const one of heaps) {
    paintItem(ctx, core.disc(one.n > 1 ? "glyph heap" : "glyph k-mention", one, one.r), one.mark);
    if (one.n > 1) paintText(ctx, { text: one.n, x: one.x, y: one.y + 4 }, lookOf("heap", one.mark).stroke, 11);
  }
  for (const on of [false, true]) {
    for (const mark of told.filter((one) => !!one.on === on)) {
      mark.items = shapesOf(mark, px, crowd && !on);
      for (const item of mark.items) paintItem(ctx, item, mark, on || !crowd ? 1 : told.length > 2500 ? 0.25 : 0.4);
    }
  }
};
const paintItem = (ctx, item, mark, thin = 1) => {
  const look = lookOf(`${item.cls}${mark.on ? " on" : ""}${mark.old ? " old" : ""}`, mark);
  if (item.text) return paintText(ctx, item, look.fill, 13);
  item.path = new Path2D(item.d);
  ctx.globalAlpha = look.opacity * look.fillOpacity;
  ctx.fillStyle = look.fill;
  if (look.fill !== "none") ctx.fill(item.path, "evenodd");
  ctx.globalAlpha = look.opacity * look.strokeOpacity;
  ctx.strokeStyle = look.stroke;
  ctx.lineWidth = look.width * thin;
  ctx.setLineDash(look.dash);
  if (look.stroke !== "none") ctx.stroke(item.path);
  if (item.head) paintHead(ctx, item.head, look, 1.4 * thin);
};
const HEAD = new Path2D("M-8 -5.5L4 0L-8 5.5L-5 0z");
const paintHead = (ctx, [from, to], look, size) => {
  ctx.save();
  ctx.translate(to.x, to.y);
  ctx.rotate(Math.atan2(to.y - from.y, to.x - from.x));
  ctx.scale(size, size);
  ctx.globalAlpha = look.opacity;
  ctx.fillStyle = look.stroke;
  ctx.fill(HEAD);
  ctx.restore();
};
const paintText = (ctx, { text, x, y }, color, size) => {
  Object.assign(ctx, { globalAlpha: 1, fillStyle: color, font: `700 ${size}px system-ui, sans-serif`, textAlign: "center" });
  ctx.fillText(text, x, y);
};
/** The marks under a point of the window, the uppermost first. */
const marksAt = (x, y) => {
  if (!many) return document.elementsFromPoint(x, y).filter((node) => node.dataset?.mark).map((node) => marks[node.dataset.mark]);
  const ctx = live._ctx;
  const box = live._container.getBoundingClientRect();
  const scale = live._container.width / box.width;
  ctx.setLineDash([]);
  ctx.lineWidth = 9;
  const hits = (path) => ctx.isPointInStroke(path, (x - box.x) * scale, (y - box.y) * scale) || ctx.isPointInPath(path, (x - box.x) * scale, (y - box.y) * scale);
  return seen.filter((mark) => mark.items?.some((item) => item.path && hits(item.path))).reverse();
};

// --- labels: drawn anew after every move, the important ones first
const labelsRoot = svg("svg", { "aria-hidden": "true", width: 1, height: 1, overflow: "visible" });
map.getPane("labels").append(labelsRoot);
const LABELS = { arc: ["limit g-", -9], mention: ["town g-", 16], point: ["placed g-", 21] };
const wanted = () => {
  const zoom = map.getZoom();
  const list = [];
  for (const mark of inView) {
    const [kind, dy] = LABELS[mark.k] || [];
    if (mark.shown && kind) list.push({ at: [mark.y * data.scale, mark.x * data.scale], text: mark.label, kind: kind + mark.g, dy, rank: mark.claims.length });
  }
  // Where there are too many to try, those of which most is told.
  if (list.length > 400) list.sort((a, b) => b.rank - a.rank).splice(400);
  const turned = (lon) => lon + 360 * Math.round((map.getCenter().lng - lon) / 360);
  for (const one of base.labels) if (zoom >= one[4]) list.push({ at: [one[1], turned(one[0])], text: one[2], kind: one[3], dy: one[3] === "country" ? 4 : 14 });
  for (const one of base.disputed) if (zoom >= 4.5) list.push({ at: [one.at[1], turned(one.at[0])], text: one.name, kind: "contested-name", dy: 4 });
  return list;
};
const ruler = document.createElement("canvas").getContext("2d");
const drawLabels = () => {
  const size = map.getSize();
  const seen = new Set();
  const boxes = [];
  for (const label of wanted()) {
    if (!label.text) continue;
    const text = clip(label.text, 40);
    const p = map.latLngToContainerPoint(label.at);
    const upper = label.kind === "country";
    ruler.font = `600 ${label.kind.startsWith("placed") ? 12.5 : 11.5}px system-ui, sans-serif`;
    const half = (ruler.measureText(upper ? text.toUpperCase() : text).width * (upper ? 1.12 : 1)) / 2 + 4;
    const box = { x0: p.x - half, x1: p.x + half, y0: p.y + label.dy - 12, y1: p.y + label.dy + 4, label, text };
    if (label.kind === "capital") box.y0 -= 12;
    if (box.x0 < 0 || box.x1 > size.x || box.y0 < 0 || box.y1 > size.y) continue;
    boxes.push(box);
  }
  labelsRoot.replaceChildren();
  const stage = $("stage").getBoundingClientRect();
  const taken = [...all("#corner, #timeline, #credits, #empty, .leaflet-control")].map((control) => {
    const { left, right, top, bottom } = control.getBoundingClientRect();
    return { x0: left - stage.left, x1: right - stage.left, y0: top - stage.top, y1: bottom - stage.top };
  });
  const once = boxes.filter((box) => !seen.has(box.text) && seen.add(box.text));
  for (const { label, text } of core.placeBoxes([...taken, ...once])) {
    if (!label) continue;
    const at = map.latLngToLayerPoint(label.at);
    const node = svg("text", { x: at.x, y: at.y + label.dy, class: label.kind });
    node.textContent = text;
    labelsRoot.append(node);
    if (label.kind === "capital") labelsRoot.append(svg("circle", { cx: at.x, cy: at.y, r: 2.2 }));
  }
};


const boundsOf = (chosen) => {
  const bounds = L.latLngBounds([]);
  marks.forEach((mark) => {
    if (!mark.claims.some((id) => chosen.has(id)) || mark.k === "mention") return;
    bounds.extend(map.unproject(mark.box.slice(0, 2), 0)).extend(map.unproject(mark.box.slice(2), 0));
  });
  return bounds;
};
const fitTo = (bounds) => {
  if (!bounds.isValid()) return;
  const narrow = map.getSize().x < 500;
  map.fitBounds(bounds, { paddingTopLeft: narrow ? [24, 30] : [60, 50], paddingBottomRight: narrow ? [24, 44] : [60, 90], maxZoom: 9, animate: ready && !calm });
};
const fitAll = () => fitTo(L.latLngBounds(data.bounds));

/** Choose claims; `why` says what the reader used, so that only the other views move. */
const choose = (ids, why = "") => {
  state.chosen = ids;
  $("chooser").hidden = true;
  refresh();
  if (!ids.length) return;
  if (why !== "map") fitTo(boundsOf(new Set(ids.flatMap(drawnBy))));
  if (why === "map" || why === "story") showTab("text");
  if (why !== "text") {
    if (!builders.has("text")) textOf(byId.get(ids[0]).r);
    const passage = $("text").querySelector(".ev.on");
    if (passage) scrollTo(passage);
  }
};
const scrollTo = (node) => {
  const panel = $("panel");
  const room = panel.clientHeight - ($("detail").hidden ? 0 : $("detail").offsetHeight);
  const top = node.getBoundingClientRect().top - panel.getBoundingClientRect().top;
  panel.scrollTo({ top: panel.scrollTop + top - Math.max(60, room * 0.35), behavior: calm ? "auto" : "smooth" });
};
const chooserFor = (ids, x, y, origin) => {
  if (ids.length === 1) return choose(ids, origin);
  const box = $("chooser");
  $("choices").replaceChildren(...ids.slice(0, 40).map((id) => claimButton(byId.get(id), () => choose([id], origin))), ids.length > 40 ? meta(`40 / ${count("claims", ids.length)}`) : "");
  box.hidden = false;
  const stage = $("stage").getBoundingClientRect();
  box.style.left = `${Math.max(6, Math.min(x - stage.left, stage.width - box.offsetWidth - 6))}px`;
  box.style.top = `${Math.max(6, Math.min(y - stage.top + 8, stage.height - box.offsetHeight - 6))}px`;
  box.querySelector(".claim").focus();
};
/** All shown claims whose marks, or the pale casings round them, lie under a point of the screen. */
/** Open a place that is only mentioned: go into a heap, or to the first words that mention it. */
const openPlace = (x, y) => {
  const at = map.mouseEventToLayerPoint({ clientX: x, clientY: y });
  const heap = heaps.find((one) => at.distanceTo(one) < one.r + 3);
  const mark = heap?.mark || marksAt(x, y)[0];
  if (heap?.n > 1) map.setView(map.layerPointToLatLng(heap), Math.min(14, map.getZoom() + 2));
  else if (mark?.in.length) {
    showTab("text");
    const words = [...textOf(mark.in[0]).querySelectorAll(".top")].find((node) => node.title === say("resolved", { name: mark.label }));
    if (words) scrollTo(words);
  }
  return heap || mark;
};
const claimsAt = (x, y) => {
  const ids = new Set(marksAt(x, y).flatMap((mark) => mark.claims));
  return [...ids].filter((id) => isShown(byId.get(id)));
};

// --- the panel
const swatch = (g, cert, width = 34) => {
  const drawing = svg("svg", { width, height: 12, viewBox: `0 0 ${width} 12`, "aria-hidden": "true", class: `g-${g}` });
  drawing.append(svg("line", { x1: 1, y1: 6, x2: width - 1, y2: 6, class: `mark line c-${cert}` }));
  return drawing;
};
const claimButton = (claim, act) => {
  const body = el("span", {}, meta(speaker(claim), ` · ${w[claim.cert]}`, claim.claimDate ? ` · ${claim.claimDate}` : ""),
    el("br"), el("span", { class: "quote", dir: "auto" }, `“${clip(quote(claim), 220)}”`));
  if (!claim.drawn && claim.kind !== "stance") body.append(el("br"), meta(w.not_drawn));
  const made = button("", act || (() => choose([claim.id], "events")), { class: "claim", "data-claim": claim.id, "aria-pressed": "false" });
  made.append(swatch(claim.g, claim.cert), body);
  return made;
};
const side = (ids, label) => {
  // The first claim of each claimant.
  const first = new Map(ids.map((id) => byId.get(id)).reverse().map((claim) => [claim.claimant || "", claim]));
  const rows = [...first.values()].reverse().slice(0, 3).map((claim) =>
    el("p", { class: `g-${claim.g}` }, swatch(claim.g, claim.cert, 26), " ", el("b", {}, speaker(claim)), claim.claimDate ? ` (${claim.claimDate})` : "", ": ",
      el("span", { class: "quote", dir: "auto" }, `“${clip(quote(claim), 110)}”`)));
  return el("div", {}, el("h4", { class: "meta" }, `${label} · ${count("claims", ids.length)}`), ...rows);
};
const contrastTitle = (one) => {
  const what = one.type === "contradicts" ? `${w[one.leftWord]} ↔ ${w[one.rightWord]}` : w[one.leftWord];
  return `${w[one.type]}: ${what}${one.forceName ? ` · ${one.forceName}` : ""}`;
};
const count = (key, n) => (n === 1 ? w[`${key}_one`] : say(key, { n }));
const card = (name, ids, facts, rows) =>
  el("div", { role: "group", class: "card", "aria-label": name, "data-claims": ids.join(" ") },
    el("header", {}, el("h3", {}, name), facts, el("span", { class: "badge", hidden: true, "data-new": ids.join(" ") }),
      button(w.show_on_map, () => choose(ids, "events"), { "aria-label": `${w.show_on_map}: ${name}` })), ...rows);
/** Put rows into a list. A long one holds only what is near the view: chunks are filled when they come and emptied when they go. */
const addRows = (root, rows, draw, idsOf, size, height) => {
  if (rows.length <= 200) return root.append(...rows.map(draw));
  const table = root.closest("table");
  for (let i = 0; i < rows.length; i += size) {
    const own = rows.slice(i, i + size);
    const [chunk, blank] = table ? [el("tbody"), el("tr", {}, el("td", { colspan: 11 }))] : [el("div"), el("div")];
    Object.assign(chunk, {
      className: "chunk", ids: own.flatMap(idsOf),
      fill(wanted) {
        if (wanted === chunk.full || (!wanted && chunk.contains(document.activeElement))) return;
        blank.style.height = `${(chunk.full && chunk.offsetHeight) || height * own.length}px`;
        chunk.full = wanted;
        chunk.replaceChildren(...(wanted ? own.map(draw) : [blank]));
        if (wanted) decorate(chunk);
      },
    });
    chunk.fill(false);
    (table || root).append(chunk);
    nearby.observe(chunk);
  }
};
const nearby = new IntersectionObserver((seen) => seen.forEach(({ target, isIntersecting }) => target.fill(isIntersecting)), { root: $("panel"), rootMargin: "1000px" });
const drawEvents = () => {
  const root = $("events");
  if (data.contrasts.length) root.append(el("h2", {}, w.contradictions));
  for (const one of data.contrasts) {
    const sides = el("div", { class: "sides" }, side(one.left, w[one.leftWord]), side(one.right, w[one.rightWord]));
    root.append(card(contrastTitle(one), [...one.left, ...one.right], "", [sides]));
  }
  if (events.length) root.append(el("h2", {}, w.events));
  const drawEvent = (event) => {
    const facts = [w[`status_${event.status}`], count("claims", event.claims.length), count("origins", event.origins)];
    const made = card(title(event), event.claims, meta(facts.join(" · ")), []);
    addRows(made, event.claims, (id) => claimButton(byId.get(id)), (id) => [id], 20, 60);
    return made;
  };
  addRows(root, events, drawEvent, (event) => event.claims, 10, 150);
  if (!claims.length) root.append(el("p", {}, w.empty));
};

const drawReport = (report) => {
  const spans = [
    ...report.claims.map((claim) => ({ start: claim.quote[0], end: claim.quote[1], claim })),
    ...core.toponyms(report.toponyms, data.names),
    ...report.skip.map(([start, end]) => ({ start, end, skipped: true })),
  ];
  const focused = new Set();
  const article = el("article", { dir: "auto" });
  if (reports.length > 1) article.append(el("h2", {}, bdi(report.title || report.id), " ", meta(report.published || "")));
  for (const [start, end] of core.paragraphs(report.text)) {
    const line = el("p", {});
    for (const piece of core.cutSpans(start, end, spans)) line.append(drawPiece(report.text.slice(piece.start, piece.end), piece.spans, focused));
    article.append(line);
  }
  return article;
};
const drawText = () => addRows($("text"), reports, drawReport, () => [], 1, 500);
/** The text of a report; in a long list it is filled now. */
const textOf = (r) => {
  const node = $("text").children[r];
  node.fill?.(true);
  return node;
};
/** A run of letters without a blank would cost the browser seconds to break: it is cut into blocks. */
const cutRun = (text) => (/\S{4000}/.test(text) ? text.match(/[^]{1,2000}/gu).map((part) => el("span", { class: "run" }, part)) : [text]);
const drawPiece = (text, spans, focused) => {
  const told = spans.filter((span) => span.claim).map((span) => span.claim);
  const toponym = spans.find((span) => span.toponym)?.toponym;
  const node = el("span", {}, ...cutRun(text));
  if (spans.some((span) => span.skipped)) node.classList.add("skipped");
  if (toponym) {
    node.classList.add("top", toponym.type);
    if (toponym.name) node.title = say("resolved", { name: toponym.name });
  }
  if (!told.length) return node;
  const inner = told.reduce((a, b) => (b.quote[1] - b.quote[0] < a.quote[1] - a.quote[0] ? b : a));
  node.classList.add("ev", `g-${inner.g}`, `c-${inner.cert}`);
  node.dataset.claims = told.map((claim) => claim.id).join(" ");
  if (told.some((claim) => !focused.has(claim.id))) {
    told.forEach((claim) => focused.add(claim.id));
    node.setAttribute("tabindex", "0");
    node.setAttribute("role", "button");
  }
  return node;
};
const where = (claim, ...roles) => roles.map((role) => claim.places.filter((place) => place.role === role).map((place) => place.text).join("; "));
const drawRow = (claim) => {
  const cells = [claim.claimant || w.nobody, w[claim.cert], w[claim.d], claim.forceName || "", ...where(claim, "source", "goal"), where(claim, "area", "via").filter(Boolean).join("; "),
    claim.numbers.join("; "), claim.eventDate || "", claim.claimDate || ""];
  return el("tr", { "data-claim": claim.id }, el("td", { class: "quote", dir: "auto" }, clip(quote(claim), 400)), ...cells.map((text) => el("td", { dir: "auto" }, clip(text, 200))));
};
const drawTable = () => addRows($("rows"), claims, drawRow, (claim) => [claim.id], 40, 70);

const decided = (one) => (one.by ? say("decided", { who: one.by }) : "");
const drawDetail = () => {
  const box = $("detail");
  box.hidden = state.chosen.length !== 1;
  if (box.hidden) return;
  const claim = byId.get(state.chosen[0]);
  const report = reportOf(claim);
  box.className = `g-${claim.g}`;
  $("facts").replaceChildren();
  const row = (name, ...value) => $("facts").append(el("dt", {}, name), el("dd", {}, ...value));
  row(w.claimant, speaker(claim), claim.cue ? meta(" — ", bdi(claim.cue)) : null);
  row(w.certainty, w[claim.cert], claim.reasons.length ? meta(` (${claim.reasons.join("; ")})`) : null);
  row(w.direction, title(claim), claim.mover ? el("span", {}, ": ", bdi(claim.mover)) : null);
  for (const place of claim.places) {
    const notes = [place.name ? say("resolved", { name: place.name }) : "", place.explicit ? "" : w.inferred, place.located ? "" : w.unlocated, decided(place)].filter(Boolean);
    row(w[`role_${place.role}`], bdi(place.text), meta(notes.length ? ` (${notes.join(", ")})` : ""), place.remarks ? el("div", { class: "meta" }, place.remarks) : null);
  }
  if (claim.numbers.length) row(w.numbers, bdi(claim.numbers.join("; ")));
  row(w.event_date, claim.eventDate ? say(`date_${claim.eventKind || "on"}`, { date: claim.eventDate }) : w.no_date);
  row(w.claim_date, claim.claimDate || w.no_date);
  const event = eventOf.get(claim.id);
  if (event) row(w.status, `${title(event)}: ${w[`status_${event.status}`]}`);
  row(w.rules, [...claim.rules, decided(claim)].filter(Boolean).join(", "));
  row(w.source, link(report.url, report.title || report.publisher || report.id), report.published ? `, ${report.published}` : "");
  const list = steps();
  $("steps").hidden = !state.story;
  $("step").textContent = say("step", { n: placeIn(list) + 1, m: list.length });
  $("what").textContent = state.story ? "" : title(claim);
  $("said").textContent = quote(claim);
  $("undrawn").hidden = claim.drawn || claim.kind === "stance";
  $("link").hidden = !linked;
};
const citation = (claim) => {
  const { title, publisher, published, url } = reportOf(claim);
  return `“${quote(claim)}” — ${[claim.claimant || w.nobody, title, publisher, published, url].filter(Boolean).join(", ")}`;
};
const copy = async (pressed, text) => {
  const label = pressed.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without the clipboard's permission (files, frames): the old way, through a field.
    const field = el("textarea", {}, text);
    pressed.parentNode.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  pressed.textContent = w.copied;
  setTimeout(() => { pressed.textContent = label; }, 1500);
};

// --- timeline: moves only when the reader moves it
let playing;
const pause = () => {
  playing = clearInterval(playing);
  $("play").textContent = w.play;
};
const drawTimeline = () => {
  const stops = core.days(claims, state.by);
  const last = stops.length - 1;
  $("timeline").hidden = last < 0;
  for (const id of ["day", "back", "play", "forth"]) $(id).hidden = last < 1;
  const index = state.day ? Math.max(0, stops.filter((day) => day <= state.day).length - 1) : last;
  const n = claims.filter((claim) => core.dateOf(claim, state.by) === stops[index]).length;
  $("until").textContent = say(index ? "until_new" : "until", { date: stops[index], n });
  Object.assign($("day"), { max: last, value: index });
  $("day").setAttribute("aria-valuetext", $("until").textContent);
  $("by").value = state.by;
};
const goTo = (index) => {
  const stops = core.days(claims, state.by);
  const isLast = index >= stops.length - 1;
  state.day = isLast ? "" : stops[Math.max(0, index)];
  if (playing && isLast) pause();
  drawTimeline();
  refresh();
};
const move = (by) => goTo(+$("day").value + by);
const play = () => {
  if (playing) return pause();
  const { value, max } = $("day");
  $("play").textContent = w.pause;
  goTo(value === max ? 0 : +value);
  playing = setInterval(move, 1600, 1);
};
const markNew = (root) => {
  const stops = core.days(claims, state.by);
  const day = state.day || stops.at(-1);
  for (const badge of root.querySelectorAll("[data-new]")) {
    const dates = badge.dataset.new.split(" ").map((id) => core.dateOf(byId.get(id), state.by));
    const n = dates.filter((date) => date === day).length;
    badge.hidden = stops.length < 2 || !n;
    badge.textContent = core.fill(dates.some((date) => date < day) ? w.more_that_day : w.new_that_day, { n, date: day });
  }
};

// --- steps through the text
const steps = () => shownClaims().sort((a, b) => a.r - b.r || a.quote[0] - b.quote[0]);
const placeIn = (list) => list.findIndex((claim) => claim.id === state.chosen[0]);
const step = (by) => {
  const list = steps();
  if (!list.length) return;
  const now = placeIn(list);
  const next = now < 0 ? 0 : Math.max(0, Math.min(list.length - 1, now + by));
  choose([list[next].id], "story");
};
const setStory = (on) => {
  state.story = on;
  $("story").textContent = on ? w.story_end : w.story;
  $("story").setAttribute("aria-pressed", on);
  if (on) step(0);
  else refresh();
};

// --- everything that follows from the state
const builders = new Map([["events", drawEvents], ["text", drawText], ["table", drawTable]]);
/** Fill a tab when it is first wanted: a corpus has more claims than a reader opens. */
const build = (name) => {
  builders.get(name)?.();
  if (builders.delete(name)) refresh();
};
const showTab = (name) => {
  state.tab = name;
  build(name);
  for (const tab of $("tabs").children) {
    const on = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", on);
    tab.tabIndex = on ? 0 : -1;
    $(tab.getAttribute("aria-controls")).hidden = !on;
  }
  save();
};
let [shown, chosen] = [new Set(), new Set()];
/** Show in a part of the page what is shown and what is chosen. */
const decorate = (root) => {
  for (const chunk of root.querySelectorAll(".chunk")) chunk.hidden = chunk.ids.length > 0 && !chunk.ids.some((id) => shown.has(id));
  for (const node of root.querySelectorAll("[data-claims]")) {
    const ids = node.dataset.claims.split(" ");
    const isCard = node.classList.contains("card");
    const off = !ids.some((id) => shown.has(id));
    node.classList.toggle("on", ids.some((id) => chosen.has(id)) && (!isCard || (chosen.size > 1 && chosen.size === ids.length)));
    node.classList.toggle("off", off);
    node.hidden = isCard && off;
  }
  for (const node of root.querySelectorAll("[data-claim]")) {
    node.hidden = !shown.has(node.dataset.claim);
    if (node.tagName === "TR") node.classList.toggle("on", chosen.has(node.dataset.claim));
    else node.setAttribute("aria-pressed", chosen.has(node.dataset.claim));
  }
  markNew(root);
};
const refresh = () => {
  shown = new Set(shownClaims().map((claim) => claim.id));
  state.chosen = state.chosen.filter((id) => shown.has(id));
  chosen = new Set(state.chosen);
  const lit = new Set(state.chosen.flatMap(drawnBy));
  $("stage").classList.toggle("choosing", lit.size > 0);
  for (const mark of marks) {
    mark.shown = !mark.claims.length || mark.claims.some((id) => shown.has(id));
    mark.old = state.day && mark.claims.length && mark.claims.every((id) => core.dateOf(byId.get(id), state.by) < state.day);
    mark.on = mark.claims.some((id) => lit.has(id));
  }
  if (ready) drawMarks();
  decorate(document);
  for (const box of all("[data-off]")) box.checked = !state.off.has(box.dataset.off);
  $("shown").textContent = say("shown", { n: shown.size, m: claims.length });
  drawDetail();
  if (ready) drawLabels();
  save();
};
let [ready, linked] = [false, true];
const save = () => {
  if (!ready) return;
  try {
    history.replaceState(null, "", `#${core.writeHash(state)}`);
  } catch {
    linked = false; // a sandboxed notebook frame has no address of its own
  }
};
const download = (name, type, text) => {
  const url = URL.createObjectURL(new Blob([text], { type }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
};
const saveGeoJSON = () => {
  const features = marks.filter((mark) => mark.shown).map((mark) => ({
    type: "Feature", geometry: core.toGeoJSON(mark, data.scale),
    properties: { kind: mark.k, claims: mark.claims, claimants: mark.g, certainty: mark.cert, label: mark.label, remarks: core.fill(mark.remarks, mark) },
  }));
  download("geomap.geojson", "application/geo+json", JSON.stringify({ type: "FeatureCollection", features }));
};
const saveCSV = () => {
  const head = ["id", "report", "published", "url", "quote", "claimant", "certainty", "direction", "force", "from", "to", "via", "area", "numbers", "event_date", "claim_date", "rules"];
  const rows = shownClaims().map((claim) => {
    const report = reportOf(claim);
    return [claim.id, report.title || report.id, report.published, report.url, quote(claim), claim.claimant, claim.cert, claim.d, claim.force,
      ...where(claim, "source", "goal", "via", "area"), claim.numbers.join("; "), claim.eventDate, claim.claimDate, claim.rules.join("; ")];
  });
  download("geomap.csv", "text/csv", core.csv([head, ...rows]));
};

// --- start
const restore = () => {
  $("search").value = state.q;
  drawTimeline();
  if (state.view) map.setView(state.view.slice(0, 2), state.view[2], { animate: false });
};
const start = () => {
  for (const report of reports) {
    const { publisher, published, url, rejected } = report;
    const facts = [reports.length > 1 && bdi(report.title || report.id), publisher && bdi(publisher), published && say("published", { date: published }),
      url && link(url, clip(url, 90)), rejected && say("rejected", { n: rejected })].filter(Boolean);
    if (facts.length) $("sources").append(el("li", {}, ...facts.flatMap((fact, i) => (i ? [" · ", fact] : [fact]))));
  }
  if (reports.length > 2) $("sources").replaceWith(el("details", {}, el("summary", {}, say("reports", { n: reports.length })), $("sources").cloneNode(true)));
  marks.forEach(measure);
  restore();
  if (!state.view) {
    fitAll();
    fitTo(boundsOf(new Set(state.chosen.flatMap(drawnBy))));
  }
  drawBase();
  if (many) $("stage").append(hidden);
  document.documentElement.classList.toggle("many", many);
  for (const node of all("[data-voices]")) node.textContent = node.dataset.voices in data.voices ? ` (${data.voices[node.dataset.voices]})` : "";
  $("legend-signs").open = innerHeight > 900;
  $("legend").open = innerWidth > 760;
  for (const one of base.disputed) $("disputed").append(el("li", {}, el("b", {}, one.name), `: ${one.note}`));
  $("empty").hidden = claims.length > 0;
  $("empty").querySelector("p").textContent = data.located ? w.empty : `${w.empty} ${w.empty_places}`;
  for (const id of ["tools", "legend", "shown"]) $(id).hidden = !claims.length;
  listen();
  showTab(claims.length ? state.tab : "text");
  refresh();
  live.addTo(map);
  drawMarks();
  drawLabels();
  ready = true;
  if (state.story) setStory(true);
  document.documentElement.dataset.ready = "yes";
};
const listen = () => {
  const isFar = () => $("stage").classList.toggle("far", map.getZoom() < 5);
  map.on("moveend zoomend resize", () => {
    const at = map.getCenter();
    state.view = [at.lat, at.lng, map.getZoom()];
    isFar();
    drawLabels();
    save();
  });
  isFar();
  map.on("click", ({ originalEvent: e }) => {
    const ids = claimsAt(e.clientX, e.clientY);
    if (ids.length) chooserFor(ids, e.clientX, e.clientY, "map");
    else {
      $("chooser").hidden = true;
      if (openPlace(e.clientX, e.clientY)) return;
      if (!state.story) choose([]);
    }
  });
  const isPress = ({ key }) => key === "Enter" || key === " ";
  const chooseAt = (node, ids, origin) => {
    const { left, top, width, height } = node.getBoundingClientRect();
    const shown = ids.filter((id) => isShown(byId.get(id)));
    if (shown.length) chooserFor(shown, left + width / 2, top + height / 2, origin);
  };
  on("map", "keydown", (e) => {
    const index = e.target.dataset?.mark;
    if (index === undefined || !isPress(e)) return;
    e.preventDefault();
    chooseAt(e.target, marks[index].claims, "map");
  });
  const fromText = (e) => {
    const node = e.target.closest?.(".ev:not(.off)");
    if (!node || (e.key && !isPress(e))) return;
    e.preventDefault();
    chooseAt(node, node.dataset.claims.split(" "), "text");
  };
  on("text", "click", fromText);
  on("text", "keydown", fromText);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawMarks);
  on("tabs", "click", (e) => e.target.id && e.target.role !== "tablist" && showTab(e.target.id.slice(4)));
  on("tabs", "keydown", (e) => {
    const tabs = [...$("tabs").children];
    const move = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!move) return;
    const next = tabs[(tabs.indexOf(document.activeElement) + move + tabs.length) % tabs.length];
    showTab(next.id.slice(4));
    next.focus();
    e.stopPropagation();
  });
  let typing = 0;
  on("search", "input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => { state.q = $("search").value.trim(); refresh(); }, 120);
  });
  on("reset", "click", () => {
    state.off.clear();
    Object.assign(state, { q: "", day: "", chosen: [] });
    $("search").value = "";
    if (state.story) setStory(false);
    drawTimeline();
    refresh();
    fitAll();
  });
  for (const box of all("[data-off]")) box.addEventListener("change", () => {
    state.off[box.checked ? "delete" : "add"](box.dataset.off);
    refresh();
  });
  on("day", "input", () => move(0));
  on("by", "change", () => {
    if (playing) pause();
    state.by = $("by").value;
    goTo(Infinity);
  });
  $("fullscreen").hidden = !document.fullscreenEnabled;
  const clicks = {
    back: () => move(-1), forth: () => move(1), play, "step-back": () => step(-1), "step-on": () => step(1), close: () => choose([]),
    unchoose: () => { $("chooser").hidden = true; }, cite: () => copy($("cite"), citation(byId.get(state.chosen[0]))), link: () => copy($("link"), location.href),
    fit: fitAll, story: () => setStory(!state.story), print: () => print(), "save-geojson": saveGeoJSON, "save-csv": saveCSV,
    fullscreen: () => (document.fullscreenElement ? document.exitFullscreen() : $("stage").requestFullscreen()),
    sheet: () => {
      const { dataset } = document.documentElement;
      dataset.sheet = { high: "low", low: "" }[dataset.sheet] ?? "high";
      $("sheet").setAttribute("aria-expanded", dataset.sheet !== "low");
    },
  };
  for (const [id, act] of Object.entries(clicks)) on(id, "click", act);
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") {
      if (!$("chooser").hidden) $("chooser").hidden = true;
      else if (state.story) setStory(false);
      else choose([]);
    }
    const busy = /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName) || e.target.closest?.("#map, #tabs");
    const by = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!state.story || busy || !by) return;
    e.preventDefault();
    step(by);
  });
  let from = null;
  on("detail", "touchstart", (e) => { [from] = e.changedTouches; }, { passive: true });
  on("detail", "touchend", ({ changedTouches: [to] }) => {
    const [dx, dy] = [to.clientX - from.clientX, to.clientY - from.clientY];
    if (state.story && Math.abs(dx) > 50 + 2 * Math.abs(dy)) step(dx < 0 ? 1 : -1);
  }, { passive: true });
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe($("stage"));
  addEventListener("hashchange", () => {
    Object.assign(state, core.readHash(location.hash, byId));
    restore();
    showTab(state.tab);
    refresh();
  });
  const whilePrinting = (on) => {
    if (on && !many) [...builders.keys()].forEach(build);
    document.documentElement.classList.toggle("printing", on);
    map.invalidateSize({ pan: false, animate: false });
    if (on) map.fitBounds(state.chosen.length ? boundsOf(new Set(state.chosen.flatMap(drawnBy))) : data.bounds, { animate: false, padding: [40, 40] });
  };
  addEventListener("beforeprint", () => whilePrinting(true));
  addEventListener("afterprint", () => { whilePrinting(false); });
};
start();
