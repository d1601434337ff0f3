// Keys of a screen: Alt and a letter, shown beside what they do. The letter is that of the key, whatever it types with Alt.
import {make} from "./dom.js";

/** The sign of a key, for beside a label; a screen reader is told by aria-keyshortcuts of the control itself. */
export const sign = (letter) => make("kbd", {"aria-hidden": "true"}, `Alt+${letter}`);

/** Listen for these while the screen is there: {"S": work}. Not while a dialog asks something, and one after the other: what
 * a key that is held down wants is being done. */
export function listen(keys) {
  let busy = false;
  document.addEventListener("keydown", async (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const work = keys[event.code.replace(/^Key/, "")];
    if (!work) return;
    event.preventDefault();
    if (busy || event.repeat) return;
    busy = true;
    try {
      await work(event);
    } finally {
      busy = false;
    }
  });
}
