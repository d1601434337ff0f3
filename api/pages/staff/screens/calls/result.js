// What is told to the caller: the number, large, and in groups that can be read out.
import {button, make} from "../../dom.js";
import {sign} from "../../keys.js";
import {say} from "../../language.js";

/** In place of the form; `again` begins the next call. */
export function readOut(room, number, again) {
  const next = button(say("calls.next"), again, {kind: "strong", "aria-keyshortcuts": "Alt+N"});
  next.append(sign("N"));
  room.replaceChildren(make("section", {class: "result", role: "status"},
    make("p", {}, say("calls.stored")),
    make("p", {class: "spoken"}, number),
    make("p", {class: "hint"}, say("calls.read_out")), next));
  next.focus(); // Enter goes on
}
