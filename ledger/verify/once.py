"""What there is only once in a whole chain: the mass of a batch, a lot, a status place, an electricity instrument.

Rules: judged at the end, when it is known which runs were undone and which correct others: what an undone run used may be used
again, and a correction uses nothing of its own.  Of each batch no more is taken, by all runs together, than its net mass, also
where the way of a holding is withheld.

What this module does not do: it sees one bundle; that nothing is used twice elsewhere is the log's to say (marks), or the registry's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.verify.rule import Rule
from schemas.lot import normal_lot
from schemas.quantity import milligrams

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.verify.batch import Seen
    from ledger.verify.inputs import Consumed
    from ledger.verify.judge import Judge
    from ledger.verify.paths import Paths


@dataclass(slots=True)
class Once:
    """The checks of a whole chain for what is there only once."""

    judge: Judge
    paths: Paths

    def check_batches(self, consumed: Mapping[tuple[bytes, int], Consumed]) -> None:
        """Hold that of no batch more was taken than there was of it; `consumed` by issuance and number of the input."""
        undone = self._undone()
        uses: dict[tuple[bytes, int], Consumed] = {}
        for (issuance, number), use in consumed.items():
            first = self.paths.first(issuance)
            if first not in undone:
                uses.setdefault((first, number), use)
        taken: dict[tuple[bytes, int], int] = {}
        for use in uses.values():
            upstream, record = use.upstream, use.upstream.record
            root = self.paths.first(upstream.issuance), record.output
            mass, net = taken.get(root, 0) + use.mass_mg, milligrams(record.batch.net_mass_kg)
            taken[root] = mass
            told = {"lot": upstream.place, "net": record.batch.net_mass_kg}
            self.judge.require(Rule.WITHIN_BATCH, use.by.place, holds=mass <= net, **told)

    def check_instruments(self, instruments: Mapping[tuple[str, str], Mapping[bytes, str]]) -> None:
        """Hold that no two runs use one electricity instrument; each, by scheme and statement, with the issuances that use it."""
        undone = self._undone()
        for (scheme, statement), users in instruments.items():
            runs = {self.paths.first(issuance): place for issuance, place in users.items()}
            standing = [place for first, place in runs.items() if first not in undone]
            place = standing[-1] if standing else ""
            once = len(standing) < 2
            self.judge.require(Rule.INSTRUMENTS, place, holds=once, scheme=scheme, statement=statement)

    def check_certificates(self, seen: Mapping[str, Seen]) -> None:
        """Hold that a lot of a plant is one batch, and that each certificate has a status place of its own."""
        lots: dict[tuple[str, str], tuple[bytes, int]] = {}
        places: dict[tuple[str, int, int], str] = {}
        for digest, each in seen.items():
            record, lot, plant = each.record, each.place, each.record.batch.facility.id
            if each.follows is None or each.follows in seen:  # else it can't be told which batch it is of
                root = self.paths.first(each.issuance), record.output
                same = lots.setdefault((plant, normal_lot(lot)), root) == root
                self.judge.require(Rule.LOT_ONCE, lot, holds=same, lot=lot, facility=plant)
            own = places.setdefault(each.status_place, digest) == digest
            self.judge.require(Rule.STATUS_PLACE, each.place, holds=own)

    def _undone(self) -> set[bytes]:
        """Return the first issuances of the runs that were undone."""
        return {self.paths.first(issuance) for issuance in self.paths.undone}
