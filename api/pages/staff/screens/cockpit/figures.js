// Figures: how they went day by day, and for each department, area, worker, category or channel as a table; narrowed step by step.
import {button, make} from "../../dom.js";
import {language, say} from "../../language.js";
import {address, call} from "../../server.js";
import {exportButton} from "../reports/export.js";
import {bar, lines} from "./chart.js";
import {explain} from "./explain.js";
import {scaleOf, written} from "./numbers.js";
import {days, go, picker, plus, said, saying} from "./span.js";
import {view} from "./view.js";

const WAYS = ["day", "department", "area", "worker", "category", "channel"];
const FILTERS = ["area", "department", "category", "channel"];
const USUAL = ["received", "closing_rate", "on_time_rate", "overdue_rate", "return_rate", "satisfaction_rate", "total_p50"];
const FIGURES = "/api/v1/performance/figures";

let known = null;

/** What the indicators are, asked for once. */
export async function indicators() {
  known ??= (await call("GET", "/api/v1/performance/indicators")).items;
  return known;
}

export const nameOf = (indicator) => indicator.name[language()];

const by = () => (WAYS.includes(said().by) ? said().by : "day");

const chosen = (all) => {
  const wanted = said().shown?.split(",") ?? USUAL;
  const found = all.filter(({code}) => wanted.includes(code));
  return found.length ? found : all.slice(0, USUAL.length);
};

/** What is asked for: by what, of which days, narrowed to what. */
function wanted() {
  const {area, department, category, channel} = said();
  return {by: by(), ...days("month"), area, department, category, channel};
}

async function fetched() {
  const all = await indicators();
  return {...await call("GET", address(FIGURES, wanted())), all};
}

/** What the figures are narrowed to, each with a way out of it. */
function narrowed() {
  const {[`${by()}_name`]: _, ...now} = said();
  const given = FILTERS.filter((name) => now[name]);
  return given.length > 0 && make("ul", {class: "narrowed", "aria-label": say("figures.narrowed")}, given.map((name) => make("li", {class: "chip"},
    `${say(`figures.${name}`)} ${name === "channel" ? say(`channel.${now[name]}`) : now[`${name}_name`] ?? now[name]} `,
    make("a", {href: saying({[name]: "", [`${name}_name`]: ""}), "aria-label": say("figures.widen", {what: say(`figures.${name}`)})}, "×"))));
}

const tabs = () => make("nav", {class: "ways", "aria-label": say("figures.by")}, WAYS.map((name) =>
  make("a", {href: saying({by: name, sort: "", order: ""}), class: "button", "aria-current": name === by() ? "true" : null, "data-focus": `by-${name}`},
    say(`figures.${name}`))));

function choice(all) {
  const now = new Set(chosen(all).map(({code}) => code));
  const box = make("details", {class: "choice-of", open: said().choosing === "yes"}, make("summary", {}, say("figures.choose", {n: now.size})),
    make("div", {class: "ticks"}, all.map((one) => make("label", {class: "tick"}, make("input", {type: "checkbox", value: one.code,
      checked: now.has(one.code), "data-focus": `tick-${one.code}`, onchange({target}) {
        if (target.checked) now.add(one.code);
        else now.delete(one.code);
        go({shown: [...now].join(","), choosing: "yes"});
      }}), nameOf(one)))));
  return box;
}

const KEYED = {area: true, department: true, category: true, channel: true};

/** A name leads to how it went there, day by day. */
function lead(item) {
  const name = by() === "channel" ? say(`channel.${item.key}`) : item.name;
  if (!KEYED[by()]) return name;
  return make("a", {href: saying({by: "day", [by()]: item.key, [`${by()}_name`]: item.name, sort: "", order: ""})}, name);
}

function sorted(items) {
  const {sort, order} = said();
  if (!sort) return items;
  const value = (item) => item.values[sort];
  const direction = order === "up" ? 1 : -1;
  const last = (one) => (value(one) === null || value(one) === undefined ? 1 : 0);
  return items.toSorted((a, b) => last(a) - last(b) || direction * (value(a) - value(b)));
}

const question = (one) => make("button", {type: "button", class: "quiet small", "aria-label": say("figures.explain", {what: nameOf(one)}),
  onclick: () => explain(one)}, "?");

function head(one) {
  const {sort, order} = said();
  const isIt = sort === one.code;
  return make("th", {scope: "col", "aria-sort": isIt ? (order === "up" ? "ascending" : "descending") : "none"},
    make("span", {class: "sorts"}, make("button", {type: "button", class: "quiet small", "data-focus": `sort-${one.code}`,
      onclick: () => go({sort: one.code, order: isIt && order !== "up" ? "up" : ""})}, nameOf(one),
    make("span", {"aria-hidden": "true"}, isIt ? (order === "up" ? " ↑" : " ↓") : "")),
    question(one)));
}

function figures({items, total}, shown) {
  const most = Object.fromEntries(shown.map(({code, unit}) => [code, unit === "ratio" ? 1 : Math.max(...items.map(({values}) => values[code] ?? 0), 0)]));
  const cell = (values, {code, unit}, isBar) => make("td", {}, written(values[code], unit),
    isBar && bar(most[code] ? (values[code] ?? 0) / most[code] : 0));
  return make("div", {class: "numbers", tabindex: "0", role: "region", "aria-label": say("cockpit_figures")}, make("table", {},
    make("caption", {class: "unseen"}, `${say("cockpit_figures")} ${say(`figures.${by()}`)}`),
    make("thead", {}, make("tr", {}, make("th", {scope: "col"}, say(`figures.${by()}`)), shown.map(head))),
    make("tbody", {}, sorted(items).map((item) => make("tr", {}, make("th", {scope: "row"}, lead(item)),
      shown.map((one) => cell(item.values, one, true))))),
    make("tfoot", {}, make("tr", {}, make("th", {scope: "row"}, say("cockpit.whole")), shown.map((one) => cell(total.values, one, false))))));
}

/** Every day of the span: one without a case has nothing to tell, and is a gap. */
function everyDay({since, until, items}) {
  const found = new Map(items.map((item) => [item.key, item.values]));
  const list = [];
  for (let day = since; day < until; day = plus(day, 1)) list.push([day, found.get(day) ?? {}]);
  return list;
}

const short = (day) => day.slice(5);

/** How one figure went: a total, what it means, and a line. */
function trend(one, total, every) {
  const values = every.map(([, found]) => found[one.code] ?? (one.unit === "count" ? 0 : null));
  const {by: unit, write} = scaleOf(one.unit, Math.max(...values));
  return make("section", {class: "trend"}, make("p", {class: "head"}, make("b", {class: "total"}, written(total, one.unit)), question(one)),
    lines(nameOf(one), every.map(([day]) => short(day)), [{name: nameOf(one), values: values.map((value) => (value === null ? null : value / unit))}], write));
}

const trends = (told, shown) => make("div", {class: "charts"}, shown.map((one) => trend(one, told.total.values[one.code], everyDay(told))));

/** What came after the first page of items, when somebody asks for it. */
function further(told, room, shown) {
  if (!told.next) return null;
  return button(say("more"), async () => {
    const {items, next} = await call("GET", address(FIGURES, {...wanted(), after: told.next}));
    const all = {...told, items: [...told.items, ...items], next};
    room.querySelector(".numbers").replaceWith(figures(all, shown));
    room.querySelector(".further").replaceChildren(...[further(all, room, shown)].filter(Boolean));
  }, {kind: "quiet"});
}

export function show(room, me) {
  return view(room, fetched, (told) => {
    const shown = chosen(told.all);
    return [make("div", {class: "controls"}, tabs(), picker("month"), exportButton(me, "figures", wanted)), narrowed(), choice(told.all),
      told.items.length === 0 ? make("p", {class: "empty"}, say("figures.nothing"))
        : by() === "day" ? trends(told, shown) : [figures(told, shown), make("div", {class: "further"}, further(told, room, shown))]];
  })();
}
