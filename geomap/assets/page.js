// The page. Text from reports reaches it as JSON and leaves it as textContent, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const { w, claims, marks, base } = data;
const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const byId = new Map(claims.map((claim) => [claim.id, claim]));
const eventOf = new Map(data.events.flatMap((event) => event.claims.map((id) => [id, event])));
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
/** Text from a report, isolated so that its direction marks cannot reorder what stands around it. */
const bdi = (text) => el("bdi", { dir: "auto" }, text);
const button = (label, act, more = {}) => el("button", { type: "button", onclick: act, ...more }, label);
const reportOf = (claim) => data.reports[claim.r];
const quote = (claim) => reportOf(claim).text.slice(claim.quote[0], claim.quote[1]);
const clip = (text, n) => (text.length > n ? `${text.slice(0, n - 1)}…` : text);
const speaker = (claim) => (claim.claimant ? bdi(clip(claim.claimant, 80)) : el("i", {}, w.nobody));
const title = (claim) => `${w[claim.d]}${claim.forceName ? ` · ${claim.forceName}` : ""}`;
const link = (url, text) => (/^https?:\/\//i.test(url || "") ? el("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, text) : bdi(text));
const shownClaims = () => claims.filter((claim) => core.isShown(claim, state));
for (const claim of claims) {
  const places = claim.places.map((place) => `${place.text} ${place.name || ""}`);
  claim.haystack = core.fold([quote(claim), claim.claimant, claim.mover, claim.forceName, w[claim.d], ...places].join(" "));
}
/** A stance is shown by the marks of the claims that it speaks of. */
const drawnBy = (id) => [id, ...byId.get(id).targets];

// --- the map
const map = L.map("map", {
  attributionControl: false, zoomControl: false, zoomSnap: 0.25, minZoom: 1, maxZoom: 14,
  zoomAnimation: !calm, fadeAnimation: !calm, markerZoomAnimation: !calm, inertia: !calm,
  maxBounds: [[-85, -540], [85, 540]],
});
window.geomap = { map };
L.control.zoom({ position: "topleft", zoomInTitle: w.zoom_in, zoomOutTitle: w.zoom_out }).addTo(map);
L.control.scale({ position: "bottomleft", maxWidth: 120 }).addTo(map);
const pane = (name, z) => {
  map.createPane(name).style.zIndex = z;
  return L.svg({ pane: name, padding: 0.5 });
};
const still = pane("base", 200);
const live = pane("marks", 400);
map.createPane("labels").style.zIndex = 600;
map.getPane("labels").classList.add("leaflet-zoom-hide", "labels");

const drawBase = () => {
  if (data.tiles) {
    const { url, subdomains, maxZoom } = data.tiles;
    map.createPane("tiles").style.zIndex = 300;
    L.tileLayer(url, { subdomains, maxZoom, pane: "tiles", opacity: 0.8 }).addTo(map);
  }
  const flat = { renderer: still, interactive: false, smoothFactor: 0.6 };
  const draw = (type, parts, scale, className, turn) => L[type](core.decodeAll(parts, scale, turn), { ...flat, className }).addTo(map);
  const [far, near] = base.levels;
  const drawLevel = ({ land, provinces, coasts, borders, scale }, turn) => {
    draw("polygon", land, scale, "land", turn);
    draw("polyline", provinces, scale, "province", turn);
    draw("polyline", coasts, scale, "coast", turn);
    draw("polyline", borders, scale, "border", turn);
  };
  // The far world comes three times, so that none is missing beyond the antimeridian.
  for (const turn of TURNS) drawLevel(far, turn);
  const [west, south, east, north] = base.near;
  L.rectangle([[south, west], [north, east]], { ...flat, className: "sea" }).addTo(map);
  drawLevel(near, 0);
  for (const one of base.disputed) for (const turn of TURNS) draw("polygon", one.geom, base.scale, "contested", turn);
};
const TURNS = [-360, 0, 360];

const look = (mark, ...more) => ["mark", `k-${mark.k}`, `g-${mark.g || "none"}`, `c-${mark.cert}`, `f-${mark.fill}`, ...more].join(" ");
const STUB = { "short-arrow": [0, 40], ticks: [-34, -9], "open-end": [0, 78] };

/** A line of fixed length in pixels, since its length in kilometres would mean nothing. */
const Stub = L.Polyline.extend({
  _updatePath() {
    const [a, b] = this.getLatLngs();
    const [from, to] = [map.project(a, 12), map.project(b, 12)];
    const length = from.distanceTo(to) || 1;
    const unit = to.subtract(from).divideBy(length);
    const [near, far] = STUB[this.options.kind];
    // Converging ticks end at their second point, all others leave from their first.
    const aside = L.point(-unit.y, unit.x).multiplyBy(this.options.aside);
    const anchor = map.latLngToLayerPoint(near < 0 ? b : a).add(aside);
    this._parts = [[anchor.add(unit.multiplyBy(near)), anchor.add(unit.multiplyBy(far))]];
    L.Polyline.prototype._updatePath.call(this);
    this.fire("moved", { tip: this._parts[0][1] });
  },
});
/** A line moved sideways by some pixels; parallel claims stay apart at every zoom. */
const Beside = L.Polyline.extend({
  _updatePath() {
    const d = this.options.aside;
    if (d) this._parts = this._parts.map((part) => core.shift(part, d).map((p) => L.point(p.x, p.y)));
    L.Polyline.prototype._updatePath.call(this);
  },
});

const layersOf = marks.map(() => []);
/** Put a layer on the map, known by the number of its mark; one layer of each mark takes the keyboard's focus. */
const put = (layer, index, focus) => {
  layersOf[index].push(layer);
  layer.addTo(map);
  const path = layer.getElement();
  const mark = marks[index];
  path.dataset.mark = index;
  if (!layer.options.interactive) return layer;
  if (mark.fill === "hatch" || mark.fill === "plus") path.style.setProperty("--pattern", `url(#${mark.fill}-${mark.g})`);
  path.setAttribute("aria-label", [mark.label, ...mark.claims.map((id) => title(byId.get(id)))].filter(Boolean).join(", ").slice(0, 200));
  path.setAttribute("role", mark.claims.length ? "button" : "img");
  if (focus && mark.claims.length && marks.length <= 400) path.setAttribute("tabindex", "0");
  return layer;
};
const drawGlyph = (at, radius, className, index, focus) =>
  put(L.circleMarker(at, { renderer: live, radius, className, interactive: true }), index, focus);

const drawLine = (mark, index, lines) => {
  const aside = mark.aside || 0;
  const common = { renderer: live, noClip: true, smoothFactor: 0.5, aside };
  put(new Beside(lines, { ...common, className: "casing", interactive: false }), index);
  const shaft = put(new Beside(lines, { ...common, className: look(mark, "line"), interactive: true }), index, true);
  shaft.getElement().setAttribute("marker-end", `url(#head-${mark.g})`);
  const longest = lines.reduce((a, b) => (b.length > a.length ? b : a));
  const half = longest.slice(0, Math.max(2, Math.ceil(longest.length * 0.6)));
  const middle = put(new Beside(half, { ...common, opacity: 0, className: `${look(mark)} middle`, interactive: false }), index);
  middle.getElement().setAttribute("marker-end", `url(#head-${mark.g})`);
};
const drawStub = (mark, index, line, focus) => {
  const common = { renderer: live, noClip: true, smoothFactor: 0, kind: mark.k, aside: mark.aside || 0 };
  put(new Stub(line, { ...common, className: "casing", interactive: false }), index);
  const stub = new Stub(line, { ...common, className: look(mark, "line"), interactive: true });
  put(stub, index, focus);
  if (mark.k !== "open-end") return stub.getElement().setAttribute("marker-end", `url(#head-${mark.g})`);
  const disc = svg("circle", { r: 10, class: `glyph question g-${mark.g}`, "data-mark": index });
  const sign = svg("text", { class: `question-text g-${mark.g}`, "data-mark": index });
  sign.textContent = "?";
  stub.getElement().parentNode.append(disc, sign);
  const follow = ({ tip }) => {
    disc.setAttribute("cx", tip.x);
    disc.setAttribute("cy", tip.y);
    sign.setAttribute("x", tip.x);
    sign.setAttribute("y", tip.y + 4.5);
  };
  stub.on("moved", follow);
  stub._updatePath();
  layersOf[index].push({ getElement: () => disc }, { getElement: () => sign });
};
const drawMark = (mark, index) => {
  const parts = core.decodeAll(mark.geom, data.scale);
  if (mark.k === "arrow") drawLine(mark, index, parts);
  else if (mark.k === "arc") put(L.polyline(parts, { renderer: live, className: look(mark), interactive: true, noClip: true }), index);
  else if (mark.k in STUB) parts.forEach((line, i) => drawStub(mark, index, line, i === 0));
  else if (mark.k === "mention") drawGlyph(parts[0][0], 3.5, "glyph k-mention", index);
  else {
    if (mark.shape === "polygon") {
      put(L.polygon(parts, { renderer: live, className: look(mark), interactive: true, smoothFactor: 0.5 }), index, mark.k !== "point");
    } else if (mark.shape === "line") put(L.polyline(parts, { renderer: live, className: look(mark, "line"), interactive: true }), index, true);
    if (mark.at) drawGlyph([mark.at[1], mark.at[0]], 5.5, `glyph g-${mark.g}`, index, true);
  }
};

// --- labels: drawn anew after every move, the important ones first
const labelsRoot = svg("svg", { "aria-hidden": "true", width: 1, height: 1, overflow: "visible" });
map.getPane("labels").append(labelsRoot);
const wanted = () => {
  const zoom = map.getZoom();
  const list = [];
  marks.forEach((mark, index) => {
    if (!mark.shown) return;
    if (mark.k === "arc") {
      const line = core.decodeAll(mark.geom, data.scale).reduce((a, b) => (b.length > a.length ? b : a));
      list.push({ at: line[Math.floor(line.length / 2)], text: mark.label, kind: `limit g-${mark.g}`, dy: -9 });
    } else if (mark.k === "mention") list.push({ at: core.decodeAll(mark.geom, data.scale)[0][0], text: mark.label, kind: "town", dy: 16, index });
    else if (mark.at) list.push({ at: [mark.at[1], mark.at[0]], text: mark.label, kind: "placed", dy: 19 });
  });
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
    ruler.font = `600 ${label.kind === "placed" ? 12.5 : 11.5}px system-ui, sans-serif`;
    const half = (ruler.measureText(upper ? text.toUpperCase() : text).width * (upper ? 1.12 : 1)) / 2 + 4;
    const box = { x0: p.x - half, x1: p.x + half, y0: p.y + label.dy - 12, y1: p.y + label.dy + 4, label, text };
    if (label.kind === "capital") box.y0 -= 12;
    if (box.x0 < 0 || box.x1 > size.x || box.y0 < 0 || box.y1 > size.y) continue;
    boxes.push(box);
  }
  labelsRoot.replaceChildren();
  for (const { label, text } of core.placeBoxes(boxes.filter((box) => !seen.has(box.text) && seen.add(box.text)))) {
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
    bounds.extend([[mark.box[1], mark.box[0]], [mark.box[3], mark.box[2]]]);
  });
  return bounds;
};
const fitTo = (bounds) => {
  if (!bounds.isValid()) return;
  const narrow = map.getSize().x < 500;
  map.fitBounds(bounds, { paddingTopLeft: narrow ? [24, 30] : [60, 50], paddingBottomRight: narrow ? [24, 44] : [60, 90], maxZoom: 9, animate: !calm });
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
  box.replaceChildren(
    el("header", {}, w.choose, button("×", () => { box.hidden = true; }, { "aria-label": w.close })),
    ...ids.map((id) => claimButton(byId.get(id), () => choose([id], origin))),
  );
  box.hidden = false;
  const stage = $("stage").getBoundingClientRect();
  box.style.left = `${Math.max(6, Math.min(x - stage.left, stage.width - box.offsetWidth - 6))}px`;
  box.style.top = `${Math.max(6, Math.min(y - stage.top + 8, stage.height - box.offsetHeight - 6))}px`;
  box.querySelector(".claim").focus();
};
/** All shown claims whose marks, or the pale casings round them, lie under a point of the screen. */
const claimsAt = (x, y) => {
  const under = document.elementsFromPoint(x, y).filter((node) => node.dataset?.mark);
  const ids = new Set(under.flatMap((node) => marks[node.dataset.mark].claims));
  return [...ids].filter((id) => core.isShown(byId.get(id), state));
};

// --- the panel
const swatch = (g, cert, width = 34) => {
  const drawing = svg("svg", { width, height: 12, viewBox: `0 0 ${width} 12`, "aria-hidden": "true", class: `g-${g}` });
  drawing.append(svg("line", { x1: 1, y1: 6, x2: width - 1, y2: 6, class: `mark line c-${cert}` }));
  return drawing;
};
const claimButton = (claim, act) => {
  const body = el("span", {}, el("span", { class: "meta" }, speaker(claim), ` · ${w[claim.cert]}`, claim.claimDate ? ` · ${claim.claimDate}` : ""),
    el("br"), el("span", { class: "quote", dir: "auto" }, `“${clip(quote(claim), 220)}”`));
  if (!claim.drawn && claim.kind !== "stance") body.append(el("br"), el("span", { class: "meta" }, w.not_drawn));
  const made = button("", act || (() => choose([claim.id], "events")), { class: "claim", "data-claim": claim.id, "aria-pressed": "false" });
  made.append(swatch(claim.g, claim.cert), body);
  return made;
};
const side = (ids, label) => {
  const first = new Map();
  for (const id of ids) {
    const claim = byId.get(id);
    const key = claim.claimant || "";
    first.set(key, first.get(key) || claim);
  }
  const rows = [...first.values()].slice(0, 3).map((claim) =>
    el("p", { class: `g-${claim.g}` }, swatch(claim.g, claim.cert, 26), " ", el("b", {}, speaker(claim)), claim.claimDate ? ` (${claim.claimDate})` : "", ": ",
      el("span", { class: "quote", dir: "auto" }, `“${clip(quote(claim), 110)}”`)));
  return el("div", {}, el("h4", { class: "meta" }, `${label} · ${ids.length === 1 ? w.claims_one : core.fill(w.claims, { n: ids.length })}`), ...rows);
};
const contrastTitle = (one) => {
  const what = one.type === "contradicts" ? `${w[one.leftWord]} ↔ ${w[one.rightWord]}` : w[one.leftWord];
  return `${w[one.type]}: ${what}${one.forceName ? ` · ${one.forceName}` : ""}`;
};
const drawEvents = () => {
  const root = $("events");
  if (data.contrasts.length) root.append(el("h2", {}, w.contradictions));
  for (const one of data.contrasts) {
    const ids = [...one.left, ...one.right];
    const head = el("header", {}, el("h3", {}, contrastTitle(one)),
      button(w.show_on_map, () => choose(ids, "events"), { "aria-label": `${w.show_on_map}: ${contrastTitle(one)}` }));
    root.append(el("div", { class: "card", "data-claims": ids.join(" ") }, head,
      el("div", { class: "sides" }, side(one.left, w[one.leftWord]), side(one.right, w[one.rightWord]))));
  }
  if (data.events.length) root.append(el("h2", {}, w.events));
  for (const event of data.events) {
    const facts = [w[`status_${event.status}`], event.claims.length === 1 ? w.claims_one : core.fill(w.claims, { n: event.claims.length }),
      event.origins === 1 ? w.origins_one : core.fill(w.origins, { n: event.origins })];
    const head = el("header", {}, el("h3", {}, title(event)), el("span", { class: "meta" }, facts.join(" · ")),
      el("span", { class: "badge", hidden: true, "data-new": event.id }),
      button(w.show_on_map, () => choose(event.claims, "events"), { "aria-label": `${w.show_on_map}: ${title(event)}` }));
    root.append(el("div", { role: "group", class: "card", "aria-label": title(event), "data-claims": event.claims.join(" ") }, head, ...event.claims.map((id) => claimButton(byId.get(id)))));
  }
  if (!claims.length) root.append(el("p", {}, w.empty));
};

const drawText = () => {
  data.reports.forEach((report, r) => {
    const own = claims.filter((claim) => claim.r === r);
    const spans = [
      ...own.map((claim) => ({ start: claim.quote[0], end: claim.quote[1], claim })),
      ...report.toponyms.map(([start, end, type, name]) => ({ start, end, toponym: { type, name } })),
      ...report.skip.map(([start, end]) => ({ start, end, skipped: true })),
    ];
    const focused = new Set();
    const article = el("article", { dir: "auto" });
    if (data.reports.length > 1) article.append(el("h2", {}, bdi(report.title || report.id), " ", el("span", { class: "meta" }, report.published || "")));
    for (const [start, end] of core.paragraphs(report.text)) {
      const line = el("p", {});
      for (const piece of core.cutSpans(start, end, spans)) line.append(drawPiece(report.text.slice(piece.start, piece.end), piece.spans, focused));
      article.append(line);
    }
    $("text").append(article);
  });
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
    if (toponym.name) node.title = core.fill(w.resolved, { name: toponym.name });
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
const where = (claim, role) => claim.places.filter((place) => place.role === role).map((place) => place.text).join("; ");
const drawTable = () => {
  const columns = [w.quote, w.claimant, w.certainty, w.direction, w.force, w.role_source, w.role_goal, w.role_area, w.numbers, w.event_date, w.claim_date];
  const rows = claims.map((claim) => {
    const cells = [claim.claimant || w.nobody, w[claim.cert], w[claim.d], claim.forceName || "", where(claim, "source"), where(claim, "goal"),
      [where(claim, "area"), where(claim, "via")].filter(Boolean).join("; "), claim.numbers.join("; "), claim.eventDate || "", claim.claimDate || ""];
    return el("tr", { "data-claim": claim.id }, el("td", { class: "quote", dir: "auto" }, clip(quote(claim), 400)), ...cells.map((text) => el("td", { dir: "auto" }, clip(text, 200))));
  });
  $("table").append(el("table", {}, el("caption", {}, w.table_caption), el("thead", {}, el("tr", {}, ...columns.map((name) => el("th", { scope: "col" }, name)))), el("tbody", {}, ...rows)));
};

const drawDetail = () => {
  const box = $("detail");
  box.hidden = state.chosen.length !== 1;
  if (box.hidden) return;
  const claim = byId.get(state.chosen[0]);
  const report = reportOf(claim);
  box.className = `g-${claim.g}`;
  const list = el("dl");
  const row = (name, ...value) => list.append(el("dt", {}, name), el("dd", {}, ...value));
  row(w.claimant, speaker(claim), claim.cue ? el("span", { class: "meta" }, " — ", bdi(claim.cue)) : null);
  row(w.certainty, w[claim.cert], claim.reasons.length ? el("span", { class: "meta" }, ` (${claim.reasons.join("; ")})`) : null);
  row(w.direction, title(claim), claim.mover ? el("span", {}, ": ", bdi(claim.mover)) : null);
  for (const place of claim.places) {
    const notes = [place.name ? core.fill(w.resolved, { name: place.name }) : "", place.explicit ? "" : w.inferred, place.located ? "" : w.unlocated].filter(Boolean);
    row(w[`role_${place.role}`], bdi(place.text), el("span", { class: "meta" }, notes.length ? ` (${notes.join(", ")})` : ""), place.remarks ? el("div", { class: "meta" }, place.remarks) : null);
  }
  if (claim.numbers.length) row(w.numbers, bdi(claim.numbers.join("; ")));
  row(w.event_date, claim.eventDate ? core.fill(w[`date_${claim.eventKind || "on"}`], { date: claim.eventDate }) : w.no_date);
  row(w.claim_date, claim.claimDate || w.no_date);
  const event = eventOf.get(claim.id);
  if (event) row(w.status, `${title(event)}: ${w[`status_${event.status}`]}`);
  row(w.rules, claim.rules.join(", "));
  row(w.source, link(report.url, report.title || report.publisher || report.id), report.published ? `, ${report.published}` : "");
  const steps = state.story ? [button("‹", () => step(-1), { "aria-label": w.previous, id: "step-back" }), el("span", { id: "step" }, stepText()), button("›", () => step(1), { "aria-label": w.next, id: "step-on" })] : [el("strong", {}, title(claim))];
  box.replaceChildren(
    el("header", {}, el("span", { class: "actions" }, ...steps), button("×", () => choose([]), { "aria-label": w.close, id: "close" })),
    el("blockquote", { dir: "auto" }, quote(claim)), list,
    el("p", { class: "actions" }, button(w.copy_citation, (e) => copy(e.target, citation(claim))), button(w.copy_link, (e) => copy(e.target, location.href))),
  );
};
const citation = (claim) => {
  const report = reportOf(claim);
  const who = claim.claimant || w.nobody;
  return `“${quote(claim)}” — ${[who, report.title, report.publisher, report.published, report.url].filter(Boolean).join(", ")}`;
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

// --- legend, which is also the filters
const entry = (key, drawing, text) => {
  const box = el("input", { type: "checkbox", "data-off": key });
  box.checked = !state.off.has(key);
  box.addEventListener("change", () => {
    state.off[box.checked ? "delete" : "add"](key);
    refresh();
  });
  return el("label", {}, box, drawing, text);
};
const drawLegend = () => {
  const root = $("legend");
  const present = (field) => [...new Set(claims.map((claim) => claim[field] || ""))];
  const facet = (name, entries) => entries.length && el("fieldset", {}, el("legend", {}, name), el("div", { class: "entries" }, ...entries));
  const inOrder = (order, found) => order.filter((value) => found.includes(value));
  const groups = inOrder(["own", "governments", "report", "others"], present("g"));
  const certainties = inOrder(["asserted", "planned", "ordered", "possible", "disputed", "denied"], present("cert"));
  const examples = (g) => (data.voices[g] ? el("span", { class: "meta" }, ` (${data.voices[g]})`) : "");
  root.append(
    facet(w.who, groups.map((g) => entry(`g:${g}`, swatch(g, "asserted"), el("span", {}, w[g], examples(g))))) || "",
    facet(w.how, certainties.map((cert) => entry(`c:${cert}`, swatch("none", cert), w[cert]))) || "",
  );
  const names = new Map(claims.map((claim) => [claim.force || "", claim.forceName || w.no_force]));
  const more = [facet(w.what, present("d").map((d) => entry(`d:${d}`, "", w[d]))), facet(w.force, [...names].map(([code, name]) => entry(`f:${code}`, "", name)))];
  if (claims.length) root.append(el("details", {}, el("summary", {}, `${w.what}, ${w.force}`), ...more));
  const kinds = new Set(marks.map((mark) => mark.k));
  if (marks.some((mark) => mark.fill === "plus")) kinds.add("plus");
  const signs = ["arrow", "short-arrow", "open-end", "ticks", "zone", "plus", "outline", "limit", "point", "mention"].filter((kind) => kinds.has(kind));
  if (signs.length) root.append(el("details", { open: innerHeight > 900 }, el("summary", {}, w.signs),
    el("ul", { class: "signs" }, ...signs.map((kind) => el("li", {}, sign(kind), core.fill(w[`sign_${kind}`], { width: data.width }))))));
  if (innerWidth <= 760) root.open = false;
};
const BOX = "M2 2H34V14H2Z";
const SIGNS = {
  arrow: ["M2 8H30M24 3L32 8L24 13", "line"], "short-arrow": ["M8 8H26M20 3L28 8L20 13", "line"], "open-end": ["M2 8H21", "line c-planned", "?"],
  ticks: ["M3 8H14M10 4L14 8L10 12M33 8H22M26 4L22 8L26 12", "line"], zone: [`${BOX}M4 14L14 2M13 14L23 2M22 14L32 2`, ""], plus: [`${BOX}M7 8H14M10.5 4.5V11.5M22 8H29M25.5 4.5V11.5`, ""],
  outline: [BOX, "k-outline"], limit: ["M3 13Q18 -4 33 13", "k-arc"], point: ["M11 8a7 7 0 1 0 14 0a7 7 0 1 0 -14 0M16.5 8h3", "line"], mention: ["M15 8a3 3 0 1 0 6 0a3 3 0 1 0 -6 0", "glyph k-mention"],
};
const sign = (kind) => {
  const [d, how, text = ""] = SIGNS[kind];
  const drawing = svg("svg", { width: 36, height: 16, viewBox: "0 0 36 16", "aria-hidden": "true", class: "g-none" });
  const end = svg("text", { x: 29, y: 13, class: "question-text" });
  end.textContent = text;
  drawing.append(svg("path", { d, class: `mark ${how}` }), end);
  return drawing;
};

// --- timeline: moves only when the reader moves it
let playing;
const drawTimeline = () => {
  const root = $("timeline");
  const stops = core.days(claims, state.by);
  root.hidden = !stops.length;
  if (root.hidden) return;
  const last = stops.length - 1;
  let now = state.day ? stops.filter((day) => day <= state.day).length - 1 : last;
  now = Math.max(0, now);
  const label = el("label", { for: "day" }, core.fill(w.until, { date: stops[now] }));
  const slider = el("input", { id: "day", type: "range", min: 0, max: last, step: 1, "aria-valuetext": stops[now] });
  slider.value = now;
  const go = (index) => {
    slider.value = index;
    state.day = index >= last ? "" : stops[index];
    label.textContent = core.fill(w.until, { date: stops[index] });
    slider.setAttribute("aria-valuetext", stops[index]);
    refresh();
    if (playing && index >= last) stop();
  };
  const stop = () => {
    playing = clearInterval(playing);
    play.textContent = w.play;
  };
  slider.addEventListener("input", () => go(+slider.value));
  const by = el("select", { id: "by", "aria-label": w.timeline }, el("option", { value: "statement" }, w.by_statement), el("option", { value: "event" }, w.by_event));
  by.value = state.by;
  by.addEventListener("change", () => {
    if (playing) stop();
    state.by = by.value;
    state.day = "";
    drawTimeline();
    refresh();
    $("by").focus();
  });
  const back = button("‹", () => go(Math.max(0, +slider.value - 1)), { "aria-label": w.previous });
  const on = button("›", () => go(Math.min(last, +slider.value + 1)), { "aria-label": w.next });
  const play = button(w.play, () => {
    if (playing) return stop();
    play.textContent = w.pause;
    go(+slider.value >= last ? 0 : +slider.value);
    playing = setInterval(() => go(Math.min(last, +slider.value + 1)), 1600);
  }, { id: "play" });
  if (!last) root.replaceChildren(el("div", {}, core.fill(w.until, { date: stops[0] }), by));
  else root.replaceChildren(el("div", {}, label, el("span", { class: "actions" }, by, back, play, on)), slider);
};
const markNew = () => {
  const stops = core.days(claims, state.by);
  const day = state.day || stops.at(-1);
  for (const badge of document.querySelectorAll("[data-new]")) {
    const event = data.events.find((one) => one.id === badge.dataset.new);
    const dates = core.days(event.claims.map((id) => byId.get(id)), state.by);
    badge.hidden = stops.length < 2 || dates[0] !== day;
    badge.textContent = core.fill(w.new_that_day, { date: day });
  }
};

// --- steps through the text
const steps = () => shownClaims().sort((a, b) => a.r - b.r || a.quote[0] - b.quote[0]);
const stepText = () => {
  const list = steps();
  return core.fill(w.step, { n: list.findIndex((claim) => claim.id === state.chosen[0]) + 1, m: list.length });
};
const step = (by) => {
  const list = steps();
  if (!list.length) return;
  const now = list.findIndex((claim) => claim.id === state.chosen[0]);
  const next = now < 0 ? 0 : Math.max(0, Math.min(list.length - 1, now + by));
  const held = document.activeElement?.id;
  choose([list[next].id], "story");
  if (held) $(held)?.focus({ preventScroll: true });
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
  const draw = builders.get(name);
  builders.delete(name);
  if (!draw) return;
  draw();
  refresh();
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
const refresh = () => {
  const shown = new Set(shownClaims().map((claim) => claim.id));
  state.chosen = state.chosen.filter((id) => shown.has(id));
  const chosen = new Set(state.chosen);
  const lit = new Set(state.chosen.flatMap(drawnBy));
  $("stage").classList.toggle("choosing", lit.size > 0);
  marks.forEach((mark, index) => {
    const visible = !mark.claims.length || mark.claims.some((id) => shown.has(id));
    const on = mark.claims.some((id) => lit.has(id));
    mark.shown = visible;
    for (const layer of layersOf[index]) {
      const path = layer.getElement();
      path.classList.toggle("on", on);
      path.style.display = visible ? "" : "none";
    }
  });
  for (const node of document.querySelectorAll("[data-claims]")) {
    const ids = node.dataset.claims.split(" ");
    const whole = node.classList.contains("card") ? chosen.size > 1 && chosen.size === ids.length : true;
    node.classList.toggle("on", whole && ids.some((id) => chosen.has(id)));
    node.classList.toggle("off", !ids.some((id) => shown.has(id)));
    if (node.classList.contains("card")) node.hidden = !ids.some((id) => shown.has(id));
  }
  for (const node of document.querySelectorAll("[data-claim]")) {
    node.hidden = !shown.has(node.dataset.claim);
    if (node.tagName === "TR") node.classList.toggle("on", chosen.has(node.dataset.claim));
    else node.setAttribute("aria-pressed", chosen.has(node.dataset.claim));
  }
  for (const box of document.querySelectorAll("[data-off]")) box.checked = !state.off.has(box.dataset.off);
  $("shown").textContent = core.fill(w.shown, { n: shown.size, m: claims.length });
  markNew();
  drawDetail();
  drawLabels();
  save();
};
let ready = false;
const save = () => {
  if (!ready) return;
  try {
    history.replaceState(null, "", `#${core.writeHash(state)}`);
  } catch {
    // A sandboxed notebook frame has no history of its own; the page works without a link.
  }
};
const download = (name, type, text) => {
  const url = URL.createObjectURL(new Blob([text], { type }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
};
const saveGeoJSON = () => {
  const features = marks.filter((mark) => mark.shown).map((mark) => ({
    type: "Feature", geometry: core.toGeoJSON(mark.geom, mark.shape, data.scale),
    properties: { kind: mark.k, claims: mark.claims, claimants: mark.g, certainty: mark.cert, label: mark.label, remarks: mark.remarks },
  }));
  download("geomap.geojson", "application/geo+json", JSON.stringify({ type: "FeatureCollection", features }));
};
const saveCSV = () => {
  const head = ["id", "report", "published", "url", "quote", "claimant", "certainty", "direction", "force", "from", "to", "via", "area", "numbers", "event_date", "claim_date", "rules"];
  const rows = shownClaims().map((claim) => {
    const report = reportOf(claim);
    return [claim.id, report.title || report.id, report.published, report.url, quote(claim), claim.claimant, claim.cert, claim.d, claim.force, where(claim, "source"), where(claim, "goal"),
      where(claim, "via"), where(claim, "area"), claim.numbers.join("; "), claim.eventDate, claim.claimDate, claim.rules.join("; ")];
  });
  download("geomap.csv", "text/csv", core.csv([head, ...rows]));
};

// --- start
const start = () => {
  for (const report of data.reports) {
    const facts = [report.publisher ? bdi(report.publisher) : "", report.published ? core.fill(w.published, { date: report.published }) : "", report.url ? link(report.url, clip(report.url, 90)) : ""].filter(Boolean);
    const item = el("li", {});
    if (data.reports.length > 1) item.append(bdi(report.title || report.id), facts.length ? " — " : "");
    facts.forEach((fact, i) => item.append(i ? " · " : "", fact));
    if (item.childNodes.length) $("sources").append(item);
  }
  drawBase();
  if (state.view) map.setView([state.view[0], state.view[1]], state.view[2], { animate: false });
  else map.fitBounds(data.bounds, { animate: false });
  marks.forEach(drawMark);
  drawLegend();
  for (const one of base.disputed) $("disputed").append(el("li", {}, el("b", {}, one.name), `: ${one.note}`));
  drawTimeline();
  $("search").value = state.q;
  $("empty").hidden = claims.length > 0;
  $("empty").querySelector("p").textContent = data.located ? w.empty : `${w.empty} ${w.empty_places}`;
  for (const id of ["tools", "legend", "shown"]) $(id).hidden = !claims.length;
  listen();
  showTab(claims.length ? state.tab : "text");
  const chosenAtStart = [...state.chosen];
  refresh();
  if (!state.view) fitAll();
  if (chosenAtStart.length && !state.view) fitTo(boundsOf(new Set(chosenAtStart.flatMap(drawnBy))));
  ready = true;
  if (state.story) setStory(true);
  document.documentElement.dataset.ready = "yes";
};
const listen = () => {
  map.on("moveend zoomend resize", () => {
    const at = map.getCenter();
    state.view = [at.lat, at.lng, map.getZoom()];
    $("stage").classList.toggle("far", map.getZoom() < 5);
    drawLabels();
    save();
  });
  $("stage").classList.toggle("far", map.getZoom() < 5);
  map.on("click", ({ originalEvent: e }) => {
    const ids = claimsAt(e.clientX, e.clientY);
    if (ids.length) chooserFor(ids, e.clientX, e.clientY, "map");
    else {
      $("chooser").hidden = true;
      if (!state.story) choose([]);
    }
  });
  $("map").addEventListener("keydown", (e) => {
    const index = e.target.dataset?.mark;
    if (index === undefined || (e.key !== "Enter" && e.key !== " ")) return;
    e.preventDefault();
    const box = e.target.getBoundingClientRect();
    const ids = marks[index].claims.filter((id) => core.isShown(byId.get(id), state));
    if (ids.length) chooserFor(ids, box.left + box.width / 2, box.top + box.height / 2, "map");
  });
  const fromText = (e) => {
    const node = e.target.closest?.(".ev");
    if (!node || node.classList.contains("off")) return;
    const box = node.getBoundingClientRect();
    const ids = node.dataset.claims.split(" ").filter((id) => core.isShown(byId.get(id), state));
    e.preventDefault();
    chooserFor(ids, box.left, box.top, "text");
  };
  $("text").addEventListener("click", fromText);
  $("text").addEventListener("keydown", (e) => (e.key === "Enter" || e.key === " ") && fromText(e));
  $("tabs").addEventListener("click", (e) => e.target.id && e.target.role !== "tablist" && showTab(e.target.id.slice(4)));
  $("tabs").addEventListener("keydown", (e) => {
    const tabs = [...$("tabs").children];
    const move = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!move) return;
    const next = tabs[(tabs.indexOf(document.activeElement) + move + tabs.length) % tabs.length];
    showTab(next.id.slice(4));
    next.focus();
    e.stopPropagation();
  });
  let typing = 0;
  $("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => { state.q = $("search").value.trim(); refresh(); }, 120);
  });
  $("reset").addEventListener("click", () => {
    state.off.clear();
    Object.assign(state, { q: "", day: "", chosen: [] });
    $("search").value = "";
    if (state.story) setStory(false);
    drawTimeline();
    refresh();
    fitAll();
  });
  $("fit").addEventListener("click", fitAll);
  $("story").addEventListener("click", () => setStory(!state.story));
  $("print").addEventListener("click", () => print());
  $("fullscreen").hidden = !document.fullscreenEnabled;
  $("fullscreen").addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : $("stage").requestFullscreen()));
  $("save-geojson").addEventListener("click", saveGeoJSON);
  $("save-csv").addEventListener("click", saveCSV);
  $("sheet").addEventListener("click", () => {
    const { classList } = document.documentElement;
    const now = classList.contains("sheet-high") ? "sheet-low" : classList.contains("sheet-low") ? "" : "sheet-high";
    classList.remove("sheet-high", "sheet-low");
    if (now) classList.add(now);
    $("sheet").setAttribute("aria-expanded", now !== "sheet-low");
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") {
      if (!$("chooser").hidden) $("chooser").hidden = true;
      else if (state.story) setStory(false);
      else choose([]);
    }
    const busy = /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName) || e.target.closest?.("#map, #tabs");
    if (state.story && !busy && (e.key === "ArrowRight" || e.key === "ArrowLeft")) {
      e.preventDefault();
      step(e.key === "ArrowRight" ? 1 : -1);
    }
  });
  let from = null;
  $("detail").addEventListener("touchstart", (e) => { [from] = e.changedTouches; }, { passive: true });
  $("detail").addEventListener("touchend", ({ changedTouches: [to] }) => {
    const [dx, dy] = [to.clientX - from.clientX, to.clientY - from.clientY];
    if (state.story && Math.abs(dx) > 50 + 2 * Math.abs(dy)) step(dx < 0 ? 1 : -1);
  }, { passive: true });
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe($("stage"));
  addEventListener("hashchange", () => {
    Object.assign(state, core.readHash(location.hash, byId));
    $("search").value = state.q;
    drawTimeline();
    showTab(state.tab);
    if (state.view) map.setView([state.view[0], state.view[1]], state.view[2], { animate: false });
    refresh();
  });
  const whilePrinting = (on) => {
    if (on) [...builders.keys()].forEach(build);
    document.documentElement.classList.toggle("printing", on);
    map.invalidateSize({ pan: false, animate: false });
    if (on) map.fitBounds(state.chosen.length ? boundsOf(new Set(state.chosen.flatMap(drawnBy))) : data.bounds, { animate: false, padding: [40, 40] });
  };
  addEventListener("beforeprint", () => whilePrinting(true));
  addEventListener("afterprint", () => { whilePrinting(false); });
};
start();
