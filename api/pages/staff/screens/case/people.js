// Which departments are on it: who leads, who helps, and how far each is.
import {make} from "../../dom.js";
import {say, when} from "../../language.js";

function state(one) {
  if (one.returned) return [say("case.share_returned"), ""];
  if (one.done_at) return [say("case.share_done", {at: when(one.done_at)}), "good"];
  if (one.until) return [say("case.share_over", {at: when(one.until)}), ""];
  if (one.signed_at) return [say("case.share_signed", {at: when(one.signed_at)}), "wait"];
  return [say("case.share_unsigned"), "wait"];
}

function share(one, names) {
  const [text, kind] = state(one);
  return make("li", {class: one.until ? "over" : null},
    make("p", {}, make("span", {class: "chip"}, say(one.part === "lead" ? "case.leads" : "case.assists")), " ",
      make("strong", {}, names[one.department_id] ?? "–"), " ", make("span", {class: `chip ${kind}`}, text),
      one.ruled && [" ", make("span", {class: "chip"}, say("case.share_ruled"))]),
    make("p", {class: "quiet"}, when(one.since), one.why && [" · ", make("span", {lang: "zh-CN"}, one.why)]));
}

export function peoplePart() {
  const box = make("ul", {class: "shares"});
  return {box, draw({shares, names}) {
    const sorted = [...shares].sort((one, other) => Number(Boolean(one.until)) - Number(Boolean(other.until)));
    box.replaceChildren(...sorted.length ? sorted.map((one) => share(one, names)) : [make("li", {class: "quiet"}, say("case.nobody"))]);
  }};
}
