"""What a producer with its own key asks for before it signs: holdings of exactly a mass, and places in the status lists.

Rules: the registry splits, owner and registry stay, so asking changes nobody's stock and is harmless if nothing comes of it; who
asks again gets the same holdings while they are unused.  A place that is allotted is nobody else's, until what was signed at it can't be
logged any more.
What this module does not do: it signs nothing and issues nothing (`ledger.issuing.submit`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, cast

from ledger.holdings.move import CLOCK_MS, TIME_TO_LOG_MS
from ledger.lots.balance import Balances, certificate_record, check_unit, split_posting, too_little
from ledger.registry.commits import Prepared, in_commits
from ledger.seal.disclosure import HOLDING_SALT_BYTES
from ledger.store.desk import end_reserved, reserve, reserved_count
from ledger.store.places import StatusPlaces
from schemas.problem import InputError, OreprintError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from ledger.holdings.spending import Holding
    from ledger.registry.append import Slot
    from ledger.registry.commits import Note, Told
    from ledger.registry.registry import OpenRegistry
    from ledger.store.lots import StoredLot

MOST_PLACES: Final = 1000
"""Places kept for one party at a time: a day's certificates of a large plant."""
DAY_MS: Final = 24 * 3600 * 1000
KEPT_MS: Final = DAY_MS + TIME_TO_LOG_MS + CLOCK_MS
"""How long a place is kept: a day to sign at it, the week in which that may be logged, and what the clock of who signed may be ahead."""


class Reservation(NamedTuple):
    """Holdings of a lot that have a mass together, each to be used whole."""

    lot: StoredLot
    held: tuple[Holding, ...]


class ReserveRequest(NamedTuple):
    """A mass that `owner` wants of the lot that it calls `lot`, in holdings of just that; `unit` is what it was said in, if that counts."""

    owner: str
    lot: str
    mass_mg: int
    unit: str | None = None


def reserve_holdings(registry: OpenRegistry, asked: Sequence[tuple[ReserveRequest, Note[Reservation]]]) -> list[Told]:
    """Give each the holdings that have exactly its mass together, split off where need be, all in one commit.

    A refusal is MissingError `holding.unknown`; RefusedError `holding.*`; InputError `quantity.zero`, `quantity.lot-unit`.

    Raises:
        StateError: as `ledger.registry.append.append`.

    """

    def prepare(
        connection: Connection, slot: Slot, wanted: Sequence[ReserveRequest]
    ) -> list[Prepared[Reservation] | OreprintError]:
        stock = Balances(connection, registry.did, slot.now_ms)
        return [_attempt(registry, stock, each) for each in wanted]

    return cast("list[Told]", in_commits(registry, asked, prepare))  # all were noted


def _attempt(registry: OpenRegistry, stock: Balances, wanted: ReserveRequest) -> Prepared[Reservation] | OreprintError:
    try:
        return _allotted(registry, stock, wanted)
    except OreprintError as refusal:
        return refusal


def _allotted(registry: OpenRegistry, stock: Balances, wanted: ReserveRequest) -> Prepared[Reservation]:
    """Draw a mass and put it back: nobody has used it yet, so who asks next finds it."""
    if wanted.mass_mg <= 0:
        raise InputError.at("quantity.zero", "mass", value=wanted.mass_mg)
    found = stock.usable(wanted.owner, wanted.lot)
    lot, shelf = found.lot, found.shelf
    if lot.certificate is None:
        raise RefusedError.at("holding.not-certified", lot=lot.lot)
    check_unit(lot, wanted.unit)
    masses = shelf.select(wanted.mass_mg)
    if masses is None:
        record = certificate_record(stock.connection, lot)
        raise too_little(found, record, needed_mg=wanted.mass_mg, place="mass")
    before = list(shelf.held)
    try:
        drawn = [shelf.spend(each, lambda: registry.runtime.random(HOLDING_SALT_BYTES)) for each in masses]
    except OreprintError:
        shelf.held[:] = before
        raise
    for each in drawn:
        shelf.put_back(each.held)
    made = Reservation(lot, tuple(each.held for each in drawn))
    splits = tuple(split_posting(one, lot, shelf.holder) for each in drawn for one in each.splits)
    return Prepared(splits, lambda _: made)


class StatusSlotsRequest(NamedTuple):
    """A number of places of the status lists, to be kept for a tenant."""

    tenant: str
    number: int


class StatusSlots(NamedTuple):
    """Places of the status lists, `(list, index)` each."""

    kept: tuple[tuple[int, int], ...]


def reserve_slots(registry: OpenRegistry, asked: Sequence[tuple[StatusSlotsRequest, Note[StatusSlots]]]) -> list[Told]:
    """Keep places of the status lists for each, all in one commit; a refusal is InputError `api.places`.

    Raises:
        StateError: as `ledger.registry.append.append`.

    """

    def prepare(
        connection: Connection, slot: Slot, wanted: Sequence[StatusSlotsRequest]
    ) -> list[Prepared[StatusSlots] | OreprintError]:
        lists = StatusPlaces(connection, registry.runtime.random)
        return [_kept(connection, lists, each, now_ms=slot.now_ms) for each in wanted]

    return cast("list[Told]", in_commits(registry, asked, prepare))  # all were noted


def _kept(
    connection: Connection, lists: StatusPlaces, wanted: StatusSlotsRequest, *, now_ms: int
) -> Prepared[StatusSlots] | OreprintError:
    end_reserved(connection, wanted.tenant, before_ms=now_ms - KEPT_MS)
    if not 0 < wanted.number <= MOST_PLACES - reserved_count(connection, wanted.tenant):
        return InputError.at("api.places", "count", limit=MOST_PLACES, days=-(-KEPT_MS // DAY_MS))
    places = StatusSlots(tuple(lists.take() for _ in range(wanted.number)))
    reserve(connection, places.kept, tenant=wanted.tenant, now_ms=now_ms)
    return Prepared((), lambda _: places)
