// The UNTP view of a record, as ledger/seal/view.py writes it: a certificate's payload is this view and the record, byte for byte.

import { UNITS } from "./forms.js";

const OPENING = ',"oreprint":{"oreprint":"certificate/1"';
const MEMBER = ',"oreprint":';
const END = ',"_sd_alg":"sha-256"}';
const UNIT_CODES = { MJ: "3B", m3: "MTQ", kg: "KGM" };
const VOCABULARY = "https://vocabulary.uncefact.org/";
const CUSTOMS = ["https://www.wcoomd.org/en/topics/nomenclature", "Harmonized System"];
const ELEMENTS = ["https://iupac.org/what-we-do/periodic-table-of-elements", "IUPAC chemical element symbols"];
const TOPICS = {
  zero: ["water-conservation", "Water Conservation"],
  water: ["water-conservation", "Water Conservation"],
  energy: ["energy-optimization", "Energy Optimization"],
  renewable: ["renewable-energy-use", "Renewable Energy Use"],
  recycled: ["recycled-material-integration", "Recycled Material Integration"],
  footprint: ["greenhouse-gas-emissions", "Greenhouse Gas Emissions"],
  carbon: ["greenhouse-gas-emissions", "Greenhouse Gas Emissions"],
  clean: ["air-quality-management", "Air Quality Management"],
  ammonia: ["chemical-safety", "Chemical Safety"],
  origin: ["origin-tracking", "Origin Tracking"],
};
const FIRST_ENGINE = "1";
const WAYS = { "location-based": "electricity by the average of the grid", "market-based": "electricity by contracts and certificates" };
const OTHER_TOPIC = ["waste-minimization", "Waste Minimization"];

/** A number in the view that JSON.stringify would round: its text goes in as it stands. */
const amounts = [];
const raw = (text) => `\u0000${amounts.push(text) - 1}\u0000`;

/** Write a value as JSON, with the numbers put aside by `raw` as they stand. */
function written(value) {
  const text = JSON.stringify(value).replace(/"\\u0000(\d+)\\u0000"/g, (_, at) => amounts[at]);
  amounts.length = 0;
  return text;
}

/** An amount as an integer of the 10^-places; the places must suffice. */
export function scaled(text, places) {
  const [whole, part = ""] = text.replace("-", "").split(".");
  const number = BigInt(whole + part.padEnd(places, "0"));
  return text.startsWith("-") ? -number : number;
}

/** Round an integer of the 10^-places half-even to 6 places, and write it without exponent and zeros at the end. */
function rounded(number, places) {
  const size = number < 0n ? -number : number;
  const unit = 10n ** BigInt(places - 6);
  let kept = size / unit;
  const left = (size % unit) * 2n;
  if (left > unit || (left === unit && kept % 2n === 1n)) kept += 1n;
  const digits = kept.toString().padStart(7, "0");
  const text = `${digits.slice(0, -6)}.${digits.slice(-6)}`.replace(/\.?0+$/, "");
  return number < 0n && text !== "0" ? `-${text}` : text;
}

const amount = (text) => raw((text.split(".")[1] ?? "").length <= 6 ? text : rounded(scaled(text, 12), 12));
const segment = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
const classified = (code, name, [schemeId, schemeName]) => ({ code, name, schemeId, schemeName });
const topic = ([id, name]) => ({ type: ["ConformityTopic"], id: `${VOCABULARY}conformity-topic/${id}`, name });
const criterion = (id, name) => [{ type: ["Criterion"], id, name }];

/** The rows of an element; a row says its own recycled share, but in engine 1, where it has that of the element. */
const materials = (engine) => ({ element, fraction, pre, post, extracted }) => {
  const parts = extracted.length ? extracted : [{ country: "ZZ", share: "1" }];
  const whole = scaled(pre, 12) + scaled(post, 12);
  const alike = engine === FIRST_ENGINE || parts.length === 1 || whole === 0n || whole === scaled("1", 12);
  return parts.map(({ country, share, recycled }) => ({
    name: element,
    originCountry: { countryCode: country },
    materialType: classified(element, element, ELEMENTS),
    massFraction: raw(share === "1" ? fraction : rounded(scaled(fraction, 6) * scaled(share, 12), 18)),
    ...(alike || recycled !== undefined ? { recycledMassFraction: raw(rounded(alike ? whole : scaled(recycled, 12), 12)) } : {}),
  }));
};

/** What all claims of the view begin with and end with, around what is particular to one. */
function claim({ issued, batch: { produced } }, head, claimedPerformance, conformityTopic) {
  const applicablePeriod = { startDate: produced.start, endDate: produced.end };
  return { ...head, claimDate: issued.slice(0, 10), applicablePeriod, claimedPerformance, conformityTopic };
}

function footprint(record) {
  const { registry, footprint: told, id } = record;
  const metric = (way) => told.engine === FIRST_ENGINE
    ? { id: `${VOCABULARY}performance-metric/product-carbon-footprint`, name: `Product Carbon Footprint, ${way} electricity` }
    : { id: `https://${registry}/ns/v1#product-carbon-footprint-${way}`, name: `Product Carbon Footprint, ${way}: ${WAYS[way]}` };
  const measured = (way, value) => ({ metric: { type: ["PerformanceMetric"], ...metric(way) }, measure: { value: amount(value), unit: "KGM" } });
  const head = {
    type: ["Claim", "CarbonFootprintClaim"],
    id: `${id}#carbon-footprint`,
    name: "Carbon footprint, cradle to gate, kg CO2e per kg",
    referenceCriteria: criterion(`https://${registry}/ns/v1#${told.method}`, `Oreprint method ${told.method}, ${told.gwp}, ${told.allocation} allocation`),
  };
  return claim(record, head, [measured("location-based", told.per_kg.location), measured("market-based", told.per_kg.market)], [topic(TOPICS.footprint)]);
}

function further(record) {
  const { registry, id, indicators } = record;
  const rows = indicators.rows.filter(([name]) => !indicators.partial.includes(name));
  if (rows.length === 0) return [];
  const performance = rows.map(([name, value]) => ({
    metric: { type: ["PerformanceMetric"], id: `https://${registry}/ns/v1#${name}`, name },
    measure: { value: amount(value), unit: UNIT_CODES[UNITS[name]] },
  }));
  const head = {
    type: ["Claim"],
    id: `${id}#indicators`,
    name: "Energy, water and wastes of the batch",
    referenceCriteria: criterion(`https://${registry}/ns/v1#certified-steps`, "Of all steps that have a certificate"),
  };
  return [claim(record, head, performance, [TOPICS.energy, TOPICS.water, OTHER_TOPIC].map(topic))];
}

function stated(record, row, number) {
  if (row.answer !== "proven" && row.answer !== "declared") return [];
  const place = `https://${record.registry}/ns/v1#${row.id}`;
  const chosen = [row.element, (row.countries ?? []).join(", "), row.threshold].filter((each) => each);
  const name = [row.id, ...chosen, `(${row.scope})`].join(" ");
  const word = row.id.split("-")[0];
  const performance = [{ metric: { type: ["PerformanceMetric"], id: place, name }, score: { code: row.answer } }];
  const head = { type: ["Claim"], id: `${record.id}#claim-${number}`, name, referenceCriteria: criterion(place, row.id) };
  return [claim(record, head, performance, [topic(Object.hasOwn(TOPICS, word) ? TOPICS[word] : OTHER_TOPIC)])];
}

function product(record) {
  const { issuer, registry, batch } = record;
  const { facility, lot, description } = batch;
  const kind = classified(batch.kind, batch.kind, [`https://${registry}/ns/v1#Kind`, "Oreprint kinds of batches"]);
  return {
    type: ["Product"],
    id: `${issuer.did}/${segment(facility.id)}/${segment(lot)}`,
    name: description,
    idScheme: { type: ["IdentifierScheme"], id: issuer.did, name: "Facility and lot, as the issuer names them" },
    batchNumber: lot,
    idGranularity: "batch",
    productCategory: batch.hs_code === undefined ? [kind] : [classified(batch.hs_code, description, CUSTOMS), kind],
    producedAtFacility: { type: ["Facility"], id: facility.id, name: facility.name },
    productionDate: batch.produced.end,
    countryOfProduction: { countryCode: facility.country },
    dimensions: { weight: { value: raw(batch.net_mass_kg), unit: "KGM" } },
    materialProvenance: record.composition.flatMap(materials(record.footprint.engine)),
    performanceClaim: [footprint(record), ...further(record), ...record.claims.flatMap((row, at) => stated(record, row, at))],
  };
}

function view(record) {
  const { registry, issuer, batch, status } = record;
  const listed = `https://${registry}/status/revocation-${status.list}`;
  return {
    "@context": ["https://www.w3.org/ns/credentials/v2", `${VOCABULARY}untp/0.7.0/context/`, `https://${registry}/ns/v1`],
    type: ["DigitalProductPassport", "VerifiableCredential"],
    id: record.id,
    name: `${batch.description}, ${batch.lot}`,
    issuer: { type: ["CredentialIssuer"], id: issuer.did, name: issuer.names[0].text },
    validFrom: record.issued,
    ...(record.valid_until === undefined ? {} : { validUntil: record.valid_until }),
    credentialStatus: {
      id: `${listed}#${status.index}`,
      type: "BitstringStatusListEntry",
      statusPurpose: "revocation",
      statusListIndex: status.index,
      statusListCredential: listed,
    },
    credentialSubject: product(record),
  };
}

/** The text of the record in a payload; only a comparison with `payload` proves it. */
export function recordText(given) {
  const start = given.indexOf(OPENING);
  return start >= 0 && given.endsWith(END) ? given.slice(start + MEMBER.length, -END.length) : "";
}

/** The payload of a record with this text. */
export const payload = (record, text) => `${written(view(record)).slice(0, -1)}${MEMBER}${text}${END}`;
