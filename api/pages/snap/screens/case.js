// One case as everybody may see it: no words of its reporters but those that were released, and no place nearer than its square.
import {facts} from "../cards.js";
import {add, empty, make} from "../dom.js";
import {inWords} from "../faults.js";
import {say, when} from "../language.js";
import {openMap} from "../map.js";
import {pictures} from "../pictures.js";
import {one} from "../publicly.js";
import {linkToCase, share} from "../sharing.js";
import {follow} from "../subscriptions.js";
import {timeline} from "../timeline.js";

export async function show(room, number) {
  const ground = make("div", {class: "map small"});
  try {
    const told = await one(number);
    add(room, make("section", {class: "panel"}, make("p", {class: "big"}, told.category ?? say("similar.problem")),
      told.words && make("p", {class: "said"}, told.words), facts([
        [say("case.stands"), told.stands], [say("track.number"), told.number], [say("case.community"), told.community],
        [say("case.opened"), when(told.opened_at)], [say("track.closed"), told.closed_at && when(told.closed_at)],
        [say("track.department"), told.department], [say("case.count"), String(told.report_count)]])),
    pictures(told.photos), timeline(say("track.steps"), told.steps), told.square && [ground, make("p", {class: "hint"}, say("case.square"))],
    follow({kind: "case", what: told.number}),
    told.community_code && follow({kind: "area", what: told.community_code}, say("follow.area", {name: told.community})),
    told.category_code && follow({kind: "category", what: told.category_code}, say("follow.category", {name: told.category})), share(linkToCase(told.number), say("share.case")));
    if (!told.square) return {};
    const map = await openMap(ground, {around: told.square, zoom: 16});
    map.show([{...told.square, text: "", kind: "square", label: say("case.square")}]);
    return {leave: () => map.remove()};
  } catch (error) {
    add(room, empty(inWords(error), make("a", {class: "button", href: "#/near"}, say("nav.near"))));
    return {};
  }
}
