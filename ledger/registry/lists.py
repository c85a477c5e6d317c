"""Publishing what verifiers need: status lists rebuilt from the log, and the trust list, each an entry of its own.

Rules: a status list states the size of the log it covers, which is the index of its own entry, so it is appended alone;
it is rebuilt from the status bits in the log and from nothing else; numbers rise by one.  A list younger than half its
life is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final, Literal

from sqlalchemy import Connection

from ledger.holdings.mark import status_digest, trust_digest
from ledger.log.entry import Entry, ListVersion
from ledger.registry.append import LogTransaction, Posting, append
from ledger.registry.proofs import Proofs
from ledger.registry.readiness import MOST_OFF_MS
from ledger.registry.registry import OpenRegistry
from ledger.seal.signer import Signer
from ledger.store import schema
from ledger.store.engine import reading
from ledger.store.logs import entry, latest_head
from ledger.store.parties import registry as registered
from ledger.store.reading import StoredRecord, latest_published, trust_lists
from ledger.store.status import changed_since, status_changes, status_lists
from ledger.trust.pinned import Trust, list_digest
from ledger.trust.status import CODE_OF_PURPOSE, open_status_list, rebuild, sign_status_list
from schemas.document import replace
from schemas.instant import DAY_MS, instant_text, whole_second
from schemas.problem import CheckError, MissingError
from schemas.status import StatusRecord
from schemas.trust import ListProof, TrustFile, TrustList
from schemas.vocabulary import PURPOSES, Purpose

FRESH_MS: Final = 12 * 60 * 60 * 1000
"""A status list is renewed at half of the day that verifiers accept."""
TRUST_YEARS_MS: Final = 365 * DAY_MS
"""Validity of a trust list."""
TRUST_RENEWED_MS: Final = 90 * DAY_MS
"""Time before its expiry from which `oreprint init` renews an unchanged trust list."""


def publish_status(registry: OpenRegistry, *, signer: Signer, anew: bool = False) -> int:
    """Publish every status list that is missing, changed, or half way to being stale; return how many.

    `signer` is the status key, or was it when the registry was opened; with `anew` every list is published.
    """
    with reading(registry.engine) as connection:
        lists = [
            (number, purpose)
            for number in status_lists(connection)
            for purpose in PURPOSES
            if anew or _due(registry, connection, number, purpose)
        ]

    published = 0
    for number, purpose in lists:
        with append(registry) as transaction:
            if anew or _due(registry, transaction.connection, number, purpose):  # another process may have been quicker
                present = registry.status_signer(transaction.connection, signer)
                transaction.log(_next_list(registry, number, purpose, present, transaction))
                published += 1
    return published


def publish_trust(registry: OpenRegistry, note: str, *, number: int) -> None:
    """Log a version of the trust list; one that is logged already is left alone."""
    with append(registry) as transaction:
        latest = latest_published(transaction.connection, "trust")
        if latest is None or latest.content != note.encode():
            transaction.log(trust_posting(note, number=number))


def next_trust(
    known: Trust, changed: Mapping[str, object], sign: Callable[[Trust, TrustList], str], *, now_ms: int
) -> tuple[str, Posting]:
    """Return the next version of a trust list, with these members changed: its note, and how that is logged.

    Raises:
        StateError, CheckError: as `sign`, where others must sign it too.
    """
    now = whole_second(now_ms)
    number = known.listed.number + 1
    dated = {"number": number, "issued": instant_text(now), "expires": instant_text(now + TRUST_YEARS_MS)}
    note = sign(known, replace(known.listed, previous=list_digest(known.listed), **dated, **changed))
    return note, trust_posting(note, number=number)


def trust_posting(note: str, *, number: int) -> Posting:
    """Return a version of the trust list as it is logged."""
    digest = trust_digest(note)
    listed = ListVersion(number, sha256(note.encode()).digest())
    row = (schema.PUBLISHED, ("trust", "", number, digest))
    return Posting("trust", digest, note.encode(), listed=listed, rows=(row,))


def published_list(registry: OpenRegistry, kind: Literal["status", "trust"], name: str = "") -> str:
    """Return the newest trust list, or the newest version of a status list named ``<purpose>/<list>``.

    Raises:
        MissingError: `store.record-missing`.
    """
    with reading(registry.engine) as connection:
        stored = latest_published(connection, kind, name)
    if stored is None:
        raise MissingError.at("store.record-missing")
    return stored.text


def published_trust(registry: OpenRegistry, number: int | None = None) -> TrustFile:
    """Return a version of the trust list, by default the newest, with its place in the log.

    Raises:
        MissingError: `store.record-missing`.
    """
    with reading(registry.engine) as connection:
        versions = trust_lists(connection)
        if not versions or (number is not None and number not in versions):
            raise MissingError.at("store.record-missing")
        return trust_file(registry, connection, versions[max(versions) if number is None else number])


def trust_file(registry: OpenRegistry, connection: Connection, version: StoredRecord) -> TrustFile:
    """Return a version of the trust list as a file to pin, with its place in the log once that can be published."""
    latest = latest_head(connection)
    head = registry.head_for(version.entry + 1, latest)
    if head.end > max(registry.published(latest).end, latest.first):
        return TrustFile(note=version.text)
    proofs = Proofs.to(registry, connection, head)
    place = proofs.of(version.entry)
    checkpoint = proofs.above(version.entry).note
    logged = ListProof(checkpoint=checkpoint, entry=place.entry, index=place.index, path=place.path)
    return TrustFile(note=version.text, logged=logged)


def count_status_lists(registry: OpenRegistry) -> int:
    """Return how many status lists have places that were handed out."""
    with reading(registry.engine) as connection:
        return len(status_lists(connection))


def _due(registry: OpenRegistry, connection: Connection, number: int, purpose: Purpose) -> bool:
    """Return whether a list must be published anew."""
    known = latest_published(connection, "status", f"{purpose}/{number}")
    if known is None:
        return True
    logged = Entry.parse(entry(connection, known.entry))
    age = registry.runtime.now_ms() - logged.time_ms
    if not -MOST_OFF_MS <= age <= FRESH_MS:  # one that a wrong clock dated is of no use
        return True
    if not changed_since(connection, number, CODE_OF_PURPOSE[purpose], known.entry):
        return False
    here = registered(connection)
    try:
        opened = open_status_list(known.text, keys=((here.status_kid, here.status_public),))
    except CheckError:  # a former key signed it
        return True
    return opened.bits != _bits(connection, number, purpose)


def _bits(connection: Connection, number: int, purpose: Purpose) -> bytes:
    """Return what a list is by the log."""
    changes = status_changes(connection, number, CODE_OF_PURPOSE[purpose])
    return rebuild(changes, purpose=purpose, list_number=number)


def _next_list(
    registry: OpenRegistry, number: int, purpose: Purpose, signer: Signer, transaction: LogTransaction
) -> Posting:
    """Return the next version of a list, covering the log up to its own entry."""
    connection = transaction.connection
    known = latest_published(connection, "status", f"{purpose}/{number}")
    before = None if known is None else Entry.parse(entry(connection, known.entry)).listed
    version = 1 if before is None else before.number + 1
    record = StatusRecord(
        oreprint="status/1",
        registry=registry.did,
        purpose=purpose,
        list=number,
        number=version,
        size=transaction.head.size,
    )
    bits = _bits(connection, number, purpose)
    issued = instant_text(whole_second(transaction.now_ms))
    jws = sign_status_list(record, bits, issued=issued, signer=signer)
    digest = status_digest(jws)
    row = (schema.PUBLISHED, ("status", f"{purpose}/{number}", version, digest))
    listed = ListVersion(version, sha256(jws.encode()).digest())
    return Posting("status", digest, jws.encode(), listed=listed, rows=(row,))
