// One case on one page, for everybody who works on it.
export const CASE = [
  {path: "/desk/cases/:number", title: "case", needs: ["case.read"], hidden: true, style: "./screens/case/case.css",
    load: () => import("./case.js")},
];
