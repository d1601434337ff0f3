// One cell of the table: the rules that reach it, each of which may be ended, and another one for exactly this place.
import {make} from "../../../dom.js";
import {say, when} from "../../../language.js";
import {departments} from "../../../reference.js";
import {address, call} from "../../../server.js";
import {departmentName} from "../parts/choosing.js";
import {doing} from "../parts/form.js";
import {facts, opener, whole} from "../parts/list.js";
import {addRule} from "./making.js";

/** A code with its name; where there is none, what stands for all. */
export const placeOf = (code, name, all) => (code ? `${code} ${name ?? ""}`.trim() : all);

/** A rule in full; `ended` is called after it was ended. */
export function ruleBox(one, list, ended = null) {
  return make("section", {class: "standard"}, make("h3", {}, one.name), facts([
    [say("admin.category"), placeOf(one.category_code, one.category_name, say("admin.every"))],
    [say("admin.area"), placeOf(one.area_code, one.area_name, say("admin.whole_city"))],
    [say("admin.lead"), departmentName(list, one.lead_department_id)],
    [say("admin.assisting"), one.assisting_ids.map((id) => departmentName(list, id)).join("、")], [say("admin.ownership"), one.ownership],
    [say("admin.rule_hours"), one.hours], [say("admin.valid_from"), one.valid_from && when(one.valid_from)],
    [say("admin.valid_until"), one.valid_until && when(one.valid_until)], [say("admin.ground"), one.ground]]),
  ended && make("div", {class: "row"}, doing(say("admin.rule_end"), {danger: true, question: say("admin.rule_end_sure", {name: one.name}),
    work: async () => { await call("POST", `/api/v1/rules/${one.id}/retire`); }, done: ended})));
}

export function cellPane(pane, row, column, anew) {
  const place = {category: row, area: column.whole ? null : column}; // a rule for the whole city names no area: a case may have none
  const part = whole(async () => {
    const [{items, all}, list] = await Promise.all([call("GET", address("/api/v1/rules", {category: row.code, area: column.code})), departments()]);
    return [!items.length && make("p", {class: "panel alarm"}, say("admin.nobody_answers")), !all && make("p", {class: "quiet"}, say("admin.rules_cut")),
      items.map((one) => ruleBox(one, list, async () => { await anew(); await part.load(); }))];
  });
  pane.open(`${row.name} × ${column.name}`, make("div", {class: "row"}, opener("rule", say("admin.rule_here"), () => addRule(pane, anew, place), "strong")), part.box);
  return part.load();
}
