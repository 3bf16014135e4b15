// Two things a reader may do once beside answering: send his OpenPGP public key, and have the password kept for later
// letters. Both travel as answers of their own (docs/inside/links-protocol.md section 8).

import { putWords, refusal } from "./answer.js";
import { checkCertificate } from "./certificate.js";
import { toBase64url } from "./protocol.js";
import { text, language } from "./texts.js";
import { Delivery } from "./upload.js";

const at = (id) => document.getElementById(id);
const REFUSED = {
  "key": "key-refused", "rules": "answer-refused-rules", "damaged": "answer-refused-damaged",
  "too-many": "answer-refused-many",
};
const FAILED = { "gone": "answer-gone", "full": "answer-full", "too-many": "answer-refused-many" };

let session = null, under = null; // what is under way

/// Shows what this letter offers of the two.
export function offer(opened) {
  session = opened;
  under = null;
  for (const id of ["key", "keep"]) { putWords(at(id)); }
  at("key").hidden = session.answers.left < 1;
  at("key").open = false;
  tell("key", "");
  showKeep();
  at("key-form").onsubmit = sendKey;
  at("key-pick").onchange = takeFile;
  at("keep-button").onclick = changeKeep;
}

// One line of state, read out as it changes.
function tell(place, words, bad = false) {
  at(`${place}-state`).textContent = words;
  at(`${place}-state`).className = bad ? "error" : "state";
}

const head = (kind, more) => ({ version: 1, kind, language, linkSecret: toBase64url(session.secret), files: [], ...more });

// Sends one of them and tells how it goes in `place`; true if it was done.
async function send(place, content, files, words) {
  if (under) { return false; }
  const mine = under = new Delivery(session, content, files, (phase, { server }) => {
    if (mine === under) { tell(place, text(phase !== "lost" ? words.waiting : server ? "answer-busy" : "answer-lost")); }
  });
  let failed = "";
  try {
    const outcome = await mine.run();
    if (outcome.state === "refused") { failed = refusal(outcome, REFUSED); }
  } catch (failure) {
    failed = text(FAILED[failure.kind] || "answer-refused-other");
  }
  if (mine !== under) { return false; }
  under = null;
  tell(place, failed || words.done, Boolean(failed));
  return !failed;
}

// --- a key ---

// The chosen file, or what was pasted: { bytes } or { problem }, as checkCertificate says.
async function readKey() {
  const [file] = at("key-pick").files;
  if (!file) { return checkCertificate(new TextEncoder().encode(at("key-text").value)); }
  return file.size <= 1 << 20 ? checkCertificate(new Uint8Array(await file.arrayBuffer())) : { problem: "large" };
}

function turnDown(problem) {
  at("key-pick").value = "";
  at("key-text").value = problem === "secret" ? "" : at("key-text").value;
  tell("key", text({ secret: "key-secret", large: "key-large", none: "key-none" }[problem]), true);
}

// Choosing a file only looks at it; the button sends it.
async function takeFile() {
  tell("key", "");
  const { problem } = at("key-pick").files.length > 0 ? await readKey() : {};
  if (problem) { turnDown(problem); }
}

// A secret key is turned down here: not one byte of it leaves the page.
async function sendKey(event) {
  event.preventDefault();
  const found = await readKey();
  if (found.problem) { return turnDown(found.problem); }
  const file = { name: "key.asc", type: "application/pgp-keys", bytes: found.bytes.length };
  const words = { waiting: "key-waiting", done: text("key-sent") };
  if (await send("key", head("key", { files: [file] }), [new Blob([found.bytes])], words)) { at("key-text").value = at("key-pick").value = ""; }
}

// --- the password ---

const organisation = () => document.querySelector(".brand").textContent.trim();

function showKeep() {
  at("keep").hidden = typeof session.keep !== "boolean";
  const name = { organisation: organisation() };
  at("keep-summary").textContent = text(session.keep ? "keep-offer" : "keep-kept", name);
  at("keep-why").textContent = text(session.keep ? "keep-why" : "keep-why-kept", name);
  at("keep-button").textContent = text(session.keep ? "keep-button" : "keep-stop");
  tell("keep", "");
}

async function changeKeep() {
  const keeping = session.keep, opened = session;
  const content = keeping ? head("keep-password", { stretched: toBase64url(session.stretched) })
    : head("forget-password", {});
  const done = text(keeping ? "keep-done" : "keep-stopped");
  if (await send("keep", content, [], { waiting: "keep-waiting", done })) {
    opened.keep = !keeping;
    showKeep();
    tell("keep", done);
  }
}

/// Forgets all of it.
export function wipe() {
  if (under) { under.stop(); }
  under = session = null;
  at("key-text").value = at("key-pick").value = "";
  for (const id of ["key", "keep"]) { at(id).hidden = true; }
}
