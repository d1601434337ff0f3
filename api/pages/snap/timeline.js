// What happened, one thing under the other.
import {make} from "./dom.js";
import {when} from "./language.js";

const line = ({at, words, by}) => make("li", {}, make("p", {class: "quiet"}, when(at), by && ` · ${by}`), make("p", {}, words));

/** `lines` are {at, words, by?}; nothing where there are none. */
export const timeline = (title, lines) => lines?.length > 0
  && make("section", {}, make("h2", {}, title), make("ol", {class: "timeline"}, lines.map(line)));
