"""Write `seal.json`, the golden vectors of the seal; with `--check`, compare instead and fail on a difference.

Keys and salts are the samples', so every byte is fixed. Digests, base64url and base58btc are made here by hand, and
each signature is made here again over the signed text, without Oreprint's code. Run as ``python -m
tests.golden.make_seal``.
"""

from __future__ import annotations

import json
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.seal.attestation import seal_attestation
from ledger.seal.presentation import present
from ledger.seal.statement import seal_statement
from schemas.statement import Ended, StatusChange
from tests.support.worlds import sample_records as samples

HERE = Path(__file__).with_name("seal.json")
BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
AUDIENCES: Final = ("public", "customer", "partner", "auditor")


def base58(raw: bytes) -> str:
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return text


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(text: str) -> str:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


def signed_again(jws: str, private: bytes) -> str:
    """Return the JWS with a signature made here."""
    signing_input = jws.rpartition(".")[0]
    return f"{signing_input}.{base64url(Ed25519PrivateKey.from_private_bytes(private).sign(signing_input.encode()))}"


def attested(certificate: str) -> dict[str, str]:
    """Return an attestation of the certificate of this digest, its payload, its digest, and the digest of its
    record.
    """
    private = sha256(b"test key of verifier").digest()
    jws = signed_again(seal_attestation(samples.attestation(certificate), signer=samples.signer("verifier")), private)
    return {
        "jws": jws,
        "payload": decoded(jws.split(".")[1]),
        "digest": "z" + base58(b"\x12\x20" + sha256(jws.encode()).digest()),
        "record": sha256(b"oreprint attestation v1\n" + jws.encode()).hexdigest(),
    }


def golden() -> dict[str, Any]:
    private = sha256(b"test key of alloy plant").digest()
    public = Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    fingerprint = "z" + base58(b"\xed\x01" + public)
    certificate = samples.sealed_certificate()
    jws, *texts = certificate.text.split("~")[:-1]
    withdrawal = StatusChange(
        oreprint="withdraw/1",
        registry=samples.REGISTRY,
        ends=Ended(certificate="z" + base58(b"\x12\x20" + sha256(jws.encode()).digest()), list=0, index=51_907),
        reason="The composition was wrong.",
        not_logged_after="2026-03-14T08:00:00Z",
    )
    return {
        "key": {"private": private.hex(), "public": public.hex(), "did": f"did:key:{fingerprint}"},
        "certificate": {
            "kid": f"did:key:{fingerprint}#{fingerprint}",
            "jws": signed_again(jws, private),
            "digest": "z" + base58(b"\x12\x20" + sha256(jws.encode()).digest()),
            "payload": decoded(jws.split(".")[1]),
            "disclosures": [
                {"digest": base64url(sha256(text.encode()).digest()), "value": decoded(text)} for text in texts
            ],
        },
        "audiences": {
            show: sha256(present(certificate.text, show=show).text.encode()).hexdigest() for show in AUDIENCES
        },
        "attestation": attested("z" + base58(b"\x12\x20" + sha256(jws.encode()).digest())),
        "statement": signed_again(seal_statement(withdrawal, signer=samples.signer()), private),
    }


if __name__ == "__main__":
    text = json.dumps(golden(), indent=1, ensure_ascii=False) + "\n"
    if sys.argv[1:] != ["--check"]:
        HERE.write_text(text, encoding="utf-8")
    elif HERE.read_text(encoding="utf-8") != text:
        sys.exit(f"{HERE} differs from what {Path(__file__).name} makes")
