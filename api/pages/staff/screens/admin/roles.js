// Who may do what: the table of permissions and of the steps of a case, as this release has it.
import {make} from "../../dom.js";
import {language, say, sayOr} from "../../language.js";
import {call} from "../../server.js";
import {table} from "../stuck/part.js";
import {roleName} from "./parts/choosing.js";
import {select} from "./parts/form.js";
import {chip, filter} from "./parts/list.js";

/** "签收 we have it" in the language that is spoken. */
function stepWords({action, says}) {
  const [chinese, ...english] = says.split(" ");
  return language() === "zh" ? chinese : english.join(" ") || action;
}

const words = (one) => (one.says ? stepWords(one) : sayOr(`permission.${one.action}`, one.action));

const named = (one) => [words(one), make("code", {class: "address quiet"}, one.action)];

const condition = (name) => sayOr(`condition.${name}`, name);

function part(heading, items, role) {
  const shown = role ? items.filter((one) => one.roles.includes(role)) : items;
  return [make("h2", {}, `${heading} (${shown.length})`),
    shown.length ? table(heading, [say("admin.action"), say("admin.may"), say("admin.if")], shown.map((one) => [named(one),
      make("ul", {class: "chips"}, one.roles.map((name) => make("li", {}, chip(roleName(name), name === role ? "good" : "")))),
      one.conditions.map(condition).join("; ") || "–"])) : make("p", {class: "quiet"}, say("admin.may_nothing"))];
}

export async function show(room) {
  const told = await call("GET", "/api/v1/admin/roles");
  const role = select(told.roles.map((one) => [one.role, roleName(one.role)]), "", say("admin.all"));
  const place = make("div", {class: "main"});
  const draw = () => place.replaceChildren(...part(say("admin.permissions"), told.permissions, role.value),
    ...part(say("admin.steps"), told.steps, role.value));
  room.replaceChildren(make("p", {}, say("admin.roles_lead")), make("div", {class: "tools"}, filter(say("admin.role"), role, draw)), place);
  draw();
}
