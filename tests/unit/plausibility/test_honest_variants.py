"""Honest plants of unusual processes: none is refused, and what their documents do not show is flagged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.chemistry.exact import SCALE
from ledger.footprint.masses import compound_elements
from ledger.plausibility.rules import COMPLETENESS, MENDED, judge
from schemas.inventory import DirectLine, WasteLine, Water
from schemas.quantity import trillionths_text
from schemas.run import Absent
from tests.support.worlds.honest_plants import CARBONATE, CHLORIDE, FLUOROCARBONATE, MAGNET, OXIDE, Plant, bound

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.vocabulary import Step

RULES = (*COMPLETENESS, *MENDED)
LIGHT = {"La": 0.3, "Ce": 0.45, "Nd": 0.25}
NO_CERIUM = {"La": 0.55, "Nd": 0.45}
METERED = {"basis": "metered", "meter": "M-1"}


def plant(step: Step) -> Plant:
    made = Plant(step, 0)
    made.how = lambda: dict(METERED)  # type: ignore[method-assign] # every amount of these plants is metered
    return made


def codes(made: Plant, severity: str) -> set[str]:
    found = judge(made.inventory(), RULES)
    return {each.problem.code for each in found if each.rule.severity == severity}


def without(made: Plant, item: str, reason: str = "not-in-process", **members: Any) -> None:  # noqa: ANN401 - members
    if reason == "not-in-process":
        members = {"variant": "as the plant's permit says"} | members
    made.absent.append(Absent(item=item, reason=reason, **members))  # type: ignore[arg-type] # a reason


def leached_with_hydrochloric_acid() -> Plant:
    """Roast bastnaesite and leach it with hydrochloric acid: cerium stays behind as oxide (Sichuan, Mountain Pass)."""
    made = plant("acid-roasting")
    made.takes("concentrate", bound(LIGHT, FLUOROCARBONATE, 0.6), 2000)
    made.makes("mixed-compound", bound(NO_CERIUM, CHLORIDE), 880)
    made.makes("oxide", bound({"Ce": 1.0}, {"O": 2.0}), 640)
    made.buys("HCl", 700 * SCALE)
    made.buys("CaO", 200 * SCALE)
    made.electricity(900 * SCALE)
    made.heat(15000 * SCALE)
    return made


def apatite_in_nitric_acid() -> Plant:
    made = plant("acid-roasting")
    made.digs(bound(LIGHT, OXIDE, 0.01), 100000, "methods/no-burden.glo")
    made.makes("mixed-compound", bound(LIGHT, CARBONATE), 900)
    made.buys("HNO3", 50000 * SCALE)
    made.electricity(2000 * SCALE)
    without(made, "process-heat")
    return made


def magnets_of(kind: str, product: str | None, kwh: int, *, of: str = "powder", carbon: bool = False) -> Plant:
    made = plant("magnet-production")
    metal = bound({"Nd": 1.0}, MAGNET | ({"C": 1.0} if carbon else {}))
    made.takes(of, metal, 1000)  # type: ignore[arg-type] # a kind
    made.makes(kind, metal, 1000, product)  # type: ignore[arg-type] # a kind
    made.electricity(kwh * SCALE)
    return made


def month_that_ends_with_powder_in_process() -> Plant:
    made = magnets_of("magnet", "sintered-ndfeb-magnet", 500, of="alloy")
    made.outgoing.clear()
    metal = bound({"Nd": 1.0}, MAGNET)
    made.makes("magnet", metal, 100, "sintered-ndfeb-magnet")
    made.makes("in-process", metal, 900)
    return made


def leached_by(agent: str, mass: int) -> Plant:
    made = plant("in-situ-leaching")
    made.digs(bound(LIGHT, OXIDE, 0.001), 1_200_000, "methods/no-burden.glo")
    made.makes("mixed-compound", bound(LIGHT, CARBONATE), 1000)
    made.buys(agent, mass * SCALE)
    made.buys("Na2CO3", 2000 * SCALE)
    made.electricity(1500 * SCALE)
    return made


def all_ammonium_sold() -> Plant:
    made = leached_by("(NH4)2SO4", 9000)
    nitrogen = trillionths_text(compound_elements("(NH4)2SO4", 9000 * SCALE)["N"])
    made.waste.append(
        WasteLine(
            name="ammonium sulphate", basis="weighed", meter="W-1", mass_kg="9000", moisture="0.01", fate="sold",
            destination="recovery", elements=(("N", nitrogen),), proof="A" * 43,
        )
    )  # fmt: skip
    return made


def melted_ab5() -> Plant:
    made = plant("alloy-melting")
    made.takes("metal", bound(LIGHT, {}), 330)
    made.makes("alloy", bound(LIGHT, {"Ni": 5.0}), 1000)
    made.electricity(230 * SCALE)
    return made


def heavy_sands() -> Plant:
    made = plant("beneficiation")
    made.digs(bound(LIGHT, OXIDE, 0.02), 50000, "methods/no-burden.glo")
    made.makes("concentrate", bound(LIGHT, {"P": 1.0, "O": 4.0}, 0.95), 1000)
    made.electricity(30 * SCALE)
    without(made, "flotation-reagent")
    return made


def worked(step: Step, kwh: int, of: str, made_of: str) -> Plant:
    made = plant(step)
    metal = bound({"Nd": 1.0}, MAGNET)
    made.takes(of, metal, 1000)  # type: ignore[arg-type] # a kind
    made.makes(made_of, metal, 1000)  # type: ignore[arg-type] # a kind
    made.electricity(kwh * SCALE)
    return made


def oxides_apart(step: Step = "separation") -> Plant:
    """Take a carbonate (or scrap) apart into two oxides, with kiln and precipitant but without acid."""
    made = plant(step)
    feed = bound({"La": 0.5, "Nd": 0.5}, CARBONATE if step == "separation" else MAGNET)
    made.takes("mixed-compound" if step == "separation" else "scrap", feed, 1900 if step == "separation" else 3800)
    made.makes("oxide", bound({"La": 1.0}, OXIDE), 580)
    made.makes("oxide", bound({"Nd": 1.0}, OXIDE), 580)
    made.buys("H2C2O4", 1400 * SCALE)
    made.electricity(6000 * SCALE)
    made.heat(12000 * SCALE)
    return made


def acid_won_back() -> Plant:
    made = oxides_apart()
    made.heat(5000 * SCALE)
    without(made, "acid", "regenerated-in-run")
    return made


def recycled_with_citric_acid() -> Plant:
    made = oxides_apart("hydrometallurgical-recycling")
    made.buys("C6H8O7", 1400 * SCALE)
    return made


def molten_salt() -> Plant:
    made = oxides_apart("hydrometallurgical-recycling")
    without(made, "acid")
    return made


def calcined_alone() -> Plant:
    made = plant("separation")
    made.takes("mixed-compound", bound(LIGHT, CARBONATE), 1450)
    made.makes("oxide", bound(LIGHT, OXIDE), 1000)
    made.electricity(100 * SCALE)
    made.heat(6000 * SCALE)
    return made


def washed_again() -> Plant:
    made = plant("separation")
    made.takes("oxide", bound(LIGHT, OXIDE), 1000)
    made.makes("oxide", bound(LIGHT, OXIDE), 999)
    made.electricity(60 * SCALE)
    return made


def spray_roasted() -> Plant:
    made = oxides_apart()
    made.incoming.clear()
    made.takes("mixed-compound", bound({"La": 0.5, "Nd": 0.5}, CHLORIDE), 1900)
    made.materials.clear()
    without(made, "precipitant")
    return made


def chloride_sold() -> Plant:
    made = plant("separation")
    made.takes("mixed-compound", bound({"La": 0.5, "Nd": 0.5}, CARBONATE), 1900)
    made.makes("mixed-compound", bound({"La": 1.0}, CHLORIDE), 800)
    made.makes("mixed-compound", bound({"Nd": 1.0}, CHLORIDE), 800)
    made.buys("HCl", 800 * SCALE)
    made.electricity(3000 * SCALE)
    return made


def inert_anodes() -> Plant:
    made = plant("oxide-electrolysis")
    made.takes("oxide", bound({"Nd": 1.0}, OXIDE), 1200)
    made.makes("metal", bound({"Nd": 1.0}, {}), 1000)
    made.buys("LiF", 30 * SCALE)
    made.electricity(9000 * SCALE)
    gas = {"name": "O2", "substance": "O2", "mass_kg": "160", "elements": (("O", "160"),), "basis": "calculated"}
    made.direct.append(DirectLine(**gas))  # type: ignore[arg-type] # members by name
    without(made, "anode-co2")
    without(made, "pfc")
    return made


def brine_evaporated_by_heat() -> Plant:
    made = oxides_apart()
    made.buys("HCl", 800 * SCALE)
    zero = dict.fromkeys(
        ("fresh", "with_reagents", "feed_moisture", "formed", "discharged", "evaporated", "in_products", "in_wastes",
         "recycled"), "0",
    )  # fmt: skip
    made.water = Water(**zero, evaporator="20")  # type: ignore[arg-type] # members by name
    made.heat(60000 * SCALE)
    return made


HONEST: dict[str, tuple[Callable[[], Plant], set[str]]] = {
    "bastnaesite leached with hydrochloric acid": (leached_with_hydrochloric_acid, set()),
    "apatite in nitric acid, cold": (apatite_in_nitric_acid, {"rule.q-absent", "rule.q-range"}),
    "bonded magnets": (lambda: magnets_of("magnet", "bonded-ndfeb-magnet", 600), set()),
    "bonded magnets that name no product": (lambda: magnets_of("magnet", None, 600, carbon=True), set()),
    "powder alone": (lambda: magnets_of("powder", "ndfeb-powder", 1200, of="alloy"), set()),
    "hot-deformed magnets": (lambda: magnets_of("magnet", "hot-deformed-ndfeb-magnet", 1500), set()),
    "boundary diffusion": (lambda: magnets_of("magnet", "sintered-ndfeb-magnet", 150, of="magnet"), set()),
    "a month that ends with powder in process": (month_that_ends_with_powder_in_process, set()),
    "magnesium sulphate in the ground": (lambda: leached_by("MgSO4", 6000), set()),
    "sodium chloride in the ground": (lambda: leached_by("NaCl", 6000), set()),
    "aluminium sulphate in the ground": (lambda: leached_by("Al2(SO4)3", 6000), set()),
    "all ammonium sold": (all_ammonium_sold, set()),
    "AB5 at 0.23 kWh": (melted_ab5, {"rule.q-range"}),
    "heavy sands at 0.03 kWh": (heavy_sands, set()),
    "decrepitation at 0.05 kWh": (
        lambda: worked("hydrogen-recycling", 50, "scrap", "powder"), {"rule.q-range", "rule.q-line-flag"},
    ),
    "phosphating at 0.02 kWh": (lambda: worked("coating", 20, "magnet", "magnet"), {"rule.q-range"}),
    "acid won back by pyrohydrolysis": (acid_won_back, {"rule.q-absent"}),
    "recycling with citric acid": (recycled_with_citric_acid, set()),
    "recycling in molten salt": (molten_salt, {"rule.q-absent"}),
    "a month of calcining alone": (calcined_alone, set()),
    "an oxide that is washed again": (washed_again, set()),
    "spray-roasted chloride": (spray_roasted, {"rule.q-absent"}),
    "chloride that is sold": (chloride_sold, set()),
    "inert anodes": (inert_anodes, {"rule.q-absent"}),
    "brine evaporated by steam": (brine_evaporated_by_heat, set()),
}  # fmt: skip

USUAL = {"rule.q-line-flag"}
"""Small things that these plants do not tell of."""


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_plant_is_not_refused(name: str) -> None:
    draw, flags = HONEST[name]
    made = draw()
    assert codes(made, "reject") == set()
    assert codes(made, "flag") - USUAL == flags - USUAL


UNDECLARED: dict[str, tuple[Callable[[], Plant], str]] = {
    "apatite, cold, without a word": (apatite_in_nitric_acid, "rule.q-line"),
    "acid that came from nowhere": (acid_won_back, "rule.p-acid-charge"),
    "molten salt without a word": (molten_salt, "rule.q-line"),
    "spray roasting without a word": (spray_roasted, "rule.p-precip"),
    "anodes that give off nothing": (inert_anodes, "rule.c-ely-floor"),
}


@pytest.mark.parametrize("name", UNDECLARED)
def test_the_same_plant_that_declares_nothing_is_refused(name: str) -> None:
    draw, code = UNDECLARED[name]
    made = draw()
    made.absent.clear()
    assert code in codes(made, "reject")


def test_sintered_magnets_on_the_power_of_bonded_ones_are_refused() -> None:
    assert "rule.q-least" in codes(magnets_of("magnet", "sintered-ndfeb-magnet", 500), "reject")


def test_an_inert_anode_takes_a_volt_more() -> None:
    made = inert_anodes()
    made.power.clear()
    made.electricity(1200 * SCALE)
    assert "rule.q-absent-reason" in codes(made, "reject")
