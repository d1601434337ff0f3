// The language that the worker chose; it is kept on the phone, and every page of ours hears of a change.
import * as store from "./store.js";

/** "zh" or "en", or nothing yet. */
export const chosen = () => store.get("meta", "language");

export async function choose(name) {
  await store.put("meta", name, "language");
  store.tell("language");
}
