// Numbers as people read them, and how one stands to another.
import {make} from "../../dom.js";
import {language, say} from "../../language.js";

const locale = () => (language() === "en" ? "en-GB" : "zh-CN");

const whole = (value) => new Intl.NumberFormat(locale(), {maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0}).format(value);

const share = (value) => new Intl.NumberFormat(locale(), {style: "percent", maximumFractionDigits: 1}).format(value);

/** A span of minutes in the unit that people would use. */
function span(minutes) {
  if (minutes < 120) return say("span.minutes", {n: whole(minutes)});
  return minutes < 48 * 60 ? say("span.hours", {n: whole(minutes / 60)}) : say("span.days", {n: whole(minutes / 1440)});
}

/** For an axis: the one unit in which durations up to `most` minutes are told, as a divisor and a writer. */
export function scaleOf(unit, most) {
  if (unit !== "minutes") return {by: 1, write: (value) => written(value, unit)};
  const [by, key] = most < 120 ? [1, "span.minutes"] : most < 48 * 60 ? [60, "span.hours"] : [1440, "span.days"];
  return {by, write: (value) => say(key, {n: whole(value)})};
}

const WRITERS = {count: whole, ratio: share, minutes: span};

/** A value of a unit ("count", "ratio", "minutes"), a dash for none. */
export const written = (value, unit = "count") => (value === null || value === undefined ? "–" : (WRITERS[unit] ?? whole)(value));

const sign = (difference) => (difference > 0 ? "▲" : "▼");

/** How much more or less than before: per cent of a count, points of a share. `better` says which way is good: "high", "low". Null when one
 * of the two is not known. */
export function change(now, before, {unit = "count", better = "none"} = {}) {
  const none = [now, before].some((one) => one === null || one === undefined) || (unit !== "ratio" && before === 0 && now !== 0);
  if (none) return null;
  const difference = unit === "ratio" ? now - before : (now - before) / (before || 1);
  if (Math.abs(difference) < 0.0005) return make("span", {class: "quiet"}, say("change.same"));
  const good = better === "none" ? "" : (difference > 0) === (better === "high") ? "good" : "bad";
  const size = unit === "ratio" ? say("change.points", {n: whole(Math.abs(difference) * 100)}) : share(Math.abs(difference));
  return make("span", {class: `change ${good}`}, make("span", {"aria-hidden": "true"}, sign(difference)),
    make("span", {class: "unseen"}, say(difference > 0 ? "change.more" : "change.less")), ` ${size}`);
}
