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

/** Statuses of cases that are over. */
export const OVER = new Set(["closed", "rejected", "void", "merged"]);

export const status = (name) => sayOr(`status.${name}`, name);

export const role = (name) => sayOr(`case_role.${name}`, name);

export const stage = (name) => sayOr(`case_stage.${name}`, name);

/** So much of a unit: "3 工作时", "3 working hours". */
export const limit = (value, unit) => `${Number(value.toFixed(2))} ${sayOr(`case_unit.${unit}`, unit)}`;

/** Who it was, by the names that came with the case: a person with the department, or what kind of sender. */
export function who({actor_kind: kind, actor_id: id, department_id: department}, names) {
  const person = names[id] ?? sayOr(`case_kind.${kind}`, kind);
  return names[department] ? say("case.of", {person, department: names[department]}) : person;
}
