// A list of administration: searched while one types, page after page, with a pane beside it for what was chosen.
import {button, make, newId} from "../../../dom.js";
import {say} from "../../../language.js";
import {sentence} from "../../../problems.js";
import {table} from "../../stuck/part.js";

const PAUSE = 250;

/** A pane beside (narrow: above) the list. open(heading, ...content) leads there; close() leads back to where one was; `main` is what
 * stands beside it. */
export function withPane(...list) {
  const side = make("section", {class: "pane", tabindex: "-1", hidden: true, onkeydown: (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) close();
  }});
  const main = make("div", {class: "main"}, list);
  const box = make("div", {class: "with-pane"}, main, side);
  let from = null;

  function open(heading, ...content) {
    if (side.hidden) from = document.activeElement?.dataset.key ?? null;
    const title = make("h2", {id: newId("h")}, heading);
    side.setAttribute("aria-labelledby", title.id);
    side.replaceChildren(make("div", {class: "head"}, title, button(say("admin.close"), close, {kind: "quiet small"})),
      ...content.flat(Infinity).filter(Boolean));
    side.hidden = false;
    box.classList.add("open");
    side.focus();
    side.scrollIntoView({block: "nearest"});
  }

  function close() {
    side.hidden = true;
    side.replaceChildren();
    box.classList.remove("open");
    (main.querySelector(`[data-key="${CSS.escape(from ?? "")}"]`) ?? main.querySelector("input, button, a"))?.focus();
  }

  return {box, main, open, close};
}

/** A button that opens something; the focus comes back to the one with this key, also when the list was drawn anew. */
export const opener = (key, text, open, kind = "small") => button(text, open, {kind, "data-key": key});

/** A search field that asks while one types. */
export function search(label, onsearch) {
  const control = make("input", {type: "search", autocomplete: "off", id: newId()});
  let planned = null;
  control.addEventListener("input", () => { clearTimeout(planned); planned = setTimeout(onsearch, PAUSE); });
  const box = make("form", {class: "search", role: "search", onsubmit: (event) => { event.preventDefault(); clearTimeout(planned); onsearch(); }},
    make("label", {for: control.id}, label), control);
  return {box, control, text: () => control.value.trim()};
}

/** A filter beside the search: a select with its label. */
export function filter(label, control, onchange) {
  control.id ||= newId();
  control.addEventListener("change", onchange);
  return make("div", {class: "filter"}, make("label", {for: control.id}, label), control);
}

/** The focus goes to the row of a table with this number: what was pressed to draw it is gone. */
export const leadTo = (place, row) => place.querySelectorAll("tbody tr")[row]?.querySelector("a, button")?.focus();

/** A table that is loaded page by page. `fetch(cursor)` answers {items, next}; `row(item)` the cells. load() begins anew. */
export function pages({label, columns, fetch, row, none}) {
  const status = make("p", {class: "quiet", role: "status"}, say("loading"));
  const place = make("div", {});
  let items = [];
  let turn = 0;

  function draw(next) {
    status.textContent = items.length ? say("admin.shown", {n: items.length + (next ? "+" : "")}) : none;
    place.replaceChildren(...(items.length ? [table(label, columns, items.map(row))] : []),
      ...(next ? [button(say("more"), () => load(next), {kind: "quiet"})] : []));
  }

  async function load(cursor = null) {
    const mine = ++turn;
    try {
      const told = await fetch(cursor);
      if (mine !== turn) return; // something else was asked for since
      const before = cursor ? items.length : null;
      items = cursor ? [...items, ...told.items] : told.items;
      draw(told.next ?? null);
      if (before !== null) leadTo(place, before);
    } catch (error) {
      if (mine !== turn) return;
      status.textContent = sentence(error);
      place.replaceChildren();
    }
  }

  return {box: [status, place], load: () => load()};
}

/** The way down to where one is, as buttons; `to(steps)` goes back up. */
export const trail = (first, steps, to) => [[first, []], ...steps.map((one, at) => [one.name, steps.slice(0, at + 1)])].map(([name, way]) =>
  button(name, () => to(way), {kind: "small quiet", "aria-current": way.length === steps.length ? "location" : null}));

/** A part that is loaded whole: `fetched()` answers elements. */
export function whole(fetched) {
  const place = make("div", {class: "whole"}, make("p", {class: "quiet", role: "status"}, say("loading")));
  const load = async () => {
    try {
      place.replaceChildren(...[await fetched()].flat(Infinity).filter(Boolean));
    } catch (error) {
      place.replaceChildren(make("p", {class: "fault", role: "alert"}, sentence(error)));
    }
  };
  return {box: place, load};
}

export const chip = (text, kind = "") => make("span", {class: `chip ${kind}`}, text);

/** Names with what they say. */
export const facts = (pairs) => make("dl", {class: "facts"}, pairs.filter(([, said]) => said !== null && said !== undefined && said !== "")
  .map(([name, said]) => make("div", {}, make("dt", {}, name), make("dd", {}, said))));
