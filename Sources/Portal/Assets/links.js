// Links of a letter: where one leads is shown before it is followed: in a line at the bottom while it is pointed at,
// focused or held, and in a question when it is clicked.

import { safeTarget } from "./sanitise.js";
import { text } from "./texts.js";

const at = (id) => document.getElementById(id);

/// What a target is called: its host, or the address of a mail.
export function placeOf(target) {
  const address = new URL(target);
  return address.host || address.pathname;
}

const linkOf = (event) => (event.target && event.target.closest ? event.target.closest("a[href]") : null);

function preview(event) {
  const link = linkOf(event), target = link && safeTarget(link.getAttribute("href"));
  at("link-preview").hidden = !target;
  at("link-leads").textContent = target ? text("letter-leads", { host: placeOf(target) }) : "";
  at("link-whole").textContent = target ? target.slice(0, 400) : "";
}

function follow(event) {
  const link = linkOf(event);
  if (!link || (event.type === "auxclick" && event.button !== 1)) { return; }
  event.preventDefault();
  if (link.getAttribute("href").startsWith("#")) { return goTo(link); }
  ask(link.getAttribute("href"), link.textContent);
}

// A place in the letter itself.
function goTo(link) {
  const place = link.ownerDocument.getElementById(link.getAttribute("href").slice(1));
  if (!place) { return; }
  for (let fold = place.closest("details"); fold; fold = fold.parentElement.closest("details")) { fold.open = true; }
  place.tabIndex = -1;
  place.focus({ preventScroll: true });
  place.scrollIntoView();
}

function ask(href, words) {
  const target = safeTarget(href);
  if (!target) { return; }
  const address = new URL(target);
  const claimed = words.trim().match(/^(?:https?:\/\/)?((?:[\p{L}\d-]+\.)+\p{L}{2,})(?=[/:?#\s]|$)/iu);
  const bare = (host) => host.toLowerCase().replace(/^www\./, "");
  hidePreview();
  at("link-host").textContent = placeOf(target);
  at("link-target").textContent = target;
  const isFalse = Boolean(claimed && address.host && bare(claimed[1]) !== bare(address.hostname));
  at("link-warning").hidden = !isFalse;
  at("link-stay").classList.toggle("main", isFalse); // then it is the wiser one
  at("link-open").classList.toggle("main", !isFalse);
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

function hidePreview() {
  at("link-preview").hidden = true;
  at("link-leads").textContent = at("link-whole").textContent = "";
}

/// Asks before any link under `root` is followed, and shows where it leads.
export function watchLinks(root) {
  for (const kind of ["click", "auxclick"]) { root.addEventListener(kind, follow); }
  for (const kind of ["mouseover", "focusin", "touchstart"]) { root.addEventListener(kind, preview, { passive: true }); }
  for (const kind of ["mouseout", "focusout"]) { root.addEventListener(kind, hidePreview); }
}

/// Closes the question and forgets what was in it.
export function dropLinks() {
  if (at("link-dialog").open) { at("link-dialog").close(); }
  hidePreview();
  at("link-target").textContent = at("link-host").textContent = "";
}
