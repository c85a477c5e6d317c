"""What assays gain along a chain: within 0.5 % of an element in total, at issue as in verification (M-ELEM)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from ledger.chemistry.exact import SCALE
from ledger.issue import issue
from ledger.tables import shipped_tables
from ledger.verify.mass import Amount, share_gained
from schemas.door import parse_document
from schemas.problem import OreprintError
from schemas.record import ProductionRecord
from tests.example import admit_everybody
from tests.life import SMELTER
from tests.registry import Registry, open_registry

if TYPE_CHECKING:
    from pathlib import Path

TABLES = shipped_tables()
PLANT = "https://metal-a.example/plants/1"
PRND = {"Pr": "0.25", "Nd": "0.75"}
BOUGHT = {"name": "PrNd", "mass": "100 kg", "factor": "methods/no-burden.glo", "composition": PRND}
FURNACE = {"name": "furnace", "amount": "10 kWh", "grid": "CN-NM"}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    opened = open_registry(tmp_path / "home")
    admit_everybody(opened)
    return opened


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


def refused(registry: Registry, record: ProductionRecord) -> str:
    """Return what keeps a record from being issued, which can only be its gains, or nothing."""
    (outcome,) = issue(registry.book, [record], tables=TABLES)
    if not isinstance(outcome, OreprintError):
        return ""
    assert {each.code for each in outcome.problems} == {"rule.m-elem-chain"}
    return str(outcome)


def test_gains_of_one_run_after_another_are_refused(registry: Registry) -> None:
    assert not refused(registry, blended("A", "100.3 kg"))
    said = refused(registry, blended("B", "100.6 kg", "A-1", kg="100.3 kg"))
    assert "0.5964 % of the Nd came from nowhere along the chain" in said
    assert "assays may gain 0.5 % in total" in said


def test_gains_that_stay_within_the_assay_are_issued(registry: Registry) -> None:
    assert not refused(registry, blended("A", "100.3 kg"))
    assert not refused(registry, blended("B", "100.45 kg", "A-1", kg="100.3 kg"))


def test_a_loss_takes_its_part_of_a_gain_with_it(registry: Registry) -> None:
    assert not refused(registry, blended("A", "100.4 kg"))
    assert not refused(registry, blended("B", "60 kg", "A-1", kg="100.4 kg"))
    assert not refused(registry, blended("C", "60.05 kg", "B-1", kg="60 kg"))
    assert "0.5145 %" in refused(registry, blended("D", "60.07 kg", "C-1", kg="60.05 kg"))


@pytest.mark.parametrize(
    ("made", "taken", "gained", "part"),
    [
        (100, 100, 0, 0),
        (99, 100, 0, 0),
        (100, 100, 1, SCALE // 100),
        (50, 100, 1, SCALE // 100),
        (200, 100, 0, SCALE // 2),
        (200, 100, 50, SCALE * 3 // 4),
        (0, 100, 50, 0),
        (10, 0, 0, SCALE),
    ],
)
def test_the_part_that_no_input_held(made: int, taken: int, gained: int, part: int) -> None:
    kg = 10**9
    assert share_gained(made * kg, Amount(taken * kg, gained * kg)) == part
