"""Taking in runs that their producers sealed and signed themselves, with their own keys.

Rules:

1. Each is judged for itself (`ledger.issuing.judge`); then those that have nothing to do with each other share a
   commit.
2. Each is accepted by the function that accepts what the registry signs itself (`ledger.issuing.accept`).
3. The same signed bytes again get the first answer, however late, unless that was corrected or undone since.  A second
   signature over the same holdings can never be logged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from ledger.factors.tables import FactorTables
from ledger.issuing.accept import Accepted, Registrar, check_in_time, corrected
from ledger.issuing.asked import asked_signed
from ledger.issuing.issue import IssuedRun, answer_again, prepared, unchanged
from ledger.issuing.judge import judge
from ledger.issuing.submission import Submission, open_submission, run_key, runs_named
from ledger.registry.append import LogTransaction, append
from ledger.registry.approval import Verb
from ledger.registry.commits import GroupRequest, Prepared, RequestOutcome, groups, responses
from ledger.registry.registry import OpenRegistry, RegistrySnapshot, snapshot
from ledger.seal.digest import digest_bytes
from ledger.store.places import release
from ledger.store.reading import logged_records
from ledger.store.seals import keep_seals
from ledger.trust.pinned import Trust
from schemas.garbage import gc_paused
from schemas.problem import AccessError, InputError, OreprintError, RefusedError
from schemas.requests import SignedIssuance


class SentIssuance(NamedTuple):
    """A signed issuance, the party that sends it, and whether it is sent as a correction of another one."""

    signed: SignedIssuance
    tenant: str
    corrects: bool = False


def rehearse(registry: OpenRegistry, sent: SentIssuance, *, trust: Trust, tables: FactorTables) -> Accepted | None:
    """Judge a signed issuance as `submit` does, and log nothing; return None where it is logged already.

    Raises:
        OreprintError: what `submit` would refuse it with; StateError: `store.unreadable`.
    """
    with gc_paused(), snapshot(registry) as seen:
        submission = _judged_alone(seen, sent, trust, tables)
        if logged_records(seen.connection, [submission.issuance]):
            answer_again(registry, seen.connection, submission.issuance)
            return None
        return _registrar(seen, [submission], tables).accept(submission)


def submit(
    registry: OpenRegistry,
    requests: Sequence[GroupRequest[SentIssuance, IssuedRun]],
    *,
    trust: Trust,
    tables: FactorTables,
) -> list[RequestOutcome]:
    """Judge signed issuances and log them, in as few commits as can be; one answer or refusal each, in their order.

    `trust` is this registry's list with those that it pinned.

    What is answered is durable, with what the door keeps of it.  A refusal is an InputError of what can't be read; an
    AccessError of another party's run, key or plant; CheckError `issue.unsound`, `trust.key-time`; RefusedError
    `issue.*`, `holding.*`; MissingError `holding.unknown`.

    Raises:
        StateError: as `ledger.registry.append.append`; ask again with the same bytes.
    """
    outcomes: list[IssuedRun | RequestOutcome] = []
    with gc_paused():
        judged = _judged(registry, (each.item for each in requests), trust, tables)
        again = (GroupRequest(item, each.receipt, each.author) for item, each in zip(judged, requests, strict=True))
        for group in groups(again, _made_and_used):
            with append(registry) as transaction:
                outcomes += group.log(transaction, _accepted(transaction, group.unanswered(transaction), tables))
    return responses(outcomes)


_Judged = Submission | OreprintError


def _judged(
    registry: OpenRegistry, sent: Iterable[SentIssuance], trust: Trust, tables: FactorTables
) -> Iterator[_Judged]:
    """Yield each submission, or why it is refused."""
    with snapshot(registry) as seen:
        for each in sent:
            try:
                yield _judged_alone(seen, each, trust, tables)
            except OreprintError as refusal:
                yield refusal


def _judged_alone(seen: RegistrySnapshot, sent: SentIssuance, trust: Trust, tables: FactorTables) -> Submission:
    submission, registry = open_submission(sent.signed), seen.registry
    run = submission.run
    if run.producer != sent.tenant:
        raise AccessError.at("api.tenant")
    if run.registry != registry.did:
        raise RefusedError.at("issue.other-registry", "run.registry", found=run.registry, registry=registry.did)
    if (submission.follows is not None) is not sent.corrects:
        raise InputError.at("issue.follows-none" if sent.corrects else "issue.follows", "run")
    if not logged_records(seen.connection, [submission.issuance]):  # what is logged was judged then
        for each in submission.certificates.values():
            check_in_time(each, now_ms=registry.runtime.now_ms())
        before = corrected(seen.connection, submission)
        alone = before.alone_in(before.run.inventory) if before else ()
        judge(registry, seen.connection, submission, trust, tables, alone=alone)
    return submission


def _made_and_used(judged: _Judged) -> tuple[set[object], set[object]]:
    if not isinstance(judged, Submission):
        return set(), set()
    run = judged.run
    made = {*judged.made, run_key(run.producer, run.run)}
    return made, {*judged.made, *runs_named(run.producer, run.absent or ())}


def _registrar(seen: RegistrySnapshot, submissions: Sequence[Submission], tables: FactorTables) -> Registrar:
    registrar = Registrar.begin(seen, tables)
    registrar.look_up(
        [lot for each in submissions for lot in each.lot_places],
        [key for each in submissions for key in each.statement],
    )
    return registrar


def _accepted(
    transaction: LogTransaction, group: Sequence[GroupRequest[_Judged, IssuedRun]], tables: FactorTables
) -> list[Prepared[IssuedRun] | OreprintError]:
    """Return what of a group may be logged, and what became of the others; places and seals are written down."""
    registry, connection = transaction.registry, transaction.connection
    submissions = [judged for judged, *_ in group if isinstance(judged, Submission)]
    logged = logged_records(connection, [judged.issuance for judged in submissions])
    registrar = _registrar(transaction, submissions, tables)
    outcomes: list[Prepared[IssuedRun] | OreprintError] = []
    accepted: list[Submission] = []
    for judged, _, author, _ in group:
        try:
            if not isinstance(judged, Submission):
                outcomes.append(judged)
            elif judged.issuance in logged:
                outcomes.append(unchanged(answer_again(registry, connection, judged.issuance)))
            else:
                would, before = registrar.accept(judged), judged.follows
                verb: Verb = "correct" if before else "issue"
                passed = transaction.gate.check(verb, judged.run.producer, author, partial(asked_signed, would))
                outcomes.append(prepared(would, passed, before=digest_bytes(before.record) if before else None))
                accepted.append(judged)
        except OreprintError as refusal:
            outcomes.append(refusal)
    release(connection, [place for judged in accepted for place in judged.places])
    keep_seals(connection, [seal for judged in accepted for seal in judged.sealed])
    return outcomes
