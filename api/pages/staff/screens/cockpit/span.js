// Which days: the last day, week, month or year, or days of one's own. What was chosen stands in the address, so that back,
// forward and a link that is sent on show the same.
import {make} from "../../dom.js";
import {say} from "../../language.js";

const ZONE = "Asia/Shanghai";
const PRESETS = {today: 1, week: 7, month: 30, year: 365};
const DAY = 86_400_000;
const LONGEST = 366;

const iso = (moment) => new Intl.DateTimeFormat("sv-SE", {timeZone: ZONE}).format(moment);

export const plus = (day, days) => new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);

export const today = () => iso(new Date());

/** What the address says after #, as an object. */
export const said = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

/** The address with these changed; what is empty is left out. */
export function saying(changes) {
  const all = Object.entries({...said(), ...changes}).filter(([, value]) => value);
  return `#${new URLSearchParams(all)}`;
}

/** Go there, as a link would: the screen hears of it by hashchange. */
export const go = (changes) => { location.hash = saying(changes); };

const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text ?? "") && !Number.isNaN(Date.parse(text));

/** {since, until} of what the address says, `until` the day after the last; the week that ends today when it says nothing. */
export function days(usual = "week") {
  const {span, since, until} = said();
  if (isDay(since) && isDay(until) && since < until) return {since, until};
  return {since: plus(today(), 1 - (PRESETS[span] ?? PRESETS[usual])), until: plus(today(), 1)};
}

const chosen = (usual) => {
  const {span, since} = said();
  return since ? "own" : span in PRESETS ? span : usual;
};

/** The word for what is wrong with these days, before the server refuses them and takes the choice away; none when they will do. */
function amiss(first, last) {
  if (!first || !last) return "days.both";
  if (first > last) return "days.order";
  return plus(first, LONGEST) <= last ? "days.longest" : "";
}

/** The choice of days: a button for each usual span, and two dates for one's own. */
export function picker(usual = "week") {
  const now = days(usual);
  const first = make("input", {type: "date", "aria-label": say("days.first"), value: now.since, max: today()});
  const last = make("input", {type: "date", "aria-label": say("days.last"), value: plus(now.until, -1), max: today()});
  const take = () => {
    const wrong = amiss(first.value, last.value);
    last.setCustomValidity(wrong && say(wrong));
    if (last.reportValidity()) go({span: "", since: first.value, until: plus(last.value, 1)});
  };
  return make("div", {class: "days", role: "group", "aria-label": say("days")},
    Object.keys(PRESETS).map((name) => make("button", {type: "button", "aria-pressed": String(chosen(usual) === name),
      onclick: () => go({span: name, since: "", until: ""})}, say(`days.${name}`))),
    make("span", {class: "own"}, first, make("span", {"aria-hidden": "true"}, "–"), last,
      make("button", {type: "button", "aria-pressed": String(chosen(usual) === "own"), onclick: take}, say("days.take"))));
}

/** The span in words: the first and the last day. */
export const inWords = ({since, until}) => (plus(since, 1) === until ? since : say("days.from_to", {since, until: plus(until, -1)}));
