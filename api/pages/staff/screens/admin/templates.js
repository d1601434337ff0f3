// Reply templates: a sentence for an action on a kind of case, offered to whoever does that.
import {make, notice} from "../../dom.js";
import {language, say, when} from "../../language.js";
import {address, call} from "../../server.js";
import {exportButton} from "../reports/export.js";
import {categoryField} from "./parts/choosing.js";
import {area, doing, form, input, select} from "./parts/form.js";
import {filter, opener, pages, withPane} from "./parts/list.js";

const TEMPLATES = "/api/v1/admin/templates";

/** Actions of a case by name, each in the language that is spoken. */
async function actions() {
  const {steps} = await call("GET", "/api/v1/admin/roles");
  return steps.map(({action, says}) => {
    const [chinese, ...english] = says.split(" ");
    return [action.replace(/^case\./, ""), language() === "zh" ? chinese : english.join(" ") || action];
  });
}

function editing(pane, steps, reload, one = null) {
  const done = async () => { await reload(); pane.close(); };
  const category = categoryField(one?.category ? {code: one.category, name: ""} : null);
  const made = form({
    lead: say("admin.template_lead"), submit: say("admin.save"), fields: [
      {name: "action", label: say("admin.action"), required: true, control: select(steps, one?.action, say("admin.choose"))},
      {name: "category", label: say("admin.category"), hint: say("admin.category_all"), ...category},
      {name: "title", label: say("admin.title"), required: true, control: input(one?.title, {maxlength: 80})},
      {name: "text", label: say("admin.text"), required: true, hint: say("admin.text_hint"), control: area(one?.text, {rows: 6, maxlength: 2000})}],
    sure: (said) => say(one ? "admin.template_change_sure" : "admin.template_sure", {title: said.title}),
    send: (said) => call("POST", one ? `${TEMPLATES}/${one.id}` : TEMPLATES, said),
    done: async () => { notice(say("admin.done"), "good"); await done(); }});
  pane.open(one?.title ?? say("admin.template_add"), made.box, one && make("div", {class: "row"}, doing(say("admin.retire"), {
    kind: "danger", danger: true, question: say("admin.template_retire_sure", {title: one.title}),
    work: () => call("POST", `${TEMPLATES}/${one.id}/retire`), done})));
  made.focus();
}

export async function show(room, me) {
  const steps = await actions();
  const names = new Map(steps);
  const action = select(steps, "", say("admin.all"));
  const list = pages({
    label: say("templates"), none: say("admin.no_templates"),
    columns: [say("admin.title"), say("admin.action"), say("admin.category"), say("admin.text"), say("admin.changed"), say("stuck.do")],
    fetch: (cursor) => call("GET", address(TEMPLATES, {action: action.value, cursor})),
    row: (one) => [one.title, names.get(one.action) ?? one.action, one.category || say("admin.every"), make("span", {class: "excerpt"}, one.text),
      when(one.changed_at), opener(one.id, say("admin.open"), () => editing(pane, steps, list.load, one))]});
  const pane = withPane(make("div", {class: "tools"}, filter(say("admin.action"), action, () => list.load()),
    opener("add", say("admin.template_add"), () => editing(pane, steps, list.load), "strong"),
    exportButton(me, "templates", () => ({action: action.value}))), list.box);
  room.replaceChildren(pane.box);
  await list.load();
}
