// Systems that may call us, keys of apps, and where each system is told of its tickets.
import {make} from "../../dom.js";
import {say} from "../../language.js";
import {keysPart} from "./clients/keys.js";
import {systemsPart} from "./clients/systems.js";
import {opener, withPane} from "./parts/list.js";

export async function show(room, me) {
  const pane = withPane();
  const systems = systemsPart(pane, me.permissions.includes("exchange.manage"));
  const keys = keysPart(pane);
  pane.main.replaceChildren(make("div", {class: "head"}, make("h2", {}, say("admin.systems")),
    opener("system", say("admin.system_add"), systems.add, "strong")), ...systems.list.box,
  make("div", {class: "head"}, make("h2", {}, say("admin.keys")), opener("key", say("admin.key_add"), keys.add)), ...keys.list.box);
  room.replaceChildren(pane.box);
  await Promise.all([systems.list.load(), keys.list.load()]);
}
