// The words of this page in its language; the server put them there as data.

const texts = JSON.parse(document.getElementById("texts").textContent);

export const language = document.documentElement.lang;

/// How dates and numbers are written: as the browser's owner writes this language (`en-GB`), else as the language does.
export const locale = Array.from(navigator.languages || []).find(
  (one) => one.toLowerCase().split("-")[0] === language) || language;

/// One text by its name, its `{names}` replaced by values.
export function text(name, values = {}) {
  return (texts[name] || name).replace(/\{([a-z-]+)\}/g, (whole, value) => (value in values ? String(values[value]) : whole));
}
