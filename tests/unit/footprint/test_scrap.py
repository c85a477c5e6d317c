"""Scrap and where it comes back to: what counts as recycled, and what is rework, whatever way it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.footprint.origin import drawn_from_batch, element_shares
from ledger.footprint.scrap import Process
from schemas.document import replace
from schemas.problem import RefusedError
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from ledger.drafting.draft import CertifiedDraft
    from schemas.figures import ElementShare
    from schemas.vocabulary import Kind, Step

TOLL = "did:web:toll.example"


def lot(name: str, *, kind: Kind = "scrap") -> CertifiedDraft:
    found = next(each for done in example.drafts().values() for each in done.certified if each.batch.lot == name)
    return replace(found, batch=replace(found.batch, kind=kind))


def recycled(batch: CertifiedDraft, process: Process) -> tuple[ElementShare, ...]:
    """Return the composition of what a process makes of a batch alone."""
    fractions = {part.element: part.fraction for part in batch.composition}
    return element_shares(fractions, [drawn_from_batch(batch, 10**6, into=process)])


def made(batch: CertifiedDraft, by: str, step: Step) -> CertifiedDraft:
    """Return a metal that a process makes of a batch alone."""
    process = Process(by, step)
    said = replace(batch.batch, kind="metal", step=step)
    return replace(batch, producer=by, batch=said, composition=recycled(batch, process))


def neodymium(batch: CertifiedDraft) -> tuple[str, str]:
    share = next(part for part in batch.composition if part.element == "Nd")
    return share.pre, share.post


SWARF = "MG-88"


def test_swarf_that_another_recycles_is_pre_consumer_but_for_what_is_post_consumer_already() -> None:
    swarf = lot(SWARF)
    back = made(swarf, TOLL, "hydrometallurgical-recycling")
    pre, post = neodymium(back)
    assert post == neodymium(swarf)[1] != "0"
    assert float(pre) + float(post) == pytest.approx(1)


def test_swarf_that_its_own_plant_recycles_earns_nothing() -> None:
    swarf = lot(SWARF)
    assert neodymium(made(swarf, swarf.producer, "hydrometallurgical-recycling")) == neodymium(swarf)


def test_swarf_comes_back_as_rework_through_a_toll_recycler_and_a_metal_maker() -> None:
    swarf = lot(SWARF)
    metal = made(made(swarf, TOLL, "hydrometallurgical-recycling"), "did:web:metal.example", "oxide-electrolysis")
    assert float(neodymium(metal)[0]) > 0.5
    assert neodymium(made(metal, swarf.producer, "magnet-production")) == neodymium(swarf)


def test_the_same_metal_counts_in_the_magnet_of_another() -> None:
    swarf = lot(SWARF)
    metal = made(made(swarf, TOLL, "hydrometallurgical-recycling"), "did:web:metal.example", "oxide-electrolysis")
    assert neodymium(made(metal, "did:web:other.example", "magnet-production")) == neodymium(metal)


def test_a_batch_that_is_no_scrap_becomes_none_in_a_recycling_step() -> None:
    magnet = lot(SWARF, kind="magnet")
    assert neodymium(made(magnet, TOLL, "hydrometallurgical-recycling")) == neodymium(magnet)


def scrapped(**members: object) -> dict[str, object]:
    def change(value: example.Written) -> None:
        value["materials"][0].update(members)

    return example.changed("SCR-2026-02", change)


OWN = {"organisation": example.read(example.written("SCR-2026-02")).producer, "step": "magnet-production"}
OTHER = {"organisation": TOLL, "step": "magnet-production"}


@pytest.mark.parametrize(
    ("code", "members"),
    [
        ("rule.s-int-own", {"recycled": "pre-consumer", "generated_by": OWN}),
        ("rule.s-int-by", {"recycled": "post-consumer", "generated_by": OTHER}),
    ],
)
def test_scrap_without_a_certificate_that_says_too_much_is_refused(code: str, members: dict[str, object]) -> None:
    with pytest.raises(RefusedError) as caught:
        example.drafted(scrapped(**members))
    assert [problem.code for problem in caught.value.problems] == [code]


def test_scrap_without_a_certificate_carries_the_process_that_it_names() -> None:
    done = example.drafted(scrapped(recycled="pre-consumer", generated_by=OTHER))
    share = next(part for part in done.outputs[0].composition if part.element == "Nd")
    assert share.scrap == ((Process(TOLL, "magnet-production").pseudonym, share.pre),)
    assert share.pre != "0"
