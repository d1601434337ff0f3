// A button for a file of the server that only a logged-in caller gets.
import {button, notice} from "../../../dom.js";
import {sentence} from "../../../problems.js";
import {save} from "../../reports/files.js";

/** A button that saves what is at this address under this name. */
export const saved = (text, address, name, kind = "small") => button(text, async () => {
  try {
    await save(address, name);
  } catch (error) {
    notice(sentence(error), "fault");
  }
}, {kind});
