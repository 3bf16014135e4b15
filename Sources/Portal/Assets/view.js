// Looking at a file of an open letter without saving it: a picture on this page, a PDF in a new tab. What a file is, its
// first bytes say, never its name or the sender's word; and the type a browser is told is one of ours: no SVG, no HTML.

import { partPieces } from "./message.js";
import { text } from "./texts.js";

const at = (id) => document.getElementById(id);

function addressOf(file, letter) {
  const blob = new Blob(Array.from(partPieces(letter.message, file.part), (piece) => piece.slice()), { type: file.kind });
  const address = URL.createObjectURL(blob);
  letter.addresses.push(address);
  return address;
}

function showPicture(file, letter) {
  const dialog = at("picture-dialog"), picture = at("picture");
  const address = addressOf(file, letter);
  at("picture-name").textContent = picture.alt = file.name;
  at("picture-error").textContent = "";
  picture.hidden = false;
  picture.onerror = () => {
    picture.hidden = true;
    at("picture-error").textContent = text("letter-view-failed");
  };
  picture.src = address;
  at("picture-close").onclick = () => dialog.close();
  dialog.onclick = (event) => { if (event.target === dialog) { dialog.close(); } };
  dialog.onclose = () => {
    picture.onerror = null;
    picture.removeAttribute("src");
    picture.alt = at("picture-name").textContent = "";
    URL.revokeObjectURL(address);
  };
  dialog.showModal();
}

// In a tab of its own, which this page cannot close again: so it is asked first, and nothing is made before.
function askForPDF(file, letter) {
  const dialog = at("pdf-dialog");
  at("pdf-name").textContent = file.name;
  at("pdf-stay").onclick = () => dialog.close();
  dialog.onclose = () => { at("pdf-name").textContent = ""; };
  at("pdf-open").onclick = () => {
    dialog.close();
    const link = document.createElement("a");
    link.href = addressOf(file, letter);
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.click();
  };
  dialog.showModal();
}

/// Shows one: `file` has part, name and kind (of `kindOf` in message.js).
export function view(file, letter) {
  if (letter.closed) { return; }
  if (file.kind === "application/pdf") { askForPDF(file, letter); } else { showPicture(file, letter); }
}
