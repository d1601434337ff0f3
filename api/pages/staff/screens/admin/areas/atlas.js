// The city's outlines: one of them shown, and what is wrong with an import as numbered signs.
import {make} from "../../../dom.js";
import {say} from "../../../language.js";
import {call} from "../../../server.js";

const CITY = [[22.45, 113.75], [22.87, 114.62]];
const ringsOf = (outline) => outline.map((ring) => ring.map(([lon, lat]) => [lat, lon]));

/** {box, load(), has(code), show(code), flaws(list)}; flaws are {number, place: {lon, lat}, text}. */
export function atlas() {
  const box = make("div", {class: "map atlas", role: "application", "aria-label": say("admin.map")});
  const shapes = new Map();
  let L = null;
  let map = null;
  let signs = null;
  let marked = null;

  async function open() {
    L = await import("../../../leaflet/leaflet-src.esm.js");
    map = L.map(box, {attributionControl: false, zoomAnimation: false, fadeAnimation: false, zoomControl: false, maxZoom: 20});
    L.control.zoom({zoomInTitle: say("map.closer"), zoomOutTitle: say("map.farther"), position: "topright"}).addTo(map);
    L.control.scale({imperial: false}).addTo(map);
    map.fitBounds(CITY);
    signs = L.layerGroup().addTo(map);
    new ResizeObserver(() => map.invalidateSize()).observe(box);
  }

  async function load() {
    const [{items}] = await Promise.all([call("GET", "/api/v1/areas/outlines"), map ? null : open()]);
    for (const shape of shapes.values()) shape.remove();
    shapes.clear();
    for (const area of items.filter(({outline}) => outline?.length)) {
      const shape = L.polygon(ringsOf(area.outline), {className: `outline ${area.level}`, interactive: false});
      shape.bindTooltip(make("span", {}, area.name), {permanent: area.level === "street", direction: "center", className: "area-name"});
      shapes.set(area.code, shape.addTo(map));
    }
    if (shapes.size) map.fitBounds(L.featureGroup([...shapes.values()]).getBounds());
  }

  function show(code) {
    const shape = shapes.get(code);
    if (!shape) return;
    marked?.getElement()?.classList.remove("marked");
    marked = shape;
    shape.getElement()?.classList.add("marked");
    map.fitBounds(shape.getBounds());
  }

  function flaws(list) {
    signs.clearLayers();
    for (const {number, place, text} of list) {
      const sign = L.marker([place.lat, place.lon], {keyboard: false, interactive: false, title: text, alt: text,
        icon: L.divIcon({className: "marker pin", html: "", iconSize: [28, 28]})});
      sign.on("add", () => { sign.getElement().textContent = String(number); });
      sign.addTo(signs);
    }
    if (list.length) map.fitBounds(L.latLngBounds(list.map(({place}) => [place.lat, place.lon])).pad(0.5), {maxZoom: 16});
  }

  return {box, load, has: (code) => shapes.has(code), show, flaws};
}
