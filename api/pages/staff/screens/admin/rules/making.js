// A rule is made: what it changes is said before it is kept. Or many, from a table.
import {notice} from "../../../dom.js";
import {say} from "../../../language.js";
import {departments} from "../../../reference.js";
import {call, upload} from "../../../server.js";
import {areaField, categoryField, departmentName, departmentSelect} from "../parts/choosing.js";
import {area, form, input, tick, ticks} from "../parts/form.js";

const RULES = "/api/v1/rules";

/** Of a cell: category and area as they stand in the fields; the whole city has no code. */
const chosen = (one) => (one?.code ? {...one, full_name: one.name} : null);

export async function addRule(pane, anew, place = {}) {
  const list = await departments();
  const made = form({
    lead: say("admin.rule_lead"), submit: say("admin.rule_keep"), fields: [
      {name: "name", label: say("admin.name"), required: true, hint: say("admin.rule_name_hint"), control: input("", {maxlength: 120})},
      {name: "category_code", label: say("admin.category"), hint: say("admin.category_all"), ...categoryField(chosen(place.category))},
      {name: "area_code", label: say("admin.area"), hint: say("admin.area_all"), ...areaField(chosen(place.area))},
      {name: "lead_department_id", also: ["lead"], label: say("admin.lead"), required: true, control: await departmentSelect("", say("admin.choose"))},
      {name: "assisting_ids", also: ["assisting"], label: "", ...ticks(say("admin.assisting"), list.filter((one) => one.active).map((one) => [one.id, one.name]))},
      {name: "ownership", label: say("admin.ownership"), hint: say("admin.ownership_hint"), control: input("", {maxlength: 40})},
      {name: "hours", label: say("admin.rule_hours"), hint: say("admin.rule_hours_hint"), control: input("", {maxlength: 200})},
      {name: "ground", label: say("admin.ground"), control: area("", {maxlength: 2000, rows: 2})}],
    sure: async (said) => {
      const told = await call("POST", `${RULES}/try`, said);
      const name = (id) => (id ? departmentName(list, id) : say("admin.nobody_yet"));
      return say("admin.rule_sure", {name: said.name, before: name(told.before_lead), after: name(told.after_lead), words: told.after});
    },
    send: (said) => call("POST", RULES, said),
    done: async () => { notice(say("admin.rule_kept"), "good"); await anew(); pane.close(); }});
  pane.open(say("admin.rule_add"), made.box);
  made.focus();
}

export function importRules(pane, anew) {
  const file = input("", {type: "file", accept: ".csv,.xlsx"});
  const made = form({
    lead: say("admin.rules_lead"), submit: say("admin.rules_import"), fields: [
      {name: "file", label: say("admin.file"), required: true, control: file, read: () => ({value: file.files[0]})},
      {name: "replace", label: "", ...tick(say("admin.rules_replace"))}],
    sure: (said) => say(said.replace ? "admin.rules_replace_sure" : "admin.rules_sure", {name: said.file.name}),
    send: (said) => {
      const sent = new FormData();
      sent.append("file", said.file);
      sent.append("replace", String(said.replace));
      return upload(`${RULES}/import`, sent);
    },
    done: async (told) => { notice(say("admin.rules_taken", told), told.overlaps ? "fault" : "good"); await anew(); pane.close(); }});
  pane.open(say("admin.rules_import"), made.box);
  made.focus();
}
