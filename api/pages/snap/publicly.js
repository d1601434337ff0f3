// What everybody may know of the city's cases: lists around a place, one case, and how many lie where.
import {language} from "./language.js";
import {open} from "./server.js";

const ADDRESS = "/api/v1/public";
const LIMIT = 20;

/** Degrees a side of a box that the server counts within. */
const WIDEST = 1;

const query = (wanted) => new URLSearchParams(Object.entries({...wanted, lang: language()})
  .filter(([, value]) => value !== null && value !== undefined && value !== ""));

const text = ({west, south, east, north}) => [west, south, east, north].map((one) => one.toFixed(4)).join(",");

/** A box of so many degrees around a point. */
export const around = ({lon, lat}, degrees) => text({west: lon - degrees, south: lat - degrees, east: lon + degrees, north: lat + degrees});

/** A page of cases: {items, next}. Raises Away or Problem. */
export const cases = (wanted) => open("GET", `${ADDRESS}/cases?${query({limit: LIMIT, ...wanted})}`);

/** One case with its steps. Raises Away or Problem. */
export const one = (number) => open("GET", `${ADDRESS}/cases/${encodeURIComponent(number)}?${query({})}`);

/** How many there are where, within the box that a map shows, or in the whole city: [{lon, lat, count, kind, bbox, community,
 * code}], by square, tile or community. Raises Away or Problem. */
export async function counts(box, wanted) {
  const fits = box && box.east - box.west <= WIDEST && box.north - box.south <= WIDEST;
  const {features} = await open("GET", `${ADDRESS}/map?${query({...wanted, bbox: fits ? text(box) : null})}`);
  return features.filter(({geometry}) => geometry).map(({geometry: {coordinates: [lon, lat]}, bbox, properties}) => ({
    lon, lat, bbox: bbox?.join(",") ?? null, count: properties.count, kind: properties.kind, community: properties.community,
    code: properties.community_code}));
}
