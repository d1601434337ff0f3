// A public case in a list.
import {card, chip, strong} from "./cards.js";
import {make} from "./dom.js";
import {say, when} from "./language.js";

export const caseCard = (one) => card({
  href: `#/case/${one.number}`, data: {"data-number": one.number},
  top: [chip(one.stands, one.status === "closed" ? "" : "wait"), make("span", {class: "quiet"}, when(one.opened_at))],
  title: strong(one.category ?? say("similar.problem")),
  body: [one.words && make("span", {}, one.words),
    make("span", {class: "quiet"}, [one.community, one.report_count > 1 && say("similar.count", {n: one.report_count})].filter(Boolean).join(" · "))]});
