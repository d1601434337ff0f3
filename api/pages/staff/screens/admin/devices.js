// PDAs: whose they are, when they were last seen; taken back when they change hands, wiped when they are lost.
import {make, notice} from "../../dom.js";
import {say, when} from "../../language.js";
import {address, call} from "../../server.js";
import {exportButton} from "../reports/export.js";
import {personField} from "./parts/choosing.js";
import {doing, form, input} from "./parts/form.js";
import {chip, facts, opener, pages, withPane} from "./parts/list.js";

const DEVICES = "/api/v1/admin/devices";

function state(one) {
  if (one.wiped_at) return chip(say("admin.wiped"));
  if (one.wipe_ordered_at) return chip(say("admin.wipe_ordered"), "alarm");
  return one.revoked_at ? chip(say("admin.revoked")) : chip(say("admin.active"), "good");
}

const at = (moment) => moment && when(moment);

function shown(pane, one, reload) {
  const done = async () => { await reload(); pane.close(); };
  const naming = form({
    submit: say("admin.rename"), fields: [{name: "name", label: say("admin.name"), required: true, control: input(one.name, {maxlength: 80})}],
    send: (said) => call("POST", `${DEVICES}/${one.id}/name`, said), done: async () => { notice(say("admin.done"), "good"); await done(); }});
  pane.open(one.name, make("p", {}, state(one)), facts([[say("admin.person"), one.user_name], [say("admin.enrolled"), at(one.enrolled_at)],
    [say("admin.seen"), at(one.last_seen_at)], [say("admin.revoked"), at(one.revoked_at)], [say("admin.wipe_ordered"), at(one.wipe_ordered_at)],
    [say("admin.wiped"), at(one.wiped_at)],
    [say("admin.skew"), Math.abs(one.skew_seconds ?? 0) >= 60 && say("admin.seconds", {n: Math.round(one.skew_seconds)})]]), naming.box,
  make("div", {class: "row"},
    !one.revoked_at && doing(say("admin.revoke"), {kind: "danger", danger: true, question: say("admin.revoke_sure", {name: one.name}),
      work: () => call("POST", `${DEVICES}/${one.id}/revoke`), done}),
    !one.wipe_ordered_at && doing(say("admin.wipe"), {kind: "danger", danger: true, question: say("admin.wipe_sure", {name: one.name}),
      work: () => call("POST", `${DEVICES}/${one.id}/wipe`), done})));
}

function enrolling(pane, reload) {
  const made = form({
    submit: say("admin.enrol"), lead: say("admin.enrol_lead"), fields: [
      {name: "user_id", label: say("admin.person"), required: true, hint: say("admin.pick_hint"), ...personField()},
      {name: "name", label: say("admin.device_name"), required: true, control: input("", {maxlength: 80})}],
    sure: (said) => say("admin.enrol_sure", said), send: (said) => call("POST", DEVICES, said),
    done: async ({token}) => {
      await reload();
      pane.open(say("admin.enrolled_now"), make("p", {}, say("admin.token_once")), make("p", {class: "secret"}, token));
    }});
  pane.open(say("admin.enrol"), made.box);
  made.focus();
}

export function show(room, me) {
  const whose = personField();
  const narrowing = form({submit: say("admin.find"), fields: [{name: "user_id", label: say("admin.person"), hint: say("admin.pick_hint"), ...whose}],
    send: (said) => said, done: (said) => { user = said.user_id ?? null; return list.load(); }});
  let user = null;
  const list = pages({
    label: say("devices"), none: say("admin.no_devices"),
    columns: [say("admin.name"), say("admin.person"), say("admin.state"), say("admin.seen"), say("stuck.do")],
    fetch: (cursor) => call("GET", address(DEVICES, {user_id: user, cursor})),
    row: (one) => [one.name, one.user_name, state(one), at(one.last_seen_at) ?? "–",
      opener(one.id, say("admin.open"), () => shown(pane, one, list.load))]});
  const pane = withPane(make("div", {class: "tools"}, narrowing.box, opener("add", say("admin.enrol"), () => enrolling(pane, list.load), "strong"),
    exportButton(me, "devices", () => ({user_id: user}))), list.box);
  room.replaceChildren(pane.box);
  return list.load();
}
