// Every version of the policy that was written: by whom, when, and what it changed.
import {button, make} from "../../../dom.js";
import {say, when} from "../../../language.js";
import {call} from "../../../server.js";
import {table} from "../../stuck/part.js";
import {chip, whole} from "../parts/list.js";
import {changes} from "./changes.js";

const VERSIONS = "/api/v1/admin/policy/versions";

const version = (name) => call("GET", `${VERSIONS}/${encodeURIComponent(name)}`);

/** Beside the version before it; the first one beside the next that is known, which is none. */
function difference(one, before) {
  const place = make("div", {"aria-live": "polite"});
  const look = async () => {
    const [later, earlier] = await Promise.all([version(one.version), version(before.version)]);
    const said = changes(earlier, later);
    place.replaceChildren(said.length ? make("ul", {class: "numbered"}, said.map((text) => make("li", {}, text))) : make("p", {class: "quiet"}, say("admin.no_changes")));
  };
  return [button(say("admin.what_changed"), look, {kind: "small"}), place];
}

export const versionsPart = () => whole(async () => {
  const {items} = await call("GET", VERSIONS);
  if (!items.length) return make("p", {class: "quiet"}, say("admin.policy_unwritten"));
  return table(say("admin.versions"), [say("admin.version"), say("admin.made"), say("admin.by"), say("admin.state"), say("admin.changes")], items.map((one, at) => [
    one.version, when(one.created_at), one.by ?? "–", one.active ? chip(say("admin.in_use"), "good") : chip(say("admin.former")),
    at + 1 < items.length ? difference(one, items[at + 1]) : "–"]));
});
