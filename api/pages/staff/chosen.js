// The language that whoever sits here chose. It is no secret, so it outlives the log-in.
const NAME = "zhiwang-language";

/** "zh" or "en", or nothing yet. */
export const chosen = () => localStorage.getItem(NAME);

export function choose(name) {
  localStorage.setItem(NAME, name);
  location.reload(); // what is typed is kept by the screens, see drafts.js
}
