// The round that is on: from signing in to signing out the phone notes where it walks, and at no other time.
import {distance} from "./nearness.js";
import {save} from "./operations.js";
import {said} from "./fields/place.js";
import {say} from "./language.js";
import {watch} from "./place.js";
import * as store from "./store.js";
import {current, handOver, keep} from "./track.js";

const LEAST_METRES = 8;
const LEAST_MILLISECONDS = 4000;
const WORST_ACCURACY = 200;

let stopWatching = null;
let last = null;

function rest() {
  stopWatching?.();
  stopWatching = null;
}

async function moved(round, point) {
  const near = last && distance(last, point) < LEAST_METRES;
  const soon = last && point.at - last.at < LEAST_MILLISECONDS;
  if (point.accuracy > WORST_ACCURACY || near || soon) return;
  last = point;
  if (await keep(round, [point.lon, point.lat, Math.round(point.accuracy), Math.round(point.at)])) store.tell("points");
  else rest();
}

/** Go on noting the track of a round that is on, also after the page was closed in between. */
export async function resume() {
  const round = await current();
  if (round && !stopWatching) stopWatching = watch((point) => moved(round.id, point));
}

/** Sign in: a round begins here (`place` as a form keeps it). */
export async function begin(place) {
  if (await current()) return; // another page has begun it
  const round = {id: crypto.randomUUID(), since: Date.now()};
  await save("round", {round: round.id, event: "start", ...positionOf(place)}, {
    about: {title: say("round.started")}, meta: ["round", round]});
  last = null;
  await resume();
}

/** Sign out: what was walked is handed over first. */
export async function end(place) {
  const round = await current();
  rest();
  if (!round) return; // another page has ended it
  await handOver({rest: true});
  await save("round", {round: round.id, event: "end", ...positionOf(place)}, {
    about: {title: say("round.ended")}, meta: ["round", null]});
}

/** Say that I am here, with a note. */
export async function checkIn(place, note) {
  const round = await current();
  await save("check_in", {...said(place), ...(note && {note}), ...(round && {round: round.id})}, {
    about: {title: note || say("round.check_in")}});
}

function positionOf(place) {
  const {place: position} = said(place);
  return position ? {place: position} : {};
}
