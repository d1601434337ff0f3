// What this worker was told, the latest first.
import {card, chip, strong} from "../cards.js";
import {add, empty, make} from "../dom.js";
import {say, sayOr, when} from "../language.js";
import * as store from "../store.js";

/** All that is shown has been read; the server hears of it with the next exchange. */
async function read(messages) {
  const until = messages[0]?.at;
  const before = await store.get("meta", "read");
  if (!until || (before && before >= until)) return;
  await store.put("meta", until, "read");
  await store.put("meta", until, "seen");
}

const messageCard = ({at, text, message_kind: kind, urgent, case: number}, isNew, opens) => card({
  href: opens ? `#/case/${encodeURIComponent(number)}` : null,
  top: [chip(sayOr(`message.${kind}`, kind)), urgent && chip(say("urgent"), "alarm"),
    make("time", {datetime: at, class: "quiet"}, when(at))],
  title: isNew ? strong(text) : make("span", {}, text)});

export async function show(room) {
  const list = make("ul", {class: "cards"});
  const nothing = make("div");

  async function refresh() {
    const [messages, cases] = await Promise.all([store.items("message"), store.items("case")]);
    const before = await store.get("meta", "read");
    const here = new Set(cases.map(({number}) => number));
    messages.sort((one, other) => other.at.localeCompare(one.at));
    nothing.replaceChildren(messages.length ? "" : empty(say("messages.empty")));
    list.replaceChildren(...messages.map((one) => messageCard(one, !before || one.at > before, here.has(one.case))));
    await read(messages);
  }

  add(room, nothing, list);
  await refresh();
  return {refresh, leave: () => store.tell("operations")};
}
