"""Spend an exact mass from the unused holdings of one lot.

Rules:

1. **Selection** of x: a holding of exactly x; else the smallest larger one that is not too deep (rule 4); else the
   largest holdings whole, and the rest from one more.
2. **Spending** x from a holding: while the holding is at least 16x, split it into 16 equal parts, the last of which
   also takes the remainder. Then split once more into x and the change.  So 1 mg of 1 kg takes 5 splits, and the
   siblings on a path hide what others spent.
3. A lot is homogeneous: any of its mass is as good as any other.
4. No holding lies more than `MOST_STEPS` records below its root.

Masses are whole mg.  This module does not draw salts and stores nothing.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, NamedTuple

from ledger.holdings.mark import commitment, holding_text, mark, split_digest
from ledger.holdings.split import SplitPart, SplitRecord
from schemas.holding import Holder
from schemas.problem import RefusedError

FAN: Final = 16
"""Equal parts of one split: wide enough for a short path, narrow enough for a small record."""
MOST_STEPS: Final = 64
"""The most records between a root issuance and a holding (design of the ledger)."""


class Holding(NamedTuple):
    """A holding with everything that its use needs.

    `parent` is the commitment of the holding that it was split from, None at a root.  `steps` counts the records from
    the root issuance.
    """

    commitment: bytes
    text: str
    creator: bytes
    parent: bytes | None
    mass_mg: int
    steps: int

    @property
    def mark(self) -> bytes:
        """The nullifier of this holding."""
        return mark(self.creator, self.text)


class PlannedSplit(NamedTuple):
    """A split that is ready to be logged: its text and record digest, the holding that it uses, and its parts."""

    text: str
    digest: bytes
    uses: Holding
    parts: tuple[Holding, ...]


class ExactHolding(NamedTuple):
    """A holding of exactly the wanted mass, and the splits that made it (none if it existed already)."""

    held: Holding
    splits: tuple[PlannedSplit, ...]


_mass: Final = attrgetter("mass_mg")


@dataclass(slots=True)
class UnusedHoldings:
    """The unused holdings of one lot and one holder, smallest first.

    Spending removes a holding and adds the change.
    """

    holder: Holder
    held: list[Holding] = field(default_factory=list)

    @classmethod
    def of(cls, holder: Holder, held: Iterable[Holding]) -> UnusedHoldings:
        """Return these holdings, sorted."""
        return cls(holder, sorted(held, key=_mass))

    @property
    def left_mg(self) -> int:
        """The total mass of all unused holdings."""
        return sum(map(_mass, self.held))

    def select(self, wanted_mg: int) -> tuple[int, ...] | None:
        """Return the mass to spend from each of one or more holdings, largest first; None if there is too little."""
        chosen: list[int] = []
        at = len(self.held)
        while at and wanted_mg > self.held[at - 1].mass_mg:
            at -= 1
            chosen.append(self.held[at].mass_mg)
            wanted_mg -= chosen[-1]
        return (*chosen, wanted_mg) if at else None

    def spend(self, wanted_mg: int, new_salt: Callable[[], bytes], *, after: int = 0) -> ExactHolding:
        """Spend exactly `wanted_mg` from the smallest holding that has it and is not too deep.

        The new holding is deep enough for `after` more records.  `new_salt` gives 32 random bytes.

        Raises:
            LookupError: if no holding has it; call `select` first.
            RefusedError: `holding.path-long` (rule 4) if all holdings that have it are too deep; nothing is changed.
        """
        at, plan = self._fitting(wanted_mg, MOST_STEPS - after)
        held = self.held.pop(at)
        splits = []
        for masses in plan:
            planned = split(held, masses, holder=self.holder, new_salt=new_salt)
            held, *others = planned.parts
            for other in others:
                insort(self.held, other, key=_mass)
            splits.append(planned)
        return ExactHolding(held, tuple(splits))

    def take(self, held: Holding) -> None:
        """Remove a holding that is here."""
        at = bisect_left(self.held, held.mass_mg, key=_mass)
        while self.held[at] is not held:
            at += 1
        del self.held[at]

    def put_back(self, held: Holding) -> None:
        """Put back a holding that was spent but is not used after all."""
        insort(self.held, held, key=_mass)

    def _fitting(self, wanted_mg: int, limit: int) -> tuple[int, tuple[tuple[int, ...], ...]]:
        """Return the index of the smallest holding that has the mass within `limit` steps, and its splits."""
        first = bisect_left(self.held, wanted_mg, key=_mass)
        if first == len(self.held):
            raise LookupError(wanted_mg)
        for at, held in enumerate(self.held[first:], first):
            plan = split_plan(held.mass_mg, wanted_mg)
            if held.steps + len(plan) <= limit:
                return at, plan
        raise RefusedError.at("holding.path-long", steps=self.held[first].steps, limit=MOST_STEPS)


def split(held: Holding, masses: Sequence[int], *, holder: Holder, new_salt: Callable[[], bytes]) -> PlannedSplit:
    """Return the split of a holding into parts of these masses, which must sum to its own."""
    texts = [holding_text(new_salt(), holder) for _ in masses]
    commitments = list(map(commitment, texts))
    text = SplitRecord(held.creator, held.text, tuple(map(SplitPart, masses, commitments))).to_text()
    digest = split_digest(text)
    parts = zip(commitments, texts, masses, strict=True)
    return PlannedSplit(
        text,
        digest,
        held,
        tuple(Holding(made, of, digest, held.commitment, mg, held.steps + 1) for made, of, mg in parts),
    )


def split_plan(mass_mg: int, wanted_mg: int) -> tuple[tuple[int, ...], ...]:
    """Return the splits that produce exactly `wanted_mg` from a holding of `mass_mg`, each as the masses of its parts.

    The next split uses the first part of each split; the first part of the last split has the wanted mass.  The plan is
    empty if the whole holding is wanted.

    Raises:
        ValueError: unless 0 < wanted <= mass; callers check the balance first.
    """
    if not 0 < wanted_mg <= mass_mg:
        raise ValueError((mass_mg, wanted_mg))
    plan: list[tuple[int, ...]] = []
    while mass_mg >= FAN * wanted_mg:
        part = mass_mg // FAN
        plan.append((*(part,) * (FAN - 1), mass_mg - part * (FAN - 1)))
        mass_mg = part
    if mass_mg > wanted_mg:
        plan.append((wanted_mg, mass_mg - wanted_mg))
    return tuple(plan)
