// What became of a report: where it stands, who has it and until when, before and after, and what its reporter can do now.
import {facts} from "../cards.js";
import {add, ask, button, choices, empty, fault, field, make, notice} from "../dom.js";
import {attempt, inWords} from "../faults.js";
import {due, say, when} from "../language.js";
import {pictures} from "../pictures.js";
import {linkTo, share} from "../sharing.js";
import * as store from "../store.js";
import {follow} from "../subscriptions.js";
import {timeline} from "../timeline.js";
import {act, progress} from "../tracking.js";

const SCORES = [5, 4, 3, 2, 1];
const MOST = 1000;

/** A field and a button that says its words to the server. */
function saying({name, label, hint, go, kind = "", number, done, body}) {
  const words = make("textarea", {rows: 2, maxlength: MOST});
  const send = button(go, async () => {
    fault(words, words.value.trim() ? "" : say("needed"));
    if (!words.value.trim()) return words.focus();
    return await attempt(async () => done(await act(number, name, body(words.value.trim()))));
  }, {kind, "data-action": name});
  return make("div", {class: "form tight"}, field(label, words, {hint}), send);
}

function rating(number, done) {
  const score = new Set();
  const words = make("textarea", {rows: 2, maxlength: MOST});
  const scores = choices(say("rate"), SCORES.map((value) => ({value, text: say(`rate.${value}`)})), score);
  const send = button(say("rate.go"), async () => {
    if (!score.size) return notice(say("rate.choose"), "fault");
    const comment = words.value.trim();
    return await attempt(async () => {
      const told = await act(number, "rating", {score: [...score][0], ...(comment && {comment})});
      notice(say(`outcome.${told.outcome}`), "good");
      done(told);
    });
  }, {kind: "strong", "data-action": "rate"});
  return make("section", {class: "panel"}, scores, field(say("rate.comment"), words), send);
}

const ACTIONS = {
  answered: {kind: "strong", body: (reply) => ({reply})},
  reopen: {kind: "", body: (reason) => ({reason})},
  urge: {kind: "", body: (reason) => ({reason})},
};

const doing = (name, number, done) => saying({
  name, number, label: say(`do.${name}`), hint: say(`do.${name}.hint`), go: say(`do.${name}.go`), ...ACTIONS[name],
  done(told) { notice(say("done"), "good"); done(told); }});

const folded = (title, inside) => make("details", {class: "panel"}, make("summary", {}, title), inside);

function until(told) {
  if (!told.due_at || told.closed_at) return null;
  return `${when(told.due_at)}（${due(told.due_at)}）`;
}

const standing = (told) => make("section", {class: "panel"}, make("p", {class: "big"}, told.words), facts([
  [say("track.number"), told.number], [say("track.received"), when(told.received_at)], [say("track.case"), told.case],
  [say("track.holder"), told.closed_at ? null : told.holder], [say("track.department"), told.department === told.holder && !told.closed_at ? null : told.department],
  [say("track.until"), until(told)],
  [say("track.closed"), told.closed_at && when(told.closed_at)], [say("track.text"), told.text]]));

const said = (title, words, kind = "") => words
  && make("section", {class: `panel ${kind}`}, make("h2", {}, title), make("p", {class: "said"}, words));

function whole(told, receipt, redo) {
  const may = new Set(told.may);
  const {number} = told;
  return [
    standing(told), said(say("track.notice"), told.notice, "warn"),
    told.question && make("section", {class: "panel warn"}, make("h2", {}, say("track.question")), make("p", {class: "said"}, told.question),
      may.has("answered") && doing("answered", number, redo)),
    pictures(told.photos), said(say("track.reply"), told.reply, "good"), said(say("track.reason"), told.reason),
    told.rated && make("p", {class: "panel"}, say("rate.given", {words: say(`rate.${told.rated}`)})),
    may.has("rate") && rating(number, redo),
    ["reopen", "urge"].filter((name) => may.has(name)).map((name) => folded(say(`do.${name}.go`), doing(name, number, redo))),
    timeline(say("track.steps"), told.steps), timeline(say("track.comments"), told.comments),
    told.case && folded(say("comment.go"), saying({name: "comments", number, label: say("comment"), hint: say("comment.hint"),
      go: say("comment.send"), body: (text) => ({text}), done(one) { notice(say("done"), "good"); redo(one); }})),
    told.case && follow({kind: "case", what: told.case}),
    receipt && share(linkTo(receipt), say("share.own")),
    receipt && button(say("track.forget"), () => forget(number), {kind: "quiet wide"}),
  ];
}

async function forget(number) {
  if (!await ask(say("track.forget_sure"), {go: say("track.forget")})) return;
  await store.remove("receipts", number);
  location.hash = "#/mine";
}

export async function show(room, number) {
  const receipt = await store.get("receipts", number);
  const draw = (told, note = null) => {
    room.replaceChildren();
    add(room, note && make("p", {class: "panel warn", role: "status"}, note), whole(told, receipt, draw));
  };
  try {
    draw(await progress(number));
  } catch (error) {
    const words = inWords(error);
    if (receipt?.last) draw(receipt.last, say("track.old", {why: words, at: when(receipt.seen ?? receipt.received_at)}));
    else add(room, empty(words, make("a", {class: "button", href: "#/mine"}, say("nav.mine"))));
  }
  return {};
}
