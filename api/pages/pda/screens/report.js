// Reporting: a photo, a category, save. The position comes by itself; the words are the category's where none are typed.
import {add, button, choices, fault, field, make, notice} from "../dom.js";
import {draft, keeper} from "../drafts.js";
import {categoryField, used} from "../fields/category.js";
import {photosField} from "../fields/photos.js";
import {placeField, said} from "../fields/place.js";
import {voice} from "../fields/voice.js";
import {say} from "../language.js";
import {plain, save} from "../operations.js";
import * as store from "../store.js";

const KEY = "report";
const MOST_TEXT = 4000;

/** A report that was refused, as the draft it came from. */
export const draftOf = ({data}) => ({
  text: data.text, category: data.category ?? null, handled: data.handled, urgent: data.urgent,
  place: {...data.place, accuracy: data.accuracy ?? null}});

async function middle() {
  const grid = (await store.items("area")).find(({level, outline}) => level === "grid" && outline?.length);
  if (!grid) return null;
  const ring = grid.outline[0];
  return {lon: ring.reduce((sum, [lon]) => sum + lon, 0) / ring.length, lat: ring.reduce((sum, [, lat]) => sum + lat, 0) / ring.length};
}

export async function show(room) {
  const before = await draft(KEY);
  const state = {text: "", category: null, handled: false, urgent: false, place: {}, photos: [], ...before};
  const kept = keeper(KEY, () => ({...state, photos: undefined, text: text.value}));
  const keepPhotos = () => kept.keepPhotos(state.photos);
  const text = make("textarea", {rows: 3, maxlength: MOST_TEXT, value: state.text, oninput: kept.keep});
  let words = "";
  const category = categoryField(state, {onchange(one) {
    words = one ? [one.name, one.conditions.length === 1 ? one.conditions[0] : ""].filter(Boolean).join("：") : "";
    text.placeholder = words;
    kept.keep();
  }});
  const pictures = make("div");
  const where = placeField(say("place"), state.place, {around: await middle(), onchange: kept.keep});
  const marks = new Set([state.handled && "handled", state.urgent && "urgent"].filter(Boolean));

  function drawPhotos() {
    state.handled = marks.has("handled");
    state.urgent = marks.has("urgent");
    if (state.handled) for (const photo of state.photos) if (photo.purpose === "report") photo.purpose = "before";
    if (!state.handled) for (const photo of state.photos) photo.purpose = "report";
    pictures.replaceChildren(...(state.handled ? ["before", "after"] : ["report"])
      .map((purpose) => photosField(say(`photos.${purpose}`), state.photos, {purpose, most: state.handled ? 4 : 9, onchange: keepPhotos})));
  }

  const marked = choices(say("report.marks"), [{value: "handled", text: say("report.handled")}, {value: "urgent", text: say("report.urgent")}],
    marks, {several: true, onchange() { drawPhotos(); kept.keep(); keepPhotos(); }});

  /** What keeps it from being saved, said where it is. */
  function missing() {
    const spoken = text.value.trim() || words;
    fault(text, spoken ? "" : say("report.no_words"));
    const faults = [!spoken && text, state.place.lon === undefined && where];
    const unproven = state.handled && !["before", "after"].every((purpose) => state.photos.some((photo) => photo.purpose === purpose));
    if (unproven) notice(say("report.no_proof"), "fault");
    else if (state.place.lon === undefined) notice(say("report.no_place"), "fault");
    return faults.find(Boolean) ?? (unproven && pictures);
  }

  async function keep() {
    const first = missing();
    if (first) {
      first.scrollIntoView({block: "center"});
      first.focus?.();
      return;
    }
    saving.disabled = true;
    kept.stop();
    const data = plain({text: text.value.trim() || words, ...said(state.place), category: state.category, handled: state.handled, urgent: state.urgent});
    await save("report", data, {photos: state.photos, draft: KEY, about: {title: data.text, link: null}});
    await used(state.category);
    notice(say("saved"), "good");
    location.hash = "#/today";
  }

  const saving = button(say("report.save"), keep, {kind: "strong wide", id: "save"});
  drawPhotos();
  add(room, make("div", {class: "form"}, pictures, category, field(say("report.text"), text), voice(text), where, marked),
    make("div", {class: "actions"}, saving));
  return {async leave() { where.leave(); await kept.flush(); }};
}
