// The shell: which screen is shown, the bar above and the tabs below, and what waits to be sent.
import {notice, trouble} from "./dom.js";
import {inWords} from "./faults.js";
import * as language from "./language.js";
import {say} from "./language.js";
import {waiting} from "./outbox.js";
import * as inwechat from "./inwechat.js";
import * as runner from "./runner.js";
import {asked} from "./sharing.js";
import {speak} from "./server.js";
import * as session from "./session.js";
import {keepRelease, markTab, shell} from "./shell.js";
import * as store from "./store.js";
import {add as follow} from "./tracking.js";
import {SCREENS} from "./screens/screens.js";

const byId = (id) => document.getElementById(id);

async function choose(name) {
  const screen = SCREENS[name] ?? SCREENS.report;
  return [screen, () => {
    byId("back").hidden = !screen.under;
    byId("back").setAttribute("href", `#/${screen.under ?? ""}`);
    byId("tabs").hidden = false;
    markTab(`#/${screen.under ?? name}`);
  }];
}

const frame = shell({first: "report", choose});

let planned = null;

/** What changed is shown a moment later, once for many changes. */
function changed(what) {
  if (what === "language") return void again();
  planned ??= setTimeout(async () => {
    planned = null;
    await bar();
    await frame.refresh();
  }, 150);
  return undefined;
}

function signOf(refused, open, away) {
  if (refused) return ["alert", "bar.trouble", refused];
  return open ? ["wait", away ? "bar.waiting_away" : "bar.waiting", open] : [null, "bar.done", 0];
}

/** How much waits on this phone; nothing is shown where nothing does. */
async function bar() {
  const [queue, sync] = await Promise.all([waiting(), store.get("meta", "sync")]);
  const refused = queue.filter(({state}) => state === "refused").length;
  const [picture, key, n] = signOf(refused, queue.length, Boolean(sync?.away) || !navigator.onLine);
  const text = say(key, {n});
  byId("queue").hidden = !picture;
  byId("queue").className = `bar ${refused ? "trouble" : "waiting"}`;
  if (picture) byId("queue-icon").setAttribute("href", `#i-${picture}`);
  byId("queue-text").textContent = text;
  if (byId("live").textContent !== text) byId("live").textContent = text;
}

async function again() {
  await language.start();
  speak(language.language());
  await bar();
  await frame.go();
}

/** An address that was passed on, /snap?track=NUMBER#token=…, becomes a report of this phone and leaves the bar. */
async function arrive() {
  const wanted = asked();
  if (!wanted) return;
  history.replaceState(null, "", `/snap#/track/${encodeURIComponent(wanted.number)}`);
  if (!wanted.token) return;
  try {
    await follow(wanted.number, wanted.token);
  } catch (error) {
    notice(inWords(error), "fault");
  }
}

/** Whoever comes back from WeChat is signed in; the ticket leaves the address before anything is asked with it. */
async function comeBack() {
  const ticket = inwechat.brought();
  if (!ticket) return;
  history.replaceState(null, "", "/snap#/mine");
  if (ticket === "failed") return void notice(say("sign.wechat_failed"), "fault");
  try {
    await session.signInByWechat(ticket);
  } catch (error) {
    notice(inWords(error), "fault");
  }
  return undefined;
}

const entry = location.href.split("#")[0];
await language.start();
speak(language.language());
store.listen(changed);
window.addEventListener("hashchange", frame.go);
window.addEventListener("online", bar);
window.addEventListener("offline", bar);
window.addEventListener("unhandledrejection", ({reason}) => trouble(reason));
keepRelease("/snap", frame);
navigator.storage?.persist?.();
await arrive();
await comeBack();
await inwechat.begin(entry);
await bar();
await frame.go();
runner.start();
