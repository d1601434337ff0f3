// Boxes on a picture, relative to it (0 to 1): drawn, moved and resized by mouse, finger and keys.
import {make} from "../../dom.js";
import {say} from "../../language.js";

const STEP = 0.01;
const LEAST = 0.01;
const MOST = 100;
const FIRST = {x: 0.4, y: 0.4, width: 0.2, height: 0.2};
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

const within = (value, least, most) => Math.min(Math.max(value, least), most);

/** Inside the picture, and never so small that nobody could take hold of it. */
export function fitted({x, y, width, height}) {
  const [wide, high] = [within(width, LEAST, 1), within(height, LEAST, 1)];
  return {x: within(x, 0, 1 - wide), y: within(y, 0, 1 - high), width: wide, height: high};
}

/** A box between two corners, in whatever order they were drawn. */
export const between = (one, other) => fitted({x: Math.min(one.x, other.x), y: Math.min(one.y, other.y),
  width: Math.abs(one.x - other.x), height: Math.abs(one.y - other.y)});

const rounded = (rectangle) => Object.fromEntries(Object.entries(rectangle).map(([name, value]) => [name, Number(value.toFixed(4))]));

/** What a box becomes by an arrow: moved, with Shift its lower right corner; with Ctrl in small steps. */
export function stepped(rectangle, key, {shift = false, fine = false} = {}) {
  const [dx, dy] = ARROWS[key].map((direction) => direction * (fine ? STEP / 5 : STEP));
  if (!shift) return fitted({...rectangle, x: rectangle.x + dx, y: rectangle.y + dy});
  return fitted({...rectangle, width: within(rectangle.width + dx, LEAST, 1 - rectangle.x),
    height: within(rectangle.height + dy, LEAST, 1 - rectangle.y)});
}

/** The boxes over this stage. `changed` hears of every change with the list. Answers {list, add, remove}. */
export function boxesOn(stage, start, changed) {
  const boxes = new Map();
  let last = null;

  const tell = () => changed([...boxes.values()]);

  function place(element, rectangle) {
    boxes.set(element, rectangle);
    for (const [name, value] of [["left", "x"], ["top", "y"], ["width", "width"], ["height", "height"]]) {
      element.style.setProperty(name, `${rectangle[value] * 100}%`);
    }
  }

  function remove(element) {
    const all = [...boxes.keys()];
    const next = all[all.indexOf(element) + 1] ?? all[all.indexOf(element) - 1];
    boxes.delete(element);
    element.remove();
    last = next ?? null;
    next?.focus();
    number();
    tell();
  }

  function number() {
    for (const [at, element] of [...boxes.keys()].entries()) element.setAttribute("aria-label", say("moderation.box", {n: at + 1}));
  }

  function pressed(event) {
    const element = event.currentTarget;
    if (event.key === "Delete" || event.key === "Backspace") remove(element);
    else if (event.key in ARROWS) {
      place(element, stepped(boxes.get(element), event.key, {shift: event.shiftKey, fine: event.ctrlKey}));
      tell();
    } else return;
    event.preventDefault();
  }

  function put(rectangle) {
    const element = make("button", {type: "button", class: "box", onkeydown: pressed, onfocus: () => { last = element; }},
      make("span", {class: "corner", "aria-hidden": "true"}));
    stage.append(element);
    place(element, fitted(rectangle));
    number();
    return element;
  }

  hands(stage, {boxes, place, put, tell});
  for (const rectangle of start) put(rectangle);
  tell();
  return {
    list: () => [...boxes.values()].map(rounded),
    add() {
      if (boxes.size >= MOST) return;
      put(FIRST).focus();
      tell();
    },
    remove() { if (last && boxes.has(last)) remove(last); },
  };
}

const pointOf = (stage, event) => {
  const {left, top, width, height} = stage.getBoundingClientRect();
  return {x: within((event.clientX - left) / width, 0, 1), y: within((event.clientY - top) / height, 0, 1)};
};

/** Mouse and finger: a press on a box moves it, on its corner resizes it, elsewhere draws another one. */
function hands(stage, {boxes, place, put, tell}) {
  let drag = null;

  function begin(event) {
    if (event.button || stage.classList.contains("previewing")) return;
    const at = pointOf(stage, event);
    const element = event.target.closest(".box");
    if (!element && boxes.size >= MOST) return;
    const kind = event.target.closest(".corner") ? "resize" : element ? "move" : "draw";
    drag = {kind, at, element: element ?? put({...at, width: LEAST, height: LEAST})};
    drag.before = boxes.get(drag.element);
    drag.element.focus({preventScroll: true});
    stage.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  function go(event) {
    if (!drag) return;
    const {x, y} = pointOf(stage, event);
    const {before, at, kind} = drag;
    if (kind === "move") place(drag.element, fitted({...before, x: before.x + x - at.x, y: before.y + y - at.y}));
    else if (kind === "resize") place(drag.element, between({x: before.x, y: before.y}, {x: Math.max(x, before.x), y: Math.max(y, before.y)}));
    else place(drag.element, between(at, {x, y}));
  }

  function end() {
    if (drag) tell();
    drag = null;
  }

  stage.addEventListener("pointerdown", begin);
  stage.addEventListener("pointermove", go);
  stage.addEventListener("pointerup", end);
  stage.addEventListener("pointercancel", end);
}
