// All that the phone keeps. One IndexedDB; what the worker says is written in one transaction that is on the disk when it ends.
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

let opening = null;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const {objectStoreNames: there} = request.result;
      for (const [name, options] of Object.entries(ROOMS)) {
        if (!there.contains(name)) request.result.createObjectStore(name, options);
      }
      const files = request.transaction.objectStore("files");
      if (!files.indexNames.contains("operation")) files.createIndex("operation", "operation");
    };
    request.onsuccess = () => {
      const db = request.result;
      db.onversionchange = () => { db.close(); opening = null; };
      db.onclose = () => { opening = null; };
      resolve(db);
    };
    request.onerror = () => { opening = null; reject(request.error); };
  });
  return opening;
}

/** The answer of one request as a promise. Inside a transaction wait for nothing but these. */
export function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function run(mode, names, work, options) {
  const db = await open();
  const transaction = db.transaction(names, mode, options);
  const finished = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was aborted"));
  });
  finished.catch(() => {}); // told to the caller below; a rejection that comes earlier is not "unhandled"
  let result;
  try {
    result = await work(...names.map((name) => transaction.objectStore(name)));
  } catch (error) {
    try { transaction.abort(); } catch { /* it has aborted by itself */ }
    throw error;
  }
  await finished;
  return result;
}

/** `work` gets the rooms in the order named. */
export const read = (names, work) => run("readonly", names, work);

/** All of it or nothing; on the disk, not only in its cache, when this returns. */
export const write = (names, work) => run("readwrite", names, work, {durability: "strict"});

export const all = (name) => read([name], (room) => answer(room.getAll()));
export const get = (name, key) => read([name], (room) => answer(room.get(key)));
export const put = (name, value, key) => write([name], (room) => answer(room.put(value, key)));
export const remove = (name, key) => write([name], (room) => answer(room.delete(key)));

/** Everything of one kind that the server told. */
export const items = (kind) =>
  read(["items"], (room) => answer(room.getAll(IDBKeyRange.bound([kind], [kind, []]))));

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

/** Whether there was no room on the phone for what was to be written. */
export const isFull = (error) => error?.name === "QuotaExceededError";

/** Who is logged in on this phone: {id, token, name, login, until?: "revoked"}, or nothing. */
export const device = () => get("meta", "device");

/** Forget everything at once, whatever else has the database open. */
export async function wipe() {
  const names = Object.keys(ROOMS);
  await write(names, (...rooms) => Promise.all(rooms.map((room) => answer(room.clear()))));
}

/** Forget whose phone it was; in which language it speaks stays. */
export async function wipeButLanguage() {
  const language = await get("meta", "language");
  await wipe();
  if (language) await put("meta", language, "language");
}

/** Forget what the server told, to be told anew; what the worker said stays. */
export const forgetItems = () => write(["items", "meta"], (told, meta) => Promise.all(
  [answer(told.clear()), answer(meta.delete("cursor"))]));

const channel = new BroadcastChannel("zhiwang-pda");
const listeners = new Set();
channel.onmessage = ({data}) => { for (const listener of listeners) listener(data); };

/** Tell every open page, this one too, that something has changed: "items", "operations", "sync", "wiped". */
export function tell(what) {
  channel.postMessage(what);
  for (const listener of listeners) listener(what);
}

/** Be told; the answer ends it. */
export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
