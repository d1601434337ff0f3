// GeoJSON is tried first: what it would add, change and retire, and where the map would overlap or gape.
import {ask, make} from "../../../dom.js";
import {language, say} from "../../../language.js";
import {address, call} from "../../../server.js";
import {table} from "../../stuck/part.js";
import {areaField} from "../parts/choosing.js";
import {doing, form, input, select} from "../parts/form.js";

const IMPORT = "/api/v1/areas/import";
const SYSTEMS = [["wgs84", "WGS-84 (GPS)"], ["gcj02", "GCJ-02"], ["bd09", "BD-09"]];
const SHOWN = 100;
const WHILE = 180_000;

async function readFile(file) {
  if (!file) return {value: undefined};
  try {
    const value = JSON.parse(await file.text());
    return value?.type === "FeatureCollection" ? {value} : {reason: say("admin.no_geojson")};
  } catch {
    return {reason: say("admin.no_geojson")};
  }
}

const square = (metres) => say("admin.square_metres", {n: new Intl.NumberFormat(language()).format(Math.round(metres))});

/** Overlaps, gaps and what sticks out as one numbered list; the numbers stand on the map too. */
const flawsOf = (report) => ["overlaps", "gaps", "outside"].flatMap((kind) => report[kind].map((one) => ({kind, ...one})))
  .map((one, at) => ({...one, number: at + 1, text: `${say(`flaw.${one.kind}`)} ${one.codes.join(" · ")}`}));

function told(report, map) {
  const flaws = flawsOf(report);
  map.flaws(flaws.slice(0, SHOWN));
  return [make("dl", {class: "figures"}, ["added", "changed", "unchanged", "retired"].map((name) => make("div", {
    class: name === "retired" && report.retired ? "figure alarm" : "figure"}, make("dt", {}, say(`flaw.${name}`)), make("dd", {}, String(report[name]))))),
  report.problems.length > 0 && make("ul", {class: "numbered fault"}, report.problems.slice(0, SHOWN).map((one) => make("li", {}, one))),
  flaws.length ? table(say("admin.flaws"), [say("admin.number"), say("admin.flaw"), say("admin.areas_of_it"), say("admin.size")],
    flaws.slice(0, SHOWN).map((one) => [String(one.number), say(`flaw.${one.kind}`), one.codes.join(", "), square(one.square_metres)]))
    : make("p", {class: "panel good"}, say("admin.no_flaws")),
  flaws.length > SHOWN && make("p", {class: "quiet"}, say("admin.more_flaws", {n: flaws.length - SHOWN}))];
}

export function importing(pane, map, reload) {
  const file = input("", {type: "file", accept: ".geojson,.json,application/geo+json"});
  const place = make("div", {class: "whole", tabindex: "-1", "aria-live": "polite"});
  const send = (said, trial) => call("POST", address(IMPORT, {system: said.system, replaces: said.replaces, trial}), said.file, {timeout: WHILE});

  async function take(said, report) {
    if (!await ask(say("admin.areas_sure", report), {kind: report.retired ? "danger" : "strong"})) return say("stuck.not_done");
    const made = await send(said, false);
    await reload();
    place.replaceChildren(...[make("h3", {}, say("admin.areas_taken")), ...told(made, map)].filter(Boolean));
    return say("admin.areas_taken");
  }

  const made = form({
    lead: say("admin.areas_lead"), submit: say("admin.try"), fields: [
      {name: "file", label: say("admin.file"), hint: say("admin.geojson_hint"), required: true, control: file, read: () => readFile(file.files[0])},
      {name: "system", label: say("admin.system"), hint: say("admin.system_hint"), required: true, control: select(SYSTEMS, "", say("admin.choose"))},
      {name: "replaces", label: say("admin.replaces"), hint: say("admin.replaces_hint"), ...areaField()}],
    send: (said) => send(said, true),
    done: (report, said) => {
      place.replaceChildren(...[make("h3", {}, say("admin.areas_tried")), ...told(report, map),
        make("div", {class: "row"}, doing(say("admin.areas_take"), {kind: "strong", work: () => take(said, report)}))].filter(Boolean));
      place.focus();
    }});
  pane.open(say("admin.areas_import"), made.box, place);
  made.focus();
}
