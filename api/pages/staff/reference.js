// What all screens choose from: the taxonomy, the departments, the streets; asked for once, when a screen first needs them.
import {call} from "./server.js";

/** What is answered is kept; what failed is asked for again. */
function kept(path) {
  let asked = null;
  return () => (asked ??= call("GET", path).then(({items}) => items).catch((error) => { asked = null; throw error; }));
}

/** Categories of all levels with their standards, by code. */
export const categories = kept("/api/v1/taxonomy/categories");

/** All departments, those that work no more too: `active` says so. */
export const departments = kept("/api/v1/admin/departments");

/** The streets of the city, by code. */
export const streets = kept("/api/v1/areas?level=street");
