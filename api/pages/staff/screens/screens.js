// All screens of the staff pages. A group of screens lists its own; here is only how one is found by its address.
import {ADMIN} from "./admin/screens.js";
import {CASE} from "./case/screens.js";
import {COCKPIT} from "./cockpit/screens.js";
import {COMMAND} from "./command/screens.js";
import {DESK} from "./desk/screens.js";
import {REPORTS} from "./reports/screens.js";

/** One is {path, title, needs, load, style?, hidden?}: the address, whose parts that begin with ":" are told to the screen;
 * the word of its title; the permissions of which any one lets in; how its script is loaded; its own style sheet, if it has
 * one; and whether it is left out of the bar, as one that needs a number to be opened. */
export const SCREENS = [...DESK, ...COMMAND, ...COCKPIT, ...REPORTS, ...ADMIN, ...CASE];

/** The parts of the bar, in their order: the first word of the address, and below /command the second if it is admin. */
export const FACES = ["desk", "command", "cockpit", "admin"];

export const faceOf = (path) => (path.startsWith("/command/admin") ? "admin" : path.split("/")[1]);

export const mayOpen = (me, screen) => screen.needs.some((permission) => me.permissions.includes(permission));

/** What an address says of itself; null for one that somebody cut off in the middle of a letter. */
function readable(path) {
  try {
    return path.split("/").map(decodeURIComponent);
  } catch {
    return null;
  }
}

function parts(pattern, given) {
  const wanted = pattern.split("/");
  if (wanted.length !== given.length) return null;
  const found = {};
  for (const [at, word] of wanted.entries()) {
    if (word.startsWith(":")) found[word.slice(1)] = given[at];
    else if (word !== given[at]) return null;
  }
  return found;
}

/** The screen of an address with what the address says, {screen, args}; null when there is none. */
export function find(path) {
  const given = readable(path);
  for (const screen of given ? SCREENS : []) {
    const args = parts(screen.path, given);
    if (args) return {screen, args};
  }
  return null;
}
