// Who is signed in on this phone: a phone number that was proved by a code shows the reports sent with it from any device.
import {Problem, jsonBy, request} from "./request.js";
import * as store from "./store.js";

const json = jsonBy(request);
const EARLY = 30_000;

/** {access, refresh, until, and phone or wechat}: nothing where nobody is signed in. `beside` is the log-in by WeChat after
 * which the phone was proved. */
export const current = () => store.get("meta", "session");

const kept = (tokens, {phone = null, wechat = false, beside = null}) => ({
  access: tokens.access, refresh: tokens.refresh, until: Date.now() + tokens.expires_in * 1000 - EARLY, phone, wechat, beside});

const hidden = (phone) => phone.replace(/^(.{3}).*(.{2})$/, "$1******$2");

export const askForCode = (phone) => json("POST", "/api/v1/sessions/phone/code", {phone});

/** Sign in by the code that was sent. Raises Problem (401) when it is wrong. */
export async function signIn(phone, code) {
  const tokens = await json("POST", "/api/v1/sessions/phone", {phone, code});
  const before = await current();
  const beside = before?.wechat ? before : before?.beside;
  await store.put("meta", kept(tokens, {phone: hidden(phone), beside}), "session");
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
  for (const one of [before, before?.beside].filter(Boolean)) {
    await json("POST", "/api/v1/sessions/end", {refresh: one.refresh}).catch(() => {}); // it ends by itself later
  }
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

/** An access token that holds for a while yet, of whoever is signed in; nothing where nobody is. */
export async function access() {
  const now = await current();
  return (now && now.until < Date.now() ? await renew(now.access) : now)?.access;
}

/** The same of the log-in by WeChat that stands beside that of the phone; null where there is none, or none any more. */
export const accessInWechat = () => alone(async () => {
  const now = await current();
  if (!now?.beside || now.beside.until >= Date.now()) return now?.beside?.access ?? null;
  try {
    now.beside = kept(await json("POST", "/api/v1/sessions/refresh", {refresh: now.beside.refresh}), now.beside);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    now.beside = null;
  }
  await store.put("meta", now, "session");
  return now.beside?.access ?? null;
});

/** Do `work` with the access token of whoever is signed in, or with nothing: a log-in that has ended keeps nobody from
 * sending a report. */
export async function within(work) {
  const shown = await access();
  try {
    return await work(shown);
  } catch (error) {
    if (!shown || !(error instanceof Problem) || error.status !== 401) throw error;
    return await work((await renew(shown))?.access);
  }
}
