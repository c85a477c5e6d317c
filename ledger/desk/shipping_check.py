"""Check what the rows of a workbook say of shipping, before anything is issued: nothing is stored here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection

from ledger.desk.contacts import find_contact
from ledger.desk.shipping import check_here
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes
from ledger.store.contacts import ContactRow, contact_row
from ledger.store.engine import reading
from ledger.store.shipments import shipments_of_certificates
from schemas.identifier import is_trial
from schemas.lot import normal_lot
from schemas.problem import MissingError, Problem, RefusedError

if TYPE_CHECKING:
    from ledger.desk.judge_workbook import JudgedRow

CERTIFIED: Final = ("issued", "unchanged")
"""States of the rows whose lots can be shipped."""


def check_shipping(registry: OpenRegistry, party: str, rows: Sequence[JudgedRow]) -> None:
    """Tell at their cells the rows whose lot could not be shipped, before they are issued."""
    named = [(each, each.read.ship) for each in rows if each.read.ship is not None]
    if not named:
        return
    with reading(registry.engine) as connection:
        takers = takers_of(registry, connection, party, [ship.customer for _, ship in named])
        done = shipments_of_certificates(connection, party, [*filter(None, (_certificate_of(row) for row, _ in named))])
        for row, ship in named:
            before, taker = done.get(_certificate_of(row) or b""), takers[ship.customer]
            if before is None and isinstance(taker, Problem):
                found = taker
            elif before is not None and isinstance(taker, ContactRow) and before.contact != taker.id:
                other = contact_row(connection, party, before.contact)
                said = {"lot": row.read.facts["outputs"][0]["lot"], "customer": ship.customer}
                found = Problem.at("upload.shipped-before", other=other.name if other else before.contact, **said)
            else:
                continue
            found = found._replace(place=row.read.cells["customer"])
            if row.state in CERTIFIED:
                row.warnings.append(found)  # it is issued, so nothing is wrong with the row itself
            else:
                row.problems.append(found)
                row.state = "refused" if row.state == "ready" else row.state


def takers_of(
    registry: OpenRegistry, connection: Connection, party: str, names: Sequence[str]
) -> dict[str, ContactRow | Problem]:
    """Return the contact that each name calls, or why nothing can be shipped to it."""
    found: dict[str, ContactRow | Problem] = {}
    for name in {*names}:
        try:
            if is_trial(registry.did):
                raise RefusedError.at("holding.trial", registry=registry.did)
            contact = found[name] = find_contact(connection, party, name)
            check_here(registry, contact)
        except (RefusedError, MissingError) as error:
            found[name] = error.problems[0]
    return found


def _certificate_of(row: JudgedRow) -> bytes | None:
    found = certificate_of_lot(row.certificates, row.read.facts)
    return None if found is None else certificate_digest_bytes(found)


def certificate_of_lot(certificates: Sequence[Sequence[str]], facts: Mapping[str, Any]) -> str | None:
    """Return the certificate of a row's own lot, or None."""
    lot = normal_lot(facts["outputs"][0]["lot"]) if facts.get("outputs") else ""
    return next((digest for name, digest in certificates if normal_lot(name) == lot), None)
