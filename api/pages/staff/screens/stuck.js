// What does not get through: lines owed to other systems, batches of work, messages. Each can be tried again from here.
import {make} from "../dom.js";
import {messagesPart} from "./stuck/messages.js";
import {queuesPart} from "./stuck/queues.js";
import {webhooksPart} from "./stuck/webhooks.js";

const PARTS = {"exchange.manage": webhooksPart, "queues.manage": queuesPart, "messages.manage": messagesPart};

export function show(room, me) {
  const parts = Object.entries(PARTS).filter(([permission]) => me.permissions.includes(permission)).map(([, part]) => part());
  room.replaceChildren(...parts.map(({box}) => make("section", {}, box)));
  return Promise.all(parts.map(({load}) => load()));
}
