// A category of the taxonomy and one of its standards.
import {field, make} from "../../dom.js";
import {say} from "../../language.js";
import {categories} from "../../reference.js";
import {limit} from "./words.js";

/** Only what has a standard can be filed under; what is above it is the heading of its group. */
function options(items) {
  const byCode = new Map(items.map((one) => [one.code, one]));
  const groups = new Map();
  for (const one of items.filter(({standards}) => standards.length)) {
    const parent = byCode.get(one.parent_code)?.name ?? "–";
    if (!groups.has(parent)) groups.set(parent, make("optgroup", {label: parent}));
    groups.get(parent).append(make("option", {value: one.code}, `${one.name} ${one.code}`));
  }
  return [...groups.values()];
}

export function categoryField(ask, state, {label, keep, among}) {
  const select = make("select", {}, make("option", {value: ""}, say(ask.required ? "case.choose" : "case.unchanged")));
  const changed = () => { state[ask.name] = select.value; among("standard")?.follow(select.value); keep(); };
  const filled = categories().then((items) => {
    select.append(...options(items));
    select.value = state[ask.name] ?? ask.value ?? "";
    among("standard")?.follow(select.value);
  });
  select.addEventListener("change", changed);
  return {control: select, changed, value: () => select.value, ready: () => filled, box: field(label, select, {required: ask.required}),
    begin: () => filled.catch((error) => console.warn(error))}; // the form says so when it is sent
}

export function standardField(ask, state, {label, keep}) {
  const select = make("select", {onchange() { state[ask.name] = select.value; keep(); }}, make("option", {value: ""}, say("case.default_standard")));
  let turn = 0;

  async function follow(code) {
    const mine = ++turn;
    const found = (await categories()).find((one) => one.code === code)?.standards ?? [];
    if (mine !== turn) return;
    select.replaceChildren(make("option", {value: ""}, say("case.default_standard")), ...found.map((one) =>
      make("option", {value: one.id}, `${one.condition} · ${limit(one.limit_value, one.limit_unit)}`)));
    select.value = found.some(({id}) => id === state[ask.name]) ? state[ask.name] : "";
  }

  return {control: select, follow, value: () => select.value, box: field(label, select, {required: ask.required})};
}
