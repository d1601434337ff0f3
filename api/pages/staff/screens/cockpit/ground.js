// The map itself: areas shaded by a figure, each with its name and number on it, over the base map where there is one.
import {make} from "../../dom.js";
import {say} from "../../language.js";
import {call} from "../../server.js";

let loading = null;
const leaflet = () => (loading ??= import("../../leaflet/leaflet-src.esm.js"));

const CITY = [[22.45, 113.75], [22.87, 114.62]];
const LETTER = 13;

const latlon = (rings) => rings.map((ring) => ring.map(([lon, lat]) => [lat, lon]));

/** A map in this element; `how` tells who cannot see it how to use it, and where the same is said in words. Answers {draw(areas,
 * around, tiles), mark(code), points(list)}: areas are {code, name, number, shade, outline}, `around` is drawn as a border alone;
 * `onpick` hears the code of an area that was pressed. */
export async function openGround(element, how, onpick) {
  const L = await leaflet();
  element.setAttribute("role", "application");
  element.setAttribute("aria-label", how);
  const map = L.map(element, {attributionControl: false, zoomAnimation: false, fadeAnimation: false, zoomControl: false, maxZoom: 19,
    zoomSnap: 0.25, scrollWheelZoom: false});
  L.control.zoom({zoomInTitle: say("map.closer"), zoomOutTitle: say("map.farther"), position: "topright"}).addTo(map);
  L.control.scale({imperial: false}).addTo(map);
  map.fitBounds(CITY);
  const layer = L.featureGroup().addTo(map);
  const signs = L.featureGroup().addTo(map);
  let shapes = new Map();
  let based = false;
  let bounds = null;

  function base(tiles) {
    if (based || !tiles) return;
    based = true;
    element.classList.add("based");
    L.tileLayer(tiles.url, {maxZoom: 19}).addTo(map);
    if (tiles.attribution) L.control.attribution({prefix: false}).addAttribution(make("span", {}, tiles.attribution).outerHTML).addTo(map);
  }

  /** A name is shown where it fits into its area; the table has all of them. */
  function label(shape) {
    const box = shape.getElement()?.getBBox?.();
    const fits = box && box.width > LETTER * Math.max(...shape.words.map((text) => text.length * (/[^\x00-\x7f]/.test(text) ? 1 : 0.6)))
      && box.height > LETTER * 3;
    shape.getTooltip()?.getElement()?.classList.toggle("unseen", !fits);
  }

  const labels = () => { for (const shape of shapes.values()) label(shape); };

  function area({code, name, number, shade, outline}) {
    const shape = L.polygon(latlon(outline), {className: `area shade-${shade ?? "none"}`, weight: 1.5});
    shape.words = [name, number];
    shape.bindTooltip(make("span", {}, make("b", {}, name), make("span", {class: "number"}, number)),
      {permanent: true, direction: "center", className: "area-label"});
    shape.on("click", () => onpick(code));
    shape.on("mouseover", () => shape.getElement().classList.add("marked"));
    shape.on("mouseout", () => shape.getElement().classList.remove("marked"));
    return shape.addTo(layer);
  }

  map.on("zoomend", labels);
  new ResizeObserver(() => {
    map.invalidateSize();
    if (bounds) map.fitBounds(bounds, {padding: [8, 8]});
    labels();
  }).observe(element);

  return {
    draw(areas, around, tiles) {
      base(tiles);
      layer.clearLayers();
      signs.clearLayers();
      shapes = new Map(areas.filter(({outline}) => outline.length).map((one) => [one.code, area(one)]));
      if (around?.outline.length) L.polygon(latlon(around.outline), {className: "around", fill: false, interactive: false}).addTo(layer);
      bounds = layer.getLayers().length ? layer.getBounds() : null;
      if (bounds) map.fitBounds(bounds, {padding: [8, 8]});
      labels();
    },
    /** The borders of the city's districts and streets, for signs to lie on; without them the signs still say where. */
    async backdrop() {
      let items = [];
      try {
        ({items} = await call("GET", "/api/v1/areas/outlines", undefined, {cache: "default"}));
      } catch (error) {
        console.warn(error);
      }
      for (const {outline, level, name} of items.filter((one) => one.outline.length && one.level !== "community")) {
        const shape = L.polygon(latlon(outline), {className: `outline ${level}`, interactive: false}).addTo(layer);
        if (level === "street") shape.bindTooltip(make("span", {}, name), {permanent: true, direction: "center", className: "area-name"});
      }
      bounds = layer.getLayers().length ? layer.getBounds() : bounds;
      if (bounds) map.fitBounds(bounds, {padding: [8, 8]});
    },
    mark(code) {
      for (const [one, shape] of shapes) shape.getElement()?.classList.toggle("marked", one === code);
    },
    /** Signs with a number at places: {lon, lat, text, label, kind}. */
    points(list) {
      signs.clearLayers();
      for (const {lon, lat, text, label: said, kind = ""} of list) {
        const made = L.marker([lat, lon], {icon: L.divIcon({className: `marker ${kind}`, html: "", iconSize: [26, 26]}),
          keyboard: false, interactive: false, title: said, alt: said});
        made.on("add", () => { made.getElement().textContent = text; });
        made.addTo(signs);
      }
      if (!shapes.size && !bounds && list.length) map.fitBounds(signs.getBounds(), {padding: [24, 24], maxZoom: 16});
    },
  };
}
