// The registers on the phone: searched without a network, by label, address and what may be shown.
import {card, chip, link, quiet, standing, strong} from "../cards.js";
import {add, button, empty, make, redraw} from "../dom.js";
import {REGISTERS, entries, formOf, search} from "../entries.js";
import {metres, say} from "../language.js";
import {openMap} from "../map.js";
import {distance, isPlaced} from "../nearness.js";
import {known, locate} from "../place.js";
import * as store from "../store.js";

const MOST = 50;
const MOST_ON_MAP = 200;
const LOCATE_PATIENCE = 8000;

const entryCard = (one, here) => card({
  href: `#/entry/${one.id}`,
  top: [chip(say(`register.${one.register}`)), one.conflicts?.length > 0 && chip(say("entry.conflict"), "alarm"),
    standing(one.pending), here && isPlaced(one) && quiet(metres(distance(here, one)))],
  title: strong(one.label || say("entry.unnamed")), body: one.values?.address ? quiet(one.values.address) : null});

const sign = (one) => ({
  lon: one.lon, lat: one.lat, text: say(`register.${one.register}`)[0], kind: "entry", label: one.label,
  go: () => { location.hash = `#/entry/${one.id}`; }});

/** The nearest first where the phone knows where it is, else by name. */
function sorted(found, here) {
  const far = (one) => (isPlaced(one) ? distance(here, one) : Infinity);
  const name = (one) => one.label ?? "";
  return here ? found.sort((one, other) => far(one) - far(other))
    : found.sort((one, other) => name(one).localeCompare(name(other), "zh"));
}

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

  function note(number) {
    if (!number) return empty(say(all.size ? "registers.no_match" : "registers.empty"));
    return number > MOST && !asMap ? make("p", {class: "quiet"}, say("registers.more", {n: number, shown: MOST})) : "";
  }

  async function draw() {
    const found = sorted(search([...all.values()], register, text.value), here);
    list.hidden = asMap;
    ground.hidden = !asMap;
    redraw(list, found.slice(0, MOST).map((one) => entryCard(one, here)));
    redraw(nothing, note(found.length));
    if (!asMap || !room.isConnected) return;
    map ??= openMap(ground);
    const shown = await map;
    shown.show(found.filter(isPlaced).slice(0, MOST_ON_MAP).map(sign));
    shown.me(here);
  }

  async function choose(name) {
    register = name;
    await store.put("meta", name, "register");
    await buttons();
    await draw();
  }

  async function turn(event) {
    asMap = !asMap;
    event.currentTarget.setAttribute("aria-pressed", String(asMap));
    await draw();
  }

  async function buttons() {
    redraw(chips, ["", ...REGISTERS].map((name) => button(say(name ? `register.${name}` : "registers.all"),
      () => choose(name), {"aria-pressed": String(register === name)})));
    const wanted = REGISTERS.filter((name) => !register || name === register);
    const forms = await Promise.all(wanted.map(async (name) => [name, await formOf(name)]));
    redraw(adding, forms.filter(([, form]) => form).map(([name]) =>
      link(`#/edit/new/${name}`, say("registers.new", {register: say(`register.${name}`)}))),
    button(say("map"), turn, {kind: "quiet", picture: "map", "aria-pressed": String(asMap)}));
  }

  async function refresh() {
    all = await entries();
    await draw();
  }

  add(room, make("div", {class: "field"}, make("label", {for: "q"}, say("registers.search")), text), chips, adding, nothing,
    list, ground);
  await buttons();
  await refresh();
  locate(LOCATE_PATIENCE).then((found) => { here = found; return draw(); }, () => {}); // by name until the phone knows
  return {refresh, leave: async () => (await map)?.remove()};
}
