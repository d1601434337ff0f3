// Appeals against scores, the oldest first: each leads to the scorecard, where it is ruled on.
import {button, make} from "../../dom.js";
import {say, when} from "../../language.js";
import {address, call} from "../../server.js";
import {written} from "./numbers.js";
import {go, said} from "./span.js";
import {view} from "./view.js";

const RULINGS = ["open", "granted", "dismissed"];
const ruling = () => (RULINGS.includes(said().ruling) ? said().ruling : "open");

const fetched = (cursor = null) => call("GET", address("/api/v1/performance/appeals", {ruling: ruling(), cursor}));

const line = (one) => make("li", {}, make("p", {}, make("a", {href: `/cockpit/scorecards/${one.scorecard_id}`}, `${one.name} · ${one.period}`),
  make("span", {class: "quiet"}, ` ${say("score.score")} ${written(one.score)} · ${when(one.made_at)}`)),
make("blockquote", {class: "words"}, one.grounds),
one.reason && make("p", {}, make("b", {}, say(`ruling.${one.ruling}`)), ` ${one.reason}`,
  one.amended_score !== null && ` ${say("score.amended")} ${written(one.amended_score)}`));

export function show(room) {
  return view(room, () => fetched(), ({items, next}) => {
    const select = make("select", {id: "ruling", "data-focus": "ruling", onchange: () => go({ruling: select.value})},
      RULINGS.map((name) => make("option", {value: name, selected: name === ruling()}, say(`ruling.${name}`))));
    const list = make("ol", {class: "looks"}, items.map(line));
    let cursor = next;
    const more = button(say("more"), async () => {
      const page = await fetched(cursor);
      list.append(...page.items.map(line));
      cursor = page.next;
      more.hidden = !cursor;
    }, {kind: "quiet", hidden: !next});
    return [make("div", {class: "controls"}, make("div", {class: "measure"}, make("label", {for: "ruling"}, say("score.ruling")), select),
      make("a", {href: "/cockpit/scorecards"}, say("score.back"))),
    items.length ? [list, more] : make("p", {class: "empty"}, say("score.no_appeals"))];
  })();
}
