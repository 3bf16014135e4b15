// Turns a letter's HTML into nodes that cannot do anything: parsed in an inert document, then every element, attribute
// and style declaration that is on a list is made anew in the frame's document. Nothing is ever written back as HTML,
// so what a second parser might see differently cannot matter. The frame's CSP and sandbox stand behind this.

const KEEP = new Set(("a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd "
  + "del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark "
  + "nav ol p pre q s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul "
  + "var wbr").split(" "));
// These go with all that is in them; any other unknown element goes, but what is in it stays.
const DROP = new Set(("applet audio base canvas datalist embed frame frameset head iframe link map math meta noembed noframes "
  + "noscript object option param plaintext portal script select slot source style svg template textarea title "
  + "track video xmp").split(" "));
const ATTRIBUTES = new Set(("abbr align bgcolor border cellpadding cellspacing class color colspan datetime dir face headers "
  + "height hspace lang nowrap open reversed rowspan scope size span start summary title type valign value vspace "
  + "width").split(" "));
const PROPERTIES = new RegExp("^(color|background-color|font(-.*)?|text-(align|decoration|indent|transform|overflow)(-.*)?|"
  + "line-height|letter-spacing|word-(spacing|break|wrap)|white-space(-.*)?|vertical-align|(margin|padding)(-.*)?|"
  + "border(?!-image)(-.*)?|(min-|max-)?(width|height)|display|list-style-(type|position)|table-layout|caption-side|"
  + "direction|unicode-bidi|overflow-wrap|float|clear|box-sizing|visibility)$");
const BAD_VALUE = /url|image|element\(|expression|attr\(|var\(|env\(|paint\(|[\d.]\s*[sld]?v(h|w|i|b|min|max)\b|\\/i;
const OURS = /^(ll-|blocked$|leads$)/; // classes that this page gives
// What draws one thing over another: nothing in a letter may lie on what this page says of a link.
const SHIFT = /^(margin|letter-spacing|word-spacing|text-indent)/;
const HANGING = /^-(\d{1,2}(\.\d+)?(px|pt)|0?\.\d+in)$/; // lists of word processors
const BACKWARDS = /-\s*[\d.]|calc|min\(|max\(|clamp|round|sign/i;
const PICTURE = /^data:image\/(png|jpe?g|gif|webp|bmp|avif)[;,]/i;
const REMOTE = /^\s*(?:https?:)?[\\/]{2}/i;
const REMOTE_STYLE = /(?:@import\s+|url\(\s*)["']?\s*(?:https?:)?\/\//gi;
const COLOUR = /^(background-)?color$/;
// A number with its unit; or what is longer than any word.
const UNBROKEN = new RegExp("([+\\-−–(]?(?:(?:[€$£¥]|EUR|USD|CHF|GBP)[ \\u00a0])?\\d[\\d.,'’:/)-]*(?:[ \\u00a0\\u202f]\\d[\\d.,'’:/)-]*)*"
  + "(?:[ \\u00a0\\u202f](?:[€$£¥%‰]|(?:EUR|USD|CHF|GBP|HT|TTC|kr|zł|Kč|Ft)(?!\\p{L})))?)|(\\S{40,})", "u");
const PLACE = "at-"; // in front of the names of places in a letter: none is one of ours
const MOST_DEPTH = 400;
const MOST_ELEMENTS = 50000;
// The page's CSP lets no text become markup but through this policy, and it is used in one place: for a document that is
// only read. Whatever else a mistake would write as HTML, the browser refuses.
const POLICY = window.trustedTypes ? window.trustedTypes.createPolicy("letterlock", { createHTML: (html) => html }) : null;

// A style attribute is read in the frame's document: this page's own CSP forbids style attributes, also to documents
// that are only parsed. The probe is never put into the frame, so nothing it names is fetched.
function safeStyle(value, frame) {
  const probe = frame.createElement("span");
  probe.setAttribute("style", value);
  return safeDeclarations(probe.style);
}

function safeDeclarations(from) {
  const kept = [];
  for (const name of Array.from(from)) {
    const value = from.getPropertyValue(name);
    const isBackwards = SHIFT.test(name) && BACKWARDS.test(value) && !(name === "text-indent" && HANGING.test(value));
    if (PROPERTIES.test(name) && !BAD_VALUE.test(value) && !isBackwards) { kept.push([name, value, from.getPropertyPriority(name)]); }
  }
  return kept;
}

function safeRules(rules, depth) {
  let text = "";
  for (const rule of Array.from(rules)) {
    if (rule instanceof CSSStyleRule) {
      const inner = safeDeclarations(rule.style).map(([name, value, weight]) => `${name}:${value}${weight ? " !important" : ""}`);
      if (inner.length > 0 && !/[<\\{}]/.test(rule.selectorText)) { text += `${rule.selectorText}{${inner.join(";")}}\n`; }
    } else if (rule instanceof CSSMediaRule && depth < 3 && !/[<\\{}]|prefers-color/.test(rule.media.mediaText)) {
      text += `@media ${rule.media.mediaText}{${safeRules(rule.cssRules, depth + 1)}}\n`;
    }
  }
  return text;
}

// Style sheets inside the letter; a browser without constructable sheets shows the letter without them.
function safeStyles(parsed, letter) {
  let text = "";
  for (const element of parsed.querySelectorAll("style")) {
    letter.others += (element.textContent.match(REMOTE_STYLE) || []).length;
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(element.textContent);
      text += safeRules(sheet.cssRules, 0);
    } catch { /* shown without */ }
  }
  letter.coloured = letter.coloured || /[{;]\s*(background-)?color:/.test(text);
  return text;
}

// What would be fetched by elements that are left out.
function countOthers(parsed, letter) {
  for (const element of parsed.querySelectorAll("iframe,frame,embed,object,video,audio,track,input,link[rel]")) {
    const names = element.localName === "link" ? ["href"] : ["src", "data", "poster"];
    if (names.some((name) => REMOTE.test(element.getAttribute(name) || ""))) { letter.others += 1; }
  }
}

/// The target of a link if it is one that may be followed, else null. People leave out `https:` and `https://`.
export function safeTarget(value) {
  try {
    const bare = value.trim();
    const target = new URL(/^www\.[^\s./]+\./i.test(bare) ? `https://${bare}` : /^\/\/[^/]/.test(bare) ? `https:${bare}` : bare);
    return ["http:", "https:", "mailto:", "tel:"].includes(target.protocol) ? target.href : null;
  } catch {
    return null;
  }
}

// The name in `#name`.
function placeName(link) {
  const name = link.trim().slice(1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function makePicture(source, made, letter) {
  const from = (source.getAttribute("src") || "").trim();
  const cid = from.match(/^cid:(.*)$/is);
  const known = cid ? letter.pictureOf(cid[1]) : null;
  if (known || PICTURE.test(from)) {
    made.setAttribute("src", known || from);
    made.setAttribute("alt", source.getAttribute("alt") || "");
    letter.coloured = true; // drawn for white paper, for all we know
    return made;
  }
  if (REMOTE.test(from) || REMOTE.test(source.getAttribute("srcset") || "")) { letter.remote += 1; }
  // A tracking pixel leaves no box behind.
  if (Number(source.getAttribute("width")) <= 3 && source.hasAttribute("width")) { return null; }
  const words = (source.getAttribute("alt") || "").trim();
  if (!words) { return null; }
  const box = made.ownerDocument.createElement("span");
  box.className = "blocked";
  box.textContent = words;
  return box;
}

function makeElement(source, frame, letter) {
  const name = source.localName;
  const made = frame.createElement(name === "body" ? "div" : name);
  for (const { name: attribute, value } of Array.from(source.attributes)) {
    if (attribute === "class") {
      made.setAttribute("class", value.split(/\s+/).filter((one) => !OURS.test(one)).join(" "));
    } else if (ATTRIBUTES.has(attribute)) { made.setAttribute(attribute, value); }
    if ((attribute === "id" || (attribute === "name" && name === "a")) && letter.places.has(value)) { made.id = PLACE + value; }
    if (attribute === "background" && REMOTE.test(value)) { letter.remote += 1; }
    if (attribute === "color" || attribute === "bgcolor") { letter.coloured = true; }
  }
  if (source.hasAttribute("style")) {
    if (source.getAttribute("style").search(REMOTE_STYLE) >= 0) { letter.remote += 1; }
    for (const [property, value, weight] of safeStyle(source.getAttribute("style"), frame)) {
      made.style.setProperty(property, value, weight);
      letter.coloured = letter.coloured || COLOUR.test(property);
    }
  }
  if (name === "img") {
    // A rule or spacer of one pixel is drawn out by its attributes; where it has to be narrower, it keeps their shape.
    const [width, height] = ["width", "height"].map((side) => source.getAttribute(side) || "");
    if (/^[1-9]\d{0,4}$/.test(width) && /^[1-9]\d{0,4}$/.test(height)) { made.style.aspectRatio = `${width} / ${height}`; }
    return makePicture(source, made, letter);
  }
  if (name === "a") {
    const given = (source.getAttribute("href") || "").trim(), target = safeTarget(given);
    if (/^#./.test(given)) { made.setAttribute("href", `#${PLACE}${placeName(given)}`); }
    if (target) {
      made.setAttribute("href", target);
      made.setAttribute("target", "_blank");
      made.setAttribute("rel", "noopener noreferrer");
      made.setAttribute("title", target);
    }
  }
  return made;
}

// The outermost table lies in a box that scrolls sideways, so that its words need not be broken.
function boxed(table, parent, frame) {
  if (table.localName !== "table" || parent.closest("table")) { return table; }
  const box = frame.createElement("div");
  box.className = "ll-wide";
  box.append(table);
  return box;
}

// Words in a cell: a number is not parted at its blanks; only what is too long for any word may break anywhere.
function putWords(parent, words, frame) {
  words.split(UNBROKEN).forEach((piece, index) => {
    const isNumber = index % 3 === 1, isLong = index % 3 === 2;
    if (!piece) { return; }
    if (isLong || (isNumber && piece.includes(" ") && piece.length <= 40)) {
      const span = frame.createElement("span");
      span.className = isLong ? "ll-long" : "ll-number";
      span.textContent = piece;
      parent.append(span);
    } else {
      parent.append(frame.createTextNode(piece));
    }
  });
}

function copyInto(parent, source, frame, letter, depth) {
  const isCell = Boolean(parent.closest("td,th"));
  for (const child of Array.from(source.childNodes)) {
    if (letter.elements > MOST_ELEMENTS) { return; }
    if (child.nodeType === Node.TEXT_NODE) {
      if (isCell) { putWords(parent, child.data, frame); } else { parent.append(frame.createTextNode(child.data)); }
    } else if (child.nodeType === Node.ELEMENT_NODE && !DROP.has(child.localName) && depth < MOST_DEPTH
      && child.namespaceURI === "http://www.w3.org/1999/xhtml") {
      let into = parent;
      if (KEEP.has(child.localName)) {
        letter.elements += 1;
        const made = makeElement(child, frame, letter);
        if (!made) { continue; }
        parent.append(boxed(made, parent, frame));
        into = made;
      }
      if (child.localName !== "img") { copyInto(into, child, frame, letter, depth + 1); }
    }
  }
}

/// A document made of HTML in which nothing runs or loads; only to be read.
export function parseInert(html) {
  return new DOMParser().parseFromString(POLICY ? POLICY.createHTML(html) : html, "text/html");
}

/// Puts the letter's HTML into `target`, an element of the frame's document. `pictureOf(cid)` gives a blob address or null.
/// Tells what was left out: `remote` pictures and `others` from the internet, and all behind some place if it was `cut`;
/// and whether the letter is `coloured`, so that it needs paper of its own.
export function putHTML(html, target, pictureOf) {
  const parsed = parseInert(html);
  const frame = target.ownerDocument;
  const letter = { remote: 0, others: 0, elements: 0, coloured: false, pictureOf };
  // No other element keeps its name.
  letter.places = new Set(Array.from(parsed.querySelectorAll("a[href^='#']"), (link) => placeName(link.getAttribute("href"))));
  const styles = safeStyles(parsed, letter);
  countOthers(parsed, letter);
  if (styles) {
    const sheet = frame.createElement("style");
    sheet.textContent = styles;
    target.append(sheet);
  }
  const body = makeElement(parsed.body, frame, letter);
  if (!body.dir) { body.dir = "auto"; }
  copyInto(body, parsed.body, frame, letter, 0);
  target.append(body);
  return { remote: letter.remote, others: letter.others, coloured: letter.coloured, cut: letter.elements > MOST_ELEMENTS };
}
