// The areas that a map outlines: those of the worker's posts and what lies inside, as the server told.
import * as store from "./store.js";

/** Areas with an outline: {name, level, outline: rings of [lon, lat]}. */
export const outlined = async () => (await store.items("area")).filter(({outline}) => outline?.length);

/** Where a map opens while no position is known: in the own grid; null before its outline has come. */
export async function middle() {
  const grid = (await outlined()).find(({level}) => level === "grid");
  if (!grid) return null;
  const [ring] = grid.outline;
  const mean = (place) => ring.reduce((sum, point) => sum + point[place], 0) / ring.length;
  return {lon: mean(0), lat: mean(1)};
}
