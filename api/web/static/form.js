// The one strict door for sealed documents in the browser: types, closed members in their order, patterns, lengths, bounds, one spelling.
//
// What they look like stands in forms.js, which is made from the documents of the Python side. Nothing is told of what is wrong
// but the document's name: whoever wants to know asks the server.

import { fromJson, need, utf8 } from "./bytes.js";
import { FORMS, KINDS, ODD_BLANK, UNITS, UNSEEN } from "./forms.js";

const patterns = new Map();
const unseen = new RegExp(UNSEEN, "u");
const oddBlank = new RegExp(ODD_BLANK, "u");
const order = Object.keys(UNITS);
const letters = (text) => [...text].length;
const within = (count, least, most) => count >= least && (most === 0 || count <= most);

/** Return whether the eye can tell all of a text, in normal form C. */
function visible(text) {
  return !unseen.test(text) && !oddBlank.test(text) && !/^ | $/.test(text) && text.normalize("NFC") === text;
}

const ordered = (names) => names.every((name, at) => at === 0 || order.indexOf(names[at - 1]) < order.indexOf(name));

/** Rules that no pattern can say, by the names that forms.js has for them. */
const CHECKS = {
  name: (text) => within(letters(text), 1, 200) && visible(text),
  lot: (text) => within(letters(text), 1, 64) && !/[\u{10000}-\u{10ffff}]/u.test(text) && visible(text),
  rows: (rows) => ordered(rows.map(([name]) => name)),
  order: ordered,
  period: ({ start, end }) => start <= end,
};

function matches(pattern, text) {
  if (pattern === "") return true;
  if (!patterns.has(pattern)) patterns.set(pattern, new RegExp(pattern, "u"));
  return patterns.get(pattern).test(text);
}

/** Return whether an object has the members of a form, in their order and no others; absent ones are left out, never null. */
function hasMembers(value, members) {
  const names = Object.keys(value);
  let at = 0;
  for (const [member, form] of members) {
    const optional = member.endsWith("?");
    const name = optional ? member.slice(0, -1) : member;
    if (names[at] === name) {
      if (!fits(form, value[name])) return false;
      at += 1;
    } else if (!optional) {
      return false;
    }
  }
  return at === names.length;
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const FITS = {
  text: (value, pattern, least, most, check) =>
    typeof value === "string" && (least + most === 0 || within(letters(value), least, most)) && matches(pattern, value) && (check === "" || CHECKS[check](value)),
  words: (value, words) => words.includes(value),
  int: (value, least, most) => Number.isInteger(value) && value >= least && value <= most,
  bool: (value) => typeof value === "boolean",
  list: (value, item, least, most, check) =>
    Array.isArray(value) && within(value.length, least, most) && value.every((each) => fits(item, each)) && (check === "" || CHECKS[check](value)),
  row: (value, items) => Array.isArray(value) && value.length === items.length && items.every((item, at) => fits(item, value[at])),
  object: (value, members, check) => isObject(value) && hasMembers(value, members) && (check === "" || CHECKS[check](value)),
  one: (value, member, tags) => isObject(value) && Object.hasOwn(tags, value[member]) && fits(tags[value[member]], value),
  null: (value, form) => value === null || fits(form, value),
  any: (value, forms) => forms.some((form) => fits(form, value)),
};

/** Return whether a value has the form with this number. */
function fits(number, value) {
  const [kind, ...rest] = FORMS[number];
  return FITS[kind](value, ...rest);
}

/** An instant of a document that was read, in milliseconds since 1970. */
export const epoch = (instant) => Date.parse(instant);

/** Return the document of a kind whose one spelling is this text, or refuse it. */
export function read(kind, given) {
  const [form, most] = KINDS[kind];
  need(given.length <= most && utf8(given).length <= most, "document.too-long-text");
  const value = fromJson(given, "document.spelling");
  need(fits(form, value), `document.${kind}`);
  return value;
}
