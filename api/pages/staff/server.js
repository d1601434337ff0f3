// The server as the staff pages call it: an access token that has run out is exchanged, and when the log-in is over, whoever
// sits here logs in again over the page, with what was being written still there.
import {logInAgain} from "./login.js";
import * as session from "./session.js";
import {LockedOut, Problem, json, send} from "./shared/server.js";

const UPLOAD_TIMEOUT = 180_000;

async function again(work) {
  try {
    return await work();
  } catch (error) {
    const over = error instanceof LockedOut || (error instanceof Problem && error.status === 401);
    if (!over) throw error;
  }
  if (!await session.renew()) await logInAgain();
  return work();
}

/** The JSON of the answer, null where there is none. Raises Away and Problem. */
export const call = (method, path, value = undefined) => again(() => json(method, path, value));

/** The same with files: `form` is FormData. */
export const upload = (path, form) => again(async () => JSON.parse((await send("POST", path, {
  body: form, headers: {Accept: "application/json"}, timeout: UPLOAD_TIMEOUT})).text));

/** An address with its query; what is empty is left out. */
export function address(path, query = {}) {
  const said = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return said.length ? `${path}?${new URLSearchParams(said)}` : path;
}
