// Which screens there are: by the first word of the address, with the key of its title and the tab it belongs under.
import * as adopt from "./adopt.js";
import * as adoption from "./adoption.js";
import * as adoptions from "./adoptions.js";
import * as data from "./data.js";
import * as following from "./following.js";
import * as mine from "./mine.js";
import * as near from "./near.js";
import * as one from "./case.js";
import * as points from "./points.js";
import * as report from "./report.js";
import * as sent from "./sent.js";
import * as settings from "./settings.js";
import * as signin from "./signin.js";
import * as track from "./track.js";

export const SCREENS = {
  report: {title: "nav.report", show: report.show},
  sent: {title: "nav.report", under: "report", show: sent.show},
  near: {title: "nav.near", show: near.show},
  case: {title: "case", under: "near", show: one.show},
  mine: {title: "nav.mine", show: mine.show},
  track: {title: "track", under: "mine", show: track.show},
  following: {title: "follow.list", under: "mine", show: following.show},
  points: {title: "points", under: "mine", show: points.show},
  adoptions: {title: "adoptions", under: "mine", show: adoptions.show},
  adoption: {title: "adoption", under: "adoptions", show: adoption.show},
  adopt: {title: "adopt", under: "adoptions", show: adopt.show},
  signin: {title: "sign.in", under: "mine", show: signin.show},
  data: {title: "data", under: "settings", show: data.show},
  settings: {title: "nav.settings", show: settings.show},
};
