// What is on this phone and not yet, or not wholly, with the server: every operation and file, why, and what can be done.
import {card, chip, link, strong} from "../cards.js";
import {add, ask, button, empty, make, notice, redraw} from "../dom.js";
import {draft} from "../drafts.js";
import {formOf} from "../entries.js";
import {thumbnail} from "../fields/photos.js";
import {bytes, say, sayOr, when} from "../language.js";
import {backToDraft, discard, open, retry} from "../operations.js";
import * as runner from "../runner.js";
import * as store from "../store.js";
import {waiting as points} from "../track.js";
import {zip} from "../zip.js";
import * as cases from "./case.js";
import * as edit from "./edit.js";
import * as report from "./report.js";
import * as task from "./task.js";

const TO_DECIDE = ["refused", "conflict"];
const PATIENCE = 2;
const A_MINUTE = 60_000;

/** The server's sentence, or field by field what it found. */
function reasonOf(problem) {
  const faults = problem?.errors ?? [];
  const told = faults.map(({field, reason}) => `${sayOr(`field.${field.split(".").pop()}`, field)}: ${reason}`);
  return told.length ? told.join("; ") : problem?.detail ?? problem?.title ?? "";
}

function whyOf(one) {
  const reason = reasonOf(one.problem);
  if (one.state === "refused") return reason;
  if (one.state === "conflict") return one.kind === "entry" ? say("sync.conflict_entry") : reason || say("sync.conflict");
  if (one.state !== "held") return "";
  return one.missing?.length ? say("sync.held_files", {n: one.missing.length}) : reason || say("sync.held");
}

/** Where an operation that was not taken can be mended: the key of the form's draft, which is its address as well. */
const MENDED = {
  report: {keyOf: () => "report", draftOf: async () => report.draftOf},
  entry: {keyOf: edit.keyOf, draftOf: async ({data}) => edit.draftOf(await formOf(data.register))},
  step: {keyOf: ({data}) => `case/${data.case}`, draftOf: async () => cases.draftOf},
  task: {keyOf: ({data}) => `task/${data.task}`, draftOf: async () => task.draftOf}};

/** What meets a conflict about an entry the server has kept: it is decided there, not said once more. */
const canMend = ({state, kind}) => kind in MENDED && (state === "refused" || (state === "conflict" && kind !== "entry"));

/** Whether something was said or taken in a form that is not finished. */
const isBegun = (begun) => Boolean(begun && (begun.photos.length || begun.text || begun.note || begun.finding || begun.reason
  || begun.reply || Object.keys(begun.answers ?? {}).length));

async function mend(one) {
  const {keyOf, draftOf} = MENDED[one.kind];
  if (isBegun(await draft(keyOf(one))) && !await ask(say("sync.mend_sure"), {go: say("sync.mend"), back: say("keep")})) return;
  await backToDraft(one.id, keyOf(one), await draftOf(one));
  location.hash = `#/${keyOf(one)}`;
}

async function giveUp(one) {
  const question = say("sync.discard_sure", {title: one.about?.title ?? ""});
  if (await ask(question, {go: say("sync.discard"), back: say("keep")})) await discard(one.id);
}

/** What the worker may do about it: only what the server will not take is his to change or give up. */
function acts(one, files) {
  const decides = TO_DECIDE.includes(one.state);
  if (!decides && !(one.state === "held" && one.tries > PATIENCE) && !files.some((file) => stateOf(file) === "failed")) return null;
  return make("div", {class: "row"},
    one.state === "conflict" && one.kind === "entry" && link(one.about.link, say("sync.look"), "strong"),
    canMend(one) && button(say("sync.mend"), () => mend(one), {kind: "strong"}),
    button(say("sync.retry"), () => retry(one.id), {kind: "quiet"}),
    button(say("sync.discard"), () => giveUp(one), {kind: "danger"}));
}

function stateOf(file) {
  if (file.reason) return "failed";
  if (file.sent) return "sent";
  return file.offset ? "sending" : "queued";
}

function fileRow(file) {
  const there = file.sent ? file.size : file.offset;
  return make("li", {class: "file"}, make("ul", {class: "photos tiny"}, thumbnail(file)), make("span", {class: "file-body"},
    make("span", {}, `${say(`file.${stateOf(file)}`)} · ${bytes(there)} / ${bytes(file.size)}`),
    make("progress", {max: file.size, value: there, "aria-label": file.name}),
    file.reason && make("span", {class: "fault"}, file.reason)));
}

const operationCard = (one, files) => card({
  kind: `state-${one.state}`, data: {"data-operation": one.id},
  top: [chip(sayOr(`kind.${one.kind}`, one.kind)),
    chip(say(`state.${one.state}`), TO_DECIDE.includes(one.state) ? "alarm" : "wait"),
    make("time", {class: "quiet", datetime: one.at}, when(one.at))],
  title: strong(one.about?.title || sayOr(`kind.${one.kind}`, one.kind)),
  body: [whyOf(one) && make("span", {class: "fault"}, whyOf(one)),
    files.length > 0 && make("ul", {class: "files"}, files.map(fileRow)), acts(one, files)]});

/** All that waits as one file, for a worker whose phone cannot send: operations as JSON, and the files beside it. */
async function carryAway() {
  const [operations, files] = await Promise.all([open(), store.all("files")]);
  const now = new Date().toISOString();
  const listed = new Blob([JSON.stringify({made: now, operations}, null, 1)], {type: "application/json"});
  const named = files.map(({key, name, blob}) => [`${key}-${name.replace(/[^\w.-]/g, "_")}`, blob]);
  const made = await zip([["operations.json", listed], ...named]);
  const href = URL.createObjectURL(made);
  make("a", {href, download: `zhiwang-${now.slice(0, 16).replace(/\D/g, "")}.zip`}).click();
  setTimeout(() => URL.revokeObjectURL(href), A_MINUTE);
}

/** How the exchange with the server stands, in words. */
function standing(operations, files, sync, used, track) {
  const state = sync?.running ? "sync.running" : sync?.away ? "sync.away" : "sync.well";
  const left = files.filter(({sent}) => !sent).length;
  const small = [sync?.at ? say("sync.last", {at: when(sync.at)}) : say("sync.never"),
    used && say("sync.used", {used: bytes(used.usage)}), track > 0 && say("round.points", {n: track})];
  const number = operations.length;
  return [make("p", {class: "big"}, number ? say("sync.waiting", {n: number, files: left}) : say("sync.none")),
    make("p", {}, say(state)), make("p", {class: "hint", hidden: state !== "sync.away"}, say("sync.away_hint")),
    make("p", {class: "quiet"}, small.filter(Boolean).join(" · "))];
}

function sendNow() {
  notice(say("sync.running"));
  runner.now();
}

export async function show(room) {
  const stands = make("div", {class: "panel"});
  const list = make("ul", {class: "cards", id: "waiting"});
  const pictures = new Map();
  const nothing = make("div");
  const more = make("div", {class: "row"}, button(say("sync.export"), carryAway, {kind: "quiet"}));

  async function refresh() {
    const [operations, files, sync, used, track] = await Promise.all([
      open(), store.files(), store.get("meta", "sync"), navigator.storage?.estimate?.(), points()]);
    for (const {key, preview} of files) if (preview && !pictures.has(key)) pictures.set(key, URL.createObjectURL(preview));
    const shown = files.map((file) => ({...file, picture: pictures.get(file.key)}));
    redraw(list, operations.map((one) => operationCard(one, shown.filter(({operation}) => operation === one.id))));
    redraw(nothing, !operations.length && empty(say("sync.empty")));
    redraw(stands, standing(operations, files, sync, used, track));
    more.hidden = !operations.length;
  }

  add(room, stands, make("div", {class: "row"}, button(say("sync.now"), sendNow, {kind: "strong wide", id: "send"})), nothing,
    list, more);
  await refresh();
  return {refresh, leave() { for (const picture of pictures.values()) URL.revokeObjectURL(picture); }};
}
