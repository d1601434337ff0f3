// What is on this phone and not yet, or not wholly, with the server: every operation and file, why, and what can be done.
import {add, ask, button, empty, make, notice} from "../dom.js";
import {formOf} from "../entries.js";
import {thumbnail} from "../fields/photos.js";
import {bytes, say, sayOr, when} from "../language.js";
import {backToDraft, discard, open, retry} from "../operations.js";
import * as runner from "../runner.js";
import * as store from "../store.js";
import {waiting as points} from "../track.js";
import {zip} from "../zip.js";
import {draftOf as editOf, keyOf} from "./edit.js";
import {draftOf as reportOf} from "./report.js";

const faultsOf = (problem) => (problem?.errors?.length
  ? problem.errors.map(({field, reason}) => `${sayOr(`field.${field.split(".").pop()}`, field)}: ${reason}`).join("; ") : problem?.detail ?? problem?.title ?? "");

function whyOf(one) {
  if (one.state === "refused") return faultsOf(one.problem);
  if (one.state === "conflict") return one.kind === "entry" ? say("sync.conflict_entry") : faultsOf(one.problem) || say("sync.conflict");
  if (one.state === "held") return one.missing?.length ? say("sync.held_files", {n: one.missing.length}) : faultsOf(one.problem) || say("sync.held");
  return "";
}

async function mend(one) {
  if (one.kind === "report") {
    await backToDraft(one.id, "report", reportOf);
    location.hash = "#/report";
  } else {
    const form = await formOf(one.data.register);
    await backToDraft(one.id, keyOf(one), editOf(form));
    location.hash = `#/${keyOf(one)}`;
  }
}

async function giveUp(one) {
  if (await ask(say("sync.discard_sure", {title: one.about?.title ?? ""}), {go: say("sync.discard"), back: say("keep")})) await discard(one.id);
}

/** What the worker may do about it: only what the server will not take is his to change or give up. */
function acts(one, files) {
  const link = one.about?.link && one.state === "conflict" ? make("a", {class: "button strong", href: one.about.link}, say("sync.look")) : null;
  const stuck = ["refused", "conflict"].includes(one.state) || (one.state === "held" && one.tries > 2) || files.some(({refused}) => refused);
  if (!stuck) return null;
  return make("div", {class: "row"}, link, one.state === "refused" && ["report", "entry"].includes(one.kind) && button(say("sync.mend"), () => mend(one), {kind: "strong"}),
    button(say("sync.retry"), () => retry(one.id), {kind: "quiet"}), button(say("sync.discard"), () => giveUp(one), {kind: "danger"}));
}

function fileRow(file) {
  const state = file.reason ? "failed" : file.sent ? "sent" : file.offset ? "sending" : "queued";
  const bar = make("progress", {max: file.size, value: file.offset, "aria-label": file.name});
  bar.value = file.sent ? file.size : file.offset;
  return make("li", {class: "file"}, make("ul", {class: "photos tiny"}, thumbnail(file)), make("span", {class: "file-body"},
    make("span", {}, say(`file.${state}`), " · ", `${bytes(file.sent ? file.size : file.offset)} / ${bytes(file.size)}`), bar,
    file.reason && make("span", {class: "fault"}, file.reason)));
}

function row(one, files) {
  return make("li", {class: `card state-${one.state}`, "data-operation": one.id}, make("span", {class: "card-body"},
    make("span", {class: "card-top"}, make("span", {class: "chip"}, sayOr(`kind.${one.kind}`, one.kind)),
      make("span", {class: `chip ${["refused", "conflict"].includes(one.state) ? "alarm" : "wait"}`}, say(`state.${one.state}`)),
      make("time", {class: "quiet", datetime: one.at}, when(one.at))),
    make("strong", {}, one.about?.title || sayOr(`kind.${one.kind}`, one.kind)), whyOf(one) && make("span", {class: "fault"}, whyOf(one)),
    files.length > 0 && make("ul", {class: "files"}, files.map(fileRow)), acts(one, files)));
}

/** All that waits as one file, for a worker whose phone cannot send: operations as JSON, and the files beside it. */
async function exportAll() {
  const [operations, files] = await Promise.all([open(), store.all("files")]);
  const listed = new Blob([JSON.stringify({made: new Date().toISOString(), operations}, null, 1)], {type: "application/json"});
  const made = await zip([["operations.json", listed], ...files.map((file) => [`${file.key}-${file.name.replace(/[^\w.-]/g, "_")}`, file.blob])]);
  const link = make("a", {href: URL.createObjectURL(made), download: `zhiwang-${new Date().toISOString().slice(0, 16).replace(/\D/g, "")}.zip`});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export async function show(room) {
  const stands = make("div", {class: "panel"});
  const list = make("ul", {class: "cards", id: "waiting"});
  const nothing = make("div");
  const more = make("div", {class: "row"});

  async function refresh() {
    const [operations, files, sync, used, track] = await Promise.all([
      open(), store.all("files"), store.get("meta", "sync"), navigator.storage?.estimate?.(), points()]);
    for (const picture of list.querySelectorAll("img")) URL.revokeObjectURL(picture.src);
    list.replaceChildren(...operations.map((one) => row(one, files.filter((file) => file.operation === one.id))));
    nothing.replaceChildren(operations.length ? "" : empty(say("sync.empty")));
    const state = sync?.running ? "sync.running" : sync?.away ? "sync.away" : "sync.well";
    stands.replaceChildren(...[make("p", {class: "big"}, operations.length ? say("sync.waiting", {n: operations.length, files: files.filter(({sent}) => !sent).length}) : say("sync.none")),
      make("p", {}, say(state)), sync?.away && !sync.running ? make("p", {class: "hint"}, say("sync.away_hint")) : null,
      make("p", {class: "quiet"}, sync?.at ? say("sync.last", {at: when(sync.at)}) : say("sync.never"), used ? ` · ${say("sync.used", {used: bytes(used.usage)})}` : "",
        track ? ` · ${say("round.points", {n: track})}` : "")].filter(Boolean));
    more.hidden = !operations.length;
  }

  add(room, stands, make("div", {class: "row"}, button(say("sync.now"), () => { notice(say("sync.running")); runner.now(); }, {kind: "strong wide", id: "send"})), nothing, list,
    more);
  add(more, button(say("sync.export"), exportAll, {kind: "quiet"}));
  await refresh();
  return {refresh};
}

