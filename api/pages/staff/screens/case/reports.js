// Every report of the case. Names and phones are masked; who has to know says why, and that is kept.
import {button, field, make} from "../../dom.js";
import {say, sayOr, when} from "../../language.js";
import {summary} from "../../problems.js";
import {call} from "../../server.js";

/** A masked value with the way to look behind the mask. */
function masked(report, name, mayLook) {
  const value = make("span", {class: "masked"}, report[name]);
  const line = make("p", {class: "person"}, make("span", {class: "quiet"}, `${say(name === "phone" ? "case.phone" : "case.name")}${say("colon")}`), value);
  if (mayLook) line.append(" ", looking(report, name, value, line));
  return line;
}

function looking(report, name, value, line) {
  const open = button(say("case.reveal"), () => ask(), {kind: "quiet small", "aria-label": say(name === "phone" ? "case.reveal_phone" : "case.reveal_name")});

  function ask() {
    const reason = make("input", {maxlength: 500, autocomplete: "off"});
    const refused = summary({reason});
    const form = make("form", {class: "reveal", novalidate: true, onsubmit: (event) => { event.preventDefault(); look(); },
      onkeydown(event) {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        leave();
      }}, refused.box, field(say("case.reveal_reason"), reason, {required: true, hint: say("case.reveal_hint")}),
    make("div", {class: "row"}, button(say("case.reveal_go"), look, {kind: "strong small"}),
      button(say("no"), leave, {kind: "quiet small"})));

    function leave() {
      form.remove();
      open.hidden = false;
      open.focus();
    }

    async function look() {
      refused.clear();
      if (!reason.value.trim()) return refused.faults([{field: "reason", reason: say("needed")}], say("case.incomplete"));
      try {
        const plain = await call("POST", `/api/v1/reports/${encodeURIComponent(report.number)}/reveal`, {field: name, reason: reason.value.trim()});
        value.textContent = plain.value ?? say("case.nothing_left");
        value.setAttribute("role", "status");
      } catch (error) {
        return refused.show(error);
      }
      form.remove();
      value.tabIndex = -1;
      return value.focus();
    }

    open.hidden = true;
    line.after(form);
    reason.focus();
  }
  return open;
}

function suggested({suggestion}) {
  if (!suggestion?.code || suggestion.abstained) return null;
  const sure = suggestion.confidence === undefined ? "" : ` ${Math.round(suggestion.confidence * 100)} %`;
  return make("p", {class: "quiet"}, `${say("case.suggested")}${say("colon")}${suggestion.name ?? suggestion.code}${sure}`);
}

const one = (report, mayLook) => make("li", {class: "report"},
  make("p", {}, make("strong", {}, sayOr(`channel.${report.channel}`, report.channel)), " ",
    make("span", {class: "quiet"}, [when(report.happened_at ?? report.received_at), report.number].join(" · ")),
    report.confidential && [" ", make("span", {class: "chip wait"}, say("case.confidential"))],
    report.files_missing > 0 && [" ", make("span", {class: "chip"}, say("case.files_missing", {n: report.files_missing}))]),
  report.title && make("p", {class: "title"}, report.title), make("p", {class: "words"}, report.text),
  report.address && make("p", {class: "quiet"}, report.address),
  report.name && masked(report, "name", mayLook), report.phone && masked(report, "phone", mayLook),
  suggested(report), report.links.length > 0 && make("p", {class: "quiet"}, `${say("case.links")}${say("colon")}${report.links.join(" ")}`));

export function reportsPart({me}) {
  const box = make("ul", {class: "reports"});
  const mayLook = me.permissions.includes("privacy.reveal");
  let before = "";
  return {box, draw({reports}) {
    const known = JSON.stringify(reports);
    if (known === before) return; // what was revealed stays, and a reason that is being typed
    before = known;
    box.replaceChildren(...reports.length ? reports.map((report) => one(report, mayLook)) : [make("li", {class: "quiet"}, say("case.no_reports"))]);
  }};
}
