"""A producer's own factor table with a low number in each way, and the cheats that name its rows.

Rules: the table is a file like any that `oreprint factors import` takes; others see no row of it until they are given
the file.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

from ledger.factors.factor import COLUMNS, SUBSTANCE_COLUMNS
from tests.support.worlds.record_changes import each_line, put

if TYPE_CHECKING:
    from tests.support.worlds.record_changes import Change

NAME: Final = "plant"
"""The name of the table."""

_ROW: Final = {
    "geography": "CN", "year": "2024", "per": "kg", "gwp_set": "AR6", "boundary": "cradle-to-gate", "status": "read", "quality": "2",
    "licence": "own", "source": "the supplier's word",
}  # fmt: skip
_HCL: Final = {"formula": "HCl", "cas": "7647-01-0"}
_GRID: Final = {"per": "kWh", "gwp_set": "", "set": "direct", "boundary": "direct"}
_ROWS: Final[tuple[dict[str, str], ...]] = (
    {"flow": "acid", "values": "CO2e=0.51", "per": "kg-content", **_HCL},
    {"flow": "hydrochloric-acid", "values": "CO2e=0.2", "per": "kg-content", **_HCL},
    {"flow": "acid-of-a-tonne", "values": "CO2e=0.001", **_HCL},
    {"flow": "acid-once", "values": "CO2e=0.9", "per": "kg-content", "year": "2009", **_HCL},
    {"flow": "salt", "values": "CO2e=0.3", "formula": "NH4HCO3", "cas": "1066-33-7"},
    {"flow": "no-burden", "values": "CO2-fossil=0", "gwp_set": "", "per": "kg-content", "boundary": "method", **_HCL},
    {"flow": "neodymium", "values": "CO2e=4", "formula": "Nd", "cas": "7440-00-8"},
    {"flow": "purchased-heat-steam-default", "values": "CO2e=0.001", "per": "MJ", "boundary": "use"},
    {"flow": "location", "geography": "CN-NM", "values": "CO2-fossil=0.2", **_GRID, "year": "2023"},
    {"flow": "location", "geography": "CN-YN", "values": "CO2-fossil=0.133", **_GRID, "year": "2023"},
    {"flow": "location", "geography": "CN-NM", "values": "CO2-fossil=0.6", **_GRID, "year": "2016"},
    {"flow": "train", "values": "CO2e=0.0001", "per": "t.km"},
)


def own_table() -> bytes:
    """Return the table as a file."""
    made = io.StringIO()
    writer = csv.DictWriter(made, (*COLUMNS, *SUBSTANCE_COLUMNS), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_ROW | {"label": row["flow"]} | row for row in _ROWS)
    return made.getvalue().encode()


def acid(flow: str) -> Change:
    """Buy the hydrochloric acid by a row of the own table."""
    return put("materials", "hydrochloric", factor=f"{NAME}/{flow}.cn.2024")


def power(flow: str, **members: object) -> Change:
    """Draw all electricity by a row of the own table."""
    factor = f"{NAME}/{flow}"
    return each_line("electricity", factor=factor, uncovered=factor, **members)


def heated(value: dict[str, Any]) -> None:
    """Take bought steam by a row whose name is that of the shipped one."""
    line = {
        "name": "steam",
        "amount": "40000 MJ",
        "factor": f"{NAME}/purchased-heat-steam-default.cn.2024",
        "basis": "metered",
        "meter": "M-1",
    }
    value["fuels"].append(line)


def carried(value: dict[str, Any]) -> None:
    """Let a train of the own table carry everything."""
    for each in value["transport"]:
        each["factor"] = f"{NAME}/train.cn.2024"


def neodymium(value: dict[str, Any]) -> None:
    line = {"name": "neodymium", "mass": "10 kg", "factor": f"{NAME}/neodymium.cn.2024", "composition": {"Nd": "1"}}
    value["materials"].append(line)


PUBLISHED: Final = {
    "publisher": "a ministry",
    "url": "https://ministry.example/factors",
    "document": "A" * 43,
    "year": "2023",
}
