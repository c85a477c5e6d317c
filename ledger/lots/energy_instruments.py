"""Electricity instruments of a record: the lots of their statements, and statements entered now.

Rules:

1. A line names its scheme and its statement.  The kWh come out of the lot of that statement, and the producer must hold
   them.
2. The run's own producer enters a statement that has no lot yet: with the kWh of `whole`, else with those that it uses.
3. Where the trust list names a home for the scheme, only that registry takes statements.  Where it names agents, only
   they enter them.
4. A supplier's own factor is for all its customers.  It has no lot.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.lots.lineage import jws_of, undone
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_text, to_base64url
from ledger.seal.sdjwt import open_certificate
from ledger.store.abroad import foreign_lots
from ledger.store.engine import reading
from ledger.store.lots import StoredLot, ever_held, lots_of_issuance, used_instruments
from ledger.store.reading import successor_of
from ledger.trust.pinned import Trust
from schemas.answers.life import EnteredStatement
from schemas.certificate import CertificateRecord
from schemas.instant import Period
from schemas.inventory import Cancelled, Electricity, InventoryGroup, instrument_key
from schemas.problem import RefusedError
from schemas.quantity import millionths, millionths_text
from schemas.record import ProductionRecord, WrittenCancelled, entered
from schemas.written import WrittenInstrument

Key = tuple[str, str]
"""Scheme and statement, as they are told apart."""


class StatementDraw(NamedTuple):
    """The energy that a record's lines draw from one statement, in mWh, and the instrument of the first such line."""

    item: WrittenInstrument
    mwh: int

    @property
    def key(self) -> Key:
        """The key that identifies the statement."""
        return instrument_key(self.item.scheme, self.item.statement)

    def check_said(self, said: Cancelled, net_mwh: int) -> None:
        """Refuse a statement that was entered in other words.

        Raises:
            RefusedError: `holding.instrument-otherwise`.
        """
        item = self.item
        told = (item.kind, item.grid, item.year, item.factor) == (said.kind, said.grid, said.year, said.factor)
        if not told or (item.whole is not None and millionths(item.whole) != net_mwh):
            raise RefusedError.at(
                "holding.instrument-otherwise",
                "electricity",
                statement=item.statement,
                scheme=item.scheme,
                whole=millionths_text(net_mwh),
                grid=said.grid,
                year=said.year,
                factor=said.factor,
            )

    def used(self) -> RefusedError:
        """Return the refusal of a statement that is another's."""
        return used(self.item.scheme, self.item.statement)


def used(scheme: str, statement: str) -> RefusedError:
    """Return the refusal of a statement that is another's."""
    return RefusedError.at("holding.instrument-used", "electricity", scheme=scheme, statement=statement)


def wanted_of(record: ProductionRecord) -> list[StatementDraw]:
    """Return what the lines of a record draw, one a statement."""
    found: dict[Key, StatementDraw] = {}
    for line in record.electricity:
        for item in line.instruments:
            if item.kind != "supplier":
                each = StatementDraw(item, millionths(item.amount))
                before = found.get(each.key)
                found[each.key] = each if before is None else before._replace(mwh=before.mwh + each.mwh)
    return list(found.values())


def keys_of(record: ProductionRecord) -> list[Key]:
    """Return the statements that a record names or enters."""
    own = [record.instrument.key] if record.instrument else []
    return own + [each.key for each in wanted_of(record)]


def named_alone(inventory: Iterable[InventoryGroup | None], drawn: Iterable[Cancelled]) -> list[Key]:
    """Return the statements that lines of a run name and that the run draws from no lot, as old records do."""
    lots = {said.key for said in drawn}
    lines = [line for group in inventory if isinstance(group, Electricity) for line in group.lines]
    return [key for line in lines for key in line.single_use if key not in lots]


def entering(record: ProductionRecord, wanted: StatementDraw, after: str | None = None) -> ProductionRecord:
    """Return the record that enters a statement for a run that draws from it: of its year, up to the run's end.

    `after` is the undo that freed it, where it had been entered before.
    """
    item = wanted.item
    said = WrittenCancelled(
        kind=item.kind if item.kind != "supplier" else None,
        scheme=item.scheme,
        statement=item.statement,
        amount=f"{item.whole or millionths_text(wanted.mwh)} kWh",
        grid=item.grid,
        year=item.year,
        factor=item.factor,
        after=after,
    )
    first, last = f"{item.year}-01-01", f"{item.year}-12-31"
    period = Period(start=first, end=max(first, min(last, record.period.end)))
    return entered(said, record.producer, record.facility, period)


class Statements:
    """The statements that are entered or used here, as one transaction sees them."""

    def __init__(self, connection: Connection, keys: Sequence[Key]) -> None:
        """Look up some of them."""
        self._connection = connection
        self._issuances: dict[Key, list[bytes]] = {}
        self._put: dict[Key, StoredLot] = {}
        self._arrived: dict[str, dict[Key, StoredLot]] = {}
        self.look_up(keys)

    def look_up(self, keys: Sequence[Key]) -> None:
        """Look up further ones; of others nothing can be asked."""
        further = [key for key in dict.fromkeys(keys) if key not in self._issuances]
        self._issuances.update((key, []) for key in further)
        for scheme, statement, issuance in used_instruments(self._connection, further) if further else ():
            self._issuances[scheme, statement].append(issuance)

    def put(self, key: Key, lot: StoredLot) -> None:
        """Register the lot of a statement that is not stored yet."""
        self._put[key] = lot

    def lot(self, key: Key, *, producer: str) -> StoredLot | None:
        """Return the lot of a statement, which stands or has ended; None where nobody has entered it here.

        Raises:
            RefusedError: `holding.instrument-used`, where an old run has used it without a lot.
        """
        if key in self._put:
            return self._put[key]
        standing = [each for each in self._issuances.get(key, ()) if not undone(self._connection, each)]
        lots = [lot for each in standing for lot in lots_of_issuance(self._connection, each)]
        found = next((lot for lot in lots if lot.kind == "electricity"), None)
        if standing and found is None:
            raise used(*key)
        return found or self._came(producer).get(key)

    def _came(self, producer: str) -> dict[Key, StoredLot]:
        """Return the lots of statements that came to a producer from other registries."""
        if producer not in self._arrived:
            came = self._arrived[producer] = {}
            for lot in foreign_lots(self._connection, owner=producer):
                if lot.kind == "electricity" and lot.certificate is not None:
                    said = open_certificate(f"{jws_of(self._connection, lot.certificate)}~").record.instrument
                    if said is not None:
                        came.setdefault(said.key, lot)
        return self._arrived[producer]

    def check_free(self, said: Cancelled) -> None:
        """Check that a statement may be entered: that it never was, or names the undo that freed it.

        Raises:
            RefusedError: `holding.instrument-used`, where it stands entered; `holding.instrument-after`.
        """
        due = self.freed_by(said.key)
        if said.after != due:
            told = {"scheme": said.scheme, "statement": said.statement, "found": said.after or "no undo"}
            raise RefusedError.at("holding.instrument-after", "after", **told, possible=due or "left out")

    def freed_by(self, key: Key) -> str | None:
        """Return the record digest of the last undo that freed a statement, None where it was never entered.

        Raises:
            RefusedError: `holding.instrument-used`, where it stands entered.
        """
        ends = [_end(self._connection, issuance) for issuance in self._issuances.get(key, ())]
        if key in self._put or None in ends:
            raise RefusedError.at("holding.instrument-used", "statement", scheme=key[0], statement=key[1])
        last = max(filter(None, ends), default=None)
        return None if last is None else to_base64url(last[1])


class InstrumentEntry(NamedTuple):
    """The lot of a statement that a party holds or held; without one, the undo that freed it, if one did."""

    lot: StoredLot | None
    after: str | None


def entry_of(connection: Connection, key: Key, *, party: str) -> InstrumentEntry:
    """Return where a statement stands for a party, which is to draw from it or to enter it.

    Raises:
        RefusedError: `holding.instrument-used`, where it is another's.
    """
    statements = Statements(connection, [key])
    lot = statements.lot(key, producer=party)
    if lot is None:
        return InstrumentEntry(None, statements.freed_by(key))
    if not ever_held(connection, lot, owner=party):
        raise used(*key)
    return InstrumentEntry(lot, None)


def entered_statement(registry: OpenRegistry, scheme: str, statement: str, *, party: str) -> EnteredStatement:
    """Return where a scheme's statement stands for a party; raise as `entry_of`."""
    with reading(registry.engine) as connection:
        entry = entry_of(connection, instrument_key(scheme, statement), party=party)
    lot = entry.lot
    certificate = None if lot is None or lot.certificate is None else certificate_digest_text(lot.certificate)
    return EnteredStatement(lot=None if lot is None else lot.lot, certificate=certificate, after=entry.after)


def _end(connection: Connection, issuance: bytes) -> tuple[int, bytes] | None:
    """Return entry and digest of the undo that an issuance, or one that corrects it, ended by."""
    while (found := successor_of(connection, issuance)) is not None:
        if found.kind == "undo":
            return found.entry, found.digest
        issuance = found.digest
    return None


def check_home(trust: Trust, said: Cancelled, *, producer: str, registry: str, now_ms: int) -> None:
    """Refuse to enter a statement in another registry than its scheme's home, or by another than its agents.

    Raises:
        RefusedError: `holding.instrument-elsewhere`.
    """
    home = trust.home_of(said.scheme, logged=now_ms)
    if home is not None and (home.registry != registry or (home.agents and producer not in home.agents)):
        raise RefusedError.at("holding.instrument-elsewhere", "electricity", scheme=said.scheme, registry=home.registry)


def statement_of(records: Iterable[CertificateRecord]) -> list[Key]:
    """Return the statement that the certificates of one issuance enter, if they do."""
    return [each.instrument.key for each in records if each.instrument is not None]
