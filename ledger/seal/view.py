"""The UNTP view: a record as a UNTP 0.7.0 Digital Product Passport, and the payload that is signed.

Rules:

1. The view is a pure function of the record and says nothing that the record doesn't; members stand in the order
   written here. It is made at issue, and made again and compared at every opening.
2. JSON numbers occur only in it: decimals rounded half-even to 6 places, no exponent, no zeros at the end.
3. One material row for each element and country of extraction; a country that is not known is ``ZZ``.
4. ``@context`` is VCDM 2.0, UNTP 0.7.0 and ``https://<registry>/ns/v1``, which every registry serves: its terms mean the same
   everywhere, and its host is one that somebody answers for. No context is ever fetched to verify.
5. One status entry, for revocation; the same index in the other lists is implied. UNTP's schema wants the index as an integer.

What this module does not do: it judges nothing and knows no name of a country or an element.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.certificate import Batch, CertificateRecord
    from schemas.figures import ElementShare

CREDENTIALS_CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"
UNTP_CONTEXT: Final = "https://vocabulary.uncefact.org/untp/0.7.0/context/"
RECORD_OPENING: Final = b',"oreprint":{"oreprint":"certificate/1"'
"""How the record begins in a payload; outside of a JSON string, so no text in the view can imitate it."""
RECORD_MEMBER: Final = b',"oreprint":'
PAYLOAD_END: Final = b',"_sd_alg":"sha-256"}'

_EXACT: Final = Context(prec=64, rounding=ROUND_HALF_EVEN)
"""Products of a mass (18 digits), a fraction (6 decimals) and a share (12 decimals) fit without rounding."""
_ZERO: Final = Decimal(0)
_SIX_PLACES: Final = Decimal("0.000001")

_TOPIC: Final = {
    "type": ("ConformityTopic",),
    "id": "https://vocabulary.uncefact.org/conformity-topic/greenhouse-gas-emissions",
    "name": "Greenhouse Gas Emissions",
}
_METRIC: Final = "https://vocabulary.uncefact.org/performance-metric/product-carbon-footprint"
_HARMONIZED_SYSTEM: Final = ("https://www.wcoomd.org/en/topics/nomenclature", "Harmonized System")
_ELEMENTS: Final = ("https://iupac.org/what-we-do/periodic-table-of-elements", "IUPAC chemical element symbols")


def payload(record: CertificateRecord) -> bytes:
    """Return the signed bytes of a certificate: the view, the record, and the hash algorithm of its digests."""
    return payload_around(record, record.to_bytes())


def payload_around(record: CertificateRecord, text: bytes) -> bytes:
    """Return `payload(record)` for a record whose text is at hand."""
    view = orjson.dumps(untp_view(record), default=_plain)
    return b"".join((view[:-1], RECORD_MEMBER, text, PAYLOAD_END))


def record_text(given: bytes) -> bytes:
    """Return the text of the record in a payload, or nothing; only comparing with `payload` proves that it is one."""
    start = given.find(RECORD_OPENING)
    return given[start + len(RECORD_MEMBER) : -len(PAYLOAD_END)] if start >= 0 and given.endswith(PAYLOAD_END) else b""


def untp_view(record: CertificateRecord) -> dict[str, object]:
    """Return the passport of a record as JSON values, with Decimal where JSON has a number that is no count."""
    batch, registry = record.batch, record.registry
    view: dict[str, object] = {
        "@context": (CREDENTIALS_CONTEXT, UNTP_CONTEXT, f"https://{registry}/ns/v1"),
        "type": ("DigitalProductPassport", "VerifiableCredential"),
        "id": record.id,
        "name": f"{batch.description}, {batch.lot}",
        "issuer": {"type": ("CredentialIssuer",), "id": record.issuer.did, "name": record.issuer.names[0].text},
        "validFrom": record.issued,
    }
    if record.valid_until is not None:
        view["validUntil"] = record.valid_until
    listed = f"https://{registry}/status/revocation-{record.status.list}"
    view["credentialStatus"] = {
        "id": f"{listed}#{record.status.index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": record.status.index,
        "statusListCredential": listed,
    }
    view["credentialSubject"] = _product(record, batch)
    return view


def _product(record: CertificateRecord, batch: Batch) -> dict[str, object]:
    did = record.issuer.did
    return {
        "type": ("Product",),
        "id": f"{did}/{quote(batch.facility.id, safe='')}/{quote(batch.lot, safe='')}",
        "name": batch.description,
        "idScheme": {"type": ("IdentifierScheme",), "id": did, "name": "Facility and lot, as the issuer names them"},
        "batchNumber": batch.lot,
        "idGranularity": "batch",
        "productCategory": tuple(_categories(record.registry, batch)),
        "producedAtFacility": {"type": ("Facility",), "id": batch.facility.id, "name": batch.facility.name},
        "productionDate": batch.produced.end,
        "countryOfProduction": {"countryCode": batch.facility.country},
        "dimensions": {"weight": {"value": Decimal(batch.net_mass_kg), "unit": "KGM"}},
        "materialProvenance": tuple(row for share in record.composition for row in _materials(share)),
        "performanceClaim": (_claim(record),),
    }


def _categories(registry: str, batch: Batch) -> Iterator[dict[str, object]]:
    if batch.hs_code is not None:
        yield _classification(batch.hs_code, batch.description, _HARMONIZED_SYSTEM)
    yield _classification(batch.kind, batch.kind, (f"https://{registry}/ns/v1#Kind", "Oreprint kinds of batches"))


def _classification(code: str, name: str, scheme: tuple[str, str]) -> dict[str, object]:
    return {"code": code, "name": name, "schemeId": scheme[0], "schemeName": scheme[1]}


def _materials(share: ElementShare) -> Iterator[dict[str, object]]:
    """Yield the rows of an element, one for each country it was extracted in (rule 3)."""
    fraction = Decimal(share.fraction)
    recycled = _ZERO if share.pre == share.post == "0" else rounded(_EXACT.add(Decimal(share.pre), Decimal(share.post)))
    material_type = _classification(share.element, share.element, _ELEMENTS)
    parts = tuple((part.country, part.share) for part in share.extracted) or (("ZZ", "1"),)
    for country, part in parts:
        yield {
            "name": share.element,
            "originCountry": {"countryCode": country},
            "materialType": material_type,
            "massFraction": fraction if part == "1" else rounded(_EXACT.multiply(fraction, Decimal(part))),
            "recycledMassFraction": recycled,
        }


def _claim(record: CertificateRecord) -> dict[str, object]:
    batch, footprint = record.batch, record.footprint
    return {
        "type": ("Claim", "CarbonFootprintClaim"),
        "id": f"{record.id}#carbon-footprint",
        "name": "Carbon footprint, cradle to gate, kg CO2e per kg",
        "referenceCriteria": (
            {
                "type": ("Criterion",),
                "id": f"https://{record.registry}/ns/v1#{footprint.method}",
                "name": f"Oreprint method {footprint.method}, {footprint.gwp}, {footprint.allocation} allocation",
            },
        ),
        "claimDate": record.issued[:10],
        "applicablePeriod": {"startDate": batch.produced.start, "endDate": batch.produced.end},
        "claimedPerformance": (
            _performance("location-based", footprint.per_kg.location),
            _performance("market-based", footprint.per_kg.market),
        ),
        "conformityTopic": (_TOPIC,),
    }


def _performance(electricity: str, kg: str) -> dict[str, object]:
    return {
        "metric": {
            "type": ("PerformanceMetric",),
            "id": _METRIC,
            "name": f"Product Carbon Footprint, {electricity} electricity",
        },
        "measure": {"value": rounded(Decimal(kg)), "unit": "KGM"},
    }


def rounded(number: Decimal) -> Decimal:
    """Return a number as the view states it, half-even at 6 places (rule 2)."""
    return _EXACT.quantize(number, _SIX_PLACES)


def _plain(value: object) -> orjson.Fragment:
    """Write a Decimal with its own digits and no zeros at the end."""
    if not isinstance(value, Decimal):
        raise TypeError(type(value).__name__)
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return orjson.Fragment("0" if text == "-0" else text)
