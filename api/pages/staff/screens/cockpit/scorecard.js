// One scorecard with its parts: what was counted, what it weighs, what it gave; and what happened to it since.
import {make} from "../../dom.js";
import {say, when} from "../../language.js";
import {call} from "../../server.js";
import {table} from "../stuck/part.js";
import {bar} from "./chart.js";
import {decision} from "./decision.js";
import {indicators, nameOf} from "./figures.js";
import {written} from "./numbers.js";
import {view} from "./view.js";

const PERFORMANCE = "/api/v1/performance";

const figure = (name, value) => make("div", {class: "figure"}, make("dt", {}, say(`score.${name}`)), make("dd", {}, value));

function lines(card, known) {
  const whole = card.lines.reduce((sum, {weight, points}) => sum + (points === null ? 0 : weight), 0);
  return make("section", {}, make("h2", {}, say("score.parts")), table(say("score.parts"),
    ["indicator", "value", "weight", "points"].map((name) => say(`score.${name}`)), card.lines.map((line) => {
      const one = known.find(({code}) => code === line.indicator);
      return [one ? nameOf(one) : line.indicator, written(line.value, one?.unit),
        line.points === null ? say("score.weighs_nothing") : written(whole ? line.weight / whole : 0, "ratio"),
        line.points === null ? "–" : make("span", {class: "measured"}, written(line.points), bar(line.points / 100))];
    })));
}

const history = (list) => list.length > 0 && make("section", {}, make("h2", {}, say("score.history")), make("ol", {class: "looks"}, list.map((event) =>
  make("li", {}, make("p", {}, make("b", {}, say(`score_event.${event.action}`)), event.score === null ? "" : ` ${written(event.score)}`,
    make("span", {class: "quiet"}, ` ${[event.by, when(event.at)].filter(Boolean).join(" · ")}`)),
  event.words && make("blockquote", {class: "words"}, event.words)))));

function appealing(card, me, load) {
  const open = card.state === "published" && !card.appeal_id && card.appeal_until && Date.parse(card.appeal_until) > Date.now();
  if (!open || !me.permissions.includes("scorecards.appeal")) return null;
  return make("section", {class: "panel"}, make("h2", {}, say("score.appeal")), make("p", {class: "hint"}, say("score.appeal_until", {when: when(card.appeal_until)})),
    decision({name: "grounds", label: say("score.grounds"), buttons: [
      {text: say("score.appeal"), path: `${PERFORMANCE}/scorecards/${card.id}/appeal`, kind: "strong"}]}, load));
}

function deciding(card, me, load) {
  if (card.appeal !== "open" || !me.permissions.includes("scorecards.decide")) return null;
  const score = make("input", {type: "number", min: "0", max: "100", step: "0.1", inputmode: "decimal"});
  const path = `${PERFORMANCE}/appeals/${card.appeal_id}/decide`;
  return make("section", {class: "panel"}, make("h2", {}, say("score.decide")),
    decision({name: "reason", label: say("score.reason"),
      more: {amended_score: {label: say("score.amended"), control: score, hint: say("score.amended_how")}}, buttons: [
        {text: say("score.grant"), path, kind: "strong", body: () => ({granted: true, ...(score.value && {amended_score: Number(score.value)})})},
        {text: say("score.dismiss"), path, body: () => ({granted: false})}]}, load));
}

export function show(room, me, {id}) {
  const load = view(room, async () => ({card: await call("GET", `${PERFORMANCE}/scorecards/${encodeURIComponent(id)}`), known: await indicators()}),
    ({card, known}) => [make("p", {}, make("a", {href: `/cockpit/scorecards#of=${card.of}&period=${card.period}`}, say("score.back"))),
      make("div", {class: "head"}, make("h2", {}, `${card.name} · ${card.period}`), make("span", {class: card.state === "draft" ? "chip wait" : "chip"}, say(`score.${card.state}`)),
        card.appeal && make("span", {class: "chip alarm"}, say(`ruling.${card.appeal}`))),
      make("dl", {class: "figures"}, figure("score", written(card.score)), card.amended_score !== null && figure("amended", written(card.amended_score)),
        figure("rank", String(card.rank)), figure("version", String(card.version))),
      lines(card, known), appealing(card, me, () => load()), deciding(card, me, () => load()), history(card.history)]);
  return load();
}
