// Cases that may be the same problem, looked for when somebody wants to know; merged or kept apart from here.
import {button, make, notice} from "../../dom.js";
import {say, when} from "../../language.js";
import {sentence} from "../../problems.js";
import {call} from "../../server.js";
import {status} from "./words.js";

export function similarPart({me, path, act}) {
  const content = make("div", {"aria-live": "polite"});
  const box = make("details", {ontoggle() { if (box.open) load(); }}, make("summary", {}, say("case.similar_look")), content);
  const mayDecide = me.permissions.includes("duplicates.decide");
  let mayMerge = false;

  const draw = (items) => content.replaceChildren(items.length ? make("ul", {class: "alikes"}, items.map(one))
    : make("p", {class: "quiet"}, say("case.similar_none")));

  function one(other) {
    return make("li", {}, make("p", {}, make("a", {href: `/desk/cases/${encodeURIComponent(other.number)}`}, other.number), " ",
      make("span", {class: "chip"}, status(other.status)), " ", make("span", {class: "quiet"}, `${Math.round(other.score * 100)} %`)),
    make("p", {}, other.title), make("p", {class: "quiet"}, [when(other.opened_at), ...other.reasons].join(" · ")),
    other.state === "open" && make("div", {class: "row"},
      mayMerge && button(say("case.merge_into"), () => act("merge", {into: other.number}), {kind: "small"}),
      mayDecide && button(say("case.not_same"), () => decline(other), {kind: "quiet small"})),
    other.state === "declined" && make("p", {class: "quiet"}, say("case.declined")));
  }

  async function decline(other) {
    try {
      draw((await call("POST", `${path}/similar/${encodeURIComponent(other.number)}/decline`)).items);
      notice(say("case.declined"), "good");
    } catch (error) {
      notice(sentence(error), "fault");
    }
  }

  async function load() {
    content.replaceChildren(make("p", {class: "quiet"}, say("loading")));
    try {
      draw((await call("GET", `${path}/similar`)).items);
    } catch (error) {
      content.replaceChildren(make("p", {class: "fault"}, sentence(error)));
    }
  }

  return {box, draw({actions}) { mayMerge = actions.some(({action}) => action === "merge"); }};
}
