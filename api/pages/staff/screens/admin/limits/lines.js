// The lines of the limits: one for a stage, perhaps for a channel, a branch of categories, or urgent matters alone.
import {button, make} from "../../../dom.js";
import {say, sayOr} from "../../../language.js";
import {table} from "../../stuck/part.js";
import {categoryField} from "../parts/choosing.js";
import {form, input, number, select, tick} from "../parts/form.js";
import {opener} from "../parts/list.js";
import {lineWords, stageName} from "./changes.js";

const STAGES = ["triage", "verify", "contact", "dispatch", "sign", "handle", "adjudicate", "check", "supervise", "assist_sign", "assist_handle", "appeal"];
const UNITS = ["urgent_hour", "work_hour", "work_day", "natural_day"];
const CHANNELS = ["pda", "hotline", "citizen", "wechat", "open311"];
const URGENCY = {true: true, false: false};

const named = (names, word) => names.map((one) => [one, word(one)]);

function editing(pane, draft, redraw, at = null) {
  const line = at === null ? {} : draft.rules[at];
  const value = input(line.value === undefined ? "" : String(line.value), {inputmode: "decimal"});
  const made = form({
    lead: say("admin.line_lead"), submit: say("admin.line_note"), fields: [
      {name: "stage", label: say("admin.stage"), required: true, control: select(named(STAGES, stageName), line.stage, say("admin.choose"))},
      {name: "value", label: say("admin.limit"), required: true, control: value, read: number(value)},
      {name: "unit", label: say("admin.unit"), required: true, control: select(named(UNITS, (one) => say(`limit_unit.${one}`)), line.unit, say("admin.choose"))},
      {name: "urgent", label: say("admin.urgency"), control: select([["true", say("admin.urgent")], ["false", say("admin.not_urgent")]], String(line.urgent ?? ""), say("admin.both"))},
      {name: "channel", label: say("admin.channel"), control: select(named(CHANNELS, (one) => sayOr(`channel.${one}`, one)), line.channel, say("admin.every_channel"))},
      {name: "category", label: say("admin.category"), hint: say("admin.category_all"), ...categoryField(line.category ? {code: line.category, name: ""} : null)},
      {name: "over_standard", label: "", ...tick(say("admin.over_standard"), Boolean(line.over_standard))}],
    send: (said) => ({stage: said.stage, value: said.value, unit: said.unit, urgent: URGENCY[said.urgent] ?? null, channel: said.channel ?? null,
      category: said.category ?? "", over_standard: said.over_standard}),
    done: (made_) => { draft.rules.splice(at ?? draft.rules.length, at === null ? 0 : 1, made_); redraw(); pane.close(); }});
  pane.open(at === null ? say("admin.line_add") : lineWords(line), made.box);
  made.focus();
}

export const linesPart = (pane, draft, redraw) => [
  make("div", {class: "head"}, make("h2", {}, say("limits")), opener("line", say("admin.line_add"), () => editing(pane, draft, redraw))),
  table(say("limits"), [say("admin.stage"), say("admin.for_what"), say("admin.limit"), say("stuck.do")], draft.rules.map((line, at) => [stageName(line.stage),
    [line.urgent === true && say("admin.urgent"), line.urgent === false && say("admin.not_urgent"), line.channel && sayOr(`channel.${line.channel}`, line.channel),
      line.category && say("admin.category_of", {code: line.category}), line.over_standard && say("admin.over_standard")].filter(Boolean).join(", ") || say("admin.every"),
    `${line.value} ${say(`limit_unit.${line.unit}`)}`, make("div", {class: "row"},
      opener(`line ${at}`, say("admin.change"), () => editing(pane, draft, redraw, at)),
      button(say("admin.remove"), () => { draft.rules.splice(at, 1); redraw(); }, {kind: "small quiet"}))]))];
