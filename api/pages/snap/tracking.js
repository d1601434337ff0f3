// What is known of a report: asked with its token if this phone has it, else as whoever is signed in; kept for times without
// a network.
import {json} from "./server.js";
import * as store from "./store.js";

const address = (number, action = "") => `/api/v1/citizen/reports/${encodeURIComponent(number)}${action && `/${action}`}`;

async function keep(number, last) {
  await store.write(["receipts"], async (receipts) => {
    const found = await store.answer(receipts.get(number));
    if (found) await store.answer(receipts.put({...found, title: found.title || last.text, last, seen: Date.now()}));
  });
  return last;
}

/** The progress of a report. Raises Away or Problem. */
export async function progress(number) {
  const receipt = await store.get("receipts", number);
  return await keep(number, await json("GET", address(number), undefined, {token: receipt?.token}));
}

/** Do something about it; the progress afterwards. */
export async function act(number, action, said) {
  const receipt = await store.get("receipts", number);
  return await keep(number, await json("POST", address(number, action), said, {token: receipt?.token}));
}

/** Follow a report by number and token on this phone, after asking whether they belong together. Raises Away or Problem. */
export async function add(number, token) {
  const told = await json("GET", address(number), undefined, {token});
  const before = await store.get("receipts", told.number);
  await store.put("receipts", {...before, number: told.number, token, received_at: told.received_at, title: told.text, last: told});
  store.tell("receipts");
  return told.number;
}
