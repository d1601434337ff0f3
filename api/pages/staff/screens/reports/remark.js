// One remark of a leader: whose it is, how it stands, and for whom it is the place to answer.
import {button, field, make, notice} from "../../dom.js";
import {say, when} from "../../language.js";
import {summary} from "../../problems.js";
import {call} from "../../server.js";

const CHIPS = {open: "chip wait", late: "chip alarm", answered: "chip good"};

function answering(one, load) {
  const words = make("textarea", {rows: 2, maxlength: 2000});
  const refused = summary({words});
  return [refused.box, field(say("remarks.answer"), words), make("div", {class: "row"}, button(say("remarks.send"), async () => {
    refused.clear();
    if (!words.value.trim()) return refused.faults([{field: "words", reason: say("needed")}], say("remarks.incomplete"));
    try {
      await call("POST", `/api/v1/bulletins/remarks/${one.id}/answer`, {words: words.value});
    } catch (error) {
      return refused.show(error);
    }
    notice(say("remarks.answered_now"), "good");
    return load();
  }, {kind: "strong"}))];
}

/** A line of a list; `load` draws the list anew when it was answered. */
export const remarkLine = (one, load, heading = null) => make("li", {class: "panel", "data-remark": one.id},
  make("p", {class: "words"}, one.words),
  make("p", {}, make("span", {class: CHIPS[one.stands]}, say(`remarks.${one.stands}`)), " ",
    make("span", {class: "quiet"}, [one.by, when(one.at), heading, say("remarks.until", {day: one.due})].filter(Boolean).join(" · "))),
  make("p", {}, one.department ?? one.user ?? "", one.case && make("a", {href: `/desk/cases/${encodeURIComponent(one.case)}`},
    say("remarks.on_case", {number: one.case}))),
  one.answer && make("blockquote", {}, make("p", {class: "words"}, one.answer),
    make("footer", {class: "quiet"}, [one.answered_by, when(one.answered_at)].filter(Boolean).join(" · "))),
  one.may_answer && answering(one, load));
