// Reports that wait: each with a key made here, kept with its photos in one transaction before the page says "saved".
import {photosOf} from "./drafts.js";
import {newKey} from "./keys.js";
import * as store from "./store.js";

/** Without what says nothing: null, undefined and empty text. */
export const plain = (facts) =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null && value !== undefined && value !== ""));

const dropFiles = async (files, key) => {
  for (const id of await store.answer(files.index("report").getAllKeys(key))) await store.answer(files.delete(id));
};

/** Keep a report with its photos; once this returns it survives an empty battery. `body` is what the server is told, without
 * key and photos; `about` {title} is for lists; `draft` is the form it came from, which is done with. */
export async function save(body, {photos = [], about = {}, draft = null} = {}) {
  const key = newKey();
  await store.write(["outbox", "files", "drafts"], async (outbox, files, drafts) => {
    await store.answer(outbox.add({key, at: Date.now(), body, about, state: "waiting", problem: null, claims: {}, left: []}));
    for (const [number, {blob, name, preview}] of photos.entries()) {
      await store.answer(files.add({id: `${key}/${number}`, report: key, blob, name, preview}));
    }
    if (draft) for (const one of [draft, photosOf(draft)]) await store.answer(drafts.delete(one));
  });
  store.tell("outbox");
  store.tell("saved");
  return key;
}

/** What waits, in the order said. */
export const waiting = async () => (await store.all("outbox")).sort((one, other) => one.at - other.at);

/** The photos of a report, in their order. */
export const filesOf = (key) => store.read(["files"], (files) => store.answer(files.index("report").getAll(key)));

/** Note something of a report that waits; nothing where it was given up meanwhile. */
export async function note(key, facts) {
  await store.write(["outbox"], async (outbox) => {
    const found = await store.answer(outbox.get(key));
    if (found) await store.answer(outbox.put({...found, ...facts}));
  });
}

/** The server has it: what waited becomes a receipt. */
export async function arrived(key, receipt) {
  await store.write(["outbox", "files", "receipts"], async (outbox, files, receipts) => {
    await store.answer(outbox.delete(key));
    await dropFiles(files, key);
    await store.answer(receipts.put(receipt));
  });
  store.tell("outbox");
  store.tell("receipts");
}

/** Give up a report that waits: only whoever wrote it does that. */
export async function discard(key) {
  await store.write(["outbox", "files"], async (outbox, files) => {
    await store.answer(outbox.delete(key));
    await dropFiles(files, key);
  });
  store.tell("outbox");
}

/** A report that was not taken, back as the draft of its form, to be mended. */
export async function backToDraft(key, draft) {
  await store.write(["outbox", "files", "drafts"], async (outbox, files, drafts) => {
    const {body} = await store.answer(outbox.get(key));
    const photos = await store.answer(files.index("report").getAll(key));
    const {place = {}, same_as: _, ...said} = body;
    await store.answer(drafts.put({...said, place: place.lon === undefined ? {} : {...place, pinned: true}}, draft));
    await store.answer(drafts.put(photos.map(({blob, name, preview}) => ({blob, name, preview, purpose: "report"})), photosOf(draft)));
    await store.answer(outbox.delete(key));
    await dropFiles(files, key);
  });
  store.tell("outbox");
}

/** It is about this case, which is known already: send it with that. */
export async function sameAs(key, same) {
  const {body} = await store.get("outbox", key);
  await note(key, {body: {...body, same_as: same}, similar: null});
  store.tell("outbox");
  store.tell("saved");
}

/** Send it once more as it is. */
export async function retry(key) {
  await note(key, {state: "waiting", problem: null});
  store.tell("saved");
}
