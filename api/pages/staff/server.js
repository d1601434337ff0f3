// The server as the staff pages call it: an access token that has run out is exchanged, and when the log-in is over, whoever
// sits here logs in again over the page, with what was being written still there.
import {logInAgain} from "./login.js";
import {Problem, jsonBy, request} from "./request.js";
import * as session from "./session.js";

const UPLOAD_TIMEOUT = 180_000;

const once = async (method, path, {headers = {}, ...options}) =>
  request(method, path, {...options, headers: {...await session.headers(), ...headers}});

async function send(method, path, options = {}) {
  try {
    return await once(method, path, options);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
  }
  if (!await session.renew()) await logInAgain();
  return once(method, path, options);
}

/** The JSON of the answer, null where there is none. Raises Away and Problem. */
export const call = jsonBy(send);

/** The same with files: `form` is FormData. */
export async function upload(path, form) {
  const answer = await send("POST", path, {body: form, headers: {Accept: "application/json"}, timeout: UPLOAD_TIMEOUT});
  return JSON.parse(answer.text);
}

/** A file, as a Blob. Raises Away and Problem. */
export const fetched = async (path) => (await send("GET", path, {blob: true, timeout: UPLOAD_TIMEOUT})).blob;

/** An address with its query; what is empty is left out. */
export function address(path, query = {}) {
  const said = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return said.length ? `${path}?${new URLSearchParams(said)}` : path;
}
