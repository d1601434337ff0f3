// One task: go there, do what it says, say what was found; or say why it cannot be done.
import {chip, link, saved} from "../cards.js";
import {add, button, choices, empty, fault, field, make, notice} from "../dom.js";
import {draft, keeper} from "../drafts.js";
import {askForm} from "../fields/form.js";
import {photosField} from "../fields/photos.js";
import {placeField, said} from "../fields/place.js";
import {voice} from "../fields/voice.js";
import {due, say, sayOr, when} from "../language.js";
import {openMap} from "../map.js";
import {isPlaced} from "../nearness.js";
import {plain, save} from "../operations.js";
import * as store from "../store.js";
import {answeredNote} from "./case.js";

const MOST = 2000;

const kindOf = (task) => sayOr(`task.${task.task_kind}`, task.task_kind);

/** An answer that was not taken, as the draft of this screen: questions of a form bear the names of the fields. */
export const draftOf = ({data}) => ({
  outcome: data.outcome, note: data.note ?? "", place: {...data.place, accuracy: data.accuracy ?? null},
  answers: Object.fromEntries(Object.entries(data.values ?? {}).map(([name, value]) => [name, [value].flat().join(" ")]))});

/** The task's form, without its position: that is asked of every task. */
async function formOf(task) {
  const form = task.form ? (await store.items("form")).find((one) => one.form_id === task.form.split("@")[0]) : null;
  return form ? {...form, questions: form.questions.filter(({type}) => type !== "geopoint")} : null;
}

const about = (task) => make("div", {class: "panel"},
  make("p", {class: "card-top"}, chip(kindOf(task)),
    task.due_at && make("span", {class: "due"}, `${when(task.due_at)} · ${due(task.due_at)}`)),
  make("h2", {}, task.title), task.text && make("p", {}, task.text),
  task.subject && link(`#/entry/${task.subject}`, say("task.subject")));

/** The fields of the answer. Answers {element, leave}. */
function answerForm(task, form, state) {
  const outcome = new Set([state.outcome]);
  const kept = keeper(`task/${task.id}`, () => ({...state, photos: undefined, outcome: [...outcome][0]}));
  const asking = form && askForm(form, state.answers, {place: state.place, onchange: kept.keep});
  const where = placeField(say("place"), state.place, {around: isPlaced(task) ? task : null, onchange: kept.keep});
  const note = make("textarea", {rows: 3, maxlength: MOST, value: state.note, oninput() {
    state.note = note.value;
    kept.keep();
  }});
  const asked = make("div", {hidden: !outcome.has("done")}, asking?.element);

  function complete() {
    const explained = outcome.has("done") || note.value.trim();
    fault(note, explained ? "" : say("needed"));
    const filled = !outcome.has("done") || !asking || asking.check();
    if (!explained || !filled) notice(say("form.look"), "fault");
    return explained && filled;
  }

  async function keep() {
    if (!complete()) return;
    saving.disabled = true;
    const data = plain({task: task.id, outcome: [...outcome][0], ...said(state.place), note: note.value.trim(),
      values: outcome.has("done") && asking ? asking.said() : null});
    const told = {title: `${kindOf(task)} · ${task.title}`, link: location.hash};
    await kept.saving(() => save("task", data, {
      photos: state.photos, draft: kept.key, replaces: state.mends, about: told}));
    saved("#/today");
  }

  const saving = button(say("save"), keep, {kind: "strong wide", id: "save"});
  return {
    element: [make("div", {class: "form"},
      choices(say("task.outcome"), ["done", "cannot"].map((value) => ({value, text: say(`task.${value}`)})), outcome, {
        onchange() {
          asked.hidden = !outcome.has("done");
          kept.keep();
        }}),
      asked, photosField(say("photos.report"), state.photos, {onchange: () => kept.keepPhotos(state.photos)}),
      field(say("task.note"), note), voice(note), where), make("div", {class: "actions"}, saving)],
    async leave() {
      await where.leave();
      asking?.leave();
      await kept.flush();
    }};
}

export async function show(room, id) {
  const task = await store.item("task", id);
  if (!task) {
    add(room, empty(say("task.gone")));
    return {};
  }
  const answered = (await store.all("operations")).find(({kind, data}) => kind === "task" && data.task === id);
  const state = {outcome: "done", note: "", answers: {}, place: {}, photos: [], ...await draft(`task/${id}`)};
  const answer = answered ? null : answerForm(task, await formOf(task), state);
  const ground = isPlaced(task) ? make("div", {class: "map small"}) : null;
  add(room, about(task), ground, answered && answeredNote(answered), answer?.element);
  const map = ground && await openMap(ground, {around: task});
  map?.show([{lon: task.lon, lat: task.lat, text: "", kind: "", label: task.title}]);
  return {async leave() {
    map?.remove();
    await answer?.leave();
  }};
}
