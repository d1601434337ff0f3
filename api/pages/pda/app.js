// The shell: which screen is shown, the bar above and the tabs below, and the state of sending.
import {trouble} from "./dom.js";
import {resume} from "./duty.js";
import * as language from "./language.js";
import {say} from "./language.js";
import {OPEN} from "./operations.js";
import * as runner from "./runner.js";
import {speak} from "./server.js";
import {keepRelease, markTab, shell} from "./shell.js";
import * as store from "./store.js";
import * as guard from "./screens/guard.js";
import {SCREENS} from "./screens/screens.js";

const byId = (id) => document.getElementById(id);

async function choose(name) {
  const device = await store.device();
  const away = !device || device.revoked;
  const screen = away && name !== "sync" ? SCREENS.login : SCREENS[name] ?? SCREENS.today;
  return [screen, () => {
    byId("back").hidden = !screen.under && !(away && name === "sync");
    byId("back").setAttribute("href", `#/${screen.under ?? ""}`);
    byId("tabs").hidden = away;
    byId("mail").hidden = away || name === "messages";
    byId("sync").hidden = !device || name === "sync";
    markTab(`#/${screen.under ?? name}`);
  }];
}

const frame = shell({first: "today", choose});
const {go} = frame;

let planned = null;

/** What changed is shown a moment later, once for many changes. */
function changed(what) {
  if (what === "wiped") return void guard.erased();
  if (what === "locked") return void go();
  if (what === "language") return void again();
  planned ??= setTimeout(async () => {
    planned = null;
    await bar();
    await frame.refresh();
  }, 150);
  return undefined;
}

function signOf(trouble, waiting, away) {
  if (trouble) return ["alert", "bar.trouble"];
  if (waiting) return ["wait", away ? "bar.waiting_away" : "bar.waiting"];
  return away ? ["away", "bar.away"] : ["cloud", "bar.done"];
}

/** How much waits, and whether the server answers. */
async function bar() {
  const [device, operations, sync, messages, read] = await Promise.all([
    store.device(), store.all("operations"), store.get("meta", "sync"), store.items("message"), store.get("meta", "read")]);
  if (!device) return;
  const waiting = operations.filter(({state}) => OPEN.includes(state)).length;
  const trouble = operations.filter(({state}) => state === "refused" || state === "conflict").length;
  const away = Boolean(sync?.away);
  const [picture, key] = signOf(trouble, waiting, away);
  const text = say(key, {n: trouble || waiting});
  byId("sync").className = `bar ${trouble ? "trouble" : waiting ? "waiting" : ""}`;
  byId("sync-icon").setAttribute("href", `#i-${picture}`);
  byId("sync-text").textContent = text;
  const aloud = `${say("nav.sync")}: ${text}`;
  byId("sync").setAttribute("aria-label", aloud);
  if (byId("live").textContent !== aloud) byId("live").textContent = aloud;
  const unread = messages.filter(({at}) => !read || at > read).length;
  byId("unread").textContent = unread > 99 ? "99+" : unread;
  byId("unread").hidden = !unread;
}

async function again() {
  await language.start();
  speak(language.language());
  await bar();
  await go();
}

await language.start();
speak(language.language());
store.listen(changed);
window.addEventListener("hashchange", go);
window.addEventListener("unhandledrejection", ({reason}) => trouble(reason));
keepRelease("/pda", frame);
navigator.storage?.persist?.();
await bar();
await go();
runner.start();
resume();
