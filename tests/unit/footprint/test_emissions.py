"""How process emissions are determined: each method against a figure worked out by hand or read in a source."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chemistry.exact import SCALE
from ledger.footprint.emissions import formula_text, gas_per_compound, mass_by_method, net_anode_carbon
from ledger.plausibility.rules import judge
from schemas.determination import AnodeBalance, Anodes, Decomposition, Default, Ratio, Refill, Slope
from schemas.document import replace
from schemas.inventory import Direct, DirectLine
from schemas.problem import InputError, RefusedError
from schemas.quantity import trillionths, trillionths_text
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.determination import Determination
    from schemas.vocabulary import Gas

ELY = "ELY-2026-04-A"
LA = "ELY-2026-05-L"
PFC = "placeholders/electrolysis-pfc-tier-1.glo.2019"


def line(gas: Literal[Gas, "CO"], method: Determination | None, mass: str = "0") -> DirectLine:
    return DirectLine(name="x", basis="metered", meter="M-1", substance="x", gas=gas, mass_kg=mass, method=method)


def mass_of(gas: Literal[Gas, "CO"], method: Determination, *others: DirectLine, anodes: Anodes | None = None) -> str:
    each = line(gas, method)
    found = mass_by_method(each, Direct(group="direct", lines=(*others, each), anodes=anodes), example.tables())
    assert found is not None
    return trillionths_text(found)


def decomposition(compound: str, *, purity: str = "1", decomposed: str = "1", recovered: str = "0") -> Decomposition:
    return Decomposition(
        by="decomposition", compound=compound, mass_kg="1000", purity=purity, decomposed=decomposed,
        burnt=False, recovered=recovered,
    )  # fmt: skip


def test_slope_is_coefficient_times_minutes_times_tonnes() -> None:
    method = Slope(by="slope", coefficient="0.143", minutes_per_cell_day="2.5", metal_kg="12000")
    assert mass_of("CF4", method) == "4.29"


def test_a_ratio_is_of_the_other_gas() -> None:
    assert mass_of("C2F6", Ratio(by="ratio", to="CF4", ratio="0.1"), line("CF4", None, "4.29")) == "0.429"


def test_a_default_is_the_factor_s_gas_times_the_mass() -> None:
    default = Default(by="default", factor=PFC, mass_kg="12000")
    assert [mass_of(gas, default) for gas in ("CF4", "C2F6", "C3F8", "SF6")] == ["1.7532", "0.1752", "0.0006", "0"]
    oxalic = Default(by="default", factor="materials/oxalic-acid-process-co2.cn", mass_kg="100", strength="0.996")
    assert mass_of("CO2-fossil", oxalic) == "34.7604"


def test_anodes_lose_what_was_used_less_butts_and_dust_times_their_carbon() -> None:
    anodes = Anodes(used_kg="170", butts_kg="15", dust_kg="5", carbon="0.98", as_co="0.02")
    group = Direct(group="direct", lines=(), anodes=anodes)
    assert net_anode_carbon(group) == 147 * SCALE
    by = AnodeBalance(by="anode-balance")
    carbon = Fraction(mass_of("CO2-fossil", by, anodes=anodes)) * Fraction("12.011") / Fraction("44.009")
    carbon += Fraction(mass_of("CO", by, anodes=anodes)) * Fraction("12.011") / Fraction("28.010")
    assert round(carbon, 9) == 147


def test_carbon_in_perfluorocarbons_leaves_as_nothing_else() -> None:
    anodes = Anodes(used_kg="150", butts_kg="0", dust_kg="0", carbon="1", as_co="0.02")
    pfc = (line("CF4", None, "0.03"), line("C2F6", None, "0.004"))
    assert mass_of("CO2-fossil", AnodeBalance(by="anode-balance"), *pfc, anodes=anodes).startswith("538.59931595")
    assert mass_of("CO", AnodeBalance(by="anode-balance"), *pfc, anodes=anodes).startswith("6.9958634806")


@pytest.mark.parametrize(
    ("compound", "vented", "as_co"),
    [
        ("CaCO3", "0.4397", "0"),
        ("Na2CO3", "0.4152", "0"),
        ("NaHCO3", "0.5239", "0"),
        ("NH4HCO3", "0.5567", "0"),
        ("CaMg(CO3)2", "0.4773", "0"),
        ("Nd2(CO3)3", "0.2818", "0"),
        ("H2C2O4\u00b72H2O", "0.3491", "0.2222"),
        ("Nd2(C2O4)3\u00b710H2O", "0.1802", "0.1147"),
    ],
)
def test_a_carbonate_gives_all_its_carbon_as_co2_and_an_oxalate_half(compound: str, vented: str, as_co: str) -> None:
    assert round(gas_per_compound(compound, "CO2", burnt=False), 4) == Fraction(vented)
    assert round(gas_per_compound(compound, "CO", burnt=False), 4) == Fraction(as_co)
    whole = gas_per_compound(compound, "CO2", burnt=True)
    assert whole == gas_per_compound(compound, "CO2", burnt=False) * (2 if "C2O4" in compound else 1)


def test_what_was_impure_not_decomposed_or_recovered_is_not_given_off() -> None:
    method = decomposition("CaCO3", purity="0.9", decomposed="0.5", recovered="0.2")
    assert mass_of("CO2-fossil", method) == trillionths_text(
        round(gas_per_compound("CaCO3", "CO2", burnt=False) * 360 * SCALE)
    )


def test_a_compound_without_carbonate_or_oxalate_is_refused() -> None:
    with pytest.raises(InputError, match="neither a carbonate nor an oxalate"):
        gas_per_compound("CaO", "CO2", burnt=False)


def test_a_refill_is_what_went_in_less_what_came_out() -> None:
    assert mass_of("HFC-134a", Refill(by="refill", added_kg="12.5", removed_kg="2")) == "10.5"


@given(st.integers(1, 10**12), st.integers(1, 1000), st.sampled_from(["CaCO3", "NH4HCO3", "H2C2O4\u00b72H2O"]))
def test_a_method_scales_with_its_mass(milligrams: int, times: int, compound: str) -> None:
    one = replace(decomposition(compound), mass_kg=trillionths_text(milligrams * 10**6))
    many = replace(one, mass_kg=trillionths_text(milligrams * times * 10**6))
    found = trillionths(mass_of("CO2-fossil", many)) - times * trillionths(mass_of("CO2-fossil", one))
    assert abs(found) <= times


# -- in a record --------------------------------------------------------------------------------------------------


def emission(value: dict[str, Any], word: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in value["direct"] if word in each["name"])
    return found


def without_masses(value: dict[str, Any]) -> None:
    for each in value["direct"]:
        if each.get("method", {}).get("by") not in {None, "measured"}:
            each.pop("mass")


@pytest.mark.parametrize("run", [ELY, LA])
def test_masses_that_are_left_out_follow_from_their_methods(run: str) -> None:
    done, written = example.drafted(example.changed(run, without_masses)), example.drafts()[run]
    for computed, said in zip(done.inventory.direct.lines, written.inventory.direct.lines, strict=True):
        assert abs(trillionths(computed.mass_kg) - trillionths(said.mass_kg)) <= SCALE // 2_000_000
        assert computed.method == said.method


def test_a_default_that_was_not_read_is_a_placeholder_of_the_result() -> None:
    def measured(value: dict[str, Any]) -> None:
        for word in ("C2F6", "C3F8"):
            emission(value, word).update(method={"by": "measured", "monitor": "FTIR"}, basis="metered", meter="M-1")

    done, before = example.drafted(example.changed(LA, measured)), example.drafts()[LA]
    assert done.result.placeholders == before.result.placeholders - 2
    ratings = [each.certified[0].footprint.quality.rating for each in (done, before)]
    assert Fraction(ratings[0]) < Fraction(ratings[1])


def test_co2_of_a_cell_by_default_needs_no_anodes_and_is_no_better_than_any_cell() -> None:
    def change(value: dict[str, Any]) -> None:
        value.pop("anodes")
        emission(value, "CO2").pop("mass")
        emission(value, "CO2")["method"] = {
            "by": "default", "factor": "materials/electrolysis-co2-upper.cn.2018", "mass": "233.9 kg",
        }  # fmt: skip
        emission(value, "CO of").pop("method")

    with pytest.raises(RefusedError) as caught:
        example.drafted(example.changed(ELY, change))
    # the carbon balance of the run still wants to know where that carbon came from
    assert {problem.code for problem in caught.value.problems} == {"rule.m-elem"}


def test_slope_and_ratio_in_a_record() -> None:
    def change(value: dict[str, Any]) -> None:
        slope = {"by": "slope", "coefficient": "0.02 kg/t/(min/d)", "minutes": "1.5 min/d", "metal": "233.9 kg"}
        emission(value, "CF4").update(method=slope)
        emission(value, "C2F6").update(method={"by": "ratio", "to": "CF4", "ratio": "12 %"})
        for word in ("CF4", "C2F6", "CO2", "CO of"):
            emission(value, word).pop("mass")

    done = example.drafted(example.changed(ELY, change))
    assert done.result.own["direct", "CF4"].location == trillionths("0.007017")
    assert done.result.own["direct", "C2F6"].location == trillionths("0.00084204")
    told_ = [formula_text(each, done.inventory.direct) for each in done.inventory.direct.lines]
    assert told_[2] == "0.02 kg/t and min x 1.5 min in a cell and day x 233.9 kg metal / 1000"


REFUSED: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("formula.no-gas", lambda value: emission(value, "CO2").update(
        method={"by": "decomposition", "compound": "CaO", "mass": "1 kg"})),
    ("formula.element", lambda value: emission(value, "CO2").update(
        method={"by": "decomposition", "compound": "XxCO3", "mass": "1 kg"})),
    ("factor.unknown", lambda value: emission(value, "CF4").update(
        method={"by": "default", "factor": "materials/no-such.glo", "mass": "1 kg"})),
    ("rule.x-method", lambda value: emission(value, "CF4").update(
        mass="0 kg", method={"by": "refill", "added": "1 kg", "removed": "2 kg"})),
]  # fmt: skip


@pytest.mark.parametrize(("code", "change"), REFUSED, ids=[code for code, _ in REFUSED])
def test_a_method_that_can_not_be_is_refused(code: str, change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(RefusedError) as caught:
        example.drafted(example.changed(ELY, change))
    assert code in {problem.code for problem in caught.value.problems}, str(caught.value)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("record.emission-mass", lambda value: emission(value, "CF4").pop("mass")),
        ("record.anodes-twice", lambda value: value.update(anode_carbon="3 kg")),
        ("document.unknown-tag", lambda value: emission(value, "CF4").update(method={"by": "guess"})),
        ("quantity.share", lambda value: value["anodes"].update(carbon="1.2")),
        ("record.lines", lambda value: value.update(materials=value["materials"][:1] * 251)),
        ("quantity.negative", lambda value: value["anodes"].update(butts="-1 kg")),
    ],
)
def test_a_record_that_does_not_say_is_not_read(code: str, change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(InputError) as caught:
        example.read(example.changed(ELY, change))
    assert code in {problem.code for problem in caught.value.problems}, str(caught.value)


def test_a_sealed_line_that_is_not_what_its_method_gives_fails_verification() -> None:
    run = example.drafts()[ELY].inventory
    lines = (replace(run.direct.lines[0], mass_kg="117.5"), *run.direct.lines[1:])
    forged = replace(run.direct, lines=lines)
    changed = replace(run, groups=[forged if group is run.direct else group for group in run.groups])
    assert "rule.x-method" in {finding.problem.code for finding in judge(changed)}
