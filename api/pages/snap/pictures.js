// Photos of a case, before on one side and after on the other.
import {make} from "./dom.js";
import {say} from "./language.js";

function picture({link, small, purpose}, number) {
  return make("a", {href: link, target: "_blank", rel: "noopener"},
    make("img", {src: small ?? link, loading: "lazy", alt: say("photos.of", {purpose: say(`photos.${purpose}`), n: number + 1})}));
}

/** `photos` are {purpose, link}; nothing where there are none. */
export function pictures(photos) {
  if (!photos?.length) return null;
  const isAfter = ({purpose}) => purpose === "after" || purpose === "inspection";
  const [before, after] = [photos.filter((one) => !isAfter(one)), photos.filter(isAfter)];
  const side = (title, members) => members.length > 0 && make("div", {}, make("h3", {}, title), members.map(picture));
  return make("section", {class: "pictures", "aria-label": say("photos")}, make("h2", {}, say("photos")), make("div", {class: "sides"},
    side(say(after.length ? "photos.before" : "photos.report"), before), side(say("photos.after"), after)));
}
