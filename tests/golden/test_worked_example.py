"""The worked example's figures, computed a second time from its outside source, in Decimal and by other code.

The second computation reads ``example_chain.json``, knows only kg CO2e, weighs gases with the AR6 figures of the
source table, and never rounds; so the two may differ by what the engine's rounding can add up to.
"""

from __future__ import annotations

import csv
import json
from decimal import Decimal, localcontext
from typing import Any

import pytest

from ledger.factors.figures import parsed_co2e
from schemas.problem import RefusedError
from tests.golden.shared import shared
from tests.support.worlds import worked_example as example

CHAIN = json.loads(shared("data/example_chain.json").read_text(encoding="utf-8"))
WEIGHTS = {
    row["element"]: Decimal(row["atomic_weight"])
    for row in csv.DictReader(shared("data/atomic_weights.csv").read_text(encoding="utf-8").splitlines())
}
OXIDES = {"La": (2, 3), "Ce": (1, 2), "Pr": (6, 11), "Nd": (2, 3), "Sm": (2, 3), "Eu": (2, 3), "Gd": (2, 3), "Tb": (4, 7),
          "Dy": (2, 3), "Ho": (2, 3), "Er": (2, 3), "Tm": (2, 3), "Yb": (2, 3), "Lu": (2, 3), "Y": (2, 3)}  # fmt: skip
GWP = {"CO2": Decimal(1), "CF4": Decimal(7380), "C2F6": Decimal(12400), "C3F8": Decimal(9290), "N2O": Decimal(273)}
ROUNDING = Decimal("1e-6")
"""kg CO2e: far above what 12 places can add up to over 14 runs, far below anything that matters."""


def number(text: str) -> Decimal:
    return Decimal(text)


def oxide(element: str) -> Decimal:
    metal, oxygen = OXIDES[element]
    return (metal * WEIGHTS[element] + oxygen * WEIGHTS["O"]) / (metal * WEIGHTS[element])


def own(run: dict[str, Any], *, market: bool) -> Decimal:
    total = Decimal(0)
    for item in run["uncertified_inputs"]:
        content = number(item["strength"]) if item.get("factor_applies_to") == "100 % content" else 1
        total += number(item["mass_kg"]) * content * number(item["factor"]["value"])
    for item in run["activities"]:
        amount = number(item["amount"])
        if item["flow"] == "electricity" and market:
            covered = [(number(each["kwh"]), number(each["factor"])) for each in item.get("instruments") or ()]
            total += sum((kwh * each for kwh, each in covered), Decimal(0))
            total += (amount - sum(kwh for kwh, _ in covered)) * number(item["uncovered_factor_market"]["value"])
        else:
            total += amount * number(item["factor"]["value"])
    for item in run["direct_emissions"]:
        mass = number(item["kg"]) if "kg" in item else number(item["g"]) / 1000
        total += mass * (Decimal("44.009") / Decimal("28.010") if item["gas"] == "CO" else GWP[item["gas"]])
    return total


def weights(run: dict[str, Any], method: str) -> list[Decimal]:
    sharing = [output for output in run["outputs"] if output["allocate"]]
    if len(sharing) == 1:
        return [Decimal(output["allocate"]) for output in run["outputs"]]
    if method == "economic":
        return [
            number(o["mass_kg"]) * number(o["price_per_kg"]) if o["allocate"] else Decimal(0) for o in run["outputs"]
        ]
    return [
        sum(
            (number(o["mass_kg"]) * number(part) * oxide(e) for e, part in o["composition"].items() if e in OXIDES),
            Decimal(),
        )
        if o["allocate"]
        else Decimal(0)
        for o in run["outputs"]
    ]


def recomputed(method: str, *, market: bool) -> dict[str, Decimal]:
    """Return kg CO2e of every certified lot under one method all along the chain."""
    totals: dict[str, Decimal] = {}
    masses = {batch["lot"]: number(batch["net_mass_kg"]) for batch in CHAIN["batches"]}
    with localcontext() as context:
        context.prec = 60
        for run in CHAIN["runs"]:
            whole = own(run, market=market)
            whole += sum(totals[i["lot"]] * number(i["mass_kg"]) / masses[i["lot"]] for i in run["inputs"])
            shares = weights(run, method)
            for output, weight in zip(run["outputs"], shares, strict=True):
                totals[output["lot"]] = whole * weight / sum(shares)
    return totals


@pytest.mark.parametrize("market", [False, True], ids=["location", "market"])
@pytest.mark.parametrize("method", ["economic", "mass"])
def test_every_lot_has_the_figure_of_the_second_computation(method: str, *, market: bool) -> None:
    expected = recomputed(method, market=market)
    seen = 0
    for lot, each in example.lots().items():
        figures = each.facts.footprint
        both = figures.total_kg_co2e if method == figures.allocation else figures.alternative.total_kg_co2e
        found = Decimal(parsed_co2e(both)[market]).scaleb(-12)
        assert abs(found - expected[lot]) < ROUNDING, lot
        seen += 1
    assert seen == len(CHAIN["batches"]) == 15


def test_recycled_shares_are_those_of_the_source() -> None:
    nd = next(part for part in example.lots()["MG-88"].facts.composition if part.element == "Nd")
    assert round(Decimal(nd.pre) + Decimal(nd.post), 6) == Decimal(CHAIN["demo"]["recycled"]["expected_percent"]) / 100
    unknown = next(item for item in nd.extracted if item.country == "ZZ")
    assert sum(Decimal(item.share) for item in nd.extracted) == 1
    assert abs(Decimal(unknown.share) - (Decimal(nd.pre) + Decimal(nd.post))) <= Decimal("1e-11")


def test_oxides_of_the_source_are_told_as_treo() -> None:
    for batch in CHAIN["batches"]:
        if "treo" in batch:
            assert round(Decimal(example.lots()[batch["lot"]].facts.batch.treo or "0"), 4) == Decimal(batch["treo"])


def test_a_validly_signed_forgery_still_breaks_the_mass_balance() -> None:
    from schemas.door import parse_value

    value: Any = parse_value((example.FOLDER / "forged" / "SEP-B-2026-03.yaml").read_bytes(), media="yaml")
    with pytest.raises(RefusedError) as caught:
        example.drafted(value)
    assert CHAIN["demo"]["attack"]["rule"] == "M-ELEM"
    facts = [problem.facts for problem in caught.value.problems if problem.code == "rule.m-elem"]
    assert any(each["element"] == "Dy" for each in facts)
