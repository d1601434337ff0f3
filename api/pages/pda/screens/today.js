// Today: all that this worker is to look at, as a list in walking order and on the map; and what became of his reports.
import {card, chip, quiet, standing, strong} from "../cards.js";
import {add, button, empty, make, redraw} from "../dom.js";
import {due, metres, say, sayOr} from "../language.js";
import {openMap} from "../map.js";
import {distance, isPlaced, order} from "../nearness.js";
import {known, locate} from "../place.js";
import * as store from "../store.js";

const PICTURES = {list: "today", map: "map", mine: "report"};

const caseLink = ({number}) => `#/case/${encodeURIComponent(number)}`;

/** What an operation answers: a task's id, or a case's number. */
const answers = ({kind, data}) => ({task: data.task, step: data.case})[kind];

/** Tasks (the server tells only of those that are to be done), and cases that wait for this worker's look, in one shape.
 * `answered`: how far his answer is. */
async function duties() {
  const [tasks, cases, operations] = await Promise.all([
    store.items("task"), store.items("case"), store.all("operations")]);
  const answered = new Map(operations.map((one) => [answers(one), one.state]));
  const looked = cases.filter(({role, actions}) => role === "inspect" && actions?.length);
  return [
    ...tasks.map((one) => ({
      ...one, link: `#/task/${one.id}`, answered: answered.get(one.id),
      kindText: sayOr(`task.${one.task_kind}`, one.task_kind)})),
    ...looked.map((one) => ({
      ...one, link: caseLink(one), answered: answered.get(one.number),
      kindText: say(one.status === "verifying" ? "task.verify" : "task.inspect")}))];
}

const isLate = (duty) => duty.overdue || (duty.due_at && new Date(duty.due_at) < Date.now());

const dutyCard = (duty, number, here) => card({
  href: duty.link, number, kind: duty.answered ? "answered" : "",
  top: [chip(duty.kindText), duty.due_at && make("span", {class: isLate(duty) ? "due over" : "due"}, due(duty.due_at)),
    standing(duty.answered)],
  title: strong(duty.title || duty.number),
  body: quiet(duty.address ?? duty.text ?? "", here && isPlaced(duty) ? ` · ${metres(distance(here, duty))}` : "")});

const reportCard = (one) => card({
  href: caseLink(one), top: [chip(sayOr(`status.${one.status}`, one.status)), quiet(one.department ?? "")],
  title: strong(one.title || one.number), body: one.address ? quiet(one.address) : null});

const sign = (duty, number) => ({
  lon: duty.lon, lat: duty.lat, text: String(number), kind: isLate(duty) ? "late" : "", label: `${number} ${duty.title}`,
  go: () => { location.hash = duty.link; }});

export async function show(room) {
  let here = known();
  let map = null;
  let mode = await store.get("meta", "today") ?? "list";
  const list = make("ol", {class: "cards"});
  const mine = make("ul", {class: "cards"});
  const ground = make("div", {class: "map"});
  const nothing = make("div");
  const tabs = make("div", {class: "segments", role: "group", "aria-label": say("today.as")});

  function lacking(found, reported, profile) {
    if (mode === "mine") return reported.length ? null : "today.no_reports";
    if (found.length) return null;
    return profile ? "today.empty" : "today.first";
  }

  async function refresh() {
    const [found, cases, [profile]] = await Promise.all([duties(), store.items("case"), store.items("profile")]);
    const walk = order(found, here);
    const reported = cases.filter(({role}) => role === "reported")
      .sort((one, other) => other.number.localeCompare(one.number));
    const lacks = lacking(walk, reported, profile);
    redraw(nothing, lacks && empty(say(lacks)));
    redraw(list, walk.map((duty, number) => dutyCard(duty, number + 1, here)));
    redraw(mine, reported.map(reportCard));
    list.hidden = mode !== "list";
    mine.hidden = mode !== "mine";
    ground.hidden = mode !== "map";
    if (mode !== "map" || !room.isConnected) return;
    map ??= openMap(ground);
    const shown = await map;
    shown.show(walk.map((duty, number) => [duty, number + 1]).filter(([duty]) => isPlaced(duty)).map((one) => sign(...one)));
    shown.me(here);
  }

  async function choose(name) {
    mode = name;
    await store.put("meta", name, "today");
    draw();
    await refresh();
  }

  function draw() {
    redraw(tabs, Object.entries(PICTURES).map(([name, picture]) =>
      button(say(`today.${name}`), () => choose(name), {"aria-pressed": String(mode === name), picture})));
  }

  draw();
  add(room, tabs, nothing, list, mine, ground);
  await refresh();
  locate().then((found) => { here = found; return refresh(); }, () => {}); // by due time until the phone knows
  return {refresh, leave: async () => (await map)?.remove()};
}
