// What a page keeps on the phone: one IndexedDB whose writes are on the disk when they return, and word of changes to every
// open page of the same kind.

/** The answer of one request as a promise. Inside a transaction wait for nothing but these. */
export function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Whether there was no room on the phone for what was to be written. */
export const isFull = (error) => error?.name === "QuotaExceededError";

function opener({name, version, rooms, upgrade}) {
  let opening = null;
  return () => {
    opening ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(name, version);
      request.onupgradeneeded = () => {
        const {objectStoreNames: there} = request.result;
        for (const [room, options] of Object.entries(rooms)) {
          if (!there.contains(room)) request.result.createObjectStore(room, options);
        }
        upgrade?.(request.transaction);
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
  };
}

async function run(open, mode, names, work, options) {
  const db = await open();
  const transaction = db.transaction(names, mode, options);
  const finished = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was aborted"));
  });
  finished.catch(() => {}); // told to the caller below; a rejection that comes earlier is not "unhandled"
  let result;
  try {
    result = await work(...names.map((room) => transaction.objectStore(room)));
  } catch (error) {
    try { transaction.abort(); } catch { /* it has aborted by itself */ }
    throw error;
  }
  await finished;
  return result;
}

/** A database of these rooms ({name: options of an object store}); `upgrade` hears of the transaction that makes them.
 * read and write take the names of rooms and work that gets the rooms in that order; a write is all of it or nothing, and on
 * the disk, not only in its cache, when it returns. */
export function database(plan) {
  const open = opener(plan);
  const read = (names, work) => run(open, "readonly", names, work);
  const write = (names, work) => run(open, "readwrite", names, work, {durability: "strict"});
  return {
    read,
    write,
    all: (name) => read([name], (room) => answer(room.getAll())),
    get: (name, key) => read([name], (room) => answer(room.get(key))),
    put: (name, value, key) => write([name], (room) => answer(room.put(value, key))),
    remove: (name, key) => write([name], (room) => answer(room.delete(key))),
    clear() {
      const names = Object.keys(plan.rooms);
      return write(names, (...rooms) => Promise.all(rooms.map((room) => answer(room.clear()))));
    },
  };
}

/** tell(what) tells every open page of this name, its own too, that something has changed; listen(listener) is told, until its
 * answer is called. */
export function bulletin(name) {
  const listeners = new Set();
  const heard = (what) => { for (const listener of listeners) listener(what); };
  const channel = globalThis.BroadcastChannel ? new BroadcastChannel(name) : null;
  if (channel) channel.onmessage = ({data}) => heard(data);
  return {
    tell(what) {
      channel?.postMessage(what);
      heard(what);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
