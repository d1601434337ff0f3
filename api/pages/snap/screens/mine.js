// My reports: what waits on this phone, what was sent from it, and, signed in, what was sent with my phone from anywhere.
import {card, chip, link, strong} from "../cards.js";
import {add, ask, button, empty, fault, field, make, notice, redraw} from "../dom.js";
import {attempt, inWords, why} from "../faults.js";
import {wayIn} from "../inwechat.js";
import {say, sayOr, when} from "../language.js";
import {backToDraft, discard, retry, waiting} from "../outbox.js";
import {ifThere, json} from "../server.js";
import * as session from "../session.js";
import * as store from "../store.js";
import {add as follow} from "../tracking.js";
import {KEY} from "./report.js";

const SHORT = 60;
const MOST_WORDS = 1000;
const short = (text) => (text.length > SHORT ? `${text.slice(0, SHORT)}…` : text);

async function giveUp(key, title) {
  if (await ask(say("waiting.discard_sure", {title: short(title)}), {go: say("waiting.discard")})) await discard(key);
}

async function mend(key) {
  await backToDraft(key, KEY);
  location.hash = "#/report";
}

/** Whoever is on the city's list of abuse may say why not. */
function objection(entry) {
  const words = make("textarea", {rows: 2, maxlength: MOST_WORDS});
  const send = button(say("object.send"), async () => {
    fault(words, words.value.trim() ? "" : say("needed"));
    if (!words.value.trim()) return;
    await attempt(async () => {
      await json("POST", "/api/v1/citizen/objections", {entry, words: words.value.trim()});
      notice(say("object.done"), "good");
    });
  }, {kind: "quiet"});
  return make("details", {class: "panel"}, make("summary", {}, say("object")), make("div", {class: "form tight"},
    field(say("object.words"), words), send));
}

const waits = ({key, at, about, state, problem}) => card({
  top: [chip(say(`waiting.${state}`), state === "refused" ? "alarm" : "wait"), make("span", {class: "quiet"}, when(at))],
  title: strong(short(about.title)), data: {"data-key": key}, body: [
    problem && make("p", {class: "fault"}, problem.entry ? problem.detail : why(problem)),
    problem?.entry && objection(problem.entry),
    make("div", {class: "row"},
      state === "refused" && button(say("waiting.mend"), () => mend(key), {kind: "quiet"}),
      state === "refused" && button(say("waiting.retry"), () => retry(key), {kind: "quiet"}),
      button(say("waiting.discard"), () => giveUp(key, about.title), {kind: "quiet"}))]});

const sent = ({number, received_at: at, title, words}) => card({
  href: `#/track/${number}`, top: [chip(words ?? say("mine.sent")), make("span", {class: "quiet"}, when(at))],
  title: strong(short(title ?? number)), body: make("span", {class: "quiet"}, number), data: {"data-number": number}});

/** What this phone keeps and what the server knows of the phone that was proved, each once, the latest first. */
function merged(receipts, told) {
  const found = new Map(receipts.map((one) => [one.number, {...one, words: one.last?.words}]));
  for (const one of told) found.set(one.number, {...found.get(one.number), ...one, title: one.text});
  return [...found.values()].sort((one, other) => String(other.received_at).localeCompare(String(one.received_at)));
}

function another() {
  const number = make("input", {autocapitalize: "characters", autocomplete: "off", spellcheck: "false"});
  const token = make("input", {autocomplete: "off", autocapitalize: "none", spellcheck: "false"});
  const go = button(say("other.go"), async () => {
    for (const control of [number, token]) fault(control, control.value.trim() ? "" : say("needed"));
    if (!number.value.trim() || !token.value.trim()) return;
    try {
      location.hash = `#/track/${await follow(number.value.trim().toUpperCase(), token.value.trim())}`;
    } catch (error) {
      fault(token, inWords(error));
    }
  }, {kind: "strong"});
  return make("details", {class: "panel"}, make("summary", {}, say("other")), make("p", {class: "hint"}, say("other.hint")),
    make("div", {class: "form tight"}, field(say("track.number"), number), field(say("other.token"), token), go));
}

const who = (me) => (me
  ? make("div", {class: "panel"}, make("p", {}, me.wechat ? say("mine.as_wechat") : say("mine.as", {phone: me.phone})), button(say("sign.out"), session.signOut, {kind: "quiet"}))
  : make("div", {class: "panel"}, make("p", {}, say("mine.devices")), wayIn() && link(wayIn(), say("sign.wechat"), "strong"), link("#/signin", say("sign.in"), "strong")));

export async function show(room) {
  const [queue, list, person] = [make("ul", {class: "cards", id: "waiting"}), make("ul", {class: "cards", id: "sent"}), make("div", {})];
  let more = null;
  let told = [];
  let drawn = "";
  const further = button(say("more"), page, {kind: "quiet wide", hidden: true});

  async function page() {
    const next = more ? `?cursor=${encodeURIComponent(more)}` : "";
    const answer = await session.current() ? await ifThere(json("GET", `/api/v1/citizen/reports${next}`)) : null;
    told = [...told, ...answer?.items ?? []];
    more = answer?.next ?? null;
    further.hidden = !more;
    await draw();
  }

  async function draw() {
    const [before, receipts, me] = [await waiting(), await store.all("receipts"), await session.current()];
    const all = merged(receipts, me ? told : []);
    const now = JSON.stringify(before);
    if (now !== drawn) redraw(queue, before.map(waits)); // what is being written to object stays while nothing has changed
    drawn = now;
    redraw(list, all.map(sent));
    redraw(person, who(me));
    nothing.hidden = before.length + all.length > 0;
  }

  const nothing = empty(say("mine.empty"), link("#/report", sayOr("nav.report", ""), "strong"));
  add(room, queue, list, nothing, further, person, link("#/following", say("follow.list")), link("#/points", say("points")),
    link("#/adoptions", say("adoptions")), another());
  await draw();
  page();
  return {refresh: draw};
}
