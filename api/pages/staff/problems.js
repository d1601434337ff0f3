// What the server refused, where it can be read: at the field that is at fault, else in a summary above the form.
import {fault, make} from "./dom.js";
import {say, sayOr, when} from "./language.js";
import {Away, Problem} from "./request.js";

/** What went wrong in one sentence. Raises what is neither the server's refusal nor its absence: that is a fault of ours. */
export function sentence(error) {
  if (error instanceof Away) return error.after ? say("again_in", {n: error.after}) : say("away");
  if (!(error instanceof Problem)) throw error;
  const {title, errors} = error.document ?? {};
  if (!title) return error.message;
  return errors?.length ? `${title}${say("colon")}` : `${title}${say("colon")}${error.message}`;
}

/** Why the server refused, as children of an element: who works on it; or the kind of refusal, where a case stands now, and the
 * server's own sentence. `error` may be the problem document of one of many. */
export function because(error) {
  const {title, detail, holder, held_until: until, changed} = error.document ?? (error instanceof Error ? {} : error);
  if (holder) return [say("held_until", {name: holder, time: when(until)})];
  if (!title) return [sentence(error)];
  const status = changed?.at(-1)?.target;
  return [title, say("colon"), status ? say("stands_at", {status: sayOr(`status.${status}`, status)}) : "", detail ?? ""];
}

/** A place for what is refused. `controls` are inputs by the server's name of the field; `names` are what people call the
 * others. show(error) or faults([{field, reason}]) fill it and lead there, clear() empties it. */
export function summary(controls = {}) {
  const box = make("div", {class: "refused", role: "alert", tabindex: "-1", hidden: true});

  function clear() {
    box.hidden = true;
    for (const control of Object.values(controls)) fault(control, "");
  }

  function faults(list, head) {
    const rest = list.filter(({field}) => !(field in controls));
    for (const {field, reason} of list) if (field in controls) fault(controls[field], reason);
    box.replaceChildren(make("p", {}, head), ...(rest.length ? [make("ul", {}, rest.map(({field, reason}) =>
      make("li", {}, field && make("strong", {}, `${sayOr(`field.${field}`, field.replace(/^columns\./, ""))} `), reason)))] : []));
    box.hidden = false;
    const first = list.find(({field}) => field in controls);
    (first ? controls[first.field] : box).focus();
  }

  return {box, clear, faults, show: (error) => faults(error.document?.errors ?? [], sentence(error))};
}
