"""Metallothermic reduction: no more metal than calcium or magnesium can reduce, and their slag is all there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.chemistry.exact import SCALE
from ledger.footprint.masses import PARTS, compound_elements, reducing_charge
from schemas.problem import RefusedError
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from collections.abc import Callable

DY_FLUORIDE = {"Dy": "0.740336", "F": "0.259664"}


def calciothermic(value: dict[str, Any]) -> None:
    """2 DyF3 + 3 Ca -> 2 Dy + 3 CaF2 with a tenth more calcium; 4.0336 kg Dy stay in the slag."""
    for member in ("inputs", "direct", "anodes", "water", "claims", "fuels", "transport"):
        value.pop(member, None)
    value.update(step="metallothermic-reduction", run="MTR-1", untracked=[])
    value["materials"] = [
        {
            "name": "dysprosium fluoride",
            "mass": "100 kg",
            "factor": "defaults/rare-earth-goods.glo",
            "composition": DY_FLUORIDE,
        },
        {
            "name": "calcium",
            "mass": "30 kg",
            "factor": "placeholders/aluminium.glo",
            "proxy_for": "calcium metal",
            "composition": {"Ca": "1"},
        },
    ]
    slag = {"Ca": "30 kg", "F": "25.9664 kg", "Dy": "4.0336 kg"}
    value["wastes"] = [{"name": "slag", "mass": "60 kg", "fate": "landfill", "elements": slag}]
    value["outputs"] = [value["outputs"][0] | {"mass": "70 kg", "composition": {"Dy": "1"}, "kind": "metal"}]
    value["outputs"][0].pop("product", None)
    value["excluded"] = []


def samarium(value: dict[str, Any]) -> None:
    """Sm2O3 + 2 La -> 2 Sm + La2O3: the samarium distils off, the lanthanum stays as oxide."""
    calciothermic(value)
    value["materials"] = [
        {"name": "samarium oxide", "mass": "100 kg", "factor": "defaults/rare-earth-goods.glo",
         "composition": {"Sm": "0.862356", "O": "0.137644"}},
        {"name": "lanthanum", "mass": "85 kg", "factor": "defaults/rare-earth-goods.glo",
         "composition": {"La": "1"}},
    ]  # fmt: skip
    slag = {"La": "85 kg", "O": "13.7644 kg", "Sm": "6.2356 kg"}
    value["wastes"] = [{"name": "slag", "mass": "105 kg", "fate": "sold", "elements": slag}]
    value["outputs"][0].update(mass="80 kg", composition={"Sm": "1"})


def drafted(*changes: Callable[[dict[str, Any]], object]) -> None:
    def change(value: dict[str, Any]) -> None:
        for each in changes:
            each(value)

    example.drafted(example.changed("ELY-B-2026-04", change))


@pytest.mark.parametrize("route", [calciothermic, samarium])
def test_metal_made_with_enough_of_another_passes(route: Callable[[dict[str, Any]], object]) -> None:
    drafted(route)


def less(place: int, mass: str) -> Callable[[dict[str, Any]], object]:
    return lambda value: value["materials"][place].update(mass=mass)


def slag_of(**elements: str) -> Callable[[dict[str, Any]], object]:
    return lambda value: value["wastes"][0]["elements"].update(elements)


REFUSED = [
    ("rule.m-red", (calciothermic, less(1, "25 kg"), slag_of(Ca="25 kg"))),
    ("rule.m-red", (samarium, less(1, "70 kg"), slag_of(La="70 kg"))),
    ("rule.m-red-slag", (calciothermic, slag_of(Ca="20 kg"))),
    ("rule.m-red-slag", (calciothermic, slag_of(F="5 kg"))),
    ("rule.m-oxmet", (calciothermic, lambda value: value["outputs"][0].update(mass="75 kg"))),
]


@pytest.mark.parametrize(("code", "changes"), REFUSED, ids=[f"{code}-{at}" for at, (code, _) in enumerate(REFUSED)])
def test_metal_that_nothing_reduced_is_refused(
    code: str, changes: tuple[Callable[[dict[str, Any]], object], ...]
) -> None:
    with pytest.raises(RefusedError) as caught:
        drafted(*changes)
    assert code in {problem.code for problem in caught.value.problems}, str(caught.value)


def test_charge_is_what_a_metal_can_give_and_a_compound_has_given() -> None:
    assert reducing_charge({"Ca": 40_078 * SCALE // 1000}) == 2 * PARTS
    for compound in ("CaF2", "Nd2O3", "CeO2", "DyF3"):
        assert reducing_charge(compound_elements(compound, SCALE)) * 10**10 < PARTS
