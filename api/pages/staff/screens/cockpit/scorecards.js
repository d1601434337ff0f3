// Scorecards of a month, the best first: drafts that follow the figures, or what was published and stands.
import {ask, button, make, notice} from "../../dom.js";
import {say} from "../../language.js";
import {sentence} from "../../problems.js";
import {address, call} from "../../server.js";
import {exportButton} from "../reports/export.js";
import {table} from "../stuck/part.js";
import {bar} from "./chart.js";
import {written} from "./numbers.js";
import {go, said, today} from "./span.js";
import {view} from "./view.js";

const CARDS = "/api/v1/performance/scorecards";
const MONTHS = 12;
const PAGE = 100;

/** The last twelve months, this one first. */
function months() {
  const [year, month] = today().split("-").map(Number);
  return [...Array(MONTHS).keys()].map((back) => new Date(Date.UTC(year, month - 1 - back, 1)).toISOString().slice(0, 7));
}

const of = () => (said().of === "worker" ? "worker" : "department");
const period = () => (months().includes(said().period) ? said().period : months()[1]);

const fetched = (cursor = null) => call("GET", address(CARDS, {of: of(), period: period(), limit: PAGE, cursor}));

function choices() {
  const select = make("select", {id: "period", "data-focus": "period", onchange: () => go({period: select.value})},
    months().map((month) => make("option", {value: month, selected: month === period()}, month)));
  return [make("div", {class: "ways", role: "group", "aria-label": say("score.of")}, ["department", "worker"].map((name) =>
    make("button", {type: "button", "aria-pressed": String(of() === name), "data-focus": name, onclick: () => go({of: name})}, say(`figures.${name}`)))),
  make("div", {class: "measure"}, make("label", {for: "period"}, say("score.period")), select)];
}

const points = (value) => make("span", {class: "measured"}, written(value), bar(value / 100));

const state = (card) => make("span", {class: "row"}, make("span", {class: card.state === "draft" ? "chip wait" : "chip"}, say(`score.${card.state}`)),
  card.appeal && make("span", {class: "chip alarm"}, say(`ruling.${card.appeal}`)));

const row = (card) => [make("a", {href: `/cockpit/scorecards/${card.id}`}, card.name), String(card.rank), points(card.score),
  card.amended_score === null ? "–" : points(card.amended_score), state(card)];

const COLUMNS = ["name", "rank", "score", "amended", "state"];
const cards = (items) => table(say("cockpit_scorecards"), COLUMNS.map((name) => say(`score.${name}`)), items.map(row));

async function publish(load) {
  if (!await ask(say("score.publish_sure", {period: period()}), {go: say("score.publish"), kind: "strong"})) return;
  try {
    const {published} = await call("POST", `${CARDS}/publish`, {of: of(), period: period()});
    notice(say("score.published_so_many", {n: published}), "good");
  } catch (error) {
    notice(sentence(error), "fault");
  }
  await load();
}

/** A month that is over may be published, by who may. */
const mayPublish = (me, items) => me.permissions.includes("scorecards.publish") && period() < months()[0] && items.some((card) => card.state === "draft");

export function show(room, me) {
  const load = view(room, () => fetched(), ({items, next}) => {
    let cursor = next;
    const place = make("div", {}, cards(items));
    const more = button(say("more"), async () => {
      const page = await fetched(cursor);
      items.push(...page.items);
      cursor = page.next;
      place.replaceChildren(cards(items));
      more.hidden = !cursor;
    }, {kind: "quiet", hidden: !next});
    return [make("div", {class: "controls"}, choices(), mayPublish(me, items) && button(say("score.publish"), () => publish(load), {kind: "strong"}),
      exportButton(me, "scorecards", () => ({of: of(), period: period()})), make("a", {href: "/cockpit/appeals"}, say("cockpit_appeals"))),
    make("p", {class: "hint"}, say("score.how")),
    items.length ? [place, more] : make("p", {class: "empty"}, say("score.none"))];
  });
  return load();
}
