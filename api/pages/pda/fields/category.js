// The category of a report: searched in the taxonomy on the phone, by name, code and condition, those used last on top.
import {make, newId} from "../dom.js";
import {say} from "../language.js";
import * as store from "../store.js";

const MOST = 8;
const RECENT = 6;

async function leaves() {
  const all = await store.items("category");
  const parents = new Set(all.map(({parent}) => parent));
  const byCode = new Map(all.map((one) => [one.code, one]));
  return all.filter(({code, category_kind: kind}) => kind !== "request" && !parents.has(code)).map((one) => ({
    ...one, under: byCode.get(one.parent)?.name ?? "", conditions: (one.standards ?? []).map(({condition}) => condition)}));
}

const fits = (one, words) => words.every((word) => [one.name, one.code, one.under, ...one.conditions]
  .some((text) => text.toLowerCase().includes(word)));

/** `state.category` is kept up to date: a code, or null. `onchange` hears of the category chosen. */
export function categoryField(state, {onchange = () => {}} = {}) {
  const id = newId("k");
  const list = make("div", {class: "choices", role: "radiogroup", "aria-label": say("report.category")});
  const search = make("input", {type: "search", id, autocomplete: "off", enterkeyhint: "search", oninput: draw});
  let known = [];
  let recent = [];

  function option(one) {
    const key = newId();
    const radio = make("input", {type: "radio", name: id, id: key, checked: state.category === one.code, onchange() {
      state.category = one.code;
      onchange(one);
    }, onclick() { // a second tap takes it back
      if (radio.dataset.was === "yes") {
        radio.checked = false;
        state.category = null;
        onchange(null);
      }
      radio.dataset.was = radio.checked ? "yes" : "";
    }});
    radio.dataset.was = radio.checked ? "yes" : "";
    return make("div", {class: "choice"}, radio, make("label", {for: key}, one.name,
      one.conditions.length > 0 && make("small", {}, one.conditions.slice(0, 3).join("、"))));
  }

  function draw() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = words.length ? known.filter((one) => fits(one, words))
      : [...new Set([state.category, ...recent])].map((code) => known.find((one) => one.code === code)).filter(Boolean);
    list.replaceChildren(...found.slice(0, MOST).map(option),
      !known.length ? make("p", {class: "hint"}, say("category.none_yet")) : words.length && !found.length
        ? make("p", {class: "hint"}, say("category.no_match")) : "");
  }

  (async () => {
    [known, recent] = [await leaves(), await store.get("meta", "recent") ?? []];
    if (!recent.length) recent = known.slice(0, RECENT).map(({code}) => code);
    draw();
    const before = known.find(({code}) => code === state.category);
    if (before) onchange(before);
  })();
  const box = make("div", {class: "field category"}, make("label", {for: id}, say("report.category")),
    make("p", {class: "hint", id: `${id}-hint`}, say("category.hint")), search, list);
  search.setAttribute("aria-describedby", `${id}-hint`);
  return box;
}

/** Remember a category as the one used last. */
export async function used(code) {
  if (!code) return;
  const recent = (await store.get("meta", "recent") ?? []).filter((one) => one !== code);
  await store.put("meta", [code, ...recent].slice(0, RECENT), "recent");
}
