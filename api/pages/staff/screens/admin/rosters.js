// Rosters: who is on duty when, a week at a glance; a shift is entered for the days that one ticks.
import {button, make, notice} from "../../dom.js";
import {language, say} from "../../language.js";
import {departments} from "../../reference.js";
import {address, call} from "../../server.js";
import {exportButton} from "../reports/export.js";
import {table} from "../stuck/part.js";
import {areaField, departmentName, departmentSelect, personField, roleName, roles} from "./parts/choosing.js";
import {doing, form, input, select, ticks} from "./parts/form.js";
import {filter, opener, whole, withPane} from "./parts/list.js";

const DUTIES = "/api/v1/admin/duties";
const DAY = 86_400_000;
const CITY = "+08:00";
const MOST = 500;

/** The day that it is in the city, as 2026-03-02. */
const dayOf = (moment) => new Intl.DateTimeFormat("en-CA", {timeZone: "Asia/Shanghai", dateStyle: "short"}).format(new Date(moment));
const plus = (day, count) => new Date(Date.parse(`${day}T00:00Z`) + count * DAY).toISOString().slice(0, 10);
const monday = (day) => plus(day, -((new Date(`${day}T00:00Z`).getUTCDay() + 6) % 7));
const midnight = (day) => `${day}T00:00:00${CITY}`;
const locale = () => (language() === "en" ? "en-GB" : "zh-CN");
const named = (day) => new Intl.DateTimeFormat(locale(), {timeZone: "UTC", weekday: "short", month: "numeric", day: "numeric"}).format(new Date(`${day}T00:00Z`));
const clock = (moment) => new Intl.DateTimeFormat(locale(), {timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hourCycle: "h23"}).format(new Date(moment));

async function weekOf(first, role) {
  const items = [];
  let cursor = null;
  do {
    const told = await call("GET", address(DUTIES, {since: midnight(first), until: midnight(plus(first, 7)), role, limit: 100, cursor}));
    items.push(...told.items);
    cursor = told.next;
  } while (cursor && items.length < MOST);
  return items;
}

const touches = (one, day) => new Date(one.since) < new Date(midnight(plus(day, 1))) && new Date(one.until) > new Date(midnight(day));

function shift(one, mayChange, reload) {
  const hours = `${clock(one.since)}–${clock(one.until)}`;
  return make("li", {class: "shift"}, make("strong", {}, one.user_name), ` ${hours}`, one.note && make("span", {class: "quiet"}, ` ${one.note}`),
    mayChange && new Date(one.until) > new Date() && doing(say("admin.duty_end"), {kind: "quiet small", danger: true,
      question: say(new Date(one.since) > new Date() ? "admin.duty_forget_sure" : "admin.duty_end_sure", {name: one.user_name, hours}),
      work: async () => { await call("POST", `${DUTIES}/${one.id}/end`); }, done: reload}));
}

/** A row for each role in each department or area, a column for each day. */
function week(first, items, list, mayChange, reload) {
  if (!items.length) return make("p", {class: "quiet"}, say("admin.no_duties"));
  const days = Array.from({length: 7}, (_, at) => plus(first, at));
  const groups = new Map();
  for (const one of items) {
    const place = one.department_id ? departmentName(list, one.department_id) : one.area_name ?? one.area_code ?? say("admin.whole_city");
    const key = `${one.role} ${place}`;
    if (!groups.has(key)) groups.set(key, {name: [roleName(one.role), make("span", {class: "address"}, place)], items: []});
    groups.get(key).items.push(one);
  }
  return table(say("rosters"), [say("admin.role"), ...days.map(named)], [...groups.values()].map((group) => [group.name, ...days.map((day) => {
    const here = group.items.filter((one) => touches(one, day)).sort((a, b) => a.since.localeCompare(b.since));
    return here.length ? make("ul", {}, here.map((one) => shift(one, mayChange, reload))) : "–";
  })]));
}

/** The shifts of one person on the ticked days; what ends before it begins ends on the next day. */
function shifts(said, first, ticked) {
  return ticked.map((at) => {
    const day = plus(first, at);
    return {user_id: said.user_id, role: said.role, note: said.note, ...(said.department_id && {department_id: said.department_id}),
      ...(said.area_code && {area_code: said.area_code}), since: `${day}T${said.from}:00${CITY}`,
      until: `${said.to > said.from ? day : plus(day, 1)}T${said.to}:00${CITY}`};
  });
}

function daysField(first) {
  const days = ticks(say("admin.days"), Array.from({length: 7}, (_, at) => [at, named(plus(first, at))]), (at) => at < 5);
  return {...days, read: () => (days.read().value ? days.read() : {reason: say("admin.no_days")})};
}

async function entering(pane, first, reload) {
  const days = daysField(first);
  const at = (name) => [`items.0.${name}`];
  const made = form({
    lead: say("admin.duty_lead"), submit: say("admin.duty_add"), fields: [
      {name: "user_id", also: at("user_id"), label: say("admin.person"), required: true, hint: say("admin.pick_hint"), ...personField()},
      {name: "role", also: at("role"), label: say("admin.role"), required: true, control: select(roles(), "", say("admin.choose"))},
      {name: "department_id", also: at("department_id"), label: say("admin.department"), hint: say("admin.department_hint"), control: await departmentSelect()},
      {name: "area_code", also: at("area_code"), label: say("admin.area"), hint: say("admin.duty_area_hint"), ...areaField()},
      {name: "days", label: "", ...days},
      {name: "from", also: at("since"), label: say("admin.from"), required: true, control: input("08:00", {type: "time"})},
      {name: "to", also: at("until"), label: say("admin.to"), hint: say("admin.next_day"), required: true, control: input("18:00", {type: "time"})},
      {name: "note", also: at("note"), label: say("admin.note"), control: input("", {maxlength: 200})}],
    sure: (said) => say("admin.duty_sure", {n: said.days.length, from: said.from, to: said.to, days: said.days.map((one) => named(plus(first, one))).join("、")}),
    send: (said) => call("POST", DUTIES, {items: shifts(said, first, said.days)}),
    done: async ({items}) => { notice(say("admin.duties_entered", {n: items.length}), "good"); await reload(); pane.close(); }});
  pane.open(say("admin.duty_add"), made.box);
  made.focus();
}

export async function show(room, me) {
  const mayChange = me.permissions.includes("duties.manage");
  let first = monday(dayOf(Date.now()));
  const heading = make("h2", {"aria-live": "polite"});
  const role = select(roles(), "", say("admin.all"));
  const part = whole(async () => week(first, await weekOf(first, role.value), await departments(), mayChange, part.load));
  const turn = (weeks) => () => {
    first = weeks === null ? monday(dayOf(Date.now())) : plus(first, 7 * weeks);
    heading.textContent = `${named(first)} – ${named(plus(first, 6))}`;
    return part.load();
  };
  const pane = withPane(make("div", {class: "tools"}, make("div", {class: "row"}, button(say("admin.week_before"), turn(-1)),
    button(say("admin.week_now"), turn(null)), button(say("admin.week_after"), turn(1))), filter(say("admin.role"), role, () => part.load()),
  mayChange && opener("add", say("admin.duty_add"), () => entering(pane, first, part.load), "strong"),
  exportButton(me, "duties", () => ({since: midnight(first), until: midnight(plus(first, 7)), role: role.value}))), heading, part.box);
  room.replaceChildren(pane.box);
  await turn(null)();
}
