// The page behind the link in the mail that asks for a key's confirmation. Opening it changes nothing: the button does. The
// code is taken out of the address at once, so that it stays in no history. Behind a point the address has the fingerprint
// of the key, which the portal does not know.

import { findRun, readPlace, tidyPlace } from "./code.js";
import "./menu.js";
import { text } from "./texts.js";

const at = (id) => document.getElementById(id);
const pause = (seconds) => new Promise((done) => { setTimeout(done, seconds * 1000); });

function show(view) {
  document.querySelectorAll(".view").forEach((section) => { section.hidden = section.id !== `view-${view}`; });
}

// In groups of four, as programs show it; nothing where the address has none.
function showFingerprint(typed) {
  const found = typed.match(/\.([0-9A-F]{40,64})(?![0-9A-Za-z])/i);
  if (!found) { return; }
  at("fingerprint").textContent = found[1].toUpperCase().match(/.{1,4}/g).join(" ");
  at("fingerprint-field").hidden = false;
}

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), credentials: "omit",
    cache: "no-store", redirect: "error", referrerPolicy: "no-referrer",
  });
  if (!answer.ok) { throw new Error(String(answer.status)); }
  return answer.json();
}

/// Leaves the wish, and waits until the gateway has carried it out.
async function confirm(token) {
  const { request } = await post("/api/confirm", { token });
  for (let round = 0; round < 40; round += 1) {
    await pause(round < 5 ? 1 : 3);
    const { state } = await post(`/api/confirm/${request}`, {});
    if (state !== "waiting") { return state; }
  }
  throw new Error("waiting");
}

function fail(words) {
  at("code-error").textContent = words;
  at("confirm").disabled = false;
  at("confirm").textContent = text("confirm-button");
}

const given = readPlace(window.location, 22).run;
const whole = window.location.hash;
showFingerprint(window.location.href);
if (given || whole) { tidyPlace("/confirm"); }
at("code-field").hidden = Boolean(given);
document.querySelectorAll("#languages a").forEach((link) => {
  link.addEventListener("click", () => { if (given) { link.hash = whole || given; } });
});
at("code").addEventListener("paste", (event) => {
  const typed = event.clipboardData ? event.clipboardData.getData("text/plain") : "";
  const run = findRun(typed, 22);
  if (!run) { return; }
  event.preventDefault();
  at("code").value = run;
  showFingerprint(typed);
});
at("confirm-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const token = given || findRun(at("code").value, 22);
  showFingerprint(at("code").value);
  at("code-error").textContent = "";
  if (!token) { return fail(text("confirm-code-bad")); }
  at("confirm").disabled = true;
  at("confirm").textContent = text("confirm-working");
  try {
    const state = await confirm(token);
    at("told").textContent = text(state === "done" ? "confirm-done" : "confirm-gone");
    show("told");
    at("heading").focus();
  } catch {
    fail(text("confirm-trouble"));
  }
});
show("ask");
