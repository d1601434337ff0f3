// All that the phone keeps. What the worker says is written in one transaction that is on the disk when it ends.
import {answer, bulletin, database, isFull} from "./database.js";

export {answer, isFull};

const NAME = "zhiwang-pda";
const VERSION = 2;

/** What each room holds. `operations` and `files` are the worker's own and leave only when the server has them; `items` are
 * what the server told, by kind and id; `progress` how far each file is, apart from it: a browser writes a photo anew whenever
 * its row is; `points` the track not yet handed over; `drafts` forms that are not yet finished. */
const ROOMS = {
  meta: {}, drafts: {}, items: {keyPath: ["kind", "id"]}, operations: {keyPath: "id"}, files: {keyPath: "key"},
  progress: {keyPath: "key"},
  points: {autoIncrement: true},
};

const db = database({name: NAME, version: VERSION, rooms: ROOMS, upgrade(transaction) {
  const files = transaction.objectStore("files");
  if (!files.indexNames.contains("operation")) files.createIndex("operation", "operation");
}});
export const {read, write, all, get, put, remove} = db;

/** Within a transaction: everything of one kind that the server told. */
export const itemsOf = (room, kind) => answer(room.getAll(IDBKeyRange.bound([kind], [kind, []])));

/** Everything of one kind that the server told. */
export const items = (kind) => read(["items"], (room) => itemsOf(room, kind));

export const item = (kind, id) => get("items", [kind, id]);

const unnoted = new Map();

/** All files, each with how far it is. */
export const files = () => read(["files", "progress"], async (room, progress) => {
  const [found, far] = await Promise.all([room, progress].map((one) => answer(one.getAll())));
  const byKey = new Map(far.map((one) => [one.key, one]));
  return found.map((file) => ({...file, ...byKey.get(file.key), ...unnoted.get(file.key)}));
});

/** Keep how far a file is: {key, …}. A full phone keeps it while this page lives: only what was sent makes room. */
export async function keepProgress(facts) {
  try {
    await write(["files", "progress"], async (room, progress) => {
      const isThere = await answer(room.count(facts.key)); // the worker may have given it up
      if (isThere) await answer(progress.put(facts));
    });
    unnoted.delete(facts.key);
  } catch (error) {
    if (!isFull(error)) throw error;
    unnoted.set(facts.key, facts);
  }
}

/** Within a transaction: a file leaves, with its progress. */
export const dropFile = (room, progress, key) => Promise.all([room, progress].map((one) => answer(one.delete(key))));

/** Who is logged in on this phone: {id, token, name, login, until?: "revoked"}, or nothing. */
export const device = () => get("meta", "device");

/** Forget everything at once, whatever else has the database open. */
export const wipe = db.clear;

/** Forget whose phone it was; in which language it speaks stays. */
export async function wipeButLanguage() {
  const language = await get("meta", "language");
  await wipe();
  if (language) await put("meta", language, "language");
}

/** Forget what the server told, to be told anew; what the worker said stays. */
export const forgetItems = () => write(["items", "meta"], (told, meta) => Promise.all(
  [answer(told.clear()), answer(meta.delete("cursor"))]));

/** Tell every open page, this one too, that something has changed: "items", "operations", "sync", "wiped"; and be told. */
export const {tell, listen} = bulletin("zhiwang-pda");
