"""Records with electricity instruments: a statement by itself, and lots bought that are mixed with kWh of
statements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from schemas.record import written_run
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from schemas.record import ProductionRecord

SCHEME: Final = "an invented scheme"
WIND: Final = "methods/electricity-wind-direct.glo"
GRID: Final = "grid/location.cn-nm.2023"


def told(statement: str, amount: str, **more: str) -> dict[str, Any]:
    """Return what a line, or a document of its own, says of a statement."""
    said = {"scheme": SCHEME, "statement": statement, "amount": amount, "grid": "CN-NM", "year": "2026", "factor": WIND}
    return {**said, **more}


def entering(producer: str, plant: str, statement: str, amount: str, **more: str) -> ProductionRecord:
    """Return the run that enters a statement by itself."""
    document = {
        "oreprint": "instrument/1",
        "producer": producer,
        "facility": plant,
        "period": {"start": "2026-01-01", "end": "2026-03-31"},
        **told(statement, amount, **more),
    }
    return written_run(document)


def powered(lot: str, producer: str, plant: str, *instruments: dict[str, Any], **more: Any) -> ProductionRecord:  # noqa: ANN401
    """Return a lot bought, mixed with 100 kWh of which instruments cover some."""
    power = {"name": "mixing", "amount": "100 kWh", "grid": "CN-NM", "factor": GRID, "uncovered": GRID}
    record = written(lot, "100 kg", producer=producer, plant=plant)
    return written_run({**record, "electricity": [{**power, "instruments": list(instruments)}], **more})
