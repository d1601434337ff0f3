// Responsibilities: a table of categories by areas with its gaps and contradictions, the rules of a cell, and the dry run.
import {button, make} from "../../dom.js";
import {say} from "../../language.js";
import {departments} from "../../reference.js";
import {address, call} from "../../server.js";
import {exportButton} from "../reports/export.js";
import {departmentName, kindName} from "./parts/choosing.js";
import {saved} from "./parts/files.js";
import {chip, opener, trail, whole, withPane} from "./parts/list.js";
import {cellPane} from "./rules/cell.js";
import {trial} from "./rules/dryrun.js";
import {addRule, importRules} from "./rules/making.js";
import {gapsOf, overlapsOf} from "./rules/wrong.js";

const RULES = "/api/v1/rules";

const signs = (cell) => [cell.open === "all" && chip(say("admin.gap"), "alarm"), cell.open === "some" && chip(say("admin.gap_some"), "wait"),
  cell.overlaps > 0 && chip(say("admin.overlap", {n: cell.overlaps}), "alarm")].filter(Boolean);

const line = (one, enter) => [one.below ? button(one.name, () => enter(one), {kind: "quiet small"}) : make("span", {}, one.name),
  make("span", {class: "address quiet"}, one.code)];

/** A table of two headings a cell: the category's row, the area's column. On a narrow screen each row is a card. */
function grid(told, list, enter, open) {
  const cell = (row, column, one) => {
    const names = one.leads.map((id) => departmentName(list, id));
    return make("td", {role: "cell", "data-label": column.name, class: `cell ${one.open}`}, make("button", {type: "button", class: "quiet small cell",
      "data-key": `${row.code} ${column.code}`, onclick: () => open(row, column), "aria-label": [row.name, column.name, ...names,
        one.open === "all" ? say("admin.gap") : one.open === "some" ? say("admin.gap_some") : null, one.overlaps ? say("admin.overlap", {n: one.overlaps}) : null]
        .filter(Boolean).join(", ")}, names.slice(0, 2).join("、") || "–", names.length > 2 && ` +${names.length - 2}`, " ", signs(one)));
  };
  return make("div", {class: "scrolling", tabindex: "0", role: "region", "aria-label": say("admin.matrix")}, make("table", {class: "matrix", role: "table",
    "aria-label": say("admin.matrix")},
  make("thead", {role: "rowgroup"}, make("tr", {role: "row"}, make("th", {scope: "col", role: "columnheader"}, say("admin.category")), told.areas.map((one) =>
    make("th", {scope: "col", role: "columnheader"}, one.name, make("span", {class: "address quiet"}, one.code))))),
  make("tbody", {role: "rowgroup"}, told.categories.map((row, at) => make("tr", {role: "row"}, make("th", {scope: "row", role: "rowheader"}, line(row, enter)),
    told.areas.map((column, number) => cell(row, column, told.cells[at][number])))))));
}

export async function show(room, me) {
  let within = [];
  let around = [];
  const crumbs = make("nav", {class: "crumbs", "aria-label": say("admin.way")});
  const go = async (categories, places) => {
    const row = categories === within ? 1 : 0;
    [within, around] = [categories, places];
    await matrix.load();
    crumbs.children[row]?.querySelector("[aria-current]")?.focus(); // what was pressed is drawn anew
  };
  const matrix = whole(async () => {
    const [told, list] = await Promise.all([call("GET", address(`${RULES}/matrix`, {within: within.at(-1)?.code, area: around.at(-1)?.code})), departments()]);
    for (const one of told.categories) if (one.code.length === 1) one.name = kindName(one.code);
    if (!around.length && told.areas.length === 1) told.areas[0].whole = true;
    crumbs.replaceChildren(make("div", {class: "row"}, trail(say("admin.every"), within, (steps) => go(steps, around))),
      make("div", {class: "row"}, trail(say("admin.whole_city"), around, (steps) => go(within, steps)),
        told.areas.filter((one) => one.below).map((one) => button(`↳ ${one.name}`, () => go(within, [...around, one]), {kind: "small"}))));
    return [grid(told, list, (row) => go([...within, row], around), (row, column) => cellPane(pane, row, column, matrix.load)),
      make("h2", {}, say("admin.overlaps")), overlapsOf(told.overlaps, list), make("h2", {}, say("admin.gaps")), gapsOf(told.gaps)];
  });
  const pane = withPane(make("div", {class: "tools"}, opener("add", say("admin.rule_add"), () => addRule(pane, matrix.load), "strong"),
    opener("trial", say("admin.dry_run"), () => trial(pane), ""), opener("import", say("admin.rules_import"), () => importRules(pane, matrix.load), ""),
    saved(say("admin.rules_download"), `${RULES}/export.csv`, "rules.csv", ""), exportButton(me, "rules")),
  make("p", {class: "quiet"}, say("admin.matrix_lead")), crumbs, matrix.box);
  room.replaceChildren(pane.box);
  await matrix.load();
}
