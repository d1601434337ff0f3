// The frame of a page: which screen is shown by the address, leaving one before the next, and new releases of the page.
import {make, notice, trouble} from "./dom.js";
import {say} from "./language.js";

const ASK_FOR_RELEASE = 6 * 3600 * 1000;

const byId = (id) => document.getElementById(id);

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // an address that was broken on its way
  }
}

/** The words of the address: `first` where there are none. */
const wanted = (first) => {
  const [name = first, ...args] = location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decoded);
  return {name, args};
};

/** `choose(name)` answers the screen of a word of the address, {title, show}, and a function that dresses the bars for it.
 * A screen's show(room, ...args) answers what it wants to hear: {refresh?, leave?}. */
export function shell({first, choose}) {
  const main = byId("content");
  let shown = {};
  let turn = 0;

  async function left() {
    const before = shown;
    shown = {};
    try {
      await before.leave?.();
    } catch (error) {
      trouble(error); // what was typed last could not be kept: that is no reason to stay
    }
  }

  async function fill(room, screen, args, mine) {
    try {
      const made = await screen.show(room, ...args) ?? {};
      if (mine === turn) shown = made;
      else made.leave?.();
    } catch (error) {
      console.error(error);
      room.replaceChildren(make("p", {class: "empty", role: "alert"}, say("failed"), " ", String(error.message ?? error)));
    }
  }

  async function go() {
    const {name, args} = wanted(first);
    const mine = ++turn;
    const [screen, dress] = await choose(name);
    await left();
    if (mine !== turn) return;
    main.replaceChildren();
    byId("title").textContent = say(screen.title);
    document.title = `${say(screen.title)} · ${say("app")}`;
    dress();
    const room = make("div", {class: `screen ${name}`});
    main.append(room);
    await fill(room, screen, args, mine);
    main.focus({preventScroll: true});
    window.scrollTo(0, 0);
  }

  return {go, refresh: () => shown.refresh?.(), leave: left};
}

/** Mark the tab whose address this is. */
export function markTab(href) {
  for (const tab of byId("tabs").querySelectorAll("a")) {
    if (tab.getAttribute("href") === href) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
}

/** Keep a whole release of the page on the phone, and offer the next one when it is complete. `page` is its address. */
export async function keepRelease(page, frame) {
  if (!("serviceWorker" in navigator)) {
    notice(say("no_worker"), "fault");
    return;
  }
  let isKept = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener("controllerchange", async () => {
    const wasKept = isKept;
    isKept = true;
    if (!wasKept) return; // the first release, which this page is of
    await frame.leave(); // what is typed is kept; in other pages, too, whose parts are gone with the old release
    location.reload();
  });
  try {
    const registration = await navigator.serviceWorker.register(`${page}/sw.js`, {
      type: "module", scope: page, updateViaCache: "none"});
    const offer = () => { byId("update").hidden = !(registration.waiting && navigator.serviceWorker.controller); };
    registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
    offer();
    setInterval(() => registration.update().catch(() => {}), ASK_FOR_RELEASE); // an app may stay open for weeks
    byId("update-now").addEventListener("click", () => registration.waiting?.postMessage("replace"));
  } catch (error) {
    console.warn(error); // no network at the very first visit, or a browser that keeps none: the page works while it is open
  }
}
