// The menu of languages: Escape, a click elsewhere, and a focus that goes elsewhere close it. It opens without this script.

for (const menu of document.querySelectorAll("details.languages")) {
  const close = () => { menu.open = false; };
  const isOutside = (place) => !(place instanceof Node && menu.contains(place));
  document.addEventListener("pointerdown", (event) => { if (isOutside(event.target)) { close(); } });
  document.addEventListener("click", (event) => { if (isOutside(event.target)) { close(); } });
  menu.addEventListener("focusout", (event) => { if (event.relatedTarget && isOutside(event.relatedTarget)) { close(); } });
  window.addEventListener("blur", close); // a click into the frame of a letter
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) { return; }
    close();
    menu.querySelector("summary").focus();
  });
}
