// The kinds of fields that an action may ask for. Each makes {box, control?, value(), changed?, ready?, focus?, begin?}: `control`
// is where a fault is shown, `value` what is sent, and `ready` waits for what is on its way and answers what failed meanwhile.
import {field, make, newId} from "../../dom.js";
import {say, sayOr} from "../../language.js";
import {categoryField, standardField} from "./categories.js";
import {photosField} from "./photofield.js";
import {placeField} from "./placefield.js";

const hintOf = ({evidence}) => (evidence.length ? say("case.standard_asks", {
  what: evidence.map((one) => sayOr(`case_evidence.${one}`, one)).join(say("case.comma"))}) : null);

function typed(ask, state, {label, keep}, control) {
  const changed = () => { state[ask.name] = control.value; keep(); };
  control.value = state[ask.name] ?? ask.value ?? "";
  control.addEventListener("input", changed);
  return {control, changed, value: () => control.value.trim(), box: field(label, control, {hint: hintOf(ask), required: ask.required})};
}

const text = (ask, state, more) => typed(ask, state, more, make("textarea", {rows: 4, maxlength: ask.most}));

const line = (ask, state, more) => typed(ask, state, more, make("input", {maxlength: ask.most, autocomplete: "off"}));

function number(ask, state, more) {
  const made = typed(ask, state, more, make("input", {maxlength: ask.most, autocomplete: "off", autocapitalize: "characters"}));
  return {...made, value: () => made.control.value.trim().toUpperCase()};
}

const nameOf = ({value, text: words}) => sayOr(`case_choice.${value}`, words);

function choice(ask, state, more) {
  const select = make("select", {}, make("option", {value: ""}, say(ask.required ? "case.choose" : "case.open")),
    ask.choices.map((one) => make("option", {value: one.value}, nameOf(one))));
  const known = ask.choices.some(({value}) => value === state[ask.name]);
  if (!known) delete state[ask.name];
  const made = typed(ask, state, more, select);
  if (!known && ask.required && ask.choices.length === 1) {
    select.value = ask.choices[0].value;
    made.changed();
  }
  return made;
}

/** Several of a list: with many of them what is typed narrows it. */
function choices(ask, state, {label, keep}) {
  const chosen = new Set((state[ask.name] ?? []).filter((one) => ask.choices.some(({value}) => value === one)));
  const lines = ask.choices.map((one) => {
    const input = make("input", {type: "checkbox", value: one.value, checked: chosen.has(one.value), onchange() {
      if (input.checked) chosen.add(one.value);
      else chosen.delete(one.value);
      state[ask.name] = [...chosen];
      keep();
    }});
    return {input, text: nameOf(one), label: make("label", {class: "tick"}, input, make("span", {}, nameOf(one)))};
  });
  const first = lines[0]?.input;
  const id = newId();
  if (first) first.id = id;
  const narrow = lines.length > 10 && make("input", {type: "search", "aria-label": say("case.narrow"), placeholder: say("case.narrow"), oninput() {
    for (const one of lines) one.label.hidden = !one.input.checked && !one.text.includes(narrow.value.trim());
  }});
  const box = make("fieldset", {class: "several"}, make("legend", {}, label, ask.required && make("span", {class: "required"}, say("required"))),
    narrow, make("div", {class: "several-list"}, lines.map((one) => one.label)),
    !lines.length && make("p", {class: "quiet"}, say("case.nothing_to_choose")), make("p", {class: "fault", id: `${id}-fault`, hidden: true}));
  return {box, control: first, value: () => [...chosen]};
}

const two = (value) => String(value).padStart(2, "0");

/** As an input of the kind datetime-local wants it: the clock of this browser, without a zone. */
function local(moment) {
  const date = new Date(moment);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

function moment(ask, state, more) {
  const control = make("input", {type: "datetime-local", min: local(Date.now())});
  const made = typed({...ask, value: ask.value && local(ask.value)}, state, more, control);
  return {...made, value: () => (control.value ? new Date(control.value).toISOString() : null)};
}

export const FIELDS = {
  text, line, choice, choices, moment, case: number, category: categoryField, standard: standardField,
  place: (ask, state, more) => placeField(ask, state, {...more, hint: hintOf(ask)}),
  position: (ask, state, more) => placeField(ask, state, {...more, hint: hintOf(ask), isMine: true}),
  photos: (ask, state, more) => photosField(ask, state, {...more, hint: hintOf(ask)}),
};
