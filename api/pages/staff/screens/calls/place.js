// Where it is: an address in words, which the server places as triage would, or a point on the map.
import {button, field, make} from "../../dom.js";
import {sign} from "../../keys.js";
import {say} from "../../language.js";
import {openMap} from "../../map.js";
import {address as addressOf, call} from "../../server.js";

const rounded = (degrees) => Math.round(degrees * 1e6) / 1e6;

async function nameOf(point) {
  try {
    return (await call("GET", addressOf("/api/v1/areas/at", {lon: point.lon, lat: point.lat}))).names.join("");
  } catch {
    return say("calls.outside");
  }
}

/** `changed` is called when the place is another one. A point that was chosen on the map stays, whatever the address says. */
export function placePart(state, input, changed) {
  const told = make("p", {class: "place-text", role: "status"}, state.place ? say("calls.pinned") : say("calls.place_none"));
  const ground = make("div", {class: "map", tabindex: "0"});
  const away = button(say("calls.unpin"), () => set(null, null), {kind: "quiet", hidden: !state.place});
  const ready = new Promise((resolve) => { requestAnimationFrame(async () => resolve(await openMap(ground, pick))); });
  ready.then((map) => { if (state.place) map.pin(state.place); });
  let turn = 0;

  async function set(point, words) {
    state.place = point;
    state.pinned = words === say("calls.pinned");
    told.textContent = words ?? say("calls.place_none");
    away.hidden = !point;
    changed();
    (await ready).pin(point);
  }

  async function pick({lon, lat}) {
    const point = {lon: rounded(lon), lat: rounded(lat)};
    const mine = ++turn;
    await set(point, say("calls.pinned"));
    const area = await nameOf(point);
    if (mine === turn) told.textContent = `${say("calls.pinned")}：${area}`;
  }

  async function locate() {
    const words = input.value.trim();
    const mine = ++turn;
    if (!words || state.pinned) return;
    try {
      const found = await call("GET", addressOf("/api/v1/hotline/place", {address: words}));
      if (mine !== turn || input.value.trim() !== words) return;
      await set(found.sure ? found.place : null, found.area
        ? say(found.place && found.sure ? "calls.found" : "calls.found_area", {area: found.area}) : say("calls.unknown"));
    } catch (error) {
      console.warn(error); // the words go with the ticket all the same
    }
  }

  input.addEventListener("change", locate);
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") locate(); });
  return {box: make("div", {class: "place"}, field([say("calls.address"), sign("L")], input, {hint: say("calls.address_hint")}),
    told, away, ground),
  /** Numbered signs for the cases near by, as the list beside the form numbers them. */
  show: async (cases) => (await ready).signs(cases.map(({lon, lat, number}, at) => ({lon, lat, text: String(at + 1), label: number})))};
}
