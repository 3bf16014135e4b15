// Shows an opened letter: its fields, its text or sanitised HTML, its files; wipes all of it again.

import { dropFiles, showFiles } from "./files.js";
import { dropFrame, showFramed } from "./frame.js";
import { dropLinks, watchLinks } from "./links.js";
import { partBytes, partText } from "./message.js";
import { plainText } from "./plain.js";
import { parseInert } from "./sanitise.js";
import { dateOf, dateText, make } from "./shown.js";
import { text, language } from "./texts.js";

export { dateText, sizeText } from "./shown.js";

const MOST_TEXT = 2000000; // bytes that are shown; the rest is in what is saved
const MOST_HTML = 8000000;
const MOST_PICTURE = 40000000;
const at = (id) => document.getElementById(id);
let open = null; // what is on show: { index, whole, message, addresses, shown, closed, form }

// Each name in a list of addresses by itself: one that is written from right to left must not turn its neighbours round.
function putNames(place, names) {
  const each = String(names).match(/(?:"[^"]*"|[^<>,"])*<[^<>]*>|(?:"[^"]*"|[^,])+/g) || [];
  each.map((name) => name.trim()).filter(Boolean).forEach((name, number) => {
    place.append(number > 0 ? ", " : "", make("bdi", name));
  });
}

function showFields(index) {
  const sent = dateOf(index);
  const fields = [["from", index.from], ["to", index.to], ["cc", index.cc], ["date", sent ? dateText(index.sent) : index.date]];
  at("fields").replaceChildren();
  for (const [key, value] of fields) {
    if (!value) { continue; }
    const place = make("dd", "");
    if (key === "date") { place.append(make("bdi", value)); } else { putNames(place, value); }
    at("fields").append(make("dt", text(key)), place);
  }
}

const bareID = (cid) => {
  let id = String(cid || "").trim();
  try { id = decodeURIComponent(id); } catch { /* as it is */ }
  return id.replace(/^<|>$/g, "").toLowerCase();
};

// A picture of the letter, once: however often it is shown, it is decoded only one time.
function pictureOf(cid) {
  const part = open.index.parts.find((candidate) => candidate && candidate.cid && bareID(candidate.cid) === bareID(cid));
  if (!part || !/^image\/(png|jpe?g|pjpeg|gif|webp|bmp|x-ms-bmp|avif)$/i.test(part.type)) { return null; }
  if (!open.shown.has(part)) {
    const bytes = partBytes(open.message, part, MOST_PICTURE);
    if (bytes.length > MOST_PICTURE) { return null; }
    const address = URL.createObjectURL(new Blob([bytes], { type: part.type }));
    open.addresses.push(address);
    open.shown.set(part, address);
  }
  return open.shown.get(part);
}

// "One picture …", "3 other things …" were not loaded.
function showBlocked({ remote, others }) {
  const words = [[remote, "remote-one", "remote-many"], [others, "letter-blocked-one", "letter-blocked-many"]]
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => {
      const number = new Intl.NumberFormat(language).format(count);
      return text(count === 1 ? one : many, { count: number });
    });
  at("remote").textContent = words.join(" ");
  at("remote").hidden = words.length === 0;
}

// Without a text part, the text of the HTML, taken from a document that runs nothing.
function textOfLetter() {
  const { index, message } = open;
  const part = index.parts[index.text], html = index.parts[index.html];
  if (part) { return partText(message, part, MOST_TEXT); }
  if (!html) { return { words: text("no-text"), cut: false }; }
  const { words, cut } = partText(message, html, MOST_TEXT);
  const parsed = parseInert(words);
  parsed.querySelectorAll("script,style,title,template").forEach((element) => element.remove());
  parsed.querySelectorAll("br,p,div,tr,li,h1,h2,h3,h4,h5,h6").forEach((element) => element.before("\n"));
  const plain = parsed.body.textContent.replace(/[ \t]+/g, " ").replace(/ ?\n ?/g, "\n").replace(/\n{3,}/g, "\n\n").trim();
  return { words: plain, cut };
}

async function showHTML(mine) {
  const { words, cut } = partText(mine.message, mine.index.parts[mine.index.html], MOST_HTML);
  const told = await showFramed(words, pictureOf, () => open === mine && mine.form === "html");
  if (!told) { return; }
  showBlocked(told);
  at("cut").hidden = !(cut || told.cut);
}

function showText() {
  const { words, cut } = textOfLetter();
  at("body").replaceChildren(plainText(words));
  at("cut").hidden = !cut;
}

async function showAs(form) {
  const mine = open;
  mine.form = form;
  dropBody();
  at("as-html").setAttribute("aria-pressed", String(form === "html"));
  at("as-text").setAttribute("aria-pressed", String(form === "text"));
  if (form === "html") {
    try {
      return await showHTML(mine);
    } catch {
      if (open !== mine || mine.form !== "html") { return; }
      dropBody();
    }
  }
  showText();
}

function dropBody() {
  dropFrame();
  dropLinks();
  at("body").replaceChildren();
  at("remote").hidden = at("cut").hidden = true;
  at("remote").textContent = "";
}

/// Shows a letter as fetchLetter gave it.
export async function showLetter(letter, expires) {
  const mine = open = { ...letter, addresses: [], shown: new Map(), closed: false, form: "text" };
  const { index } = open;
  showFields(index);
  const hasHTML = Boolean(index.parts[index.html]);
  at("switch").hidden = !hasHTML;
  at("as-html").onclick = () => showAs("html");
  at("as-text").onclick = () => showAs("text");
  at("print").onclick = () => window.print();
  at("expires").textContent = text("expires", { date: dateText(expires) });
  at("view-letter").hidden = false; // the frame can only be measured where it is shown
  await showAs(hasHTML ? "html" : "text");
  if (open === mine) { showFiles(mine); }
}

/// Overwrites and forgets everything of the letter that is in this page.
export function wipeLetter() {
  if (!open) { return; }
  open.closed = true;
  dropBody();
  dropFiles();
  open.addresses.forEach((address) => URL.revokeObjectURL(address));
  open.whole.fill(0);
  open = null;
  at("fields").replaceChildren();
}

watchLinks(at("body"));
