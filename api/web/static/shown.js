// Whether what a person sees on the page is what was signed, value by value: texts, words, numbers, days, countries.
//
// A value stands in an element that names it: `data-path` is its place in the record, `data-of` the certificate that has it if that is
// not the page's own, `data-fact` a fact of a sentence, and `data-derived` a figure that follows from the record (derived.js).

import { namesWith } from "./trust.js";

/** The verdicts, the worst first: of two findings the worse one counts. */
export const WORST_FIRST = ["do-not-rely", "withdrawn", "incomplete", "superseded", "expired", "genuine"];
const LANGUAGE = () => document.documentElement.lang;
const NUMBER = /^-?\d+(\.\d+)?$/;
const DAY = /^(\d{4})-(\d{2})-(\d{2})(T|$)/;
const COUNTRY = /\.country$/;
/** Values without which no page tells of a record: where one is missing, something else stands in its place. */
const OWED = ["batch.lot", "batch.net_mass_kg", "batch.kind", "party.names.0.text", "issuer.did"];
const STATES = { withdrawn: ["withdrawn", "suspended", "affected"], incomplete: ["incomplete", "unknown"] };

let spoken = null;

/** The words of the page's language: a file beside the scripts, for a page's own words prove nothing. */
export async function speak() {
  const answer = await fetch(new URL(`./words-${LANGUAGE()}.json`, import.meta.url));
  spoken = await answer.json();
  return spoken;
}

/** The words for a key; a page that tells of no record, such as that of the search, has its own. */
export const said = (key) => (spoken ? spoken.said[key] : document.querySelector(`#words [data-key="${CSS.escape(key)}"]`)?.textContent) ?? "";

/** Whether a number as people read it is this amount, rounded to what is shown of it and at least to two digits. */
export function readsNumber(text, amount) {
  const parts = new Intl.NumberFormat(LANGUAGE()).formatToParts(12345.6);
  const mark = (type) => parts.find((each) => each.type === type)?.value ?? "";
  const found = /^(<?)\s*([-\u2212]?)([\d.,\s'\u00a0\u202f\u2019]*\d)\s*(%?)/u.exec(text.trim());
  if (!found) return false;
  const [, below, minus, digits, percent] = found;
  const plain = digits.split(mark("group")).join("").replace(/\s/g, "").replace(mark("decimal"), ".");
  const [shown, value] = [Number(`${minus && "-"}${plain}`), Number(amount) * (percent ? 100 : 1)];
  if (below) return value >= 0 && value < shown;
  const significant = Math.max(2, plain.replace(".", "").replace(/^0+/, "").replace(plain.includes(".") ? "" : /0+$/, "").length);
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value) || 1)) - significant + 1);
  return Math.abs(shown - value) <= unit * 0.5000001;
}

/** Whether a day as people read it is this one: its year, its day, and its month as a number or by name, and no other number before the time. */
function readsDay(text, [, year, month, day]) {
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  const name = new Intl.DateTimeFormat("en", { month: "short", timeZone: "UTC" }).format(date);
  const own = new Intl.DateTimeFormat(LANGUAGE(), { month: "short", timeZone: "UTC" }).format(date).replace(/\.$/, "");
  const numbers = text.replace(/\d{1,2}:\d{2}.*$/, "").match(/\d+/g)?.map(Number) ?? [];
  const named = text.includes(name) || (!/^\d/.test(own) && text.includes(own));
  const due = named ? [year, day] : [year, month, day];
  return numbers.length === due.length && due.every((part) => numbers.includes(Number(part)));
}

/** Whether a text is not the name of another country than this; names differ a little from one list of names to the next. */
function readsCountry(text, code) {
  const names = new Intl.DisplayNames([LANGUAGE()], { type: "region", fallback: "none" });
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const codes = letters.flatMap((one) => letters.map((other) => one + other)).filter((each) => each !== "ZZ");
  return !codes.some((each) => each !== code && names.of(each) === text) && (code === "ZZ" || text !== said("country-ZZ"));
}

/** A word of a closed list as people say it, where the page tells it. */
const term = (value) => spoken?.terms[value] ?? "";

/** Whether the text of an element is a value as people read it. */
function reads(element, value, path = "") {
  const text = element.textContent.trim();
  if (["batch.kind", "batch.step"].includes(path)) return term(value) === "" || text.toLowerCase() === term(value).toLowerCase();
  if (COUNTRY.test(path)) return readsCountry(text, value);
  if (element.tagName === "BDI") return text === value;
  if (DAY.test(value)) return readsDay(text, DAY.exec(value));
  if (NUMBER.test(value)) return readsNumber(text, value);
  return text === value || (text.endsWith("…") && value.startsWith(text.slice(0, -1)));
}

const inside = (record, path) => path.split(".").reduce((inner, member) => inner?.[member], record);

/** A record beside its issuer as the trust list knew it then, with its names of now, or as the record has it. */
function known(record, parties) {
  const party = parties.find(({ did }) => did === record.issuer.did);
  return { ...record, party: party ? { ...party, names: namesWith(party, record.issuer.names), now: party.names } : record.issuer };
}

function pathHolds(element, records, parties, subject) {
  const { path, value: stated } = element.dataset;
  const of = element.closest("[data-of]")?.dataset.of;
  if (of !== undefined && !records.has(of)) return undefined; // a certificate that this reader's bundle doesn't show
  const record = of === undefined ? subject : known(records.get(of), parties);
  const value = inside(record, path);
  return typeof value === "string" && (stated === undefined || stated === value) && reads(element, value, path);
}

/** The facts of sentences that this browser knows by itself. */
function factHolds(element, record) {
  const facts = {
    supplier: record.party.names?.[0].text ?? record.issuer.did,
    domain: record.issuer.did.replace(/^did:web:/, ""),
    registry: record.registry,
    day: record.valid_until,
    mass: element.closest('[data-code="quarantine-all"]') ? record.batch.net_mass_kg : undefined,
  };
  const value = facts[element.dataset.fact];
  if (value === undefined) return undefined;
  const text = element.textContent.trim();
  return DAY.test(value) ? readsDay(text, DAY.exec(value)) : element.dataset.fact === "mass" ? readsNumber(text, value) : text === value;
}

const sorted = (names) => [...names].sort().join();

/** The claims of the page against those that this browser found: answer and word for it, path, and what the producer chose. */
function claimsHold(page, claims, rows) {
  const told = [...page.querySelectorAll("[data-claim]")];
  return told.length === claims.length && told.every((each, at) => {
    const { id, scope, answer, by, path } = claims[at];
    const { claim, scope: where, answer: stated } = each.dataset;
    const attested = stated === "attested" && by.length > 0 && [...each.querySelectorAll(".path bdi")].some(({ textContent: names }) => sorted(names.split(", ")) === sorted(by));
    const lots = [...each.querySelectorAll(".lots bdi")].map((lot) => lot.textContent);
    const chosen = [...each.querySelectorAll("[data-chosen]")].every((part) => reads(part, rows[at][part.dataset.chosen] ?? ""));
    const same = claim === id && where === scope && (stated === answer || attested) && each.querySelector("strong").textContent === said(`${stated === "unknown" ? "country-ZZ" : stated}`);
    return same && chosen && (lots.length === 0 || lots.join("\n") === path.join("\n"));
  });
}

/** The state of the page is one of its verdict. */
const stateHolds = ({ dataset: { verdict, state } }) => (STATES[verdict] ?? [verdict]).includes(state);

/**
 * Compare what the page shows with what was signed: return the names of values that differ, and the elements whose values are right.
 *
 * @param {{record: object, records: Map, parties: object[], derived: Map|undefined, claims: object[]|null|undefined}} found the page's
 *   record, those of all certificates by digest, the issuers that the trust list names, and once the whole was judged figures and claims
 */
export function compare({ record, records, parties, derived, claims }) {
  const page = document.getElementById("page");
  const signed = known(record, parties);
  const [wrong, right] = [[], new Set()];
  const hold = (name, holds) => {
    for (const each of page.querySelectorAll(`[data-${name}]`)) {
      const found = holds(each);
      if (found) right.add(each);
      else if (found === false) wrong.push(each.dataset[name]);
    }
  };
  hold("path", (each) => pathHolds(each, records, parties, signed));
  hold("fact", (each) => factHolds(each, signed));
  if (!stateHolds(page)) wrong.push("verdict");
  const tells = page.querySelector("[data-path]") !== null;
  if (tells) wrong.push(...OWED.filter((path) => page.querySelector(`[data-path="${path}"]`) === null));
  if (derived === undefined) return { wrong, right };
  const figure = (each) => derived.get(each.dataset.derived);
  hold("derived", (each) => (figure(each) === undefined ? undefined : reads(each, figure(each))));
  const claimed = tells && Array.isArray(claims);
  if (claimed && !claimsHold(page, claims, record.claims)) wrong.push("claims");
  if (claimed) for (const each of page.querySelectorAll("[data-claim] [data-chosen]")) right.add(each);
  return { wrong, right };
}
