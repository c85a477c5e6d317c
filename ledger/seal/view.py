"""The UNTP view: a record as a UNTP 0.7.0 Digital Product Passport, and the payload that is signed.

Rules:

1. The view is a pure function of the record and says nothing that the record doesn't; members stand in the order
   written here. It is made at issue, and made again and compared at every opening.
2. JSON numbers occur only in it: decimals rounded half-even to 6 places, no exponent, no zeros at the end.
3. One material row for each element and country of extraction; a country that is not known is ``ZZ``.
4. ``@context`` is VCDM 2.0, UNTP 0.7.0 and ``https://<registry>/ns/v1``, which every registry serves: its terms mean the same
   everywhere, and its host is one that somebody answers for. No context is ever fetched to verify.
5. One status entry, for revocation; the same index in the other lists is implied. UNTP's schema wants the index as an integer.
6. The view is written as the text it is, since it is made at every opening: a text that may need an escape goes through
   `_text`, the patterns of all others (`schemas.identifier`, `schemas.instant`, `schemas.quantity`, the word lists) let
   none in.  An amount of at most 6 decimals has its one spelling already.
7. A claim of the batch is a UNTP claim where it is proven or declared, and its score says which; one that is refuted or unknown is no
   claim, and stands in the record alone.
8. Energy, water and wastes of the whole batch are one UNTP claim; what is only partly told is no part of it.

What this module does not do: it judges nothing and knows no name of a country or an element.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import orjson

from ledger.seal.context import CREDENTIALS_CONTEXT, UNTP_CONTEXT, registry_context
from schemas.vocabulary import UNIT_OF_INDICATOR

if TYPE_CHECKING:
    from schemas.certificate import Batch, CertificateRecord
    from schemas.figures import ElementShare
    from schemas.vocabulary import Indicator

RECORD_OPENING: Final = b',"oreprint":{"oreprint":"certificate/1"'
"""How the record begins in a payload; outside of a JSON string, so no text in the view can imitate it."""
RECORD_MEMBER: Final = b',"oreprint":'
PAYLOAD_END: Final = b',"_sd_alg":"sha-256"}'

_EXACT: Final = Context(prec=64, rounding=ROUND_HALF_EVEN)
"""Products of a mass (18 digits), a fraction (6 decimals) and a share (12 decimals) fit without rounding."""
_SIX_PLACES: Final = Decimal("0.000001")
_PLACES: Final = 6
_TEXTS_KEPT: Final = 4096
"""Parts of views that stay written: the plants and products of a chain, and the compositions of its batches, come again and again."""

_HARMONIZED_SYSTEM: Final = ("https://www.wcoomd.org/en/topics/nomenclature", "Harmonized System")
_ELEMENTS: Final = ("https://iupac.org/what-we-do/periodic-table-of-elements", "IUPAC chemical element symbols")
_METRIC: Final = (
    '{"metric":{"type":["PerformanceMetric"],'
    '"id":"https://vocabulary.uncefact.org/performance-metric/product-carbon-footprint",'
    '"name":"Product Carbon Footprint, %s electricity"},"measure":{"value":'
)
_LOCATION: Final = _METRIC % "location-based"
_MARKET: Final = _METRIC % "market-based"
_MEASURED: Final = ',"unit":"KGM"}}'
_TOPIC: Final = (
    '{"type":["ConformityTopic"],"id":"https://vocabulary.uncefact.org/conformity-topic/greenhouse-gas-emissions",'
    '"name":"Greenhouse Gas Emissions"}'
)

_UNITS: Final = {"MJ": "3B", "m3": "MTQ", "kg": "KGM"}
"""Codes of UN/ECE Recommendation 20, as UNTP wants them."""
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
"""Answers of claims that the view has; what is refuted or unknown stands in the record alone."""
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
    """Return `payload(record)` for a record whose text is at hand."""
    return b"".join((untp_view(record)[:-1].encode(), RECORD_MEMBER, text, PAYLOAD_END))


def record_text(given: bytes) -> bytes:
    """Return the text of the record in a payload, or nothing; only comparing with `payload` proves that it is one."""
    start = given.find(RECORD_OPENING)
    return given[start + len(RECORD_MEMBER) : -len(PAYLOAD_END)] if start >= 0 and given.endswith(PAYLOAD_END) else b""


def untp_view(record: CertificateRecord) -> str:
    """Return the passport of a record as the text of its JSON."""
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
    materials = ",".join([_materials(share) for share in record.composition])
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
    """Write the customs class of a batch, if it is known, and its kind."""
    kind = _classification(batch.kind, f'"{batch.kind}"', f"https://{registry}/ns/v1#Kind", "Oreprint kinds of batches")
    if batch.hs_code is None:
        return kind
    return f"{_classification(batch.hs_code, _text(batch.description), *_HARMONIZED_SYSTEM)},{kind}"


def _classification(code: str, name: str, scheme: str, scheme_name: str) -> str:
    return f'{{"code":"{code}","name":{name},"schemeId":"{scheme}","schemeName":"{scheme_name}"}}'


def _materials(share: ElementShare) -> str:
    """Write the rows of an element, one for each country it was extracted in (rule 3)."""
    element, fraction, pre, post = share.element, share.fraction, share.pre, share.post
    if not share.extracted:
        return _material(element, "ZZ", "1", fraction, pre, post)
    return ",".join([_material(element, part.country, part.share, fraction, pre, post) for part in share.extracted])


@lru_cache(_TEXTS_KEPT)
def _material(element: str, country: str, part: str, fraction: str, pre: str, post: str) -> str:
    """Write one row: the part of an element's mass fraction that one country gave, and what of the element is recycled."""
    here = fraction if part == "1" else rounded(_EXACT.multiply(Decimal(fraction), Decimal(part)))
    return (
        f'{{"name":"{element}","originCountry":{{"countryCode":"{country}"}},'
        f'"materialType":{_classification(element, _text(element), *_ELEMENTS)},'
        f'"massFraction":{here},"recycledMassFraction":{rounded(_EXACT.add(Decimal(pre), Decimal(post)))}}}'
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
        f'"claimedPerformance":[{_LOCATION}{location}{_MEASURED},{_MARKET}{market}{_MEASURED}],'
        f'"conformityTopic":[{_TOPIC}]}}'
    )


def _further(record: CertificateRecord) -> str:
    """Write energy, water and wastes of the batch, those that are wholly told (rule 8)."""
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
    """Write the claims of the batch that hold, or that the producer gives its word for; the others are no claims (rule 7)."""
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
    """Write a text as one segment of the path of a URL."""
    return quote(value, safe="")


def _kg(text: str) -> str:
    """Write an amount as the view states it."""
    return text if len(text.partition(".")[2]) <= _PLACES else rounded(Decimal(text))


def rounded(number: Decimal) -> str:
    """Write a number as the view states it: half-even at 6 places, its own digits and no zeros at the end (rule 2)."""
    text = f"{_EXACT.quantize(number, _SIX_PLACES):f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
