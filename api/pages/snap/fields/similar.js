// Cases near by that may be the same problem: one touch says "I have this too" instead of another report about it.
import {button, make} from "../dom.js";
import {say, when} from "../language.js";
import {ifThere, json} from "../server.js";

const PAUSE = 900;
const MOST = 3;

/** A case that may be the same, with the button that says so. */
export const similarCard = (one, onsame) => make("li", {class: "card same"}, make("div", {class: "card-body"},
  make("div", {class: "card-top"}, make("strong", {}, one.category ?? say("similar.problem")), make("span", {class: "chip"}, one.words)),
  make("p", {class: "quiet"}, [one.area, when(one.opened_at), say("similar.count", {n: one.report_count})].filter(Boolean).join(" · ")),
  one.reasons.length > 0 && make("p", {class: "hint"}, one.reasons.join("；")),
  button(say("similar.same"), () => onsame(one), {kind: "strong", picture: "plus"})));

/** look(asked) asks a moment later, with {text, place?, address?, category?}; `onsame(item)` hears of the one that was touched. */
export function similarField(onsame) {
  const list = make("ul", {class: "cards"});
  const box = make("section", {class: "panel similar", hidden: true, "aria-labelledby": "similar-title"},
    make("h2", {id: "similar-title"}, say("similar")), make("p", {class: "hint"}, say("similar.hint")), list);
  const aloud = make("p", {class: "unseen", role: "status"});
  let timer = null;
  let turn = 0;

  async function ask(asked) {
    const mine = ++turn;
    const told = await ifThere(json("POST", "/api/v1/citizen/similar", asked));
    if (mine !== turn) return;
    const items = (told?.items ?? []).slice(0, MOST);
    list.replaceChildren(...items.map((one) => similarCard(one, onsame)));
    box.hidden = !items.length;
    aloud.textContent = items.length ? say("similar.found", {n: items.length}) : "";
  }

  return {
    elements: [aloud, box],
    look(asked) {
      clearTimeout(timer);
      if (asked.text && (asked.place || asked.address)) timer = setTimeout(ask, PAUSE, asked);
    },
    leave: () => clearTimeout(timer),
  };
}
