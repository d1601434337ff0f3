// One request to the server, with this phone's credential; what went wrong comes as one of three errors.
import {Away, Problem, jsonBy, request, speak} from "./request.js";
import * as store from "./store.js";

export {Away, Problem, speak};

/** This phone is not let in any more. With `wipe` the data on it is to be erased. */
export class LockedOut extends Error {
  constructor(document) {
    super(document?.detail ?? "revoked");
    this.wipe = document?.wipe === true;
    this.revoked = document?.revoked === true;
  }
}

const headersOf = (device) => (device ? {Authorization: `Device ${device.token}`, "X-Device-Id": device.id} : {});

/** {status, headers, text}, if the server did what it was asked; raises Away, Problem or LockedOut. */
export async function send(method, path, {headers = {}, device = undefined, ...options} = {}) {
  const who = device === undefined ? await store.device() : device;
  try {
    return await request(method, path, {...options, headers: {...headersOf(who), ...headers}});
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401 || !who) throw error;
    if (!error.document) throw new Away("the answer was not ours");
    throw new LockedOut(error.document);
  }
}

/** The JSON of the answer, null where there is none. */
export const json = jsonBy(send);
