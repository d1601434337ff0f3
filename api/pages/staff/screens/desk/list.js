// The list of cases: a dense table on a wide screen, cards on a narrow one; each row is opened by its link and chosen by its box.
import {make} from "../../dom.js";
import {say, sayOr, when} from "../../language.js";
import {OVER} from "../case/words.js";
import {countdown} from "./due.js";

const COLUMNS = ["case", "category", "place", "status", "handler", "due"];

const NOTHING = "–";

const chip = (text, kind = "") => make("span", {class: `chip ${kind}`}, text);

/** What makes this case another than the next. */
function marks(one) {
  return [
    one.priority === "urgent" && chip(say("desk.urgent"), "alarm"),
    one.feedback_owed && chip(say("desk.supervised"), "alarm"),
    one.urges > 0 && chip(say("desk.urged", {n: one.urges}), "wait"),
    one.reworks > 0 && chip(say("desk.reworked", {n: one.reworks}), "wait"),
    one.applied_for && chip(say(`desk_applied.${one.applied_for}`)),
    one.question_until && chip(say("desk.asked")),
    one.report_count > 1 && chip(say("desk.reports", {n: one.report_count})),
    one.metres !== undefined && chip(say("desk.metres", {n: one.metres})),
  ].filter(Boolean).flatMap((mark) => [mark, " "]);
}

const dueOf = (one) => (one.suspended_until ? chip(say("desk.rests", {at: when(one.suspended_until)}))
  : OVER.has(one.status) ? NOTHING : countdown(one.due_at));

function cells(one) {
  const title = make("a", {class: "open", href: `/desk/cases/${one.number}`}, one.title);
  return [
    [title, make("span", {class: "below"}, make("span", {class: "number"}, one.number), " ", marks(one))],
    one.category ?? NOTHING, one.address ?? one.area_name ?? NOTHING, sayOr(`status.${one.status}`, one.status), one.handler ?? NOTHING, dueOf(one)];
}

function row(one, choice) {
  const [title, ...others] = cells(one);
  const box = choice && make("input", {type: "checkbox", "aria-label": say("desk.choose", {number: one.number}),
    onchange: () => choice.set(one, box.checked)});
  return make("tr", {role: "row", "data-number": one.number},
    choice && make("td", {role: "cell", class: "tickbox"}, box),
    make("th", {scope: "row", role: "rowheader"}, title),
    others.map((cell, at) => make("td", {role: "cell", class: cell === NOTHING && "nothing",
      "data-column": COLUMNS[at + 1], "data-label": say(`desk_column.${COLUMNS[at + 1]}`)}, make("span", {}, cell))));
}

/** What is chosen, by number; `changed` hears of it. */
export function choosing(changed) {
  const chosen = new Map();
  return {
    chosen,
    set(one, isChosen) {
      if (isChosen) chosen.set(one.number, one);
      else chosen.delete(one.number);
      changed(chosen);
    },
    clear() { chosen.clear(); changed(chosen); },
  };
}

/** A table of cases; `choice` lets rows be chosen. add(items) goes on with it. */
export function casesTable(label, choice = null) {
  const body = make("tbody", {role: "rowgroup"});
  const all = choice && make("input", {type: "checkbox", "aria-label": say("desk.choose_all"), onchange() {
    for (const box of body.querySelectorAll(".tickbox input")) if (box.checked !== all.checked) box.click();
  }});
  const table = make("table", {role: "table", class: "cases", "aria-label": label},
    make("thead", {role: "rowgroup"}, make("tr", {role: "row"},
      choice && make("th", {scope: "col", role: "columnheader", class: "tickbox"}, all),
      COLUMNS.map((name) => make("th", {scope: "col", role: "columnheader"}, say(`desk_column.${name}`))))), body);
  return {table, body, add: (items) => body.append(...items.map((one) => row(one, choice)))};
}

/** One step down (1) or up (-1) among all links to cases in this room; at the ends it stays. */
export function step(room, by) {
  const links = [...room.querySelectorAll("a.open")];
  const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  links[Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}

/** Choose the row where the focus is, or do so no longer. */
export function toggle() {
  document.activeElement?.closest("table.cases tr")?.querySelector(".tickbox input")?.click();
}
