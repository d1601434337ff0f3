// What is new of all that is followed, and what that is.
import {caseCard} from "../casecards.js";
import {add, button, empty, make} from "../dom.js";
import {inWords} from "../faults.js";
import {say} from "../language.js";
import {followed, news} from "../subscriptions.js";

export async function show(room) {
  const list = make("ul", {class: "cards", id: "news"});
  const note = make("div", {role: "status"});
  let next = null;
  const more = button(say("more"), page, {kind: "quiet wide", hidden: true});

  async function page() {
    try {
      const told = await news(next ?? "");
      list.append(...told.items.map(caseCard));
      next = told.next;
      more.hidden = !next;
      note.replaceChildren(list.childElementCount ? "" : empty(say("follow.no_news")));
    } catch (error) {
      note.replaceChildren(empty(inWords(error)));
    }
  }

  add(room, list, note, more, await followed());
  await page();
  return {};
}
