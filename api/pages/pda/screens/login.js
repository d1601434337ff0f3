// Logging in: the only thing that needs the network on a new phone.
import {link} from "../cards.js";
import {add, button, fault, field, make} from "../dom.js";
import {choose, language, say} from "../language.js";
import {OPEN} from "../operations.js";
import {Away, Problem, json} from "../server.js";
import * as store from "../store.js";

const MOST_NAME = 80;

async function waitingOf() {
  return (await store.all("operations")).filter(({state}) => OPEN.includes(state)).length;
}

/** Take over the phone: what the server told somebody else before is forgotten, what waits of the same worker stays. */
async function enter(told, login) {
  const before = await store.device();
  if (before?.login !== login) await store.wipeButLanguage();
  await store.put("meta", {id: told.device_id, token: told.token, name: told.name, login}, "device");
  await store.forgetItems();
}

export async function show(room) {
  const before = await store.device();
  const waiting = await waitingOf();
  const note = sessionStorage.getItem("note");
  sessionStorage.removeItem("note");
  const login = make("input", {
    autocomplete: "username", autocapitalize: "none", spellcheck: "false", value: before?.login ?? ""});
  const password = make("input", {type: "password", autocomplete: "current-password"});
  const name = make("input", {autocomplete: "off", maxlength: MOST_NAME, value: say("login.device_default")});
  const wrong = make("p", {class: "fault", role: "alert", hidden: true});
  const submit = make("button", {type: "submit", class: "strong"}, say("login.go"));

  const fail = (text) => { wrong.textContent = text; wrong.hidden = false; };

  async function go(event) {
    event.preventDefault();
    wrong.hidden = true;
    for (const control of [login, password, name]) fault(control, control.value.trim() ? "" : say("login.needed"));
    if (![login, password, name].every((control) => control.value.trim())) return;
    if (waiting && before?.login !== login.value.trim()) {
      fail(say("login.other", {login: before?.login ?? "", n: waiting}));
      return;
    }
    submit.disabled = true;
    try {
      const told = await json("POST", "/api/v1/sessions/device",
        {login: login.value.trim(), password: password.value, name: name.value.trim()}, {device: null});
      await enter(told, login.value.trim());
      navigator.storage?.persist?.();
      store.tell("saved");
      location.hash = "#/today";
      store.tell("locked"); // the screen is chosen anew, also when the address stays the same
    } catch (error) {
      if (error instanceof Away) fail(error.after ? say("login.slowly", {n: error.after}) : say("login.away"));
      else if (error instanceof Problem) fail(error.status === 401 ? say("login.wrong") : error.message);
      else throw error;
    } finally {
      submit.disabled = false;
    }
  }

  add(room, 
    note && make("p", {class: "panel"}, say(note)),
    before?.revoked && make("p", {class: "panel warn"}, say(waiting ? "login.revoked_waiting" : "login.revoked", {n: waiting})),
    before?.revoked && waiting > 0 && link("#/sync", say("login.see_waiting")),
    make("p", {class: "lead"}, say("login.lead")),
    make("form", {class: "form", onsubmit: go, novalidate: true},
      field(say("login.login"), login), field(say("login.password"), password),
      field(say("login.device"), name, {hint: say("login.device_hint")}), wrong, submit),
    !globalThis.isSecureContext && make("p", {class: "panel warn"}, say("insecure")),
    button(say("switch"), () => choose(language() === "zh" ? "en" : "zh"), {kind: "quiet"}));
  return {};
}
