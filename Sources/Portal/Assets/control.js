// The sender's control page: the state of each letter, revoking, extending. The token stays here: the portal is
// shown a proof made of it, and the names of recipients are opened with a key made of it (docs/links/control.md).

import { findRun, readPlace, tidyPlace } from "./code.js";
import "./menu.js";
import { fromBase64url, toBase64url } from "./protocol.js";
import { locale, text } from "./texts.js";

const at = (id) => document.getElementById(id);
const state = { auth: null, key: null, letters: [], told: new Map(), busy: new Set(), round: 0 };
const utf8 = new TextEncoder();

const words = (name, values = {}) => Object.entries(values)
  .reduce((all, [key, value]) => all.replaceAll(`{${key}}`, value), text(name));

const STATES = {
  sending: "control-state-sending", waiting: "control-state-waiting", opened: "control-state-opened",
  expired: "control-state-expired", revoked: "control-state-revoked", gone: "control-state-gone",
};
const DEEDS = {
  revoke: {
    name: "control-revoke", heading: "control-revoke-heading", text: "control-revoke-text", done: "control-done-revoke",
  },
  extend: {
    name: "control-extend", heading: "control-extend-heading", text: "control-extend-text", done: "control-done-extend",
  },
};
const REFUSALS = { gone: "control-refused-gone", longest: "control-refused-longest", fixed: "control-refused-fixed" };

function moment(seconds) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(seconds * 1000));
}

function announce(said) { at("announce").textContent = said; }

function show(view, heading, focus = true) {
  document.querySelectorAll(".view").forEach((section) => { section.hidden = section.id !== `view-${view}`; });
  at("heading").textContent = heading;
  if (focus) {
    window.scrollTo(0, 0);
    at("heading").focus({ preventScroll: true });
  }
}

// --- the token ---

async function take(token) {
  const raw = await crypto.subtle.importKey("raw", token, "HKDF", false, ["deriveBits", "deriveKey"]);
  const derive = (what) => ({
    name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: utf8.encode(`letterlock/1 control ${what}`),
  });
  state.auth = toBase64url(new Uint8Array(await crypto.subtle.deriveBits(derive("auth"), raw, 256)));
  state.key = await crypto.subtle.deriveKey(derive("label"), raw, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
}

async function recipient(letter) {
  try {
    const sealed = fromBase64url(letter.label);
    const plain = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: sealed.subarray(0, 12), additionalData: utf8.encode(letter.id) }, state.key,
      sealed.subarray(12));
    return new TextDecoder().decode(plain);
  } catch {
    return text("control-unreadable");
  }
}

// --- the portal ---

async function post(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), credentials: "omit",
      cache: "no-store", redirect: "error", referrerPolicy: "no-referrer",
    });
    if (answer.ok) { return await answer.json(); }
  } catch {
    throw new Error("trouble");
  }
  throw new Error(answer.status === 404 ? "gone" : "trouble");
}

async function load() {
  const { letters } = await post("/api/control", { auth: state.auth });
  for (const letter of letters) { letter.to = await recipient(letter); }
  state.letters = letters;
}

// --- the page ---

function make(name, content, className) {
  const element = document.createElement(name);
  element.textContent = content;
  if (className) { element.className = className; }
  return element;
}

function facts(letter) {
  const list = make("dl", "", "facts");
  const add = (name, value, alarm) => {
    const pair = make("div", "", alarm ? "alarm" : "");
    pair.append(make("dt", words(name)), make("dd", value));
    list.append(pair);
  };
  const over = letter.state !== "waiting" && letter.state !== "opened" && letter.state !== "sending";
  const when = (seconds) => (seconds ? moment(seconds) : words(over ? "control-never" : "control-not-yet"));
  if (letter.state === "revoked" && letter.ended) {
    add("control-revoked-on", moment(letter.ended));
  } else {
    add(letter.state === "expired" ? "control-expired-on" : "control-until", moment(letter.expires));
  }
  add("control-asked", when(letter.asked));
  add("control-opened", when(letter.opened));
  add("control-fetched", when(letter.fetched));
  add("control-wrong", new Intl.NumberFormat(locale).format(letter.wrong), letter.wrong > 0);
  if (letter.rests) { add("control-rests", moment(letter.rests), true); }
  if (letter.answers > 0) { add("control-answers", new Intl.NumberFormat(locale).format(letter.answers)); }
  return list;
}

function deeds(letter) {
  const row = make("div", "", "row");
  if (letter.state !== "waiting" && letter.state !== "opened") { return row; }
  const busy = state.busy.has(letter.id);
  const add = (kind, className) => {
    const button = make("button", words(DEEDS[kind].name), className);
    button.type = "button";
    button.disabled = busy;
    button.dataset.deed = kind;
    button.setAttribute("aria-label", `${words(DEEDS[kind].name)}: ${letter.to}`);
    button.addEventListener("click", () => ask(kind, letter));
    row.append(button);
  };
  if (letter.expires < letter.longest) { add("extend", ""); }
  add("revoke", "danger");
  return row;
}

function card(letter) {
  const one = make("article", "", "card one");
  one.dataset.letter = letter.id;
  const head = document.createElement("header");
  head.append(make("h2", letter.to), make("span", words(STATES[letter.state] || STATES.gone), `stand ${letter.state}`));
  one.append(head, facts(letter));
  const row = deeds(letter);
  if (row.firstChild) { one.append(row); }
  const told = state.told.get(letter.id);
  if (state.busy.has(letter.id)) {
    const busy = make("p", "", "busy");
    const spinner = make("span", "", "spinner");
    spinner.setAttribute("aria-hidden", "true");
    busy.append(spinner, make("span", words("control-working")));
    one.append(busy);
  } else if (told) {
    one.append(make("p", told.said, told.bad ? "told bad" : "told"));
  }
  return one;
}

function draw() {
  const focused = document.activeElement && document.activeElement.closest("article");
  const deed = document.activeElement && document.activeElement.dataset.deed;
  const first = state.letters[0];
  at("sent").textContent = first ? words("control-sent", { date: moment(first.created) }) : "";
  at("letters").replaceChildren(...state.letters.map(card));
  if (focused) { // the buttons were made anew
    const same = [...at("letters").children].find((one) => one.dataset.letter === focused.dataset.letter);
    const button = same && (same.querySelector(`[data-deed="${deed}"]:enabled`) || same.querySelector("button:enabled"));
    (button || at("heading")).focus({ preventScroll: true });
  }
}

// --- revoking and extending ---

function ask(kind, letter) {
  const dialog = at("ask");
  at("ask-heading").textContent = words(DEEDS[kind].heading);
  at("ask-text").textContent = words(DEEDS[kind].text, { recipient: letter.to, date: moment(letter.longest) });
  at("ask-yes").textContent = words(DEEDS[kind].name);
  at("ask-yes").className = kind === "revoke" ? "main danger" : "main";
  at("ask-yes").onclick = () => {
    dialog.close();
    carryOut(kind, letter);
  };
  at("ask-no").onclick = () => dialog.close();
  dialog.showModal();
  at("ask-no").focus();
}

const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

async function outcome(kind, letter) {
  const wish = { auth: state.auth, kind, letter: letter.id };
  if (kind === "extend") { wish.expires = letter.expires; }
  const { request } = await post("/api/control/requests", wish);
  const end = Date.now() + 20000;
  while (Date.now() < end) {
    await pause(400);
    const found = await post(`/api/control/requests/${encodeURIComponent(request)}`, { auth: state.auth });
    if (found.state !== "waiting") { return found; }
  }
  return { state: "waiting" };
}

function verdict(kind, letter, found) {
  if (found.state === "waiting") { return { said: words("control-slow") }; }
  if (found.state === "done") {
    const date = found.expires ? moment(found.expires) : "";
    return { said: words(DEEDS[kind].done, { recipient: letter.to, date }) };
  }
  const known = Object.hasOwn(REFUSALS, found.reason);
  return { said: words(known ? REFUSALS[found.reason] : "control-refused-trouble"), bad: true };
}

async function carryOut(kind, letter) {
  const round = state.round;
  state.busy.add(letter.id);
  announce(words("control-working"));
  draw();
  let told;
  try {
    told = verdict(kind, letter, await outcome(kind, letter));
    await load();
  } catch {
    told = { said: words("control-refused-trouble"), bad: true };
  }
  if (round !== state.round) { return; }
  state.busy.delete(letter.id);
  state.told.set(letter.id, told);
  announce(told.said);
  draw();
}

// --- the way ---

async function open(token) {
  const round = ++state.round;
  state.told.clear();
  state.busy.clear();
  show("wait", words("control-title"));
  try {
    await take(token);
    await load();
    if (round !== state.round) { return; }
    draw();
    show("control", words("control-title"));
  } catch (failure) {
    if (round !== state.round) { return; }
    if (failure.message === "gone") { show("gone", words("control-gone-heading")); } else { show("trouble", words("control-trouble-heading")); }
  }
}

function askCode() {
  at("code-error").textContent = "";
  show("code", words("control-code-heading"));
}

// Out of a whole mail that is pasted.
function pasteCode(event) {
  const run = event.clipboardData ? findRun(event.clipboardData.getData("text/plain"), 43) : null;
  if (!run) { return; }
  event.preventDefault();
  at("code").value = run;
}

function start() {
  // However a mail system wrote the address anew: from here on it is the one that the mail held.
  const { run } = readPlace(window.location, 43);
  if (run) { tidyPlace("/control", run); }
  at("languages").querySelectorAll("a").forEach((link) => { // the code must survive the change
    link.href = link.getAttribute("href").replace(/#.*$/, "") + window.location.hash;
  });
  if (at("ask").open) { at("ask").close(); }
  const token = fromBase64url(run, 32);
  if (token) { open(token); } else { askCode(); }
}

function takeCode(event) {
  event.preventDefault();
  const token = fromBase64url(findRun(at("code").value, 43), 32);
  at("code-error").textContent = token ? "" : words("control-code-bad");
  at("code").setAttribute("aria-invalid", String(!token));
  if (!token) { return at("code").focus(); }
  at("code").value = "";
  // Into the address: it can be loaded again, and the language changed. The server does not see it.
  window.history.replaceState(null, "", `#${toBase64url(token)}`);
  return start();
}

async function reload() {
  try {
    await load();
    state.told.clear();
    draw();
    announce(words("control-title"));
  } catch (failure) {
    if (failure.message === "gone") { show("gone", words("control-gone-heading")); } else { show("trouble", words("control-trouble-heading")); }
  }
}

function run() {
  if (!window.isSecureContext || !window.crypto || !crypto.subtle || !window.HTMLDialogElement) {
    return show("old", words("control-trouble-heading"));
  }
  at("code-form").addEventListener("submit", takeCode);
  at("code").addEventListener("paste", pasteCode);
  at("again").addEventListener("click", askCode);
  at("retry").addEventListener("click", start);
  at("reload").addEventListener("click", reload);
  window.addEventListener("hashchange", start);
  window.addEventListener("pageshow", (event) => { if (event.persisted) { start(); } });
  return start();
}

run();
