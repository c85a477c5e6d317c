"""An auditor's record as signed text, and the salted digest of what its leaves hide.

Rules:

1. The record is a compact JWS with ``typ`` ``oreprint-audit+jwt``; its payload is the record in its one spelling.
2. `inside` is SHA-256 of the array disclosure ``["<salt>",{…}]``.  The salt is the first 16 bytes of SHA-256("oreprint
   audit salt v1" newline, the text of the run's disclosure).  So whoever was shown the run finds the same digest, and
   nobody else can guess it.

This module does not know who may audit (`ledger.verify.audits`).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ledger.seal.digest import digest_bytes
from ledger.seal.disclosure import SALT_BYTES, Disclosure, below, seal_value
from ledger.seal.jws import Jws, parse_jws, sign_jws
from ledger.seal.signer import Signer
from schemas.audit import MOST_AUDIT_BYTES, AuditRecord, Inside
from schemas.problem import InputError

AUDIT_TYPE: Final = "oreprint-audit+jwt"
MOST_AUDIT_CHARACTERS: Final = 2 * MOST_AUDIT_BYTES
"""A record as a JWS: base64url and a header."""


@dataclass(frozen=True, slots=True)
class OpenAudit:
    """A well-formed record of an auditor; verify its signature with ``jws.verify(public)``."""

    jws: Jws
    record: AuditRecord


def seal_audit(record: AuditRecord, *, signer: Signer) -> str:
    """Return the signed text of a record; raise InputError `seal.issuer` for a key of somebody else."""
    _check_auditor(record, signer.kid)
    return sign_jws(record.to_bytes(), typ=AUDIT_TYPE, signer=signer)


def open_audit(text: str) -> OpenAudit:
    """Open a record strictly; the signature is not verified.

    Raises:
        InputError: `seal.*`, or the errors of its document.
    """
    if len(text) > MOST_AUDIT_CHARACTERS:
        raise InputError.at("seal.jws-form")
    jws, payload = parse_jws(text, typ=AUDIT_TYPE)
    try:
        record = AuditRecord.from_text(payload)
    except InputError as error:
        raise InputError(*(below("payload", problem) for problem in error.problems)) from error
    _check_auditor(record, jws.kid)
    return OpenAudit(jws, record)


def _check_auditor(record: AuditRecord, kid: str) -> None:
    if kid.partition("#")[0] != record.auditor:
        raise InputError.at("seal.issuer", "header.kid", kid=kid, issuer=record.auditor)


def audit_salt(run: str) -> bytes:
    """Return the salt of everything that lies inside the leaves of one run, by the text of the run's disclosure."""
    return sha256(b"oreprint audit salt v1\n" + run.encode("ascii")).digest()[:SALT_BYTES]


def seal_inside(inside: Inside, *, run: str) -> Disclosure:
    """Return an `Inside` as the disclosure whose digest a leaf has; `run` is the text of the run's disclosure."""
    return seal_value(inside, salt=audit_salt(run))


def inside_digest(inside: Inside, *, run: str) -> bytes:
    """Return the 32 bytes that stand in a leaf."""
    return digest_bytes(seal_inside(inside, run=run).digest)
