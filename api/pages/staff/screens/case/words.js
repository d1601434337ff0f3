// What the server names, in words: steps by the table's own sentences, so that a new step needs nothing here.
import {language, say, sayOr} from "../../language.js";

/** The name of a step and what it means. The table says "签收 we have it": its Chinese name, then an English sentence. */
export function step(action, says) {
  const [chinese, ...english] = (says ?? "").split(" ");
  const words = action.replaceAll("_", " ");
  const name = words.charAt(0).toUpperCase() + words.slice(1);
  if (language() === "zh") return {name: chinese || sayOr(`case_note.${action}`, action), means: ""};
  return {name: says ? name : sayOr(`case_note.${action}`, name), means: english.join(" ")};
}

export const status = (name) => sayOr(`status.${name}`, name);

export const role = (name) => sayOr(`case_role.${name}`, name);

export const stage = (name) => sayOr(`case_stage.${name}`, name);

/** So much of a unit: "3 工作时", "3 working hours". */
export const limit = (value, unit) => `${Number(value.toFixed(2))} ${sayOr(`case_unit.${unit}`, unit)}`;

/** How long until then, or since: "还有 2 小时", "已超 3 天". */
export function left(moment) {
  const span = new Date(moment) - Date.now();
  const minutes = Math.round(Math.abs(span) / 60_000);
  const [n, unit] = minutes < 60 ? [minutes, "minutes"] : minutes < 48 * 60 ? [Math.round(minutes / 60), "hours"]
    : [Math.round(minutes / 1440), "days"];
  return say(span < 0 ? "case.over_by" : "case.left", {span: `${n} ${say(`case_span.${unit}`)}`});
}

/** Who it was, by the names that came with the case: a person with the department, or what kind of sender. */
export function who({actor_kind: kind, actor_id: id, department_id: department}, names) {
  const person = names[id] ?? sayOr(`case_kind.${kind}`, kind);
  return names[department] ? say("case.of", {person, department: names[department]}) : person;
}
