// Reads parts of a message out of its bytes by the index: transfer encodings (RFC 2045), charsets, names of files.

const BASE64 = new Uint8Array(256).fill(255);
"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".split("").forEach((character, value) => {
  BASE64[character.charCodeAt(0)] = value;
});

/// Lenient base64: what is no letter of it is skipped, and padding in the middle ends a group, not the part.
export function decodeBase64(bytes) {
  const out = new Uint8Array(Math.ceil(bytes.length / 4) * 3);
  let filled = 0, group = 0, count = 0;
  const flush = () => {
    if (count > 1) { out[filled++] = (group << (6 * (4 - count)) >> 16) & 255; }
    if (count > 2) { out[filled++] = (group << (6 * (4 - count)) >> 8) & 255; }
    group = 0;
    count = 0;
  };
  for (let i = 0; i < bytes.length; i += 1) {
    const value = BASE64[bytes[i]];
    if (value !== 255) {
      group = (group << 6) | value;
      count += 1;
      if (count === 4) {
        out[filled++] = (group >> 16) & 255;
        out[filled++] = (group >> 8) & 255;
        out[filled++] = group & 255;
        group = 0;
        count = 0;
      }
    } else if (bytes[i] === 61) {
      flush();
    }
  }
  flush();
  return out.subarray(0, filled);
}

function hex(byte) {
  if (byte >= 48 && byte <= 57) { return byte - 48; }
  const upper = byte & 0xdf;
  return upper >= 65 && upper <= 70 ? upper - 55 : -1;
}

/// Quoted-printable (RFC 2045 section 6.7), lenient: a stray `=` stays as it is.
export function decodeQuotedPrintable(bytes) {
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

/// The bytes of a part, its transfer encoding undone.
export function partBytes(message, part) {
  const start = Math.min(Math.max(0, Number(part.start) || 0), message.length);
  const end = Math.min(Math.max(start, Number(part.end) || 0), message.length);
  const raw = message.subarray(start, end);
  switch (String(part.encoding || "").toLowerCase()) {
    case "base64": return decodeBase64(raw);
    case "quoted-printable": return decodeQuotedPrintable(raw);
    default: return raw;
  }
}

/// Text of bytes. Undeclared, US-ASCII and unknown charsets: UTF-8 if it is that, else windows-1252.
export function decodeText(bytes, charset) {
  const label = String(charset || "").trim().toLowerCase();
  if (label && !["us-ascii", "ascii", "unknown-8bit", "utf-8", "utf8"].includes(label)) {
    try {
      return new TextDecoder(label).decode(bytes);
    } catch { /* a charset no browser knows */ }
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder(label.startsWith("utf") ? "utf-8" : "windows-1252").decode(bytes);
  }
}

/// Text of a part with one kind of line end.
export function partText(message, part) {
  return decodeText(partBytes(message, part), part.charset).replace(/\r\n?/g, "\n");
}

/// A name that is safe to save under: no folders, no control or direction characters, no reserved names, not too long.
export function safeName(name, fallback) {
  let safe = String(name || "").normalize("NFC")
    .replace(/[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, "")
    .replace(/[\\/:*?"<>|]/g, "_").replace(/\s+/g, " ").replace(/^[. ]+|[. ]+$/g, "");
  if (/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(safe)) { safe = `_${safe}`; }
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
