"""Issuing: production records become runs with certificates, drawn on what the producer holds, one log entry each.

Rules:

1. Custodial: the producer's key is held here.  Resolve, compute, draw, seal, log: all in one writing transaction.
2. Many records share a commit; each stands alone, and one that is refused changes nothing and keeps no other back.  A
   record that uses what an earlier one makes goes into a later commit, since its input must be in the log before.
3. The same record again gets the first answer, unless that was corrected or undone since; another record for a lot that
   exists is refused.
4. A certificate that isn't logged within a week of its signing is void.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from ledger.factors.tables import FactorTables
from ledger.issuing.accept import Accepted
from ledger.issuing.asked import asked_run
from ledger.issuing.prepare import IssueSession, request_digest
from ledger.issuing.submission import run_key, runs_named
from ledger.lots.certificates import opened
from ledger.lots.energy_instruments import keys_of
from ledger.lots.issuance import IssuedText
from ledger.plausibility.rules import Breach
from ledger.registry.append import CommitResult, LogTransaction, append
from ledger.registry.approval import NO_RECIPE, OPERATOR, ByRecipe, Passed
from ledger.registry.commits import GroupRequest, Prepared, RequestOutcome, groups, made_only, responses
from ledger.registry.proofs import Proofs
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_text
from ledger.store.engine import reading
from ledger.store.logs import StoredHead, head_above, last_heads
from ledger.store.lots import issued_requests
from ledger.store.reading import certificates_of, successor_of
from ledger.store.reading import record as stored_record
from schemas.bundle import Proof
from schemas.garbage import gc_paused
from schemas.lot import normal_lot
from schemas.problem import OreprintError, RefusedError
from schemas.record import ProductionRecord


@dataclass(frozen=True, slots=True)
class IssuedRun:
    """The result of issuing a record: the certificates of its outputs, and the one log entry that proves them.

    `proof` works out the entry's place and its path to `head`.  `unchanged` if the record had been issued before;
    `findings` are flags that don't stand in the way.
    """

    issuance: bytes
    certificates: tuple[IssuedText, ...]
    head: StoredHead
    proof: Callable[[], Proof]
    unchanged: bool = False
    findings: tuple[Breach, ...] = ()


Outcome = IssuedRun | OreprintError


def issue(
    registry: OpenRegistry,
    records: Sequence[ProductionRecord],
    *,
    tables: FactorTables,
    author: str = OPERATOR,
    recipes: Sequence[ByRecipe] | None = None,
) -> list[Outcome]:
    """Issue each record or return its error: one outcome for each record, in their order. An issued one is durable.

    A refusal is `issue.*`, `holding.*`, what `ledger.drafting.draft` refuses, or `approval.*` for an `author` whose
    party has a rule of two persons. `recipes` are those that each was made by, if any.

    Raises:
        StateError: as `ledger.registry.append.append`; ask again, and records that were issued get their answer.
    """
    named = zip(records, recipes or [NO_RECIPE] * len(records), strict=True)
    return made_only(_issued(registry, (GroupRequest(each, None, author, recipe) for each, recipe in named), tables))


def issue_requests(
    registry: OpenRegistry, requests: Sequence[GroupRequest[ProductionRecord, IssuedRun]], *, tables: FactorTables
) -> list[RequestOutcome]:
    """Issue as `issue` does, for requests that have receipts.

    Raises:
        StateError: as `issue`.
    """
    return responses(_issued(registry, requests, tables))


def _issued(
    registry: OpenRegistry, requests: Iterable[GroupRequest[ProductionRecord, IssuedRun]], tables: FactorTables
) -> list[IssuedRun | RequestOutcome]:
    outcomes: list[IssuedRun | RequestOutcome] = []
    with gc_paused():
        for group in groups(requests, made_and_used):
            with append(registry) as transaction:
                asked = group.unanswered(transaction)
                session = IssueSession.begin(transaction, tables, [each.item for each in asked])
                outcomes += group.log(transaction, attempts(transaction, session, asked))
    return outcomes


def made_and_used(record: ProductionRecord) -> tuple[set[object], set[object]]:
    """Return what a record makes, and all that it makes or uses (`ledger.registry.commits.groups`)."""
    outputs = {normal_lot(output.lot) for output in record.outputs}
    made = {*outputs, *keys_of(record), run_key(record.producer, record.run)}
    return made, outputs | used_by(record)


def used_by(record: ProductionRecord) -> set[object]:
    """Return what a record names that another record may make: lots, statements and runs."""
    named = (normal_lot(item.lot) for item in record.inputs if item.lot is not None)
    return {*named, *keys_of(record), *runs_named(record.producer, record.absent)}


def attempts(
    transaction: LogTransaction, session: IssueSession, asked: Sequence[GroupRequest[ProductionRecord, IssuedRun]]
) -> Iterator[Prepared[IssuedRun] | OreprintError]:
    """Yield what issuing each record of a group would log, or its refusal."""
    registry, connection = transaction.registry, transaction.connection
    digests = [request_digest(each.item) for each in asked]
    issued = issued_requests(connection, digests)
    for (record, _, author, recipe), digest in zip(asked, digests, strict=True):
        try:
            if digest in issued:
                yield unchanged(answer_again(registry, connection, issued[digest]))
            else:
                with session.tentative():
                    draft, accepted = session.prepare(record, digest)
                    wanted = partial(asked_run, record, draft, accepted, recipe=recipe)
                    passed = transaction.gate.check("issue", record.producer, author, wanted)
                yield prepared(accepted, passed)
        except OreprintError as refusal:
            yield refusal


def prepared(accepted: Accepted, passed: Passed, *, before: bytes | None = None) -> Prepared[IssuedRun]:
    """Return the postings of an issuance that passed the gate, its result and event; `before` is what it corrects."""
    submission = accepted.submission

    def made(logged: CommitResult) -> IssuedRun:
        proof = partial(logged.proof, submission.issuance)
        return IssuedRun(submission.issuance, submission.issued, logged.head, proof, findings=accepted.findings)

    event = passed.event(", ".join(submission.lots), before=before, after=submission.issuance)
    return Prepared(accepted.postings, made, event)


def unchanged(before: IssuedRun) -> Prepared[IssuedRun]:
    """Return the result of an issuance that was logged before."""
    return Prepared((), lambda _: before)


def answer_again(registry: OpenRegistry, connection: Connection, issuance: bytes) -> IssuedRun:
    """Return what a record was answered with before (rule 3).

    Raises:
        RefusedError: `issue.corrected`, `issue.lot-undone`: that answer no longer stands.
    """
    later = successor_of(connection, issuance)
    if later is None:
        return issued_before(registry, connection, issuance)
    lot = opened(certificates_of(connection, issuance)[0].row.jws).record.batch.lot
    while later.kind != "undo":
        after = successor_of(connection, later.digest)
        if after is None:
            latest = certificate_digest_text(certificates_of(connection, later.digest)[0].row.digest)
            raise RefusedError.at("issue.corrected", "outputs", lot=lot, certificate=latest)
        later = after
    raise RefusedError.at("issue.lot-undone", "outputs", lot=lot)


def issued_before(registry: OpenRegistry, connection: Connection, issuance: bytes) -> IssuedRun:
    """Return what an issuance was answered with when it was logged (rule 3), proven to today's head."""
    certificates = tuple(
        IssuedText(
            opened(each.row.jws).record.batch.lot, certificate_digest_text(each.row.digest), each.row.id, each.text
        )
        for each in certificates_of(connection, issuance)
    )
    head = head_above(last_heads(connection), stored_record(connection, issuance).entry)
    return IssuedRun(issuance, certificates, head, lambda: prove(registry, issuance, head=head), unchanged=True)


def prove(registry: OpenRegistry, digest: bytes, *, head: StoredHead) -> Proof:
    """Return the place of the record `digest`, proven to a head of its log; raise MissingError if there is none."""
    with reading(registry.engine) as connection:
        return Proofs(connection, [head]).of(stored_record(connection, digest).entry)
