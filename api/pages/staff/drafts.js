// What is being written, for a reload: kept by the tab alone, so that it ends with it, and forgotten when somebody logs out.
const OURS = "zhiwang-draft-";

/** What was being written under this name, or null. */
export function read(name) {
  try {
    return JSON.parse(sessionStorage.getItem(OURS + name));
  } catch {
    return null; // of another release
  }
}

export const write = (name, value) => sessionStorage.setItem(OURS + name, JSON.stringify(value));

export const drop = (name) => sessionStorage.removeItem(OURS + name);

export function dropAll() {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(OURS)) sessionStorage.removeItem(key);
}
