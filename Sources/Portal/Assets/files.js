// The files of an open letter: saving them one by one, all in one, and the whole letter. A part is decoded piece by
// piece into Blobs, which the browser keeps outside this page's memory.

import { kindOf, partName, partPieces, partSize, partStart, placesOf, safeName } from "./message.js";
import { dateOf, make, sizeText } from "./shown.js";
import { text } from "./texts.js";

const at = (id) => document.getElementById(id);
const SLOW_BYTES = 8000000; // from here on it takes long enough to say so

// Always octet-stream: a saved page opened from here would else run in this site's name.
function hand(blob, name, letter) {
  const address = URL.createObjectURL(blob);
  letter.addresses.push(address);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

// Lets the page answer, and the browser take over what was made, now and then; stops when the letter has been closed.
function breathing(letter) {
  let steps = 0;
  return async () => {
    steps += 1;
    if (steps % 8 === 0) { await new Promise((resume) => setTimeout(resume, 0)); }
    if (letter.closed) { throw new Error("closed"); }
  };
}

async function blobOf(pieces, breathe) {
  const blobs = [];
  for (const piece of pieces) {
    blobs.push(new Blob([piece]));
    await breathe();
  }
  return new Blob(blobs, { type: "application/octet-stream" });
}

// Runs one saving with its button asleep; `produce(breathe)` gives the Blob.
async function save(button, name, bytes, letter, produce) {
  if (button.getAttribute("aria-disabled") === "true") { return; }
  button.setAttribute("aria-disabled", "true");
  at("save-note").hidden = true;
  at("announce").textContent = bytes > SLOW_BYTES ? text("letter-preparing", { name }) : "";
  try {
    hand(await produce(breathing(letter)), name, letter);
    at("announce").textContent = text("letter-handed", { name });
    at("save-error").textContent = "";
    // No browser tells a page that it saved nothing; where one does not, inside another app, this is the way out.
    at("save-note").textContent = `${text("letter-handed", { name })} ${text("letter-save-where")}`;
    at("save-note").hidden = false;
    button.closest(".card").append(at("save-note"));
  } catch {
    if (!letter.closed) { at("save-error").textContent = text("letter-save-failed"); }
  }
  button.removeAttribute("aria-disabled");
}

// Every part that is neither shown nor a mere container, so that nothing that was sent stays hidden.
function hiddenParts({ index, shown }) {
  const texts = ["text", "html"].flatMap((form) => placesOf(index, form));
  return index.parts.filter((part, number) => part && !/^multipart\//i.test(part.type) && !shown.has(part)
    && !texts.includes(number) && (part.attachment || Number(part.end) > Number(part.start)));
}

function itemOf(file, letter) {
  const item = document.createElement("li"), words = document.createElement("div");
  words.append(make("bdi", file.name, "name"), make("div", sizeText(file.bytes), "size"));
  const button = make("button", text("save"));
  button.type = "button";
  button.setAttribute("aria-label", `${text("save")} ${file.name}`);
  button.addEventListener("click", () => save(button, file.name, file.bytes, letter, (breathe) => blobOf(file.pieces(), breathe)));
  const deeds = make("div", "", "deeds");
  deeds.append(button);
  if (file.kind) { deeds.append(viewButton(file, letter)); }
  item.append(words, deeds);
  return item;
}

function viewButton(file, letter) {
  const button = make("button", text("letter-view"));
  button.type = "button";
  button.setAttribute("aria-label", `${text("letter-view")} ${file.name}`);
  button.addEventListener("click", () => import("./view.js").then(
    (module) => module.view(file, letter),
    () => { at("save-error").textContent = text("trouble-network"); }));
  return button;
}

function offerZip(files, letter) {
  at("all").hidden = files.length < 2;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  at("all-size").textContent = text("letter-all-size", { count: files.length, size: sizeText(bytes) });
  const name = `${safeName(letter.index.subject, text("letter-zip-word")).slice(0, 80)}.zip`;
  at("save-all").onclick = () => save(at("save-all"), name, bytes, letter, async (breathe) => {
    const { makeZip } = await import("./zip.js");
    return makeZip(files, dateOf(letter.index) || new Date(), breathe);
  });
}

/// Lists the files of a letter, and offers the letter itself.
export function showFiles(letter) {
  const { index, message } = letter;
  const files = hiddenParts(letter).map((part, number) => ({
    name: partName(part, number + 1, text("attachment-word")),
    bytes: partSize(message, part),
    part,
    kind: kindOf(partStart(message, part, 16)),
    pieces: () => partPieces(message, part),
  }));
  at("attachments").hidden = files.length === 0;
  at("attachment-list").replaceChildren(...files.map((file) => itemOf(file, letter)));
  offerZip(files, letter);
  const name = `${safeName(index.subject, text("letter-word")).slice(0, 80)}.eml`;
  at("download").onclick = () => save(at("download"), name, message.length, letter, (breathe) => blobOf(message.views(), breathe));
}

/// Forgets them.
export function dropFiles() {
  at("attachment-list").replaceChildren();
  for (const id of ["picture-dialog", "pdf-dialog"]) { if (at(id).open) { at(id).close(); } }
  at("save-error").textContent = at("save-note").textContent = "";
  at("save-note").hidden = true;
  at("all-size").textContent = "";
  at("save-all").onclick = at("download").onclick = null;
}
