// Fetches what has changed for this worker, page by page; each page and the cursor behind it are kept together.
import {dropMet} from "./known.js";
import {Problem, json} from "./server.js";
import * as store from "./store.js";

const PAGE = 500;

/** Entries about which nothing is left to decide, or not by this worker. */
const settled = (told) => new Set(told.filter(({kind, deleted, conflicts}) =>
  kind === "entry" && (deleted || conflicts?.length === 0)).map(({id}) => id));

async function apply(page) {
  await store.write(["items", "meta", "operations"], async (items, meta, operations) => {
    if (page.reset) await store.answer(items.clear());
    for (const {deleted, ...told} of page.items) {
      const key = [told.kind, told.id];
      if (deleted) await store.answer(items.delete(key));
      else await store.answer(items.put({...await store.answer(items.get(key)), ...told}));
    }
    await dropMet(operations, settled(page.items));
    await store.answer(meta.put(page.next, "cursor"));
  });
}

const UNREADABLE = 422;

async function next() {
  const cursor = await store.get("meta", "cursor");
  const from = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
  try {
    return await json("GET", `/api/v1/pda/changes?limit=${PAGE}${from}`);
  } catch (error) {
    if (!cursor || !(error instanceof Problem) || error.status !== UNREADABLE) throw error;
    await store.forgetItems(); // a cursor that the server cannot read any more leads nowhere: begin anew
    return next();
  }
}

/** Everything there is to know now. Raises what server.js raises; what was fetched before that is kept. */
export async function pull() {
  let page;
  do {
    page = await next();
    await apply(page);
    if (page.reset || page.items.length) store.tell("items");
  } while (page.more);
}
