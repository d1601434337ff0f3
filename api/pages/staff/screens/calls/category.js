// What it is about: guesses while the operator writes, and the whole list for who knows better. Left out, triage finds it.
import {field, make} from "../../dom.js";
import {sign} from "../../keys.js";
import {say} from "../../language.js";
import {categories} from "../../reference.js";
import {call} from "../../server.js";

const PAUSE = 600;
const WORTH_ASKING = 4;

async function fill(select, chosen) {
  const items = await categories();
  const above = new Set(items.map(({parent_code: code}) => code));
  const byCode = new Map(items.map((one) => [one.code, one]));
  const groups = new Map();
  for (const one of items.filter(({code}) => !above.has(code))) {
    const parent = byCode.get(one.parent_code)?.name ?? "";
    if (!groups.has(parent)) groups.set(parent, make("optgroup", {label: parent || "–"}));
    groups.get(parent).append(make("option", {value: one.code}, one.name));
  }
  select.append(...groups.values());
  select.value = chosen;
}

/** A guess may name a class that has others below it: the list then gets a line for it. */
function offer(select, {code, name}) {
  if (![...select.options].some(({value}) => value === code)) select.append(make("option", {value: code}, name));
}

export function categoryPart(state, text, keep) {
  const select = make("select", {"aria-keyshortcuts": "Alt+C"}, make("option", {value: ""}, say("calls.by_triage")));
  const guesses = make("div", {class: "guesses", role: "group", "aria-label": say("calls.guesses")});
  const filled = fill(select, state.category).catch((error) => console.warn(error));
  let planned = null;
  let turn = 0;

  function choose(code) {
    state.category = code;
    select.value = code;
    for (const one of guesses.children) one.setAttribute("aria-pressed", String(one.dataset.code === code));
    keep();
  }

  function draw(items) {
    guesses.replaceChildren(...items.map((one) => make("button", {
      type: "button", class: "guess", "data-code": one.code, "aria-pressed": String(one.code === state.category),
      onclick: () => { offer(select, one); choose(state.category === one.code ? "" : one.code); },
    }, one.name, make("span", {class: "quiet"}, ` ${Math.round(one.confidence * 100)} %`))));
  }

  async function guess() {
    const words = text.value.trim();
    const mine = ++turn;
    if (words.length < WORTH_ASKING) return draw([]);
    try {
      const {items} = await call("POST", "/api/v1/hotline/suggestions", {text: words});
      await filled;
      if (mine === turn) draw(items);
    } catch (error) {
      console.warn(error); // a guess is a help; without it triage guesses later
    }
    return undefined;
  }

  select.addEventListener("change", () => choose(select.value));
  text.addEventListener("input", () => { clearTimeout(planned); planned = setTimeout(guess, PAUSE); });
  if (text.value) guess();
  return {select, box: make("div", {class: "category"}, field([say("calls.category"), sign("C")], select), guesses),
    focus: () => (guesses.querySelector("button") ?? select).focus()};
}
