// Who is logged in. The tokens live in the tab's own storage: a reload keeps them, a closed browser does not, which is what a
// shared PC needs. Tabs of one browser hand them to each other, for a refresh token is good once and shown twice ends the log-in.
import * as drafts from "./drafts.js";
import {Problem, jsonBy, request} from "./request.js";

const NAME = "zhiwang-session";
const LAST = "zhiwang-last-login";
const SOON = 60_000;
const PEERS = 250;
const PATIENCE = 20;
const SPENT = "zhiwang-spent";

const json = jsonBy(request);
const channel = new BroadcastChannel(NAME);
const endings = new Set();
let answered = () => {};

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(NAME));
  } catch {
    return null;
  }
}

function keep(pair) {
  if (!pair) return void sessionStorage.removeItem(NAME);
  sessionStorage.setItem(NAME, JSON.stringify(pair));
  return void sessionStorage.setItem(LAST, pair.login);
}

channel.onmessage = ({data}) => {
  const mine = stored();
  if (data.kind === "ask" && mine) channel.postMessage({kind: "pair", pair: mine});
  if (data.kind === "pair" && newer(data.pair, mine)) keep(data.pair);
  if (data.kind === "pair") answered();
  if (data.kind === "end") ended();
};

/** Tokens of another log-in are not taken while there is one: two people may sit at two windows. */
const newer = (theirs, mine) => !mine || (mine.login === theirs.login && theirs.at > mine.at);

const pause = () => new Promise((resolve) => { setTimeout(resolve, PEERS); });

/** Ask the other tabs for what they hold; the first that answers, or nobody, ends the waiting. */
async function askPeers() {
  const heard = new Promise((resolve) => { answered = resolve; });
  channel.postMessage({kind: "ask"});
  await Promise.race([heard, pause()]);
}

/** Which pair this is; nothing of it opens anything. */
const mark = (pair) => `${pair.login} ${pair.at}`;

/** Another tab has exchanged what this one still holds. */
function spent() {
  const mine = stored();
  return mine !== null && localStorage.getItem(SPENT) === mark(mine);
}

function ended() {
  keep(null);
  sessionStorage.removeItem(LAST);
  drafts.dropAll();
  for (const heard of endings) heard();
}

const pairOf = (told, login) => ({
  access: told.access, refresh: told.refresh, login, at: Date.now(), until: Date.now() + told.expires_in * 1000});

async function refreshed() {
  await navigator.locks.request(NAME, async () => {
    const before = stored();
    await askPeers(); // another tab may have done it while we waited
    for (let asked = 0; spent() && asked < PATIENCE; asked += 1) { // and is too busy to answer
      await pause();
      await askPeers();
    }
    const mine = stored();
    if (!mine || mine.at !== before?.at) return;
    if (spent()) return void keep(null); // by a tab that is gone
    try {
      const told = await json("POST", "/api/v1/sessions/refresh", {refresh: mine.refresh});
      localStorage.setItem(SPENT, mark(mine));
      keep(pairOf(told, mine.login));
      channel.postMessage({kind: "pair", pair: stored()});
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      keep(null); // it is over; what is being written stays for who logs in again
    }
  });
}

/** The headers of a request, null when nobody is logged in. What is about to end is exchanged first. */
export async function headers() {
  if ((stored()?.until ?? Infinity) - Date.now() < SOON) await refreshed();
  const pair = stored();
  return pair && {Authorization: `Bearer ${pair.access}`};
}

/** The server did not take the access token: get another one. False when there is none to be had. */
export async function renew() {
  if (!stored()) return false;
  await refreshed();
  return Boolean(stored());
}

/** Whether it is somebody else than before in this tab, of whom then nothing may stay. Raises Problem (401 for a wrong
 * password) and Away (too many attempts: `after` seconds). */
export async function logIn(login, password) {
  const told = await json("POST", "/api/v1/sessions", {login, password});
  const isAnother = sessionStorage.getItem(LAST) !== login;
  if (isAnother) drafts.dropAll();
  keep(pairOf(told, login));
  channel.postMessage({kind: "pair", pair: stored()});
  return isAnother;
}

/** Every tab of this browser is logged out; the server ends the tokens, if it can be reached. */
export async function logOut() {
  const mine = stored();
  channel.postMessage({kind: "end"});
  ended();
  if (mine) await json("POST", "/api/v1/sessions/end", {refresh: mine.refresh});
}

/** Be told when this log-in was ended, here or in another tab. */
export const whenEnded = (heard) => endings.add(heard);

/** What is known of who is logged in: name, roles, permissions. Null for nobody. It is kept beside the tokens and asked again with
 * each new pair, so that going from page to page asks for nothing twice; with `anew` it is asked now. */
export async function me({anew = false} = {}) {
  if (!stored()) await askPeers();
  const credential = await headers();
  if (!credential) return null;
  if (stored().me && !anew) return stored().me;
  const told = await json("GET", "/api/v1/sessions/me", undefined, {headers: credential});
  if (stored()) keep({...stored(), me: told}); // it may have been ended meanwhile
  return told;
}
