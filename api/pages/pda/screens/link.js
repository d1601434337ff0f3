// What an entry belongs to: who lives where, who owns what, which shop is in which house.
import {add, button, choices, empty, field, make, notice} from "../dom.js";
import {entries, relationsOf, search} from "../entries.js";
import {say} from "../language.js";
import {plain, save} from "../operations.js";

const MOST = 10;

export async function show(room, id) {
  const all = await entries();
  const one = all.get(id);
  if (!one) {
    add(room, empty(say("entry.gone")));
    return {};
  }
  const kinds = relationsOf(one.register);
  const kind = new Set([kinds[0][0]]);
  const other = new Set();
  const text = make("input", {type: "search", autocomplete: "off", oninput: draw});
  const since = make("input", {type: "date"});
  const found = make("div");

  function draw() {
    const [, [, wanted]] = kinds.find(([name]) => kind.has(name));
    const fitting = search([...all.values()], wanted, text.value).filter((each) => each.id !== id).slice(0, MOST);
    for (const chosen of other) if (!fitting.some((each) => each.id === chosen)) other.clear();
    found.replaceChildren(fitting.length ? choices(say("link.other"), fitting.map((each) => ({value: each.id,
      text: [each.label || say("entry.unnamed"), each.values?.address].filter(Boolean).join(" · ")})), other) : make("p", {class: "hint"}, say("registers.no_match")));
  }

  const saving = button(say("save"), async () => {
    if (!other.size) {
      notice(say("link.choose"), "fault");
      return;
    }
    saving.disabled = true;
    await save("relation", plain({kind: [...kind][0], from: id, to: [...other][0], since: since.value}), {
      about: {title: `${say(`relation.${[...kind][0]}`)} · ${one.label} → ${all.get([...other][0]).label}`, link: `#/entry/${id}`}});
    notice(say("saved"), "good");
    location.hash = `#/entry/${id}`;
  }, {kind: "strong wide", id: "save"});
  draw();
  add(room, make("h2", {}, one.label || say("entry.unnamed")), make("div", {class: "form"},
    choices(say("link.kind"), kinds.map(([value]) => ({value, text: say(`relation.${value}`)})), kind, {onchange: draw}),
    field(say("link.search"), text), found, field(say("link.since"), since)), make("div", {class: "actions"}, saving));
  return {};
}
