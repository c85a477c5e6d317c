// Whether the first screen of a page, and what stands around it, says nothing but what its words allow.
//
// Each text there is one of the language's own sentences (words-<tag>.json), with facts in its places: a value that shown.js has compared,
// a text that the bundle or the trust list has, a number. A number that stands in no sentence, and a text that nobody signed, are inventions.

import { fromBase64url } from "./bytes.js";
import { said } from "./shown.js";

const HOLE = "\0";
const [VALUE, TEXT] = ["\u0001", "\u0002"];
const BETWEEN = /[\s.,:;·–—→()/|…„“”"'+、。，：；（）・!?%-]/u;
const LEADING = new RegExp(`^(?:${BETWEEN.source})+`, "u");
const NUMBER = /^(< ?)?[-−]?\d[\d.,'’\u00a0\u202f:]*( ?(%|kg CO2e|kg|kWh|MJ|m3|g|t|h|min|s|UTC)(?![\p{L}\d]))?/iu;
const DATED = /^\d{1,4}(年|\. | )(\d{1,2}月|[\p{L}.]+ )(\d{1,2}日|\d{4})(,? \d{1,2}:\d{2}( UTC)?)?/iu;
const CODES = /^(zQm[\w]{20,}|urn:uuid:[\w-]+|[\w-]{43}|did:web:[\w.:%-]+)$/;
const LETTER = /[\p{L}\d]/u;
const LATIN = /[\p{Script=Latin}\d]/u;
const INLINE = new Set(["STRONG", "SPAN", "SMALL", "BDI", "CODE", "Q", "TIME", "BR", "A", "B", "tspan", "LABEL"]);
const SILENT = new Set(["svg", "INPUT", "SCRIPT", "STYLE"]);
/** Where numbers that this server alone tells stand in no sentence: when it checked, what it sent, and which part has ended. */
const NUMBERED = ".fresh, .match, .affected, .ended";
/** What is read: the first screen, and what stands around the record. */
const READ = ".first, header.top, footer, aside.demo, a.skip";
const MOST_DEPTH = 4;

/** The sentences of a language, found by how they begin. */
export class Phrases {
  constructor(phrases) {
    this.begin = new Map();
    this.open = [];
    for (const phrase of phrases) {
      const parts = plain(phrase).replace(LEADING, "").split(HOLE);
      const [first] = parts;
      if (first === "") this.open.push(parts);
      else this.begin.set(first[0], [...(this.begin.get(first[0]) ?? []), parts]);
    }
    for (const several of this.begin.values()) several.sort((one, other) => other.join("").length - one.join("").length);
    this.kept = new Map();
  }

  /** Whether a text is made of these sentences; `facts` are allowed in the places of a sentence, and where numbers may stand alone. */
  holds(text, facts = false, depth = 0) {
    const given = plain(text).trim();
    const name = `${facts} ${depth} ${given}`;
    if (!this.kept.has(name)) this.kept.set(name, this.read(given, 0, facts, depth, new Set()));
    return this.kept.get(name);
  }

  read(text, from, facts, depth, failed) {
    let at = from;
    while (at < text.length && BETWEEN.test(text[at]) && !/^[-−]\d/.test(text.slice(at, at + 2))) at += 1;
    if (at >= text.length) return true;
    if (failed.has(at)) return false;
    const found = this.steps(text, at, facts, depth);
    for (const next of found) if (this.read(text, next, facts, depth, failed)) return true;
    failed.add(at);
    return false;
  }

  /** Where a text may go on after what stands at a place. */
  *steps(text, at, facts, depth) {
    if (text[at] === VALUE || text[at] === TEXT) yield at + 1;
    if (facts) {
      const rest = text.slice(at);
      for (const form of [DATED, NUMBER]) if (form.test(rest)) yield at + form.exec(rest)[0].length;
    }
    for (const parts of this.begin.get(text[at]) ?? []) yield* this.follow(parts, text, at, depth);
    if (depth < MOST_DEPTH) for (const parts of this.open) yield* this.follow(parts, text, at, depth);
  }

  *follow([literal, ...others], text, at, depth) {
    if (!text.startsWith(literal, at)) return;
    const end = at + literal.length;
    if (cut(text, end) && literal !== "") return;
    if (others.length === 0) yield end;
    else if (depth < MOST_DEPTH) yield* this.fill(others, text, end, depth);
  }

  /** Fill the place before a part of a sentence with facts, the shortest first. */
  *fill(others, text, from, depth) {
    const [literal] = others;
    if (literal === "" && others.length === 1) {
      for (let end = text.length; end > from; end -= 1) if (!cut(text, end) && this.holds(text.slice(from, end), true, depth + 1)) yield end;
      return;
    }
    for (let end = text.indexOf(literal, from); end >= 0; end = text.indexOf(literal, end + 1)) {
      if (end > from && this.holds(text.slice(from, end), true, depth + 1)) yield* this.follow(others, text, end, depth);
    }
  }
}

/** Whether a place lies within a word. */
const cut = (text, at) => at > 0 && at < text.length && LATIN.test(text[at - 1]) && LATIN.test(text[at]);
const plain = (text) => text.replace(/[\s\u00a0]+/gu, " ").toLowerCase();

const JWS = /^[\w-]+\.[\w-]{8,}\.[\w-]+/;

/** What a JWS says, or null where it says nothing. */
export function payloadOf(jws) {
  try {
    return JSON.parse(new TextDecoder().decode(fromBase64url(jws.split(".")[1])));
  } catch {
    return null;
  }
}

/** Every text that somebody signed, or that the trust list has, and its numbers as people may read them. */
export function textsOf(...values) {
  const [found, seen, waiting] = [new Set(), new Set(), values];
  while (waiting.length) {
    const each = waiting.pop();
    if (typeof each === "string") {
      found.add(plain(each).trim());
      if (JWS.test(each)) waiting.push(payloadOf(each));
    }
    else if (each !== null && typeof each === "object" && !seen.has(each) && !ArrayBuffer.isView(each)) {
      seen.add(each);
      if (each instanceof Map) waiting.push(...each.keys(), ...each.values());
      else waiting.push(...(each instanceof Set ? each : Object.values(each)));
    }
  }
  return found;
}

/** The texts of a page, each in one line: what stands in one line of words, with its values and signed texts as one character. */
function* lines(root, judge, texts) {
  let line = "";
  const known = (text) => texts.has(text) || CODES.test(text.trim()) || (text.endsWith("…") && [...texts].some((each) => each.startsWith(text.slice(0, -1))));
  function* descend(node) {
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) line += child.nodeValue;
      if (child.nodeType !== Node.ELEMENT_NODE || child.id === "said") continue;
      if (judge(child)) line += VALUE;
      else if (["BDI", "CODE", "tspan"].includes(child.tagName) && known(plain(child.textContent).trim())) line += TEXT;
      else if (INLINE.has(child.tagName)) yield* descend(child);
      else if (!SILENT.has(child.tagName) || child.getAttribute("role") === "img") {
        if (line.trim()) yield [line, node];
        line = "";
        yield* descend(child);
        if (line.trim()) yield [line, child];
        line = "";
      }
    }
  }
  yield* descend(root);
  if (line.trim()) yield [line, root];
}

/** The text of an element in one line, its values and signed texts as one character. */
export const lineOf = (element, judge, texts) => [...lines(element, judge, texts)].map(([line]) => line).join(" ");

/**
 * Return the texts of the first screen that no sentence of its language and nobody's signature accounts for.
 *
 * @param {(element: Element) => boolean} judge whether an element shows a value or a sentence that was compared
 * @param {Set<string>} texts what was signed (`textsOf`)
 */
export function inventions(phrases, judge, texts) {
  const found = [];
  for (const root of document.querySelectorAll(READ)) {
    if (judge(root)) continue;
    for (const [line, element] of lines(root, judge, texts)) {
      if (LETTER.test(line) && !phrases.holds(line, element.closest(NUMBERED) !== null)) found.push(line.trim());
    }
    for (const each of [root, ...root.querySelectorAll("*")]) {
      for (const name of ["title", "alt", "placeholder", "data-word"]) {
        const text = each.getAttribute(name) ?? "";
        if (each.id !== "browser" && !phrases.holds(text)) found.push(text);
      }
    }
  }
  return found;
}

const TAGS = new Set([
  ..."A ASIDE BDI BODY BR BUTTON CODE DD DETAILS DIV DL DT FIGCAPTION FIGURE FOOTER H1 H2 H3 H4 HEAD HEADER HTML INPUT LABEL LI LINK MAIN META NAV OL P PRE Q".split(" "),
  ..."SCRIPT SECTION SMALL SPAN STRONG SUMMARY TABLE TBODY TD TH THEAD TIME TITLE TR UL SUB svg g path rect circle text tspan title".split(" "),
]);
const ATTRIBUTES = /^(id|class|lang|hreflang|href|rel|type|src|charset|name|content|download|tabindex|role|translate|datetime|open|for|scope|colspan|accept|media|title|alt|placeholder|data-[\w-]+|aria-[\w-]+|view[bB]ox|width|height|focusable|preserveAspectRatio|x|y|d|r|rx|cx|cy|transform)$/;
const META = { viewport: "width=device-width, initial-scale=1", "color-scheme": "light dark", "theme-color": "#0b4f6c" };
const FILES = { stylesheet: "page.css", icon: "icon.svg", manifest: "app.webmanifest", "apple-touch-icon": "icon-192.png" };
/** What may be hidden: what waits for a press, or for the check itself. */
const FOLDED = "#pin, #pin-forget, #pin-take, #not-told, #zoom, #words";
const LINK = /^(#page|(\/|\/c\/zQm\w+)?\?lang=[\w-]+|\/c\/zQm\w+\?lang=[\w-]+|\/trust\.json)$/;

/** Return what a page has that no page of a record has: elements, attributes, links, files, another order, hidden parts. */
export function oddities(digest) {
  const found = [];
  const base = `/v1/certificates/${digest}`;
  const leads = (href) => LINK.test(href) || (digest !== undefined && (href === base || href.startsWith(`${base}/`)));
  const files = new URL(".", import.meta.url).pathname;
  for (const each of document.querySelectorAll("*")) {
    const odd = [...each.attributes].filter(({ name }) => !ATTRIBUTES.test(name) && !(name === "hidden" && each.matches(FOLDED)));
    if (!TAGS.has(each.tagName) || (each.closest("svg") && /^(text|tspan|title)$/.test(each.tagName) && !each.closest(".drawing"))) found.push(each.tagName);
    found.push(...odd.filter(({ name }) => !(name === "style" && each.closest(".drawing"))).map(({ name }) => name));
    if (each.tagName === "A" && !leads(each.getAttribute("href") ?? "")) found.push(each.getAttribute("href"));
    if (each.tagName === "META" && !each.hasAttribute("charset") && META[each.name] !== each.content) found.push(each.outerHTML);
    if (each.tagName === "LINK" && each.getAttribute("href") !== `${files}${FILES[each.rel]}`) found.push(each.outerHTML);
    if (each.tagName === "SCRIPT" && each.getAttribute("src") !== `${files}page.js`) found.push(each.outerHTML);
    if (each.tagName === "INPUT" && each.id !== "pin-file") found.push(each.outerHTML);
    if (each.getAttribute("aria-hidden") === "true" && !each.matches("svg, .watermark")) found.push("aria-hidden");
  }
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  found.push(...ids.filter((id, at) => ids.indexOf(id) !== at), ...misplaced());
  if (document.querySelector(`link[rel=stylesheet][href="${files}page.css"]`) === null) found.push("page.css");
  for (const each of document.querySelectorAll("aside.demo, .first > section:not(#browser), .first > section > p:not(.fresh), .first > section > h2")) if (!isSeen(each)) found.push(each.className || each.tagName);
  return found;
}

/** What stands where no page has it: around the record, before its first screen, or over it. */
function misplaced() {
  const kind = (each) => (each.nodeType === Node.TEXT_NODE ? each.data.trim() && "text" : each.nodeType === Node.ELEMENT_NODE && `${each.tagName}${each.className && `.${each.className}`}`);
  const [around, within] = [document.body, document.getElementById("page")].map((each) => [...each.childNodes].map(kind).filter(Boolean));
  const order = /^A\.skip HEADER\.top (ASIDE\.demo )?MAIN\.v-[\w-]+ FOOTER$/.test(around.join(" ")) ? [] : around;
  const note = document.querySelector("#page > p.problem:first-child"); // that of a private link which opens nothing
  if (note?.textContent === said("ended")) within.shift();
  const [first, ...levels] = within;
  const odd = first === "DIV.first" ? levels.filter((each) => !/^SECTION\.level\b/.test(each)) : within;
  const over = [...document.querySelectorAll(".watermark, .skip")].filter((each) => !each.matches(".first > .watermark:last-child, body > a.skip:first-child"));
  return [...order, ...odd, ...over.map(kind)];
}

/** Whether people can see an element where it stands. */
export function isSeen(element) {
  const { width, height } = element.getBoundingClientRect();
  const shown = element.checkVisibility?.({ opacityProperty: true, visibilityProperty: true }) ?? true;
  return shown && width > 8 && height > 8;
}

/** Return the attestations of a page that its bundle does not have as the page tells them. */
export function attested(lines, terms) {
  const told = [...document.querySelectorAll("[data-attestation]")];
  const known = lines.filter(({ t }) => t === "attestation").map(({ attestation }) => [...textsOf(attestation)]);
  const fits = (element, texts) => {
    const text = plain(element.querySelector(".path").textContent);
    const said = texts.filter((each) => each in terms).map((each) => plain(terms[each]));
    return texts.includes(plain(element.querySelector(".id").textContent).trim()) && said.every((each) => text.includes(each));
  };
  if (told.length > known.length) return ["attestations"];
  return told.filter((each) => !known.some((texts) => fits(each, texts))).map((each) => each.dataset.attestation);
}
