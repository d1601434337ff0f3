// How far an export is: a bar with its numbers, looked at again until it has ended.
import {make} from "../../dom.js";
import {bytes, language, say, sayOr} from "../../language.js";
import {call} from "../../server.js";
import {save} from "./files.js";

export const EXPORTS = "/api/v1/exports";

const count = (number) => new Intl.NumberFormat(language()).format(number);

const isOpen = (one) => one.state === "waiting" || one.state === "running";

/** In words how it stands. */
export function standing(one) {
  if (one.state === "failed") return sayOr(`exports.fault_${one.fault}`, say("exports.fault_internal"));
  if (one.state === "done") return say("exports.done", {n: count(one.done), size: bytes(one.bytes ?? 0)});
  return one.total === null ? say("exports.waiting") : say("exports.running", {n: count(one.done), of: count(one.total)});
}

/** A bar, and what it says. show(one) draws it. */
export function bar() {
  const meter = make("progress", {"aria-label": say("exports.progress")});
  const words = make("span", {class: "quiet"});
  const box = make("div", {class: "export-progress"}, meter, words);
  return {box, show(one) {
    words.textContent = standing(one);
    meter.hidden = !isOpen(one);
    if (one.total) [meter.max, meter.value] = [one.total, one.done];
    else meter.removeAttribute("value");
  }};
}

const FIRST = 700;
const LAST = 4000;

/** Look again until it has ended, or nobody sees it any more; `shown` is called with each look. Answers the last one. */
export async function followed(one, shown, isWanted) {
  let [now, pause] = [one, FIRST];
  shown(now);
  while (isOpen(now) && isWanted()) {
    await new Promise((resolve) => { setTimeout(resolve, pause); });
    pause = Math.min(LAST, pause * 1.4);
    now = await call("GET", `${EXPORTS}/${one.id}`);
    shown(now);
  }
  return now;
}

export const download = (one) => save(`${EXPORTS}/${one.id}/file`, one.name);
