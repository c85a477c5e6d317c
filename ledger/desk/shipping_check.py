"""Check what the rows of a workbook say of shipping, before anything is issued: nothing is stored here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection

from ledger.desk.contacts import find_contact
from ledger.desk.shipping import check_here
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes
from ledger.store.contacts import ContactRow, contact_row
from ledger.store.engine import reading
from ledger.store.shipments import shipments_of_certificates
from ledger.workbook.runs import WorkbookRun
from schemas.identifier import is_trial
from schemas.lot import normal_lot
from schemas.problem import MissingError, Problem, RefusedError

CERTIFIED: Final = ("issued", "unchanged")
"""States of the rows whose lots can be shipped."""
Certificates: TypeAlias = Sequence[tuple[str, str]]
"""Lot and digest of each certificate of a run; empty before it is issued."""


def unshippable(
    registry: OpenRegistry, party: str, runs: Sequence[tuple[WorkbookRun, Certificates]]
) -> dict[int, Problem]:
    """Return why the lot of a row could not be shipped, at its cell, by the place of the row among `runs`."""
    named = [(at, run, certificates, run.ship) for at, (run, certificates) in enumerate(runs) if run.ship is not None]
    if not named:
        return {}
    problems: dict[int, Problem] = {}
    with reading(registry.engine) as connection:
        takers = takers_of(registry, connection, party, [ship.customer for *_, ship in named])
        digests = {at: _certificate_of(run, certificates) for at, run, certificates, _ in named}
        done = shipments_of_certificates(connection, party, [*filter(None, digests.values())])
        for at, run, _, ship in named:
            before, taker = done.get(digests[at] or b""), takers[ship.customer]
            if before is None and isinstance(taker, Problem):
                found = taker
            elif before is not None and isinstance(taker, ContactRow) and before.contact != taker.id:
                other = contact_row(connection, party, before.contact)
                said = {"lot": run.facts["outputs"][0]["lot"], "customer": ship.customer}
                found = Problem.at("upload.shipped-before", other=other.name if other else before.contact, **said)
            else:
                continue
            problems[at] = found._replace(place=run.cells["customer"])
    return problems


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


def _certificate_of(run: WorkbookRun, certificates: Certificates) -> bytes | None:
    found = certificate_of_lot(certificates, run.facts)
    return None if found is None else certificate_digest_bytes(found)


def certificate_of_lot(certificates: Sequence[Sequence[str]], facts: Mapping[str, Any]) -> str | None:
    """Return the certificate of a row's own lot, or None."""
    lot = normal_lot(facts["outputs"][0]["lot"]) if facts.get("outputs") else ""
    return next((digest for name, digest in certificates if normal_lot(name) == lot), None)
