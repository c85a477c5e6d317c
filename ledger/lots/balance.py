"""Find the lots that a producer holds and their unused mass, and draw exact masses from them.

Rules: a name is a lot as its holder knows it (`schemas.lot` tells names apart), or a certificate's digest; whose it is
counts, not who made it.  A lot of the same name at two plants is told apart by which of them the holder has something
of, else by the certificate. Within one transaction each lot is read once and kept, so that one commit can draw from it
many times.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.holdings.spending import ExactHolding, Holding, PlannedSplit, UnusedHoldings
from ledger.lots.lineage import State, jws_of, lineage, lot_of, state_of
from ledger.registry.append import Posting
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text, is_certificate_digest
from ledger.seal.sdjwt import open_certificate
from ledger.store import schema
from ledger.store.abroad import anything_arrived, foreign_lots
from ledger.store.engine import reading
from ledger.store.lots import (
    LotKey,
    StoredLot,
    ever_held,
    lot_alike,
    lots_certified,
    lots_named,
    lots_of,
    lots_of_page,
    offered_mg,
    unused,
)
from ledger.store.rows import HoldingRow
from schemas.certificate import CertificateRecord
from schemas.holding import Holder
from schemas.instant import epoch_ms
from schemas.lot import normal_lot
from schemas.problem import InputError, MissingError, Problem, RefusedError
from schemas.quantity import kg_text, millionths, trillionths_text
from schemas.vocabulary import unit_of

MASS: Final = attrgetter("mass_mg")
"""The sort key of holdings."""
MILLION: Final = 10**6
"""All of a mass, as fractions are counted."""


@dataclass(frozen=True, slots=True)
class LotShelf:
    """A lot and what one holder can draw of it."""

    lot: StoredLot
    shelf: UnusedHoldings

    def held(self, wanted: bytes, mass_mg: int) -> Holding | None:
        """Return the unused holding of a commitment, None if there is none; those of the mass are looked at first."""
        held = self.shelf.held
        for at in range(bisect_left(held, mass_mg, key=MASS), len(held)):
            if held[at].mass_mg != mass_mg:
                break
            if held[at].commitment == wanted:
                return held[at]
        return next((each for each in held if each.commitment == wanted), None)


@dataclass(slots=True)
class Balances:
    """The lots of a registry as a transaction sees them; `now_ms` decides which offers still wait."""

    connection: Connection
    registry: str
    now_ms: int
    _jws: dict[bytes, str] = field(default_factory=dict)
    _arrivals: bool = field(init=False)
    _named: dict[tuple[str, str], LotShelf] = field(default_factory=dict)
    _put: dict[str, list[LotShelf]] = field(default_factory=dict)
    _shelves: dict[tuple[str, bytes, int], LotShelf] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Ask once whether there is anything from other registries."""
        self._arrivals = anything_arrived(self.connection)

    def find(self, owner: str, name: str) -> LotShelf:
        """Return the lot that `owner` calls `name` (a lot, or a certificate's digest ``zQm…``).

        Raises:
            MissingError: `holding.unknown`, when there is no such lot.
            RefusedError: `holding.not-yours` when `owner` never held any of it, `holding.ambiguous`.
        """
        if (owner, name) not in self._named:
            self._named[owner, name] = self._find(owner, name)
        return self._named[owner, name]

    def _find(self, owner: str, name: str) -> LotShelf:
        if is_certificate_digest(name):
            certified = lot_of(self.connection, certificate_digest_bytes(name))
            lots, put = [certified] if certified else [], self._put.get(name, [])
        else:
            lots, put = lots_named(self.connection, normal_lot(name)), self._put.get(normal_lot(name), [])
            if self._arrivals:
                lots += foreign_lots(self.connection, lot_normal=normal_lot(name))
        if not (lots or put):
            raise MissingError(Problem.at("holding.unknown", lot=name, owner=owner), *self._alike(owner, name))
        shelves = [self.shelf(owner, lot) for lot in lots if ever_held(self.connection, lot, owner=owner)]
        shelves += [each for each in put if each.shelf.holder.owner == owner]
        if not shelves:
            raise RefusedError(Problem.at("holding.not-yours", lot=name, owner=owner), *self._alike(owner, name))
        left = [each for each in shelves if each.shelf.held] or shelves
        if len(left) > 1:
            raise RefusedError.at("holding.ambiguous", lot=name)
        return left[0]

    def _alike(self, owner: str, name: str) -> Iterator[Problem]:
        """Yield a hint at one of `owner`'s lots whose name differs by a dash."""
        if not is_certificate_digest(name):
            other = lot_alike(self.connection, normal_lot(name), owner=owner)
            if other is not None:
                yield Problem.at("holding.alike", lot=name, other=other)

    def usable(self, owner: str, name: str) -> LotShelf:
        """Return the lot that `owner` calls `name`, with its latest certificate, if any of it may be used.

        Raises:
            MissingError: as `find`.
            RefusedError: as `find`; `holding.withdrawn`, `holding.suspended`, `holding.undone`.
        """
        found = self.find(owner, name)
        if not found.lot.touched:
            return found
        known = lineage(self.connection, found.lot)
        known.check_usable()
        return LotShelf(found.lot._replace(certificate=known.latest), found.shelf)

    def put(self, made: LotShelf, jws: str | None) -> None:
        """Register a lot that is not stored, with its certificate's JWS if it has one, in place of an earlier one."""
        self.forget(made.lot)
        self._put.setdefault(made.lot.lot_normal, []).append(made)
        if made.lot.certificate is not None and jws is not None:
            self._put[certificate_digest_text(made.lot.certificate)] = [made]
            self._jws[made.lot.certificate] = jws

    def forget(self, lot: StoredLot) -> None:
        """Forget a lot that was put."""
        others = [each for each in self._put.get(lot.lot_normal, ()) if each.lot != lot]
        self._put[lot.lot_normal] = others
        self._put.pop(certificate_digest_text(lot.certificate or b""), None)
        self._named.clear()  # what was found under its name before may be another lot now

    def reserve(
        self, found: LotShelf, mass_mg: int, new_salt: Callable[[], bytes], *, place: str = "", after: int = 0
    ) -> list[ExactHolding]:
        """Return holdings that have a mass together, split off where need be.

        Nobody has used them yet, so they stay on the shelf.

        `after` records at least can still lie below each.

        Raises:
            RefusedError: `holding.too-little`, `holding.less-power`, `holding.path-long`; then the shelf is as it was.
        """
        shelf = found.shelf
        masses = shelf.select(mass_mg)
        if masses is None:
            raise self._too_little(found, needed_mg=mass_mg, place=place)
        before = list(shelf.held)
        try:
            drawn = [shelf.spend(each, new_salt, after=after) for each in masses]
        except RefusedError:
            shelf.held[:] = before
            raise
        for each in drawn:
            shelf.put_back(each.held)
        return drawn

    def _too_little(self, found: LotShelf, *, needed_mg: int, place: str) -> RefusedError:
        """Return the refusal of a mass that a lot no longer has, told in its main tracked element."""
        if found.lot.certificate is None:
            return RefusedError.at("holding.not-certified", lot=found.lot.lot)
        if unit_of(found.lot.kind) == "kWh":
            left, needed = kg_text(found.shelf.left_mg), kg_text(needed_mg)
            return RefusedError.at("holding.less-power", place, lot=found.lot.lot, left=left, needed=needed)
        record = open_certificate(f"{self.jws(found.lot.certificate)}~").record
        tracked = [share for share in record.composition if share.extracted]
        main = max(tracked, key=lambda share: millionths(share.fraction), default=None)
        part = millionths(main.fraction) if main else MILLION
        left, needed = _told_apart(found.shelf.left_mg * part, needed_mg * part)
        element = main.element if main else "it"
        return RefusedError.at(
            "holding.too-little", place, lot=found.lot.lot, element=element, left=left, needed=needed
        )

    def jws(self, certificate: bytes) -> str:
        """Return the signed part of a certificate."""
        if certificate not in self._jws:
            self._jws[certificate] = jws_of(self.connection, certificate)
        return self._jws[certificate]

    def shelf(self, owner: str, lot: StoredLot) -> LotShelf:
        """Return what `owner` can draw of a lot."""
        key = (owner, lot.issuance, lot.output)
        if key not in self._shelves:
            held = unused(self.connection, lot, owner=owner, registry=self.registry, now_ms=self.now_ms)
            self._shelves[key] = LotShelf(lot, UnusedHoldings.of(Holder(owner=owner, registry=self.registry), held))
        return self._shelves[key]


def certificate_record(connection: Connection, lot: StoredLot) -> CertificateRecord:
    """Return the record in a lot's certificate.

    Raises:
        RefusedError: `holding.not-certified`.
    """
    if lot.certificate is None:
        raise RefusedError.at("holding.not-certified", lot=lot.lot)
    return open_certificate(jws_of(connection, lot.certificate) + "~").record


def check_in_force(record: CertificateRecord, *, now_ms: int, place: str = "") -> None:
    """Refuse to use a batch whose certificate has expired; a correction with a later date lets it be used again.

    Raises:
        RefusedError: `holding.expired`.
    """
    if record.valid_until is not None and epoch_ms(record.valid_until) < now_ms:
        raise RefusedError.at("holding.expired", place, lot=record.batch.lot, until=record.valid_until)


def _told_apart(one: int, other: int) -> tuple[str, str]:
    """Return two masses (10^-12 kg) in kg, with as few decimals, at least one, as tell them apart and from nothing."""
    pairs = (tuple(f"{Decimal(mass).scaleb(-12):.{places}f}" for mass in (one, other)) for places in range(1, 13))
    left, needed = next(pair for pair in pairs if pair[0] != pair[1] and not (one and Decimal(pair[0]) == 0))
    return left if one else "0.0", needed


class LotBalance(NamedTuple):
    """The unused mass of a lot that one holder has: in mg, elements in kg with up to 12 decimals.

    The unused mass is frozen unless the lot's `state` is "standing".
    """

    lot: StoredLot
    left_mg: int
    offered_mg: int
    elements: tuple[tuple[str, str], ...]
    state: State = "standing"


def check_unit(lot: StoredLot, unit: str | None, place: str = "mass") -> None:
    """Refuse kg of a lot that is counted in kWh, and kWh of goods.

    Raises:
        InputError: `quantity.lot-unit`.
    """
    if unit is not None and unit != unit_of(lot.kind):
        raise InputError.at("quantity.lot-unit", place, lot=lot.lot, found=unit, possible=unit_of(lot.kind))


class HoldingsPage(NamedTuple):
    """A page of what a party holds or held, and where the next one begins (None after the last)."""

    lots: list[LotBalance]
    next: str | None


def balances_of(
    connection: Connection,
    registry: str,
    *,
    owner: str,
    now_ms: int,
    lot: str | None = None,
    at_hand: bool = False,
) -> list[LotBalance]:
    """Return what `owner` has left of each lot that it holds or held, in log order, or of the one that it calls `lot`.

    With `at_hand`, lots of this registry that are used up are left out.

    Raises:
        MissingError: `holding.unknown`; RefusedError: `holding.not-yours`, `holding.ambiguous`.
    """
    stock = Balances(connection, registry, now_ms)
    if lot is not None:
        return [_left(stock, stock.find(owner, lot))]
    lots = lots_of(connection, owner, at_hand=at_hand) + foreign_lots(connection, owner=owner)
    return [_left(stock, stock.shelf(owner, each)) for each in lots]


def holdings_of(registry: OpenRegistry, owner: str, *, lot: str | None = None) -> list[LotBalance]:
    """Return what `owner` has left now of each lot, as `balances_of` does; raise as it does."""
    with reading(registry.engine) as connection:
        return balances_of(connection, registry.did, owner=owner, now_ms=registry.runtime.now_ms(), lot=lot)


def holdings_page(registry: OpenRegistry, owner: str, *, after: str | None, most: int) -> HoldingsPage:
    """Return what `owner` has left now of at most `most` lots, which begin after the position `after` (`LOT_CURSOR`).

    A page costs the same however many lots `owner` has: pages follow the keys of lots, as the index of holdings does.
    """
    with reading(registry.engine) as connection:
        found = lots_of_page(connection, owner, after=None if after is None else _key_of(after), most=most + 1)
        stock = Balances(connection, registry.did, registry.runtime.now_ms())
        told = [_left(stock, stock.shelf(owner, each)) for each in found[:most]]
    last = found[most - 1] if len(found) > most else None
    return HoldingsPage(told, None if last is None else f"{last.issuance.hex()}.{last.output}")


def _key_of(cursor: str) -> LotKey:
    issuance, _, output = cursor.partition(".")
    return LotKey(bytes.fromhex(issuance), int(output))


def unused_mg(registry: OpenRegistry, certificate: str, owner: str) -> int:
    """Return the mass in mg that `owner` holds unused of the lot with the certificate digest `certificate`."""
    now = registry.runtime.now_ms()
    with reading(registry.engine) as connection:
        lots = lots_certified(connection, [certificate_digest_bytes(certificate)])
        held = (unused(connection, lot, owner=owner, registry=registry.did, now_ms=now) for lot in lots)
        return sum(each.mass_mg for some in held for each in some)


def _left(stock: Balances, found: LotShelf) -> LotBalance:
    connection, left, owner = stock.connection, found.shelf.left_mg, found.shelf.holder.owner
    shares = certificate_record(connection, found.lot).composition if found.lot.certificate is not None else ()
    elements = tuple((e.element, trillionths_text(left * millionths(e.fraction))) for e in shares if e.extracted)
    offered = offered_mg(connection, found.lot, owner=owner, now_ms=stock.now_ms)
    return LotBalance(found.lot, left, offered, elements, state_of(connection, found.lot))


def holding_row(held: Holding, lot: StoredLot, holder: Holder) -> HoldingRow:
    """Return the row of a holding of a lot."""
    return HoldingRow(
        held.commitment,
        held.text,
        held.creator,
        held.parent,
        held.mass_mg,
        holder.owner,
        holder.registry,
        lot.issuance,
        lot.output,
        held.steps,
    )


def split_posting(made: PlannedSplit, lot: StoredLot, holder: Holder) -> Posting:
    """Return the posting of a split."""
    return Posting(
        "split",
        made.digest,
        made.text.encode(),
        marks=(made.uses.mark,),
        uses=(made.uses.commitment,),
        rows=tuple((schema.HOLDINGS, holding_row(part, lot, holder)) for part in made.parts),
    )
