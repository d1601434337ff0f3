// One warning with its evidence: what was counted against what was to be expected, where, which cases, which words; and what
// somebody makes of it.
import {make} from "../../dom.js";
import {language, say, when} from "../../language.js";
import {call} from "../../server.js";
import {lines} from "./chart.js";
import {decision} from "./decision.js";
import {openGround} from "./ground.js";
import {written} from "./numbers.js";
import {view} from "./view.js";

const fact = (name, value) => make("div", {class: "figure"}, make("dt", {}, name), make("dd", {}, value));

/** What was to be expected, as early_warning/wording.py says it. */
const usual = (count) => (count < 0.1 ? "< 0.1" : written(count));

function facts(one) {
  return make("dl", {class: "figures"}, fact(say("warning.count"), String(one.count)), fact(say("warning.expected"), usual(one.expected)),
    fact(say("warning.confidence"), written(one.confidence, "ratio")),
    one.metres && fact(say("warning.metres"), say("metres_short", {n: one.metres})));
}

function evidence({evidence: found}) {
  const days = found.days ?? [];
  return [
    days.length > 0 && lines(say("warning.days"), days.map(({day}) => day.slice(5)),
      [{name: say("warning.count"), values: days.map(({count}) => count)}, {name: say("warning.expected"), values: days.map(({expected}) => expected)}],
      (value) => written(value)),
    found.words?.length > 0 && make("section", {}, make("h2", {}, say("warning.words")),
      make("ul", {class: "row"}, found.words.map((word) => make("li", {class: "chip"}, word)))),
    found.places?.length > 0 && make("section", {}, make("h2", {}, say("warning.places")),
      make("ul", {class: "row"}, found.places.map((name) => make("li", {class: "chip"}, name)))),
    found.cases?.length > 0 && make("section", {}, make("h2", {}, say("warning.cases", {n: found.cases.length})),
      make("ul", {class: "row"}, found.cases.map((number) => make("li", {}, make("a", {href: `/desk/cases/${encodeURIComponent(number)}`}, number)))))];
}

function deciding(one, me, load) {
  if (!me.permissions.includes("warnings.decide")) return null;
  const path = `/api/v1/warnings/${encodeURIComponent(one.id)}`;
  return make("section", {class: "panel"}, make("h2", {}, say("warning.decide")),
    one.acknowledged_at ? decision({name: "note", label: say("warning.found"), buttons: [
      {text: say("warning.true"), path: `${path}/outcome`, body: () => ({outcome: "true"}), kind: "strong"},
      {text: say("warning.false"), path: `${path}/outcome`, body: () => ({outcome: "false"})}]}, load)
      : decision({name: "note", label: say("warning.note"), required: false, buttons: [
        {text: say("warning.acknowledge"), path: `${path}/acknowledge`, kind: "strong"}]}, load));
}

const happened = (one) => make("ul", {class: "quiet"}, [
  say("warning.raised", {when: when(one.raised_at)}), say("warning.updated", {when: when(one.updated_at)}),
  one.ended_at && say("warning.ended", {when: when(one.ended_at)}),
  one.acknowledged_at && say("warning.seen", {who: one.acknowledged_by ?? "", when: when(one.acknowledged_at)}), one.note,
  one.outcome && say(`warning.was_${one.outcome}`), one.judged_at && `${one.judged_by ?? ""} ${when(one.judged_at)}`, one.outcome_note]
  .filter(Boolean).map((text) => make("li", {}, text)));

export async function show(room, me, {id}) {
  const element = make("div", {class: "map"});
  const ground = await openGround(element, say("warning.map_one"), () => {});
  await ground.backdrop();
  const load = view(room, () => call("GET", `/api/v1/warnings/${encodeURIComponent(id)}`), (one) => {
    const middle = one.place ? [{...one.place, text: "!", label: one.sentence[language()], kind: "late"}] : [];
    ground.points(middle);
    return [make("p", {}, make("a", {href: "/cockpit/warnings"}, say("warning.back"))),
      make("p", {class: "says"}, make("span", {class: "chip wait"}, say(`warning.${one.kind}`)), " ", one.sentence[language()]),
      make("p", {class: "quiet"}, [one.area?.name, one.category?.name].filter(Boolean).join(" · ")),
      facts(one),
      make("div", {class: "map-and-table"}, make("div", {class: "parts"}, evidence(one).filter(Boolean)),
        make("div", {class: "parts"}, happened(one), deciding(one, me, () => load()), middle.length > 0 && element))];
  });
  return load();
}
