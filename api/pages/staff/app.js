// The shell of the staff pages: who is logged in, where they may go, in which language, and the screen of this address.
import {make, trouble} from "./dom.js";
import * as language from "./language.js";
import {say} from "./language.js";
import {logInForm} from "./login.js";
import {Away, speak} from "./request.js";
import {FACES, SCREENS, faceOf, find, mayOpen} from "./screens/screens.js";
import * as session from "./session.js";

const byId = (id) => document.getElementById(id);

const here = () => location.pathname.replace(/\/+$/, "");

function title(text) {
  byId("title").textContent = text;
  document.title = `${text} · ${say("app")}`;
}

const link = (screen, text, isHere) => make("a", {href: screen.path, "aria-current": isHere ? "page" : null}, text);

/** The screens of this face, and a way to the first screen of each other that the posts permit. */
function nav(me) {
  const face = faceOf(here());
  const open = SCREENS.filter((screen) => !screen.hidden && mayOpen(me, screen));
  const firsts = FACES.map((name) => [name, open.find((screen) => faceOf(screen.path) === name)]).filter(([, screen]) => screen);
  byId("faces").replaceChildren(...(firsts.length > 1 ? firsts : []).map(([name, screen]) =>
    make("a", {href: screen.path, "aria-current": name === face ? "true" : null}, say(`face.${name}`))));
  byId("nav").replaceChildren(...open.filter((screen) => faceOf(screen.path) === face).map((screen) =>
    link(screen, say(screen.title), screen.path === here())));
  byId("name").textContent = me.name;
  byId("who").hidden = false;
}

/** The style sheet of a screen is there before the screen. */
function dressed({style}) {
  if (!style) return Promise.resolve();
  return new Promise((resolve, reject) => {
    document.head.append(make("link", {rel: "stylesheet", href: new URL(style, import.meta.url).href, onload: resolve, onerror: reject}));
  });
}

function logIn() {
  title(say("login"));
  for (const bar of ["nav", "faces"]) byId(bar).replaceChildren();
  byId("who").hidden = true;
  byId("screen").replaceChildren(logInForm(() => open()));
  byId("screen").querySelector("input").focus();
}

const isReload = performance.getEntriesByType("navigation")[0]?.type === "reload";

/** Who is logged in. A reload asks anew, and so does a screen that was not theirs so far: a post may have come since. */
async function whoever(found) {
  const me = await session.me({anew: isReload});
  return me && found && !isReload && !mayOpen(me, found.screen) ? session.me({anew: true}) : me;
}

const says = (text) => byId("screen").replaceChildren(make("p", {class: "empty", role: "alert"}, text));

async function open() {
  const found = find(here());
  let me = null;
  try {
    me = await whoever(found);
  } catch (error) {
    if (error instanceof Away) return says(say("away"));
    me = null; // the log-in is over
  }
  if (!me) return logIn();
  nav(me);
  const isFace = here().split("/").length === 2;
  const first = SCREENS.find((one) => !one.hidden && mayOpen(me, one) && (!isFace || one.path.startsWith(`${here()}/`)));
  if (!found && isFace && first) return void location.replace(first.path);
  title(found ? say(found.screen.title) : say("app"));
  if (!found && !isFace) return says(say("no_page"));
  if (!found || !mayOpen(me, found.screen)) return says(say("not_yours"));
  const {screen, args} = found;
  const room = make("div", {class: `screen ${screen.title}`});
  byId("screen").replaceChildren(room);
  const [script] = await Promise.all([screen.load(), dressed(screen)]);
  await script.show(room, me, args);
  return undefined;
}

await language.start();
speak(language.language());
byId("switch").lang = language.language() === "zh" ? "en" : "zh-CN";
byId("switch").addEventListener("click", () => language.choose(language.language() === "zh" ? "en" : "zh"));
byId("leave").addEventListener("click", () => session.logOut().catch(trouble));
session.whenEnded(() => location.reload()); // nothing of what was shown stays in the memory of the page
window.addEventListener("unhandledrejection", ({reason}) => trouble(reason));
await open();
