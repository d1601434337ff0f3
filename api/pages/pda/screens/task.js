// One task: go there, do what it says, say what was found; or say why it cannot be done.
import {add, button, choices, empty, fault, field, make, notice} from "../dom.js";
import {draft, keeper} from "../drafts.js";
import {askForm} from "../fields/form.js";
import {photosField} from "../fields/photos.js";
import {placeField, said} from "../fields/place.js";
import {voice} from "../fields/voice.js";
import {due, say, sayOr, when} from "../language.js";
import {openMap} from "../map.js";
import {plain, save} from "../operations.js";
import * as store from "../store.js";

async function formOf(task) {
  const id = task.form?.split("@")[0];
  return id ? (await store.items("form")).find((form) => form.form_id === id) ?? null : null;
}

export async function show(room, id) {
  const task = await store.item("task", id);
  if (!task) {
    add(room, empty(say("task.gone")));
    return {};
  }
  const ground = task.lon ? make("div", {class: "map small"}) : null;
  const subject = task.subject && make("a", {class: "button quiet", href: `#/entry/${task.subject}`}, say("task.subject"));
  add(room, make("div", {class: "panel"}, make("p", {class: "card-top"}, make("span", {class: "chip"}, sayOr(`task.${task.task_kind}`, task.task_kind)),
    task.due_at && make("span", {class: "due"}, `${when(task.due_at)} · ${due(task.due_at)}`)), make("h2", {}, task.title), task.text && make("p", {}, task.text), subject), ground);
  const map = ground && await openMap(ground, {around: task});
  map?.show([{lon: task.lon, lat: task.lat, text: "", kind: "", label: task.title}]);
  const answered = (await store.all("operations")).find(({kind, data}) => kind === "task" && data.task === id);
  if (answered) {
    add(room, make("p", {class: "panel"}, say("case.answered", {state: sayOr(`state.${answered.state}`, answered.state)}), " ",
      make("a", {href: "#/sync"}, say("nav.sync"))));
    return {leave: () => map?.remove()};
  }
  const form = await formOf(task);
  const key = `task/${id}`;
  const state = {outcome: "done", note: "", answers: {}, place: {}, photos: [], ...await draft(key)};
  const outcome = new Set([state.outcome]);
  const kept = keeper(key, () => ({...state, photos: undefined, outcome: [...outcome][0]}));
  const asking = form && askForm({...form, questions: form.questions.filter(({type}) => type !== "geopoint")}, state.answers, {place: state.place, onchange: kept.keep});
  const where = placeField(say("place"), state.place, {around: task.lon ? task : null, onchange: kept.keep});
  const note = make("textarea", {rows: 3, maxlength: 2000, value: state.note, oninput() { state.note = note.value; kept.keep(); }});
  const asked = make("div", {}, asking?.element);
  const drawn = () => { asked.hidden = !outcome.has("done"); kept.keep(); };

  const saving = button(say("save"), async () => {
    const done = outcome.has("done");
    fault(note, done || note.value.trim() ? "" : say("needed"));
    if ((!done && !note.value.trim()) || (done && asking && !asking.check())) {
      notice(say("form.look"), "fault");
      return;
    }
    saving.disabled = true;
    kept.stop();
    const data = plain({task: id, outcome: [...outcome][0], ...said(state.place), note: note.value.trim(),
      values: done && asking ? asking.said() : null});
    await save("task", data, {photos: state.photos, draft: key, about: {title: `${sayOr(`task.${task.task_kind}`, task.task_kind)} · ${task.title}`, link: location.hash}});
    notice(say("saved"), "good");
    location.hash = "#/today";
  }, {kind: "strong wide", id: "save"});
  add(room, make("div", {class: "form"},
    choices(say("task.outcome"), ["done", "cannot"].map((value) => ({value, text: say(`task.${value}`)})), outcome, {onchange: drawn}),
    asked, photosField(say("photos.report"), state.photos, {onchange: () => kept.keepPhotos(state.photos)}), field(say("task.note"), note), voice(note), where),
  make("div", {class: "actions"}, saving));
  asked.hidden = !outcome.has("done");
  return {async leave() { map?.remove(); where.leave(); asking?.leave(); await kept.flush(); }};
}
