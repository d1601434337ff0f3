// Lines of status that are owed to other systems: how each system's webhook fares, and the lines that were given up.
import {ask, make} from "../../dom.js";
import {say, sayOr, when} from "../../language.js";
import {call} from "../../server.js";
import {nothing, part, retry, table} from "./part.js";

const EXCHANGE = "/api/v1/exchange";
const MOST = 1000;

const counted = (number) => (number >= MOST ? `${MOST}+` : String(number));

function standing(one) {
  if (!one.active) return make("span", {class: "chip"}, say("stuck.off"));
  if (one.dead) return make("span", {class: "chip alarm"}, say("stuck.dead"));
  return one.waiting ? make("span", {class: "chip wait"}, say("stuck.waiting")) : make("span", {class: "chip good"}, say("stuck.well"));
}

const revived = (client) => async () => {
  const {lines} = await call("POST", `${EXCHANGE}/stuck/revive`, {client});
  return say("stuck.revived", {n: lines});
};

/** The whole feed goes again; the system knows lines by their ids and drops what it has. */
async function replayed(client, name) {
  if (!await ask(say("stuck.replay_sure", {name}), {kind: "strong"})) return say("stuck.not_done");
  const {lines} = await call("POST", `${EXCHANGE}/replay`, {client});
  return say("stuck.replayed", {n: lines});
}

function overview(items, load) {
  return table(say("stuck.webhooks"), [say("stuck.system"), say("stuck.state"), say("stuck.waits"), say("stuck.given_up"),
    say("stuck.since"), say("stuck.fault"), say("stuck.do")], items.map((one) => [
    [one.name, make("span", {class: "quiet address"}, one.url)], standing(one), counted(one.waiting), counted(one.dead),
    one.oldest_at ? when(one.oldest_at) : "–", one.fault ?? "–",
    make("div", {class: "row"}, one.dead > 0 && retry(say("stuck.revive"), revived(one.client), load),
      retry(say("stuck.replay"), () => replayed(one.client, one.name), load))]));
}

function lines(items, more, load) {
  if (!items.length) return [];
  return [make("h3", {}, say("stuck.lines")), table(say("stuck.lines"), [say("stuck.ticket"), say("stuck.system"), say("stuck.case"),
    say("stuck.event"), say("stuck.attempts"), say("stuck.fault"), say("stuck.failed"), say("stuck.do")], items.map((one) => [
    one.ticket, one.client, one.case, sayOr(`event.${one.event}`, one.event), String(one.attempts), one.fault ?? "–", when(one.failed_at),
    retry(say("stuck.revive"), async () => {
      await call("POST", `${EXCHANGE}/stuck/${one.id}/revive`);
      return say("stuck.revived", {n: 1});
    }, load)])), more && nothing(say("stuck.more"))].filter(Boolean);
}

export const webhooksPart = () => part(say("stuck.webhooks"), async (load) => {
  const {webhooks, stuck} = await call("GET", `${EXCHANGE}/standing`);
  return webhooks.length ? [overview(webhooks, load), ...lines(stuck.items, stuck.next, load)] : nothing(say("stuck.no_webhooks"));
});
