// Distances on the ground, and the order in which to walk: what is urgent or late first, within that always the nearest next.
const EARTH = 6_371_000;
const SOON = 2 * 3600 * 1000;

const radians = (degrees) => (degrees * Math.PI) / 180;

/** Metres between two points {lon, lat}. */
export function distance(one, other) {
  const [lat, lat2] = [radians(one.lat), radians(other.lat)];
  const height = Math.sin((lat2 - lat) / 2) ** 2
    + Math.cos(lat) * Math.cos(lat2) * Math.sin(radians(other.lon - one.lon) / 2) ** 2;
  return 2 * EARTH * Math.asin(Math.sqrt(height));
}

/** Whether it is known where something lies. */
export const isPlaced = ({lon}) => lon !== null && lon !== undefined;

/** 0: urgent or late, 1: due within two hours, 2: the rest. */
function pressing(duty, now = Date.now()) {
  const due = duty.due_at ? new Date(duty.due_at).getTime() : Infinity;
  if (duty.urgent || duty.overdue || due < now) return 0;
  return due < now + SOON ? 1 : 2;
}

const byDue = (one, other) => String(one.due_at ?? "9").localeCompare(String(other.due_at ?? "9"));

/** The duties in the order to walk them from `start` ({lon, lat}, or nothing: then by due time). What lies nowhere comes last
 * in its class. */
export function order(duties, start, now = Date.now()) {
  const classes = [[], [], []];
  for (const duty of duties) classes[pressing(duty, now)].push(duty);
  let here = start;
  return classes.flatMap((members) => {
    if (!here) return members.sort(byDue);
    const placed = members.filter(isPlaced);
    const walk = [];
    while (placed.length) {
      const next = placed.reduce((best, one) => (distance(here, one) < distance(here, best) ? one : best));
      placed.splice(placed.indexOf(next), 1);
      walk.push(next);
      here = next;
    }
    return [...walk, ...members.filter((one) => !walk.includes(one)).sort(byDue)];
  });
}
