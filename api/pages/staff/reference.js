// What all screens choose from: the taxonomy, the departments, the streets; asked for once, when a screen first needs them.
import {call} from "./server.js";

/** What is answered is kept, until it is asked for `anew` because it has changed; what failed is asked for again. */
function kept(path) {
  let known = null;
  return ({anew = false} = {}) => {
    if (anew || !known) {
      const asked = call("GET", path);
      asked.catch(() => { if (known === asked) known = null; });
      known = asked;
    }
    return known;
  };
}

const items = (whole) => (options) => whole(options).then((told) => told.items);

/** The current taxonomy as a whole: {items} and which version it is. */
export const taxonomy = kept("/api/v1/taxonomy/categories");

/** Categories of all levels with their standards, by code. */
export const categories = items(taxonomy);

/** All departments, those that work no more too: `active` says so. */
export const departments = items(kept("/api/v1/admin/departments"));

/** The streets of the city, by code. */
export const streets = items(kept("/api/v1/areas?level=street"));
