// One part of what is stuck: a heading, a table that is loaded and loaded again, and what to say when nothing is stuck.
import {button, make, notice} from "../../dom.js";
import {say} from "../../language.js";
import {sentence} from "../../problems.js";

/** A table; on a narrow screen each row is a card, and the column's name stands before each cell. The roles are said, for a
 * table that is laid out as cards is none to a screen reader otherwise. `columns` are texts, `rows` lists of cells. */
export function table(label, columns, rows) {
  return make("table", {role: "table", "aria-label": label},
    make("thead", {role: "rowgroup"}, make("tr", {role: "row"}, columns.map((text) => make("th", {scope: "col", role: "columnheader"}, text)))),
    make("tbody", {role: "rowgroup"}, rows.map(([first, ...others]) => make("tr", {role: "row"},
      make("th", {scope: "row", role: "rowheader"}, first),
      others.map((cell, at) => make("td", {role: "cell", "data-label": columns[at + 1]}, cell))))));
}

/** `fetched` answers what is shown below the heading. load() draws it anew. */
export function part(heading, fetched) {
  const content = make("div", {"aria-live": "polite"}, make("p", {class: "quiet"}, say("loading")));

  async function load() {
    try {
      content.replaceChildren(...[await fetched(load)].flat());
    } catch (error) {
      content.replaceChildren(make("p", {class: "fault"}, sentence(error)));
    }
  }

  return {load, box: [make("div", {class: "head"}, make("h2", {}, heading), button(say("reload"), load, {kind: "quiet small"})), content]};
}

/** A button that tries something again and says what came of it; `load` then shows how it stands. */
export const retry = (text, work, load) => button(text, async () => {
  try {
    notice(await work(), "good");
  } catch (error) {
    notice(sentence(error), "fault");
  }
  await load();
}, {kind: "small"});

export const nothing = (text) => make("p", {class: "quiet"}, text);
