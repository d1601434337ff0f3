// What is wrong with the rules, as lists: what nobody answers for, and pairs between which no decision is possible.
import {make} from "../../../dom.js";
import {say} from "../../../language.js";
import {call} from "../../../server.js";
import {table} from "../../stuck/part.js";
import {departmentName, departments} from "../parts/choosing.js";
import {chip, whole} from "../parts/list.js";

const SHOWN = 100;

const cut = (items, all) => (items.length > SHOWN || !all) && make("p", {class: "quiet"}, say("admin.list_cut", {n: SHOWN}));

export const gapsPart = () => whole(async () => {
  const {items, all} = await call("GET", "/api/v1/rules/gaps");
  if (!items.length) return make("p", {class: "panel good"}, say("admin.no_gaps"));
  return [table(say("admin.gaps"), [say("admin.category"), say("admin.area"), say("admin.state")], items.slice(0, SHOWN).map((one) => [
    `${one.category_code} ${one.category_name}`, one.area_name, one.partly ? chip(say("admin.gap_some"), "wait") : chip(say("admin.gap"), "alarm")])),
  cut(items, all)];
});

export const overlapsPart = () => whole(async () => {
  const [{items, all}, list] = await Promise.all([call("GET", "/api/v1/rules/overlaps"), departments()]);
  if (!items.length) return make("p", {class: "panel good"}, say("admin.no_overlaps"));
  const told = (one) => [one.name, make("span", {class: "address quiet"}, departmentName(list, one.lead_department_id))];
  return [table(say("admin.overlaps"), [say("admin.one_rule"), say("admin.other_rule"), say("admin.category"), say("admin.area")],
    items.slice(0, SHOWN).map(({one, other}) => [told(one), told(other), one.category_code ?? say("admin.every"), one.area_code ?? say("admin.whole_city")])),
  cut(items, all)];
});
