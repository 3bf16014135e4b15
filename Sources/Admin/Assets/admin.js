// Loads the page of today again every minute while nobody is doing anything on it; a click on a bar says its numbers.
const box = document.querySelector("#refresh");
if (box) {
  const key = "letterlock-refresh";
  box.checked = sessionStorage.getItem(key) !== "off";
  box.addEventListener("change", () => sessionStorage.setItem(key, box.checked ? "on" : "off"));
  setInterval(() => {
    const busy = document.querySelector("details[open]") || document.hidden;
    if (box.checked && !busy) location.reload();
  }, 60000);
}
const svg = document.querySelector(".chart svg");
if (svg) {
  const said = document.createElement("p");
  said.className = "said hint";
  said.setAttribute("role", "status");
  document.querySelector(".legend").after(said);
  const tell = (event) => {
    const bar = event.target.closest("g");
    if (bar) said.textContent = bar.querySelector("title").textContent;
  };
  svg.addEventListener("click", tell);
  svg.addEventListener("pointerover", tell);
}
// One open question at a time.
const acts = document.querySelectorAll("details.act");
for (const act of acts) {
  act.addEventListener("toggle", () => {
    if (act.open) for (const other of acts) if (other !== act) other.open = false;
  });
}
