// One bulletin: what changed, its charts and tables, and the remarks on it with how each stands.
import {button, field, make, notice} from "../../dom.js";
import {language, ofLabel, say, when} from "../../language.js";
import {sentence, summary} from "../../problems.js";
import {address, call} from "../../server.js";
import {nothing, table} from "../stuck/part.js";
import {BULLETINS} from "./bulletins.js";
import {save} from "./files.js";
import {remarkLine} from "./remark.js";

const isNarrow = () => matchMedia("(max-width: 40rem)").matches;

function chart(one) {
  const url = URL.createObjectURL(new Blob([one.chart], {type: "image/svg+xml"}));
  return make("img", {class: "chart", src: url, alt: say("bulletins.chart", {heading: one.heading}), onload: () => URL.revokeObjectURL(url)});
}

const section = (one) => make("section", {}, make("h2", {}, one.heading), make("ul", {class: "said"}, one.sentences.map((text) => make("li", {}, text))),
  chart(one), one.rows.length ? table(one.heading, one.headings, one.rows) : nothing(say("bulletins.no_rows")));

function saving(made) {
  const one = (kind, ending) => button(say(`bulletins.${ending}`), async () => {
    try {
      await save(address(`${BULLETINS}/${made.id}/${kind}`, {language: language()}), `${ofLabel(made.title)}.${ending}`);
    } catch (error) {
      notice(sentence(error), "fault");
    }
  });
  return make("div", {class: "row"}, one("pdf", "pdf"), one("page", "html"));
}

/** The form of a remark; the departments are fetched when it is opened. */
function remarking(made, load) {
  const words = make("textarea", {rows: 3, maxlength: 1000});
  const about = make("select", {}, make("option", {value: ""}, say("remarks.whole")),
    made.sections.map((one) => make("option", {value: one.code}, one.heading)));
  const department = make("select", {});
  const number = make("input", {maxlength: 32, autocapitalize: "characters"});
  const due = make("input", {type: "date"});
  const refused = summary({words, section: about, department, case: number, due});

  async function go() {
    refused.clear();
    const empty = [["words", words.value.trim()], ["due", due.value], ["department", department.value || number.value.trim()]]
      .filter(([, value]) => !value).map(([name]) => ({field: name, reason: say("needed")}));
    if (empty.length) return refused.faults(empty, say("remarks.incomplete"));
    try {
      await call("POST", `${BULLETINS}/${made.id}/remarks`, {words: words.value, due: due.value, ...(about.value && {section: about.value}),
        ...(number.value.trim() ? {case: number.value.trim()} : department.value && {department: department.value})});
    } catch (error) {
      return refused.show(error);
    }
    notice(say("remarks.made"), "good");
    return load();
  }

  async function opened() {
    if (department.options.length) return;
    const items = await call("GET", "/api/v1/admin/departments").then((told) => told.items, (error) => notice(sentence(error), "fault"));
    if (items) department.append(make("option", {value: ""}, say("remarks.choose")), ...items.filter((one) => one.active !== false)
      .map((one) => make("option", {value: one.id}, one.name)));
  }

  return make("details", {ontoggle: opened}, make("summary", {}, say("remarks.new")), make("div", {class: "form"}, refused.box,
    field(say("remarks.words"), words, {required: true}), make("div", {class: "pair"}, field(say("remarks.about"), about),
      field(say("remarks.due"), due, {required: true})), make("div", {class: "pair"}, field(say("remarks.department"), department),
      field(say("remarks.case"), number, {hint: say("remarks.case_hint")})),
    make("div", {class: "row"}, button(say("remarks.go"), go, {kind: "strong"}))));
}

export async function show(room, _me, {id}) {
  async function load() {
    let made = null;
    try {
      made = await call("GET", address(`${BULLETINS}/${encodeURIComponent(id)}`, {language: language(), narrow: isNarrow()}));
    } catch (error) {
      return room.replaceChildren(make("p", {class: "fault"}, sentence(error)));
    }
    document.getElementById("title").textContent = ofLabel(made.title);
    document.title = `${ofLabel(made.title)} · ${say("app")}`;
    const headings = Object.fromEntries(made.sections.map((one) => [one.code, one.heading]));
    return room.replaceChildren(make("div", {class: "head"}, make("a", {href: "/cockpit/bulletins"}, say("bulletins.all")), saving(made),
      make("span", {class: "quiet"}, say("bulletins.made", {at: when(made.made_at)}))),
    make("article", {class: "bulletin-text"}, made.sections.map(section)),
    make("section", {id: "remarks"}, make("h2", {}, say("remarks.heading")),
      made.remarks.length ? make("ul", {class: "remark-list"}, made.remarks.map((one) => remarkLine(one, load, headings[one.section])))
        : nothing(say("remarks.none")), ...(made.may_remark ? [remarking(made, load)] : [])));
  }
  return load();
}
