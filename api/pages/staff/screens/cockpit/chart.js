// Charts as SVG, drawn to the width there is. Each has a sentence that says what it shows, and the same numbers as a table;
// lines differ by their dashes and bars stand beside their numbers, so that nothing is told by colour alone.
import {make} from "../../dom.js";
import {say} from "../../language.js";
import {table} from "../stuck/part.js";

const SVG = "http://www.w3.org/2000/svg";

/** An element of a drawing; children as with make(). */
export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== undefined) made.setAttribute(key, value);
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const isNumber = (value) => value !== null && value !== undefined;

/** Round numbers to mark an axis from nothing up to `most`: 0, 5, 10. */
function marks(most) {
  if (most <= 0) return [0, 1];
  const rough = most / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const list = [];
  for (let at = 0; at < most + step; at += step) list.push(Number(at.toPrecision(12)));
  return list;
}

/** The pieces of a line: where a value is missing there is a gap, no guess. */
function pieces(values, x, y) {
  const paths = [];
  let open = false;
  for (const [at, value] of values.entries()) {
    if (isNumber(value)) paths.push(`${open ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`);
    open = isNumber(value);
  }
  return paths.join("");
}

/** A dot where a value stands alone between gaps, of which a line would show nothing. */
const lonely = (values) => values.map((value, at) => at).filter((at) =>
  isNumber(values[at]) && !isNumber(values[at - 1]) && !isNumber(values[at + 1]));

/** A small line without axes beside a number. `label` says what it shows. */
export function sparkline(values, label, {width = 120, height = 28} = {}) {
  const known = values.filter(isNumber);
  const [low, high] = [Math.min(...known, 0), Math.max(...known, 0)];
  const x = (at) => 3 + at * (width - 6) / Math.max(1, values.length - 1);
  const y = (value) => height - 4 - (value - low) * (height - 8) / ((high - low) || 1);
  const last = values.findLastIndex(isNumber);
  return svg("svg", {class: "sparkline", role: "img", "aria-label": label, width, height, viewBox: `0 0 ${width} ${height}`},
    svg("path", {class: "line", d: pieces(values, x, y)}),
    last >= 0 && svg("circle", {class: "dot", cx: x(last), cy: y(values[last]), r: 3}));
}

const LEFT = 56;
const RIGHT = 12;
const TOP = 8;
const BOTTOM = 24;
const HEIGHT = 200;
const DAY_WIDTH = 64;

function axes(width, days, list, x, y, format) {
  const every = Math.max(1, Math.ceil(days.length * DAY_WIDTH / (width - LEFT - RIGHT)));
  const shown = days.map((day, at) => [day, at]).filter(([, at]) => (days.length - 1 - at) % every === 0);
  return [
    list.map((mark) => svg("g", {}, svg("line", {class: "mark", x1: LEFT, x2: width - RIGHT, y1: y(mark), y2: y(mark)}),
      svg("text", {x: LEFT - 6, y: y(mark) + 4, "text-anchor": "end"}, format(mark)))),
    shown.map(([day, at]) => svg("text", {x: x(at), y: HEIGHT - 6, "text-anchor": at === days.length - 1 && days.length > 1 ? "end" : "middle"},
      day))];
}

function drawing(width, days, series, format, label) {
  const most = Math.max(...series.flatMap(({values}) => values.filter(isNumber)), 0);
  const list = marks(most);
  const x = (at) => (days.length === 1 ? (LEFT + width - RIGHT) / 2 : LEFT + at * (width - LEFT - RIGHT) / (days.length - 1));
  const y = (value) => HEIGHT - BOTTOM - value * (HEIGHT - TOP - BOTTOM) / list.at(-1);
  return svg("svg", {class: "drawn", role: "img", "aria-label": label, width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`},
    axes(width, days, list, x, y, format),
    series.map(({values}, number) => svg("g", {class: `series s${number}`}, svg("path", {class: "line", d: pieces(values, x, y)}),
      (values.length > 31 ? lonely(values) : [...values.keys()].filter((at) => isNumber(values[at]))).map((at) =>
        svg("circle", {class: "dot", cx: x(at), cy: y(values[at]), r: 3}, svg("title", {}, `${days[at]} ${format(values[at])}`))))));
}

/** What a line shows, in a sentence. */
export function spoken(title, days, values, format) {
  const known = values.map((value, at) => [value, days[at]]).filter(([value]) => isNumber(value));
  if (!known.length) return say("chart.nothing", {title});
  const [low, high] = [known.reduce((a, b) => (b[0] < a[0] ? b : a)), known.reduce((a, b) => (b[0] > a[0] ? b : a))];
  return say("chart.spoken", {title, last: format(known.at(-1)[0]), day: known.at(-1)[1],
    low: format(low[0]), low_day: low[1], high: format(high[0]), high_day: high[1]});
}

const sample = (number) => svg("svg", {class: "sample", width: 28, height: 12, viewBox: "0 0 28 12", "aria-hidden": "true"},
  svg("g", {class: `series s${number}`}, svg("path", {class: "line", d: "M1 6L27 6"})));

/** Lines over days. `series` are {name, values}, one value a day, null where there is none; `format` writes a number. */
export function lines(title, days, series, format = String) {
  const label = series.map(({name, values}) => spoken(series.length > 1 ? `${title} ${name}` : title, days, values, format)).join(" ");
  if (!series.some(({values}) => values.some(isNumber))) return make("figure", {class: "chart"}, make("figcaption", {}, title), make("p", {class: "quiet"}, say("chart.none")));
  const ground = make("div", {class: "ground"});
  let width = 0;
  new ResizeObserver(([{contentRect}]) => {
    if (Math.round(contentRect.width) === width || contentRect.width < 80) return;
    width = Math.round(contentRect.width);
    ground.replaceChildren(drawing(width, days, series, format, label));
  }).observe(ground);
  return make("figure", {class: "chart"}, make("figcaption", {}, title),
    series.length > 1 && make("ul", {class: "key"}, series.map(({name}, number) => make("li", {}, sample(number), name))),
    ground,
    make("details", {}, make("summary", {}, say("chart.numbers")), make("div", {class: "numbers", tabindex: "0", role: "region", "aria-label": title},
      table(title, [say("chart.day"), ...series.map(({name}) => name)],
        days.map((day, at) => [day, ...series.map(({values}) => (isNumber(values[at]) ? format(values[at]) : "–"))])))));
}

/** A bar for a table's cell, of so much of the whole width; the number stands beside it. */
export const bar = (share) => svg("svg", {class: "bar", "aria-hidden": "true", width: "100%", height: 8},
  svg("rect", {class: "whole", width: "100%", height: 8, rx: 2}),
  svg("rect", {class: "part", width: `${(Math.max(0, Math.min(1, share)) * 100).toFixed(1)}%`, height: 8, rx: 2}));
