"""What a producer with its own key asks for before it signs: holdings of exactly a mass, and places in the status lists.

Rules: the registry splits, owner and registry stay, so asking changes nobody's stock and is harmless if nothing comes of it; who
asks again gets the same holdings while they are unused.  A place that is allotted is nobody else's.
What this module does not do: it signs nothing and issues nothing (`ledger.submit`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.append import append
from ledger.seal.disclosure import HOLDING_SALT_BYTES
from ledger.stock import Stock, certificate_record, check_unit, split_posting, too_little
from ledger.store.desk import reserve, reserved_count
from ledger.store.engine import writing
from ledger.store.places import StatusPlaces
from schemas.problem import InputError, RefusedError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.append import Request, Slot
    from ledger.book import Book
    from ledger.holdings.drawing import Held
    from ledger.store.lots import StoredLot

MOST_PLACES: Final = 1000
"""Places kept for one party at a time: a day's certificates of a large plant."""


class Allotted(NamedTuple):
    """Holdings of a lot that have a mass together, each to be used whole."""

    lot: StoredLot
    held: tuple[Held, ...]


def allot(book: Book, *, owner: str, lot: str, mass_mg: int, unit: str | None = None) -> Allotted:
    """Return holdings of `owner` that have exactly `mass_mg` of the lot that it calls `lot`, split off where need be.

    `unit` is what the mass was said in, if that is to be held against the lot's.

    Raises:
        MissingError: `holding.unknown`; RefusedError: `holding.*`; InputError: `quantity.zero`, `quantity.lot-unit`.

    """
    if mass_mg <= 0:
        raise InputError.at("quantity.zero", "mass", value=mass_mg)
    found: list[Allotted] = []

    def prepare(connection: Connection, slot: Slot) -> list[Request]:
        stock = Stock(connection, book.registry, slot.now_ms)
        shelf = stock.usable(owner, lot)
        if shelf.lot.certificate is None:
            raise RefusedError.at("holding.not-certified", lot=shelf.lot.lot)
        check_unit(shelf.lot, unit)
        masses = shelf.shelf.choose(mass_mg)
        if masses is None:
            raise too_little(shelf, certificate_record(connection, shelf.lot), needed_mg=mass_mg, place="mass")
        drawn = [shelf.shelf.draw(each, lambda: book.around.random(HOLDING_SALT_BYTES)) for each in masses]
        found.append(Allotted(shelf.lot, tuple(each.held for each in drawn)))
        postings = [split_posting(one, shelf.lot, shelf.shelf.holder) for each in drawn for one in each.splits]
        return [tuple(postings)] if postings else []

    append(book, prepare).raise_refusal()
    return found[0]


def allot_places(book: Book, *, tenant: str, count: int) -> list[tuple[int, int]]:
    """Keep `count` places of the status lists for a tenant, as `(list, index)` each.

    Raises:
        InputError: `api.places`.

    """
    with writing(book.engine) as connection:
        if not 0 < count <= MOST_PLACES - reserved_count(connection, tenant):
            raise InputError.at("api.places", "count", limit=MOST_PLACES)
        places = StatusPlaces(connection, book.around.random).reserve(count)
        reserve(connection, places, tenant=tenant, now_ms=book.around.now_ms())
        connection.commit()
    return places
