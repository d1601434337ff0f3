// Warnings: what is unusual, on the map and as a list; what has been open longest is not hidden by what is new.
import {button, make} from "../../dom.js";
import {language, say, when} from "../../language.js";
import {address, call} from "../../server.js";
import {exportButton} from "../reports/export.js";
import {table} from "../stuck/part.js";
import {openGround} from "./ground.js";
import {written} from "./numbers.js";
import {go, said} from "./span.js";
import {view} from "./view.js";

const WARNINGS = "/api/v1/warnings";
const STATES = ["open", "acknowledged", "closed"];
const KINDS = ["surge", "cluster", "repeat", "silent", "late", "topic"];

const state = () => (STATES.includes(said().state) ? said().state : "open");
const kind = () => (KINDS.includes(said().kind) ? said().kind : "");

const fetched = async () => ({...await call("GET", address(WARNINGS, {state: state(), kind: kind()})),
  fared: said().precision === "yes" ? (await call("GET", `${WARNINGS}/precision`)).items : null});

function choice(name, values, now, all = null) {
  const select = make("select", {id: `warnings-${name}`, "data-focus": name, onchange: () => go({[name]: select.value})},
    all && make("option", {value: "", selected: !now}, all),
    values.map((value) => make("option", {value, selected: value === now}, say(`warning.${value}`))));
  return make("div", {class: "measure"}, make("label", {for: `warnings-${name}`}, say(`warning.${name}`)), select);
}

/** One warning in the list: its number on the map, what it says, how sure, since when. */
const line = (one, at) => make("li", {},
  make("span", {class: "marker", "aria-hidden": "true"}, String(at + 1)),
  make("div", {}, make("p", {}, make("span", {class: "chip wait"}, say(`warning.${one.kind}`)), " ",
    make("a", {href: `/cockpit/warnings/${one.id}`}, one.sentence[language()])),
  make("p", {class: "quiet"}, [say("warning.sure", {n: written(one.confidence, "ratio")}), say("warning.raised", {when: when(one.raised_at)}),
    one.acknowledged_by && say("warning.by", {who: one.acknowledged_by}), one.outcome && say(`warning.was_${one.outcome}`)].filter(Boolean).join(" · "))));

/** How often each kind was right, of those that somebody judged. */
function precision(list) {
  return make("section", {}, make("h2", {}, say("warning.precision")), make("p", {class: "hint"}, say("warning.precision_how")),
    make("div", {class: "numbers", tabindex: "0", role: "region", "aria-label": say("warning.precision")}, table(say("warning.precision"),
      [say("warning.kind"), ...["raised_so_far", "judged", "true", "false", "precision"].map((name) => say(`warning.${name}`))],
      list.map((one) => [say(`warning.${one.kind}`), String(one.raised), String(one.judged), String(one.true), String(one.false),
        written(one.precision, "ratio")]))));
}

export async function show(room, me) {
  const element = make("div", {class: "map large"});
  const ground = await openGround(element, say("warning.map_how"), () => {});
  await ground.backdrop();

  function drawn({items, next, fared}) {
    const list = make("ol", {class: "cases"}, items.map(line));
    const points = () => ground.points([...items.entries()].filter(([, one]) => one.place).map(([at, one]) =>
      ({...one.place, text: String(at + 1), label: one.sentence[language()], kind: "late"})));
    let cursor = next;
    const more = button(say("more"), async () => {
      const page = await call("GET", address(WARNINGS, {state: state(), kind: kind(), cursor}));
      list.append(...page.items.map((one, at) => line(one, items.length + at)));
      items.push(...page.items);
      cursor = page.next;
      more.hidden = !cursor;
      points();
    }, {kind: "quiet", hidden: !next});
    points();
    return [make("div", {class: "controls"}, choice("state", STATES, state()), choice("kind", KINDS, kind(), say("warning.all_kinds")),
      make("button", {type: "button", "aria-pressed": String(Boolean(fared)), "data-focus": "precision",
        onclick: () => go({precision: fared ? "" : "yes"})}, say("warning.precision")),
    exportButton(me, "warnings", () => ({state: state(), kind: kind()}))),
    fared && precision(fared),
    items.length ? make("div", {class: "map-and-table"}, make("div", {class: "map-part"}, element), make("div", {class: "beside-map"}, list, more))
      : make("p", {class: "empty"}, say("warning.none"))];
  }

  return view(room, fetched, drawn)();
}
