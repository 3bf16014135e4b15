// Talks to the portal and opens what it gives: derivation of keys, unwrapping, chunks (docs/inside/links-protocol.md).
// Nothing here touches the page. What goes wrong is a Failure whose `kind` says what the page has to show.

import { PIECE_BYTES, Plaintext } from "./plaintext.js";

/// Bytes of plaintext in a full chunk.
export const CHUNK_BYTES = PIECE_BYTES;
export const TAG_BYTES = 16;
const LEAST_ROUNDS = 600000;
const MOST_ROUNDS = 10000000;
const MOST_BYTES = 512 * 1024 * 1024;
const utf8 = new TextEncoder();

/// What can go wrong: kind is gone, code (this link is not the letter's), wrong (triesLeft), resting (seconds), trouble
/// (server: true if it answered; final: asking again is no use), damaged, stopped; for answers also too-large, too-many,
/// full, incomplete.
export class Failure extends Error {
  constructor(kind, detail = {}) {
    super(kind);
    this.kind = kind;
    Object.assign(this, detail);
  }
}

/// Bytes of base64url text without padding, or null if it is none (or not `length` bytes long).
export function fromBase64url(text, length) {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) { return null; }
  const padded = text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4);
  const bytes = Uint8Array.from(atob(padded), (character) => character.charCodeAt(0));
  if (toBase64url(bytes) !== text) { return null; } // stray bits at the end: a typing error
  return length === undefined || bytes.length === length ? bytes : null;
}

/// base64url without padding.
export function toBase64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// What is not seen (Default_Ignorable_Code_Point), and what programs make of quotes and dashes that were typed.
const IGNORED = new RegExp("[\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F\\u200B-\\u200F\\u202A-\\u202E"
  + "\\u2060-\\u206F\\u3164\\uFE00-\\uFE0F\\uFEFF\\uFFA0\\uFFF0-\\uFFF8\\u{1BCA0}-\\u{1BCA3}\\u{1D173}-\\u{1D17A}"
  + "\\u{E0000}-\\u{E0FFF}]", "gu");
const QUOTES = /[\u02B9\u02BB-\u02BD\u05F3\u2018-\u201B\u2032\u2035\u2039\u203A\uA78C]/g;
const DOUBLE_QUOTES = /[\u00AB\u00BB\u02BA\u02EE\u05F4\u201C-\u201F\u2E42\u301D-\u301F]/g;
const DASHES = new RegExp("[\\u058A\\u05BE\\u1400\\u1806\\u2010-\\u2015\\u2043\\u2212\\u2E17\\u2E1A\\u2E3A\\u2E3B\\u2E40"
  + "\\u2E5D\\u301C\\u3030\\u30A0\\u{10EAD}]", "gu");

/// The one form of a password that a person chose (section 2), whatever keyboard wrote it.
export function foldPassword(typed) {
  const plain = typed.normalize("NFKC").replace(IGNORED, "").replace(QUOTES, "'").replace(DOUBLE_QUOTES, '"').replace(DASHES, "-");
  const lower = plain.replace(/\s+/g, " ").trim().toLowerCase().replace(/\u03C2/g, "\u03C3");
  return lower.normalize("NFKC");
}

/// The password as it goes into the derivation. A made one that cannot be one gives null, and costs no try.
export function normalisePassword(typed, kind) {
  if (kind !== "made") { return foldPassword(typed) || null; }
  const text = typed.normalize("NFKC");
  const plain = text.toUpperCase().replace(/[\s\p{Pd}\u2212._]/gu, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  return /^[0-9A-HJKMNP-TV-Z]{12}$/.test(plain) ? plain : null;
}

/// How many letters and digits a made password has as typed, to tell the person what is missing.
export function countTyped(typed) {
  return [...typed.normalize("NFKC").replace(/[\s\p{Pd}\u2212._]/gu, "")].length;
}

/// What an answer that is no good means.
export function failureOf(status, told) {
  if (status === 404 && told.error === "gone") { return new Failure("gone"); }
  if (status === 403 && told.error === "code") { return new Failure("code"); }
  if (status === 403 && told.error === "wrong") { return new Failure("wrong", { triesLeft: Number(told.triesLeft) || 0 }); }
  if (status === 429) { return new Failure("resting", { seconds: Math.max(1, Number(told.seconds) || 60), busy: told.error === "busy" }); }
  if (["too-large", "too-many", "full", "incomplete"].includes(told.error)) { return new Failure(told.error); }
  return new Failure("trouble", { server: true, final: status < 500 && status !== 408 });
}

/// Asks the portal; a good answer comes back, everything else is a Failure.
export async function post(path, body, signal) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal,
    });
  } catch {
    throw new Failure(signal && signal.aborted ? "stopped" : "trouble", { server: false });
  }
  if (answer.ok) { return answer; }
  throw failureOf(answer.status, await answer.json().catch(() => ({})));
}

/// The JSON of a good answer.
export async function told(answer) {
  try {
    return await answer.json();
  } catch {
    throw new Failure("trouble", { server: false });
  }
}

/// What the derivation for this letter needs.
export async function askParameters(id) {
  const found = await told(await post(`/api/letters/${id}`, {}));
  const salt = fromBase64url(found.salt, 16);
  const known = found.version === 1 && found.kdf === "pbkdf2-sha256" && salt
    && found.rounds >= LEAST_ROUNDS && found.rounds <= MOST_ROUNDS;
  if (!known) { throw new Failure("damaged"); }
  return { salt, rounds: found.rounds, kind: found.password, expires: found.expires };
}

// What shows that the link is known, made of nothing else.
async function linkProof(linkSecret) {
  const root = await crypto.subtle.importKey("raw", linkSecret, "HKDF", false, ["deriveBits"]);
  const step = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: utf8.encode("letterlock/1 link") };
  return toBase64url(new Uint8Array(await crypto.subtle.deriveBits(step, root, 256)));
}

/// From password and link secret to `proof` (`auth` and `link`, shown to the portal with each request), `enc` and
/// `stretched` (never leave this page in clear).
export async function derive(password, linkSecret, parameters) {
  const typed = await crypto.subtle.importKey("raw", utf8.encode(password), "PBKDF2", false, ["deriveBits"]);
  const stretched = await crypto.subtle.deriveBits(
    { name: "PBKDF2", hash: "SHA-256", salt: parameters.salt, iterations: parameters.rounds }, typed, 256);
  const kept = new Uint8Array(stretched); // the caller wipes it
  const root = await crypto.subtle.importKey("raw", stretched, "HKDF", false, ["deriveBits", "deriveKey"]);
  const step = (info) => ({ name: "HKDF", hash: "SHA-256", salt: linkSecret, info: utf8.encode(info) });
  const auth = new Uint8Array(await crypto.subtle.deriveBits(step("letterlock/1 auth"), root, 256));
  const enc = await crypto.subtle.deriveKey(
    step("letterlock/1 enc"), root, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  return { proof: { auth: toBase64url(auth), link: await linkProof(linkSecret) }, enc, stretched: kept };
}

/// AES-GCM; what does not open is damaged.
export async function unseal(key, nonce, sealed, more) {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce, tagLength: 128, ...more }, key, sealed));
  } catch {
    throw new Failure("damaged");
  }
}

// The conversation's key as PKCS#8, to a key that cannot be taken out again, and its public half: the 65 bytes at the
// end (RFC 5915 [1]). Without it the letter can be read, but not answered.
async function conversationKey(pkcs8) {
  const head = pkcs8.length - 68, point = pkcs8.slice(-65);
  if (head < 0 || pkcs8[head] !== 3 || pkcs8[head + 1] !== 66 || pkcs8[head + 2] !== 0 || point[0] !== 4) { return null; }
  try {
    const curve = { name: "ECDH", namedCurve: "P-256" };
    return { point, key: await crypto.subtle.importKey("pkcs8", pkcs8, curve, false, ["deriveBits"]) };
  } catch {
    return null;
  }
}

const isCount = (value) => Number.isInteger(value) && value >= 0;

// What may be answered: { left, bytes, files }, or null where answers are not taken.
function soundLimits(given) {
  return given && isCount(given.left) && isCount(given.bytes) && isCount(given.files) ? given : null;
}

// Later messages; `wrapped` is null where it cannot be one of ours: it is shown as such, and hides no other.
function soundFollowing(list) {
  return (Array.isArray(list) ? list : []).filter((one) => one && isCount(one.number)).map((one) => (
    { number: one.number, bytes: one.bytes, chunks: one.chunks, wrapped: isSize(one) ? fromBase64url(one.wrapped, 113) : null }));
}

const isSize = ({ bytes, chunks }) => Number.isInteger(bytes) && bytes >= 4 && bytes <= MOST_BYTES
  && chunks === Math.max(1, Math.ceil(bytes / CHUNK_BYTES));

/// Shows the proof, gets the wrapped keys, and unwraps content key and conversation key. What the portal says beside them:
/// `answers` (limits or null), `following` (later messages), `keep` (true: the password can be kept, false: it is).
export async function unlock(id, keys) {
  const given = await told(await post(`/api/letters/${id}/open`, keys.proof));
  const wrapped = fromBase64url(given.wrapped);
  const { bytes, chunks, expires, keep } = given;
  if (!wrapped || wrapped.length <= 12 + 32 + TAG_BYTES || !isSize(given)) { throw new Failure("damaged"); }
  const opened = await unseal(keys.enc, wrapped.subarray(0, 12), wrapped.subarray(12),
    { additionalData: utf8.encode(`letterlock/1 keys ${id}`) });
  const contentKey = await crypto.subtle.importKey("raw", opened.subarray(0, 32), "AES-GCM", false, ["decrypt"]);
  const conversation = await conversationKey(opened.subarray(32));
  opened.fill(0);
  return {
    contentKey, bytes, chunks, expires, keep, conversation,
    answers: soundLimits(given.answers), following: soundFollowing(given.following),
  };
}

// Waits, or less if it is stopped.
function pause(milliseconds, signal) {
  return new Promise((resume) => {
    setTimeout(resume, milliseconds);
    if (signal) { signal.addEventListener("abort", resume, { once: true }); }
  });
}

/// One sealed chunk, asked for up to three times. `id` may also be `<id>/following/<number>`.
export async function fetchChunk(id, proof, index, signal) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await post(`/api/letters/${id}/chunks/${index}`, proof, signal);
      return new Uint8Array(await answer.arrayBuffer());
    } catch (failure) {
      if (signal && signal.aborted) { throw new Failure("stopped"); }
      const final = failure instanceof Failure && failure.kind !== "trouble";
      if (final || attempt === 3) { throw failure instanceof Failure ? failure : new Failure("trouble", { server: false }); }
      await pause(900 * attempt, signal);
    }
  }
}

// A chunk that does not come is waited for where the watcher can wait: what has come already stays.
async function insist(id, proof, index, watch) {
  for (;;) {
    try {
      return await fetchChunk(id, proof, index, watch.signal);
    } catch (failure) {
      if (failure.kind !== "trouble" || !watch.lost) { throw failure; }
      await watch.lost(failure);
    }
  }
}

/// 88-bit big-endian counter, then 8 bits that are 1 for the last chunk.
export function chunkNonce(index, last) {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(7, index);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

/// Fetches and opens all chunks. `watch` has `progress(done, all)` in bytes and may have `signal` (an AbortSignal) and
/// `lost(failure)`, which is waited for before a chunk is asked for again. Gives the index and the message, a Plaintext;
/// `whole.fill(0)` wipes both.
export async function fetchLetter(id, proof, opened, watch) {
  const pieces = [];
  const whole = new Plaintext(pieces, 0, opened.bytes);
  try {
    for (let index = 0, filled = 0; index < opened.chunks; index += 1) {
      const last = index === opened.chunks - 1;
      const sealed = await insist(id, proof, index, watch);
      const plain = await unseal(opened.contentKey, chunkNonce(index, last), sealed, {});
      pieces.push(plain);
      if (plain.length !== (last ? opened.bytes - filled : CHUNK_BYTES)) { throw new Failure("damaged"); }
      filled += plain.length;
      watch.progress(filled, opened.bytes);
    }
    const headBytes = 4 + new DataView(whole.range(0, 4).bytes().slice().buffer).getUint32(0);
    if (headBytes > whole.length) { throw new Failure("damaged"); }
    return { index: readIndex(whole.range(0, headBytes).bytes()), whole, message: whole.range(headBytes) };
  } catch (failure) {
    whole.fill(0); // nothing is left of a letter that failed half-way
    throw failure;
  }
}

/// The index at the start of a content's plaintext.
export function readIndex(plain) {
  const indexBytes = new DataView(plain.buffer, plain.byteOffset).getUint32(0);
  if (indexBytes > plain.length - 4) { throw new Failure("damaged"); }
  try {
    const index = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plain.subarray(4, 4 + indexBytes)));
    if (index.version !== 1 || !Array.isArray(index.parts)) { throw new Error("version"); }
    return index;
  } catch {
    throw new Failure("damaged");
  }
}
