// What the staff pages keep in the browser for longer than a tab: the language alone, which is no secret.
const OURS = "zhiwang-";

export const get = (_room, key) => localStorage.getItem(OURS + key);

export const put = (_room, value, key) => localStorage.setItem(OURS + key, value);

/** Nothing follows here but a language, and a page is written in one: it is opened anew. Drafts outlive that. */
export const tell = () => location.reload();
