// The city's public cases: around here or everywhere, as a list or on the map.
import {caseCard} from "../casecards.js";
import {categories} from "../categories.js";
import {add, button, empty, field, make} from "../dom.js";
import {inWords} from "../faults.js";
import {say} from "../language.js";
import {openMap} from "../map.js";
import {known, locate} from "../place.js";
import {around, cases, counts} from "../publicly.js";

/** About a kilometre and a half. */
const NEAR = 0.015;
const PATIENCE = 8000;

function segments(label, names, chosen, onchange) {
  const made = names.map((name) => button(say(`near.${name}`), () => {
    for (const one of made) one.setAttribute("aria-pressed", String(one.dataset.name === name));
    onchange(name);
  }, {"aria-pressed": String(name === chosen), "data-name": name}));
  return make("div", {class: "segments two", role: "group", "aria-label": label}, made);
}

class Near {
  constructor() {
    this.where = "here";
    this.place = null;
    this.turn = 0;
    this.list = make("ul", {class: "cards", id: "cases"});
    this.ground = make("div", {class: "map short", hidden: true});
    this.note = make("div", {role: "status"});
    this.more = button(say("more"), () => this.load(this.next, this.within), {kind: "quiet wide", hidden: true});
    this.status = make("select", {onchange: () => this.start()},
      ["all", "open", "closed"].map((value) => make("option", {value: value === "all" ? "" : value}, say(`near.status_${value}`))));
    this.category = make("select", {onchange: () => this.start()});
    this.offer([]);
    (async () => {
      for await (const all of categories()) this.offer(all);
    })();
  }

  offer(all) {
    const chosen = all.find(({code}) => code === this.category.value)?.code ?? "";
    this.category.replaceChildren(make("option", {value: ""}, say("near.any")),
      ...all.map(({code, name}) => make("option", {value: code}, name)));
    this.category.value = chosen;
  }

  get wanted() { return {status: this.status.value, category: this.category.value}; }

  get isMap() { return !this.ground.hidden; }

  /** Show something unless something else was asked for meanwhile; say why where it does not go. */
  async try(work) {
    const mine = ++this.turn;
    try {
      await work(() => mine === this.turn);
    } catch (error) {
      if (mine !== this.turn) return;
      this.list.replaceChildren();
      this.more.hidden = true;
      const isLost = ["denied", "unknown"].includes(error.name);
      this.note.replaceChildren(empty(isLost ? say("near.lost") : inWords(error)));
    }
  }

  start() {
    this.list.replaceChildren();
    this.more.hidden = true;
    this.note.replaceChildren(make("p", {class: "hint"}, say("loading")));
    return this.isMap ? this.look() : this.load();
  }

  /** A page of the list; with `within` {bbox} or {community} those of one sign on the map. */
  load(cursor = null, within = null) {
    return this.try(async (isWanted) => {
      if (this.where === "here" && !within) this.place ??= known() ?? await locate(PATIENCE);
      const box = this.where === "here" ? {bbox: around(this.place ?? {lon: 0, lat: 0}, NEAR)} : {};
      const told = await cases({...within ?? box, ...this.wanted, cursor});
      if (!isWanted()) return;
      if (!cursor) this.list.replaceChildren();
      this.list.append(...told.items.map(caseCard));
      this.next = told.next;
      this.within = within;
      this.more.hidden = !told.next;
      const words = this.where === "here" ? "near.nothing_here" : "near.nothing";
      this.note.replaceChildren(this.list.childElementCount ? "" : empty(say(words)));
    });
  }

  /** How many there are where, on the part of the map that is shown. */
  look() {
    return this.try(async (isWanted) => {
      if (this.where === "here") this.place ??= known() ?? await locate(PATIENCE).catch(() => null);
      this.map ??= openMap(this.ground, {around: this.where === "here" ? this.place : null, zoom: 15, onmove: () => this.look()});
      const map = await this.map;
      const found = await counts(map.box(), this.wanted);
      if (!isWanted()) return;
      map.show(found.map((heap) => this.sign(map, heap)));
      if (this.place) map.me(this.place);
      this.note.replaceChildren(make("p", {class: "hint"}, say(found.length ? "near.touch" : "near.nothing")));
    });
  }

  sign(map, heap) {
    const {lon, lat, count, kind, bbox, community, code} = heap;
    const open = async () => {
      await this.load(null, code ? {community: code} : {bbox});
      this.list.scrollIntoView({block: "center"});
    };
    const go = kind === "tile" ? () => map.near(heap) : open;
    return {lon, lat, text: String(count), kind: "", label: say("near.heap", {n: count, where: community ?? ""}).trim(), go};
  }

  async setWhere(name) {
    this.where = name;
    await this.leave();
    return this.start();
  }

  setForm(name) {
    this.ground.hidden = name !== "map";
    return this.start();
  }

  async leave() {
    const before = this.map;
    this.map = null;
    this.ground.replaceChildren();
    (await before)?.remove();
  }
}

export async function show(room) {
  const near = new Near();
  add(room, make("div", {class: "filters"},
    segments(say("near.where"), ["here", "city"], "here", (name) => near.setWhere(name)),
    segments(say("near.as"), ["list", "map"], "list", (name) => near.setForm(name)),
    field(say("near.status"), near.status), field(say("category"), near.category)), near.ground, near.note, near.list, near.more);
  near.start();
  return {leave: () => near.leave()};
}
