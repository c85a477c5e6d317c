"""Attesting: a third party says of a certificate, or of a run, what it examined and what it found.

Rules:

1. Only who the registry's trust list names for all that it says, with a key that is good now, and never who made the
   batch or keeps the log.  Whether it has anything to do with what lies further up, a verifier judges who sees that.
2. What is attested is here: a certificate of this registry, or of a lot that came from another one.  Who attests
   figures, a mass balance or closed branches was shown what that takes of its run: what it sends along shows that, or
   what this registry lets it see.
3. One attestor says one thing of one subject in the same scopes at a time; it withdraws what it said before
   (`ledger.changes.withdraw`).
4. An attestation has a place in the status lists of this registry, and is a record of its log: it uses nothing, and
   sets no bit.

Nothing is examined here: an attestation is its attestor's word.
"""

from __future__ import annotations

import uuid
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.changes.withdraw import bits_set, check_signed
from ledger.holdings.mark import attestation_digest
from ledger.holdings.move import TIME_TO_LOG_MS
from ledger.log.entry import PurposeCode
from ledger.lots.lineage import jws_of
from ledger.registry.append import LogTransaction, Posting, append
from ledger.registry.approval import OPERATOR, RequestedAct
from ledger.registry.registry import OpenRegistry
from ledger.seal.attestation import OpenAttestation, open_attestation, seal_attestation
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from ledger.seal.presentation import present
from ledger.seal.sdjwt import open_certificate
from ledger.store import schema
from ledger.store.attested import attestations_about
from ledger.store.events import add_events
from ledger.store.parties import issuers
from ledger.store.places import StatusPlaces, release, reserve, reserved_for
from ledger.store.reading import certificate, granted, latest_published, logged_records
from ledger.store.rows import AttestationRow
from ledger.trust.pinned import open_trust
from ledger.verify.attestations import unnamed, unshown
from ledger.verify.heads import MOST_AHEAD_MS
from schemas.attestation import Attestation, in_order
from schemas.certificate import CertificateRecord, Issuer
from schemas.door import JsonValue, validated
from schemas.instant import DAY_MS, epoch_ms, instant_text, whole_second
from schemas.problem import AccessError, InputError, MissingError, RefusedError, StateError
from schemas.requests import AttestationRequest
from schemas.sentences import NOT_COUNTED
from schemas.struct import plain

VALID_MS: Final = 365 * DAY_MS
"""Validity of an attestation if its attestor states none."""


class LoggedAttestation(NamedTuple):
    """A logged attestation: its digest, its signed text and its record."""

    digest: str
    text: str
    record: Attestation


class AttestationContext(NamedTuple):
    """Attestor, registry, time (ms), a place in the status lists, and 16 random bytes."""

    attestor: Issuer
    registry: str
    now_ms: int
    place: tuple[int, int]
    random: bytes


def attest(
    registry: OpenRegistry, wanted: AttestationRequest, *, attestor: str, author: str = OPERATOR
) -> LoggedAttestation:
    """Sign an attestation with the key that is kept here for `attestor`, and log it.

    Raises:
        UnapprovedError: `approval.*`, for an `author` whose party has a rule of two persons.
        MissingError: `attest.unknown`; AccessError: `attest.not-named`; RefusedError: `attest.own`, `attest.already`,
            `attest.unseen`,
        `issue.no-key`, `issue.unknown-producer`; InputError: `attest.*`, and what `wanted.shown` is refused with.
    """
    with append(registry) as transaction:
        connection = transaction.connection
        named = issuers(connection).get(attestor)
        if named is None:
            raise RefusedError.at("issue.unknown-producer", producer=attestor)
        signer = registry.signer(connection, attestor)
        of = _certificate(connection, wanted.certificate)
        place = StatusPlaces(connection, registry.runtime.random).take()
        reserve(connection, [place], tenant=attestor, now_ms=transaction.now_ms)
        where = AttestationContext(named, registry.did, transaction.now_ms, place, registry.runtime.random(16))
        signed = seal_attestation(attestation_of(wanted, of, where), signer=signer)
        return _accept(transaction, open_attestation(signed), wanted.shown, author=author)


def post_attestation(
    registry: OpenRegistry, text: str, *, shown: str | None = None, author: str = OPERATOR
) -> LoggedAttestation:
    """Log an attestation that its attestor signed with a key of its own, at a place kept for it.

    The same text again gets the same answer.

    `shown` is the certificate's text with all that the attestor was shown of it.

    Raises:
        InputError: `seal.*`, or what its document refuses; CheckError: `life.not-signed`, `seal.signature`.
        MissingError, AccessError, RefusedError: as `attest`; `issue.place`, `issue.not-now`, `life.late`.
    """
    opened = open_attestation(text)
    with append(registry) as transaction:
        return _accept(transaction, opened, shown, author=author)


def _accept(
    transaction: LogTransaction, opened: OpenAttestation, shown: str | None, *, author: str
) -> LoggedAttestation:
    """Log a signed attestation, from a registry's key or the attestor's own. A repeated one changes nothing."""
    registry, connection, now_ms = transaction.registry.did, transaction.connection, transaction.now_ms
    record = opened.record
    attested = LoggedAttestation(opened.digest, opened.jws.text, record)
    check_signed(connection, opened.jws, now_ms=now_ms)
    if logged_records(connection, [attestation_digest(opened.jws.text)]):
        return attested
    of = _certificate(connection, record.certificate)
    _check_own(connection, record, of, registry=registry, now_ms=now_ms)
    _check(connection, opened, of, registry=registry, now_ms=now_ms)
    check_shown(record, shown or _seen_here(connection, record))
    passed = transaction.gate.check("attest", record.attestor.did, author, lambda: _asked(record))
    add_events(connection, [passed.event(record.certificate, after=attestation_digest(opened.jws.text))])
    release(connection, [(record.status.list, record.status.index)])
    transaction.log(_posting(opened))
    return attested


def _asked(record: Attestation) -> RequestedAct:
    """Return what an approval of an attestation binds: all but the times, number and place that each signing has."""
    own = {"id", "issued", "examined", "valid_until", "not_logged_after", "status"}
    said = plain(record)
    return RequestedAct(record.certificate, {name: each for name, each in said.items() if name not in own})


def attestation_of(wanted: AttestationRequest, of: CertificateRecord, where: AttestationContext) -> Attestation:
    """Return the attestation to sign, or raise InputError `attest.*`."""
    now = whole_second(where.now_ms)
    scopes = in_order(wanted.scopes)
    if len(scopes) < len(wanted.scopes):
        raise InputError.at("attest.scopes", "scopes")
    branches = sorted(wanted.branches, key=lambda each: each.input)
    said: dict[str, JsonValue] = {
        "oreprint": "attestation/1",
        "id": uuid.UUID(bytes=where.random, version=4).urn,
        "registry": where.registry,
        "status": {"list": where.place[0], "index": where.place[1]},
        "attestor": plain(where.attestor),
        "producer": of.issuer.did,
        "certificate": wanted.certificate,
        "run": of.run[0].digest if wanted.of == "run" else None,
        "scopes": [*scopes],
        "level": wanted.level,
        "criteria": [*wanted.criteria],
        "opinion": wanted.opinion,
        "note": wanted.note,
        "branches": [plain(each) for each in branches] or None,
        "examined": wanted.examined or instant_text(now),
        "issued": instant_text(now),
        "valid_until": wanted.valid_until or instant_text(now + VALID_MS),
        "not_logged_after": instant_text(now + TIME_TO_LOG_MS),
    }
    return validated(Attestation, said)


def check_shown(record: Attestation | AttestationRequest, shown: str | None) -> None:
    """Check that an attestor was shown what its attestation takes.

    `shown` is the certificate's text as it was shown, if it was.

    Raises:
        RefusedError: `attest.unseen`; InputError: `attest.shown-other`, or what the text is refused with.
    """
    found = open_certificate(shown) if shown else None
    if found is not None and found.digest != record.certificate:
        raise InputError.at("attest.shown-other", "shown", found=found.digest, certificate=record.certificate)
    lacking = unshown(record, found.run if found else None)
    if lacking is not None:
        scope, what = lacking
        raise RefusedError.at("attest.unseen", scope=scope, certificate=record.certificate, what=what)


def _seen_here(connection: Connection, record: Attestation) -> str | None:
    """Return a certificate's text as an attestor may see it here, None where that is the public view."""
    digest = certificate_digest_bytes(record.certificate)
    audience = granted(connection, digest, party=record.attestor.did)
    return None if audience is None else present(certificate(connection, digest).text, show=audience).text


def _certificate(connection: Connection, digest: str) -> CertificateRecord:
    """Return the record of a certificate that is here (rule 2)."""
    try:
        return open_certificate(f"{jws_of(connection, certificate_digest_bytes(digest))}~").record
    except MissingError as error:
        raise MissingError.at("attest.unknown", "certificate", certificate=digest) from error


def _check(
    connection: Connection, opened: OpenAttestation, of: CertificateRecord, *, registry: str, now_ms: int
) -> None:
    """Check rules 1 and 3 or raise."""
    record, attestor = opened.record, opened.record.attestor.did
    if attestor in {of.issuer.did, f"did:web:{of.registry}", f"did:web:{registry}"}:
        raise RefusedError.at("attest.own", attestor=attestor)
    trusted = latest_published(connection, "trust")
    if trusted is None:
        raise StateError.at("verify.trust-missing")
    reason = unnamed(record, open_trust(trusted.text).keys.get(opened.jws.kid), logged_ms=now_ms)
    if reason:
        raise AccessError.at("attest.not-named", attestor=attestor, reason=NOT_COUNTED[reason])
    for branch in record.branches or ():
        if branch.input >= of.counts.inputs:
            raise InputError.at("attest.input", "branches", inputs=of.counts.inputs, input=branch.input)
    said_now = (attestor, record.run, record.scopes)
    for stored in attestations_about(connection, [certificate_digest_bytes(record.certificate)]):
        said = open_attestation(stored.record.text).record
        over = epoch_ms(said.valid_until) < now_ms or PurposeCode.REVOCATION in bits_set(connection, stored.row)
        if (stored.row.attestor, said.run, said.scopes) == said_now and not over:
            raise RefusedError.at(
                "attest.already", attestor=attestor, digest=certificate_digest_text(stored.row.digest)
            )


def _check_own(
    connection: Connection, record: Attestation, of: CertificateRecord, *, registry: str, now_ms: int
) -> None:
    """Check that what an attestor signed itself is of this registry, of now, and at a place that was kept for it."""
    told = record.registry, record.producer, record.run or of.run[0].digest
    if told != (registry, of.issuer.did, of.run[0].digest):
        raise InputError.at("attest.otherwise", certificate=record.certificate)
    place = record.status
    if reserved_for(connection, place.list, place.index) != record.attestor.did:
        raise RefusedError.at("issue.place", "status", list=place.list, index=place.index)
    issued, last = epoch_ms(record.issued), epoch_ms(record.not_logged_after)
    if last < now_ms:
        raise RefusedError.at("life.late", last=record.not_logged_after)
    if last > issued + TIME_TO_LOG_MS or issued > now_ms + MOST_AHEAD_MS:
        raise RefusedError.at("issue.not-now", "issued")


def _posting(opened: OpenAttestation) -> Posting:
    record, text = opened.record, opened.jws.text
    digest, place = attestation_digest(text), record.status
    row = AttestationRow(
        certificate_digest_bytes(opened.digest),
        digest,
        record.attestor.did,
        certificate_digest_bytes(record.certificate),
        place.list,
        place.index,
    )
    return Posting("attestation", digest, text.encode(), rows=((schema.ATTESTATIONS, row),))
