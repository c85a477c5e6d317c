"""How a process emission was determined: by a meter, or by a method with all that goes into it.

Rules: whoever has the line computes its mass again, to the milligram (rule X-METHOD); a method holds what was measured and
nothing that follows from it.  Masses are kg, coefficients are in the unit that their name says.  Each method stands here twice: as
it is sealed, and as people write it.  What this module does not do: the arithmetic (`ledger.footprint.emissions`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.document import Document, Written
from schemas.identifier import FactorId
from schemas.name import Words
from schemas.patterns import FORMULA
from schemas.quantity import Amount6, Amount12, FineMass, Fraction12, Mass, Share
from schemas.rate import Minutes, SlopeCoefficient
from schemas.vocabulary import Gas

FormulaText = Annotated[str, StringConstraints(pattern=FORMULA)]
"""A chemical formula, such as ``CaCO3`` or ``H2C2O4·2H2O``; whether it is one is checked where chemistry is."""


class Measured(Document):
    """Read from a monitor; only one that ran all the time (`continuous`) can tell that there was none."""

    by: Literal["measured"]
    monitor: Words
    continuous: bool


class Slope(Document):
    """The plant's own coefficient x anode-effect minutes in a cell and day x t of metal.

    As for aluminium (IPCC 2006 Guidelines, vol. 3, equation 4.26); `coefficient` is kg of gas for a t of metal and such a minute.
    """

    by: Literal["slope"]
    coefficient: Amount12
    minutes_per_cell_day: Amount6
    metal_kg: Amount6


class Ratio(Document):
    """A measured ratio, kg for kg, to another gas of the same run: C2F6 to CF4."""

    by: Literal["ratio"]
    to: Gas
    ratio: Fraction12


class Default(Document):
    """A factor x what it is for: a mass, of which `strength` is the pure substance where the factor is per content."""

    by: Literal["default"]
    factor: FactorId
    mass_kg: Amount6
    strength: Fraction12 | None = None


class AnodeBalance(Document):
    """What the carbon balance of the run's anodes gives (IPCC tier 3); the balance stands with the group."""

    by: Literal["anode-balance"]


class Decomposition(Document):
    """CO2 of a carbonate or oxalate by its formula: `purity` of what was weighed, `decomposed` the part that gave its gas off.

    Of an oxalate half the carbon leaves as CO, unless it is `burnt`; `recovered` is the part of the gas that was caught.
    """

    by: Literal["decomposition"]
    compound: FormulaText
    mass_kg: Amount6
    purity: Fraction12
    decomposed: Fraction12
    burnt: bool
    recovered: Fraction12


class Refill(Document):
    """A refrigerant that was lost at work: what was filled in less what was taken out (IPCC 2006, vol. 3, 7.5.2)."""

    by: Literal["refill"]
    added_kg: Amount6
    removed_kg: Amount12


Determination = Annotated[
    Measured | Slope | Ratio | Default | AnodeBalance | Decomposition | Refill, Field(discriminator="by")
]


class Anodes(Document):
    """The anodes of an electrolysis: net carbon = (used - butts - dust) x carbon; `as_co` of it leaves as CO, without that in PFC."""

    used_kg: Amount6
    butts_kg: Amount12
    dust_kg: Amount12
    carbon: Fraction12
    as_co: Fraction12


class WrittenMeasured(Written):
    """Read from a monitor."""

    by: Literal["measured"]
    monitor: Words
    continuous: bool = False


class WrittenSlope(Written):
    """By anode-effect minutes; the coefficient in kg of gas for a t of metal and a minute in a cell and day."""

    by: Literal["slope"]
    coefficient: SlopeCoefficient
    minutes: Minutes
    metal: Mass


class WrittenRatio(Written):
    """By a ratio to another gas, kg for kg."""

    by: Literal["ratio"]
    to: Gas
    ratio: Share


class WrittenDefault(Written):
    """By a factor and what it is for."""

    by: Literal["default"]
    factor: FactorId
    mass: Mass
    strength: Share | None = None


class WrittenAnodeBalance(Written):
    """By the carbon balance of the anodes."""

    by: Literal["anode-balance"]


class WrittenDecomposition(Written):
    """By the formula of a carbonate or oxalate; vented unless it is said to be burnt or recovered."""

    by: Literal["decomposition"]
    compound: FormulaText
    mass: Mass
    purity: Share = "1"
    decomposed: Share = "1"
    burnt: bool = False
    recovered: Share = "0"


class WrittenRefill(Written):
    """By what was filled in and taken out."""

    by: Literal["refill"]
    added: Mass
    removed: FineMass = "0"


WrittenDetermination = Annotated[
    WrittenMeasured
    | WrittenSlope
    | WrittenRatio
    | WrittenDefault
    | WrittenAnodeBalance
    | WrittenDecomposition
    | WrittenRefill,
    Field(discriminator="by"),
]


class WrittenAnodes(Written):
    """The anodes of an electrolysis; butts and dust as anode material."""

    used: Mass
    butts: FineMass = "0"
    dust: FineMass = "0"
    carbon: Share
    as_co: Share = "0"
