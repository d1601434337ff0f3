// What is wrong with the rules, as lists: what nobody answers for, and pairs between which no decision is possible.
import {make} from "../../../dom.js";
import {say} from "../../../language.js";
import {table} from "../../stuck/part.js";
import {departmentName} from "../parts/choosing.js";
import {chip} from "../parts/list.js";
import {placeOf} from "./cell.js";

const cut = ({items, all}) => !all && make("p", {class: "quiet"}, say("admin.list_cut", {n: items.length}));

export function gapsOf(told) {
  if (!told.items.length) return make("p", {class: "panel good"}, say("admin.no_gaps"));
  return [table(say("admin.gaps"), [say("admin.category"), say("admin.area"), say("admin.state")], told.items.map((one) => [
    `${one.category_code} ${one.category_name}`, one.area_name, one.partly ? chip(say("admin.gap_some"), "wait") : chip(say("admin.gap"), "alarm")])),
  cut(told)];
}

export function overlapsOf(told, list) {
  if (!told.items.length) return make("p", {class: "panel good"}, say("admin.no_overlaps"));
  const named = (one) => [one.name, make("span", {class: "address quiet"}, departmentName(list, one.lead_department_id))];
  return [table(say("admin.overlaps"), [say("admin.one_rule"), say("admin.other_rule"), say("admin.category"), say("admin.area")],
    told.items.map(({one, other}) => [named(one), named(other),
      placeOf(one.category_code, one.category_name, say("admin.every")), placeOf(one.area_code, one.area_name, say("admin.whole_city"))])),
  cut(told)];
}
