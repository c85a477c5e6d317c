"""What is said of a batch beside its figures follows from its composition and mass, or is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.footprint.batch import batch_faults
from schemas.document import replace
from schemas.problem import RefusedError
from schemas.quantity import trillionths
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from ledger.drafting.draft import CertifiedDraft

ELY, MAG = "ELY-2026-04-A", "MAG-2026-06"


def fractions(made: CertifiedDraft) -> dict[str, int]:
    return {part.element: trillionths(part.fraction) for part in made.composition}


@pytest.mark.parametrize(
    ("code", "run", "members"),
    [
        ("batch.coating", MAG, {"coating": {"kind": "Ni", "mass": "99 t"}}),
        ("batch.loss-on-ignition", ELY, {"loss_on_ignition": "0.5"}),
        ("batch.moisture", ELY, {"moisture": "1"}),
    ],
)
def test_a_batch_that_can_not_be_is_refused(code: str, run: str, members: dict[str, Any]) -> None:
    with pytest.raises(RefusedError) as caught:
        example.drafted(example.changed(run, lambda value: value["outputs"][0].update(members)))
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == (code, f"outputs[0].{next(iter(members))}")
    assert "<" not in problem.sentence()


def test_treo_is_what_the_composition_gives() -> None:
    made = example.drafts()["SEP-2026-03"].certified[0]
    assert made.batch.treo is not None
    for said in ("0.5", None):
        faults = batch_faults(replace(made.batch, treo=said), fractions(made))
        assert [fault.code for fault in faults] == ["batch.treo"]


@pytest.mark.parametrize("run", example.runs())
def test_the_batches_of_the_worked_example_can_be(run: str) -> None:
    for made in example.drafts()[run].certified:
        assert list(batch_faults(made.batch, fractions(made))) == []
