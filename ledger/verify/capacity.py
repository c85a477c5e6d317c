"""Step 8, what a plant can make: of no plant more is certified in a year than the trust list gives it.

Rules: a year is 365 days in a row, and what was made in it is every batch whose whole period lies in it; of a batch
made in longer than a year, as much more may be there as its period is longer. All that is certified counts, by its net
dry mass, whoever certified it and whatever it is; a batch that was corrected counts once, one that was withdrawn or
undone not at all. There is no tolerance: what a plant can make is what the list says. More than that is a warning at
the batch with which it comes to more, since who set the figure may have been wrong; it is no proof of what happened.
Only one bundle is seen here; `ledger.lots.plant_capacity` sees all that a registry has logged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Final, NamedTuple

from ledger.verify.chain import Chain
from ledger.verify.findings import Outcome
from ledger.verify.rule import Rule
from schemas.certificate import Batch
from schemas.instant import date_of
from schemas.quantity import kg_text, milligrams
from schemas.vocabulary import Kind, unit_of

YEAR_DAYS: Final = 365
"""Days of a year; without the leap day, or a plant at full load would be over its capacity in every leap year."""


class DatedMass(NamedTuple):
    """The production period of a batch, its mass and its key; days are counted from the year 1."""

    last: int
    first: int
    mass_mg: int
    key: str

    @classmethod
    def of(cls, batch: Batch, key: str) -> DatedMass:
        """Return what a batch says, known by `key`."""
        days, kind = batch.produced, batch.kind
        return cls.within(days.start, days.end, kind=kind, net_mass_kg=batch.net_mass_kg, key=key)

    @classmethod
    def within(cls, start: str, end: str, *, kind: Kind, net_mass_kg: str, key: str) -> DatedMass:
        """Return the mass produced from one day to another, without kWh."""
        last, first = (date_of(day).toordinal() for day in (end, start))
        return cls(last, first, milligrams(net_mass_kg) if unit_of(kind) == "kg" else 0, key)


def over(batches: Iterable[DatedMass], *, capacity_mg: int) -> dict[str, int]:
    """Return each batch with which a plant exceeds its capacity, by its key.

    The value is the mass in mg that the plant made in the year up to the batch's last day.
    """
    exceeding: dict[str, int] = {}
    within: list[tuple[int, int]] = []
    total = 0
    for batch in sorted(batches):
        days = batch.last - batch.first + 1
        if days > YEAR_DAYS:
            if batch.mass_mg * YEAR_DAYS > capacity_mg * days:
                exceeding[batch.key] = batch.mass_mg
            continue
        heappush(within, (batch.first, batch.mass_mg))
        total += batch.mass_mg
        while within[0][0] <= batch.last - YEAR_DAYS:
            total -= heappop(within)[1]
        if total > capacity_mg:
            exceeding[batch.key] = total
    return exceeding


def check_capacity(chain: Chain) -> None:
    """Warn of every batch with which its plant has made more in a year than the trust list gives it."""
    limits = {plant.facility: plant for plant in chain.trust.plants.values() if plant.capacity_kg_per_year is not None}
    made: dict[str, dict[tuple[bytes, int], DatedMass]] = defaultdict(dict)
    gone: set[tuple[bytes, int]] = set()
    for seen in chain.seen.values() if limits else ():
        batch, lot = seen.record.batch, (chain.paths.first(seen.issuance), seen.record.output)
        if chain.standing.state(seen) == "withdrawn":
            gone.add(lot)
        elif batch.facility.id in limits and seen.signed:
            made[batch.facility.id][lot] = DatedMass.within(
                batch.produced.start,
                batch.produced.end,
                kind=batch.kind,
                net_mass_kg=batch.net_mass_kg,
                key=seen.digest,
            )
    for facility, lots in made.items():
        capacity = limits[facility].capacity_kg_per_year or ""
        chain.findings.passed(Rule.CAPACITY)
        standing = [each for lot, each in lots.items() if lot not in gone]
        for digest, mass in over(standing, capacity_mg=milligrams(capacity)).items():
            seen = chain.seen[digest]
            told = {
                "facility": facility,
                "capacity": capacity,
                "made": kg_text(mass),
                "end": seen.record.batch.produced.end,
            }
            chain.findings.add(Rule.CAPACITY, Outcome.WARNING, seen.place, **told)
