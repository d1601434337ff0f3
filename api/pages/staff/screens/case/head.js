// What the case is, in a few lines: where it stands, how urgent it is, whose turn it is, and how long there is.
import {make} from "../../dom.js";
import {due, say, sayOr, when} from "../../language.js";
import {OVER, limit, role, status} from "./words.js";

const MINUTE = 60_000;

const chip = (text, kind = "") => make("span", {class: `chip ${kind}`}, text);

const fact = (name, ...value) => value.some(Boolean) && [make("dt", {}, name), make("dd", {}, value)];

/** What the server keeps in Chinese alone is read out as such. */
const chinese = (text) => make("span", {lang: "zh-CN"}, text);

function chips(told) {
  return [chip(status(told.status), OVER.has(told.status) ? "" : "wait"),
    told.priority === "urgent" && chip(say("case.urgent"), "alarm"),
    told.overdue && chip(say("case.overdue"), "alarm"),
    told.feedback_owed && chip(say("case.supervised"), "alarm"),
    told.returns > 0 && chip(say("case.returned", {n: told.returns})),
    told.reworks > 0 && chip(say("case.reworked", {n: told.reworks})),
    told.reopens > 0 && chip(say("case.reopened")),
    told.urges > 0 && chip(say("case.urged", {n: told.urges})),
    told.question_until && chip(say("case.asked", {until: when(told.question_until)}), "wait"),
    told.applied_for && chip(say(told.applied_for === "extend" ? "case.wants_time" : "case.wants_rest"), "wait")].filter(Boolean);
}

function countdown(told) {
  if (OVER.has(told.status)) return null;
  const running = told.clocks.find((one) => one.state === "running" && one.due_at === told.due_at);
  const isOver = new Date(told.due_at) < Date.now();
  return make("p", {class: isOver ? "countdown over" : "countdown"},
    make("strong", {}, due(told.due_at)), " ",
    make("span", {}, say("case.due_at", {at: when(told.due_at)}), running ? ` · ${sayOr(`case_stage.${running.stage}`, "")}` : ""));
}

function facts(told) {
  const {standard} = told;
  return make("dl", {class: "facts"},
    fact(say("case.category"), told.category ? `${told.category} ${told.category_code}` : say("case.no_category")),
    standard && fact(say("case.standard"), standard.condition, standard.limit_unit
      && ` · ${limit(standard.limit_value, standard.limit_unit)}`),
    standard && fact(say("case.closing"), standard.closing),
    fact(say("case.address"), [told.area, told.address].filter(Boolean).join(" · ")),
    fact(say("case.department"), told.department),
    !OVER.has(told.status) && fact(say("desk_column.handler"), told.names[told.handler_id]),
    !OVER.has(told.status) && fact(say("case_field.inspector"), told.names[told.inspector_id]),
    fact(say("case.opened"), `${when(told.opened_at)} · ${sayOr(`channel.${told.channel}`, told.channel)}`),
    told.closed_at && fact(say("case.closed"), when(told.closed_at)),
    told.turn && fact(say("case.turn"), role(told.turn)),
    told.waiting_for && fact(say("case.waiting"), chinese(told.waiting_for)),
    told.urgent_because && fact(say("case.because"), chinese(told.urgent_because)),
    told.return_until && new Date(told.return_until) > Date.now() && fact(say("case.return_until"), when(told.return_until)),
    told.suspended_until && fact(say("case.suspended_until"), when(told.suspended_until)),
    told.applied_until && fact(say("case.applied_until"), when(told.applied_until)),
    told.flags.length > 0 && fact(say("case.flags"), chinese(told.flags.join("；"))));
}

export function headPart() {
  const clock = make("div", {});
  const box = make("div", {class: "case-head"});
  let told = null;
  const tick = () => clock.replaceChildren(...[countdown(told)].filter(Boolean));

  setInterval(() => { if (told) tick(); }, MINUTE);
  return {box, draw(now) {
    told = now;
    tick();
    box.replaceChildren(make("p", {class: "case-name"}, make("strong", {}, told.title), " ", make("span", {class: "quiet number"}, told.number)),
      make("p", {class: "chips"}, chips(told).flatMap((one) => [one, " "])), clock, facts(told));
  }};
}
