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
  const states = new Map(); // of the latest form of each action: what comes late for an earlier one overwrites no draft
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

  /** A form that was sent off and waits for its photo is given up with this, and whoever sent it off is told. Answers whether. */
  function giveUp() {
    if (!open?.form.waits()) return false;
    notice(say("case.given_up", {what: step(open.action, open.says).name}), "fault");
    return true;
  }

  function close() {
    giveUp();
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
    states.set(action, state);
    const keep = () => { if (states.get(action) === state) drafts.write(draft, state); };
    const mine = {action, says: asked.says, draft};
    mine.form = formOf(asked, state, {told: () => told, keep, send: (values) => send(mine, values), leave: close});
    const isGivenUp = giveUp();
    open = mine;
    panel.replaceChildren(...mine.form.box);
    panel.hidden = false;
    drawButtons();
    if (kept && !isGivenUp) notice(say("case.kept"));
    return mine.form.focus();
  }

  /** Send what this form is for, whatever is open by now; one that was closed while it waited is not sent, and one that is
   * closed while it is being sent tells by a notice how it went. */
  async function send(mine, values) {
    if (open !== mine) return null;
    const {action, says, form, draft} = mine;
    const what = step(action, says).name;
    const seen = told.version;
    try {
      await call("POST", `${path}/${encodeURIComponent(action)}`, values, {headers: {"If-Match": `"${told.version}"`}});
    } catch (error) {
      if (open !== mine) return notice([what, say("colon"), ...because(error)].join(""), "fault");
      if (!(error instanceof Problem) || ![404, 409].includes(error.status)) return form.refuse(error);
      if (error.status === 404) return form.conflict(say("case.none"), null, false); // what was typed stays to be copied
      await reload();
      return form.conflict(because(error), told.version > seen ? news(told, seen) : null, Boolean(offered(action)));
    }
    states.delete(action);
    drafts.drop(draft);
    notice(say("case.done", {what}), "good");
    if (open !== mine) return reload();
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
