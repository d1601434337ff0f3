// What may become public: cases that wait for a look, with the words that everybody will read, and photos with their boxes.
import {make} from "../dom.js";
import {say} from "../language.js";
import {casesPart} from "./moderation/cases.js";
import {photosPart} from "./moderation/photos.js";

const PARTS = {cases: casesPart, photos: photosPart};

export function show(room) {
  const place = make("div", {id: "moderated"});
  const tabs = Object.keys(PARTS).map((name) => make("button", {
    type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "moderated", "aria-selected": "false", tabindex: "-1",
    onclick: () => open(name), onkeydown: move}, say(`moderation.${name}`)));
  place.setAttribute("role", "tabpanel");

  /** Arrows go from tab to tab, as tabs do everywhere. */
  function move(event) {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
  }

  function open(name) {
    for (const tab of tabs) {
      const isIt = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", String(isIt));
      tab.tabIndex = isIt ? 0 : -1;
    }
    place.setAttribute("aria-labelledby", `tab-${name}`);
    history.replaceState(null, "", name === "cases" ? location.pathname : `#${name}`);
    return PARTS[name](place);
  }

  room.replaceChildren(make("div", {role: "tablist", class: "tabs", "aria-label": say("moderation")}, tabs), place);
  return open(location.hash.slice(1) in PARTS ? location.hash.slice(1) : "cases");
}
