// Keeps one whole release of the page on the phone and answers from it; sends what waits when the browser finds a network.
import {run} from "./sync.js";

/** To be called while the service worker starts: later its listeners would not be heard. `page` is its address without "/". */
export function serve({page, name, address, files}) {
  const ours = `zhiwang-${page}-`;
  const cacheName = ours + name;
  const shell = `${address}/index.html`;

  self.addEventListener("install", (event) => event.waitUntil(keep()));
  self.addEventListener("activate", (event) => event.waitUntil(replace()));
  self.addEventListener("message", ({data}) => { if (data === "replace") self.skipWaiting(); });
  self.addEventListener("sync", (event) => event.waitUntil(sendAll()));
  self.addEventListener("fetch", (event) => {
    const {pathname} = new URL(event.request.url);
    const opens = event.request.mode === "navigate" && pathname.replace(/\/$/, "") === `/${page}`;
    if (opens) event.respondWith(from(shell, event.request));
    else if (pathname.startsWith(`${address}/`)) event.respondWith(from(pathname, event.request));
  });

  /** All files or none: one that is missing (the server has moved on to another release) fails the whole. */
  async function keep() {
    const cache = await caches.open(cacheName);
    await cache.addAll([shell, ...files.map((file) => `${address}/${file}`)].map((url) => new Request(url, {cache: "reload"})));
  }

  async function replace() {
    const old = (await caches.keys()).filter((key) => key.startsWith(ours) && key !== cacheName);
    await Promise.all(old.map((key) => caches.delete(key)));
    await self.clients.claim();
  }

  async function from(url, request) {
    return await (await caches.open(cacheName)).match(url) ?? fetch(request);
  }
}

/** The browser tries again later, with growing pauses, when this fails. */
async function sendAll() {
  const {away, busy} = await run();
  if (away || busy) throw new Error("not all is sent yet");
}
