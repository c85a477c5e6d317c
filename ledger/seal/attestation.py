"""An attestation as signed text: a UNTP 0.7.0 Digital Conformity Credential with the exact record in it.

Rules:

1. It is a compact JWS with ``typ`` ``vc+jwt``.  The payload is the view of the record and the record itself, member
   ``oreprint``: byte for byte `attestation_payload` of that record, which every opening makes again and compares.
2. The view adds nothing to the record: one assessment a scope, each with the opinion as its score.  It claims no
   endorsement, because the trust list, not the attestor, says who is accredited for what.
3. Its digest is that of a certificate, over the ASCII of the JWS; statements use it as a name.

This module does not know who may attest what (`ledger.verify.attestations`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import orjson

from ledger.seal.context import CREDENTIALS_CONTEXT, UNTP_CONTEXT, registry_context
from ledger.seal.digest import certificate_digest
from ledger.seal.disclosure import below
from ledger.seal.jws import CREDENTIAL_TYPE, Jws, parse_jws, sign_jws
from ledger.seal.signer import Signer
from schemas.attestation import Attestation
from schemas.problem import InputError
from schemas.vocabulary import AttestationScope

MOST_ATTESTATION_CHARACTERS: Final = 65_535
"""As `schemas.certificate.MOST_SIGNED_BYTES`."""
_OPENING: Final = b',"oreprint":{"oreprint":"attestation/1"'
"""The start of the record in a payload; it is outside of JSON strings, so no text in the view can imitate it."""
_MEMBER: Final = b',"oreprint":'
_TOPICS: Final = "https://vocabulary.uncefact.org/conformity-topic"
_GASES: Final = ("greenhouse-gas-emissions", "Greenhouse Gas Emissions")
_TRACE: Final = ("supply-chain-traceability", "Supply Chain Traceability")
"""UNTP's topics of attested figures, and of everything else."""
NAMES: Final[dict[AttestationScope, str]] = {
    "figure": "Footprint and its lines",
    "mass-balance": "What went in and what came out",
    "composition": "Composition, by assay",
    "closed-branch": "What lies behind withheld inputs",
    "on-site": "The plant, on site",
}
"""The name of each scope, in words."""


@dataclass(frozen=True, slots=True)
class OpenAttestation:
    """A well-formed attestation; verify its signature with ``jws.verify(public)``."""

    jws: Jws
    digest: str
    record: Attestation


def seal_attestation(record: Attestation, *, signer: Signer) -> str:
    """Return the signed text of an attestation; raise InputError `seal.issuer` for a key of somebody else."""
    _check_attestor(record, signer.kid)
    return sign_jws(attestation_payload(record), typ=CREDENTIAL_TYPE, signer=signer)


def open_attestation(text: str) -> OpenAttestation:
    """Open an attestation strictly; the signature is not verified.

    Raises:
        InputError: `seal.*`, or the errors of its document, with the place such as ``oreprint/branches``.
    """
    if len(text) > MOST_ATTESTATION_CHARACTERS or not text.isascii():
        raise InputError.at("seal.jws-form")
    jws, payload = parse_jws(text, typ=CREDENTIAL_TYPE)
    start = payload.find(_OPENING)
    if start < 0:
        raise InputError.at("seal.payload", "payload")
    try:
        record = Attestation.from_text(payload[start + len(_MEMBER) : -1])
    except InputError as error:
        raise InputError(*(below("oreprint", problem) for problem in error.problems)) from error
    if attestation_payload(record) != payload:
        raise InputError.at("seal.payload", "payload")
    _check_attestor(record, jws.kid)
    return OpenAttestation(jws, certificate_digest(text), record)


def _check_attestor(record: Attestation, kid: str) -> None:
    if kid.partition("#")[0] != record.attestor.did:
        raise InputError.at("seal.issuer", "header.kid", kid=kid, issuer=record.attestor.did)


def attestation_payload(record: Attestation) -> bytes:
    """Return the signed bytes of an attestation: the view, and the record."""
    return b"".join((orjson.dumps(conformity_view(record))[:-1], _MEMBER, record.to_bytes(), b"}"))


def conformity_view(record: Attestation) -> dict[str, object]:
    """Return the UNTP Digital Conformity Credential of a record, with members in written order."""
    listed = f"https://{record.registry}/status/revocation-{record.status.list}"
    terms = registry_context(record.registry)
    return {
        "@context": [CREDENTIALS_CONTEXT, UNTP_CONTEXT, terms],
        "type": ["DigitalConformityCredential", "VerifiableCredential"],
        "id": record.id,
        "name": f"Attestation of {record.subject}",
        "issuer": {"type": ["CredentialIssuer"], "id": record.attestor.did, "name": record.attestor.names[0].text},
        "validFrom": record.issued,
        "validUntil": record.valid_until,
        "credentialStatus": {
            "id": f"{listed}#{record.status.index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": record.status.index,
            "statusListCredential": listed,
        },
        "credentialSubject": {
            "type": ["ConformityAttestation"],
            "id": f"{record.id}#attestation",
            "name": f"Attestation of {record.subject}",
            **({"description": record.note} if record.note else {}),
            "assessorLevel": "3rdParty",
            "assessmentLevel": "no-endorsement",
            "attestationType": _kind(record),
            "issuedToParty": {"type": ["Party"], "id": record.producer, "name": record.producer},
            "referenceScheme": {"type": ["ConformityScheme"], "id": f"{terms}#Attestation", "name": record.criteria[0]},
            "conformityAssessment": [_assessment(record, scope, terms) for scope in record.scopes],
        },
    }


def _kind(record: Attestation) -> str:
    """Return UNTP's kind of attestation: testing, inspection, or verification if there is a level of assurance."""
    return "verification" if record.level else "testing" if "composition" in record.scopes else "inspection"


def _assessment(record: Attestation, scope: AttestationScope, terms: str) -> dict[str, object]:
    topic, topic_name = _GASES if scope == "figure" else _TRACE
    return {
        "type": ["ConformityAssessment"],
        "id": f"{record.id}#{scope}",
        "name": NAMES[scope],
        "assessmentCriteria": [
            {"type": ["Criterion"], "id": f"{record.id}#criterion-{number}", "name": name}
            for number, name in enumerate(record.criteria)
        ],
        "assessmentDate": record.examined[:10],
        "assessedPerformance": [
            {
                "metric": {"type": ["PerformanceMetric"], "id": f"{terms}#{scope}", "name": NAMES[scope]},
                "score": {"code": record.opinion},
            }
        ],
        "assessedProduct": [
            {
                "product": {
                    "type": ["Product"],
                    "id": f"https://{record.registry}/c/{record.certificate}",
                    "name": record.certificate,
                },
                "idVerifiedByCAB": False,
            }
        ],
        "conformityTopic": [{"type": ["ConformityTopic"], "id": f"{_TOPICS}/{topic}", "name": topic_name}],
        "conformance": record.opinion == "unmodified",
    }
