// One case: what it is about, and what this worker may do with it now (look before filing, look before closing).
import {facts, saved} from "../cards.js";
import {add, button, empty, fault, field, make, notice} from "../dom.js";
import {draft, keeper} from "../drafts.js";
import {photosField} from "../fields/photos.js";
import {placeField, said} from "../fields/place.js";
import {voice} from "../fields/voice.js";
import {due, say, sayOr, when} from "../language.js";
import {openMap} from "../map.js";
import {isPlaced} from "../nearness.js";
import {plain, save} from "../operations.js";
import * as store from "../store.js";

/** Needs of a step that are typed; position and photos have fields of their own. */
const TYPED = ["finding", "reason", "reply"];
const MOST = 2000;

/** What an action is called: the first word of what the server says of it is Chinese. */
const spoken = ({action, says}) => sayOr(`action.${action}`, says?.split(" ")[0] ?? action);

/** A step that was not taken, as the draft of this screen. */
export const draftOf = ({data}) => ({...data.facts, place: {...data.facts.position, accuracy: data.accuracy ?? null}});

const factsOf = (one) => facts([
  [say("case.number"), one.number], [say("case.status"), sayOr(`status.${one.status}`, one.status)],
  [say("case.category"), one.category], [say("case.address"), one.address], [say("case.department"), one.department],
  [say("case.due"), one.due_at && `${when(one.due_at)} · ${due(one.due_at)}`],
  [say("case.waiting_for"), one.waiting_for && sayOr(`role.${one.waiting_for}`, one.waiting_for)]]);

/** The fields that the actions ask for; take(action) keeps the step. Answers {element, leave}. */
function form(one, state, kept) {
  const needs = new Set(one.actions.flatMap((action) => action.needs));
  const where = needs.has("position")
    ? placeField(say("place"), state.place, {around: isPlaced(one) ? one : null, onchange: kept.keep}) : null;
  const typed = TYPED.filter((name) => needs.has(name)).map((name) => {
    const control = make("textarea", {rows: 3, maxlength: MOST, value: state[name] ?? "", oninput() {
      state[name] = control.value;
      kept.keep();
    }});
    return [name, control];
  });

  /** Says at each field what is missing; true when nothing is. */
  function complete(action) {
    const lacking = typed.filter(([name]) => action.needs.includes(name) && !state[name]?.trim());
    for (const [name, control] of typed) fault(control, lacking.some(([other]) => other === name) ? say("needed") : "");
    lacking[0]?.[1].focus();
    const noPhoto = action.needs.includes("photos") && !state.photos.length;
    const noPlace = action.needs.includes("position") && state.place.lon === undefined;
    if (noPhoto || noPlace) notice(say(noPhoto ? "case.no_photo" : "report.no_place"), "fault");
    return !lacking.length && !noPhoto && !noPlace;
  }

  async function take(action) {
    if (!complete(action)) return;
    for (const one of acts.children) one.disabled = true; // a second tap is not a second answer
    const {place, ...accuracy} = said(state.place);
    const words = TYPED.filter((name) => action.needs.includes(name)).map((name) => [name, state[name]?.trim()]);
    const data = plain({case: one.number, action: action.action, version: one.version, ...accuracy,
      facts: plain({position: place, ...Object.fromEntries(words)})});
    const about = {title: `${spoken(action)} · ${one.title}`, link: location.hash};
    await kept.saving(() => save("step", data, {
      photos: state.photos, draft: kept.key, replaces: state.mends, about}));
    saved("#/today");
  }

  const acts = make("div", {class: "actions"}, one.actions.map((action, number) => button(spoken(action), () => take(action), {
    kind: number ? "wide" : "strong wide", "data-action": action.action})));
  return {
    element: [
      make("div", {class: "form"}, make("h2", {}, say("case.do")), where,
        needs.has("photos") && photosField(say("photos.report"), state.photos, {
          onchange: () => kept.keepPhotos(state.photos)}),
        typed.map(([name, control]) => [field(say(`case.${name}`), control), voice(control)])),
      acts],
    leave: () => where?.leave()};
}

/** That something was done here already, and waits. */
export const answeredNote = ({state}) => make("p", {class: "panel"},
  say("case.answered", {state: sayOr(`state.${state}`, state)}), " ", make("a", {href: "#/sync"}, say("nav.sync")));

export async function show(room, number) {
  const one = (await store.items("case")).find((each) => each.number === number);
  if (!one) {
    add(room, empty(say("case.gone")));
    return {};
  }
  const key = `case/${number}`;
  const state = {place: {}, photos: [], ...await draft(key)};
  const kept = keeper(key, () => ({...state, photos: undefined}));
  const answered = (await store.all("operations")).find(({kind, data}) => kind === "step" && data.case === number);
  const ground = isPlaced(one) ? make("div", {class: "map small"}) : null;
  const asked = !answered && one.actions?.length ? form(one, state, kept) : null;
  add(room, make("div", {class: "panel"}, make("h2", {}, one.title), factsOf(one)), ground,
    answered && answeredNote(answered), asked?.element);
  const map = ground && await openMap(ground, {around: one});
  map?.show([{lon: one.lon, lat: one.lat, text: "", kind: one.overdue ? "late" : "", label: one.title}]);
  return {async leave() {
    map?.remove();
    await asked?.leave();
    await kept.flush();
  }};
}
