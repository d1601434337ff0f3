// One thing that I look after: what is expected, that I was there (with a photo), the cases on it, and giving it back.
import {card, chip, facts, link, strong} from "../cards.js";
import {add, ask, button, empty, field, make, notice} from "../dom.js";
import {attempt, inWords} from "../faults.js";
import {photosField} from "../fields/photos.js";
import {newKey} from "../keys.js";
import {language, metres, say, when} from "../language.js";
import {known, locate} from "../place.js";
import {json, photo} from "../server.js";

const ADDRESS = "/api/v1/citizen/adoptions";
const MOST_PHOTOS = 3;
const PATIENCE = 8000;

const look = ({at, metres: far, flags, photos}) => card({
  top: [make("span", {class: "quiet"}, when(at)), far !== null && make("span", {class: "quiet"}, metres(far))],
  title: make("span", {class: "pictured"}, photos.map((src) => make("img", {src, alt: say("adoption.photo"), loading: "lazy"}))),
  body: flags.map((words) => make("p", {class: "hint"}, words))});

const onIt = ({number, category, words, opened_at: at}) => card({href: `#/case/${number}`, title: strong(category ?? number),
  top: [chip(words), make("span", {class: "quiet"}, when(at))]});

/** Where the phone stands, if it knows: a check-in without a place is taken all the same. */
async function here() {
  try {
    const {lon, lat, accuracy} = known() ?? await locate(PATIENCE);
    return {place: {lon, lat}, accuracy: Math.round(accuracy)};
  } catch {
    return {};
  }
}

/** The form that says I was there. The key stays until the server has answered: pressed twice, it counts once. */
function checkIn(id, done) {
  const photos = [];
  const note = make("textarea", {rows: 2, maxlength: 500});
  const missing = make("p", {class: "fault", role: "alert", hidden: true}, say("adoption.needs_photo"));
  const pictures = photosField(say("photos"), photos, {most: MOST_PHOTOS, onchange: () => { missing.hidden = true; }});
  const key = newKey();
  const claims = new Map();

  async function send() {
    missing.hidden = photos.length > 0;
    if (!photos.length) return;
    await attempt(async () => {
      for (const one of photos) if (!claims.has(one.sha256)) claims.set(one.sha256, await photo(one.blob, one.name));
      const words = note.value.trim();
      const told = await json("POST", `${ADDRESS}/${id}/check-ins`, {key, ...await here(), ...(words && {note: words}),
        photos: photos.map(({sha256}) => ({id: claims.get(sha256).id, token: claims.get(sha256).token}))});
      notice([say("adoption.done"), ...told.flags].join(" "), "good");
      await done();
    });
  }

  return make("section", {class: "panel"}, make("h2", {}, say("adoption.check_in")), make("p", {class: "hint"}, say("adoption.check_in_hint")),
    pictures, missing, field(say("adoption.note"), note), button(say("adoption.send"), send, {kind: "strong wide", picture: "camera"}));
}

async function giveBack(id, done) {
  if (!await ask(say("adoption.give_back_sure"), {go: say("adoption.give_back")})) return;
  await attempt(async () => {
    await json("POST", `${ADDRESS}/${id}/give-back`);
    await done();
  });
}

export async function show(room, id) {
  async function draw() {
    let one = null;
    try {
      one = await json("GET", `${ADDRESS}/${id}?lang=${language()}`);
    } catch (error) {
      return void room.replaceChildren(empty(inWords(error)));
    }
    room.replaceChildren();
    add(room, make("p", {class: "big"}, one.name), make("p", {}, one.expects), facts([
      [say("adoption.code"), one.code], [say("adoption.since"), when(one.adopted_at)], [say("adoption.last"), when(one.seen_at)],
      [say("adoption.over"), one.ended && `${say(`adoption.${one.ended}`)} ${when(one.ended_at)}`]]),
    one.warned_at && !one.ended && make("p", {class: "panel warn"}, say("adoption.warned_why")),
    !one.ended && checkIn(id, draw),
    one.cases.length > 0 && [make("h2", {}, say("adoption.cases")), make("ul", {class: "cards"}, one.cases.map(onIt))],
    one.check_ins.length > 0 && [make("h2", {}, say("adoption.looks")), make("ul", {class: "cards", id: "looks"}, one.check_ins.map(look))],
    !one.ended && button(say("adoption.give_back"), () => giveBack(id, draw), {kind: "danger"}), link("#/adoptions", say("adoptions")));
  }

  await draw();
  return {};
}
