// All that the phone keeps of a citizen: what waits to be sent, what was sent with the token to see it again, and the language.
import {answer, bulletin, database, isFull} from "./database.js";

export {answer, isFull};

/** `outbox` holds reports that the server does not have yet and `files` their photos, by report; both leave only when the
 * server has answered. `receipts` are what was sent: number, token and what was last known. `drafts`: forms not finished. */
const db = database({name: "zhiwang-snap", version: 1, rooms: {
  meta: {}, drafts: {}, outbox: {keyPath: "key"}, files: {keyPath: "id"}, receipts: {keyPath: "number"},
}, upgrade(transaction) {
  const files = transaction.objectStore("files");
  if (!files.indexNames.contains("report")) files.createIndex("report", "report");
}});
export const {read, write, all, get, put, remove} = db;

/** Forget everything on this phone; only the language stays. */
export async function wipe() {
  const language = await get("meta", "language");
  await db.clear();
  if (language) await put("meta", language, "language");
}

/** Tell every open page that something has changed: "saved" (something waits to be sent), "outbox", "receipts", "language",
 * "session"; and be told. */
export const {tell, listen} = bulletin("zhiwang-snap");
