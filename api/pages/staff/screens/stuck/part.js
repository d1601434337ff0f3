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

const nameOf = (element) => element.getAttribute("aria-label") ?? element.getAttribute("href");

/** `fetched` answers what is shown below the heading. load() draws it anew: what is the same stays, and the focus stays where it
 * was. `live` is "off" for what is loaded again by itself, which nobody wants to have read out each time. */
export function part(heading, fetched, live = "polite") {
  const content = make("div", {"aria-live": live}, make("p", {class: "quiet"}, say("loading")));
  const controls = (box) => [...box.querySelectorAll("a, button, input")];

  async function load() {
    try {
      const now = make("div", {"aria-live": live}, await fetched(load));
      if (now.isEqualNode(content)) { // but for what is ticked, which no attribute says
        const fresh = controls(now);
        for (const [number, one] of controls(content).entries()) one.checked = fresh[number].checked;
        return;
      }
      const at = content.contains(document.activeElement) ? nameOf(document.activeElement) : null;
      content.replaceChildren(...now.childNodes);
      if (at) controls(content).find((one) => nameOf(one) === at)?.focus({preventScroll: true});
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
