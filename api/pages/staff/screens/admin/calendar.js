// The working calendar: a year's days by month as offices keep them, a year's announcement loaded, the office hours.
import {button, make, notice} from "../../dom.js";
import {language, say, when} from "../../language.js";
import {call} from "../../server.js";
import {table} from "../stuck/part.js";
import {area, form, input} from "./parts/form.js";
import {opener, whole, withPane} from "./parts/list.js";

const YEARS = "/api/v1/admin/calendar";
const HOURS = "/api/v1/admin/office-hours";
const FIRST = 2000;
const LAST = 2099;
const SIGNS = {off: "admin.sign_off", work: "admin.sign_work"};

const locale = () => (language() === "en" ? "en-GB" : "zh-CN");
const utc = (year, month, day) => new Date(Date.UTC(year, month, day));
const iso = (date) => date.toISOString().slice(0, 10);
const word = (date, options) => new Intl.DateTimeFormat(locale(), {timeZone: "UTC", ...options}).format(date);
const isWeekend = (date) => [0, 6].includes(date.getUTCDay());

/** A day is told by letter as well as by colour: 休 is off against the week, 班 is worked against it. */
function cell(date, special) {
  const one = special.get(iso(date));
  const works = one ? one.is_work : !isWeekend(date);
  const sign = one && works && isWeekend(date) ? "work" : one && !works ? "off" : "";
  return make("td", {class: `day ${works ? "" : "free"} ${sign}`, title: one?.name}, String(date.getUTCDate()),
    sign && make("span", {class: "sign"}, say(SIGNS[sign])), sign && make("span", {class: "unseen"}, one.name));
}

function month(year, number, special) {
  const days = Array.from({length: utc(year, number + 1, 0).getUTCDate()}, (_, at) => utc(year, number, at + 1));
  const weeks = [];
  for (const date of days) {
    const at = (date.getUTCDay() + 6) % 7;
    if (at === 0 || !weeks.length) weeks.push(Array(7).fill(null));
    weeks.at(-1)[at] = date;
  }
  return make("table", {class: "month"}, make("caption", {}, word(days[0], {month: "long"})),
    make("thead", {}, make("tr", {}, Array.from({length: 7}, (_, at) => make("th", {scope: "col"}, word(utc(2024, 0, 1 + at), {weekday: "narrow"}),
      make("span", {class: "unseen"}, word(utc(2024, 0, 1 + at), {weekday: "long"})))))),
    make("tbody", {}, weeks.map((week) => make("tr", {}, week.map((date) => (date ? cell(date, special) : make("td", {})))))));
}

const spans = (one) => one.spans.map(({opens, closes}) => `${opens}–${closes}`).join(", ");

/** The rows of a year's announcement as published (holiday-cn): the file itself, or its list of days. */
function daysOf(text) {
  try {
    const read = JSON.parse(text);
    const days = Array.isArray(read) ? read : read.days;
    if (Array.isArray(days) && days.length) return {value: days};
  } catch {
    return {reason: say("admin.no_json")};
  }
  return {reason: say("admin.no_json")};
}

function loading(pane, year, reload) {
  const file = input("", {type: "file", accept: ".json,application/json"});
  const text = area("", {rows: 8, spellcheck: "false"});
  const made = form({
    lead: say("admin.year_lead"), submit: say("admin.year_load"), fields: [
      {name: "year", label: say("admin.year"), required: true, control: input(String(year), {type: "number", min: FIRST, max: LAST, inputmode: "numeric"})},
      {name: "file", label: say("admin.file"), control: file, read: () => ({value: undefined})},
      {name: "days", label: say("admin.year_text"), hint: say("admin.year_hint"), control: text, required: true,
        read: async () => daysOf(file.files.length ? await file.files[0].text() : text.value)},
      {name: "source", label: say("admin.source"), required: true, hint: say("admin.source_hint"), control: input("", {maxlength: 200})}],
    sure: (said) => say("admin.year_sure", {year: said.year, off: said.days.filter((one) => one.isOffDay).length,
      work: said.days.filter((one) => one.isOffDay === false).length}),
    send: ({year: which, days, source}) => call("POST", `${YEARS}/${Number(which)}`, {days, source}),
    done: async (told) => { notice(say("admin.year_loaded", {year: told.year, n: told.days}), "good"); await reload(told.year); pane.close(); }});
  pane.open(say("admin.year_load"), made.box);
  made.focus();
}

/** "08:00-12:00, 14:00-18:00" as spans. */
function spansOf(text) {
  const parts = text.split(/[,，;；\s]+/).filter(Boolean).map((one) => /^(\d\d:\d\d)[-–](\d\d:\d\d)$/.exec(one));
  return parts.length && parts.every(Boolean) ? {value: parts.map(([, opens, closes]) => ({opens, closes}))} : {reason: say("admin.no_spans")};
}

function opening(pane, reload) {
  const control = input("08:00-12:00, 14:00-18:00");
  const made = form({
    lead: say("admin.hours_lead"), submit: say("admin.hours_set"), fields: [
      {name: "valid_from", label: say("admin.valid_from"), required: true, control: input("", {type: "date"})},
      {name: "spans", also: ["spans.0.opens", "spans.0.closes", "spans.1.opens", "spans.1.closes"], label: say("admin.hours"), hint: say("admin.hours_hint"),
        required: true, control, read: () => spansOf(control.value)}],
    sure: (said) => say("admin.hours_sure", {day: said.valid_from, hours: spans(said)}),
    send: (said) => call("POST", HOURS, said),
    done: async (told) => { notice(say("admin.done"), "good"); await reload(Number(told.valid_from.slice(0, 4))); pane.close(); }});
  pane.open(say("admin.hours_set"), made.box);
  made.focus();
}

function shown(told) {
  const special = new Map(told.days.map((one) => [one.date, one]));
  return [told.loaded_at ? make("p", {class: "panel"}, say("admin.year_told", {source: told.source, at: when(told.loaded_at), n: told.work_days}))
    : make("p", {class: "panel alarm"}, say("admin.year_missing", {n: told.work_days})),
  make("div", {class: "months"}, Array.from({length: 12}, (_, number) => month(told.year, number, special))),
  make("h3", {}, say("admin.hours")), table(say("admin.hours"), [say("admin.valid_from"), say("admin.hours")],
    told.office_hours.map((one) => [one.valid_from, spans(one)]))];
}

export async function show(room) {
  let year = Number(new Intl.DateTimeFormat("en", {timeZone: "Asia/Shanghai", year: "numeric"}).format(new Date()));
  const heading = make("h2", {"aria-live": "polite"});
  const part = whole(async () => shown(await call("GET", `${YEARS}/${year}`)));
  const go = (wanted) => { year = Math.min(Math.max(wanted, FIRST), LAST); heading.textContent = String(year); return part.load(); };
  const pane = withPane(make("div", {class: "tools"}, make("div", {class: "row"}, button(say("admin.year_before"), () => go(year - 1)),
    button(say("admin.year_after"), () => go(year + 1))), opener("load", say("admin.year_load"), () => loading(pane, year, go), "strong"),
  opener("hours", say("admin.hours_set"), () => opening(pane, go), "")), heading, make("p", {class: "quiet"}, say("admin.year_legend")), part.box);
  room.replaceChildren(pane.box);
  await go(year);
}
