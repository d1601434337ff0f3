// A form of administration: fields that are read, a question before anything changes, and what is refused at its field.
import {ask, button, field, make, newId, notice} from "../../../dom.js";
import {say} from "../../../language.js";
import {sentence, summary} from "../../../problems.js";

/** What the fields say, by name, without what is empty; and what cannot be sent. A field is {name, label, control, read?, hint?,
 * required?, also?}: read() answers {value} or {reason}, and `also` are other names under which the server may refuse it. */
async function gathered(fields) {
  const said = {};
  const faults = [];
  for (const {name, control, read, required} of fields) {
    const {value, reason} = read ? await read() : {value: control.value.trim()};
    const isEmpty = value === undefined || value === null || value === "";
    if (reason) faults.push({field: name, reason});
    else if (isEmpty && required) faults.push({field: name, reason: say("needed")});
    else if (!isEmpty) said[name] = value;
  }
  return {said, faults};
}

/** What brings its own label still needs room for what is wrong with it. */
function bareField(bare, control) {
  control.id ||= newId();
  const place = make("p", {class: "fault", id: `${control.id}-fault`, hidden: true});
  control.setAttribute("aria-describedby", place.id);
  return make("div", {class: "field"}, bare, place);
}

const byEveryName = (fields) => Object.fromEntries(fields.flatMap(({name, also = [], control}) =>
  [name, ...also].map((one) => [one, control])));

/** {box, focus()}. `sure(said)` answers the question to be asked first (null for none); `send(said)` does it; `done(told, said)`. */
export function form({fields, submit, lead = null, sure = null, send, done, danger = false}) {
  const refused = summary(byEveryName(fields));
  let busy = false;

  async function attempt() {
    refused.clear();
    const {said, faults} = await gathered(fields);
    if (faults.length) return refused.faults(faults, say("admin.incomplete"));
    const question = sure && await sure(said);
    if (question && !await ask(question, {kind: danger ? "danger" : "strong"})) return undefined;
    return done(await send(said), said);
  }

  async function go(event) {
    event.preventDefault();
    if (busy) return;
    busy = true;
    try {
      await attempt();
    } catch (error) {
      refused.show(error);
    } finally {
      busy = false;
    }
  }

  const box = make("form", {class: "form", novalidate: true, onsubmit: go}, lead && make("p", {class: "hint"}, lead), refused.box,
    fields.map(({label, control, hint, required, bare}) => (bare ? bareField(bare, control) : field(label, control, {hint, required}))),
    make("div", {class: "row"}, make("button", {type: "submit", class: danger ? "danger" : "strong"}, submit)));
  return {box, focus: () => box.querySelector("input, select, textarea")?.focus()};
}

/** A button that does one thing after a question, and says what came of it. */
export const doing = (text, {question, work, done, kind = "small", danger = false}) => button(text, async () => {
  if (question && !await ask(question, {kind: danger ? "danger" : "strong"})) return;
  try {
    notice((await work()) ?? say("admin.done"), "good");
  } catch (error) {
    notice(sentence(error), "fault");
  }
  await done?.();
}, {kind});

export const input = (value = "", more = {}) => make("input", {autocomplete: "off", ...more, value: value ?? ""});

export const area = (value = "", more = {}) => make("textarea", {rows: 4, ...more, value: value ?? ""});

/** A choice of [value, text]; `none` is the text of no choice. */
export function select(options, chosen = "", none = null) {
  const made = make("select", {}, none !== null && make("option", {value: ""}, none),
    options.map(([value, text]) => make("option", {value}, text)));
  made.value = chosen ?? "";
  return made;
}

/** A number as the server wants it. */
export const number = (control) => () => {
  const text = control.value.trim();
  if (text === "") return {value: undefined};
  return Number.isFinite(Number(text)) ? {value: Number(text)} : {reason: say("admin.no_number")};
};

/** Several of [value, text], each with a box to tick; the value is the list of what is ticked, none when nothing is. */
export function ticks(legend, options, ticked = () => false) {
  const boxes = options.map(([value], at) => [value, make("input", {type: "checkbox", checked: ticked(value, at)})]);
  const control = make("fieldset", {class: "ticks-of", tabindex: "-1"}, make("legend", {}, legend), boxes.map(([, box], at) =>
    make("label", {class: "tick"}, box, make("span", {}, options[at][1]))));
  const chosen = () => boxes.filter(([, box]) => box.checked).map(([value]) => value);
  return {control, bare: control, read: () => ({value: chosen().length ? chosen() : undefined})};
}

/** A box to tick, with its label beside it. */
export function tick(text, checked = false) {
  const control = make("input", {type: "checkbox", checked});
  return {control, bare: make("label", {class: "tick"}, control, make("span", {}, text)), read: () => ({value: control.checked})};
}
