"""A registry's word about ended lots upstream, as signed text.

Rules: the word is a compact JWS with ``typ`` ``oreprint-upstream+jwt``, signed by the registry's own DID; its payload
is the record in its one spelling.

This module does not know which key counts, or for how long (`ledger.verify.upstream`).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.seal.disclosure import below
from ledger.seal.jws import Jws, parse_jws, sign_jws
from ledger.seal.signer import Signer
from schemas.problem import InputError
from schemas.upstream import UpstreamRecord

UPSTREAM_TYPE: Final = "oreprint-upstream+jwt"


class OpenUpstream(NamedTuple):
    """A well-formed word of a registry; verify its signature with ``jws.verify(public)``."""

    jws: Jws
    record: UpstreamRecord


def seal_upstream(record: UpstreamRecord, *, signer: Signer) -> str:
    """Return the signed text of a word; raise InputError `seal.issuer` for a key of somebody else."""
    _check_registry(record, signer.kid)
    return sign_jws(record.to_bytes(), typ=UPSTREAM_TYPE, signer=signer)


def open_upstream(text: str) -> OpenUpstream:
    """Open a word strictly; the signature is not verified.

    Raises:
        InputError: `seal.*`, or the errors of its document.
    """
    jws, payload = parse_jws(text, typ=UPSTREAM_TYPE)
    try:
        record = UpstreamRecord.from_text(payload)
    except InputError as error:
        raise InputError(*(below("payload", problem) for problem in error.problems)) from error
    _check_registry(record, jws.kid)
    return OpenUpstream(jws, record)


def _check_registry(record: UpstreamRecord, kid: str) -> None:
    issuer = f"did:web:{record.registry}"
    if kid.partition("#")[0] != issuer:
        raise InputError.at("seal.issuer", "header.kid", kid=kid, issuer=issuer)
