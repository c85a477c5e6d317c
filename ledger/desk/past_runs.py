"""Read the certified runs of a plant as records that would make them again: for a recipe, a trial and its drift.

Rules: a run is read as it stands now, with all its corrections. A lot of another producer counts as unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection

from ledger.drafting.draft import Upstream
from ledger.lots.certificates import opened
from ledger.lots.lineage import jws_of, lineage, lot_of
from ledger.recipes.from_run import CertifiedInput, CertifiedRun, record_of
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, is_certificate_digest
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.store.engine import reading
from ledger.store.lots import StoredLot, lots_named, lots_of_plant
from ledger.store.reading import certificate, certificates_of
from schemas.certificate import CertificateFacts
from schemas.lot import normal_lot
from schemas.problem import MissingError

if TYPE_CHECKING:
    from ledger.factors.tables import FactorTables
    from schemas.record import ProductionRecord

MOST_LOOKED_AT = 200
"""Lots of a plant among which the last runs of a recipe are looked for."""


class PastRun(NamedTuple):
    """A certified run: the record that would make it again, its first certificate, and those of its inputs in order."""

    record: dict[str, Any]
    certificate: CertificateFacts
    upstream: tuple[Upstream, ...]

    @property
    def compositions(self) -> dict[str, Mapping[str, str]]:
        """The composition of each input, by lot in normal form and by digest."""
        found: dict[str, Mapping[str, str]] = {}
        for written, each in zip(self.record.get("inputs", ()), self.upstream, strict=True):
            composition = {share.element: share.fraction for share in each.facts.composition}
            found |= {normal_lot(written["lot"]): composition, each.identity: composition}
        return found


def run_of_lot(registry: OpenRegistry, name: str, *, party: str, tables: FactorTables) -> PastRun:
    """Return the run of a party's lot; `name` is a lot or a certificate's digest.

    Raises:
        MissingError: `recipe.no-lot`; RefusedError: `recipe.of-instrument`.
    """
    with reading(registry.engine) as connection:
        for lot in _lots(connection, name):
            found = _run(connection, lot)
            if found is not None and found.run.producer == party:
                return _past(connection, found, tables)
    raise MissingError.at("recipe.no-lot", lot=name, party=party)


def last_runs(
    registry: OpenRegistry, alike: Sequence[ProductionRecord], *, most: int, tables: FactorTables
) -> list[list[PastRun]]:
    """Return for each record the last runs of its plant that made the same in the same step, the newest first.

    The runs of a plant are read once for all records.
    """
    found: list[list[PastRun]] = [[] for _ in alike]
    with reading(registry.engine) as connection:
        for facility in dict.fromkeys(each.facility for each in alike):
            here = [(like, runs) for like, runs in zip(alike, found, strict=True) if like.facility == facility]
            for run in _runs_of(connection, facility):
                here = [(like, runs) for like, runs in here if len(runs) < most]
                if not here:
                    break
                for like, runs in here:
                    if _makes_the_same(run, like):
                        runs.append(_past(connection, run, tables))
    return found


def _makes_the_same(run: CertifiedRun, like: ProductionRecord) -> bool:
    made, wanted = ([each.product or each.kind for each in outputs] for outputs in (run.outputs, like.outputs))
    return (run.run.step, run.run.producer, made) == (like.step, like.producer, wanted)


def _past(connection: Connection, found: CertifiedRun, tables: FactorTables) -> PastRun:
    record, first = record_of(found, tables), next(iter(found.certificates.values()))
    return PastRun(record, first, tuple(_upstream(connection, each["lot"], found) for each in record.get("inputs", ())))


def _upstream(connection: Connection, lot: str, found: CertifiedRun) -> Upstream:
    digest = next(each.certificate for each in found.inputs if each.lot == lot)
    return Upstream(opened(jws_of(connection, certificate_digest_bytes(digest))).record, digest)


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
        CertifiedInput(
            _lot_name(connection, each.source.certificate), each.value.kind, each.value.mass_kg, each.source.certificate
        )
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
