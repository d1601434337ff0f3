// Inside WeChat's browser, where the city has an account there: the place is asked of WeChat, and whoever opened the page may
// be known by his account. Elsewhere, and without an account, nothing of it is loaded nor offered.
import {ways} from "./place.js";
import {ifThere, json} from "./server.js";

const IN_WECHAT = /MicroMessenger/i;
const ON_IPHONE = /iPhone|iPad/i;

let isOn = false;

/** `entry` is the address with which the page was opened: an iPhone has that one signed, others the one that is shown. */
export async function begin(entry) {
  if (!IN_WECHAT.test(navigator.userAgent)) return;
  const address = ON_IPHONE.test(navigator.userAgent) ? entry : location.href.split("#")[0];
  const signed = await ifThere(json("GET", `/api/v1/wechat/signature?url=${encodeURIComponent(address)}`));
  if (!signed) return;
  isOn = true;
  ways.push((await import("./wechat.js")).locator(signed));
}

/** The way to WeChat and back, on which it says who has the page open; null where there is none. */
export const wayIn = () => (isOn ? "/api/v1/wechat/h5?to=/snap" : null);

/** What the address brings from there: a ticket, "failed", or nothing. */
export const brought = (address = location) => new URLSearchParams(address.hash.replace(/^#/, "")).get("wechat");
