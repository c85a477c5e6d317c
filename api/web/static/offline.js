// The check page without a server: a bundle, or the seal of a label, judged by this browser under the trust list that it has kept.
//
// It never says "accept": plausibility, factors and claims are judged by the server alone, and of later withdrawals nobody here can know.

import { checkSeal, isUnknown, parseLabel, typed } from "./label.js";
import { listKept } from "./pinned.js";
import { choose, offerScan, readGiven, tellProblem } from "./scan.js";
import { WORST_FIRST } from "./shown.js";
import { openTrust, verify } from "./verify.js";
import { verifyWhole } from "./whole.js";

const FIGURE = { minimumSignificantDigits: 3, maximumSignificantDigits: 3 };
const ANSWERS = ["chain", "figure", "ended"];
const SIGNED = ["genuine", "superseded", "expired", "affected"];
const { lang } = document.documentElement;

const at = (id) => document.getElementById(id);
const words = (key) => document.querySelector(`#words [data-key="${key}"]`)?.textContent ?? "";
const said = (key, facts = {}) => words(key).replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
const moment = (ms) => new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" }).format(ms);
const number = (amount, form = { maximumSignificantDigits: 8 }) => new Intl.NumberFormat(lang, form).format(Number(amount));

/** Put an answer on the page: each member is the text of the place with that name. */
function show(state, answer) {
  at("answer").className = `first v-${state}`;
  at("shape").replaceChildren(document.querySelector(`#states [data-state="${state}"]`).firstElementChild.cloneNode(true));
  for (const id of ["verdict", "but", "why", "lot", "mass", "chain", "chain-why", "figure", "figure-why", "ended", "ended-why", "do", "last"]) {
    const text = answer[id] ?? "";
    at(id).textContent = ANSWERS.includes(id) ? said("answer", { answer: text }) : text;
  }
  at("lead").hidden = true;
  at("match").hidden = answer.lot === undefined;
  at("answer").hidden = false;
  at("answer").dataset.state = state;
  at("verdict").tabIndex = -1;
  at("verdict").focus();
}

/** What both parts of the check found together; a failed check of the chain counts as one of the record. */
function stateOf(own, rest) {
  const codes = own.steps.flatMap((step) => step.codes);
  if (codes.includes("trust.registry-unknown") && own.steps.every(onlyUnknown)) return "unknown";
  const verdict = WORST_FIRST.find((each) => [own.verdict, rest?.verdict].includes(each));
  if (verdict !== "withdrawn") return verdict;
  if (codes.includes("status.withdrawn")) return "withdrawn";
  return codes.includes("status.suspended") ? "suspended" : "affected";
}

/** What fails where the trust list does not name a registry, or the issuer that is registered there. */
const UNKNOWN = new Set(["trust.registry-unknown", "bundle.end", "log.included", "issuer.key", "status.list"]);
const onlyUnknown = ({ result, codes }) => result !== "failed" || codes.every((code) => UNKNOWN.has(code));

function chainOf({ record }, seen, rest) {
  if (record.counts.inputs === 0) return "chain-first";
  if (seen.records.length < 2) return "chain-none";
  return rest.steps.slice(0, 2).every(({ result }) => result !== "not-checked") ? "chain-shown" : "chain-part";
}

/** The oldest of the status lists that counted, in ms since 1970, or null. */
function listsOf({ lists }) {
  const times = [...(lists?.values() ?? [])].map(({ entry }) => entry.time);
  return times.length > 0 ? Math.min(...times) : null;
}

/** When what was checked was fetched, in words. */
function lastChecked(lists, kept) {
  if (lists === null) return said("last-none");
  return said(kept.own ? "last-own" : "last", { lists: moment(lists), fetched: moment(kept.fetched) });
}

/** What a failed check of a step says of what happened (ledger/plausibility/advice.py), the most telling first. */
const HAPPENED = [["forged", [4]], ["changed", [1, 5, 6]], ["signer", [3]], ["impossible", [7, 8, 9, 10]]];

function whatHappened(own, rest) {
  const failed = [...own.steps, ...(rest?.steps ?? []), ...(rest?.record ?? [])].filter(({ result }) => result === "failed");
  const [what] = HAPPENED.find(([, steps]) => failed.some(({ step }) => steps.includes(step))) ?? ["changed"];
  return { what, code: failed[0]?.codes[0] ?? "form.read" };
}

/** The action of a state: by a browser alone, nothing is ever accepted. */
const ACTION = {
  genuine: "check-online", superseded: "use-latest", expired: "ask-renewed", affected: "quarantine-unknown", withdrawn: "quarantine-all",
  suspended: "hold-all", incomplete: "check-again", unknown: "pin-registry",
};

/** Whether any of it is withdrawn: the answer's code, and as of when in ms since 1970. */
function endedOf(state, own, rest) {
  const { seen, record } = own;
  const made = seen.heard?.made ?? null;
  const code = { withdrawn: "withdrawn-whole", suspended: "withdrawn-suspended", affected: "withdrawn-part-unknown", incomplete: "withdrawn-open" }[state];
  if (code) return [code, null];
  const told = made !== null || ["chain-first", "chain-shown"].includes(chainOf(own, seen, rest));
  return [told ? "withdrawn-no" : "withdrawn-hidden", made ?? listsOf(seen)];
}

/** The answers to the five questions about the record of a bundle. */
function answers(state, own, rest, kept) {
  const { seen, record } = own;
  const lists = seen ? listsOf(seen) : null;
  const last = lastChecked(lists, kept);
  const registry = record?.registry ?? "";
  if (record === null || state === "do-not-rely" || state === "unknown") {
    const { what, code } = whatHappened(own, rest);
    const [why, action] = state === "unknown" ? ["unknown", ACTION.unknown] : [what, `refuse-${what}`];
    const open = said("not-answered");
    const supplier = own.seen?.trust.listed.parties.find(({ did }) => did === record?.issuer.did)?.names[0].text ?? record?.issuer.did ?? "";
    const facts = { supplier, registry, reason: code };
    return { verdict: said(state), why: said(`why-${why}`, facts), chain: open, figure: open, ended: open, do: said(`do-${action}`, facts), last };
  }
  const supplier = record.issuer.names[0].text;
  const mass = `${number(record.batch.net_mass_kg)} ${record.batch.kind === "electricity" ? "kWh" : "kg"}`;
  const [ended, told] = endedOf(state, own, rest);
  const ending = (seen.heard?.ended ?? []).some(({ state: each }) => each === "withdrawn") ? "withdrawn" : "suspended";
  const facts = { supplier, mass, registry, state: said(ending === "withdrawn" ? "term-withdrawn" : "term-suspended"), as_of: moment(told ?? lists ?? 0) };
  const signed = state === "withdrawn" || state === "suspended" ? "why-withdrawn" : state === "incomplete" ? "why-incomplete" : "why-genuine";
  return {
    verdict: said(state), but: SIGNED.includes(state) ? said("but") : "", why: said(signed, { supplier }), lot: record.batch.lot, mass,
    chain: said(chainOf(own, seen, rest)), ...figureOf(record.batch.kind, record.footprint.per_kg.location, "figure-why"),
    ended: said(ended, facts), "ended-why": said(`${ended}-why`, facts), do: said(`do-${ACTION[state]}`, facts), last,
  };
}

function figureOf(kind, figure, why) {
  if (kind === "electricity") return { figure: said("no-figure") };
  return { figure: said("figure", { figure: number(figure, FIGURE) }), "figure-why": said(why) };
}

/** The answers to the five questions by the seal of a label: at best, it could not be fully checked. */
async function judgeSeal(label, kept) {
  const open = { chain: said("not-known"), ended: said("not-known"), last: said("last-none") };
  try {
    const { said: batch, party } = await checkSeal(label, await openTrust(kept.list));
    const supplier = party.names[0].text;
    const figure = figureOf(null, batch.kg_co2e_per_kg, "figure-seal");
    const facts = { lot: batch.lot, mass: `${number(batch.net_mass_kg)} kg`, why: said("why-seal", { supplier }) };
    show("incomplete", { ...open, ...figure, ...facts, verdict: said("incomplete"), do: said("do-check-again") });
  } catch (error) {
    const [state, why, action] = isUnknown(error) ? ["unknown", "unknown", "pin-registry"] : ["do-not-rely", "wrong-label", "refuse-label"];
    const facts = { reason: error.code ?? "carrier.seal-form", registry: new URL(label.origin).host };
    show(state, { ...open, verdict: said(state), why: said(`why-${why}`, facts), figure: said("not-answered"), do: said(`do-${action}`, facts) });
  }
}

async function judgeLabel(label) {
  const kept = await listKept();
  if (label.seal === null) tellProblem("seal-less", words);
  else if (kept === null) tellProblem("no-list", words);
  else await judgeSeal(label, kept);
}

/** Judge the bytes of a bundle in both parts. */
async function judgeBundle({ record, printed }) {
  const bundle = new Uint8Array(await record.arrayBuffer());
  at("print").hidden = !printed;
  const kept = await listKept();
  if (new TextDecoder().decode(bundle.subarray(0, 15)) !== '{"t":"bundle/1"') tellProblem("not-bundle", words);
  else if (kept === null) tellProblem("no-list", words);
  else {
    const own = await verify({ bundle, trust: kept.list, now: Date.now() });
    const rest = own.seen?.subject ? await verifyWhole(own.seen) : null;
    const state = stateOf(own, rest);
    show(state, answers(state, own, rest, kept));
  }
}

/** Do one check at a time: what an earlier one said goes away first. */
async function checking(act) {
  at("answer").hidden = at("print").hidden = true;
  tellProblem("", words);
  at("page").ariaBusy = "true";
  try {
    await act();
  } catch {
    tellProblem("unread", words);
  } finally {
    at("page").ariaBusy = null;
  }
}

const take = (labels) => choose(labels, (label) => checking(() => judgeLabel(label)));

async function judgeFile(file) {
  tellProblem("reading", words);
  const found = await readGiven(file);
  tellProblem(found.problem ?? "", words);
  if (found.record) await judgeBundle(found);
  else if (found.labels) take(found.labels);
}

async function judgeTyped(given) {
  const label = parseLabel(given.trim());
  if (label) await judgeLabel(label);
  else tellProblem({ code: "code", digest: "seal-less", mistyped: "mistyped" }[typed(given)] ?? "typed", words);
}

async function tellList() {
  const kept = await listKept();
  at("list").textContent = kept === null ? said("no-list") : said(kept.own ? "list-own" : "list-kept", { fetched: moment(kept.fetched) });
}

function start() {
  if (!globalThis.crypto?.subtle) {
    tellProblem("insecure", words);
    return;
  }
  const [drop, look, input] = [at("drop"), at("look"), at("file")];
  drop.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.files.length) checking(() => judgeFile(input.files[0]));
  });
  look.addEventListener("submit", (event) => {
    event.preventDefault();
    checking(() => judgeTyped(look.q.value));
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length) checking(() => judgeFile(event.dataTransfer.files[0]));
    });
  }
  offerScan(take);
  tellList();
  const scanned = parseLabel(location.href); // a camera's app opens the whole link of a label
  if (scanned?.seal) checking(() => judgeLabel(scanned));
}

start();
