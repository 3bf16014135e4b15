// The words of this page in its language; the server put them there as data.

const texts = JSON.parse(document.getElementById("texts").textContent);

export const language = document.documentElement.lang;

/// One text by its name, its `{names}` replaced by values.
export function text(name, values = {}) {
  return (texts[name] || name).replace(/\{([a-z-]+)\}/g, (whole, value) => (value in values ? String(values[value]) : whole));
}
