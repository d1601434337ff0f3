// What was said in a case and what is seen of it, for whoever has to decide about it.
import {make} from "../../dom.js";
import {say, sayOr, when} from "../../language.js";

const report = (one) => make("blockquote", {}, make("p", {class: "words"}, one.text),
  make("footer", {class: "quiet"}, [sayOr(`channel.${one.channel}`, one.channel), when(one.received_at), one.address].filter(Boolean).join(" · ")));

/** The reports, and the photos that are ready. */
export const said = ({reports, photos}) => make("section", {class: "bench-part"}, make("h3", {}, say("command.said")), reports.map(report),
  photos.some(({small}) => small) && make("ul", {class: "bench-photos"}, photos.filter(({small}) => small).map(({small, large, purpose}) =>
    make("li", {}, make("a", {href: large, target: "_blank", rel: "noopener"}, make("img", {src: small, alt: sayOr(`purpose.${purpose}`, say("command.photo")), loading: "lazy"}))))));

/** A choice of departments, that of `chosen` first; `none` is the word for no choice. */
export function departmentChoice(departments, chosen, none, {several = false} = {}) {
  const made = make("select", several ? {multiple: true, size: 4} : {},
    !several && make("option", {value: ""}, none),
    departments.map((one) => make("option", {value: one.id}, one.name)));
  if (!several) made.value = chosen ?? "";
  return made;
}
