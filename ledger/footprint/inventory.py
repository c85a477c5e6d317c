"""The inventory of a run for the rules: inputs, outputs, and declarations.

Rules: sealed models (or those about to be sealed) make it, so that issuance and verification judge the same data.
Element masses are scaled kg. Inputs are certified inputs, materials, and moisture of the feed.  Outputs are products,
emissions, wastes, and water.  Fuels and their flue gas are apart.

This module does not judge (`ledger.plausibility.rules`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

from ledger.factors.grid import TABLE as GRID
from ledger.factors.prices import NAME as PRICES
from ledger.factors.profiles import DEFAULT
from ledger.footprint.fuel_parts import fuel_parts
from ledger.footprint.left_out import bounds
from ledger.footprint.lines import fuel_unit
from ledger.footprint.masses import (
    REFRIGERANTS,
    added_masses,
    element_masses,
    emitted,
    in_material,
    joined_masses,
    rare_earths,
    water_elements,
    water_out,
)
from ledger.footprint.material_amounts import material_unit, weighed_unit
from ledger.footprint.reference import reference_prices
from ledger.footprint.supplies import supplies_of
from ledger.footprint.versions import ENGINE, GUARDED
from schemas.determination import Default, Refill
from schemas.quantity import millionths, trillionths
from schemas.vocabulary import GROUPS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import TypeAlias

    from ledger.factors.factor import Factor
    from ledger.factors.figures import Pair, StageGas
    from ledger.factors.tables import FactorTables
    from ledger.footprint.fuel_parts import FuelPartOf
    from ledger.footprint.left_out import LeftOut
    from ledger.footprint.reference import Reference
    from ledger.footprint.shared import Shared
    from ledger.footprint.supplies import Supply
    from schemas.certificate import Batch, Facility, Footprint, Indicators
    from schemas.claim import Claim
    from schemas.figures import ElementShare, OriginStep
    from schemas.identifier import Did
    from schemas.instant import Period
    from schemas.inventory import (
        Credits,
        Direct,
        DirectLine,
        Electricity,
        FuelLine,
        Fuels,
        InventoryGroup,
        MaterialLine,
        Materials,
        Transport,
        TransportLine,
        Waste,
        Water,
    )
    from schemas.run import Absent, Allocation, Exclusion, Made, Output, Quote, RunFacts, Sold
    from schemas.vocabulary import AllocationMethod, Custody, ElectricitySet, Group, GwpSet, Kind, Step

    AppliedFactor: TypeAlias = tuple[Group, int, Factor, str]
    """A factor as a line applies it: the group and index of the line, the factor, and the unit that the line needs."""

_MILLION: Final = 10**6
_MEMBER: Final[Mapping[Group, str]] = {group: group for group in GROUPS} | {"electricity": "power"}


class PublishedFacts(Protocol):
    """The facts of an input's certificate that a run uses, signed or still a draft."""

    @property
    def producer(self) -> Did:
        """Return the DID of the producer."""

    @property
    def batch(self) -> Batch:
        """Return the batch: its kind, lot and masses in kg."""

    @property
    def composition(self) -> tuple[ElementShare, ...]:
        """Return the mass shares of its elements."""

    @property
    def footprint(self) -> Footprint:
        """Return the footprint of the batch in kg CO2e."""

    @property
    def indicators(self) -> Indicators:
        """Return the further indicators of the batch, such as energy and water."""

    @property
    def origin(self) -> tuple[OriginStep, ...]:
        """Return the steps that the batch has been through, with their countries."""

    @property
    def custody(self) -> Custody:
        """Return the model of its chain of custody."""

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Return the claims and their answers."""


@dataclass(slots=True)
class Incoming:
    """A certified input: the facts of its certificate, and the mass taken in mg; `identity` identifies the draw.

    `elements` are the element masses in the mass taken.
    """

    place: str
    name: str
    kind: Kind
    mass_mg: int
    fractions: Mapping[str, int]
    produced: Period
    gwp: GwpSet
    method: AllocationMethod
    electricity: ElectricitySet
    identity: str
    profile: str = DEFAULT

    elements: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compute the element masses of the mass taken."""
        self.elements = element_masses(self.fractions, self.mass_mg)


@dataclass(slots=True)
class Outgoing:
    """An output: net mass in mg, composition (scaled fractions), and its basis of allocation.

    `shipped_mg` and `moisture` (scaled) are given if the wet goods were weighed; `elements` are the element masses in
    all of it. `reference_price` is the sealed one.
    """

    place: str
    lot: str
    kind: Kind
    net_mass_mg: int
    fractions: Mapping[str, int]
    allocated: bool
    price: int | None = None
    shipped_mg: int | None = None
    moisture: int = 0
    product: str | None = None
    certified: bool = True
    sold: Sold | None = None
    quote: Quote | None = None
    reference_price: int | None = None

    elements: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compute the element masses of all of it."""
        self.elements = element_masses(self.fractions, self.net_mass_mg)


@dataclass
class Inventory:
    """A run for the rules.

    `tables` are the factor tables of its computation, `table_names` those that a sealed run names, `engine` the version
    of rules that judge it.  `facility` is the plant and `producer` its owner, None if unknown.  `shared` and `declared`
    are set once there are figures: those of the engine, and each output's rows as sealed.  Each group also has an
    attribute; that of electricity is `power`, because `electricity` is its set of factors.
    """

    step: Step
    period: Period
    gwp: GwpSet
    electricity: ElectricitySet
    allocation: Allocation
    groups: Sequence[InventoryGroup]
    incoming: Sequence[Incoming]
    outgoing: Sequence[Outgoing]
    untracked: Sequence[str]
    tables: FactorTables
    facility: Facility | None = None
    producer: Did | None = None
    profile: str = DEFAULT
    excluded: Sequence[Exclusion] = ()
    absent: Sequence[Absent] = ()
    table_names: Collection[str] | None = None
    engine: str = ENGINE
    shared: Shared | None = None
    declared: Sequence[Mapping[StageGas, Pair]] = ()

    materials: Materials = field(init=False, repr=False, compare=False)
    fuels: Fuels = field(init=False, repr=False, compare=False)
    power: Electricity = field(init=False, repr=False, compare=False)
    direct: Direct = field(init=False, repr=False, compare=False)
    transport: Transport = field(init=False, repr=False, compare=False)
    waste: Waste = field(init=False, repr=False, compare=False)
    credits: Credits = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Set an attribute for each group."""
        vars(self).update({_MEMBER[group.group]: group for group in self.groups})

    def _known(self, line: MaterialLine | FuelLine | TransportLine) -> bool:
        """Return whether a line's factor is at hand: a public one, or of a table whose owner gave it.

        Runs of engine 1 were judged without the latter.
        """
        return line.value is None or (self.engine in GUARDED and line.factor in self.tables.by_id)

    @cached_property
    def at_hand(self) -> list[AppliedFactor]:
        """The factors of the lines with one factor, as far as their tables are at hand."""
        lookup = self.tables.factor
        materials: list[AppliedFactor] = [
            ("materials", index, lookup(line.factor), material_unit(line))
            for index, line in enumerate(self.materials.lines)
            if self._known(line)
        ]
        fuels: list[AppliedFactor] = [
            ("fuels", index, lookup(line.factor), fuel_unit(line))
            for index, line in enumerate(self.fuels.lines)
            if self._known(line)
        ]
        journeys: list[AppliedFactor] = [
            ("transport", index, lookup(line.factor), "t.km")
            for index, line in enumerate(self.transport.lines)
            if self._known(line)
        ]
        wastes: list[AppliedFactor] = [
            ("waste", index, lookup(line.factor), "kg") for index, line in enumerate(self.waste.lines) if line.factor
        ]
        credits_: list[AppliedFactor] = [
            ("credits", index, lookup(line.factor), line.unit) for index, line in enumerate(self.credits.lines)
        ]
        return materials + fuels + journeys + wastes + credits_

    @property
    def defaults(self) -> list[AppliedFactor]:
        """The factors of process emissions."""
        found, methods = self.tables.factor, enumerate([line.method for line in self.direct.lines])
        return [
            ("direct", index, found(method.factor), weighed_unit(method.strength))
            for index, method in methods
            if isinstance(method, Default)
        ]

    @cached_property
    def power_factors(self) -> list[AppliedFactor]:
        """The factors of electricity."""
        lookup = self.tables.factor
        return [
            ("electricity", index, lookup(identifier), "kWh")
            for index, line in enumerate(self.power.lines)
            for identifier in (line.factor, line.uncovered, *[item.factor for item in line.instruments])
        ]

    @cached_property
    def factors(self) -> list[AppliedFactor]:
        """All factors of the figures."""
        return self.at_hand + self.defaults + self.power_factors

    @cached_property
    def references(self) -> tuple[Reference, ...] | None:
        """The reference price of each output; None if nothing is shared out by price, or for a run of engine 1."""
        prices, table = self.allocation.prices, self.tables.prices
        shared = sum(item.allocated for item in self.outgoing) > 1
        if self.engine not in GUARDED or not shared or prices is None or table is None:
            return None
        first, last = int(prices.period.start[:4]), int(prices.period.end[:4])
        return reference_prices(self.outgoing, table, first, last, prices.currency)

    @property
    def year(self) -> int:
        """The year of production: the end of the period."""
        return int(self.period.end[:4])

    @property
    def factor_sets(self) -> set[str]:
        """The names of all tables with a factor in a line or in a bound or beside own power, and of the prices used."""
        groups: tuple[Materials | Fuels | Transport, ...] = (self.materials, self.fuels, self.transport)
        unpublished = [line.factor for group in groups for line in group.lines if line.value is not None]
        used = {factor.table for _, _, factor, _ in self.factors}
        bounds = [item.factor for item in self.excluded if item.factor is not None]
        if self.references is not None:
            used.add(PRICES)
        if self.engine in GUARDED and any(line.own is not None for line in self.power.lines):
            used.add(GRID)  # `grid-power` beside the figure
        shipped = [line.shipped.factor for group in groups for line in group.lines if line.shipped is not None]
        return used.union([identifier.partition("/")[0] for identifier in (*unpublished, *shipped, *bounds)])

    @cached_property
    def fuel_parts(self) -> list[FuelPartOf]:
        """The lines of fuel with their families and parts; several rules ask."""
        return fuel_parts(self.fuels, self.tables.fuels)

    @cached_property
    def bounds(self) -> tuple[LeftOut, ...]:
        """The most of each exclusion."""
        return bounds(self.excluded, self.tables, self.gwp, self.engine)

    @property
    def water(self) -> Water | None:
        """The water balance, if it is declared."""
        return self.waste.water

    @cached_property
    def supplies(self) -> list[Supply]:
        """The materials, each with what its factor stands for; none if the tables do not say."""
        return supplies_of(self.materials, self.tables, self.step)

    @cached_property
    def elements_of_materials(self) -> list[dict[str, int]]:
        """Element masses of each material with a composition."""
        return [in_material(line) for line in self.materials.lines if line.composition]

    @cached_property
    def elements_of_wastes(self) -> list[dict[str, int]]:
        """Element masses of each waste, as far as it names its elements."""
        return [
            added_masses([(element, trillionths(mass)) for element, mass in line.elements]) for line in self.waste.lines
        ]

    @cached_property
    def elements_in(self) -> dict[str, int]:
        """Element masses of all inputs."""
        moist = water_elements(trillionths(self.water.feed_moisture)) if self.water else {}
        certified = [item.elements for item in self.incoming]
        return joined_masses(*certified, *self.elements_of_materials, *map(emitted, self.refills), moist)

    @cached_property
    def refills(self) -> list[DirectLine]:
        """Refrigerant lost and refilled that no material line tells of: what left is what was filled in.

        Engine 1 asked for a second line, a material with the same elements.
        """
        lines = [line for line in self.direct.lines if line.gas in REFRIGERANTS or isinstance(line.method, Refill)]
        if not lines or self.engine == "1" or any("C" in each and "F" in each for each in self.elements_of_materials):
            return []
        return lines

    @cached_property
    def product_elements(self) -> dict[str, int]:
        """Element masses of all outputs."""
        return joined_masses(*[item.elements for item in self.outgoing])

    @cached_property
    def elements_out(self) -> dict[str, int]:
        """Element masses of everything that left."""
        wet = water_elements(water_out(self.water)) if self.water else {}
        given_off = map(emitted, self.direct.lines)
        return joined_masses(self.product_elements, *given_off, *self.elements_of_wastes, wet)

    @cached_property
    def mass_in(self) -> int:
        """Mass (scaled kg) of certified inputs and materials."""
        certified = sum([item.mass_mg for item in self.incoming]) * _MILLION
        return certified + sum([trillionths(line.mass_kg) for line in self.materials.lines])

    @cached_property
    def kwh(self) -> int:
        """Electricity used (scaled kWh)."""
        return sum([trillionths(line.amount_kwh) for line in self.power.lines])

    @cached_property
    def metal_rare_earths(self) -> dict[str, int]:
        """Rare earths in the produced metals and alloys."""
        return rare_earths(self.made_of("metal", "alloy"))

    def made_of(self, *kinds: Kind) -> dict[str, int]:
        """Return the element masses in the outputs of some kinds."""
        return joined_masses(*[item.elements for item in self.products_of(*kinds)])

    def products_of(self, *kinds: Kind) -> list[Outgoing]:
        """Return the outputs of some kinds."""
        return [item for item in self.outgoing if item.kind in kinds]


def place_of(group: Group, index: int) -> str:
    """Return the place of a line in its producer's record."""
    return f"{'wastes' if group == 'waste' else group}[{index}]"


def is_goods(facts: PublishedFacts) -> bool:
    """Return whether a batch is goods; kWh of an instrument are drawn alike, but are in no balance, origin or claim."""
    return facts.batch.kind != "electricity"


def incoming(facts: PublishedFacts, place: str, *, mass_mg: int, identity: str) -> Incoming:
    """Return a certified input for the rules."""
    return Incoming(
        place=place,
        name=facts.batch.lot,
        kind=facts.batch.kind,
        mass_mg=mass_mg,
        fractions={part.element: trillionths(part.fraction) for part in facts.composition},
        produced=facts.batch.produced,
        gwp=facts.footprint.gwp,
        method=facts.footprint.allocation,
        electricity=facts.footprint.electricity,
        identity=identity,
        profile=facts.footprint.method,
    )


def outgoing(made: Made, output: Output, place: str) -> Outgoing:
    """Return a sealed output for the rules."""
    return Outgoing(
        place=place,
        lot=output.lot,
        kind=output.kind,
        net_mass_mg=millionths(made.net_mass_kg),
        fractions={part.element: trillionths(part.fraction) for part in output.composition},
        allocated=made.allocated,
        price=None if made.price is None else trillionths(made.price),
        product=output.product,
        certified=made.certified,
        sold=made.sold,
        quote=made.quote,
        reference_price=None if made.reference_price is None else trillionths(made.reference_price),
    )


def sealed_inventory(
    run: RunFacts,
    groups: Sequence[InventoryGroup],
    inputs: Sequence[Incoming],
    outputs: Sequence[Output],
    *,
    tables: FactorTables,
    facility: Facility | None = None,
    shared: Shared | None = None,
) -> Inventory:
    """Return the inventory of a fully disclosed run; `shared` has computed and declared figures."""
    return Inventory(
        step=run.step,
        period=run.period,
        gwp=run.gwp,
        electricity=run.electricity,
        allocation=run.allocation,
        groups=groups,
        incoming=inputs,
        outgoing=[
            outgoing(made, output, f"outputs[{index}]")
            for index, (made, output) in enumerate(zip(run.made, outputs, strict=True))
        ],
        untracked=run.untracked,
        tables=tables,
        facility=facility,
        producer=run.producer,
        profile=run.profile,
        excluded=run.excluded,
        absent=run.absent or (),
        table_names={ref.name for ref in run.factor_sets},
        engine=run.engine,
        shared=shared,
        declared=() if shared is None else [figures.rows for figures in shared.outputs],
    )
