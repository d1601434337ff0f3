// Reporting: a photo, a category, save. The position comes by itself; the words are the category's where none are typed.
import {middle} from "../areas.js";
import {saved} from "../cards.js";
import {add, button, choices, fault, field, make, notice} from "../dom.js";
import {draft, keeper} from "../drafts.js";
import {categoryField, used} from "../fields/category.js";
import {photosField} from "../fields/photos.js";
import {placeField, said} from "../fields/place.js";
import {voice} from "../fields/voice.js";
import {say} from "../language.js";
import {plain, save} from "../operations.js";

const KEY = "report";
const MOST_TEXT = 4000;

/** Photos of each purpose: one form of two purposes may not send more than the server takes. */
const MOST_PHOTOS = {report: 9, before: 4, after: 4};

/** A report that was refused, as the draft it came from. */
export const draftOf = ({data}) => ({
  text: data.text, category: data.category ?? null, handled: data.handled, urgent: data.urgent,
  place: {...data.place, accuracy: data.accuracy ?? null}});

/** What a category says by itself: its name, and its condition if there is only one. */
const wordsOf = (category) => (category ? [category.name, category.conditions.length === 1 && category.conditions[0]]
  .filter(Boolean).join("：") : "");

/** Put right on the spot, photos show how it was before and how it is now. */
function sortPhotos(photos, handled) {
  for (const photo of photos) {
    if (!handled) photo.purpose = "report";
    else if (photo.purpose === "report") photo.purpose = "before";
  }
}

export async function show(room) {
  const state = {text: "", category: null, handled: false, urgent: false, place: {}, photos: [], ...await draft(KEY)};
  const kept = keeper(KEY, () => ({...state, photos: undefined, text: text.value}));
  const keepPhotos = () => kept.keepPhotos(state.photos);
  const text = make("textarea", {rows: 3, maxlength: MOST_TEXT, value: state.text, oninput: kept.keep});
  const category = categoryField(state, {onchange(one) {
    text.placeholder = wordsOf(one);
    kept.keep();
  }});
  const where = placeField(say("place"), state.place, {around: await middle(), onchange: kept.keep});
  const marks = new Set(["handled", "urgent"].filter((name) => state[name]));
  const pictures = make("div", {class: "form"});

  function drawPhotos() {
    sortPhotos(state.photos, state.handled);
    pictures.replaceChildren(...(state.handled ? ["before", "after"] : ["report"]).map((purpose) =>
      photosField(say(`photos.${purpose}`), state.photos, {purpose, most: MOST_PHOTOS[purpose], onchange: keepPhotos})));
  }

  function mark() {
    for (const name of ["handled", "urgent"]) state[name] = marks.has(name);
    drawPhotos();
    kept.keep();
    keepPhotos();
  }

  const words = () => text.value.trim() || text.placeholder;

  /** The first thing without which it cannot be saved, after saying so; nothing when all is there. */
  function missing() {
    fault(text, words() ? "" : say("report.no_words"));
    if (!words()) return text;
    if (state.place.lon === undefined) {
      notice(say("report.no_place"), "fault");
      return where;
    }
    const shows = (purpose) => state.photos.some((photo) => photo.purpose === purpose);
    if (!state.handled || (shows("before") && shows("after"))) return null;
    notice(say("report.no_proof"), "fault");
    return pictures;
  }

  async function keep() {
    const first = missing();
    if (first) {
      first.scrollIntoView({block: "center"});
      first.focus();
      return;
    }
    saving.disabled = true;
    const {category: code, handled, urgent} = state;
    const data = plain({text: words(), ...said(state.place), category: code, handled, urgent});
    await kept.saving(() => save("report", data, {
      photos: state.photos, draft: KEY, replaces: state.mends, about: {title: data.text}}));
    await used(state.category);
    saved("#/today");
  }

  const saving = button(say("report.save"), keep, {kind: "strong wide", id: "save"});
  const options = ["handled", "urgent"].map((value) => ({value, text: say(`report.${value}`)}));
  drawPhotos();
  add(room, make("div", {class: "form"}, pictures, category, field(say("report.text"), text), voice(text), where,
    choices(say("report.marks"), options, marks, {several: true, onchange: mark})), make("div", {class: "actions"}, saving));
  return {async leave() {
    await where.leave();
    await kept.flush();
  }};
}
