// The day at one look: today's figures beside yesterday's, what is late, what is unusual, who does best and worst.
import {make} from "../../dom.js";
import {language, say, when} from "../../language.js";
import {call} from "../../server.js";
import {bar, lines, sparkline, spoken} from "./chart.js";
import {written} from "./numbers.js";
import {view} from "./view.js";

const SHOWN = [
  {code: "received", unit: "count"},
  {code: "closed", unit: "count"},
  {code: "on_time_rate", unit: "ratio"},
  {code: "overdue_rate", unit: "ratio"},
  {code: "satisfaction_rate", unit: "ratio"},
];

const short = (day) => day.slice(5);

const name = ({code}) => say(`figure.${code}`);

/** A figure of today and yesterday (counts) or of the thirty days (shares), with a small line of how it went. Today is not over, so
 * it is not judged by yesterday: no arrow says that it got worse because it is morning. */
function card({days, total}, one) {
  const values = days.map((day) => day.values[one.code]);
  const [before, now] = values.slice(-2);
  const isCount = one.unit === "count";
  return make("div", {class: "figure"}, make("dt", {}, name(one), make("span", {class: "quiet"}, ` ${say(isCount ? "today.today" : "today.thirty")}`)),
    make("dd", {}, written(isCount ? now : total[one.code], one.unit)),
    make("dd", {class: "than"}, isCount ? say("today.yesterday", {n: written(before)}) : "\u00a0"),
    make("dd", {class: "drawing"}, sparkline(values, spoken(name(one), days.map(({day}) => short(day)), values, (value) => written(value, one.unit)))));
}

const standing = ({open, overdue}) => [["open", open, ""], ["overdue", overdue, overdue ? "alarm" : ""]].map(([code, value, kind]) =>
  make("div", {class: `figure ${kind}`}, make("dt", {}, say(`measure.${code}`), make("span", {class: "quiet"}, ` ${say("today.now")}`)),
    make("dd", {}, written(value)),
    code === "overdue" && make("dd", {class: "than"}, say("today.of_open", {n: open ? written(value / open, "ratio") : "–"}))));

const late = (one) => make("li", {}, make("a", {href: `/desk/cases/${encodeURIComponent(one.number)}`}, one.title),
  make("p", {class: "quiet"}, [one.department, say(`status.${one.status}`)].filter(Boolean).join(" · "), " ",
    make("span", {class: "chip alarm"}, say("today.over", {span: written((Date.now() - Date.parse(one.due_at)) / 60_000, "minutes")}))));

const unusual = (one) => make("li", {}, make("p", {}, make("span", {class: "chip wait"}, say(`warning.${one.kind}`)), " ",
  make("a", {href: `/cockpit/warnings/${one.id}`}, one.sentence[language()])),
make("p", {class: "quiet"}, say("warning.sure", {n: written(one.confidence, "ratio")}), " · ", say("warning.raised", {when: when(one.raised_at)})));

const ranked = (one) => make("li", {}, make("span", {class: "of"}, make("a", {href: `/cockpit/figures#by=day&department=${one.id}&department_name=${encodeURIComponent(one.name)}`}, one.name)),
  make("span", {class: "measured"}, written(one.values.on_time_rate, "ratio"), bar(one.values.on_time_rate)));

function part(heading, list, none, link) {
  return make("section", {class: "panel-part"}, make("div", {class: "head"}, make("h2", {}, heading), link), list.length ? make("ul", {class: "looks"}, list)
    : make("p", {class: "quiet"}, none));
}

const link = (href, text) => make("a", {href}, text);

function drawn(seen) {
  const days = seen.days.map(({day}) => short(day));
  const series = (code) => ({name: say(`figure.${code}`), values: seen.days.map(({values}) => values[code])});
  return [
    make("dl", {class: "figures today"}, standing(seen), SHOWN.map((one) => card(seen, one))),
    make("div", {class: "looks-beside"},
      part(say("today.late"), seen.late.map(late), say("today.none_late")),
      part(say("cockpit_warnings"), seen.warnings.map(unusual), say("today.none_unusual"), link("/cockpit/warnings", say("today.all_warnings"))),
      make("div", {class: "parts"}, part(say("today.best"), seen.best.map(ranked), say("today.none_ranked"), link("/cockpit/figures#by=department", say("today.all_departments"))),
        seen.worst.length > 0 && part(say("today.worst"), seen.worst.map(ranked), ""))),
    lines(say("today.course"), days, [series("received"), series("closed")], (value) => written(value))];
}

export const show = (room) => view(room, () => call("GET", "/api/v1/cockpit/today"), drawn)();
