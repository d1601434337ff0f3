// Messages to people that nobody took: not what they say, nor to whom, only why not.
import {say, sayOr, when} from "../../language.js";
import {call} from "../../server.js";
import {nothing, part, retry, table} from "./part.js";

const MESSAGES = "/api/v1/admin/messages";

export const messagesPart = () => part(say("stuck.messages"), async (load) => {
  const {items, next} = await call("GET", `${MESSAGES}?limit=50`);
  if (!items.length) return nothing(say("stuck.no_messages"));
  return [
    retry(say("stuck.revive_all"), async () => {
      const {revived} = await call("POST", `${MESSAGES}/revive`, {});
      return say("stuck.revived", {n: revived});
    }, load),
    table(say("stuck.messages"), [say("stuck.case"), say("stuck.way"), say("stuck.to"), say("stuck.attempts"), say("stuck.fault"),
      say("stuck.failed"), say("stuck.do")], items.map((one) => [
      one.case, sayOr(`via.${one.via}`, one.via), one.to ?? "–", String(one.attempts), one.fault ?? "–", when(one.failed_at),
      retry(say("stuck.revive"), async () => {
        await call("POST", `${MESSAGES}/${one.id}/revive`);
        return say("stuck.revived", {n: 1});
      }, load)])),
    ...(next ? [nothing(say("stuck.more"))] : [])];
});
