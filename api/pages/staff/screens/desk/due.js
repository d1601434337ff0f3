// How long there is, or how long it is over: in words and in a colour, said anew as time passes.
import {make} from "../../dom.js";
import {due, when} from "../../language.js";

const MINUTE = 60_000;
const SOON = 24 * 60 * MINUTE;

function draw(box) {
  const left = new Date(box.dateTime) - Date.now();
  box.textContent = due(box.dateTime);
  box.className = `chip ${left < 0 ? "alarm" : left < SOON ? "wait" : ""}`;
}

/** The countdown of a moment, with the moment itself for who points at it. */
export function countdown(moment) {
  const box = make("time", {datetime: moment, title: when(moment)});
  draw(box);
  return box;
}

/** All countdowns below this element go on. */
export function keepTime(room) {
  setInterval(() => { for (const box of room.querySelectorAll("time.chip")) draw(box); }, MINUTE);
}
