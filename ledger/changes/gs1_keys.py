"""Identifying: a producer enters the GS1 keys of its lots and plants, and a resolver finds them by these.

Rules: only who made a lot says its GTIN, only whose plant it is says its GLN; a key is the first party's that says it
here, so nobody gives another's product number to goods of its own; a path names one lot and keeps naming it, through
corrections too. Whoever knows GTIN and lot can find the public view: a lot that nobody is to find by guessing gets no
GTIN. GS1's registers are not asked who owns a number, and nothing is logged.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from sqlalchemy import Connection

from ledger.carrier.code import digests_from
from ledger.carrier.gs1 import PRODUCT, Gs1Path, product_path
from ledger.changes.withdraw import own_lot
from ledger.lots.lineage import lineage
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_text
from ledger.store.engine import reading, writing
from ledger.store.identifiers import PathRow, add_key, add_path, key_party, path_rows, paths_of_lot
from ledger.store.lots import StoredLot, lots_of_issuance
from ledger.store.parties import facilities
from ledger.store.reading import certificates_between
from schemas.problem import MissingError, RefusedError


class FoundLot(NamedTuple):
    """A lot as printed, with the digest of its latest certificate; `path` names it."""

    path: str
    lot: str
    certificate: str


class FoundPlant(NamedTuple):
    """A plant by its id; `path` names it."""

    path: str
    facility: str


class FoundProduct(NamedTuple):
    """A product of which lots are identified here, by its GTIN; `path` names it."""

    path: str
    gtin: str


Found: TypeAlias = FoundLot | FoundPlant | FoundProduct


def identify_lot(registry: OpenRegistry, lot: str, *, party: str, gtin: str, serial: str | None = None) -> Gs1Path:
    """Record the GTIN of a lot of `party` (its printed name or a certificate's digest); with `serial`, of one piece.

    Raises:
        InputError: `carrier.gtin`, `carrier.gs1-value`: also for a lot that no GS1 label can hold.
        MissingError: `life.lot-unknown`.
        RefusedError: `life.not-issuer`, `carrier.gs1-taken`.
    """
    with writing(registry.engine) as connection:
        own = own_lot(connection, party, lot)
        path = product_path(gtin, lot=own.lot if serial is None else None, serial=serial)
        row = PathRow(path.to_text(), path.key, own.issuance, own.output, None, registry.runtime.now_ms())
        _keep(connection, row, party)
        connection.commit()
    return path


def identify_place(registry: OpenRegistry, facility: str, *, party: str, path: Gs1Path) -> None:
    """Record the GLN of a plant of `party`.

    Raises:
        RefusedError: `issue.not-your-plant`, `carrier.gs1-taken`.
    """
    with writing(registry.engine) as connection:
        owner, _ = facilities(connection).get(facility, ("", None))
        if owner != party:
            raise RefusedError.at("issue.not-your-plant", producer=party, facility=facility)
        _keep(connection, PathRow(path.to_text(), path.key, None, None, facility, registry.runtime.now_ms()), party)
        connection.commit()


def resolve(registry: OpenRegistry, path: Gs1Path) -> tuple[Found, ...]:
    """Return what a path and those above it name, the most exact first; raise MissingError where that is nothing."""
    levels = [each.to_text() for each in path.levels()]
    with reading(registry.engine) as connection:
        rows = path_rows(connection, levels)
        found: list[Found] = [_found(connection, rows[each]) for each in levels if each in rows]
        if path.primary == PRODUCT and key_party(connection, path.key) is not None:
            found.append(FoundProduct(levels[-1], path.identifier))
    if not found:
        raise MissingError.at("store.record-missing")
    return tuple(found)


def resolve_lot(registry: OpenRegistry, path: Gs1Path) -> FoundLot:
    """Return the lot that a path, or the nearest one above it, names; raise MissingError where that is none."""
    nearest = resolve(registry, path)[0]
    if not isinstance(nearest, FoundLot):
        raise MissingError.at("store.record-missing")
    return nearest


def _found(connection: Connection, row: PathRow) -> Found:
    if row.issuance is None:
        return FoundPlant(row.path, row.facility or "")
    lot = next(each for each in lots_of_issuance(connection, row.issuance) if each.output == row.output)
    return FoundLot(row.path, lot.lot, certificate_digest_text(lineage(connection, lot).latest))


def gtin_of(connection: Connection, lot: StoredLot) -> str | None:
    """Return the GTIN that was first said of a lot, or None."""
    rows = paths_of_lot(connection, lot.issuance, lot.output)
    return rows[0].key.partition("/")[2] if rows else None


def find_code(registry: OpenRegistry, start: str) -> str:
    """Return the digest of the one certificate that begins so: a `code_start`, or a whole digest.

    Raises:
        MissingError: `store.record-missing`, also where several begin so.
    """
    low, high = digests_from(start)
    with reading(registry.engine) as connection:
        found = certificates_between(connection, low, high)
    if len(found) != 1:
        raise MissingError.at("store.record-missing")
    return certificate_digest_text(found[0])


def _keep(connection: Connection, row: PathRow, party: str) -> None:
    """Keep a path, unless its key is another's or it names something else; keeping it again is harmless."""
    owner = key_party(connection, row.key)
    before = path_rows(connection, [row.path]).get(row.path)
    if owner not in {None, party} or (before is not None and before[2:5] != row[2:5]):
        raise RefusedError.at("carrier.gs1-taken", path=row.path)
    if owner is None:
        add_key(connection, row.key, party=party)
    if before is None:
        add_path(connection, row)
