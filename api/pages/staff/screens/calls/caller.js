// Who calls: what came from this phone before, and what is open near the place, which may be what the call is about.
import {make} from "../../dom.js";
import {sign} from "../../keys.js";
import {metres, say, sayOr, when} from "../../language.js";
import {sentence} from "../../problems.js";
import {address, call} from "../../server.js";

const DIGITS = 5;

const status = (name) => make("span", {class: "chip"}, sayOr(`status.${name}`, name));

const quiet = (...parts) => make("p", {class: "quiet"}, parts.filter(Boolean).join(" · "));

/** A toggle: this call is about that case. Pressed again, or Esc, takes it back. */
function sameButton(state, number, changed) {
  const choose = (value) => { state.same_as = value; changed(number); };
  return make("button", {
    type: "button", class: "same", "aria-pressed": String(state.same_as === number), "data-case": number,
    onclick: () => choose(state.same_as === number ? null : number),
    onkeydown: (event) => { if (event.key === "Escape" && state.same_as === number) choose(null); },
  }, say("calls.same"));
}

const isOpen = (name) => name && !["closed", "rejected", "void", "merged"].includes(name);

function earlier(state, one, changed) {
  return make("li", {}, make("p", {class: "top"}, when(one.received_at), " ", one.status && status(one.status),
    one.confidential && make("span", {class: "chip wait"}, say("calls.confidential_short"))),
  make("p", {class: "words"}, one.text), quiet(one.address, one.case ?? one.number),
  isOpen(one.status) && sameButton(state, one.case, changed));
}

function nearby(state, one, at, changed) {
  return make("li", {}, make("p", {class: "top"}, make("strong", {class: "number"}, String(at + 1)), " ", metres(one.metres), " ",
    status(one.status)), make("p", {class: "words"}, one.title),
  quiet(one.address, one.number, say("calls.reports", {n: one.report_count})), sameButton(state, one.number, changed));
}

function listed(items, line, none) {
  return items.length ? make("ul", {class: "known"}, items.map(line)) : make("p", {class: "quiet"}, none);
}

/** The two lists beside the form. look() asks for them when phone or place has changed. */
export function callerPart(state, inputs, keep) {
  const before = make("div", {"aria-live": "polite"}, make("p", {class: "quiet"}, say("calls.no_phone")));
  const near = make("div", {"aria-live": "polite", tabindex: "-1"}, make("p", {class: "quiet"}, say("calls.no_place")));
  let turn = 0;
  let asked = "";

  function draw({reports, near: cases}) {
    const changed = (number) => { keep(); draw({reports, near: cases}); focusOn(number); };
    if (asked.includes("phone=")) before.replaceChildren(listed(reports, (one) => earlier(state, one, changed), say("calls.first_call")));
    if (state.place) near.replaceChildren(listed(cases, (one, at) => nearby(state, one, at, changed), say("calls.nothing_near")));
    onnear(state.place ? cases : []);
  }

  /** The lists were drawn anew: the focus stays on the case it was on. */
  const focusOn = (number) => [near, before].flatMap((list) => [...list.querySelectorAll(".same")])
    .find((one) => one.dataset.case === number)?.focus();

  let onnear = () => {};

  async function look() {
    const phone = state.phone.trim();
    const wanted = address("/api/v1/hotline/caller", {
      phone: phone.replace(/\D/g, "").length >= DIGITS ? phone : "", ...(state.place ?? {})});
    if (wanted === asked || !wanted.includes("?")) return;
    asked = wanted;
    const mine = ++turn;
    try {
      const told = await call("GET", wanted);
      if (mine === turn) draw(told);
    } catch (error) {
      asked = "";
      if (mine === turn) before.replaceChildren(make("p", {class: "fault"}, sentence(error)));
    }
  }

  inputs.phone.addEventListener("change", look);
  inputs.phone.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // or the line would be broken in the field that gets the focus
    look();
    inputs.text.focus();
  });
  const box = [make("h2", {}, say("calls.before")), before, make("h2", {}, say("calls.near"), sign("J")), near];
  return {box, look, whenNear: (heard) => { onnear = heard; },
    focusNear: () => (near.querySelector("button") ?? before.querySelector("button") ?? near).focus()};
}
