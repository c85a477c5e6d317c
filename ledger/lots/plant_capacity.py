"""Compare the mass that plants have certified in this registry's log with their capacity, hidden lots included.

Rules: as `ledger.verify.capacity` has them, for the plant's latest certificates here. To whom those are not shown it is
told that there is more than the plant can make, and never how much: what a plant makes is its own business. It keeps
nobody from issuing, since the figure in the trust list may be wrong; whoever issues is told, and every report says it.
Batches that other registries logged for a plant are unknown here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from ledger.footprint.inventory import Inventory
from ledger.lots.lineage import lot_of, state_of
from ledger.plausibility.rules import Breach, PlausibilityRule
from ledger.seal.digest import certificate_digest_bytes
from ledger.seal.sdjwt import open_certificate
from ledger.store.lots import StoredLot, lots_of_plant
from ledger.store.reading import certificate_jws
from ledger.trust.pinned import Trust
from ledger.verify import rule as checks
from ledger.verify.capacity import DatedMass, over
from ledger.verify.chain import Chain
from ledger.verify.findings import Outcome
from schemas.certificate import Batch
from schemas.problem import Problem
from schemas.quantity import milligrams

MOST_LOOKED_AT: Final = 2000
"""The latest certificates of a plant that are looked at: a tenth of a second, and five a day of a year."""


def _elsewhere(_inventory: Inventory) -> Iterator[Problem]:
    """Find nothing: a run alone doesn't show it."""
    return iter(())


CAPACITY: Final = PlausibilityRule("X-CAPACITY", "flag", "what the trust list says that the plant can make", _elsewhere)


@dataclass(slots=True)
class Capacities:
    """The plants whose capacity is known, and what they made as far as one transaction sees it."""

    connection: Connection
    limits: dict[str, str]
    _made: dict[str, list[DatedMass]] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection, trust: Trust | None) -> Capacities:
        """Return the capacities that a trust list tells; nothing of any plant without one."""
        plants = trust.plants.values() if trust else ()
        return cls(
            connection, {each.facility: each.capacity_kg_per_year for each in plants if each.capacity_kg_per_year}
        )

    def flags(self, batches: Iterable[Batch]) -> tuple[Breach, ...]:
        """Add batches that are about to be issued. Return the warnings for their issuer."""
        found = []
        for number, batch in enumerate(batches if self.limits else ()):
            facility = batch.facility.id
            if facility not in self.limits:
                continue
            self._known(facility).append(DatedMass.of(batch, key := f"new {batch.lot}"))
            if self.over(facility, key):
                told = {"facility": facility, "capacity": self.limits[facility], "end": batch.produced.end}
                found.append(Breach(CAPACITY, Problem.at("issue.over-capacity", f"outputs[{number}]", **told)))
        return tuple(found)

    def over(self, facility: str, key: str) -> bool:
        """Return whether a plant has made more than it can in the year up to the batch `key`."""
        made, capacity_mg = self._known(facility), milligrams(self.limits[facility])
        return sum(each.mass_mg for each in made) > capacity_mg and key in over(made, capacity_mg=capacity_mg)

    def _known(self, facility: str) -> list[DatedMass]:
        if facility not in self._made:
            lots = lots_of_plant(self.connection, facility, most=MOST_LOOKED_AT)
            self._made[facility] = [self._read(lot) for lot in lots if not self._gone(lot)]
        return self._made[facility]

    def _gone(self, lot: StoredLot) -> bool:
        return state_of(self.connection, lot) in {"withdrawn", "undone"}

    def _read(self, lot: StoredLot) -> DatedMass:
        digest = lot.certificate or b""
        opened = open_certificate(f"{certificate_jws(self.connection, digest)}~", trusted=True)
        return DatedMass.of(opened.record.batch, digest.hex())


def learn_capacity(connection: Connection, chain: Chain) -> None:
    """Add to a finished verification the plants that certified more than they can make."""
    known = Capacities.of(connection, chain.trust)
    said = {each.place for each in chain.findings.all if each.code == checks.Rule.CAPACITY.value}
    for digest in sorted({*chain.cited, *filter(None, [chain.subject])}) if known.limits else ():
        seen = chain.seen.get(digest)
        facility = seen.record.batch.facility.id if seen else ""
        lot = lot_of(connection, certificate_digest_bytes(digest)) if facility in known.limits else None
        if seen is None or lot is None or lot.home is not None or seen.place in said:
            continue
        if known.over(facility, (lot.certificate or b"").hex()):
            told = {"facility": facility, "capacity": known.limits[facility], "end": seen.record.batch.produced.end}
            chain.findings.add_as(checks.Rule.CAPACITY, "mass.capacity-known", Outcome.WARNING, seen.place, told)
