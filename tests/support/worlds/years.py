"""The record of a year with a claim in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from schemas.record import ProductionRecord

BEN = "BEN-2026-01"


def year(number: int, *, kwh: str, claim: dict[str, Any]) -> ProductionRecord:
    """Return the record of beneficiation for the January of a year, its electricity metered."""
    return example.read(year_written(number, kwh=kwh, claim=claim))


def year_written(number: int, *, kwh: str, claim: dict[str, Any]) -> example.Written:
    """Return that record as it is written."""

    def change(value: example.Written) -> None:
        value |= {"run": f"BEN-{number}", "period": {"start": f"{number}-01-05", "end": f"{number}-01-31"}}
        value |= {"claims": [{"id": "energy-intensity-fall", **claim}]}
        value["outputs"][0]["lot"] = f"CON-{number}"
        value["electricity"][0] |= {"basis": "metered", "meter": "M-1", "amount": kwh}
        for meter in value["water"]["discharge_meters"]:
            meter["meter"] += f"-{number}"

    return example.changed(BEN, change)
