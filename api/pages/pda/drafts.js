// Forms that are not finished: kept as they are typed, because taking a photo may end the page on a small phone.
import * as store from "./store.js";

const PAUSE = 300;

export const draft = (key) => store.get("drafts", key);

/** Keeps `values()` under a key a moment after each call; `stop` ends it, for what was saved or left on purpose. */
export function keeper(key, values) {
  let timer = null;
  let stopped = false;
  const keep = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { if (!stopped) store.put("drafts", values(), key); }, PAUSE);
  };
  return {
    keep,
    async flush() {
      if (timer && !stopped) await store.put("drafts", values(), key);
      clearTimeout(timer);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
