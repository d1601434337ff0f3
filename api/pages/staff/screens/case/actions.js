// What can be done with the case now, and only that: a button for each, and the form of the one that was chosen.
import {button, make, notice} from "../../dom.js";
import * as drafts from "../../drafts.js";
import {sign} from "../../keys.js";
import {say, when} from "../../language.js";
import {because, sentence} from "../../problems.js";
import {Problem} from "../../request.js";
import {call} from "../../server.js";
import {formOf} from "./form.js";
import {status, step, who} from "./words.js";

/** Letters of the actions that are taken most, with Alt; an action without one has its button. */
const LETTERS = {
  sign: "S", assist_sign: "S", resolve: "R", assisted: "H", hand_back: "B", extend: "T", file: "I", reject: "J", verify: "V",
  dispatch: "D", uphold: "U", overrule: "O", allow: "Y", deny: "N", accept: "K", decline: "L", correct: "X", merge: "M",
  supervise: "G", reopen: "Z",
};
const FORWARD = new Set(["sign", "assist_sign", "assisted", "file", "dispatch", "resolve", "accept", "pass", "uphold"]);
const GRAVE = new Set(["reject", "void", "hand_back", "recall", "propose_void"]);

const kindOf = (action) => (FORWARD.has(action) ? "strong" : GRAVE.has(action) ? "danger" : "");

/** What happened to the case since it was read, in words. */
const news = ({history, names}, seen) => make("ul", {}, history.filter((one) => one.number > seen).map((one) => make("li", {},
  `${when(one.at)} ${say("case.did", {who: who(one, names)})}${step(one.action, one.says).name} → ${status(one.target)}`)));

export function actionsPart({path, number, reload}) {
  const buttons = make("div", {class: "row buttons", role: "group", "aria-label": say("case.actions"), tabindex: "-1"});
  const panel = make("div", {class: "acting-now", hidden: true});
  let told = null;
  let open = null;

  const offered = (action) => told.actions.find((one) => one.action === action);
  const buttonOf = (action) => buttons.querySelector(`[data-action="${action}"]`);

  function drawButtons() {
    const used = new Set();
    buttons.replaceChildren(...told.actions.map(({action, says}) => {
      const letter = LETTERS[action] && !used.has(LETTERS[action]) ? LETTERS[action] : null;
      if (letter) used.add(letter);
      const made = button(step(action, says).name, () => act(action), {kind: kindOf(action), "data-action": action,
        "data-letter": letter, "aria-keyshortcuts": letter && `Alt+${letter}`, "aria-expanded": String(open?.action === action)});
      if (letter) made.append(sign(letter));
      return made;
    }));
    if (!told.actions.length) buttons.append(make("p", {class: "quiet"}, say("case.no_actions")));
  }

  function close() {
    const action = open?.action;
    open = null;
    panel.hidden = true;
    panel.replaceChildren();
    drawButtons();
    (action && buttonOf(action) || buttons).focus();
  }

  async function formFor({action, says, asks}) {
    if (!asks) return {action, says, asks: [], templates: []};
    return call("GET", `${path}/actions/${encodeURIComponent(action)}`);
  }

  /** Open the form of an action; `given` are values that are known already. */
  async function act(action, given = {}) {
    const chosen = offered(action);
    if (!chosen) return notice(say("case.not_now"), "fault");
    if (open?.action === action && !Object.keys(given).length) return open.form.focus();
    let asked = null;
    try {
      asked = await formFor(chosen);
    } catch (error) {
      notice(sentence(error), "fault");
      return reload();
    }
    const draft = `case-${number}-${action}`;
    const kept = drafts.read(draft);
    const state = {...kept, ...given};
    const form = formOf(asked, state, {told: () => told, keep: () => drafts.write(draft, state), send, leave: close});
    open = {action, form, draft};
    panel.replaceChildren(...form.box);
    panel.hidden = false;
    drawButtons();
    if (kept) notice(say("case.kept"));
    return form.focus();
  }

  async function send(values) {
    const {action, form, draft} = open;
    const seen = told.version;
    try {
      await call("POST", `${path}/${encodeURIComponent(action)}`, values, {headers: {"If-Match": `"${told.version}"`}});
    } catch (error) {
      if (!(error instanceof Problem) || ![404, 409].includes(error.status)) return form.refuse(error);
      if (error.status === 404) return form.conflict(say("case.none"), null, false); // what was typed stays to be copied
      await reload();
      return form.conflict(because(error), told.version > seen ? news(told, seen) : null, Boolean(offered(action)));
    }
    drafts.drop(draft);
    notice(say("case.done", {what: step(action, offered(action)?.says).name}), "good");
    close();
    await reload();
    return buttons.focus({preventScroll: true});
  }

  const letters = [...new Set(Object.values(LETTERS))];
  const press = (letter) => buttons.querySelector(`[data-letter="${letter}"]`)?.click();

  return {box: [buttons, panel], act, keys: Object.fromEntries(letters.map((letter) => [letter, () => press(letter)])),
    draw(now) {
      told = now;
      const isIn = buttons.contains(document.activeElement) && document.activeElement.dataset.action;
      drawButtons();
      if (isIn) (buttonOf(isIn) ?? buttons).focus({preventScroll: true});
      open?.form.allow(Boolean(offered(open.action)));
    }};
}
