// The page behind the link in the mail that asks for a key's confirmation. Opening it changes nothing: the button does. The
// code is taken out of the address at once, so that it stays in no history.

import { text } from "./texts.js";

const at = (id) => document.getElementById(id);
const pause = (seconds) => new Promise((done) => { setTimeout(done, seconds * 1000); });

function show(view) {
  document.querySelectorAll(".view").forEach((section) => { section.hidden = section.id !== `view-${view}`; });
}

/// The code out of what was typed or pasted: alone, or the whole address.
function findCode(typed) {
  const bare = typed.replace(/\s+/g, "");
  const found = bare.match(/#([A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])/) || bare.match(/^([A-Za-z0-9_-]{22})$/);
  return found ? found[1] : null;
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

const given = findCode(window.location.hash);
if (window.location.hash) { window.history.replaceState(null, "", window.location.pathname + window.location.search); }
at("code-field").hidden = Boolean(given);
document.querySelectorAll("#languages a").forEach((link) => {
  link.addEventListener("click", () => { if (given) { link.hash = given; } });
});
at("confirm-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const token = given || findCode(at("code").value);
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
