// The villages on the operator's map (LAVOIR_MAP_TILES or LAVOIR_MAP_FILE), once somebody asks for it: until
// then nothing is fetched. Without this script the page has its drawing, and always the list.
"use strict";

const box = document.getElementById("map");
const ask = document.getElementById("map-ask");
const drawing = document.getElementById("map-drawing");
const folder = document.currentScript.src.replace(/[^/]*$/, "");

function add(kind, facts) {
  return new Promise((done, failed) => {
    const element = Object.assign(document.createElement(kind), facts);
    element.onload = done;
    element.onerror = failed;
    document.head.append(element);
  });
}

function load(name) {
  return add("script", { src: folder + name });
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// One of: a server of pictures, a file of pictures, a file of shapes.
async function background() {
  const options = { attribution: box.dataset.credit, maxZoom: 17 };
  if (box.dataset.kind === "tiles") return L.tileLayer(box.dataset.tiles, options);
  if (box.dataset.kind === "pictures") {
    await load("pmtiles.js");
    return pmtiles.leafletRasterLayer(new pmtiles.PMTiles(box.dataset.tiles), options);
  }
  await load("protomaps-leaflet.js");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const shapes = { url: box.dataset.tiles, flavor: dark ? "dark" : "light", lang: document.documentElement.lang };
  return protomapsL.leafletLayer({ ...options, ...shapes });
}

function words(village) {
  const popup = document.createElement("div");
  const link = document.createElement("a");
  link.href = village.href;
  link.textContent = village.name;
  popup.append(link, document.createElement("br"), village.words);
  return popup;
}

// Beside the buttons, and shut by a click anywhere or by Escape.
const around = { closeButton: false, autoPanPaddingTopLeft: [60, 10] };

function marker(village) {
  const looks = {
    radius: village.middle ? 11 : 9,
    color: colour(village.middle ? "--act" : "--need"),
    fillColor: colour(village.middle ? "--act" : village.full ? "--need-f" : "--sheet"),
    fillOpacity: 1,
    weight: 2.5,
  };
  return L.circleMarker([village.latitude, village.longitude], looks).bindPopup(words(village), around);
}

async function show() {
  const [answer] = await Promise.all([
    fetch(box.dataset.villages),
    load("leaflet.js"),
    add("link", { rel: "stylesheet", href: folder + "leaflet.css" }),
  ]);
  const { villages } = await answer.json();
  const behind = await background();
  Object.assign(box.style, { height: "min(36rem, 80vh)", font: "inherit" });
  drawing.hidden = true;
  ask.hidden = true;
  box.hidden = false;
  const map = L.map(box, { fadeAnimation: false, scrollWheelZoom: false, zoomControl: false, attributionControl: false });
  L.control.attribution({ prefix: false }).addTo(map);
  L.control.zoom({ zoomInTitle: box.dataset.nearer, zoomOutTitle: box.dataset.farther }).addTo(map);
  const markers = L.featureGroup(villages.map(marker));
  map.fitBounds(markers.getBounds().pad(0.1), { maxZoom: 12 });
  behind.addTo(map);
  markers.addTo(map);
  box.focus();
}

ask.hidden = false;
ask.querySelector("button").addEventListener("click", (event) => {
  event.target.disabled = true;
  show().catch(() => {
    box.hidden = true;
    drawing.hidden = ask.hidden = false;
    ask.querySelector("[role=status]").textContent = box.dataset.failed;
  });
});
