"""The certified runs of a plant, as records that would make them again: for a recipe, a trial and its drift.

Rules: a run is read as it stands now, with all its corrections. A lot of another producer is not told from none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ledger.lots.lineage import lineage, lot_of
from ledger.recipes.from_run import CertifiedRun, record_of
from ledger.seal.digest import certificate_digest_bytes, is_certificate_digest
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.store.engine import reading
from ledger.store.lots import lots_named, lots_of_plant
from ledger.store.reading import certificate, certificates_of
from schemas.lot import normal_lot
from schemas.problem import MissingError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.factors.tables import FactorTables
    from ledger.registry.registry import OpenRegistry
    from ledger.store.lots import StoredLot
    from schemas.certificate import CertificateFacts
    from schemas.record import ProductionRecord

MOST_LOOKED_AT = 200
"""Lots of a plant among which the last runs of a recipe are looked for."""


def record_of_lot(registry: OpenRegistry, name: str, *, party: str, tables: FactorTables) -> dict[str, Any]:
    """Return the record that would make the run of a party's lot again; `name` is a lot or a certificate's digest.

    Raises:
        MissingError: `recipe.no-lot`; RefusedError: `recipe.of-instrument`.

    """
    with reading(registry.engine) as connection:
        for lot in _lots(connection, name):
            found = _run(connection, lot)
            if found is not None and found.run.producer == party:
                return record_of(found, tables)
    raise MissingError.at("recipe.no-lot", lot=name, party=party)


def last_runs(
    registry: OpenRegistry, like: ProductionRecord, *, most: int, tables: FactorTables
) -> list[tuple[dict[str, Any], CertificateFacts]]:
    """Return the last runs of a plant that made the same in the same step, the newest first.

    Each is the record that would make it again, and the certificate of its first output.
    """
    found: list[tuple[dict[str, Any], CertificateFacts]] = []
    with reading(registry.engine) as connection:
        for run in _runs_of(connection, like.facility):
            first = next(iter(run.certificates.values()))
            same = [each.product or each.kind for each in run.outputs] == [
                each.product or each.kind for each in like.outputs
            ]
            if run.run.step == like.step and run.run.producer == like.producer and same:
                found.append((record_of(run, tables), first))
            if len(found) == most:
                break
    return found


def _runs_of(connection: Connection, facility: str) -> Iterator[CertifiedRun]:
    """Yield the runs of a plant that stand, the newest first."""
    seen: set[bytes] = set()
    for lot in lots_of_plant(connection, facility, most=MOST_LOOKED_AT):
        if lot.issuance in seen:
            continue
        seen.add(lot.issuance)
        if lineage(connection, lot).state == "standing" and (run := _run(connection, lot)) is not None:
            yield run


def _lots(connection: Connection, name: str) -> list[StoredLot]:
    if is_certificate_digest(name):
        lot = lot_of(connection, certificate_digest_bytes(name))
        return [] if lot is None else [lot]
    return lots_named(connection, normal_lot(name))


def _run(connection: Connection, lot: StoredLot) -> CertifiedRun | None:
    """Return the run of a lot as it stands now; None where it was made elsewhere or nothing of it is certified."""
    if lot.certificate is None or lot.home is not None:
        return None
    issuance = certificate(connection, lineage(connection, lot).latest).issuance.digest
    certified = [open_certificate(each.text) for each in certificates_of(connection, issuance)]
    run = certified[0].run
    if run is None:
        return None
    outputs = [_of_output(certified, number) for number in range(len(run.outputs))]
    inputs = [
        (_lot_name(connection, each.source.certificate), each.value.kind, each.value.mass_kg)
        for each in run.inputs
        if each is not None and each.source is not None
    ]
    records = {each.record.output: each.record for each in certified}
    return CertifiedRun(run.value, run.groups, [each for each in outputs if each is not None], inputs, records)


def _of_output(certified: list[OpenCertificate], number: int) -> Any:  # noqa: ANN401 - an output or nothing
    shown = (each.run.outputs[number] for each in certified if each.run is not None)
    return next((each for each in shown if each is not None), None)


def _lot_name(connection: Connection, digest: str) -> str:
    lot = lot_of(connection, certificate_digest_bytes(digest))
    return digest if lot is None else lot.lot
