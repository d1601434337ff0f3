// Single keys of the desk. Who speaks to the computer, or rests a hand on it, turns them off: that stays in this browser.
import {button, make} from "../../dom.js";
import {say} from "../../language.js";
import * as store from "../../store.js";

const KEYS = {next: "j", before: "k", open: "Enter", choose: "x", find: "/", help: "?"};
const ROOM = ["meta", "single-keys"];

const areOn = () => store.get(...ROOM) !== "off";

const isTyped = (element) => element.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");

/** What the keys do, and the switch that turns them off. */
export function help() {
  const box = make("input", {type: "checkbox", checked: areOn(), onchange: () => store.put("meta", box.checked ? "on" : "off", "single-keys")});
  const dialog = make("dialog", {class: "keys", "aria-labelledby": "keys-title"},
    make("h2", {id: "keys-title"}, say("desk.keys")),
    make("dl", {}, Object.entries(KEYS).map(([name, key]) => make("div", {},
      make("dt", {}, make("kbd", {}, key)), make("dd", {}, say(`desk_key.${name}`))))),
    make("label", {class: "tick"}, box, say("desk.keys_on")),
    make("div", {class: "row"}, button(say("desk.close"), () => dialog.close(), {kind: "strong"})));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** Listen for {key: work}: not while something is typed or asked, nor with Ctrl, Alt or Meta. */
export function singleKeys(work) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (!areOn() || isTyped(event.target) || !(event.key in work)) return;
    event.preventDefault();
    work[event.key]();
  });
}
