// What a citizen may choose, as the city offers it: kept on the phone, so that a form without a network has it too.
import {language} from "./language.js";
import {Away, Problem, ifThere, json, open} from "./server.js";
import * as store from "./store.js";

let fresh = null;

const flat = (groups) => groups.flatMap(({name: group, items}) => items.map((one) => ({...one, group})));

async function latest() {
  const told = await ifThere(open("GET", `/api/v1/citizen/categories?lang=${language()}`));
  fresh = null;
  if (told) await store.put("meta", told.items, "categories").catch(() => {}); // a full phone asks again
  return told?.items;
}

/** [{code, name, group, call}], first what this phone has kept, for a slow network, then the city's, if it answers; `call`
 * {number, words} where somebody is to be called at once. */
export async function* categories() {
  fresh ??= latest();
  const kept = await store.get("meta", "categories");
  if (kept) yield flat(kept);
  const told = await fresh;
  if (told && JSON.stringify(told) !== JSON.stringify(kept)) yield flat(told); // an open list is not drawn anew for nothing
}

/** Up to three categories for these words, and whom to call if they tell of an emergency: {items, call}. */
export async function suggested(text) {
  try {
    return await json("POST", "/api/v1/citizen/suggestions", {text});
  } catch (error) {
    if (error instanceof Away || error instanceof Problem) return {items: [], call: null};
    throw error;
  }
}
