// A form of the city, asked on the phone: questions come and go by `relevant`, answers are held to `required` and `constraint`.
// Answers are texts by question name, as an XForm carries them; the position is kept beside them.
import {choices, fault, field, make} from "../dom.js";
import {holds} from "../judging.js";
import {ofLabel, say} from "../language.js";
import {placeField} from "./place.js";

const INPUTS = {
  text: {type: "text"}, integer: {type: "text", inputmode: "numeric"}, decimal: {type: "text", inputmode: "decimal"},
  date: {type: "date"}};
const NUMBERS = {integer: /^-?\d+$/, decimal: /^-?(\d+(\.\d*)?|\.\d+)$/};

/** Nothing is answered here: photos belong to reports and tasks, which ask for them by themselves. */
const ASKS_NOTHING = new Set(["group", "repeat", "note", "image"]);

const parts = (answer) => (answer ?? "").split(" ").filter(Boolean);

function heading({type, label}) {
  if (type === "note") return make("p", {class: "panel"}, ofLabel(label));
  return type === "group" || type === "repeat" ? make("h2", {}, ofLabel(label)) : make("span", {hidden: true});
}

/** Shows the questions. `answers` and `place` are kept up to date; `masked` are answers that the server keeps from this phone:
 * left alone they stay. `fresh`: of a new thing, whose answers begin with the form's own.
 * Answers {element, check(), said(), leave()}; check() is true when everything may be saved. */
export function askForm(form, answers, {place = {}, around = null, masked = {}, onchange = () => {}, fresh = true} = {}) {
  const byName = new Map(form.questions.map((question) => [question.name, question]));
  if (fresh) {
    for (const {name, default: preset} of form.questions) if (preset && answers[name] === undefined) answers[name] = preset;
  }

  /** Of what is hidden from this phone the mask stands in: a question that hangs on it is at least asked. */
  const known = () => ({...masked, ...answers});

  function relevant({name, group, relevant: tree}) {
    const outer = byName.get(group);
    return (!outer || relevant(outer)) && (tree === null || holds(tree, known(), answers[name] ?? ""));
  }

  function needed({required, name}) {
    const wanted = Array.isArray(required) ? holds(required, known(), answers[name] ?? "") : required;
    return wanted && (masked[name] === undefined || answers[name] !== undefined);
  }

  function set(name, value) {
    if (value === "" && masked[name] !== undefined) delete answers[name];
    else answers[name] = value;
    draw();
    onchange();
  }

  function chosen(question) {
    const picked = new Set(parts(answers[question.name]));
    const options = question.choices.map(({name, label}) => ({value: name, text: ofLabel(label)}));
    return choices(ofLabel(question.label), options, picked, {
      several: question.type === "select_multiple", required: needed(question),
      onchange: () => set(question.name, [...picked].join(" "))});
  }

  function typed(question) {
    const {name, type} = question;
    const isLong = type === "text" && question.appearance?.includes("multiline");
    const input = make(isLong ? "textarea" : "input", {
      ...(isLong ? {rows: 3} : INPUTS[type]), value: answers[name] ?? "", autocomplete: "off",
      placeholder: masked[name] ?? null, oninput: () => set(name, input.value.trim())});
    const hints = [ofLabel(question.hint), masked[name] !== undefined && say("form.kept")].filter(Boolean);
    return field(ofLabel(question.label), input, {hint: hints.join(" · ") || null, required: needed(question)});
  }

  function control(question) {
    if (question.type.startsWith("select")) return chosen(question);
    if (question.type === "geopoint") return placeField(ofLabel(question.label), place, {around, ask: fresh, onchange});
    return ASKS_NOTHING.has(question.type) ? heading(question) : typed(question);
  }

  const asked = form.questions.map((question) => ({question, element: control(question)}));

  function draw() {
    for (const {question, element} of asked) element.hidden = question.type === "image" || !relevant(question);
  }

  function wrong(question) {
    const {name, type, constraint} = question;
    const answer = answers[name] ?? "";
    if (!relevant(question) || ASKS_NOTHING.has(type)) return "";
    if (type === "geopoint") return needed(question) && place.lon === undefined ? say("report.no_place") : "";
    if (answer === "") return needed(question) ? say("needed") : "";
    if (NUMBERS[type] && !NUMBERS[type].test(answer)) return say("form.number");
    if (constraint === null || holds(constraint, known(), answer)) return "";
    return ofLabel(question.constraint_message) || say("form.wrong");
  }

  function mark(element, text) {
    const marked = element.matches(".choices") ? element : element.querySelector(":scope > input, :scope > textarea");
    if (marked) fault(marked, text);
  }

  const speaks = (question) => question.field && question.type !== "geopoint" && !ASKS_NOTHING.has(question.type)
    && relevant(question) && answers[question.name] !== undefined;

  draw();
  return {
    element: make("div", {class: "form"}, asked.map(({element}) => element)),
    check() {
      const faults = asked.map(({question, element}) => ({element, text: wrong(question)}));
      for (const {element, text} of faults) mark(element, text);
      const first = faults.find(({text}) => text)?.element;
      first?.scrollIntoView({block: "center"});
      first?.querySelector("input, textarea, button")?.focus({preventScroll: true});
      return !first;
    },
    /** What is said, by the register's fields; a question that is not asked says nothing. */
    said: () => Object.fromEntries(form.questions.filter(speaks).map(({field: key, name, type}) =>
      [key, type === "select_multiple" ? parts(answers[name]) : answers[name]])),
    leave() { for (const {element} of asked) element.leave?.(); },
  };
}

/** Answers by question name for what an entry says: {answers, masked}. */
export function answersOf(form, values, masked) {
  const found = {answers: {}, masked: {}};
  for (const {name, field: key} of form.questions.filter((question) => question.field)) {
    const [plain, hidden] = [values[key], masked[key]];
    if (plain !== undefined && plain !== null) found.answers[name] = Array.isArray(plain) ? plain.join(" ") : String(plain);
    else if (hidden) found.masked[name] = String(hidden);
  }
  return found;
}
