"""What a run takes of another run that it names, and what that one can spare: Q-ABSENT and S-SCRAP beyond one run.

Rules:

1. `other-run` takes at least the floor of the owed row, less what the run has itself.  The other run can spare what it
   has above the floors of its own rows that the same lines satisfy.  Energy is counted in MJ.
2. `recovered-heat` takes what it declares; a run gives off no more heat than the energy that was put into it.
3. Scrap takes its rare earth; a run gives as much as its uncertified scrap and its wastes with 5 % of it hold.

Amounts are millionths of a MJ, kg, m3, t.km or kmol, which fit a column of a database.  This module compares nothing
(`ledger.lots.named_runs` does) and knows no other run than the one that it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.chemistry.exact import SCALE, divide
from ledger.footprint.masses import PARTS, added_masses, in_material, rare_earths
from ledger.plausibility.amounts import bought, counted
from ledger.plausibility.completeness import assessed, rounded
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.factors.completeness import Measure
    from ledger.footprint.inventory import Inventory
    from ledger.plausibility.completeness import Due
    from schemas.identifier import CertificateDigest
    from schemas.inventory import Generator, MaterialLine
    from schemas.run import Absent

HEAT, SCRAP, NOTHING = "recovered-heat", "scrap", "nothing"
"""Pools besides the measures of `ledger.factors.completeness`."""
_POWER: Final = frozenset({"electricity"})
_FUEL: Final = frozenset({"process-heat", "site-fuels"})
_BOTH: Final = frozenset({"power-and-fuel", "energy", "heat-and-power"})
_ENERGY: Final = _POWER | _FUEL | _BOTH
_IN_KWH: Final = frozenset({"electricity", "power-and-fuel"})
_MOLAR: Final = frozenset({"acid", "alkali", "cations", "base", "scrubber-base"})
_MJ_PER_KWH: Final = (36, 10)
_MILLION: Final = 10**6
_COKE_MJ: Final = 33
"""MJ of 1 kg of carbon among the materials, rounded up from 32.8 (from memory)."""


_WORTH: Final = (5, 100)
"""Rare earth from which on a waste is scrap and no tailings: the bound of rare-earth goods (rule M-FIT)."""


class Taken(NamedTuple):
    """What a run takes of another one, in millionths: the least, and what is usual (0 if unknown).

    `place` is the declaration in the record, `run` and `item` what it names, `pool` what the other run has of it.
    """

    place: str
    run: str
    item: str
    pool: str
    need: int
    usual: int


class Spare(NamedTuple):
    """What a run has in a pool, in millionths: all of it, the least that it needs itself, and what it usually needs."""

    has: int
    own: int
    usual: int


def shared(one: str, other: str) -> bool:
    """Return whether two pools are filled by the same lines."""
    apart = {one, other} <= _POWER | _FUEL and (one in _POWER) is not (other in _POWER)
    return one == other or ({one, other} <= _ENERGY and not apart)


def taken(run: Inventory) -> Iterator[Taken]:
    """Yield what a run takes of other runs by its declared absences."""
    for index, absent in enumerate(run.absent):
        if absent.run is not None:
            yield Taken(f"absent[{index}]", absent.run, absent.item, *_amounts(run, absent))


def _amounts(run: Inventory, absent: Absent) -> tuple[str, int, int]:
    """Return the pool of an absence, the least that it takes, and what is usual."""
    if absent.heat_mj is not None:
        return HEAT, _micro(trillionths(absent.heat_mj)), 0
    due = next((each for each in assessed(run) if each.row.item == absent.item), None)
    if due is None:  # a group of lines that the profile asks for
        return NOTHING, 0, 0
    has = _sum(due)
    return due.row.measure, max(0, _floor(due) - has), max(0, _usual(due) - has)


def spare(run: Inventory, pool: str) -> Spare:
    """Return what a run has in a pool, and what its own rows need of that."""
    if pool == NOTHING:
        return Spare(0, 0, 0)
    if pool == HEAT:
        carbon = sum(elements.get("C", 0) for _, _, elements in bought(run)) * _COKE_MJ
        return Spare(_all(run, "energy") + _micro(carbon), 0, 0)
    if pool == SCRAP:
        return Spare(_scrap(run), 0, 0)
    lines = counted(run, _measure(pool))
    places = {each.place for each in lines}
    has = sum(_amount(pool, each.amount) for each in lines)
    rows = [each for each in assessed(run) if shared(each.row.measure, pool) and each.absent is None]
    needs = [(row, _beside(row, places)) for row in rows if any(each.place in places for each in row.lines)]
    return Spare(
        has,
        sum(max(0, _floor(row) - beside) for row, beside in needs),
        sum(max(0, _usual(row) - beside) for row, beside in needs),
    )


def _beside(due: Due, places: set[str]) -> int:
    """Return what lines outside a pool bring to a row."""
    return sum(_amount(due.row.measure, each.amount) for each in due.lines if each.place not in places)


def _sum(due: Due) -> int:
    return sum(_amount(due.row.measure, each.amount) for each in due.lines)


def _measure(pool: str) -> Measure:
    return pool  # type: ignore[return-value] # every other pool is a measure, as `_taken` wrote it


def _all(run: Inventory, measure: Measure) -> int:
    return sum(_amount(measure, each.amount) for each in counted(run, measure))


def _floor(due: Due) -> int:
    return _amount(due.row.measure, divide(due.row.floor * due.basis, SCALE))


def _usual(due: Due) -> int:
    typical = due.row.typical
    return 0 if typical is None else _amount(due.row.measure, divide(typical[0] * due.basis, SCALE))


def _amount(measure: str, amount: int) -> int:
    """Return an amount of a measure in millionths, of energy in MJ."""
    if measure in _MOLAR:
        return divide(amount * _MILLION, PARTS)
    if measure in _IN_KWH:
        amount = divide(amount * _MJ_PER_KWH[0], _MJ_PER_KWH[1])
    return _micro(amount)


def amount_text(pool: str, micro: int) -> str:
    """Return an amount of a pool in millionths as text for a sentence."""
    units = {"evaporator": "m3", "transport": "t.km", **dict.fromkeys(_MOLAR, "kmol")}
    unit = "MJ" if pool in _ENERGY | {HEAT} else units.get(pool, "kg")
    return f"{rounded(micro * _MILLION)} {unit}"


def _micro(scaled: int) -> int:
    return divide(scaled, _MILLION)


# -- scrap --------------------------------------------------------------------------------------------------------


class NamedScrap(NamedTuple):
    """Scrap of which a certified run tells: its place, its source, that certificate, and its rare earth in mg."""

    place: str
    source: Generator
    certificate: CertificateDigest
    rare_mg: int


def named_scrap(lines: tuple[MaterialLine, ...]) -> Iterator[NamedScrap]:
    """Yield the materials that name the certificate of the run that they fell off in."""
    for index, line in enumerate(lines):
        source = line.generated_by
        if source is not None and source.certificate is not None:
            rare = sum(rare_earths(in_material(line)).values())
            yield NamedScrap(f"materials[{index}].generated_by", source, source.certificate, _micro(rare))


def _scrap(run: Inventory) -> int:
    """Return the rare earth in mg of what left a run as waste that is worth recycling, or as uncertified scrap."""
    found = 0
    for line in run.waste.lines:
        elements = added_masses([(element, trillionths(mass)) for element, mass in line.elements])
        rare = sum(rare_earths(elements).values())
        if rare * _WORTH[1] >= trillionths(line.mass_kg) * _WORTH[0]:
            found += _micro(rare)
    rest = [item.elements for item in run.outgoing if item.kind == "scrap" and not item.certified]
    return found + sum(_micro(sum(rare_earths(each).values())) for each in rest)
