// The shell: which screen is shown, the bar above and the tabs below, the state of sending, and new releases.
import {make, notice, trouble} from "./dom.js";
import {resume} from "./duty.js";
import * as language from "./language.js";
import {say} from "./language.js";
import {OPEN} from "./operations.js";
import * as runner from "./runner.js";
import {speak} from "./server.js";
import * as store from "./store.js";
import * as guard from "./screens/guard.js";
import {SCREENS} from "./screens/screens.js";

const ASK_FOR_RELEASE = 6 * 3600 * 1000;

const main = document.getElementById("content");
const byId = (id) => document.getElementById(id);

let shown = {};
let turn = 0;

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // an address that was broken on its way
  }
}

async function go() {
  const [name = "today", ...args] = location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decoded);
  const device = await store.device();
  const away = !device || device.revoked;
  const screen = away && name !== "sync" ? SCREENS.login : SCREENS[name] ?? SCREENS.today;
  const mine = ++turn;
  const left = shown;
  shown = {};
  try {
    await left.leave?.();
  } catch (error) {
    trouble(error); // what was typed last could not be kept: that is no reason to stay
  }
  if (mine !== turn) return;
  main.replaceChildren();
  byId("title").textContent = say(screen.title);
  document.title = `${say(screen.title)} · ${say("app")}`;
  byId("back").hidden = !screen.under && !(away && name === "sync");
  byId("back").setAttribute("href", `#/${screen.under ?? ""}`);
  byId("tabs").hidden = away;
  byId("mail").hidden = away || name === "messages";
  byId("sync").hidden = !device || name === "sync";
  for (const tab of byId("tabs").querySelectorAll("a")) {
    if (tab.getAttribute("href") === `#/${screen.under ?? name}`) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  const room = make("div", {class: `screen ${name}`});
  main.append(room);
  try {
    const made = await screen.show(room, ...args) ?? {};
    if (mine === turn) shown = made;
    else made.leave?.();
  } catch (error) {
    console.error(error);
    room.replaceChildren(make("p", {class: "empty", role: "alert"}, say("failed"), " ", String(error.message ?? error)));
  }
  main.focus({preventScroll: true});
  window.scrollTo(0, 0);
}

let planned = null;

/** What changed is shown a moment later, once for many changes. */
function changed(what) {
  if (what === "wiped") return void guard.erased();
  if (what === "locked") return void go();
  if (what === "language") return void again();
  planned ??= setTimeout(async () => {
    planned = null;
    await bar();
    await shown.refresh?.();
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

async function keepRelease() {
  if (!("serviceWorker" in navigator)) {
    notice(say("no_worker"), "fault");
    return;
  }
  let isKept = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener("controllerchange", async () => {
    const wasKept = isKept;
    isKept = true;
    if (!wasKept) return; // the first release, which this page is of
    await shown.leave?.(); // what is typed is kept; in other pages, too, whose parts are gone with the old release
    location.reload();
  });
  try {
    const registration = await navigator.serviceWorker.register("/pda/sw.js", {
      type: "module", scope: "/pda", updateViaCache: "none"});
    const offer = () => { byId("update").hidden = !(registration.waiting && navigator.serviceWorker.controller); };
    registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
    offer();
    setInterval(() => registration.update().catch(() => {}), ASK_FOR_RELEASE); // an app may stay open for weeks
    byId("update-now").addEventListener("click", () => registration.waiting?.postMessage("replace"));
  } catch (error) {
    console.warn(error); // no network at the very first visit, or a browser that keeps none: the page works while it is open
  }
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
keepRelease();
navigator.storage?.persist?.();
await bar();
await go();
runner.start();
resume();
