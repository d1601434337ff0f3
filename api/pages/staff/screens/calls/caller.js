// Who calls: what came from this phone before, and what is open near the place, which may be what the call is about.
import {button, make} from "../../dom.js";
import {sign} from "../../keys.js";
import {metres, say, sayOr, when} from "../../language.js";
import {sentence} from "../../problems.js";
import {call} from "../../server.js";

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

/** Which case was chosen, also when no list shows it any longer: it goes with the ticket. */
function chosenLine(state, changed) {
  if (!state.same_as) return [];
  return [make("span", {}, say("calls.same_chosen", {number: state.same_as})), button(say("calls.same_undo"), () => {
    const before = state.same_as;
    state.same_as = null;
    changed(before);
  }, {kind: "quiet small"})];
}

/** The two lists beside the form. look() asks for them when phone or place has changed. */
export function callerPart(state, inputs, keep) {
  const before = make("div", {"aria-live": "polite"}, make("p", {class: "quiet"}, say("calls.no_phone")));
  const near = make("div", {"aria-live": "polite", tabindex: "-1"}, make("p", {class: "quiet"}, say("calls.no_place")));
  const chosen = make("div", {class: "chosen", role: "status"});
  let turn = 0;
  let asked = "";
  let told = {reports: null, near: null};

  function draw() {
    const changed = (number) => { keep(); draw(); focusOn(number); };
    const {reports, near: cases} = told;
    chosen.replaceChildren(...chosenLine(state, changed));
    before.replaceChildren(reports ? listed(reports, (one) => earlier(state, one, changed), say("calls.first_call"))
      : make("p", {class: "quiet"}, say("calls.no_phone")));
    near.replaceChildren(cases ? listed(cases, (one, at) => nearby(state, one, at, changed), say("calls.nothing_near"))
      : make("p", {class: "quiet"}, say("calls.no_place")));
    onnear(cases ?? []);
  }

  /** The lists were drawn anew: the focus stays on the case it was on. */
  const focusOn = (number) => [near, before].flatMap((list) => [...list.querySelectorAll(".same")])
    .find((one) => one.dataset.case === number)?.focus();

  let onnear = () => {};

  /** What is asked of the server: nothing of what is not known. */
  function wish() {
    const phone = state.phone.trim();
    return {...(phone.replace(/\D/g, "").length >= DIGITS && {phone}), ...state.place};
  }

  async function look() {
    const wanted = wish();
    if (JSON.stringify(wanted) === asked) return;
    asked = JSON.stringify(wanted);
    const mine = ++turn;
    try {
      const {reports = [], near: cases = []} = asked === "{}" ? {} : await call("POST", "/api/v1/hotline/caller", wanted);
      if (mine !== turn) return;
      told = {reports: wanted.phone ? reports : null, near: state.place ? cases : null};
      draw();
    } catch (error) {
      if (mine !== turn) return;
      asked = "";
      told = {reports: null, near: null}; // of another caller, perhaps
      draw();
      before.replaceChildren(make("p", {class: "fault"}, sentence(error)));
    }
  }

  inputs.phone.addEventListener("change", look);
  inputs.phone.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // or the line would be broken in the field that gets the focus
    look();
    inputs.text.focus();
  });
  if (state.same_as) draw();
  const box = [chosen, make("h2", {}, say("calls.before")), before, make("h2", {}, say("calls.near"), sign("J")), near];
  return {box, look, whenNear: (heard) => { onnear = heard; },
    focusNear: () => (near.querySelector("button") ?? before.querySelector("button") ?? near).focus()};
}
