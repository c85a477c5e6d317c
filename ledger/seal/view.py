"""The UNTP view: a record as a UNTP 0.7.0 Digital Product Passport, and the signed payload.

Rules:

1. The view is a pure function of the record and adds nothing to it; members have the order written here.  Issue makes
   it, and every opening makes it again and compares.
2. Only the view has JSON numbers: decimals rounded half-even to 6 places, no exponent, no zeros at the end.
3. There is one material row for each element and country of extraction; an unknown country is ``ZZ``. A row says its
   own recycled share, or none where the record leaves it open.
4. ``@context`` is VCDM 2.0, UNTP 0.7.0 and ``https://<registry>/ns/v1``, which every registry serves: its terms mean
   the same everywhere, and somebody is responsible for its host.  Verification never fetches a context.
5. There is one status entry, for revocation; the same index in the other lists is implied.  UNTP's schema needs the
   index as an integer.
6. The view is written directly as text, because every opening makes it: a text that may need an escape goes through
   `_text`; the patterns of all others (`schemas.identifier`, `schemas.instant`, `schemas.quantity`, the word lists)
   allow none.  An amount of at most 6 decimals has its one spelling already.
7. A claim of the batch is a UNTP claim if it is proven or declared, and its score says which.  A refuted or unknown one
   is only in the record.
8. Energy, water and wastes of the whole batch are one UNTP claim, without the partial ones.
9. The location- and the market-based footprint are two metrics with an id each.
10. The view of engine 1 stays as it was signed: each row has the recycled share of its element, and both footprints
    have UN/CEFACT's one id.

This module judges nothing and knows no name of a country or an element.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import Final
from urllib.parse import quote

import orjson

from ledger.seal.context import CREDENTIALS_CONTEXT, UNTP_CONTEXT, registry_context
from schemas.certificate import Batch, CertificateRecord
from schemas.figures import ElementShare
from schemas.vocabulary import UNIT_OF_INDICATOR, Indicator

RECORD_OPENING: Final = b',"oreprint":{"oreprint":"certificate/1"'
"""The start of the record in a payload; it is outside of JSON strings, so no text in the view can imitate it."""
RECORD_MEMBER: Final = b',"oreprint":'
PAYLOAD_END: Final = b',"_sd_alg":"sha-256"}'

_EXACT: Final = Context(prec=64, rounding=ROUND_HALF_EVEN)
"""Exact for products of a mass (18 digits), a fraction (6 decimals) and a share (12 decimals)."""
_SIX_PLACES: Final = Decimal("0.000001")
_PLACES: Final = 6
_TEXTS_KEPT: Final = 4096
"""Parts of views in the cache: the plants, products and compositions of a chain repeat."""

_HARMONIZED_SYSTEM: Final = ("https://www.wcoomd.org/en/topics/nomenclature", "Harmonized System")
_ELEMENTS: Final = ("https://iupac.org/what-we-do/periodic-table-of-elements", "IUPAC chemical element symbols")
_METRIC: Final = '{{"metric":{{"type":["PerformanceMetric"],"id":"{id}","name":"{name}"}},"measure":{{"value":'
_FIRST_METRIC: Final = "https://vocabulary.uncefact.org/performance-metric/product-carbon-footprint"
_FIRST_ENGINE: Final = "1"
_WAYS: Final = {
    "location-based": "electricity by the average of the grid",
    "market-based": "electricity by contracts and certificates",
}
"""The two ways to count electricity (GHG Protocol Scope 2 Guidance), in words."""
_MEASURED: Final = ',"unit":"KGM"}}'
_TOPIC: Final = (
    '{"type":["ConformityTopic"],"id":"https://vocabulary.uncefact.org/conformity-topic/greenhouse-gas-emissions",'
    '"name":"Greenhouse Gas Emissions"}'
)

_UNITS: Final = {"MJ": "3B", "m3": "MTQ", "kg": "KGM"}
"""Codes of UN/ECE Recommendation 20, as UNTP needs them."""
_FURTHER_TOPICS: Final = (
    '[{"type":["ConformityTopic"],"id":"https://vocabulary.uncefact.org/conformity-topic/energy-optimization",'
    '"name":"Energy Optimization"},'
    '{"type":["ConformityTopic"],"id":"https://vocabulary.uncefact.org/conformity-topic/water-conservation",'
    '"name":"Water Conservation"},'
    '{"type":["ConformityTopic"],"id":"https://vocabulary.uncefact.org/conformity-topic/waste-minimization",'
    '"name":"Waste Minimization"}]'
)
_VOCABULARY: Final = "https://vocabulary.uncefact.org/conformity-topic"
_CLAIMED: Final = frozenset({"proven", "declared"})
"""The answers of claims in the view; refuted and unknown ones are in the record alone."""
_TOPICS: Final = {
    "zero": ("water-conservation", "Water Conservation"),
    "water": ("water-conservation", "Water Conservation"),
    "energy": ("energy-optimization", "Energy Optimization"),
    "renewable": ("renewable-energy-use", "Renewable Energy Use"),
    "recycled": ("recycled-material-integration", "Recycled Material Integration"),
    "footprint": ("greenhouse-gas-emissions", "Greenhouse Gas Emissions"),
    "carbon": ("greenhouse-gas-emissions", "Greenhouse Gas Emissions"),
    "clean": ("air-quality-management", "Air Quality Management"),
    "ammonia": ("chemical-safety", "Chemical Safety"),
    "origin": ("origin-tracking", "Origin Tracking"),
}
"""UNTP's topic of a claim, by the first word of its rule."""
_OTHER_TOPIC: Final = ("waste-minimization", "Waste Minimization")


def payload(record: CertificateRecord) -> bytes:
    """Return the signed bytes of a certificate: the view, the record, and the hash algorithm of its digests."""
    return payload_around(record, record.to_bytes())


def payload_around(record: CertificateRecord, text: bytes) -> bytes:
    """Return `payload(record)` for a record with known text."""
    return b"".join((untp_view(record)[:-1].encode(), RECORD_MEMBER, text, PAYLOAD_END))


def record_text(given: bytes) -> bytes:
    """Return the text of the record in a payload, or nothing; only a comparison with `payload` proves it."""
    start = given.find(RECORD_OPENING)
    return given[start + len(RECORD_MEMBER) : -len(PAYLOAD_END)] if start >= 0 and given.endswith(PAYLOAD_END) else b""


def untp_view(record: CertificateRecord) -> str:
    """Return the passport of a record as JSON text."""
    batch, registry, issuer, status = record.batch, record.registry, record.issuer, record.status
    listed = f"https://{registry}/status/revocation-{status.list}"
    until = "" if record.valid_until is None else f'"validUntil":"{record.valid_until}",'
    return (
        f'{{"@context":["{CREDENTIALS_CONTEXT}","{UNTP_CONTEXT}","{registry_context(registry)}"],'
        f'"type":["DigitalProductPassport","VerifiableCredential"],"id":"{record.id}",'
        f'"name":{_text(batch.description)[:-1]}, {_text(batch.lot)[1:]},'
        f'"issuer":{{"type":["CredentialIssuer"],"id":"{issuer.did}","name":{_text(issuer.names[0].text)}}},'
        f'"validFrom":"{record.issued}",{until}'
        f'"credentialStatus":{{"id":"{listed}#{status.index}","type":"BitstringStatusListEntry",'
        f'"statusPurpose":"revocation","statusListIndex":{status.index},"statusListCredential":"{listed}"}},'
        f'"credentialSubject":{_product(record, batch)}}}'
    )


def _product(record: CertificateRecord, batch: Batch) -> str:
    did, facility, lot, description = record.issuer.did, batch.facility, _text(batch.lot), _text(batch.description)
    engine = record.footprint.engine
    materials = ",".join([_materials(share, engine) for share in record.composition])
    return (
        f'{{"type":["Product"],"id":"{did}/{_segment(facility.id)}/{_segment(batch.lot)}","name":{description},'
        f'"idScheme":{{"type":["IdentifierScheme"],"id":"{did}","name":"Facility and lot, as the issuer names them"}},'
        f'"batchNumber":{lot},"idGranularity":"batch","productCategory":[{_categories(record.registry, batch)}],'
        f'"producedAtFacility":{{"type":["Facility"],"id":"{facility.id}","name":{_text(facility.name)}}},'
        f'"productionDate":"{batch.produced.end}","countryOfProduction":{{"countryCode":"{facility.country}"}},'
        f'"dimensions":{{"weight":{{"value":{batch.net_mass_kg},"unit":"KGM"}}}},'
        f'"materialProvenance":[{materials}],"performanceClaim":[{_footprint(record)}{_further(record)}{_claims(record)}]}}'
    )


def _categories(registry: str, batch: Batch) -> str:
    """Write the customs class of a batch, if known, and its kind."""
    kind = _classification(batch.kind, f'"{batch.kind}"', f"https://{registry}/ns/v1#Kind", "Oreprint kinds of batches")
    if batch.hs_code is None:
        return kind
    return f"{_classification(batch.hs_code, _text(batch.description), *_HARMONIZED_SYSTEM)},{kind}"


def _classification(code: str, name: str, scheme: str, scheme_name: str) -> str:
    return f'{{"code":"{code}","name":{name},"schemeId":"{scheme}","schemeName":"{scheme_name}"}}'


def _materials(share: ElementShare, engine: str) -> str:
    """Write the rows of an element, one for each country of extraction (rules 3 and 10)."""
    element, fraction, whole = share.element, share.fraction, (share.pre, share.post)
    if not share.extracted:
        return _material(element, "ZZ", "1", fraction, *whole)
    if engine == _FIRST_ENGINE or share.uniform:
        return ",".join([_material(element, part.country, part.share, fraction, *whole) for part in share.extracted])
    return ",".join([_material(element, part.country, part.share, fraction, part.recycled) for part in share.extracted])


@lru_cache(_TEXTS_KEPT)
def _material(element: str, country: str, part: str, fraction: str, *recycled: str | None) -> str:
    """Write one row: one country's part of an element's mass fraction, and the sum of its recycled parts if known."""
    here = fraction if part == "1" else rounded(_EXACT.multiply(Decimal(fraction), Decimal(part)))
    parts = [Decimal(each) for each in recycled if each is not None]
    own = f',"recycledMassFraction":{rounded(_EXACT.add(parts[0], sum(parts[1:])))}' if parts else ""
    return (
        f'{{"name":"{element}","originCountry":{{"countryCode":"{country}"}},'
        f'"materialType":{_classification(element, _text(element), *_ELEMENTS)},"massFraction":{here}{own}}}'
    )


def _footprint(record: CertificateRecord) -> str:
    produced, footprint, each = record.batch.produced, record.footprint, record.footprint.per_kg
    location = _kg(each.location)
    market = location if each.market == each.location else _kg(each.market)
    return (
        f'{{"type":["Claim","CarbonFootprintClaim"],"id":"{record.id}#carbon-footprint",'
        f'"name":"Carbon footprint, cradle to gate, kg CO2e per kg",'
        f'"referenceCriteria":[{{"type":["Criterion"],"id":"https://{record.registry}/ns/v1#{footprint.method}",'
        f'"name":"Oreprint method {footprint.method}, {footprint.gwp}, {footprint.allocation} allocation"}}],'
        f'"claimDate":"{record.issued[:10]}",'
        f'"applicablePeriod":{{"startDate":"{produced.start}","endDate":"{produced.end}"}},'
        f'"claimedPerformance":[{_metric(record, "location-based")}{location}{_MEASURED},'
        f"{_metric(record, 'market-based')}{market}{_MEASURED}],"
        f'"conformityTopic":[{_TOPIC}]}}'
    )


def _metric(record: CertificateRecord, way: str) -> str:
    """Write the metric of a footprint, up to its value (rules 9 and 10)."""
    if record.footprint.engine == _FIRST_ENGINE:
        return _METRIC.format(id=_FIRST_METRIC, name=f"Product Carbon Footprint, {way} electricity")
    place = f"https://{record.registry}/ns/v1#product-carbon-footprint-{way}"
    return _METRIC.format(id=place, name=f"Product Carbon Footprint, {way}: {_WAYS[way]}")


def _further(record: CertificateRecord) -> str:
    """Write the batch's energy, water and wastes, except the partial ones (rule 8)."""
    partial = record.indicators.partial
    rows = [
        _performance(record.registry, name, amount) for name, amount in record.indicators.rows if name not in partial
    ]
    if not rows:
        return ""
    produced = record.batch.produced
    return (
        f',{{"type":["Claim"],"id":"{record.id}#indicators","name":"Energy, water and wastes of the batch",'
        f'"referenceCriteria":[{{"type":["Criterion"],"id":"https://{record.registry}/ns/v1#certified-steps",'
        f'"name":"Of all steps that have a certificate"}}],"claimDate":"{record.issued[:10]}",'
        f'"applicablePeriod":{{"startDate":"{produced.start}","endDate":"{produced.end}"}},'
        f'"claimedPerformance":[{",".join(rows)}],"conformityTopic":{_FURTHER_TOPICS}}}'
    )


@lru_cache(_TEXTS_KEPT)
def _performance(registry: str, name: Indicator, amount: str) -> str:
    return (
        f'{{"metric":{{"type":["PerformanceMetric"],"id":"https://{registry}/ns/v1#{name}","name":"{name}"}},'
        f'"measure":{{"value":{_kg(amount)},"unit":"{_UNITS[UNIT_OF_INDICATOR[name]]}"}}}}'
    )


def _claims(record: CertificateRecord) -> str:
    """Write the proven and declared claims of the batch; the others are no UNTP claims (rule 7)."""
    return "".join([f",{_claim(record, number)}" for number, row in enumerate(record.claims) if row.answer in _CLAIMED])


def _claim(record: CertificateRecord, number: int) -> str:
    row, produced = record.claims[number], record.batch.produced
    place = f"https://{record.registry}/ns/v1#{row.id}"
    chosen = [row.element or "", ", ".join(row.countries or ()), row.threshold or ""]
    name = _text(" ".join([row.id, *filter(None, chosen), f"({row.scope})"]))
    topic, words = _TOPICS.get(row.id.partition("-")[0], _OTHER_TOPIC)
    return (
        f'{{"type":["Claim"],"id":"{record.id}#claim-{number}","name":{name},'
        f'"referenceCriteria":[{{"type":["Criterion"],"id":"{place}","name":"{row.id}"}}],'
        f'"claimDate":"{record.issued[:10]}",'
        f'"applicablePeriod":{{"startDate":"{produced.start}","endDate":"{produced.end}"}},'
        f'"claimedPerformance":[{{"metric":{{"type":["PerformanceMetric"],"id":"{place}","name":{name}}},'
        f'"score":{{"code":"{row.answer}"}}}}],'
        f'"conformityTopic":[{{"type":["ConformityTopic"],"id":"{_VOCABULARY}/{topic}","name":"{words}"}}]}}'
    )


@lru_cache(_TEXTS_KEPT)
def _text(value: str) -> str:
    """Write a text as JSON, in quotation marks."""
    return orjson.dumps(value).decode()


@lru_cache(_TEXTS_KEPT)
def _segment(value: str) -> str:
    """Write a text as one segment of a URL path."""
    return quote(value, safe="")


def _kg(text: str) -> str:
    """Write an amount as in the view."""
    return text if len(text.partition(".")[2]) <= _PLACES else rounded(Decimal(text))


def rounded(number: Decimal) -> str:
    """Write a number as in the view: half-even at 6 places, without exponent and zeros at the end (rule 2)."""
    text = f"{_EXACT.quantize(number, _SIX_PLACES):f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
