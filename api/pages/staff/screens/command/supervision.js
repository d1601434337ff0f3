// Supervision: what is late and by how much, orders from above with their own clocks, the alarms that reached me; and what is
// done about it: an order, or a reminder, for one or for many.
import {field, make, notice} from "../../dom.js";
import {listen} from "../../keys.js";
import {due, say, sayOr, when} from "../../language.js";
import {because, sentence} from "../../problems.js";
import {call} from "../../server.js";
import {exportButton} from "../reports/export.js";
import {part, table} from "../stuck/part.js";
import {act, caseLink, dueChip, settled, urgentChip} from "./bench.js";
import {follow, liveSign} from "./live.js";

const PAUSE = 3000;

/** Whoever asks while an answer is under way gets that one: three lists are drawn from one look. */
function shared(ask) {
  let asked = null;
  return () => (asked ??= ask().finally(() => { asked = null; }));
}

const titled = (one) => make("span", {}, caseLink(one.number), make("span", {class: "address"}, one.title));

const stands = (one) => make("span", {}, sayOr(`status.${one.status}`, one.status), one.department ? ` · ${one.department}` : "");

/** Cases of which a clock ran over; those that are chosen are urged or supervised together. */
function latePart(look, chosen) {
  async function fetched() {
    const {items, next} = (await look()).late;
    for (const number of [...chosen]) if (!items.some((one) => one.number === number)) chosen.delete(number);
    if (!items.length) return make("p", {class: "quiet"}, say("command.none_late"));
    const tick = (one) => make("input", {type: "checkbox", checked: chosen.has(one.number), "aria-label": say("command.choose_case", {number: one.number}),
      onchange: ({target}) => (target.checked ? chosen.add(one.number) : chosen.delete(one.number))});
    return [table(say("command.late"), [say("command.case"), say("command.by_how_much"), say("command.stands"), say("command.chosen")],
      items.map((one) => [titled(one), make("span", {}, urgentChip(one), " ", dueChip(one)), stands(one), tick(one)])),
    next && make("p", {class: "quiet"}, say("command.first_only", {n: items.length}))].filter(Boolean);
  }
  return part(say("command.late"), fetched, "off");
}

const ordersPart = (look) => part(say("command.orders"), async () => {
  const {items} = (await look()).orders;
  if (!items.length) return make("p", {class: "quiet"}, say("command.no_orders"));
  return table(say("command.orders"), [say("command.case"), say("command.wanted"), say("command.feedback"), say("command.stands")],
    items.map((one) => [titled(one), one.wanted ?? "–", one.order_due_at
      ? make("span", {class: one.order_overdue || new Date(one.order_due_at) < Date.now() ? "chip alarm" : "chip"}, due(one.order_due_at)) : "–", stands(one)]));
}, "off");

const alarmsPart = (look) => part(say("command.alarms"), async () => {
  const {items} = (await look()).alarms;
  if (!items.length) return make("p", {class: "quiet"}, say("command.no_alarms"));
  return table(say("command.alarms"), [say("command.case"), say("command.used"), say("command.raised"), say("command.skipped")],
    items.map((one) => [caseLink(one.case), make("span", {class: one.share >= 100 ? "chip alarm" : "chip wait"}, `${one.share} %`), when(one.at),
      one.skipped.join(say("command.comma")) || "–"]));
}, "off");

/** What is done about those chosen, in words; each for itself, and what was refused is said. */
function orderForm(me, chosen, done) {
  const reason = make("textarea", {rows: 2, maxlength: 2000});
  const told = make("p", {class: "refused", role: "alert", tabindex: "-1", hidden: true});

  function complain(...why) {
    told.replaceChildren(...why);
    told.hidden = false;
    told.focus();
  }

  async function take(action) {
    told.hidden = true;
    if (!chosen.size) return complain(say("command.choose_first"));
    if (!reason.value.trim()) return complain(say("command.order_needed"));
    let results;
    try {
      ({results} = await call("POST", "/api/v1/cases/steps", {action, facts: {reason: reason.value.trim()},
        items: [...chosen].map((number) => ({number}))}));
    } catch (error) {
      return complain(sentence(error));
    }
    const refused = results.filter(({status}) => status !== 200);
    for (const {number, status} of results) if (status === 200) chosen.delete(number);
    if (results.length > refused.length) notice(say("command.ordered", {n: results.length - refused.length}), "good");
    if (refused.length) complain(make("ul", {}, refused.map(({number, problem}) => make("li", {}, `${number} `, because(problem)))));
    else reason.value = "";
    return done();
  }

  const mayOrder = me.roles.some((role) => ["supervisor", "leader"].includes(role));
  const mayUrge = me.roles.includes("operator");
  return {keys: {...(mayOrder && {S: () => take("supervise")}), ...(mayUrge && {U: () => take("urge")})},
    box: (mayOrder || mayUrge) && make("div", {class: "actions"}, told, field(say("command.order"), reason),
      make("div", {class: "row"}, mayOrder && act(say("command.supervise"), "S", () => take("supervise"), "strong"),
        mayUrge && act(say("command.urge"), "U", () => take("urge"))))};
}

export async function show(room, me) {
  const chosen = new Set();
  const live = make("span", {class: "chip", role: "status"});
  const look = shared(() => call("GET", "/api/v1/supervision"));
  const parts = [latePart(look, chosen), ordersPart(look), alarmsPart(look)];
  const load = () => Promise.all(parts.map((one) => one.load()));
  const form = orderForm(me, chosen, load);
  room.replaceChildren(make("div", {class: "head"}, live, exportButton(me, "cases", () => ({overdue: true}))), make("section", {}, parts[0].box, form.box || ""),
    ...parts.slice(1).map(({box}) => make("section", {}, box)));
  listen(form.keys);
  const soon = settled(load, PAUSE);
  follow(me, ({event}) => (["begin", "reset", "poll"].includes(event) ? load() : event === "case" && soon()), (word) => liveSign(live, word));
}

