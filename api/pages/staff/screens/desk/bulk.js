// What is done with all cases that are chosen: signed for, handed over to a colleague, printed.
import {button, field, make, notice} from "../../dom.js";
import {say} from "../../language.js";
import {because, sentence} from "../../problems.js";
import {call} from "../../server.js";

const STEPS = "/api/v1/cases/steps";
const [MOST_AT_ONCE, MOST_PRINTED] = [100, 20];

/** Whom to hand over to and why, {handler, reason}; null when somebody thinks better of it. */
function askWhom(colleagues, n) {
  return new Promise((resolve) => {
    const whom = make("select", {}, colleagues.map((one) => make("option", {value: one.id}, `${one.name} · ${one.title}`)));
    const why = make("input", {maxlength: 500, autocomplete: "off"});
    const dialog = make("dialog", {"aria-labelledby": "whom-title"},
      make("form", {class: "form", onsubmit: (event) => { event.preventDefault(); dialog.close("go"); }},
        make("h2", {id: "whom-title"}, say("desk.hand_over_n", {n})), field(say("desk.whom"), whom), field(say("desk.why"), why),
        make("div", {class: "row"}, button(say("no"), () => dialog.close(""), {kind: "quiet"}),
          make("button", {class: "strong"}, say("desk.hand_over")))));
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "go" ? {handler: whom.value, ...(why.value.trim() && {reason: why.value.trim()})} : null);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
    whom.focus();
  });
}

/** A bar that is there while something is chosen. `done(refused)` draws the list anew, with what was
 * refused above it. */
export function bulkBar(choice, done) {
  const refused = make("div", {class: "refused", role: "alert", tabindex: "-1", hidden: true});
  const told = make("strong", {role: "status"});
  const sheets = make("a", {class: "button"}, say("desk.print"));
  let colleagues = null;

  async function take(action, facts, word) {
    const items = [...choice.chosen.values()].map(({number, version}) => ({number, version}));
    const results = [];
    refused.hidden = true;
    try {
      for (let at = 0; at < items.length; at += MOST_AT_ONCE) {
        results.push(...(await call("POST", STEPS, {action, facts, items: items.slice(at, at + MOST_AT_ONCE)})).results);
      }
      const well = results.filter(({status}) => status === 200).map(({number}) => number);
      const bad = results.filter(({status}) => status !== 200);
      if (well.length) notice(say(word, {n: well.length}), "good");
      refused.replaceChildren(make("p", {}, say("desk.not_done", {n: bad.length})), make("ul", {}, bad.map(({number, problem}) =>
        make("li", {}, make("strong", {}, number), " ", because(problem)))));
      refused.hidden = !bad.length;
      await done(bad.length ? refused : null);
    } catch (error) {
      notice(sentence(error), "fault");
    }
  }

  async function handOver() {
    try {
      colleagues ??= (await call("GET", "/api/v1/desk/colleagues")).items;
    } catch (error) {
      return notice(sentence(error), "fault");
    }
    if (!colleagues.length) return notice(say("case.nothing_to_choose"), "fault");
    const facts = await askWhom(colleagues, choice.chosen.size);
    return facts && take("hand_over", facts, "desk.handed_over");
  }

  const bar = make("div", {class: "bulk", hidden: true, role: "group", "aria-label": say("desk.chosen_ones")}, told,
    button(say("desk.sign"), () => take("sign", {}, "desk.signed"), {kind: "strong"}),
    button(say("desk.hand_over"), handOver), sheets, button(say("desk.choose_none"), () => choice.none(), {kind: "quiet"}));

  function changed(chosen) {
    bar.hidden = !chosen.size;
    told.textContent = say("desk.chosen", {n: chosen.size});
    sheets.textContent = say(chosen.size > MOST_PRINTED ? "desk.print_first" : "desk.print", {n: MOST_PRINTED});
    sheets.href = `/desk/print/${[...chosen.keys()].slice(0, MOST_PRINTED).join(",")}`;
  }

  return {box: [refused, bar], changed};
}
