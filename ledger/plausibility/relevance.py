"""Which rules can have something to say about a run, by its step and by what it has: the others are not called.

Rules: a rule without an entry is called for every run.  An entry is an id, which stands for all rules with it, or the
function of one rule.  A test calls all rules on all examples, so that an entry that keeps a rule from speaking is seen.
This module exists for speed (bench/issuing.py, bench/verifying.py): half of a hundred rules are about fuels, prices and
other things that most runs do not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from ledger.plausibility import accounting, demands, electricity, prices, reduction
from ledger.plausibility.amounts import once
from ledger.plausibility.completeness import only_mixed
from ledger.plausibility.physics import DISSOLVING, PRECIPITATING
from ledger.plausibility.reduction import REDUCTION
from ledger.plausibility.wastes import TENTHS_OF_BQ_PER_MG
from schemas.vocabulary import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeAlias

    from ledger.footprint.inventory import Inventory

    Entry: TypeAlias = str | Callable[..., Any]
    """The id of rules, or the function of one."""
    Key: TypeAlias = tuple[str, str, frozenset[str]]


def _all_but(steps: Iterable[str]) -> tuple[str, ...]:
    return tuple(step for step in get_args(Step) if step not in steps)


STEPS: Final[Mapping[Entry, tuple[str, ...]]] = {
    **dict.fromkeys(("E-ELY", "C-ELY", "F-PFC", "G-FLOOR", "M-RED"), REDUCTION),
    **dict.fromkeys((reduction.reductant, reduction.slag), ("metallothermic-reduction",)),
    **dict.fromkeys(("E-CALC", "P-PRECIP"), PRECIPITATING),
    **dict.fromkeys(("P-ACID", "CL-BAL"), DISSOLVING),
    only_mixed: ("blending",),
    **dict.fromkeys(("M-DILUTE",), ("magnet-production", "machining", "coating")),
    reduction.metal_from_metal: _all_but(REDUCTION),
    reduction.oxide_from_ore: _all_but(reduction.DISSOLVING),
}
"""The steps of whose runs a rule speaks."""

PARTS: Final[Mapping[str, tuple[Entry, ...]]] = {
    "fuels": ("C-BAL", "F-CARBON", "F-WHOLE", "F-PART", "F-UPSTREAM", "F-OXID", "F-HEAT", "F-BIO"),
    "own power": ("E-OWN", "E-OWN-PLANT", "E-OWN-SHARE"),
    "direct": ("X-METHOD", "B-TAG", "Q-GAS"),
    "materials": ("M-FIT", "M-STRONG", "M-BLIND", "M-PROXY", "S-INT", "S-PROOF", "B-UNC", "G-FREE"),
    "wastes": ("W-CLASS",),
    "thorium or uranium": ("W-NORM",),
    "water": ("W-BAL",),
    "exclusions": ("X-OPEN", "X-CUT", "X-CUT-LINE"),
    "absences": ("Q-ABSENT",),
    "prices": ("A-PRICE-REF", "A-PRICE-OLD", "A-METHOD"),
    "shares by price": (prices.too_low, prices.low, prices.low_chain, prices.unknown, accounting.siblings),
    "attributes": (electricity.instruments, electricity.attributes),
    "told origins": (accounting.internal_scrap, accounting.claimed_origin),
    "asked electricity": (demands.whole_electricity, demands.without_losses),
    "magnets or alloys": ("M-TRE", "M-AB5"),
}
"""The rules that speak of a part of a run; a run without that part breaks none of them."""

_HAS: Final[Mapping[str, Callable[[Inventory], object]]] = {
    "fuels": lambda run: run.fuels.lines,
    "own power": lambda run: any(line.own for line in run.power.lines),
    "direct": lambda run: run.direct.lines,
    "materials": lambda run: run.materials.lines,
    "wastes": lambda run: run.waste.lines,
    "thorium or uranium": lambda run: TENTHS_OF_BQ_PER_MG.keys() & {*run.elements_in, *run.elements_out},
    "water": lambda run: run.water,
    "exclusions": lambda run: run.excluded,
    "absences": lambda run: run.absent,
    "prices": lambda run: run.allocation.prices,
    "shares by price": lambda run: run.allocation.method == "economic",
    "attributes": lambda run: any(line.own or line.instruments for line in run.power.lines),
    "told origins": lambda run: any(
        line.recycled or line.generated_by or line.extracted_in for line in run.materials.lines
    ),
    "asked electricity": lambda run: (asked := run.tables.profiles.get(run.profile)) and asked.electricity,
    "magnets or alloys": lambda run: any(item.kind in {"magnet", "alloy"} for item in run.outgoing),
}
_PART_OF: Final = {rule: part for part, rules in PARTS.items() for rule in rules}


@once
def key_of(run: Inventory) -> Key:
    """Return what decides which rules are called: engine, step, and the parts that the run lacks."""
    return run.engine, run.step, frozenset([part for part, has in _HAS.items() if not has(run)])


def speaks(rule: str, judges: Callable[..., Any], key: Key) -> bool:
    """Return whether a rule can have something to say about a run, by its id, its function and the run's key."""
    _, step, lacking = key
    entries: tuple[Entry, ...] = (rule, getattr(judges, "func", judges))
    return all(step in STEPS.get(each, (step,)) and _PART_OF.get(each) not in lacking for each in entries)
