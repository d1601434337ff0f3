// A screen whose address says what it shows: drawn anew whenever that changes, with the focus where it was.
import {make} from "../../dom.js";
import {say} from "../../language.js";
import {sentence} from "../../problems.js";

const keyOf = (element) => element?.closest?.("[data-focus]")?.dataset.focus ?? element?.textContent;

function focusAgain(room, key) {
  if (!key || room.contains(document.activeElement)) return;
  const found = [...room.querySelectorAll("a, button, select, input, [tabindex]")].find((one) => keyOf(one) === key);
  found?.focus({preventScroll: true});
}

/** `fetched` answers what is to be shown, and `drawn` makes elements of it. What an earlier address asked for and comes late is
 * thrown away; what was refused is said in place of the rest. Answers a function that loads it all again. */
export function view(room, fetched, drawn) {
  let asked = 0;

  async function load() {
    const mine = ++asked;
    const key = room.contains(document.activeElement) ? keyOf(document.activeElement) : null;
    room.setAttribute("aria-busy", "true");
    try {
      const told = await fetched();
      if (mine === asked) room.replaceChildren(...[drawn(told)].flat(Infinity).filter(Boolean));
    } catch (error) {
      if (mine === asked) room.replaceChildren(make("p", {class: "refused", role: "alert"}, sentence(error)),
        make("button", {type: "button", class: "again", onclick: load}, say("reload")));
    }
    if (mine !== asked) return;
    room.removeAttribute("aria-busy");
    focusAgain(room, key);
  }

  window.addEventListener("hashchange", load);
  room.replaceChildren(make("p", {class: "quiet"}, say("loading")));
  return load;
}
