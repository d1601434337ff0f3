// What is followed: a case, an area, a category; with the phone that was proved (news by message), else as a list that this
// browser keeps under a secret of its own (news on the page).
import {button, make, notice} from "./dom.js";
import {inWords} from "./faults.js";
import {newKey} from "./keys.js";
import {language, say} from "./language.js";
import {Problem, ifThere, json} from "./server.js";
import * as session from "./session.js";
import * as store from "./store.js";

const ADDRESS = "/api/v1/citizen/subscriptions";

/** How the list is opened: nothing is to be shown where somebody is signed in; null while this phone has no list. */
async function key({make: makes = false} = {}) {
  if (await session.current()) return {};
  let list = await store.get("meta", "list");
  if (!list && makes) {
    list = newKey();
    await store.put("meta", list, "list");
  }
  return list ? {"X-Subscription-List": list} : null;
}

/** {items}: what is followed, empty without a list; null where nothing can be followed here. */
async function listed() {
  const headers = await key();
  return headers ? await ifThere(json("GET", `${ADDRESS}?lang=${language()}`, undefined, {headers})) : {items: []};
}

const end = async (id) => json("DELETE", `${ADDRESS}/${id}`, undefined, {headers: await key()});

/** A page of what is new of all that is followed: {items, next}. Raises Away or Problem. */
export async function news(cursor = "") {
  const headers = await key();
  const more = cursor && `&cursor=${encodeURIComponent(cursor)}`;
  return headers ? await json("GET", `${ADDRESS}/news?lang=${language()}${more}`, undefined, {headers}) : {items: [], next: null};
}

async function begin(wish) {
  const headers = await key({make: true});
  await json("POST", ADDRESS, {...wish, lang: language()}, {headers});
  const me = await session.current();
  notice(say(!me ? "follow.on_page" : me.wechat ? "follow.by_wechat" : "follow.by_message"), "good");
}

/** A button that follows `wish` {kind, what}, or ends it; nothing where nothing can be followed. */
export function follow(wish, words = say("follow")) {
  const box = make("div", {hidden: true});

  function draw(found) {
    box.hidden = false;
    box.replaceChildren(button(found ? say("follow.end") : words, () => change(found), {
      kind: "quiet wide", picture: "bell", "aria-pressed": String(Boolean(found))}));
  }

  async function change(found) {
    try {
      await (found ? end(found.id) : begin(wish));
      await look();
    } catch (error) {
      const isHidden = error instanceof Problem && error.status === 404;
      notice(isHidden ? say("follow.not_public") : inWords(error), "fault");
    }
  }

  async function look() {
    const told = await listed();
    if (told) draw(told.items.find(({kind, what}) => kind === wish.kind && what === wish.what));
  }

  look();
  return box;
}

/** All that is followed, each with a button that ends it; nothing where nothing is. */
export async function followed() {
  const told = await listed();
  if (!told?.items.length) return null;
  const rows = told.items.map((one) => {
    const row = make("li", {class: "card"}, make("span", {class: "card-body"}, one.title),
      button(say("follow.end"), async () => {
        await end(one.id);
        row.remove();
      }, {kind: "quiet"}));
    return row;
  });
  return make("section", {}, make("h2", {}, say("follow.list")), make("ul", {class: "cards"}, rows));
}
