"""Correcting: an issuance that follows another, with better words or better inventory lines, for the same batches.

Rules:

1. What may change and what repeats is the same whoever signs (`ledger.issuing.correction`).
2. An issuance is followed once, by one that may be followed once: its entry has the successor's mark and no other, and
   creates no holding.  It ends every certificate it follows with its refresh bit in the same entry.
3. What was made of the lot before keeps the certificate that it cites; verifiers warn.  What is drawn from now on cites
   the latest one.
4. The record that the latest certificate answers gets the same answer again.

A lot that is withdrawn, suspended or undone cannot be corrected.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256

from sqlalchemy import Connection

from ledger.drafting.draft import Draft
from ledger.factors.tables import FactorTables
from ledger.issuing.accept import Accepted
from ledger.issuing.asked import asked_run
from ledger.issuing.correction import CorrectedRun, CorrectionContext, draft_correction, sign_correction
from ledger.issuing.dry_run import Foreseen, unsigned_session
from ledger.issuing.followed import before_of
from ledger.issuing.issue import IssuedRun, issued_before, prepared
from ledger.issuing.prepare import IssueSession, request_digest
from ledger.lots.lineage import first_certificate
from ledger.registry.append import append, behind_commit
from ledger.registry.approval import NO_RECIPE, OPERATOR, ByRecipe
from ledger.registry.lists import publish_status
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, digest_bytes
from ledger.seal.signer import SoftwareSigner
from ledger.store.events import add_events
from ledger.store.lots import issued_requests
from schemas.record import ProductionRecord


def correct(
    registry: OpenRegistry,
    record: ProductionRecord,
    *,
    tables: FactorTables,
    status: SoftwareSigner,
    author: str = OPERATOR,
    recipe: ByRecipe = NO_RECIPE,
    also: Callable[[Connection, bytes], None] = lambda _connection, _issuance: None,
) -> IssuedRun:
    """Correct the certificates of a run by a record of the same lots; `status` is the registry's status key.

    `recipe` is the one that the record was made by, if any. `also` is done in the same commit, with the issuance.

    Raises:
        UnapprovedError: `approval.*`, for an `author` whose party has a rule of two persons.
        RefusedError: `life.correct-*`, `life.withdrawn`, `life.suspended`, `life.undone`, `life.uncertified`,
            `issue.*`, and what `ledger.drafting.draft` refuses.
    """
    with append(registry) as transaction:
        connection = transaction.connection
        before = before_of(connection, record.facility, [output.lot for output in record.outputs])
        session = IssueSession.begin(transaction, tables, [record])
        request = _request(connection, record, before)
        if request is None:
            session.registrar.plant(record.producer, record.facility)
            issued = issued_before(registry, connection, digest_bytes(before.latest))
        else:
            draft, accepted = _correct(session, record, before, request)
            wanted = partial(asked_run, record, draft, accepted, recipe=recipe)
            passed = transaction.gate.check("correct", record.producer, author, wanted)
            correction = prepared(accepted, passed, before=digest_bytes(before.latest))
            issued = correction.made(transaction.log(*correction.postings))
            add_events(connection, [correction.event] if correction.event else [])
        also(connection, issued.issuance)
    # A crash here: it is corrected, and the lists don't show it yet; the next `publish_status` finds them changed.
    with behind_commit(registry):
        publish_status(registry, signer=status)
    return issued


def foresee_correction(registry: OpenRegistry, record: ProductionRecord, *, tables: FactorTables) -> Foreseen | None:
    """Return what a correction would seal, signing nothing; None if the latest certificates answer the record already.

    Raises:
        RefusedError: as `correct`.
    """
    with unsigned_session(registry, tables, [record]) as session:
        connection = session.registrar.connection
        before = before_of(connection, record.facility, [output.lot for output in record.outputs])
        request = _request(connection, record, before)
        if request is None:
            return None
        draft, accepted = _correct(session, record, before, request)
    return Foreseen(draft, accepted.findings)


def _request(connection: Connection, record: ProductionRecord, before: CorrectedRun) -> bytes | None:
    """Return under which digest the record is kept, or None if the latest issuance answers it already (rule 4).

    One that an earlier issuance answered, and that is gone back to, is kept under another digest.
    """
    plain = request_digest(record)
    again = [sha256(b"again" + digest_bytes(issuance) + plain).digest() for issuance in before.issuances]
    known = issued_requests(connection, [plain, *again])
    if digest_bytes(before.latest) in known.values():
        return None
    return plain if plain not in known else again[-1]


def _correct(
    session: IssueSession, record: ProductionRecord, before: CorrectedRun, request: bytes
) -> tuple[Draft, Accepted]:
    """Draft, sign and accept the issuance that follows."""
    connection = session.registrar.connection

    def same(one: str, other: str) -> bool:
        first, second = (first_certificate(connection, certificate_digest_bytes(each)) for each in (one, other))
        return first == second

    producer = session.producer(record)
    known = CorrectionContext(producer, session.tables, session.earlier(record), same, session.gains.check)
    draft = draft_correction(record, before, known)
    places = [session.place(record.producer) for _ in draft.certified]
    signed = sign_correction(record, before, draft, producer=producer, places=places, sealing=session.sealing)
    return draft, session.registrar.accept(signed.submission, signed.findings, request=request)
