// The form below an open letter: whom an answer goes to, its text and files, and its fate. A draft is kept
// in this page's memory only: the stores that a page has would write it to the disk in clear. So leaving the page with
// one is asked about.

import { dateText, sizeText } from "./letter.js";
import { safeName } from "./message.js";
import { fromBase64url, toBase64url } from "./protocol.js";
import { sealedBytes } from "./seal.js";
import { plainText } from "./plain.js";
import { language, locale, text } from "./texts.js";
import { Delivery } from "./upload.js";

const at = (id) => document.getElementById(id);
const HEAD_BYTES = 4096; // of the head beside the text
const PANES = ["answer-start", "answer-form", "answer-progress", "answer-done"];
const REFUSED = {
  "rules": "answer-refused-rules", "address": "answer-refused-address", "too-large": "answer-refused-large",
  "too-many": "answer-refused-many", "damaged": "answer-refused-damaged",
  "undeliverable": "answer-refused-undeliverable",
};
const FAILED = {
  "too-large": "answer-refused-large", "too-many": "answer-refused-many", "full": "answer-full", "gone": "answer-gone",
};

let rounds = 0; // letters offered or closed so far: what comes late for one of them is dropped
let session = null; // id, secret, proof, stretched, conversation, gateway, answers, keep, index
let files = [], delivery = null, toAll = false, extras = null;

const people = () => session.index.participants;
const nameOf = (person) => person.name || person.address;
const chosen = () => (toAll ? people() : people().slice(0, 1));
const isDraft = () => Boolean(session) && (at("answer-text").value.trim() !== "" || files.length > 0);
const list = (names) => (Intl.ListFormat ? new Intl.ListFormat(locale).format(names) : names.join(", "));

/// Fills the words into a section of the page.
export function putWords(section) {
  section.querySelectorAll("[data-text]").forEach((element) => { element.textContent = text(element.dataset.text); });
}

function element(name, content, className) {
  const made = document.createElement(name);
  made.append(content);
  if (className) { made.className = className; }
  return made;
}

function showPane(pane, focus) {
  PANES.forEach((id) => { at(id).hidden = id !== pane; });
  if (focus) { at(focus).focus(); }
}

function complain(words) {
  at("answer-error").textContent = words;
}

// --- what can be answered ---

// One content serves several readers, so its index names this one too: by a mark made of the letter's id.
async function ownMark(id) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`letterlock/1 participant ${id}`));
  return toBase64url(new Uint8Array(digest, 0, 16));
}

// The letter's index comes from inside the letter, but a client checks what it reads.
function isAnswerable(index, mark) {
  const point = fromBase64url(index.gateway, 65);
  const list = Array.isArray(index.participants) ? index.participants : [];
  session.index = { ...index, participants: list.filter((one) => one && typeof one.address === "string" && one.address && one.letter !== mark) };
  session.gateway = point && point[0] === 4 ? point : null;
  return Boolean(session.gateway && session.conversation && session.answers && people().length > 0);
}

/// Shows what can be done about an open letter. `opened` becomes the session; `index` is that of the first letter.
export async function offer(opened, index) {
  const round = rounds += 1;
  const mark = await ownMark(opened.id);
  if (round !== rounds) { return; }
  session = opened;
  putWords(at("answer"));
  putWords(at("own"));
  at("answer").hidden = false;
  if (!isAnswerable(index, mark)) { return close("answer-not-taken"); }
  connect();
  showStart();
  if (typeof session.keep === "boolean" || session.answers.left > 0) {
    import("./extras.js").then((module) => {
      extras = module;
      if (session === opened) { extras.offer(session); }
    }).catch(() => {}); // not loaded: not offered
  }
}

function close(words) {
  PANES.forEach((id) => { at(id).hidden = true; });
  at("answer-closed").hidden = false;
  at("answer-closed").textContent = text(words);
}

function leftText() {
  const { left } = session.answers;
  return left === 1 ? text("answer-left-one") : text("answer-left-many", { count: left });
}

function showStart() {
  if (session.answers.left < 1) { return close("answer-none-left"); }
  at("answer-closed").hidden = true;
  at("reply-all").hidden = people().length < 2;
  at("answer-left").textContent = leftText();
  showPane("answer-start");
}

// --- writing ---

function startForm(all) {
  toAll = all;
  showPeople();
  showFiles();
  complain("");
  const { files: most, bytes } = session.answers;
  at("answer-attach").hidden = most === 0;
  at("answer-limits").textContent = text("answer-limits", { files: most, size: sizeText(bytes) });
  showPane("answer-form", "answer-text");
}

function personLine(person) {
  const line = element("span", "", "person");
  line.append(element("bdi", nameOf(person)));
  if (person.name) { line.append(" ", element("bdi", person.address, "address")); }
  return line;
}

function showPeople() {
  const choices = people().length > 1 ? [false, true] : [false];
  at("answer-people").replaceChildren(...choices.map((all) => {
    const row = element(choices.length > 1 ? "label" : "div", "", "choice");
    const who = element("span", "", "who");
    if (choices.length > 1) {
      const radio = document.createElement("input");
      Object.assign(radio, { type: "radio", name: "answer-to", checked: all === toAll });
      radio.addEventListener("change", () => { toAll = all; });
      row.append(radio);
      who.append(element("span", text(all ? "answer-reply-all" : "answer-reply"), "what"));
    }
    who.append(...(all ? people() : people().slice(0, 1)).map(personLine));
    row.append(who);
    return row;
  }));
}

const shownName = (file) => safeName(file.name, text("attachment-word"));
const total = () => files.reduce((sum, file) => sum + sealedBytes(file.size), 0)
  + sealedBytes(HEAD_BYTES + new TextEncoder().encode(JSON.stringify(at("answer-text").value)).length);

function addFiles(added) {
  const { files: most, bytes } = session.answers;
  const turnedDown = [];
  for (const file of added) {
    if (files.length >= most) {
      turnedDown.push(text("answer-many-files", { name: shownName(file), files: most }));
    } else if (total() + sealedBytes(file.size) > bytes) {
      turnedDown.push(text("answer-big-file", { name: shownName(file), size: sizeText(bytes) }));
    } else {
      files.push(file);
    }
  }
  complain(turnedDown.join("\n"));
  showFiles();
}

function showFiles() {
  at("answer-list").replaceChildren(...files.map((file) => {
    const item = document.createElement("li");
    const words = element("div", element("div", element("bdi", shownName(file)), "name"));
    words.append(element("div", sizeText(file.size), "size"));
    const button = element("button", text("answer-remove"));
    button.type = "button";
    button.setAttribute("aria-label", text("answer-remove-named", { name: shownName(file) }));
    button.addEventListener("click", () => {
      files = files.filter((other) => other !== file);
      complain("");
      showFiles();
      at("answer-add").focus();
    });
    item.append(words, button);
    return item;
  }));
}

function subject() {
  const old = String(session.index.subject || "").replace(/[\u0000-\u001f\u007f]+/g, " ").trim();
  return /^re\s*:/i.test(old) ? old : `Re: ${old}`.trim();
}

function head() {
  return {
    version: 1, kind: "answer", language, linkSecret: toBase64url(session.secret),
    to: chosen().map((person) => person.address), subject: subject(), text: at("answer-text").value,
    files: files.map(({ name, type, size }) => (
      { name: name.normalize("NFC"), type: type || "application/octet-stream", bytes: size })),
  };
}

// --- sending ---

async function send(event) {
  event.preventDefault();
  if (delivery) { return; }
  if (!isDraft()) {
    complain(text("answer-empty"));
    return at("answer-text").focus();
  }
  if (total() > session.answers.bytes) { return complain(text("answer-refused-large")); }
  complain("");
  const mine = delivery = new Delivery(session, head(), files, showPhase);
  showPane("answer-progress", "answer-phase");
  try {
    await conclude(mine, await mine.run());
  } catch (failure) {
    if (mine === delivery && !mine.stopped) { fail(mine, failure); }
  }
}

function showPhase(phase, { done, all, server }) {
  if (!delivery) { return; }
  const words = {
    sealing: "answer-sealing", uploading: "answer-uploading", waiting: "answer-waiting",
    lost: server ? "answer-busy" : "answer-lost",
  }[phase];
  // The same words are not set again: they would be read out again.
  if (at("answer-phase").textContent !== text(words)) { at("answer-phase").textContent = text(words); }
  at("answer-bar").hidden = phase === "waiting";
  if (all > 0) { at("answer-bar").value = Math.floor((done / all) * 100); }
  at("answer-now").hidden = phase !== "lost";
  at("answer-cancel").hidden = phase === "waiting";
}

function conclude(mine, outcome) {
  if (mine !== delivery) { return; }
  delivery = null;
  if (outcome.state === "refused") { return back(refusal(outcome, REFUSED)); }
  session.answers.left -= 1; // what is refused does not count
  const names = list(chosen().map(nameOf));
  addOwn(names);
  clearDraft();
  at("answer-report").textContent = text("answer-sent-to", { names, time: dateText(Date.now() / 1000) });
  const { left } = session.answers;
  at("answer-more").textContent = left > 0 ? leftText() : text("answer-none-left");
  at("answer-again").hidden = left < 1;
  showPane("answer-done", "answer-done-heading");
}

// The conversation shows the reader's own answers while the page stays open: the portal keeps nothing that the reader
// could open.
function addOwn(names) {
  const time = dateText(Date.now() / 1000);
  const item = document.createElement("li"), fold = document.createElement("details");
  const line = element("summary", element("span", text("answer-own", { names }), "name"));
  line.append(" ", element("span", time, "size"));
  fold.open = true;
  fold.append(line, plainText(at("answer-text").value));
  if (files.length > 0) { fold.append(element("p", list(files.map(shownName)), "size")); }
  item.append(fold);
  at("own-list").append(item);
  at("own").hidden = false;
}

/// A sentence for a refusal of section 8. `words` names the texts, by reason.
export function refusal({ reason, text: said }, words) {
  return text(words[reason] || "answer-refused-other", { text: String(said || "").slice(0, 1000) });
}

function fail(mine, failure) {
  delivery = null;
  if (mine.handedOver && ["gone", "trouble"].includes(failure.kind)) { return back(text("answer-unknown")); }
  if (failure.kind === "unreadable") {
    return back(text("answer-unreadable", { name: shownName(mine.items[failure.number]) }));
  }
  back(text(FAILED[failure.kind] || "answer-refused-other"));
}

// To the draft as it was.
function back(words) {
  showPane("answer-form");
  complain(`${words} ${text("answer-still-here")}`);
  at("answer-text").focus();
}

async function cancel() {
  const mine = delivery;
  if (!mine || mine.stopped) { return; }
  const undone = await mine.cancel().catch(() => false);
  if (mine !== delivery) { return; }
  delivery = null;
  if (!undone) { return back(text("answer-unknown")); }
  showPane("answer-form", "answer-text");
}

function clearDraft() {
  at("answer-text").value = "";
  at("answer-pick").value = "";
  files = [];
  showFiles();
  complain("");
}

// --- leaving ---

/// What is being written, or "".
export const draft = () => (isDraft() && !(delivery && delivery.accepted) ? at("answer-text").value : "");

/// Whether the letter may be closed: asks where that would lose a draft.
export function mayClose() {
  if (!isDraft() || (delivery && delivery.accepted)) { return Promise.resolve(true); }
  const dialog = at("leave-dialog");
  putWords(dialog);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => answer(dialog.returnValue === "go"), { once: true });
  });
}

/// Forgets all of it.
export function wipe() {
  rounds += 1;
  if (delivery) {
    const mine = delivery;
    delivery = null;
    if (mine.accepted) { mine.stop(); } else { mine.cancel().catch(() => {}); }
  }
  if (extras) { extras.wipe(); }
  if (!session) { return; }
  session = null;
  clearDraft();
  at("answer").hidden = at("own").hidden = true;
  for (const id of ["answer-people", "answer-report", "answer-phase", "own-list"]) { at(id).replaceChildren(); }
  if (at("leave-dialog").open) { at("leave-dialog").close(); }
}

function warn(event) {
  if (isDraft() && !(delivery && delivery.accepted)) {
    event.preventDefault();
    event.returnValue = ""; // browsers before 2023
  }
}

let connected = false;
function connect() {
  if (connected) { return; }
  connected = true;
  const on = (id, type, act) => at(id).addEventListener(type, act);
  on("reply", "click", () => startForm(false));
  on("reply-all", "click", () => startForm(true));
  on("answer-form", "submit", send);
  on("answer-add", "click", () => at("answer-pick").click());
  on("answer-pick", "change", () => {
    addFiles(Array.from(at("answer-pick").files));
    at("answer-pick").value = "";
  });
  on("answer-discard", "click", async () => {
    if (!isDraft() || (await mayClose())) {
      clearDraft();
      showStart();
      at("reply").focus();
    }
  });
  on("answer-now", "click", () => delivery && delivery.goOn());
  on("answer-cancel", "click", cancel);
  on("answer-again", "click", () => startForm(toAll));
  for (const value of ["stay", "go"]) { on(`leave-${value}`, "click", () => at("leave-dialog").close(value)); }
  window.addEventListener("beforeunload", warn);
  connectDrops();
}

// Files may be dropped on the form. Beside it a drop does nothing: the browser would else leave the page for the file.
function connectDrops() {
  const writing = () => Boolean(session) && !at("answer-form").hidden;
  const hasFiles = (event) => event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files");
  const mark = (on) => at("answer-form").classList.toggle("drop", on);
  window.addEventListener("dragover", (event) => {
    if (!session || !hasFiles(event)) { return; }
    event.preventDefault();
    const inside = writing() && at("answer").contains(event.target);
    event.dataTransfer.dropEffect = inside ? "copy" : "none";
    mark(inside);
  });
  window.addEventListener("dragleave", () => mark(false));
  window.addEventListener("drop", (event) => {
    if (!session || !hasFiles(event)) { return; }
    event.preventDefault();
    mark(false);
    if (writing() && at("answer").contains(event.target)) { addFiles(Array.from(event.dataTransfer.files)); }
  });
  at("answer-text").addEventListener("paste", (event) => {
    if (event.clipboardData && event.clipboardData.files.length > 0) {
      event.preventDefault();
      addFiles(Array.from(event.clipboardData.files));
    }
  });
}
