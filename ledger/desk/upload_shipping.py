"""Ship the lots of an uploaded workbook to the customers that its rows name.

Rules:

1. A lot is shipped once it has a certificate, by the verb that ships by hand (`ledger.desk.shipping`): one shipment for
   each customer. No workbook ships a lot that was ever shipped, whichever file names it. This is checked
   in the commit that ships, so neither a crash, another server nor a second upload ships a lot twice.
2. A row whose lot cannot be shipped stays issued and says why. Issuing the upload again tries again.
3. No private link is made here, because nobody would see its secret. The page of the shipment makes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from ledger.desk.shipping import ship_lots
from ledger.desk.shipping_check import CERTIFIED, certificate_of_lot, takers_of
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes
from ledger.store.engine import reading, writing
from ledger.store.shipments import shipments_of_certificates
from ledger.store.uploads import UploadedRow, keep_facts, shipping_rows
from ledger.workbook.runs import Ship
from schemas.contact import MOST_SHIPPED_LOTS, ShipmentRequest
from schemas.door import JsonValue, validated
from schemas.problem import OreprintError, Problem, Sentence, StateError

NOT_SHIPPED: Final = "upload.not-shipped"
"""Code of the warning at a row that is issued, but could not be shipped."""
_LINE: Final = re.compile(r"lots\[([0-9]+)\]")


class _Due(NamedTuple):
    """A row whose lot is to be shipped: the row, what it says of shipping, the lot and its certificate."""

    row: UploadedRow
    told: Mapping[str, Any]
    ship: Ship
    lot: str
    certificate: str

    def at_cell(self, problem: Problem) -> Problem:
        """Return why the lot was not shipped, at the cell of the mass or of the customer."""
        cell = self.told["cells"].get("ship_kg" if problem.place.endswith("mass") else "customer", "")
        said = {"lot": self.lot, "customer": self.ship.customer, "reason": Sentence(problem.words())}
        return Problem.at(NOT_SHIPPED, cell, **said)


# -- once rows have certificates ---------------------------------------------------------------------------------------


def ship_upload(registry: OpenRegistry, party: str, upload: str, *, by: str) -> None:
    """Ship the certified lots of an upload that name a customer and were never shipped; call it again at any time.

    Errors: StateError ``store.*``.
    """
    due = _due(registry, party, upload)
    if not due:
        return
    told: list[tuple[_Due, Problem]] = []
    groups: dict[str, list[_Due]] = {}
    with reading(registry.engine) as connection:
        takers = takers_of(registry, connection, party, [each.ship.customer for each in due])
    for each in due:
        taker = takers[each.ship.customer]
        if isinstance(taker, Problem):
            told.append((each, taker))
        else:
            groups.setdefault(taker.id, []).append(each)
    for contact, some in groups.items():
        for at in range(0, len(some), MOST_SHIPPED_LOTS):
            told += _shipped(registry, party, contact, some[at : at + MOST_SHIPPED_LOTS], by)
    _keep_told(registry, due, told)


def _due(registry: OpenRegistry, party: str, upload: str) -> list[_Due]:
    """Return the rows of an upload whose lots are to be shipped and never were."""
    found: list[_Due] = []
    with reading(registry.engine) as connection:
        for row in shipping_rows(connection, party, upload):
            told = orjson.loads(row.facts)
            certificate = _certificate_of(row, told)
            if certificate is not None:
                found.append(_Due(row, told, Ship(*told["ship"]), told["facts"]["outputs"][0]["lot"], certificate))
        done = shipments_of_certificates(connection, party, [certificate_digest_bytes(e.certificate) for e in found])
    return [each for each in found if certificate_digest_bytes(each.certificate) not in done]


def _certificate_of(row: UploadedRow, told: Mapping[str, Any]) -> str | None:
    """Return the certificate of a row's lot, or None before it is issued."""
    if row.state not in CERTIFIED:
        return None
    return certificate_of_lot(orjson.loads(row.certificates), told["facts"])


def _shipped(
    registry: OpenRegistry, party: str, contact: str, some: Sequence[_Due], by: str
) -> list[tuple[_Due, Problem]]:
    """Ship lots to one contact in one commit; return those that could not be shipped, each with the reason."""
    left, told = [*some], list[tuple[_Due, Problem]]()
    while left:
        try:
            ship_lots(registry, _request(contact, left), party=party, origin="", by=by, only_unshipped=True)
        except StateError:
            raise
        except OreprintError as error:
            problem = error.problems[0]
            line = _LINE.match(problem.place)
            if line is None:
                return [*told, *((each, problem) for each in left)]
            one = left.pop(int(line[1]))
            if problem.code != "shipment.lot-shipped":  # another server was quicker
                told.append((one, problem))
        else:
            break
    return told


def _request(contact: str, some: Sequence[_Due]) -> ShipmentRequest:
    lots: list[JsonValue] = [
        {"lot": each.certificate, "mass": None if each.ship.mass_kg is None else f"{each.ship.mass_kg} kg"}
        for each in some
    ]
    return validated(ShipmentRequest, {"contact": contact, "lots": lots, "link_days": 0})


def _keep_told(registry: OpenRegistry, due: Sequence[_Due], told: Sequence[tuple[_Due, Problem]]) -> None:
    """Store why lots were not shipped, in place of earlier reasons."""
    reasons = {each.row.number: [*each.at_cell(problem)] for each, problem in told}
    changed = [
        each.row._replace(facts=orjson.dumps({**each.told, "unshipped": now}).decode())
        for each in due
        if (now := [reasons[each.row.number]] if each.row.number in reasons else []) != each.told.get("unshipped", [])
    ]
    if changed:
        with writing(registry.engine) as connection:
            keep_facts(connection, changed)
            connection.commit()


# -- what people see ---------------------------------------------------------------------------------------------------


class ShownShip(NamedTuple):
    """The shipment of a row: the customer, the mass in kg, and the shipment once there is one.

    `due` says that the lot has its certificate, but was not shipped.
    """

    customer: str
    mass_kg: str
    shipment: str | None = None
    due: bool = False


def planned_ship(ship: Ship | None, facts: Mapping[str, Any]) -> ShownShip | None:
    """Return the shipment of a row, or None; without a mass of its own, the whole lot."""
    if ship is None:
        return None
    return ShownShip(ship.customer, ship.mass_kg or facts["outputs"][0]["mass"].partition(" ")[0])


def shown_ships(registry: OpenRegistry, party: str, upload: str) -> dict[int, ShownShip]:
    """Return the shipments of the rows of an upload, by row number."""
    found: dict[int, tuple[ShownShip, bytes | None]] = {}
    with reading(registry.engine) as connection:
        for row in shipping_rows(connection, party, upload):
            told = orjson.loads(row.facts)
            planned, certificate = planned_ship(Ship(*told["ship"]), told["facts"]), _certificate_of(row, told)
            if planned is not None:
                found[row.number] = planned, None if certificate is None else certificate_digest_bytes(certificate)
        certified = [digest for _, digest in found.values() if digest is not None]
        done = shipments_of_certificates(connection, party, certified)
    return {
        number: planned._replace(shipment=done[digest].shipment)
        if digest in done
        else planned._replace(due=digest is not None)
        for number, (planned, digest) in found.items()
    }
