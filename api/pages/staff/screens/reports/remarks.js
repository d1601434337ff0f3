// Leaders' remarks that wait for my answer, or my department's.
import {make} from "../../dom.js";
import {say} from "../../language.js";
import {sentence} from "../../problems.js";
import {call} from "../../server.js";
import {nothing} from "../stuck/part.js";
import {remarkLine} from "./remark.js";

export function show(room) {
  async function load() {
    try {
      const {items} = await call("GET", "/api/v1/bulletins/remarks");
      room.replaceChildren(items.length ? make("ul", {class: "remark-list"}, items.map((one) => remarkLine(one, load)))
        : nothing(say("remarks.nothing_waits")));
    } catch (error) {
      room.replaceChildren(make("p", {class: "fault"}, sentence(error)));
    }
  }
  return load();
}
