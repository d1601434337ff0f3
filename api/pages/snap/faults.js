// What went wrong, in words for whoever holds the phone: the server's own sentences are made for programs.
import {notice} from "./dom.js";
import {say, sayOr} from "./language.js";
import {Away, Problem} from "./server.js";

const kind = (document) => document?.type?.split("/").at(-1) ?? "";

const LABELS = {text: "report.text", phone: "contact.phone", name: "contact.name", place: "place", address: "address",
  category: "category", photos: "photos", reply: "do.answered", reason: "problem.reason", comment: "rate.comment", tokens: "data.also", wechat: "data.wechat"};

/** The fields at fault, as the form names them. */
const fields = (document) => [...new Set((document?.errors ?? []).map(({field}) => LABELS[field?.split(".")[0]]).filter(Boolean))]
  .map((key) => say(key)).join("、");

/** Why a problem document says no. */
export function why(document) {
  const words = sayOr(`problem.${kind(document)}`, document?.title ?? say("problem.other"));
  const at = fields(document);
  return at ? `${words}（${at}）` : words;
}

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
