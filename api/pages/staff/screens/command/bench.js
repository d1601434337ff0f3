// A desk of the centre: on one side what lies there and who works on what, as it changes; on the other the case in hand.
import {button, empty, make, notice} from "../../dom.js";
import {listen, sign} from "../../keys.js";
import {due, say, sayOr, when} from "../../language.js";
import {because, sentence} from "../../problems.js";
import {address, call} from "../../server.js";
import {hands} from "./hold.js";
import {follow, liveSign} from "./live.js";

const [PAGE, MOST] = [30, 100];
const SETTLE = 400;

/** Once for all calls of a moment, which begins with the first: in a city where something happens every second as well. */
export function settled(work, milliseconds = SETTLE) {
  let timer = null;
  return () => { timer ??= setTimeout(() => { timer = null; work(); }, milliseconds); };
}

export const caseLink = (number) => make("a", {href: `/desk/cases/${encodeURIComponent(number)}`}, number);

export const dueChip = ({due_at: at}) => make("span", {class: new Date(at) < Date.now() ? "chip alarm" : "chip"}, due(at));

export const urgentChip = ({priority}) => priority === "urgent" && make("span", {class: "chip alarm"}, say("command.urgent"));

/** A button of a decision with its key; `busy` while it is done. */
export function act(text, letter, work, kind = "") {
  const made = button(text, work, {kind, "aria-keyshortcuts": `Alt+${letter}`});
  made.append(sign(letter));
  return made;
}

/** `queue` is the desk; `work(place, case, {done, skip, refused})` shows a case in hand, and answers its keys {letter: work}. */
export function bench(room, me, {queue, work}) {
  const state = {rows: [], next: null, holds: new Map(), number: null, turn: 0, skipped: [], keys: {}, mayOver: me.permissions.includes("holds.take_over")};
  const list = make("ul", {class: "bench-rows"});
  const told = make("p", {class: "quiet", role: "status"});
  const live = make("span", {class: "chip", role: "status"});
  const more = button(say("more"), () => load(true), {kind: "quiet", hidden: true});
  const place = make("section", {class: "bench-work", tabindex: "-1", "aria-label": say("command.in_hand")});
  const inHand = hands((error, number) => { if (state.number === number) { idle(); notice(sentence(error), "fault"); } });
  const take = act(say("command.next"), "N", next, "strong");

  function line(one) {
    const hold = state.holds.get(one.number);
    const isMine = state.number === one.number;
    const open = make("button", {type: "button", class: "bench-row", "data-number": one.number, "aria-current": isMine ? "true" : null,
      onclick: () => choose(one.number)},
    make("span", {class: "bench-title"}, one.title),
    make("span", {class: "bench-chips"}, urgentChip(one), dueChip(one),
      hold && !hold.mine && make("span", {class: "chip wait"}, say("command.held_by", {name: hold.holder}))),
    make("span", {class: "quiet"}, [one.category ?? say("command.no_category"), one.address ?? one.area_name, say("calls.reports", {n: one.report_count})].filter(Boolean).join(" · ")));
    return make("li", {}, open);
  }

  function draw() {
    const at = document.activeElement?.dataset?.number;
    list.replaceChildren(...state.rows.map(line));
    if (at) list.querySelector(`[data-number="${CSS.escape(at)}"]`)?.focus({preventScroll: true});
    more.hidden = !state.next;
    told.textContent = state.rows.length ? "" : say("command.nothing");
  }

  async function load(isMore = false) {
    try {
      const limit = isMore ? PAGE : Math.min(Math.max(PAGE, state.rows.length), MOST); // what was shown stays in sight
      const [page, held] = await Promise.all([
        call("GET", address("/api/v1/cases", {queue, limit, cursor: isMore ? state.next : null})), call("GET", "/api/v1/holds")]);
      const known = new Set(state.rows.map(({number}) => number));
      state.rows = isMore ? [...state.rows, ...page.items.filter(({number}) => !known.has(number))] : page.items;
      state.next = page.next;
      state.holds = new Map(held.items.map((one) => [one.number, one]));
      draw();
    } catch (error) {
      told.textContent = sentence(error);
    }
  }

  /** After a reload, or a browser that broke down, what was in hand is in hand again. */
  function resume() {
    const mine = [...state.holds.values()].find((one) => one.mine && one.queue === queue);
    if (mine && !state.number && !state.begun) choose(mine.number);
    state.begun = true;
  }

  async function loadHolds() {
    const {items} = await call("GET", "/api/v1/holds");
    state.holds = new Map(items.map((one) => [one.number, one]));
    draw();
  }

  const [soon, holdsSoon] = [settled(() => load()), settled(loadHolds)];

  /** What others did: a case that went on leaves the list, a new one comes, without a hand being moved. */
  function heard({event, number, queue: desk}) {
    if (event === "hold") return holdsSoon();
    if (event !== "case") return event === "go_on" ? null : load().then(resume);
    const isHere = state.rows.some((one) => one.number === number);
    if (isHere && desk !== queue) {
      state.rows = state.rows.filter((one) => one.number !== number);
      draw();
    } else if (desk === queue) soon();
    if (number === state.number && desk !== queue && !state.deciding) {
      inHand.done();
      idle();
      notice(say("command.went_on", {number}), "fault");
    }
    return null;
  }

  /** Whatever was in hand is no longer, and its keys with it; what is answered for it later has missed its turn. Answers the
   * turn of `number`, which is in hand from now on. */
  function turnTo(number) {
    state.number = number;
    state.keys = {};
    return ++state.turn;
  }

  const loading = () => place.replaceChildren(make("p", {class: "quiet"}, say("loading")));

  function idle() {
    turnTo(null);
    place.replaceChildren(empty(say("command.choose")));
    draw();
  }

  /** The case in hand; where it cannot be read now, that is said, and it can be tried again. */
  async function show(number) {
    const turn = turnTo(number);
    draw();
    loading();
    try {
      await drawn(number, turn);
    } catch (error) {
      if (state.turn === turn) place.replaceChildren(make("p", {class: "fault", role: "alert"}, sentence(error)), button(say("reload"), () => show(number)));
    }
  }

  async function drawn(number, turn) {
    const found = await call("GET", `/api/v1/cases/${encodeURIComponent(number)}`);
    if (state.turn !== turn) return;
    const refused = make("p", {class: "refused", role: "alert", tabindex: "-1", hidden: true});
    const body = make("div", {class: "bench-body"});

    function complain(...why) {
      refused.replaceChildren(...why);
      refused.hidden = false;
      refused.focus();
    }

    place.replaceChildren(make("div", {class: "head"}, make("h2", {}, found.title), urgentChip(found), dueChip(found)),
      make("p", {class: "quiet"}, caseLink(number), " · ", [sayOr(`channel.${found.channel}`, found.channel), found.category, found.area,
        found.address, when(found.opened_at)].filter(Boolean).join(" · ")), refused, body);
    const keys = await work(body, found, {
      async step(action, facts, done) {
        if (state.turn !== turn) return;
        refused.hidden = true;
        state.deciding = true;
        try {
          await call("POST", `/api/v1/cases/${encodeURIComponent(number)}/${action}`, facts, {headers: {"If-Match": `"${found.version}"`}});
        } catch (error) {
          if (state.turn !== turn) return void notice([number, " ", ...because(error)].join(""), "fault");
          complain(...because(error), ...(error.document?.errors ?? []).map(({field, reason}) => ` ${sayOr(`field.${field}`, field)} ${reason}`),
            ...(error.status === 409 ? [" ", button(say("command.read_again"), () => show(number), {kind: "small"})] : []));
          return;
        } finally {
          state.deciding = false;
        }
        notice(done, "good");
        state.rows = state.rows.filter((one) => one.number !== number);
        if (state.turn !== turn) return void draw(); // somebody has gone on to another case meanwhile
        inHand.done();
        await next();
      },
      refuse: complain, skip,
    });
    if (state.turn !== turn) return;
    state.keys = keys;
    place.focus();
  }

  /** What was in hand is given back before another is taken, so that it goes from sight at once. */
  async function choose(number, over = false) {
    const turn = turnTo(null);
    draw();
    loading();
    try {
      await inHand.take(number, over);
    } catch (error) {
      return state.turn === turn ? offerOver(error, number) : null;
    }
    return state.turn === turn ? show(number) : null;
  }

  /** Who may ends a colleague's hold; all others are told whose it is. */
  function offerOver(error, number) {
    const holder = error.document?.holder;
    if (!holder) {
      idle();
      return notice(sentence(error), "fault");
    }
    const text = say("held_until", {name: holder, time: when(error.document.held_until)});
    place.replaceChildren(make("div", {class: "panel"}, make("p", {}, text),
      state.mayOver && button(say("command.take_over"), () => choose(number, true))));
    return place.focus();
  }

  async function next() {
    idle();
    const {turn} = state;
    const number = await inHand.next(queue, state.skipped.slice(-100));
    if (state.turn !== turn) return null;
    if (number) return show(number);
    place.replaceChildren(empty(say("command.nothing_free")));
    return place.focus();
  }

  async function skip() {
    if (state.number) state.skipped.push(state.number);
    await next();
  }

  room.replaceChildren(make("div", {class: "bench"},
    make("section", {class: "bench-list", "aria-label": say("command.queue")},
      make("div", {class: "head"}, take, live), told, list, more), place));
  idle();
  listen(new Proxy({}, {get: (_, letter) => ({N: next, K: skip})[letter] ?? state.keys[letter]}));
  follow(me, heard, (word) => liveSign(live, word));
}
