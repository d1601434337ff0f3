// Which screens there are, by their address: the name of their title, and the permissions of which any one lets in.
export const SCREENS = {
  "/command/calls": {title: "calls", needs: ["report.create.hotline"], load: () => import("./calls.js")},
  "/command/moderation": {title: "moderation", needs: ["moderation.decide"], load: () => import("./moderation.js")},
  "/command/imports": {title: "imports", needs: ["tickets.import"], load: () => import("./imports.js")},
  "/command/stuck": {title: "stuck", needs: ["queues.manage", "exchange.manage", "messages.manage"], load: () => import("./stuck.js")},
};
