// The history in words: who did what and when, with what came with it, the latest first.
import {make} from "../../dom.js";
import {say, sayOr, when} from "../../language.js";
import {status, step, who} from "./words.js";

const FIRST = 12;
const TEXTS = ["reason", "ground", "finding", "reply", "question", "why"];
const NAMED = ["lead", "assistants", "proposed", "without", "handler", "inspector"];
const NUMBERS = ["into", "case", "report"];

const many = (value) => [value].flat();

/** What came with a line, as [name, text]; what is only for machines is left out. */
function details(facts, {names, category, category_code: code}) {
  const found = [];
  for (const name of TEXTS) if (facts[name]) found.push([name, String(facts[name])]);
  for (const name of NAMED) if (facts[name]) found.push([name, many(facts[name]).map((id) => names[id] ?? id).join(say("case.comma"))]);
  for (const name of NUMBERS) if (facts[name]) found.push([name, many(facts[name]).join(say("case.comma"))]);
  if (facts.until) found.push(["until", when(facts.until)]);
  if (facts.photos) found.push(["photos", String(facts.photos.length)]);
  if (facts.metres !== undefined) found.push(["metres", String(facts.metres)]);
  if (facts.category) found.push(["category", facts.category === code ? `${category} ${code}` : String(facts.category)]);
  if (facts.rule) found.push(["rule", String(facts.rule)]);
  if (facts.share) found.push(["share", `${sayOr(`case_stage.${facts.stage}`, "")} ${facts.share} %`]);
  for (const one of facts.clocks ?? []) {
    if (one.due_after) found.push(["recount", `${sayOr(`case_stage.${one.stage}`, one.stage)} → ${when(one.due_after)}`]);
  }
  return found;
}

function line(one, told) {
  const {names} = told;
  const {name, means} = step(one.action, one.says);
  const came = details(one.facts, told);
  const moved = one.source && one.source !== one.target;
  return make("li", {},
    make("p", {}, make("time", {class: "quiet", datetime: one.at}, when(one.at)), " ",
      make("span", {}, say("case.did", {who: who(one, names)})), make("strong", {}, name), means && ` – ${means}`,
      moved && [" ", make("span", {class: "chip"}, `→ ${status(one.target)}`)]),
    came.length > 0 && make("dl", {class: "facts"}, came.map(([what, text]) => [
      make("dt", {}, sayOr(`case_field.${what}`, what)), make("dd", {class: "words"}, text)])));
}

export function historyPart() {
  const box = make("div", {class: "history"});
  return {box, draw(told) {
    const lines = [...told.history].reverse();
    const isOpen = box.querySelector("details")?.open ?? false;
    box.replaceChildren(make("ol", {class: "lines"}, lines.slice(0, FIRST).map((one) => line(one, told))));
    if (lines.length <= FIRST) return;
    box.append(make("details", {open: isOpen}, make("summary", {}, say("case.earlier", {n: lines.length - FIRST})),
      make("ol", {class: "lines"}, lines.slice(FIRST).map((one) => line(one, told)))));
  }};
}
