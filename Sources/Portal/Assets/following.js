// A conversation: the letter and the later messages under the same link (docs/inside/links-protocol.md section 9),
// oldest first. One is shown at a time, in the letter's own place; the others stand above and below it as headings that
// open them.

import { dateOfText } from "./shown.js";
import { CHUNK_BYTES, Failure, chunkNonce, fetchChunk, fetchLetter, fromBase64url, readIndex, unseal } from "./protocol.js";
import { openFollowingKey } from "./seal.js";
import { text } from "./texts.js";

const at = (id) => document.getElementById(id);
let talk = null; // { session, messages: [{ number, path, opened, index }], shown }

// The index alone: as many chunks from the start as it takes, not the whole message.
async function readHead(path, proof, opened) {
  const parts = [];
  for (let index = 0, have = 0; index < opened.chunks; index += 1) {
    const last = index === opened.chunks - 1;
    const plain = await unseal(opened.contentKey, chunkNonce(index, last), await fetchChunk(path, proof, index), {});
    if (plain.length !== (last ? opened.bytes - have : CHUNK_BYTES)) { throw new Failure("damaged"); }
    parts.push(plain);
    have += plain.length;
    const wanted = 4 + new DataView(parts[0].buffer).getUint32(0);
    if (have >= wanted || last) {
      const start = new Uint8Array(have);
      parts.reduce((at, part) => { start.set(part, at); part.fill(0); return at + part.length; }, 0);
      return readIndex(start);
    }
  }
  throw new Failure("damaged");
}

// Why a message cannot be shown, as a text's name; what concerns the whole letter is thrown on.
function problemOf(failure) {
  const { kind, server } = failure instanceof Failure ? failure : { kind: "damaged" };
  if (kind === "damaged") { return "conversation-foreign"; }
  if (kind === "gone" || (kind === "trouble" && server)) { return "conversation-unreadable"; }
  throw failure;
}

// The letter's own index says by which key the gateway is known: what was made without it is not from us.
async function readLater(session, gateway, one) {
  const path = `${session.id}/following/${one.number}`;
  try {
    if (!gateway || !one.wrapped) { throw new Failure("damaged"); }
    const key = await openFollowingKey(session.id, session.conversation, gateway, one.number, one.wrapped)
      .catch(() => { throw new Failure("damaged"); });
    const opened = { contentKey: key, bytes: one.bytes, chunks: one.chunks };
    return { number: one.number, path, opened, index: await readHead(path, session.proof, opened) };
  } catch (failure) {
    return { number: one.number, path, opened: null, index: null, problem: problemOf(failure) }; // the others can be read
  }
}

// Fetches the newest message that can be read, from `message` backwards.
async function fetchFrom(message, watch) {
  const mine = talk; // it may be closed meanwhile: the one that asked then wipes what comes
  for (let place = mine.messages.indexOf(message); ; place -= 1) {
    const one = mine.messages[place];
    if (!one.index) { continue; } // the first always has one
    try {
      const letter = await fetchLetter(one.path, mine.session.proof, one.opened, watch);
      mine.shown = one;
      return letter;
    } catch (failure) {
      if (place === 0) { throw failure; }
      Object.assign(one, { index: null, problem: problemOf(failure) });
    }
  }
}

/// Reads who wrote when, and fetches the newest message. Gives it as fetchLetter does, and the first letter's index.
export async function begin(session, watch) {
  const first = { number: 0, path: session.id, opened: session, index: await readHead(session.id, session.proof, session) };
  const gateway = session.conversation && fromBase64url(first.index.gateway, 65);
  const messages = [first];
  for (const one of session.following) { messages.push(await readLater(session, gateway, one)); }
  talk = { session, messages, shown: first };
  return { letter: await fetchFrom(messages[messages.length - 1], watch), first: first.index };
}

function heading(message, newest) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  const { index } = message;
  const line = (content, className) => {
    const made = Object.assign(document.createElement("span"), { textContent: content, className });
    made.dir = "auto";
    button.append(made);
  };
  if (!index) {
    line(text(message.problem), "name");
    button.disabled = true;
  } else {
    line(index.from || "", "name");
    const sent = dateOfText(index);
    line(newest ? text("conversation-newest", { date: sent }) : sent, "size");
    button.setAttribute("aria-label", text("conversation-open", { from: index.from || "", date: sent }));
    button.addEventListener("click", () => talk && talk.change(message));
  }
  item.append(button);
  return item;
}

/// Shows the headings around the open message. `change(load, index)` shows another: load(progress) fetches it.
export function showHeadings(change) {
  const { messages, shown } = talk;
  talk.change = (message) => change((watch) => fetchFrom(message, watch));
  const place = messages.indexOf(shown), newest = messages[messages.length - 1];
  for (const [id, label, part] of [
    ["earlier", "conversation-earlier", messages.slice(0, place)],
    ["later", "conversation-later", messages.slice(place + 1)],
  ]) {
    at(id).hidden = at(`${id}-heading`).hidden = part.length === 0;
    at(`${id}-heading`).textContent = text(label);
    at(id).replaceChildren(...part.map((message) => heading(message, message === newest)));
  }
}

/// Forgets all of it.
export function wipe() {
  talk = null;
  for (const id of ["earlier", "later"]) {
    at(id).replaceChildren();
    at(id).hidden = at(`${id}-heading`).hidden = true;
  }
}
