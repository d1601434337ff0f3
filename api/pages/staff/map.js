// The map without tiles: outlines of the districts and what is below them, and a place to choose. Leaflet is loaded when needed.
import {make} from "./dom.js";
import {say} from "./language.js";
import {call} from "./server.js";

const PLACE_ZOOM = 17;
const CITY = [[22.45, 113.75], [22.87, 114.62]];

let loading = null;
const leaflet = () => (loading ??= import("./leaflet/leaflet-src.esm.js"));

/** Outlines are an ornament: a map without them still takes a place, and they may be as old as the server lets the browser keep them. */
async function outlines(L, map) {
  let items = [];
  try {
    ({items} = await call("GET", "/api/v1/areas/outlines", undefined, {cache: "default"}));
  } catch (error) {
    console.warn(error);
  }
  const drawn = items.filter(({outline}) => outline?.length).map((area) => {
    const shape = L.polygon(area.outline.map((ring) => ring.map(([lon, lat]) => [lat, lon])),
      {className: `outline ${area.level}`, interactive: false});
    shape.bindTooltip(make("span", {}, area.name), {permanent: area.level === "street", direction: "center", className: "area-name"});
    return shape.addTo(map);
  });
  return drawn.length ? L.featureGroup(drawn).getBounds() : null;
}

/** A map in this element. `onpick` hears of a place that was chosen: a click, or Enter for the middle. Answers
 * {pin(point), signs(list), remove()}; signs are {lon, lat, text, label}. */
export async function openMap(ground, onpick) {
  const L = await leaflet();
  ground.setAttribute("role", "application");
  ground.setAttribute("aria-label", say("map.how"));
  const map = L.map(ground, {attributionControl: false, zoomAnimation: false, fadeAnimation: false, zoomControl: false, maxZoom: 20});
  L.control.zoom({zoomInTitle: say("map.closer"), zoomOutTitle: say("map.farther"), position: "topright"}).addTo(map);
  L.control.scale({imperial: false}).addTo(map);
  map.fitBounds(CITY);
  const layer = L.layerGroup().addTo(map);
  let pinned = null;
  new ResizeObserver(() => map.invalidateSize()).observe(ground);
  map.on("click", ({latlng}) => onpick({lon: latlng.lng, lat: latlng.lat}));
  ground.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== ground) return;
    event.preventDefault();
    const {lng, lat} = map.getCenter();
    onpick({lon: lng, lat});
  });

  const marker = ({lon, lat, text, label, kind = ""}) => {
    const made = L.marker([lat, lon], {icon: L.divIcon({className: `marker ${kind}`, html: "", iconSize: [28, 28]}),
      keyboard: false, interactive: false, title: label, alt: label});
    made.on("add", () => { made.getElement().textContent = text; });
    return made;
  };

  outlines(L, map).then((bounds) => { if (bounds && !pinned) map.fitBounds(bounds); });
  return {
    pin(point) {
      pinned?.remove();
      pinned = point ? marker({...point, text: "", label: say("map.pin"), kind: "pin"}).addTo(map) : null;
      if (point) map.setView([point.lat, point.lon], Math.max(map.getZoom(), PLACE_ZOOM));
    },
    signs(list) {
      layer.clearLayers();
      for (const one of list) marker(one).addTo(layer);
    },
  };
}
