"""Which tables a run is judged with: those whose digests it names, be they of today or of earlier days.

Rules: a public table that is neither is not at hand, which rule FACTORS tells; the run is then judged with today's. A
producer's own table need not be at hand where its lines carry their results (`ledger.footprint.lines`); where they
don't, as with electricity, the run can't be computed again without it, which says nothing against the run.
`ledger.tables` reads the files.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.factors.prices import NAME as PRICES
from ledger.factors.tables import FactorTables
from schemas.figures import FactorSetRef
from schemas.problem import OreprintError


class NamedTables:
    """The tables of today, and what runs name instead."""

    def __init__(self, today: FactorTables) -> None:
        self._today = today
        digests = {table.name: table.digest for table in today.sets.values()} | {"gwp": today.gwp.digest}
        if today.prices is not None:
            digests[PRICES] = today.prices.digest
        self._newest = frozenset(digests.items())
        self._others: dict[tuple[tuple[str, str], ...], FactorTables | None] = {}
        # one run asks several times, and the next one mostly names the same
        self._last: tuple[Sequence[FactorSetRef], FactorTables | None] = ((), None)

    def at_hand(self, refs: Sequence[FactorSetRef]) -> FactorTables | None:
        """Return the tables that are named (some at least), or None where one that should be at hand is not."""
        last, found = self._last
        if refs is not last:
            found = found if refs == last else self._find(refs)
            self._last = refs, found
        return found

    def of(self, refs: Sequence[FactorSetRef]) -> FactorTables:
        """Return the tables that are named, or those of today where one is not at hand."""
        return self.at_hand(refs) or self._today

    def lacks(self, refs: Sequence[FactorSetRef], error: OreprintError) -> bool:
        """Return whether the only cause of an error is a named table of the producer that is not available."""
        missing = self.missing(refs)
        return all(
            problem.code == "factor.unknown" and problem.facts["id"].partition("/")[0] in missing
            for problem in error.problems
        )

    def missing(self, refs: Sequence[FactorSetRef]) -> set[str]:
        """Return the names of the factor tables of the producer that are not available."""
        return {ref.name for ref in refs} - self.of(refs).sets.keys() - {"gwp", PRICES}

    def _find(self, refs: Sequence[FactorSetRef]) -> FactorTables | None:
        if not refs:
            return None
        key = tuple([(ref.name, ref.digest) for ref in refs])
        if self._newest.issuperset(key):
            return self._today
        if key not in self._others:
            self._others[key] = self._today.named(refs)
        return self._others[key]
