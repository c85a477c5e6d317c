"""The inventory of a run: seven groups of lines, each group one disclosure of the run.

Rules: amounts are strings in the unit that their name says, with at most 6 decimals; every line says how its amount was found.
What this module does not do: arithmetic (`ledger.footprint`), or how people write it (`schemas.record`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.determination import Anodes, Determination
from schemas.document import Document
from schemas.figures import ElementFraction, ElementMass
from schemas.identifier import Country, Did, Digest, FactorId, Region
from schemas.instant import Year
from schemas.lot import normal_lot
from schemas.name import Words
from schemas.patterns import PEDIGREE
from schemas.quantity import Amount6, Amount12, Fraction6, Fraction12, SignedAmount12
from schemas.struct import Struct
from schemas.vocabulary import Basis, Destination, Gas, InstrumentKind, OwnPower, RecycledOrigin, Step, WasteClass

Pedigree = Annotated[str, StringConstraints(pattern=PEDIGREE)]
"""Scores of reliability, completeness, time, geography and technology, each 1 (best) to 5."""


class _Line(Struct):
    """What every line has: a name, how its amount was found, and where that is written down.

    `basis_key` is said where the basis is `apportioned`: period and key.  `pedigree` is what the producer says of the data's
    quality, in place of what follows from basis and factor.  `note` is the source or the assumption.
    """

    name: Words
    basis: Basis
    basis_key: Words | None = None
    pedigree: Pedigree | None = None
    note: Words | None = None


class GasMass(Struct):
    """kg of one gas, as the result of a line whose factor value is not public."""

    gas: Gas
    mass_kg: SignedAmount12


class Generator(Struct):
    """The organisation and the process that scrap fell off in."""

    organisation: Did
    step: Step


class MaterialLine(_Line):
    """A material without a certificate, in kg as weighed; with `strength` the factor applies to the content.

    `composition` is that of what was weighed.  A material that contains a tracked element is a branch of unknown
    origin (`extracted_in` says otherwise) and of no recycled content (`recycled` says otherwise).  `generated_by` is told of
    pre-consumer scrap whose process is known; `supplier_value` names the supplier's own declaration that the factor states.
    """

    mass_kg: Amount6
    factor: FactorId
    strength: Fraction12 | None = None
    composition: tuple[ElementFraction, ...] = ()
    recycled: RecycledOrigin | None = None
    generated_by: Generator | None = None
    extracted_in: Country | None = None
    supplier_value: Words | None = None
    value: tuple[GasMass, ...] | None = None


class FuelLine(_Line):
    """A fuel burnt or supplied, or heat bought; `energy_mj` is net calorific, where it is known; `supplier_value` as of a material.

    The factor is for one `unit`; for one MJ where a heating value (MJ for one unit) is given; for one kg of carbon where the
    carbon is given (kg C for one unit, or for one MJ where there is a heating value too).  `oxidation` is the part that burns.
    """

    amount: Amount6
    unit: Literal["kg", "m3", "MJ"]
    factor: FactorId
    energy_mj: Amount6 | None = None
    heating_value_mj: Amount12 | None = None
    carbon_kg: Amount12 | None = None
    oxidation: Fraction12 | None = None
    supplier_value: Words | None = None
    value: tuple[GasMass, ...] | None = None


def instrument_key(scheme: str, statement: str) -> tuple[str, str]:
    """Return the form by which instruments are told apart: case, blanks and dashes make no other of one."""
    return normal_lot(scheme), normal_lot(statement)


class Cancelled(Struct):
    """What a lot of electricity is: a scheme's statement that so many kWh were generated and that nobody else may claim them.

    `after` is the record digest of the undo that freed the statement, where it had been entered before.
    """

    kind: Literal["contract"] | None = None
    scheme: Words
    statement: Words
    grid: Region
    year: Year
    factor: FactorId
    after: Digest | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What tells the statement from others."""
        return instrument_key(self.scheme, self.statement)

    def covers(self, item: Instrument) -> bool:
        """Say whether an instrument in a line is of this statement, and says the same of it."""
        same = (self.kind, self.grid, self.year, self.factor) == (item.kind, item.grid, item.year, item.factor)
        return same and self.key == instrument_key(item.scheme, item.statement)


class Instrument(Struct):
    """A contractual electricity instrument: same grid, same year, used once (GHG Protocol Scope 2 Guidance, 7).

    It is drawn from the lot of its statement (`Cancelled`), which is an input of the run; of old records it stands in the line alone.
    A supplier's own factor (`kind` ``supplier``) is for all who buy of it, so its statement is no single-use one.
    """

    kind: InstrumentKind | None = None
    scheme: Words
    statement: Words
    kwh: Amount6
    grid: Region
    year: Year
    factor: FactorId


class ElectricityLine(_Line):
    """Electricity used, in kWh: `factor` location-based, `uncovered` market-based for what no instrument covers.

    `own` is said where the plant generated it: its fuels are fuel lines, so the factor is what is left; with attributes sold,
    the market-based side takes the grid's.
    """

    amount_kwh: Amount6
    grid: Region
    own: OwnPower | None = None
    factor: FactorId
    uncovered: FactorId
    instruments: tuple[Instrument, ...] = ()

    @property
    def single_use(self) -> list[tuple[str, str]]:
        """What tells each instrument that is used once from others; a supplier's own factor is for all who buy of it."""
        return [instrument_key(item.scheme, item.statement) for item in self.instruments if item.kind != "supplier"]


class DirectLine(_Line):
    """A substance given off by the process; one without a `gas` (NH3, SO2, N2) counts in balances only.

    A `gas` of ``CO`` counts as CO2-fossil with the exact ratio 44.009/28.010, oxidised in air.  `method` is how the mass was
    determined.
    """

    substance: Words
    gas: Gas | Literal["CO"] | None = None
    mass_kg: Amount12
    elements: tuple[ElementMass, ...] = ()
    method: Determination | None = None


class TransportLine(_Line):
    """Goods carried, in t.km of shipped mass; `supplier_value` as of a material."""

    amount_tkm: Amount6
    factor: FactorId
    supplier_value: Words | None = None
    value: tuple[GasMass, ...] | None = None


class WasteLine(_Line):
    """A waste, dry; it leaves without burden unless a factor for its treatment is given.

    One without a class counts as non-hazardous.
    """

    mass_kg: Amount6
    moisture: Fraction6
    waste_class: WasteClass | None = None
    fate: Words
    destination: Destination | None = None
    elements: tuple[ElementMass, ...] = ()
    factor: FactorId | None = None


class CreditLine(_Line):
    """A credit, as an amount that something else is spared; its figures are negative, stand apart, and are in no total."""

    amount: Amount6
    unit: Literal["kg", "kWh", "MJ", "m3"]
    factor: FactorId


class Meter(Struct):
    """A meter at the fence and what it read over the period, in m3."""

    meter: Words
    reading: Amount6


class Water(Struct):
    """The run's water balance in m3: fresh + with_reagents + feed_moisture + formed = the four outs, exactly.

    `evaporator` is process liquor evaporated with purchased energy; what that took in electricity is part of the run's
    electricity lines and stands here again.  A claim of zero discharge rests on the meters and on that energy.
    `fluoride_kg` (as F) and `ammonia_nitrogen_kg` (as N) are the loads of what is discharged.
    """

    fresh: Amount6
    with_reagents: Amount6
    feed_moisture: Amount6
    formed: Amount6
    discharged: Amount6
    evaporated: Amount6
    in_products: Amount6
    in_wastes: Amount6
    recycled: Amount6
    evaporator: Amount6 | None = None
    evaporator_kwh: Amount6 | None = None
    fluoride_kg: Amount6 | None = None
    ammonia_nitrogen_kg: Amount6 | None = None
    discharge_meters: tuple[Meter, ...] = ()
    note: Words | None = None


class Materials(Document):
    """Materials without a certificate."""

    group: Literal["materials"]
    lines: tuple[MaterialLine, ...]


class Fuels(Document):
    """Fuels burnt, and their supply."""

    group: Literal["fuels"]
    lines: tuple[FuelLine, ...]


class Electricity(Document):
    """Electricity used."""

    group: Literal["electricity"]
    lines: tuple[ElectricityLine, ...]


class Direct(Document):
    """Process emissions; of an electrolysis the net anode carbon, or the balance of `anodes` that gives it."""

    group: Literal["direct"]
    lines: tuple[DirectLine, ...]
    anode_carbon_kg: Amount6 | None = None
    anodes: Anodes | None = None


class Transport(Document):
    """Transport paid for by the plant."""

    group: Literal["transport"]
    lines: tuple[TransportLine, ...]


class Waste(Document):
    """Wastes, and the water balance."""

    group: Literal["waste"]
    lines: tuple[WasteLine, ...]
    water: Water | None = None


class Credits(Document):
    """Credits, apart from everything else."""

    group: Literal["credits"]
    lines: tuple[CreditLine, ...]


InventoryGroup = Annotated[
    Materials | Fuels | Electricity | Direct | Transport | Waste | Credits, Field(discriminator="group")
]
