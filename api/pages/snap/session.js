// Who is signed in on this phone: a phone number that was proved by a code shows the reports sent with it from any device.
import {Problem, jsonBy, request} from "./request.js";
import * as store from "./store.js";

const json = jsonBy(request);
const EARLY = 30_000;

/** {access, refresh, until, and phone or wechat}: nothing where nobody is signed in. */
export const current = () => store.get("meta", "session");

const kept = (tokens, {phone = null, wechat = false}) => ({
  access: tokens.access, refresh: tokens.refresh, until: Date.now() + tokens.expires_in * 1000 - EARLY, phone, wechat});

const hidden = (phone) => phone.replace(/^(.{3}).*(.{2})$/, "$1******$2");

export const askForCode = (phone) => json("POST", "/api/v1/sessions/phone/code", {phone});

/** Sign in by the code that was sent. Raises Problem (401) when it is wrong. */
export async function signIn(phone, code) {
  await store.put("meta", kept(await json("POST", "/api/v1/sessions/phone", {phone, code}), {phone: hidden(phone)}), "session");
  store.tell("session");
}

/** Sign in by the ticket that WeChat's browser was sent back with; its cookie, which goes to this address alone, says that it
 * is the same browser. Raises Problem (401) when the ticket was used, is too old or was another's. */
export async function signInByWechat(ticket) {
  const tokens = await json("POST", "/api/v1/wechat/h5/sessions", {ticket}, {credentials: "same-origin"});
  await store.put("meta", kept(tokens, {wechat: true}), "session");
  store.tell("session");
}

export async function signOut() {
  const before = await current();
  await store.remove("meta", "session");
  store.tell("session");
  if (before) await json("POST", "/api/v1/sessions/end", {refresh: before.refresh}).catch(() => {}); // it ends by itself later
}

/** One page at a time: a refresh token that is shown twice ends the whole log-in. */
const alone = (work) => (navigator.locks ? navigator.locks.request("zhiwang-snap-session", work) : work());

const renew = (old) => alone(async () => {
  const now = await current();
  if (!now || now.access !== old) return now; // another page was quicker
  try {
    const next = kept(await json("POST", "/api/v1/sessions/refresh", {refresh: now.refresh}), now);
    await store.put("meta", next, "session");
    return next;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    await store.remove("meta", "session");
    store.tell("session");
    return null;
  }
});

/** Do `work` with the access token of whoever is signed in, or with nothing: a log-in that has ended keeps nobody from
 * sending a report. */
export async function within(work) {
  let now = await current();
  if (now && now.until < Date.now()) now = await renew(now.access);
  try {
    return await work(now?.access);
  } catch (error) {
    if (!now || !(error instanceof Problem) || error.status !== 401) throw error;
    return await work((await renew(now.access))?.access);
  }
}
