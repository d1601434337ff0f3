// A visit to a household, a shop or a component: why, and what was found.
import {saved} from "../cards.js";
import {add, button, choices, empty, field, make} from "../dom.js";
import {draft, keeper} from "../drafts.js";
import {entries} from "../entries.js";
import {placeField, said} from "../fields/place.js";
import {voice} from "../fields/voice.js";
import {say} from "../language.js";
import {isPlaced} from "../nearness.js";
import {plain, save} from "../operations.js";

const PURPOSES = ["routine", "check", "safety", "care", "dispute", "service", "publicity", "other"];
const MOST = 2000;

export async function show(room, id) {
  const one = (await entries()).get(id);
  if (!one) {
    add(room, empty(say("entry.gone")));
    return {};
  }
  const state = {purpose: "routine", note: "", place: {}, ...await draft(`visit/${id}`)};
  const purpose = new Set([state.purpose]);
  const kept = keeper(`visit/${id}`, () => ({note: note.value, place: state.place, purpose: [...purpose][0]}));
  const note = make("textarea", {rows: 4, maxlength: MOST, value: state.note, oninput: kept.keep});
  const where = placeField(say("place"), state.place, {around: isPlaced(one) ? one : null, onchange: kept.keep});

  async function keep() {
    saving.disabled = true;
    const data = plain({subject: id, purpose: [...purpose][0], ...said(state.place), values: {}, note: note.value.trim()});
    const about = {title: `${say("visit")} · ${one.label}`, link: `#/entry/${id}`};
    await kept.saving(() => save("visit", data, {draft: kept.key, about}));
    saved(`#/entry/${id}`);
  }

  const purposes = PURPOSES.map((value) => ({value, text: say(`visit.${value}`)}));
  const saving = button(say("save"), keep, {kind: "strong wide", id: "save"});
  add(room, make("h2", {}, one.label || say("entry.unnamed")),
    make("div", {class: "form"}, choices(say("visit.purpose"), purposes, purpose, {onchange: kept.keep}),
      field(say("visit.note"), note), voice(note), where),
    make("div", {class: "actions"}, saving));
  return {async leave() {
    await where.leave();
    await kept.flush();
  }};
}
