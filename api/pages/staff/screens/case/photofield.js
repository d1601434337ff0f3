// Photos of a form: sent ahead as they are chosen, so that what is typed meanwhile waits for nothing.
import {button, make, newId} from "../../dom.js";
import {say} from "../../language.js";
import {sentence} from "../../problems.js";
import {upload} from "../../server.js";

export function photosField(ask, state, {label, hint, keep}) {
  const id = newId();
  const known = (state[ask.name] ?? []).map((photo) => ({id: photo}));
  const list = make("ul", {class: "album small", "aria-live": "polite"});
  const wrong = make("p", {class: "fault", role: "alert", hidden: true});
  const failures = [];
  let waiting = [];

  const keepIds = () => { state[ask.name] = known.filter((one) => one.id).map((one) => one.id); keep(); };

  function draw() {
    list.replaceChildren(...known.map((one, at) => make("li", {}, one.preview ? make("img", {src: one.preview, alt: say("case.photo_n", {n: at + 1})})
      : make("span", {class: "no-photo"}, say("case.photo_n", {n: at + 1})),
    one.id ? button(say("case.remove"), () => remove(one), {kind: "quiet small", "aria-label": say("case.remove_n", {n: at + 1})})
      : make("span", {class: "quiet"}, say("case.sending")))));
  }

  function remove(one) {
    known.splice(known.indexOf(one), 1);
    keepIds();
    draw();
    input.focus();
  }

  function tellWrong(text) {
    wrong.textContent = text;
    wrong.hidden = !text;
  }

  async function send(file) {
    const one = {preview: URL.createObjectURL(file)};
    known.push(one);
    draw();
    const form = new FormData();
    form.append("photo", file, file.name);
    try {
      one.id = (await upload("/api/v1/media", form)).id;
    } catch (error) {
      known.splice(known.indexOf(one), 1);
      const [fault] = error.document?.errors ?? [];
      failures.push(`${file.name}${say("colon")}${fault?.reason ?? sentence(error)}`);
      tellWrong([wrong.textContent, failures.at(-1)].filter(Boolean).join(say("case.comma")));
    }
    keepIds();
    draw();
  }

  const input = make("input", {type: "file", id, class: "unseen", "aria-labelledby": `${id}-name ${id}-pick`, accept: "image/*", multiple: true, "aria-describedby": `${id}-hint`, onchange() {
    tellWrong("");
    const files = [...input.files];
    if (known.length + files.length > ask.most) tellWrong(say("case.photos_most", {n: ask.most}));
    waiting = [...waiting, ...files.slice(0, Math.max(0, ask.most - known.length)).map(send)];
    input.value = "";
  }});
  draw();

  /** Also photos that are chosen while others are waited for. */
  async function ready() {
    const before = failures.length;
    while (known.some((one) => !one.id)) await Promise.all(waiting);
    return failures.slice(before);
  }

  return {
    focus: () => input.focus(), ready,
    value: () => known.filter((one) => one.id).map((one) => one.id).concat(known.filter((one) => !one.id).map(() => "")),
    box: make("div", {class: "field"}, make("p", {class: "label", id: `${id}-name`}, label, ask.required && make("span", {class: "required"}, say("required"))),
      make("p", {class: "hint", id: `${id}-hint`}, [hint, say("case.photos_most", {n: ask.most})].filter(Boolean).join(" ")),
      make("div", {class: "picker"}, input, make("label", {for: id, id: `${id}-pick`, class: "button"}, say("case.photos_choose"))), list, wrong)};
}
