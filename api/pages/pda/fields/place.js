// The position of a form: asked of the phone, shown with its accuracy, set by hand on the map where the phone does not know.
import {button, icon, make} from "../dom.js";
import {metres, say} from "../language.js";
import {known, locate} from "../place.js";
import {openMap} from "../map.js";

const POOR = 50;

/** `state` is kept up to date: {lon, lat, accuracy?} once there is a position; `pinned` when it was set by hand, `kept` when it is as it was before. With `ask`
 * the phone is asked at once. `around`: where the map opens while nothing is known, {lon, lat}. */
export function placeField(label, state, {ask = true, around = null, onchange = () => {}} = {}) {
  const text = make("p", {class: "place-text", role: "status"});
  const ground = make("div", {class: "map small", hidden: true});
  let map = null;

  function set(found, pinned) {
    Object.assign(state, {lon: found.lon, lat: found.lat, accuracy: pinned ? null : found.accuracy, pinned, kept: false});
    draw();
    onchange();
  }

  function draw(problem = null) {
    const shown = problem ? say(`place.${problem}`) : state.lon === undefined ? say("place.asking") : state.kept ? say("place.kept") : state.pinned ? say("place.pinned")
      : say(state.accuracy > POOR ? "place.poor" : "place.found", {accuracy: metres(state.accuracy ?? 0)});
    text.className = `place-text ${problem || state.accuracy > POOR ? "poor" : state.lon === undefined ? "" : "good"}`;
    text.replaceChildren(icon(state.lon === undefined ? "place" : "done"), shown);
    pin();
  }

  const pin = async () => (await map)?.pin(state.lon === undefined ? null : state);

  async function find() {
    state.pinned = false;
    draw();
    try {
      set(known() ?? await locate(), false);
    } catch (error) {
      draw(state.lon === undefined ? error.name : null);
      if (state.lon === undefined) await showMap();
    }
  }

  async function showMap() {
    ground.hidden = false;
    map ??= openMap(ground, {around: state.lon === undefined ? around : state, onpick: (point) => set(point, true)});
    pin();
  }

  const again = button(say("place.again"), () => { delete state.lon; find(); }, {kind: "quiet", picture: "place"});
  const byHand = button(say("place.by_hand"), showMap, {kind: "quiet", picture: "map"});
  draw();
  if (ask && state.lon === undefined) find();
  const box = make("fieldset", {class: "placefield"}, make("legend", {}, label), text, make("div", {class: "row"}, again, byHand), ground);
  box.leave = async () => (await map)?.remove();
  return box;
}

/** What an operation says of a position: {place, accuracy}, or nothing while there is none. */
export const said = (state) => (state.lon === undefined ? {} : {
  place: {lon: state.lon, lat: state.lat}, ...(state.accuracy && {accuracy: Math.min(100_000, Math.round(state.accuracy * 10) / 10)})});
