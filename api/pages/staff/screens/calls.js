// The operators' form: who calls, what is wrong and where, whether it is known already; saved once, whatever is pressed twice.
import {button, field, make, notice} from "../dom.js";
import * as drafts from "../drafts.js";
import {listen, sign} from "../keys.js";
import {say} from "../language.js";
import {summary} from "../problems.js";
import {call} from "../server.js";
import {callerPart} from "./calls/caller.js";
import {categoryPart} from "./calls/category.js";
import {newCall, ticketOf} from "./calls/draft.js";
import {placePart} from "./calls/place.js";
import {readOut} from "./calls/result.js";

const DRAFT = "call";

/** An input that is kept in the draft as it is typed. */
function typed(state, name, control, keep) {
  control.value = state[name] ?? "";
  control.addEventListener("input", () => { state[name] = control.value; keep(); });
  return control;
}

function ticked(state, name, letter, text, keep) {
  const box = make("input", {type: "checkbox", checked: Boolean(state[name]), "aria-keyshortcuts": `Alt+${letter}`,
    onchange: () => { state[name] = box.checked; keep(); }});
  return {box, label: make("label", {class: "tick"}, box, make("span", {}, text), sign(letter))};
}

function inputsOf(state, keep) {
  const text = typed(state, "text", make("textarea", {rows: 5, maxlength: 20000, "aria-keyshortcuts": "Alt+T"}), keep);
  const title = typed(state, "title", make("input", {maxlength: 500, autocomplete: "off"}), keep);
  const phone = typed(state, "phone", make("input", {
    type: "tel", maxlength: 32, autocomplete: "off", "aria-keyshortcuts": "Alt+P"}), keep);
  const name = typed(state, "name", make("input", {maxlength: 80, autocomplete: "off"}), keep);
  const address = typed(state, "address", make("input", {maxlength: 300, autocomplete: "off", "aria-keyshortcuts": "Alt+L"}), keep);
  return {text, title, phone, name, address};
}

/** What one call needs; drawn anew for the next one. */
function form(room, state, again) {
  const keep = () => drafts.write(DRAFT, state);
  const inputs = inputsOf(state, keep);
  const confidential = ticked(state, "confidential", "B", say("calls.confidential"), keep);
  const urgent = ticked(state, "urgent", "U", say("calls.urgent"), keep);
  const caller = callerPart(state, inputs, keep);
  const category = categoryPart(state, inputs.text, keep);
  const place = placePart(state, inputs.address, () => { keep(); caller.look(); });
  caller.whenNear(place.show);
  const refused = summary({subject: inputs.title, detail: inputs.text, caller_phone: inputs.phone, caller_name: inputs.name,
    address: inputs.address, category: category.select});
  const save = button(say("calls.save"), () => saved(state, refused, (number) => {
    drafts.drop(DRAFT);
    readOut(room, number, again);
  }), {kind: "strong", "aria-keyshortcuts": "Alt+S"});
  save.append(sign("S"));
  const box = make("form", {class: "call", novalidate: true, onsubmit: (event) => event.preventDefault()},
    make("section", {"aria-label": say("calls.what")}, refused.box,
      make("div", {class: "pair"}, field([say("calls.phone"), sign("P")], inputs.phone, {hint: say("calls.phone_hint")}),
        field(say("calls.name"), inputs.name)),
      confidential.label,
      field([say("calls.text"), sign("T")], inputs.text, {required: true}),
      urgent.label, category.box, field(say("calls.title"), inputs.title, {hint: say("calls.title_hint")}),
      place.box, make("div", {class: "row actions"}, save, clearing(again))),
    make("aside", {"aria-label": say("calls.known")}, caller.box));
  room.replaceChildren(box);
  return {inputs, caller, category, place, save, confidential, urgent};
}

function clearing(again) {
  const made = button(say("calls.clear"), () => { drafts.drop(DRAFT); again(); }, {kind: "quiet", "aria-keyshortcuts": "Alt+N"});
  made.append(sign("N"));
  return made;
}

/** Hand the ticket over. Its number was made with the form, so a second press or a reload after a lost answer is the same ticket. */
async function saved(state, refused, done) {
  refused.clear();
  if (!state.text?.trim()) return refused.faults([{field: "detail", reason: say("needed")}], say("calls.incomplete"));
  let result;
  try {
    ({results: [result]} = await call("POST", "/api/v1/hotline/tickets", ticketOf(state)));
  } catch (error) {
    return refused.show(error);
  }
  if (result.number) return done(result.number);
  return refused.faults(result.errors, say("calls.refused"));
}

export function show(room) {
  let parts = null;

  function again() {
    parts = form(room, newCall(), again);
    parts.inputs.phone.focus();
  }

  const kept = drafts.read(DRAFT);
  parts = form(room, kept ?? newCall(), again);
  if (kept) notice(say("calls.kept"));
  listen({
    P: () => parts.inputs.phone.focus(), T: () => parts.inputs.text.focus(), L: () => parts.inputs.address.focus(),
    C: () => parts.category.focus(), J: () => parts.caller.focusNear(), B: () => parts.confidential.box.click(),
    U: () => parts.urgent.box.click(), S: () => parts.save.isConnected && parts.save.click(),
    N: () => { drafts.drop(DRAFT); again(); }});
  parts.inputs.phone.focus();
  if (kept) parts.caller.look();
}
