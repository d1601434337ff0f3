// What is followed: a case, an area, a category; by the token of a report, by a proved phone, or as a list of this phone's own.
import {button, make} from "./dom.js";
import {attempt} from "./faults.js";
import {say} from "./language.js";
import {ifThere, json} from "./server.js";

const ADDRESS = "/api/v1/citizen/subscriptions";

/** A button that follows `wish` {kind, what}, or ends it; nothing where nothing can be followed. */
export function follow(wish, as = {}) {
  const box = make("div", {hidden: true});

  function draw(found) {
    box.hidden = false;
    box.replaceChildren(found
      ? button(say("follow.end"), () => change("DELETE", `${ADDRESS}/${found.id}`), {kind: "quiet wide", picture: "bell", "aria-pressed": "true"})
      : button(say("follow"), () => change("POST", ADDRESS, wish), {kind: "quiet wide", picture: "bell", "aria-pressed": "false"}));
  }

  const change = (method, path, said) => attempt(async () => {
    await json(method, path, said, as);
    await look();
  });

  async function look() {
    const told = await ifThere(json("GET", ADDRESS, undefined, as));
    if (told) draw(told.items.find(({kind, what}) => kind === wish.kind && what === wish.what));
  }

  look();
  return box;
}

/** All that is followed from this phone or with the phone that was proved, each with a button that ends it. */
export async function followed() {
  const told = await ifThere(json("GET", ADDRESS));
  if (!told?.items.length) return null;
  const rows = told.items.map((one) => {
    const row = make("li", {class: "card"}, make("span", {class: "card-body"}, one.title),
      button(say("follow.end"), () => attempt(async () => {
        await json("DELETE", `${ADDRESS}/${one.id}`);
        row.remove();
      }), {kind: "quiet"}));
    return row;
  });
  return make("section", {}, make("h2", {}, say("follow.list")), make("ul", {class: "cards"}, rows));
}
