"""Attest at a registry with the attestor's own key: ask for a place, sign here, keep the bytes, send, send again.

Rules, as in `ledger.client.issue`:

1. The signed bytes are kept before they are sent. In any doubt the same bytes are sent again.
2. The bytes are dropped once the registry has answered. So a certificate can be attested anew after the registry
   refused the attestation, or after it was withdrawn.
3. The registry's answer is compared with what was signed here.
4. An attestor signs nothing about a run that it was not shown. The evidence goes along, because the registry asks for
   it, too.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from ledger.changes.attest import AttestationContext, LoggedAttestation, attestation_of, check_shown
from ledger.client.registry import RegistryClient, member_at, places_at
from ledger.registry.registry import Runtime
from ledger.remote.client import RemoteServer
from ledger.seal.attestation import open_attestation, seal_attestation
from ledger.seal.signer import Signer
from schemas.answers.records import AttestationAnswer
from schemas.certificate import CertificateRecord
from schemas.door import validated
from schemas.problem import CheckError
from schemas.requests import AttestationRequest, SignedAttestation


class AttestingClient(NamedTuple):
    """An attestor's tools for signing: its registry, key, clock and randomness.

    `keep(name, bytes)` is durable on return, `kept(name)` finds it again, and `forget(name)` lets go of what its
    registry has.
    """

    remote: RemoteServer
    signer: Signer
    runtime: Runtime
    keep: Callable[[str, bytes], None]
    kept: Callable[[str], bytes | None]
    forget: Callable[[str], None]


def attest_at(bureau: AttestingClient, wanted: AttestationRequest, of: CertificateRecord) -> LoggedAttestation:
    """Attest a certificate, whose record is `of`, at its attestor's registry.

    Raises:
        RefusedError: `remote.refused`, `attest.unseen`; StateError: `remote.unreachable`: send again, same bytes;
            InputError: `attest.*`;
        CheckError: `remote.otherwise`, when the answer isn't about what was signed.
    """
    said = wanted.model_dump_json(exclude_none=True, exclude={"shown"})
    name = f"{sha256(said.encode()).hexdigest()[:16]}.attestation.jwt"
    text = bureau.kept(name)
    if text is None:
        check_shown(wanted, wanted.shown)
        text = _signed(bureau, wanted, of).encode()
        bureau.keep(name, text)
    # A crash from here on: the bytes are kept, and the next try sends them again.
    opened = open_attestation(text.decode())
    client = RegistryClient(bureau.remote, bureau.runtime, bureau.keep, bureau.kept, bureau.forget)
    body = (
        SignedAttestation(attestation=opened.jws.text, shown=wanted.shown).model_dump_json(exclude_none=True).encode()
    )
    answer = validated(
        AttestationAnswer, client.deliver(name, "/v1/attestations", body, key=f"attest-{sha256(body).hexdigest()}")
    )
    if answer.digest != opened.digest:
        raise CheckError.at("remote.otherwise", host=bureau.remote.host)
    bureau.forget(name)
    return LoggedAttestation(opened.digest, opened.jws.text, opened.record)


def _signed(bureau: AttestingClient, wanted: AttestationRequest, of: CertificateRecord) -> str:
    """Ask the registry for the attestor's entry and for a status place, then sign."""
    member = member_at(bureau.remote)
    (place,) = places_at(bureau.remote, 1, key=f"place-{bureau.runtime.random(16).hex()}")
    where = AttestationContext(
        member.issuer,
        member.registry,
        bureau.runtime.now_ms(),
        place,
        bureau.runtime.random(16),
    )
    return seal_attestation(attestation_of(wanted, of, where), signer=bureau.signer)
