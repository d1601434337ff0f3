// Exports of the hotline: choose a file, try it, mend the columns, take it in, and download what was refused to correct it.
import {button, field, make, notice} from "../dom.js";
import {say} from "../language.js";
import {summary} from "../problems.js";
import {call, upload} from "../server.js";
import {columnsPart} from "./imports/columns.js";
import {reportOf} from "./imports/report.js";

const IMPORTS = "/api/v1/hotline/imports";
const MAPPINGS = "/api/v1/hotline/mappings";

async function fillMappings(select, chosen = "") {
  const {items} = await call("GET", MAPPINGS);
  select.replaceChildren(make("option", {value: ""}, say("imports.no_mapping")),
    ...items.map(({name}) => make("option", {value: name}, name)));
  select.value = chosen;
  return items;
}

/** Keep how the columns were read under a name, together with what the chosen mapping says beside that. */
async function keepMapping(name, columns, before) {
  await call("POST", MAPPINGS, {name, columns: {...before?.columns, ...columns}, words: before?.words ?? {},
    ...(before?.system && {system: before.system}), ...(before?.platform && {platform: before.platform})});
  notice(say("imports.kept", {name}), "good");
}

export async function show(room) {
  const file = make("input", {type: "file", accept: ".csv,.xlsx"});
  const mapping = make("select", {}, make("option", {value: ""}, say("imports.no_mapping")));
  const refused = summary({file, mapping});
  const told = make("div", {class: "told", tabindex: "-1"});
  const columns = columnsPart();
  let mappings = [];

  async function send(isTrial) {
    refused.clear();
    if (!file.files.length) return refused.faults([{field: "file", reason: say("imports.no_file")}], say("imports.incomplete"));
    const form = new FormData();
    form.append("file", file.files[0]);
    form.append("dry_run", String(isTrial));
    form.append("columns", JSON.stringify(columns.chosen()));
    if (mapping.value) form.append("mapping", mapping.value);
    told.replaceChildren(make("p", {role: "status"}, say(isTrial ? "imports.trying" : "imports.taking")));
    try {
      const report = await upload(IMPORTS, form);
      columns.show(report.columns);
      told.replaceChildren(...reportOf(report, isTrial, () => send(false)));
      told.focus();
    } catch (error) {
      told.replaceChildren();
      if (error.document?.columns) columns.show(error.document.columns, {open: true});
      refused.show(error);
    }
    return undefined;
  }

  async function keep(name) {
    await keepMapping(name, columns.chosen(), mappings.find((one) => one.name === mapping.value));
    mappings = await fillMappings(mapping, name);
  }

  file.addEventListener("change", () => { columns.show({}); told.replaceChildren(); refused.clear(); });
  room.replaceChildren(make("form", {class: "form", novalidate: true, onsubmit: (event) => { event.preventDefault(); send(true); }},
    make("p", {}, say("imports.lead")), refused.box,
    field(say("imports.file"), file, {hint: say("imports.file_hint")}),
    field(say("imports.mapping"), mapping, {hint: say("imports.mapping_hint")}),
    columns.box(keep), make("div", {class: "row"}, button(say("imports.try"), () => send(true), {kind: "strong"}))), told);
  try {
    mappings = await fillMappings(mapping);
  } catch (error) {
    refused.show(error);
  }
}

