// What the first screen of a page may say: each answer, the advice, the mark and the title, by what this browser has found itself.

import { readsNumber } from "./shown.js";

/** How the names of trial and demonstration registries end (schemas/identifier.py). */
const [TRIAL, DEMO] = [".invalid", ".example"];
/** The states in which an answer to "Is this record genuine?" stands; those of a failed check are not listed. */
const STATE_OF = {
  signed: "genuine", "signed-custodial": "genuine", superseded: "superseded", expired: "expired", affected: "affected", ended: "withdrawn",
  suspended: "suspended", unknown: "unknown", incomplete: "incomplete",
};
const FAILED = "do-not-rely";
const ACTION_OF = { superseded: ["use-latest"], expired: ["ask-renewed"], suspended: ["hold-all"], withdrawn: ["quarantine-all"], unknown: ["pin-registry"] };
const UNDECIDED = ["check-again", "pin-registry", "ask-chain"];
const PROVEN = /^(chain-(first|shown)|attested-whole|audit-(audited|relied)(-one)?(-part)?)$/;
const ENDED = {
  withdrawn: /^withdrawn-(whole|undone|all-upstream)$/, suspended: /^withdrawn-suspended$/, affected: /^withdrawn-part(-unknown)?$/,
  unknown: /^not-/, [FAILED]: /^(not-|withdrawn-(whole|undone|suspended|part|all))/,
};
const NOT_ENDED = /^withdrawn-(no|audited|hidden|open)$/;
/** Parts of a figure that are named, of those that rest on a word alone. */
const LARGEST = 3;
const FACT = /\{(\w+)\}/;
const FORMS = /\{(\w+):([^{}|]*)\|([^{}|]*)\}/;

/** Every form of a message whose words agree with a count. */
function forms(message) {
  const found = FORMS.exec(message);
  return found ? [2, 3].flatMap((form) => forms(message.replace(found[0], found[form]))) : [message];
}

const told = (text) => text.replace(/[\s\u00a0]+/gu, " ").trim().toLowerCase();

/** What was counted with a key, in English words (ledger/plausibility/told.py). */
function named(key) {
  const [group, ...flow] = key.split(":");
  const name = (flow.join(":") || group).replace(/(-ch4-n2o)?(-energy)?$/, "").replaceAll("-", " ");
  return { grid: "electricity", unsplit: "certificates of engine version 1" }[group] ?? (key === "direct" ? "direct emissions" : name);
}

const sumOf = (parts) => parts.reduce((sum, [, part]) => sum + part, 0);

/** The facts of a message as a text has them, or null where it is another text. */
function factsOf(message, text) {
  for (const form of forms(message)) {
    const names = [];
    const pattern = told(form).split(FACT).map((part, at) => (at % 2 ? (names.push(part), "(.+?)") : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))).join("");
    const found = new RegExp(`^${pattern}$`, "u").exec(told(text));
    if (found) return Object.fromEntries(names.map((name, at) => [name, found[at + 1]]));
  }
  return null;
}

/** The first screen: `words` of its language, what was found, and how a line of a page is read (told.js). */
export class First {
  constructor(page, words, { record, party, trust, seen, derived, claims }, { lineOf, allowed }) {
    Object.assign(this, { page, words, record, party, trust, seen, derived, claims, lineOf, allowed });
    this.wrong = [];
    this.right = new Set();
    this.code = (question) => page.querySelector(`.first [data-question="${question}"]`)?.dataset.code ?? "";
  }

  /** Hold every answer to the words of its code, and every code to what was found; return what is wrong. */
  judge() {
    const { page } = this;
    const { state } = page.dataset;
    this.need(this.stateFits(state), "genuine");
    this.need(this.actionFits(state), "action");
    this.need(this.chainFits(), "chain");
    this.need((ENDED[state] ?? NOT_ENDED).test(this.code("withdrawn")), "withdrawn");
    this.one(".first #verdict", this.reply("genuine")[0]);
    if (![FAILED, "incomplete"].includes(state)) this.one(".first .headline", this.reply("genuine")[1]);
    else for (const each of page.querySelectorAll(".first .headline")) this.right.add(each); // its reason is another check's sentence
    this.one(".first [data-question=action] .do", this.words.actions[this.code("action")] ?? "");
    for (const question of ["chain", "withdrawn"]) this.answer(question);
    if (page.querySelector(".first .figure .big") === null) this.answer("footprint");
    else this.figure();
    this.doubt(state);
    this.mark();
    this.title();
    const chain = told(page.querySelector(".first [data-question=chain] .told")?.textContent ?? "");
    for (const each of page.querySelectorAll("#chain ~ p")) if (told(each.textContent) === chain) this.right.add(each);
    return this.wrong;
  }

  need(holds, name) {
    if (!holds) this.wrong.push(name);
  }

  reply(question) {
    return this.words.replies[this.code(question)] ?? ["", ""];
  }

  stateFits(state) {
    const code = this.code("genuine");
    const custodial = code === "signed-custodial";
    return (STATE_OF[code] ?? FAILED) === state && (STATE_OF[code] !== "genuine" || custodial === (this.party?.custodial ?? custodial));
  }

  actionFits(state) {
    const [code, chain, withdrawn] = ["action", "chain", "withdrawn"].map(this.code);
    if (state === "affected") return code === (withdrawn === "withdrawn-part" ? "quarantine-part" : "quarantine-unknown");
    if (state === "incomplete") return UNDECIDED.includes(code);
    if (state === FAILED) return code.startsWith("refuse-") || code === FAILED;
    if (state !== "genuine") return (ACTION_OF[state] ?? []).includes(code);
    if (chain === "chain-near") return code !== "accept" || !this.open();
    if (!PROVEN.test(chain)) return code === (chain.startsWith("audit-short") ? "wait-for-audit" : chain.startsWith("audit-disputed") ? "ask-whole-chain" : "ask-chain");
    if (/-(hidden|audited)$/.test(withdrawn)) return code === "check-online";
    return code === "accept-ask" || (code === "accept" && !this.open());
  }

  /** Whether something stands against the figure of a record, as far as this browser can say. */
  open() {
    const { footprint, batch, claims } = this.record;
    const refuted = [...claims, ...(this.claims ?? [])].some(({ answer }) => answer === "refuted");
    const flags = this.attested() ? 0 : (footprint.flags?.own ?? 0) + (footprint.flags?.inputs ?? 0);
    return batch.kind !== "electricity" && (refuted || flags > 0 || footprint.placeholders > 0 || ["far-below", "none"].includes(this.range()));
  }

  attested() {
    return this.seen?.lines.some(({ t }) => t === "attestation") ?? false;
  }

  chainFits() {
    const code = this.code("chain");
    if (code === "chain-first") return this.record?.counts.inputs === 0;
    if (code === "chain-shown") return this.seen.records.length > 1;
    return !code.startsWith("attested-") || this.attested();
  }

  /** An answer stands in a few words, and in a sentence after them. */
  answer(question) {
    const place = `.first [data-question="${question}"] h2 + p`;
    const [words, sentence] = this.reply(question);
    this.one(`${place} > strong`, words, (facts) => this.factsFit(question, facts));
    this.one(`${place} > .told`, sentence, (facts) => this.factsFit(question, facts));
  }

  /** Auditors are counted among those of the trust list. */
  factsFit(question, { k, of }) {
    const code = this.code(question);
    if (!code.startsWith("audit-") || k === undefined || of === undefined) return true;
    const auditors = this.trust?.listed.registries.find(({ id }) => id === this.record?.registry)?.auditors;
    if (Number(of) !== auditors?.parties.length) return false;
    return Number(k) <= Number(of);
  }

  /** One element alone has exactly a message, with facts in its places. */
  one(selector, message, fits = () => true) {
    const [element, other] = document.querySelectorAll(selector);
    const text = element && this.lineOf(element).trim();
    const found = element && (factsOf(message, text) ?? factsOf(message, text.replace(/[.。]$/, "")));
    const right = other === undefined && Boolean(found) && Object.values(found).every(this.allowed) && fits(found);
    this.need(right, selector);
    if (right) this.right.add(element);
  }

  /** Where the figure lies in the published range of its product; "none" where the record names no product, or nobody published one. */
  range() {
    if (!this.derived) return undefined;
    if (!this.derived.has("published-low")) return "none";
    const [figure, low, high] = [this.record.footprint.per_kg.location, this.derived.get("published-low"), this.derived.get("published-high")].map(Number);
    return figure * 2 < low ? "far-below" : figure < low ? "below" : figure <= high ? "within" : "above";
  }

  figure() {
    const { page, words: { said } } = this;
    const lines = [...page.querySelectorAll(".first .figure > .big")];
    for (const line of lines) {
      this.need(line.querySelector("[data-path='footprint.per_kg.location'], [data-derived^='method ']") !== null, "figure");
      this.need(line.querySelector("small:not(.dim)")?.textContent.trim() === said.unit || line.querySelector("[data-derived^='method ']") !== null, "unit");
    }
    const own = lines.filter((line) => line.querySelector("[data-path='footprint.per_kg.location']"));
    this.need(own.length === 1 && ["low", "high"].every((name) => own[0].querySelector(`[data-derived="${name}"]`)), "figure");
    const other = `[data-derived="method ${this.record.footprint.allocation === "economic" ? "mass" : "declared-prices"}"]`;
    this.need(lines.some((line) => line.querySelector(other)), "other");
    const range = page.querySelector(".first .range strong");
    const word = this.range();
    if (word) this.need(word === "none" ? range === null : range?.textContent.trim() === said[`range-${word}`], "range");
    this.worth(page.querySelector(".first .worth"));
  }

  /** The line of flags: each of its words has one of the messages, and its counts are those of the record. */
  worth(line) {
    if (line === null) return this.need(false, "flags");
    const found = this.listed(this.words.worth, this.lineOf(line));
    if (found === null) return this.need(false, "flags");
    const { flags, placeholders } = this.record.footprint;
    const stated = flags !== undefined && !this.attested();
    if (stated) this.need(flags.own ? found.get("flags")?.flags === String(flags.own) : !found.has("flags"), "flags");
    if (stated && flags.own + flags.inputs > 0) this.need(!found.has("no-flags"), "flags");
    const asked = this.asked();
    this.need(!asked.has("flags") || found.get("flags")?.flags === asked.get("flags").flags, "flags");
    this.need(!asked.has("flags-upstream") || found.has("flags-upstream") || found.has("flagged-inputs"), "flags");
    if (asked.has("flags") || asked.has("flags-upstream")) this.need(!found.has("no-flags"), "flags");
    this.need(found.has("word") === (sumOf(this.onWord()) >= 1), "word");
    this.need(found.has("grid-power") === this.onGrid() >= 1.1 * Number(this.record.footprint.total_kg_co2e.location), "grid-power");
    this.need(placeholders ? found.get("placeholders")?.lines === String(placeholders) : !found.has("placeholders"), "placeholders");
    this.right.add(line);
  }

  /** What the advice asks about before the figure is used: whatever stands there must stand in the line of flags, too. */
  asked() {
    const text = this.page.querySelector(".first [data-code=accept-ask] .do")?.textContent ?? "";
    const what = factsOf(this.words.actions["accept-ask"], text)?.what;
    return (what && this.listed(this.words.questions, what)) || new Map();
  }

  /** The messages that a line lists, with their facts, or null where it says something else. */
  listed(messages, line) {
    const found = new Map();
    for (const part of line.trim().split(this.words.said.semicolon)) {
      const [key, facts] = Object.entries(messages).map(([name, message]) => [name, factsOf(message, part)]).find(([name, each]) => each !== null && this.told(name, each)) ?? [];
      if (key === undefined) return null;
      found.set(key, facts);
    }
    return found;
  }

  /** Whether the facts of a message of the line of flags are what was found; most are texts and numbers of what is shown. */
  told(name, facts) {
    if (name === "word") return this.wordFits(facts);
    if (name === "steps-below") return this.stepsFit(facts);
    if (name === "grid-power") return readsNumber(facts.figure, this.onGrid() / Number(this.record.batch.net_mass_kg));
    return Object.values(facts).every(this.allowed);
  }

  /** Steps that are below what studies found are named with the figures of shown records. */
  stepsFit({ below, steps }) {
    const read = steps.split(", ").map((each) => /^(.+) ([\d.,]+) \([\d.,-]+\)$/.exec(each));
    const records = this.seen.records.flatMap(({ record }) => (record?.footprint?.own_step === undefined ? [] : [record]));
    const own = ([, step, figure]) => records.some(({ batch, footprint }) => told(this.words.terms[batch.step] ?? "") === step && readsNumber(figure, footprint.own_step));
    return read.length === Number(below) && read.every((each) => each !== null && own(each));
  }

  /** What rests on the producer's word alone is what the record says: the share, and its largest parts by name. */
  wordFits({ share, largest }) {
    const parts = this.onWord();
    const due = parts.sort(([, one], [, other]) => other - one).slice(0, LARGEST);
    const read = largest.split(", ").map((each) => each.replace(/ %$/, "").split(/ (?=[\d.,]+$)/));
    const name = (each) => told(this.words.counted[each] ?? each);
    return readsNumber(share, sumOf(parts)) && read.length === due.length && due.every(([each, part], at) => read[at][0] === name(each) && readsNumber(read[at][1] ?? "", part));
  }

  /** The kg CO2e of the record with power of the grid in place of the plants' own, NaN where they made none. */
  onGrid() {
    const row = this.record.footprint.beside?.rows.find(([name]) => name === "grid-power");
    return row ? Number(this.record.footprint.total_kg_co2e.location) + Number(row[1]) : NaN;
  }

  /** Names of what was counted on a word alone, and the percent of the figure that each is. */
  onWord() {
    return (this.record.footprint.quality.word ?? []).map(([key, part]) => [named(key), Number(part) * 100]);
  }

  /** "but its chain is not proven" stands where it must. */
  doubt(state) {
    const due = ["genuine", "superseded", "expired", "affected"].includes(state) && !PROVEN.test(this.code("chain")) && this.code("chain") !== "chain-near";
    const but = this.page.querySelector(".first .but");
    this.need(!due || but?.textContent.trim() === this.words.said.but, "doubt");
  }

  /** Trial and demo records have their mark, and others have none. */
  mark() {
    const notice = document.querySelector("aside.demo");
    if (this.record === null) return;
    const { registry } = this.record;
    const mark = registry.endsWith(TRIAL) ? "trial" : this.party?.demo || registry.endsWith(DEMO) ? "demo" : null;
    if (mark === null && notice === null) return;
    const shown = notice !== null && told(notice.textContent) === told(this.words.marks[mark] ?? "");
    this.need(shown, "mark");
    if (shown) this.right.add(notice);
  }

  title() {
    const due = [this.reply("genuine")[0], ...(this.record ? [this.record.batch.lot] : []), "Oreprint"].join(" · ");
    this.need(this.record === null ? document.title.startsWith(due.split(" · ")[0]) : document.title === due, "title");
  }
}
