// Shows plain text: paragraphs with a direction of their own, what is quoted to fold, web addresses as links. Everything
// is a text node.

import { safeTarget } from "./sanitise.js";
import { make } from "./shown.js";
import { text } from "./texts.js";

const MOST_BLOCKS = 4000; // what comes after them is one paragraph
const LONG_LINES = 6; // a longer quotation is folded at first
const MOST_DEPTH = 8;

const ADDRESS = /(?:https?:\/\/|www\.(?=[\p{L}\d-]+\.\p{L}))[^\s<>"'«»‹›“”„（）［］「」『』【】〔〕〈〉《》、。，！？；：،؛؟]+/giu;
const BRACKETS = { ")": "(", "]": "[", "}": "{" };

// An address without the points, commas and brackets of the sentence around it: a bracket that it opens itself stays in it.
function addressIn(found) {
  const open = {};
  for (const letter of found) {
    if (BRACKETS[letter]) { open[BRACKETS[letter]] = (open[BRACKETS[letter]] || 0) - 1; } else { open[letter] = (open[letter] || 0) + 1; }
  }
  let end = found.length;
  for (; end > 0; end -= 1) {
    const last = found[end - 1], opener = BRACKETS[last];
    if (opener && open[opener] < 0) { open[opener] += 1; } else if (!/[.,;:!?…’*]/.test(last)) { break; }
  }
  return found.slice(0, end);
}

// A line of text with its addresses as links.
function putLine(box, line) {
  let last = 0;
  for (const found of line.matchAll(ADDRESS)) {
    const address = addressIn(found[0]), target = safeTarget(address);
    if (!target || (/^w/i.test(address) && /[\p{L}\d@._/-]$/u.test(line.slice(0, found.index)))) { continue; }
    const link = make("a", address);
    link.href = target;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    box.append(line.slice(last, found.index), link);
    last = found.index + address.length;
  }
  box.append(line.slice(last));
}

function paragraph(lines) {
  const box = make("p", "");
  box.dir = "auto";
  putLine(box, lines.join("\n"));
  return box;
}

/// A part that can be folded; it is folded where it is long.
export function foldable(content, folded, page = document) {
  const fold = page.createElement("details"), summary = page.createElement("summary");
  fold.className = "quoted";
  summary.textContent = text("letter-quoted");
  fold.open = !folded;
  fold.append(summary, content);
  return fold;
}

// Lines in groups: what is quoted (without its mark), and paragraphs between empty lines.
function groups(lines) {
  const found = [];
  let group = null;
  for (const line of lines) {
    const quoted = line.startsWith(">");
    if (!quoted && line.trim() === "") {
      group = null;
      continue;
    }
    if (!group || (group.quoted !== quoted && found.length < MOST_BLOCKS)) {
      if (found.length >= MOST_BLOCKS) {
        group = found[found.length - 1];
        group.lines.push("");
      } else {
        group = { quoted, lines: [] };
        found.push(group);
      }
    }
    group.lines.push(quoted && group.quoted ? line.replace(/^> ?/, "") : line);
  }
  return found;
}

function putBlocks(box, lines, depth) {
  const found = groups(lines);
  for (const group of found) {
    if (!group.quoted || depth > MOST_DEPTH) {
      box.append(paragraph(group.lines));
      continue;
    }
    const quote = document.createElement("blockquote");
    putBlocks(quote, group.lines, depth + 1);
    box.append(depth === 0 ? foldable(quote, group.lines.length > LONG_LINES && found.length > 1) : quote);
  }
}

/// The lines of format=flowed (RFC 3676 section 4) as whole paragraphs, what is quoted behind its marks. `delsp`: the blank at
/// the end of a line that goes on is no part of the text.
export function joinFlowed(words, delsp) {
  const lines = [];
  let open = null; // { depth, text }
  const end = () => {
    if (open) { lines.push(`${">".repeat(open.depth)}${open.depth > 0 ? " " : ""}${open.text}`); }
    open = null;
  };
  for (const raw of words.split("\n")) {
    const depth = raw.match(/^>*/)[0].length;
    const line = raw.slice(depth).replace(depth > 0 ? /^ / : /^ (?=[^>]|$)/, ""); // ` >` is no quotation
    const isAlone = line === "-- " || line === "";
    if (open && (isAlone || open.depth !== depth)) { end(); }
    const flows = !isAlone && line.endsWith(" ");
    open = { depth, text: (open ? open.text : "") + (flows && delsp ? line.slice(0, -1) : line) };
    if (!flows) { end(); }
  }
  end();
  return lines.join("\n");
}

/// The element that shows a text.
export function plainText(content) {
  const box = make("div", "", "text");
  putBlocks(box, content.split("\n"), 0);
  return box;
}
