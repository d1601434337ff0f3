// A ZIP file of what waits, uncompressed: photos are compressed already, and any computer opens it.
const CRC = Uint32Array.from({length: 256}, (_, number) => {
  let value = number;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = CRC[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/** Little-endian numbers, each [value, bytes]. */
function numbers(...parts) {
  const made = new DataView(new ArrayBuffer(parts.reduce((sum, [, size]) => sum + size, 0)));
  let at = 0;
  for (const [value, size] of parts) {
    if (size === 4) made.setUint32(at, value, true);
    else made.setUint16(at, value, true);
    at += size;
  }
  return new Uint8Array(made.buffer);
}

const UTF8_NAMES = 0x0800;
const STORED = 0;
const FIRST_OF_JANUARY_1980 = 0x0021;

/** `members`: [name, Blob] pairs. PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16. */
export async function zip(members) {
  const parts = [];
  const index = [];
  let offset = 0;
  for (const [name, blob] of members) {
    const [title, crc] = [new TextEncoder().encode(name), crc32(new Uint8Array(await blob.arrayBuffer()))];
    const facts = [[20, 2], [UTF8_NAMES, 2], [STORED, 2], [0, 2], [FIRST_OF_JANUARY_1980, 2], [crc, 4],
      [blob.size, 4], [blob.size, 4], [title.length, 2], [0, 2]];
    const head = numbers([0x04034b50, 4], ...facts);
    parts.push(head, title, blob);
    index.push(numbers([0x02014b50, 4], [20, 2], ...facts, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]), title);
    offset += head.length + title.length + blob.size;
  }
  const size = index.reduce((sum, one) => sum + one.length, 0);
  const number = [members.length, 2];
  const end = numbers([0x06054b50, 4], [0, 2], [0, 2], number, number, [size, 4], [offset, 4], [0, 2]);
  return new Blob([...parts, ...index, end], {type: "application/zip"});
}
