// The screens of a department.
export const DESK = [
  {path: "/desk/queues", title: "desk_queues", needs: ["desk.use"], style: "./screens/desk/desk.css", load: () => import("./queues.js")},
  {path: "/desk/print/:numbers", title: "desk_print", needs: ["case.read"], style: "./screens/desk/desk.css", hidden: true, load: () => import("./print.js")},
];
