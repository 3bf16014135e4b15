// Writes a ZIP file (APPNOTE.TXT 6.3.10) without compression: what is attached is mostly compressed already, and nothing
// has to be held twice. Names are UTF-8 (bit 11); no ZIP64, as a letter is far below its limits.

const MOST_BYTES = 0xffffffff;
const MOST_FILES = 0xffff;
const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) { value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1; }
  return value;
});

function addToCRC(crc, bytes) {
  let value = crc;
  for (let i = 0; i < bytes.length; i += 1) { value = CRC[(value ^ bytes[i]) & 255] ^ (value >>> 8); }
  return value;
}

// Numbers as little-endian bytes: [value, width in bytes], ….
function record(...fields) {
  const bytes = new Uint8Array(fields.reduce((sum, [, width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [value, width] of fields) {
    if (width === 4) { view.setUint32(at, value, true); } else { view.setUint16(at, value, true); }
    at += width;
  }
  return bytes;
}

// Local time in the two numbers of MS-DOS; their years go from 1980 to 2107.
function dosTime(date) {
  const year = Math.min(Math.max(date.getFullYear(), 1980), 2107) - 1980;
  return [
    [date.getHours() << 11 | date.getMinutes() << 5 | date.getSeconds() >> 1, 2],
    [year << 9 | (date.getMonth() + 1) << 5 | date.getDate(), 2],
  ];
}

/// Names that differ on every system: `a.txt` and `A.txt` become `a.txt` and `A (2).txt`.
export function distinctNames(names) {
  const taken = new Set();
  return names.map((name) => {
    const dot = name.lastIndexOf(".");
    const [stem, tail] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
    let made = name;
    for (let number = 2; taken.has(made.toLowerCase()); number += 1) { made = `${stem} (${number})${tail}`; }
    taken.add(made.toLowerCase());
    return made;
  });
}

/// The ZIP file of `files`, each { name, pieces() }, as a Blob. `breathe` is awaited now and then; it may throw to stop.
export async function makeZip(files, date, breathe) {
  if (files.length > MOST_FILES) { throw new RangeError("files"); }
  const names = distinctNames(files.map((file) => file.name)).map((name) => new TextEncoder().encode(name));
  const parts = [], directory = [];
  let offset = 0, directoryBytes = 0;
  for (const [number, file] of files.entries()) {
    const name = names[number], content = [];
    let crc = 0xffffffff, bytes = 0;
    for (const piece of file.pieces()) {
      crc = addToCRC(crc, piece);
      bytes += piece.length;
      content.push(new Blob([piece]));
      await breathe();
    }
    // Version 2.0, UTF-8 name, stored.
    const described = [[20, 2], [0x0800, 2], [0, 2], ...dosTime(date), [~crc >>> 0, 4], [bytes, 4], [bytes, 4], [name.length, 2], [0, 2]];
    parts.push(record([0x04034b50, 4], ...described), name, ...content);
    // Made on Unix: an ordinary file, readable by everybody.
    directory.push(record([0x02014b50, 4], [0x0314, 2], ...described, [0, 2], [0, 2], [0, 2], [0o100644 * 65536, 4], [offset, 4]), name);
    offset += 30 + name.length + bytes;
    directoryBytes += 46 + name.length;
    if (offset + directoryBytes > MOST_BYTES) { throw new RangeError("bytes"); }
  }
  const end = record([0x06054b50, 4], [0, 4], [files.length, 2], [files.length, 2], [directoryBytes, 4], [offset, 4], [0, 2]);
  return new Blob([...parts, ...directory, end], { type: "application/octet-stream" });
}
