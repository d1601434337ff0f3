// Addresses to pass on. A report's token stands behind "#", which no browser sends to any server.
import {button, notice} from "./dom.js";
import {say} from "./language.js";

/** The address at which a report is followed, on any device; whoever has it may see and answer. */
export const linkTo = ({number, token}) =>
  `${location.origin}/snap?track=${encodeURIComponent(number)}${token ? `#token=${encodeURIComponent(token)}` : ""}`;

/** The address of a public case. */
export const linkToCase = (number) => `${location.origin}/snap#/case/${encodeURIComponent(number)}`;

async function pass(url) {
  if (navigator.share) {
    try {
      await navigator.share({url, title: say("app")});
      return;
    } catch (error) {
      if (error.name === "AbortError") return;
    }
  }
  try {
    await navigator.clipboard.writeText(url);
    notice(say("share.copied"), "good");
  } catch {
    window.prompt(say("share.copy"), url); // a browser that lets no page write to the clipboard
  }
}

export const share = (url, text) => button(text, () => pass(url), {kind: "quiet wide", picture: "share"});

/** What an address of ours asks to be followed: {number, token?}, or nothing. */
export function asked(address = location) {
  const number = new URLSearchParams(address.search).get("track");
  if (!number) return null;
  const token = new URLSearchParams(address.hash.replace(/^#/, "")).get("token");
  return {number: number.trim().toUpperCase(), token};
}
