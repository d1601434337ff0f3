// What was said about the case, and a place to say something: among us, or for those who reported it.
import {button, field, make, notice} from "../../dom.js";
import * as drafts from "../../drafts.js";
import {sign} from "../../keys.js";
import {say, when} from "../../language.js";
import {summary} from "../../problems.js";
import {address, call} from "../../server.js";
import {who} from "./words.js";

const LONGEST = 2000;

const remark = (one, names) => make("li", {}, make("p", {}, make("strong", {}, who({actor_kind: one.author_kind, actor_id: one.author_id,
  department_id: one.department_id}, names)), " ", make("span", {class: "quiet"}, when(one.at)), " ",
make("span", {class: one.visibility === "public" ? "chip wait" : "chip"}, say(one.visibility === "public" ? "case.public" : "case.internal"))),
make("p", {class: "words"}, one.text));

export function commentsPart({me, path, number, reload}) {
  const draft = `comment-${number}`;
  const text = make("textarea", {rows: 2, maxlength: LONGEST, "aria-keyshortcuts": "Alt+C", oninput: () => drafts.write(draft, text.value)});
  text.value = drafts.read(draft) ?? "";
  const visibility = make("select", {}, make("option", {value: "internal"}, say("case.for_us")),
    make("option", {value: "public"}, say("case.for_public")));
  const refused = summary({text, visibility});
  const list = make("ul", {class: "comments", "aria-live": "polite"});
  const more = make("div", {});
  const mayPublish = me.permissions.includes("comment.publish");

  async function send() {
    refused.clear();
    if (!text.value.trim()) return refused.faults([{field: "text", reason: say("needed")}], say("case.incomplete"));
    try {
      await call("POST", `${path}/comments`, {text: text.value.trim(), visibility: visibility.value});
    } catch (error) {
      return refused.show(error);
    }
    text.value = "";
    drafts.drop(draft);
    notice(say("case.commented"), "good");
    return reload();
  }

  async function load(cursor) {
    const {items, next} = await call("GET", address(`${path}/comments`, {cursor}));
    list.append(...items.map((one) => remark(one, {[one.author_id]: one.author, [one.department_id]: one.department})));
    offer(next);
  }

  const offer = (next) => more.replaceChildren(...next ? [button(say("more"), () => load(next), {kind: "quiet small"})] : []);

  const writing = make("form", {class: "writing", novalidate: true, onsubmit: (event) => event.preventDefault()}, refused.box,
    field([say("case.comment"), sign("C")], text), mayPublish && field(say("case.visibility"), visibility),
    button(say("case.send"), send));
  return {box: [me.permissions.includes("comment.create") && writing, list, more].filter(Boolean), focus: () => text.focus(),
    draw({comments, comments_next: next, names}) {
      list.replaceChildren(...comments.length ? comments.map((one) => remark(one, names)) : [make("li", {class: "quiet"}, say("case.no_comments"))]);
      offer(next);
    }};
}
