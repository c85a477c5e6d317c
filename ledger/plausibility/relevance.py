"""Which rules can have something to say about a run, by its step and by what it has: the others are not called.

Rules: a rule without an entry is called for every run.  A test calls all rules on all examples, so that an entry that
keeps a rule from speaking is seen.  This module exists for speed (bench/issuing.py, bench/verifying.py): of a hundred
rules a third is about fuels, electrolysis and other things that most runs do not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.plausibility.amounts import once
from ledger.plausibility.physics import DISSOLVING, PRECIPITATING
from ledger.plausibility.reduction import REDUCTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from ledger.footprint.inventory import Inventory

    Key: TypeAlias = tuple[str, str, frozenset[str]]

STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("E-ELY", "C-ELY", "F-PFC", "G-FLOOR", "M-RED"), REDUCTION),
    **dict.fromkeys(("E-CALC", "P-PRECIP"), PRECIPITATING),
    **dict.fromkeys(("P-ACID", "CL-BAL"), DISSOLVING),
}
"""The steps of whose runs the rules of an id speak."""

PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "fuels": ("C-BAL", "F-CARBON", "F-WHOLE", "F-PART", "F-UPSTREAM", "F-OXID", "F-HEAT", "F-BIO"),
    "own power": ("E-OWN", "E-OWN-PLANT"),
    "direct": ("X-METHOD", "B-TAG", "Q-GAS"),
    "materials": ("M-FIT", "M-STRONG", "M-BLIND", "M-PROXY", "S-INT", "B-UNC", "G-FREE"),
    "wastes": ("W-CLASS", "W-NORM"),
    "water": ("W-BAL",),
    "exclusions": ("X-OPEN", "X-CUT", "X-CUT-LINE"),
    "absences": ("Q-ABSENT",),
    "prices": ("A-PRICE-REF", "A-PRICE-OLD", "A-METHOD"),
}
"""The rules that speak of a part of a run, by id; a run without that part breaks none of them."""

_HAS: Final[Mapping[str, Callable[[Inventory], object]]] = {
    "fuels": lambda run: run.fuels.lines,
    "own power": lambda run: any(line.own for line in run.power.lines),
    "direct": lambda run: run.direct.lines,
    "materials": lambda run: run.materials.lines,
    "wastes": lambda run: run.waste.lines,
    "water": lambda run: run.water,
    "exclusions": lambda run: run.excluded,
    "absences": lambda run: run.absent,
    "prices": lambda run: run.allocation.prices,
}
_PART_OF: Final = {rule: part for part, rules in PARTS.items() for rule in rules}


@once
def key_of(run: Inventory) -> Key:
    """Return what decides which rules are called: engine, step, and the parts that the run lacks."""
    return run.engine, run.step, frozenset([part for part, has in _HAS.items() if not has(run)])


def speaks(rule: str, key: Key) -> bool:
    """Return whether a rule can have something to say about a run, by its id and the run's key."""
    _, step, lacking = key
    return step in STEPS.get(rule, (step,)) and _PART_OF.get(rule) not in lacking
