// The screens of those who keep the system: people, rules, queues.
const style = "./screens/admin/admin.css";

export const ADMIN = [
  {path: "/command/admin/people", title: "people", needs: ["users.manage"], load: () => import("./people.js"), style},
  {path: "/command/admin/posts", title: "posts", needs: ["posts.manage"], load: () => import("./posts.js"), style},
  {path: "/command/admin/roles", title: "roles", needs: ["users.read"], load: () => import("./roles.js"), style},
  {path: "/command/admin/rosters", title: "rosters", needs: ["duties.read"], load: () => import("./rosters.js"), style},
  {path: "/command/admin/areas", title: "areas", needs: ["areas.import"], load: () => import("./areas.js"), style},
  {path: "/command/admin/taxonomy", title: "taxonomy", needs: ["taxonomy.import"], load: () => import("./taxonomy.js"), style},
  {path: "/command/admin/rules", title: "rules", needs: ["rules.manage"], load: () => import("./rules.js"), style},
  {path: "/command/admin/calendar", title: "calendar", needs: ["calendar.import"], load: () => import("./calendar.js"), style},
  {path: "/command/admin/limits", title: "limits", needs: ["policy.manage"], load: () => import("./limits.js"), style},
  {path: "/command/admin/templates", title: "templates", needs: ["templates.manage"], load: () => import("./templates.js"), style},
  {path: "/command/admin/forms", title: "forms", needs: ["forms.manage"], load: () => import("./forms.js"), style},
  {path: "/command/admin/clients", title: "clients", needs: ["clients.manage"], load: () => import("./clients.js"), style},
  {path: "/command/admin/devices", title: "devices", needs: ["devices.manage"], load: () => import("./devices.js"), style},
  {path: "/command/admin/queues", title: "stuck", needs: ["queues.manage", "exchange.manage", "messages.manage"],
    load: () => import("../stuck.js")},
];
