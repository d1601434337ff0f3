// My data: a copy of what is held of me, to be erased, and taking that back; for whoever has proved a phone.
import {card, chip, link, strong} from "../cards.js";
import {add, button, choices, fault, field, make, notice, redraw} from "../dom.js";
import {attempt, inWords} from "../faults.js";
import {say, sayOr, when} from "../language.js";
import {Problem, ifThere, json, once} from "../server.js";
import * as session from "../session.js";
import * as store from "../store.js";

const ADDRESS = "/api/v1/citizen/data";
const LOOK_AGAIN = 5000;
const WECHAT = "wechat";
const OPEN = new Set(["agreeing", "waiting"]);

/** What is asked for concerns these as well: {tokens, wechat}. */
async function besides(chosen) {
  const access = chosen.has(WECHAT) ? await session.accessInWechat() : null;
  return {tokens: [...chosen].filter((one) => one !== WECHAT), ...(access && {wechat: access})};
}

async function alsoField(me, chosen) {
  const kept = (await store.all("receipts")).filter(({token}) => token);
  const options = kept.map(({number, token, title}) => ({value: token, text: title || number}));
  if (me.beside) options.unshift({value: WECHAT, text: say("data.wechat")});
  if (me.beside) chosen.add(WECHAT);
  return options.length ? make("section", {class: "panel"}, choices(say("data.also"), options, chosen, {several: true}),
    make("p", {class: "hint"}, say("data.also_hint", {phone: me.phone}))) : null;
}

function requestCard(one, changed) {
  const withdraw = () => attempt(async () => {
    await json("POST", `${ADDRESS}/${one.id}/withdraw`);
    notice(say("data.withdrawn"), "good");
    await changed();
  });
  const isOpen = OPEN.has(one.state);
  const waits = one.wish === "erase" ? say("data.until", {when: when(one.ready_at)}) : say("data.due", {when: when(one.due_at)});
  return card({
    top: [chip(sayOr(`stage.${one.state}`, one.state), isOpen ? "wait" : ""), make("span", {class: "quiet"}, when(one.asked_at))],
    title: strong(say(`wish.${one.wish}`)), data: {"data-request": one.id}, body: [
      isOpen && make("p", {}, waits), one.ruling && make("p", {}, one.ruling),
      one.copy && make("a", {class: "button strong", href: one.copy, download: ""}, say("data.fetch")),
      isOpen && button(say("data.withdraw"), withdraw, {kind: "quiet"})]});
}

/** The phone is proved once more: whoever found a phone that is signed in cannot erase its owner. */
function erasing(days, chosen, changed) {
  const phone = make("input", {type: "tel", inputmode: "tel", autocomplete: "tel"});
  const code = make("input", {inputmode: "numeric", autocomplete: "one-time-code", maxlength: 12});

  async function askForCode() {
    fault(phone, phone.value.trim() ? "" : say("needed"));
    if (!phone.value.trim()) return phone.focus();
    try {
      await session.askForCode(phone.value.trim());
      notice(say("sign.sent"), "good");
      code.focus();
    } catch (error) {
      fault(phone, error instanceof Problem && error.status === 422 ? say("sign.no_phone") : inWords(error));
    }
    return undefined;
  }

  async function erase() {
    fault(code, code.value.trim() ? "" : say("needed"));
    if (!code.value.trim()) return code.focus();
    try {
      await once("POST", `${ADDRESS}/erase`, {code: code.value.trim(), ...await besides(chosen)});
    } catch (error) {
      return fault(code, error instanceof Problem && error.status === 401 ? say("sign.wrong") : inWords(error));
    }
    code.value = "";
    notice(say("data.asked"), "good");
    return changed();
  }

  return make("details", {class: "panel"}, make("summary", {}, say("data.erase")), make("p", {}, say("data.erase_text")),
    make("p", {}, say("data.erase_cases")),
    make("p", {class: "warn"}, days ? say("data.erase_days", {n: days}) : say("data.erase_now")),
    make("div", {class: "form tight"}, field(say("contact.phone"), phone), button(say("sign.ask"), askForCode, {kind: "quiet", id: "ask"}),
      field(say("sign.code"), code), button(say("data.erase_go"), erase, {kind: "danger wide", id: "erase"})));
}

const unproved = (me) => make("div", {class: "panel"}, make("p", {}, say(me ? "data.prove_wechat" : "data.prove")),
  link("#/signin/data", say("sign.in"), "strong"));

export async function show(room) {
  const me = await session.current();
  if (!me?.phone) return void add(room, unproved(me));
  const list = make("ul", {class: "cards", id: "requests"});
  const nothing = make("p", {class: "hint", role: "status"});
  const chosen = new Set();
  let timer = null;
  let isLeft = false;

  async function look() {
    clearTimeout(timer);
    const told = await json("GET", ADDRESS);
    redraw(list, told.items.map((one) => requestCard(one, look)));
    nothing.textContent = told.items.length ? "" : say("data.none");
    const isMade = told.items.some(({wish, state}) => wish === "export" && OPEN.has(state));
    if (isMade && !isLeft) timer = setTimeout(() => ifThere(look()), LOOK_AGAIN);
    return told;
  }

  const copy = () => attempt(async () => {
    await json("POST", `${ADDRESS}/export`, await besides(chosen));
    notice(say("data.asked"), "good");
    await look();
  });

  try {
    const {erasure_days: days} = await look();
    add(room, await alsoField(me, chosen),
      make("section", {class: "panel"}, make("p", {}, say("data.export_text")), button(say("data.export"), copy, {kind: "strong wide", id: "export"})),
      erasing(days, chosen, look), make("h2", {}, say("data.mine")), list, nothing);
  } catch (error) {
    add(room, make("p", {class: "empty", role: "alert"}, inWords(error)), await session.current() ? null : unproved(null));
  }
  return {leave() { isLeft = true; clearTimeout(timer); }};
}
