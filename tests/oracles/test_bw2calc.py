"""The chain cases and the worked example, solved as a matrix by Brightway's `bw2calc`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from ledger.chemistry.exact import SCALE
from tests.support.worlds import worked_example as example
from tests.validation.chains import RUNS, chain
from tests.validation.records import case, per_kg

pytestmark = pytest.mark.filterwarnings("ignore")


def solved(made: list[float], links: list[tuple[int, int, float]], burdens: list[float], demand: int) -> float:
    """Return the score of one unit of process `demand`.

    Each process makes `made` of its own product, takes ``(from, to, amount)`` of others and gives off a burden in CO2e.
    """
    # here, since loading them costs every test process half a second
    bw2calc, bw_processing = pytest.importorskip("bw2calc"), pytest.importorskip("bw_processing")
    count = len(made)
    package = bw_processing.create_datapackage()
    rows = [(i, i) for i in range(count)] + [(source, target) for source, target, _ in links]
    package.add_persistent_vector(
        matrix="technosphere_matrix",
        indices_array=np.array(rows, dtype=bw_processing.INDICES_DTYPE),
        data_array=np.array([*made, *(amount for *_, amount in links)]),
        flip_array=np.array([False] * count + [True] * len(links)),
    )
    package.add_persistent_vector(
        matrix="biosphere_matrix",
        indices_array=np.array([(count, i) for i in range(count)], dtype=bw_processing.INDICES_DTYPE),
        data_array=np.array(burdens),
    )
    package.add_persistent_vector(
        matrix="characterization_matrix",
        indices_array=np.array([(count, count)], dtype=bw_processing.INDICES_DTYPE),
        data_array=np.array([1.0]),
    )
    lca = bw2calc.LCA({demand: 1.0}, data_objs=[package])
    lca.lci()
    lca.lcia()
    return float(lca.score)


@pytest.mark.parametrize("name", RUNS)
def test_a_chain_case_is_what_the_matrix_gives(name: str) -> None:
    told: dict[str, Any] = case(name).inputs
    factors, gwp = told["factors"], told["gwp"]
    names = [process["id"] for process in told["processes"]]
    made, links, burdens = [], [], []
    for place, process in enumerate(told["processes"]):
        share = float(process.get("allocation_share", 1))
        made.append(float(process["reference_kg"]))
        own = sum(float(i["amount"]) * float(factors[i["factor"]]) for i in process["inputs"] if "factor" in i)
        own += sum(float(item["kg"]) * float(gwp[item["gas"]]) for item in process.get("direct", ()))
        burdens.append(own * share)
        links += [
            (names.index(i["process"]), place, float(i["amount"]) * share) for i in process["inputs"] if "process" in i
        ]
    found = chain(case(name))
    for place, lot in enumerate(names):
        assert solved(made, links, burdens, place) == pytest.approx(float(per_kg(found[lot])), rel=1e-9)


def test_the_worked_example_is_what_the_matrix_gives() -> None:
    weights = example.tables().gwp.weights["AR6"]
    names = [lot for done in example.drafts().values() for lot in (each.batch.lot for each in done.certified)]
    made, links, burdens = [], [], []
    for done in example.drafts().values():
        own = sum(pair.location * weights[gas] for (_, gas), pair in done.result.own.items()) / SCALE**2
        total = sum(done.result.weights)
        for each in done.certified:
            share = done.result.weights[each.index] / total
            place = names.index(each.batch.lot)
            made.append(float(each.batch.net_mass_kg))
            burdens.append(own * share)
            links += [(names.index(i.name), place, i.mass_mg / 10**6 * share) for i in done.inventory.incoming]
    for place, name in enumerate(names):
        expected = Decimal(example.lots()[name].facts.footprint.per_kg.location)
        assert solved(made, links, burdens, place) == pytest.approx(float(expected), rel=1e-9)
