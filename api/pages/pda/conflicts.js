// Two sources that disagree about an entry: both values side by side, and the worker's choice.
import {saved} from "./cards.js";
import {button, choices, make, notice} from "./dom.js";
import {spokenValue} from "./entries.js";
import {ofLabel, say, sayOr} from "./language.js";
import {save} from "./operations.js";
import {json} from "./server.js";

const PATIENCE = 5000;

/** What the server says of the open conflicts of an entry, {conflict id: {field: {current, stated}}}, personal values masked;
 * nothing without a network. */
export async function told(entry) {
  if (!entry.conflicts?.length) return {};
  const area = entry.area ? `&area=${encodeURIComponent(entry.area)}` : "";
  try {
    const {items} = await json("GET", `/api/v1/registry/conflicts?limit=100${area}`, undefined, {timeout: PATIENCE});
    return Object.fromEntries(items.map(({id, contested}) => [id, contested]));
  } catch {
    return {};
  }
}

function shown(name, question, value, otherwise) {
  if (Array.isArray(value) || ["string", "number"].includes(typeof value)) return spokenValue(question, value);
  return name === "place" && value ? `${value.lon}, ${value.lat}` : otherwise;
}

/** What this worker said last of a field, if that met the conflict and is still on this phone. */
const ours = (met, name) => met.find(({data}) => name in data.values);

/** By field what holds after a choice, as far as this phone may know it: what is hidden comes as a mask. */
function holding(entry, conflict, met, contested, keep) {
  if (keep === "current") return {};
  const stated = (name) => {
    const own = ours(met, name);
    if (own) return own.data.values[name];
    return name in (entry.values ?? {}) ? contested[name]?.stated : undefined;
  };
  return Object.fromEntries(conflict.fields.map((name) => [name, stated(name)]).filter(([, value]) => value !== undefined));
}

/** A row for each contested field: ours from what met the conflict where it is still on this phone. */
function rows(form, entry, conflict, met, contested) {
  return conflict.fields.map((name) => {
    const question = form?.questions.find(({field}) => field === name);
    const own = ours(met, name);
    const here = {...contested[name], ...own?.current?.contested?.[name]};
    const current = here.current ?? entry.values?.[name] ?? entry.masked?.[name];
    const stated = own?.data.values[name] ?? here.stated;
    const unknown = say(name in contested ? "conflict.nothing" : "conflict.hidden");
    return make("tr", {}, make("th", {scope: "row"}, ofLabel(question?.label) || sayOr(`field.${name}`, name)),
      make("td", {}, shown(name, question, current, say("conflict.nothing"))),
      make("td", {}, shown(name, question, stated, unknown)));
  });
}

/** `telling`: what told() will answer. `met`: what of ours met a conflict about this entry, the latest first; deciding ends all
 * of it. */
export function conflictBox(form, entry, conflict, met, telling) {
  const keep = new Set();
  let contested = {};
  const body = make("tbody", {}, rows(form, entry, conflict, met, contested));
  telling.then((all) => {
    contested = all[conflict.id] ?? {};
    body.replaceChildren(...rows(form, entry, conflict, met, contested));
  });

  async function decide() {
    if (!keep.size) {
      notice(say("conflict.choose"), "fault");
      return;
    }
    deciding.disabled = true;
    const [kept] = keep;
    await save("decision", {conflict: conflict.id, keep: kept}, {base: entry.head, settles: entry.id, about: {
      title: say("conflict.decided", {label: entry.label}), link: `#/entry/${entry.id}`, subject: entry.id,
      values: holding(entry, conflict, met, contested, kept)}});
    saved("#/registers");
  }

  const heads = ["conflict.field", "conflict.current", "conflict.stated"].map((key) => make("th", {scope: "col"}, say(key)));
  const deciding = button(say("conflict.decide"), decide, {kind: "strong wide"});
  return make("section", {class: "panel warn"}, make("h2", {}, say("conflict.title")), make("p", {}, say("conflict.lead")),
    make("table", {}, make("thead", {}, make("tr", {}, heads)), body),
    choices(say("conflict.keep"), ["current", "stated"].map((value) => ({value, text: say(`conflict.${value}`)})), keep),
    deciding);
}
