// The screens of leaders: the day at one look, the map, the figures, the warnings.
const STYLE = "./screens/cockpit/cockpit.css";

export const COCKPIT = [
  {path: "/cockpit/today", title: "cockpit_today", needs: ["cockpit.read"], style: STYLE, load: () => import("./today.js")},
  {path: "/cockpit/map", title: "cockpit_map", needs: ["cockpit.read"], style: STYLE, load: () => import("./map.js")},
  {path: "/cockpit/figures", title: "cockpit_figures", needs: ["performance.read"], style: STYLE, load: () => import("./figures.js")},
  {path: "/cockpit/scorecards", title: "cockpit_scorecards", needs: ["scorecards.read"], style: STYLE, load: () => import("./scorecards.js")},
  {path: "/cockpit/scorecards/:id", title: "cockpit_scorecard", needs: ["scorecards.read"], style: STYLE, hidden: true, load: () => import("./scorecard.js")},
  {path: "/cockpit/appeals", title: "cockpit_appeals", needs: ["scorecards.read"], style: STYLE, hidden: true, load: () => import("./appeals.js")},
  {path: "/cockpit/warnings", title: "cockpit_warnings", needs: ["warnings.read"], style: STYLE, load: () => import("./warnings.js")},
  {path: "/cockpit/warnings/:id", title: "cockpit_warning", needs: ["warnings.read"], style: STYLE, hidden: true, load: () => import("./warning.js")},
];
