// The map without tiles: outlines of areas, signs, where the phone is. Leaflet is loaded when first needed.
import {outlined} from "./areas.js";
import {make} from "./dom.js";
import {say} from "./language.js";

const CITY_ZOOM = 16;

/** From which zoom on the names of which areas are shown, so that none lies on another: at most those of one level. */
const SCALES = [["close", 15], ["middle", 13], ["far", 0]];

let loading = null;
const leaflet = () => (loading ??= import("./leaflet/leaflet-src.esm.js"));

async function outlines(L, map) {
  const rings = [];
  for (const area of await outlined()) {
    const ring = L.polygon(area.outline.map((line) => line.map(([lon, lat]) => [lat, lon])),
      {className: `outline ${area.level}`, interactive: false});
    ring.bindTooltip(make("span", {}, area.name), {permanent: true, direction: "center", className: `area-name ${area.level}`});
    rings.push(ring.addTo(map));
  }
  return rings.length ? L.featureGroup(rings).getBounds() : null;
}

const marker = (L, {lon, lat, text, kind, label, go}) => {
  const sign = L.marker([lat, lon], {
    icon: L.divIcon({className: `marker ${kind}`, html: "", iconSize: [36, 36]}),
    keyboard: Boolean(go), interactive: Boolean(go), zIndexOffset: go ? 1000 : 0, // where I stand hides nothing that can be opened
    title: label, alt: label});
  sign.on("add", () => { sign.getElement().textContent = text; });
  if (go) sign.on("click keypress", go);
  return sign;
};

/** A map in this element. `around` {lon, lat} is shown first, as near as `zoom` says, else all areas. `onpick` hears of taps,
 * `onmove` of the box that is then shown: {west, south, east, north}. Answers {show(signs), pin(point), me(point), near(point),
 * box(), remove()}: signs are {lon, lat, text, kind, label, go?}. */
export async function openMap(ground, {around = null, zoom = 17, onpick = null, onmove = null} = {}) {
  const L = await leaflet();
  ground.setAttribute("role", "group");
  ground.setAttribute("aria-label", say("map"));
  const map = L.map(ground, {attributionControl: false, zoomAnimation: false, fadeAnimation: false, zoomControl: false,
    maxZoom: 20, minZoom: 8});
  L.control.zoom({zoomInTitle: say("map.closer"), zoomOutTitle: say("map.farther"), position: "topright"}).addTo(map);
  L.control.scale({imperial: false}).addTo(map);
  map.setView(around ? [around.lat, around.lon] : [22.6, 114], around ? zoom : 12); // a view first: layers need one
  const bounds = await outlines(L, map);
  if (!around && bounds) map.fitBounds(bounds);
  const layer = L.layerGroup().addTo(map);
  const signs = {pin: null, me: null};
  const resized = new ResizeObserver(() => map.invalidateSize());
  resized.observe(ground);
  const scaled = () => { ground.dataset.scale = SCALES.find(([, from]) => map.getZoom() >= from)[0]; };
  map.on("zoomend", scaled);
  scaled();
  const box = () => {
    const shown = map.getBounds();
    return {west: shown.getWest(), south: shown.getSouth(), east: shown.getEast(), north: shown.getNorth()};
  };
  if (onmove) map.on("moveend", () => onmove(box()));
  if (onpick) map.on("click", ({latlng}) => onpick({lon: latlng.lng, lat: latlng.lat}));

  function put(name, point, text, label) {
    signs[name]?.remove();
    signs[name] = point ? marker(L, {...point, text, kind: name, label}).addTo(map) : null;
  }

  return {
    show(wanted) {
      layer.clearLayers();
      for (const one of wanted) marker(L, one).addTo(layer);
      if (!around && !onmove && wanted.length) {
        const all = L.latLngBounds(wanted.map(({lat, lon}) => [lat, lon]));
        map.fitBounds(bounds ? all.extend(bounds) : all, {padding: [24, 24], maxZoom: CITY_ZOOM});
      }
    },
    pin(point) {
      put("pin", point, "", say("map.pin"));
      if (point) map.setView([point.lat, point.lon], Math.max(map.getZoom(), CITY_ZOOM));
    },
    me: (point) => put("me", point, "", say("map.me")),
    near: ({lon, lat}) => map.setView([lat, lon], Math.min(map.getMaxZoom(), map.getZoom() + 2)),
    box,
    remove() { resized.disconnect(); map.remove(); },
  };
}
