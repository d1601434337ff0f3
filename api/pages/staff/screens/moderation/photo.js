// One photo: its boxes are drawn, moved and deleted here; what is covered can be looked at before anything is decided.
import {button, make, notice} from "../../dom.js";
import {say} from "../../language.js";
import {summary} from "../../problems.js";
import {boxesOn} from "./boxes.js";
import {preview} from "./preview.js";

function loaded(link) {
  return new Promise((resolve, reject) => {
    const image = make("img", {alt: say("moderation.photo"), draggable: "false"});
    image.onload = () => resolve(image);
    image.onerror = () => reject(new Error(say("moderation.no_picture")));
    image.src = link;
  });
}

/** What the detectors saw, sure or not, as dashed lines under the boxes: to be looked at, not to be pressed. */
function findings(stage, found) {
  for (const one of found) {
    const line = make("span", {class: "finding", "aria-hidden": "true"});
    for (const [name, value] of [["left", one.x], ["top", one.y], ["width", one.width], ["height", one.height]]) {
      line.style.setProperty(name, `${value * 100}%`);
    }
    stage.append(line);
  }
}

/** Fill `room`; `decide(decision, rectangles)` tells the server, `done` is called when it has taken it. */
export async function editor(room, photo, decide, done) {
  const image = await loaded(photo.link);
  const stage = make("div", {class: "stage", role: "group", "aria-label": say("moderation.boxes")}, image);
  findings(stage, photo.found);
  const count = make("p", {class: "quiet", role: "status"});
  const boxes = boxesOn(stage, photo.rectangles, (list) => { count.textContent = say("moderation.count", {n: list.length}); });
  const refused = summary();
  const look = preview(stage, image);

  async function send(decision) {
    refused.clear();
    try {
      await decide(decision, decision === "publish" ? boxes.list() : []);
    } catch (error) {
      return refused.show(error);
    }
    notice(say(decision === "publish" ? "moderation.photo_published" : "moderation.photo_withheld"), "good");
    return done();
  }

  const looking = button(say("moderation.preview"), () => looking.setAttribute("aria-pressed", String(look(boxes.list()))),
    {"aria-pressed": "false"});
  room.replaceChildren(
    make("p", {class: "top"}, make("strong", {}, photo.case), " ",
      make("span", {class: "quiet"}, say("moderation.found", {n: photo.found.length}))),
    refused.box,
    make("div", {class: "row"}, button(say("moderation.add"), () => boxes.add()),
      button(say("moderation.remove"), () => boxes.remove()), looking),
    stage, count, make("p", {class: "hint"}, say("moderation.keys")),
    make("div", {class: "row"}, button(say("moderation.publish_photo"), () => send("publish"), {kind: "strong"}),
      button(say("moderation.withhold"), () => send("withhold"), {kind: "danger"})));
  room.focus({preventScroll: true});
}
