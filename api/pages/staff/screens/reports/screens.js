// Bulletins and exports.
const style = "./screens/reports/reports.css";

export const REPORTS = [
  {path: "/cockpit/bulletins", title: "bulletins", needs: ["bulletins.read"], style, load: () => import("./bulletins.js")},
  {path: "/cockpit/bulletins/:id", title: "bulletin", needs: ["bulletins.read"], hidden: true, style, load: () => import("./bulletin.js")},
  {path: "/cockpit/exports", title: "exports", needs: ["performance.read"], style, load: () => import("./exports.js")},
  {path: "/desk/remarks", title: "remarks", needs: ["remarks.answer"], style, load: () => import("./remarks.js")},
  {path: "/desk/exports", title: "exports", needs: ["exports.make"], style, load: () => import("./exports.js")},
];
