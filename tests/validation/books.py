"""Validation cases that forge the books: shares, GWPs, dates, biogenic gases, prices, moisture, units.

Rules: as in `tests.validation.adapters`; each forgery becomes a run that the real rules judge.  What this module does not do: arithmetic
of its own.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ledger.chemistry.exact import SCALE
from ledger.chemistry.stoichiometry import of
from ledger.factors.figures import Pair
from ledger.footprint.engine import Share, Terms, compute
from ledger.footprint.inventory import Incoming
from ledger.footprint.shared import Shared
from schemas.instant import Period
from schemas.inventory import Direct, DirectLine, FuelLine, Fuels, MaterialLine, Materials
from schemas.problem import InputError
from schemas.quantity import read_quantity, trillionths_text
from schemas.run import Allocation
from tests.validation.runs import both, case_inventory, case_tables, fraction_of, scaled_of
from tests.validation.verdicts import UnsupportedError, first, like, verdict_of, with_group

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.factors.figures import StageGas
    from ledger.factors.tables import FactorTables
    from ledger.footprint.inventory import Inventory
    from schemas.vocabulary import Gas

Case: TypeAlias = "Mapping[str, Any]"
Answer: TypeAlias = "Mapping[str, Any]"

_SET: Final = re.compile(r"AR[4-6]")
_DATE: Final = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_BIOMASS: Final = ("wood", "bio", "charcoal", "straw")
_WHOLE: Final = 10**6


def books(inputs: Case, tables: FactorTables) -> Answer:  # noqa: PLR0911 - one for each forgery
    """Return the verdict on books that were cooked; raise UnsupportedError."""
    if (told := first(inputs, "amount", "quantity", "text")) is not None and isinstance(told, str):
        return _unit(told)
    if (shares := first(inputs, *_SHARES)) is not None:
        return _shared_out(shares, str(inputs.get("total_kgCO2e", "1")), tables)
    if (prices := first(inputs, "price_per_kg", "prices")) is not None and (each := _figures(inputs)):
        return _siblings(each, prices, tables)
    if like(inputs, "biogenic") is not None or like(inputs, "uptake") is not None:
        return _biogenic(inputs, tables)
    if {"shipped_kg", "moisture"} <= inputs.keys():
        return _dry(inputs, tables)
    sets, dates = list(_found(_SET, inputs)), list(_found(_DATE, inputs))
    if len(sets) > 1:
        return _gwp_sets(sets, tables)
    if len(dates) > 1:
        return _dates(dates, tables)
    raise UnsupportedError(f"red team: {', '.join(inputs)}")


_SHARES: Final = ("shares", "allocation_shares", "declared_shares", "claimed_shares", "allocation_share")


def _unit(text: str) -> Answer:
    """Judge an amount as a person wrote it."""
    try:
        read_quantity(text, dimension=("mass", "volume", "gas-volume", "heat", "electricity", "transport"))
    except InputError as error:
        return {"verdict": "reject", "rule": ("X-UNIT",), "reason": str(error)}
    return {"verdict": "accept", "rule": ("X-UNIT",)}


def _shared_out(told: Any, total: str, tables: FactorTables) -> Answer:  # noqa: ANN401 - shares by name, or in a row
    """Judge shares that a case declares: together they are the whole, no more and no less."""
    shares = [scaled_of(str(share)) for share in (told.values() if isinstance(told, dict) else told)]
    whole = scaled_of(total)
    outputs = [Share(_WHOLE, {"Nd": share}, SCALE, allocated=True) for share in shares]
    run = _with_result(case_inventory("separation", {}, [], tables), outputs, trillionths_text(whole))
    declared: list[Mapping[StageGas, Pair]] = [
        {("separation", "CO2-fossil"): Pair(*[of(whole, fraction_of(share))] * 2)} for share in shares
    ]
    found = fraction_of(sum(shares))
    names = ("sum", "sum_of_shares", "share_sum", "total_share")
    return {**verdict_of(replace(run, declared=declared), "A-SUM"), **dict.fromkeys(names, found)}


def _with_result(run: Inventory, outputs: list[Share], kg: str) -> Inventory:
    """Return a run that gave off some CO2, with what its outputs take of it."""
    line = DirectLine(name="CO2", basis="metered", substance="CO2", gas="CO2-fossil", mass_kg=kg)
    result = compute(
        Terms("separation", "AR6", run.allocation.method, "RE"),
        [Direct(group="direct", lines=(line,))],
        [],
        outputs,
        tables=run.tables,
    )
    return replace(run, shared=Shared(result.total, result.total_alternative, result.weights, result.outputs))


def _figures(inputs: Case) -> dict[str, str] | None:
    """Return kg CO2e for a kg of each co-product, where a case tells them."""
    found = next((value for name, value in inputs.items() if "per_kg" in name and "price" not in name), None)
    return found if isinstance(found, dict) else None


def _siblings(each: Mapping[str, str], prices: Mapping[str, str], tables: FactorTables) -> Answer:
    """Judge co-products of one process: the dearer never carries less for a kg than the cheaper."""
    names = list(each)
    run = case_inventory("separation", {}, [("oxide", "1", {"Nd": "1"}) for _ in names], tables)
    made = [
        replace(item, lot=name, price=scaled_of(prices[name])) for item, name in zip(run.outgoing, names, strict=True)
    ]
    run = replace(run, outgoing=made, allocation=Allocation(method="economic", mass_key="REO"))
    outputs = [Share(_WHOLE, {"Nd": SCALE}, scaled_of(each[name]), allocated=True) for name in names]
    whole = trillionths_text(sum(scaled_of(each[name]) for name in names))
    return verdict_of(_with_result(run, outputs, whole), "A-SIB")


def _biogenic(inputs: Case, tables: FactorTables) -> Answer:
    """Judge CO2 that is called biogenic, or said to have been taken up, by what brought the carbon."""
    taken_up = like(inputs, "uptake")
    fuel = str(first(inputs, "fuel", "source", "carbon_source", "material") or "")
    living = any(word in fuel.casefold() for word in _BIOMASS)
    gas: Gas = "CO2-biogenic" if living else "CO2-fossil"
    values: dict[str, tuple[tuple[Gas, int], ...]] = {"source": ((gas, SCALE),), "uptake": (("CO2-biogenic", -SCALE),)}
    own = case_tables(values, {}, tables)
    run = case_inventory("alloy-melting", {}, [("alloy", "1", {"Nd": "1"})], tables)
    run = replace(run, tables=both(own, run.tables))
    if taken_up is not None:
        line = MaterialLine(name="uptake", basis="metered", mass_kg=str(taken_up), factor="case/uptake")
        lines = Materials(group="materials", lines=(line,))
        outputs = [Share(_WHOLE, {"Nd": SCALE}, SCALE, allocated=True)]
        result = compute(Terms("alloying", "AR6", "mass", "RE"), [lines], [], outputs, tables=run.tables)
        shared = Shared(result.total, result.total_alternative, result.weights, result.outputs)
        return verdict_of(replace(run, shared=shared), "B-UPTAKE")
    mass = trillionths_text(scaled_of(str(like(inputs, "biogenic"))))
    given_off = DirectLine(name="CO2", basis="metered", substance="CO2", gas="CO2-biogenic", mass_kg=mass)
    burnt = FuelLine(name=fuel or "fuel", basis="metered", amount="1", unit="kg", factor="case/source")
    run = with_group(run, Fuels(group="fuels", lines=(burnt,)))
    return verdict_of(with_group(run, Direct(group="direct", lines=(given_off,))), "B-TAG")


def _dry(inputs: Case, tables: FactorTables) -> Answer:
    """Judge a dry mass by what was shipped and its moisture."""
    told = str(first(inputs, "dry_kg", "net_kg", "claimed_dry_kg", "net_mass_kg", "dry_mass_kg"))
    run = case_inventory("separation", {}, [("mixed-compound", told, {"Nd": "1"})], tables)
    shipped, moisture = scaled_of(inputs["shipped_kg"]), scaled_of(inputs["moisture"])
    item = replace(run.outgoing[0], shipped_mg=shipped // _WHOLE, moisture=moisture)
    dry = fraction_of(of(shipped, 1 - fraction_of(moisture)))
    names = ("dry_kg", "expected_dry_kg", "max_dry_kg", "dry_mass_kg")
    return {**verdict_of(replace(run, outgoing=[item]), "D-DRY"), **dict.fromkeys(names, dry)}


def _found(pattern: re.Pattern[str], told: object) -> Iterator[str]:
    """Yield every text in a case that is wholly of a pattern, what is said of the upstream first."""
    match told:
        case dict():
            for name in sorted(told, key=lambda name: not str(name).startswith(("upstream", "input"))):
                yield from _found(pattern, told[name])
        case list():
            for each in told:
                yield from _found(pattern, each)
        case str() if pattern.fullmatch(told):
            yield told
        case _:
            return


def _gwp_sets(sets: list[Any], tables: FactorTables) -> Answer:
    """Judge a chain by the GWP sets of its certificates: the last is that of the run."""
    *upstream, own = sets
    run = replace(_drawing(case_inventory("separation", {}, [], tables), len(upstream)), gwp=own)
    inputs = [replace(item, gwp=each) for item, each in zip(run.incoming, upstream, strict=True)]
    return verdict_of(replace(run, incoming=inputs), "X-GWP")


def _dates(dates: list[str], tables: FactorTables) -> Answer:
    """Judge when an input was made by when it was used: the first date is the input's, the last the end of the run."""
    run = _drawing(case_inventory("separation", {}, [], tables), 1)
    item = replace(run.incoming[0], produced=Period(start=dates[0], end=dates[0]))
    period = Period(start=min(dates[1:]), end=max(dates[1:]))
    return verdict_of(replace(run, incoming=[item], period=period), "X-TIME")


def _drawing(run: Inventory, count: int) -> Inventory:
    """Return a run with some inputs of its own kind."""
    inputs = [
        Incoming(
            place=f"inputs[{index}]",
            name=f"lot {index}",
            kind="oxide",
            mass_mg=_WHOLE,
            fractions={},
            produced=run.period,
            gwp=run.gwp,
            method=run.allocation.method,
            electricity=run.electricity,
            identity=f"lot {index}",
        )
        for index in range(count)
    ]
    return replace(run, incoming=inputs)
