// The way through the page: what the address holds, the code if it is missing, the password, the open letter.
// One view is shown at a time; every change moves the focus to the heading, so that it is read out.

import { findRun, readPassword, readPlace, tidyPlace } from "./code.js";
import {
  Failure, askParameters, countTyped, derive, fetchLetter, fromBase64url, normalisePassword, toBase64url, unlock,
} from "./protocol.js";
import { showLetter, wipeLetter } from "./letter.js";
import "./menu.js";
import { locale, text } from "./texts.js";
import { watchLetter } from "./watch.js";

const at = (id) => document.getElementById(id);
const state = { id: null, secret: null, typedCode: false, parameters: null, busy: false, round: 0, timer: null, loading: null };
// What an open letter brings with it: its keys, and the scripts for answers and later messages once they are loaded.
const more = { session: null, modules: new Set(), unwatch: null };

function announce(words) {
  at("announce").textContent = words;
}

function show(view, heading, focus) {
  clearInterval(state.timer);
  document.querySelectorAll(".view").forEach((section) => { section.hidden = section.id !== `view-${view}`; });
  at("heading").textContent = heading || text(`heading-${view}`);
  window.scrollTo(0, 0);
  (focus || at("heading")).focus({ preventScroll: true });
}

function complain(field, words) {
  at(`${field}-error`).textContent = words;
  at(field).setAttribute("aria-invalid", String(Boolean(words)));
  if (words) {
    at(field).focus();
    at(field).select();
  }
}

const SLOW_BYTES = 2000000; // from here on it takes long enough to show how far it is
const RETRY_SECONDS = 15;

// --- before the password ---

// However a mail system wrote the address anew: from here on it is the one that the mail held.
function readAddress() {
  const { id, run } = readPlace(window.location, 22);
  state.id = id;
  state.secret = fromBase64url(run, 16);
  state.typedCode = false;
  if (id && state.secret) { tidyPlace(`/l/${id}`, run); }
  document.querySelectorAll(".languages a").forEach((link) => { // the code must survive the change
    link.setAttribute("href", link.getAttribute("href").replace(/#.*$/, "") + window.location.hash);
  });
}

function askCode() {
  complain("code", "");
  show("code", null, at("code"));
}

function askPassword() {
  const made = state.parameters.kind === "made";
  at("password-hint").textContent = text(made ? "password-hint-made" : "password-hint-chosen");
  at("password").placeholder = made ? "xxxx-xxxx-xxxx" : "";
  at("other-code").hidden = !state.typedCode;
  at("password-taken").hidden = true;
  reveal(made);
  setBusy(false);
  show("password", null, at("password"));
}

async function start() {
  const round = ++state.round;
  wipe();
  readAddress();
  if (!state.id) { return gone(); }
  show("wait");
  try {
    const parameters = await askParameters(state.id);
    if (round !== state.round) { return; }
    state.parameters = parameters;
    if (state.secret) { askPassword(); } else { askCode(); }
  } catch (failure) {
    if (round === state.round) { report(failure); }
  }
}

function takeCode(event) {
  event.preventDefault();
  const run = findRun(at("code").value, 22, state.id);
  if (!run) { return complain("code", text(at("code").value.trim() ? "code-bad" : "code-none")); }
  complain("code", "");
  state.secret = fromBase64url(run, 16);
  state.typedCode = true;
  askPassword();
}

// Out of a whole mail that is pasted: a field of one line would run its lines together.
function pasteCode(event) {
  const run = findRun(pasted(event), 22, state.id);
  if (!run) { return; }
  event.preventDefault();
  at("code").value = run;
  complain("code", "");
}

const pasted = (event) => (event.clipboardData ? event.clipboardData.getData("text/plain") : "");

// --- the password ---

// What was typed or pasted: { password } or what it is instead.
const readTyped = (typed) => readPassword(typed, {
  kind: state.parameters.kind, id: state.id, run: toBase64url(state.secret),
});

function pastePassword(event) {
  const typed = pasted(event), found = readTyped(typed);
  if (found.password === typed) { return; }
  event.preventDefault();
  takeFound(found);
}

// Shows what was made of it. False: it is no password.
function takeFound({ is, password }) {
  at("password-taken").hidden = Boolean(is);
  complain("password", is ? text(is === "link" ? "password-is-link" : "password-is-code") : "");
  if (is) { return false; }
  at("password").value = password;
  return true;
}

function reveal(shown) {
  at("password").type = shown ? "text" : "password";
  at("reveal").textContent = text(shown ? "hide" : "show");
}

function setBusy(busy, words = "") {
  state.busy = busy;
  at("open").disabled = busy;
  at("password").readOnly = busy;
  at("working").hidden = !busy;
  at("working-text").textContent = words;
  for (const id of ["progress", "cancel", "go-on"]) { at(id).hidden = true; }
  if (words) { announce(words); }
}

// --- while it is loading ---

function showProgress(done, all) {
  if (all < SLOW_BYTES) { return; }
  const part = done / all, words = new Intl.NumberFormat(locale, { style: "percent" }).format(Math.floor(part * 100) / 100);
  at("working-text").textContent = text("letter-percent", { percent: words });
  at("progress").hidden = at("cancel").hidden = false;
  at("progress").value = Math.floor(part * 100);
  const quarter = Math.floor(part * 4);
  if (quarter > state.loading.quarter) { announce(at("working-text").textContent); }
  state.loading.quarter = quarter;
}

// Waits for the connection, or for the person who knows better.
function waitForConnection(signal) {
  at("working-text").textContent = text("letter-lost");
  announce(text("letter-lost"));
  at("cancel").hidden = at("go-on").hidden = false;
  return new Promise((resume) => {
    const goOn = () => {
      window.removeEventListener("online", goOn);
      clearInterval(timer);
      at("go-on").hidden = true;
      resume();
    };
    const timer = setInterval(goOn, RETRY_SECONDS * 1000);
    window.addEventListener("online", goOn);
    signal.addEventListener("abort", goOn, { once: true });
    at("go-on").onclick = goOn;
  });
}

function startLoading() {
  const stopper = new AbortController();
  state.loading = { stopper, quarter: 0 };
  return { progress: showProgress, lost: () => waitForConnection(stopper.signal), signal: stopper.signal };
}

function stopLoading() {
  if (state.loading) { state.loading.stopper.abort(); }
  state.loading = null;
}

function cancel() {
  state.round += 1;
  wipe();
  askPassword();
  announce(text("letter-cancelled"));
}

async function takePassword(event) {
  event.preventDefault();
  if (state.busy) { return; }
  const found = readTyped(at("password").value);
  if (found.password !== at("password").value && !takeFound(found)) { return; }
  const typed = at("password").value;
  const password = normalisePassword(typed, state.parameters.kind);
  if (!password) {
    const count = countTyped(typed);
    const words = count === 0 || state.parameters.kind !== "made" ? text("password-none")
      : count === 12 ? text("password-odd") : text("password-count", { count });
    return complain("password", words);
  }
  complain("password", "");
  setBusy(true, text("working"));
  const round = ++state.round;
  try {
    await openLetter(password, round);
  } catch (failure) {
    if (round === state.round) { report(failure); }
  }
}

// A script that is needed only now. Without it (the connection is lost) the letter is read all the same.
async function load(name, round) {
  const module = await import(`./${name}.js`);
  if (round === state.round) { more.modules.add(module); }
  return module;
}

function wipe() {
  announce(""); // the last thing said may name the letter
  stopLoading();
  if (more.unwatch) { more.unwatch(); }
  more.unwatch = null;
  wipeLetter();
  more.modules.forEach((module) => module.wipe());
  if (more.session) { more.session.stretched.fill(0); }
  more.session = null;
}

async function openLetter(password, round) {
  const keys = await derive(password, state.secret, state.parameters);
  const opened = await unlock(state.id, keys).catch((failure) => {
    if (failure.kind !== "wrong" || failure.triesLeft > 0) { throw failure; }
    return unlock(state.id, keys); // the letter rests from now on: learn for how long
  });
  if (round !== state.round) { return; }
  setBusy(true, text("fetching"));
  const session = { ...opened, ...keys, id: state.id, secret: state.secret, expires: opened.expires || state.parameters.expires };
  const watch = startLoading();
  const talk = opened.following.length > 0 ? await load("following", round) : null;
  const { letter, first } = talk ? await talk.begin(session, watch)
    : { letter: await fetchLetter(state.id, keys.proof, opened, watch) };
  if (round !== state.round) { return letter.whole.fill(0); }
  state.loading = null;
  more.session = session;
  at("password").value = "";
  at("code").value = "";
  await present(letter, round);
  if (round !== state.round) { return; }
  more.unwatch = watchLetter(state.id, withdrawn);
  if (talk) { talk.showHeadings(changeMessage); }
  const answers = await load("answer", round).catch(() => null);
  if (answers && round === state.round) { answers.offer(session, first || letter.index); }
}

async function present(letter, round) {
  document.querySelectorAll(".view").forEach((section) => { section.hidden = true; });
  await showLetter(letter, more.session.expires);
  if (round !== state.round) { return; }
  show("letter", letter.index.subject || text("no-subject"));
  announce(text("opened"));
}

// Another message of the conversation; the answer that is being written stays.
async function changeMessage(fetchIt) {
  const round = state.round;
  wipeLetter();
  try {
    const letter = await fetchIt({ progress: () => {} });
    if (round !== state.round) { return letter.whole.fill(0); }
    await present(letter, round);
    (await load("following", round)).showHeadings(changeMessage);
  } catch (failure) {
    if (round === state.round) { report(failure); }
  }
}

// --- what went wrong ---

function report(failure) {
  setBusy(false);
  announce("");
  wipe(); // of a letter that failed half-way nothing stays
  switch (failure instanceof Failure ? failure.kind : "damaged") {
    case "code": return wrongCode();
    case "wrong": return wrong(failure.triesLeft);
    case "resting": return rest(failure.seconds, failure.busy);
    case "gone": return gone();
    case "trouble":
      at("trouble-why").textContent = text(failure.server ? "trouble-server" : "trouble-network");
      return show("trouble");
    default: return show("damaged");
  }
}

// `words`: why, where the letter was on show until now; `draft`: an answer that was being written.
function gone(words = null, draft = "") {
  state.goneWords = state.goneWords || at("gone-why").textContent;
  at("gone-why").textContent = words || state.goneWords;
  at("gone-do").hidden = Boolean(words);
  at("gone-kept").hidden = !draft;
  at("gone-draft").value = draft;
  show("gone");
}

// The open letter is no longer there. What the reader wrote stays, to be copied.
function withdrawn() {
  const draft = Array.from(more.modules, (module) => (module.draft ? module.draft() : "")).join("");
  state.round += 1;
  wipe();
  gone(text("gone-open"), draft);
}

function wrong(triesLeft) {
  const left = triesLeft > 1 ? text("tries-many", { count: triesLeft }) : text(triesLeft === 1 ? "tries-one" : "tries-none");
  complain("password", `${text("wrong")} ${left}`);
}

// The code is another letter's, or was changed on its way: nothing has been counted, it can be typed again.
function wrongCode() {
  state.secret = null;
  askCode();
  complain("code", text("code-wrong"));
}

function clockText(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

// `busy`: not this letter rests; too much comes from the reader's network, and nothing is known of the letter yet.
function rest(seconds, busy) {
  const end = Date.now() + seconds * 1000;
  state.restWords = state.restWords || at("resting-why").textContent;
  at("resting-why").textContent = busy ? text("trouble-server") : state.restWords;
  show("resting");
  const minutes = Math.ceil(seconds / 60);
  announce(text(minutes === 1 ? "resting-one" : "resting-many", { count: minutes }));
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left > 0) {
      at("countdown").textContent = clockText(left);
    } else {
      if (state.parameters) { askPassword(); } else { return start(); }
      announce(text("resting-over"));
    }
  };
  tick();
  state.timer = setInterval(tick, 1000);
}

// --- closing ---

async function closeLetter() {
  for (const module of more.modules) {
    if (module.mayClose && !(await module.mayClose())) { return; }
  }
  state.round += 1;
  wipe();
  show("closed");
}

function run() {
  if (!window.isSecureContext) { return show("insecure"); }
  if (!window.crypto || !crypto.subtle || !window.ResizeObserver || !window.HTMLDialogElement) { return show("old"); }
  at("code-form").addEventListener("submit", takeCode);
  at("code").addEventListener("paste", pasteCode);
  at("password").addEventListener("paste", pastePassword);
  at("password-form").addEventListener("submit", takePassword);
  at("reveal").addEventListener("click", () => {
    reveal(at("password").type === "password");
    at("password").focus();
  });
  at("change-code").addEventListener("click", askCode);
  at("retry").addEventListener("click", start);
  at("reopen").addEventListener("click", start);
  at("close").addEventListener("click", closeLetter);
  at("cancel").addEventListener("click", cancel);
  window.addEventListener("hashchange", start);
  window.addEventListener("pagehide", () => {
    state.round += 1;
    at("password").value = at("gone-draft").value = "";
    wipe();
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) { start(); } });
  start();
}

run();
