// Signing in with a phone: a code proves it, and what was sent with it from any device is shown.
import {add, button, fault, field, make} from "../dom.js";
import {inWords} from "../faults.js";
import {say} from "../language.js";
import {Problem} from "../server.js";
import * as session from "../session.js";

/** `next` is the screen to go on with. */
export async function show(room, next = "mine") {
  const phone = make("input", {type: "tel", inputmode: "tel", autocomplete: "tel"});
  const code = make("input", {inputmode: "numeric", autocomplete: "one-time-code", maxlength: 12});
  const second = make("div", {class: "form tight", hidden: true}, make("p", {class: "hint", role: "status"}, say("sign.sent")),
    field(say("sign.code"), code), button(say("sign.in"), enter, {kind: "strong wide", id: "enter"}));

  async function ask() {
    fault(phone, phone.value.trim() ? "" : say("needed"));
    if (!phone.value.trim()) return phone.focus();
    try {
      await session.askForCode(phone.value.trim());
      second.hidden = false;
      code.focus();
    } catch (error) {
      fault(phone, error instanceof Problem && error.status === 422 ? say("sign.no_phone") : inWords(error));
    }
    return undefined;
  }

  async function enter() {
    fault(code, code.value.trim() ? "" : say("needed"));
    if (!code.value.trim()) return code.focus();
    try {
      await session.signIn(phone.value.trim(), code.value.trim());
      location.hash = `#/${next}`;
    } catch (error) {
      fault(code, error instanceof Problem && error.status === 401 ? say("sign.wrong") : inWords(error));
    }
    return undefined;
  }

  add(room, make("p", {class: "lead"}, say("sign.lead")), make("div", {class: "form tight"}, field(say("contact.phone"), phone),
    button(say("sign.ask"), ask, {kind: "strong wide", id: "ask"})), second);
  return {};
}
