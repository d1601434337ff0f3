// Photos of a form: taken with the camera or chosen, shown small, each removable until the form is saved.
import {icon, make, newId, notice} from "../dom.js";
import {say} from "../language.js";
import {taken} from "../photos.js";

const MOST = 9;

/** A field for photos of one purpose; `photos` is the list of all photos of the form, kept up to date. */
export function photosField(label, photos, {purpose = "report", most = MOST, onchange = () => {}} = {}) {
  const id = newId("p");
  const list = make("ul", {class: "photos"});
  const own = () => photos.filter((photo) => photo.purpose === purpose);

  async function add(event) {
    const chosen = [...event.target.files];
    event.target.value = "";
    for (const file of chosen.slice(0, most - own().length)) {
      try {
        const photo = await taken(file, purpose);
        if (own().some(({sha256}) => sha256 === photo.sha256)) notice(say("photos.twice"));
        else photos.push(photo);
      } catch {
        notice(say("photos.unreadable", {name: file.name}), "fault");
      }
    }
    draw();
    onchange();
  }

  function draw() {
    for (const picture of list.querySelectorAll("img")) URL.revokeObjectURL(picture.src);
    list.replaceChildren(...own().map((photo, number) => make("li", {},
      photo.preview ? make("img", {src: URL.createObjectURL(photo.preview), alt: say("photos.nth", {n: number + 1})})
        : make("span", {class: "nopreview"}, photo.name),
      make("button", {type: "button", class: "remove", "aria-label": say("photos.remove", {n: number + 1}), onclick() {
        photos.splice(photos.indexOf(photo), 1);
        draw();
        onchange();
      }}, icon("remove")))));
    const full = own().length >= most;
    for (const picker of box.querySelectorAll(".picker")) picker.classList.toggle("full", full);
    for (const input of box.querySelectorAll("input")) input.disabled = full;
  }

  const picker = (suffix, text, kind, more) => make("div", {class: `picker ${kind}`},
    make("input", {type: "file", accept: "image/*", id: `${id}-${suffix}`, class: "unseen", onchange: add, ...more}),
    make("label", {for: `${id}-${suffix}`, class: `button ${kind}`}, icon("camera"), make("span", {}, text)));
  const box = make("fieldset", {class: "photofield", id}, make("legend", {}, label), list, make("div", {class: "row"},
    picker("camera", say("photos.take"), "strong", {capture: "environment", "data-purpose": purpose}),
    picker("album", say("photos.album"), "quiet", {multiple: true})),
  make("p", {class: "fault", id: `${id}-fault`, hidden: true}));
  draw();
  return box;
}

/** A photo kept with an operation, small (`picture`, its address); or its name. */
export const thumbnail = ({picture, name}) => make("li", {}, picture
  ? make("img", {src: picture, alt: name}) : make("span", {class: "nopreview"}, name));
