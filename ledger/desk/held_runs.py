"""Find a party's held runs, drafts and rows of workbooks alike, and which of them make lots that others use.

Rules: it does not matter who typed a run, or where. A run that uses what another is to make comes after
it. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from ledger.desk.drafts import drafts_of
from ledger.desk.recipes import compositions_at_hand
from ledger.recipes.checked import CheckedRecipe
from ledger.recipes.expand import Compositions
from ledger.registry.registry import OpenRegistry
from ledger.store.drafts import draft_row
from ledger.store.engine import reading
from ledger.store.uploads import RowKey, held_lots, rows_at
from schemas.door import validated
from schemas.lot import normal_lot
from schemas.problem import OreprintError, StateError
from schemas.record import ProductionRecord

LOT_HELD: Final = "draft.lot-held"
"""The refusal of a run whose lot another held run will make."""
HeldKey: TypeAlias = "str | RowKey"
"""The id of a draft, or which row of an upload."""


class HeldRun(NamedTuple):
    """A held run: the composition of each lot that it is to make, by the lot as typed, and the lots that it uses."""

    makes: Mapping[str, Mapping[str, str]]
    uses: Collection[str]


@dataclass(frozen=True, slots=True)
class HeldRuns:
    """The held runs of a party."""

    registry: OpenRegistry
    party: str
    runs: Mapping[HeldKey, HeldRun]

    @classmethod
    def of(cls, registry: OpenRegistry, party: str) -> HeldRuns:
        """Look them up."""
        runs: dict[HeldKey, HeldRun] = {
            each.row.id: moved(each.written()) for each in drafts_of(registry, party, ["held"])
        }
        with reading(registry.engine) as connection:
            for key, lots in held_lots(connection, party):
                runs[key] = HeldRun(**orjson.loads(lots))
        return cls(registry, party, runs)

    def but(self, *keys: HeldKey | None) -> HeldRuns:
        """Return all but some."""
        gone = {*keys}
        return HeldRuns(self.registry, self.party, {key: run for key, run in self.runs.items() if key not in gone})

    def without(self, lots: Collection[str]) -> HeldRuns:
        """Return the held runs that are to make none of these lots, which are in normal form."""
        return HeldRuns(
            self.registry,
            self.party,
            {key: run for key, run in self.runs.items() if not _makes(run).intersection(lots)},
        )

    @property
    def lots(self) -> list[str]:
        """The lots that they are to make, as typed."""
        return [lot for run in self.runs.values() for lot in run.makes]

    @property
    def compositions(self) -> Compositions:
        """The composition of each lot that they are to make, by the lot in normal form."""
        return {normal_lot(lot): made for run in self.runs.values() for lot, made in run.makes.items()}

    def makers(self, lots: Iterable[str]) -> list[HeldKey]:
        """Return the runs that are to make some lots."""
        wanted = {normal_lot(each) for each in lots}
        return [key for key, run in self.runs.items() if not wanted.isdisjoint(_makes(run))] if wanted else []

    def upstream_first(self, keys: Iterable[HeldKey]) -> list[HeldKey]:
        """Return runs with all held ones that they build on, each after those that make what it uses."""
        made_by: dict[str, list[HeldKey]] = {}
        for key, run in self.runs.items():
            for lot in _makes(run):
                made_by.setdefault(lot, []).append(key)
        found: dict[HeldKey, list[HeldKey]] = {}
        waiting = [key for key in keys if key in self.runs]
        for key in waiting:  # grows meanwhile
            if key not in found:
                uses = {normal_lot(lot) for lot in self.runs[key].uses}
                found[key] = [maker for lot in sorted(uses) for maker in made_by.get(lot, ()) if maker != key]
                waiting += found[key]
        try:
            return [*TopologicalSorter(found).static_order()]
        except CycleError:  # runs that would make each other's inputs: issuing refuses them
            return [*found]

    def records(self, lots: Iterable[str]) -> list[ProductionRecord]:
        """Return the records of the runs that are to make some lots, each after those that make what it uses."""
        found = map(self._record, self.upstream_first(self.makers(lots)))
        return [each for each in found if each is not None]

    def _record(self, key: HeldKey) -> ProductionRecord | None:
        """Return the record of a run; None if it is no longer held."""
        with reading(self.registry.engine) as connection:
            if isinstance(key, RowKey):
                text = next((each.record for each in rows_at(connection, self.party, [key])), None)
            else:
                draft = draft_row(connection, self.party, key)
                text = None if draft is None else draft.record
        return None if text is None else validated(ProductionRecord, orjson.loads(text))


def rehearse_upstream(made_of: Callable[[ProductionRecord], object], records: Iterable[ProductionRecord]) -> None:
    """Rehearse held runs, so that others can use what they are to make; raise StateError only."""
    for each in records:
        try:
            made_of(each)
        except StateError:
            raise
        except OreprintError:
            continue  # its lots are missing then, and the run that uses them is refused for that


def compositions_of(
    registry: OpenRegistry, party: str, recipes: Iterable[CheckedRecipe], held: HeldRuns | None = None
) -> Compositions:
    """Return the compositions of the lots that a party has, and of those that its held runs are to make.

    None if no recipe needs them. `held` are the held runs, if they are known.
    """
    needing = [each for each in recipes if each.needs_compositions]
    if not needing:
        return {}
    to_be = (held or HeldRuns.of(registry, party)).compositions
    return {**to_be, **compositions_at_hand(registry, party, needing)}


def moved(record: Mapping[str, Any]) -> HeldRun:
    """Return the lots that a written record makes and uses."""
    made = {each["lot"]: each.get("composition") or {} for each in record["outputs"]}
    return HeldRun(made, [each["lot"] for each in record.get("inputs", ()) if "lot" in each])


def _makes(run: HeldRun) -> set[str]:
    return {normal_lot(each) for each in run.makes}
