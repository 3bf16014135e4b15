// How things are written on the page: elements with text, sizes, dates.

import { language, text } from "./texts.js";

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
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(size)}\u00a0${units[unit]}`;
}

/// A date with time as the person writes it.
export function dateText(seconds) {
  return new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(new Date(seconds * 1000));
}

/// When a letter was sent, or null where its index does not say.
export function dateOf(index) {
  const date = new Date(Number.isFinite(index.sent) && index.sent > 0 ? index.sent * 1000 : NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}
