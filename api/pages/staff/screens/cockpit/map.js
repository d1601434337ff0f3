// The city on a map, from the whole down to the grid and its cases, with the same numbers in a table beside it.
import {button, make} from "../../dom.js";
import {say} from "../../language.js";
import {address, call} from "../../server.js";
import {table} from "../stuck/part.js";
import {bar} from "./chart.js";
import {openGround} from "./ground.js";
import {MEASURES, measure, shades, title, told} from "./measures.js";
import {change, written} from "./numbers.js";
import {days, go, inWords, picker, said, saying} from "./span.js";
import {view} from "./view.js";

const CASES = 50;

const fetched = () => call("GET", address("/api/v1/cockpit/map", {area: said().area, ...days()}));

const place = (code, name) => make("a", {href: saying({area: code}), "data-focus": code}, name);

/** The way from the top down to here, as links; the last is here. */
function crumbs({way, area}) {
  return make("nav", {class: "crumbs", "aria-label": say("cockpit.way")}, make("ol", {},
    way.map(({code, name}) => make("li", {}, place(code, name))),
    make("li", {}, make("span", {"aria-current": "page"}, area?.name ?? say("cockpit.mine")))));
}

function chooser(one) {
  const select = make("select", {id: "measure", "data-focus": "measure", onchange: () => go({measure: select.value})},
    MEASURES.map((each) => make("option", {value: each.name, selected: each.name === one.name}, title(each))));
  return make("div", {class: "measure"}, make("label", {for: "measure"}, say("cockpit.measure")), select);
}

/** What the shades stand for, in numbers. */
function legend(one, scale, isNoneShown) {
  const range = ({from, to}) => (from === to ? written(from, one.unit) : `${written(from, one.unit)} – ${written(to, one.unit)}`);
  const line = (shade, text) => make("li", {}, make("span", {class: `swatch shade-${shade ?? "none"}`, "aria-hidden": "true"}), text);
  return make("ul", {class: "legend", "aria-label": say("cockpit.legend", {what: title(one)})},
    scale.classes.map((each) => line(scale.shade(each.from), range(each))),
    isNoneShown && line(null, say("cockpit.unknown")));
}

/** The chosen figure of each area, the most first. */
function ranked(shown, one) {
  const value = (area) => area.values[one.name] ?? -1;
  const most = Math.max(...shown.items.map(value), 0);
  const before = one.compared;
  const sorted = shown.items.toSorted((a, b) => value(b) - value(a) || (a.code < b.code ? -1 : 1));
  return table(say("cockpit.by_area", {what: title(one)}),
    [say("cockpit.area"), title(one), ...(before ? [say("cockpit.change")] : [])],
    sorted.map((area) => [place(area.code, area.name),
      make("span", {class: "measured"}, told(area, one), bar(most ? value(area) / most : 0)),
      ...(before ? [change(area.values[one.name], area.before[one.name], one) ?? "–"] : [])]));
}

/** All figures of all areas, and of the whole. */
function everything(shown) {
  const cell = (area, one) => (one.compared
    ? make("span", {}, told(area, one), " ", change(area.values[one.name], area.before[one.name], one)) : told(area, one));
  const row = (name, area) => [name, ...MEASURES.map((one) => cell(area, one))];
  return make("section", {}, make("h2", {}, say("cockpit.all_figures")),
    make("p", {class: "hint"}, say("cockpit.compared", {days: inWords(shown.before)})),
    make("div", {class: "numbers", tabindex: "0", role: "region", "aria-label": say("cockpit.all_figures")},
      table(say("cockpit.all_figures"), [say("cockpit.area"), ...MEASURES.map(title)],
        [...shown.items.map((area) => row(place(area.code, area.name), area)),
          row(make("b", {}, say("cockpit.whole")), shown.total)])));
}

/** The whole of what is shown, at one look. */
const totals = ({total}) => make("dl", {class: "figures"}, MEASURES.slice(0, 5).map((one) =>
  make("div", {class: one.name === "overdue" && total.values.overdue ? "figure alarm" : "figure"}, make("dt", {}, title(one)),
    make("dd", {}, told(total, one)), one.compared && make("dd", {class: "than"}, change(total.values[one.name], total.before[one.name], one)))));

const isLate = ({due_at: due}) => due && Date.parse(due) < Date.now();

const line = (one, at) => make("li", {},
  make("span", {class: "marker", "aria-hidden": "true"}, String(at + 1)),
  make("div", {}, make("a", {href: `/desk/cases/${encodeURIComponent(one.number)}`}, one.title),
    make("p", {class: "quiet"}, [one.category, say(`status.${one.status}`), one.address].filter(Boolean).join(" · "),
      isLate(one) && make("span", {class: "chip alarm"}, say("measure.overdue")))));

/** The cases of a grid, the end of the way down: a page, and the next when somebody asks for it; `shown` hears of all of them. */
function cases({items, next}, area, shown) {
  shown(items);
  if (!items.length) return [make("p", {class: "empty"}, say("cockpit.no_cases"))];
  const list = make("ol", {class: "cases"}, items.map(line));
  let cursor = next;
  const more = button(say("more"), async () => {
    const page = await call("GET", address("/api/v1/cases", {area, limit: CASES, cursor}));
    list.append(...page.items.map((one, at) => line(one, items.length + at)));
    items.push(...page.items);
    cursor = page.next;
    more.hidden = !cursor;
    shown(items);
  }, {kind: "quiet", hidden: !next});
  return [list, more];
}

const signs = (list) => list.map((one, at) => ({...one, at})).filter(({lon}) => lon !== null).map(({lon, lat, title: name, at, ...one}) =>
  ({lon, lat, text: String(at + 1), label: name, kind: isLate(one) ? "late" : ""}));

export async function show(room) {
  const element = make("div", {class: "map large"});
  let ground = null;

  function drawn(shown) {
    const one = measure(said().measure);
    const scale = shades(shown.items.map(({values}) => values[one.name]));
    ground.draw(shown.items.map(({code, name, outline, values}) =>
      ({code, name, outline, number: written(values[one.name], one.unit), shade: scale.shade(values[one.name])})), shown.area, shown.tiles);
    const beside = make("div", {class: "beside-map"}, shown.cases ? make("h2", {}, say("cockpit.open_cases")) : null,
      shown.cases ? cases(shown.cases, shown.area.code, (list) => ground.points(signs(list))) : ranked(shown, one));
    const rowOf = ({target}) => target.closest?.("tr")?.querySelector("[data-focus]")?.dataset.focus;
    beside.addEventListener("mouseover", (event) => ground.mark(rowOf(event)));
    beside.addEventListener("focusin", (event) => ground.mark(rowOf(event)));
    return [make("div", {class: "controls"}, crumbs(shown), picker(), chooser(one)),
      make("p", {class: "unseen", role: "status"}, say("cockpit.shown", {where: shown.area?.name ?? say("cockpit.mine"), what: title(one)})),
      totals(shown),
      make("div", {class: "map-and-table"}, make("div", {class: "map-part"}, element,
        !shown.cases && legend(one, scale, shown.items.some(({values}) => values[one.name] === null))), beside),
      shown.items.length > 0 && everything(shown)];
  }

  ground = await openGround(element, say("cockpit.map_how"), (code) => go({area: code}));
  return view(room, fetched, drawn)();
}
