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
const { w, many } = data;
const [claims, places, events, reports] = [data.claims, data.places, data.events, data.reports].map(core.unpack);
const marks = data.marks.flatMap(core.unpack);
const $ = (id) => document.getElementById(id);
const all = (selector) => document.querySelectorAll(selector);
const root = document.documentElement;
const byId = new Map(claims.map((claim) => [claim.id, claim]));
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const state = core.readHash(location.hash, byId);

/** Make an element of the name space of `made`; strings among the children become text nodes, what is empty is left out. */
const dress = (made, attributes, children) => {
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") made.addEventListener("click", value);
    else if (value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child));
  return made;
};
const el = (tag, attributes = {}, ...children) => dress(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) => dress(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
const put = (id, text) => { $(id).textContent = text; };
const on = (id, event, act, options) => $(id).addEventListener(event, act, options);
const say = (key, values) => core.fill(w[key], values);
const meta = (...children) => el("span", { class: "meta" }, ...children);
/** Text from a report, isolated so that its direction marks cannot reorder what stands around it. */
const bdi = (text) => el("bdi", { dir: "auto" }, text);
const reportOf = (claim) => reports[claim.r];
const quote = (claim) => reportOf(claim).text.slice(...claim.quote);
const clip = (text, n) => (text.length > n ? `${text.slice(0, n - 1)}…` : text);
const said = (claim, n) => el("span", { class: "quote", dir: "auto" }, `“${clip(quote(claim), n)}”`);
const speaker = (claim) => (claim.claimant ? bdi(clip(claim.claimant, 80)) : el("i", {}, w.nobody));
const link = (url, text) => (/^https?:\/\//i.test(url) ? el("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, text) : bdi(text));
const isShown = (claim) => core.isShown(claim, state, haystack);
for (const claim of claims) claim.places = claim.places.map((index) => places[index]);
/** What the search looks through, made when it is first used. */
const haystack = (claim) => (claim.haystack ??= core.fold([quote(claim), claim.claimant, claim.mover, claim.title, ...claim.places.map((place) => `${place.text} ${place.name || ""}`)].join(" ")));
/** A stance is shown by the marks of the claims that it speaks of. */
const drawnBy = (id) => [id, ...byId.get(id).targets];

// --- the map
const map = L.map("map", {
  attributionControl: false, zoomControl: false, zoomSnap: 0.25, minZoom: 1, maxZoom: 14,
  zoomAnimation: !calm, fadeAnimation: !calm, inertia: !calm,
  maxBounds: [[-85, -540], [85, 540]],
});
window.geomap = { map, claims, marks, reports };
L.control.zoom({ zoomInTitle: w.zoom_in, zoomOutTitle: w.zoom_out }).addTo(map);
L.control.scale({ maxWidth: 120 }).addTo(map);
/** A layer of SVG or canvas that `draw` fills. A pan inside its margin moves what is drawn; only beyond is it drawn anew. */
const addLayer = (type, pane, zIndex, padding, draw) => {
  map.createPane(pane).style.zIndex = zIndex;
  const Layer = L[type].extend({
    _update() {
      const [origin, min] = [map.getPixelOrigin(), map.containerPointToLayerPoint([0, 0])];
      const isThere = this._origin?.equals(origin) && this._bounds.contains([min, min.add(map.getSize())]);
      if (isThere && this._zoom === map.getZoom()) return;
      this._origin = origin;
      L[type].prototype._update.call(this);
    },
    _updatePaths() {
      if (!this._postponeUpdatePaths) draw();
    },
  });
  return new Layer({ pane, padding });
};
/** How pixels of the world at zoom 0 become pixels of the map's layers. */
const pixels = () => ({ zoom: map.getZoomScale(map.getZoom(), 0), origin: map.getPixelOrigin() });
/** The base map comes drawn, in thousandths of a degree (geomap/backdrops.py): scale it and put it in its place. */
const placeBase = () => {
  const { zoom, origin } = pixels();
  const scale = (zoom * 256) / 360000;
  $("base").setAttribute("transform", `translate(${128 * zoom - origin.x} ${128 * zoom - origin.y}) scale(${scale})`);
  $("contested").setAttribute("patternTransform", `scale(${1 / scale}) rotate(30)`);
};
const drawBase = () => {
  const still = addLayer("SVG", "base", 200, 0.5, placeBase).addTo(map);
  still._rootGroup.append($("base"));
  placeBase();
  if (!data.tiles) return;
  const { url, subdomains, maxZoom } = data.tiles;
  map.createPane("tiles").style.zIndex = 300;
  L.tileLayer(url, { subdomains, maxZoom, pane: "tiles", opacity: 0.8 }).addTo(map);
};

// --- marks: the core computes their shapes; SVG shows them, or a canvas where there are many
const live = addLayer(many ? "Canvas" : "SVG", "marks", 400, many ? 0.25 : 0.5, () => drawMarks());
const measure = (mark) => {
  mark.lines = (core.isArea(mark) ? mark.geom.flat() : mark.geom).map((flat) => core.project(flat, data.scale));
  mark.spot = mark.x === null ? null : core.project([mark.x, mark.y], data.scale);
  mark.box = core.boxOf(mark.spot ? [mark.spot] : mark.lines, mark.reach);
};
const shapesOf = (mark, px, crowd) => {
  const { min, max } = live._bounds;
  const room = L.bounds(min.subtract([20, 20]), max.add([20, 20]));
  const line = (flat) => core.scaled(flat, px);
  const lines = mark.lines.map((flat) => (core.isArea(mark) ? L.PolyUtil.clipPolygon(line(flat), room) : line(flat)));
  return core.shapes(mark, lines, mark.spot && line(mark.spot)[0], mark.reach * px.zoom, crowd);
};
const patternName = ({ fill, g }) => `url(#${fill}-${g})`;
const addNode = (item, mark, index) => {
  const told = mark.claims.length > 0;
  const names = [mark.label, ...mark.claims.map((id) => byId.get(id).title)].filter(Boolean).join(", ").slice(0, 200);
  const node = svg(item.text ? "text" : "path", {
    class: item.cls, "data-mark": index, "marker-end": !!item.head && `url(#head-${mark.g})`,
    ...(item.key && { role: told ? "button" : "img", "aria-label": names, tabindex: told && marks.length <= 400 && "0" }),
  }, item.text);
  node.style.setProperty("--pattern", patternName(mark));
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
      for (const name of ["on", "old"]) node.classList.toggle(name, mark[name]);
      node.style.display = mark.shown ? "" : "none";
    });
  });
};

// --- the canvas: it takes its looks from the style sheet, through a path that nobody sees
const probe = $("probe").firstChild;
const looks = new Map();
const lookOf = (cls, mark) => {
  if (looks.has(cls)) return looks.get(cls);
  probe.setAttribute("class", cls);
  probe.style.setProperty("--pattern", patternName(mark));
  const css = getComputedStyle(probe);
  const pattern = /#(.+)"/.exec(css.fill);
  const look = { ...core.readStyle(css), fill: pattern ? patternOf($(pattern[1])) : css.fill };
  looks.set(cls, look);
  return look;
};
const patternOf = (pattern) => {
  const [size, path] = [pattern.width.baseVal.value, pattern.firstElementChild];
  const ink = el("canvas", { width: 2 * size, height: 2 * size }).getContext("2d");
  const { stroke, width } = core.readStyle(getComputedStyle(path));
  Object.assign(ink, { strokeStyle: stroke, lineWidth: width });
  ink.scale(2, 2);
  ink.stroke(new Path2D(path.getAttribute("d")));
  const made = ink.createPattern(ink.canvas, "repeat");
  const { turn, x, y } = pattern.dataset;
  made.setTransform(new DOMMatrix().rotate(+turn).translate(+x, +y).scale(0.5));
  return made;
};
/** Of the canvas: the marks in view, those that have a label, and places, gathered where they stand close. */
let [seen, inView, heaps] = [[], marks, []];
const paint = (px) => {
  const { _ctx: ctx, _bounds: { min, max } } = live;
  ctx.clearRect(min.x, min.y, max.x - min.x, max.y - min.y);
  seen = marks.filter((mark) => mark.shown && core.meets(mark.box, min, max, px));
  const told = seen.filter((mark) => mark.claims.length);
  const crowd = told.length > 600;
  heaps = core.heap(seen.filter((mark) => !mark.claims.length), px, map.getZoom() < 9 ? 48 : 1);
  inView = [...told.filter((mark) => mark.on || !crowd), ...heaps.filter((one) => one.n === 1).map((one) => one.mark)];
  paintAlike(ctx, heaps.map((one) => [core.disc(one.n > 1 ? "glyph heap" : "glyph k-mention", one, one.r), one.mark]));
  for (const { n: text, x, y, mark } of heaps) if (text > 1) paintText(ctx, { text, x, y: y + 4 }, lookOf("heap", mark).stroke, 11);
  told.sort((a, b) => a.on - b.on); // what is chosen lies on top
  for (const mark of told) mark.items = shapesOf(mark, px, crowd && !mark.on);
  const pairs = told.flatMap((mark) => mark.items.map((item) => [item, mark]));
  if (crowd) paintAlike(ctx, pairs.filter(([, mark]) => !mark.on), 0.3);
  for (const [item, mark] of pairs) if (!crowd || mark.on) paintItems(ctx, [item], mark);
};
const nameLook = ([item, mark]) => `${item.cls}${mark.on ? " on" : ""}${mark.old ? " old" : ""}`;
/** Of many items, paint at once what looks the same. */
const paintAlike = (ctx, pairs, thin) => {
  for (const same of Map.groupBy(pairs, nameLook).values()) paintItems(ctx, same.map(([item]) => item), same[0][1], thin);
};
const paintItems = (ctx, items, mark, thin = 1) => {
  const look = lookOf(nameLook([items[0], mark]), mark);
  if (items[0].text) return items.forEach((item) => paintText(ctx, item, look.fill, 13));
  const path = new Path2D(items.map(({ d }) => d).join(""));
  const heads = items.map(({ head }) => (head ? core.head(head, 1.4 * thin) : "")).join("");
  Object.assign(ctx, { fillStyle: look.fill, strokeStyle: look.stroke, lineWidth: look.width * thin });
  ctx.setLineDash(look.dash);
  ctx.globalAlpha = look.opacity * look.fillOpacity;
  if (look.fill !== "none") ctx.fill(path);
  ctx.globalAlpha = look.opacity * look.strokeOpacity;
  if (look.stroke !== "none") ctx.stroke(path);
  Object.assign(ctx, { globalAlpha: look.opacity, fillStyle: look.stroke });
  if (heads) ctx.fill(new Path2D(heads));
};
const paintText = (ctx, { text, x, y }, fillStyle, size) => {
  Object.assign(ctx, { globalAlpha: 1, fillStyle, font: `700 ${size}px system-ui, sans-serif`, textAlign: "center" });
  ctx.fillText(text, x, y);
};
/** The marks under a point of the window, the uppermost first. */
const marksAt = (x, y) => {
  if (!many) return document.elementsFromPoint(x, y).filter((node) => node.dataset.mark).map((node) => marks[node.dataset.mark]);
  const { _ctx: ctx, _container: canvas } = live;
  const box = canvas.getBoundingClientRect();
  const scale = canvas.width / box.width;
  const at = [(x - box.x) * scale, (y - box.y) * scale];
  ctx.setLineDash([]);
  ctx.lineWidth = 9;
  const hits = (item) => {
    item.path ??= new Path2D(item.d);
    return ctx.isPointInStroke(item.path, ...at) || ctx.isPointInPath(item.path, ...at);
  };
  return seen.filter((mark) => mark.items?.some(hits)).reverse();
};

// --- labels: drawn anew after every move, the important ones first
map.createPane("labels").style.zIndex = 590;
map.getPane("labels").append($("labels"));
/** Kinds of labels: how far below its place a name stands. */
const BELOW = { arc: -9, mention: 16, point: 21, country: 4, capital: 14, "contested-name": 4 };
const MOST_LABELS = 400;
const wanted = () => {
  const zoom = map.getZoom();
  const named = inView.filter((mark) => mark.shown && mark.k in BELOW);
  // Where there are too many to try, those of which most is told.
  if (named.length > MOST_LABELS) named.sort((a, b) => b.claims.length - a.claims.length).splice(MOST_LABELS);
  const turned = (lon) => lon + 360 * Math.round((map.getCenter().lng - lon) / 360);
  const list = named.map((mark) => [mark.x * data.scale, mark.y * data.scale, mark.label, mark.k]);
  for (const [lon, lat, text, kind, from] of data.labels) if (zoom >= from) list.push([turned(lon), lat, text, kind]);
  return list.filter(([, , text]) => text);
};
const ruler = document.createElement("canvas").getContext("2d");
const boxOf = ([lon, lat, name, kind]) => {
  const at = map.latLngToLayerPoint([lat, lon]);
  const text = clip(name, 40);
  const wide = kind === "country" ? 1.12 : 1;
  ruler.font = `600 ${kind === "point" ? 12.5 : 11.5}px system-ui, sans-serif`;
  const half = (ruler.measureText(wide > 1 ? text.toUpperCase() : text).width * wide) / 2 + 4;
  const y = at.y + BELOW[kind];
  return { x0: at.x - half, x1: at.x + half, y0: y - (kind === "capital" ? 24 : 12), y1: y + 4, at, y, kind, text };
};
const drawLabels = () => {
  const corner = map.containerPointToLayerPoint([0, 0]);
  const view = L.bounds(corner, corner.add(map.getSize()));
  const stage = $("stage").getBoundingClientRect();
  const taken = [...all("#corner, #timeline, #credits, #empty, .leaflet-control")].map((control) => {
    const { left, right, top, bottom } = control.getBoundingClientRect();
    const [x, y] = [corner.x - stage.left, corner.y - stage.top];
    return { x0: left + x, x1: right + x, y0: top + y, y1: bottom + y };
  });
  const names = new Set();
  const boxes = wanted().map(boxOf).filter(({ x0, x1, y0, y1, text }) =>
    view.contains([[x0, y0], [x1, y1]]) && !names.has(text) && names.add(text));
  $("labels").replaceChildren(...core.placeBoxes([...taken, ...boxes]).flatMap(({ at, y, kind, text }) => {
    if (!text) return [];
    const name = svg("text", { x: at.x, y, class: kind }, text);
    return kind === "capital" ? [name, svg("circle", { cx: at.x, cy: at.y, r: 2.2 })] : [name];
  }));
};

/** The rectangle round the marks of some claims. */
const boundsOf = (ids) => {
  const drawn = new Set(ids.flatMap(drawnBy));
  const corners = marks.filter((mark) => mark.claims.some((id) => drawn.has(id))).flatMap(({ box: [x0, y0, x1, y1] }) => [[x0, y0], [x1, y1]]);
  return L.latLngBounds(corners.map((corner) => map.unproject(corner, 0)));
};
const fitTo = (bounds) => {
  if (!bounds.isValid()) return;
  const [x, y] = map.getSize().x < 500 ? [24, 50 + $("timeline").offsetHeight] : [60, 90];
  map.fitBounds(bounds, { paddingTopLeft: [x, 40], paddingBottomRight: [x, y], maxZoom: 9, animate: ready && !calm });
};
const fitAll = () => fitTo(L.latLngBounds(data.bounds));

/** Choose claims; `why` says what the reader used, so that only the other views move. */
const choose = (ids, why = "") => {
  state.chosen = ids;
  closeChooser();
  refresh();
  if (!ids.length) return;
  if (why !== "map") fitTo(boundsOf(ids));
  if (why === "map" || why === "story") showTab("text");
  if (why === "text") return;
  if (!builders.has("text")) textOf(byId.get(ids[0]).r);
  scrollTo($("text").querySelector(".ev.on"));
};
const scrollTo = (node) => {
  if (!node) return;
  const panel = $("panel");
  const room = panel.clientHeight - $("detail").offsetHeight;
  const top = node.getBoundingClientRect().top - panel.getBoundingClientRect().top;
  panel.scrollTo({ top: panel.scrollTop + top - Math.max(60, room * 0.35), behavior: calm ? "auto" : "smooth" });
};
const MOST_CHOICES = 40;
/** Choose the claim of some that is shown, or open the chooser at a point of the window; tells how many are shown. */
const chooseAmong = (ids, x, y, why) => {
  const told = ids.filter((id) => shown.has(id));
  if (told.length === 1) choose(told, why);
  if (told.length < 2) return told.length;
  const rows = told.slice(0, MOST_CHOICES).map((id) => claimButton(byId.get(id), why));
  $("choices").replaceChildren(...rows, told.length > MOST_CHOICES ? meta(`${MOST_CHOICES} / ${told.length}`) : "");
  const [box, stage] = [$("chooser"), $("stage").getBoundingClientRect()];
  box.hidden = false;
  box.style.left = `min(${x - stage.left}px, 100% - ${box.offsetWidth + 6}px)`;
  box.style.top = `min(${y - stage.top + 8}px, 100% - ${box.offsetHeight + 6}px)`;
  box.querySelector(".claim").focus();
  return told.length;
};
/** Open a place that is only mentioned: go into a heap, or to the first words that mention it. */
const openPlace = (x, y) => {
  const at = map.mouseEventToLayerPoint({ clientX: x, clientY: y });
  const heap = heaps.find((one) => at.distanceTo(one) < one.r + 3);
  const mark = heap?.mark || marksAt(x, y)[0];
  if (heap?.n > 1) map.setView(map.layerPointToLatLng(heap), Math.min(14, map.getZoom() + 2));
  else if (mark?.in.length) {
    showTab("text");
    const name = say("resolved", { name: mark.label });
    scrollTo([...textOf(mark.in[0]).querySelectorAll(".top")].find((node) => node.title === name));
  }
  return heap || mark;
};

// --- the panel
const swatch = (g, cert, width = 34) =>
  svg("svg", { width, height: 12, "aria-hidden": "true", class: `g-${g}` }, svg("path", { d: `M1 6H${width - 1}`, class: `mark line c-${cert}` }));
const claimButton = (claim, why = "events") => {
  const undrawn = !claim.drawn && claim.kind !== "stance";
  return el("button", { class: "claim", "data-claim": claim.id, onclick: () => choose([claim.id], why) },
    swatch(claim.g, claim.cert),
    el("span", {}, meta(speaker(claim), ` · ${w[claim.cert]}`, claim.claimDate && ` · ${claim.claimDate}`), el("br"), said(claim, 220),
      undrawn && el("div", { class: "meta" }, w.not_drawn)));
};
const drawSide = ({ label, first }) => {
  const rows = first.map((id) => byId.get(id)).map((claim) =>
    el("p", { class: `g-${claim.g}` }, swatch(claim.g, claim.cert, 26), " ", el("b", {}, speaker(claim)), claim.claimDate && ` (${claim.claimDate})`, ": ", said(claim, 110)));
  return el("div", {}, el("h4", { class: "meta" }, label), ...rows);
};
const card = ({ title, claims: ids, facts }, ...rows) =>
  el("div", { role: "group", class: "card", "aria-label": title, "data-claims": ids.join(" ") },
    el("header", {}, el("h3", {}, title), facts && meta(facts), el("span", { class: "badge", hidden: true, "data-new": ids.join(" ") }),
      el("button", { "aria-label": `${w.show_on_map}: ${title}`, onclick: () => choose(ids, "events") }, w.show_on_map)), ...rows);
/** Put rows into a list. A long one holds only what is near the view: chunks are filled when they come and emptied when they go. */
const addRows = (list, rows, draw, idsOf, size, height) => {
  if (rows.length <= 200) return list.append(...rows.map(draw));
  const table = list.closest("table");
  for (let i = 0; i < rows.length; i += size) {
    const own = rows.slice(i, i + size);
    const blank = table ? el("tr", {}, el("td", { colspan: 12 })) : el("div");
    const chunk = Object.assign(el(table ? "tbody" : "div", { class: "chunk" }), {
      ids: own.flatMap(idsOf),
      fill(wanted) {
        if (wanted === chunk.full || (!wanted && chunk.contains(document.activeElement))) return;
        blank.style.height = `${(chunk.full && chunk.offsetHeight) || height * own.length}px`;
        chunk.full = wanted;
        chunk.replaceChildren(...(wanted ? own.map(draw) : [blank]));
        if (wanted) decorate(chunk);
      },
    });
    chunk.fill(false);
    (table || list).append(chunk);
    nearby.observe(chunk);
  }
};
const nearby = new IntersectionObserver((seen) => seen.forEach(({ target, isIntersecting }) => target.fill(isIntersecting)), { root: $("panel"), rootMargin: "1000px" });
const drawEvents = () => {
  const list = $("events");
  if (data.contrasts.length) list.append(el("h2", {}, w.contradictions));
  for (const one of data.contrasts) list.append(card(one, el("div", { class: "sides" }, ...one.sides.map(drawSide))));
  list.append(claims.length ? el("h2", {}, w.events) : el("p", {}, w.empty));
  const drawEvent = (event) => {
    const made = card(event);
    addRows(made, event.claims, (id) => claimButton(byId.get(id)), (id) => [id], 20, 60);
    return made;
  };
  addRows(list, events, drawEvent, (event) => event.claims, 10, 150);
};

const drawReport = (report) => el("article", { dir: "auto" },
  reports.length > 1 && el("h2", {}, bdi(report.title || report.id), " ", meta(report.published)),
  ...report.paragraphs.map((pieces) => el("p", {}, ...pieces.map((piece) => drawPiece(report.text, piece)))));
const drawText = () => addRows($("text"), reports, drawReport, () => [], 1, 500);
/** The text of a report; in a long list it is filled now. */
const textOf = (r) => {
  const node = $("text").children[r];
  node.fill?.(true);
  return node;
};
/** A run of letters without a blank would cost the browser seconds to break: it is cut into blocks. */
const cutRun = (text) => (/\S{4000}/.test(text) ? text.match(/[^]{1,2000}/gu).map((part) => el("span", { class: "run" }, part)) : [text]);
const drawPiece = (text, [start, end, cls = "", name = -1, told = [], isFirst = 0]) =>
  el("span", {
    class: cls, title: name >= 0 && say("resolved", { name: data.names[name] }), "data-claims": told.length > 0 && told.join(" "),
    ...(isFirst && { role: "button", tabindex: 0 }),
  }, ...cutRun(text.slice(start, end)));
/** A claim as cells, for the table and the download; `name` puts the codes into words. */
const cellsOf = (claim, name) => {
  const where = (role) => claim.places.filter((place) => place.role === role).map((place) => place.text).join("; ");
  return [quote(claim), claim.claimant, name(claim.cert), name(claim.d), name(claim.force), ...["source", "goal", "area", "via"].map(where),
    claim.numbers.join("; "), claim.eventDate, claim.claimDate];
};
const drawRow = (claim) => {
  const name = (code) => (code === claim.force ? claim.forceName : w[code]);
  return el("tr", { "data-claim": claim.id }, ...cellsOf(claim, name).map((text) => el("td", { dir: "auto" }, clip(text || "", 400))));
};
const drawTable = () => addRows($("rows"), claims, drawRow, (claim) => [claim.id], 40, 70);

const drawDetail = () => {
  const box = $("detail");
  box.hidden = state.chosen.length !== 1;
  if (box.hidden) return;
  const claim = byId.get(state.chosen[0]);
  const report = reportOf(claim);
  box.className = `g-${claim.g}`;
  const row = (name, ...told) => [el("dt", {}, w[name]), el("dd", {}, ...told)];
  const facts = claim.facts.flatMap(([name, text, note, remarks]) =>
    row(name, bdi(text), note && meta(" (", bdi(note), ")"), remarks && el("div", { class: "meta" }, remarks)));
  $("facts").replaceChildren(...facts,
    ...row("source", link(report.url, report.title || report.publisher || report.id), report.published && `, ${report.published}`));
  const list = steps();
  $("steps").hidden = !state.story;
  put("step", say("step", { n: placeIn(list) + 1, m: list.length }));
  put("what", state.story ? "" : claim.title);
  put("said", quote(claim));
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
    // Frames may lack the permission: the old way, through a field.
    const field = el("textarea", {}, text);
    pressed.after(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  pressed.textContent = w.copied;
  setTimeout(() => { pressed.textContent = label; }, 1500);
};

// --- timeline: moves only when the reader moves it
const stopsOf = () => core.days(claims, state.by);
let playing;
const pause = () => {
  playing = clearInterval(playing);
  put("play", w.play);
};
const drawTimeline = () => {
  const stops = stopsOf();
  const last = stops.length - 1;
  $("timeline").hidden = last < 0;
  for (const id of ["day", "back", "play", "forth"]) $(id).hidden = last < 1;
  const index = state.day ? Math.max(0, stops.findLastIndex((day) => day <= state.day)) : last;
  const n = claims.filter((claim) => core.dateOf(claim, state.by) === stops[index]).length;
  put("until", say(index ? "until_new" : "until", { date: stops[index], n }));
  Object.assign($("day"), { max: last, value: index, ariaValueText: $("until").textContent });
  $("by").value = state.by;
};
const goTo = (index) => {
  const stops = stopsOf();
  state.day = stops[Math.max(0, index)];
  if (index >= stops.length - 1) {
    state.day = "";
    pause();
  }
  drawTimeline();
  refresh();
};
const move = (by) => goTo(+$("day").value + by);
const play = () => {
  if (playing) return pause();
  const { value, max } = $("day");
  put("play", w.pause);
  playing = setInterval(move, 1600, 1);
  goTo(value === max ? 0 : +value);
};
const markNew = (part) => {
  const stops = stopsOf();
  const day = state.day || stops.at(-1);
  for (const badge of part.querySelectorAll("[data-new]")) {
    const dates = badge.dataset.new.split(" ").map((id) => core.dateOf(byId.get(id), state.by));
    const n = dates.filter((date) => date === day).length;
    badge.hidden = stops.length < 2 || !n;
    badge.textContent = say(dates.some((date) => date < day) ? "more_that_day" : "new_that_day", { n, date: day });
  }
};

// --- steps through the text
const steps = () => claims.filter(isShown).sort((a, b) => a.r - b.r || a.quote[0] - b.quote[0]);
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
  put("story", on ? w.story_end : w.story);
  $("story").ariaPressed = on;
  if (on) step(0);
  else refresh();
};

// --- everything that follows from the state
const builders = new Map([["events", drawEvents], ["text", drawText], ["table", drawTable]]);
/** Fill a tab when it is first wanted: a corpus has more claims than a reader opens. */
const build = (name) => {
  builders.get(name)?.();
  if (builders.delete(name)) decorate($(name));
};
const showTab = (name) => {
  state.tab = name;
  build(name);
  for (const tab of $("tabs").children) {
    const on = tab.id === `tab-${name}`;
    tab.ariaSelected = on;
    tab.tabIndex = on ? 0 : -1;
    $(tab.id.slice(4)).hidden = !on;
  }
  save();
};
let [shown, chosen] = [new Set(), new Set()];
/** Show in a part of the page what is shown and what is chosen. */
const decorate = (part) => {
  for (const chunk of part.querySelectorAll(".chunk")) chunk.hidden = chunk.ids.length > 0 && !chunk.ids.some((id) => shown.has(id));
  for (const node of part.querySelectorAll("[data-claims], [data-claim]")) {
    const ids = (node.dataset.claims ?? node.dataset.claim).split(" ");
    const isOff = !ids.some((id) => shown.has(id));
    // A card stands for all its claims together; a passage is on when one of its claims is.
    const isWhole = !node.classList.contains("card") || (chosen.size > 1 && chosen.size === ids.length);
    node.classList.toggle("on", isWhole && ids.some((id) => chosen.has(id)));
    node.classList.toggle("off", isOff);
    node.hidden = isOff && node.tagName !== "SPAN";
    if (node.tagName === "BUTTON") node.ariaPressed = node.classList.contains("on");
  }
  markNew(part);
};
/** Tell which claims and marks are shown, and which are chosen. */
const sift = () => {
  looks.clear();
  shown = new Set(claims.filter(isShown).map((claim) => claim.id));
  state.chosen = state.chosen.filter((id) => shown.has(id));
  chosen = new Set(state.chosen);
  const lit = new Set(state.chosen.flatMap(drawnBy));
  $("stage").classList.toggle("choosing", lit.size > 0);
  for (const mark of marks) {
    const isTold = mark.claims.length > 0;
    mark.shown = !isTold || mark.claims.some((id) => shown.has(id));
    mark.old = isTold && state.day && mark.claims.every((id) => core.dateOf(byId.get(id), state.by) < state.day);
    mark.on = mark.claims.some((id) => lit.has(id));
  }
};
const refresh = () => {
  sift();
  drawMarks();
  tell();
};
const tell = () => {
  decorate(document);
  for (const box of all("[data-off]")) box.checked = !state.off.has(box.dataset.off);
  put("shown", say("shown", { n: shown.size, m: claims.length }));
  drawDetail();
  drawLabels();
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
  const features = marks.filter((mark) => mark.shown).map((mark) => {
    const { k: kind, claims, g: claimants, cert: certainty, label } = mark;
    const properties = { kind, claims, claimants, certainty, label, remarks: core.fill(mark.remarks, mark) };
    return { type: "Feature", geometry: core.toGeoJSON(mark, data.scale), properties };
  });
  download("geomap.geojson", "application/geo+json", JSON.stringify({ type: "FeatureCollection", features }));
};
const saveCSV = () => {
  const head = "quote claimant certainty direction force from to area via numbers event_date claim_date id report published url rules".split(" ");
  const rows = claims.filter(isShown).map((claim) => {
    const { id, title, published, url } = reportOf(claim);
    return [...cellsOf(claim, (code) => code), claim.id, title || id, published, url, claim.rules.join("; ")];
  });
  download("geomap.csv", "text/csv", core.csv([head, ...rows]));
};

// --- start
const restore = () => {
  if (state.view) map.setView(state.view.slice(0, 2), state.view[2], { animate: false });
};
const fillControls = () => {
  $("search").value = state.q;
  drawTimeline();
  showTab(claims.length ? state.tab : "text");
};
/** The map comes first; all that can wait is made when it has been seen. */
const start = () => {
  marks.forEach(measure);
  drawTimeline();
  restore();
  if (!state.view) {
    fitAll();
    fitTo(boundsOf(state.chosen));
  }
  // The far world waits, unless it is in view.
  $("far").toggleAttribute("hidden", L.latLngBounds(data.near).contains(map.getBounds()));
  drawBase();
  markFar();
  live.addTo(map);
  sift();
  drawMarks();
  drawLabels();
  root.dataset.drawn = "yes";
  setTimeout(finish, 200); // meanwhile the browser has all cores to draw with
};
const finish = () => {
  $("far").removeAttribute("hidden");
  dress($("sources"), {}, reports.map(({ facts }) => facts.length && el("li", {}, ...facts.map(([text, url]) => link(url, text)))));
  for (const node of all("[data-voices]")) node.textContent = data.voices[node.dataset.voices] ?? "";
  $("legend-signs").open = innerHeight > 900;
  $("legend").open = innerWidth > 760;
  $("fullscreen").hidden = !document.fullscreenEnabled;
  listen();
  fillControls();
  tell();
  ready = true;
  if (state.story) setStory(true);
  root.dataset.ready = "yes";
};
/** From afar the lines of provinces are not drawn. */
const markFar = () => $("stage").classList.toggle("far", map.getZoom() < 5);
const closeChooser = () => { $("chooser").hidden = true; };
const showAll = () => {
  Object.assign(state, { off: new Set(), q: "", day: "", chosen: [], story: false });
  setStory(false);
  fillControls();
  fitAll();
};
const turnSheet = () => {
  root.dataset.sheet = { high: "low", low: "" }[root.dataset.sheet] ?? "high";
  $("sheet").ariaExpanded = root.dataset.sheet !== "low";
};
/** What the buttons do, by their ids. */
const clicks = {
  back: () => move(-1), forth: () => move(1), play, "step-back": () => step(-1), "step-on": () => step(1), close: () => choose([]),
  unchoose: closeChooser, cite: () => copy($("cite"), citation(byId.get(state.chosen[0]))), link: () => copy($("link"), location.href),
  fit: fitAll, story: () => setStory(!state.story), print: () => print(), "save-geojson": saveGeoJSON, "save-csv": saveCSV, reset: showAll, sheet: turnSheet,
  fullscreen: () => (document.fullscreenElement ? document.exitFullscreen() : $("stage").requestFullscreen()),
};
/** Open a mark or a passage, by pointer or key. */
const openNode = (event, node) => {
  const { left, top, width, height } = node.getBoundingClientRect();
  const { mark, claims: told } = node.dataset;
  event.preventDefault();
  chooseAmong(mark ? marks[mark].claims : told.split(" "), left + width / 2, top + height / 2, mark ? "map" : "text");
};
const pressKey = (e) => {
  const node = e.target.closest?.(".ev:not(.off), [data-mark]");
  if (node && (e.key === "Enter" || e.key === " ")) return openNode(e, node);
  if (e.key === "Escape") {
    if (!$("chooser").hidden) closeChooser();
    else if (state.story) setStory(false);
    else choose([]);
  }
  const by = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
  if (!by) return;
  if (e.target.role === "tab") {
    const tabs = [...$("tabs").children];
    const next = tabs.at((tabs.indexOf(e.target) + by) % tabs.length);
    showTab(next.id.slice(4));
    next.focus();
  } else if (state.story && !e.target.closest?.("input, select, #map")) {
    e.preventDefault();
    step(by);
  }
};
const listen = () => {
  map.on("moveend", () => {
    const at = map.getCenter();
    state.view = [at.lat, at.lng, map.getZoom()];
    markFar();
    drawLabels();
    save();
  });
  map.on("click", ({ originalEvent: { clientX: x, clientY: y } }) => {
    const ids = new Set(marksAt(x, y).flatMap((mark) => mark.claims));
    if (chooseAmong([...ids], x, y, "map")) return;
    closeChooser();
    if (!openPlace(x, y) && !state.story) choose([]);
  });
  document.addEventListener("keydown", pressKey);
  document.addEventListener("click", (e) => {
    const passage = e.target.closest(".ev:not(.off)");
    if (passage) return openNode(e, passage);
    const { id, role } = e.target.closest("button") || {};
    if (role === "tab") showTab(id.slice(4));
    else if (id in clicks) clicks[id]();
  });
  let typing = 0;
  on("search", "input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => { state.q = $("search").value.trim(); refresh(); }, 120);
  });
  on("legend", "change", ({ target: { checked, dataset } }) => {
    state.off[checked ? "delete" : "add"](dataset.off);
    refresh();
  });
  on("day", "input", () => move(0));
  on("by", "change", () => {
    pause();
    state.by = $("by").value;
    goTo(Infinity);
  });
  let from = null;
  on("detail", "touchstart", (e) => { [from] = e.changedTouches; }, { passive: true });
  on("detail", "touchend", ({ changedTouches: [to] }) => {
    const [dx, dy] = [to.clientX - from.clientX, to.clientY - from.clientY];
    if (state.story && Math.abs(dx) > 50 + 2 * Math.abs(dy)) step(dx < 0 ? 1 : -1);
  }, { passive: true });
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe($("stage"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refresh);
  addEventListener("hashchange", () => {
    Object.assign(state, core.readHash(location.hash, byId));
    restore();
    fillControls();
    refresh();
  });
  const whilePrinting = (on) => {
    if (on && !many) [...builders.keys()].forEach(build);
    root.classList.toggle("printing", on);
    looks.clear();
    map.invalidateSize({ pan: false });
    if (on) map.fitBounds(state.chosen.length ? boundsOf(state.chosen) : data.bounds, { animate: false, padding: [40, 40] });
  };
  addEventListener("beforeprint", () => whilePrinting(true));
  addEventListener("afterprint", () => whilePrinting(false));
};
start();
