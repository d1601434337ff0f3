// Fetches what has changed for this worker, page by page; each page and the cursor behind it are kept together.
import {json} from "./server.js";
import * as store from "./store.js";

const PAGE = 500;

async function apply(page) {
  await store.write(["items", "meta"], async (items, meta) => {
    if (page.reset) await store.answer(items.clear());
    for (const {deleted, ...told} of page.items) {
      const key = [told.kind, told.id];
      if (deleted) await store.answer(items.delete(key));
      else await store.answer(items.put({...await store.answer(items.get(key)), ...told}));
    }
    await store.answer(meta.put(page.next, "cursor"));
  });
}

/** Everything there is to know now. Raises what server.js raises; what was fetched before that is kept. */
export async function pull() {
  let page;
  let changed = 0;
  do {
    const cursor = await store.get("meta", "cursor");
    page = await json("GET", `/api/v1/pda/changes?limit=${PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    await apply(page);
    changed += page.items.length;
    if (page.reset || page.items.length) store.tell("items");
  } while (page.more);
  return changed;
}
