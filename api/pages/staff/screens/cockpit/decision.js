// What somebody says about a warning or a scorecard: one text, and a button for each thing that may be said with it.
import {button, field, make, notice} from "../../dom.js";
import {say} from "../../language.js";
import {summary} from "../../problems.js";
import {call} from "../../server.js";

const LONGEST = 2000;

/** A form whose text goes by `name`, as the server calls it. `more` are other fields by the server's names, {label, control, hint};
 * each of `buttons` is {text, path, body, kind}: `body()` answers what it sends beside the text. `done` is called afterwards. */
export function decision({name, label, required = true, more = {}, buttons}, done) {
  const words = make("textarea", {rows: "3", maxlength: String(LONGEST)});
  const refused = summary({[name]: words, ...Object.fromEntries(Object.entries(more).map(([key, {control}]) => [key, control]))});

  async function send(path, body) {
    const text = words.value.trim();
    refused.clear();
    if (required && !text) return refused.faults([{field: name, reason: say("needed")}], say("needed"));
    try {
      await call("POST", path, {...body(), ...(text && {[name]: text})});
    } catch (error) {
      return refused.show(error);
    }
    notice(say("cockpit.saved"), "good");
    return done();
  }

  return make("form", {class: "form", onsubmit: (event) => event.preventDefault()}, refused.box, field(label, words, {required}),
    Object.values(more).map(({label: text, control, hint}) => field(text, control, {hint})),
    make("div", {class: "row"}, buttons.map(({text, path, body = () => ({}), kind = ""}) => button(text, () => send(path, body), {kind}))));
}
