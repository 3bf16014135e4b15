// Finds codes and passwords in what a person has: an address that a mail system has written anew, a whole mail, a link
// inside the link of a filter (Microsoft SafeLinks, Proofpoint, Barracuda, Sophos, Cisco …).

import { fromBase64url, normalisePassword } from "./protocol.js";

const RUN = "[A-Za-z0-9_-]";
const HIDDEN = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const DASHES = /[\u2010-\u2015\u2212]/g;
const QUOTES = /^["'«»‹›“”„‘’‚`]+\s*|\s*["'«»‹›“”„‘’‚`]+$/g;
const MOST = 200000; // characters that are looked at: more than any mail that brings a link

// Escapes undone, also where they were escaped themselves: `%2523`.
function unescaped(text) {
  let old = "", now = text;
  for (let round = 0; round < 4 && now !== old; round += 1) {
    old = now;
    now = old.replace(/%([0-7][0-9a-f])/gi, (_, code) => String.fromCharCode(parseInt(code, 16)));
  }
  return now.replace(/&#(?:35|x23);/gi, "#");
}

function decodeBase64(text) {
  try {
    return atob(text.replace(/-/g, "+").replace(/_/g, "/").replace(/=+$/, ""));
  } catch {
    return "";
  }
}

// Proofpoint's second form: `u=https-3A__host_l_…-23…`, where `_` is a slash and `-` begins an escape.
const proofpoint2 = (text) => text.replace(/\/v2\/url\?u=([^&\s]+)/g, (_, target) => unescaped(
  ` ${target.replace(/_/g, "/").replace(/-([0-9A-F]{2})/g, "%$1")} `));

// Its third: `/v3/__https://host/l/…*…__;Iw!!…`, where each `*` stands for the next character of what is behind `;`.
const proofpoint3 = (text) => text.replace(/\/v3\/__(\S{1,2000}?)__;([A-Za-z0-9_-]*)!\S*/g, (_, target, kept) => {
  const letters = [...decodeBase64(kept)];
  return ` ${target.replace(/\*/g, () => letters.shift() || "*")} `;
});

// Links inside of links by base64: `u=aHR0cHM6…`.
const encoded = (text) => (text.match(/aHR0c[A-Za-z0-9+/_-]{30,2000}/g) || []).map(decodeBase64).join(" ");

// What was pasted, as it is and as those read it who undo what filters do.
function readings(typed) {
  const text = typed.slice(0, MOST).replace(HIDDEN, "").replace(/=\r?\n/g, "");
  return [proofpoint3(proofpoint2(text)), text, encoded(text)].map(unescaped);
}

// A word of a language, also one with hyphens, is no random run.
const isWord = (run) => /^[A-Z]?[a-z]*([-_][A-Z]?[a-z]*)*$/.test(run) || /^[A-Z_-]*$/.test(run) || /^[0-9_-]*$/.test(run);

// { id, run } of each link in a text; `id` is undefined where the link names none.
function linked(text, length) {
  const link = new RegExp(`(?:/l/+(${RUN}{22})(?!${RUN})[^\\s#]{0,500})?#[/]*(${RUN}{${length}})(?!${RUN})`, "g");
  return Array.from(text.matchAll(link), ([, id, run]) => ({ id, run }));
}

/// The code in what was typed or pasted, as base64url text, or null where there is none, or several.
/// `length`: its characters; `id`: of the letter it is to belong to, which is no code.
export function findRun(typed, length, id = null) {
  const sound = (run) => run !== id && fromBase64url(run, Math.floor(length * 6 / 8)) !== null;
  const all = readings(typed);
  const links = all.flatMap((text) => linked(text, length)).filter(({ run }) => sound(run));
  const own = links.find((link) => id && link.id === id) || links[0];
  if (own) { return own.run; }
  const words = all[0].replace(DASHES, "-").match(/[\p{L}\p{N}_-]+/gu) || [];
  const exact = new RegExp(`^${RUN}{${length}}$`);
  const runs = new Set(words.filter((word) => exact.test(word) && sound(word) && !isWord(word)));
  if (runs.size > 0) { return runs.size === 1 ? [...runs][0] : null; }
  const bare = all[0].replace(DASHES, "-").replace(/[\s>|]+/g, ""); // typed in groups, or broken over lines
  const [last] = linked(bare, length).concat(exact.test(bare) ? { run: bare } : []);
  return last && sound(last.run) ? last.run : null;
}

/// What an address holds, however it was written anew: { id, run }, each null where it is missing.
/// `place` is a Location; the part behind the letter's id, or behind the page's name, may have moved into the path.
export function readPlace(place, length) {
  const text = unescaped(place.pathname + place.search + place.hash);
  const id = text.match(new RegExp(`/l/+(${RUN}{22})(?!${RUN})`));
  const behind = id ? text.slice(id.index + id[0].length) : text;
  const run = behind.match(new RegExp(`#[/]*(${RUN}{${length}})(?!${RUN})`));
  return { id: id ? id[1] : null, run: run ? run[1] : null };
}

/// Makes the address the one that the mail held: `path`, the language if one was chosen, and the run, unless it is to go.
export function tidyPlace(path, run) {
  const chosen = new URLSearchParams(window.location.search).get("lang");
  const language = /^[a-z]{2}$/.test(chosen || "") ? `?lang=${chosen}` : "";
  window.history.replaceState(null, "", path + language + (run ? `#${run}` : ""));
}

// "Mot de passe : …", "Your password is: …"
const LABEL = new RegExp("(?:mot de passe|mdp|password|pass ?phrase|passwort|kennwort|contraseña|palavra-passe|senha"
  + "|parola d['’]ordine|wachtwoord)[^:：=\\n]{0,60}[:：=]\\s*([^\\r\\n]+)", "iu");

// The one password of ours in a text: three groups of four.
function groups(text) {
  const found = new Set();
  for (const [, first, second, third] of text.matchAll(
    /(?:^|[^\w/#=-])([0-9a-z]{4})\s?-\s?([0-9a-z]{4})\s?-\s?([0-9a-z]{4})(?![\w-])/gi)) {
    if (normalisePassword(first + second + third, "made")) { found.add(`${first}-${second}-${third}`); }
  }
  return found.size === 1 ? [...found][0] : null;
}

/// What stands in the field of the password: { password }, taken out of what is around it, or { is: "link" } or
/// { is: "code" } where it is something else. `letter` has kind, id and run (base64url, or null).
export function readPassword(typed, letter) {
  const text = typed.replace(HIDDEN, "");
  const made = letter.kind === "made";
  if (made && normalisePassword(text, "made")) { return { password: text }; }
  if (made) {
    const password = groups(text.replace(DASHES, "-"));
    if (password) { return { password }; }
  }
  const label = text.match(LABEL);
  const named = label ? label[1].trim().replace(QUOTES, "") : "";
  if (named && (!made || normalisePassword(named, "made"))) { return { password: named }; }
  if (readings(text).some((one) => /\/l\/+[A-Za-z0-9_-]{22}/.test(one) || /^\s*https?:\/\//i.test(one))) { return { is: "link" }; }
  const run = findRun(text, 22);
  const isOurs = [letter.run, letter.id].includes(text.trim());
  return isOurs || (made && run) ? { is: "code" } : { password: typed };
}
