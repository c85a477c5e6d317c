"""Small runs that owe heat or electricity, their own or another's: oxide calcined again, and ore floated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.worlds.blends import read, written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.record import ProductionRecord

ORE = {"Nd": "0.5", "O": "0.2", "Si": "0.3"}


def calcined(
    lot: str,
    *,
    mj: int,
    producer: str,
    plant: str,
    mass: str = "1000 kg",
    absent: Sequence[Mapping[str, str]] = (),
    inputs: Mapping[str, str] | None = None,
    **more: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Return the record of RUN-<lot>, whose kiln burns gas of so many MJ; its oxide is of `inputs`, lots, or bought."""
    record = written(lot, mass, producer=producer, plant=plant, inputs=inputs)
    gas = {
        "name": "natural gas",
        "amount": f"{mj / 40:.3f} m3",
        "energy": f"{mj} MJ",
        "factor": "fuels/natural-gas-whole.cn.2024",
        "fuel": "natural-gas",
        "basis": "metered",
        "meter": "M-1",
    }
    record["outputs"][0]["product"] = "neodymium-oxide"
    return record | {
        "step": "separation",
        "excluded": [],
        "electricity": [power(200)],
        "fuels": [gas] if mj else [],
        "absent": list(absent),
        **more,
    }


def floated(lot: str, *, kwh: int, producer: str, plant: str, **more: Any) -> ProductionRecord:  # noqa: ANN401
    """Return the record of 1000 kg of concentrate; any plant takes 50 kWh for it, and usually 333."""
    record = written(lot, "1000 kg", producer=producer, plant=plant)
    ore = {
        "name": "ore",
        "mass": "1000 kg",
        "factor": "methods/no-burden.glo",
        "composition": ORE,
        "extracted_in": "CN",
    }
    record["outputs"][0] |= {"kind": "concentrate", "description": "concentrate", "composition": ORE}
    power_ = [power(kwh)] if kwh else []
    return read(record | {"step": "beneficiation", "excluded": [], "materials": [ore], "electricity": power_, **more})


def power(kwh: int) -> dict[str, str]:
    """Return a line of metered electricity."""
    return {
        "name": "electricity",
        "amount": f"{kwh} kWh",
        "grid": "CN-NM",
        "factor": "grid/location.cn-nm.2023",
        "uncovered": "grid/location.cn-nm.2023",
        "basis": "metered",
        "meter": "M-1",
    }


def elsewhere(run: str, *, heat: str | None = None) -> dict[str, str]:
    """Return the declaration that the heat of a run stands in another one, or was recovered from it."""
    if heat is not None:
        return {"item": "process-heat", "reason": "recovered-heat", "run": run, "heat": heat}
    return {"item": "process-heat", "reason": "other-run", "run": run}


def kiln(lot: str, mj: int, **more: Any) -> ProductionRecord:  # noqa: ANN401
    """Return what `calcined` returns, read through the strict door."""
    return read(calcined(lot, mj=mj, **more))
