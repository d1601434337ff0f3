// Danger to life: whom to call now, in place of a form that somebody would read later.
import {button, icon, make} from "./dom.js";
import {say} from "./language.js";

/** A number to be touched. */
export const dial = (number) => make("a", {class: "button strong wide", href: `tel:${number.replace(/[^\d+]/g, "")}`},
  icon("phone"), make("span", {}, say("emergency.dial", {number})));

/** `call` is {number, words}; `back` does what the last button says. */
export const emergency = ({number, words}, back, text) => make("section", {class: "panel emergency"},
  make("h2", {}, say("emergency")), make("p", {class: "lead"}, words ?? say("emergency.call", {number})), dial(number),
  make("p", {class: "hint"}, say("emergency.hint")), button(text, back, {kind: "quiet wide"}));
