// Looking for a case by number, words, an address or a phone: one field, and the server says what it was taken for.
import {button, make, notice} from "../../dom.js";
import {say} from "../../language.js";
import {sentence} from "../../problems.js";
import {call} from "../../server.js";
import {casesTable} from "./list.js";

const SEARCH = "/api/v1/cases/search";
const [PAGE, ROUNDS] = [20, 6];

const isPhone = (text) => /^[+\d][\d\s-]{6,}$/.test(text);

/** `place` shows what was found; `back` shows the list again, where there is one. Answers {form, focus, stop, clear, isOn}: after
 * `stop`, and `clear` which empties the field as well, an answer that is still to come changes nothing; `isOn` tells whether the
 * place is the search's. */
export function searchPart(me, place, back = null) {
  let turn = 0;
  let isOn = false;
  const mayPhone = me.permissions.includes("case.search.phone");
  const input = make("input", {type: "search", maxlength: 120, autocomplete: "off", "aria-label": say("desk.search"),
    placeholder: say(mayPhone ? "desk.search_hint_phone" : "desk.search_hint"), "aria-keyshortcuts": "/"});

  const toList = (look = {}) => (back ? [button(say("desk.back"), back, look)] : []);

  function section(title, items) {
    const {table, add} = casesTable(title);
    add(items);
    return [make("h2", {}, title), table];
  }

  /** A page full, if there is one: words that are rare may need several looks. */
  async function look(asked, cursor) {
    const first = await call("POST", SEARCH, {...asked, ...(cursor && {cursor})});
    let told = first;
    for (let round = 1; told.next && first.items.length < PAGE && round < ROUNDS; round += 1) {
      told = await call("POST", SEARCH, {...asked, cursor: told.next});
      first.items.push(...told.items);
    }
    return {...first, next: told.next};
  }

  async function find(event) {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return back?.();
    const mine = ++turn;
    isOn = true;
    const asked = isPhone(text) && mayPhone ? {phone: text} : {words: text, limit: PAGE};
    place.replaceChildren(make("p", {class: "quiet", role: "status"}, say("desk.searching")));
    let told;
    try {
      told = await look(asked);
    } catch (error) {
      if (mine !== turn) return null;
      return place.replaceChildren(make("p", {class: "fault", role: "alert"}, sentence(error)), ...toList());
    }
    if (mine !== turn) return null; // somebody looks at something else meanwhile
    if (told.by === "number" && told.items.length === 1) return location.assign(`/desk/cases/${told.items[0].number}`);
    return shown(text, asked, told);
  }

  function shown(text, asked, told) {
    const title = say(told.by === "phone" ? "desk.found_phone" : "desk.found", {text});
    const {table, add} = casesTable(title);
    add(told.items);
    let {next} = told;
    const more = button(say("desk.search_on"), async () => {
      try {
        const further = await look(asked, next);
        add(further.items);
        ({next} = further);
        more.hidden = !next;
        if (!further.items.length) notice(say("desk.nothing_further"));
      } catch (error) {
        notice(sentence(error), "fault");
      }
    }, {kind: "quiet", hidden: !next});
    const none = !told.items.length && make("p", {class: "quiet"}, say(told.by === "words" ? "desk.found_no_words" : "desk.found_nothing"));
    place.replaceChildren(make("div", {class: "head"}, make("h2", {tabindex: "-1"}, title), toList({kind: "quiet small"})),
      ...(none ? [none] : [table]), more, ...(told.near.length ? section(say("desk.near"), told.near) : []));
    place.querySelector("h2").focus();
  }

  function stop() {
    turn += 1;
    isOn = false;
  }

  function clear() {
    stop();
    input.value = "";
  }

  const form = make("form", {role: "search", class: "search", onsubmit: find}, input, make("button", {class: "strong"}, say("desk.find")));
  return {form, focus: () => input.focus(), stop, clear, isOn: () => isOn};
}
