// One request to the server; what went wrong comes as one of two errors.

/** Nobody answers, or not now: worth trying again after `after` seconds. `document` is what the server said, if it did. */
export class Away extends Error {
  constructor(message, after = null, document = null) { super(message); this.after = after; this.document = document; }
}

/** The server answered that this cannot be: its problem document tells why. */
export class Problem extends Error {
  constructor(status, document, headers) {
    super(document?.detail ?? document?.title ?? `HTTP ${status}`);
    this.status = status;
    this.document = document;
    this.headers = headers;
  }
}

let spoken = "zh";

const SOON = new Set([408, 425, 429, 500, 502, 503, 504]);
const JSON_TIMEOUT = 60_000;

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a proxy's page, or nothing
  }
}

async function exchange(path, {blob = false, ...request}, timeout) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), timeout);
  try {
    const response = await fetch(path, {
      cache: "no-store", credentials: "omit", ...request, signal: control.signal, redirect: "error"});
    const answer = {status: response.status, ok: response.ok, headers: response.headers};
    return blob && response.ok ? {...answer, blob: await response.blob()} : {...answer, text: await response.text()};
  } catch (error) {
    throw new Away(error.message);
  } finally {
    clearTimeout(timer);
  }
}

/** {status, headers, text}, if the server did what it was asked; raises Away or Problem. `timeout` in milliseconds is for all
 * of it, to the last byte of the answer; `blob` asks for a file: {status, headers, blob}. */
export async function request(method, path, {headers = {}, body = undefined, timeout = JSON_TIMEOUT, ...more} = {}) {
  const answer = await exchange(path, {...more, method, body, headers: {"Accept-Language": spoken, ...headers}}, timeout);
  if (answer.ok) return answer;
  const document = parsed(answer.text);
  if (SOON.has(answer.status)) {
    throw new Away(document?.detail ?? `HTTP ${answer.status}`, Number(answer.headers.get("Retry-After")) || null, document);
  }
  throw new Problem(answer.status, document, answer.headers);
}

/** The language in which the server's sentences are wanted. */
export function speak(language) { spoken = language; }

/** Bytes from which on packing pays. */
const WORTH_PACKING = 2000;

async function packed(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** A function that gets the JSON of an answer, null where there is none, by a `send` like request(). What is not JSON did not
 * come from our server: it counts as no answer. With `pack` a long body goes by gzip, to those addresses that take it. */
export const jsonBy = (send) => async (method, path, value = undefined, {pack = false, headers: own = {}, ...options} = {}) => {
  const text = value === undefined ? undefined : JSON.stringify(value);
  const packs = pack && text.length > WORTH_PACKING;
  const headers = {Accept: "application/json", ...(text && {"Content-Type": "application/json"}),
    ...(packs && {"Content-Encoding": "gzip"}), ...own};
  const answer = await send(method, path, {...options, headers, body: packs ? await packed(text) : text});
  if (answer.status === 204) return null;
  const told = parsed(answer.text);
  if (told === null) throw new Away("the answer was not ours");
  return told;
};
