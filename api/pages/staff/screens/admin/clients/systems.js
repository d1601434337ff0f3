// Systems with a signature of their own: let in, given a new secret, shut out; and the webhook of each.
import {make, notice} from "../../../dom.js";
import {say, sayOr, when} from "../../../language.js";
import {address, call} from "../../../server.js";
import {roleName} from "../parts/choosing.js";
import {doing, form, input, select, tick, ticks} from "../parts/form.js";
import {chip, facts, opener, pages} from "../parts/list.js";

const CLIENTS = "/api/v1/admin/clients";
const WEBHOOKS = "/api/v1/exchange/subscriptions";
const EVENTS = ["accept", "allow", "answered", "ask", "contact", "correct", "decline", "dispatch", "fail", "file", "hand_back", "merge",
  "order_rework", "overrule", "pass", "recall", "reject", "reopen", "report", "resolve", "resume", "self_handle", "sign", "suspend",
  "unanswered", "unmerge", "uphold", "urge", "verify", "void", "joined", "rated"].map((action) => `case.${action}`);

const state = (one) => (one.active ? chip(say("admin.active"), "good") : chip(say("admin.revoked")));

/** A secret is shown once: nobody can read it again. */
const secretBox = (pairs) => [make("p", {}, say("admin.secret_once")), facts(pairs.map(([name, text]) => [name, make("span", {class: "secret"}, text)]))];

function adding(pane, reload) {
  const made = form({
    lead: say("admin.system_lead"), submit: say("admin.system_add"), fields: [
      {name: "name", label: say("admin.name"), required: true, control: input("", {maxlength: 120})},
      {name: "roles", also: ["roles.0"], label: say("admin.role"), required: true, hint: say("admin.system_role_hint"), control: select([["platform", roleName("platform")]], "platform")}],
    sure: (said) => say("admin.system_sure", said), send: (said) => call("POST", CLIENTS, {name: said.name, roles: [said.roles]}),
    done: async (told, said) => {
      await reload();
      pane.open(said.name, secretBox([[say("admin.key_id"), told.key_id], [say("admin.secret"), told.secret]]));
    }});
  pane.open(say("admin.system_add"), made.box);
  made.focus();
}

async function webhook(pane, one) {
  const {items} = await call("GET", WEBHOOKS);
  const now = items.find((hook) => hook.client === one.id);
  const events = ticks(say("admin.events"), [...new Set([...EVENTS, ...(now?.events ?? [])])].map((event) => [event, sayOr(`event.${event}`, event)]),
    (event) => !now || now.events.includes(event));
  const made = form({
    lead: say("admin.webhook_lead"), submit: say("admin.save"), fields: [
      {name: "url", label: say("admin.webhook_url"), required: true, control: input(now?.url ?? "", {type: "url"})},
      {name: "events", label: "", required: true, ...events},
      {name: "active", label: "", ...tick(say("admin.webhook_on"), now?.active ?? true)}],
    sure: (said) => say("admin.webhook_sure", {name: one.name, url: said.url}),
    send: (said) => call("POST", WEBHOOKS, {client: one.id, ...said}),
    done: (told) => (told.secret ? pane.open(one.name, secretBox([[say("admin.secret"), told.secret]])) : (notice(say("admin.done"), "good"), pane.close()))});
  return make("details", {open: Boolean(now)}, make("summary", {}, say("admin.webhook")), made.box);
}

async function shown(pane, one, reload, mayExchange) {
  const done = async () => { await reload(); pane.close(); };
  const rotate = async () => {
    const told = await call("POST", `${CLIENTS}/${one.id}/secret`);
    pane.open(one.name, secretBox([[say("admin.key_id"), told.key_id], [say("admin.secret"), told.secret]]));
  };
  pane.open(one.name, make("p", {}, state(one)), facts([[say("admin.key_id"), one.key_id], [say("admin.role"), one.roles.map(roleName).join("、")],
    [say("admin.made"), when(one.created_at)]]), one.active && mayExchange && await webhook(pane, one), one.active && make("div", {class: "row"},
    doing(say("admin.secret_new"), {question: say("admin.secret_sure", {name: one.name}), work: rotate, kind: ""}),
    doing(say("admin.revoke"), {kind: "danger", danger: true, question: say("admin.system_revoke_sure", {name: one.name}),
      work: () => call("POST", `${CLIENTS}/${one.id}/revoke`), done})));
}

export function systemsPart(pane, mayExchange) {
  const list = pages({
    label: say("admin.systems"), none: say("admin.no_systems"),
    columns: [say("admin.name"), say("admin.key_id"), say("admin.role"), say("admin.state"), say("admin.made"), say("stuck.do")],
    fetch: (cursor) => call("GET", address(CLIENTS, {cursor})),
    row: (one) => [one.name, one.key_id, one.roles.map(roleName).join("、"), state(one), when(one.created_at),
      opener(one.id, say("admin.open"), () => shown(pane, one, list.load, mayExchange))]});
  return {list, add: () => adding(pane, list.load)};
}
