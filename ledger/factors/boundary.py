"""What a factor stands for, as far as the engine tells it: burning at the plant, heat bought, electricity of the plant's own fuel.

What this module does not do: the boundaries of a whole footprint (`ledger.factors.profiles`).
"""

from __future__ import annotations

from typing import Final

BURNT: Final = frozenset({"combustion", "gate-to-grave"})
"""Boundaries of fuel factors that stand for burning at the plant (scope 1); supply is scope 3."""

PURCHASED: Final = frozenset({"use"})
"""Boundary of factors for heat and steam bought, which GHG Protocol counts in scope 2."""

OWN_HEAT: Final = BURNT | PURCHASED
"""What is burnt at the plant or bought as heat: the plant's own data, where it is metered."""

CONVENTION: Final = "method"
"""Boundary of factors that are 0 by convention: air, water and ground in place, and scrap under cut-off."""

SCRAP: Final = "scrap-cut-off"
"""The flow of scrap under cut-off, which is free of burden where it is recycled."""

OWN_FUEL: Final = "electricity-own-fuel-"
"""How the flow of electricity from the plant's own fuel lines begins: they hold what it gives off, and its energy."""
