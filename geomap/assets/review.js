// The review page. Text from reports comes as JSON and is shown as text only.
const $ = (id) => document.getElementById(id);
const el = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};
const say = (text) => { $("status").textContent = text; };

// The token leaves the address at once; the key stays with this tab.
const token = location.hash.slice(1);
history.replaceState(null, "", "/");
let key = sessionStorage.getItem("key");
const ask = async (path, body) => {
  const headers = { Authorization: `Bearer ${key}` };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error);
  return found;
};

const items = [];
const byKey = new Map();
let chosen = null;
let target = null;
const map = L.map("map", { attributionControl: false, zoomSnap: 0.25, minZoom: 1, maxZoom: 15, zoomAnimation: false, fadeAnimation: false });

const drawBase = ({ levels, near }) => {
  map.createPane("base").style.zIndex = 200;
  const renderer = L.svg({ pane: "base", padding: 0.5 });
  const decode = (nested, scale) => {
    if (typeof nested[0] !== "number") return nested.map((part) => decode(part, scale));
    let [x, y] = [0, 0];
    const line = [];
    for (let i = 0; i < nested.length; i += 2) line.push([(y += nested[i + 1]) * scale, (x += nested[i]) * scale]);
    return line;
  };
  const draw = (type, parts, scale, className) => L[type](decode(parts || [], scale), { renderer, className, interactive: false, smoothFactor: 0.6 }).addTo(map);
  levels.forEach(({ land, lakes, borders, scale }, level) => {
    if (level) L.rectangle([[near[1], near[0]], [near[3], near[2]]], { renderer, className: "lake", interactive: false }).addTo(map);
    draw("polygon", land, scale, "land");
    draw("polygon", lakes, scale, "lake");
    draw("polyline", borders, scale, "border");
  });
};
const drawShape = (item) => {
  if (item.layer) item.layer.remove();
  const pointed = (_, at) => L.circleMarker(at, { radius: 7, interactive: false });
  const geometry = item.state === "moved" ? { type: "Point", coordinates: [item.at[1], item.at[0]] } : item.shape;
  item.layer = geometry && item.state !== "rejected" ? L.geoJSON(geometry, { interactive: false, style: { className: "shape" }, pointToLayer: pointed }).addTo(map) : null;
};
const light = (item, on) => item.layer?.eachLayer((layer) => layer.getElement()?.classList.toggle("on", on));

const describe = (item) => {
  item.node.className = `item ${item.state}`;
  const state = item.state === "found" ? "" : ` — ${item.state}${item.by ? ` by ${item.by}` : ""}`;
  item.node.replaceChildren(el("b", { dir: "auto" }, item.words), el("div", { class: "meta" }, `${item.kind}: ${item.read || item.remarks}${state}`));
};
const choose = (item) => {
  if (chosen) {
    chosen.node.setAttribute("aria-selected", "false");
    for (const other of lit(chosen)) light(other, false);
  }
  chosen = item;
  item.node.setAttribute("aria-selected", "true");
  item.node.scrollIntoView({ block: "nearest" });
  $("list").setAttribute("aria-activedescendant", item.node.id);
  $("decision").hidden = false;
  $("moving").hidden = item.kind === "claim";
  $("words").replaceChildren(item.before, el("b", {}, item.words), item.after);
  $("read").textContent = [item.read, item.remarks].filter(Boolean).join(" · ");
  $("places").replaceChildren(...(item.places || []).map((name) => placeButton(byKey.get(name))));
  $("note").value = "";
  $("everywhere").checked = false;
  aim(item.at);
  map.invalidateSize({ pan: false });
  const shown = lit(item).filter((other) => other.layer);
  for (const other of shown) light(other, true);
  if (shown.length) map.fitBounds(L.featureGroup(shown.map((other) => other.layer)).getBounds(), { maxZoom: 8, padding: [40, 40], animate: false });
};
const lit = (item) => (item.kind === "claim" ? item.places.map((name) => byKey.get(name)) : [item]);
const placeButton = (item) => {
  const made = el("button", { type: "button" }, item.words);
  made.addEventListener("click", () => { choose(item); $("lat").focus(); });
  return made;
};
/** Put the ring at a place and its degrees into the fields. */
const aim = (at) => {
  $("lat").value = at ? at[0].toFixed(4) : "";
  $("lon").value = at ? at[1].toFixed(4) : "";
  target?.remove();
  target = at ? L.circleMarker(at, { radius: 12, className: "target", interactive: false }).addTo(map) : null;
};
const decide = async (decision) => {
  const item = chosen;
  if (!item) return;
  const asked = { key: item.key, decision, note: $("note").value, who: $("who").value, everywhere: $("everywhere").checked };
  if (decision === "move") Object.assign(asked, { lat: $("lat").value, lon: $("lon").value });
  try {
    const { at, ...answer } = await ask("/decisions", asked);
    Object.assign(item, answer, at ? { at } : {});
    describe(item);
    drawShape(item);
    light(item, true);
    say(`“${item.words.slice(0, 60)}”: ${item.state === "found" ? "taken back" : item.state}, written.`);
    $("list").focus();
  } catch (error) {
    say(`Not written: ${error.message}`);
  }
};
const step = (by) => choose(items[Math.max(0, Math.min(items.length - 1, items.indexOf(chosen) + by))]);

const listen = () => {
  for (const id of ["accept", "reject", "undo"]) $(id).addEventListener("click", () => decide(id));
  $("decision").addEventListener("submit", (event) => {
    event.preventDefault();
    // Enter in the note is no decision by itself.
    if (chosen.kind === "place" && document.activeElement !== $("note")) decide("move");
  });
  $("centre").addEventListener("click", () => {
    const { lat, lng } = map.getCenter().wrap();
    aim([lat, lng]);
  });
  map.on("click", ({ latlng }) => {
    if (chosen?.kind !== "place") return;
    const { lat, lng } = latlng.wrap();
    aim([lat, lng]);
    $("move").focus();
  });
  const keys = {
    ArrowDown: () => step(1), ArrowUp: () => step(-1), a: () => decide("accept"), r: () => decide("reject"), u: () => decide("undo"),
    n: () => $("note").focus(), m: () => (chosen?.kind === "place" ? $("lat").focus() : $("places").querySelector("button")?.click()),
  };
  // Single letters act only while the list has the focus, so that they disturb neither typing nor speech input.
  $("list").addEventListener("keydown", (event) => {
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  addEventListener("keydown", (event) => event.key === "Escape" && $("list").focus());
};
const start = async () => {
  try {
    if (token) {
      ({ key } = await ask("/key", { token }));
      sessionStorage.setItem("key", key);
    }
    const data = await ask("/data");
    $("file").textContent = data.file;
    $("who").value = data.who;
    map.fitBounds(data.bounds, { animate: false });
    drawBase(data.base);
    for (const report of data.reports) {
      const title = [report.title, report.published].filter(Boolean).join(", ");
      const group = el("div", { role: "group", "aria-label": title }, el("p", { class: "title", role: "presentation", dir: "auto" }, title));
      $("list").append(group);
      for (const item of report.items) {
        items.push(item);
        byKey.set(item.key, item);
        item.node = el("div", { role: "option", "aria-selected": "false", id: `item-${item.key}` });
        item.node.addEventListener("click", () => choose(item));
        describe(item);
        if (item.kind === "place") drawShape(item);
        group.append(item.node);
      }
    }
    say(`${items.length} found.`);
    listen();
    $("list").focus();
    if (items.length) choose(items[0]);
    document.documentElement.dataset.ready = "yes";
  } catch (error) {
    say(error.message);
  }
};
start();
