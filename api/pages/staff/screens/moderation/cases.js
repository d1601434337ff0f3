// Cases that wait for a look, and those that were published before one: what was said, and beside it the words that everybody
// will read.
import {button, field, make, notice} from "../../dom.js";
import {say, sayOr, when} from "../../language.js";
import {summary} from "../../problems.js";
import {call} from "../../server.js";
import {worklist} from "./pages.js";

const CASES = "/api/v1/moderation/cases";

const said = (one) => make("blockquote", {}, make("p", {class: "words"}, one.text),
  make("footer", {class: "quiet"}, sayOr(`channel.${one.channel}`, one.channel), " · ", when(one.received_at)));

function head(one) {
  return make("p", {class: "top"}, make("strong", {}, one.category ?? say("moderation.no_category")), " ",
    make("span", {class: "chip"}, sayOr(`status.${one.status}`, one.status)), " ",
    make("span", {class: "quiet"}, [one.community, one.number, when(one.opened_at),
      say("calls.reports", {n: one.report_count})].filter(Boolean).join(" · ")));
}

function line(one, gone) {
  const words = make("textarea", {rows: 3, maxlength: 1000});
  words.value = one.words ?? one.draft ?? "";
  const reason = make("input", {maxlength: 500, value: one.reason ?? ""});
  const refused = summary({words, reason});
  const box = make("li", {"data-number": one.number});

  async function decide(decision, body) {
    refused.clear();
    try {
      await call("POST", `${CASES}/${encodeURIComponent(one.number)}`, {decision, ...body});
    } catch (error) {
      return refused.show(error);
    }
    notice(say(`moderation.done_${decision}`, {number: one.number}), "good");
    return gone(box);
  }

  box.append(head(one), make("div", {class: "beside"}, make("div", {}, one.reports.map(said)),
    make("div", {}, refused.box, field(say("moderation.words"), words, {hint: say("moderation.words_hint")}),
      field(say("moderation.reason"), reason),
      make("div", {class: "row"},
        button(say("moderation.publish_words"), () => decide("publish", {words: words.value.trim() || null}), {kind: "strong"}),
        button(say("moderation.publish_bare"), () => decide("publish", {words: null})),
        button(say("moderation.withhold"), () => decide("withhold", {reason: reason.value.trim() || null}), {kind: "danger"})))));
  return box;
}

/** The next one is where the eyes are when one is done. */
function casesOf(place, more = {}) {
  const list = worklist(place, CASES, {none: say("moderation.no_cases"), ...more, line: (one) => line(one, (box) => {
    const next = box.nextElementSibling;
    box.remove();
    next?.querySelector("textarea")?.focus();
    list.left();
  })});
  return list.load();
}

/** What the city's policy published by itself stands apart, so that somebody looks at it afterwards. */
export async function casesPart(place) {
  const [first, unseen] = [make("section", {}), make("section", {id: "unseen"})];
  place.replaceChildren(first, unseen);
  await Promise.all([casesOf(first), casesOf(unseen, {none: say("moderation.no_unseen"),
    fixed: {title: say("moderation.unseen"), ask: {state: "published", by_person: false}}})]);
}
