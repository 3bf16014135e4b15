// A conversation: the letter and the later messages under the same link (docs/links-protocol.md section 9), oldest first.
// One is shown at a time, in the letter's own place; the others stand above and below it as headings that open them.

import { dateText } from "./letter.js";
import { CHUNK_BYTES, Failure, chunkNonce, fetchChunk, fetchLetter, fromBase64url, readIndex, unseal } from "./protocol.js";
import { openFollowingKey } from "./seal.js";
import { text } from "./texts.js";

const at = (id) => document.getElementById(id);
let talk = null; // { session, messages: [{ number, path, opened, index }], shown }

// The index alone: as many chunks from the start as it takes, not the whole message.
async function readHead(path, auth, opened) {
  const parts = [];
  for (let index = 0, have = 0; index < opened.chunks; index += 1) {
    const last = index === opened.chunks - 1;
    const plain = await unseal(opened.contentKey, chunkNonce(index, last), await fetchChunk(path, auth, index), {});
    if (plain.length !== (last ? opened.bytes - have : CHUNK_BYTES)) { throw new Failure("damaged"); }
    parts.push(plain);
    have += plain.length;
    const wanted = 4 + new DataView(parts[0].buffer).getUint32(0);
    if (have >= wanted || last) {
      const start = new Uint8Array(await new Blob(parts).arrayBuffer());
      parts.forEach((part) => part.fill(0));
      return readIndex(start);
    }
  }
  throw new Failure("damaged");
}

async function readLater(session, one) {
  const path = `${session.id}/following/${one.number}`;
  try {
    const key = await openFollowingKey(session.id, session.conversation, one.number, fromBase64url(one.wrapped));
    const opened = { contentKey: key, bytes: one.bytes, chunks: one.chunks };
    return { number: one.number, path, opened, index: await readHead(path, session.auth, opened) };
  } catch (failure) {
    if (failure instanceof Failure && failure.kind === "trouble") { throw failure; }
    return { number: one.number, path, opened: null, index: null }; // a heading says so; the others can be read
  }
}

/// Reads who wrote when, and fetches the newest message. Gives it as fetchLetter does, and the first letter's index.
export async function begin(session, progress) {
  const first = { number: 0, path: session.id, opened: session, index: await readHead(session.id, session.auth, session) };
  const messages = [first];
  for (const one of session.conversation ? session.following : []) { messages.push(await readLater(session, one)); }
  talk = { session, messages, shown: messages.filter((message) => message.index).pop() };
  const letter = await fetchLetter(talk.shown.path, session.auth, talk.shown.opened, progress);
  return { letter, first: first.index };
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
    line(text("conversation-unreadable"), "name");
    button.disabled = true;
  } else {
    line(index.from || "", "name");
    const sent = Number.isFinite(index.sent) && index.sent > 0 ? dateText(index.sent) : String(index.date || "");
    line(newest ? text("conversation-newest", { date: sent }) : sent, "size");
    button.setAttribute("aria-label", text("conversation-open", { from: index.from || "", date: sent }));
    button.addEventListener("click", () => talk && talk.change(message));
  }
  item.append(button);
  return item;
}

/// Shows the headings around the open message. `change(load, index)` shows another: load(progress) fetches it.
export function showHeadings(change) {
  const { messages, shown, session } = talk;
  talk.change = (message) => {
    talk.shown = message;
    change((progress) => fetchLetter(message.path, session.auth, message.opened, progress));
  };
  const place = messages.indexOf(shown), newest = messages[messages.length - 1];
  for (const [id, label, part] of [
    ["earlier", "conversation-earlier", messages.slice(0, place)],
    ["later", "conversation-later", messages.slice(place + 1)],
  ]) {
    at(id).hidden = part.length === 0;
    at(id).setAttribute("aria-label", text(label));
    at(id).replaceChildren(...part.map((message) => heading(message, message === newest)));
  }
}

/// Forgets all of it.
export function wipe() {
  talk = null;
  for (const id of ["earlier", "later"]) {
    at(id).replaceChildren();
    at(id).hidden = true;
  }
}
