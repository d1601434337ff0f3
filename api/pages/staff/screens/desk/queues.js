// A department's queues: what lies in each, how long there is, and the list to work from, by mouse or by keys alone.
import {button, empty, make, notice} from "../../dom.js";
import {say} from "../../language.js";
import {sentence} from "../../problems.js";
import {address, call} from "../../server.js";
import {exportButton} from "../reports/export.js";
import {bulkBar} from "./bulk.js";
import {keepTime} from "./due.js";
import {filterPart, isSifted, plain} from "./filter.js";
import {help, singleKeys} from "./hotkeys.js";
import {casesTable, choosing, step, toggle} from "./list.js";
import {searchPart} from "./search.js";

const QUEUES = ["overdue", "due_soon", "sign", "handle", "mine", "assist", "waiting", "returned", "check", "open"];
const COLOURS = {overdue: "alarm", due_soon: "wait"};
const [PAGE, ROUNDS] = [30, 6];
const FIRST = "open";

const wanted = () => plain({queue: FIRST, ...Object.fromEntries(new URLSearchParams(location.search))});

/** A queue with its count: a link, so that it can be opened in a tab of its own as well. */
function tab(name, state, counts, most) {
  const n = counts[name];
  const text = n > most ? `${most}+` : String(n);
  return make("a", {href: address(location.pathname, {queue: name}), "data-queue": name, class: n ? COLOURS[name] ?? "" : "none",
    "aria-current": name === state.queue ? "true" : null}, make("span", {}, say(`desk_queue.${name}`)), " ", make("b", {}, text));
}

/** Go on until there is a page full, or nothing further: behind a filter a page may hold less. */
async function further(state, told) {
  let {next} = told;
  for (let round = 1; next && isSifted(state) && told.items.length < PAGE && round < ROUNDS; round += 1) {
    const page = await call("GET", address("/api/v1/desk/cases", {...state, limit: PAGE, cursor: next}));
    told.items.push(...page.items);
    ({next} = page);
  }
  return {...told, next};
}

export async function show(room, me) {
  let state = wanted();
  let turn = 0;
  const tabs = make("nav", {class: "queues", "aria-label": say("desk.queues")});
  const place = make("div", {class: "shown"});
  const filterPlace = make("div", {class: "filters"});
  const search = searchPart(me, place, () => { search.clear(); return load(); });

  function nothing() {
    return isSifted(state)
      ? empty(say("desk.nothing_sifted"), button(say("desk.clear"), () => go({queue: state.queue})))
      : empty(say(state.queue === "overdue" ? "desk.nothing_overdue" : "desk.nothing"));
  }

  function listOf(told) {
    const choice = choosing((chosen) => bulk.changed(chosen));
    const bulk = bulkBar(choice, done);
    const label = say(`desk_queue.${state.queue}`);
    const {table, body, add} = casesTable(label, choice);
    choice.none = () => { for (const box of table.querySelectorAll(".tickbox input:checked")) box.click(); };
    add(told.items);
    let {next} = told;
    const more = button(say(isSifted(state) ? "desk.search_on" : "more"), async () => {
      try {
        const page = await further(state, await call("GET", address("/api/v1/desk/cases", {...state, limit: PAGE, cursor: next})));
        const before = body.lastElementChild;
        add(page.items);
        ({next} = page);
        more.hidden = !next;
        (before?.nextElementSibling ?? before)?.querySelector("a.open").focus();
      } catch (error) {
        notice(sentence(error), "fault");
      }
    }, {kind: "quiet", hidden: !next});
    return [...bulk.box, told.items.length ? table : nothing(), more];
  }

  /** What went well leaves this queue, or shows who has it now; the focus goes to what was refused, or stays in the list. */
  async function done(refused) {
    await load();
    if (refused) place.prepend(refused);
    (refused ?? place.querySelector("a.open"))?.focus();
  }

  async function load() {
    const mine = ++turn;
    search.stop();
    place.setAttribute("aria-busy", "true");
    try {
      const told = await further(state, await call("GET", address("/api/v1/desk", {...state, limit: PAGE})));
      if (mine !== turn) return; // somebody has gone on to another queue meanwhile
      const filter = filterPart(state, go, filterPlace.querySelector("details")?.open);
      filter.load(told.filters);
      tabs.replaceChildren(...QUEUES.map((name) => tab(name, state, told.counts, told.counted_at_most)));
      filterPlace.replaceChildren(...filter.box);
      if (!search.isOn()) place.replaceChildren(...listOf(told)); // else somebody looks for something since
    } catch (error) {
      if (mine !== turn) return;
      if (!search.isOn()) place.replaceChildren(make("p", {class: "fault", role: "alert"}, sentence(error)), button(say("reload"), load));
    }
    place.removeAttribute("aria-busy");
  }

  /** Another list; the focus is on the queue that is shown, for what asked for it is drawn anew. */
  async function go(next) {
    state = plain({queue: FIRST, ...next});
    history.pushState(null, "", address(location.pathname, state));
    search.clear();
    await load();
    if (!search.isOn()) tabs.querySelector("[aria-current]")?.focus();
  }

  tabs.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-queue]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go({queue: link.dataset.queue});
  });
  window.addEventListener("popstate", () => { state = wanted(); load(); });
  singleKeys({j: () => step(place, 1), k: () => step(place, -1), x: toggle, "/": search.focus, "?": help});
  keepTime(room);
  room.append(make("div", {class: "head"}, search.form, button(say("reload"), load, {kind: "quiet"}),
    exportButton(me, "desk", () => state), button(say("desk.keys"), help, {kind: "quiet"})), tabs, filterPlace, place);
  await load();
}
