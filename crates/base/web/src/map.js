// The map island: the same figures as the drawing that the server made, to be moved and asked.
// Without it, or when it fails, the drawing stays. Colours come from the style sheet's tokens.
import { Map, NavigationControl, Popup, setWorkerUrl } from "maplibre-gl";

const island = document.getElementById("island");
let pick = document.getElementById("area-pick");
const told = document.getElementById("area-told");

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// What the server says of an area, in the reader's language.
const said = () => new globalThis.Map([...pick.options].filter((o) => o.value).map((o) => [o.value, [o.text, o.dataset.text]]));
let texts = said();

function bounds(geometry, box = [180, 90, -180, -90]) {
  const walk = (c) => {
    if (typeof c[0] === "number") {
      box[0] = Math.min(box[0], c[0]); box[1] = Math.min(box[1], c[1]);
      box[2] = Math.max(box[2], c[0]); box[3] = Math.max(box[3], c[1]);
    } else c.forEach(walk);
  };
  if (geometry) walk(geometry.coordinates);
  return box;
}

// A pattern of lines or dots, drawn here: no outside images. `size` in half pixels; `round` cuts it to a disc, for a point.
function pattern(paint, size = 20, round = false) {
  const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
  const pen = canvas.getContext("2d");
  if (round) { pen.arc(size / 2, size / 2, size / 2, 0, 7); pen.clip(); }
  pen.fillStyle = token("--ink");
  paint(pen, size);
  return pen.getImageData(0, 0, size, size);
}

const hatching = (pen, n) => {
  // A light edge under each dark line: seen on every shade of the ramp.
  for (const [colour, width] of [["--panel", 6], ["--ink", 2.5]]) {
    pen.strokeStyle = token(colour);
    pen.lineWidth = width;
    for (const shift of [-n, 0, n]) { pen.beginPath(); pen.moveTo(shift - 2, n + 2); pen.lineTo(shift + n + 2, -2); pen.stroke(); }
  }
};
const dotting = (pen, n) => { pen.beginPath(); pen.arc(n / 2, n / 2, 2.6, 0, 7); pen.fill(); };
const patterns = {
  hatch: () => pattern(hatching),
  dots: () => pattern(dotting),
  "hatch-point": () => pattern(hatching, 32, true),
  "dots-point": () => pattern(dotting, 32, true),
};

const shades = () => ["match", ["get", "shade"], 1, token("--ramp-1"), 2, token("--ramp-2"), 3, token("--ramp-3"),
  4, token("--ramp-4"), 5, token("--ramp-5"), token("--none")];

function layers(map) {
  const areas = ["any", ["==", ["geometry-type"], "Polygon"], ["==", ["geometry-type"], "MultiPolygon"]];
  const add = (id, type, filter, paint) => map.addLayer({ id, type, source: "areas", filter, paint });
  add("fill", "fill", areas, { "fill-color": shades() });
  add("uncertain", "fill", ["==", ["get", "uncertain"], true], { "fill-pattern": "hatch" });
  add("withheld", "fill", ["has", "suppressed"], { "fill-pattern": "dots" });
  add("line", "line", areas, { "line-color": token("--panel"), "line-width": 1 });
  add("point", "circle", ["==", ["geometry-type"], "Point"],
    { "circle-color": shades(), "circle-radius": 8, "circle-stroke-color": token("--ink"), "circle-stroke-width": 1 });
  for (const [id, filter] of [["hatch-point", ["==", ["get", "uncertain"], true]], ["dots-point", ["has", "suppressed"]]]) {
    map.addLayer({ id, type: "symbol", source: "areas", filter: ["all", ["==", ["geometry-type"], "Point"], filter],
      layout: { "icon-image": id, "icon-allow-overlap": true } });
  }
  add("chosen", "line", ["==", ["get", "id"], ""], { "line-color": token("--focus"), "line-width": 4 });
}

function paintAgain(map) {
  for (const [id, make] of Object.entries(patterns)) map.updateImage(id, make());
  map.setPaintProperty("background", "background-color", token("--sunk"));
  map.setPaintProperty("fill", "fill-color", shades());
  map.setPaintProperty("point", "circle-color", shades());
  map.setPaintProperty("line", "line-color", token("--panel"));
  map.setPaintProperty("chosen", "line-color", token("--focus"));
}

function choose(map, features, id) {
  const feature = features.find((f) => f.properties.id === id);
  map.setFilter("chosen", ["==", ["get", "id"], id]);
  told.textContent = texts.has(id) ? texts.get(id).join(": ") : "";
  const box = feature ? bounds(feature.geometry) : features.reduce((b, f) => bounds(f.geometry, b), undefined);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (box) map.fitBounds(box, { padding: feature ? 80 : 20, maxZoom: 13, animate: !still });
}

async function areas(url) {
  const answer = await fetch(url, { headers: { accept: "application/geo+json" } });
  if (!answer.ok) throw new Error(`the boundaries could not be had: ${answer.status}`);
  return answer.json();
}

async function start() {
  let data = await areas(island.dataset.geojson);
  island.hidden = false;
  setWorkerUrl(new URL(island.dataset.worker, location.href).href);
  const say = island.dataset;
  const map = new Map({
    container: "map-canvas",
    style: {
      version: 8,
      sources: { areas: { type: "geojson", data } },
      layers: [{ id: "background", type: "background", paint: { "background-color": token("--sunk") } }],
    },
    bounds: data.features.reduce((b, f) => bounds(f.geometry, b), undefined),
    fitBoundsOptions: { padding: 20 },
    attributionControl: false,
    cooperativeGestures: false,
    scrollZoom: false,
    dragRotate: false,
    pitchWithRotate: false,
    locale: {
      "Map.Title": say.label,
      "NavigationControl.ZoomIn": say.zoomIn,
      "NavigationControl.ZoomOut": say.zoomOut,
      "Popup.Close": say.close,
    },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation?.();
  map.addControl(new NavigationControl({ showCompass: false }));
  map.on("load", () => {
    for (const [id, make] of Object.entries(patterns)) map.addImage(id, make(), { pixelRatio: 2 });
    layers(map);
    document.getElementById("drawing")?.classList.add("print-only");
    island.dataset.ready = "";
  });
  const popup = new Popup({ closeButton: false, closeOnClick: false, focusAfterOpen: false });
  for (const layer of ["fill", "point"]) {
    map.on("mousemove", layer, (event) => {
      const text = texts.get(event.features[0].properties.id);
      if (text) popup.setLngLat(event.lngLat).setText(text.join(": ")).addTo(map);
    });
    map.on("mouseleave", layer, () => popup.remove());
    map.on("click", layer, (event) => {
      pick.value = event.features[0].properties.id;
      choose(map, data.features, pick.value);
    });
  }
  const listen = () => pick.addEventListener("change", () => choose(map, data.features, pick.value));
  listen();
  // Another answer about the same places: the map stays where it is.
  document.addEventListener("evenfield:areas", async (event) => {
    pick = document.getElementById("area-pick");
    texts = said();
    listen();
    data = await areas(event.detail);
    map.getSource("areas")?.setData(data);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paintAgain(map));
}

start().catch((error) => {
  console.warn(error);
  island.hidden = true;
});
