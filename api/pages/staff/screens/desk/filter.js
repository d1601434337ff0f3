// What of a queue is shown: the fields of a filter, and the filters that were kept under a name.
import {button, field, make, notice} from "../../dom.js";
import {say, sayOr} from "../../language.js";
import {sentence} from "../../problems.js";
import {categories, streets} from "../../reference.js";
import {call} from "../../server.js";

const FILTERS = "/api/v1/desk/filters";
const CHANNELS = ["pda", "hotline", "citizen", "wechat", "open311"];
const NAMES = ["area", "category", "channel", "urgent", "supervised", "mine", "words"];

/** The filter of an address, or of a kept one: only what there is, all of it text. */
export const plain = (wanted) => Object.fromEntries(["queue", ...NAMES].filter((name) => ![undefined, null, ""].includes(wanted[name]))
  .map((name) => [name, String(wanted[name])]));

export const isSifted = (state) => NAMES.some((name) => state[name]);

const option = (value, text) => make("option", {value}, text);

/** What was chosen before, also where the list does not have it. */
function choose(select, chosen = "") {
  if (chosen && ![...select.options].some(({value}) => value === chosen)) select.append(option(chosen, chosen));
  select.value = chosen;
}

/** Streets; what an address names besides stays chosen. */
async function areas(select, chosen) {
  select.replaceChildren(select.options[0], ...(await streets()).map(({code, name}) => option(code, name)));
  choose(select, chosen);
}

async function kinds(select, chosen) {
  const items = await categories();
  const above = new Map(items.map((one) => [one.code, one]));
  select.replaceChildren(select.options[0], ...items.filter(({level}) => level === 2).map((one) =>
    option(one.code, [above.get(one.parent_code)?.name, one.name].filter(Boolean).join(" · "))));
  choose(select, chosen);
}

function fields(state) {
  const any = () => option("", say("desk.any"));
  const made = {
    area: make("select", {}, any()), category: make("select", {}, any()),
    channel: make("select", {}, any(), CHANNELS.map((name) => option(name, sayOr(`channel.${name}`, name)))),
    words: make("input", {maxlength: 60, autocomplete: "off"})};
  for (const name of ["area", "category", "channel"]) choose(made[name], state[name]);
  made.words.value = state.words ?? "";
  return made;
}

/** `changed(state)` is asked to show another list. load(filters) says which are kept. */
export function filterPart(state, changed, isOpen = false) {
  const controls = fields(state);
  const ticks = Object.fromEntries(["urgent", "supervised", "mine"].map((key) =>
    [key, make("input", {type: "checkbox", checked: state[key] === "true"})]));
  const kept = make("div", {class: "kept"});
  const name = make("input", {maxlength: 40, autocomplete: "off", onkeydown(event) {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    keep();
  }});
  const refused = make("p", {class: "fault", role: "alert", hidden: true});
  let filled = false;

  const asked = () => plain({queue: state.queue, ...Object.fromEntries(Object.entries(controls).map(([key, one]) => [key, one.value.trim()])),
    ...Object.fromEntries(Object.entries(ticks).filter(([, one]) => one.checked).map(([key]) => [key, "true"]))});

  async function fill() {
    if (filled) return;
    filled = true;
    try {
      await Promise.all([areas(controls.area, state.area), kinds(controls.category, state.category)]);
    } catch (error) {
      filled = false;
      notice(sentence(error), "fault");
    }
  }

  function complain(text) {
    refused.textContent = text;
    refused.hidden = false;
    name.focus();
  }

  async function keep() {
    refused.hidden = true;
    if (!name.value.trim()) return complain(say("needed"));
    try {
      await call("POST", FILTERS, {name: name.value.trim(), wanted: asked()});
    } catch (error) {
      return complain(sentence(error));
    }
    notice(say("desk.kept", {name: name.value.trim()}), "good");
    return changed(asked());
  }

  async function drop(one) {
    try {
      await call("DELETE", `${FILTERS}/${one.id}`);
    } catch (error) {
      return notice(sentence(error), "fault");
    }
    return changed(state);
  }

  const same = (wanted) => JSON.stringify(plain(wanted)) === JSON.stringify(plain(state));
  function load(filters) {
    kept.hidden = !filters.length;
    kept.replaceChildren(make("span", {class: "quiet", id: "kept-title"}, say("desk.filters")),
      make("ul", {"aria-labelledby": "kept-title"}, filters.map((one) => make("li", {},
        button(one.name, () => changed(plain(one.wanted)), {kind: "small", "aria-pressed": String(same(one.wanted))}),
        button("×", () => drop(one), {kind: "quiet small", "aria-label": say("desk.drop", {name: one.name})})))));
  }

  const box = make("details", {class: "filter", open: isOpen || isSifted(state), ontoggle: () => box.open && fill()},
    make("summary", {}, say("desk.filter")),
    make("form", {novalidate: true, onsubmit: (event) => { event.preventDefault(); changed(asked()); }},
      make("div", {class: "fields"}, field(say("desk.area"), controls.area), field(say("desk_column.category"), controls.category),
        field(say("desk.channel"), controls.channel), field(say("desk.words"), controls.words)),
      make("div", {class: "row"}, Object.entries(ticks).map(([key, one]) => make("label", {class: "tick"}, one, say(`desk_only.${key}`)))),
      make("div", {class: "row"}, make("button", {class: "strong"}, say("desk.show")),
        button(say("desk.clear"), () => changed({queue: state.queue}), {kind: "quiet"})),
      make("div", {class: "keep"}, field(say("desk.keep_as"), name), button(say("desk.keep"), keep)), refused));
  return {box: [kept, box], load};
}
