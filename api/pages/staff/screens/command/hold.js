// The case in hand: held while the page is open, renewed before it ends, given back on leaving.
import {Problem} from "../../request.js";
import {call} from "../../server.js";
import * as session from "../../session.js";

const RENEW = 40_000; // a hold lasts two minutes

const path = (number) => `/api/v1/holds/${encodeURIComponent(number)}`;

/** Answers {take(number, over), next(queue, skip), done()}; `lost` hears of an error when the hold could not be kept. However
 * quickly they are asked for, one is given back before the next is taken: nobody has two cases in hand. */
export function hands(lost) {
  let turn = Promise.resolve();
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
        if (!(error instanceof Problem)) return; // the line is down: the next one may pass
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

  function inTurn(work) {
    const made = turn.then(work);
    turn = made.catch(() => {}); // whoever asked hears of it
    return made;
  }

  window.addEventListener("pagehide", () => {
    if (held) fetch(path(held), {method: "DELETE", keepalive: true, headers, credentials: "omit"});
  });

  return {
    done,
    take: (number, over = false) => inTurn(async () => {
      if (held && held !== number) await drop();
      await call("POST", path(number), {over});
      await keep(number);
    }),
    /** The number of the next case that nobody holds; null when there is none. */
    next: (queue, skip) => inTurn(async () => {
      await drop();
      const {hold} = await call("POST", "/api/v1/holds/next", {queue, skip});
      if (hold) await keep(hold.number);
      return hold?.number ?? null;
    }),
  };
}
