// When to send and fetch: after each save, when the network or whoever uses the page comes back, by the clock, and with growing pauses
// while nobody answers.
import * as store from "./store.js";
import {run} from "./sync.js";

const EVERY = 60_000;
const FIRST_PAUSE = 2000;
const LONGEST_PAUSE = 300_000;
const BUSY_PAUSE = 3000;

let timer = null;
let failures = 0;
let running = false;
let again = false;

const jitter = (milliseconds) => milliseconds * (0.5 + Math.random());

function plan(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(now, milliseconds);
}

/** Send and fetch now; while that goes on, once more afterwards. */
export async function now() {
  if (running) {
    again = true;
    return;
  }
  running = true;
  again = false;
  let outcome = {away: true};
  try {
    outcome = await run();
  } catch (error) {
    console.error(error); // a fault of ours: it must not end the timer
  } finally {
    running = false;
  }
  if (outcome.away) {
    failures += 1;
    const pause = jitter(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1)));
    plan(Math.max(pause, (outcome.after ?? 0) * 1000));
    askForBackground();
  } else {
    failures = 0;
    plan(outcome.busy ? BUSY_PAUSE : again ? 0 : EVERY);
  }
}

/** Where the browser can, it sends even after the page is closed. */
async function askForBackground() {
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    await registration?.sync?.register("send");
  } catch { /* not allowed here: the page sends when it is opened */ }
}

/** Somebody is there again: no pause any longer. */
function back() {
  failures = 0;
  now();
}

export function start() {
  store.listen((what) => { if (what === "saved") now(); });
  window.addEventListener("online", back);
  window.addEventListener("focus", now);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") now(); });
  now();
}
