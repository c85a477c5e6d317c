"""How a process emission was determined: by a meter, or by a method with all that goes into it.

Rules: whoever has the line computes its mass again, to the milligram (rule X-METHOD); a method holds what was measured
and nothing that follows from it.  Masses are kg, coefficients are in the unit that their name says.  Each method stands
here twice: as it is sealed, and as people write it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from schemas.document import Document, Written
from schemas.identifier import Digest, FactorId
from schemas.name import Words
from schemas.one_of import one_of
from schemas.patterns import FORMULA
from schemas.quantity import Amount6, Amount12, FineMass, Fraction12, Mass, Share
from schemas.rate import Minutes, SlopeCoefficient
from schemas.vocabulary import Gas

FormulaText = Annotated[str, StringConstraints(pattern=FORMULA)]
"""A chemical formula, such as ``CaCO3`` or ``H2C2O4·2H2O``; whether it is one is checked where chemistry is."""


class Measured(Document):
    """Read from a monitor."""

    by: Literal["measured"]
    """Tag of the method."""
    monitor: Words
    """Name or kind of the monitor."""
    continuous: bool
    """Whether the monitor ran all the time. Only a continuous monitor can show that there was no emission."""
    document: Digest | None = None
    """SHA-256 of the report of the measurement, in base64url. Absent if none is told."""


class Slope(Document):
    """Anode-effect minutes of an electrolysis times the plant's own coefficient and the metal made.

    As for aluminium (IPCC 2006 Guidelines, vol. 3, equation 4.26).
    """

    by: Literal["slope"]
    """Tag of the method."""
    coefficient: Amount12
    """The plant's own coefficient: kg of gas for a t of metal and a minute of anode effect in a cell and day."""
    minutes_per_cell_day: Amount6
    """Minutes of anode effect in a cell and day."""
    metal_kg: Amount6
    """Metal made, in kg."""


class Ratio(Document):
    """A measured ratio to another gas of the same run: C2F6 to CF4."""

    by: Literal["ratio"]
    """Tag of the method."""
    to: Gas
    """Gas that the ratio refers to."""
    ratio: Fraction12
    """kg of this gas for 1 kg of the other."""


class Default(Document):
    """An emission factor times what it is for."""

    by: Literal["default"]
    """Tag of the method."""
    factor: FactorId
    """Emission factor, as `<table>/<row>`, for 1 kg."""
    mass_kg: Amount6
    """Mass in kg to which the factor applies."""
    strength: Fraction12 | None = None
    """Part of the mass that is the pure substance, from 0 to 1, where the factor is for the content. Absent means all
    of it."""


class AnodeBalance(Document):
    """What the carbon balance of the run's anodes gives (IPCC tier 3); the balance stands with the group."""

    by: Literal["anode-balance"]
    """Tag of the method. The balance itself is a member of the group."""


class Decomposition(Document):
    """CO2 or CO of a carbonate or oxalate by its formula.

    Of an oxalate half the carbon leaves as CO, unless it is burnt.
    """

    by: Literal["decomposition"]
    """Tag of the method."""
    compound: FormulaText
    """Chemical formula of the compound, such as `CaCO3`."""
    mass_kg: Amount6
    """Mass weighed, in kg."""
    purity: Fraction12
    """Part of the mass that is the compound, from 0 to 1."""
    decomposed: Fraction12
    """Part of the compound that gave off its gas, from 0 to 1."""
    burnt: bool
    """Whether the CO of an oxalate was burnt to CO2."""
    recovered: Fraction12
    """Part of the gas that was caught, from 0 to 1. It is no emission."""


class Refill(Document):
    """A refrigerant lost at work: what was filled in less what was taken out (IPCC 2006, vol. 3, 7.5.2)."""

    by: Literal["refill"]
    """Tag of the method."""
    added_kg: Amount6
    """Refrigerant filled in, in kg."""
    removed_kg: Amount12
    """Refrigerant taken out, in kg."""


if TYPE_CHECKING:
    Determination: TypeAlias = Measured | Slope | Ratio | Default | AnodeBalance | Decomposition | Refill
else:
    Determination = one_of("Determination", "by", Measured, Slope, Ratio, Default, AnodeBalance, Decomposition, Refill)


class Anodes(Document):
    """The carbon balance of an electrolysis: net carbon = (used - butts - dust) x carbon."""

    used_kg: Amount6
    """Anodes used, in kg."""
    butts_kg: Amount12
    """Anode butts left over, in kg of anode material."""
    dust_kg: Amount12
    """Anode dust removed, in kg of anode material."""
    carbon: Fraction12
    """Mass fraction of carbon in the anodes."""
    as_co: Fraction12
    """Part of the net carbon, without that in perfluorocarbons, that leaves as CO, from 0 to 1."""


class WrittenMeasured(Written):
    """Read from a monitor."""

    by: Literal["measured"]
    """Tag of the method."""
    monitor: Words
    """Name or kind of the monitor."""
    continuous: bool = False
    """Whether the monitor ran all the time. Only a continuous monitor can show that there was no emission."""
    document: Digest | None = None
    """SHA-256 of the report of the measurement, in base64url. Absent if none is told."""


class WrittenSlope(Written):
    """Anode-effect minutes of an electrolysis times the plant's own coefficient and the metal made."""

    by: Literal["slope"]
    """Tag of the method."""
    coefficient: SlopeCoefficient
    """The plant's own coefficient: kg of gas for a t of metal and a minute of anode effect in a cell and day."""
    minutes: Minutes
    """Minutes of anode effect in a cell and day."""
    metal: Mass
    """Metal made, above zero."""


class WrittenRatio(Written):
    """A measured ratio to another gas of the same run."""

    by: Literal["ratio"]
    """Tag of the method."""
    to: Gas
    """Gas that the ratio refers to."""
    ratio: Share
    """kg of this gas for 1 kg of the other."""


class WrittenDefault(Written):
    """An emission factor times what it is for."""

    by: Literal["default"]
    """Tag of the method."""
    factor: FactorId
    """Emission factor, as `<table>/<row>`, for 1 kg."""
    mass: Mass
    """Mass to which the factor applies, above zero."""
    strength: Share | None = None
    """Part of the mass that is the pure substance, from 0 to 1, where the factor is for the content. Absent means all
    of it."""


class WrittenAnodeBalance(Written):
    """The carbon balance of the anodes, which the record's `anodes` state."""

    by: Literal["anode-balance"]
    """Tag of the method."""


class WrittenDecomposition(Written):
    """By the formula of a carbonate or oxalate; vented unless it is said to be burnt or recovered."""

    by: Literal["decomposition"]
    """Tag of the method."""
    compound: FormulaText
    """Chemical formula of the compound, such as `CaCO3`."""
    mass: Mass
    """Mass weighed, above zero."""
    purity: Share = "1"
    """Part of the mass that is the compound, from 0 to 1."""
    decomposed: Share = "1"
    """Part of the compound that gave off its gas, from 0 to 1."""
    burnt: bool = False
    """Whether the CO of an oxalate was burnt to CO2."""
    recovered: Share = "0"
    """Part of the gas that was caught, from 0 to 1. It is no emission."""


class WrittenRefill(Written):
    """A refrigerant lost at work: what was filled in less what was taken out."""

    by: Literal["refill"]
    """Tag of the method."""
    added: Mass
    """Refrigerant filled in, above zero."""
    removed: FineMass = "0"
    """Refrigerant taken out."""


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
    """The carbon balance of an electrolysis: net carbon = (used - butts - dust) x carbon."""

    used: Mass
    """Anodes used, above zero."""
    butts: FineMass = "0"
    """Anode butts left over, as anode material."""
    dust: FineMass = "0"
    """Anode dust removed, as anode material."""
    carbon: Share
    """Mass fraction of carbon in the anodes."""
    as_co: Share = "0"
    """Part of the net carbon, without that in perfluorocarbons, that leaves as CO, from 0 to 1."""
