// What the worker says, as operations: each with an id made here, kept with its files in one transaction before the page
// says "saved", and sent later, as often as needed, with one effect.
import {photosOf} from "./drafts.js";
import {dropMet} from "./known.js";
import * as store from "./store.js";

/** Where an operation is: "waiting" to be sent; "held" by the server until something else arrives; "files": done, and its files
 * are on the way; "conflict" and "refused": for the worker to decide. What is done and whole is no longer here. */
export const OPEN = ["waiting", "held", "files", "conflict", "refused"];

/** Grows with every operation that waits, so that they are sent in the order said, also when the clock is set back. */
async function next(operations) {
  const before = (await store.answer(operations.getAll())).map(({order}) => order);
  return Math.max(Date.now(), ...before.map((one) => one + 1));
}

const moment = () => new Date().toISOString();

const described = ({sha256, blob, name, purpose}) => ({sha256, size: blob.size, type: blob.type, name, purpose});

/** A photo as it waits: where its upload goes on, how far it is, and what the server said of it. */
const kept = (id, photo, number) => ({
  ...described(photo), key: `${id}/${number}`, operation: id, blob: photo.blob, preview: photo.preview,
  url: null, offset: 0, sent: false, reason: null});

/** Without what says nothing: null, undefined and empty text. */
export const plain = (facts) =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null && value !== undefined && value !== ""));

/** Keep an operation with its photos. Once this returns it survives an empty battery.
 * `about`: {title, link} for lists. In the same transaction go: `draft`, key of the form it came from; `points`, keys of the
 * track that is handed over; `replaces`, id of an operation that this one mends (what was based on that one is based on this
 * one); `settles`, id of an entry whose conflict this one decides; and `meta`, a [key, value] to be noted. */
export async function save(kind, data, {
  photos = [], base = null, about = {}, draft = null, replaces = null, settles = null, points: keys = [],
  meta: noted = null} = {}) {
  const id = crypto.randomUUID();
  const said = photos.length ? {...data, files: photos.map(described)} : data;
  const operation = {
    id, kind, at: moment(), base, data: said, state: "waiting", about, problem: null, current: null,
    missing: [], tries: 0};
  await store.write(["operations", "files", "progress", "drafts", "points", "meta"], async (
    operations, files, progress, drafts, points, meta) => {
    operation.order = await next(operations);
    await store.answer(operations.add(operation));
    for (const [number, photo] of photos.entries()) await store.answer(files.add(kept(id, photo, number)));
    for (const key of keys) await store.answer(points.delete(key));
    if (replaces) await replace({operations, files, progress}, replaces, id);
    if (settles) await settle(operations, settles, operation);
    if (draft) for (const key of [draft, photosOf(draft)]) await store.answer(drafts.delete(key));
    if (noted) await store.answer(meta.put(noted[1], noted[0]));
  });
  store.tell("operations");
  if (kind !== "track") store.tell("saved"); // the track goes with the next run: each point is not worth one
  return operation;
}

async function replace({operations, files, progress}, old, id) {
  await drop(operations, files, progress, old);
  await rebase(operations, old, id);
}

/** What was based on one that the server has not taken is based on another, and so becomes another: the server may know the
 * first, and waits for what will never come. Only statements and decisions have a base, and these have no files. */
async function rebase(operations, old, base) {
  for (const one of (await store.answer(operations.getAll())).filter((each) => each.base === old)) {
    const id = crypto.randomUUID();
    await store.answer(operations.delete(one.id));
    await store.answer(operations.add({...one, id, base, state: one.state === "held" ? "waiting" : one.state}));
    await rebase(operations, one.id, id);
  }
}

/** Whatever met the conflict leaves, and decisions of it that were not taken. What was based on a statement that met it stays
 * based on that: the server has it. */
async function settle(operations, subject, {id, data}) {
  await dropMet(operations, new Set([subject]));
  for (const one of await store.answer(operations.getAll())) {
    if (one.kind === "decision" && one.data.conflict === data.conflict && one.id !== id) {
      await store.answer(operations.delete(one.id));
    }
  }
}

async function drop(operations, files, progress, id) {
  await store.answer(operations.delete(id));
  for (const key of await store.answer(files.index("operation").getAllKeys(id))) await store.dropFile(files, progress, key);
}

/** Give up an operation and its files: only the worker does that. What was based on a statement that was not taken is based on
 * what that was based on. */
export async function discard(id) {
  await store.write(["operations", "files", "progress"], async (operations, files, progress) => {
    const {state, base} = await store.answer(operations.get(id)) ?? {};
    await drop(operations, files, progress, id);
    if (state === "refused") await rebase(operations, id, base);
  });
  store.tell("operations");
}

/** All that is not yet done, in the order said. */
export async function open() {
  return (await store.all("operations")).sort((one, other) => one.order - other.order);
}

/** Send a refused one once more as it is. */
export async function retry(id) {
  await store.write(["operations"], async (operations) => {
    const found = await store.answer(operations.get(id));
    if (found) await store.answer(operations.put({...found, state: "waiting", problem: null}));
  });
  store.tell("operations");
  store.tell("saved");
}

/** An operation back as the draft of its form, to be mended: `draftOf(operation)` gives the form's values. What was based on
 * it waits for what the form becomes, which the draft notes as `mends`. */
export async function backToDraft(id, key, draftOf) {
  await store.write(["operations", "files", "progress", "drafts"], async (operations, files, progress, drafts) => {
    const found = await store.answer(operations.get(id));
    const photos = await store.answer(files.index("operation").getAll(id));
    await store.answer(drafts.put({...draftOf(found), mends: id}, key));
    const taken = photos.map(({blob, sha256, name, purpose, preview}) => ({blob, sha256, name, purpose, preview}));
    await store.answer(drafts.put(taken, photosOf(key)));
    await drop(operations, files, progress, id);
  });
  store.tell("operations");
}
