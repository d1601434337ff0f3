// The triage desk: what automatic triage left to a person, what the model takes it for and why, and what is like it near by.
import {button, field, make} from "../../dom.js";
import {say, sayOr} from "../../language.js";
import {openMap} from "../../map.js";
import {categories} from "../../reference.js";
import {call} from "../../server.js";
import {table} from "../stuck/part.js";
import {act, bench} from "./bench.js";
import {said} from "./said.js";

const MARKS = "ABCDEFGHIJ";

const percent = (score) => `${Math.round(score * 100)} %`;

/** The model's options as buttons, the whole list for who knows better, and the standard under which it is filed. */
function classPart(found, options) {
  const chosen = {code: null};
  const standards = make("select", {});
  const all = make("select", {onchange: () => choose(all.value)}, make("option", {value: ""}, say(options.length ? "command.other_category" : "command.choose_category")));
  const box = make("div", {class: "options", role: "group", "aria-label": say("command.suggested")}, options.map((one, at) =>
    make("button", {type: "button", class: "option", "data-code": one.code, "aria-pressed": "false", "aria-keyshortcuts": `Alt+${at + 1}`,
      onclick: () => choose(one.code)},
    make("strong", {}, one.name), make("span", {}, percent(one.score)), make("kbd", {"aria-hidden": "true"}, `Alt+${at + 1}`),
    one.words.length > 0 && make("span", {class: "quiet"}, say("command.because", {words: one.words.join(say("command.comma"))})))));

  async function choose(code) {
    chosen.code = code || null;
    for (const one of box.children) one.setAttribute("aria-pressed", String(one.dataset.code === code));
    const known = options.find((one) => one.code === code) ?? (code && (await categories()).find((one) => one.code === code));
    standards.replaceChildren(...(known ? known.standards : []).map((one) =>
      make("option", {value: one.id, selected: one.is_default}, one.condition)));
    all.value = options.some((one) => one.code === code) ? "" : code ?? "";
  }

  categories().then((items) => {
    const byCode = new Map(items.map((one) => [one.code, one]));
    all.append(...items.filter(({standards: some}) => some.length).map((one) =>
      make("option", {value: one.code}, [byCode.get(one.parent_code)?.name, one.name].filter(Boolean).join(" / "))));
  }).catch((error) => console.warn(error));
  choose(options.find(({code}) => code === found.category_code)?.code ?? options[0]?.code ?? found.category_code);
  return {chosen, standards, pick: (at) => options[at] && choose(options[at].code),
    box: make("section", {class: "bench-part"}, make("h3", {}, say("command.suggested")),
      options.length ? box : make("p", {class: "quiet"}, say("command.no_suggestion")),
      field(say("command.category"), all), field(say("command.standard"), standards))};
}

/** Cases that may be the same problem, beside each other on the map; one is chosen to be joined. */
function similarPart(found, items, place) {
  const open = items.filter(({state}) => state !== "accepted");
  const chosen = {number: null};
  const buttons = open.map((one, at) => make("button", {type: "button", class: "option", "aria-pressed": "false", onclick: () => pick(at)},
    make("strong", {}, `${MARKS[at] ?? "·"} ${one.title}`), make("span", {}, percent(one.score)),
    make("span", {class: "quiet"}, [one.category, sayOr(`status.${one.status}`, one.status), one.reasons.join(say("command.comma"))].filter(Boolean).join(" · "))));

  function pick(at) {
    chosen.number = open[at]?.number ?? null;
    buttons.forEach((one, number) => one.setAttribute("aria-pressed", String(number === at)));
  }

  const ground = make("div", {class: "map", tabindex: "0"});
  const box = make("section", {class: "bench-part"}, make("h3", {}, say("command.similar")),
    open.length ? make("div", {class: "options"}, buttons) : make("p", {class: "quiet"}, say("command.no_similar")), ground, place.told);
  const onMap = open.map((one, at) => ({...one, text: MARKS[at] ?? "·", label: one.title})).filter(({lon}) => lon !== null);
  openMap(ground, place.choose).then((map) => {
    place.map = map;
    if (found.lon !== null) map.pin({lon: found.lon, lat: found.lat});
    map.signs(onMap);
  }).catch((error) => console.warn(error));
  return {chosen, first: () => open.length && pick(0), box, has: open.length > 0};
}

/** A place chosen on the map goes with the filing, unless it is taken back. */
function placeOf({lon, lat}) {
  const words = make("span", {role: "status"});
  const undo = button(say("calls.same_undo"), () => choose(null), {kind: "quiet small", hidden: true});
  const place = {point: null, map: null, told: make("p", {class: "quiet"}, words, " ", undo), choose};

  function choose(point) {
    place.point = point;
    words.textContent = point ? say("command.place_chosen") : "";
    undo.hidden = !point;
    place.map?.pin(point ?? (lon === null ? null : {lon, lat}));
  }
  return place;
}

async function work(body, found, {step, refuse, skip}) {
  const path = `/api/v1/cases/${encodeURIComponent(found.number)}`;
  const [{options, sure}, {items}] = await Promise.all([
    call("GET", `/api/v1/triage/cases/${encodeURIComponent(found.number)}`), call("GET", `${path}/similar`)]);
  const place = placeOf(found);
  const [kind, like] = [classPart(found, options), similarPart(found, items, place)];
  const reason = make("textarea", {rows: 2, maxlength: 2000});

  const file = () => (kind.chosen.code ? step("file", {category: kind.chosen.code,
    ...(kind.standards.value && {standard: kind.standards.value}), ...(place.point && {place: place.point})},
  say("command.filed", {number: found.number})) : refuse(say("command.category_needed")));
  const reject = () => (reason.value.trim() ? step("reject", {reason: reason.value.trim()}, say("command.rejected", {number: found.number}))
    : refuse(say("command.reason_needed")));
  const verify = () => step("verify", {}, say("command.verifying", {number: found.number}));
  function join() {
    if (!like.chosen.number) like.first();
    const into = items.find(({number}) => number === like.chosen.number);
    if (!into) return refuse(say("command.no_similar"));
    const why = reason.value.trim() || into.reasons.join(say("command.comma")) || say("command.same_problem");
    return step("merge", {into: into.number, reason: why}, say("command.joined", {number: found.number, into: into.number}));
  }

  body.replaceChildren(
    make("p", {class: "panel"}, found.waiting_for ?? (sure ? say("command.sure") : say("command.unsure"))),
    make("div", {class: "beside"}, make("div", {}, said(found), kind.box), make("div", {}, like.box)),
    make("div", {class: "actions"}, field(say("command.reason"), reason, {hint: say("command.reason_hint")}),
      make("div", {class: "row"}, act(say("command.file"), "A", file, "strong"), like.has && act(say("command.join"), "J", join),
        act(say("command.verify"), "V", verify), act(say("command.reject"), "R", reject, "danger"), act(say("command.skip"), "K", skip, "quiet"))));
  return {A: file, J: join, V: verify, R: reject, Digit1: () => kind.pick(0), Digit2: () => kind.pick(1), Digit3: () => kind.pick(2)};
}

/** What people had to put right since the model was trained. */
async function learningPart(place) {
  const {count, all, pairs, trained_at: trained} = await call("GET", "/api/v1/triage/corrections");
  place.append(make("p", {class: "quiet"}, say(trained ? "command.corrected" : "command.corrected_untrained", {n: all ? count : `${count}+`})),
    ...(pairs.length ? [table(say("command.learning"), [say("command.was"), say("command.is"), say("command.times")],
      pairs.map((one) => [one.suggested_name ?? say("command.no_category"), one.corrected_name, String(one.count)]))] : []));
}

export function show(room, me) {
  const [desk, learning] = [make("div"), make("div", {class: "bench-part"})];
  const more = make("details", {ontoggle: () => { if (more.open && !learning.children.length) learningPart(learning); }},
    make("summary", {}, say("command.learning")), learning);
  bench(desk, me, {queue: "triage", work});
  room.replaceChildren(desk, more);
}

