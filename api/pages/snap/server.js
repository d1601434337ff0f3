// One request to the server: as nobody, as whoever holds a report's token, or as the citizen whose phone was proved.
import {newKey} from "./keys.js";
import {Away, Problem, jsonBy, request, speak} from "./request.js";
import * as session from "./session.js";
import * as store from "./store.js";

export {Away, Problem, speak};

/** A random key of this browser's own, by which the city counts how much one device sends; it says nothing about it. */
async function device() {
  return await store.get("meta", "device") ?? await store.write(["meta"], async (meta) => {
    const first = await store.answer(meta.get("device")); // of two requests at once, or of two open pages, one makes it
    const own = first ?? newKey();
    if (!first) meta.put(own, "device");
    return own;
  });
}

async function send(method, path, {token = null, headers: own = {}, ...options} = {}) {
  const headers = method === "GET" ? own : {...own, "X-Device": await device()};
  if (token) return await request(method, path, {...options, headers: {...headers, "X-Tracking-Token": token}});
  return await session.within((access) => request(method, path, {
    ...options, headers: {...headers, ...(access && {Authorization: `Bearer ${access}`})}}));
}

/** The JSON of the answer, null where there is none; raises Away or Problem. With `token` as the holder of that report's
 * receipt, else as whoever is signed in on this phone, else as nobody. */
export const json = jsonBy(send);

/** The same as whoever is signed in, asked once: a wrong code, which is answered by 401 as well, counts as one guess. */
export const once = jsonBy(async (method, path, options) => {
  const access = await session.access();
  return await request(method, path, {...options, headers: {...options.headers, ...(access && {Authorization: `Bearer ${access}`})}});
});

/** The same without any credential; the browser may answer from what it was told to keep. */
export const open = jsonBy((method, path, options) => request(method, path, {cache: "default", ...options}));

/** Send one photo ahead of its report: {id, token}. */
export async function photo(blob, name) {
  const body = new FormData();
  body.append("photo", blob, name || "photo.jpg");
  const answer = await send("POST", "/api/v1/citizen/photos", {body, timeout: 300_000});
  return JSON.parse(answer.text);
}

/** Nothing where the server does not have that part, or does not answer just now: what shows it is then left out. */
export async function ifThere(asked) {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Away || error instanceof Problem) return null;
    throw error;
  }
}
