// What may be adopted around here: a list and a map, what is expected of whoever does, and one touch that adopts.
import {card, link, strong} from "../cards.js";
import {add, ask, button, empty, field, make} from "../dom.js";
import {attempt, inWords} from "../faults.js";
import {language, metres, say} from "../language.js";
import {openMap} from "../map.js";
import {known, locate} from "../place.js";
import {json, open} from "../server.js";
import * as session from "../session.js";

const ADDRESS = "/api/v1/citizen/adoptions";
const FAR = 500;
const PATIENCE = 8000;

const label = (one) => `${one.name} ${one.code}`;

class Adopt {
  constructor(kinds, shops) {
    this.kinds = new Map(kinds.map((one) => [one.kind, one]));
    this.shops = shops;
    this.list = make("ul", {class: "cards", id: "adoptable"});
    this.ground = make("div", {class: "map short"});
    this.note = make("div", {role: "status"});
    this.kind = make("select", {onchange: () => this.look()}, make("option", {value: ""}, say("adopt.all")),
      kinds.map(({kind, name}) => make("option", {value: kind}, name)));
    this.shop = make("select", {}, make("option", {value: ""}, say("adopt.myself")),
      shops.map(({id, name}) => make("option", {value: id}, name)));
  }

  async start() {
    try {
      this.place = known() ?? await locate(PATIENCE);
    } catch (error) {
      if (!["denied", "unknown"].includes(error.name)) throw error;
      this.ground.hidden = true;
      return void this.note.replaceChildren(empty(say("near.lost")));
    }
    this.map = await openMap(this.ground, {around: this.place});
    this.map.me(this.place);
    return this.look();
  }

  async look() {
    if (!this.place) return;
    const {lon, lat} = this.place;
    const kind = this.kind.value && `&kind=${this.kind.value}`;
    try {
      const {items} = await open("GET", `${ADDRESS}/near?lon=${lon}&lat=${lat}&metres=${FAR}&lang=${language()}${kind}`);
      this.list.replaceChildren(...items.map((one, at) => this.row(one, at + 1)));
      this.map?.show(items.map((one, at) => ({lon: one.lon, lat: one.lat, text: String(at + 1), kind: one.adopted ? "quiet" : "", label: label(one)})));
      this.note.replaceChildren(items.length ? "" : empty(say("adopt.none", {far: metres(FAR)})));
    } catch (error) {
      this.note.replaceChildren(empty(inWords(error)));
    }
  }

  row(one, number) {
    const expects = this.kinds.get(one.kind)?.expects;
    return card({number, title: strong(label(one)), top: [make("span", {class: "quiet"}, metres(one.metres))], data: {"data-component": one.id}, body: [
      expects && make("p", {class: "hint"}, expects),
      one.adopted ? make("p", {class: "quiet"}, one.adopters.length ? say("adopt.by", {names: one.adopters.join("、")}) : say("adopt.taken"))
        : button(say("adopt.go"), () => this.adopt(one, expects), {kind: "strong"})]});
  }

  async adopt(one, expects) {
    if (!await ask(say("adopt.sure", {what: label(one), expects: expects ?? ""}), {go: say("adopt.go"), kind: "strong"})) return;
    await attempt(async () => {
      const made = await json("POST", ADDRESS, {component: one.id, ...(this.shop.value && {shop: this.shop.value})});
      location.hash = `#/adoption/${made.id}`;
    });
  }

  async leave() { (await this.map)?.remove(); }
}

export async function show(room) {
  if (!await session.current()) {
    return void add(room, make("div", {class: "panel"}, make("p", {}, say("adopt.prove")), link("#/signin/adopt", say("sign.in"), "strong")));
  }
  let adopt = null;
  try {
    const [kinds, mine] = await Promise.all([
      open("GET", `${ADDRESS}/kinds?lang=${language()}`), json("GET", `${ADDRESS}?lang=${language()}`)]);
    adopt = new Adopt(kinds.items, mine.shops.filter(({state}) => state === "confirmed"));
  } catch (error) {
    return void add(room, empty(inWords(error)));
  }
  add(room, make("p", {}, say("adopt.what")), link("#/adoptions", say("adoptions")), field(say("adopt.kind"), adopt.kind),
    adopt.shops.length > 0 && field(say("adopt.for"), adopt.shop), adopt.ground, adopt.note, adopt.list);
  adopt.start();
  return {leave: () => adopt.leave()};
}
