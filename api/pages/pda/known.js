// What this phone knows of a thing once something that this worker said is laid over what the server told of it. The service
// worker keeps it as well, so nothing here speaks.
import {answer, itemsOf} from "./store.js";

const NAMED_BY = {
  person: ["name"], entity: ["name"], component: ["name", "code"], address: ["text"],
  house: ["address", "building", "unit", "room"]};

const named = (register, values) => NAMED_BY[register].map((name) => values[name]).filter(Boolean).join(" ");

/** What an entry is called: anew when something of its name was said; a name that is hidden from this phone stays as told. */
function labelOf(entry, {register, values: said}, values) {
  return NAMED_BY[register].some((name) => name in said) ? named(register, values) || entry.label : entry.label;
}

/** An entry with one statement of ours on top; what is based on it has seen no more than that statement. */
export function over(entry, {id, data}) {
  const values = {...entry.values};
  const masked = {...entry.masked};
  for (const [name, value] of Object.entries(data.values)) {
    delete masked[name];
    if (value === null) delete values[name];
    else values[name] = value;
  }
  return {...entry, values, masked, ...(data.place && {lon: data.place.lon, lat: data.place.lat}), head: id,
    label: labelOf(entry, data, values)};
}

/** An entry of which only this phone knows. */
export const fresh = ({id, data}) => ({
  kind: "entry", id: data.subject, register: data.register, label: "", values: {}, masked: {}, conflicts: [], relations: [],
  head: id});

/** Whether the server has told of it since: the first answer was lost, or another page was asked meanwhile. */
const isToldSince = (known, {version}) => known?.version >= version;

/** By kind of operation what is known of its thing after the server did it. `version` of an entry stays that of the telling. */
const AFTERWARDS = {
  async entry(items, one, result) {
    const known = await answer(items.get(["entry", one.data.subject]));
    const isGone = !known && one.base; // it has moved to another grid
    if (isGone || isToldSince(known, result)) return;
    const hasSeenAll = result.version === (known?.version ?? 0) + 1; // else somebody said something between
    await answer(items.put({...over(known ?? fresh(one), one), head: hasSeenAll ? result.head : one.id}));
  },
  task: (items, {data}) => answer(items.delete(["task", data.task])), // the server tells only of those to be done
  async step(items, {data}, {status, version}) {
    const known = (await itemsOf(items, "case")).find(({number}) => number === data.case);
    if (!known || isToldSince(known, {version})) return;
    await answer(items.put({...known, status, version, actions: [], waiting_for: null}));
  },
  async decision(items, {data, about}, {head, version}) {
    const known = about.subject && await answer(items.get(["entry", about.subject]));
    if (!known || isToldSince(known, {version})) return;
    const conflicts = known.conflicts.filter(({id}) => id !== data.conflict);
    const decided = over(known, {id: head, data: {register: known.register, values: about.values}});
    await answer(items.put({...decided, conflicts}));
  },
};

/** Within a transaction: what met a conflict about one of these entries (a set of ids) leaves. The server keeps what it said,
 * and nothing is left to be decided. */
export async function dropMet(operations, subjects) {
  if (!subjects.size) return;
  for (const {id, kind, state, data} of await answer(operations.getAll())) {
    if (kind === "entry" && state === "conflict" && subjects.has(data.subject)) await answer(operations.delete(id));
  }
}

/** Whether somebody has settled what a statement met: its entry was told with it and without a conflict. `current`: what the
 * server answered to it, always the same. */
export async function isSettled(items, {kind, data}, current) {
  const known = kind === "entry" && current && await answer(items.get(["entry", data.subject]));
  return Boolean(known && isToldSince(known, current) && !known.conflicts.length);
}

/** Within the transaction in which a done operation leaves: the phone shows what the server has taken until it hears of it
 * again. What is told next is read after that, for one runner does both, and takes its place. */
export const keepDone = async (items, operation, result) => AFTERWARDS[operation.kind]?.(items, operation, result);
