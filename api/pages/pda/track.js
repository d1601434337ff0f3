// The track of a round: points are kept on the phone as they come and handed over in batches, only while on duty.
import * as store from "./store.js";
import {save} from "./operations.js";

const BATCH = 60;

/** The round that is on: {id, since}, or nothing. */
export const current = () => store.get("meta", "round");

/** Keep a point: [longitude, latitude, accuracy in metres, milliseconds since 1970 by the phone's clock], if that round is
 * still on: another page may have ended it. True if it was kept. */
export const keep = (round, point) => store.write(["points", "meta"], async (points, meta) => {
  const on = await store.answer(meta.get("round"));
  if (on?.id !== round) return false;
  await store.answer(points.add({round, point}));
  return true;
});

/** How many points are not handed over yet. */
export const waiting = () => store.read(["points"], (points) => store.answer(points.count()));

async function oldest() {
  return store.read(["points"], async (points) => {
    const wanted = [points.getAllKeys(null, BATCH), points.getAll(null, BATCH)];
    const [keys, values] = await Promise.all(wanted.map(store.answer));
    return values.map((value, number) => ({...value, key: keys[number]})).filter((one) => one.round === values[0].round);
  });
}

/** Make operations of the points that wait: of whole batches, or with `rest` of all. The points leave in the transaction
 * in which their operation is kept, so none is lost or handed over twice. */
export const handOver = ({rest = false} = {}) => navigator.locks.request("zhiwang-track", async () => {
  while ((await waiting()) >= (rest ? 1 : BATCH)) {
    const batch = await oldest();
    await save("track", {round: batch[0].round, points: batch.map(({point}) => point)}, {points: batch.map(({key}) => key)});
  }
});
