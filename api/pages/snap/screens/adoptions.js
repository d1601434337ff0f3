// What I look after, what I was told about it, and the shops that I speak for.
import {card, chip, link, strong} from "../cards.js";
import {add, button, choices, empty, fault, field, make, notice} from "../dom.js";
import {attempt, inWords} from "../faults.js";
import {newKey} from "../keys.js";
import {language, say, when} from "../language.js";
import {json} from "../server.js";
import * as session from "../session.js";

const ADDRESS = "/api/v1/citizen/adoptions";

const mine = (one) => card({
  href: `#/adoption/${one.id}`, title: strong(`${one.name} ${one.code.slice(-6)}`), data: {"data-adoption": one.id},
  top: [one.ended ? chip(say(`adoption.${one.ended}`)) : chip(say(one.warned_at ? "adoption.warned" : "adoption.mine"), one.warned_at ? "alarm" : "good"),
    make("span", {class: "quiet"}, say("adoption.seen", {when: when(one.seen_at)}))]});

const told = ({at, words}) => card({top: [make("span", {class: "quiet"}, when(at))], title: make("p", {}, words)});

const shop = ({name, state, reason}) => card({title: strong(name), body: reason && make("p", {}, reason),
  top: [chip(say(`shop.${state}`), {waiting: "wait", confirmed: "good", refused: "alarm"}[state])]});

/** A shop that wants to adopt; a data steward looks into it. */
function another(done) {
  const [name, contact] = [80, 80].map((maxlength) => make("input", {maxlength}));
  const code = make("input", {maxlength: 18, autocapitalize: "characters", autocomplete: "off", spellcheck: "false"});
  const shown = new Set();
  let key = newKey();

  async function send() {
    const missing = [name, contact].filter((control) => !control.value.trim());
    for (const control of [name, contact]) fault(control, missing.includes(control) ? say("needed") : "");
    if (missing.length) return void missing[0].focus();
    await attempt(async () => {
      await json("POST", `${ADDRESS}/shops`, {key, name: name.value.trim(), contact: contact.value.trim(), wants_name: shown.has(true),
        ...(code.value.trim() && {credit_code: code.value.trim()})});
      key = newKey();
      notice(say("shop.sent"), "good");
      await done();
    });
    return undefined;
  }

  return make("details", {class: "panel"}, make("summary", {}, say("shop.new")), make("p", {class: "hint"}, say("shop.hint")),
    make("div", {class: "form tight"}, field(say("shop.name"), name), field(say("shop.contact"), contact), field(say("shop.code"), code),
      choices(say("shop.public"), [{value: true, text: say("shop.shown")}], shown, {several: true}), button(say("shop.send"), send, {kind: "strong"})));
}

export async function show(room) {
  if (!await session.current()) {
    return void add(room, make("div", {class: "panel"}, make("p", {}, say("adopt.prove")), link("#/signin/adoptions", say("sign.in"), "strong")));
  }
  const [list, news, shops] = ["adopted", "adoption-news", "shops"].map((id) => make("ul", {class: "cards", id}));
  const note = make("div", {role: "status"});
  const heading = make("h2", {hidden: true}, say("adoption.news"));

  async function load() {
    try {
      const found = await json("GET", `${ADDRESS}?lang=${language()}`);
      list.replaceChildren(...found.items.map(mine));
      news.replaceChildren(...found.news.map(told));
      heading.hidden = !found.news.length;
      shops.replaceChildren(...found.shops.map(shop));
      note.replaceChildren(found.items.length ? "" : empty(say("adoption.none")));
    } catch (error) {
      note.replaceChildren(empty(inWords(error)));
    }
  }

  await load();
  add(room, note, list, link("#/adopt", say("adopt"), "strong wide"), heading, news, make("h2", {}, say("shop")), shops, another(load));
  return {};
}
