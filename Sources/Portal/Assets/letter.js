// Shows an opened letter: its fields, its text or sanitised HTML, its files; wipes all of it again.

import { dropFiles, showFiles } from "./files.js";
import { dropFrame, showFramed } from "./frame.js";
import { dropLinks, watchLinks } from "./links.js";
import { partBytes, partText, placesOf, safeName } from "./message.js";
import { joinFlowed, plainText } from "./plain.js";
import { parseInert } from "./sanitise.js";
import { dateOfText, dateText, make } from "./shown.js";
import { locale, text } from "./texts.js";

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
  const fields = [["from", index.from], ["to", index.to], ["cc", index.cc], ["date", dateOfText(index)]];
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
      const number = new Intl.NumberFormat(locale).format(count);
      return text(count === 1 ? one : many, { count: number });
    });
  at("remote").textContent = words.join(" ");
  at("remote").hidden = words.length === 0;
}

// The texts that a form of the letter is made of, in order: { place, part, words, cut }; `most` bytes of all of them together.
function bodies(form, most) {
  const { index, message } = open;
  let left = most;
  return placesOf(index, form).map((place) => {
    const part = index.parts[place], read = partText(message, part, Math.max(0, left));
    left -= Number(part.end) - Number(part.start);
    return { place, part, ...read };
  });
}

// Names of the files that stand between two texts: there, a mail program shows them.
function between(from, to) {
  const names = open.index.parts.slice(from + 1, to).filter((part) => part && part.name && !open.shown.has(part))
    .map((part) => safeName(part.name, ""));
  return names.filter(Boolean).map((name) => make("p", `[${name}]`, "between"));
}

const isHTML = (part) => /^text\/html$/i.test(part.type);

function plainOf({ part, words }) {
  if (isHTML(part)) { return plainText(textOfHTML(words)); }
  return plainText(part.flowed ? joinFlowed(words, part.delsp) : words);
}

// The text of HTML, taken from a document that runs nothing.
const BLOCKS = "p,div,table,tr,ul,ol,li,dl,dt,dd,pre,blockquote,hr,center,section,article,address,h1,h2,h3,h4,h5,h6";
const UNSEEN = /display\s*:\s*none|visibility\s*:\s*hidden/i;

// Cells and blocks must not run into one another: `12` beside `1 250,00` is no `121 250,00`.
function textOfHTML(html) {
  const parsed = parseInert(html), all = (wanted, put) => parsed.querySelectorAll(wanted).forEach(put);
  all("script,style,title,template,[hidden]", (element) => element.remove());
  all("[style]", (element) => { if (UNSEEN.test(element.getAttribute("style"))) { element.remove(); } });
  all("ol", (list) => Array.from(list.children).filter((item) => item.localName === "li")
    .forEach((item, place) => item.prepend(`${place + list.start}. `)));
  all("a[href^='http']", (link) => {
    const target = link.getAttribute("href");
    if (!link.textContent.includes(target)) { link.append(` (${target})`); }
  });
  all("td + td,td + th,th + td,th + th", (cell) => cell.before(" | "));
  all("br", (element) => element.before("\n"));
  all(BLOCKS, (element) => { element.before("\n"); element.after("\n"); });
  return parsed.body.textContent.replace(/[ \t]+/g, " ").replace(/ ?\n ?/g, "\n").replace(/\n{3,}/g, "\n\n").trim();
}

async function showHTML(mine) {
  const all = bodies("html", MOST_HTML);
  const pieces = all.flatMap((body, number) => [
    ...(number > 0 ? between(all[number - 1].place, body.place) : []),
    isHTML(body.part) ? body.words : plainOf(body),
  ]);
  const told = await showFramed(pieces, pictureOf, () => open === mine && mine.form === "html");
  if (!told) { return; }
  showBlocked(told);
  at("cut").hidden = !(all.some(({ cut }) => cut) || told.cut);
}

function showText() {
  let all = bodies("text", MOST_TEXT);
  if (all.length === 0) { all = bodies("html", MOST_TEXT); }
  at("body").replaceChildren(...all.flatMap((body, number) => [
    ...(number > 0 ? between(all[number - 1].place, body.place) : []), plainOf(body)]));
  if (all.length === 0) { at("body").append(plainText(text("no-text"))); }
  at("cut").hidden = !all.some(({ cut }) => cut);
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
  const hasHTML = placesOf(index, "html").length > 0;
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
