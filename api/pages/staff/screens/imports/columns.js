// How the columns of a file are read, after it was tried once: each heading beside what it was taken for.
import {button, fault, field, make} from "../../dom.js";
import {say} from "../../language.js";

const FIELDS = ["number", "subject", "detail", "called_at", "category", "address", "lon", "lat", "place", "caller_name",
  "caller_phone", "urgent", "confidential"];
const LEFT_OUT = "-";

function choice(heading, target, chosen) {
  const select = make("select", {onchange: () => chosen.set(heading, select.value)},
    make("option", {value: LEFT_OUT}, say("imports.left_out")), FIELDS.map((name) => make("option", {value: name}, say(`field.${name}`))));
  select.value = chosen.get(heading) ?? target ?? LEFT_OUT;
  return field(heading, select);
}

function naming(keep) {
  const name = make("input", {maxlength: 80, autocomplete: "off"});
  return make("div", {class: "naming"}, field(say("imports.name"), name), button(say("imports.keep"), async () => {
    fault(name, name.value.trim() ? "" : say("needed"));
    if (name.value.trim()) await keep(name.value.trim());
    else name.focus();
  }));
}

/** show({heading: field or null}) draws them; chosen() is what somebody changed, as the server takes it. */
export function columnsPart() {
  const chosen = new Map();
  const list = make("div", {class: "columns"});
  const box = make("details", {class: "panel", hidden: true}, make("summary", {}, say("imports.columns")));
  return {
    box(keep) {
      box.append(list, naming(keep));
      return box;
    },
    show(columns, {open = false} = {}) {
      const headings = Object.entries(columns);
      if (!headings.length) chosen.clear();
      box.hidden = !headings.length;
      box.open ||= open;
      list.replaceChildren(...headings.map(([heading, target]) => choice(heading, target, chosen)));
    },
    chosen: () => Object.fromEntries(chosen),
  };
}

