// What the map can show of an area: how it is written, and which way is good.
import {say} from "../../language.js";
import {written} from "./numbers.js";

/** `compared`: there is a figure of the span before. */
export const MEASURES = [
  {name: "open", unit: "count", better: "low"},
  {name: "overdue", unit: "count", better: "low"},
  {name: "received", unit: "count", better: "none", compared: true},
  {name: "closed", unit: "count", better: "high", compared: true},
  {name: "satisfaction", unit: "ratio", better: "high", compared: true},
  {name: "density", unit: "count", better: "none"},
  {name: "population", unit: "count", better: "none"},
  {name: "components", unit: "count", better: "none"},
];

export const measure = (name) => MEASURES.find((one) => one.name === name) ?? MEASURES[0];

export const title = ({name}) => say(`measure.${name}`);

/** The value of an area as it is written. */
export const told = (area, one) => written(area.values[one.name], one.unit);

const SHADES = 5;

/** Which of up to five shades each value has, darker for more, by the fifth of the different values that it falls in. {of(value):
 * number or null, classes: [{from, to}]}. */
export function shades(values) {
  const known = [...new Set(values.filter((value) => value !== null && value !== undefined))].sort((a, b) => a - b);
  const count = Math.min(SHADES, known.length);
  const starts = [...Array(count).keys()].map((one) => known[Math.floor(one * known.length / count)]);
  const of = (value) => (value === null || value === undefined ? null : starts.findLastIndex((start) => value >= start));
  const inside = (number) => known.filter((value) => of(value) === number);
  return {of, classes: starts.map((from, number) => ({from, to: inside(number).at(-1)})),
    shade: (value) => (of(value) === null ? null : count === 1 ? 2 : Math.round(of(value) * (SHADES - 1) / (count - 1)))};
}
