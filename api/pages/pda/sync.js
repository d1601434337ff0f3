// Sends what waits and fetches what changed: one runner at a time on this phone, whichever page or worker it is in.
// It may be killed at any point: whatever was not answered is sent again under the same id, and has one effect.
import {pull} from "./changes.js";
import {isSettled, keepDone} from "./known.js";
import {Away, LockedOut, Problem, json, speak} from "./server.js";
import * as store from "./store.js";
import {current, handOver} from "./track.js";
import {upload} from "./upload.js";

const BATCH = 100;
const BATCH_CHARACTERS = 300_000;

/** Of these the server keeps the operation only together with its files, so the files go first. */
const FILES_FIRST = new Set(["step", "task"]);

const TO_SEND = new Set(["waiting", "held"]);

/** What a full phone had no room to note, while this page lives: operations by id. Sending goes on, for it makes room. */
const unnoted = new Map();

const standing = async () => (await store.all("operations")).map((one) => ({...one, ...unnoted.get(one.id)}));

/** The server found fault with one request: with a batch of one, that is with the operation in it. */
const FAULTS = new Set([400, 409, 413, 422]);

/** Send and fetch all there is. Answers {busy} when another runner is at it, {away, after?} when the server does not answer,
 * {locked} when this phone is not let in, {} when all is done that can be done now. */
export function run() {
  return navigator.locks.request("zhiwang-sync", {ifAvailable: true}, (lock) => (lock ? once() : {busy: true}));
}

async function once() {
  const device = await store.device();
  if (!device || device.revoked) return {locked: true};
  speak(await store.get("meta", "language") ?? "zh"); // also in the worker, where nobody chose one
  await state({running: true});
  try {
    await everything();
    await state({running: false, at: Date.now(), away: null});
    return {};
  } catch (error) {
    if (error instanceof LockedOut) return await locked(error);
    await state({running: false, away: error.message});
    if (error instanceof Away || error instanceof Problem) return {away: true, after: error.after};
    throw error;
  }
}

async function everything() {
  await unlessFull(() => current().then((round) => handOver({rest: !round})));
  await operations();
  await seen();
  const failure = await fetched();
  const sent = await files();
  const done = await operations(); // those that waited for their files
  const whole = await receipts();
  const later = sent || done || whole ? await fetched() : failure;
  if (later) throw later;
}

/** Do it if there is room on the phone; if not, it has time. */
async function unlessFull(work) {
  try {
    await work();
  } catch (error) {
    if (!store.isFull(error)) throw error;
  }
}

/** Fetch what has changed; what keeps it from being fetched is answered and not raised: photos go all the same. */
async function fetched() {
  try {
    await pull();
    return null;
  } catch (error) {
    if (error instanceof LockedOut) throw error;
    return error;
  }
}

/** What the sync page shows of the runner: {running, at: last time that all went well, away: why not}. */
async function state(facts) {
  await unlessFull(async () => store.put("meta", {...await store.get("meta", "sync"), ...facts}, "sync"));
  store.tell("sync");
}

async function locked({wipe}) {
  if (wipe) {
    await store.wipe();
    store.tell("wiped");
  } else {
    await store.put("meta", {...await store.device(), revoked: true}, "device");
    await state({running: false, away: null});
    store.tell("locked");
  }
  return {locked: true};
}

// ---- operations

async function ready() {
  const found = (await standing()).filter((one) => TO_SEND.has(one.state))
    .sort((one, other) => one.order - other.order);
  const unsent = new Set((await store.files()).filter((file) => !file.sent).map((file) => file.operation));
  return found.filter((one) => !(FILES_FIRST.has(one.kind) && unsent.has(one.id)));
}

const spoken = ({id, kind, at, base, data}) => ({id, kind, at, base, data});

/** Send them; how many the server has taken. What the worker says meanwhile is sent as well. */
async function operations() {
  const tried = new Set();
  let done = 0;
  for (;;) {
    const batch = [];
    let size = 0;
    for (const one of (await ready()).filter(({id}) => !tried.has(id))) {
      size += JSON.stringify(one.data).length;
      if (batch.length && (batch.length === BATCH || size > BATCH_CHARACTERS)) break;
      batch.push(one);
    }
    if (!batch.length) return done;
    for (const one of batch) tried.add(one.id);
    done += await say(batch);
  }
}

async function say(batch) {
  let answer;
  try {
    const said = {sent_at: new Date().toISOString(), operations: batch.map(spoken)};
    answer = await json("POST", "/api/v1/pda/sync", said, {pack: true});
  } catch (error) {
    if (!(error instanceof Problem) || !FAULTS.has(error.status)) throw error;
    if (batch.length > 1) { // find the one at fault
      let done = 0;
      for (const one of batch) done += await say([one]);
      return done;
    }
    return await settle(batch[0], {outcome: "refused", problem: error.document ?? {detail: error.message}});
  }
  const sent = new Map(batch.map((one) => [one.id, one]));
  let done = 0;
  for (const result of answer.results) if (sent.has(result.id)) done += await settle(sent.get(result.id), result);
  store.tell("operations");
  return done;
}

/** Keep what the server answered to one operation, and what is so of its thing; 1 when it was done. */
async function settle({id}, {outcome, result = null, current = null, missing = [], problem = null}) {
  const done = outcome === "done" || outcome === "already_done";
  const stands = done ? "files" : {waiting: "held"}[outcome] ?? outcome;
  const keep = (knows) => store.write(["operations", "files", "progress", "items"], async (
    operations, files, progress, items) => {
    const one = await store.answer(operations.get(id));
    if (!one) return; // the worker gave it up meanwhile
    const own = await store.answer(files.index("operation").getAll(id));
    if (done && (!own.length || FILES_FIRST.has(one.kind))) {
      for (const file of own) await store.dropFile(files, progress, file.key);
      await store.answer(operations.delete(id));
      if (knows) await keepDone(items, one, result);
      return;
    }
    if (stands === "conflict" && await isSettled(items, one, current)) {
      await store.answer(operations.delete(id));
      return;
    }
    for (const {key} of own.filter(({sha256}) => missing.includes(sha256))) {
      const {refused} = await store.answer(progress.get(key)) ?? {};
      if (!refused) await store.answer(progress.put(anew(key)));
    }
    await store.answer(operations.put({...one, state: stands, result, current, missing, problem, tries: one.tries + 1}));
  });
  try {
    await keep(true).catch((error) => {
      if (!done || !store.isFull(error)) throw error;
      return keep(false); // no room for what is so now: the operation leaves all the same, which makes room
    });
    unnoted.delete(id);
  } catch (error) {
    if (!store.isFull(error)) throw error;
    unnoted.set(id, {state: stands});
  }
  return done ? 1 : 0;
}

// ---- files

/** Send the files whose operation the server has, or waits for them; how many. One that is not taken holds up no other. */
async function files() {
  const owners = new Map((await standing()).map((one) => [one.id, one]));
  const owed = (await store.files()).filter((file) => !file.sent).map((file) => [file, owners.get(file.operation)])
    .filter(([, one]) => one && (one.state === "files" || (FILES_FIRST.has(one.kind) && TO_SEND.has(one.state))))
    .sort(([, one], [, other]) => one.order - other.order);
  let sent = 0;
  for (const [file, owner] of owed) {
    try {
      await upload(file, () => store.tell("operations"));
      sent += 1;
    } catch (error) {
      if (!(error instanceof Problem)) throw error; // its reason stands with the file
    }
    store.tell("operations");
    if (unnoted.has(owner.id)) await receipt(owner); // the phone is full: what has arrived leaves at once
  }
  return sent;
}

/** Files leave this phone only when the server says of each that it has it; how many reports are whole now. */
async function receipts() {
  let whole = 0;
  const unsent = new Set((await store.files()).filter(({sent}) => !sent).map(({operation}) => operation));
  for (const one of (await standing()).filter(({id, state: stands}) => stands === "files" && !unsent.has(id))) {
    whole += await receipt(one);
  }
  return whole;
}

/** A file that is to be sent from its beginning. */
const anew = (key) => ({key, url: null, offset: 0, sent: false, reason: null});

const refusal = ({key, size}, reason) => ({key, url: null, offset: size, sent: true, refused: true, reason: reason ?? "refused"});

async function receipt({id}) {
  let told;
  try {
    told = await json("GET", `/api/v1/pda/reports/${id}/receipt`);
  } catch (error) {
    if (error instanceof Problem) return 0; // nothing is deleted without a receipt
    throw error;
  }
  const states = new Map(told.files.map((file) => [file.sha256, file]));
  const whole = await store.write(["operations", "files", "progress"], async (operations, kept, progress) => {
    const own = await store.answer(kept.index("operation").getAll(id));
    let left = 0;
    for (const file of own) {
      const there = states.get(file.sha256);
      if (there?.state === "arrived") await store.dropFile(kept, progress, file.key);
      else if (there?.state === "refused") await store.answer(progress.put(refusal(file, there.reason)));
      else if (!unnoted.has(id)) await store.answer(progress.put(anew(file.key)));
      if (there?.state !== "arrived") left += 1;
    }
    if (!left) await store.answer(operations.delete(id));
    return !left;
  });
  store.tell("operations");
  return whole ? 1 : 0;
}

/** Tell the server up to where the messages have been read. */
async function seen() {
  const until = await store.get("meta", "seen");
  if (!until) return;
  try {
    await json("POST", "/api/v1/inbox/seen", {until});
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // a moment that it does not take will never be taken
  }
  await store.write(["meta"], async (meta) => {
    if (await store.answer(meta.get("seen")) === until) await store.answer(meta.delete("seen"));
  });
}
