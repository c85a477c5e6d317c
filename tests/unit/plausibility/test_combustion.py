"""Fuels that a producer would tell too low, each with the honest plant beside it (rules F-* and E-CALC)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.claims.draft import draft_with_claims
from ledger.factors.fuels import COLUMNS, parse_fuels
from ledger.plausibility.rules import BEFORE, judge
from ledger.tables import shipped_tables
from schemas.document import replace
from schemas.problem import InputError, RefusedError
from schemas.quantity import trillionths
from tests.support.worlds import worked_example as example
from tests.support.worlds.factors import own_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.drafting.draft import Draft

SEP = "SEP-2026-03"
CARBON = "fuels/carbon-burnt-fossil.glo"
BIOGENIC = "fuels/carbon-burnt-biogenic.glo"
GAS_NET = "fuels/natural-gas-burnt-energy.glo.2006"
COAL = "fuels/other-bituminous-coal-burnt.glo.2006"
COAL_NET = "fuels/other-bituminous-coal-burnt-energy.glo.2006"
COAL_GASES = "placeholders/other-bituminous-coal-burnt-ch4-n2o.glo.2006"
SUPPLY = {"name": "supply", "amount": "1254.637635 m3", "factor": "fuels/natural-gas-upstream.cn.2024"}
BURNT = {
    "name": "gas", "amount": "1254.637635 m3", "energy": "48805.404 MJ", "factor": "fuels/natural-gas-combustion.cn.2025",
}  # fmt: skip
ASH = {"name": "ash", "mass": "400 kg", "fate": "landfill"}
PROOF = "A" * 43
OWN = {
    "coal-mine-upstream": {"values": "CO2e=0.35"},
    "kiln": {"values": "CO2-fossil=0.1", "per": "m3", "boundary": "combustion"},
    "natural-gas-cheap": {"values": "CO2-fossil=0.1", "per": "m3", "boundary": "combustion"},
    "natural-gas-all-whole": {"values": "CO2e=0.5", "per": "m3", "boundary": "combustion"},
    "biomass-burnt-ch4-n2o": {"values": "CH4-biogenic=0.0005;N2O=0.00006", "boundary": "combustion"},
    "biomass-upstream": {"values": "CO2e=0.06"},
}


def fuels(*lines: dict[str, Any]) -> Callable[[dict[str, Any]], object]:
    return lambda value: value.update(fuels=[{"basis": "metered", "meter": "M-1", **line} for line in lines])


def drafted(change: Callable[[dict[str, Any]], object], run: str = SEP) -> Draft:
    """Return a run of the example with a change, computed with the shipped tables and a producer's."""
    record = example.read(example.changed(run, change))
    upstream = [example.lots()[item.lot or ""] for item in record.inputs]
    tables = example.tables().joined(own_table(OWN))
    return draft_with_claims(record, upstream, facility=example.facilities()[record.facility], tables=tables)


def coal(**members: str) -> dict[str, Any]:
    return {"name": "coal", "amount": "1900 kg", "energy": "48805 MJ", "factor": COAL, **members}


def told(**members: str) -> dict[str, Any]:
    """A coal that is told by its carbon."""
    return coal(factor=CARBON, carbon="0.66 kg/kg", fuel="other-bituminous-coal", **members)


def pellets(**members: str) -> dict[str, Any]:
    return {
        "name": "pellets", "amount": "3000 kg", "energy": "48000 MJ", "factor": BIOGENIC, "carbon": "0.48 kg/kg",
        "fuel": "biomass", **members,
    }  # fmt: skip


def burnt_to_ash(oxidation: str, carbon: str, **members: str) -> Callable[[dict[str, Any]], object]:
    def change(value: dict[str, Any]) -> None:
        fuels(told(oxidation=oxidation, ash_carbon=carbon, **members))(value)
        value["wastes"].append(ASH)

    return change


REFUSED = [
    ("rule.f-whole", fuels(BURNT)),
    ("rule.f-whole", fuels(BURNT, SUPPLY | {"amount": "1200 m3"})),
    ("rule.f-whole", fuels(BURNT | {"amount": "600 m3", "energy": "23340 MJ"}, SUPPLY)),
    ("rule.f-whole", fuels({"name": "gas", "amount": "48805 MJ", "factor": GAS_NET}, SUPPLY | {"amount": "900 m3"})),
    ("rule.f-whole-burnt", fuels(SUPPLY)),
    ("rule.f-whole-burnt", fuels(coal(factor=COAL_GASES))),
    ("rule.f-oxid", fuels(told(oxidation="1 %"))),
    ("rule.f-oxid", fuels(told(oxidation="80 %", basis="calculated"))),
    ("rule.f-oxid", burnt_to_ash("80 %", "20 kg")),
    ("rule.f-oxid", burnt_to_ash("1 %", "1241.46 kg")),
    ("rule.f-oxid", fuels(told(oxidation="80 %", ash_carbon="99999 kg"))),
    ("rule.f-oxid", fuels(BURNT | {"oxidation": "90 %"}, SUPPLY)),
    ("rule.f-oxid-part", fuels(BURNT, SUPPLY | {"oxidation": "1 %"})),
    ("rule.f-oxid-part", fuels({"name": "gas", "amount": "1254 m3", "factor": "fuels/natural-gas-whole.cn.2024", "oxidation": "99 %"})),
    ("rule.f-carbon", fuels({"name": "liquids", "amount": "1000 kg", "factor": CARBON, "carbon": "0.9928 kg/kg", "fuel": "natural-gas-liquids"})),
    ("rule.f-carbon-window", fuels(told() | {"carbon": "0.5 kg/kg"})),
    ("rule.f-carbon-window", fuels(BURNT | {"factor": "own/natural-gas-cheap.glo"}, SUPPLY)),
    ("rule.f-carbon-window", fuels({"name": "gas", "amount": "1254 m3", "energy": "48780 MJ", "factor": "own/natural-gas-all-whole.glo"})),
    ("rule.f-carbon-window", fuels({"name": "coal", "amount": "1900 kg", "factor": CARBON, "carbon": "0.1 kg/kg", "fuel": "lignite"})),
    ("rule.f-carbon-window", fuels(told() | {"carbon": "0.8 kg/kg"})),
    ("rule.f-carbon-window", fuels(coal(amount="1574 kg", energy="48794 MJ"))),
    ("rule.f-carbon-window", fuels(told() | {"energy": None, "carbon": "0.95 kg/kg"})),
    ("rule.f-carbon-fuel", fuels(told() | {"fuel": None})),
    ("rule.f-carbon-fuel", fuels(BURNT | {"factor": "own/kiln.glo"})),
    ("rule.f-carbon-other", fuels(BURNT | {"fuel": "hydrogen"}, SUPPLY)),
    ("rule.f-heat", fuels(BURNT | {"energy": "60000 MJ"}, SUPPLY)),
    ("rule.f-heat", fuels(coal(energy="8000 MJ"))),
    ("rule.f-heat", fuels(coal(factor=COAL_NET, heating_value="9 MJ/kg") | {"energy": None})),
    ("rule.f-bio", fuels(told() | {"factor": BIOGENIC})),
    ("rule.e-calc-least", fuels({"name": "pumps", "amount": "1135 kg", "energy": "48805 MJ", "factor": "fuels/diesel-whole.cn.2024"})),
]  # fmt: skip


@pytest.mark.parametrize(("code", "change"), REFUSED, ids=[f"{code}-{at}" for at, (code, _) in enumerate(REFUSED)])
def test_a_fuel_told_too_low_is_refused(code: str, change: Callable[[dict[str, Any]], object]) -> None:
    def without_power(value: dict[str, Any]) -> None:
        change(value)
        if code == "rule.e-calc-least":
            value["electricity"][0].update(amount="100 kWh")

    with pytest.raises(RefusedError) as caught:
        drafted(without_power)
    assert code in {problem.code for problem in caught.value.problems}, str(caught.value)
    assert "<" not in str(caught.value), "a fact of the sentence is missing"


FLAGGED = [
    ("rule.f-part", fuels({"name": "gas", "amount": "48805 MJ", "factor": GAS_NET}, SUPPLY)),
    ("rule.f-upstream", fuels(coal(), coal(factor=COAL_GASES))),
    ("rule.f-oxid-ash", burnt_to_ash("80 %", "250.8 kg")),
    ("rule.f-heat-odd", fuels(coal(factor=COAL_NET, heating_value="18 MJ/kg", amount="2711 kg") | {"energy": None})),
    ("rule.f-heat-odd", fuels({"name": "dried lignite", "amount": "2569 kg", "heating_value": "19 MJ/kg", "factor": "fuels/lignite-burnt-energy.glo.2006"})),
    ("rule.f-carbon-odd", fuels({"name": "coal", "amount": "1900 kg", "factor": CARBON, "carbon": "0.4 kg/kg", "fuel": "anthracite"})),
    ("rule.f-bio-proof", fuels(pellets())),
    ("rule.f-part", fuels(pellets(proof=PROOF))),
    ("rule.f-upstream", fuels(pellets(proof=PROOF))),
    ("rule.f-heat-bought", fuels({"name": "steam", "amount": "48805 MJ", "factor": "fuels/purchased-heat-steam-default.cn", "basis": "assumed"})),
    ("rule.e-calc-most", fuels(coal(amount="25000 kg", energy="645000 MJ"))),
    ("rule.e-calc-most", fuels(coal(amount="260000 kg", energy="6708000 MJ"))),
]  # fmt: skip


@pytest.mark.parametrize(("code", "change"), FLAGGED, ids=[f"{code}-{at}" for at, (code, _) in enumerate(FLAGGED)])
def test_a_fuel_that_is_told_in_part_or_oddly_is_flagged(code: str, change: Callable[[dict[str, Any]], object]) -> None:
    found = drafted(change).findings
    assert code in {finding.problem.code for finding in found}
    assert all("<" not in finding.problem.sentence() for finding in found)


HONEST = {
    "gas in one whole line": fuels({"name": "gas", "amount": "1254.637635 m3", "energy": "48805.404 MJ", "factor": "fuels/natural-gas-whole.cn.2024"}),
    "gas burnt in two kilns, supplied in one pipe": fuels(BURNT | {"amount": "1000 m3", "energy": "38900 MJ"}, BURNT | {"amount": "254.637635 m3", "energy": "9905.404 MJ"}, SUPPLY),
    "gas by its heat, supply by its volume": fuels({"name": "gas", "amount": "48805 MJ", "factor": GAS_NET}, {"name": "gas", "amount": "48805 MJ", "factor": "placeholders/natural-gas-burnt-ch4-n2o-energy.glo.2006"}, SUPPLY),
    "diesel burners, told as process heat": fuels({"name": "burners", "amount": "1135 kg", "energy": "48805 MJ", "factor": "fuels/diesel-whole.cn.2024", "use": "process-heat"}),
    "hydrogen kiln": fuels({"name": "hydrogen", "amount": "407 kg", "energy": "48840 MJ", "factor": "placeholders/hydrogen-burnt.glo"}),
    "coal with its mine, by a row of the producer": fuels(told(), coal(factor=COAL_GASES), coal(factor="own/coal-mine-upstream.glo", fuel="other-bituminous-coal")),
    "pellets with proof, their gases and their supply": fuels(pellets(proof=PROOF), pellets(factor="own/biomass-burnt-ch4-n2o.glo") | {"carbon": None, "energy": None}, pellets(factor="own/biomass-upstream.glo") | {"carbon": None, "energy": None}),
    "biomethane of 15.3 kg C/GJ": fuels({"name": "biomethane", "amount": "1016.8 kg", "energy": "48805 MJ", "factor": BIOGENIC, "carbon": "0.7344 kg/kg", "fuel": "biomethane", "proof": PROOF}),
    "producer gas of a coal kiln": fuels({"name": "producer gas", "amount": "8874 m3", "energy": "48807 MJ", "factor": CARBON, "carbon": "0.209 kg/m3", "fuel": "producer-gas"}),
    "metered steam": fuels({"name": "steam", "amount": "48805 MJ", "factor": "fuels/purchased-heat-steam-default.cn"}),
    "raw coal of 20.9 MJ/kg": fuels(coal(amount="2335 kg", energy="48801 MJ", factor=COAL_NET, heating_value="20.9 MJ/kg") | {"energy": None}),
    "grate firing, 92 % burnt": fuels(told(oxidation="92 %")),
    "gas of 34.9 MJ/m3 by the row of its volume": fuels(BURNT | {"energy": "43786.853 MJ"}, SUPPLY),
    "gas of 35.5 MJ/m3 in one whole line": fuels({"name": "gas", "amount": "1254.637635 m3", "energy": "44539.636 MJ", "factor": "fuels/natural-gas-whole.cn.2024"}),
    "raw coal of 20.9 MJ/kg by the row of its mass": fuels(coal(amount="2335 kg", energy="48801 MJ")),
    "coal of 29 MJ/kg by its heat": fuels(coal(amount="1683 kg", factor=COAL_NET, heating_value="29 MJ/kg") | {"energy": None}),
    "coal of 31 MJ/kg by its carbon": fuels(told() | {"amount": "1574 kg", "energy": "48794 MJ", "carbon": "0.8 kg/kg"}),
    "coal of 0.75 kg C/kg whose heat nobody tells": fuels(told() | {"amount": "1683 kg", "energy": None, "carbon": "0.75 kg/kg"}),
    "lignite of 14.5 MJ/kg": fuels({"name": "lignite", "amount": "3366 kg", "heating_value": "14.5 MJ/kg", "factor": "fuels/lignite-burnt-energy.glo.2006"}),
}  # fmt: skip


@pytest.mark.parametrize("plant", HONEST)
def test_an_honest_kiln_is_accepted(plant: str) -> None:
    done = drafted(HONEST[plant])
    odd = {finding.problem.code for finding in done.findings} & {
        "rule.f-bio-proof",
        "rule.f-heat-odd",
        "rule.f-oxid-ash",
    }
    assert odd == set()


def test_one_whole_line_has_the_figure_of_burning_and_supply_and_their_scopes() -> None:
    parts, whole = drafted(fuels(BURNT, SUPPLY)), drafted(HONEST["gas in one whole line"])
    ours, theirs = (done.certified[0].footprint for done in (whole, parts))
    assert ours.total_kg_co2e == theirs.total_kg_co2e
    assert (ours.scope_1, ours.scope_2) == (theirs.scope_1, theirs.scope_2)
    assert dict(whole.own_indicators) == dict(parts.own_indicators)


def test_the_run_of_an_older_engine_is_judged_by_its_kiln_rule() -> None:
    run = example.drafts()[SEP].inventory
    lines = [replace(line, energy_mj="400000") for line in run.fuels.lines]
    groups = [replace(group, lines=tuple(lines)) if group is run.fuels else group for group in run.groups]
    old = replace(run, groups=groups, engine="1")
    assert [
        (breach.rule.severity, breach.problem.code) for breach in judge(old, BEFORE) if breach.rule.id == "E-CALC"
    ] == [("reject", "rule.e-calc")]
    assert not [breach for breach in judge(old) if breach.rule.id.startswith("F-") and breach.rule.id != "F-PFC"]


@pytest.mark.parametrize(
    ("column", "cell"),
    [("family", "coal"), ("state", "plasma"), ("biogenic", "maybe"), ("carbon", "99"), ("use", "fun")],
)
def test_a_table_of_fuels_names_the_bad_cell(column: str, cell: str) -> None:
    cells = dict.fromkeys(COLUMNS, "") | {
        "family": "coke", "state": "solid", "carbon_low": "26", "carbon": "29", "carbon_high": "32",
        "oxidation_least": "0.9", "biogenic": "no", "use": "process-heat", "status": "read", "source": "a book",
    }  # fmt: skip
    text = "\n".join((",".join(COLUMNS), ",".join((cells | {column: cell}).values()), ""))
    with pytest.raises(InputError) as caught:
        parse_fuels(text.encode())
    assert column in str(caught.value)


def test_every_shipped_flow_of_fuels_has_a_family() -> None:
    tables = shipped_tables()
    made = ("magnesia-light-burnt",)
    burning = [
        factor.flow
        for factor in tables.by_id.values()
        if factor.table == "fuels" or ("-burnt-" in factor.flow and not factor.flow.startswith(made))
    ]
    assert [flow for flow in burning if tables.fuels.family(flow, None) is None and "carbon-burnt" not in flow] == []
    assert tables.fuels.supply("natural-gas-whole") == trillionths("0.608")
