// What went wrong, in words for whoever holds the phone: the server's own sentences are made for programs.
import {notice} from "./dom.js";
import {say, sayOr} from "./language.js";
import {Away, Problem} from "./server.js";

const kind = (document) => document?.type?.split("/").at(-1) ?? "";

/** Why a problem document says no. */
export const why = (document) => sayOr(`problem.${kind(document)}`, document?.title ?? say("problem.other"));

/** Words for an error of a request; what is no such error is a fault of ours and goes on. */
export function inWords(error) {
  if (error instanceof Away) return error.after ? say("away.after", {n: error.after}) : say("away");
  if (error instanceof Problem) return why(error.document);
  throw error;
}

/** Do what needs the server; when it does not go, say why and answer false. */
export async function attempt(work) {
  try {
    await work();
    return true;
  } catch (error) {
    notice(inWords(error), "fault");
    return false;
  }
}
