// The shell of the staff pages: who is logged in, where they may go, in which language, and the screen of this address.
import {make, trouble} from "./dom.js";
import * as language from "./language.js";
import {say} from "./language.js";
import {logInForm} from "./login.js";
import {Away, speak} from "./request.js";
import {SCREENS} from "./screens/screens.js";
import * as session from "./session.js";

const byId = (id) => document.getElementById(id);

const here = () => location.pathname.replace(/\/+$/, "");

const mayOpen = (me, screen) => screen.needs.some((permission) => me.permissions.includes(permission));

function title(text) {
  byId("title").textContent = text;
  document.title = `${text} · ${say("app")}`;
}

function nav(me) {
  byId("nav").replaceChildren(...Object.entries(SCREENS).filter(([, screen]) => mayOpen(me, screen)).map(([path, screen]) =>
    make("a", {href: path, "aria-current": path === here() ? "page" : null}, say(screen.title))));
  byId("name").textContent = me.name;
  byId("who").hidden = false;
}

function logIn() {
  title(say("login"));
  byId("nav").replaceChildren();
  byId("who").hidden = true;
  byId("screen").replaceChildren(logInForm(() => open()));
  byId("screen").querySelector("input").focus();
}

const says = (text) => byId("screen").replaceChildren(make("p", {class: "empty", role: "alert"}, text));

async function open() {
  let me = null;
  try {
    me = await session.me();
  } catch (error) {
    if (error instanceof Away) return says(say("away"));
    me = null; // the log-in is over
  }
  if (!me) return logIn();
  nav(me);
  const screen = SCREENS[here()];
  const first = Object.entries(SCREENS).find(([, one]) => mayOpen(me, one));
  if (!screen && first) return void location.replace(first[0]);
  title(screen ? say(screen.title) : say("app"));
  if (!screen || !mayOpen(me, screen)) return says(say("not_yours"));
  const room = make("div", {class: `screen ${here().split("/").at(-1)}`});
  byId("screen").replaceChildren(room);
  await (await screen.load()).show(room, me);
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
