// Categories with the standards that cases are filed and closed under, its versions, and a new version from a workbook.
import {button, make, notice} from "../../dom.js";
import {say, sayOr, when} from "../../language.js";
import {taxonomy} from "../../reference.js";
import {call, upload} from "../../server.js";
import {exportButton} from "../reports/export.js";
import {table} from "../stuck/part.js";
import {kindName} from "./parts/choosing.js";
import {saved} from "./parts/files.js";
import {doing, form, input, tick} from "./parts/form.js";
import {chip, filter, leadTo, opener, search, whole, withPane} from "./parts/list.js";
import {select} from "./parts/form.js";

const TAXONOMY = "/api/v1/taxonomy";
const SHOWN = 200;

const limit = (one) => `${one.limit_value} ${say(`limit_unit.${one.limit_unit}`)}`;
const evidence = (one) => one.evidence.map((name) => sayOr(`evidence_of.${name}`, name)).join("、") || "–";

function shown(pane, one) {
  pane.open(`${one.code} ${one.name}`, make("p", {}, kindName(one.code[0]), " ", one.urgent && chip(say("admin.urgent"), "alarm")),
    one.standards.length ? one.standards.map((standard) => make("section", {class: "standard"},
      make("h3", {}, `${standard.ordinal}. ${standard.condition} `, standard.is_default && chip(say("admin.default"), "good")),
      make("dl", {class: "facts"}, [["admin.closing", standard.closing], ["admin.limit", limit(standard)], ["admin.evidence", evidence(standard)]]
        .map(([key, text]) => make("div", {}, make("dt", {}, say(key)), make("dd", {}, text)))),
      standard.lenient && make("p", {class: "hint"}, say("admin.lenient")))) : make("p", {class: "quiet"}, say("admin.no_standards")));
}

function importing(pane, reload) {
  const files = input("", {type: "file", accept: ".xlsx,.csv", multiple: true});
  const made = form({
    lead: say("admin.taxonomy_lead"), submit: say("admin.taxonomy_import"), fields: [
      {name: "name", label: say("admin.version_name"), required: true, control: input("", {maxlength: 120})},
      {name: "files", label: say("admin.file"), hint: say("admin.taxonomy_hint"), required: true, control: files,
        read: () => ({value: files.files.length ? [...files.files] : undefined})},
      {name: "activate", label: "", ...tick(say("admin.activate_now"))}],
    sure: (said) => say(said.activate ? "admin.taxonomy_use_sure" : "admin.taxonomy_sure", said),
    send: (said) => {
      const sent = new FormData();
      sent.append("name", said.name);
      sent.append("activate", String(said.activate));
      for (const one of said.files) sent.append("files", one);
      return upload(`${TAXONOMY}/versions`, sent);
    },
    done: async (told) => { notice(say("admin.version_kept", {n: told.number, name: told.name}), "good"); await reload(); pane.close(); }});
  pane.open(say("admin.taxonomy_import"), made.box);
  made.focus();
}

const versionsPart = (changed) => {
  const part = whole(async () => {
    const {items} = await call("GET", `${TAXONOMY}/versions`);
    if (!items.length) return make("p", {class: "quiet"}, say("admin.no_versions"));
    return table(say("admin.versions"), [say("admin.version"), say("admin.name"), say("admin.state"), say("admin.made"), say("stuck.do")], items.map((one) => [
      String(one.number), one.name, one.active ? chip(say("admin.in_use"), "good") : chip(say("admin.former")), when(one.created_at),
      one.active ? saved(say("admin.download"), `${TAXONOMY}/export.xlsx`, "taxonomy.xlsx")
        : doing(say("admin.activate"), {question: say("admin.taxonomy_use_sure", {name: one.name}),
          work: () => call("POST", `${TAXONOMY}/versions/${one.id}/activate`), done: changed})]));
  });
  return part;
};

export async function show(room, me) {
  const kind = select(["1", "2", "3"].map((digit) => [digit, kindName(digit)]), "", say("admin.all"));
  let most = SHOWN;
  const list = whole(async () => {
    const q = find.text();
    const {items} = await taxonomy();
    const fitting = items.filter((one) => one.code.startsWith(kind.value) && (!q || one.code.startsWith(q) || one.name.includes(q)
      || one.standards.some((standard) => standard.condition.includes(q))));
    if (!fitting.length) return make("p", {class: "quiet", role: "status"}, say("admin.pick_none"));
    return [make("p", {class: "quiet", role: "status"}, say("admin.shown", {n: fitting.length})),
      table(say("taxonomy"), [say("admin.name"), say("admin.code"), say("admin.standards"), say("stuck.do")], fitting.slice(0, most).map((one) => [
        make("span", {class: `level-${one.level}`}, one.name, one.urgent && [" ", chip(say("admin.urgent"), "alarm")]), one.code,
        one.standards.map((standard) => limit(standard)).join("; ") || "–", opener(one.code, say("admin.open"), () => shown(pane, one))])),
      fitting.length > most && button(say("more"), async () => {
        const before = most;
        most += SHOWN;
        await list.load();
        leadTo(list.box, before);
      }, {kind: "quiet"})];
  });
  const anew = () => { most = SHOWN; return list.load(); };
  const find = search(say("admin.category_find"), anew);
  const changed = async () => { await taxonomy({anew: true}); await Promise.all([anew(), versions.load()]); };
  const versions = versionsPart(changed);
  const pane = withPane(make("div", {class: "tools"}, find.box, filter(say("admin.kind"), kind, anew),
    opener("import", say("admin.taxonomy_import"), () => importing(pane, changed), "strong"), exportButton(me, "categories")), list.box,
  make("h2", {}, say("admin.versions")), versions.box);
  room.replaceChildren(pane.box);
  await Promise.all([list.load(), versions.load()]);
}
