"""A recipe: the typical run of one product, and how each of its amounts follows from what a clerk types.

Rules: the typical run is a whole production record. Each amount of it has a rule, or scales with the output. A version
of a recipe never changes. What this module does not do: it makes no record (`ledger.recipes.expand`).
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from schemas.document import Written
from schemas.identifier import Digest, Element, FactorId, RunId, TableName
from schemas.instant import Period, Year
from schemas.lot import Lot
from schemas.name import Words
from schemas.quantity import Figure, Mass, Share
from schemas.run import MOST_INPUTS, MOST_LINES, MOST_OUTPUTS
from schemas.vocabulary import Basis
from schemas.written import Composition, WrittenInput, WrittenMeter

RecipeId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""Name of a recipe, unique among those of its producer."""
FactKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+){0,7}$", max_length=48)]
"""Key of an amount that is asked, as forms and workbooks name its field."""
AmountPlace = Annotated[
    str, StringConstraints(pattern=r"^[a-z_]+(?:\[[0-9]{1,3}\])?(?:\.[a-z_]+(?:\[[0-9]{1,3}\])?){0,2}$")
]
"""Place of an amount in a production record, such as `electricity[0].amount` or `water.fresh`."""
AmountText = Annotated[str, StringConstraints(min_length=1, max_length=64)]
"""An amount with its unit, in the dimension of the amount that it is compared with."""
RuleName = Literal["per-output", "per-input", "per-run", "asked", "rest", "fixed"]
"""How an amount follows from the facts of a run."""
Scale = Literal["per-output", "per-input", "per-run"]
"""What an amount grows with: the mass that came out, the mass of certified inputs, or the number of batches."""
LineGroup = Literal["materials", "fuels", "electricity", "direct", "transport", "wastes", "credits"]
"""A group of lines of a production record."""

ExamplePlace = Annotated[str, StringConstraints(pattern=r"^[a-z_]+(?:\[[0-9]{1,3}\])?(?:\.[a-z_]+)?$", max_length=64)]
"""Place of a line, an output or a part of a production record, such as `electricity[0]` or `water`."""

MOST_EXAMPLES: Final = MOST_LINES + MOST_OUTPUTS + 8
"""Each line and each output, and the parts that stand once."""
MOST_RULES: Final = 2 * MOST_LINES
"""Each line has one amount that decides it; water and anodes have some more."""


class AmountRule(Written):
    """How one amount of the typical run follows from the facts of another run."""

    place: AmountPlace
    """Place of the amount in `run`. The other amounts of its line, such as the elements of a waste, grow with it."""
    rule: RuleName
    """`per-output`, `per-input` and `per-run` scale the typical amount. `asked` takes what a person reads from a meter
    or a scale. `rest` is what closes the balance. `fixed` never changes."""
    key: FactKey | None = None
    """Key of the field in which an `asked` amount is typed. Only an `asked` amount has one."""
    label: Words | None = None
    """What the field is called. Absent means the name of the line."""
    scale: Scale = "per-output"
    """What the band of an `asked` amount grows with."""
    low: AmountText | None = None
    """Lowest usual amount in a run like the typical one. `asked` and `rest` need both bounds."""
    high: AmountText | None = None
    """Highest usual amount in a run like the typical one."""
    reason: Words | None = None
    """Why the band is wide. Required beyond 25 % of the typical amount, and for a rest beyond 5 % of the inputs."""


class OutputRule(Written):
    """The bounds of one output, and which of its elements are analysed for each lot."""

    low: Mass
    """Lowest usual mass of the output in one run."""
    high: Mass
    """Highest usual mass of the output in one run."""
    asked: tuple[Element, ...] = ()
    """Elements whose fraction is typed for each lot."""
    balance: Element | None = None
    """Element that takes up the difference, so that the composition sums as before. Required if `asked` is not empty.
    """
    reason: Words | None = None
    """Why the bounds are what they are."""


class Pinned(Written):
    """The factor tables that a version was written with, so that a newer one is told and never taken silently."""

    tables: Annotated[dict[TableName, Digest], Field(max_length=64)] = Field(default_factory=dict)
    """SHA-256 of each factor table that the typical run uses, by the name of the table."""
    years: Annotated[dict[FactorId, Year], Field(max_length=2 * MOST_LINES)] = Field(default_factory=dict)
    """Year of each factor that the typical run uses, by the factor. A factor without a year is left out."""


class Recipe(Written):
    """The typical run of one product at one plant, and the rule of each of its amounts."""

    oreprint: Literal["recipe/1"]
    """Format and version of this document."""
    recipe: RecipeId
    """Name of the recipe."""
    version: Annotated[int, Field(ge=1, le=99_999)] = 1
    """Number of the version, from 1. A version never changes."""
    title: Words
    """What the recipe makes, as the people of the plant say it."""
    lots: Words | None = None
    """Pattern of lot numbers, with `{n}` for the number that is counted up, such as `AL-{n}`."""
    run: dict[str, Any]
    """The typical run, a whole `production-record/1`. Its lots and its period are examples."""
    outputs: Annotated[tuple[OutputRule, ...], Field(min_length=1, max_length=MOST_OUTPUTS)]
    """One rule for each output of `run`, in the same order."""
    yield_low: Figure | None = None
    """Lowest usual mass of all outputs, as a part of the mass of certified inputs."""
    yield_high: Figure | None = None
    """Highest usual mass of all outputs, as a part of the mass of certified inputs."""
    amounts: Annotated[tuple[AmountRule, ...], Field(max_length=MOST_RULES)] = ()
    """Rules of amounts. An amount without a rule scales with the output."""
    examples: Annotated[tuple[ExamplePlace, ...], Field(max_length=MOST_EXAMPLES)] = ()
    """Places of `run` that still hold the numbers of a shipped example. Whoever writes the plant's own numbers there,
    takes the place out. Until the list is empty the recipe makes no certificate outside a trial home."""
    pinned: Pinned | None = None
    """Factor tables that the version was written with. The registry fills it in when it keeps a version."""


class FactOutput(Written):
    """What came out of one run, as the scale and the laboratory say."""

    lot: Lot
    """Lot number as printed on the goods."""
    mass: Mass | None = None
    """Net mass, dry at 105 C and above zero. Only outputs after the first may leave it out; they scale with it."""
    moisture: Share | None = None
    """Water in the goods as shipped, as a fraction of their wet mass. Absent means as in the typical run."""
    shipped_mass: Mass | None = None
    """Mass as shipped, with its moisture, as the scale says. It must agree with `mass` and `moisture`."""
    assay: Composition = Field(default_factory=dict)
    """Mass fraction of each element that the recipe asks for."""


class Departure(Written):
    """A line that differs from the recipe in this run, or that the recipe does not have."""

    group: LineGroup
    """Group of the line."""
    name: Words
    """Name of the line. A name that the recipe's run lacks adds a line, which needs a factor where its group does."""
    amount: AmountText
    """Amount of the line in this run, with its unit."""
    basis: Basis | None = None
    """How the amount was found. Absent means as in the recipe, or `assumed` for a new line."""
    factor: FactorId | None = None
    """Emission factor, as `<table>/<row>`. Absent means as in the recipe."""
    note: Words
    """Why the run departs from the recipe."""


class Facts(Written):
    """What a person types about one run; the recipe knows the rest."""

    oreprint: Literal["recipe-facts/1"]
    """Format and version of this document."""
    recipe: RecipeId
    """Name of the recipe that the run followed."""
    version: Annotated[int, Field(ge=1, le=99_999)] | None = None
    """Version of the recipe. Absent means the newest approved one."""
    run: RunId | None = None
    """The plant's own name for the run. Absent means the lot of the first output."""
    period: Period
    """First and last day of the run, both included, by the plant's own calendar."""
    batches: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Heats, charges or shifts of the run. Amounts `per-run` are multiplied by it."""
    inputs: Annotated[tuple[WrittenInput, ...], Field(max_length=MOST_INPUTS)] = ()
    """Certified inputs that the run consumed."""
    outputs: Annotated[tuple[FactOutput, ...], Field(min_length=1, max_length=MOST_OUTPUTS)]
    """What came out, in the order of the recipe's outputs."""
    readings: Annotated[dict[FactKey, AmountText], Field(max_length=MOST_RULES)] = Field(default_factory=dict)
    """Amounts that the recipe asks for, by key, each with its unit."""
    reasons: Annotated[dict[FactKey, Words], Field(max_length=MOST_RULES)] = Field(default_factory=dict)
    """Why an amount lies outside its band, by its key; `output-1` and so on for masses, `yield`, `rest` and `water`."""
    departures: Annotated[tuple[Departure, ...], Field(max_length=MOST_LINES)] = ()
    """Lines that differ from the recipe in this run."""
    meters: Annotated[tuple[WrittenMeter, ...], Field(max_length=MOST_LINES)] = ()
    """Readings of water meters at the site boundary. A meter that the recipe's run lacks is added."""
    note: Words | None = None
    """Free words for whoever reads the record."""
