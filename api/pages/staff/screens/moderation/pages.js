// A list that is worked off from the top: one page of what is in a state, and the next page when somebody asks for it.
import {button, make} from "../../dom.js";
import {say} from "../../language.js";
import {sentence} from "../../problems.js";
import {address, call} from "../../server.js";

const STATES = ["waiting", "published", "withheld"];

/** A choice of the state, a list of what is in it, and a button for more. `path` answers {items, next}; `line` makes an li. With
 * `fixed` {title, ask} the list has a heading instead of the choice, and is always of what is asked for. */
export function worklist(place, path, {none, line, states = STATES, className = "moderated", fixed = null}) {
  const list = make("ul", {class: className});
  const told = make("p", {class: "quiet", role: "status"});
  const more = button(say("more"), () => load(false), {kind: "quiet", hidden: true});
  const state = make("select", {"aria-label": say("moderation.state"), onchange: () => load(true)},
    states.map((name) => make("option", {value: name}, say(`moderation.${name}`))));
  let cursor = null;

  async function load(isNew) {
    if (isNew) cursor = null;
    try {
      const {items, next} = await call("GET", address(path, {...(fixed?.ask ?? {state: state.value}), cursor, limit: 20}));
      if (isNew) list.replaceChildren();
      list.append(...items.map((one) => line(one)));
      cursor = next;
      more.hidden = !next;
      told.textContent = list.children.length ? "" : none;
    } catch (error) {
      told.textContent = sentence(error);
    }
  }

  place.replaceChildren(make("div", {class: "head"}, fixed ? make("h2", {}, fixed.title) : state, button(say("reload"), () => load(true), {kind: "quiet small"})),
    told, list, more);
  return {load: () => load(true), left: () => { if (!list.children.length) load(true); }};
}
