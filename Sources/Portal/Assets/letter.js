// Shows an opened letter: its fields, its text or sanitised HTML, its attachments; saves files; wipes all of it again.

import { partBytes, partName, partText, safeName } from "./message.js";
import { putHTML, safeTarget } from "./sanitise.js";
import { text, language } from "./texts.js";

const at = (id) => document.getElementById(id);
let open = null; // what is on show: { index, whole, message, addresses, frame, watcher }

function make(name, content, className) {
  const element = document.createElement(name);
  element.textContent = content;
  if (className) { element.className = className; }
  return element;
}

/// A length as people read it.
export function sizeText(bytes) {
  const units = text("size-units").split(" ");
  let size = bytes, unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || size >= 100 ? 0 : 1;
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(size)}\u00a0${units[unit]}`;
}

/// A date with time as the person writes it.
export function dateText(seconds) {
  return new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(new Date(seconds * 1000));
}

function showFields(index) {
  const sent = Number.isFinite(index.sent) && index.sent > 0 ? dateText(index.sent) : index.date;
  const fields = [["from", index.from], ["to", index.to], ["cc", index.cc], ["date", sent]];
  at("fields").replaceChildren();
  for (const [key, value] of fields) {
    if (value) { at("fields").append(make("dt", text(key)), make("dd", value)); }
  }
}

function blobAddress(bytes, type) {
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  open.addresses.push(address);
  return address;
}

// Always octet-stream: a saved page opened from here would else run in this site's name.
function save(bytes, name) {
  const link = document.createElement("a");
  link.href = blobAddress(bytes, "application/octet-stream");
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

const bareID = (cid) => {
  let id = String(cid || "").trim();
  try { id = decodeURIComponent(id); } catch { /* as it is */ }
  return id.replace(/^<|>$/g, "").toLowerCase();
};

function pictureOf(cid) {
  const part = open.index.parts.find((candidate) => candidate.cid && bareID(candidate.cid) === bareID(cid));
  if (!part || !/^image\/(png|jpe?g|pjpeg|gif|webp|bmp|x-ms-bmp|avif)$/i.test(part.type)) { return null; }
  open.shown.add(part);
  return blobAddress(partBytes(open.message, part), part.type);
}

function fitFrame() {
  const inner = open && open.frame && open.frame.contentDocument && open.frame.contentDocument.getElementById("letter");
  if (!inner) { return; }
  const root = inner.ownerDocument.documentElement;
  const bar = root.scrollWidth > root.clientWidth ? 20 : 0;
  open.frame.style.height = `${Math.max(80, Math.ceil(inner.getBoundingClientRect().height) + bar + 2)}px`;
}

function loadFrame() {
  return new Promise((done, fail) => {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-same-origin allow-popups");
    frame.setAttribute("title", text("frame-title"));
    frame.addEventListener("load", () => done(frame), { once: true });
    frame.addEventListener("error", fail, { once: true });
    frame.src = "/frame";
    at("body").replaceChildren(frame);
  });
}

function followLink(event) {
  const link = event.target.closest && event.target.closest("a[href]");
  if (!link || (event.type === "auxclick" && event.button !== 1)) { return; }
  event.preventDefault();
  askLink(link.getAttribute("href"), link.textContent);
}

function askLink(href, words) {
  const target = safeTarget(href);
  if (!target) { return; }
  const address = new URL(target);
  const place = address.host || address.pathname;
  const claimed = words.trim().match(/^(?:https?:\/\/)?((?:[\p{L}\d-]+\.)+\p{L}{2,})(?=[/:?#\s]|$)/iu);
  const bare = (host) => host.toLowerCase().replace(/^www\./, "");
  at("link-host").textContent = place;
  at("link-target").textContent = target;
  at("link-warning").hidden = !(claimed && address.host && bare(claimed[1]) !== bare(address.hostname));
  at("link-open").onclick = () => {
    at("link-dialog").close();
    if (address.protocol === "mailto:" || address.protocol === "tel:") {
      window.location.assign(target);
    } else {
      window.open(target, "_blank", "noopener,noreferrer");
    }
  };
  at("link-stay").onclick = () => at("link-dialog").close();
  at("link-dialog").showModal();
}

async function showHTML(part) {
  const frame = await loadFrame();
  const inner = frame.contentDocument && frame.contentDocument.getElementById("letter");
  if (!inner || !open) { throw new Error("frame"); }
  open.frame = frame;
  inner.lang = language;
  const remote = putHTML(partText(open.message, part), inner, pictureOf);
  inner.ownerDocument.addEventListener("click", followLink);
  inner.ownerDocument.addEventListener("auxclick", followLink);
  open.watcher = new ResizeObserver(fitFrame);
  open.watcher.observe(inner);
  fitFrame();
  at("remote").hidden = remote === 0;
  at("remote").textContent = remote === 0 ? "" : text(remote === 1 ? "remote-one" : "remote-many", { count: remote });
}

// Plain text with its web addresses as links; everything is a text node.
function showText(content) {
  const box = make("div", "", "text");
  let last = 0;
  for (const found of content.matchAll(/https?:\/\/[^\s<>"']+/g)) {
    const address = found[0].replace(/[).,;:!?\]]+$/, "");
    if (!safeTarget(address)) { continue; }
    const link = make("a", address);
    link.href = address;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    box.append(content.slice(last, found.index), link);
    last = found.index + address.length;
  }
  box.append(content.slice(last));
  at("body").replaceChildren(box);
  at("remote").hidden = true;
}

function dropFrame() {
  if (open.watcher) { open.watcher.disconnect(); }
  open.watcher = null;
  open.frame = null;
  at("body").replaceChildren();
}

// Without a text part, the text of the HTML, taken from a document that runs nothing.
function plainText() {
  const { index, message } = open;
  const part = index.parts[index.text];
  if (part) { return partText(message, part); }
  const html = index.parts[index.html];
  if (!html) { return text("no-text"); }
  const parsed = new DOMParser().parseFromString(partText(message, html), "text/html");
  parsed.querySelectorAll("script,style,title,template").forEach((element) => element.remove());
  parsed.querySelectorAll("br,p,div,tr,li,h1,h2,h3,h4,h5,h6").forEach((element) => element.before("\n"));
  return parsed.body.textContent.replace(/[ \t]+/g, " ").replace(/ ?\n ?/g, "\n").replace(/\n{3,}/g, "\n\n").trim();
}

async function showAs(form) {
  dropFrame();
  at("as-html").setAttribute("aria-pressed", String(form === "html"));
  at("as-text").setAttribute("aria-pressed", String(form === "text"));
  if (form === "html") {
    try {
      await showHTML(open.index.parts[open.index.html]);
      return;
    } catch {
      if (!open) { return; }
      dropFrame();
    }
  }
  showText(plainText());
}

// Every part that is neither shown nor a mere container, so that nothing that was sent stays hidden.
function hiddenParts() {
  const { index, shown } = open;
  return index.parts.filter((part, number) => part && !/^multipart\//i.test(part.type) && !shown.has(part)
    && number !== index.text && number !== index.html && (part.attachment || Number(part.end) > Number(part.start)));
}

function showAttachments() {
  const parts = hiddenParts();
  at("attachments").hidden = parts.length === 0;
  at("attachment-list").replaceChildren();
  parts.forEach((part, number) => {
    const name = partName(part, number + 1, text("attachment-word"));
    const item = document.createElement("li");
    const words = document.createElement("div");
    words.append(make("div", name, "name"), make("div", sizeText(partBytes(open.message, part).length), "size"));
    const button = make("button", text("save"));
    button.type = "button";
    button.setAttribute("aria-label", `${text("save")} ${name}`);
    button.addEventListener("click", () => save(partBytes(open.message, part), name));
    item.append(words, button);
    at("attachment-list").append(item);
  });
}

/// Shows a letter as fetchLetter gave it.
export async function showLetter(letter, expires) {
  open = { ...letter, addresses: [], shown: new Set(), frame: null, watcher: null };
  const { index } = open;
  showFields(index);
  const hasHTML = Boolean(index.parts[index.html]);
  at("switch").hidden = !hasHTML;
  at("as-html").onclick = () => showAs("html");
  at("as-text").onclick = () => showAs("text");
  at("download").onclick = () => save(open.message, `${safeName(index.subject, text("letter-word")).slice(0, 80)}.eml`);
  at("expires").textContent = text("expires", { date: dateText(expires) });
  at("view-letter").hidden = false; // the frame can only be measured where it is shown
  await showAs(hasHTML ? "html" : "text");
  if (open) { showAttachments(); }
}

/// Overwrites and forgets everything of the letter that is in this page.
export function wipeLetter() {
  if (!open) { return; }
  dropFrame();
  open.addresses.forEach((address) => URL.revokeObjectURL(address));
  open.whole.fill(0);
  open = null;
  at("fields").replaceChildren();
  at("attachment-list").replaceChildren();
  at("remote").textContent = "";
  if (at("link-dialog").open) { at("link-dialog").close(); }
  at("link-target").textContent = "";
  at("link-host").textContent = "";
}
