"""Replace a run that was issued with a slip, before anything of it has left the plant.

Rules:

1. One commit undoes the run and issues the corrected record, so that no moment has both or neither.
2. A lot's name stands for one batch for ever. An output that keeps its name gets the next free one, such as
   ``AL-41-2``. The run keeps the plant's own name.
3. It is refused once anything of the run was used, offered or shipped (as `ledger.changes.undo`), a private link to it
   was opened, an attestation of it counts, or the record is the very one that was issued.
4. The old certificates are revoked, and their pages lead to the new ones. The old link never opens a new certificate,
   because the label on the drum carries the old seal.

What it can't know: whether somebody read the public page, or has a bundle. Such a bundle says *genuine* until its
status lists are a day old.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, count
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.changes.undo import LoggedUndo, undo_within
from ledger.drafting.draft import Draft
from ledger.factors.tables import FactorTables
from ledger.issuing.accept import Accepted
from ledger.issuing.asked import asked_run
from ledger.issuing.dry_run import Foreseen
from ledger.issuing.prepare import IssueSession, request_digest
from ledger.lots.certificates import opened
from ledger.lots.issuance import IssuedText
from ledger.plausibility.rules import Breach
from ledger.registry.append import LogTransaction, append, behind_commit
from ledger.registry.approval import NO_RECIPE, OPERATOR, ByRecipe, RequestedAct
from ledger.registry.lists import publish_status
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from ledger.seal.signer import SoftwareSigner
from ledger.store.attested import attestations_about
from ledger.store.engine import reading
from ledger.store.events import add_events
from ledger.store.lots import issued_requests, lots_named
from ledger.store.reading import certificates, certificates_of
from ledger.store.replacements import ReplacementRow, add_replacements, openings, replacement
from schemas.door import JsonValue
from schemas.lot import checked_lot, normal_lot
from schemas.problem import RefusedError
from schemas.record import ProductionRecord


class ReplacedRun(NamedTuple):
    """The result of a replacement: the run that was undone, and the certificates that were issued instead."""

    undone: LoggedUndo
    issued: tuple[IssuedText, ...]
    findings: tuple[Breach, ...]


class Successor(NamedTuple):
    """The certificate that replaces another, and the name of its lot."""

    digest: str
    lot: str


def replace_run(  # noqa: PLR0913 - what is replaced, by whom, why, and what goes with it
    registry: OpenRegistry,
    name: str,
    record: ProductionRecord,
    *,
    producer: str,
    tables: FactorTables,
    status: SoftwareSigner,
    author: str = OPERATOR,
    reason: str = "",
    recipe: ByRecipe = NO_RECIPE,
    also: Callable[[Connection, bytes], None] = lambda _connection, _issuance: None,
) -> ReplacedRun:
    """Undo the run that made a lot, and issue a corrected record in the same commit.

    The event and an approval tell the `reason`. `recipe` is the one that the record was made by, if any. `also` is done
    in the same commit, with the new issuance.

    Raises:
        UnapprovedError: `approval.*`, for an `author` whose party has a rule of two persons.
        OreprintError: as `ledger.changes.undo.undo` and `ledger.issuing.issue.issue`; RefusedError: `replace.same`,
            `replace.attested`, `replace.opened`, `replace.other-producer`.
    """
    with append(registry) as transaction:
        connection = transaction.connection
        made = _prepared(transaction, name, record, producer=producer, tables=tables)
        passed = transaction.gate.check("replace", producer, author, partial(made.asked, reason, recipe))
        transaction.log(*made.accepted.postings)
        submission, old = made.accepted.submission, made.old
        before = {
            digest: opened(each.row.jws).record.batch.lot for digest, each in certificates(connection, old).items()
        }
        names = list(zip(_lots(record), _lots(made.record), strict=True))
        add_replacements(
            connection,
            [
                ReplacementRow(was, certificate_digest_bytes(new.digest), new.lot, transaction.now_ms)
                for was, new in same_goods(before, names, submission.issued).items()
            ],
        )
        subject = f"{', '.join(made.undone.lots)} -> {', '.join(each.lot for each in submission.issued)}"
        subject = f"{subject}: {reason}" if reason else subject
        add_events(connection, [passed.event(subject, before=old[0], after=submission.issuance)])
        also(connection, submission.issuance)
    # A crash here: it is done, and the lists don't show it yet; the next `publish_status` finds them changed.
    with behind_commit(registry):
        publish_status(registry, signer=status)
    return ReplacedRun(made.undone, submission.issued, made.accepted.findings)


def foresee_replacement(
    registry: OpenRegistry, name: str, record: ProductionRecord, *, producer: str, tables: FactorTables
) -> Foreseen:
    """Return the preview of a replacement. It is done in a transaction that is taken back, so nothing changes.

    Raises:
        OreprintError: as `replace_run`, without the approvals.
    """
    found: list[Foreseen] = []
    with suppress(_TakenBackError), append(registry) as transaction:
        made = _prepared(transaction, name, record, producer=producer, tables=tables)
        found.append(Foreseen(made.draft, made.accepted.findings))
        raise _TakenBackError
    return found[0]


class _TakenBackError(Exception):
    """A rehearsal is over."""


class _Prepared(NamedTuple):
    """A replacement before the gate: the run that was undone, its certificates, and the record that is issued now."""

    undone: LoggedUndo
    old: list[bytes]
    record: ProductionRecord
    draft: Draft
    accepted: Accepted

    def asked(self, reason: str, recipe: ByRecipe) -> RequestedAct:
        """Return the parts that an approval binds."""
        run = asked_run(self.record, self.draft, self.accepted, recipe=recipe)
        more: dict[str, JsonValue] = {"certificates": [*self.undone.certificates]}
        more |= {"reason": reason} if reason else {}
        return RequestedAct(", ".join(self.undone.lots), {**run.parts, **more}, run.series)


def _prepared(
    transaction: LogTransaction, name: str, record: ProductionRecord, *, producer: str, tables: FactorTables
) -> _Prepared:
    """Undo the run and prepare the corrected one, under the next free names."""
    connection = transaction.connection
    if record.producer != producer:
        raise RefusedError.at("replace.other-producer", "producer", producer=record.producer, party=producer)
    same = issued_requests(connection, [request_digest(record)])
    undone = undo_within(transaction, name, producer=producer, allow=lambda _: None)  # the gate comes later
    old = [certificate_digest_bytes(each) for each in undone.certificates]
    _check_unseen(connection, old, undone)
    if any(each.row.digest in old for issuance in same.values() for each in certificates_of(connection, issuance)):
        raise RefusedError.at("replace.same", lot=undone.lots[0])
    renamed = _renamed(connection, record)
    session = IssueSession.begin(transaction, tables, [renamed])
    draft, accepted = session.prepare(renamed, request_digest(renamed))
    return _Prepared(undone, old, renamed, draft, accepted)


def successor_of_lot(registry: OpenRegistry, digest: str) -> Successor | None:
    """Return the successor of a certificate that was replaced before shipment, or None."""
    with reading(registry.engine) as connection:
        row = replacement(connection, certificate_digest_bytes(digest))
    return None if row is None else Successor(certificate_digest_text(row.successor), row.lot)


def same_goods(
    before: Mapping[bytes, str], names: Sequence[tuple[str, str]], issued: Iterable[IssuedText]
) -> dict[bytes, IssuedText]:
    """Return the new certificate of each old one, by its digest, where both are of the same goods.

    `before` are the lots of the old certificates, `names` the name of each output as written and as it was issued.
    Goods are the same if the old name is the written one, or a later form of it (``AL-41-2``); else if the written one
    is a later form of the old. Where it could be that of two outputs, the longer written name is meant.
    """
    new = {each.lot: each for each in issued}
    longest_first = sorted(names, key=lambda each: len(normal_lot(each[0])), reverse=True)
    found: dict[bytes, IssuedText] = {}
    for earlier in (False, True):
        for digest, lot in before.items():
            for written, name in longest_first:
                former, later = (lot, written) if earlier else (written, lot)
                if digest not in found and name in new and new[name] not in found.values() and _later(former, later):
                    found[digest] = new[name]
    return found


def _later(former: str, later: str) -> bool:
    """Return whether a lot's name is another, or a later form of it."""
    return re.fullmatch(rf"{re.escape(normal_lot(former))}(?:-[0-9]+)?", normal_lot(later)) is not None


def next_free_lots(registry: OpenRegistry, facility: str, lots: Sequence[str]) -> list[str]:
    """Return the name that each lot of a run gets when the run is replaced."""
    written = {normal_lot(lot) for lot in lots}
    with reading(registry.engine) as connection:
        return [_free(connection, facility, lot, written) for lot in lots]


def _lots(record: ProductionRecord) -> list[str]:
    return [output.lot for output in record.outputs]


def _check_unseen(connection: Connection, old: list[bytes], undone: LoggedUndo) -> None:
    lot = undone.lots[0]
    if attestations_about(connection, old):
        raise RefusedError.at("replace.attested", lot=lot)
    times = openings(connection, old)
    if times:
        raise RefusedError.at("replace.opened", lot=lot, count=times)


def _renamed(connection: Connection, record: ProductionRecord) -> ProductionRecord:
    """Return the record with the next free name for each output whose name is taken (rule 2)."""
    written = {normal_lot(lot) for lot in _lots(record)}
    outputs = tuple(
        output.model_copy(update={"lot": _free(connection, record.facility, output.lot, written)})
        for output in record.outputs
    )
    return record.model_copy(update={"outputs": outputs})


def _free(connection: Connection, facility: str, lot: str, written: set[str]) -> str:
    """Return a lot's own name, or the next that no lot of the plant has and that is not written for another output."""
    later = (checked_lot(f"{lot}-{number}") for number in count(2))
    names = chain([lot], (name for name in later if normal_lot(name) not in written))
    return next(
        name for name in names if all(each.facility != facility for each in lots_named(connection, normal_lot(name)))
    )
