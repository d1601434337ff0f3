// My exports: ask for a list, see how far each is, and save what is done.
import {button, field, make, notice} from "../../dom.js";
import {ofLabel, say, when} from "../../language.js";
import {sentence, summary} from "../../problems.js";
import {address, call} from "../../server.js";
import {nothing, table} from "../stuck/part.js";
import {asked} from "./export.js";
import {EXPORTS, bar, download, followed} from "./progress.js";

const DAYS = ["since", "until"];
const BY = ["department", "area", "worker", "category", "channel", "day"];
const REGISTERS = ["person", "house", "entity", "component", "address"];

const option = (value, text) => make("option", {value}, text);

/** A field for each filter that the list cannot do without, and for the span where it has one. */
function filters(list) {
  const controls = {};
  for (const name of DAYS.filter((one) => list.filters.includes(one))) {
    controls[name] = make("input", {type: "date", required: list.needs.includes(name)});
  }
  if (list.filters.includes("register")) {
    controls.register = make("select", {}, REGISTERS.map((one) => option(one, say(`exports.register_${one}`))));
  }
  if (list.filters.includes("by")) {
    controls.by = make("select", {}, BY.map((one) => option(one, say(`exports.by_${one}`))));
  }
  if (list.filters.includes("period")) {
    controls.of = make("select", {}, ["department", "worker"].map((one) => option(one, say(`exports.by_${one}`))));
    controls.period = make("input", {type: "month", required: true});
  }
  const box = Object.entries(controls).map(([name, control]) =>
    field(say(`exports.${name}`), control, {required: list.needs.includes(name)}));
  const query = () => Object.fromEntries(Object.entries(controls).map(([name, control]) =>
    [name, DAYS.includes(name) && control.value && list.table !== "figures" ? `${control.value}T00:00:00+08:00` : control.value]));
  return {controls, box, query};
}

function form(lists, made) {
  const format = make("select", {}, ["xlsx", "csv"].map((one) => option(one, say(`exports.${one}`))));
  const narrowed = make("div", {class: "pair"});
  let now = null;
  const list = make("select", {onchange: chosen}, lists.map((one) => option(one.table, ofLabel(one))));

  const plain = make("input", {type: "checkbox", onchange: () => { why.hidden = !plain.checked; }});
  const reason = make("input", {maxlength: 500, autocomplete: "off"});
  const why = make("div", {hidden: true}, field(say("exports.reason"), reason, {required: true}));
  const personal = make("div", {hidden: true}, make("label", {class: "tick"}, plain, make("span", {}, say("exports.in_plain"))), why);
  const controls = {reason}; // by the server's names
  const refused = summary(controls);

  function chosen() {
    const about = lists.find((one) => one.table === list.value);
    refused.clear();
    for (const name of Object.keys(now?.controls ?? {})) delete controls[`query.${name}`];
    now = filters(about);
    for (const [name, control] of Object.entries(now.controls)) controls[`query.${name}`] = control;
    narrowed.replaceChildren(...now.box);
    personal.hidden = !about.plain;
  }

  async function go() {
    refused.clear();
    const inPlain = !personal.hidden && plain.checked;
    const missing = Object.entries(now.controls).filter(([, control]) => control.required && !control.value).map(([name]) => `query.${name}`);
    if (inPlain && !reason.value.trim()) missing.push("reason");
    if (missing.length) return refused.faults(missing.map((name) => ({field: name, reason: say("needed")})), say("exports.incomplete"));
    try {
      await asked(list.value, format.value, now.query(), inPlain ? {plain: true, reason: reason.value.trim()} : {});
    } catch (error) {
      return refused.show(error);
    }
    notice(say("exports.asked"), "good");
    return made();
  }

  const box = make("section", {}, make("h2", {}, say("exports.new")), make("div", {class: "form"}, refused.box,
    make("div", {class: "pair"}, field(say("exports.list"), list), field(say("exports.format"), format)), narrowed, personal,
    make("div", {class: "row"}, button(say("exports.export"), go, {kind: "strong"}))));
  return {box, chosen};
}

function line(one, load, isWanted) {
  const progress = bar();
  const actions = make("div", {class: "row"});
  const work = (text, does) => button(text, async () => {
    try {
      await does();
    } catch (error) {
      notice(sentence(error), "fault");
    }
  }, {kind: "small", "aria-label": `${text} ${one.name}`});

  function shown(now) {
    progress.show(now);
    const isRunning = now.state === "waiting" || now.state === "running";
    actions.replaceChildren(...(now.state === "done" ? [work(say("exports.save"), () => download(now))] : []),
      ...(isRunning ? [work(say("exports.cancel"), async () => { await call("POST", `${EXPORTS}/${one.id}/cancel`); await load(); })] : []));
  }

  followed(one, shown, isWanted).catch((error) => notice(sentence(error), "fault"));
  return [[one.name, one.plain && make("span", {class: "chip alarm"}, say("exports.plain"))], when(one.asked_at), progress.box,
    when(one.expires_at), actions];
}

export async function show(room) {
  const mine = make("div", {});
  let [turn, cursor] = [0, null];
  const more = button(say("more"), () => load(false), {kind: "quiet", hidden: true});

  async function load(isNew = true) {
    const mineNow = isNew ? ++turn : turn;
    try {
      const {items, next} = await call("GET", address(EXPORTS, {limit: 20, cursor: isNew ? null : cursor}));
      const rows = items.map((one) => line(one, load, () => turn === mineNow && mine.isConnected));
      const drawn = table(say("exports.mine"), ["list", "asked_at", "state", "until_when", "do"].map((one) => say(`exports.${one}`)), rows);
      if (isNew) mine.replaceChildren(items.length ? drawn : nothing(say("exports.none")));
      else mine.querySelector("tbody").append(...drawn.querySelectorAll("tbody > tr"));
      cursor = next;
      more.hidden = !next;
    } catch (error) {
      mine.replaceChildren(make("p", {class: "fault"}, sentence(error)));
    }
  }

  const {items} = await call("GET", `${EXPORTS}/lists`);
  const asking = form(items, load);
  room.replaceChildren(asking.box, make("section", {}, make("div", {class: "head"}, make("h2", {}, say("exports.mine")),
    button(say("reload"), () => load(), {kind: "quiet small"})), make("p", {class: "hint"}, say("exports.logged_all")), mine, more));
  asking.chosen();
  await load();
}
