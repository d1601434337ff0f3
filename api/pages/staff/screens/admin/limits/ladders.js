// Ladders: at which share of a limit somebody higher up is told, for all departments or for one.
import {button, make} from "../../../dom.js";
import {say} from "../../../language.js";
import {departments} from "../../../reference.js";
import {table} from "../../stuck/part.js";
import {roles} from "../parts/choosing.js";
import {form, input, number, select} from "../parts/form.js";
import {opener} from "../parts/list.js";
import {rungWords} from "./changes.js";

const MOST = 6;

function rungFields(rungs) {
  return Array.from({length: MOST}, (_, at) => {
    const [share = "", role = ""] = rungs[at] ?? [];
    const control = input(String(share), {inputmode: "numeric"});
    return [{name: `share${at}`, label: say("admin.share_of", {n: at + 1}), control, read: number(control)},
      {name: `role${at}`, label: say("admin.told_of", {n: at + 1}), control: select(roles(), role, "–")}];
  }).flat();
}

const rungsOf = (said) => Array.from({length: MOST}, (_, at) => [said[`share${at}`], said[`role${at}`]]).filter(([share, role]) => share !== undefined && role);

async function editing(pane, draft, redraw, code = null) {
  const list = (await departments()).map((one) => [one.code, one.name]);
  const made = form({
    lead: say("admin.ladder_lead"), submit: say("admin.line_note"), fields: [
      ...(code === null ? [{name: "code", label: say("admin.department"), required: true, control: select(list, "", say("admin.choose"))}] : []),
      ...rungFields(draft.ladders[code ?? ""] ?? [])],
    send: (said) => said,
    done: (said) => { draft.ladders[code ?? said.code] = rungsOf(said); redraw(); pane.close(); }});
  pane.open(code === null ? say("admin.ladder_add") : say("admin.ladder_of", {code: code || say("admin.every_department")}), made.box);
  made.focus();
}

export function laddersPart(pane, draft, redraw) {
  const rows = Object.entries({"": [], ...draft.ladders});
  return [make("div", {class: "head"}, make("h2", {}, say("admin.ladders")), opener("ladder", say("admin.ladder_add"), () => editing(pane, draft, redraw))),
    table(say("admin.ladders"), [say("admin.department"), say("admin.rungs"), say("stuck.do")], rows.map(([code, rungs]) => [
      code || say("admin.every_department"), rungs.length ? rungWords(rungs) : say("admin.ladder_default"), make("div", {class: "row"},
        opener(`ladder ${code}`, say("admin.change"), () => editing(pane, draft, redraw, code)),
        code in draft.ladders && button(say("admin.remove"), () => { delete draft.ladders[code]; redraw(); }, {kind: "small quiet"}))]))];
}
