// Recycled shares, countries of extraction and steps of origin, redone from what a run was made of (ledger/footprint/origin.py, scrap.py).

import { MILLION, SCALE, allocate, divide, milligrams, sum, trillionths, written } from "./exact.js";
import { sha256, toBase64url, utf8 } from "./bytes.js";
import { isGoods } from "./mass.js";
import { same } from "./paths.js";
import { STAGE_OF_STEP, TRACKED } from "./tables.js";

const METALLIC = ["reduction", "alloying", "shaping", "coating"];
const STEPS = Object.keys(STAGE_OF_STEP);
const UNKNOWN = "ZZ";

const pseudonym = async (organisation, step) => toBase64url(await sha256(utf8(`oreprint scrap v1\n${organisation}\n${step}\n`)));

/** The elements that a process draws from a certified batch with a mass of it. */
async function fromBatch({ issuer, batch, composition }, mass, { organisation, step }) {
  const recovered = batch.kind === "scrap" && STAGE_OF_STEP[step] === "recycling" && METALLIC.includes(STAGE_OF_STEP[batch.step]) && issuer.did !== organisation;
  const [into, maker] = [await pseudonym(organisation, step), await pseudonym(issuer.did, batch.step)];
  return composition.map((part) => {
    const [stated, post] = [trillionths(part.pre), trillionths(part.post)];
    const scrap = new Map((part.scrap ?? []).map(([name, share]) => [name, trillionths(share)]));
    if (recovered) scrap.set(maker, (scrap.get(maker) ?? 0n) + SCALE - stated - post);
    const whole = (recovered ? SCALE - post : stated) - (scrap.get(into) ?? 0n);
    const pre = recovered || part.scrap ? (whole > 0n ? whole : 0n) : stated;
    scrap.delete(into);
    const extracted = new Map(part.extracted.map(({ country, share }) => [country, trillionths(share)]));
    const recycled = recovered || isUniform(part) ? null : recycledLeft(part, pre + post);
    return [part.element, { mass: divide(trillionths(part.fraction) * mass, MILLION), pre, post, scrap, extracted, recycled }];
  });
}

/** The elements in a material without a certificate. */
async function fromMaterial({ mass_kg: mass, composition, recycled, extracted_in: country, generated_by: by }) {
  const [pre, post] = ["pre-consumer", "post-consumer"].map((origin) => (recycled === origin ? SCALE : 0n));
  const scrap = new Map(by && pre ? [[await pseudonym(by.organisation, by.step), SCALE]] : []);
  const extracted = new Map([[country ?? UNKNOWN, SCALE]]);
  return composition.map(([element, fraction]) => [element, { mass: divide(trillionths(mass) * trillionths(fraction), SCALE), pre, post, scrap, extracted, recycled: null }]);
}

/** Whether every country's part is recycled as the element is: there is one, or all or nothing is recycled. */
function isUniform({ pre, post, extracted }) {
  const whole = trillionths(pre) + trillionths(post);
  return extracted.length <= 1 || whole === 0n || whole === SCALE;
}

/** The recycled part of each country's part, where `left` of the element counts as recycled; undefined if unknown. */
function recycledLeft({ pre, post, extracted }, left) {
  const whole = trillionths(pre) + trillionths(post);
  return new Map(extracted.map(({ country, recycled }) => [country, recycled === undefined ? undefined : divide(trillionths(recycled) * left, whole)]));
}

function recycledOf(drawn, country) {
  let [total, weighed] = [0n, 0n];
  for (const { mass, pre, post, extracted, recycled } of drawn) {
    const here = mass * (extracted.get(country) ?? 0n);
    const own = recycled === null ? pre + post : recycled.get(country);
    if (here && own === undefined) return null;
    total += here;
    weighed += here * (own ?? 0n);
  }
  return part(weighed, total);
}

/** The recycled part of each country's part of an element, or nothing if none is known. */
function recycledIn(drawn, countries) {
  const found = countries.map(([country]) => recycledOf(drawn, country));
  return found.some((each) => each !== null) ? found : [];
}

const part = (weighed, total) => (weighed ? written(divide(weighed, total)) : "0");

function shareOf(element, fraction, drawn, engine) {
  const total = sum(drawn.map(({ mass }) => mass));
  const names = [...new Set(drawn.flatMap(({ scrap }) => [...scrap.keys()]))].sort();
  const scrap = names.map((name) => [name, part(sum(drawn.map((each) => each.mass * (each.scrap.get(name) ?? 0n))), total)]).filter(([, share]) => share !== "0");
  const of = (name) => part(sum(drawn.map((each) => each.mass * each[name])), total);
  const extracted = TRACKED.includes(element) ? countries(drawn, total) : [];
  const [pre, post] = [of("pre"), of("post")];
  const whole = trillionths(pre) + trillionths(post);
  const partly = engine !== "1" && extracted.length > 1 && whole > 0n && whole < SCALE;
  return { element, fraction, pre, post, scrap, extracted, recycled: partly ? recycledIn(drawn, extracted) : [] };
}

function countries(drawn, total) {
  if (!total) return [[UNKNOWN, "1"]];
  const named = [...new Set(drawn.flatMap(({ extracted }) => [...extracted.keys()]))].sort();
  if (named.length === 1) return [[named[0], "1"]];
  const masses = named.map((name) => sum(drawn.map((each) => each.mass * (each.extracted.get(name) ?? 0n))));
  if (masses.every((mass) => mass === 0n)) return [[UNKNOWN, "1"]];
  return allocate(SCALE, masses).map((share, at) => [named[at], share]).filter(([, share]) => share).map(([name, share]) => [name, written(share)]);
}

const told = ({ element, fraction, pre, post, scrap, extracted }) => ({
  element, fraction, pre, post, scrap: scrap ?? [], extracted: extracted.map(({ country, share }) => [country, share]),
  recycled: extracted.some(({ recycled }) => recycled !== undefined) ? extracted.map(({ recycled }) => recycled ?? null) : [],
});

/** The steps of the chain, each once, in the order of the words. */
function originOf(own, cited, materials) {
  const branches = materials
    .filter(({ composition }) => composition?.some(([element]) => TRACKED.includes(element)))
    .map(({ recycled, extracted_in: country }) => ({ step: recycled ? "scrap-collection" : "mining", country: country ?? UNKNOWN }));
  const steps = [own, ...cited.flatMap(({ record }) => record.origin), ...branches];
  const key = ({ step, country, region }) => `${String(STEPS.indexOf(step)).padStart(3, "0")} ${country} ${region ?? ""}`;
  const known = new Map(steps.map((each) => [key(each), each]));
  return [...known.keys()].sort().map((name) => known.get(name));
}

/** Judge a run that is shown whole: every output has the shares and the origin that follow from the inputs. */
export async function checkShares({ view, record }, named, findings) {
  const [materials] = view.inventory;
  const cited = view.inputs.map((input) => [input, input?.source ? named(input.source.certificate) : null]);
  const whole = !view.inventory.includes(null) && !view.outputs.includes(null) && cited.every(([, each]) => each !== null);
  if (!whole) {
    findings.say(8, "not-checked", "mass.shares");
    return;
  }
  const goods = cited.filter(([, each]) => isGoods(each.record));
  const process = { organisation: view.value.producer, step: view.value.step };
  const sources = [];
  for (const [input, each] of goods) sources.push(new Map(await fromBatch(each.record, milligrams(input.value.mass_kg), process)));
  for (const line of materials.lines.filter(({ composition }) => composition?.length)) sources.push(new Map(await fromMaterial(line)));
  const { country, region } = record.batch.facility;
  const own = { step: view.value.step, country, ...(region === undefined ? {} : { region }) };
  const steps = originOf(own, goods.map(([, each]) => each), materials.lines);
  for (const { composition, origin } of view.outputs) {
    const once = new Map(composition.map(({ element, fraction }) => [element, fraction])); // an element that is named twice is one too many
    const due = [...once].map(([element, fraction]) => shareOf(element, fraction, sources.filter((each) => each.has(element)).map((each) => each.get(element)), view.value.engine));
    const holds = same(composition.map(told), due);
    findings.say(8, holds ? "passed" : "failed", holds ? null : "mass.shares");
    findings.say(7, same(origin, steps) ? "passed" : "failed", same(origin, steps) ? null : "inputs.origin");
  }
}
