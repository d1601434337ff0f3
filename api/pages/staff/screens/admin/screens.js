// The screens of those who keep the system: people, rules, queues.
export const ADMIN = [
  {path: "/command/stuck", title: "stuck", needs: ["queues.manage", "exchange.manage", "messages.manage"], load: () => import("../stuck.js")},
];
