"""Runs that blend PrNd metal."""

from __future__ import annotations

import orjson

from schemas.door import parse_document
from schemas.record import ProductionRecord
from tests.support.registries.lived_in import SMELTER

PLANT = "https://metal-a.example/plants/1"


PRND = {"Pr": "0.25", "Nd": "0.75"}


BOUGHT = {"name": "PrNd", "mass": "100 kg", "factor": "defaults/rare-earth-goods.glo", "composition": PRND}


FURNACE = {"name": "furnace", "amount": "10 kWh", "grid": "CN-NM"}


def blended(run: str, mass: str, drawn: str | None = None, *, kg: str = "") -> ProductionRecord:
    """Return a run that blends what it draws, or bought metal, to another mass of it."""
    output = {"lot": f"{run}-1", "kind": "metal", "description": "PrNd metal", "mass": mass, "composition": PRND}
    record = {
        "oreprint": "production-record/1", "run": run, "producer": SMELTER, "facility": PLANT, "step": "blending",
        "period": {"start": "2026-05-01", "end": "2026-05-20"}, "allocation": {"method": "mass", "mass_key": "RE"},
        "electricity": [FURNACE], "outputs": [output],
        **({"inputs": [{"lot": drawn, "mass": kg}]} if drawn else {"materials": [BOUGHT]}),
    }  # fmt: skip
    return parse_document(ProductionRecord, orjson.dumps(record), media="json")
