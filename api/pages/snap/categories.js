// What a citizen may choose, as the city offers it: kept on the phone, so that a form without a network has it too.
import {language} from "./language.js";
import {Away, Problem, ifThere, json, open} from "./server.js";
import * as store from "./store.js";

let fresh = null;

const flat = (groups) => groups.flatMap(({name: group, items}) => items.map((one) => ({...one, group})));

/** [{code, name, group, call}], the latest that is known; `call` {number, words} where somebody is to be called at once. */
export async function categories() {
  fresh ??= ifThere(open("GET", `/api/v1/citizen/categories?lang=${language()}`));
  const told = await fresh;
  fresh = null;
  if (!told) return flat(await store.get("meta", "categories") ?? []);
  await store.put("meta", told.items, "categories").catch(() => {}); // a full phone asks again
  return flat(told.items);
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
