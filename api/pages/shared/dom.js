// Elements of the page: made by one function, never from text that is parsed as HTML.
import {isFull} from "./database.js";
import {say} from "./language.js";

/** An element. Names that begin with "on" are listeners, true is an attribute without value, null and false are left out;
 * children are elements, text, lists of them, or nothing. */
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked") made[key] = value;
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...flat(children));
  return made;
}

const flat = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

/** Put these at the end of an element, with the same children as make() takes. */
export const add = (element, ...children) => element.append(...flat(children));

/** Show these in place of what is there. What is the same stays where it is, and the focus where it was: a list that is drawn
 * anew while photos go takes nothing from under a finger, nor from who reads it aloud. */
export function redraw(element, ...children) {
  const pressed = () => [...element.querySelectorAll("a, button")];
  const at = pressed().indexOf(document.activeElement);
  const wanted = [...make("div", {}, children).childNodes];
  for (const [number, one] of wanted.entries()) {
    const before = element.childNodes[number];
    if (!before) element.append(one);
    else if (!before.isEqualNode(one)) before.replaceWith(one);
  }
  while (element.childNodes.length > wanted.length) element.lastChild.remove();
  if (at >= 0 && !element.contains(document.activeElement)) pressed()[at]?.focus({preventScroll: true});
}

const SVG = "http://www.w3.org/2000/svg";

/** A picture of the sheet in index.html; it says nothing to a screen reader. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

let numbered = 0;
export const newId = (word = "f") => `${word}${++numbered}`;

/** A field with its label, a hint, and room for what is wrong with it. `control` is made by the caller, without an id. */
export function field(label, control, {hint = null, required = false} = {}) {
  control.id ||= newId();
  const fault = make("p", {class: "fault", id: `${control.id}-fault`, hidden: true});
  const described = [hint && `${control.id}-hint`, fault.id].filter(Boolean).join(" ");
  control.setAttribute("aria-describedby", described);
  if (required) control.setAttribute("aria-required", "true");
  return make("div", {class: "field"},
    make("label", {for: control.id}, label, required && make("span", {class: "required"}, say("required"))),
    hint && make("p", {class: "hint", id: `${control.id}-hint`}, hint), control, fault);
}

/** Say what is wrong with a field, or that nothing is. */
export function fault(control, text) {
  const place = document.getElementById(`${control.id}-fault`);
  control.toggleAttribute("aria-invalid", Boolean(text));
  if (text) control.setAttribute("aria-invalid", "true");
  place.textContent = text ?? "";
  place.hidden = !text;
}

/** Characters from which on choices stand below each other. */
const LONG_CHOICE = 14;

/** One of several, or several of them, as large buttons. `chosen` is a set that is kept up to date. */
export function choices(label, options, chosen, {several = false, onchange = () => {}, required = false} = {}) {
  const name = newId("c");
  const faultId = `${name}-fault`;
  const isLong = options.some(({text}) => text.length > LONG_CHOICE);
  const box = make("fieldset", {class: isLong ? "choices long" : "choices", "aria-describedby": faultId},
    make("legend", {}, label, required && make("span", {class: "required"}, say("required"))),
    options.map(({value, text}) => {
      const id = newId();
      const input = make("input", {type: several ? "checkbox" : "radio", name, id, checked: chosen.has(value), onchange() {
        if (!several) chosen.clear();
        if (input.checked) chosen.add(value);
        else chosen.delete(value);
        onchange();
      }});
      return make("div", {class: "choice"}, input, make("label", {for: id}, text));
    }), make("p", {class: "fault", id: faultId, hidden: true}));
  box.id = name;
  return box;
}

/** Something went wrong that nobody expected, or the phone is full: nothing is lost, and whoever uses the page is told. */
export function trouble(error) {
  console.error(error);
  notice(say(isFull(error) ? "full" : "failed"), "fault");
}

/** A button; when what it does fails, that is said, and it may be pressed again. */
export function button(text, onclick, {kind = "", picture = null, ...more} = {}) {
  let busy = false;
  async function press(event) {
    if (busy) return; // what a second tap wants is being done
    busy = true;
    try {
      await onclick(event);
    } catch (error) {
      for (const one of [made, ...made.parentElement?.querySelectorAll(":scope > button") ?? []]) one.disabled = false;
      trouble(error);
    } finally {
      busy = false;
    }
  }
  const made = make("button", {type: "button", class: kind, onclick: press, ...more},
    picture && icon(picture), make("span", {}, text));
  return made;
}

/** A page that has nothing to show says so, and what would bring something. */
export const empty = (text, more = null) => make("div", {class: "empty"}, icon("empty"), make("p", {}, text), more);

const NOTICE = 4000;

/** A short notice below the bar, where it covers nothing that is pressed, read out by a screen reader. */
export function notice(text, kind = "") {
  const place = document.getElementById("notice");
  place.textContent = text;
  place.className = kind;
  clearTimeout(notice.timer);
  notice.timer = setTimeout(() => { place.textContent = ""; place.className = ""; }, NOTICE);
}

/** Ask before something that cannot be undone; resolves to true when the answer is to go on. */
export function ask(question, {go = say("yes"), back = say("no"), kind = "danger"} = {}) {
  return new Promise((resolve) => {
    const answers = [button(back, () => box.close("back"), {kind: "quiet"}), button(go, () => box.close("go"), {kind})];
    const box = make("dialog", {"aria-labelledby": "question"},
      make("p", {id: "question"}, question), make("div", {class: "row"}, answers));
    box.addEventListener("close", () => { resolve(box.returnValue === "go"); box.remove(); });
    document.body.append(box);
    box.showModal();
  });
}
