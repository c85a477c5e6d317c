"""The factor tables that ship with Oreprint: the one place that reads them from the installed package.

What this module does not do: parsing and meaning (`ledger.footprint.factors`); a caller reads once and passes on.
"""

from __future__ import annotations

from importlib.resources import files
from types import MappingProxyType
from typing import Final

from ledger.footprint.factors import FactorTables, parse_factor_set, parse_gwp

SHIPPED: Final = ("materials", "fuels", "grid", "transport", "methods", "placeholders")
"""Names of the shipped factor tables; the GWPs stand beside them in ``gwp.csv``."""


def shipped_tables() -> FactorTables:
    """Return the shipped tables, freshly read: about 10 ms, so once a process."""
    folder = files("ledger.footprint") / "tables"
    sets = {name: parse_factor_set((folder / f"{name}.csv").read_bytes(), name) for name in SHIPPED}
    return FactorTables(MappingProxyType(sets), parse_gwp((folder / "gwp.csv").read_bytes()))
