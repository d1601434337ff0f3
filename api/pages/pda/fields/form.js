// A form of the city, asked on the phone: questions come and go by `relevant`, answers are held to `required` and `constraint`.
// Answers are texts by question name, as an XForm carries them; the position is kept beside them.
import {choices, fault, field, make} from "../dom.js";
import {holds} from "../judging.js";
import {ofLabel, say} from "../language.js";
import {placeField} from "./place.js";

const INPUTS = {
  text: {type: "text"}, integer: {type: "text", inputmode: "numeric"}, decimal: {type: "text", inputmode: "decimal"}, date: {type: "date"}};

const NUMBERS = {integer: /^-?\d+$/, decimal: /^-?(\d+(\.\d*)?|\.\d+)$/};
const ASKS_NOTHING = new Set(["group", "repeat", "note", "image"]);

const options = (question) => question.choices.map(({name, label}) => ({value: name, text: ofLabel(label)}));

/** Shows the questions. `answers` and `place` are kept up to date; `masked` are answers that the server keeps from this phone:
 * left alone they stay. `fresh`: of a new thing, whose answers begin with the form's own. Answers {element, check(), leave()}; check() is true when everything may be saved. */
export function askForm(form, answers, {place = {}, around = null, masked = {}, onchange = () => {}, fresh = true} = {}) {
  const asked = [];
  const byName = new Map(form.questions.map((question) => [question.name, question]));

  if (fresh) for (const {name, default: preset} of form.questions) if (preset && answers[name] === undefined) answers[name] = preset;

  const unseen = (name) => masked[name] !== undefined && answers[name] === undefined;

  function relevant(question) {
    const outer = byName.get(question.group);
    return (!outer || relevant(outer)) && (question.relevant === null || holds(question.relevant, known(), answers[question.name] ?? ""));
  }

  /** Of what is hidden from this phone the mask stands in: a question that hangs on it is at least asked. */
  const known = () => ({...masked, ...answers});

  const needed = ({required, name}) => (Array.isArray(required) ? holds(required, known(), answers[name] ?? "") : required) && !unseen(name);

  function set(name, value) {
    if (value === "" && masked[name] !== undefined) delete answers[name];
    else answers[name] = value;
    draw();
    onchange();
  }

  function control(question) {
    const {name, type} = question;
    const hint = ofLabel(question.hint) || null;
    if (type.startsWith("select")) {
      const chosen = new Set((answers[name] ?? "").split(" ").filter(Boolean));
      return choices(ofLabel(question.label), options(question), chosen, {
        several: type === "select_multiple", required: needed(question), onchange: () => set(name, [...chosen].join(" "))});
    }
    if (type === "geopoint") return placeField(ofLabel(question.label), place, {around, ask: fresh, onchange});
    if (type === "note") return make("p", {class: "panel"}, ofLabel(question.label));
    if (type === "group" || type === "repeat") return question.label ? make("h2", {}, ofLabel(question.label)) : make("span");
    if (type === "image") return make("span");
    const long = type === "text" && question.appearance?.includes("multiline");
    const input = make(long ? "textarea" : "input", {...(long ? {rows: 3} : INPUTS[type]), value: answers[name] ?? "", autocomplete: "off",
      placeholder: masked[name] ?? null, oninput: () => set(name, input.value.trim())});
    const kept = masked[name] !== undefined ? say("form.kept") : null;
    return field(ofLabel(question.label), input, {hint: [hint, kept].filter(Boolean).join(" · ") || null, required: needed(question)});
  }

  function draw() {
    for (const {question, element} of asked) element.hidden = !relevant(question);
  }

  function wrong(question) {
    const answer = answers[question.name] ?? "";
    if (!relevant(question) || ASKS_NOTHING.has(question.type)) return "";
    if (question.type === "geopoint") return needed(question) && place.lon === undefined ? say("report.no_place") : "";
    if (answer === "") return needed(question) ? say("needed") : "";
    if (NUMBERS[question.type] && !NUMBERS[question.type].test(answer)) return say("form.number");
    if (question.constraint !== null && !holds(question.constraint, known(), answer)) return ofLabel(question.constraint_message) || say("form.wrong");
    return "";
  }

  const element = make("div", {class: "form"});
  for (const question of form.questions) {
    const made = control(question);
    asked.push({question, element: made});
    element.append(made);
  }
  draw();

  function mark(made, text) {
    const marked = made.matches("fieldset") ? made : made.querySelector("input, textarea");
    if (!marked || made.matches(".placefield")) return;
    fault(marked, text);
  }

  return {
    element,
    check() {
      let first = null;
      for (const {question, element: made} of asked) {
        const text = wrong(question);
        mark(made, text);
        if (text) first ??= made;
      }
      first?.scrollIntoView({block: "center"});
      first?.querySelector("input, textarea")?.focus({preventScroll: true});
      return !first;
    },
    /** What is said, by the register's fields: what a question that is not asked would say is left out. */
    said: () => Object.fromEntries(form.questions.filter((question) => question.field && question.type !== "geopoint"
      && !ASKS_NOTHING.has(question.type) && relevant(question) && answers[question.name] !== undefined)
      .map((question) => [question.field, question.type === "select_multiple"
        ? answers[question.name].split(" ").filter(Boolean) : answers[question.name]])),
    leave() { for (const {element: made} of asked) made.leave?.(); },
  };
}

/** Answers by question name for what an entry says: {answers, masked}. */
export function answersOf(form, values, masked) {
  const found = {answers: {}, masked: {}};
  for (const {name, field: key} of form.questions) {
    if (key && values[key] !== undefined && values[key] !== null) {
      found.answers[name] = Array.isArray(values[key]) ? values[key].join(" ") : String(values[key]);
    } else if (key && masked[key]) found.masked[name] = Array.isArray(masked[key]) ? masked[key].join("、") : String(masked[key]);
  }
  return found;
}
