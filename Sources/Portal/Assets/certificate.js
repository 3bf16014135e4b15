// Looks whether bytes are an OpenPGP public key (RFC 9580), before anything is sent: a secret key must not leave the page.

const MOST_BYTES = 65536;
const BLOCK = /-----BEGIN PGP PUBLIC KEY BLOCK-----[\s\S]*?-----END PGP PUBLIC KEY BLOCK-----/;

// Tags of the packets, in order; null where the bytes are no packets. Of a key no packet has a partial length.
function tagsOf(bytes) {
  const tags = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at];
    if (!(first & 0x80)) { return null; }
    const isNew = Boolean(first & 0x40);
    const [size, length] = (isNew ? newLength : oldLength)(bytes, at + 1, first & 3);
    if (!Number.isInteger(length) || at + 1 + size + length > bytes.length) { return null; }
    tags.push(isNew ? first & 63 : (first >> 2) & 15);
    at += 1 + size + length;
  }
  return tags;
}

const number = (bytes, at, size) => bytes.subarray(at, at + size).reduce((sum, byte) => sum * 256 + byte, 0);

// Each gives how many bytes the length takes, and the length.
function newLength(bytes, at) {
  const first = bytes[at];
  if (first < 192) { return [1, first]; }
  if (first < 224) { return [2, (first - 192) * 256 + bytes[at + 1] + 192]; }
  return first === 255 ? [5, number(bytes, at + 1, 4)] : [0, NaN];
}

function oldLength(bytes, at, kind) {
  return kind === 3 ? [0, NaN] : [1 << kind, number(bytes, at, 1 << kind)];
}

// Base64 between the headers' empty line and the checksum; nothing where it is none.
function unarmor(block) {
  const body = block.replace(/\r\n?/g, "\n").split("\n").slice(1, -1);
  const empty = body.findIndex((line) => line.trim() === "");
  const lines = body.slice(empty + 1).filter((line) => !/^\s*=/.test(line));
  try {
    return Uint8Array.from(atob(lines.join("")), (letter) => letter.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

/// { bytes } to send: armored as it stands, or binary. Or { problem }: "secret", "large", "none".
export function checkCertificate(bytes) {
  const words = new TextDecoder("latin1").decode(bytes);
  if (/BEGIN PGP (PRIVATE|SECRET) KEY/i.test(words)) { return { problem: "secret" }; }
  const block = words.match(BLOCK);
  const found = block ? Uint8Array.from(block[0], (letter) => letter.charCodeAt(0)) : bytes;
  const tags = tagsOf(block ? unarmor(block[0]) : bytes);
  if (tags && tags.some((tag) => tag === 5 || tag === 7)) { return { problem: "secret" }; }
  if (found.length > MOST_BYTES) { return { problem: "large" }; }
  return tags && tags[0] === 6 ? { bytes: found } : { problem: "none" };
}
