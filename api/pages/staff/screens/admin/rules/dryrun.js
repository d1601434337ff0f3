// Dry run: who would get a case of this category here, which rule says so, and why the others do not.
import {make} from "../../../dom.js";
import {say} from "../../../language.js";
import {departments} from "../../../reference.js";
import {address, call} from "../../../server.js";
import {areaField, categoryField, departmentName} from "../parts/choosing.js";
import {form, input} from "../parts/form.js";
import {ruleBox} from "./cell.js";

export function trial(pane) {
  const place = make("div", {class: "whole", tabindex: "-1", "aria-live": "polite"});
  const made = form({
    lead: say("admin.dry_run_lead"), submit: say("admin.dry_run_go"), fields: [
      {name: "category", label: say("admin.category"), required: true, hint: say("admin.pick_hint"), ...categoryField()},
      {name: "area", label: say("admin.area"), hint: say("admin.area_find_hint"), ...areaField()},
      {name: "ownership", label: say("admin.ownership"), hint: say("admin.ownership_hint"), control: input("", {maxlength: 40})}],
    send: (said) => call("GET", address("/api/v1/rules/explain", said)),
    done: async (told) => {
      const list = await departments();
      place.replaceChildren(make("p", {class: told.lead ? "panel good" : "panel alarm"}, told.lead
        ? say("admin.would_get", {name: departmentName(list, told.lead)}) : say("admin.would_wait")), make("p", {}, told.explanation),
      ...told.candidates.map((one) => ruleBox(one, list)));
      place.focus();
    }});
  pane.open(say("admin.dry_run"), made.box, place);
  made.focus();
}
