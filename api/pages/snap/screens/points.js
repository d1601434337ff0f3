// My points: what I have, what counts, and every line with its reason.
import {card, link, strong} from "../cards.js";
import {add, button, empty, make} from "../dom.js";
import {inWords} from "../faults.js";
import {language, say, when} from "../language.js";
import {json} from "../server.js";
import * as session from "../session.js";

const signed = (number) => (number > 0 ? `+${number}` : String(number));

const counted = ({words, points, day_limit: limit, today}) => card({title: strong(words), body: make("span", {class: "quiet"},
  signed(points), limit !== null && ` · ${say("points.today", {n: today, limit})}`)});

const line = ({number, at, words, points, balance, note, report}) => card({data: {"data-line": number},
  top: [make("span", {class: "quiet"}, when(at))], title: strong(`${words} ${signed(points)}`),
  body: [note && make("p", {}, note), make("span", {class: "quiet"}, [report, say("points.after", {n: balance})].filter(Boolean).join(" · "))]});

export async function show(room) {
  if (!await session.current()) {
    return void add(room, make("div", {class: "panel"}, make("p", {}, say("points.prove")), link("#/signin/points", say("sign.in"), "strong")));
  }
  const [balance, counts, lines] = [make("p", {class: "big", id: "balance"}), make("ul", {class: "cards"}), make("ul", {class: "cards", id: "lines"})];
  const note = make("div", {role: "status"});
  const more = button(say("more"), page, {kind: "quiet wide", hidden: true});
  let next = null;

  async function page() {
    try {
      const told = await json("GET", `/api/v1/citizen/points?lang=${language()}${next ? `&cursor=${encodeURIComponent(next)}` : ""}`);
      balance.textContent = say("points.balance", {n: told.balance});
      counts.replaceChildren(...told.counts.map(counted));
      lines.append(...told.lines.map(line));
      next = told.next;
      more.hidden = !next;
      note.replaceChildren(lines.childElementCount ? "" : say("points.none"));
    } catch (error) {
      note.replaceChildren(empty(inWords(error)));
    }
  }

  await page();
  add(room, balance, make("h2", {}, say("points.lines")), lines, note, more, make("h2", {}, say("points.counts")), counts);
  return {};
}
