// Where a photo was taken, as the camera wrote it into the file (EXIF of a JPEG): read on the phone, WGS-84.
const ENOUGH = 256 * 1024;
const EXIF = 0x45786966;
const GPS = 0x8825;
const LATITUDE_REF = 1, LATITUDE = 2, LONGITUDE_REF = 3, LONGITUDE = 4;

/** Where the TIFF block of the EXIF begins, or -1. */
function tiffOf(view) {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return -1;
  let at = 2;
  while (at + 10 < view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xda) return -1; // the picture itself begins
    if (marker === 0xe1 && view.getUint32(at + 4) === EXIF) return at + 10;
    at += 2 + view.getUint16(at + 2);
  }
  return -1;
}

/** The entries of a directory: tag → where its value stands, counted from the TIFF's beginning. */
function entries(view, at, little) {
  const found = new Map();
  const count = view.getUint16(at, little);
  for (let number = 0; number < count; number += 1) found.set(view.getUint16(at + 2 + 12 * number, little), at + 2 + 12 * number + 8);
  return found;
}

function degrees(view, at, little) {
  const [whole, minutes, seconds] = [0, 1, 2].map((part) =>
    view.getUint32(at + 8 * part, little) / view.getUint32(at + 8 * part + 4, little));
  return whole + minutes / 60 + seconds / 3600;
}

function placeIn(view) {
  const little = view.getUint16(0) === 0x4949;
  const first = entries(view, view.getUint32(4, little), little);
  if (!first.has(GPS)) return null;
  const gps = entries(view, view.getUint32(first.get(GPS), little), little);
  if (!gps.has(LATITUDE) || !gps.has(LONGITUDE)) return null;
  const sign = (tag, negative) => (gps.has(tag) && view.getUint8(gps.get(tag)) === negative.charCodeAt(0) ? -1 : 1);
  const of = (tag) => degrees(view, view.getUint32(gps.get(tag), little), little);
  const place = {lon: sign(LONGITUDE_REF, "W") * of(LONGITUDE), lat: sign(LATITUDE_REF, "S") * of(LATITUDE)};
  const isThere = Number.isFinite(place.lon) && Number.isFinite(place.lat) && (place.lon !== 0 || place.lat !== 0)
    && Math.abs(place.lon) <= 180 && Math.abs(place.lat) <= 90;
  return isThere ? place : null;
}

/** {lon, lat}, or null where the file does not say: cut short, of another kind, or stripped by the phone. */
export async function placeOf(blob) {
  const buffer = await blob.slice(0, ENOUGH).arrayBuffer();
  try {
    const begin = tiffOf(new DataView(buffer));
    return begin < 0 ? null : placeIn(new DataView(buffer, begin));
  } catch (error) {
    if (error instanceof RangeError) return null; // it points outside of itself
    throw error;
  }
}
