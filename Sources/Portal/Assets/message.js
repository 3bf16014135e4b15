// Reads parts of a message out of its bytes by the index: transfer encodings (RFC 2045), charsets, names of files. A
// message is a Plaintext; a part is decoded piece by piece, so that a long one never lies in memory twice.

import { join } from "./plaintext.js";

const BASE64 = new Uint8Array(256).fill(255);
"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".split("").forEach((character, value) => {
  BASE64[character.charCodeAt(0)] = value;
});

// Lenient base64: what is no letter of it is skipped, and padding in the middle ends a group, not the part.
function base64Decoder() {
  let group = 0, count = 0;
  return (bytes, last) => {
    const out = new Uint8Array(Math.ceil((bytes.length + count) / 4) * 3);
    let filled = 0;
    const flush = () => {
      const bits = group << (6 * (4 - count));
      if (count > 1) { out[filled++] = (bits >> 16) & 255; }
      if (count > 2) { out[filled++] = (bits >> 8) & 255; }
      if (count > 3) { out[filled++] = bits & 255; }
      group = 0;
      count = 0;
    };
    for (let i = 0; i < bytes.length; i += 1) {
      const value = BASE64[bytes[i]];
      if (value !== 255) {
        group = (group << 6) | value;
        count += 1;
        if (count === 4) { flush(); }
      } else if (bytes[i] === 61) {
        flush();
      }
    }
    if (last) { flush(); }
    return out.subarray(0, filled);
  };
}

function hex(byte) {
  if (byte >= 48 && byte <= 57) { return byte - 48; }
  const upper = byte & 0xdf;
  return upper >= 65 && upper <= 70 ? upper - 55 : -1;
}

// Quoted-printable (RFC 2045 section 6.7), lenient: a stray `=` stays as it is.
function decodeQuotedPrintable(bytes) {
  const out = new Uint8Array(bytes.length);
  let filled = 0, i = 0;
  while (i < bytes.length) {
    const byte = bytes[i];
    if (byte === 61) {
      let end = i + 1;
      while (end < bytes.length && (bytes[end] === 32 || bytes[end] === 9)) { end += 1; }
      if (end >= bytes.length) { break; }
      if (bytes[end] === 13 || bytes[end] === 10) {
        i = end + (bytes[end] === 13 && bytes[end + 1] === 10 ? 2 : 1);
        continue;
      }
      const high = hex(bytes[i + 1]), low = i + 2 < bytes.length ? hex(bytes[i + 2]) : -1;
      if (high >= 0 && low >= 0) {
        out[filled++] = high * 16 + low;
        i += 3;
        continue;
      }
    }
    out[filled++] = byte;
    i += 1;
  }
  return out.subarray(0, filled);
}

// Where quoted-printable may be cut: behind a line, else before an escape that may go on in the next piece.
function cutPlace(bytes) {
  const line = bytes.lastIndexOf(10) + 1, escape = bytes.lastIndexOf(61);
  return line > 0 ? line : escape >= 0 && escape > bytes.length - 100 ? escape : bytes.length;
}

function quotedPrintableDecoder() {
  let kept = new Uint8Array(0);
  return (bytes, last) => {
    const all = kept.length > 0 ? join([kept, bytes]) : bytes;
    const end = last ? all.length : cutPlace(all);
    kept = all.slice(end);
    return decodeQuotedPrintable(all.subarray(0, end));
  };
}

function decoderOf(part) {
  switch (String(part.encoding || "").toLowerCase()) {
    case "base64": return base64Decoder();
    case "quoted-printable": return quotedPrintableDecoder();
    default: return (bytes) => bytes;
  }
}

const rangeOf = (message, part) => message.range(Number(part.start) || 0, Number(part.end) || 0);

/// The bytes of a part, its transfer encoding undone, piece by piece. A piece may be a view of the message: copy it to keep it.
export function* partPieces(message, part) {
  const raw = rangeOf(message, part), decode = decoderOf(part);
  let left = raw.length;
  for (const view of raw.views()) {
    left -= view.length;
    const piece = decode(view, left === 0);
    if (piece.length > 0) { yield piece; }
  }
}

/// The bytes of a part as one array, not many more than `most` of them.
export function partBytes(message, part, most = Infinity) {
  const pieces = [];
  let bytes = 0;
  for (const piece of partPieces(message, part)) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > most) { break; }
  }
  return join(pieces);
}

/// How long a part is when it is decoded: counted where it is short, else reckoned from its lines.
export function partSize(message, part) {
  const raw = rangeOf(message, part);
  if (raw.length <= 4000000 || String(part.encoding).toLowerCase() !== "base64") {
    let bytes = 0;
    for (const piece of partPieces(message, part)) { bytes += piece.length; }
    return bytes;
  }
  const line = raw.range(0, 1000).bytes().indexOf(10) + 1;
  const letters = line > 2 ? raw.length - Math.floor(raw.length / line) * 2 : raw.length;
  return Math.floor(letters * 0.75);
}

/// The first `most` bytes of a part: what it is, they say. The rest is not decoded.
export function partStart(message, part, most) {
  const raw = rangeOf(message, part).range(0, 2000 + 4 * most).bytes();
  return decoderOf(part)(raw, true).subarray(0, most);
}

const KINDS = [
  ["image/png", /^\x89PNG\r\n\x1a\n/], ["image/jpeg", /^\xff\xd8\xff/], ["image/gif", /^GIF8[79]a/],
  ["image/webp", /^RIFF[^]{4}WEBP/], ["application/pdf", /^%PDF-/],
];

/// The media type of a file that can be looked at on the page, by its first bytes; null for every other.
export function kindOf(bytes) {
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  const found = KINDS.find(([, shape]) => shape.test(start));
  return found ? found[0] : null;
}

/// Places in `parts` of the texts that a form ("text" or "html") of the letter is made of, in order (section 6).
export function placesOf(index, form) {
  const several = index[form === "html" ? "htmls" : "texts"];
  return (Array.isArray(several) ? several : [index[form]]).filter(
    (place) => Number.isInteger(place) && place >= 0 && index.parts[place]);
}

// Text of bytes. Undeclared, US-ASCII and unknown charsets: UTF-8 if it is that, else windows-1252. Where `cut`, a
// character at the end may be broken.
function decodeText(bytes, charset, cut) {
  const label = String(charset || "").trim().toLowerCase();
  if (label && !["us-ascii", "ascii", "unknown-8bit", "utf-8", "utf8"].includes(label)) {
    try {
      return new TextDecoder(label).decode(bytes);
    } catch { /* a charset no browser knows */ }
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: cut });
  } catch {
    return new TextDecoder(label.startsWith("utf") ? "utf-8" : "windows-1252").decode(bytes);
  }
}

/// Text of a part with one kind of line end: { words, cut }, at most about `most` bytes of it. Charsets that browsers lack
/// are in the index as text.
export function partText(message, part, most) {
  if (typeof part.words === "string") {
    return { words: part.words.slice(0, most).replace(/\r\n?/g, "\n"), cut: part.words.length > most };
  }
  const bytes = partBytes(message, part, most), cut = bytes.length > most;
  return { words: decodeText(cut ? bytes.subarray(0, most) : bytes, part.charset, cut).replace(/\r\n?/g, "\n"), cut };
}

/// A name that is safe to save under: no folders, no control or direction characters, no reserved names, not too long.
export function safeName(name, fallback) {
  let safe = String(name || "").normalize("NFC")
    .replace(/[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g, "")
    .replace(/[\\/:*?"<>|]/g, "_").replace(/\s+/g, " ").replace(/^[. ]+|[. ]+$/g, "");
  if (/^(con|prn|aux|nul|conin\$|conout\$|com\d|lpt\d)(\.|$)/i.test(safe)) { safe = `_${safe}`; }
  const letters = [...safe];
  if (letters.length > 120) {
    const dot = safe.lastIndexOf(".");
    const tail = dot > 0 && safe.length - dot <= 12 ? safe.slice(dot) : "";
    safe = letters.slice(0, 120 - tail.length).join("") + tail;
  }
  return safe || fallback;
}

const EXTENSIONS = {
  "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "message/rfc822": ".eml", "image/jpeg": ".jpg",
  "image/png": ".png", "image/gif": ".gif", "application/pdf": ".pdf",
};

/// The name to show and save a part under.
export function partName(part, number, word) {
  const type = String(part.type || "").toLowerCase();
  return safeName(part.name, `${word}-${number}${EXTENSIONS[type] || ".bin"}`);
}
