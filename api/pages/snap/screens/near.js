// The city's public cases: around here or everywhere, as a list or on the map.
import {caseCard} from "../cards-of-cases.js";
import {add, button, empty, make, newId} from "../dom.js";
import {inWords} from "../faults.js";
import {say} from "../language.js";
import {openMap} from "../map.js";
import {known, locate} from "../place.js";
import {around, cases} from "../publicly.js";

/** About a kilometre and a half. */
const NEAR = 0.015;
const MOST_PLACED = 100;

function segments(label, names, chosen, onchange) {
  const made = names.map((name) => button(say(`near.${name}`), () => {
    for (const one of made) one.setAttribute("aria-pressed", String(one === made[names.indexOf(name)]));
    onchange(name);
  }, {"aria-pressed": String(name === chosen), "data-name": name}));
  return make("div", {class: "segments two", role: "group", "aria-label": label}, made);
}

function statusField(state, onchange) {
  const id = newId();
  const select = make("select", {id, onchange: () => { state.status = select.value; onchange(); }},
    ["", "open", "closed"].map((value) => make("option", {value}, say(`near.status_${value || "all"}`))));
  return make("div", {class: "field"}, make("label", {for: id}, say("near.status")), select);
}

const isPlaced = ({square}) => square;

/** The cases of a square as one sign with their number. */
function signs(items, go) {
  const squares = new Map();
  for (const one of items.filter(isPlaced)) {
    const key = `${one.square.lon} ${one.square.lat}`;
    squares.set(key, [...squares.get(key) ?? [], one]);
  }
  return [...squares.values()].map((members) => ({...members[0].square, text: String(members.length), kind: "",
    label: say("near.square", {n: members.length}), go: () => go(members)}));
}

export async function show(room) {
  const state = {where: "here", as: "list", status: "", next: null, items: [], place: null};
  const list = make("ul", {class: "cards", id: "cases"});
  const ground = make("div", {class: "map", hidden: true});
  const note = make("div", {role: "status"});
  const more = button(say("more"), () => load(true), {kind: "quiet wide", hidden: true});
  let map = null;
  let turn = 0;

  function draw(members = state.items) {
    list.replaceChildren(...members.map(caseCard));
    more.hidden = !state.next || state.as === "map";
    note.replaceChildren(members.length ? "" : empty(say(state.where === "here" ? "near.nothing_here" : "near.nothing")));
  }

  async function drawMap() {
    ground.hidden = state.as !== "map";
    if (state.as !== "map") return;
    map ??= openMap(ground, {around: state.place});
    const shown = await map;
    shown.show(signs(state.items, draw));
    if (state.place) shown.me(state.place);
  }

  async function load(further = false) {
    const mine = ++turn;
    note.replaceChildren(make("p", {class: "hint"}, say("loading")));
    try {
      if (state.where === "here") state.place ??= known() ?? await locate(8000);
      const bbox = state.where === "here" ? around(state.place, NEAR) : null;
      const told = await cases({bbox, status: state.status, cursor: further ? state.next : null, limit: state.as === "map" ? MOST_PLACED : null});
      if (mine !== turn) return;
      state.items = further ? [...state.items, ...told.items] : told.items;
      state.next = told.next;
      draw();
      await drawMap();
    } catch (error) {
      if (mine !== turn) return;
      const lost = ["denied", "unknown"].includes(error.name);
      list.replaceChildren();
      more.hidden = true;
      note.replaceChildren(empty(lost ? say("near.lost") : inWords(error)));
    }
  }

  add(room, make("div", {class: "form tight"},
    segments(say("near.where"), ["here", "city"], "here", (name) => { state.where = name; load(); }),
    segments(say("near.as"), ["list", "map"], "list", (name) => { state.as = name; load(); }),
    statusField(state, () => load())), ground, note, list, more);
  load();
  return {async leave() { (await map)?.remove(); }};
}
