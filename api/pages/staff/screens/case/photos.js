// Photos before and after, side by side; each can be looked at large, and the arrows lead on to the next.
import {button, make} from "../../dom.js";
import {say, sayOr, when} from "../../language.js";

const GROUPS = [["before", ["report", "before"]], ["after", ["after"]], ["inspection", ["inspection"]]];

const caption = (photo) => [sayOr(`purpose.${photo.purpose}`, photo.purpose), photo.taken_at && when(photo.taken_at)]
  .filter(Boolean).join(" · ");

/** Look at one of these large. Left and right lead on, Esc leads back to where one was. */
function enlarge(photos, at) {
  let now = at;
  const image = make("img", {});
  const told = make("p", {role: "status"});
  const box = make("dialog", {class: "large-photo", "aria-label": say("case.photo"), onkeydown(event) {
    if (event.key === "ArrowLeft") turn(-1);
    if (event.key === "ArrowRight") turn(1);
  }});

  function turn(by) {
    now = (now + by + photos.length) % photos.length;
    image.src = photos[now].large;
    image.alt = caption(photos[now]);
    told.textContent = say("case.photo_of", {n: now + 1, of: photos.length, what: caption(photos[now])});
  }

  box.append(image, told, make("div", {class: "row"},
    photos.length > 1 && [button(say("case.previous"), () => turn(-1)), button(say("case.next"), () => turn(1))],
    button(say("case.close"), () => box.close(), {kind: "strong"})));
  box.addEventListener("close", () => box.remove());
  turn(0);
  document.body.append(box);
  box.showModal();
}

function shown(photo, photos, isFirst) {
  if (photo.state === "refused") return make("li", {class: "no-photo"}, say("case.photo_refused"), " ", photo.reason);
  const image = make("img", {src: isFirst ? photo.large : photo.small, alt: "", loading: "lazy"});
  image.addEventListener("error", () => image.replaceWith(make("span", {class: "no-photo"}, say("case.photo_waits"))));
  return make("li", {}, make("button", {type: "button", class: "photo-button", "aria-label": say("case.enlarge", {what: caption(photo)}),
    onclick: () => enlarge(photos, photos.indexOf(photo))}, image), make("span", {class: "quiet", "aria-hidden": "true"}, caption(photo)));
}

function group(name, mine, all) {
  return make("div", {class: `group ${name}`}, make("h3", {}, say(`case_photos.${name}`)),
    mine.length ? make("ul", {class: "album"}, mine.map((photo, at) => shown(photo, all, at === 0)))
      : make("p", {class: "no-photo"}, say("case.no_photo")));
}

export function photosPart() {
  const box = make("div", {class: "album-pair"});
  let before = "";
  return {box, draw({photos}) {
    const known = JSON.stringify(photos.map(({id, state}) => [id, state]));
    if (known === before) return; // links are new each time: the pictures are the same
    before = known;
    const sorted = GROUPS.map(([name, purposes]) => [name, photos.filter(({purpose}) => purposes.includes(purpose))]);
    const all = sorted.flatMap(([, mine]) => mine).filter(({state}) => state !== "refused");
    box.replaceChildren(...sorted.filter(([name, mine]) => mine.length || name !== "inspection").map(([name, mine]) => group(name, mine, all)));
  }};
}
