"""What real plants do: campaigns with stock in process, blends, lots that come back, rare earths in small inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.drafting.draft import Upstream, draft
from ledger.factors.figures import parsed_co2e
from schemas.certificate import Facility
from schemas.quantity import millionths, millionths_text, trillionths
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from ledger.drafting.draft import CertifiedDraft, Draft

PRODUCER, PLANT = "did:web:separation-a.example", "https://separation-a.example/plants/1"
SITE = Facility(id=PLANT, name="Separation plant A", country="CN", region="CN-NM")


def mixed(
    inputs: dict[str, tuple[CertifiedDraft, str]], outputs: list[dict[str, Any]], *, step: str = "blending"
) -> Draft:
    """Draft a run with no activity that takes masses of lots and makes others of them."""
    record = {
        "oreprint": "production-record/1",
        "run": f"MIX-{outputs[0]['lot']}",
        "producer": PRODUCER,
        "facility": PLANT,
        "step": step,
        "period": {"start": "2026-04-01", "end": "2026-04-02"},
        "allocation": {"method": "economic", "mass_key": "REO"},
        "inputs": [{"lot": name, "mass": f"{mass} kg"} for name, (_, mass) in inputs.items()],
        "outputs": outputs,
        "excluded": [{"what": "electricity of the mixer", "why": "below what is metered", "share": "0.0001"}],
    }
    upstream = [Upstream(lot, name) for name, (lot, _) in inputs.items()]
    return draft(example.read(record), upstream, facility=SITE, tables=example.tables())


def oxide(lot: str, mass: str, like: CertifiedDraft, **more: object) -> dict[str, Any]:
    composition = {part.element: part.fraction for part in like.composition}
    return {
        "lot": lot,
        "kind": "oxide",
        "description": "PrNd oxide",
        "mass": f"{mass} kg",
        "composition": composition,
        **more,
    }


def of_both(*parts: tuple[CertifiedDraft, int]) -> dict[str, str]:
    """Return the composition of a mixture of lots by parts of mass, each fraction rounded down."""
    whole = sum(mass for _, mass in parts)
    fractions: dict[str, int] = {}
    for lot, mass in parts:
        for part in lot.composition:
            fractions[part.element] = fractions.get(part.element, 0) + trillionths(part.fraction) * mass
    return {element: millionths_text(amount // whole // 10**6) for element, amount in fractions.items() if amount}


def certified(name: str) -> CertifiedDraft:
    return next(each for done in example.drafts().values() for each in done.certified if each.batch.lot == name)


def total(lot: CertifiedDraft) -> int:
    return parsed_co2e(lot.footprint.total_kg_co2e).location


def share_of(lot: CertifiedDraft, mass_kg: str) -> int:
    """Return what a mass of a lot carries."""
    return total(lot) * millionths(mass_kg) // millionths(lot.batch.net_mass_kg)


def test_a_blend_carries_what_its_parts_carry_and_nothing_else() -> None:
    one, two = certified("OX-16"), certified("OX-17")
    (blend,) = mixed({"OX-16": (one, "100"), "OX-17": (two, "300")}, [oxide("BL-1", "400", two)]).certified
    assert abs(total(blend) - share_of(one, "100") - share_of(two, "300")) <= 100
    assert blend.footprint.scope_1 == blend.footprint.scope_2.location == "0"


def test_a_blend_of_recycled_and_primary_oxide_has_the_share_of_the_masses() -> None:
    primary, recycled = certified("OX-17"), certified("RX-04")
    output = oxide("BL-2", "400", primary, composition=of_both((primary, 3), (recycled, 1)))
    (blend,) = mixed({"OX-17": (primary, "300"), "RX-04": (recycled, "100")}, [output]).certified
    neodymium = next(part for part in blend.composition if part.element == "Nd")
    source = next(part for part in recycled.composition if part.element == "Nd")
    assert trillionths(neodymium.pre) + trillionths(neodymium.post) > 0
    weight = trillionths(source.fraction) * 100
    whole = weight + trillionths(next(part for part in primary.composition if part.element == "Nd").fraction) * 300
    assert abs(trillionths(neodymium.pre) - trillionths(source.pre) * weight // whole) <= 10


def test_stock_in_process_takes_its_share_along_to_the_next_campaign() -> None:
    lot = certified("OX-17")
    done = mixed({"OX-17": (lot, "400")}, [oxide("STOCK-1", "400", lot, kind="in-process")])
    (stock_lot,) = done.certified
    assert stock_lot.batch.kind == "in-process"
    (after,) = mixed({"STOCK-1": (stock_lot, "400")}, [oxide("NEXT-1", "400", lot)]).certified
    assert abs(total(after) - share_of(lot, "400")) <= 100
    assert {(step.step, step.country) for step in lot.origin} <= {(step.step, step.country) for step in after.origin}
    assert [part.post for part in after.composition] == [part.post for part in stock_lot.composition]


def test_a_lot_off_specification_comes_back_with_its_mass_and_its_footprint() -> None:
    good, bad = certified("OX-16"), certified("OX-17")
    (again,) = mixed({"OX-16": (good, "50"), "OX-17": (bad, "50")}, [oxide("AGAIN-1", "100", bad)]).certified
    assert abs(total(again) - share_of(good, "50") - share_of(bad, "50")) <= 100
