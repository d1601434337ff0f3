// Two policies compared, in words: lines, numbers and ladders that came, went, or are otherwise.
import {say, sayOr} from "../../../language.js";
import {roleName} from "../parts/choosing.js";

/** A line of the limits in words: "签收（紧急，类别 3）：2 工作时". */
export function lineWords(line) {
  const which = [line.urgent === true && say("admin.urgent"), line.urgent === false && say("admin.not_urgent"),
    line.channel && sayOr(`channel.${line.channel}`, line.channel), line.category && say("admin.category_of", {code: line.category})].filter(Boolean);
  const first = line.over_standard ? ` · ${say("admin.over_standard")}` : "";
  return `${stageName(line.stage)}${which.length ? ` (${which.join(", ")})` : ""}${say("colon")}${line.value} ${say(`limit_unit.${line.unit}`)}${first}`;
}

export const stageName = (stage) => say(`limit_stage.${stage}`);

export const numberName = (name) => sayOr(`number_of.${name}`, name);

export const rungWords = (rungs) => rungs.map(([share, role]) => `${share}% → ${roleName(role)}`).join(", ");

/** A number as people read it: a list of words is counted. */
export const valueWords = (value) => (Array.isArray(value) ? say("admin.words_counted", {n: value.length}) : String(value));

const key = ({words, ...line}) => JSON.stringify(Object.entries(line).sort());

function lines(before, after) {
  const [had, has] = [new Set(before.map(key)), new Set(after.map(key))];
  return [...after.filter((one) => !had.has(key(one))).map((one) => `+ ${lineWords(one)}`), ...before.filter((one) => !has.has(key(one))).map((one) => `− ${lineWords(one)}`)];
}

const flat = (numbers) => Object.fromEntries(Object.entries(numbers).flatMap(([prefix, said]) =>
  Object.entries(said).map(([name, value]) => [`${prefix} ${name}`, value])));

function entries(before, after, name, words) {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((one) => JSON.stringify(before[one]) !== JSON.stringify(after[one]))
    .map((one) => `${name(one)}${say("colon")}${one in before ? words(before[one]) : "–"} → ${one in after ? words(after[one]) : "–"}`);
}

function numberOf(one) {
  const [prefix, name] = one.split(" ");
  return prefix ? `${numberName(name)} (${say("admin.category_of", {code: prefix})})` : numberName(name);
}

/** What is otherwise in the later policy, a sentence for each change. */
export const changes = (before, after) => [...lines(before.rules, after.rules),
  ...entries(flat(before.numbers), flat(after.numbers), numberOf, valueWords),
  ...entries(before.ladders, after.ladders, (code) => say("admin.ladder_of", {code: code || say("admin.every_department")}), rungWords)];
