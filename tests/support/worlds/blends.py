"""The smallest records there are: a lot bought without certificate, and blends of certified lots."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from schemas.door import parse_document
from schemas.lot import normal_lot
from schemas.record import ProductionRecord
from tests.support.registries.registry import PLANT

if TYPE_CHECKING:
    from collections.abc import Mapping

OXIDE = {"Nd": "0.857361", "O": "0.142639"}


def written(
    lot: str, mass: str, *, producer: str, inputs: Mapping[str, str] | None = None, plant: str = PLANT
) -> dict[str, Any]:
    """Return a record as people write it: `mass` of neodymium oxide, blended of `inputs` or bought."""
    bought = {
        "name": "neodymium oxide, bought",
        "mass": mass,
        "factor": "defaults/rare-earth-goods.glo",
        "composition": OXIDE,
        "meter": "W-1",
    }
    return {
        "oreprint": "production-record/1",
        "run": f"RUN-{normal_lot(lot)}",
        "producer": producer,
        "facility": plant,
        "step": "blending",
        "period": {"start": "2026-03-01", "end": "2026-03-02"},
        "allocation": {"method": "mass", "mass_key": "REO"},
        "inputs": [{"lot": name, "mass": taken} for name, taken in (inputs or {}).items()],
        "materials": [] if inputs else [bought],
        "excluded": [{"what": "electricity", "why": "it is blended by hand", "kind": "no-ghg"}],
        "outputs": [
            {"lot": lot, "kind": "oxide", "description": "neodymium oxide", "mass": mass, "composition": OXIDE}
        ],
    }


def read(record: Mapping[str, Any]) -> ProductionRecord:
    """Read a record through the strict door."""
    return parse_document(ProductionRecord, json.dumps(record).encode(), media="json")


def blend(
    lot: str, mass: str, *, producer: str, inputs: Mapping[str, str] | None = None, plant: str = PLANT
) -> ProductionRecord:
    """Return the record of `mass` of neodymium oxide, blended of `inputs` or bought."""
    return read(written(lot, mass, producer=producer, inputs=inputs, plant=plant))
