// Sends one file by tus 1.0.0, from where the last attempt stopped, also after the phone was switched off.
import {Away, Problem, send} from "./server.js";
import * as store from "./store.js";

const UPLOADS = "/api/v1/uploads";
const PIECE = 512 * 1024;
const PIECE_TIMEOUT = 180_000;
const MOST_STARTS = 4;
const TUS = {"Tus-Resumable": "1.0.0"};

/** These say that the upload is not there (any more), or that what was put together is not what was meant. */
const GONE = new Set([403, 404, 410, 460]);

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

const metadata = (file) => [["filename", file.name], ["filetype", file.type], ["sha256", file.sha256]]
  .map(([key, value]) => `${key} ${base64(value)}`).join(",");

async function note(file, facts) {
  Object.assign(file, facts);
  const {key, url, offset, sent, reason, refused = false} = file;
  await store.keepProgress({key, url, offset, sent, reason, refused});
}

async function created(file) {
  const answer = await send("POST", UPLOADS, {headers: {
    ...TUS, "Upload-Length": String(file.size), "Upload-Metadata": metadata(file)}});
  const location = answer.headers.get("Location");
  if (!location) throw new Away("the answer was not ours");
  const url = new URL(location, self.location.origin);
  return url.pathname + url.search; // our own host, whatever a proxy made of it
}

/** The offset reached; when the server says that the whole is nothing it can use, that is noted with the file. */
async function reached(file, answer) {
  const offset = Number(answer.headers.get("Upload-Offset") ?? NaN);
  if (!Number.isInteger(offset)) throw new Away("the answer was not ours");
  const refused = answer.headers.get("Upload-Refused");
  if (refused) await note(file, {refused: true, reason: refused});
  return offset;
}

const whereItStopped = async (file) => reached(file, await send("HEAD", file.url, {headers: TUS}));

async function piece(file, offset) {
  const answer = await send("PATCH", file.url, {
    headers: {...TUS, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream"},
    body: file.blob.slice(offset, offset + PIECE), timeout: PIECE_TIMEOUT});
  return reached(file, answer);
}

async function onwards(file, moved) {
  let offset = 0;
  if (file.url) offset = await whereItStopped(file);
  else await note(file, {url: await created(file), offset: 0});
  while (offset < file.size) {
    try {
      offset = await piece(file, offset);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 409) throw error;
      offset = await whereItStopped(file); // an answer of ours was lost, and the bytes are there
    }
    await note(file, {offset});
    moved(file);
  }
  await note(file, {offset, sent: true, reason: file.refused ? file.reason : null});
}

/** Send what the server does not have yet of this file; `file.sent` afterwards. `moved` hears of each piece.
 * Raises Away, LockedOut, or Problem for a file that the server does not take (its reason is kept with the file). */
export async function upload(file, moved = () => {}) {
  for (let start = 0; ; start += 1) {
    try {
      return await onwards(file, moved);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const again = file.url && GONE.has(error.status) && start < MOST_STARTS;
      await note(file, {url: null, offset: 0, reason: error.message});
      if (!again) throw error;
    }
  }
}
