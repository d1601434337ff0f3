// What became of the report just made: kept on the phone, then received, with the number to ask for.
import {link, strong} from "../cards.js";
import {icon, make, redraw} from "../dom.js";
import {dial} from "../emergency.js";
import {similarCard} from "../fields/similar.js";
import {say} from "../language.js";
import {sameAs, waiting} from "../outbox.js";
import {linkTo, share} from "../sharing.js";
import * as store from "../store.js";

const MOST_KNOWN = 3;

/** Somebody who reported without a network learns only now that he should have called. */
const call = ({number, words}) => make("section", {class: "panel emergency"}, make("p", {class: "lead"}, words), dial(number));

function received(one) {
  return [one.call && call(one.call), make("section", {class: "panel done"}, icon("done"), make("h2", {}, say("sent.done")),
    make("p", {}, say("sent.number"), " ", make("strong", {class: "big"}, one.number)),
    make("p", {class: "hint"}, say("sent.keep")),
    one.held && make("p", {}, say("sent.held")),
    one.left > 0 && make("p", {class: "fault"}, say("sent.left", {n: one.left})),
    link(`#/track/${one.number}`, say("sent.track"), "strong wide"),
    share(linkTo(one), say("share.own")))];
}

/** Where many report at once: what is known there, and a touch that lets this one through. */
const crowd = ({key, similar}) => similar?.length > 0 && make("div", {class: "crowd"}, make("p", {}, say("sent.crowded")),
  make("ul", {class: "cards"}, similar.slice(0, MOST_KNOWN).map((one) => similarCard(one, () => sameAs(key, one.same_as)))));

const waits = (one, away) => make("section", {class: "panel done"}, icon("wait"), make("h2", {}, say("sent.kept")),
  make("p", {}, say(away ? "sent.away" : "sent.going")), make("p", {}, strong(one.about.title)),
  make("p", {class: "hint"}, say("sent.safe")), crowd(one));

const refused = () => make("section", {class: "panel warn"}, make("h2", {}, say("sent.refused")),
  link("#/mine", say("sent.look"), "strong wide"));

export async function show(room, key) {
  async function draw() {
    const [queue, receipts, sync] = await Promise.all([waiting(), store.all("receipts"), store.get("meta", "sync")]);
    const receipt = receipts.find((one) => one.key === key);
    const mine = queue.find((one) => one.key === key);
    const shown = receipt ? received(receipt) : mine?.state === "refused" ? refused() : mine && waits(mine, sync?.away);
    redraw(room, shown ?? make("p", {class: "empty"}, say("sent.gone")),
      make("div", {class: "row"}, link("#/report", say("sent.another")), link("#/mine", say("nav.mine"))));
  }
  await draw();
  return {refresh: draw};
}
