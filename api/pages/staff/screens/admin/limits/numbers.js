// The numbers of the city's practice: each for all categories, and otherwise for a branch of them.
import {button, make} from "../../../dom.js";
import {language, say} from "../../../language.js";
import {table} from "../../stuck/part.js";
import {categoryField} from "../parts/choosing.js";
import {area, form, input, number} from "../parts/form.js";
import {opener} from "../parts/list.js";
import {numberName, valueWords} from "./changes.js";

const nameOf = (one) => (language() === "zh" ? one.says : numberName(one.name));

const wordsOf = (control) => () => ({value: control.value.split(/[\s,，、]+/).filter(Boolean)});

function put(draft, prefix, name, value) {
  const said = {...draft.numbers[prefix]};
  if (value === undefined) delete said[name];
  else said[name] = value;
  if (Object.keys(said).length) draft.numbers[prefix] = said;
  else delete draft.numbers[prefix];
}

function editing(pane, draft, one, redraw, prefix = "") {
  const value = draft.numbers[prefix]?.[one.name] ?? one.value;
  const isList = Array.isArray(one.value);
  const control = isList ? area(value.join(" "), {rows: 8}) : input(String(value), {inputmode: "decimal"});
  const made = form({
    lead: say("admin.number_lead", {low: one.low, high: one.high}), submit: say("admin.line_note"), fields: [
      {name: "category", label: say("admin.category"), hint: say("admin.category_all"), ...categoryField(prefix ? {code: prefix, name: ""} : null)},
      {name: "value", label: isList ? say("admin.words_of") : say("admin.value"), required: true, control, read: isList ? wordsOf(control) : number(control)}],
    send: (said) => said,
    done: (said) => { put(draft, said.category ?? "", one.name, said.value); redraw(); pane.close(); }});
  pane.open(nameOf(one), made.box);
  made.focus();
}

function exceptions(pane, draft, one, redraw) {
  return Object.entries(draft.numbers).filter(([prefix, said]) => prefix && one.name in said).map(([prefix, said]) => make("li", {},
    `${say("admin.category_of", {code: prefix})}${say("colon")}${valueWords(said[one.name])} `,
    button(say("admin.remove"), () => { put(draft, prefix, one.name, undefined); redraw(); }, {kind: "small quiet"})));
}

export const numbersPart = (pane, draft, known, redraw) => [make("h2", {}, say("admin.numbers")),
  table(say("admin.numbers"), [say("admin.name"), say("admin.value"), say("admin.exceptions"), say("stuck.do")], known.map((one) => {
    const own = exceptions(pane, draft, one, redraw);
    return [nameOf(one), `${valueWords(draft.numbers[""]?.[one.name] ?? one.value)} ${Array.isArray(one.value) ? "" : say(`unit_of.${one.unit}`)}`,
      own.length ? make("ul", {}, own) : "–", opener(`number ${one.name}`, say("admin.change"), () => editing(pane, draft, one, redraw))];
  }))];
