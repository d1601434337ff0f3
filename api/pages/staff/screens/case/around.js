// Where it is: the outline of its grid, the places that the reports name, and numbered things of the city near by.
import {make} from "../../dom.js";
import {metres, say} from "../../language.js";

const ZOOM = 18;

let loading = null;
const leaflet = () => (loading ??= import("../../leaflet/leaflet-src.esm.js"));

const placed = ({lon, lat}) => lon !== null && lat !== null && lon !== undefined;

function sign(L, {lon, lat}, text, label, kind, size = 24) {
  const made = L.marker([lat, lon], {icon: L.divIcon({className: `marker ${kind}`, html: "", iconSize: [size, size]}),
    keyboard: false, interactive: false, title: label, alt: label});
  made.on("add", () => { made.getElement().textContent = text; });
  return made;
}

async function openMap(ground, told) {
  const L = await leaflet();
  ground.setAttribute("role", "group");
  ground.setAttribute("aria-label", say("case.map"));
  const map = L.map(ground, {attributionControl: false, zoomAnimation: false, fadeAnimation: false, zoomControl: false,
    maxZoom: 20, scrollWheelZoom: false});
  L.control.zoom({zoomInTitle: say("map.closer"), zoomOutTitle: say("map.farther"), position: "topright"}).addTo(map);
  L.control.scale({imperial: false}).addTo(map);
  map.setView([told.lat, told.lon], ZOOM);
  new ResizeObserver(() => map.invalidateSize()).observe(ground);
  const layer = L.layerGroup().addTo(map);

  return function draw({around, ...now}) {
    layer.clearLayers();
    const drawn = L.latLngBounds([[now.lat, now.lon]]);
    for (const ring of around.area?.outline ?? []) {
      const border = L.polygon(ring.map(([lon, lat]) => [lat, lon]), {className: "outline grid", interactive: false}).addTo(layer);
      if (around.area.level === "grid") drawn.extend(border.getBounds());
    }
    for (const [at, one] of around.components.entries()) sign(L, one, String(at + 1), one.label, "thing", 20).addTo(layer);
    for (const one of now.reports.filter(placed)) sign(L, one, "", one.number, "voice", 14).addTo(layer);
    sign(L, now, "", now.number, "pin", 28).addTo(layer);
    map.fitBounds(drawn, {padding: [12, 12], maxZoom: ZOOM});
  };
}

const things = (components) => make("details", {}, make("summary", {}, say("case.components", {n: components.length})),
  make("ol", {class: "things"}, components.map((one) => make("li", {}, one.label, " ", make("span", {class: "quiet"}, metres(one.metres))))));

/** The map is loaded once it comes into view; without a point there is none, and the address says what is known. */
export function aroundPart() {
  const ground = make("div", {class: "map", tabindex: "0"});
  const list = make("div", {});
  const words = make("p", {class: "quiet"});
  const box = [words, ground, list];
  let told = null;
  let listed = null;
  let opening = null;

  async function show() {
    if (!placed(told)) return;
    const draw = await (opening ??= openMap(ground, told));
    draw(told);
  }

  let inView = false; // the map is opened then, and drawn anew from then on
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some(({isIntersecting}) => isIntersecting)) return;
    seen.disconnect();
    inView = true;
    show();
  });
  seen.observe(words);

  return {box, draw(now) {
    told = now;
    words.textContent = [told.area, told.address].filter(Boolean).join(" · ") || say("case.no_place");
    ground.hidden = !placed(told);
    const found = JSON.stringify(told.around.components);
    if (found !== listed) list.replaceChildren(...told.around.components.length ? [things(told.around.components)] : []);
    listed = found; // the same ones stay as they are, folded or not
    if (inView) show();
  }};
}
