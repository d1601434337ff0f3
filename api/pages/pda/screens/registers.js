// The registers on the phone: searched without a network, by label, address and what may be shown.
import {add, button, empty, make} from "../dom.js";
import {REGISTERS, entries, formOf, search} from "../entries.js";
import {metres, say, sayOr} from "../language.js";
import {openMap} from "../map.js";
import {distance} from "../nearness.js";
import {known, locate} from "../place.js";
import * as store from "../store.js";

const MOST = 50;
const MOST_ON_MAP = 200;

const card = (one, here) => make("li", {}, make("a", {class: "card", href: `#/entry/${one.id}`}, make("span", {class: "card-body"},
  make("span", {class: "card-top"}, make("span", {class: "chip"}, say(`register.${one.register}`)),
    one.conflicts?.length > 0 && make("span", {class: "chip alarm"}, say("entry.conflict")),
    one.pending && make("span", {class: "chip wait"}, sayOr(`state.${one.pending}`, one.pending)),
    here && one.lon ? make("span", {class: "quiet"}, metres(distance(here, one))) : ""),
  make("strong", {}, one.label || say("entry.unnamed")),
  one.values?.address && make("span", {class: "quiet"}, one.values.address))));

export async function show(room) {
  let here = known();
  let map = null;
  let asMap = false;
  let register = await store.get("meta", "register") ?? "";
  let all = new Map();
  const list = make("ul", {class: "cards"});
  const nothing = make("div");
  const ground = make("div", {class: "map", hidden: true});
  const text = make("input", {type: "search", id: "q", enterkeyhint: "search", autocomplete: "off", oninput: draw});
  const chips = make("div", {class: "chips", role: "group", "aria-label": say("registers.which")});
  const adding = make("div", {class: "row"});

  async function draw() {
    const found = search([...all.values()], register, text.value);
    if (here) found.sort((one, other) => (one.lon ? distance(here, one) : Infinity) - (other.lon ? distance(here, other) : Infinity));
    else found.sort((one, other) => (one.label ?? "").localeCompare(other.label ?? "", "zh"));
    list.hidden = asMap;
    ground.hidden = !asMap;
    list.replaceChildren(...found.slice(0, MOST).map((one) => card(one, here)));
    nothing.replaceChildren(!found.length ? empty(say(all.size ? "registers.no_match" : "registers.empty"))
      : found.length > MOST && !asMap ? make("p", {class: "quiet"}, say("registers.more", {n: found.length, shown: MOST})) : "");
    if (!asMap || !room.isConnected) return;
    map ??= openMap(ground);
    const shown = await map;
    shown.show(found.filter(({lon}) => lon).slice(0, MOST_ON_MAP).map((one) => ({lon: one.lon, lat: one.lat, text: say(`register.${one.register}`)[0], kind: "entry",
      label: one.label, go: () => { location.hash = `#/entry/${one.id}`; }})));
    shown.me(here);
  }

  async function chipsNow() {
    chips.replaceChildren(...["", ...REGISTERS].map((name) => button(say(name ? `register.${name}` : "registers.all"), async () => {
      register = name;
      await store.put("meta", name, "register");
      await chipsNow();
      await draw();
    }, {"aria-pressed": String(register === name)})));
    const forms = await Promise.all(REGISTERS.filter((name) => !register || name === register).map(async (name) => [name, await formOf(name)]));
    adding.replaceChildren(...forms.filter(([, form]) => form).map(([name]) =>
      make("a", {class: "button quiet", href: `#/edit/new/${name}`}, say("registers.new", {register: say(`register.${name}`)}))),
    button(say("map"), async (event) => {
      asMap = !asMap;
      event.currentTarget.setAttribute("aria-pressed", String(asMap));
      await draw();
    }, {kind: "quiet", picture: "map", "aria-pressed": String(asMap)}));
  }

  async function refresh() {
    all = await entries();
    await draw();
  }

  add(room, make("div", {class: "field"}, make("label", {for: "q"}, say("registers.search")), text), chips, adding, nothing, list, ground);
  await chipsNow();
  await refresh();
  locate(8000).then((found) => { here = found; return draw(); }, () => {}); // by name until the phone knows where it is
  return {refresh, leave: async () => (await map)?.remove()};
}
