// Collection forms: those in use with their versions, published as XLSForm, withdrawn.
import {make, notice} from "../../dom.js";
import {ofLabel, say, sayOr, when} from "../../language.js";
import {call, upload} from "../../server.js";
import {saved} from "./parts/files.js";
import {doing, form, input} from "./parts/form.js";
import {chip, facts, opener, whole, withPane} from "./parts/list.js";
import {table} from "../stuck/part.js";

const FORMS = "/api/v1/forms";

const register = (name) => sayOr(`register_of.${name}`, name);

async function shown(pane, one, reload) {
  const address = `${FORMS}/${encodeURIComponent(one.form_id)}`;
  const [{items}, whole_] = await Promise.all([call("GET", `${address}/versions`), call("GET", address)]);
  const asked = whole_.questions.filter((question) => !["group", "repeat"].includes(question.type));
  pane.open(one.title, facts([[say("admin.code"), one.form_id], [say("admin.version"), one.version], [say("admin.becomes"), register(one.register)],
    [say("admin.questions"), String(asked.length)]]),
  make("details", {}, make("summary", {}, say("admin.questions")), make("ol", {class: "numbered"}, asked.map((question) =>
    make("li", {}, ofLabel(question.label) || question.name, " ", make("span", {class: "quiet"}, question.type))))),
  whole_.remarks.length > 0 && make("ul", {class: "numbered"}, whole_.remarks.map((remark) => make("li", {class: "quiet"}, remark))),
  make("h3", {}, say("admin.versions")), table(say("admin.versions"), [say("admin.version"), say("admin.published"), say("admin.state"), say("stuck.do")],
    items.map((version) => [version.version, when(version.published_at), version.active ? chip(say("admin.in_use"), "good") : chip(say("admin.former")),
      saved(say("admin.download"), `${address}/source?version=${encodeURIComponent(version.version)}`, `${version.form_id}-${version.version}.${version.kind}`)])),
  make("div", {class: "row"}, doing(say("admin.withdraw"), {kind: "danger", danger: true, question: say("admin.withdraw_sure", {name: one.title}),
    work: () => call("POST", `${address}/withdraw`), done: async () => { await reload(); pane.close(); }})));
}

function publishing(pane, reload) {
  const file = input("", {type: "file", accept: ".xlsx,.md"});
  const made = form({
    lead: say("admin.form_lead"), submit: say("admin.publish"), fields: [{name: "form", label: say("admin.file"), required: true, hint: say("admin.form_hint"),
      control: file, read: () => ({value: file.files[0]})}],
    sure: (said) => say("admin.form_sure", {name: said.form.name}),
    send: (said) => { const sent = new FormData(); sent.append("form", said.form); return upload(FORMS, sent); },
    done: async (told) => { notice(say("admin.form_published", {name: told.title, version: told.version}), "good"); await reload(); pane.close(); }});
  pane.open(say("admin.publish"), made.box);
  made.focus();
}

export async function show(room) {
  const list = whole(async () => {
    const {items} = await call("GET", FORMS);
    if (!items.length) return make("p", {class: "quiet"}, say("admin.no_forms"));
    return table(say("forms"), [say("admin.title"), say("admin.code"), say("admin.version"), say("admin.becomes"), say("admin.published"), say("stuck.do")],
      items.map((one) => [one.title, one.form_id, one.version, register(one.register), when(one.published_at),
        opener(one.form_id, say("admin.open"), () => shown(pane, one, list.load))]));
  });
  const pane = withPane(make("div", {class: "tools"}, opener("add", say("admin.publish"), () => publishing(pane, list.load), "strong")), list.box);
  room.replaceChildren(pane.box);
  await list.load();
}
