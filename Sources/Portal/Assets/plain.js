// Shows plain text: paragraphs with a direction of their own, what is quoted to fold, web addresses as links. Everything
// is a text node.

import { safeTarget } from "./sanitise.js";
import { make } from "./shown.js";
import { text } from "./texts.js";

const MOST_BLOCKS = 4000; // what comes after them is one paragraph
const LONG_LINES = 6; // a longer quotation is folded at first
const MOST_DEPTH = 8;

// A line of text with its addresses as links.
function putLine(box, line) {
  let last = 0;
  for (const found of line.matchAll(/https?:\/\/[^\s<>"']+/g)) {
    const address = found[0].replace(/[).,;:!?\]]+$/, "");
    if (!safeTarget(address)) { continue; }
    const link = make("a", address);
    link.href = address;
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

/// The element that shows a text.
export function plainText(content) {
  const box = make("div", "", "text");
  putBlocks(box, content.split("\n"), 0);
  return box;
}
