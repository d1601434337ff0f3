// Reporting: the camera first, a few words, the place by itself; what is known already, or an emergency, is said before it is sent.
import {add, button, fault, field, make, notice} from "../dom.js";
import {draft, keeper} from "../drafts.js";
import {emergency} from "../emergency.js";
import {placeOf} from "../exif.js";
import {categoryField} from "../fields/category.js";
import {photosField} from "../fields/photos.js";
import {placeField} from "../fields/place.js";
import {similarField} from "../fields/similar.js";
import {voice} from "../fields/voice.js";
import {say} from "../language.js";
import {plain, save} from "../outbox.js";
import * as session from "../session.js";

export const KEY = "report";
const MOST = {text: 4000, address: 300, name: 80, phone: 32};

/** The place as the server is told of it: nothing while there is none. */
const placed = ({lon, lat}) => (lon === undefined ? null : {lon, lat});

/** A photo of the album may have been taken elsewhere than where the phone is now: its own place counts, unless one was chosen. */
async function placeFromPhotos(state, where) {
  for (const photo of state.photos.filter(({looked}) => !looked)) {
    photo.looked = true;
    const place = await placeOf(photo.blob);
    if (place && !(state.place.pinned && !state.place.words)) where.put(place, say("place.photo"));
  }
}

function contactField(state, me, keep) {
  const control = (name, more) => make("input", {maxlength: MOST[name], value: state[name], oninput(event) {
    state[name] = event.target.value;
    keep();
  }, ...more});
  if (me?.phone) return make("p", {class: "panel"}, say("report.as", {phone: me.phone}));
  return make("details", {class: "panel", open: Boolean(state.name || state.phone)},
    make("summary", {}, say("contact")), make("p", {class: "hint"}, say("contact.hint")),
    field(say("contact.phone"), control("phone", {type: "tel", autocomplete: "tel", inputmode: "tel"})),
    field(say("contact.name"), control("name", {autocomplete: "name"})));
}

/** The form and what it says. */
class Form {
  constructor(state, me) {
    this.state = state;
    this.kept = keeper(KEY, () => ({...state, photos: undefined}));
    const keep = () => this.changed();
    this.text = make("textarea", {rows: 3, maxlength: MOST.text, value: state.text, oninput: () => this.typed()});
    this.address = make("input", {maxlength: MOST.address, value: state.address, autocomplete: "street-address", oninput: () => {
      state.address = this.address.value;
      keep();
    }});
    this.category = categoryField(state, {onchange: (call) => this.picked(call), oncall: (call) => this.stop(call, false)});
    this.similar = similarField((one) => this.send(one.same_as));
    this.where = placeField(say("place"), state.place, {onchange: () => this.kept.keep(), onplaced: () => this.look()});
    this.photos = photosField(say("photos"), state.photos, {onchange: () => this.pictured()});
    this.sending = button(say("report.send"), () => this.send(), {kind: "strong wide", id: "send", picture: "send"});
    this.calling = make("div", {role: "alert"});
    this.form = make("div", {class: "form"}, this.photos, field(say("report.text"), this.text), voice(this.text), this.category,
      this.similar.elements, this.where, field(say("address"), this.address, {hint: say("address.hint")}),
      contactField(state, me, () => this.kept.keep()), make("div", {class: "actions"}, this.sending));
  }

  /** What is said where no words were typed: the category's name. */
  words() { return this.text.value.trim() || this.category.nameOf(); }

  typed() {
    this.state.text = this.text.value;
    this.category.read(this.text.value);
    this.changed();
  }

  changed() {
    this.kept.keep();
    this.look();
  }

  /** Look for what is known already. */
  look() {
    const {address, category} = this.state;
    this.similar.look(plain({text: this.words(), place: placed(this.state.place), address: address.trim(), category}));
  }

  async pictured() {
    await placeFromPhotos(this.state, this.where);
    await this.kept.keepPhotos(this.state.photos);
  }

  picked(call) {
    this.text.placeholder = this.category.nameOf();
    if (call) this.stop(call, true);
    this.changed();
  }

  /** An emergency is no matter for a form: it gives way to whom to call. Words may be misread, so that can be answered. */
  stop(call, byCategory) {
    if (!byCategory && this.state.calm?.includes(call.number)) return;
    this.form.hidden = true;
    this.calling.replaceChildren(emergency(call, () => {
      if (byCategory) this.category.pick(null);
      else this.state.calm = [...this.state.calm ?? [], call.number];
      this.calling.replaceChildren();
      this.form.hidden = false;
      this.text.focus();
    }, say(byCategory ? "emergency.other" : "emergency.none")));
    this.calling.querySelector("a")?.focus();
  }

  /** The first thing without which it cannot be sent, after saying so; nothing when all is there. */
  missing() {
    fault(this.text, this.words() ? "" : say("report.no_words"));
    if (!this.words()) return this.text;
    const isSomewhere = placed(this.state.place) || this.address.value.trim();
    fault(this.address, isSomewhere ? "" : say("report.no_place"));
    return isSomewhere ? null : this.address;
  }

  async send(same = null) {
    const first = this.missing();
    if (first) {
      first.scrollIntoView({block: "center"});
      first.focus();
      notice(say("report.look"), "fault");
      return;
    }
    const {place, address, name, phone, category, photos} = this.state;
    const body = plain({text: this.words(), place: placed(place), address: address.trim(), name: name.trim(), phone: phone.trim(),
      category, same_as: same});
    await this.kept.saving(async () => {
      const key = await save(body, {photos, draft: KEY, about: {title: body.text}});
      location.hash = `#/sent/${key}`;
    });
  }

  async leave() {
    this.similar.leave();
    await this.where.leave();
    await this.kept.flush();
  }
}

export async function show(room) {
  const fresh = {text: "", address: "", name: "", phone: "", category: null, place: {}, photos: []};
  const form = new Form({...fresh, ...await draft(KEY)}, await session.current());
  add(room, form.calling, form.form);
  if (form.state.text) form.category.read(form.state.text);
  return {leave: () => form.leave()};
}
