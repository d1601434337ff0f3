// A file that only who is logged in may have: fetched with the token, then saved by the browser.
import {make} from "../../dom.js";
import {fetched} from "../../server.js";

const MINUTE = 60_000;

/** Fetch a file and let the browser save it under this name. Raises Away and Problem. */
export async function save(path, name) {
  const url = URL.createObjectURL(await fetched(path));
  const link = make("a", {href: url, download: name, hidden: true});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), MINUTE);
}
