// All bulletins, the latest first.
import {button, make} from "../../dom.js";
import {ofLabel, say, when} from "../../language.js";
import {sentence} from "../../problems.js";
import {address, call} from "../../server.js";

export const BULLETINS = "/api/v1/bulletins";

const line = (one) => make("li", {class: "panel"}, make("h2", {}, make("a", {href: `/cockpit/bulletins/${one.id}`}, ofLabel(one.title))),
  make("p", {}, ofLabel(one.lead)), make("p", {class: "quiet"}, say("bulletins.made", {at: when(one.made_at)}), " ",
    one.remarks_open > 0 && make("span", {class: "chip wait"}, say("bulletins.remarks_open", {n: one.remarks_open}))));

export function show(room) {
  const list = make("ul", {class: "bulletin-list"});
  const told = make("p", {class: "quiet", role: "status"}, say("loading"));
  const more = button(say("more"), () => load(), {kind: "quiet", hidden: true});
  let cursor = null;
  const kind = make("select", {"aria-label": say("bulletins.kind"), onchange: () => { cursor = null; load(); }},
    ["", "week", "month"].map((one) => make("option", {value: one}, say(`bulletins.kind_${one || "all"}`))));

  async function load() {
    try {
      const {items, next} = await call("GET", address(BULLETINS, {kind: kind.value, cursor, limit: 20}));
      if (!cursor) list.replaceChildren();
      list.append(...items.map(line));
      cursor = next;
      more.hidden = !next;
      told.textContent = list.children.length ? "" : say("bulletins.none");
    } catch (error) {
      told.textContent = sentence(error);
    }
  }

  room.replaceChildren(make("div", {class: "head"}, kind), told, list, more);
  return load();
}
