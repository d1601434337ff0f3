// Returns (退单): why it was sent there and why it came back, beside each other; earlier rulings; and the ruling in words.
import {field, make, redraw} from "../../dom.js";
import {say, when} from "../../language.js";
import {departments} from "../../reference.js";
import {call} from "../../server.js";
import {table} from "../stuck/part.js";
import {act, bench, caseLink} from "./bench.js";
import {departmentChoice, said} from "./said.js";

const last = (history, ...actions) => history.findLast(({action}) => actions.includes(action));

const side = (title, who, text, at) => make("section", {class: "panel"}, make("h3", {}, title),
  make("p", {}, make("strong", {}, who)), make("p", {class: "words"}, text || "–"), at && make("p", {class: "quiet"}, when(at)));

const earlier = (items) => (items.length ? table(say("command.rulings"),
  [say("command.case"), say("command.ruled"), say("command.ground_of_return"), say("command.ruling")],
  items.map((one) => [caseLink(one.number), make("span", {}, make("span", {class: one.upheld ? "chip good" : "chip alarm"},
    say(one.upheld ? "command.upheld" : "command.overruled")), " ", one.department), one.ground ?? "–", one.ruling ?? "–"]))
  : make("p", {class: "quiet"}, say("command.no_rulings")));

async function work(body, found, {step, refuse, skip}) {
  const [{items}, all] = await Promise.all([
    call("GET", `/api/v1/cases/${encodeURIComponent(found.number)}/rulings`), departments()]);
  const names = new Map(all.map(({id, name}) => [id, name]));
  const [sent, back] = [last(found.history, "dispatch"), last(found.history, "hand_back")];
  const lead = departmentChoice(all.filter(({id, active}) => active && id !== found.lead_department_id), back?.facts.proposed ?? "", say("command.to_dispatcher"));
  const ruling = make("textarea", {rows: 3, maxlength: 2000});

  const rule = (action, facts, word) => (ruling.value.trim()
    ? step(action, {reason: ruling.value.trim(), ...facts}, say(word, {number: found.number})) : refuse(say("command.ruling_needed")));
  const uphold = () => rule("uphold", lead.value ? {lead: lead.value} : {}, "command.was_upheld");
  const overrule = () => rule("overrule", {}, "command.was_overruled");

  redraw(body,
    make("div", {class: "beside"},
      side(say("command.sent_because"), found.department ?? "–", sent?.facts.rule ?? sent?.facts.reason, sent?.at),
      side(say("command.returned_because"), back?.facts.proposed ? say("command.belongs_to", {name: names.get(back.facts.proposed) ?? "–"}) : found.department ?? "–",
        back?.facts.ground, back?.at)),
    found.returns > 1 && make("p", {class: "chip wait"}, say("command.returned_times", {n: found.returns})),
    said(found),
    make("section", {class: "bench-part"}, make("h3", {}, say("command.rulings")), earlier(items)),
    make("div", {class: "actions"}, field(say("command.ruling"), ruling, {required: true}),
      field(say("command.next_owner"), lead, {hint: say("command.next_owner_hint")}),
      make("div", {class: "row"}, act(say("command.uphold"), "U", uphold, "strong"), act(say("command.overrule"), "O", overrule, "danger"),
        act(say("command.skip"), "K", skip, "quiet"))));
  return {U: uphold, O: overrule};
}

export const show = (room, me) => bench(room, me, {queue: "adjudicate", work});
