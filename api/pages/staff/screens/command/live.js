// What happens elsewhere, as it happens. One tab of a browser reads the stream and tells the others of the same person, for a
// browser opens only six lines to a server. Without a stream the lists are asked for every few seconds.
import {say} from "../../language.js";
import * as session from "../../session.js";

const PATH = "/api/v1/live";
const SILENT = 20_000; // four heartbeats
const LONGEST = 15_000;
const AGAIN = 1000; // at most so long after a stream has ended as it does, so that nothing that closes it is run against

const wait = (milliseconds, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, milliseconds);
  signal?.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, {once: true});
});

/** One event of the stream: {event, id, data}; null for a line that only keeps it open. */
function parsed(block) {
  const parts = Object.fromEntries(block.split("\n").filter((line) => line && !line.startsWith(":")).map((line) => {
    const at = line.indexOf(": ");
    return [line.slice(0, at), line.slice(at + 2)];
  }));
  return parts.event ? {event: parts.event, id: parts.id, ...JSON.parse(parts.data ?? "{}")} : null;
}

/** Read one stream to its end. Answers seconds after which to come again when there was no room. */
async function read(position, heard) {
  const control = new AbortController();
  let timer = setTimeout(() => control.abort(), SILENT);
  try {
    const response = await fetch(PATH, {cache: "no-store", credentials: "omit", signal: control.signal, headers: {
      ...await session.headers(), Accept: "text/event-stream", ...(position && {"Last-Event-ID": position})}});
    if (response.status === 401) return await session.renew() ? 0 : 60;
    if (!response.ok) return Number(response.headers.get("Retry-After")) || 15;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let kept = "";
    for (;;) {
      const {done, value} = await reader.read();
      if (done) return 0;
      clearTimeout(timer);
      timer = setTimeout(() => control.abort(), SILENT);
      const blocks = (kept + value).split("\n\n");
      kept = blocks.pop();
      for (const block of blocks) {
        const one = parsed(block);
        if (one) heard(one);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Hear of what happens: heard({event, number, queue}). "begin", "reset" and "poll" mean that the lists are to be read; "case"
 * and "hold" tell of one case. `told` hears of how it stands: "live", "polling" or "away". */
export function follow(me, heard, told) {
  const name = `zhiwang-live-${me.id}`;
  const channel = new BroadcastChannel(name);
  let position = null;

  function take({kind, ...one}) {
    if (kind === "state") return told(one.state);
    position = one.id ?? position;
    return heard(one);
  }

  const share = (one) => { take(one); channel.postMessage(one); };
  const state = (word) => share({kind: "state", state: word});
  channel.onmessage = ({data}) => take(data);

  async function lead() {
    let failures = 0;
    for (;;) {
      try {
        const seconds = await read(position, (one) => { failures = 0; state("live"); share(one); });
        if (seconds) {
          state("polling");
          share({event: "poll"});
        }
        await wait(seconds * 1000 || AGAIN * Math.random());
      } catch {
        state("away");
        failures += 1;
        await wait(Math.min(LONGEST, 500 * 2 ** failures) * (0.5 + Math.random()));
        if (!position) share({event: "poll"});
      }
    }
  }

  navigator.locks.request(name, {ifAvailable: true}, (lock) => {
    if (lock) return lead();
    heard({event: "begin"}); // another tab reads the stream, and tells from now on
    told("live");
    navigator.locks.request(name, lead);
    return null;
  });
}

/** The sign of how it stands, for the head of a list. */
export function liveSign(element, state) {
  element.textContent = say(`command.${state}`);
  element.className = `chip ${{live: "good", polling: "wait", away: "alarm"}[state]}`;
}
