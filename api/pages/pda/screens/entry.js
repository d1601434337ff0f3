// One entry of a register: what is known of it, what it belongs to, and where two sources disagree.
import {add, button, choices, empty, make, notice} from "../dom.js";
import {entries, formOf, relationsOf, spokenValue} from "../entries.js";
import {ofLabel, say, sayOr} from "../language.js";
import {save} from "../operations.js";
import {json} from "../server.js";
import * as store from "../store.js";

const facts = (form, one) => {
  const asked = new Map((form?.questions ?? []).map((question) => [question.field, question]));
  const names = [...new Set([...asked.keys(), ...Object.keys(one.values ?? {}), ...Object.keys(one.masked ?? {})])].filter((name) => name && name !== "place");
  return names.map((name) => [name, asked.get(name), one.values?.[name] ?? one.masked?.[name]])
    .filter(([, , value]) => value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && !value.length))
    .map(([name, question, value]) => [make("dt", {}, ofLabel(question?.label) || sayOr(`field.${name}`, name)),
      make("dd", {}, one.masked?.[name] !== undefined && one.values?.[name] === undefined ? String(value) : spokenValue(question, value))]);
};

/** Both values of each contested field: ours from the operation that met the conflict where it is still on this phone, else
 * as the server tells them while it answers (personal ones masked). */
function both(form, one, conflict, operation, told) {
  const contested = {...told, ...operation?.current?.contested};
  return conflict.fields.map((name) => {
    const question = form?.questions.find(({field}) => field === name);
    const here = contested[name] ?? {};
    const shown = (value, otherwise) => (Array.isArray(value) || ["string", "number"].includes(typeof value) ? spokenValue(question, value)
      : name === "place" && value ? `${value.lon ?? value[0]}, ${value.lat ?? value[1]}` : otherwise);
    return make("tr", {}, make("th", {scope: "row"}, ofLabel(question?.label) || sayOr(`field.${name}`, name)),
      make("td", {}, shown(here.current ?? one.values?.[name] ?? one.masked?.[name], say("conflict.nothing"))),
      make("td", {}, shown(operation?.data.values[name] ?? here.stated, say(name in contested ? "conflict.nothing" : "conflict.hidden"))));
  });
}

/** What the server says of the open conflicts of an entry, by id; nothing without a network. */
async function toldOf(one) {
  if (!one.conflicts?.length) return {};
  try {
    const {items} = await json("GET", `/api/v1/registry/conflicts?limit=100${one.area ? `&area=${one.area}` : ""}`, undefined, {timeout: 5000});
    return Object.fromEntries(items.map(({id, contested}) => [id, contested]));
  } catch {
    return {};
  }
}

function conflictBox(form, one, conflict, operation, telling) {
  const rows = make("tbody", {}, both(form, one, conflict, operation, {}));
  telling.then((told) => rows.replaceChildren(...both(form, one, conflict, operation, told[conflict.id])));
  const keep = new Set();
  const decide = button(say("conflict.decide"), async () => {
    if (!keep.size) {
      notice(say("conflict.choose"), "fault");
      return;
    }
    await save("decision", {conflict: conflict.id, keep: [...keep][0]}, {
      base: one.head, replaces: operation?.id ?? null, about: {title: say("conflict.decided", {label: one.label}), link: `#/entry/${one.id}`}});
    notice(say("saved"), "good");
    location.hash = "#/registers";
  }, {kind: "strong wide"});
  return make("section", {class: "panel warn"}, make("h2", {}, say("conflict.title")), make("p", {}, say("conflict.lead")),
    make("table", {}, make("thead", {}, make("tr", {}, make("th", {}, say("conflict.field")), make("th", {}, say("conflict.current")), make("th", {}, say("conflict.stated")))),
      rows),
    choices(say("conflict.keep"), ["current", "stated"].map((value) => ({value, text: say(`conflict.${value}`)})), keep), decide);
}

export async function show(room, id) {
  const one = (await entries()).get(id);
  if (!one) {
    add(room, empty(say("entry.gone")));
    return {};
  }
  const [form, operations] = [await formOf(one.register), await store.all("operations")];
  const decided = new Set(operations.filter(({kind}) => kind === "decision").map(({data}) => data.conflict));
  const conflicting = operations.find((each) => each.kind === "entry" && each.data.subject === id && each.state === "conflict");
  const telling = toldOf(one);
  const link = (href, text, kind = "quiet") => make("a", {class: `button ${kind}`, href}, text);
  add(room, make("div", {class: "panel"},
    make("p", {class: "card-top"}, make("span", {class: "chip"}, say(`register.${one.register}`)),
      one.pending && make("span", {class: "chip wait"}, sayOr(`state.${one.pending}`, one.pending))),
    make("h2", {}, one.label || say("entry.unnamed")), make("dl", {class: "facts"}, facts(form, one)),
    Object.keys(one.masked ?? {}).length > 0 && make("p", {class: "hint"}, say("entry.masked"))),
  (one.conflicts ?? []).filter((conflict) => !decided.has(conflict.id)).map((conflict) => conflictBox(form, one, conflict, conflicting, telling)),
  make("div", {class: "row"}, form && link(`#/edit/${id}`, say("entry.edit"), "strong"), link(`#/visit/${id}`, say("entry.visit")),
    relationsOf(one.register).length > 0 && link(`#/link/${id}`, say("entry.link"))),
  one.relations?.length ? make("section", {}, make("h2", {}, say("entry.relations")), make("ul", {class: "cards"}, one.relations.map((other) =>
    make("li", {}, make("a", {class: "card", href: `#/entry/${other.other}`}, make("span", {class: "card-body"},
      make("span", {class: "chip"}, sayOr(`relation.${other.kind}`, other.kind)), make("strong", {}, other.label ?? say("entry.unnamed")))))))) : "");
  return {};
}
