// Looking for any case that one may see: for those of the centre, whose desks show what waits there and nothing else.
import {make} from "../../dom.js";
import {keepTime} from "./due.js";
import {singleKeys} from "./hotkeys.js";
import {step} from "./list.js";
import {searchPart} from "./search.js";

export function show(room, me) {
  const place = make("div", {class: "shown"});
  const search = searchPart(me, place);
  singleKeys({j: () => step(place, 1), k: () => step(place, -1), "/": search.focus});
  keepTime(room);
  room.append(make("div", {class: "head"}, search.form), place);
  search.focus();
}
