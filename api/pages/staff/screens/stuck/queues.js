// Batches of work that were given up, by queue, with the kinds of faults; what they said stands in the log.
import {make} from "../../dom.js";
import {say, sayOr, when} from "../../language.js";
import {call} from "../../server.js";
import {nothing, part, retry, table} from "./part.js";

const QUEUES = "/api/v1/admin/queues";

const fault = (one) => make("li", {}, make("code", {}, one.job), ` ${one.fault} × ${one.batches}`,
  one.last_at && make("span", {class: "quiet"}, ` ${when(one.last_at)}`));

export const queuesPart = () => part(say("stuck.queues"), async (load) => {
  const {items} = await call("GET", QUEUES);
  if (!items.length) return nothing(say("stuck.no_queues"));
  return table(say("stuck.queues"), [say("stuck.queue"), say("stuck.waits"), say("stuck.given_up"), say("stuck.fault"), say("stuck.do")],
    items.map((one) => [sayOr(`queue.${one.name}`, one.name), String(one.waiting), String(one.dead),
      one.faults.length ? make("ul", {class: "plain"}, one.faults.map(fault)) : "–",
      one.dead > 0 ? retry(say("stuck.revive"), async () => {
        const {revived} = await call("POST", `${QUEUES}/${encodeURIComponent(one.name)}/revive`);
        return say("stuck.revived", {n: revived});
      }, load) : "–"]));
});
