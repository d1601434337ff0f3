// What an entry belongs to: who lives where, who owns what, which shop is in which house.
import {saved} from "../cards.js";
import {add, button, choices, empty, field, make, notice} from "../dom.js";
import {entries, relationsOf, search} from "../entries.js";
import {say} from "../language.js";
import {plain, save} from "../operations.js";

const MOST = 10;

const named = (one) => [...new Set([one.label || say("entry.unnamed"), one.values?.address])].filter(Boolean).join(" · ");

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
    if (!fitting.some((each) => other.has(each.id))) other.clear();
    found.replaceChildren(fitting.length
      ? choices(say("link.other"), fitting.map((each) => ({value: each.id, text: named(each)})), other)
      : make("p", {class: "hint"}, say("registers.no_match")));
  }

  async function keep() {
    if (!other.size) {
      notice(say("link.choose"), "fault");
      return;
    }
    saving.disabled = true;
    const [[chosen], [to]] = [[...kind], [...other]];
    await save("relation", plain({kind: chosen, from: id, to, since: since.value}), {
      about: {title: `${say(`relation.${chosen}`)} · ${one.label} → ${all.get(to).label}`, link: `#/entry/${id}`}});
    saved(`#/entry/${id}`);
  }

  const saving = button(say("save"), keep, {kind: "strong wide", id: "save"});
  const options = kinds.map(([value]) => ({value, text: say(`relation.${value}`)}));
  draw();
  add(room, make("h2", {}, one.label || say("entry.unnamed")),
    make("div", {class: "form"}, choices(say("link.kind"), options, kind, {onchange: draw}),
      field(say("link.search"), text), found, field(say("link.since"), since)),
    make("div", {class: "actions"}, saving));
  return {};
}
