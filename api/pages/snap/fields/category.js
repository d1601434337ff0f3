// The category of a report: up to three are suggested as one types, the others stand in a list; none has to be chosen.
import {categories, suggested} from "../categories.js";
import {field, make, newId} from "../dom.js";
import {say} from "../language.js";

const PAUSE = 600;
const ENOUGH_WORDS = 3;

const grouped = (all) => {
  const groups = new Map();
  for (const one of all) groups.set(one.group ?? "", [...groups.get(one.group ?? "") ?? [], one]);
  return [...groups];
};

const option = ({code, name}) => make("option", {value: code}, name);

/** `state.category` is kept up to date: a code, or null. `onchange(call)` hears of a choice, with whom to call at once where it
 * is an emergency; `oncall(call)` of words that tell of one. Of the answer, read(text) looks at the words, a moment after the
 * last; pick(code) chooses. */
export function categoryField(state, {onchange, oncall}) {
  const id = newId("k");
  const list = make("div", {class: "choices", role: "radiogroup", "aria-labelledby": `${id}-label`});
  const others = make("select", {id, onchange: () => pick(others.value || null)});
  let known = [];
  let proposed = [];
  let timer = null;
  let turn = 0;

  const of = (code) => known.find((one) => one.code === code) ?? proposed.find((one) => one.code === code);

  function radio(one) {
    const key = newId();
    const input = make("input", {type: "radio", name: id, id: key, checked: state.category === one.code,
      onchange: () => pick(one.code)});
    return make("div", {class: "choice"}, input, make("label", {for: key}, one.name));
  }

  function draw() {
    const chosen = of(state.category);
    const shown = chosen && !proposed.some(({code}) => code === chosen.code) ? [chosen, ...proposed] : proposed;
    list.replaceChildren(...shown.map(radio));
    list.hidden = title.hidden = !shown.length;
    others.replaceChildren(make("option", {value: ""}, say("category.none")), ...grouped(known).map(([name, members]) =>
      (name ? make("optgroup", {label: name}, members.map(option)) : members.map(option))).flat());
    others.value = chosen && known.includes(chosen) ? chosen.code : "";
    box.hidden = !known.length && !shown.length;
  }

  function pick(code) {
    state.category = code;
    draw();
    onchange(of(code)?.call ?? null);
  }

  async function look(text) {
    const mine = ++turn;
    const {items, call} = await suggested(text);
    if (mine !== turn) return;
    proposed = items;
    draw();
    if (call) oncall(call);
  }

  const title = make("p", {class: "label", id: `${id}-label`}, say("category"));
  const box = make("div", {class: "field category", hidden: true}, title, list, field(say("category.others"), others));
  box.read = (text) => {
    clearTimeout(timer);
    if (text.trim().length >= ENOUGH_WORDS) timer = setTimeout(look, PAUSE, text.trim());
  };
  box.pick = pick;
  box.nameOf = () => of(state.category)?.name ?? "";
  (async () => {
    for await (known of categories()) draw();
  })();
  return box;
}
