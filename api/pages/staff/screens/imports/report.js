// What became of a file, or would become of it: rows of each kind, every bad row with its reason, and the file of bad rows.
import {button, make} from "../../dom.js";
import {say} from "../../language.js";
import {table} from "../stuck/part.js";

const SHOWN = 200;

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** A link that hands the bad rows to the browser as a file: it never leaves this PC. */
function errorFile({name, type, content}) {
  const address = URL.createObjectURL(new Blob([bytesOf(content)], {type}));
  return make("a", {class: "button", href: address, download: name}, say("imports.error_file"));
}

const figures = (report) => make("dl", {class: "figures"}, ["rows", "new", "updated", "unchanged", "skipped"].map((name) =>
  make("div", {class: name === "skipped" && report.skipped ? "figure alarm" : "figure"},
    make("dt", {}, say(`imports.${name}`)), make("dd", {}, String(report[name])))));

/** Elements that tell it; `take` takes in what was only tried. */
export function reportOf(report, isTrial, take) {
  const good = report.rows - report.skipped;
  return [
    make("h2", {}, say(isTrial ? "imports.tried" : "imports.taken")), figures(report),
    report.bad.length > 0 && table(say("imports.bad"), [say("imports.row"), say("imports.column"), say("imports.reason")],
      report.bad.slice(0, SHOWN).map(({row, column, reason}) => [String(row), column || say("imports.whole_row"), reason])),
    report.bad.length > SHOWN && make("p", {class: "quiet"}, say("imports.more_bad", {n: report.bad.length - SHOWN})),
    make("div", {class: "row"}, report.error_file && errorFile(report.error_file),
      isTrial && good > 0 && button(say("imports.take", {n: good}), take, {kind: "strong"})),
    !isTrial && make("p", {class: "panel good"}, say("imports.done")),
  ].filter(Boolean);
}
