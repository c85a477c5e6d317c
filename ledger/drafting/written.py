"""From the written record to the seven groups of lines to seal.

Rules: only the electricity factors that follow from grid and year are added, if none is named.  The order is that of
the record.  A line without a public factor table carries its result, so that others can sum without the table.
Everything that cannot be sealed is reported at once, each with its place.

This module does not judge amounts (`ledger.plausibility.rules`).
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from ledger.chemistry.cas import is_cas
from ledger.chemistry.composition import composition_faults
from ledger.chemistry.exact import divide
from ledger.drafting.written_emissions import common_members, compound_faults, elements, emissions
from ledger.factors.fit import of_solution
from ledger.factors.grid import grid_factors, standing_in
from ledger.footprint.inventory import Outgoing
from ledger.footprint.lines import factor_uses, line_results
from schemas.determination import WrittenDefault
from schemas.document import replace
from schemas.inventory import (
    CreditLine,
    Credits,
    DeclaredGrid,
    Electricity,
    ElectricityLine,
    FuelLine,
    Fuels,
    GasMass,
    Generator,
    Instrument,
    MaterialLine,
    Materials,
    Meter,
    OwnPlant,
    Transport,
    TransportLine,
    Waste,
    WasteLine,
    Water,
)
from schemas.problem import Problem
from schemas.quantity import millionths, millionths_text, trillionths, trillionths_text
from schemas.run import Allocation, PriceVector, Quote, Sold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.factors.grid import GridFactors
    from ledger.factors.tables import FactorTables
    from ledger.footprint.lines import FactorUse as MeasuredLine
    from schemas.inventory import InventoryGroup
    from schemas.record import ProductionRecord
    from schemas.vocabulary import Step
    from schemas.written import (
        WrittenCredit,
        WrittenElectricity,
        WrittenFuel,
        WrittenMaterial,
        WrittenOutput,
        WrittenSold,
        WrittenTransport,
        WrittenWaste,
        WrittenWater,
    )

_UNIT: Final[dict[str, Literal["kg", "m3", "MJ"]]] = {"kg": "kg", "m3": "m3", "Nm3(20C)": "m3", "MJ": "MJ"}
"""Units of fuel lines; gas factors are per m3 at 20 C and 101.325 kPa (GB/T 11062), so the amounts are too."""

FRACTION_PLACES: Final = 6
"""Decimals of a certified fraction: 1 g/t."""

UNIT_OF_BOUND: Final[dict[str, Literal["kg", "m3", "MJ", "kWh", "t.km"]]] = {**_UNIT, "kWh": "kWh", "t.km": "t.km"}
"""Units of what is left out at most."""

_CREDIT_UNIT: Final[dict[str, Literal["kg", "kWh", "MJ", "m3"]]] = {**_UNIT, "kWh": "kWh"}
_COMPOSITIONS_KEPT: Final = 4096


def unsealable(record: ProductionRecord, tables: FactorTables) -> Iterator[Problem]:
    """Yield the faults that keep a record from being sealed: unknown factors, units that no line has."""
    for place, index, identifier in _factors(record):
        if identifier not in tables.by_id:
            yield tables.missing(identifier, place.format(index))
    for index, fuel in enumerate(record.fuels):
        if fuel.amount.unit not in _UNIT:
            yield Problem.at(
                "footprint.unit", f"fuels[{index}].amount", found=fuel.amount.unit, possible=", ".join(_UNIT)
            )
    for index, credit in enumerate(record.credits):
        if credit.amount.unit not in _CREDIT_UNIT:
            possible = ", ".join(_CREDIT_UNIT)
            yield Problem.at("footprint.unit", f"credits[{index}].amount", found=credit.amount.unit, possible=possible)
    for index, left_out in enumerate(record.excluded):
        if left_out.at_most is not None and left_out.factor is not None:
            yield from _bound_faults(left_out.at_most.unit, left_out.factor, f"excluded[{index}]", tables)
    for index, power in enumerate(record.electricity):
        yield from _power_faults(record, power, f"electricity[{index}]", tables)
    yield from _unwritable(record)


def _bound_faults(unit: str, identifier: str, place: str, tables: FactorTables) -> Iterator[Problem]:
    """Yield an amount in another unit than its factor's, and a factor that nobody else can look up."""
    name = identifier.partition("/")[0]
    if identifier not in tables.by_id:
        return  # told with the other unknown factors
    per = tables.by_id[identifier].per.removesuffix("-content")
    if UNIT_OF_BOUND.get(unit) != per:
        yield Problem.at("footprint.unit", f"{place}.at_most", found=unit, possible=per)
    if tables.sets[name].visibility != "public":
        yield Problem.at("footprint.bound-factor", f"{place}.factor", factor=identifier)


def _power_faults(
    record: ProductionRecord, power: WrittenElectricity, place: str, tables: FactorTables
) -> Iterator[Problem]:
    """Yield factors that the grid does not determine."""
    if power.own is not None and power.factor is None:
        yield Problem.at("footprint.own-factor", f"{place}.factor", set=record.electricity_set)
    elif _asks_grid(power) and _grid(record, power, tables) is None:
        yield Problem.at("footprint.grid", f"{place}.factor", grid=power.grid, set=record.electricity_set)


def _asks_grid(power: WrittenElectricity) -> bool:
    """Return whether a factor of a line follows from its grid."""
    kept = power.own == "attributes-kept"
    return power.factor is None or (power.uncovered is None and not kept)


def _unwritable(record: ProductionRecord) -> Iterator[Problem]:
    """Yield the faults in the record by itself: lots, compositions, decimals, currencies."""
    lots = [output.lot for output in record.outputs]
    for index, output in enumerate(record.outputs):
        place = f"outputs[{index}]"
        if lots.index(output.lot) != index:
            yield Problem.at("footprint.lot-twice", f"{place}.lot", lot=output.lot)
        yield from _composition_faults(tuple(output.composition.items()), f"{place}.composition")
        yield from _currencies(record, output, place)
    for index, line in enumerate(record.materials):
        yield from _substance_faults(line, f"materials[{index}]")
    for index, fuel in enumerate(record.fuels):
        yield from _fuel_units(fuel, f"fuels[{index}]")
    for index, emission in enumerate(record.direct):
        yield from compound_faults(emission, f"direct[{index}].method.compound")
    for place, fraction in _sealed_fractions(record):
        if len(fraction.partition(".")[2]) > FRACTION_PLACES:
            yield Problem.at("footprint.fraction", place, value=fraction)


def _substance_faults(line: WrittenMaterial, place: str) -> Iterator[Problem]:
    """Yield what can't be in a material's composition, and a slip in its CAS number."""
    yield from _composition_faults(tuple(line.composition.items()), f"{place}.composition")
    if line.cas is not None and not is_cas(line.cas):
        yield Problem.at("footprint.cas", f"{place}.cas", found=line.cas)


@lru_cache(_COMPOSITIONS_KEPT)
def _composition_faults(composition: tuple[tuple[str, str], ...], place: str) -> tuple[Problem, ...]:
    """Return the faults of a composition; a plant buys and makes the same goods run after run."""
    return tuple(composition_faults([(element, trillionths(part)) for element, part in composition], place))


def _currencies(record: ProductionRecord, output: WrittenOutput, place: str) -> Iterator[Problem]:
    """Yield the prices of an output in another currency than the declared one."""
    if record.allocation.prices is None:
        return
    possible = f"{record.allocation.prices.currency}/kg"
    prices = {"price": output.price, "sold.price": output.sold.price if output.sold else None}
    for member, price in prices.items():
        if price is not None and price.unit != possible:
            yield Problem.at("footprint.currency", f"{place}.{member}", found=price.unit, possible=possible)


def _fuel_units(fuel: WrittenFuel, place: str) -> Iterator[Problem]:
    """Yield a heating value for another unit than the amount's, and a carbon content for neither unit."""
    unit = _UNIT.get(fuel.amount.unit, fuel.amount.unit)
    if fuel.heating_value is not None and fuel.heating_value.unit != unit:
        found, possible = f"MJ for each {fuel.heating_value.unit}", f"MJ for each {unit}"
        yield Problem.at("footprint.unit", f"{place}.heating_value", found=found, possible=possible)
    due = "MJ" if fuel.heating_value is not None else unit
    if fuel.carbon is not None and fuel.carbon.unit != due:
        found, possible = f"kg for each {fuel.carbon.unit}", f"kg for each {due}"
        yield Problem.at("footprint.unit", f"{place}.carbon", found=found, possible=possible)


def _sealed_fractions(record: ProductionRecord) -> Iterator[tuple[str, str]]:
    """Yield each fraction that is sealed with at most `FRACTION_PLACES` decimals, with its place."""
    for index, output in enumerate(record.outputs):
        for element, fraction in output.composition.items():
            yield f"outputs[{index}].composition.{element}", fraction
        yield f"outputs[{index}].moisture", output.moisture
        yield f"outputs[{index}].loss_on_ignition", output.loss_on_ignition or "0"
    for index, waste in enumerate(record.wastes):
        if waste.moisture != "0":
            yield f"wastes[{index}].moisture", waste.moisture
    for index, left_out in enumerate(record.excluded):
        if left_out.share is not None:
            yield f"excluded[{index}].share", left_out.share


def _factors(record: ProductionRecord) -> Iterator[tuple[str, int, str]]:
    """Yield each factor that is named, with its place, into which the number of its line is put."""
    yield from [("materials[{}].factor", index, line.factor) for index, line in enumerate(record.materials)]
    yield from [("fuels[{}].factor", index, line.factor) for index, line in enumerate(record.fuels)]
    yield from [("transport[{}].factor", index, line.factor) for index, line in enumerate(record.transport)]
    yield from [("wastes[{}].factor", index, line.factor) for index, line in enumerate(record.wastes) if line.factor]
    yield from [("credits[{}].factor", index, line.factor) for index, line in enumerate(record.credits)]
    yield from [
        ("excluded[{}].factor", index, item.factor) for index, item in enumerate(record.excluded) if item.factor
    ]
    for index, emission in enumerate(record.direct):
        if isinstance(emission.method, WrittenDefault):
            yield "direct[{}].method.factor", index, emission.method.factor
    if record.instrument is not None:
        yield "factor", 0, record.instrument.factor
    for index, power in enumerate(record.electricity):
        if power.factor is not None:
            yield "electricity[{}].factor", index, power.factor
        if power.uncovered is not None:
            yield "electricity[{}].uncovered", index, power.uncovered
        for number, item in enumerate(power.instruments):
            yield f"electricity[{{}}].instruments[{number}].factor", index, item.factor


def sealed_groups(record: ProductionRecord, tables: FactorTables) -> tuple[InventoryGroup, ...]:
    """Return the seven groups of a record without `unsealable` faults."""
    return (
        Materials(group="materials", lines=tuple(_material(line, tables, record.step) for line in record.materials)),
        Fuels(group="fuels", lines=tuple(map(_fuel, record.fuels))),
        Electricity(group="electricity", lines=tuple(_power(record, line, tables) for line in record.electricity)),
        emissions(record, tables),
        Transport(group="transport", lines=tuple(map(_journey, record.transport))),
        Waste(
            group="waste", lines=tuple(map(_waste, record.wastes)), water=_water(record.water) if record.water else None
        ),
        Credits(group="credits", lines=tuple(map(_credit, record.credits))),
    )


def with_results(groups: Sequence[InventoryGroup], tables: FactorTables) -> tuple[InventoryGroup, ...]:
    """Return the groups with the results of lines without a public factor table."""
    if not tables.withheld:
        return tuple(groups)
    return tuple(_with_results(group, tables) for group in groups)


def _with_results(group: InventoryGroup, tables: FactorTables) -> InventoryGroup:
    match group:
        case Materials() | Fuels() | Transport():
            results = (_value(line, tables) for line in factor_uses(group))
            lines = (
                line if value is None else replace(line, value=value)
                for line, value in zip(group.lines, results, strict=True)
            )
            return replace(group, lines=tuple(lines))
        case _:
            return group


def _value(line: MeasuredLine, tables: FactorTables) -> tuple[GasMass, ...] | None:
    if tables.sets[line.factor.partition("/")[0]].visibility == "public":
        return None
    results = line_results(line, tables.factor(line.factor))
    return tuple(GasMass(gas=gas, mass_kg=trillionths_text(mass)) for gas, mass in results)


_MILLION: Final = 10**6


def _solution(line: WrittenMaterial, tables: FactorTables, step: Step) -> tuple[tuple[str, str], ...]:
    """Return the composition of a solution that is told by its factor and its strength alone.

    A factor that stands for one substance tells its formula; the rest is water.  Nothing if the factor tells none.
    """
    factor = tables.by_id.get(line.factor)
    fit = None if factor is None or line.proxy_for else tables.fits.of(factor, step)
    if fit is None or not fit.formula or line.strength is None:
        return ()
    found = of_solution(fit.formula, trillionths(line.strength))
    return tuple((element, millionths_text(divide(each, _MILLION))) for element, each in found.items())


def _material(line: WrittenMaterial, tables: FactorTables, step: Step) -> MaterialLine:
    parts, by = tuple(line.composition.items()) or _solution(line, tables, step), line.generated_by
    return MaterialLine(
        **common_members(line),
        mass_kg=line.mass,
        factor=line.factor,
        proxy_for=line.proxy_for,
        cas=line.cas,
        strength=line.strength,
        composition=parts,
        recycled=line.recycled,
        generated_by=Generator(organisation=by.organisation, step=by.step, certificate=by.certificate) if by else None,
        proof=line.proof,
        extracted_in=line.extracted_in,
        supplier_value=line.supplier_value,
    )


def _fuel(line: WrittenFuel) -> FuelLine:
    return FuelLine(
        **common_members(line),
        amount=line.amount.amount,
        unit=_UNIT[line.amount.unit],
        factor=line.factor,
        energy_mj=line.energy,
        heating_value_mj=line.heating_value.amount if line.heating_value else None,
        carbon_kg=line.carbon.amount if line.carbon else None,
        oxidation=line.oxidation,
        fuel=line.fuel,
        use=line.use,
        ash_carbon_kg=line.ash_carbon,
        proof=line.proof,
        supplier_value=line.supplier_value,
    )


def _power(record: ProductionRecord, line: WrittenElectricity, tables: FactorTables) -> ElectricityLine:
    grid = _grid(record, line, tables) if _asks_grid(line) else None
    location, plant = line.factor or (grid.location.id if grid else ""), line.plant
    return ElectricityLine(
        **common_members(line, plant.meter if plant else None),
        amount_kwh=line.amount,
        grid=line.grid,
        own=line.own,
        factor=location,
        uncovered=line.uncovered or (grid.uncovered.id if grid else location),
        instruments=tuple(
            Instrument(
                kind=item.kind,
                bundled=item.bundled,
                scheme=item.scheme,
                statement=item.statement,
                kwh=item.amount,
                grid=item.grid,
                year=item.year,
                factor=item.factor,
            )
            for item in line.instruments
        ),
        plant=OwnPlant(kind=plant.kind, power_kw=plant.power, meter=plant.meter, battery_kwh=plant.battery)
        if plant
        else None,
        declared=DeclaredGrid(**dict(line.declared)) if line.declared else None,
    )


def _grid(record: ProductionRecord, line: WrittenElectricity, tables: FactorTables) -> GridFactors | None:
    year, chosen = int(record.period.end[:4]), record.electricity_set
    found = grid_factors(tables, line.grid, year, chosen=chosen, gwp=record.gwp)
    return found or standing_in(tables, line.grid, year, chosen=chosen)


def _journey(line: WrittenTransport) -> TransportLine:
    return TransportLine(
        **common_members(line), amount_tkm=line.amount, factor=line.factor, supplier_value=line.supplier_value
    )


def _waste(line: WrittenWaste) -> WasteLine:
    return WasteLine(
        **common_members(line),
        mass_kg=line.mass,
        moisture=line.moisture,
        waste_class=line.waste_class,
        fate=line.fate,
        destination=line.destination,
        elements=elements(line.elements),
        factor=line.factor,
        proof=line.proof,
    )


def _credit(line: WrittenCredit) -> CreditLine:
    return CreditLine(
        **common_members(line),
        amount=line.amount.amount,
        unit=_CREDIT_UNIT[line.amount.unit],
        factor=line.factor,
    )


def _water(water: WrittenWater) -> Water:
    return Water(
        fresh=water.fresh,
        with_reagents=water.with_reagents,
        feed_moisture=water.feed_moisture,
        formed=water.formed,
        discharged=water.discharged,
        evaporated=water.evaporated,
        in_products=water.in_products,
        in_wastes=water.in_wastes,
        recycled=water.recycled,
        evaporator=water.evaporator,
        evaporator_kwh=water.evaporator_electricity,
        fluoride_kg=water.fluoride,
        ammonia_nitrogen_kg=water.ammonia_nitrogen,
        discharge_meters=tuple(Meter(meter=item.meter, reading=item.reading) for item in water.discharge_meters),
        note=water.note,
    )


def written_output(output: WrittenOutput, place: str) -> Outgoing:
    """Return a written output for the rules."""
    return Outgoing(
        place=place,
        lot=output.lot,
        kind=output.kind,
        net_mass_mg=millionths(output.mass),
        fractions=scaled_fractions(output.composition),
        allocated=output.allocate,
        price=None if output.price is None else trillionths(output.price.amount),
        shipped_mg=None if output.shipped_mass is None else millionths(output.shipped_mass),
        moisture=trillionths(output.moisture),
        product=output.product,
        certified=output.certify,
        sold=None if output.sold is None else _sold(output.sold),
        quote=None if output.quote is None else Quote(day=output.quote.day, document=output.quote.document),
    )


def _sold(sold: WrittenSold) -> Sold:
    return Sold(mass_kg=sold.mass, price=sold.price.amount, period=sold.period, documents=sold.documents)


def scaled_fractions(fractions: dict[str, str]) -> dict[str, int]:
    """Return a written composition as scaled fractions."""
    return {element: trillionths(fraction) for element, fraction in fractions.items()}


def sealed_allocation(record: ProductionRecord) -> Allocation:
    """Return the declared allocation; the digest of the prices covers period, currency, source and prices."""
    written = record.allocation
    if written.prices is None:
        return Allocation(method=written.method, mass_key=written.mass_key)
    table = {
        "period": written.prices.period.to_slashed(),
        "currency": written.prices.currency,
        "source": written.prices.source,
        "prices": [[output.lot, output.price.amount] for output in record.outputs if output.price is not None],
    }
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()
    digest = base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=").decode()
    prices = PriceVector(period=written.prices.period, currency=written.prices.currency, digest=digest)
    return Allocation(method=written.method, mass_key=written.mass_key, prices=prices)
