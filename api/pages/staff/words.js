// The words of the staff pages: [Chinese, English] by key, a list for the shell and one for each group of screens.
const LISTS = ["shell", "desk", "case", "command", "admin", "cockpit", "reports"];

const list = async (name) => (await fetch(new URL(`./words/${name}.json`, import.meta.url))).json();

export const WORDS = Object.assign({}, ...await Promise.all(LISTS.map(list)));
