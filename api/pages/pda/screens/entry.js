// One entry of a register: what is known of it, what it belongs to, and where two sources disagree.
import {card, chip, facts, link, standing, strong} from "../cards.js";
import {conflictBox, told} from "../conflicts.js";
import {add, empty, make} from "../dom.js";
import {entries, formOf, relationsOf, spokenValue} from "../entries.js";
import {ofLabel, say, sayOr} from "../language.js";
import * as store from "../store.js";

const isEmpty = (value) => value === undefined || value === null || value === "" || (Array.isArray(value) && !value.length);

const NOT_TAKEN = ["refused", "conflict"];

/** In the order of the form, then whatever else is known. */
function factsOf(form, one) {
  const asked = new Map((form?.questions ?? []).map((question) => [question.field, question]));
  const names = new Set([...asked.keys(), ...Object.keys(one.values ?? {}), ...Object.keys(one.masked ?? {})]);
  return facts([...names].filter((name) => name && name !== "place").map((name) => {
    const [plain, masked, question] = [one.values?.[name], one.masked?.[name], asked.get(name)];
    const text = isEmpty(plain) ? String(masked ?? "") : spokenValue(question, plain);
    return [ofLabel(question?.label) || sayOr(`field.${name}`, name), text];
  }));
}

const relationCard = ({kind, other, label}) => card({
  href: `#/entry/${other}`, top: chip(sayOr(`relation.${kind}`, kind)), title: strong(label ?? say("entry.unnamed"))});

export async function show(room, id) {
  const one = (await entries()).get(id);
  if (!one) {
    add(room, empty(say("entry.gone")));
    return {};
  }
  const [form, operations] = await Promise.all([formOf(one.register), store.all("operations")]);
  const decided = new Set(operations.filter(({kind, state}) => kind === "decision" && !NOT_TAKEN.includes(state))
    .map(({data}) => data.conflict));
  const met = operations.filter(({kind, data, state}) => kind === "entry" && data.subject === id && state === "conflict")
    .sort((one, other) => other.order - one.order);
  const telling = told(one);
  add(room,
    make("div", {class: "panel"},
      make("p", {class: "card-top"}, chip(say(`register.${one.register}`)), standing(one.pending)),
      make("h2", {}, one.label || say("entry.unnamed")), factsOf(form, one),
      Object.keys(one.masked ?? {}).length > 0 && make("p", {class: "hint"}, say("entry.masked"))),
    (one.conflicts ?? []).filter((conflict) => !decided.has(conflict.id))
      .map((conflict) => conflictBox(form, one, conflict, met, telling)),
    make("div", {class: "row"}, form && link(`#/edit/${id}`, say("entry.edit"), "strong"),
      link(`#/visit/${id}`, say("entry.visit")),
      relationsOf(one.register).length > 0 && link(`#/link/${id}`, say("entry.link"))),
    one.relations?.length > 0 && make("section", {}, make("h2", {}, say("entry.relations")),
      make("ul", {class: "cards"}, one.relations.map(relationCard))));
  return {};
}
