"""The example of `examples/bayan-obo` in a registry for tests: its parties with keys, its records, its shipments."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.issuing.issue import IssuedRun, issue
from ledger.seal.signer import SoftwareSigner
from ledger.store.engine import writing
from ledger.store.parties import StoredKey, register_facility, register_key, register_party
from ledger.tables import shipped_tables
from ledger.transfers.ship import Dispatch, accept, ship
from schemas.certificate import Facility, Issuer
from schemas.door import parse_document
from schemas.parties import Parties, Shipments
from schemas.quantity import milligrams
from schemas.record import ProductionRecord
from tests.support.registries.registry import START_MS, Registry, party_signer

if TYPE_CHECKING:
    from collections.abc import Collection

    from ledger.factors.tables import FactorTables
    from ledger.registry.registry import OpenRegistry

EXAMPLE = Path(__file__).parents[3] / "examples" / "bayan-obo"


@cache
def record(name: str) -> ProductionRecord:
    """Return the example's record in the file of this name, without its suffix."""
    return parse_document(ProductionRecord, (EXAMPLE / f"{name}.yaml").read_bytes(), media="yaml")


def chain() -> list[ProductionRecord]:
    """Return the fourteen records, in the order in which they are issued."""
    return [record(path.stem) for path in sorted(EXAMPLE.glob("[0-9]*.yaml"))]


def admit_everybody(registry: Registry) -> None:
    """Register the example's parties with keys of their own."""
    parties = parse_document(Parties, (EXAMPLE / "parties.yaml").read_bytes(), media="yaml")
    signers = dict(registry.opened.signers)
    with writing(registry.opened.engine) as connection:
        for party in parties.parties:
            signer = SoftwareSigner(f"{party.did}#key-1", party_signer(party.did).key)
            register_party(connection, Issuer(did=party.did, names=party.names), custodial=True, demo=True)
            register_key(connection, StoredKey(signer.kid, party.did, signer.public, START_MS - 1000))
            for plant in party.facilities:
                register_facility(
                    connection, party.did, Facility(**plant.model_dump(include=set(Facility.__struct_fields__)))
                )
            signers[party.did] = signer
        connection.commit()
    registry.opened = replace(registry.opened, signers=signers)


def ship_before(registry: OpenRegistry, run: str, without: Collection[str] = ()) -> None:
    """Ship and accept what the example ships before a run, except for some lots."""
    shipments = parse_document(Shipments, (EXAMPLE / "shipments.yaml").read_bytes(), media="yaml")
    for each in shipments.shipments:
        if each.before == run and each.lot not in without:
            ship(registry, Dispatch(each.lot, each.giver, each.taker, milligrams(each.mass)))
            accept(registry, consignee=each.taker, lot=each.lot)


def issue_all(
    registry: OpenRegistry,
    records: list[ProductionRecord],
    tables: FactorTables | None = None,
    without: Collection[str] = (),
) -> list[IssuedRun]:
    """Issue records one after another, each after its shipments; every one must be issued."""
    tables = tables or shipped_tables()
    issued = []
    for each in records:
        ship_before(registry, each.run, without)
        (outcome,) = issue(registry, [each], tables=tables)
        if not isinstance(outcome, IssuedRun):
            raise outcome
        issued.append(outcome)
    return issued
