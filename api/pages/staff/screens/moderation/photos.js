// Photos that wait for a person: a strip of what waits, and one photo with its boxes.
import {button, make} from "../../dom.js";
import {say, sayOr, when} from "../../language.js";
import {sentence} from "../../problems.js";
import {call} from "../../server.js";
import {editor} from "./photo.js";
import {worklist} from "./pages.js";

const PHOTOS = "/api/v1/moderation/photos";

/** The detectors have no doubt, have some, or have not looked: then nobody but a person has. */
const looked = ({certain}) => (certain === null ? make("span", {class: "chip alarm"}, say("moderation.unlooked"))
  : make("span", {class: certain ? "chip good" : "chip wait"}, say(certain ? "moderation.certain" : "moderation.uncertain")));

export function photosPart(place) {
  const queue = make("div", {class: "queue"});
  const room = make("div", {class: "photo", tabindex: "-1"});

  async function open(id, box) {
    for (const one of queue.querySelectorAll("[aria-current]")) one.removeAttribute("aria-current");
    box.querySelector("button").setAttribute("aria-current", "true");
    try {
      const photo = await call("GET", `${PHOTOS}/${id}`);
      await editor(room, photo, (decision, rectangles) => call("POST", `${PHOTOS}/${id}`, {decision, rectangles}), () => done(box));
    } catch (error) {
      room.replaceChildren(make("p", {class: "fault", role: "alert"}, sentence(error)));
    }
  }

  function done(box) {
    const next = box.nextElementSibling ?? box.previousElementSibling;
    box.remove();
    room.replaceChildren(make("p", {class: "quiet"}, say("moderation.choose")));
    if (next) next.querySelector("button").click();
    else list.left();
  }

  const line = (one) => {
    const box = make("li", {}, button(`${one.case} · ${sayOr(`purpose.${one.purpose}`, one.purpose)}`, () => open(one.id, box), {kind: "small"}),
      make("span", {class: "quiet"}, ` ${when(one.created_at)} `), looked(one));
    return box;
  };

  const list = worklist(queue, PHOTOS, {none: say("moderation.no_photos"), line, className: "strip",
    states: ["waiting", "ready", "withheld"]});
  room.replaceChildren(make("p", {class: "quiet"}, say("moderation.choose")));
  place.replaceChildren(queue, room);
  return list.load();
}
