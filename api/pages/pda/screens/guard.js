// Leaving this phone: what is erased, and when.
import * as store from "../store.js";

/** The data is gone (the worker or the administrator wanted it so): the copies of the page go too, and it starts anew. */
export async function erased(note = "wiped") {
  for (const key of await caches.keys()) await caches.delete(key);
  const registration = await navigator.serviceWorker?.getRegistration("/pda");
  await registration?.unregister();
  sessionStorage.setItem("note", note);
  location.replace("/pda");
}

/** Erase all that this phone keeps. */
export async function forget(note) {
  await store.wipe();
  await erased(note);
}
