// The form of one action, drawn from what the server says that it asks for: kinds, choices, evidence, lengths.
import {button, make} from "../../dom.js";
import {say, sayOr} from "../../language.js";
import {sentence, summary} from "../../problems.js";
import {FIELDS} from "./fields.js";
import {step} from "./words.js";

/** What people call a field: some actions have a better word for it than the others. */
export const labelOf = (name, action) => sayOr(`case_ask.${action}_${name}`, sayOr(`case_field.${name}`, name));

/** Texts that the city keeps for this action, already filled in: one press puts it into the field. */
function templates(list, control, changed) {
  if (!list.length || !control) return null;
  const select = make("select", {"aria-label": say("case.template"), onchange() {
    const chosen = list.find(({id}) => id === select.value);
    if (!chosen) return;
    control.value = [control.value.trim(), chosen.text].filter(Boolean).join("\n");
    changed();
    control.focus();
    select.value = "";
  }}, make("option", {value: ""}, say("case.template")), list.map(({id, title}) => make("option", {value: id}, title)));
  return select;
}

/** `state` has the values by name and is kept up to date; `keep` is called when one has changed, `send(values)` when all is
 * there, `leave` by Esc. Answers {box, focus, waits(), refuse(error), conflict(why, news, isStillOffered), allow(is)}. */
export function formOf({action, says, asks, templates: offered}, state, {told, keep, send, leave}) {
  const {name, means} = step(action, says);
  const fields = asks.map((ask) => ({ask, ...FIELDS[ask.kind](ask, state, {label: labelOf(ask.name, action), told, keep, among: (other) => fields.find((one) => one.ask.name === other)})}));
  for (const {begin} of fields) begin?.();
  const controls = Object.fromEntries(fields.filter(({control}) => control).map(({ask, control}) => [ask.name, control]));
  const refused = summary(controls);
  const text = fields.find(({ask}) => ask.kind === "text");
  const go = button(name, submit, {kind: "strong"});
  let isOffered = true;
  let isWaiting = false;
  const changedBox = make("div", {class: "changed", role: "alert", hidden: true, tabindex: "-1"});

  /** The summary leads to the fields that it knows, and names the others as people call them. */
  const named = (faults) => faults.map(({field, reason}) => {
    const own = field.split(".")[0];
    return own in controls ? {field: own, reason} : {field: "", reason: own ? `${labelOf(own, action)}${say("colon")}${reason}` : reason};
  });

  /** Whether something is missing; that is said. */
  function lacks() {
    const missing = fields.filter(({ask, value}) => ask.required && isNothing(value())).map(({ask}) => ({field: ask.name, reason: say("needed")}));
    if (missing.length) refused.faults(named(missing), say("case.incomplete"));
    return missing.length > 0;
  }

  /** Wait for what is on its way. Whether some of it failed; that is said, for nobody sends knowingly without it. */
  async function failed() {
    isWaiting = true;
    const told = await Promise.all(fields.map(async ({ask, ready}) => (await ready?.() ?? []).map((reason) => ({field: ask.name, reason}))))
      .finally(() => { isWaiting = false; });
    const faults = told.flat();
    if (!faults.length) return false;
    refused.faults(named(faults), say("case.not_uploaded"));
    fields.find(({ask}) => ask.name === faults[0].field).focus();
    return true;
  }

  async function submit() {
    refused.clear();
    if (lacks()) return;
    go.disabled = true;
    try {
      if (await failed() || lacks()) return; // what was there may have been taken out meanwhile
      await send(Object.fromEntries(fields.map(({ask, value}) => [ask.name, value()]).filter(([, value]) => !isNothing(value))));
    } finally {
      go.disabled = !isOffered;
    }
  }

  function pressed(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      leave();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      go.click();
    }
  }

  const box = make("form", {class: "form action-form", novalidate: true, "aria-label": name, onkeydown: pressed,
    onsubmit: (event) => event.preventDefault()},
  make("div", {}, make("h3", {}, name), means && make("p", {class: "quiet"}, means)), changedBox, refused.box,
  fields.map((one) => [one === text && templates(offered, one.control, one.changed), one.box]),
  make("div", {class: "row"}, go, button(say("case.leave"), leave, {kind: "quiet"})));

  return {
    box: [box],
    focus: () => (box.querySelector("input, textarea, select") ?? go).focus(),
    waits: () => isWaiting,
    refuse(error) {
      refused.faults(named(error.document?.errors ?? []), sentence(error));
    },
    conflict(why, news, isStillOffered) {
      changedBox.replaceChildren(make("p", {}, make("strong", {}, say(news ? "case.changed" : "case.not_now"))), make("p", {}, why),
        ...[news].filter(Boolean), make("p", {}, say(isStillOffered ? "case.changed_again" : "case.changed_over")));
      isOffered = isStillOffered;
      changedBox.hidden = false;
      changedBox.focus();
    },
    allow(is) { isOffered = is; go.disabled = !is; },
  };
}

const isNothing = (value) => value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);
