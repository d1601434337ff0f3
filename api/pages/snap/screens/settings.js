// The language, the way to what is held of me, and forgetting everything on this phone.
import {link} from "../cards.js";
import {add, ask, button, choices, make, notice} from "../dom.js";
import {choose, language, say} from "../language.js";
import {waiting} from "../outbox.js";
import * as session from "../session.js";
import * as store from "../store.js";

async function forget() {
  const open = (await waiting()).length;
  if (!await ask(open ? say("forget.waiting", {n: open}) : say("forget.sure"), {go: say("forget"), back: say("no")})) return;
  await session.signOut();
  await store.wipe();
  store.tell("outbox");
  notice(say("forget.done"), "good");
  location.hash = "#/report";
}

export async function show(room) {
  const languages = new Set([language()]);
  add(room, make("div", {class: "form"}, choices(say("settings.language"), [{value: "zh", text: "中文"}, {value: "en", text: "English"}],
    languages, {onchange: () => choose([...languages][0])})),
  make("section", {class: "panel"}, make("h2", {}, say("settings.privacy")), make("p", {}, say("settings.privacy_text")),
    link("#/data", say("data"))),
  make("p", {class: "hint"}, say("settings.install")),
  !globalThis.isSecureContext && make("p", {class: "panel warn"}, say("insecure")),
  button(say("forget"), forget, {kind: "danger wide", id: "forget"}));
  return {};
}
