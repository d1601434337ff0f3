// A photo as the camera made it: kept whole (place and time stand inside it), known by its hash, with a small one for lists.
const SMALL = 320;

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function preview(blob) {
  try {
    const picture = await createImageBitmap(blob);
    const scale = Math.min(1, SMALL / Math.max(picture.width, picture.height));
    const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return await canvas.convertToBlob({type: "image/jpeg", quality: 0.7});
  } catch {
    return null; // a kind that this browser does not draw; the server may
  }
}

/** What a file chosen by the worker becomes: {blob, sha256, name, purpose, preview}. The camera's own file may vanish, so its
 * bytes are copied. */
export async function taken(file, purpose) {
  const bytes = await file.arrayBuffer();
  const blob = new Blob([bytes], {type: file.type || "image/jpeg"});
  const sha256 = hex(await crypto.subtle.digest("SHA-256", bytes));
  return {blob, sha256, name: file.name, purpose, preview: await preview(blob)};
}
