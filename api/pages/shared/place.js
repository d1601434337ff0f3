// Where the phone is: asked of the phone, with its accuracy; what can be done when it does not know is left to whoever holds it.
let last = null;

const fix = ({coords, timestamp}) => ({lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy, at: timestamp});

/** What is asked before the browser: functions that answer a position or raise an error. */
export const ways = [];

/** The last position of this page's life, at most `age` milliseconds old; else nothing. */
export const known = (age = 120_000) => (last && Date.now() - last.at < age ? last : null);

const ask = (options) => new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(
  (found) => { last = fix(found); resolve(last); }, reject, options));

/** A position {lon, lat, accuracy in metres, at}; by satellite if it comes within `timeout` milliseconds, else roughly.
 * Raises an error whose `name` is "denied" or "unknown". */
export async function locate(timeout = 20_000) {
  for (const way of ways) {
    try {
      last = await way();
      return last;
    } catch (error) {
      console.warn(error); // the browser may know
    }
  }
  if (!navigator.geolocation) throw Object.assign(new Error(), {name: "unknown"});
  try {
    return await ask({enableHighAccuracy: true, timeout, maximumAge: 10_000});
  } catch (error) {
    if (error.code === error.PERMISSION_DENIED) throw Object.assign(new Error(), {name: "denied"});
  }
  try {
    return await ask({enableHighAccuracy: false, timeout: 5000, maximumAge: 120_000});
  } catch {
    throw Object.assign(new Error(), {name: "unknown"});
  }
}

/** Be told of every move until the answer is called. `failed` hears when the phone does not know. */
export function watch(moved, failed = () => {}) {
  if (!navigator.geolocation) return () => {};
  const id = navigator.geolocation.watchPosition(
    (found) => { last = fix(found); moved(last); }, failed, {enableHighAccuracy: true, maximumAge: 5000});
  return () => navigator.geolocation.clearWatch(id);
}
