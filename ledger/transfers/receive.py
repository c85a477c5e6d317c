"""Take in holdings from another registry, by the trust lists of other registries that are pinned here.

Rules:

1. A move that names another registry is logged where the holding is, and leaves its mark there
   (`ledger.transfers.ship.send`).  From then on only the registry that it names can log a use.  There is no offer to
   accept: a holding that was moved by mistake is sent back.
2. The consignee brings the transfer, a bundle with the new holding.  This registry judges it as any verifier would, by
   the trust lists that it has pinned: head, cosignatures, inclusion, the whole way.  It takes in only a genuine
   transfer, and each move only once: the record of the move is logged here too, without a mark.
3. One head of each other registry counts here, and all stored records of that registry are proven to it.  A transfer
   with another head needs the published log (`ledger.transfers.refresh`), which must begin with both heads.  If a
   registry closed one log and opened another, a transfer with records in both is not accepted.
4. A transfer that comes again, or a newer one of the same moves, only brings proofs up to date.  If it has other moves
   too, those are taken in.

The only socket is to a published log that the caller names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.bundles.imported import arrival_row, key_of
from ledger.factors.tables import FactorTables
from ledger.holdings.mark import commitment
from ledger.holdings.spending import Holding
from ledger.holdings.split import SplitRecord
from ledger.lots.balance import holding_row
from ledger.registry.append import LogTransaction, Posting, append
from ledger.registry.pinned import trust_in, trusted
from ledger.registry.registry import OpenRegistry
from ledger.remote.objects import ObjectStore
from ledger.seal.digest import certificate_digest_bytes, digest_bytes
from ledger.seal.sdjwt import open_certificate
from ledger.seal.statement import open_statement
from ledger.store import schema
from ledger.store.abroad import (
    ArrivedLine,
    drop_trust,
    head_of,
    keep_arrivals,
    keep_head,
    keep_list,
    keep_trust,
    pinned_notes,
    registry_copy,
)
from ledger.store.engine import reading, writing
from ledger.store.lots import StoredLot
from ledger.store.parties import issuers
from ledger.store.reading import logged_records
from ledger.store.rows import ArrivalRow
from ledger.transfers.refresh import PublishedLog, Refreshed, again_if_meanwhile, refreshed
from ledger.trust.pinned import Trust, is_signed_by, open_trust, succeed
from ledger.trust.status import open_status_list
from ledger.verify.chain import Chain, Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.bundle import (
    BundleLine,
    CertificateLine,
    HeadLine,
    HoldingLine,
    SplitLine,
    StatementLine,
    StatusLine,
    read_line,
)
from schemas.holding import Holder
from schemas.problem import CheckError, InputError, MissingError, RefusedError
from schemas.quantity import milligrams
from schemas.statement import Move, Undo
from schemas.trust import ListProof


class ReceivedMove(NamedTuple):
    """An accepted transfer: its lot, the registry of its origin, its mass in mg, and the number of its holdings."""

    lot: StoredLot
    registry: str
    mass_mg: int
    holdings: int


def pin(registry: OpenRegistry, note: str, proof: ListProof | None = None, *, accept: bool = False) -> tuple[str, ...]:
    """Pin the trust list of other registries, which the caller has reason to trust; return their names.

    A newer list than the one pinned must be the next, signed by that one's keys too, weaken nothing that its reader
    relies on (`ledger.trust.following`), and be logged (`ledger.trust.logged`). With `accept` the caller takes any list
    that isn't older, whatever it changes.
    A registry whose own list is pinned keeps that, whatever another list says of it.

    Raises:
        InputError: `abroad.own-list`; InputError, CheckError: as `open_trust` and `succeed`; `trust.contradiction`.
    """
    with writing(registry.engine) as connection:
        pinned = pinned_notes(connection)
        names = spoken_for(registry, note, pinned)
        for name in names:
            if name in pinned and pinned[name] != note:
                _check_follows(open_trust(pinned[name]), note, proof, accept=accept)
            keep_trust(connection, name, note)
        trust_in(connection)
        connection.commit()
    return names


def unpin(registry: OpenRegistry, name: str) -> None:
    """Trust another registry no more: forget the list that is pinned for it.

    Raises:
        MissingError: `abroad.not-pinned`; RefusedError: `abroad.pin-used`, while records of it are kept here.
    """
    with writing(registry.engine) as connection:
        if name not in pinned_notes(connection):
            raise MissingError.at("abroad.not-pinned", registry=name)
        if head_of(connection, name) is not None:
            raise RefusedError.at("abroad.pin-used", registry=name)
        drop_trust(connection, name)
        connection.commit()


def spoken_for(registry: OpenRegistry, note: str, pinned: Mapping[str, str]) -> tuple[str, ...]:
    """Return the registries for which a list is pinned: the others that it names, but those with another list."""
    names = tuple(name for name in open_trust(note).registries if name != registry.did)
    if not names:
        raise InputError.at("abroad.own-list", registry=registry.did)
    own = tuple(name for name in names if name not in pinned or is_signed_by(note, open_trust(pinned[name])))
    return own or names


def _check_follows(known: Trust, note: str, proof: ListProof | None, *, accept: bool) -> None:
    """Check that a list may take the place of a pinned one, or raise as `pin`."""
    if not accept:
        succeed(known, note, proof)
        return
    listed = open_trust(note).listed
    if is_signed_by(note, known) and listed.number < known.listed.number:
        raise CheckError.at("trust.rollback", number=listed.number, seen=known.listed.number)


class _Moved(NamedTuple):
    """A move of a transfer: its line, its content, and the text of the holding that it brings."""

    line: StatementLine
    said: Move
    text: str

    @property
    def digest(self) -> bytes:
        """Its record digest."""
        return key_of(self.line)


@dataclass(frozen=True, slots=True)
class _Transfer:
    """A transfer that was judged genuine."""

    lines: tuple[BundleLine, ...]
    chain: Chain
    moves: tuple[_Moved, ...]

    def beginning_with(self, known: Collection[bytes]) -> _Transfer:
        """Return it with the moves that are logged here already first: all lines are kept under the first."""
        return replace(self, moves=tuple(sorted(self.moves, key=lambda move: move.digest not in known)))

    def rows(self) -> list[ArrivalRow]:
        """Return the rows of the arrivals."""
        seen = self.chain.seen[self.chain.subject or ""]
        certificate = certificate_digest_bytes(seen.digest)
        shown = next(line for line in self.lines if isinstance(line, CertificateLine) and key_of(line) == certificate)
        jws = shown.certificate.partition("~")[0]
        first = self.chain.paths.first(seen.issuance)
        return [
            arrival_row(seen.record, move.digest, first, (certificate, jws), self.moves[0].digest)
            for move in self.moves
        ]

    def held(self) -> list[Holding]:
        """Return the holdings that came, each with the number of records between its root and it."""
        before = dict(filter(None, map(_creator, self.lines)))
        found = []
        for move in self.moves:
            steps, at = 0, move.digest
            while at in before:
                steps, at = steps + 1, before[at]
            mass = milligrams(move.said.creates.mass_kg)
            found.append(Holding(commitment(move.text), move.text, move.digest, None, mass, steps))
        return found

    def heads(self, home: str) -> list[HeadLine]:
        """Return the heads of registries other than the one that it came to."""
        return [line for line in self.lines if isinstance(line, HeadLine) and line.registry != home]

    def lists(self, registry: str) -> list[StatusLine]:
        """Return the status lists of a registry."""
        return [line for line in self.lines if isinstance(line, StatusLine) and line.registry == registry]

    def kept(self) -> list[ArrivedLine]:
        """Return the lines that show records."""
        found: list[ArrivedLine] = []
        for line in self.lines:
            if isinstance(line, CertificateLine):
                registry = open_certificate(line.certificate).record.registry
            elif isinstance(line, SplitLine | StatementLine):
                registry = line.registry
            else:
                continue
            found.append(ArrivedLine(self.moves[0].digest, len(found), registry, line.to_text()))
        return found


def _creator(line: BundleLine) -> tuple[bytes, bytes] | None:
    """Return the digests of a record on a holding's path, and of the record that created the holding it uses."""
    match line:
        case SplitLine():
            return key_of(line), SplitRecord.parse(line.split).creator
        case StatementLine():
            said = open_statement(line.statement, kind=line.kind).value
            if isinstance(said, Move):
                return key_of(line), digest_bytes(said.uses.creator)
            return (key_of(line), digest_bytes(said.issuance)) if isinstance(said, Undo) else None
        case _:
            return None


def receive(
    registry: OpenRegistry,
    lines: Sequence[bytes],
    *,
    consignee: str,
    tables: FactorTables,
    log: ObjectStore | None = None,
) -> ReceivedMove:
    """Take in holdings that were moved here from another registry: `lines` are those of their transfer.

    `log` is where the registry that they come from publishes its log; it is needed where another head of that log is
    known here.

    Raises:
        InputError: `bundle.*`; CheckError: `abroad.unsound`, `abroad.rebuilt`, `abroad.head`.
        RefusedError: `abroad.not-here`, `abroad.other-head`, `abroad.two-logs`, `abroad.meanwhile`,
            `issue.unknown-owner`.
    """
    judged = _judged(registry, lines, consignee=consignee, tables=tables)
    first, held = judged.rows()[0], judged.held()
    lot = StoredLot(*first[1:9], touched=True, home=first.registry)

    def once() -> None:
        proven = None if log is None else _proven(registry, judged, log)
        with append(registry) as transaction:
            _receive(transaction, judged, proven, lot, consignee=consignee)

    again_if_meanwhile(once)
    return ReceivedMove(lot, judged.moves[0].said.registry, sum(each.mass_mg for each in held), len(held))


def _receive(
    transaction: LogTransaction,
    judged: _Transfer,
    proven: Mapping[str, _Proven] | None,
    lot: StoredLot,
    *,
    consignee: str,
) -> None:
    """Log the moves of a transfer that are new here, and keep the proofs of all of them."""
    connection, registry = transaction.connection, transaction.registry
    if consignee not in issuers(connection):
        raise RefusedError.at("issue.unknown-owner", "--as", owner=consignee)
    holder = Holder(owner=consignee, registry=registry.did)
    known = logged_records(connection, [move.digest for move in judged.moves])
    transfer = judged.beginning_with(known)
    rows = transfer.rows()
    lines = _settled(connection, transfer, proven, trusted_by=trust_in(connection), home=registry.did)
    postings = [
        Posting(
            "move",
            row.move,
            move.line.statement.encode(),
            rows=((schema.HOLDINGS, holding_row(each, lot, holder)), (schema.ARRIVALS, row)),
        )
        for row, move, each in zip(rows, transfer.moves, transfer.held(), strict=True)
        if row.move not in known
    ]
    if known:
        keep_arrivals(connection, [row for row in rows if row.move in known], lines)
    else:
        postings[-1] = postings[-1].also((schema.ARRIVED_LINES, line) for line in lines)
    transaction.log(*postings)


def _judged(registry: OpenRegistry, lines: Sequence[bytes], *, consignee: str, tables: FactorTables) -> _Transfer:
    """Judge a transfer as any verifier would (rule 2), and find the moves that bring its holdings here."""
    chain = verify_bundle(lines, trust=trusted(registry), tables=tables, policy=Policy(at_ms=registry.runtime.now_ms()))
    found = report(chain)
    if found.verdict != "genuine":
        raise CheckError.at("abroad.unsound", verdict=found.verdict, reason=found.headline)
    read = tuple(read_line(line, "transfer") for line in lines)
    own = {digest_bytes(line.creator): line.holding for line in read if isinstance(line, HoldingLine)}
    due = Holder(owner=consignee, registry=registry.did)
    shown = (line for line in read if isinstance(line, StatementLine) and key_of(line) in own)
    moves = tuple(
        _Moved(line, said, own[key_of(line)])
        for line in shown
        if isinstance(said := open_statement(line.statement, kind=line.kind).value, Move)
        and said.to_registry == registry.did != said.registry
    )
    theirs = [each for each in chain.owned if each.holder == due]
    if not own or not len(moves) == len(own) == len(chain.owned) == len(theirs):
        raise RefusedError.at("abroad.not-here", owner=consignee, registry=registry.did)
    return _Transfer(read, chain, moves)


class _Proven(NamedTuple):
    """Records proven to another registry's newest head: those stored here, and the lines of a transfer."""

    renewal: Refreshed
    lines: Mapping[int, ArrivedLine]


def _proven(registry: OpenRegistry, transfer: _Transfer, log: ObjectStore) -> dict[str, _Proven]:
    """Prove records to the newest published head of each registry of which another is known (rule 3).

    A network is asked, so it is done before the write lock is taken; `_settled` holds that nothing has changed since.
    """
    heads = transfer.heads(registry.did)
    with reading(registry.engine) as connection:
        _check_one_log(connection, heads)
        trust = trust_in(connection)
        kept = {head.registry: registry_copy(connection, head.registry) for head in heads}
    proven = {}
    for head in heads:
        name, before = head.registry, kept[head.registry]
        if before.head is not None and before.head != head.checkpoint:
            published = PublishedLog.at(log, before.head, trust=trust, registry=name, now_ms=registry.runtime.now_ms())
            renewal = refreshed(published, before, (before.head, head.checkpoint), transfer.lists(name))
            lines = {line.number: published.anew(line) for line in transfer.kept() if line.registry == name}
            proven[name] = _Proven(renewal, lines)
    return proven


def _settled(
    connection: Connection, transfer: _Transfer, proven: Mapping[str, _Proven] | None, *, trusted_by: Trust, home: str
) -> list[ArrivedLine]:
    """Let one head of each other registry count (rule 3); return the transfer's lines proven to these heads."""
    lines = {line.number: line for line in transfer.kept()}
    heads = transfer.heads(home)
    _check_one_log(connection, heads)
    for head in heads:
        if proven is not None and head.registry in proven:
            proven[head.registry].renewal.keep(connection)
            # which of the moves the lines are kept under, what is here by now decides
            lines |= {
                number: lines[number]._replace(line=anew.line) for number, anew in proven[head.registry].lines.items()
            }
        elif head_of(connection, head.registry) in (None, head.checkpoint):
            keep_head(connection, head.registry, head.checkpoint)
            _keep_lists(connection, transfer.lists(head.registry), trusted_by)
        elif proven is None:
            raise RefusedError.at("abroad.other-head", registry=head.registry)
        else:
            raise RefusedError.at("abroad.meanwhile", registry=head.registry)
    return list(lines.values())


def _check_one_log(connection: Connection, heads: Sequence[HeadLine]) -> None:
    """Check that all records of another registry, kept or new, are in one log of it."""
    logs: dict[str, str] = {}
    for head in heads:
        for note in (head_of(connection, head.registry), head.checkpoint):
            origin = (note or head.checkpoint).partition("\n")[0]
            if logs.setdefault(head.registry, origin) != origin:
                raise RefusedError.at("abroad.two-logs", registry=head.registry)


def _keep_lists(connection: Connection, lists: Sequence[StatusLine], trust: Trust) -> None:
    for line in lists:
        known = trust.registry(line.registry)
        record = open_status_list(line.credential, keys=known.status_keys).record
        keep_list(connection, line.registry, line, name=f"{record.purpose}/{record.list}")
