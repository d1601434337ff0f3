// A new entry, or another statement about one: only what was changed is said, with the version it was seen in.
import {add, button, empty, make, notice} from "../dom.js";
import {draft, keeper} from "../drafts.js";
import {entries, formOf} from "../entries.js";
import {answersOf, askForm} from "../fields/form.js";
import {said} from "../fields/place.js";
import {say} from "../language.js";
import {save} from "../operations.js";
import * as store from "../store.js";

const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
const asText = (value) => (Array.isArray(value) ? value : value === undefined || value === null ? null : String(value));

/** What differs from the entry; a field that was emptied says null. */
function changes(stated, one) {
  const changed = {};
  for (const [name, value] of Object.entries(stated)) {
    const now = value === "" || (Array.isArray(value) && !value.length) ? null : value;
    if (!same(asText(now), asText(one.values?.[name]))) changed[name] = now;
  }
  return changed;
}

/** A refused statement, as the draft it came from. */
export const keyOf = ({data, base}) => (base ? `edit/${data.subject}` : `edit/new/${data.register}`);
export const draftOf = (form) => ({data}) => ({
  subject: data.subject, answers: form ? answersOf(form, data.values, {}).answers : {}, place: {...data.place, accuracy: data.accuracy ?? null}});

export async function show(room, id, register = null) {
  const fresh = id === "new";
  const one = fresh ? {register, values: {}, masked: {}, label: ""} : (await entries()).get(id);
  const form = one && await formOf(one.register);
  if (!form) {
    add(room, empty(say(one ? "edit.no_form" : "entry.gone")));
    return {};
  }
  const key = fresh ? `edit/new/${register}` : `edit/${id}`;
  const before = answersOf(form, one.values ?? {}, one.masked ?? {});
  const kept = await draft(key);
  const state = {subject: fresh ? crypto.randomUUID() : id, answers: before.answers, place: {}, ...kept};
  if (!kept && one.lon) Object.assign(state.place, {lon: one.lon, lat: one.lat, accuracy: null, kept: true});
  const saver = keeper(key, () => state);
  const grid = (await store.items("area")).find(({outline}) => outline?.length);
  const around = grid ? {lon: grid.outline[0][0][0], lat: grid.outline[0][0][1]} : null;
  const asking = askForm(form, state.answers, {place: state.place, around, masked: before.masked, onchange: saver.keep, fresh});

  async function keep() {
    if (!asking.check()) {
      notice(say("form.look"), "fault");
      return;
    }
    const values = changes(asking.said(), one);
    const moved = state.place.lon !== undefined && (fresh || state.place.lon !== one.lon || state.place.lat !== one.lat);
    if (!Object.keys(values).length && !moved) {
      notice(say("edit.nothing"));
      return;
    }
    saving.disabled = true;
    saver.stop();
    await save("entry", {subject: state.subject, register: one.register, values, ...(moved && said(state.place)),
      form: `${form.form_id}@${form.version}`}, {base: one.head ?? null, draft: key,
      about: {title: `${say(`register.${one.register}`)} · ${one.label || say(fresh ? "edit.new" : "entry.unnamed")}`, link: `#/entry/${state.subject}`}});
    notice(say("saved"), "good");
    location.hash = `#/entry/${state.subject}`;
  }

  const saving = button(say("save"), keep, {kind: "strong wide", id: "save"});
  add(room, make("h2", {}, fresh ? say("registers.new", {register: say(`register.${register}`)}) : one.label || say("entry.unnamed")),
    asking.element, make("div", {class: "actions"}, saving));
  return {async leave() { asking.leave(); await saver.flush(); }};
}
