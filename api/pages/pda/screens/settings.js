// Whose phone this is, in which language it speaks, and how to leave it.
import {facts, link} from "../cards.js";
import {add, ask, button, choices, make} from "../dom.js";
import {bytes, choose, language, say} from "../language.js";
import {OPEN} from "../operations.js";
import {json} from "../server.js";
import * as store from "../store.js";
import * as guard from "./guard.js";

async function leave(device) {
  const waiting = (await store.all("operations")).filter(({state}) => OPEN.includes(state)).length;
  const question = waiting ? say("leave.waiting", {n: waiting}) : say("leave.sure");
  if (!await ask(question, {go: say(waiting ? "leave.lose" : "leave.go"), back: say("keep")})) return;
  try {
    await json("POST", `/api/v1/sessions/devices/${device.id}/end`);
  } catch { /* without a network the token is valid until an administrator ends it; what is here is erased all the same */ }
  await guard.forget("left");
}

export async function show(room) {
  const [device, [me], areas, used, kept] = await Promise.all([
    store.device(), store.items("profile"), store.items("area"),
    navigator.storage?.estimate?.(), navigator.storage?.persisted?.()]);
  const grids = areas.filter(({level}) => level === "grid").map(({name}) => name);
  const languages = new Set([language()]);
  add(room, make("div", {class: "panel"}, make("h2", {}, me?.name ?? device.name), facts([
    [say("settings.login"), device.login], [say("settings.areas"), (grids.length ? grids : me?.areas ?? []).join("、")],
    [say("settings.device"), me?.device?.name], [say("settings.device_id"), device.id],
    [say("settings.used"), used && bytes(used.usage)],
    [say("settings.kept"), say(kept ? "settings.kept_yes" : "settings.kept_no")]])),
  make("div", {class: "form"}, choices(say("settings.language"), [{value: "zh", text: "中文"}, {value: "en", text: "English"}],
    languages, {onchange: () => choose([...languages][0])})),
  make("div", {class: "row"}, link("#/messages", say("nav.messages")), link("#/sync", say("nav.sync"))),
  make("p", {class: "hint"}, say("settings.install")),
  make("div", {class: "actions"}, button(say("leave"), () => leave(device), {kind: "danger wide"})));
  return {};
}
