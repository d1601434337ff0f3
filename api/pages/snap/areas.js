// The borders that a map shows: districts, streets and communities of the city, kept on the phone for a day.
import {ifThere, open} from "./server.js";
import * as store from "./store.js";

const HOLDS = 24 * 3600 * 1000;

let asked = null;

async function fetched() {
  const kept = await store.get("meta", "outlines");
  if (kept && Date.now() - kept.at < HOLDS) return kept.items;
  const told = await ifThere(open("GET", "/api/v1/areas/outlines"));
  if (!told) return kept?.items ?? [];
  await store.put("meta", {at: Date.now(), items: told.items}, "outlines").catch(() => {}); // a full phone asks again
  return told.items;
}

/** Areas with an outline: {name, level, outline: rings of [lon, lat]}; none while there is neither network nor memory. */
export async function outlined() {
  asked ??= fetched();
  const items = await asked;
  if (!items.length) asked = null;
  return items.filter(({outline}) => outline.length);
}

/** Where a map opens while no position is known: null, so that it shows the whole city. */
export const middle = async () => null;
