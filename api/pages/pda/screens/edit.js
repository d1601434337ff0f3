// A new entry, or another statement about one: only what was changed is said, with the version it was seen in.
import {middle} from "../areas.js";
import {saved} from "../cards.js";
import {add, button, empty, make, notice} from "../dom.js";
import {draft, keeper} from "../drafts.js";
import {entries, formOf} from "../entries.js";
import {answersOf, askForm} from "../fields/form.js";
import {said} from "../fields/place.js";
import {say} from "../language.js";
import {isPlaced} from "../nearness.js";
import {save} from "../operations.js";

const asText = (value) => (Array.isArray(value) ? value.join(" ") : String(value ?? ""));

/** What differs from the entry; a field that was emptied says null. */
function changes(stated, one) {
  const changed = Object.entries(stated).filter(([name, value]) => asText(value) !== asText(one.values?.[name]));
  return Object.fromEntries(changed.map(([name, value]) => [name, asText(value) === "" ? null : value]));
}

/** The draft under which a refused statement is mended, and what it holds. */
export const keyOf = ({data, base}) => (base ? `edit/${data.subject}` : `edit/new/${data.register}`);
export const draftOf = (form) => ({data}) => ({
  subject: data.subject, answers: form ? {...emptied(form, data.values), ...answersOf(form, data.values, {}).answers} : {},
  place: {...data.place, accuracy: data.accuracy ?? null}});

/** Answers that were taken away, to be told from those that were left as they are. */
const emptied = (form, values) => Object.fromEntries(form.questions.filter(({field}) => field && values[field] === null)
  .map(({name}) => [name, ""]));

/** What is kept of this form lies over the entry: of a statement that is mended it holds only what was changed. */
async function answering(one, kept, fresh) {
  const form = await formOf(one.register);
  const before = form && answersOf(form, one.values ?? {}, one.masked ?? {});
  const state = {
    place: {}, ...kept, subject: kept?.subject ?? (fresh ? crypto.randomUUID() : one.id),
    answers: {...before?.answers, ...kept?.answers}};
  if (state.place.lon === undefined && isPlaced(one)) {
    Object.assign(state.place, {lon: one.lon, lat: one.lat, accuracy: null, kept: true});
  }
  return {form, masked: before?.masked, state};
}

export async function show(room, id, register = null) {
  const fresh = id === "new";
  const key = fresh ? `edit/new/${register}` : `edit/${id}`;
  const kept = await draft(key);
  // what is mended is mended as it was said: before what was based on it, which will be based on this
  const one = fresh ? {register, values: {}, masked: {}, label: ""} : (await entries({before: kept?.mends})).get(id);
  const {form, masked, state} = one ? await answering(one, kept, fresh) : {};
  if (!form) {
    add(room, empty(say(one ? "edit.no_form" : "entry.gone")));
    return {};
  }
  const saver = keeper(key, () => ({...state, photos: undefined}));
  const asking = askForm(form, state.answers, {
    place: state.place, around: await middle(), masked, onchange: saver.keep, fresh});
  const title = fresh ? say("registers.new", {register: say(`register.${register}`)}) : one.label || say("entry.unnamed");

  async function keep() {
    if (!asking.check()) {
      notice(say("form.look"), "fault");
      return;
    }
    const values = changes(asking.said(), one);
    const moved = isPlaced(state.place) && (state.place.lon !== one.lon || state.place.lat !== one.lat);
    if (!Object.keys(values).length && !moved) {
      notice(say("edit.nothing"));
      return;
    }
    saving.disabled = true;
    const data = {subject: state.subject, register: one.register, values, ...(moved && said(state.place)),
      form: `${form.form_id}@${form.version}`};
    const about = {title: `${say(`register.${one.register}`)} · ${one.label || title}`, link: `#/entry/${state.subject}`};
    await saver.saving(() => save("entry", data, {
      base: one.head ?? null, draft: key, replaces: state.mends, about}));
    saved(`#/entry/${state.subject}`);
  }

  const saving = button(say("save"), keep, {kind: "strong wide", id: "save"});
  add(room, make("h2", {}, title), asking.element, make("div", {class: "actions"}, saving));
  return {async leave() {
    asking.leave();
    await saver.flush();
  }};
}
