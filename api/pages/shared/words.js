// The words of a page: [Chinese, English] by key, one list beside its scripts.
export const WORDS = await (await fetch(new URL("./words.json", import.meta.url))).json();
