"""The inventory of a run: seven groups of lines, each group one disclosure of the run.

Rules: amounts are strings in the unit that their name says, with at most 6 decimals; every line says how its amount
was found. What this module does not do: arithmetic (`ledger.footprint`), or how people write it (`schemas.record`).
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import StringConstraints

from schemas.determination import Anodes, Determination
from schemas.document import Document
from schemas.figures import ElementFraction, ElementMass
from schemas.identifier import CasNumber, CertificateDigest, Country, Did, Digest, FactorId, Grid
from schemas.instant import Year
from schemas.lot import normal_lot
from schemas.name import Words
from schemas.patterns import PEDIGREE
from schemas.quantity import Amount6, Amount12, Fraction6, Fraction12, SignedAmount12
from schemas.struct import Struct, Tagged
from schemas.vocabulary import (
    Basis,
    Destination,
    FuelFamily,
    FuelUse,
    Gas,
    InstrumentKind,
    OwnPlantKind,
    OwnPower,
    RecycledOrigin,
    Step,
    WasteClass,
)

READ: Final[frozenset[Basis]] = frozenset({"metered", "weighed"})
"""Bases of amounts that an instrument read."""
_NOT_WORD: Final = re.compile(r"[\W_]+")
_NO_NAMES: Final = frozenset(
    [
        "0",
        "x",
        "no",
        "none",
        "nil",
        "na",
        "unknown",
        "tbd",
        "yes",
        "meter",
        "meters",
        "metered",
        "scale",
        "scales",
        "weighed",
        "invoice",
        "document",
        "kein",
        "keine",
        "keiner",
        "unbekannt",
        "zähler",
        "无",
        "没有",
        "未知",
        "是",
        "电表",
        "なし",
        "無し",
        "不明",
        "有り",
        "計器",
    ]
)
"""What people write where a name is asked and there is none."""


def names_something(meter: str | None) -> bool:
    """Return whether the name of a meter, a scale or a document tells one from others."""
    plain = _NOT_WORD.sub("", (meter or "").casefold())
    return bool(plain) and plain not in _NO_NAMES


Pedigree = Annotated[str, StringConstraints(pattern=PEDIGREE)]
"""Scores of reliability, completeness, time, geography and technology, each 1 (best) to 5."""


class _Line(Struct):
    """What every line has: a name, how its amount was found, and where that is written down."""

    name: Words
    """What the line is called in reports and traces."""
    basis: Basis
    """How the amount was found: metered, weighed, calculated, apportioned or assumed."""
    basis_key: Words | None = None
    """Period and key by which the amount was apportioned. Present only if the basis is `apportioned`."""
    pedigree: Pedigree | None = None
    """The producer's own scores from 1 (best) to 5: reliability, completeness, time, geography, technology. Absent
    means scored by basis and factor."""
    note: Words | None = None
    """Source of the amount, or the assumption behind it."""
    meter: Words | None = None
    """Name or number of the meter or the scale that gave the amount, or of the document that shows it, such as an
    invoice. What is metered or weighed names it; without it the amount counts as calculated."""


class GasMass(Struct):
    """kg of one gas, as the result of a line whose factor value is not public."""

    gas: Gas
    """Greenhouse gas."""
    mass_kg: SignedAmount12
    """Mass of the gas in kg. Negative only for uptake."""


class ShippedRow(Struct):
    """The shipped factor of the same substance as a factor that is not public."""

    factor: FactorId
    """Shipped emission factor, as `<table>/<row>`: the lowest of its substance."""
    amount: Amount12
    """Amount that it applies to, in its unit."""


class Generator(Struct):
    """The organisation and the process that scrap fell off in."""

    organisation: Did
    """DID of the organisation in which the scrap fell off."""
    step: Step
    """Process step in which the scrap fell off."""
    certificate: CertificateDigest | None = None
    """Certificate of a batch whose run tells of this scrap among its wastes. Absent if that run has none."""


class MaterialLine(_Line):
    """A material without a certificate."""

    mass_kg: Amount6
    """Mass in kg, as weighed."""
    factor: FactorId
    """Emission factor of the material, as `<table>/<row>`, for 1 kg of it or of its content."""
    proxy_for: Words | None = None
    """Substance that the material is, if no factor is its own. The factor is then that of a like substance, and counts
    1.25 times. Absent means that the factor is the material's own."""
    cas: CasNumber | None = None
    """CAS Registry Number of the substance. It says what the material is where no composition does. Absent means not
    stated."""
    strength: Fraction12 | None = None
    """Part of the mass that is the pure substance, from 0 to 1. The factor then applies to that part alone."""
    composition: tuple[ElementFraction, ...] = ()
    """Elements in what was weighed, as rows of element and mass fraction. Empty if not stated."""
    recycled: RecycledOrigin | None = None
    """Whether the material is pre-consumer or post-consumer recycled (ISO 14021). Absent means that it counts as not
    recycled."""
    generated_by: Generator | None = None
    """Organisation and process that pre-consumer scrap comes from. Absent if unknown."""
    proof: Digest | None = None
    """SHA-256 of the document that shows where scrap comes from, such as a take-back note or the delivery note of a
    dismantler. Absent means no document."""
    extracted_in: Country | None = None
    """Country in which the elements were extracted, by ISO 3166-1. Absent means that tracked elements count as of
    unknown origin."""
    supplier_value: Words | None = None
    """The supplier's own declaration that states the factor. It makes the line primary data."""
    value: tuple[GasMass, ...] | None = None
    """Result of the line in kg of each gas. Present only if the factor's table is not public."""
    shipped: ShippedRow | None = None
    """Shipped factor for the same. Absent if the factor's table is public, if none is comparable, or in engine 1."""


class FuelLine(_Line):
    """A fuel burnt or supplied, or heat bought."""

    amount: Amount6
    """Amount of fuel or heat, in `unit`."""
    unit: Literal["kg", "m3", "MJ"]
    """Unit of the amount."""
    factor: FactorId
    """Emission factor, as `<table>/<row>`: for one unit, for one MJ with `heating_value_mj`, or for one kg of carbon
    with `carbon_kg`."""
    energy_mj: Amount6 | None = None
    """Net calorific energy of the whole amount, in MJ. With `heating_value_mj`, or an amount in MJ, it is not needed.
    Without any of them the energy indicator is partial."""
    heating_value_mj: Amount12 | None = None
    """Net calorific value in MJ for one unit. The factor is then for one MJ."""
    carbon_kg: Amount12 | None = None
    """Carbon content in kg of C for one unit, or for one MJ with `heating_value_mj`. The factor is then for one kg of
    carbon."""
    oxidation: Fraction12 | None = None
    """Part of the carbon that burns, from 0 to 1. Absent means all of it."""
    fuel: FuelFamily | None = None
    """Family of the fuel. Absent means that the factor tells it; carbon burnt owes it."""
    use: FuelUse | None = None
    """What the fuel is burnt for. Absent means process heat, or `mobile` for diesel and motor gasoline."""
    ash_carbon_kg: Amount6 | None = None
    """Carbon found in ash and soot, in kg of C. Absent means none was found."""
    proof: Digest | None = None
    """SHA-256 of the document that proves where a biogenic fuel comes from. Absent means no proof."""
    supplier_value: Words | None = None
    """The supplier's own declaration that states the factor. It makes the line primary data."""
    value: tuple[GasMass, ...] | None = None
    """Result of the line in kg of each gas. Present only if the factor's table is not public."""
    shipped: ShippedRow | None = None
    """Shipped factor for the same. Absent if the factor's table is public, if none is comparable, or in engine 1."""


def instrument_key(scheme: str, statement: str) -> tuple[str, str]:
    """Return the form by which instruments are told apart: case, blanks and dashes make no other of one."""
    return normal_lot(scheme), normal_lot(statement)


class Cancelled(Struct):
    """What a lot of electricity is: a statement that nobody else may claim these kWh."""

    kind: Literal["contract"] | None = None
    """`contract` if the statement is a contract. Absent for an energy attribute certificate."""
    scheme: Words
    """Name of the scheme that cancelled the certificates."""
    statement: Words
    """Number of the cancellation statement within its scheme. A registry accepts each statement once."""
    grid: Grid
    """Grid in which the electricity was generated, as an ISO 3166-2 subdivision or an undivided country."""
    year: Year
    """Calendar year in which the electricity was generated."""
    factor: FactorId
    """Emission factor of the technology that generated it, as `<table>/<row>`."""
    after: Digest | None = None
    """Record digest of the undo that freed the statement. Absent if nobody entered it before."""

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

    It is drawn from the lot of its statement (`Cancelled`), which is an input of the run; of old records it stands in
    the line alone.
    """

    kind: InstrumentKind | None = None
    """`contract` or `supplier` (the supplier's own factor). Absent for an energy attribute certificate (GHG Protocol
    Scope 2 Guidance, table 6.3)."""
    bundled: bool | None = None
    """Whether an energy attribute certificate was bought together with the electricity. Absent means not stated."""
    scheme: Words
    """Name of the scheme that issued or cancelled the instrument."""
    statement: Words
    """Number of the statement within its scheme. It is used once, except that a supplier's own factor is for all its
    customers."""
    kwh: Amount6
    """Electricity that the instrument covers in this line, in kWh."""
    grid: Grid
    """Grid of the instrument, as an ISO 3166-2 subdivision or an undivided country. It equals the grid of the line."""
    year: Year
    """Calendar year of the instrument. It equals the year of the run."""
    factor: FactorId
    """Emission factor of the technology that generated it, as `<table>/<row>`."""


class OwnPlant(Struct):
    """What generates the plant's own electricity."""

    kind: OwnPlantKind
    """What generates: the sun, wind, water, the heat of the earth, or the plant's own fuel."""
    power_kw: Amount6 | None = None
    """Rated power in kW, of solar modules the peak power. Absent means not stated."""
    meter: Words | None = None
    """Name or number of the meter that read the electricity. Absent means that no meter read it."""
    battery_kwh: Amount6 | None = None
    """Electricity in kWh that its battery holds when full. Absent means that there is none, or none stated."""


class DeclaredGrid(Struct):
    """Where the factor of a grid comes from that no shipped table has."""

    publisher: Words
    """Authority that publishes the factor."""
    url: Words
    """Address at which it is published."""
    document: Digest
    """SHA-256 of the published document."""
    year: Year
    """Year that the factor is for."""


class ElectricityLine(_Line):
    """Electricity used."""

    amount_kwh: Amount6
    """Electricity used, in kWh."""
    grid: Grid
    """Grid that supplies the plant, as an ISO 3166-2 subdivision or an undivided country."""
    own: OwnPower | None = None
    """Present if the plant generated the electricity itself: `attributes-kept`, or `attributes-sold` to somebody else
    (GHG Protocol Scope 2 Guidance, 6.6). Once sold, the market-based side takes `uncovered`."""
    factor: FactorId
    """Location-based emission factor, as `<table>/<row>`, for one kWh."""
    uncovered: FactorId
    """Market-based emission factor for what no instrument covers, as `<table>/<row>`, for one kWh."""
    instruments: tuple[Instrument, ...] = ()
    """Contractual instruments that cover part or all of the amount on the market-based side."""
    plant: OwnPlant | None = None
    """What generated the plant's own electricity. Absent means not stated."""
    declared: DeclaredGrid | None = None
    """Publication of the location-based factor, for a grid that no shipped table has. Absent for any other."""

    @property
    def single_use(self) -> list[tuple[str, str]]:
        """The keys of the instruments that are used once.

        A supplier's own factor is none of them: it is for all its customers.
        """
        return [instrument_key(item.scheme, item.statement) for item in self.instruments if item.kind != "supplier"]


class DirectLine(_Line):
    """A substance given off by the process."""

    substance: Words
    """Name of the substance given off."""
    gas: Gas | Literal["CO"] | None = None
    """Greenhouse gas as which the substance counts. `CO` counts as fossil CO2 with the exact ratio 44.009/28.010,
    oxidised in air. Absent (NH3, SO2, N2) means that it counts in balances only."""
    mass_kg: Amount12
    """Mass given off in kg."""
    elements: tuple[ElementMass, ...] = ()
    """Masses of elements in a substance without a gas, as rows of element and kg. Empty if not stated."""
    method: Determination | None = None
    """How the mass was determined. Absent means by the basis alone."""


class TransportLine(_Line):
    """Goods carried on one journey, or on several of the same kind."""

    amount_tkm: Amount6
    """Shipped mass times distance, in t.km."""
    factor: FactorId
    """Emission factor of the means of transport, as `<table>/<row>`, for one t.km."""
    supplier_value: Words | None = None
    """The carrier's own declaration that states the factor. It makes the line primary data."""
    value: tuple[GasMass, ...] | None = None
    """Result of the line in kg of each gas. Present only if the factor's table is not public."""
    shipped: ShippedRow | None = None
    """Shipped factor for the same. Absent if the factor's table is public, if none is comparable, or in engine 1."""


class WasteLine(_Line):
    """A waste of the run."""

    mass_kg: Amount6
    """Mass of the waste in kg, dry."""
    moisture: Fraction6
    """Water in the waste as it left, as a fraction of its wet mass."""
    waste_class: WasteClass | None = None
    """Class of the waste. `in-water` and `in-place` are no waste. Absent counts as non-hazardous."""
    fate: Words
    """What happens to the waste, in words."""
    destination: Destination | None = None
    """Where the waste goes: recovery, registered disposal, stays on site, or outside without registered treatment.
    Absent means not stated."""
    elements: tuple[ElementMass, ...] = ()
    """Masses of elements in the waste, as rows of element and kg. Empty if not stated."""
    factor: FactorId | None = None
    """Emission factor of the treatment, as `<table>/<row>`, for one kg. Absent means that the waste leaves without
    burden."""
    proof: Digest | None = None
    """SHA-256 of the document that shows who took a waste for recovery, such as a delivery note. Nitrogen that is said
    to be sold counts as lost without it. Absent means no document."""


class CreditLine(_Line):
    """An amount that something else is spared; its figures are negative, stand apart, and are in no total."""

    amount: Amount6
    """Amount spared elsewhere, in `unit`."""
    unit: Literal["kg", "kWh", "MJ", "m3"]
    """Unit of the amount."""
    factor: FactorId
    """Emission factor of what is spared, as `<table>/<row>`, for one unit."""


class Meter(Struct):
    """A meter at the site boundary."""

    meter: Words
    """Name or number of the meter."""
    reading: Amount6
    """Water that passed the meter in the period of the run, in m3."""


class Water(Struct):
    """The run's water balance in m3: fresh + with_reagents + feed_moisture + formed = the four outs, exactly.

    A claim of zero discharge rests on the meters and on the energy of the evaporator.
    """

    fresh: Amount6
    """Fresh water withdrawn, in m3."""
    with_reagents: Amount6
    """Water that came in with reagents, in m3."""
    feed_moisture: Amount6
    """Water that came in as moisture of the feed, in m3."""
    formed: Amount6
    """Water that reactions formed, in m3."""
    discharged: Amount6
    """Water discharged from the plant, in m3."""
    evaporated: Amount6
    """Water evaporated, in m3."""
    in_products: Amount6
    """Water that left in products, in m3."""
    in_wastes: Amount6
    """Water that left in wastes, in m3."""
    recycled: Amount6
    """Water used again within the plant, in m3. It is no part of the balance."""
    evaporator: Amount6 | None = None
    """Process liquor evaporated with purchased energy, in m3. Absent means not stated."""
    evaporator_kwh: Amount6 | None = None
    """Electricity that the evaporator used, in kWh. The electricity lines of the run include it."""
    fluoride_kg: Amount6 | None = None
    """Fluoride in the discharged water, in kg of F. Absent means not stated."""
    ammonia_nitrogen_kg: Amount6 | None = None
    """Ammonia nitrogen in the discharged water, in kg of N. Absent means not stated."""
    discharge_meters: tuple[Meter, ...] = ()
    """Independent meters at the site boundary. A claim of zero discharge needs them."""
    note: Words | None = None
    """Source of the figures, or the assumption behind them."""


class Materials(Document):
    """Materials without a certificate."""

    group: Literal["materials"]
    """Which of the seven groups this is."""
    lines: tuple[MaterialLine, ...]
    """Materials of the run that have no certificate."""


class Fuels(Document):
    """Fuels burnt, and their supply."""

    group: Literal["fuels"]
    """Which of the seven groups this is."""
    lines: tuple[FuelLine, ...]
    """Fuels burnt, fuels supplied, and heat bought."""


class Electricity(Document):
    """Electricity used."""

    group: Literal["electricity"]
    """Which of the seven groups this is."""
    lines: tuple[ElectricityLine, ...]
    """Electricity used by the run."""


class Direct(Document):
    """Process emissions of the run."""

    group: Literal["direct"]
    """Which of the seven groups this is."""
    lines: tuple[DirectLine, ...]
    """Substances that the process gave off."""
    anode_carbon_kg: Amount6 | None = None
    """Net carbon that the anodes of an electrolysis lost, in kg. Absent if `anodes` gives it, or without electrolysis.
    """
    anodes: Anodes | None = None
    """Carbon balance of the anodes of an electrolysis. Absent if `anode_carbon_kg` stands instead, or without
    electrolysis."""


class Transport(Document):
    """Transport paid for by the plant."""

    group: Literal["transport"]
    """Which of the seven groups this is."""
    lines: tuple[TransportLine, ...]
    """Journeys of goods that the plant paid for."""


class Waste(Document):
    """Wastes, and the water balance."""

    group: Literal["waste"]
    """Which of the seven groups this is."""
    lines: tuple[WasteLine, ...]
    """Wastes of the run, dry."""
    water: Water | None = None
    """Water balance of the run. Absent means that the run states none."""


class Credits(Document):
    """Credits, apart from everything else."""

    group: Literal["credits"]
    """Which of the seven groups this is."""
    lines: tuple[CreditLine, ...]
    """What the run spared others."""


InventoryGroup = Annotated[Materials | Fuels | Electricity | Direct | Transport | Waste | Credits, Tagged("group")]
