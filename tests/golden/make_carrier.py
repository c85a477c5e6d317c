"""Write `carrier.json`, the golden vectors of what is on a drum; with `--check`, compare instead and fail on a
difference.

Keys are the samples', so every byte is fixed. The seal's CBOR, its signature and the check character are made here
again by hand, without Oreprint's code. Run as ``python -m tests.golden.make_carrier``.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.carrier.link import link_to
from ledger.carrier.qr import MOST_SEALED_VERSION, MOST_SHORT_VERSION, draw_symbol
from schemas.document import replace
from tests.golden.make_seal import BASE58, base64url
from tests.support.worlds import sample_records as samples
from tests.support.worlds.parties import key

if TYPE_CHECKING:
    from schemas.certificate import CertificateRecord

HERE = Path(__file__).with_name("carrier.json")
GTIN: Final = "4006381333931"


def head(major: int, number: int) -> bytes:
    """Return the shortest head of a CBOR data item (RFC 8949, 3)."""
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 24:
            return bytes([major << 5 | number])
        if number < 256**size:
            return bytes([major << 5 | extra]) + number.to_bytes(size, "big")
    raise OverflowError(number)


def cbor(value: object) -> bytes:
    """Return what is needed of deterministic CBOR."""
    match value:
        case int():
            return head(0, value) if value >= 0 else head(1, -1 - value)
        case bytes():
            return head(2, len(value)) + value
        case str():
            return head(3, len(value.encode())) + value.encode()
        case list():
            return head(4, len(value)) + b"".join(map(cbor, value))
        case dict():
            return head(5, len(value)) + b"".join(cbor(each) + cbor(of) for each, of in value.items())
        case _:
            raise TypeError(type(value).__name__)


def seal(record: CertificateRecord, digest: bytes, *, protected: dict[int, Any], private: bytes) -> tuple[str, str]:
    """Return a seal made by hand from the page on formats: payload (hex) and text."""
    issued = int(datetime.strptime(record.issued, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
    mass, figure = (
        int(whole + part.ljust(places, "0"))
        for (whole, _, part), places in (
            (record.batch.net_mass_kg.partition("."), 6),
            (record.footprint.per_kg.location.partition("."), 12),
        )
    )
    place = record.status
    batch = [1, record.registry, place.list, place.index, record.batch.lot, mass, figure, digest]
    header, payload = cbor(protected), cbor({1: record.issuer.did, 6: issued, -65537: batch})
    signature = Ed25519PrivateKey.from_private_bytes(private).sign(cbor(["Signature1", header, b"", payload]))
    return payload.hex(), base64url(b"\xd2" + cbor([header, {}, payload, signature]))


def check_character(start: str) -> str:
    total = 0
    for place, each in enumerate(reversed(start)):
        value = BASE58.index(each) * (2 - place % 2)
        total += value // 58 + value % 58
    return BASE58[-total % 58]


def golden() -> dict[str, Any]:
    certificate = samples.sealed_certificate()
    record, raw = certificate.record, sha256(certificate.jws.encode()).digest()
    payload, text = seal(record, raw, protected={1: -8}, private=sha256(b"test key of alloy plant").digest())
    web = key("ann")
    named = replace(record, issuer=replace(record.issuer, did="did:web:ann.example"))
    web_payload, web_text = seal(
        named, raw, protected={1: -8, 4: web.kid.partition("#")[2].encode()}, private=sha256(b"key of ann").digest()
    )
    start = certificate.digest[3:15]
    sealed = link_to("registry.example", certificate.digest, lot=record.batch.lot, seal=text).to_text()
    short = link_to("registry.example", certificate.digest, lot=record.batch.lot).to_text()
    return {
        "digest": certificate.digest,
        "code": f"{start[:4]} {start[4:8]} {start[8:]}-{check_character(start)}",
        "seal": {"kid": samples.signer().kid, "payload": payload, "text": text},
        "seal of a did:web": {"kid": web.kid, "payload": web_payload, "text": web_text},
        "links": {
            "short": short,
            "sealed": sealed,
            "gs1": link_to("registry.example", certificate.digest, lot="NB-26/03-0001", gtin=GTIN).to_text(),
        },
        "symbols": {
            name: {"version": symbol.version, "rows": sha256(repr(symbol.rows).encode()).hexdigest()}
            for name, symbol in (
                ("short", draw_symbol(short, level="M", most_version=MOST_SHORT_VERSION)),
                ("sealed", draw_symbol(sealed, level="M", most_version=MOST_SEALED_VERSION)),
            )
        },
    }


if __name__ == "__main__":
    text = json.dumps(golden(), indent=1, ensure_ascii=False) + "\n"
    if sys.argv[1:] != ["--check"]:
        HERE.write_text(text, encoding="utf-8")
    elif HERE.read_text(encoding="utf-8") != text:
        sys.exit(f"{HERE} differs from what {Path(__file__).name} makes")
