"""The boundaries of factors that the engine distinguishes: burning at the plant, bought heat, own electricity.

This module has no boundaries of whole footprints (`ledger.factors.profiles`).
"""

from __future__ import annotations

from typing import Final

WHOLE: Final = "cradle-to-grave"
"""Boundary of fuel factors that hold burning and supply in one; `ledger.factors.fuels` tells the supply in them."""

BURNT: Final = frozenset({"combustion", "gate-to-grave", WHOLE})
"""Boundaries of fuel factors for burning at the plant (scope 1); supply is scope 3."""

PURCHASED: Final = frozenset({"use"})
"""Boundary of factors for heat and steam bought, scope 2 in the GHG Protocol."""

OWN_HEAT: Final = BURNT | PURCHASED
"""Fuel burnt at the plant, or bought heat: the plant's own data if metered."""

CONVENTION: Final = "method"
"""Boundary of factors that are 0 by convention: air, water and ground in place, and scrap under cut-off."""

SCRAP: Final = "scrap-cut-off"
"""The flow of scrap under cut-off, without burden at its recycling."""

RARE_EARTH_GOODS: Final = "defaults/rare-earth-goods."
"""The start of the factor of rare-earth goods without certificate: for a kg of their rare earth, heavy ones tenfold."""

OWN_FUEL: Final = "electricity-own-fuel-"
"""The prefix of the flow of electricity from the plant's own fuel; the fuel lines have its emissions and energy."""
