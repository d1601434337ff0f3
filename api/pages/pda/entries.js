// The registers as this phone knows them: what the server told, and over it what this worker has said and not yet sent.
import {fresh, over} from "./known.js";
import {ofLabel} from "./language.js";
import * as store from "./store.js";

export const REGISTERS = ["person", "house", "entity", "component", "address"];

/** Which relations begin at an entry of a register, and where each ends. */
const RELATIONS = {
  lives_in: ["person", "house"], owns: ["person", "house"], rents_to: ["person", "person"], works_at: ["person", "entity"],
  located_in: ["entity", "house"], represents: ["person", "entity"], stands_at: ["component", "address"],
  lies_at: ["house", "address"]};

/** What owns a house may be an entity as well. */
export const relationsOf = (register) => Object.entries(RELATIONS)
  .filter(([kind, [from]]) => from === register || (kind === "owns" && register === "entity"));

/** All entries on this phone by id. Those with something unsent carry `pending`, its state. `before`: as they are without the
 * operation of this id and whatever is based on it. */
export async function entries({before = null} = {}) {
  const [told, operations] = await Promise.all([store.items("entry"), store.all("operations")]);
  const found = new Map(told.map((one) => [one.id, one]));
  // what met a conflict the server has: it stands beside the entry, not over it
  const said = operations.filter(({kind, state}) => kind === "entry" && state !== "conflict");
  const later = new Set([before].filter(Boolean));
  for (const one of said.sort((first, second) => first.order - second.order)) {
    if (later.has(one.id) || later.has(one.base)) {
      later.add(one.id);
      continue;
    }
    found.set(one.data.subject, {...over(found.get(one.data.subject) ?? fresh(one), one), pending: one.state});
  }
  return found;
}

/** Those of a register ("" for all) in which every word stands: in the label or in any value that may be shown. */
export function search(all, register, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const line = ({label, values, masked}) =>
    [label, ...Object.values(values ?? {}), ...Object.values(masked ?? {})].flat().join(" ").toLowerCase();
  return all.filter((one) => (!register || one.register === register)
    && (!words.length || (one.line ??= line(one), words.every((word) => one.line.includes(word)))));
}

/** The form in use for a register, if there is one. */
export async function formOf(register) {
  const forms = (await store.items("form")).filter((form) => form.register === register);
  return forms.find(({form_id: id}) => id === register) ?? forms[0] ?? null;
}

/** What a value is called: the label of the choice, in the form's words. */
export function spokenValue(question, value) {
  const label = (one) => ofLabel(question?.choices?.find(({name}) => name === one)?.label) || String(one);
  return (Array.isArray(value) ? value : [value]).map(label).join("、");
}
