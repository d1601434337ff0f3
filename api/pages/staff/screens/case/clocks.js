// Every clock with how its due time came about. The server's sentences are Chinese; in English the same is told from its figures.
import {make} from "../../dom.js";
import {due, language, say, sayOr, when} from "../../language.js";
import {limit, stage} from "./words.js";

const SECONDS = {urgent_hour: 3600, work_hour: 3600, work_day: 28_800, natural_day: 86_400};

function chip(one) {
  if (one.excused) return make("span", {class: "chip good"}, say("case.excused"));
  if (one.overdue) return make("span", {class: "chip alarm"}, say("case.overdue"));
  if (one.state === "running" && one.due_at) {
    return make("span", {class: new Date(one.due_at) < Date.now() ? "chip alarm" : "chip wait"}, due(one.due_at));
  }
  return make("span", {class: "chip"}, sayOr(`case_timer.${one.state}`, one.state));
}

const counted = (one, line) => limit(line.counted / SECONDS[one.limit_unit], one.limit_unit);

function stretch(one, line) {
  if (language() === "zh") return line.words;
  const span = `${when(line.since)} – ${when(line.until)}`;
  return `${span}: ${sayOr(`case_timer.${line.state}`, line.state)}${line.counted ? `, ${counted(one, line)}` : ""}`;
}

function sentence(one) {
  if (language() === "zh") return one.words;
  return [say("case.clock_from", {at: when(one.started_at)}), one.stopped_at && say("case.clock_to", {at: when(one.stopped_at)}),
    one.due_at && say("case.due_at", {at: when(one.due_at)}), say("case.policy", {version: one.policy_version})].filter(Boolean).join(", ");
}

const shown = (one, names) => make("li", {}, make("details", {},
  make("summary", {}, make("span", {class: "clock-name"}, stage(one.stage)), " ",
    make("span", {class: "quiet"}, [limit(one.limit_value + one.extra_value, one.limit_unit), names[one.department_id]].filter(Boolean).join(" · ")),
    " ", chip(one)),
  make("p", {}, sentence(one)),
  one.lines.length > 0 && make("ul", {class: "stretches"}, one.lines.map((line) => make("li", {}, stretch(one, line))))));

export function clocksPart() {
  const box = make("ul", {class: "clocks"});
  return {box, draw({clocks, names}) {
    const open = new Set([...box.querySelectorAll("details[open]")].map((one) => one.dataset.clock));
    const running = (one) => (one.state === "stopped" ? 1 : 0);
    box.replaceChildren(...[...clocks].sort((one, other) => running(one) - running(other)).map((one) => {
      const made = shown(one, names);
      made.firstChild.dataset.clock = one.id;
      made.firstChild.open = open.has(one.id);
      return made;
    }));
  }};
}
