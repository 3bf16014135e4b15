// Notices that an open letter is no longer there: it was withdrawn, or its time is over. Asked is what anybody may ask who has
// the link, so it costs no try and tells nothing about the reader but that the page is open.

import { askParameters } from "./protocol.js";

const EVERY_SECONDS = 30;

/// Watches a letter while its page is looked at; `gone()` is called once. Gives a function that ends it.
export function watchLetter(id, gone) {
  let ended = false, asking = false;
  const end = () => {
    ended = true;
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
    for (const kind of ["focus", "online"]) { window.removeEventListener(kind, look); }
  };
  const look = async () => {
    if (ended || asking || document.visibilityState !== "visible") { return; }
    asking = true;
    const failure = await askParameters(id).then(() => null, (cause) => cause);
    asking = false;
    if (ended || !failure || failure.kind !== "gone") { return; }
    end();
    gone();
  };
  const timer = setInterval(look, EVERY_SECONDS * 1000);
  document.addEventListener("visibilitychange", look);
  for (const kind of ["focus", "online"]) { window.addEventListener(kind, look); }
  return end;
}
