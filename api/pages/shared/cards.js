// What lists and screens show of a thing: cards, chips, panels of facts, and the word that something was saved.
import {make, notice} from "./dom.js";
import {say, sayOr} from "./language.js";

export const chip = (text, kind = "") => make("span", {class: `chip ${kind}`}, text);

/** Where an operation of ours stands, if there is one. */
export const standing = (state) => (state ? chip(sayOr(`state.${state}`, state), "wait") : null);

/** One thing of a list: a link if there is something to open. `top` are its chips, `body` what follows its title. */
export function card({href = null, top = [], title, body = [], number = null, kind = "", data = {}}) {
  const inside = [
    number && make("span", {class: "number", "aria-hidden": "true"}, number),
    make("span", {class: "card-body"}, make("span", {class: "card-top"}, top), title, body)];
  const box = href ? make("a", {class: `card ${kind}`, href}, inside) : make("div", {class: `card ${kind}`}, inside);
  return make("li", data, box);
}

export const strong = (text) => make("strong", {}, text);
export const quiet = (...text) => make("span", {class: "quiet"}, text);

/** Facts under their names: [[name, text]]; those without text are left out. */
export const facts = (pairs) => make("dl", {class: "facts"},
  pairs.filter(([, text]) => text).map(([name, text]) => [make("dt", {}, name), make("dd", {}, text)]));

export const link = (href, text, kind = "quiet") => make("a", {class: `button ${kind}`, href}, text);

/** It is on the phone's disk: say so, and go on. */
export function saved(address) {
  notice(say("saved"), "good");
  location.hash = address;
}
