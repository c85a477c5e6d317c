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
from schemas.quantity import milligrams

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        undone = {self.paths.first(issuance) for issuance in self.paths.undone}
        uses: dict[tuple[bytes, int], Consumed] = {}
        for (issuance, number), use in consumed.items():
            first = self.paths.first(issuance)
            if first not in undone:
                uses.setdefault((first, number), use)
        taken: dict[tuple[bytes, int], int] = {}
        for use in uses.values():
            batch = use.upstream.record.batch
            root = self.paths.first(use.upstream.issuance), use.upstream.record.output
            mass, net = taken.get(root, 0) + use.mass_mg, milligrams(batch.net_mass_kg)
            taken[root] = mass
            place = use.by.place
            self.judge.require(Rule.WITHIN_BATCH, place, holds=mass <= net, lot=batch.lot, net=batch.net_mass_kg)
