// The case in hand: held while the page is open, renewed before it ends, given back on leaving.
import {call} from "../../server.js";
import * as session from "../../session.js";

const RENEW = 40_000; // a hold lasts two minutes

const path = (number) => `/api/v1/holds/${encodeURIComponent(number)}`;

/** Answers {take(number, over), next(queue, skip), drop(), done()}; `lost` hears of an error when the hold could not be kept. */
export function hands(lost) {
  let held = null;
  let timer = null;
  let headers = null; // at hand when the page goes away, where nothing can be waited for

  async function keep(number) {
    held = number;
    headers = await session.headers();
    clearInterval(timer);
    timer = setInterval(async () => {
      try {
        await call("POST", path(number), {});
        headers = await session.headers();
      } catch (error) {
        if (error.status !== 409 && error.status !== 404) return; // the line is down: the next one may pass
        done();
        lost(error, number);
      }
    }, RENEW);
  }

  /** It is not ours any more: it went on, or somebody else has it. */
  function done() {
    clearInterval(timer);
    held = null;
  }

  async function drop() {
    const number = held;
    done();
    if (number) await call("DELETE", path(number)).catch(() => {}); // it ends by itself
  }

  window.addEventListener("pagehide", () => {
    if (held) fetch(path(held), {method: "DELETE", keepalive: true, headers, credentials: "omit"});
  });

  return {
    drop, done,
    async take(number, over = false) {
      if (held && held !== number) await drop();
      await call("POST", path(number), {over});
      await keep(number);
    },
    /** The number of the next case that nobody holds; null when there is none. */
    async next(queue, skip) {
      await drop();
      const {hold} = await call("POST", "/api/v1/holds/next", {queue, skip});
      if (hold) await keep(hold.number);
      return hold?.number ?? null;
    },
  };
}
