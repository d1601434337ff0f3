// What this worker was told, the latest first.
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

export async function show(room) {
  const list = make("ul", {class: "cards"});
  const nothing = make("div");

  async function refresh() {
    const [messages, cases] = await Promise.all([store.items("message"), store.items("case")]);
    const before = await store.get("meta", "read");
    messages.sort((one, other) => other.at.localeCompare(one.at));
    const reachable = new Set(cases.map(({number}) => number));
    nothing.replaceChildren(messages.length ? "" : empty(say("messages.empty")));
    list.replaceChildren(...messages.map(({at, text, message_kind: kind, urgent, case: number}) => {
      const body = [make("span", {class: "card-top"}, make("span", {class: "chip"}, sayOr(`message.${kind}`, kind)),
        urgent && make("span", {class: "chip alarm"}, say("urgent")), make("time", {datetime: at, class: "quiet"}, when(at))),
      make(before && at <= before ? "span" : "strong", {}, text)];
      return make("li", {}, reachable.has(number) ? make("a", {class: "card", href: `#/case/${encodeURIComponent(number)}`}, make("span", {class: "card-body"}, body))
        : make("div", {class: "card"}, make("span", {class: "card-body"}, body)));
    }));
    await read(messages);
  }

  add(room, nothing, list);
  await refresh();
  return {refresh, leave: () => store.tell("operations")};
}
