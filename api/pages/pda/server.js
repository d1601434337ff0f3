// The server as this phone calls it: with the device's credential, in the page and in its service worker alike.
import {present} from "./shared/server.js";
import * as store from "./store.js";

export {Away, LockedOut, Problem, json, send, speak} from "./shared/server.js";

present(async () => {
  const device = await store.device();
  return device ? {Authorization: `Device ${device.token}`, "X-Device-Id": device.id} : null;
});
