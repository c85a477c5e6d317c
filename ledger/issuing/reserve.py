"""Reservations of a producer with its own key: exact holdings, and places in the status lists.

Rules: the registry splits, owner and registry stay, so asking changes nobody's stock and is harmless if nothing comes
of it; who asks again gets the same holdings while they are unused.  A place that is allotted is nobody else's, until
what was signed at it can't be logged any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.holdings.move import CLOCK_MS, TIME_TO_LOG_MS
from ledger.holdings.spending import Holding
from ledger.lots.balance import Balances, check_unit, split_posting
from ledger.registry.append import append
from ledger.registry.commits import GroupRequest, Prepared, RequestOutcome, groups, responses
from ledger.registry.registry import OpenRegistry
from ledger.seal.disclosure import HOLDING_SALT_BYTES
from ledger.store.lots import StoredLot
from ledger.store.places import StatusPlaces, end_reserved, reserve, reserved_count
from schemas.instant import DAY_MS
from schemas.problem import InputError, OreprintError, RefusedError

MOST_PLACES: Final = 1000
"""Places kept for one party at a time: a day's certificates of a large plant."""
KEPT_MS: Final = DAY_MS + TIME_TO_LOG_MS + CLOCK_MS
"""Time for which a place is reserved: a day to sign, a week to log, and the allowed error of the signer's clock."""


class Reservation(NamedTuple):
    """Holdings of a lot that have a mass together, each to be used whole."""

    lot: StoredLot
    held: tuple[Holding, ...]


class ReserveRequest(NamedTuple):
    """A mass that `owner` wants of its `lot` in holdings of just that; `unit`, if given, must be the lot's."""

    owner: str
    lot: str
    mass_mg: int
    unit: str | None = None


def reserve_holdings(
    registry: OpenRegistry, requests: Sequence[GroupRequest[ReserveRequest, Reservation]]
) -> list[RequestOutcome]:
    """Give each the holdings that have exactly its mass together, split off where need be, in as few commits as can be.

    A refusal is MissingError `holding.unknown`; RefusedError `holding.*`; InputError `quantity.zero`,
    `quantity.lot-unit`.

    Raises:
        StateError: as `ledger.registry.append.append`.
    """
    outcomes: list[Reservation | RequestOutcome] = []
    for group in groups(requests):
        with append(registry) as transaction:
            wanted = group.unanswered(transaction)
            stock = Balances(transaction.connection, registry.did, transaction.now_ms)
            outcomes += group.log(transaction, [_attempt(registry, stock, each.item) for each in wanted])
    return responses(outcomes)


def _attempt(registry: OpenRegistry, stock: Balances, wanted: ReserveRequest) -> Prepared[Reservation] | OreprintError:
    try:
        return _allotted(registry, stock, wanted)
    except OreprintError as refusal:
        return refusal


def _allotted(registry: OpenRegistry, stock: Balances, wanted: ReserveRequest) -> Prepared[Reservation]:
    if wanted.mass_mg <= 0:
        raise InputError.at("quantity.zero", "mass", value=wanted.mass_mg)
    found = stock.usable(wanted.owner, wanted.lot)
    lot = found.lot
    if lot.certificate is None:
        raise RefusedError.at("holding.not-certified", lot=lot.lot)
    check_unit(lot, wanted.unit)
    drawn = stock.reserve(found, wanted.mass_mg, lambda: registry.runtime.random(HOLDING_SALT_BYTES), place="mass")
    made = Reservation(lot, tuple(each.held for each in drawn))
    splits = tuple(split_posting(one, lot, found.shelf.holder) for each in drawn for one in each.splits)
    return Prepared(splits, lambda _: made)


class StatusSlotsRequest(NamedTuple):
    """A number of places of the status lists, to be kept for a tenant."""

    tenant: str
    number: int


class StatusSlots(NamedTuple):
    """Places of the status lists, `(list, index)` each."""

    kept: tuple[tuple[int, int], ...]


def reserve_slots(
    registry: OpenRegistry, requests: Sequence[GroupRequest[StatusSlotsRequest, StatusSlots]]
) -> list[RequestOutcome]:
    """Keep places of the status lists for each, in as few commits as can be; a refusal is InputError `api.places`.

    Raises:
        StateError: as `ledger.registry.append.append`.
    """
    outcomes: list[StatusSlots | RequestOutcome] = []
    for group in groups(requests):
        with append(registry) as transaction:
            wanted = group.unanswered(transaction)
            lists = StatusPlaces(transaction.connection, registry.runtime.random)
            kept = [_kept(transaction.connection, lists, each.item, now_ms=transaction.now_ms) for each in wanted]
            outcomes += group.log(transaction, kept)
    return responses(outcomes)


def _kept(
    connection: Connection, lists: StatusPlaces, wanted: StatusSlotsRequest, *, now_ms: int
) -> Prepared[StatusSlots] | OreprintError:
    end_reserved(connection, wanted.tenant, before_ms=now_ms - KEPT_MS)
    if not 0 < wanted.number <= MOST_PLACES - reserved_count(connection, wanted.tenant):
        return InputError.at("api.places", "count", limit=MOST_PLACES, days=-(-KEPT_MS // DAY_MS))
    places = StatusSlots(tuple(lists.take() for _ in range(wanted.number)))
    reserve(connection, places.kept, tenant=wanted.tenant, now_ms=now_ms)
    return Prepared((), lambda _: places)
