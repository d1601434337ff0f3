// What an indicator means: how it is worked out, where the facts come from, which way is good.
import {button, make} from "../../dom.js";
import {language, say, sayOr} from "../../language.js";

/** The file names its sources in words of the system; what has a word here is said in it. */
const sources = ({source}) => source.split(", ").map((name) => sayOr(`source.${name.replaceAll(/[ -]/g, "_")}`, name)).join(say("explain.comma"));

export function explain(one) {
  const close = button(say("explain.close"), () => box.close(), {kind: "strong"});
  const line = (name, value) => make("div", {}, make("dt", {}, name), make("dd", {}, value));
  const box = make("dialog", {"aria-labelledby": "explained"},
    make("h2", {id: "explained"}, one.name[language()]),
    make("dl", {class: "explained"}, line(say("explain.formula"), make("code", {}, one.formula)), line(say("explain.source"), sources(one)),
      line(say("explain.period"), sayOr(`period.${one.period}`, one.period)), line(say("explain.better"), say(`better.${one.better}`))),
    make("div", {class: "row"}, close));
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
}
