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

/** A row for each contested field: ours from the operation that met the conflict where it is still on this phone. */
function rows(form, entry, conflict, operation, contested) {
  return conflict.fields.map((name) => {
    const question = form?.questions.find(({field}) => field === name);
    const here = {...contested[name], ...operation?.current?.contested?.[name]};
    const current = here.current ?? entry.values?.[name] ?? entry.masked?.[name];
    const stated = operation?.data.values[name] ?? here.stated;
    const unknown = say(name in contested ? "conflict.nothing" : "conflict.hidden");
    return make("tr", {}, make("th", {scope: "row"}, ofLabel(question?.label) || sayOr(`field.${name}`, name)),
      make("td", {}, shown(name, question, current, say("conflict.nothing"))),
      make("td", {}, shown(name, question, stated, unknown)));
  });
}

/** `telling`: what told() will answer. `operation`: ours that met the conflict; deciding ends it as well. */
export function conflictBox(form, entry, conflict, operation, telling) {
  const keep = new Set();
  const body = make("tbody", {}, rows(form, entry, conflict, operation, {}));
  telling.then((all) => body.replaceChildren(...rows(form, entry, conflict, operation, all[conflict.id] ?? {})));

  async function decide() {
    if (!keep.size) {
      notice(say("conflict.choose"), "fault");
      return;
    }
    deciding.disabled = true;
    await save("decision", {conflict: conflict.id, keep: [...keep][0]}, {base: entry.head, replaces: operation?.id ?? null,
      about: {title: say("conflict.decided", {label: entry.label}), link: `#/entry/${entry.id}`}});
    saved("#/registers");
  }

  const heads = ["conflict.field", "conflict.current", "conflict.stated"].map((key) => make("th", {scope: "col"}, say(key)));
  const deciding = button(say("conflict.decide"), decide, {kind: "strong wide"});
  return make("section", {class: "panel warn"}, make("h2", {}, say("conflict.title")), make("p", {}, say("conflict.lead")),
    make("table", {}, make("thead", {}, make("tr", {}, heads)), body),
    choices(say("conflict.keep"), ["current", "stated"].map((value) => ({value, text: say(`conflict.${value}`)})), keep),
    deciding);
}
