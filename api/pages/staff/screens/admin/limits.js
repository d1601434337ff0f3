// The policy: limits, numbers and ladders. What is changed is gathered, told in words, and kept as a whole new version.
import {button, make, notice} from "../../dom.js";
import {say, when} from "../../language.js";
import {call} from "../../server.js";
import {form, input} from "./parts/form.js";
import {opener, whole, withPane} from "./parts/list.js";
import {changes} from "./limits/changes.js";
import {laddersPart} from "./limits/ladders.js";
import {linesPart} from "./limits/lines.js";
import {numbersPart} from "./limits/numbers.js";
import {versionsPart} from "./limits/versions.js";

const POLICY = "/api/v1/admin/policy";

const copyOf = ({rules, numbers, ladders}) => structuredClone({rules, numbers, ladders});

function saving(pane, draft, told, done) {
  const made = form({
    lead: say("admin.policy_lead"), submit: say("admin.policy_save"), fields: [
      {name: "version", label: say("admin.version"), hint: say("admin.policy_version_hint", {now: told.version}), required: true, control: input("", {maxlength: 40})}],
    sure: (said) => say("admin.policy_sure", {version: said.version, n: changes(told, draft).length}),
    send: (said) => call("POST", POLICY, {version: said.version, instead_of: told.version, ...draft, rules: draft.rules.map(({words, ...line}) => line)}),
    done: async (kept) => { notice(say("admin.policy_kept", {version: kept.version}), "good"); pane.close(); await done(); }});
  pane.open(say("admin.policy_save"), made.box, make("h3", {}, say("admin.changes")),
    make("ul", {class: "numbered"}, changes(told, draft).map((one) => make("li", {}, one))));
  made.focus();
}

/** What is about to change stands above the tables until it is kept or dropped. */
function bar(pane, draft, told, redraw, done) {
  const said = changes(told, draft);
  if (!said.length) return [];
  return make("section", {class: "panel changes", "aria-label": say("admin.changes")}, make("p", {}, say("admin.changes_waiting", {n: said.length})),
    make("ul", {class: "numbered"}, said.map((one) => make("li", {}, one))), make("div", {class: "row"},
      opener("save", say("admin.policy_save"), () => saving(pane, draft, told, done), "strong"),
      button(say("admin.policy_drop"), () => { Object.assign(draft, copyOf(told)); redraw(); }, {kind: "quiet"})));
}

export async function show(room) {
  let told = null;
  let draft = null;
  const waiting = make("div", {"aria-live": "polite"});
  const tables = whole(async () => {
    told = await call("GET", POLICY);
    draft = copyOf(told);
    return drawn();
  });
  const versions = versionsPart();
  const load = () => Promise.all([tables.load(), versions.load()]);

  function drawn() {
    waiting.replaceChildren(...[bar(pane, draft, told, redraw, load)].flat());
    return [make("p", {class: "quiet"}, told.created_at ? say("admin.policy_now", {version: told.version, at: when(told.created_at)})
      : say("admin.policy_default", {version: told.version})),
    linesPart(pane, draft, redraw), numbersPart(pane, draft, told.known_numbers, redraw), laddersPart(pane, draft, redraw)];
  }

  function redraw() {
    tables.box.replaceChildren(...drawn().flat(Infinity).filter(Boolean));
    if (document.activeElement === document.body) (waiting.querySelector("button") ?? tables.box.querySelector("button"))?.focus();
  }

  const pane = withPane(waiting, tables.box, make("h2", {}, say("admin.versions")), versions.box);
  room.replaceChildren(pane.box);
  await load();
}
