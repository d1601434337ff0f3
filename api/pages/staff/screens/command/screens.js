// The screens of those who take calls, triage, dispatch, rule and supervise.
export const COMMAND = [
  {path: "/command/calls", title: "calls", needs: ["report.create.hotline"], load: () => import("../calls.js")},
  {path: "/command/moderation", title: "moderation", needs: ["moderation.decide"], load: () => import("../moderation.js")},
  {path: "/command/imports", title: "imports", needs: ["tickets.import"], load: () => import("../imports.js")},
];
