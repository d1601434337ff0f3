// Sends what waits: photos first, then the report that names them. It may be killed at any point: a report that was not
// answered is sent again under the same key, and has one effect.
import {arrived, filesOf, note, waiting} from "./outbox.js";
import {Away, Problem, json, photo, speak} from "./server.js";
import * as store from "./store.js";

/** The server found fault with this photo: the report goes without it, and its receipt says so. */
const BAD_PHOTO = new Set([400, 413, 415, 422]);

/** Send all there is. Answers {busy} when another page or the worker is at it, {away, after?} when the server does not answer,
 * {} when all is done that can be done now. */
export function run() {
  if (!navigator.locks) return once();
  return navigator.locks.request("zhiwang-snap-sync", {ifAvailable: true}, (lock) => (lock ? once() : {busy: true}));
}

async function once() {
  speak(await store.get("meta", "language") ?? "zh"); // also in the worker, where nobody chose one
  try {
    const held = await all();
    await state({away: held?.message ?? null});
    return held ? {away: true, after: held.after} : {};
  } catch (error) {
    if (!(error instanceof Away)) throw error;
    await state({away: error.message});
    return {away: true, after: error.after};
  }
}

/** Send one after the other. What the server puts off (so many report from there, an error of its own) holds up none of the
 * others; the first such answer, or null. Raises Away when nobody answers at all. */
async function all() {
  let held = null;
  for (const report of await waiting()) {
    if (report.state !== "waiting") continue;
    try {
      await send(report);
    } catch (error) {
      if (!(error instanceof Away) || !error.document) throw error;
      held ??= error;
    }
  }
  return held;
}

/** What the bar shows: {away: why nothing goes just now}. */
async function state(facts) {
  await store.put("meta", facts, "sync");
  store.tell("sync");
}

/** The photos as the report names them; those that the server has are not sent again. */
async function claims(report) {
  const [told, left] = [{...report.claims}, [...report.left]];
  for (const file of await filesOf(report.key)) {
    if (told[file.id] || left.some(({id}) => id === file.id)) continue;
    try {
      told[file.id] = await photo(file.blob, file.name);
    } catch (error) {
      if (!(error instanceof Problem) || !BAD_PHOTO.has(error.status)) throw error;
      left.push({id: file.id, reason: error.message});
    }
    await note(report.key, {claims: told, left});
    store.tell("outbox");
  }
  return {told, left};
}

const fields = ({document}) => (document?.errors ?? []).map(({field}) => field ?? "");

/** What may be mended without asking: a choice that holds no more is left to the city's own search, and photos that were
 * forgotten meanwhile are sent once more. Nothing where it is for a person to mend. */
function mended(report, error) {
  const wrong = fields(error);
  if (report.body.same_as && wrong.some((field) => field === "same_as")) {
    const {same_as: _, ...body} = report.body;
    return {...report, body};
  }
  if (!report.again && wrong.some((field) => field.startsWith("photos"))) return {...report, claims: {}, again: true};
  return null;
}

/** Many report from this place just now: what is known there is shown, and one touch lets this one through. */
async function crowded(report, similar) {
  await note(report.key, {similar});
  store.tell("outbox");
}

async function send(report) {
  try {
    const {told, left} = await claims(report);
    const photos = Object.keys(told).sort().map((id) => told[id]);
    const receipt = await json("POST", "/api/v1/citizen/reports", {...report.body, key: report.key, photos});
    await arrived(report.key, {...receipt, key: report.key, title: report.about.title, left: left.length, last: null});
  } catch (error) {
    if (error instanceof Away && error.document?.similar) await crowded(report, error.document.similar);
    if (!(error instanceof Problem)) throw error;
    const next = mended(report, error);
    const {body, claims: known, again = false} = next ?? report;
    await note(report.key, next ? {body, claims: known, again} : {state: "refused", problem: {...error.document, status: error.status}});
    store.tell("outbox");
    if (next) await send(next);
  }
}
