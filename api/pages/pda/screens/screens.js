// Which screens there are: by the first word of the address, with the key of its title and the tab it belongs under.
import * as about from "./settings.js";
import * as cases from "./case.js";
import * as edit from "./edit.js";
import * as entry from "./entry.js";
import * as link from "./link.js";
import * as login from "./login.js";
import * as messages from "./messages.js";
import * as registers from "./registers.js";
import * as report from "./report.js";
import * as round from "./round.js";
import * as task from "./task.js";
import * as today from "./today.js";
import * as visit from "./visit.js";
import * as waiting from "./waiting.js";

export const SCREENS = {
  login: {title: "app", show: login.show},
  today: {title: "nav.today", show: today.show},
  case: {title: "case", under: "today", show: cases.show},
  task: {title: "task", under: "today", show: task.show},
  report: {title: "nav.report", show: report.show},
  registers: {title: "nav.registers", show: registers.show},
  entry: {title: "entry", under: "registers", show: entry.show},
  edit: {title: "edit", under: "registers", show: edit.show},
  visit: {title: "visit", under: "registers", show: visit.show},
  link: {title: "link", under: "registers", show: link.show},
  round: {title: "nav.round", show: round.show},
  messages: {title: "nav.messages", under: "today", show: messages.show},
  sync: {title: "nav.sync", under: "today", show: waiting.show},
  settings: {title: "nav.settings", show: about.show},
};
