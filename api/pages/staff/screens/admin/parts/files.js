// Files of the server that only a logged-in caller gets: fetched with the token, and handed to the browser to be kept.
import {button, make, notice} from "../../../dom.js";
import {sentence} from "../../../problems.js";
import {fetched} from "../../../server.js";

/** A button that saves what is at this address under this name. */
export const saved = (text, address, name, kind = "small") => button(text, async () => {
  try {
    const url = URL.createObjectURL(await fetched(address));
    make("a", {href: url, download: name}).click();
    URL.revokeObjectURL(url);
  } catch (error) {
    notice(sentence(error), "fault");
  }
}, {kind});
