// One case on one page: what it is, what can be done now, photos, place, reports, history, clocks, people, comments.
import {button, make, notice} from "../../dom.js";
import {listen, sign} from "../../keys.js";
import {say} from "../../language.js";
import {sentence} from "../../problems.js";
import {Away, Problem} from "../../request.js";
import {call} from "../../server.js";
import {actionsPart} from "./actions.js";
import {aroundPart} from "./around.js";
import {clocksPart} from "./clocks.js";
import {commentsPart} from "./comments.js";
import {headPart} from "./head.js";
import {historyPart} from "./history.js";
import {peoplePart} from "./people.js";
import {photosPart} from "./photos.js";
import {reportsPart} from "./reports.js";
import {similarPart} from "./similar.js";

/** The address of a case in the API. */
const address = (number) => `/api/v1/cases/${encodeURIComponent(number)}`;

function gone(room, error) {
  const isNone = error instanceof Problem && error.status === 404;
  room.replaceChildren(make("p", {class: "empty", role: "alert"}, isNone ? say("case.none") : sentence(error)));
}

const section = (name, heading, ...parts) => make("section", {class: name, "aria-labelledby": `h-${name}`},
  make("h2", {id: `h-${name}`}, heading), parts);

/** On a wide screen what is done and known stands beside what is seen. On a narrow one, or for who has it read out, what is
 * done comes first and what is known last: the elements themselves are moved, so that the keys go as the eyes do. */
function columns(content) {
  const [doing, seeing, knowing] = Object.entries(content).map(([name, parts]) => make("div", {class: name}, parts));
  const side = make("div", {class: "side"});
  const box = make("div", {class: "case-columns"});
  const wide = matchMedia("(min-width: 62rem)");

  function arrange() {
    const focused = document.activeElement;
    if (wide.matches) {
      side.append(doing, knowing);
      box.replaceChildren(side, seeing);
    } else box.replaceChildren(doing, seeing, knowing);
    if (box.contains(focused)) focused.focus({preventScroll: true});
  }

  wide.addEventListener("change", arrange);
  arrange();
  return box;
}

function printing() {
  const folded = () => [...document.querySelectorAll(".case details:not([open])")];
  let opened = [];
  window.addEventListener("beforeprint", () => { opened = folded(); for (const one of opened) one.open = true; });
  window.addEventListener("afterprint", () => { for (const one of opened) one.open = false; });
}

/** The parts of the page; each has `draw(told)`, which shows the case as it is now and leaves alone what is being written. */
function partsOf(room, context) {
  const parts = {head: headPart(), acting: actionsPart(context), photos: photosPart(), around: aroundPart(),
    reports: reportsPart(context), history: historyPart(), clocks: clocksPart(), people: peoplePart(),
    comments: commentsPart(context), similar: similarPart(context)};
  const print = button(say("case.print"), () => window.print(), {kind: "quiet small", "aria-keyshortcuts": "Alt+P"});
  print.append(sign("P"));
  const back = make("a", {href: "/desk", class: "button small", onclick(event) {
    if (history.length < 2) return;
    event.preventDefault();
    history.back();
  }}, say("case.back"));
  room.replaceChildren(make("div", {class: "tools"}, back, print), parts.head.box, columns({
    doing: [section("acting", say("case.actions"), parts.acting.box)],
    seeing: [section("pictures", say("case.photos"), parts.photos.box), section("said", say("case.reports"), parts.reports.box),
      section("around", say("case.place"), parts.around.box), section("past", say("case.history"), parts.history.box)],
    knowing: [section("people", say("case.people"), parts.people.box), section("timers", say("case.clocks"), parts.clocks.box),
      section("remarks", say("case.comments"), parts.comments.box), section("alike", say("case.similar"), parts.similar.box)]}));
  return parts;
}

export async function show(room, me, {number}) {
  const context = {me, path: address(number), number, reload, act: (...wish) => parts.acting.act(...wish)};
  let parts = null;

  /** Ask for the case anew and show it as it is now; answers it. */
  async function reload() {
    let told = null;
    try {
      told = await call("GET", `${context.path}/dossier`);
    } catch (error) {
      if (parts && error instanceof Away) notice(sentence(error), "fault"); // what is on the page, and typed, stays
      else gone(room, error);
      return null;
    }
    parts ??= partsOf(room, context);
    for (const part of Object.values(parts)) part.draw(told);
    document.title = `${told.number} ${told.title} · ${say("app")}`;
    return told;
  }

  printing();
  room.replaceChildren(make("p", {class: "quiet"}, say("loading")));
  if (!await reload()) return;
  listen({...parts.acting.keys, P: () => window.print(), C: () => parts.comments.focus()});
}
