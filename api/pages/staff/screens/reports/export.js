// The button that other screens put beside a list: it asks for the form, follows the writing, and saves the file.
import {button, choices, make} from "../../dom.js";
import {language, say} from "../../language.js";
import {summary} from "../../problems.js";
import {call} from "../../server.js";
import {EXPORTS, bar, download, followed} from "./progress.js";

const FORMS = ["xlsx", "csv"];

/** Ask for a list as a file. Raises what the server says. */
export const asked = (table, format, query, more = {}) => call("POST", EXPORTS, {table, format, language: language(),
  query: Object.fromEntries(Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => [name, String(value)])), ...more});

/** A button that exports a list of the table of lists (`table`) as it is narrowed now: `query` answers the filters. For `me` who may
 * export anything; whoever sees the list may export it. */
export const exportButton = (me, table, query = () => ({})) => me.permissions.includes("exports.make")
  && button(say("exports.export"), () => dialog(table, query()), {kind: "quiet", "data-focus": "export"});

function dialog(table, query) {
  const format = new Set(["xlsx"]);
  const refused = summary();
  const progress = bar();
  progress.box.hidden = true;
  const go = button(say("exports.export"), work, {kind: "strong"});
  const box = make("dialog", {"aria-labelledby": "export-title"}, make("div", {class: "form"},
    make("h2", {id: "export-title"}, say("exports.title")), refused.box,
    choices(say("exports.format"), FORMS.map((value) => ({value, text: say(`exports.${value}`)})), format),
    make("div", {"aria-live": "polite"}, progress.box),
    make("p", {class: "hint"}, say("exports.logged"), " ", make("a", {href: "/desk/exports"}, say("exports.mine"))),
    make("div", {class: "row"}, button(say("exports.close"), () => box.close(), {kind: "quiet"}), go)));

  async function work() {
    refused.clear();
    go.disabled = true;
    try {
      const first = await asked(table, [...format][0], query);
      progress.box.hidden = false;
      const last = await followed(first, progress.show, () => box.open);
      if (last.state === "done" && box.open) {
        await download(last);
        box.close();
      }
    } catch (error) {
      refused.show(error);
    }
    go.disabled = false;
  }

  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
}
