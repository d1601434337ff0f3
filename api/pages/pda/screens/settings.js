// Whose phone this is, in which language it speaks, and how to leave it.
import {add, ask, button, choices, make} from "../dom.js";
import {bytes, choose, language, say} from "../language.js";
import {OPEN} from "../operations.js";
import {json} from "../server.js";
import * as store from "../store.js";
import * as guard from "./guard.js";

async function leave(device) {
  const waiting = (await store.all("operations")).filter(({state}) => OPEN.includes(state)).length;
  if (!await ask(waiting ? say("leave.waiting", {n: waiting}) : say("leave.sure"), {go: say(waiting ? "leave.lose" : "leave.go"), back: say("keep")})) return;
  try {
    await json("POST", `/api/v1/sessions/devices/${device.id}/end`);
  } catch { /* without a network the token stays valid until an administrator ends it; here it is erased all the same */ }
  await guard.forget("left");
}

export async function show(room) {
  const [device, profile, areas, used, kept] = await Promise.all([store.device(), store.items("profile"), store.items("area"),
    navigator.storage?.estimate?.(), navigator.storage?.persisted?.()]);
  const me = profile[0];
  const grids = areas.filter(({level}) => level === "grid").map(({name}) => name).join("、") || me?.areas?.join("、");
  const line = (name, text) => text && [make("dt", {}, say(name)), make("dd", {}, text)];
  add(room, make("div", {class: "panel"}, make("h2", {}, me?.name ?? device.name), make("dl", {class: "facts"},
    line("settings.login", device.login), line("settings.areas", grids), line("settings.device", me?.device?.name),
    line("settings.device_id", device.id), used && line("settings.used", bytes(used.usage)), line("settings.kept", say(kept ? "settings.kept_yes" : "settings.kept_no")))),
  make("div", {class: "form"}, choices(say("settings.language"), [{value: "zh", text: "中文"}, {value: "en", text: "English"}], new Set([language()]), {
    onchange: () => choose(language() === "zh" ? "en" : "zh")})),
  make("div", {class: "row"}, make("a", {class: "button quiet", href: "#/messages"}, say("nav.messages")), make("a", {class: "button quiet", href: "#/sync"}, say("nav.sync"))),
  make("p", {class: "hint"}, say("settings.install")),
  make("div", {class: "actions"}, button(say("leave"), () => leave(device), {kind: "danger wide"})));
  return {};
}
