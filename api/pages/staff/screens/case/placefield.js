// A point: of the case, chosen on the map, or where one stands, which this device may know.
import {button, make, newId} from "../../dom.js";
import {say} from "../../language.js";
import {openMap} from "../../map.js";

const rounded = (degrees) => Math.round(degrees * 1e6) / 1e6;

const pointWords = (point) => (point ? `${point.lat}, ${point.lon}` : say("case.no_point"));

const here = () => new Promise((resolve, reject) => {
  navigator.geolocation.getCurrentPosition(({coords}) => resolve({lon: rounded(coords.longitude), lat: rounded(coords.latitude)}), reject,
    {enableHighAccuracy: true, timeout: 15_000});
});

export function placeField(ask, state, {label, hint, told, keep, isMine = false}) {
  const id = newId();
  const words = make("p", {role: "status", class: "quiet"}, pointWords(state[ask.name]));
  const ground = make("div", {class: "map", tabindex: "0", hidden: true});
  let map = null;

  async function set(point) {
    state[ask.name] = point;
    words.textContent = pointWords(point);
    keep();
    (await map)?.pin(point);
  }

  async function openIt() {
    ground.hidden = false;
    map ??= openMap(ground, ({lon, lat}) => set({lon: rounded(lon), lat: rounded(lat)}));
    const {lon, lat} = told();
    const around = state[ask.name] ?? (lon === null ? null : {lon, lat});
    (await map).pin(around);
    ground.focus();
  }

  async function locate() {
    try {
      await set(await here());
    } catch {
      words.textContent = say("case.no_position");
    }
  }

  return {
    value: () => state[ask.name] ?? null,
    box: make("div", {class: "field", role: "group", "aria-labelledby": id},
      make("p", {class: "label", id}, label, ask.required && make("span", {class: "required"}, say("required"))), hint && make("p", {class: "hint"}, hint), words,
      make("div", {class: "row"}, isMine && "geolocation" in navigator && button(say("case.here"), locate, {kind: "small"}),
        button(say("case.on_map"), openIt, {kind: "small"}), button(say("case.no_place_chosen"), () => set(null), {kind: "quiet small"})), ground)};
}
