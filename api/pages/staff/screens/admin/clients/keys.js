// Keys of apps that speak Open311: asked for by whoever builds one, approved, limited, taken back.
import {make, notice} from "../../../dom.js";
import {say, when} from "../../../language.js";
import {address, call} from "../../../server.js";
import {doing, form, input, number} from "../parts/form.js";
import {chip, facts, opener, pages} from "../parts/list.js";

const KEYS = "/api/v1/open311/keys";

function state(one) {
  if (one.revoked_at) return chip(say("admin.revoked"));
  return one.approved_at ? chip(say("admin.active"), "good") : chip(say("admin.asked_for"), "wait");
}

const rate = (value) => {
  const control = input(String(value), {inputmode: "numeric"});
  return {name: "per_minute", label: say("admin.per_minute"), required: true, control, read: number(control)};
};

function adding(pane, reload) {
  const made = form({
    lead: say("admin.key_lead"), submit: say("admin.key_add"), fields: [
      {name: "name", label: say("admin.name"), required: true, control: input("", {maxlength: 80})},
      {name: "contact", label: say("admin.contact"), required: true, hint: say("admin.contact_hint"), control: input("", {maxlength: 200})}, rate(60)],
    sure: (said) => say("admin.key_sure", said), send: (said) => call("POST", KEYS, said),
    done: async (told) => { await reload(); pane.open(told.name, make("p", {}, say("admin.secret_once")), make("p", {class: "secret"}, told.api_key)); }});
  pane.open(say("admin.key_add"), made.box);
  made.focus();
}

/** Whom to write to is kept sealed: who looks says why, and the look is written down. */
function contact(one) {
  const place = make("p", {role: "status"});
  const made = form({
    submit: say("admin.contact_show"), fields: [{name: "reason", label: say("admin.reason"), required: true, control: input("", {maxlength: 500})}],
    send: (said) => call("POST", `${KEYS}/${one.id}/contact`, said), done: (told) => { place.textContent = told.contact; }});
  return make("details", {}, make("summary", {}, say("admin.contact")), made.box, place);
}

function shown(pane, one, reload) {
  const done = async () => { await reload(); pane.close(); };
  const approving = form({
    submit: say(one.approved_at ? "admin.save" : "admin.approve"), fields: [rate(one.per_minute)],
    sure: (said) => say("admin.approve_sure", {name: one.name, n: said.per_minute}),
    send: (said) => call("POST", `${KEYS}/${one.id}/approve`, said), done: async () => { notice(say("admin.done"), "good"); await done(); }});
  pane.open(one.name, make("p", {}, state(one)), facts([[say("admin.made"), when(one.created_at)], [say("admin.approved"), one.approved_at && when(one.approved_at)],
    [say("admin.revoked"), one.revoked_at && when(one.revoked_at)]]), !one.revoked_at && approving.box, contact(one),
  !one.revoked_at && make("div", {class: "row"}, doing(say("admin.revoke"), {kind: "danger", danger: true, question: say("admin.key_revoke_sure", {name: one.name}),
    work: async () => { await call("POST", `${KEYS}/${one.id}/revoke`); }, done})));
}

export function keysPart(pane) {
  const list = pages({
    label: say("admin.keys"), none: say("admin.no_keys"), columns: [say("admin.name"), say("admin.per_minute"), say("admin.state"), say("admin.made"), say("stuck.do")],
    fetch: (cursor) => call("GET", address(KEYS, {cursor})),
    row: (one) => [one.name, String(one.per_minute), state(one), when(one.created_at), opener(one.id, say("admin.open"), () => shown(pane, one, list.load))]});
  return {list, add: () => adding(pane, list.load)};
}
