"""Write a certified run as the production record that would make it again, to be the typical run of a recipe.

Rules: every amount, factor and text of the run is kept. A factor that follows from grid and year is left out, so that
the next run finds its own. A mass that a method computed is left out, too.

What a run does not tell, nobody invents: prices name the run as their source, and an output without a certificate has
the name of its product or kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from ledger.factors.grid import grid_factors, standing_in
from schemas.instant import Period
from schemas.inventory import Direct, ElectricityLine, InventoryGroup, Meter, Waste, Water
from schemas.problem import RefusedError
from schemas.quantity import millionths, millionths_text, trillionths, trillionths_text
from schemas.vocabulary import CANCELLATION

if TYPE_CHECKING:
    from ledger.factors.tables import FactorTables
    from schemas.certificate import CertificateFacts
    from schemas.run import Made, Output, RunFacts

_UNITS: Final = {"_kg": "kg", "_kwh": "kWh", "_mj": "MJ", "_tkm": "t.km", "_kw": "kW"}
"""Units by the end of a sealed member's name."""
_RENAMED: Final = {
    "kwh": ("amount", "kWh"),
    "evaporator_kwh": ("evaporator_electricity", "kWh"),
    "coefficient": ("coefficient", "kg/t/(min/d)"),
    "minutes_per_cell_day": ("minutes", "min/d"),
}
"""Members that people write under another name, or with a unit that the name does not say."""
_WATER: Final = frozenset(
    {
        "fresh", "with_reagents", "feed_moisture", "formed", "discharged", "evaporated", "in_products", "in_wastes",
        "recycled", "evaporator", "reading",
    }
)  # fmt: skip
"""Members in m3."""
_ROWS: Final = {"elements": " kg", "composition": ""}
"""Members that are rows of element and amount, and the unit of the amount."""
_STATED_TO: Final = len("000001 kg")
"""The most characters behind the decimal mark of a mass that people stated; a method computes twelve digits."""
_COMPUTED: Final = frozenset({"value", "shipped"})
_GROUPS: Final = {"waste": "wastes"}
"""Groups that people write under another name."""


class CertifiedInput(NamedTuple):
    """A certified input: its lot and kind, the mass taken in kg, and the digest of its certificate."""

    lot: str
    kind: str
    mass_kg: str
    certificate: str


class CertifiedRun(NamedTuple):
    """A run with everything in it: its groups of lines, outputs, inputs, and the certificates by output."""

    run: RunFacts
    groups: Sequence[InventoryGroup]
    outputs: Sequence[Output]
    inputs: Sequence[CertifiedInput]
    certificates: Mapping[int, CertificateFacts]


def record_of(found: CertifiedRun, tables: FactorTables) -> dict[str, Any]:
    """Return a certified run as a production record; raise RefusedError `recipe.of-instrument` for an instrument."""
    run = found.run
    if run.step == CANCELLATION:
        raise RefusedError.at("recipe.of-instrument", run=run.run)
    record: dict[str, Any] = {
        "oreprint": "production-record/1",
        "run": run.run,
        "producer": run.producer,
        "facility": run.facility,
        "step": run.step,
        "period": {"start": run.period.start, "end": run.period.end},
        "gwp": run.gwp,
        "electricity_set": run.electricity,
        "profile": run.profile,
        "allocation": _allocation(run),
    }
    record |= {"inputs": _inputs(found)} if found.inputs else {}
    for group in found.groups:
        record |= _group(group, run, tables)
    record["outputs"] = [_output(found, number, tables) for number in range(len(run.made))]
    record |= {
        "excluded": [_exclusion(_written(each)) for each in run.excluded],
        "untracked": [*run.untracked],
        "absent": [_written(each) for each in run.absent or ()],
        "claims": _claims(found),
    }
    return {name: value for name, value in record.items() if value not in ([], None)}


def _allocation(run: RunFacts) -> dict[str, Any]:
    told: dict[str, Any] = {"method": run.allocation.method, "mass_key": run.allocation.mass_key}
    prices = run.allocation.prices
    if prices is not None:
        period = {"start": prices.period.start, "end": prices.period.end}
        told["prices"] = {"period": period, "currency": prices.currency, "source": f"as in the run {run.run}"}
    return told


def _inputs(found: CertifiedRun) -> list[dict[str, str]]:
    """Return the certified goods that were used; several draws from one lot are one input.

    Electricity of a cancelled statement is drawn again by its instrument.
    """
    masses: dict[str, int] = {}
    for each in found.inputs:
        if each.kind != "electricity":
            masses[each.lot] = masses.get(each.lot, 0) + millionths(each.mass_kg)
    return [{"lot": lot, "mass": f"{millionths_text(mass)} kg"} for lot, mass in masses.items()]


def _group(group: InventoryGroup, run: RunFacts, tables: FactorTables) -> dict[str, Any]:
    name = _GROUPS.get(group.group, group.group)
    told: dict[str, Any] = {name: [_line(each, run, tables) for each in group.lines]}
    match group:
        case Direct():
            told |= {"anode_carbon": f"{group.anode_carbon_kg} kg"} if group.anode_carbon_kg is not None else {}
            told |= {"anodes": _written(group.anodes)} if group.anodes is not None else {}
        case Waste() if group.water is not None:
            told["water"] = _written(group.water)
        case _:
            pass
    return told


def _line(line: msgspec.Struct, run: RunFacts, tables: FactorTables) -> dict[str, Any]:
    told = _written(line)
    unit = told.pop("unit", None)
    if unit is not None:
        told["amount"] = f"{told['amount']} {unit}"
        if "heating_value" in told:
            told["heating_value"] = f"{told['heating_value'].split()[0]} MJ/{unit}"
        if "carbon" in told:
            told["carbon"] = _carbon(told["carbon"].split()[0], unit, of_energy="heating_value" in told or unit == "MJ")
    if isinstance(line, ElectricityLine):
        _leave_out_what_follows(told, line, run, tables)
    if told.get("method", {}).get("by", "measured") != "measured" and len(told["mass"].partition(".")[2]) > _STATED_TO:
        del told["mass"]
    return told


def _carbon(amount: str, unit: str, *, of_energy: bool) -> str:
    return f"{trillionths_text(trillionths(amount) * 1000)} kg/GJ" if of_energy else f"{amount} kg/{unit}"


def _leave_out_what_follows(told: dict[str, Any], line: ElectricityLine, run: RunFacts, tables: FactorTables) -> None:
    """Leave out the factors that grid and year give by themselves."""
    year, chosen = int(run.period.end[:4]), run.electricity
    grid = grid_factors(tables, line.grid, year, chosen=chosen, gwp=run.gwp)
    grid = grid or standing_in(tables, line.grid, year, chosen=chosen)
    if line.own == "attributes-kept":
        if line.uncovered == line.factor:
            del told["uncovered"]
        return
    if grid is not None and line.uncovered == grid.uncovered.id:
        del told["uncovered"]
    if grid is not None and line.own is None and line.factor == grid.location.id:
        del told["factor"]


def _output(found: CertifiedRun, number: int, tables: FactorTables) -> dict[str, Any]:
    made, output, record = found.run.made[number], found.outputs[number], found.certificates.get(number)
    told: dict[str, Any] = {
        "lot": output.lot,
        "kind": output.kind,
        "product": output.product,
        "description": output.product or output.kind,
        "mass": f"{made.net_mass_kg} kg",
        "composition": {each.element: each.fraction for each in output.composition},
        "certify": made.certified,
        "allocate": made.allocated,
    }
    told |= _sales(found.run, made)
    if record is not None:
        batch = record.batch
        usual = tables.products[output.product].hs if output.product else None
        told |= {
            "description": batch.description,
            "moisture": batch.moisture,
            "hs_code": batch.hs_code if batch.hs_code != usual else None,
            "loss_on_ignition": batch.loss_on_ignition,
            "coating": _written(batch.coating) if batch.coating is not None else None,
            "custody": record.custody,
        }
    return {name: value for name, value in told.items() if value is not None}


def _sales(run: RunFacts, made: Made) -> dict[str, Any]:
    prices = run.allocation.prices
    if prices is None:
        return {}
    told: dict[str, Any] = {"price": f"{made.price} {prices.currency}/kg"} if made.price is not None else {}
    if made.sold is not None:
        told["sold"] = _written(made.sold) | {"price": f"{made.sold.price} {prices.currency}/kg"}
    if made.quote is not None:
        told["quote"] = _written(made.quote)
    return told


def _exclusion(told: dict[str, Any]) -> dict[str, Any]:
    if "amount" in told:
        told["at_most"] = f"{told.pop('amount')} {told.pop('unit')}"
    return told


def _claims(found: CertifiedRun) -> list[dict[str, Any]]:
    """Return the claims as they were stated, each once."""
    stated: dict[str, dict[str, Any]] = {}
    for record in found.certificates.values():
        for claim in record.claims:
            told = {name: value for name, value in _written(claim).items() if name in _STATED}
            stated.setdefault(repr(sorted(told.items())), told)
    return [*stated.values()]


_STATED: Final = frozenset({"id", "element", "threshold", "countries", "baseline"})


def _written(value: msgspec.Struct) -> dict[str, Any]:
    """Return a sealed value as people write it: amounts with their units, rows of elements by element."""
    told: dict[str, Any] = {}
    for member in value.__struct_fields__:
        held = getattr(value, member)
        if held is None or held == () or member in _COMPUTED:
            continue
        of_water = isinstance(value, Water | Meter) and member in _WATER
        name, text = (member, f"{held} m3") if of_water else _member(member, held)
        told[name] = text
    return told


def _member(member: str, held: Any) -> tuple[str, Any]:  # noqa: ANN401 - members of any type
    if member in _RENAMED:
        name, unit = _RENAMED[member]
        return name, f"{held} {unit}"
    if member in _ROWS:
        return member, {element: f"{amount}{_ROWS[member]}" for element, amount in held}
    for end, unit in _UNITS.items():
        if member.endswith(end):
            return member.removesuffix(end), f"{held} {unit}"
    return member, _plain(held)


def _plain(held: Any) -> Any:  # noqa: ANN401 - members of any type
    match held:
        case Period():
            return {"start": held.start, "end": held.end}
        case msgspec.Struct():
            return _written(held)
        case tuple():
            return [*map(_plain, held)]
        case _:
            return held
