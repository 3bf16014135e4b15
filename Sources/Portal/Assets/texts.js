// The words of this page in its language; the server put them there as data.

const texts = JSON.parse(document.getElementById("texts").textContent);

export const language = document.documentElement.lang;

/// One text by its name.
export const text = (name) => texts[name] || name;

/// One text with its {values} filled in.
export const fill = (name, values) => text(name).replace(/\{([a-z-]+)\}/g, (all, key) => (key in values ? values[key] : all));
