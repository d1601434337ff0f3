// Forms that are not finished: kept as they are typed, because taking a photo may end the page on a small phone.
import * as store from "./store.js";

const PAUSE = 300;

/** Photos of a draft are kept beside it, and written only when one comes or goes: they are large. */
export const photosOf = (key) => `${key}/photos`;

/** What was typed and taken before: its values and `photos`, or nothing. */
export async function draft(key) {
  const [values, photos] = await Promise.all([store.get("drafts", key), store.get("drafts", photosOf(key))]);
  return values || photos ? {...values, photos: photos ?? []} : undefined;
}

/** Keeps `values()` under a key a moment after each keep(), and a list of photos at each keepPhotos(). saving(work) keeps
 * nothing while `work` makes it an operation, nor afterwards, unless that fails. */
export function keeper(key, values) {
  let timer = null;
  let stopped = false;
  const write = () => (stopped ? null : store.put("drafts", values(), key));
  return {
    key,
    keep() {
      clearTimeout(timer);
      timer = setTimeout(write, PAUSE);
    },
    async keepPhotos(photos) {
      if (!stopped) await store.put("drafts", photos, photosOf(key));
    },
    async flush() {
      if (timer) await write();
      clearTimeout(timer);
    },
    async saving(work) {
      stopped = true;
      clearTimeout(timer);
      try {
        await work();
      } catch (error) {
        stopped = false;
        throw error;
      }
    },
  };
}
