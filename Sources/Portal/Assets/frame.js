// Shows a letter's HTML in a sandboxed frame that runs no script, as high as the letter is; on paper too.

import { placeOf, watchLinks } from "./links.js";
import { foldable } from "./plain.js";
import { putHTML } from "./sanitise.js";
import { language, text } from "./texts.js";

const at = (id) => document.getElementById(id);
const SANDBOX = "allow-same-origin allow-popups";
const LONG_QUOTE = 400; // characters; a longer one is folded at first
let shown = null; // { frame, watcher }

function load(sandbox) {
  return new Promise((done, fail) => {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", sandbox);
    frame.setAttribute("title", text("frame-title"));
    frame.addEventListener("load", () => done(frame), { once: true });
    frame.addEventListener("error", fail, { once: true });
    frame.src = "/frame";
    at("body").replaceChildren(frame);
  });
}

// WebKit runs no listeners, not even this page's, on a frame without script.
function hears(page) {
  let heard = false;
  page.addEventListener("letter-probe", () => { heard = true; }, { once: true });
  page.dispatchEvent(new Event("letter-probe"));
  return heard;
}

// Where no question can be asked, the place stands behind each link.
function writeTargets(inner, page) {
  for (const link of inner.querySelectorAll("a[href]")) {
    const place = page.createElement("small");
    place.className = "leads";
    place.textContent = ` [${placeOf(link.href)}]`;
    link.after(place);
  }
}

// What is quoted, unless it is all there is, can be folded.
function foldQuotes(inner, page) {
  const whole = inner.textContent.trim().length;
  for (const quote of Array.from(inner.querySelectorAll("blockquote")).filter((each) => !each.parentElement.closest("blockquote"))) {
    const length = quote.textContent.trim().length;
    const place = page.createComment("");
    quote.before(place);
    place.replaceWith(foldable(quote, length > LONG_QUOTE && length < whole - 20, page));
  }
}

function fit() {
  const inner = shown && shown.frame.contentDocument && shown.frame.contentDocument.getElementById("letter");
  if (!inner) { return; }
  const root = inner.ownerDocument.documentElement;
  const bar = root.scrollWidth > root.clientWidth ? 20 : 0;
  shown.frame.style.height = `${Math.max(60, Math.ceil(inner.getBoundingClientRect().height) + bar + 2)}px`;
}

/// Shows HTML in the place of the letter's body. Gives what putHTML says of it; throws where there can be no frame.
export async function showFramed(html, pictureOf, isWanted) {
  let frame = await load(SANDBOX);
  const deaf = isWanted() && !hears(frame.contentDocument);
  // A window that a link opens itself is no longer in the sandbox then: else the page in it could not work.
  if (deaf) { frame = await load(`${SANDBOX} allow-popups-to-escape-sandbox`); }
  if (!isWanted()) { return null; }
  const page = frame.contentDocument, inner = page.getElementById("letter");
  page.documentElement.lang = language;
  const told = putHTML(html, inner, pictureOf);
  foldQuotes(inner, page);
  if (deaf) { writeTargets(inner, page); } else { watchLinks(page); }
  for (const element of [page.documentElement, frame]) { element.classList.toggle("plain", !told.coloured); }
  shown = { frame, watcher: new ResizeObserver(fit) };
  shown.watcher.observe(inner);
  fit();
  return told;
}

/// Takes the frame away.
export function dropFrame() {
  if (shown) { shown.watcher.disconnect(); }
  shown = null;
}

// --- on paper ---

let unfolded = [];

function layOut(printing) {
  if (shown) { shown.frame.classList.toggle("printing", printing); }
  fit();
}

window.addEventListener("beforeprint", () => {
  const pages = [at("body"), shown && shown.frame.contentDocument].filter(Boolean);
  unfolded = pages.flatMap((page) => Array.from(page.querySelectorAll("details:not([open])")));
  unfolded.forEach((fold) => { fold.open = true; });
  layOut(true);
});

window.addEventListener("afterprint", () => {
  unfolded.forEach((fold) => { fold.open = false; });
  unfolded = [];
  layOut(false);
});
