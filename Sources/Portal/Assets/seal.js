// Seals what a reader sends back, in the browser, to the gateway's key (docs/inside/links-protocol.md section 8).
// Nothing here touches the page. A file is read slice by slice, and what is sealed goes into a Blob: never a whole file
// in an array.

import { CHUNK_BYTES, chunkNonce, toBase64url, unseal } from "./protocol.js";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const OVERHEAD = { item: 65, chunk: 16 };
const utf8 = new TextEncoder();

/// A new answer's id: 16 random bytes.
export const newID = () => toBase64url(crypto.getRandomValues(new Uint8Array(16)));

const chunkCount = (bytes) => Math.max(1, Math.ceil(bytes / CHUNK_BYTES));

/// Bytes of an item whose plaintext has `bytes`.
export const sealedBytes = (bytes) => OVERHEAD.item + bytes + OVERHEAD.chunk * chunkCount(bytes);

const importPoint = (point) => crypto.subtle.importKey("raw", point, CURVE, false, []);

const agree = async (key, peer) =>
  new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: peer }, key, 256));

function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

async function expand(secret, salt, info, usage) {
  const root = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  secret.fill(0);
  const step = { name: "HKDF", hash: "SHA-256", salt, info: utf8.encode(info) };
  return crypto.subtle.deriveKey(step, root, { name: "AES-GCM", length: 256 }, false, [usage]);
}

// The key of one item, and the public half of the pair that was made for it alone.
async function itemKey(session, answerID, number) {
  const { gateway, conversation } = session;
  const peer = await importPoint(gateway);
  const pair = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const ephemeral = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const secret = join(await agree(pair.privateKey, peer), await agree(conversation.key, peer));
  const info = `letterlock/1 answer ${session.id} ${answerID} ${number}`;
  return { key: await expand(secret, join(ephemeral, gateway, conversation.point), info, "encrypt"), ephemeral };
}

/// One item. `session` has id, gateway (65 bytes) and conversation; `plain` is a Blob; `signal` stops it between chunks.
/// A file that cannot be read any more throws what the browser says (NotReadableError, NotFoundError).
export async function sealItem(session, answerID, number, plain, signal) {
  const { key, ephemeral } = await itemKey(session, answerID, number);
  const parts = [ephemeral], count = chunkCount(plain.size);
  for (let index = 0; index < count; index += 1) {
    if (signal.aborted) { throw new DOMException("stopped", "AbortError"); }
    const chunk = new Uint8Array(await plain.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES).arrayBuffer());
    const iv = chunkNonce(index, index === count - 1);
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, tagLength: 128 }, key, chunk);
    chunk.fill(0);
    parts.push(new Blob([sealed])); // a Blob at once: the browser may keep it elsewhere than in this page's memory
  }
  return new Blob(parts, { type: "application/octet-stream" });
}

/// The content key of a later message (section 9), out of the 113 bytes that the portal keeps for it. `gateway` is the point
/// in the letter's own index: what another has made does not open.
export async function openFollowingKey(id, conversation, gateway, number, wrapped) {
  const ephemeral = wrapped.subarray(0, 65);
  const secret = join(
    await agree(conversation.key, await importPoint(ephemeral)), await agree(conversation.key, await importPoint(gateway)));
  const salt = join(ephemeral, gateway, conversation.point);
  const key = await expand(secret, salt, `letterlock/1 following ${id} ${number}`, "decrypt");
  const content = await unseal(key, new Uint8Array(12), wrapped.subarray(65), {});
  try {
    return await crypto.subtle.importKey("raw", content, "AES-GCM", false, ["decrypt"]);
  } finally {
    content.fill(0);
  }
}
