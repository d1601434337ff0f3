// The words of the page: Chinese by default, English by switch. words.js brings them.
import * as store from "./store.js";
import {WORDS} from "./words.js";

const LANGUAGES = ["zh", "en"];

let spoken = 0;

/** The language now: "zh" or "en". */
export const language = () => LANGUAGES[spoken];

/** The text of a key, with {names} filled in. An unknown key shows itself, so that nothing is hidden by it. */
export function say(key, values = {}) {
  const text = WORDS[key]?.[spoken] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** The text of a key that the server may have made up, such as a status we do not know yet. */
export const sayOr = (key, fallback) => (key in WORDS ? say(key) : fallback);

/** One language of a label {zh, en} of a form. */
export const ofLabel = (label) => label?.[language()] ?? label?.zh ?? label?.en ?? "";

/** Read what was chosen on this phone, and put words into every element that names a key. */
export async function start() {
  spoken = Math.max(0, LANGUAGES.indexOf(await store.get("meta", "language")));
  fill(document);
}

export async function choose(name) {
  await store.put("meta", name, "language");
  store.tell("language");
}

function fill(root) {
  document.documentElement.lang = spoken ? "en" : "zh-CN";
  for (const element of root.querySelectorAll("[data-i18n]")) element.textContent = say(element.dataset.i18n);
  for (const element of root.querySelectorAll("[data-i18n-label]")) {
    element.setAttribute("aria-label", say(element.dataset.i18nLabel));
  }
}

const locale = () => (spoken ? "en-GB" : "zh-CN");

/** Day and time, short, in the phone's own zone. */
export function when(moment) {
  const date = new Date(moment);
  const today = date.toDateString() === new Date().toDateString();
  const day = today ? {} : {month: "numeric", day: "numeric"};
  return new Intl.DateTimeFormat(locale(), {...day, hour: "2-digit", minute: "2-digit", hourCycle: "h23"}).format(date);
}

/** How long until then, or since: "还有 2 小时", "已超 3 天". */
export function due(moment, now = Date.now()) {
  const left = new Date(moment) - now;
  const minutes = Math.round(Math.abs(left) / 60_000);
  const [amount, unit] = minutes < 60 ? [minutes, "minutes"] : minutes < 48 * 60
    ? [Math.round(minutes / 60), "hours"] : [Math.round(minutes / 1440), "days"];
  return say(left < 0 ? "due.over" : "due.left", {span: say(`due.${unit}`, {n: amount})});
}

/** Bytes as people read them. */
export function bytes(number) {
  if (number < 1024) return `${number} B`;
  return number < 1024 * 1024 ? `${Math.round(number / 1024)} KB` : `${(number / 1024 / 1024).toFixed(1)} MB`;
}

/** Metres as people read them. */
export const metres = (number) => (number < 1000 ? say("metres", {n: Math.round(number)})
  : say("kilometres", {n: (number / 1000).toFixed(1)}));
