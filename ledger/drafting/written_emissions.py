"""From the written process emissions to the group to seal, with masses by method.

Rules: a written mass stays, and a rule compares it with its method (X-METHOD); a missing one follows from the method.
This module does not have the methods (`ledger.footprint.emissions`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ledger.footprint.emissions import gas_per_compound, with_masses
from schemas.determination import (
    AnodeBalance,
    Anodes,
    Decomposition,
    Default,
    Measured,
    Ratio,
    Refill,
    Slope,
    WrittenAnodeBalance,
    WrittenDecomposition,
    WrittenDefault,
    WrittenMeasured,
    WrittenRatio,
    WrittenRefill,
    WrittenSlope,
)
from schemas.inventory import READ, Direct, DirectLine, names_something
from schemas.problem import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.factors.tables import FactorTables
    from schemas.determination import Determination, WrittenAnodes, WrittenDetermination
    from schemas.figures import ElementMass
    from schemas.problem import Problem
    from schemas.record import ProductionRecord
    from schemas.vocabulary import Basis
    from schemas.written import WrittenDirect, _WrittenLine


def compound_faults(emission: WrittenDirect, place: str) -> Iterator[Problem]:
    """Yield the faults in the formula of a compound that gives off gas."""
    if isinstance(emission.method, WrittenDecomposition):
        try:
            gas_per_compound(emission.method.compound, "CO2", burnt=emission.method.burnt)
        except InputError as error:
            yield from (problem._replace(place=place) for problem in error.problems)


class _CommonMembers(TypedDict):
    name: str
    basis: Basis
    basis_key: str | None
    pedigree: str | None
    note: str | None
    meter: str | None


def common_members(line: _WrittenLine, instrument: str | None = None) -> _CommonMembers:
    """Return the members that every line has; what no named meter, scale or document gave is calculated.

    `instrument` is a name that stands elsewhere in the line: a monitor, or the meter of the plant's own power.
    """
    meter = next(filter(names_something, (line.meter, instrument)), None)
    return {
        "name": line.name,
        "basis": "calculated" if line.basis in READ and meter is None else line.basis,
        "basis_key": line.basis_key,
        "pedigree": line.pedigree,
        "note": line.note,
        "meter": meter,
    }


def emissions(record: ProductionRecord, tables: FactorTables) -> Direct:
    """Return the process emissions with masses by method, those that depend on others last."""
    group = Direct(
        group="direct",
        lines=tuple(map(_direct, record.direct)),
        anode_carbon_kg=record.anode_carbon,
        anodes=_anodes(record.anodes) if record.anodes else None,
    )
    return with_masses(group, [index for index, line in enumerate(record.direct) if line.mass is None], tables)


def _anodes(written: WrittenAnodes) -> Anodes:
    return Anodes(
        used_kg=written.used,
        butts_kg=written.butts,
        dust_kg=written.dust,
        carbon=written.carbon,
        as_co=written.as_co,
    )


def _direct(line: WrittenDirect) -> DirectLine:
    monitor = line.method.monitor if isinstance(line.method, WrittenMeasured) else None
    return DirectLine(
        **common_members(line, monitor),
        substance=line.substance,
        gas=line.gas,
        mass_kg=line.mass or "0",
        elements=elements(line.elements),
        method=_method(line.method) if line.method else None,
    )


def _method(written: WrittenDetermination) -> Determination:  # noqa: PLR0911 - one for each method
    match written:
        case WrittenMeasured():
            return Measured(
                by="measured", monitor=written.monitor, continuous=written.continuous, document=written.document
            )
        case WrittenSlope(coefficient=coefficient, minutes=minutes, metal=metal):
            return Slope(by="slope", coefficient=coefficient, minutes_per_cell_day=minutes, metal_kg=metal)
        case WrittenRatio():
            return Ratio(by="ratio", to=written.to, ratio=written.ratio)
        case WrittenDefault(factor=factor, mass=mass, strength=strength):
            return Default(by="default", factor=factor, mass_kg=mass, strength=strength)
        case WrittenAnodeBalance():
            return AnodeBalance(by="anode-balance")
        case WrittenDecomposition():
            return Decomposition(
                by="decomposition",
                compound=written.compound,
                mass_kg=written.mass,
                purity=written.purity,
                decomposed=written.decomposed,
                burnt=written.burnt,
                recovered=written.recovered,
            )
        case WrittenRefill():
            return Refill(by="refill", added_kg=written.added, removed_kg=written.removed)


def elements(masses: dict[str, str]) -> tuple[ElementMass, ...]:
    """Return written element masses as sealed."""
    return tuple(masses.items())
