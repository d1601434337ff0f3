// Areas: the tree with the map beside it; a file is tried, its flaws are shown, and then it is taken in.
import {button, make} from "../../dom.js";
import {say} from "../../language.js";
import {address, call} from "../../server.js";
import {table} from "../stuck/part.js";
import {atlas} from "./areas/atlas.js";
import {importing} from "./areas/importing.js";
import {opener, search, trail, whole, withPane} from "./parts/list.js";

const AREAS = "/api/v1/areas";

const level = (one) => say(`level.${one.level}`);

export async function show(room) {
  const map = atlas();
  let way = [];
  const crumbs = make("nav", {class: "crumbs", "aria-label": say("admin.way")});

  const go = async (to) => {
    way = to;
    find.control.value = "";
    await list.load();
    crumbs.querySelector("[aria-current]")?.focus(); // what was pressed is drawn anew
  };

  function rows(items) {
    return table(say("areas"), [say("admin.name"), say("admin.code"), say("admin.level"), say("stuck.do")], items.map((one) => [
      [one.name, one.full_name && one.full_name !== one.name && make("span", {class: "address quiet"}, one.full_name)], one.code, level(one),
      make("div", {class: "row"}, one.level !== "grid" && button(say("admin.inside"), () => go([...way, one]), {kind: "small"}),
        map.has(one.code) && button(say("admin.on_map"), () => map.show(one.code), {kind: "small quiet"}))]));
  }

  function drawCrumbs() {
    crumbs.replaceChildren(...trail(say("admin.whole_city"), way, go));
  }

  const list = whole(async () => {
    const q = find.text();
    const told = q ? await call("GET", address(`${AREAS}/search`, {q})) : await call("GET", address(AREAS, {parent: way.at(-1)?.code}));
    drawCrumbs();
    if (!q && way.length) map.show(way.at(-1).code);
    if (!told.items.length) return make("p", {class: "quiet", role: "status"}, say(q ? "admin.pick_none" : "admin.no_areas"));
    return [make("p", {class: "quiet", role: "status"}, say("admin.shown", {n: told.items.length + (told.all === false ? "+" : "")})), rows(told.items)];
  });
  const find = search(say("admin.area_find"), () => list.load());
  const again = async () => {
    await map.load();
    way = [];
    await list.load();
  };
  const pane = withPane(make("div", {class: "tools"}, find.box, opener("import", say("admin.areas_import"), () => importing(pane, map, again), "strong")),
    map.box, crumbs, list.box);
  room.replaceChildren(pane.box);
  await map.load();
  await list.load();
}
