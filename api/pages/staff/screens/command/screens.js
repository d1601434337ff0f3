// The screens of those who take calls, triage, dispatch, rule and supervise.
const STYLE = "./screens/command/command.css";

export const COMMAND = [
  {path: "/command/calls", title: "calls", needs: ["report.create.hotline"], load: () => import("../calls.js")},
  {path: "/command/triage", title: "triage", needs: ["triage.read"], load: () => import("./triage.js"), style: STYLE},
  {path: "/command/dispatch", title: "dispatch", needs: ["rules.propose"], load: () => import("./dispatch.js"), style: STYLE},
  {path: "/command/returns", title: "returns", needs: ["rulings.read"], load: () => import("./returns.js"), style: STYLE},
  {path: "/command/supervision", title: "supervision", needs: ["orders.read"], load: () => import("./supervision.js"), style: STYLE},
  {path: "/command/find", title: "find", needs: ["holds.take", "orders.read"], load: () => import("../desk/find.js"), style: "./screens/desk/desk.css"},
  {path: "/command/moderation", title: "moderation", needs: ["moderation.decide"], load: () => import("../moderation.js")},
  {path: "/command/imports", title: "imports", needs: ["tickets.import"], load: () => import("../imports.js")},
];
