// What everybody may know of the city's cases: lists around a place, one case, and how many lie in which square.
import {open} from "./server.js";

const ADDRESS = "/api/v1/public";
const LIMIT = 20;

const query = (wanted) => new URLSearchParams(Object.entries(wanted).filter(([, value]) => value !== null && value !== undefined && value !== ""));

/** A box of so many degrees around a point, as the server wants it. */
export const around = ({lon, lat}, degrees) =>
  [lon - degrees, lat - degrees, lon + degrees, lat + degrees].map((one) => one.toFixed(4)).join(",");

/** A page of cases: {items, next}. Raises Away or Problem. */
export const cases = (wanted) => open("GET", `${ADDRESS}/cases?${query({limit: LIMIT, ...wanted})}`);

/** One case. Raises Away or Problem. */
export const one = (number) => open("GET", `${ADDRESS}/cases/${encodeURIComponent(number)}`);
