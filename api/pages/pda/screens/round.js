// The round: sign in, walk, check in where it matters, sign out.
import {add, button, field, make, notice, redraw} from "../dom.js";
import * as duty from "../duty.js";
import {placeField} from "../fields/place.js";
import {say, when} from "../language.js";
import {openMap} from "../map.js";
import {watch} from "../place.js";
import {current, waiting} from "../track.js";

const EVERY = 15_000;
const MOST = 500;

function span(milliseconds) {
  const minutes = Math.floor(milliseconds / 60_000);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

const walking = (round, points) => [
  make("p", {class: "big"}, say("round.on", {span: span(Date.now() - round.since)})),
  make("p", {class: "quiet"}, say("round.since", {at: when(round.since)}), " · ", say("round.points", {n: points})),
  make("p", {class: "hint"}, say("round.keep_open"))];

const resting = () => [make("p", {class: "big"}, say("round.off")), make("p", {class: "hint"}, say("round.private"))];

export async function show(room) {
  const state = {};
  const where = placeField(say("place"), state);
  const note = make("input", {maxlength: MOST, autocomplete: "off"});
  const stands = make("div", {class: "panel"});
  const acts = make("div", {class: "row"});
  const ground = make("div", {class: "map"});

  async function refresh() {
    const [round, points] = await Promise.all([current(), waiting()]);
    redraw(stands, round ? walking(round, points) : resting());
    redraw(acts, round ? button(say("round.end"), () => act(duty.end, "round.ended"), {kind: "strong wide"})
      : button(say("round.start"), () => act(duty.begin, "round.started"), {kind: "strong wide"}));
  }

  async function act(does, said) {
    for (const one of acts.querySelectorAll("button")) one.disabled = true; // a second tap is not a second round
    await does(state);
    notice(say(said), "good");
    await refresh();
  }

  async function checkIn() {
    if (state.lon === undefined) {
      notice(say("report.no_place"), "fault");
      return;
    }
    await duty.checkIn(state, note.value.trim());
    note.value = "";
    notice(say("saved"), "good");
  }

  add(room, stands, acts, make("section", {class: "form"}, make("h2", {}, say("round.check_in")), where,
    field(say("round.note"), note), button(say("round.check_in"), checkIn, {kind: "quiet wide", picture: "place"})), ground);
  await refresh();
  const map = await openMap(ground); // it has to stand in the page to know how large it is
  const stopWatching = watch((point) => map.me(point));
  const timer = setInterval(refresh, EVERY);
  return {refresh, async leave() {
    clearInterval(timer);
    stopWatching();
    map.remove();
    await where.leave();
  }};
}
