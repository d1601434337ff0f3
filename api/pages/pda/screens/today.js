// Today: all that this worker is to look at, as a list in walking order and on the map; and what became of his reports.
import {add, button, empty, make} from "../dom.js";
import {due, metres, say, sayOr} from "../language.js";
import {openMap} from "../map.js";
import {distance, order} from "../nearness.js";
import {known, locate} from "../place.js";
import * as store from "../store.js";

/** Tasks that are open, and cases that wait for this worker's look, in one shape. `answered`: what was done waits to be sent. */
async function duties() {
  const [tasks, cases, operations] = await Promise.all([store.items("task"), store.items("case"), store.all("operations")]);
  const answered = new Map(operations.map((one) => [one.kind === "task" ? one.data.task : one.kind === "step" ? one.data.case : null, one.state]));
  const mine = cases.filter(({role, actions}) => role === "inspect" && actions?.length);
  return [
    ...tasks.filter((one) => one.open).map((one) => ({
      ...one, link: `#/task/${one.id}`, kindText: sayOr(`task.${one.task_kind}`, one.task_kind), answered: answered.get(one.id)})),
    ...mine.map((one) => ({
      ...one, link: `#/case/${encodeURIComponent(one.number)}`, answered: answered.get(one.number),
      kindText: say(one.status === "verifying" ? "task.verify" : "task.inspect")})),
  ];
}

const stamp = (duty) => (duty.due_at ? make("span", {class: new Date(duty.due_at) < Date.now() || duty.overdue ? "due over" : "due"}, due(duty.due_at)) : "");

const row = (duty, number, here) => make("li", {}, make("a", {class: `card ${duty.answered ? "answered" : ""}`, href: duty.link},
  make("span", {class: "number", "aria-hidden": "true"}, number),
  make("span", {class: "card-body"},
    make("span", {class: "card-top"}, make("span", {class: "chip"}, duty.kindText), stamp(duty),
      duty.answered && make("span", {class: "chip wait"}, sayOr(`state.${duty.answered}`, duty.answered))),
    make("strong", {}, duty.title || duty.number),
    make("span", {class: "quiet"}, duty.address ?? duty.text ?? "",
      here && duty.lon !== null && duty.lon !== undefined ? ` · ${metres(distance(here, duty))}` : ""))));

const own = (one) => make("li", {}, make("a", {class: "card", href: `#/case/${encodeURIComponent(one.number)}`}, make("span", {class: "card-body"},
  make("span", {class: "card-top"}, make("span", {class: "chip"}, sayOr(`status.${one.status}`, one.status)),
    make("span", {class: "quiet"}, one.department ?? "")),
  make("strong", {}, one.title || one.number), one.address && make("span", {class: "quiet"}, one.address))));

export async function show(room) {
  let here = known();
  let map = null;
  let mode = await store.get("meta", "today") ?? "list";
  const list = make("ol", {class: "cards"});
  const ground = make("div", {class: "map"});
  const nothing = make("div");
  const mine = make("ul", {class: "cards"});
  const tabs = make("div", {class: "segments", role: "group", "aria-label": say("today.as")});

  async function refresh() {
    const found = order(await duties(), here);
    const [profile] = await store.items("profile");
    const reported = (await store.items("case")).filter(({role}) => role === "reported").sort((one, other) => other.number.localeCompare(one.number));
    const few = mode === "mine" ? !reported.length && "today.no_reports" : !found.length && (profile ? "today.empty" : "today.first");
    nothing.replaceChildren(few ? empty(say(few)) : "");
    mine.hidden = mode !== "mine";
    mine.replaceChildren(...reported.map(own));
    list.replaceChildren(...found.map((duty, number) => row(duty, number + 1, here)));
    list.hidden = mode !== "list";
    ground.hidden = mode !== "map";
    if (mode !== "map" || !room.isConnected) return;
    map ??= openMap(ground);
    const shown = await map;
    shown.show(found.map((duty, number) => ({duty, text: String(number + 1)})).filter(({duty}) => duty.lon !== null && duty.lon !== undefined)
      .map(({duty, text}) => ({lon: duty.lon, lat: duty.lat, text, kind: duty.overdue ? "late" : "", label: `${text} ${duty.title}`,
        go: () => { location.hash = duty.link; }})));
    shown.me(here);
  }

  function draw() {
    tabs.replaceChildren(...["list", "map", "mine"].map((name) => button(say(`today.${name}`), async () => {
      mode = name;
      await store.put("meta", name, "today");
      draw();
      await refresh();
    }, {"aria-pressed": String(mode === name), picture: {list: "today", map: "map", mine: "report"}[name]})));
  }

  draw();
  add(room, make("div", {class: "head"}, tabs), nothing, list, mine, ground);
  await refresh();
  locate().then((found) => { here = found; return refresh(); }, () => {}); // in order of due times until the phone knows
  return {refresh, leave: async () => (await map)?.remove()};
}
