// Sheets of paper for who goes out without a screen: one case a page, with room for what is done and for a signature.
import {button, make} from "../../dom.js";
import {language, say, sayOr} from "../../language.js";
import {sentence} from "../../problems.js";
import {call} from "../../server.js";

const LATEST = 12;

const line = (name, value) => [make("dt", {}, say(name)), make("dd", {}, value || "–")];

/** With the year: paper lies about for long. */
const on = (moment) => new Intl.DateTimeFormat(language() === "zh" ? "zh-CN" : "en-GB", {
  year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23"}).format(new Date(moment));

function sheet(one) {
  return make("article", {class: "sheet"},
    make("header", {}, make("h2", {}, one.title), make("p", {class: "number"}, one.number),
      make("p", {class: "row"}, one.priority === "urgent" && make("strong", {}, say("desk.urgent")),
        one.feedback_owed && make("strong", {}, say("desk.supervised")))),
    make("dl", {}, line("desk_column.status", sayOr(`status.${one.status}`, one.status)), line("desk_column.category", one.category),
      line("desk_column.place", [one.area, one.address].filter(Boolean).join(" ")), line("desk.department", one.department),
      line("desk.opened", on(one.opened_at)), line("desk_column.due", on(one.due_at)),
      line("desk.condition", one.standard?.condition), line("desk.closing", one.standard?.closing)),
    make("h3", {}, say("desk.said")),
    one.reports.map((report) => make("blockquote", {}, make("p", {class: "words"}, report.text),
      make("footer", {}, [report.number, sayOr(`channel.${report.channel}`, report.channel), on(report.received_at), report.name, report.phone]
        .filter(Boolean).join(" · ")))),
    photos(one), make("h3", {}, say("desk.history")),
    make("ol", {}, one.history.filter(({source, target}) => source !== target).slice(-LATEST).map((entry) =>
      make("li", {}, `${on(entry.at)} ${sayOr(`status.${entry.target}`, entry.target)}`))),
    make("section", {class: "by_hand"}, make("h3", {}, say("desk.by_hand")), make("div", {class: "lines"}),
      make("p", {}, make("span", {}, say("desk.signature")), make("span", {}, say("desk.date")))));
}

const photos = (one) => one.photos.some(({small}) => small) && make("div", {class: "pictures"},
  one.photos.filter(({small}) => small).slice(0, 4).map(({small, purpose}) =>
    make("img", {src: small, alt: sayOr(`purpose.${purpose}`, purpose ?? "")})));

export async function show(room, me, {numbers}) {
  const place = make("div", {class: "sheets", "aria-live": "polite"}, make("p", {class: "quiet"}, say("loading")));
  room.append(make("div", {class: "head"}, button(say("desk.print"), () => window.print(), {kind: "strong"}),
    make("a", {href: "/desk/queues"}, say("desk.back"))), place);
  const fault = (...words) => make("p", {class: "fault", role: "alert"}, ...words);
  try {
    const wanted = numbers.toUpperCase().split(",");
    const {items} = await call("GET", `/api/v1/sheets?${new URLSearchParams(wanted.map((number) => ["number", number]))}`);
    const found = new Map(items.map((one) => [one.number, one]));
    place.replaceChildren(...wanted.map((number) => (found.has(number) ? sheet(found.get(number)) : fault(`${number} `, say("case.none")))));
  } catch (error) {
    place.replaceChildren(fault(sentence(error)));
  }
}
