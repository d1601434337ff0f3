// What is chosen in the forms of administration: a person, an area, a category by a few letters; a role, a department from a list.
import {make, newId} from "../../../dom.js";
import {say, sayOr} from "../../../language.js";
import {categories, departments} from "../../../reference.js";
import {address, call} from "../../../server.js";
import {select} from "./form.js";

const PAUSE = 250;
const ROLES = ["grid_worker", "operator", "triage_operator", "dispatcher", "handler", "department_head", "adjudicator", "supervisor",
  "leader", "data_steward", "administrator"];

export const DEPARTMENTAL = ["handler", "department_head"];

export const roleName = (role) => sayOr(`post_role.${role}`, role);

export const roles = () => ROLES.map((one) => [one, roleName(one)]);

export const departmentName = (list, id) => list.find((one) => one.id === id)?.name ?? "–";

export async function departmentSelect(chosen = "", none = say("admin.no_department")) {
  return select((await departments()).filter((one) => one.active || one.id === chosen).map((one) => [one.id, one.name]), chosen, none);
}

/** A field in which one types and chooses; what is typed counts as well when only one thing fits it. `find(q)` answers items,
 * `text(item)` what stands in the field, `value(item)` what is sent. */
function lookup({find, text, value, chosen = null}) {
  const list = make("datalist", {id: newId("d")});
  const control = make("input", {autocomplete: "off", list: list.id, value: chosen ? text(chosen) : ""});
  const seen = new Map(chosen ? [[text(chosen), value(chosen)]] : []);
  let planned = null;

  async function look() {
    const wanted = control.value.trim();
    if (!wanted || seen.has(wanted)) return [];
    const items = await find(wanted);
    for (const one of items) seen.set(text(one), value(one));
    list.replaceChildren(...items.map((one) => make("option", {value: text(one)})));
    return items;
  }

  async function read() {
    const wanted = control.value.trim();
    if (!wanted) return {value: undefined};
    const items = await look();
    if (seen.has(wanted)) return {value: seen.get(wanted)};
    const meant = items.length === 1 ? items[0] : items.find((one) => value(one) === wanted);
    if (meant) {
      control.value = text(meant);
      return {value: value(meant)};
    }
    return {reason: say(items.length ? "admin.pick_one" : "admin.pick_none")};
  }

  control.addEventListener("input", () => {
    clearTimeout(planned);
    planned = setTimeout(() => look().catch((error) => console.warn(error)), PAUSE); // sending asks again, and then it is told
  });
  control.addEventListener("focus", () => { if (!list.isConnected) control.after(list); });
  return {control, read};
}

const personText = (one) => `${one.name} (${one.login})`;

/** Somebody who works here and may log in; the value is the id. */
export const personField = (chosen = null) => lookup({
  chosen, text: personText, value: (one) => one.id,
  find: async (q) => (await call("GET", address("/api/v1/admin/users", {q: q.replace(/^.* \((.*)\)$/, "$1"), active: true, limit: 20}))).items});

/** An area; the value is its code. */
export const areaField = (chosen = null) => lookup({
  chosen, text: (one) => `${one.code} ${one.full_name}`, value: (one) => one.code,
  find: async (q) => (await call("GET", address("/api/v1/areas/search", {q: q.split(" ")[0]}))).items});

const KINDS = ["1", "2", "3"];
export const kindName = (digit) => say(`kind_of.${digit}`);

/** A category or one of the three kinds; the value is its code. */
export const categoryField = (chosen = null) => lookup({
  chosen, text: (one) => `${one.code} ${one.name}`, value: (one) => one.code,
  find: async (q) => {
    const word = q.split(" ")[0];
    const all = [...KINDS.map((code) => ({code, name: kindName(code)})), ...await categories()];
    const exact = all.find((one) => one.code === word);
    return exact ? [exact] : all.filter((one) => one.code.startsWith(word) || one.name.includes(word)).slice(0, 50);
  }});
