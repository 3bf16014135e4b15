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

// The letter's styles reach everything in its frame, but not what stands in an element itself and is important.
const MARKER = {
  all: "initial", display: "inline-block", position: "relative", "z-index": "2147483647", font: "14px/1.4 sans-serif",
  color: "#1b2430", "background-color": "#fff3c4", border: "1px solid #b08c00", "border-radius": "4px", padding: "0 4px",
  margin: "0 4px", visibility: "visible", "user-select": "none", "text-indent": "0", "white-space": "normal",
  "overflow-wrap": "anywhere", width: "max-content", "max-width": "90vw", direction: "ltr", "unicode-bidi": "isolate",
};

// Where no question can be asked, the place stands in each link, at its end: what hides or moves the one does so to the
// other. An element of its own name, so that no rule for another is meant for it.
function writeTargets(inner, page) {
  for (const link of inner.querySelectorAll("a[href]:not([href^='#'])")) {
    const place = page.createElement("letterlock-leads");
    place.textContent = `[${placeOf(link.href)}]`;
    for (const [name, value] of Object.entries(MARKER)) { place.style.setProperty(name, value, "important"); }
    link.append(" ", place);
  }
}

// What is quoted, unless it is all there is, can be folded.
function foldQuotes(inner, page) {
  const whole = inner.textContent.trim().length;
  for (const quote of Array.from(inner.querySelectorAll("blockquote")).filter((each) => !each.parentElement.closest("blockquote,.quoted"))) {
    const length = quote.textContent.trim().length;
    const place = page.createComment("");
    quote.before(place);
    place.replaceWith(foldable(quote, length > LONG_QUOTE && length < whole - 20, page));
  }
}

// A table that goes on to the right fades there, so that it is seen to go on.
function showMore(box) {
  const isMore = Math.abs(box.scrollLeft) + box.clientWidth < box.scrollWidth - 4;
  const isFromRight = isMore && box.ownerDocument.defaultView.getComputedStyle(box).direction === "rtl";
  box.classList.toggle("ll-more", isMore && !isFromRight);
  box.classList.toggle("ll-more-left", isFromRight);
}

function fit() {
  const inner = shown && shown.frame.contentDocument && shown.frame.contentDocument.getElementById("letter");
  if (!inner) { return; }
  const root = inner.ownerDocument.documentElement;
  for (const box of inner.querySelectorAll(".ll-wide")) { // reached by the keyboard where there is something to scroll
    if (box.scrollWidth > box.clientWidth) { box.tabIndex = 0; } else { box.removeAttribute("tabindex"); }
    box.onscroll = () => showMore(box);
    showMore(box);
  }
  const bar = root.scrollWidth > root.clientWidth ? 20 : 0;
  // A block of a fixed height may end before what is in it does.
  const lowest = Array.from(inner.querySelectorAll("letterlock-leads"), (each) => each.getBoundingClientRect().bottom);
  const height = Math.max(60, inner.getBoundingClientRect().height, ...lowest);
  shown.frame.style.height = `${Math.ceil(height) + bar + 2}px`;
}

// All pieces one below the other; what putHTML says of each, added up.
function putPieces(pieces, inner, pictureOf) {
  const told = { remote: 0, others: 0, coloured: false, cut: false };
  for (const piece of pieces) {
    if (typeof piece !== "string") {
      inner.append(piece);
      continue;
    }
    const one = putHTML(piece, inner, pictureOf);
    told.remote += one.remote;
    told.others += one.others;
    told.coloured = told.coloured || one.coloured;
    told.cut = told.cut || one.cut;
  }
  return told;
}

/// Shows HTML (strings) and what stands between and around it (elements) in the place of the letter's body. Gives what
/// putHTML says of it; throws where there can be no frame.
export async function showFramed(pieces, pictureOf, isWanted) {
  let frame = await load(SANDBOX);
  const deaf = isWanted() && !hears(frame.contentDocument);
  // A window that a link opens itself is no longer in the sandbox then: else the page in it could not work.
  if (deaf) { frame = await load(`${SANDBOX} allow-popups-to-escape-sandbox`); }
  if (!isWanted()) { return null; }
  const page = frame.contentDocument, inner = page.getElementById("letter");
  page.documentElement.lang = language;
  const told = putPieces(pieces, inner, pictureOf);
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
