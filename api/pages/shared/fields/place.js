// The position of a form: asked of the phone, shown with its accuracy, set by hand on the map where the phone does not know.
import {button, icon, make} from "../dom.js";
import {metres, say} from "../language.js";
import {openMap} from "../map.js";
import {known, locate} from "../place.js";

/** Metres from which on it is said that it is rough. */
const POOR = 50;
const MOST = 100_000;

function words(state, problem) {
  if (problem) return say(`place.${problem}`);
  if (state.lon === undefined) return say("place.asking");
  if (state.words) return state.words;
  if (state.kept || state.pinned) return say(state.kept ? "place.kept" : "place.pinned");
  return say(state.accuracy > POOR ? "place.poor" : "place.found", {accuracy: metres(state.accuracy ?? 0)});
}

function tone(state, problem) {
  if (problem || state.accuracy > POOR) return "poor";
  return state.lon === undefined ? "" : "good";
}

/** `state` is kept up to date: {lon, lat, accuracy?} once there is a position; `pinned` when it was set by hand, `kept` when it
 * is as it was before, `words` where something else says where it is: put(point, words) of the answer. `onchange` hears of what
 * is set by hand: a position that the phone found goes with what else is said, and is no form begun, or the next report would be
 * made where this screen was once opened; `onplaced` hears of every position. With `ask` the phone is asked at once. `around`:
 * where the map opens while nothing is known. */
export function placeField(label, state, {ask = true, around = null, onchange = () => {}, onplaced = () => {}} = {}) {
  const text = make("p", {class: "place-text", role: "status"});
  const ground = make("div", {class: "map small", hidden: true});
  let map = null;

  const here = () => (state.lon === undefined ? null : state);
  const pin = async () => (await map)?.pin(here());

  function set({lon, lat, accuracy}, pinned, how = null) {
    Object.assign(state, {lon, lat, accuracy: pinned ? null : accuracy, pinned, kept: false, words: how});
    draw();
    if (pinned) onchange();
    onplaced();
  }

  function draw(problem = null) {
    text.className = `place-text ${tone(state, problem)}`;
    text.replaceChildren(icon(here() ? "done" : "place"), words(state, problem));
    pin();
  }

  async function find() {
    draw();
    try {
      const found = known() ?? await locate();
      if (!state.pinned) set(found, false);
    } catch (error) {
      if (here()) return; // set by hand meanwhile
      draw(error.name);
      if (box.isConnected) showMap();
    }
  }

  function showMap() {
    ground.hidden = false;
    map ??= openMap(ground, {around: here() ?? around, onpick: (point) => set(point, true)});
    pin();
  }

  function again() {
    delete state.lon;
    state.pinned = false;
    state.words = null;
    return find();
  }

  const box = make("fieldset", {class: "placefield", tabindex: "-1"}, make("legend", {}, label), text,
    make("div", {class: "row"}, button(say("place.again"), again, {kind: "quiet", picture: "place"}),
      button(say("place.by_hand"), showMap, {kind: "quiet", picture: "map"})), ground);
  box.leave = async () => (await map)?.remove();
  box.put = (point, how) => set(point, true, how);
  draw();
  if (ask && !here()) find();
  return box;
}

/** What an operation says of a position: {place, accuracy}, or nothing while there is none. */
export const said = ({lon, lat, accuracy}) => (lon === undefined ? {} : {
  place: {lon, lat}, ...(accuracy && {accuracy: Math.min(MOST, Math.round(accuracy * 10) / 10)})});
