// A visit to a household, a shop or a component: why, and what was found.
import {add, button, choices, empty, field, make, notice} from "../dom.js";
import {draft, keeper} from "../drafts.js";
import {entries} from "../entries.js";
import {placeField, said} from "../fields/place.js";
import {voice} from "../fields/voice.js";
import {say} from "../language.js";
import {plain, save} from "../operations.js";

const PURPOSES = ["routine", "check", "safety", "care", "dispute", "service", "publicity", "other"];

export async function show(room, id) {
  const one = (await entries()).get(id);
  if (!one) {
    add(room, empty(say("entry.gone")));
    return {};
  }
  const key = `visit/${id}`;
  const state = {purpose: "routine", note: "", place: {}, ...await draft(key)};
  const kept = keeper(key, () => ({...state, purpose: [...chosen][0]}));
  const chosen = new Set([state.purpose]);
  const note = make("textarea", {rows: 4, maxlength: 2000, value: state.note, oninput() { state.note = note.value; kept.keep(); }});
  const where = placeField(say("place"), state.place, {around: one.lon ? one : null, onchange: kept.keep});
  const saving = button(say("save"), async () => {
    saving.disabled = true;
    kept.stop();
    const {place} = said(state.place);
    await save("visit", plain({subject: id, purpose: [...chosen][0], place, values: {}, note: note.value.trim()}), {
      draft: key, about: {title: `${say("visit")} · ${one.label}`, link: `#/entry/${id}`}});
    notice(say("saved"), "good");
    location.hash = `#/entry/${id}`;
  }, {kind: "strong wide", id: "save"});
  add(room, make("h2", {}, one.label || say("entry.unnamed")), make("div", {class: "form"},
    choices(say("visit.purpose"), PURPOSES.map((value) => ({value, text: say(`visit.${value}`)})), chosen, {onchange: kept.keep}),
    field(say("visit.note"), note), voice(note), where), make("div", {class: "actions"}, saving));
  return {async leave() { where.leave(); await kept.flush(); }};
}
