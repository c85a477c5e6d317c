"""The seal: a COSE_Sign1 with CWT claims that fits into a QR code (RFC 9052, 4.2; RFC 8392).

Rules:

1. Bytes: tag 18 of ``[protected, {}, payload, signature]`` in core deterministic CBOR (RFC 8949, 4.2.1).  They are
   parsed, written again and compared, so a seal has one spelling; as text it is base64url.
2. Protected header: alg (1) = EdDSA (-8); kid (4) = the fragment of the issuer's key id, omitted for a ``did:key``,
   whose one key is the DID itself.
3. Claims: iss (1) = the issuer's DID; iat (6) = the signing time of the certificate, s since 1970 UTC; and one of our
   own, -65537 = ``[1, registry, status list, status index, lot, net mass in mg, 10^-12 kg CO2e per kg, digest]``.
4. All content comes from the certificate's record; the issuer's key signs it.  Ed25519 uses no randomness, so a
   certificate has the same seal whenever that key makes it.
5. A seal alone proves who made the statement, and nothing else: not that it was logged, nor that it is still valid.  So
   its verdict is *could not be fully checked* at best.  A seal that contradicts its certificate is not to be relied on.

This module reads no clock and finds no certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import cbor2

from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text, from_base64url, to_base64url
from ledger.seal.keys import did_key_kid, verify_signature
from ledger.seal.sdjwt import check_issuer
from ledger.seal.signer import Signer
from ledger.trust.pinned import Trust
from schemas.certificate import CertificateRecord, StatusPlace
from schemas.instant import epoch_ms, instant_text
from schemas.problem import CheckError, InputError, OreprintError, Problem
from schemas.quantity import kg_text, milligrams, trillionths, trillionths_text
from schemas.seal import Seal
from schemas.trust import Party

MOST_SEAL_CHARACTERS: Final = 700
"""More than the 560 characters of the largest symbol; a longer text is no seal."""

_COSE_SIGN1: Final = 18
_ALG: Final = 1
_KID: Final = 4
_EDDSA: Final = -8
_ISS: Final = 1
_IAT: Final = 6
_BATCH: Final = -65537
"""The first claim key for private use (RFC 8392, 9.1)."""
_VERSION: Final = 1
_DID_KEY: Final = "did:key:"


@dataclass(frozen=True, slots=True)
class OpenSeal:
    """A well-formed seal: its content, its key id, and the input of its signature."""

    value: Seal
    kid: str
    signing_input: bytes
    signature: bytes

    def verify(self, public: bytes) -> None:
        """Verify the signature with the issuer's key; raise CheckError `seal.signature`."""
        verify_signature(public, self.signing_input, self.signature)


@dataclass(frozen=True, slots=True)
class SealFinding:
    """The verdict on a seal alone; `seal` is None if it is unreadable, `party` if its key is unknown.

    `verdict` is a report's: ``incomplete`` if its issuer's key signed it, else ``do-not-rely`` with `problem`.
    """

    verdict: Literal["incomplete", "do-not-rely"]
    seal: OpenSeal | None
    party: Party | None
    problem: Problem | None


def seal_of(record: CertificateRecord, digest: str) -> Seal:
    """Return the content of a certificate's seal."""
    return Seal(
        issuer=record.issuer.did,
        issued=record.issued,
        registry=record.registry,
        status=record.status,
        lot=record.batch.lot,
        net_mass_kg=record.batch.net_mass_kg,
        kg_co2e_per_kg=record.footprint.per_kg.location,
        certificate=digest,
    )


def make_seal(record: CertificateRecord, digest: str, *, signer: Signer) -> str:
    """Return the seal of a certificate as base64url, signed with its issuer's key.

    Raises:
        InputError: `seal.issuer` if the key does not belong to the issuer's DID.
    """
    check_issuer(record, signer.kid)
    protected, payload = _protected(signer.kid), _payload(seal_of(record, digest))
    return to_base64url(_written(protected, payload, signer.sign(_signing_input(protected, payload))))


def open_seal(text: str) -> OpenSeal:
    """Parse a seal strictly; the signature is not verified.

    Raises:
        InputError: `seal.base64url`, `carrier.seal-form`.
    """
    if len(text) > MOST_SEAL_CHARACTERS:
        raise InputError.at("carrier.seal-form")
    raw = from_base64url(text)
    try:
        protected, payload, signature = _parts(raw)
        value = _claims(payload)
        kid = _kid(protected, value.issuer)
        same = _written(_protected(kid), _payload(value), signature) == raw
    except _UNREADABLE as error:
        raise InputError.at("carrier.seal-form") from error
    if not same:
        raise InputError.at("carrier.seal-form")
    return OpenSeal(value, kid, _signing_input(protected, payload), signature)


def check_seal(seal: OpenSeal, *, trust: Trust) -> Party:
    """Verify a seal's signature and return the party whose key made it.

    Raises:
        CheckError: `trust.key-unknown`; `trust.key-time` if the key was no longer good; `seal.signature`.
    """
    key = trust.known_key(seal.kid)
    issued = epoch_ms(seal.value.issued)
    if key.until is not None and issued >= key.until:  # `since` is about the log, which comes after signing
        raise CheckError.at("trust.key-time", kid=seal.kid)
    seal.verify(key.public)
    return key.party


def judge_seal(text: str, *, trust: Trust) -> SealFinding:
    """Judge a seal by the pinned trust list alone, as an app without a network does (rule 5)."""
    seal = None
    try:
        seal = open_seal(text)
        party = check_seal(seal, trust=trust)
    except OreprintError as error:
        return SealFinding("do-not-rely", seal, None, error.problems[0])
    return SealFinding("incomplete", seal, party, None)


def verify_seal_against(record: CertificateRecord, digest: str, seal: OpenSeal) -> None:
    """Check that a seal agrees with its certificate and has its issuer's DID, or raise.

    Raises:
        CheckError: `carrier.seal-differs`; its place is the member.
    """
    said, due = seal.value, seal_of(record, digest)
    for name in Seal.__struct_fields__:
        if getattr(said, name) != getattr(due, name):
            raise CheckError.at("carrier.seal-differs", name, sealed=getattr(said, name), certified=getattr(due, name))


_UNREADABLE: Final = (cbor2.CBORDecodeError, InputError, TypeError, ValueError)
"""Errors that malformed bytes raise when they are parsed as a `Seal`: wrong types, wrong numbers of values."""


def _protected(kid: str) -> bytes:
    did, _, fragment = kid.partition("#")
    header: dict[int, object] = {_ALG: _EDDSA}
    if not did.startswith(_DID_KEY):
        header[_KID] = fragment.encode("ascii")
    return cbor2.dumps(header)


def _payload(seal: Seal) -> bytes:
    return cbor2.dumps(
        {
            _ISS: seal.issuer,
            _IAT: epoch_ms(seal.issued) // 1000,
            _BATCH: [
                _VERSION,
                seal.registry,
                seal.status.list,
                seal.status.index,
                seal.lot,
                milligrams(seal.net_mass_kg),
                trillionths(seal.kg_co2e_per_kg),
                certificate_digest_bytes(seal.certificate),
            ],
        }
    )


def _signing_input(protected: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure of RFC 9052, 4.4, without external data."""
    return cbor2.dumps(["Signature1", protected, b"", payload])


def _written(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    return cbor2.dumps(cbor2.CBORTag(_COSE_SIGN1, [protected, {}, payload, signature]))


def _parts(raw: bytes) -> tuple[bytes, bytes, bytes]:
    """Return protected header, payload and signature."""
    tagged = cbor2.loads(raw)
    if not isinstance(tagged, cbor2.CBORTag):
        raise TypeError(type(tagged).__name__)
    protected, _, payload, signature = tagged.value
    if not all(isinstance(part, bytes) for part in (protected, payload, signature)):
        raise TypeError("a part is no bytes")
    return protected, payload, signature


def _claims(payload: bytes) -> Seal:
    """Return the content of the claims; the comparison with the written seal finds all other members."""
    claims = cbor2.loads(payload)
    if not isinstance(claims, dict) or set(claims) != {_ISS, _IAT, _BATCH}:
        raise TypeError("other claims")
    _, registry, status_list, index, lot, mass_mg, per_kg, digest = claims[_BATCH]
    if not all(type(number) is int for number in (claims[_IAT], mass_mg, per_kg)) or not isinstance(digest, bytes):
        raise TypeError("a claim of another type")
    return Seal.validated(
        issuer=claims[_ISS],
        issued=instant_text(claims[_IAT] * 1000),
        registry=registry,
        status=StatusPlace.validated(list=status_list, index=index),
        lot=lot,
        net_mass_kg=kg_text(mass_mg),
        kg_co2e_per_kg=trillionths_text(per_kg),
        certificate=certificate_digest_text(digest),
    )


def _kid(protected: bytes, did: str) -> str:
    """Return the key id from a protected header and the issuer."""
    if did.startswith(_DID_KEY):
        return did_key_kid(did)
    header = cbor2.loads(protected)
    if not isinstance(header, dict) or not isinstance(header.get(_KID), bytes):
        raise TypeError("no key id")
    return f"{did}#{header[_KID].decode('ascii')}"
