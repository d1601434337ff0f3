// The dispatch desk: filed cases for which no rule decides, what the rules say about each, and the gap made known with one click.
import {field, make, notice, redraw} from "../../dom.js";
import {say} from "../../language.js";
import {sentence} from "../../problems.js";
import {departments} from "../../reference.js";
import {address, call} from "../../server.js";
import {act, bench} from "./bench.js";
import {departmentChoice, said} from "./said.js";

/** The rules that could decide and do not, each a way to choose its department. */
const candidates = (rules, names, choose) => rules.length > 0 && make("div", {class: "options", role: "group", "aria-label": say("command.candidates")},
  rules.map((one) => make("button", {type: "button", class: "option", onclick: () => choose(one.lead_department_id)},
    make("strong", {}, names.get(one.lead_department_id) ?? "–"), make("span", {class: "quiet"}, [one.name, one.ground].filter(Boolean).join(" · ")))));

async function work(body, found, {step, refuse, skip}) {
  const [explained, all] = await Promise.all([
    call("GET", address("/api/v1/rules/explain", {category: found.category_code, area: found.area_code})), departments()]);
  const names = new Map(all.map(({id, name}) => [id, name]));
  const working = all.filter(({active}) => active);
  const lead = departmentChoice(working, explained.lead, say("command.choose_department"));
  const assistants = departmentChoice(working, null, "", {several: true});
  const reason = make("textarea", {rows: 2, maxlength: 2000});

  const facts = () => ({lead: lead.value, assistants: [...assistants.selectedOptions].map(({value}) => value),
    reason: reason.value.trim() || say("command.by_dispatcher")});
  const dispatch = () => (lead.value ? step("dispatch", facts(), say("command.dispatched", {number: found.number, name: names.get(lead.value)}))
    : refuse(say("command.department_needed")));

  /** Dispatched, and what was decided is proposed as a rule to whoever keeps the rules. */
  async function propose() {
    if (!lead.value || !reason.value.trim()) return refuse(say("command.ground_needed"));
    const ground = reason.value.trim();
    try {
      await call("POST", "/api/v1/rules/proposals", {case: found.number, lead: lead.value, ground});
    } catch (error) {
      return refuse(sentence(error));
    }
    notice(say("command.proposed"), "good");
    return dispatch();
  }

  const isGap = !explained.rule;
  redraw(body,
    make("div", {class: isGap ? "panel" : "panel good"}, make("strong", {}, say(isGap ? "command.gap" : "command.rule")), " ",
      make("span", {lang: "zh-CN"}, explained.explanation)),
    found.waiting_for && found.waiting_for !== explained.explanation && make("p", {class: "quiet", lang: "zh-CN"}, found.waiting_for),
    make("div", {class: "beside"}, make("div", {}, said(found)),
      make("div", {}, make("h3", {}, say("command.whose")), candidates(explained.candidates, names, (id) => { lead.value = id; lead.focus(); }),
        field(say("command.lead"), lead, {required: true}), field(say("command.assistants"), assistants, {hint: say("command.several")}))),
    make("div", {class: "actions"}, field(say("command.ground"), reason, {hint: say("command.ground_hint")}),
      make("div", {class: "row"}, act(say("command.dispatch"), "A", dispatch, "strong"),
        isGap && act(say("command.make_rule"), "G", propose), act(say("command.skip"), "K", skip, "quiet"))));
  return {A: dispatch, ...(isGap && {G: propose})};
}

export const show = (room, me) => bench(room, me, {queue: "dispatch", work});
