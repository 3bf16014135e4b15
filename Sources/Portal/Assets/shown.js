// How things are written on the page: elements with text, sizes, dates.

import { locale, text } from "./texts.js";

/// An element with a text in it.
export function make(name, content, className) {
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
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(size)}\u00a0${units[unit]}`;
}

/// A date with time as the person writes it.
export function dateText(seconds) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" }).format(new Date(seconds * 1000));
}

/// When a letter was written: its own Date (RFC 5322 section 3.3), else when the gateway took it; null where its index says
/// neither.
export function dateOf(index) {
  const written = String(index.date || "").replace(/\([^()]*\)/g, " ").trim();
  const shape = /^([A-Za-z]{3}\s*,\s*)?\d{1,2}\s+[A-Za-z]{3}\s+\d{4}\s+\d{1,2}:\d{2}(:\d{2})?\s+\S+$/;
  const said = shape.test(written) ? Date.parse(written) : NaN;
  const taken = Number.isFinite(index.sent) && index.sent > 0 ? index.sent * 1000 : NaN;
  const date = new Date(Number.isNaN(said) ? taken : said);
  return Number.isNaN(date.getTime()) ? null : date;
}

/// That date in words, or as it was written.
export function dateOfText(index) {
  const date = dateOf(index);
  return date ? dateText(date.getTime() / 1000) : String(index.date || "");
}
